//! URL patterns: the parameters in `/post/<int:id>` and where they stand. Knows Werkzeug's rule
//! syntax; knows nothing of handlers.

/// A parameter of a URL pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteParam {
    pub name: String,
    /// As written; nothing where the pattern relies on the default (`string`).
    pub converter: Option<String>,
    /// Byte offset of `<` in the pattern's value.
    pub at: usize,
}

impl RouteParam {
    /// Whether the converter lets through text a sender chooses freely.
    pub fn is_text(&self) -> bool {
        !matches!(self.converter.as_deref(), Some("int" | "float" | "uuid" | "any"))
    }
}

/// The parameters of a pattern, in order.
pub fn params(pattern: &str) -> Vec<RouteParam> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = pattern[from..].find('<').map(|at| from + at) {
        let Some(close) = pattern[open..].find('>').map(|at| open + at) else { break };
        let inner = &pattern[open + 1..close];
        let (converter, name) = match inner.rfind(':') {
            Some(colon) => (Some(&inner[..colon]), &inner[colon + 1..]),
            None => (None, inner),
        };
        let name = name.trim();
        if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            let bare = converter.map(|text| text.split('(').next().unwrap_or(text).trim().to_owned());
            found.push(RouteParam { name: name.to_owned(), converter: bare, at: open });
        }
        from = close + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_converters_with_and_without_arguments() {
        let found = params("/<lang>/p/<int:id>/<string(length=2, minlength=1):cc>/<regex('a:b'):r>");
        let seen: Vec<_> = found.iter().map(|p| (p.name.as_str(), p.converter.as_deref())).collect();
        assert_eq!(seen, [("lang", None), ("id", Some("int")), ("cc", Some("string")), ("r", Some("regex"))]);
        assert!(found[0].is_text() && !found[1].is_text());
    }

    #[test]
    fn ignores_what_is_no_parameter() {
        assert!(params("/a/<>/b <").is_empty());
        assert!(params("/plain").is_empty());
    }
}
