//! The syntax tree of a Python file, the names it imports and the words in it, each made when it is
//! first asked for. A file that nobody asks for its tree is read, and never parsed.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::names::Imports;
use super::prefilter::Words;
use crate::lang::python::{self, Module};
use crate::text::Span;

/// What is known of one file's code. Cheap to clone; all clones share what one of them made.
#[derive(Clone)]
pub struct Syntax(Arc<Inner>);

struct Inner {
    text: String,
    words: OnceLock<Words>,
    module: OnceLock<Module>,
    imports: OnceLock<Imports>,
}

impl Syntax {
    /// Of a text that is not larger than [`python::MAX_BYTES`].
    pub fn of(text: impl Into<String>) -> Self {
        let (words, module, imports) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self(Arc::new(Inner { text: text.into(), words, module, imports }))
    }

    pub fn text(&self) -> &str {
        &self.0.text
    }

    pub fn words(&self) -> &Words {
        self.0.words.get_or_init(|| Words::of(&self.0.text))
    }

    pub(super) fn imports(&self) -> &Imports {
        self.0.imports.get_or_init(|| Imports::of(self))
    }

    /// The tree, where somebody asked for it.
    pub fn parsed(&self) -> Option<&Module> {
        self.0.module.get()
    }
}

impl Deref for Syntax {
    type Target = Module;

    fn deref(&self) -> &Module {
        let Inner { text, module, .. } = &*self.0;
        // One that cannot be parsed at all is empty and not understood: nothing is found in it, and
        // nothing is written to it.
        let opaque = || Module {
            body: Vec::new(),
            errors: vec![Span::new(0, text.len())],
            too_deep: false,
            python2: false,
            comments: Vec::new(),
        };
        module.get_or_init(|| python::parse(text).unwrap_or_else(|_| opaque()))
    }
}
