//! The signer against the vendor's samples and PHP's own rules.

use super::*;
use crate::checkout::php_query;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn sample_key() -> SigningKey {
    SigningKey::new(SigningKey::PUBLIC_SAMPLE).unwrap()
}

#[test]
fn gives_the_signature_that_the_vendor_published() {
    let pairs = [
        ("app_id", "1"),
        ("out_trade_no", "2015032001016669"),
        ("subject", "title"),
        ("total_amount", "0.01"),
        ("return_url", "http://www.baidu.com"),
        ("notify_url", "http://www.google.com"),
        ("timestamp", "2021-12-26 22:03:60"),
        ("body", "description"),
    ];
    let sign = sample_key().sign(&pairs);
    assert_eq!(sign.as_str(), "44b125501d3833a7c293a03fe0f5ce3c");
}

/// The document prints 56b7c590b414f03e33fade6df14d02e7 beside these parameters, which does
/// not follow from them and the printed key by the printed algorithm.
#[test]
fn the_documents_own_sample_follows_its_algorithm_and_not_its_printed_sign() {
    let pairs = [
        ("app_id", "2021122412586601"),
        ("request_time", "2021-12-15 02:38:44"),
        ("notify_url", "https://p.yzhan.co/api/test/notify-url"),
        ("cancel_url", "https://p.yzhan.co/api/test/cancel-url"),
        ("return_url", "https://p.yzhan.co/api/test/return-url"),
        (
            "product",
            r#"{"name":"Product Name","description":"Product Description","type":"DIGITAL","category":"AC_REFRIGERATION_REPAIR","image_url":"https://image.com/url","url":"https://url.com/url","status":"ACTIVE","list":[{"name":"Prodcut Name 1","description":"Product Description 1"},{"name":"Prodcut Name 2","description":"Product Description 2"}]}"#,
        ),
        ("channel", r#"{"env":"sandbox","ability":""}"#),
        ("out_trade_no", "20211215023844979652579806"),
        ("total_amount", "0.01"),
        ("currency", "USD"),
        (
            "plan",
            r#"{"name":"Plan Name","description":"Plan Description","status":"ACTIVE","billing_cycles":[{"frequency":{"interval_unit":"day","interval_count":1},"pricing_scheme":{"fixed_price":{"value":"0.01","currency_code":"USD"}},"tenure_type":"REGULAR","sequence":1,"total_cycles":0}],"payment_preferences":{"auto_bill_outstanding":true}}"#,
        ),
        (
            "customer",
            r#"{"name":{"first_name": "Chao", "last_name": "Wang"},"description":"Customer Description","email":"m126@126.com"}"#,
        ),
    ];
    let sign = sample_key().sign(&pairs);
    assert_eq!(sign.as_str(), "73c5446f7b1206136f309f55ba2e6707");
}

/// PHP 8.2 orders `4`, ` 4` and `0x0` in a circle, but sorts only what it signs.
#[test]
fn what_is_not_signed_does_not_change_the_order() {
    let before = "app_id request_time a 0E0 A notify_url return_url".split(' ');
    let after = ["cancel_url", " 4", "product", "channel"];
    let empty = |name| (name, "");
    let mut pairs: Vec<_> = before.map(empty).collect();
    pairs.push(("4", "0.0"));
    pairs.extend(after.map(empty));
    pairs.push(("0x0", "x"));
    pairs.extend(["out_trade_no", "total_amount", "b"].map(empty));
    assert_eq!(signed_text(&pairs), "0x0=x&4=0.0");
}

#[test]
fn leaves_out_empty_and_zero_and_nothing_else() {
    let pairs = [
        ("a", ""),
        ("b", "0"),
        ("c", "0.0"),
        ("d", " "),
        ("e", "00"),
        ("f", "false"),
    ];
    assert_eq!(signed_text(&pairs), "c=0.0&d= &e=00&f=false");
}

/// Each expected order is what PHP 8.2.31 printed.
#[test]
fn sorts_names_as_php_does() {
    let cases: [(&[&str], &str); 13] = [
        (&["1e1", "10", " 9", "n1", "9"], " 9,9,1e1,10,n1"),
        (
            &["b", "10", "9", "a", "-5", "05", "5", "Z"],
            "-5,05,5,9,10,Z,a,b",
        ),
        (&["1.5", "2", "x", "1"], "1,1.5,2,x"),
        (&["10", "9a", "9"], "9,10,9a"),
        (&["1e1", "9.5", "10.0"], "9.5,1e1,10.0"),
        (&["b", "5", " ", "!"], " ,!,5,b"),
        (&["n10", "n2", "n1"], "n1,n10,n2"),
        (
            &["a_b", "a.b", "a-b", "aa", "a", "Zed"],
            "Zed,a,a-b,a.b,a_b,aa",
        ),
        (
            &[
                "92233720368547758080",
                "9223372036854775808",
                "9223372036854775807",
                "1e400",
                "1e500",
            ],
            "9223372036854775808,9223372036854775807,92233720368547758080,1e400,1e500",
        ),
        (
            &["100000000000000000000", "10000000000000000001"],
            "10000000000000000001,100000000000000000000",
        ),
        (
            &["9223372036854775809", "9223372036854775808"],
            "9223372036854775808,9223372036854775809",
        ),
        (
            &["9223372036854775808", " 9223372036854775807"],
            " 9223372036854775807,9223372036854775808",
        ),
        (
            &["-0009223372036854775808", "-9223372036854775809"],
            "-9223372036854775809,-0009223372036854775808",
        ),
    ];
    for (names, sorted) in cases {
        let pairs: Vec<_> = names.iter().map(|name| (*name, "v")).collect();
        let told = sorted.replace(',', "=v&") + "=v";
        assert_eq!(signed_text(&pairs), told, "{names:?}");
    }
}

#[test]
fn of_a_duplicated_name_the_last_value_counts_in_the_first_place() {
    let pairs = [("b", "1"), ("a", "2"), ("b", "3")];
    assert_eq!(signed_text(&pairs), "a=2&b=3");
    assert_eq!(php_query(&pairs), "b=3&a=2");
    assert_eq!(signed_text(&[("a", "1"), ("a", "0")]), "");
}

#[test]
fn encodes_queries_as_php_does() {
    assert_eq!(
        php_query(&[("a", "~*-_. é&=+%/")]),
        "a=%7E%2A-_.+%C3%A9%26%3D%2B%25%2F"
    );
    assert_eq!(php_query::<&str, &str>(&[]), "");
}

#[test]
fn neither_key_nor_signature_is_printed() {
    let key = SigningKey::new("sk_4711").unwrap();
    let sign = key.sign(&[("a", "b")]);
    let printed = format!("{key:?} {sign:?}");
    assert!(!printed.contains("4711") && !printed.contains(sign.as_str()));
    assert!(!key.is_public_sample() && sample_key().is_public_sample());
}

#[test]
fn refuses_keys_that_no_file_or_form_should_have_given() {
    for wrong in ["", " ", "key\n", " key"] {
        assert!(SigningKey::new(wrong).is_err(), "{wrong:?}");
    }
}

proptest! {
    #[test]
    fn the_query_of_any_pairs_reads_back(pairs in proptest::collection::vec((".{0,8}", ".{0,20}"), 0..12)) {
        let read: BTreeMap<String, String> = form_urlencoded::parse(php_query(&pairs).as_bytes()).into_owned().collect();
        let expected: BTreeMap<_, _> = pairs.into_iter().collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn sorting_any_names_keeps_them_all_and_does_not_panic(names in proptest::collection::btree_set("[-+ .0-9ea]{0,5}", 0..60)) {
        let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), "v")).collect();
        let sorted = php::ksort(pairs.clone());
        let again: std::collections::BTreeSet<_> = sorted.iter().copied().collect();
        prop_assert_eq!(sorted.len(), pairs.len());
        prop_assert_eq!(again, pairs.into_iter().collect());
    }

    #[test]
    fn the_order_of_plain_words_does_not_matter(pairs in proptest::collection::btree_map("[a-z_]{1,6}", ".{0,9}", 0..9)) {
        let forward: Vec<_> = pairs.iter().collect();
        let backward: Vec<_> = pairs.iter().rev().collect();
        prop_assert_eq!(signed_text(&forward), signed_text(&backward));
    }
}
