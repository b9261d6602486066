//! Reads a query or form as PHP's `parse_str` does.

use std::collections::BTreeMap;

/// The parameters by name. Of a name given twice the last value counts; `+` is a space; dots and
/// spaces in names become `_`; bytes that are no UTF-8 are replaced, which no signature survives.
///
/// # Errors
/// The name of a parameter that PHP would make an array of: no parameter of the protocol is one.
pub(super) fn parse(query: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let mut parameters = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query) {
        let name = name.trim_start_matches(' ');
        if name.is_empty() {
            continue;
        }
        if name.contains('[') {
            return Err(name.to_owned());
        }
        parameters.insert(name.replace(['.', ' '], "_"), value.into_owned());
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_php_reads_them() {
        let query = b"a=1&a=2&b+c.d=x+y%2Bz&=lost&&flag&+e=%zz";
        let read = parse(query).unwrap();
        let pairs: Vec<_> = read.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            pairs,
            [("a", "2"), ("b_c_d", "x y+z"), ("e", "%zz"), ("flag", "")]
        );
        assert_eq!(parse(b"a=1&b[]=2"), Err("b[]".to_owned()));
    }
}
