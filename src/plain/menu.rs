//! What can be done at each step, as numbered choices. The numbers count from 1 through the
//! things listed first (findings, patches, stores, steps) to what can be done.

use crate::flow::{Flow, Intent, Step};
use crate::plan::Decision;
use crate::text::escape::one_line;

use super::{facts, setup};

/// What a number does.
pub(super) enum Choice {
    Intents(Vec<Intent>),
    /// Asks for words first.
    Filter,
    /// Asks for a name first.
    Save,
    /// Lists the variables of a clone first.
    Variables,
    /// Asks for a value first.
    Value {
        hidden: bool,
    },
    /// It cannot be done, and why.
    Blocked(String),
}

/// The choices of a step.
#[derive(Default)]
pub(super) struct Menu {
    pub(super) rows: Vec<(String, Choice)>,
}

impl Menu {
    pub(super) fn add(&mut self, text: impl Into<String>, intent: Intent) {
        self.rows.push((text.into(), Choice::Intents(vec![intent])));
    }

    pub(super) fn add_all(&mut self, text: impl Into<String>, intents: Vec<Intent>) {
        self.rows.push((text.into(), Choice::Intents(intents)));
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.rows.iter().enumerate().map(|(at, (text, _))| format!("{:>3}  {text}", at + 1))
    }

    pub(super) fn last(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn choice(&self, number: usize) -> Option<Choice> {
        let (_, choice) = self.rows.get(number.checked_sub(1)?)?;
        Some(match choice {
            Choice::Intents(intents) => Choice::Intents(intents.clone()),
            Choice::Filter => Choice::Filter,
            Choice::Save => Choice::Save,
            Choice::Variables => Choice::Variables,
            Choice::Value { hidden } => Choice::Value { hidden: *hidden },
            Choice::Blocked(why) => Choice::Blocked(why.clone()),
        })
    }
}

/// What can be done where the flow is.
pub(super) fn menu(flow: &Flow) -> Menu {
    let mut menu = Menu::default();
    match flow.step {
        Step::Scan | Step::Confirm | Step::Writing => {
            menu.add("go on", Intent::Next);
            menu.add("quit", Intent::Quit);
        }
        Step::Findings => findings(flow, &mut menu),
        Step::Detail => detail(flow, &mut menu),
        Step::Store => store(flow, &mut menu),
        Step::Review => review(flow, &mut menu),
        Step::Report => report(flow, &mut menu),
        Step::Config => menu.add("back", Intent::Back),
        Step::Variables => setup::variables_menu(flow, &mut menu),
        Step::Variable => setup::variable_menu(flow, &mut menu),
        Step::Ready => setup::ready_menu(flow, &mut menu),
    }
    menu
}

fn findings(flow: &Flow, menu: &mut Menu) {
    for (at, found) in flow.visible().into_iter().enumerate() {
        menu.add_all(facts::finding_line(flow, found), vec![Intent::Select(at), Intent::Open]);
    }
    menu.add("on to the fixes", Intent::Next);
    menu.rows.push(("show only findings with certain words".to_owned(), Choice::Filter));
    menu.add("what concerns the next way of starting the app", Intent::Target);
    menu.add("every setting on every target", Intent::ShowConfig);
    menu.add("undo a decision", Intent::UndoDecision);
    menu.add("redo a decision", Intent::RedoDecision);
    menu.add("read the project again", Intent::Rescan);
    menu.add("quit", Intent::Quit);
}

fn detail(flow: &Flow, menu: &mut Menu) {
    let fix = flow.current().and_then(|found| flow.fix_of(found)).filter(|fix| !fix.changes.is_empty());
    if let Some(fix) = fix {
        match flow.decisions().accepts(&fix.id) {
            true => menu.add("skip the fix, which is accepted", Intent::Toggle),
            false => menu.add("accept the fix", Intent::Toggle),
        }
    }
    menu.add("set this finding aside, with a reason", Intent::Ignore);
    menu.add("what the rule looks for, and why", Intent::Explain);
    if flow.may_reveal() && flow.current().is_some_and(|found| found.tag.is_some()) {
        menu.add("show the value", Intent::Reveal);
    }
    menu.add("open the file in your editor", Intent::OpenFile);
    menu.add("next finding", Intent::NextItem);
    menu.add("previous finding", Intent::PreviousItem);
    menu.add("on to the fixes", Intent::Next);
    menu.add("back to the findings", Intent::Back);
}

fn store(flow: &Flow, menu: &mut Menu) {
    match flow.setup {
        Some(_) => menu.add("back to the variables", Intent::Back),
        None => {
            menu.add("on to the review", Intent::Next);
            menu.add("back to the findings", Intent::Back);
        }
    }
    menu.add("look at the stores again", Intent::TestStore);
    for offer in flow.offers.iter().flatten() {
        let chosen = if flow.store() == Some(offer.id) { ", chosen" } else { "" };
        match &offer.state {
            Ok(seen) => {
                let seen =
                    if seen.is_empty() || seen == offer.suits { String::new() } else { format!(" {}", one_line(seen)) };
                menu.add(format!("{}{chosen}: {}{seen}", offer.title, offer.suits), Intent::Choose(offer.id));
            }
            Err(why) => {
                let text = format!("{}{chosen}: not usable here: {}", offer.title, one_line(why));
                menu.rows.push((text, Choice::Blocked(format!("{} cannot be used here: {why}", offer.title))));
            }
        }
    }
}

fn review(flow: &Flow, menu: &mut Menu) {
    let decided = flow.patches().get(flow.patch).and_then(|patch| flow.decision(&patch.remedy));
    let word = |decision: bool| if decision { ", as it is" } else { "" };
    let accepted = matches!(decided, Some(Decision::Accept | Decision::Edited(_)));
    menu.add(format!("accept, and go to the next patch{}", word(accepted)), Intent::Accept);
    menu.add(format!("skip, and go to the next patch{}", word(decided == Some(&Decision::Skip))), Intent::Skip);
    menu.add("edit this patch", Intent::Edit);
    menu.add("open the file in your editor", Intent::OpenFile);
    menu.add("what the rule looks for, and why", Intent::Explain);
    menu.add("next patch", Intent::NextItem);
    menu.add("previous patch", Intent::PreviousItem);
    menu.add("accept every safe patch that is open, after a list", Intent::AcceptSafe);
    menu.add("undo a decision", Intent::UndoDecision);
    menu.add("redo a decision", Intent::RedoDecision);
    menu.add("on to writing", Intent::Next);
    menu.add("back", Intent::Back);
}

fn report(flow: &Flow, menu: &mut Menu) {
    let outcome = flow.outcome.as_ref();
    for (at, item) in outcome.iter().flat_map(|outcome| &outcome.items).enumerate() {
        let mark = if item.done { "done" } else { "to do" };
        menu.add(format!("{mark}: {}", one_line(&item.text)), Intent::Tick(at));
    }
    menu.rows.push(("save the report to a file".to_owned(), Choice::Save));
    if outcome.is_some_and(|outcome| outcome.undone.is_none() && outcome.receipt.is_some()) {
        menu.add("take the whole run back", Intent::UndoRun);
    }
    menu.add("back to the findings", Intent::Back);
    menu.add("quit", Intent::Quit);
}
