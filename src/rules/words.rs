//! How names in source code fall into words: camel case, underscores, digits. Knows no meaning.

/// The lower-case words of a name: `canEdit_Post` is `can`, `edit`, `post`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut new = true;
    let mut before_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            new = true;
            continue;
        }
        if new || (c.is_uppercase() && before_lower) {
            words.push(String::new());
        }
        new = false;
        before_lower = c.is_lowercase();
        if let Some(last) = words.last_mut() {
            last.extend(c.to_lowercase());
        }
    }
    words
}

/// Whether one of the words of `name` is in the list.
pub(crate) fn any(name: &str, list: &[&str]) -> bool {
    words(name).iter().any(|word| list.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_names() {
        assert_eq!(words("CanAccessForum2_x"), ["can", "access", "forum2", "x"]);
    }
}
