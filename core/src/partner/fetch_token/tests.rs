use super::*;
use crate::profile::Profile;
use crate::wire::BaseUrl;
use http::Response;
use http::StatusCode;
use proptest::prelude::*;
use serde_json::json;

fn api() -> Api {
    Api::new(BaseUrl::new("https://api.example.com").unwrap())
}

fn fetch() -> FetchToken {
    FetchToken::new(Credentials::new("KEY-ID-SECRET", "KEY-\"SECRET\"").unwrap())
}

fn parse(body: &[u8]) -> Result<AccessToken, Error> {
    fetch().read(&api(), &Response::new(body))
}

fn jwt(claims: &str) -> String {
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
}

fn lifetime(fields: &serde_json::Value) -> Lifetime {
    parse(fields.to_string().as_bytes()).unwrap().lifetime()
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_secret_is_written_into_memory_once() {
    let secret = "\"".repeat(500);
    let fetch = FetchToken::new(Credentials::new("id", secret).unwrap());
    let body = fetch.request(&api()).unwrap().into_body();
    assert!(body.len() > 1000, "each is escaped");
    // Growing would have doubled it, and left a copy behind.
    let profile = Profile::default();
    let room = profile.tables().token_request.room();
    assert_eq!(body.capacity(), 3 * (2 + 500) + room);
}

#[test]
fn the_request_holds_both_keys_and_needs_no_token() {
    let request = fetch().request(&api()).unwrap();
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), "https://api.example.com/partner/auth/token");
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
    let expected = json!({"key_id": "KEY-ID-SECRET", "key_secret": "KEY-\"SECRET\""});
    assert_eq!(body, expected);
    assert_eq!(
        (fetch().auth(), fetch().replay()),
        (Auth::None, Replay::Safe)
    );
    assert!(!format!("{:?}", fetch()).contains("SECRET"));
}

#[test]
fn both_answer_shapes_give_a_sensitive_header() {
    let bare = json!({"access_token": "T-SECRET", "token_type": "bEARER", "expires_in": 60});
    let wrapped = json!({"data": bare, "message": "ok"}).to_string();
    let odd = bare.to_string().replacen('{', r#"{"data":0,"data":1,"#, 1);
    for answer in [bare.to_string(), wrapped, odd] {
        let token = parse(answer.as_bytes()).unwrap();
        assert_eq!(token.authorization(), "Bearer T-SECRET");
        assert!(token.authorization().is_sensitive());
        assert_eq!(token.lifetime(), Lifetime::For(seconds(60)));
        assert!(!format!("{token:?} {:?}", token.authorization()).contains("SECRET"));
    }
}

#[test]
fn the_lifetime_is_the_answers_own_then_the_tokens_then_one_hour() {
    let expiring = jwt(r#"{"sub":"x","exp":1800000000}"#);
    let until = Lifetime::Until(SystemTime::UNIX_EPOCH + seconds(1_800_000_000));
    let hour = Lifetime::For(seconds(3600));
    assert_eq!(
        lifetime(&json!({"access_token": expiring, "expires_in": 5})),
        Lifetime::For(seconds(5))
    );
    assert_eq!(lifetime(&json!({"access_token": expiring})), until);
    assert_eq!(
        lifetime(&json!({"access_token": expiring, "expires_in": null})),
        until
    );
    assert_eq!(lifetime(&json!({"access_token": "opaque"})), hour);
    let no_claim = [
        "{}",
        r#"{"exp":"x"}"#,
        r#"{"exp":-5}"#,
        r#"{"exp":9e99}"#,
        "[1800000000]",
        r#"{"exp":99999999999999}"#,
        "\u{0}",
    ];
    for claims in no_claim {
        assert_eq!(
            lifetime(&json!({"access_token": jwt(claims)})),
            hour,
            "{claims}"
        );
    }
    for token in ["a.b.c", "a.!.c", "..", "a.b"] {
        assert_eq!(lifetime(&json!({"access_token": token})), hour, "{token}");
    }
}

#[test]
fn numbers_of_seconds_are_read_in_every_form_and_bounded() {
    let of =
        |value: serde_json::Value| lifetime(&json!({"access_token": "t", "expires_in": value}));
    assert_eq!(of(json!("120")), Lifetime::For(seconds(120)));
    assert_eq!(of(json!(120.9)), Lifetime::For(seconds(120)));
    assert_eq!(of(json!(u64::MAX)), Lifetime::For(MAX_LIFETIME));
    let long = "9".repeat(50);
    assert_eq!(of(json!(long)), Lifetime::For(MAX_LIFETIME));
    for nothing in [json!(0), json!(-1), json!("0"), json!("-20")] {
        assert_eq!(of(nothing), Lifetime::For(DEFAULT_LIFETIME));
    }
}

#[test]
fn a_success_that_is_not_a_token_gives_an_error_without_its_body() {
    let bodies: [&[u8]; 12] = [
        b"",
        b"<html>SECRET</html>",
        b"\xff\xfeSECRET",
        br#"{"access_token":"SECRET"#,
        br#"{"token":"SECRET"}"#,
        br#"{"data":{"token":"SECRET"}}"#,
        br#"{"access_token":["SECRET"]}"#,
        br#"{"data":["SECRET","Bearer",60]}"#,
        br#"{"access_token":""}"#,
        br#"{"access_token":"SECRET\nX-Evil: 1"}"#,
        br#"{"access_token":"SECRET","token_type":"mac-SECRET"}"#,
        br#"{"access_token":"SECRET","access_token":"SECRET","code":"SECRET"}"#,
    ];
    for body in bodies {
        let mut response = Response::new(body);
        response
            .headers_mut()
            .insert("x-request-id", "req-1".parse().unwrap());
        let error = fetch().read(&api(), &response).unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Unreadable, OPERATION)
        );
        assert_eq!(error.status(), Some(StatusCode::OK));
        assert_eq!(
            (error.request_id(), error.body()),
            (Some("req-1"), Some(&b""[..]))
        );
        assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
    }
}

#[test]
fn a_usable_token_is_used_whatever_stands_beside_it() {
    for kind in [
        "null",
        "\"\"",
        "\"Bearer \"",
        "\"BearerToken\"",
        "\"jwt-bearer\"",
        "[]",
        "false",
    ] {
        let body = format!(r#"{{"access_token":"t","token_type":{kind},"expires_in":60}}"#);
        assert_eq!(
            parse(body.as_bytes()).unwrap().lifetime(),
            Lifetime::For(seconds(60)),
            "{kind}"
        );
    }
    for life in [
        "null", "\"\"", "false", "[]", "{}", "\"soon\"", "1.8e3", "\"900s\"",
    ] {
        let body = format!(r#"{{"access_token":"t","expires_in":{life}}}"#);
        let token = parse(body.as_bytes()).unwrap();
        assert_eq!(token.lifetime(), Lifetime::For(DEFAULT_LIFETIME), "{life}");
    }
    assert!(parse("\u{feff}{\"access_token\":\"t\"}".as_bytes()).is_ok());
}

#[test]
fn an_error_with_the_status_of_a_success_keeps_code_and_message_and_no_body() {
    for (body, code, message) in [
        (
            r#"{"code":41003,"message":"SECRET","data":null}"#,
            Some("41003"),
            Some("SECRET"),
        ),
        (
            r#"{"error":"invalid_client","error_description":"SECRET"}"#,
            Some("invalid_client"),
            Some("SECRET"),
        ),
        (
            r#"{"success":false,"message":"SECRET","data":[]}"#,
            None,
            Some("SECRET"),
        ),
    ] {
        let error = parse(body.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        let api = error.api().unwrap();
        assert_eq!((api.code(), api.message()), (code, message));
        assert_eq!(error.body(), Some(&b""[..]));
        let said = format!("{error} {error:?}");
        assert!(
            said.contains("check key id and key secret") && !said.contains("SECRET"),
            "{said}"
        );
    }
}

#[test]
fn a_refusal_keeps_its_body() {
    let mut response = Response::new(&br#"{"code":"bad_key"}"#[..]);
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let error = fetch().read(&api(), &response).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert_eq!(error.api().unwrap().code(), Some("bad_key"));
}

#[test]
fn a_token_from_elsewhere_is_checked_too() {
    let lifetime = Lifetime::For(seconds(1));
    assert_eq!(
        AccessToken::new("abc", lifetime).unwrap().authorization(),
        "Bearer abc"
    );
    for token in ["", "a b", "SECRET\n", "é"] {
        let error = AccessToken::new(token, lifetime).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(!format!("{error:?}").contains("SECRET"));
    }
}

proptest! {
    #[test]
    fn base64url_is_read_as_the_base64_crate_reads_it(
        bytes in prop::collection::vec(any::<u8>(), 0..40), any_text in "[A-Za-z0-9_=+/ é-]{0,9}",
        cut in 0..3usize,
    ) {
        let mut text = URL_SAFE_NO_PAD.encode(&bytes);
        let ours = |text: &str| base64url(text).map(|bytes| bytes.to_vec());
        prop_assert_eq!(ours(&text), Some(bytes));
        text.truncate(text.len().saturating_sub(cut));
        for text in [&text, &any_text] {
            prop_assert_eq!(ours(text), URL_SAFE_NO_PAD.decode(text).ok(), "{}", text);
        }
    }

    #[test]
    fn any_answer_gives_a_token_or_an_error_and_never_a_panic(
        token in "\\PC{0,12}|[a-z]{0,3}\\.[A-Za-z0-9_=-]{0,24}\\.[a-z]{0,3}",
        expires in "-?[0-9]{0,30}(\\.[0-9]{0,4})?|\\PC{0,4}",
        wrap: bool,
    ) {
        let bare = json!({"access_token": token, "expires_in": expires});
        let answer = if wrap { json!({"data": bare}) } else { bare };
        if let Ok(token) = parse(answer.to_string().as_bytes()) {
            let Lifetime::For(lifetime) = token.lifetime() else { return Ok(()) };
            prop_assert!(lifetime > Duration::ZERO && lifetime <= MAX_LIFETIME);
        }
    }
}
