//! Colours for plain text. Only the 16 terminal colours, and never as the only sign of a meaning:
//! everything painted is also said in words or by a leading sign.

use std::borrow::Cow;

use crate::finding::Severity;

/// What a piece of text is; the colour follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Error,
    Live,
    High,
    Medium,
    Low,
    /// Rule names, headings.
    Strong,
    /// Rulers, line numbers, arrows.
    Frame,
    Added,
    Removed,
    Hunk,
}

impl Role {
    pub const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Live => Role::Live,
            Severity::High => Role::High,
            Severity::Medium => Role::Medium,
            Severity::Low => Role::Low,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Role::Error | Role::Live => "1;31",
            Role::High | Role::Removed => "31",
            Role::Medium => "33",
            Role::Low | Role::Hunk => "36",
            Role::Strong => "1",
            Role::Frame => "34",
            Role::Added => "32",
        }
    }
}

/// Whether text is painted. Decided once by the face that prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    colour: bool,
}

impl Style {
    pub const fn plain() -> Self {
        Self { colour: false }
    }

    pub const fn coloured() -> Self {
        Self { colour: true }
    }

    /// `text` in the colour of `role`, or as it is.
    pub fn paint<'a>(self, role: Role, text: &'a str) -> Cow<'a, str> {
        if self.colour && !text.is_empty() {
            Cow::Owned(format!("\u{1b}[{}m{text}\u{1b}[0m", role.code()))
        } else {
            Cow::Borrowed(text)
        }
    }
}
