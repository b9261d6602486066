//! What the providers and the NGINX in front of them answer.

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

/// An answer with no body.
pub(super) fn empty(status: StatusCode) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    response
}

fn typed(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = empty(status);
    *response.body_mut() = body;
    let value = HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: &Value) -> Response<Vec<u8>> {
    typed(status, "application/json", body.to_string().into_bytes())
}

/// The partner API's error form (grade A).
pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Response<Vec<u8>> {
    json(status, &json!({"message": message, "code": code}))
}

/// An answer that is not what was asked for, boxed because it is the rare case.
pub(super) type Refusal = Box<Response<Vec<u8>>>;

/// The answer, or the refusal in its place.
pub(super) type Answer = Result<Response<Vec<u8>>, Refusal>;

/// An [`error`] as a refusal.
pub(super) fn refusal(status: StatusCode, code: &str, message: &str) -> Refusal {
    Box::new(error(status, code, message))
}

/// A 405 that says what would be allowed.
pub(super) fn not_allowed(allow: &'static str) -> Refusal {
    let mut response = refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "The method is not supported for this route.",
    );
    let value = HeaderValue::from_static(allow);
    response.headers_mut().insert(header::ALLOW, value);
    response
}

/// The 404 of a route that does not exist.
pub(super) fn no_route() -> Response<Vec<u8>> {
    error(
        StatusCode::NOT_FOUND,
        "route_not_found",
        "The route could not be found.",
    )
}

/// What a page may do: show itself, and nothing else. Forms may go anywhere, because the answer
/// to one sends the browser back to the merchant.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; frame-ancestors 'none'";

/// An HTML page.
pub(super) fn html(status: StatusCode, page: String) -> Response<Vec<u8>> {
    let mut response = typed(status, "text/html; charset=utf-8", page.into_bytes());
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The addresses are signed, and what they show changes once it is paid.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// Sends the browser elsewhere; `None` when the target is no header value.
pub(super) fn redirect(target: &str) -> Option<Response<Vec<u8>>> {
    let location = HeaderValue::try_from(target).ok()?;
    let mut response = empty(StatusCode::FOUND);
    response.headers_mut().insert(header::LOCATION, location);
    Some(response)
}

/// NGINX's own page for a status, with its own wording (seen on NGINX 1.22).
pub(super) fn nginx(status: StatusCode) -> Response<Vec<u8>> {
    let reason = match status.as_u16() {
        413 => "Request Entity Too Large",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        _ => status.canonical_reason().unwrap_or("Error"),
    };
    let title = format!("{} {reason}", status.as_u16());
    typed(status, "text/html", nginx_page(&title, &title, None))
}

/// NGINX's 400 for a missing or bad client certificate: it closes the connection as well.
pub(super) fn nginx_certificate(problem: &str) -> Refusal {
    let page = nginx_page(&format!("400 {problem}"), "400 Bad Request", Some(problem));
    let mut response = typed(StatusCode::BAD_REQUEST, "text/html", page);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    Box::new(response)
}

fn nginx_page(title: &str, heading: &str, problem: Option<&str>) -> Vec<u8> {
    let problem = problem.map_or_else(String::new, |p| format!("<center>{p}</center>\r\n"));
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n\
         <center><h1>{heading}</h1></center>\r\n{problem}\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    .into_bytes()
}
