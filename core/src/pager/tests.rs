mod accounting;
mod kinds;

use super::*;
use crate::wire::BaseUrl;
use crate::wire::{Api, Reply};
use http::{Method, Request, Response, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A list of numbers, so that the tests say what they page and nothing else.
#[derive(Debug, Clone, Default)]
struct Numbers(Option<Cursor>);

impl Endpoint for Numbers {
    type Output = Page<u64>;

    fn operation(&self) -> &'static str {
        "list numbers"
    }

    fn request(&self, api: &Api) -> Result<Request<Vec<u8>>, Error> {
        let query = match &self.0 {
            Some(Cursor::After(mark)) => vec![("cursor", mark.clone())],
            Some(Cursor::Page(number)) => vec![("page", number.to_string())],
            Some(Cursor::Offset(entries)) => vec![("offset", entries.to_string())],
            None => Vec::new(),
        };
        let pairs: Vec<_> = query
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        api.request("list numbers", Method::GET, "/numbers", &pairs, None)
    }

    fn parse(&self, reply: Reply<'_>) -> Result<Page<u64>, Error> {
        Page::read(reply)
    }
}

impl Paged for Numbers {
    type Item = u64;
    type Key = u64;

    fn key(item: &u64) -> u64 {
        *item
    }

    fn cursor(&self) -> Option<&Cursor> {
        self.0.as_ref()
    }

    fn at(&self, cursor: Cursor) -> Self {
        Self(Some(cursor))
    }
}

fn api() -> Api {
    Api::new(BaseUrl::new("https://h.example/v1").unwrap())
}

fn page(list: &Numbers, answer: &Value) -> Result<Page<u64>, Error> {
    list.read(&api(), &Response::new(answer.to_string().as_bytes()))
}

/// Reads from a server until the list ends; the answer to a request is `server(path and query)`.
fn read(server: impl Fn(&str) -> Value) -> (Vec<u64>, Result<(), Error>) {
    let mut pager = Pager::new(Numbers::default());
    let mut all = Vec::new();
    for _ in 0..100 {
        let list = match pager.next() {
            Ok(Some(list)) => list,
            Ok(None) => return (all, Ok(())),
            Err(error) => return (all, Err(error)),
        };
        let request = list.request(&api()).unwrap();
        assert_eq!(request.uri().host(), Some("h.example"));
        assert_eq!(request.uri().path(), "/v1/numbers");
        let answer = server(request.uri().path_and_query().unwrap().as_str());
        match pager.accept(page(&list, &answer).unwrap()) {
            Ok(items) => all.extend(items),
            Err(error) => {
                let again = pager.next().unwrap_err();
                assert_eq!(again.to_string(), error.to_string(), "it stays so");
                return (all, Err(error));
            }
        }
    }
    panic!("the pager does not end")
}

/// All of the list, or the error that ended it.
fn read_all(server: impl Fn(&str) -> Value) -> Result<Vec<u64>, Error> {
    let (all, end) = read(server);
    end.map(|()| all)
}

/// The number after `page=`, and the first page without one.
fn asked(target: &str) -> usize {
    target
        .split_once("page=")
        .map_or(1, |(_, number)| number.parse().unwrap())
}

fn accept_all(answers: &[Value]) -> Result<Vec<u64>, Error> {
    read_all(|target| answers.get(asked(target) - 1).cloned().unwrap_or(json!([])))
}

fn kind(answers: &[Value]) -> ErrorKind {
    accept_all(answers).unwrap_err().kind()
}

#[test]
fn an_empty_page_is_no_end_where_a_further_one_is_announced() {
    let linked = [
        json!({"data": [1], "links": {"next": "?page=2"}}),
        json!({"data": [], "links": {"next": "/v1/numbers?page=3"}}),
        json!({"data": [2], "links": {"next": null}}),
    ];
    assert_eq!(accept_all(&linked).unwrap(), [1, 2]);
    let numbered = [
        json!({"data": [], "meta": {"current_page": 1, "last_page": 3}}),
        json!({"data": [], "meta": {"current_page": "2", "last_page": "3"}}),
        json!({"data": [7], "meta": {"current_page": 3, "last_page": 3}}),
    ];
    assert_eq!(accept_all(&numbered).unwrap(), [7]);
}

#[test]
fn a_list_without_any_announcement_ends_with_an_empty_page() {
    assert_eq!(accept_all(&[json!([1, 2]), json!([3])]).unwrap(), [1, 2, 3]);
    assert_eq!(accept_all(&[]).unwrap(), Vec::<u64>::new());
    let bare_objects = [
        json!({"data": [1], "links": [], "meta": []}),
        json!({"data": [2], "meta": null}),
    ];
    assert_eq!(accept_all(&bare_objects).unwrap(), [1, 2]);
    let no_current = [
        json!({"data": [1], "meta": {"last_page": 2}}),
        json!({"data": [2], "meta": {"last_page": 2}}),
    ];
    assert_eq!(accept_all(&no_current).unwrap(), [1, 2]);
}

#[test]
fn a_server_that_ignores_the_page_is_noticed() {
    let bare = read_all(|_| json!([1, 2]));
    assert_eq!(bare.unwrap_err().kind(), ErrorKind::Paging);
    let numbered = read_all(|_| json!({"data": [1], "meta": {"current_page": 1, "last_page": 2}}));
    assert_eq!(numbered.unwrap_err().kind(), ErrorKind::Paging);
    let requests = std::cell::Cell::new(0);
    let stuck = read_all(|target| {
        requests.set(requests.get() + 1);
        json!([asked(target).min(3)])
    });
    assert_eq!(stuck.unwrap_err().kind(), ErrorKind::Paging);
    assert_eq!(
        requests.get(),
        4,
        "noticed with the first page that came again"
    );
    let circling = read_all(|target| json!([asked(target) % 7]));
    assert_eq!(circling.unwrap_err().kind(), ErrorKind::Paging);
    let shifted = read_all(|target| {
        if asked(target) == 1 {
            json!([1, 2])
        } else {
            json!([0, 1])
        }
    });
    assert_eq!(shifted.unwrap_err().kind(), ErrorKind::Paging);
}

#[test]
fn numbers_must_rise_and_pages_must_not_come_twice() {
    let skipping = [
        json!({"data": [1], "meta": {"current_page": 1, "last_page": 9}}),
        json!({"data": [2], "meta": {"current_page": 5, "last_page": 9}}),
    ];
    assert_eq!(kind(&skipping), ErrorKind::Paging);
    let falling = [
        json!({"data": [1], "meta": {"current_page": 4}, "links": {"next": "?page=2"}}),
        json!({"data": [2], "meta": {"current_page": 3}, "links": {"next": "?page=3"}}),
    ];
    assert_eq!(kind(&falling), ErrorKind::Paging);
    let looping = [
        json!({"data": [1], "links": {"next": "?page=2"}}),
        json!({"data": [2], "links": {"next": "?page=2"}}),
    ];
    assert_eq!(kind(&looping), ErrorKind::Paging);
}

#[test]
fn of_a_link_only_the_page_or_the_cursor_is_taken() {
    for link in [
        "https://h.example:443/v1/numbers?page=2",
        "/v1/numbers?page=2",
        "?page=2",
        "?page=2#top",
        "http://h.example/v1/numbers?page=2",
        "https://evil.example/v1/numbers?filter=none&page=2",
        "https://h.example@evil.example/?page=2",
        "//evil.example/?page=2",
        "numbers?page=2",
        "/v1/../é b?page=%32",
    ] {
        let answers = [
            json!({"data": [1], "links": {"next": link}}),
            json!({"data": [2], "links": {"next": ""}}),
        ];
        assert_eq!(accept_all(&answers).unwrap(), [1, 2], "{link}");
    }
    let wrapped = [
        json!({"data": [1], "links": {"next": {"href": "/x?page=2"}}}),
        json!({"data": [2], "links": {"next": null}}),
    ];
    assert_eq!(accept_all(&wrapped).unwrap(), [1, 2]);
    assert_eq!(
        read_all(|target: &str| match target {
            "/v1/numbers" => json!({"data": [1], "links": {"next": "http://x/?cursor=a%2Bb"}}),
            "/v1/numbers?cursor=a%2Bb" =>
                json!({"data": [2], "next_cursor": "c", "has_more": true}),
            "/v1/numbers?cursor=c" => json!({"data": [3], "next_cursor": null, "has_more": false}),
            target => panic!("{target}"),
        })
        .unwrap(),
        [1, 2, 3]
    );
}

#[test]
fn a_page_is_yielded_before_its_link_is_judged_and_the_error_says_how_far_it_came() {
    for next in [
        json!({"links": {"next": "javascript:SECRET"}}),
        json!({"links": {"next": "?offset=20"}}),
        json!({"links": {"next": "?page=SECRET"}}),
        json!({"links": {"next": "?page=3"}}),
        json!({"links": {"next": 7}}),
        json!({"links": ["?page=2"]}),
        json!({"next_page_url": {"url": "?page=2"}}),
        json!({"meta": {"next_page_token": "SECRET"}}),
        json!({"meta": {"cursor": {"next": "SECRET"}}}),
        json!({"more": true}),
        json!({"next_cursor": 7}),
        json!({"has_more": "perhaps"}),
        json!({"has_more": true, "meta": {"current_page": 1, "last_page": 1}}),
        json!({"links": {"next": null}, "meta": {"total": 2}}),
    ] {
        let mut answer = next.clone();
        answer["data"] = json!([1]);
        let (all, end) = read(|_| answer.clone());
        assert_eq!(all, [1], "{next}");
        let error = end.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Paging, "{next}");
        let said = format!("{error} {error:?}");
        assert!(said.contains("after 1 entries on 1 pages"), "{said}");
        assert!(!said.contains("SECRET"), "{said}");
    }
    let (all, end) = read(|_: &str| json!({"data": [1], "next_cursor": "SECRET"}));
    assert_eq!(all, [1, 1]);
    assert!(!format!("{end:?}").contains("SECRET"));
}

#[test]
fn numbers_beside_the_entries_and_in_odd_forms_are_read() {
    for (one, two) in [
        (json!(1), json!(2)),
        (json!("1"), json!("2")),
        (json!(1.0), json!(2.0)),
    ] {
        let answers = [
            json!({"data": [1], "current_page": one, "last_page": two, "total": two}),
            json!({"data": [2], "current_page": two, "last_page": two, "total": ""}),
        ];
        assert_eq!(accept_all(&answers).unwrap(), [1, 2]);
    }
    // What is odd says nothing, and what nothing is said about ends with an empty page.
    for odd in [json!("many"), json!(1.5), json!(-1), json!(true)] {
        let answers = [json!({"data": [1], "last_page": odd}), json!({"data": [2]})];
        assert_eq!(accept_all(&answers).unwrap(), [1, 2]);
    }
}

#[test]
fn the_same_page_is_given_until_it_was_accepted_and_nothing_after_the_end() {
    let mut pager = Pager::new(Numbers::default());
    assert!(pager.next().unwrap().is_some() && pager.next().unwrap().is_some());
    let last = json!({"data": [1], "meta": {"current_page": 1, "last_page": 1, "total": "1"}});
    let read = || page(&Numbers::default(), &last).unwrap();
    assert_eq!(pager.accept(read()).unwrap(), [1]);
    assert_eq!(pager.total(), Some(1));
    assert!(pager.next().unwrap().is_none());
    assert_eq!(pager.accept(read()).unwrap_err().kind(), ErrorKind::Misuse);
}

#[test]
fn what_is_empty_may_be_written_as_an_empty_list() {
    for empty in ["[]", "[ ]", "[\n]", "{}", "null"] {
        let body = format!(r#"{{"data":[1],"meta":{empty},"links":{empty}}}"#);
        let read = Numbers::default().read(&api(), &Response::new(body.as_bytes()));
        assert!(!read.unwrap().has_next(), "{empty}");
    }
}

#[test]
fn what_is_not_a_page_is_an_error_that_keeps_it() {
    for body in [
        "",
        "<html>",
        "{}",
        "7",
        "null",
        r#"{"data":{}}"#,
        r#"["x"]"#,
        r#"{"data":[],"data":[]}"#,
        "[1] x",
        "[1",
    ] {
        let error = Numbers::default()
            .read(&api(), &Response::new(body.as_bytes()))
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Unreadable, "list numbers"),
            "{body}"
        );
        assert_eq!(
            (error.status(), error.body()),
            (Some(StatusCode::OK), Some(body.as_bytes()))
        );
    }
}

/// A list cut into pages at random, some of them empty.
fn pages() -> impl Strategy<Value = Vec<Vec<u64>>> {
    prop::collection::vec(0usize..5, 1..12).prop_map(|sizes| {
        let mut numbers = 0..;
        sizes
            .iter()
            .map(|size| numbers.by_ref().take(*size).collect())
            .collect()
    })
}

proptest! {
    #[test]
    fn every_split_in_every_shape_yields_all_entries_once_and_in_order(
        pages in pages(),
        shape in 0usize..5,
        text: bool,
    ) {
        let number = |n: usize| if text { json!(n.to_string()) } else { json!(n) };
        // Without an announcement an empty page is the end, so such a server sends none before.
        let pages: Vec<_> = pages.into_iter().filter(|page| shape < 3 || !page.is_empty()).collect();
        let count = pages.len();
        prop_assert_eq!(read_all(|target: &str| {
            let n = asked(target);
            let data = pages.get(n - 1).cloned().unwrap_or_default();
            let next = (n < count).then(|| format!("https://h.example/v1/numbers?page={}", n + 1));
            let meta = json!({"current_page": number(n), "last_page": number(count)});
            match shape {
                0 => json!({"data": data, "meta": meta, "links": {"next": next}}),
                1 => json!({"links": {"next": next}, "data": data}),
                2 => json!({"data": data, "meta": meta}),
                3 => json!({"data": data}),
                _ => json!(data),
            }
        }).unwrap(), pages.concat());
    }

    #[test]
    fn any_graph_of_links_and_numbers_comes_to_an_end(
        nodes in prop::collection::vec((0usize..4, 1usize..8, 0u64..4, 0u64..9, 0u64..9), 1..8),
    ) {
        // `read_all` panics when there is no end.
        if let Err(error) = read_all(|target: &str| {
            let (shape, next, item, current, last) = nodes[asked(target) % nodes.len()];
            match shape {
                0 => json!({"data": [item], "links": {"next": format!("?page={next}")}}),
                1 => json!({"data": [], "meta": {"current_page": current, "last_page": last}}),
                2 => json!({"data": [item], "meta": {"current_page": current}, "links": {"next": format!("?page={next}")}}),
                _ => json!([item]),
            }
        }) {
            prop_assert_eq!(error.kind(), ErrorKind::Paging);
        }
    }
}

#[test]
fn the_memory_for_numbered_pages_does_not_grow() {
    let mut pager = Pager::new(Numbers::default());
    for n in 1..=500 {
        let list = pager.next().unwrap().unwrap();
        let answer = json!({"data": [n], "meta": {"current_page": n, "last_page": 500}});
        pager.accept(page(&list, &answer).unwrap()).unwrap();
    }
    assert!(pager.next().unwrap().is_none());
    assert!(pager.cursors.is_empty() && pager.repeats.before.is_none());
}
