//! Macros of the project's templates: their parameters, and whether a call gives one of them what
//! people write. Reads calls as far as brackets and quotes go.

use std::collections::{BTreeMap, BTreeSet};

use super::{html, people};
use crate::lang::jinja::{Tag, TagKind};
use crate::text::Span;

/// A macro with the text it spans.
struct Macro {
    name: String,
    params: Vec<String>,
    body: Span,
}

/// What calls give to macros, by macro and parameter position or name.
#[derive(Default)]
pub(super) struct Given {
    positions: BTreeSet<(String, usize)>,
    names: BTreeSet<(String, String)>,
}

impl Given {
    /// Notes the calls in one template.
    pub(super) fn read(&mut self, text: &str, tags: &[Tag], known: &BTreeSet<String>) {
        for tag in tags {
            let inner = tag.inner.of(text);
            if inner.starts_with("macro ") || inner.starts_with("from ") {
                continue;
            }
            for (name, arguments) in calls(inner).into_iter().filter(|(name, _)| known.contains(*name)) {
                for (index, argument) in arguments.iter().enumerate() {
                    let (keyword, value) = match argument.split_once('=') {
                        Some((keyword, value)) if is_word(keyword.trim()) && !value.starts_with('=') => {
                            (Some(keyword.trim()), value)
                        }
                        _ => (None, *argument),
                    };
                    if !html::names_in(value).iter().any(|name| people::writes(name)) {
                        continue;
                    }
                    match keyword {
                        Some(keyword) => drop(self.names.insert((name.to_owned(), keyword.to_owned()))),
                        None => drop(self.positions.insert((name.to_owned(), index))),
                    }
                }
            }
        }
    }

    fn has(&self, found: &Macro, param: &str) -> bool {
        let position = found.params.iter().position(|known| known == param);
        self.names.contains(&(found.name.clone(), param.to_owned()))
            || position.is_some_and(|index| self.positions.contains(&(found.name.clone(), index)))
    }
}

/// The macros of one template.
pub(super) struct Macros(Vec<Macro>);

impl Macros {
    pub(super) fn of(text: &str, tags: &[Tag]) -> Self {
        let mut found: Vec<Macro> = Vec::new();
        let mut open: Option<Macro> = None;
        for tag in tags.iter().filter(|tag| tag.kind == TagKind::Statement) {
            let inner = tag.inner.of(text);
            if let Some((name, params)) = inner.strip_prefix("macro ").and_then(|rest| rest.split_once('(')) {
                let params = split(params.trim_end().trim_end_matches(')'));
                let names = params.iter().map(|param| param.split('=').next().unwrap_or(param).trim().to_owned());
                open = Some(Macro { name: name.trim().to_owned(), params: names.collect(), body: tag.span });
            } else if inner.starts_with("endmacro")
                && let Some(ended) = open.take()
            {
                found.push(Macro { body: Span::new(ended.body.start, tag.span.end), ..ended });
            }
        }
        Self(found)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(|known| known.name.clone())
    }

    /// Whether `name` at `at` is a parameter of a macro that no call gives what people write.
    pub(super) fn is_wording(&self, at: usize, name: &str, given: &Given) -> bool {
        let around = self.0.iter().find(|known| known.body.start <= at && at < known.body.end);
        around.is_some_and(|known| known.params.iter().any(|param| param == name) && !given.has(known, name))
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Calls in an expression: the last part of what is called, and the arguments' texts.
fn calls(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('(') {
        let before = &text[..at];
        let start = before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |before| before + 1);
        // A letter of several bytes is a word's end too.
        let Some(name) = before.get(start..).filter(|name| !name.is_empty()) else { continue };
        found.push((name, split(&text[at + 1..])));
    }
    found
}

/// Comma-separated parts up to the bracket that ends the list.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth, mut quote) = (Vec::new(), 0, 0usize, None);
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None => match c {
                '"' | '\'' => quote = Some(c),
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' if depth == 0 => {
                    parts.push(&text[from..at]);
                    return parts;
                }
                ')' | ']' | '}' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(&text[from..at]);
                    from = at + 1;
                }
                _ => {}
            },
        }
    }
    parts.push(&text[from..]);
    parts
}

/// What the project's templates say of macros.
pub(super) fn of_all<'t>(templates: impl Iterator<Item = (&'t str, &'t [Tag])> + Clone) -> Given {
    let known: BTreeSet<String> =
        templates.clone().flat_map(|(text, tags)| Macros::of(text, tags).names().collect::<Vec<_>>()).collect();
    let mut given = Given::default();
    if !known.is_empty() {
        templates.for_each(|(text, tags)| given.read(text, tags, &known));
    }
    given
}

/// Variables a template sets itself, with the text they are set to.
pub(super) fn set_here<'t>(text: &'t str, tags: &[Tag]) -> BTreeMap<&'t str, &'t str> {
    let statements = tags.iter().filter(|tag| tag.kind == TagKind::Statement);
    let pairs = statements.filter_map(|tag| tag.inner.of(text).strip_prefix("set ")?.split_once('='));
    pairs.map(|(name, value)| (name.trim(), value.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::jinja::tags;

    #[test]
    fn knows_which_parameters_hold_values() {
        let lib = "{% macro box(kind, content) %}{{ content|safe }}{% endmacro %}{% macro bar(content) %}{{ content|safe }}{% endmacro %}";
        let page = "{{ box('a', post.body) }} {{ bar(_('fixed, text')) }}";
        let (lib_tags, page_tags) = (tags(lib), tags(page));
        let given = of_all([(lib, lib_tags.as_slice()), (page, page_tags.as_slice())].into_iter());
        let macros = Macros::of(lib, &lib_tags);
        let uses: Vec<usize> = lib.match_indices("content|safe").map(|(at, _)| at).collect();
        assert!(!macros.is_wording(uses[0], "content", &given));
        assert!(macros.is_wording(uses[1], "content", &given));
    }

    #[test]
    fn splits_arguments_at_their_own_commas() {
        assert_eq!(split("a, f(b, c), 'd, e') }}"), ["a", " f(b, c)", " 'd, e'"]);
        assert_eq!(calls("ü(x) + m.box(1)").len(), 2);
    }
}
