//! Colours and signs. Only the 16 terminal colours, and none of them is the only sign of a
//! meaning; `--ascii` draws with ASCII alone.

use ratatui::style::{Color, Modifier, Style};

use crate::finding::Severity;

/// What a piece of text is; its look follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Plain,
    /// Titles, headings, what is selected.
    Strong,
    /// Rules, frames, what is of less weight.
    Frame,
    Live,
    High,
    Medium,
    Low,
    Added,
    Removed,
    Hunk,
    /// What was accepted or is done.
    Good,
    /// What cannot be used, errors.
    Bad,
}

impl Role {
    pub(super) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Live => Role::Live,
            Severity::High => Role::High,
            Severity::Medium => Role::Medium,
            Severity::Low => Role::Low,
        }
    }
}

/// The look of this sitting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    pub(super) colour: bool,
    pub(super) ascii: bool,
}

impl Theme {
    pub(super) fn style(self, role: Role) -> Style {
        let bold = matches!(role, Role::Strong | Role::Live | Role::Bad);
        let style = if bold { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        if !self.colour {
            return style;
        }
        match role {
            Role::Plain | Role::Strong => style,
            Role::Frame => style.fg(Color::Blue),
            Role::Live | Role::High | Role::Removed | Role::Bad => style.fg(Color::Red),
            Role::Medium => style.fg(Color::Yellow),
            Role::Low | Role::Hunk => style.fg(Color::Cyan),
            Role::Added | Role::Good => style.fg(Color::Green),
        }
    }

    pub(super) const fn rule(self) -> &'static str {
        if self.ascii { "-" } else { "─" }
    }

    pub(super) const fn bar(self) -> &'static str {
        if self.ascii { "|" } else { "│" }
    }

    /// Stands where a text was cut. Always one cell.
    pub(super) const fn cut(self) -> &'static str {
        if self.ascii { "~" } else { "…" }
    }

    /// The corners of a box: left and right above, left and right below.
    pub(super) const fn corners(self) -> [&'static str; 4] {
        if self.ascii { ["+", "+", "+", "+"] } else { ["┌", "┐", "└", "┘"] }
    }
}
