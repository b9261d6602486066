//! What of an answer is understood, and what is left open.

use super::*;

fn unaccounted(answer: &Value) -> Vec<String> {
    let page = page(&Numbers::default(), answer).unwrap();
    assert_eq!(page.unaccounted(), !page.unaccounted_names().is_empty());
    page.unaccounted_names().to_vec()
}

#[test]
fn an_answer_is_accounted_for_where_all_of_it_is_understood() {
    let laravel = json!({"current_page": 1, "data": [], "first_page_url": "?page=1", "from": null,
        "last_page": 1, "last_page_url": "?page=1", "next_page_url": null, "path": "/x",
        "links": [{"url": null, "label": "1", "active": true}], "per_page": 15,
        "prev_page_url": null, "to": null, "total": "0"});
    for answer in [
        json!([]),
        json!([1]),
        json!({"data": []}),
        json!({"data": [], "success": true, "status": "ok", "error": null, "message": ""}),
        json!({"data": [1], "meta": {"current_page": 1, "last_page": 1, "per_page": 15, "total": 1}}),
        json!({"data": [], "links": {"first": "x", "last": "x", "prev": null, "next": null}}),
        json!({"data": [], "meta": [], "links": []}),
        json!({"data": [], "next_cursor": null, "has_more": false}),
        laravel,
    ] {
        assert_eq!(unaccounted(&answer), Vec::<String>::new(), "{answer}");
    }
}

#[test]
fn an_answer_is_not_accounted_for_where_anything_is_left_open() {
    for (answer, name) in [
        (json!({"data": null}), "data"),
        (
            json!({"data": [], "message": "search is out of service"}),
            "message",
        ),
        (json!({"data": [], "warning": 1}), "warning"),
        (json!({"data": [], "jane@x.co": 1}), "a field"),
        (json!({"data": [], "success": "true"}), "success"),
        (json!({"data": [], "meta": {"next": "x"}}), "meta.next"),
        (json!({"data": [], "meta": "x"}), "meta"),
        (json!({"data": [], "meta": {"total": "many"}}), "meta.total"),
        (
            json!({"data": [], "total": 0, "meta": {"total": 1}}),
            "total",
        ),
        (
            json!({"data": [], "links": {"next": null, "more": "x"}}),
            "links.more",
        ),
        (json!({"data": [], "links": {"next": 7}}), "links.next"),
        (
            json!({"data": [], "links": {"next": null, "prev": "?page=1"}}),
            "links.prev",
        ),
        (json!({"data": [], "per_page": 15}), "the end of the list"),
        (
            json!({"data": [], "meta": {"current_page": 1}}),
            "the end of the list",
        ),
        (
            json!({"data": [], "meta": {"current_page": 2, "last_page": 2}}),
            "current_page",
        ),
        (
            json!({"data": [1], "meta": {"total": 0}, "links": {"next": null}}),
            "total",
        ),
    ] {
        assert!(
            unaccounted(&answer).contains(&name.to_owned()),
            "{answer}: {:?}",
            unaccounted(&answer)
        );
    }
    for (name, value) in [
        ("link", "</x?page=2>; rel=\"next\""),
        ("x-total-count", "3"),
        ("content-range", "items 0-0/3"),
    ] {
        let response = Response::builder()
            .header(name, value)
            .body(&b"[]"[..])
            .unwrap();
        let page = Numbers::default().read(&api(), &response).unwrap();
        assert_eq!(page.unaccounted_names(), [name]);
    }
}

#[test]
fn an_error_with_the_status_of_a_success_is_no_empty_list() {
    for body in [
        r#"{"success":false,"message":"SECRET","data":[]}"#,
        r#"{"error":{"code":"down"},"data":null}"#,
        r#"{"errors":["SECRET"],"data":[]}"#,
        r#"{"code":"down","message":"SECRET"}"#,
    ] {
        let read = Numbers::default().read(&api(), &Response::new(body.as_bytes()));
        let error = read.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreadable, "{body}");
        assert!(
            error.api().is_some() && !format!("{error}").contains("SECRET"),
            "{body}"
        );
    }
}
