//! Few entries, sorted by their keys: a tree in the standard library is long to compile.

/// The value of the key.
pub(crate) fn get<'a, V>(entries: &'a [(String, V)], key: &str) -> Option<&'a V> {
    let place = place(entries, key).ok()?;
    entries.get(place).map(|(_, value)| value)
}

/// Sets the value of the key.
pub(crate) fn put<V>(entries: &mut Vec<(String, V)>, key: String, value: V) {
    match place(entries, &key) {
        Ok(known) => {
            if let Some((_, old)) = entries.get_mut(known) {
                *old = value;
            }
        }
        Err(next) => entries.insert(next, (key, value)),
    }
}

fn place<V>(entries: &[(String, V)], key: &str) -> Result<usize, usize> {
    entries.binary_search_by(|(known, _)| known.as_str().cmp(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_key_counts_and_keys_are_in_order() {
        let mut entries = Vec::new();
        for (key, value) in [("b", 1), ("c", 2), ("a", 3), ("b", 4)] {
            put(&mut entries, key.to_owned(), value);
        }
        let owned = [("a", 3), ("b", 4), ("c", 2)].map(|(key, value)| (key.to_owned(), value));
        assert_eq!(entries, owned);
        assert_eq!(get(&entries, "b"), Some(&4));
        assert_eq!(get(&entries, ""), None);
    }
}
