//! The signature: MD5 over the sorted parameters and a shared secret, exactly as PHP 8.2 does it.

use std::fmt;

use md5::{Digest, Md5};
use subtle::{Choice, ConstantTimeEq};

use super::php;
use crate::error::{Error, Problems};
use crate::secret::Secret;

/// The secret that parameters are signed with (`secret_key`), wiped from memory when dropped and
/// never printed.
///
/// The algorithm (grade D) is
/// `md5(urldecode(http_build_query(ksort(array_filter($params)))) . $secret_key)`: empty and
/// `"0"` values are left out, the rest is sorted by name, joined as raw `name=value` with `&`,
/// and the secret is appended. MD5 and the bare concatenation are the provider's choice and
/// cannot be changed here.
///
/// ```
/// use sanspay_core::checkout::SigningKey;
/// let key = SigningKey::new("shop secret")?;
/// let sign = key.sign(&[("out_trade_no", "A-1"), ("app_id", "7"), ("attach", "")]);
/// assert_eq!(sign.as_str().len(), 32);
/// assert_eq!(sign, key.sign(&[("app_id", "7"), ("out_trade_no", "A-1")]));
/// # Ok::<(), sanspay_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Secret);

impl SigningKey {
    /// The key that the provider's document prints as its sample, default and "JS Web" key
    /// (grade D). Everybody knows it: what it signs, anybody may have signed.
    pub const PUBLIC_SAMPLE: &str = "bc3a4d13e427ee95f24cb65f24501208a6e0d8be";

    /// Takes the secret into custody.
    ///
    /// # Errors
    /// When it is empty or begins or ends with white space, such as a line break from a file.
    pub fn new(secret: impl Into<Secret>) -> Result<Self, Error> {
        let secret = secret.into();
        let text = secret.expose();
        let mut problems = Problems::new();
        problems.require(!text.is_empty(), "secret_key", "must not be empty");
        problems.require(
            text.trim() == text,
            "secret_key",
            "must not begin or end with spaces or line breaks",
        );
        problems.into_result("configure")?;
        Ok(Self(secret))
    }

    /// A key that is known to be good.
    #[cfg(feature = "cassette")]
    pub(crate) fn of_cassettes(secret: &'static str) -> Self {
        Self(secret.into())
    }

    /// The text, to be kept out of recordings.
    #[cfg(feature = "cassette")]
    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }

    /// Whether this is [`PUBLIC_SAMPLE`](SigningKey::PUBLIC_SAMPLE), on which production must
    /// not rely.
    pub fn is_public_sample(&self) -> bool {
        self.0 == Secret::from(Self::PUBLIC_SAMPLE)
    }

    /// Whether this key is as long as `other` or longer, and ends with it.
    pub(super) fn ends_with(&self, other: &Self) -> bool {
        self.0.expose().ends_with(other.0.expose())
    }

    /// Signs the parameters, given in any order and without `sign`.
    pub fn sign<N: AsRef<str>, V: AsRef<str>>(&self, pairs: &[(N, V)]) -> Signature {
        let mut text = TextHash::new();
        php::for_each_signed(pairs, |name, value| text.pair(name, value));
        text.sign(self)
    }

    /// The URL of `page` with the parameters that are signed, in the order in which they are
    /// signed, and `sign`: for a parameter that [`Checkout`](super::Checkout) does not know.
    /// Nothing is checked.
    ///
    /// ```
    /// use sanspay_core::checkout::SigningKey;
    /// let key = SigningKey::new("shop secret")?;
    /// let url = key.signed_url("https://p.yzhan.co/checkout", &[("b", "x y"), ("a", "1")]);
    /// assert!(url.starts_with("https://p.yzhan.co/checkout?a=1&b=x+y&sign="));
    /// # Ok::<(), sanspay_core::Error>(())
    /// ```
    pub fn signed_url<N: AsRef<str>, V: AsRef<str>>(&self, page: &str, pairs: &[(N, V)]) -> String {
        let mut query = php::Query::new(Some(page), pairs);
        let mut text = TextHash::new();
        php::for_each_signed(pairs, |name, value| {
            text.pair(name, value);
            query.pair(name, value);
        });
        query.pair("sign", text.sign(self).as_str());
        query.finish()
    }
}

/// MD5 over a signed text while its pairs come in.
///
/// They are gathered on the stack and hashed at once: signing 12 pairs takes 1.1 times as long as
/// MD5 alone, and 1.3 times when each part of each pair is added by itself.
#[derive(Clone)]
pub(super) struct TextHash {
    md5: Md5,
    /// Pairs as they are signed, with `&` behind each.
    gathered: [u8; 1536],
    end: usize,
}

impl TextHash {
    pub(super) fn new() -> Self {
        Self {
            md5: Md5::new(),
            gathered: [0; 1536],
            end: 0,
        }
    }

    /// Adds a pair of those that are signed.
    pub(super) fn pair(&mut self, name: &str, value: &str) {
        let length = name.len() + value.len() + 2;
        if self.gathered.len() - self.end < length {
            self.md5
                .update(self.gathered.get(..self.end).unwrap_or_default());
            self.end = 0;
        }
        let room = self.gathered.get_mut(self.end..).unwrap_or_default();
        let parts = room.split_at_mut_checked(name.len());
        let parts = parts.and_then(|(to_name, rest)| {
            let (equals, rest) = rest.split_first_mut()?;
            let (to_value, rest) = rest.split_at_mut_checked(value.len())?;
            Some((to_name, equals, to_value, rest.first_mut()?))
        });
        if let Some((to_name, equals, to_value, and)) = parts {
            to_name.copy_from_slice(name.as_bytes());
            *equals = b'=';
            to_value.copy_from_slice(value.as_bytes());
            *and = b'&';
            self.end += length;
        } else {
            // Longer than all the room there is.
            self.md5.update(name);
            self.md5.update(b"=");
            self.md5.update(value);
            self.gathered[0] = b'&';
            self.end = 1;
        }
    }

    /// The signature with this key, whose secret is not gathered, so that no copy of it stays.
    pub(super) fn sign(&self, key: &SigningKey) -> Signature {
        let mut md5 = self.md5.clone();
        // Nothing follows the last `&`.
        md5.update(
            self.gathered
                .get(..self.end.saturating_sub(1))
                .unwrap_or_default(),
        );
        md5.update(key.0.expose());
        let mut digits = [0; 32];
        // The lengths fit by construction: 16 bytes are 32 digits.
        let _ = hex::encode_to_slice(md5.finalize(), &mut digits);
        Signature(digits)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(redacted)")
    }
}

/// The text that is signed, without the secret: what is left of the parameters after PHP's
/// `array_filter` and `ksort`, joined raw.
///
/// Values are not escaped (grade D), so different parameters can have the same signed text; see
/// the [module's documentation](super) for what follows from that.
///
/// Names are sorted as PHP 8.2's `ksort` does (grade D): names that PHP takes for numbers by
/// value, all else by byte. All names of the protocol are plain words, where this is the order of
/// their bytes. For exotic mixtures such as `9`, `10` and `10a` PHP's own comparison runs in a
/// circle; the order then depends on the inside of its sort and is not reproduced.
///
/// ```
/// use sanspay_core::checkout::signed_text;
/// let pairs = [("subject", "a b&c"), ("app_id", "7"), ("10", "x"), ("9", "y"), ("body", "0")];
/// assert_eq!(signed_text(&pairs), "9=y&10=x&app_id=7&subject=a b&c");
/// ```
pub fn signed_text<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    let mut text = String::new();
    php::for_each_signed(pairs, |name, value| {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    });
    text
}

/// A signature: exactly 32 lower-case hexadecimal digits, compared in constant time.
///
/// `Debug` does not show it, because whoever holds it can replay what it signs.
#[derive(Clone)]
pub struct Signature([u8; 32]);

impl Signature {
    /// A signature as received; `None` unless it is exactly 32 lower-case hexadecimal digits.
    ///
    /// ```
    /// use sanspay_core::checkout::Signature;
    /// assert!(Signature::from_received("44b125501d3833a7c293a03fe0f5ce3c").is_some());
    /// assert!(Signature::from_received("44B125501D3833A7C293A03FE0F5CE3C").is_none());
    /// ```
    pub fn from_received(text: &str) -> Option<Self> {
        let digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        let digits: [u8; 32] = text.as_bytes().try_into().ok()?;
        digits.into_iter().all(digit).then_some(Self(digits))
    }

    /// The digits, as they go over the wire.
    pub fn as_str(&self) -> &str {
        // ASCII by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(super) fn same(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

/// Compares in constant time.
impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.same(other).into()
    }
}

impl Eq for Signature {}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(redacted)")
    }
}

#[cfg(test)]
mod tests {
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
}
