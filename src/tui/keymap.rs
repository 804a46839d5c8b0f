//! The keys, in one table: footers, help, clicks and tests read it.

use crate::flow::Step;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Down,
    Up,
    Top,
    Bottom,
    PageDown,
    PageUp,
    Open,
    Back,
    Next,
    Toggle,
    Accept,
    Skip,
    AcceptSafe,
    Edit,
    OpenFile,
    Undo,
    Redo,
    NextItem,
    PreviousItem,
    Filter,
    Group(u8),
    OtherPane,
    Ignore,
    Target,
    Reveal,
    Copy,
    Style,
    MoreContext,
    LessContext,
    Help,
    Rescan,
    Quit,
    TestStore,
    Save,
    UndoRun,
    Docs,
    Pause,
    OnlyDifferences,
    Config,
    TypeValue,
    Generate,
    CopyDefault,
    LeaveEmpty,
    ChooseStore,
    Suspend,
}

/// A key as a person presses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Char(char),
    Ctrl(char),
    Code(KeyCode),
}

impl Key {
    fn is(self, event: KeyEvent) -> bool {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let alt = event.modifiers.contains(KeyModifiers::ALT);
        match (self, event.code) {
            (Key::Char(wanted), KeyCode::Char(c)) => !ctrl && !alt && c == wanted,
            (Key::Ctrl(wanted), KeyCode::Char(c)) => ctrl && c.eq_ignore_ascii_case(&wanted),
            (Key::Code(wanted), code) => code == wanted,
            _ => false,
        }
    }
}

/// One row of the table.
pub(super) struct Binding {
    pub(super) on: &'static [Step],
    pub(super) keys: &'static [Key],
    /// As footers and help write it; empty where another row says it.
    pub(super) shown: &'static str,
    /// In the footer; empty where it does not stand there.
    pub(super) label: &'static str,
    /// In the help.
    pub(super) help: &'static str,
    pub(super) action: Action,
}

use Action as A;
use Key::{Char, Code, Ctrl};
use Step::{Config, Confirm, Detail, Findings, Ready, Report, Review, Scan, Store, Variable, Variables, Writing};

const EVERYWHERE: &[Step] =
    &[Scan, Findings, Detail, Store, Review, Confirm, Writing, Report, Config, Variables, Variable, Ready];
const READING: &[Step] = &[Findings, Detail, Store, Review, Report, Config, Variables, Variable, Ready];
/// The variables of a clone, in a list or one alone.
const SETUP: &[Step] = &[Variables, Variable];

const fn row(
    on: &'static [Step],
    keys: &'static [Key],
    shown: &'static str,
    label: &'static str,
    help: &'static str,
    action: Action,
) -> Binding {
    Binding { on, keys, shown, label, help, action }
}

/// Every key. Footers show the rows of a screen in this order.
pub(super) const TABLE: &[Binding] = &[
    row(
        &[Scan],
        &[Code(KeyCode::Enter), Char('c'), Char('l')],
        "Enter",
        "show findings now",
        "show findings now",
        A::Next,
    ),
    row(&[Scan], &[Char('p')], "p", "pause history", "pause history, or go on", A::Pause),
    row(&[Findings, Store, Config], &[Char('j'), Code(KeyCode::Down)], "j/k", "move", "move", A::Down),
    row(&[Detail, Review, Report], &[Char('j'), Code(KeyCode::Down)], "j/k", "", "move", A::Down),
    row(SETUP, &[Char('j'), Code(KeyCode::Down)], "j/k", "move", "move", A::Down),
    row(&[Ready], &[Char('j'), Code(KeyCode::Down)], "j/k", "", "scroll", A::Down),
    row(
        SETUP,
        &[Code(KeyCode::Enter), Char('l')],
        "Enter",
        "type",
        "type a value; a secret is not shown",
        A::TypeValue,
    ),
    row(SETUP, &[Char('r')], "r", "random", "a new random value, never shown", A::Generate),
    row(SETUP, &[Char('d')], "d", "default", "copy the value of the example", A::CopyDefault),
    row(SETUP, &[Char('x')], "x", "empty", "leave it empty", A::LeaveEmpty),
    row(SETUP, &[Char('n'), Char(']')], "n/N", "question", "next, previous variable that needs an answer", A::NextItem),
    row(SETUP, &[Char('N'), Char('[')], "", "", "", A::PreviousItem),
    row(SETUP, &[Char('A')], "A", "", "leave what is not answered empty, and go on", A::AcceptSafe),
    row(SETUP, &[Char('u'), Char('z')], "u", "", "take the last answer back", A::Undo),
    row(SETUP, &[Ctrl('r'), Char('Z')], "Ctrl-r", "", "bring it back again", A::Redo),
    row(SETUP, &[Char('S')], "S", "", "where secrets go", A::ChooseStore),
    row(READING, &[Char('k'), Code(KeyCode::Up)], "", "", "", A::Up),
    row(&[Findings], &[Code(KeyCode::Enter), Char('l'), Code(KeyCode::Right)], "Enter", "detail", "open", A::Open),
    row(&[Store], &[Code(KeyCode::Enter), Char('l')], "Enter", "choose", "choose this store", A::Open),
    row(&[Config], &[Code(KeyCode::Enter), Char('l')], "Enter", "where from", "where the values come from", A::Open),
    row(&[Findings], &[Char(' ')], "space", "plan fix", "accept or skip this fix", A::Toggle),
    row(&[Detail], &[Char(' ')], "space", "plan", "accept or skip this fix", A::Toggle),
    row(&[Review], &[Char('a')], "a", "accept", "accept, and go to the next", A::Accept),
    row(&[Review], &[Char('s')], "s", "skip", "skip, and go to the next", A::Skip),
    row(&[Findings, Detail], &[Char('a')], "a", "", "accept, and go to the next", A::Accept),
    row(&[Findings, Detail], &[Char('s')], "s", "", "skip, and go to the next", A::Skip),
    row(&[Review], &[Char(' ')], "space", "", "accept or skip this fix", A::Toggle),
    row(&[Review, Detail], &[Char('E')], "E", "edit", "edit this patch", A::Edit),
    row(&[Review], &[Char('u'), Char('z')], "u", "undo", "undo a decision", A::Undo),
    row(&[Findings, Detail], &[Char('u'), Char('z')], "u", "", "undo a decision", A::Undo),
    row(&[Findings, Detail, Review], &[Ctrl('r'), Char('Z')], "Ctrl-r", "", "redo a decision", A::Redo),
    row(&[Detail], &[Char('V')], "V", "view value", "show the value for 10 seconds, asks first", A::Reveal),
    row(&[Findings, Detail], &[Char('i')], "i", "ignore", "ignore: asks for a reason", A::Ignore),
    row(&[Detail], &[Char('o')], "o", "docs", "what the rule looks for, and why", A::Docs),
    row(&[Review], &[Char('o')], "o", "", "what the rule looks for, and why", A::Docs),
    row(&[Report], &[Char(' '), Code(KeyCode::Enter)], "space", "done", "this step is done, or not", A::Toggle),
    row(&[Findings, Config], &[Char('/')], "/", "filter", "filter; Esc takes it away", A::Filter),
    row(&[Findings], &[Char('t')], "t", "target", "what concerns one way of starting the app", A::Target),
    row(&[Config], &[Char('t')], "t", "target", "another way of starting the app first", A::Target),
    row(&[Config], &[Char('*')], "*", "only differences", "only what differs between targets", A::OnlyDifferences),
    row(&[Store], &[Char('T')], "T", "test this store", "look at the stores again", A::TestStore),
    row(&[Detail], &[Char(']')], "]/[", "next/prev", "next, previous finding", A::NextItem),
    row(&[Review], &[Char(']')], "]/[", "patch", "next, previous patch", A::NextItem),
    row(&[Findings], &[Char(']'), Char('n')], "n/N", "", "next, previous finding", A::NextItem),
    row(&[Findings], &[Char('['), Char('N')], "", "", "", A::PreviousItem),
    row(&[Detail, Review], &[Char('[')], "", "", "", A::PreviousItem),
    row(&[Review], &[Char('A')], "A", "accept all safe", "accept all safe patches, after a list and y", A::AcceptSafe),
    row(&[Findings], &[Char('A')], "A", "", "accept all safe patches, after a list and y", A::AcceptSafe),
    row(&[Review], &[Char('|')], "|", "style", "diff in one column or two", A::Style),
    row(&[Review], &[Char('}')], "}/{", "", "more, less context", A::MoreContext),
    row(&[Review], &[Char('{')], "", "", "", A::LessContext),
    row(&[Findings, Detail, Review], &[Char('e')], "e", "", "open the file in your editor", A::OpenFile),
    row(&[Findings, Detail], &[Char('y')], "y", "", "copy the location, never a value", A::Copy),
    row(&[Report], &[Char('y')], "y", "copy command", "copy the command of this step", A::Copy),
    row(&[Ready], &[Char('y')], "y", "copy command", "copy the command that starts the app", A::Copy),
    row(&[Ready], &[Char('U')], "U", "undo all", "take the run back, asks first", A::UndoRun),
    row(&[Report], &[Char('o')], "o", "docs", "what the rule looks for, and why", A::Docs),
    row(&[Report], &[Char('w')], "w", "save report", "save the report to a file", A::Save),
    row(&[Report], &[Char('U')], "U", "undo all", "take the run back, asks first", A::UndoRun),
    row(&[Findings], &[Char('1')], "1-7", "", "go to a threat", A::Group(1)),
    row(&[Findings], &[Char('2')], "", "", "", A::Group(2)),
    row(&[Findings], &[Char('3')], "", "", "", A::Group(3)),
    row(&[Findings], &[Char('4')], "", "", "", A::Group(4)),
    row(&[Findings], &[Char('5')], "", "", "", A::Group(5)),
    row(&[Findings], &[Char('6')], "", "", "", A::Group(6)),
    row(&[Findings], &[Char('7')], "", "", "", A::Group(7)),
    row(&[Findings], &[Code(KeyCode::Tab)], "Tab", "", "threats or findings", A::OtherPane),
    row(&[Findings, Detail, Review, Report], &[Char('=')], "=", "", "every setting on every target", A::Config),
    row(&[Findings, Store, Review, Variables, Variable], &[Char('c')], "c", "next", "next step", A::Next),
    row(&[Detail], &[Char('c')], "c", "", "next step", A::Next),
    row(READING, &[Char('g'), Code(KeyCode::Home)], "g/G", "", "top, bottom", A::Top),
    row(READING, &[Char('G'), Code(KeyCode::End)], "", "", "", A::Bottom),
    row(READING, &[Code(KeyCode::PageDown), Ctrl('d')], "PgDn/PgUp", "", "scroll", A::PageDown),
    row(READING, &[Code(KeyCode::PageUp), Ctrl('u')], "", "", "", A::PageUp),
    row(&[Findings, Report], &[Char('R')], "R", "", "read the project again", A::Rescan),
    row(
        &[Detail, Store, Config],
        &[Char('b'), Char('h'), Code(KeyCode::Esc), Code(KeyCode::Left)],
        "b",
        "back",
        "back; decides nothing",
        A::Back,
    ),
    row(
        &[Findings, Review, Report, Variables, Variable],
        &[Char('b'), Char('h'), Code(KeyCode::Esc), Code(KeyCode::Left)],
        "b",
        "",
        "back; decides nothing",
        A::Back,
    ),
    row(&[Scan, Store], &[Char('?')], "?", "help", "keys here", A::Help),
    row(&[Findings, Detail, Variables, Variable], &[Char('?')], "?", " ", "keys here", A::Help),
    row(&[Ready], &[Char('?')], "?", "help", "keys here", A::Help),
    row(&[Review, Report, Config], &[Char('?')], "?", "", "keys here", A::Help),
    row(&[Scan, Store, Report, Ready], &[Char('q'), Ctrl('c')], "q", "quit", "quit", A::Quit),
    row(
        &[Findings, Detail, Review, Config, Variables, Variable],
        &[Char('q'), Ctrl('c')],
        "q",
        "",
        "quit; asks if decisions would be lost",
        A::Quit,
    ),
    row(&[Confirm, Writing], &[Ctrl('c')], "Ctrl-c", "", "quit", A::Quit),
    row(EVERYWHERE, &[Ctrl('z')], "Ctrl-z", "", "suspend", A::Suspend),
];

/// What a key does on a screen.
pub(super) fn action(step: Step, event: KeyEvent) -> Option<Action> {
    let here = TABLE.iter().filter(|binding| binding.on.contains(&step));
    here.into_iter().find(|binding| binding.keys.iter().any(|key| key.is(event))).map(|binding| binding.action)
}

/// The footer of a screen: texts with what a click on them does.
pub(super) fn footer(step: Step) -> Vec<(String, Action)> {
    let here = TABLE.iter().filter(|binding| binding.on.contains(&step) && !binding.label.is_empty());
    here.map(|binding| (format!("{} {}", binding.shown, binding.label).trim_end().to_owned(), binding.action)).collect()
}

/// The help of a screen: keys, and what they do.
pub(super) fn help(step: Step) -> Vec<(&'static str, &'static str)> {
    let here = TABLE.iter().filter(|binding| binding.on.contains(&step) && !binding.shown.is_empty());
    here.map(|binding| (binding.shown, binding.help)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widgets::words::cells;

    #[test]
    fn a_key_does_one_thing_on_a_screen() {
        for step in EVERYWHERE {
            let mut seen: Vec<Key> = Vec::new();
            for key in TABLE.iter().filter(|binding| binding.on.contains(step)).flat_map(|binding| binding.keys) {
                assert!(!seen.contains(key), "{key:?} on {step:?}");
                seen.push(*key);
            }
        }
    }

    #[test]
    fn footers_fit_80_columns_and_every_screen_has_a_way_to_the_keys() {
        for step in EVERYWHERE {
            let width: usize = footer(*step).iter().map(|(text, _)| cells(text) + 2).sum();
            assert!(width <= 81, "{step:?}: {width}");
            if !matches!(step, Confirm | Writing) {
                let question = KeyEvent::new(KeyCode::Char('?'), KeyModifiers::NONE);
                assert_eq!(action(*step, question), Some(Action::Help), "{step:?}");
                assert!(help(*step).len() > 3, "{step:?}");
            }
        }
    }

    #[test]
    fn what_is_shown_in_footers_is_explained() {
        for binding in TABLE {
            assert_eq!(binding.shown.is_empty(), binding.help.is_empty(), "{:?}", binding.action);
        }
    }

    #[test]
    fn capitals_and_control_are_told_apart() {
        let press = |c, modifiers| action(Review, KeyEvent::new(KeyCode::Char(c), modifiers));
        assert_eq!(press('a', KeyModifiers::NONE), Some(A::Accept));
        assert_eq!(press('A', KeyModifiers::SHIFT), Some(A::AcceptSafe));
        assert_eq!(press('u', KeyModifiers::NONE), Some(A::Undo));
        assert_eq!(press('u', KeyModifiers::CONTROL), Some(A::PageUp));
        assert_eq!(press('x', KeyModifiers::NONE), None);
    }
}
