//! What is known of a value that travels through a function: the marks it carries. Knows nothing of
//! how it travels.

use std::collections::BTreeSet;

use crate::text::Span;

/// Something a value may carry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub(crate) kind: MarkKind,
    /// Scope (file) and span where it came from.
    pub(crate) scope: usize,
    pub(crate) at: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MarkKind {
    /// Sent by whoever makes the request.
    User,
    /// Sent by them as the n-th parameter of the function the mark stands at.
    UrlParam(usize),
    /// Sent by them under a key that names an identifier (`request.json["order_id"]`).
    RequestId,
    /// Read back from where users' input is kept.
    Stored,
    /// The message of a caught exception, which often repeats input.
    Caught,
    /// The n-th parameter of the function.
    Param(usize),
    /// Who is signed in.
    Principal,
    /// A record that was looked up.
    Object,
}

/// What is known of a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Value {
    pub(crate) marks: BTreeSet<Mark>,
    /// Whether literal text is part of it.
    pub(crate) text: bool,
}

impl Value {
    pub(crate) fn marked(kind: MarkKind, scope: usize, at: Span) -> Self {
        Self { marks: BTreeSet::from([Mark { kind, scope, at }]), text: false }
    }

    pub(crate) fn has(&self, kind: MarkKind) -> bool {
        self.first(kind).is_some()
    }

    pub(crate) fn first(&self, kind: MarkKind) -> Option<&Mark> {
        self.marks.iter().find(|mark| mark.kind == kind)
    }

    pub(crate) fn join(&mut self, other: &Value) {
        self.marks.extend(other.marks.iter().cloned());
        self.text |= other.text;
    }

    pub(super) fn joined<'v>(values: impl IntoIterator<Item = &'v Value>) -> Value {
        let mut all = Value::default();
        values.into_iter().for_each(|value| all.join(value));
        all
    }
}
