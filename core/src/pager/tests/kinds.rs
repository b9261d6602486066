//! The ways to ask for pages that a provider's profile can say.

use super::*;
use crate::Wire;
use crate::profile::{LeafValue, Leaves, Profile};

/// A server of the numbers from 1 to 7 with this profile; `answer` takes what was asked for and
/// the entries from there on.
fn read_by(
    leaves: &[(&str, LeafValue)],
    answer: impl Fn(&str) -> Value,
) -> (Vec<String>, Vec<u64>, Result<(), Error>) {
    let mut said = Leaves::new();
    said.set("money.form", LeafValue::Text("minor-integer".into()))
        .unwrap();
    for (path, value) in leaves {
        said.set(path, value.clone()).unwrap();
    }
    let api = api().with_wire(Wire::from(Profile::new(said).unwrap()));
    let list = crate::partner::ListPayments::new().per_page(3);
    let (mut cursors, mut all) = (Vec::new(), Vec::new());
    let mut pager = Pager::new(Numbers::default());
    for _ in 0..20 {
        let numbers = match pager.next() {
            Ok(Some(numbers)) => numbers,
            Ok(None) => return (cursors, all, Ok(())),
            Err(error) => return (cursors, all, Err(error)),
        };
        let list = match numbers.cursor() {
            Some(cursor) => list.at(cursor.clone()),
            None => list.clone(),
        };
        let query = match list.request(&api) {
            Ok(request) => request.uri().query().unwrap().to_owned(),
            Err(error) => return (cursors, all, Err(error)),
        };
        let body = answer(&query).to_string();
        cursors.push(query);
        let page = numbers.read(&api, &Response::new(body.as_bytes())).unwrap();
        match pager.accept(page) {
            Ok(items) => all.extend(items),
            Err(error) => return (cursors, all, Err(error)),
        }
    }
    panic!("the pager does not end")
}

fn text(text: &str) -> LeafValue {
    LeafValue::Text(text.into())
}

fn value(query: &str, name: &str) -> Option<String> {
    crate::wire::query::value(query, name)
}

/// The entries behind so many, `most` at a time.
fn from(before: usize, most: usize) -> Vec<u64> {
    (1..=7).skip(before).take(most).collect()
}

#[test]
fn an_offset_counts_what_came_and_not_what_was_asked_for() {
    let leaves = [("page.offset", text("skip")), ("page.size", text("limit"))];
    // It gives two where three are asked for.
    let (asked, all, end) = read_by(&leaves, |query| {
        let before = value(query, "skip").map_or(0, |skip| skip.parse().unwrap());
        json!({"data": from(before, 2)})
    });
    end.unwrap();
    assert_eq!(all, [1, 2, 3, 4, 5, 6, 7]);
    let skips: Vec<_> = asked.iter().map(|query| value(query, "skip")).collect();
    let expected = [None, Some("2"), Some("4"), Some("6"), Some("7")];
    assert_eq!(skips, expected.map(|skip| skip.map(str::to_owned)));
    assert!(asked.iter().all(|query| query.contains("limit=3")));
}

#[test]
fn an_offset_ends_with_the_total_and_no_request_more() {
    let leaves = [
        ("page.offset", text("skip")),
        ("page.total", text("/count")),
    ];
    let (asked, all, end) = read_by(&leaves, |query| {
        let before = value(query, "skip").map_or(0, |skip| skip.parse().unwrap());
        json!({"data": from(before, 3), "count": 7})
    });
    end.unwrap();
    assert_eq!((asked.len(), all.len()), (3, 7));
}

#[test]
fn a_total_above_what_comes_ends_an_offset_with_an_error() {
    let leaves = [
        ("page.offset", text("skip")),
        ("page.total", text("/count")),
    ];
    let (_, all, end) = read_by(&leaves, |query| {
        let before = value(query, "skip").map_or(0, |skip| skip.parse().unwrap());
        json!({"data": from(before, 3), "count": 8})
    });
    assert_eq!(all.len(), 7, "what came is yielded");
    let error = end.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging);
    assert!(error.to_string().contains("7 entries"), "{error}");
}

#[test]
fn a_server_that_ignores_the_offset_is_noticed() {
    let leaves = [("page.offset", text("skip"))];
    let (_, all, end) = read_by(&leaves, |_| json!({"data": from(0, 3)}));
    assert_eq!(all, [1, 2, 3]);
    assert_eq!(end.unwrap_err().kind(), ErrorKind::Paging);
}

#[test]
fn pages_may_be_counted_from_zero() {
    let leaves = [
        ("page.first", LeafValue::Number(0)),
        ("page.current", text("/number")),
        ("page.next_link", text("/next")),
    ];
    let (asked, all, end) = read_by(&leaves, |query| {
        let number = value(query, "page").map_or(0, |number| number.parse().unwrap());
        let next = (number < 2).then(|| format!("/l?page={}", number + 1));
        json!({"data": from(number * 3, 3), "number": number, "next": next})
    });
    end.unwrap();
    assert_eq!(all, [1, 2, 3, 4, 5, 6, 7]);
    let numbers: Vec<_> = asked.iter().map(|query| value(query, "page")).collect();
    let expected = [None, Some("1"), Some("2")];
    assert_eq!(numbers, expected.map(|number| number.map(str::to_owned)));
}

#[test]
fn of_a_link_the_parameter_of_the_profile_is_taken() {
    let leaves = [
        ("page.cursor", text("after")),
        ("page.number", LeafValue::No),
        ("page.next_link", text("/links/more")),
    ];
    let (asked, all, end) = read_by(&leaves, |query| {
        let before = value(query, "after").map_or(0, |mark| mark[1..].parse().unwrap());
        let next = (before + 3 < 7).then(|| format!("http://inside/?after=m{}&x=1", before + 3));
        json!({"data": from(before, 3), "links": {"more": next}})
    });
    end.unwrap();
    assert_eq!(all, [1, 2, 3, 4, 5, 6, 7]);
    let marks: Vec<_> = asked.iter().map(|query| value(query, "after")).collect();
    let expected = [None, Some("m3"), Some("m6")];
    assert_eq!(marks, expected.map(|mark| mark.map(str::to_owned)));
}

#[test]
fn a_list_without_pages_is_one_page() {
    let leaves = [
        ("page.number", LeafValue::No),
        ("page.cursor", LeafValue::No),
    ];
    let (asked, all, end) = read_by(&leaves, |_| json!({"data": from(0, 2)}));
    end.unwrap();
    assert_eq!((asked.len(), all), (1, vec![1, 2]));
    for more in [
        json!({"has_more": true}),
        json!({"next_page_url": "/l?page=2"}),
    ] {
        let (_, all, end) = read_by(&leaves, |_| {
            let mut page = more.clone();
            page["data"] = json!(from(0, 2));
            page
        });
        assert_eq!(all, [1, 2], "what came is yielded");
        assert_eq!(end.unwrap_err().kind(), ErrorKind::Paging);
    }
}

#[test]
fn a_full_page_without_any_mark_is_no_end() {
    let leaves = [
        ("page.number", LeafValue::No),
        ("page.cursor", text("after")),
        ("page.next_cursor", text("/wrong/place")),
    ];
    let numbers =
        |count: u64| json!({"data": from(0, 3), "right": {"place": "m3"}, "per_page": count});
    let (_, all, end) = read_by(&leaves, |_| numbers(3));
    assert_eq!(all, [1, 2, 3]);
    let error = end.unwrap_err();
    assert!(error.to_string().contains("the page is full"), "{error}");
    let (_, _, end) = read_by(&leaves, |_| numbers(4));
    end.unwrap();
}

#[test]
fn a_server_that_ignores_the_offset_is_noticed_whatever_it_counts() {
    let leaves = [
        ("page.offset", text("skip")),
        ("page.total", text("/count")),
        ("page.last", text("/pages")),
    ];
    let (_, all, end) = read_by(
        &leaves,
        |_| json!({"data": from(0, 3), "count": 7, "pages": 3}),
    );
    assert_eq!(all, [1, 2, 3]);
    assert_eq!(end.unwrap_err().kind(), ErrorKind::Paging);
}
