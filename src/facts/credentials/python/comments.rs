//! Values in comments: lines that were commented out, and notes of what opens what. Only what is
//! hard to guess counts.

use std::sync::LazyLock;

use regex::Regex;

use super::Reader;
use crate::facts::credentials::assigned::Given;
use crate::facts::credentials::{Format, Head, How, names, values};
use crate::text::Span;

static GIVEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"([A-Za-z_][A-Za-z0-9_.-]{1,60})['"]?\]?\s*[:=]\s*['"]?([^\s'"`,;()]{8,200})['"]?"#).ok()
});

impl Reader<'_> {
    pub(super) fn comments(&mut self, comments: &[Span]) {
        let Some(pattern) = GIVEN.as_ref() else { return };
        for comment in comments {
            let text = comment.of(self.text);
            if !text.contains([':', '=']) {
                continue;
            }
            for found in pattern.captures_iter(text) {
                let (Some(name), Some(value)) = (found.get(1), found.get(2)) else { continue };
                let Some(head) = names::head(name.as_str()) else { continue };
                let text = value.as_str();
                let counts = values::is_random(text) || head == Head::Password && values::is_strong(text);
                // Code that computes a value is none.
                let code = text.contains(['[', '{', '=']) || text.contains("self.") || text.contains("config.");
                if !counts || code || values::is_placeholder(text) {
                    continue;
                }
                let span = Span::new(comment.start + value.start(), comment.start + value.end());
                self.found.push(Given {
                    how: How::Comment,
                    stage: self.stage,
                    ..Given::new(name.as_str(), format!("# {}", name.as_str()), text, span, Format::Python)
                });
            }
        }
    }
}
