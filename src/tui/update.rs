//! What happens changes the model: here, and nowhere else. Dispatch only; what a key means is in
//! `keymap`, what it decides is in `flow`.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::engine::{self, Done};
use crate::finding::{FindingKey, Threat};
use crate::flow::{Intent, Question, Step};
use crate::report;
use crate::rules;

use super::keymap::{self, Action};
use super::model::{Model, Over, Revealed, Typing};
use super::msg::{Command, Msg};
use super::screens::{self, Hit, apply, config, detail, ready, review};
use super::view;
use super::widgets::input::Input;

/// How long a value stays on the screen.
const REVEALED: Duration = Duration::from_secs(10);
/// The name a saved report is offered under.
const REPORT: &str = "flask-harden-report.txt";

/// Takes one message.
pub(super) fn update(model: &mut Model, msg: Msg) -> Vec<Command> {
    match msg {
        Msg::Key(key) => on_key(model, key),
        Msg::Paste(text) => {
            let text = zeroize::Zeroizing::new(text);
            if let Some(Over::Typing { input, .. }) = &mut model.over
                && !input.paste(&text)
            {
                model.said = Some("only the first line was taken".to_owned());
            }
            Vec::new()
        }
        Msg::Mouse(mouse) => on_mouse(model, mouse),
        Msg::Resize(width, height) => {
            model.size = (width, height);
            Vec::new()
        }
        Msg::Done(done) => {
            let before = model.flow.step;
            let offered = matches!(done, Done::Offers(_));
            let effects = model.flow.receive(done);
            settle(model, before);
            if offered {
                select_store(model);
            }
            effects.into_iter().map(Command::Flow).collect()
        }
        Msg::Tick(clock) => {
            model.clock = clock;
            if model.revealed.as_ref().is_some_and(|revealed| revealed.until <= clock) {
                model.revealed = None;
            }
            Vec::new()
        }
    }
}

/// Hands an intent to the flow.
pub(super) fn intend(model: &mut Model, intent: Intent) -> Vec<Command> {
    let before = model.flow.step;
    model.said = None;
    let effects = model.flow.handle(intent);
    settle(model, before);
    effects.into_iter().map(Command::Flow).collect()
}

/// After the flow changed: what the screen keeps has to fit it.
fn settle(model: &mut Model, before: Step) {
    if model.flow.whole && model.scanned_in.is_none() {
        model.scanned_in = Some(model.clock);
    }
    if model.flow.step != before {
        model.apply.typed.clear();
        model.apply.scroll = 0;
        model.ready.scroll = 0;
        model.review.scroll = 0;
        model.revealed = None;
    }
    if before != Step::Store {
        select_store(model);
    }
    if model.flow.step == Step::Detail {
        detail::load(model);
    }
    if let Some(outcome) = &model.flow.outcome {
        model.report.at = model.report.at.min(outcome.items.len().saturating_sub(1));
    }
    // A reason is typed, not answered with a yes.
    if matches!(model.flow.question, Some(Question::Reason(_))) && !matches!(model.over, Some(Over::Typing { .. })) {
        model.over = Some(Over::Typing { what: Typing::Reason, input: Input::default() });
    }
}

/// The store that is chosen is the one in view.
fn select_store(model: &mut Model) {
    let chosen = model.flow.store();
    let at = model.flow.offers.iter().flatten().position(|offer| Some(offer.id) == chosen);
    model.store.at = at.unwrap_or(model.store.at);
}

/// Shows a value for a short time.
pub(super) fn reveal(model: &mut Model, key: &FindingKey) {
    let Some(scan) = model.flow.scan.clone() else { return };
    let found = scan.findings.iter().find(|found| found.key == *key);
    match found.and_then(|found| engine::value_of(&scan, found)) {
        Some(secret) => {
            model.revealed = Some(Revealed { key: key.clone(), secret, until: model.clock + REVEALED });
        }
        None => model.said = Some("the value is known once history is read".to_owned()),
    }
    if model.flow.step == Step::Findings {
        model.flow.step = Step::Detail;
    }
    detail::load(model);
}

/// Shows what there is to say on a rule.
pub(super) fn explain(model: &mut Model, rule: &str) {
    let text = match rules::find(rule) {
        Some(rule) => report::rules::one(rule, report::style::Style::plain()),
        None => "A file that would normally be judged could not be read.".to_owned(),
    };
    model.over = Some(Over::Text { heading: rule.to_owned(), text, scroll: 0 });
}

fn on_key(model: &mut Model, key: KeyEvent) -> Vec<Command> {
    let ctrl = |c| key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char(c);
    if ctrl('z') {
        return vec![Command::Suspend];
    }
    if ctrl('c') {
        if !matches!(model.over, Some(Over::Keys(_))) {
            model.over = None;
        }
        model.flow.error = None;
        return intend(model, Intent::Quit);
    }
    if model.flow.error.is_some() {
        return on_error(model, key);
    }
    if matches!(model.over, Some(Over::Typing { .. })) {
        return on_typing(model, key);
    }
    if model.flow.question.is_some() {
        return on_question(model, key);
    }
    if model.over.is_some() {
        on_over(model, key);
        return Vec::new();
    }
    if model.flow.step == Step::Confirm {
        return on_confirm(model, key);
    }
    match keymap::action(model.flow.step, key) {
        Some(action) => act(model, action),
        None => Vec::new(),
    }
}

fn on_error(model: &mut Model, key: KeyEvent) -> Vec<Command> {
    match key.code {
        KeyCode::Enter | KeyCode::Esc | KeyCode::Char(' ' | 'b' | 'q') if model.flow.scan.is_some() => {
            intend(model, Intent::Dismiss)
        }
        KeyCode::Enter | KeyCode::Esc | KeyCode::Char('q') => intend(model, Intent::Quit),
        _ => Vec::new(),
    }
}

fn on_question(model: &mut Model, key: KeyEvent) -> Vec<Command> {
    match key.code {
        KeyCode::Char('y') => intend(model, Intent::Yes),
        KeyCode::Char('n' | 'q' | 'b') | KeyCode::Esc => intend(model, Intent::No),
        _ => Vec::new(),
    }
}

fn on_typing(model: &mut Model, key: KeyEvent) -> Vec<Command> {
    let Some(Over::Typing { what, input }) = &mut model.over else { return Vec::new() };
    let what = *what;
    match key.code {
        KeyCode::Char(c) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => input.push(c),
        KeyCode::Char('u') => input.clear(),
        KeyCode::Backspace => input.backspace(),
        KeyCode::Enter if what == Typing::Value => {
            let value = input.take();
            model.over = None;
            return answer(model, value);
        }
        KeyCode::Enter => {
            let text = input.text().to_owned();
            model.over = None;
            return match what {
                Typing::Value => Vec::new(),
                Typing::Filter => intend(model, Intent::Filter(text)),
                Typing::Reason => intend(model, Intent::Reason(text)),
                Typing::Save if text.trim().is_empty() => Vec::new(),
                Typing::Save => intend(model, Intent::Save(text)),
            };
        }
        KeyCode::Esc => {
            model.over = None;
            return match what {
                Typing::Filter => intend(model, Intent::Filter(String::new())),
                _ => intend(model, Intent::No),
            };
        }
        _ => {}
    }
    Vec::new()
}

fn on_over(model: &mut Model, key: KeyEvent) {
    if matches!(model.over, Some(Over::Keys(_))) {
        // They cannot be had again, so a stray key does not close them.
        if key.code == KeyCode::Enter {
            model.over = None;
        }
        return;
    }
    let rows = view::popup(model).map_or(0, |popup| popup.lines.len());
    let page = model.page();
    let (Some(Over::Help { scroll }) | Some(Over::Text { scroll, .. })) = &mut model.over else { return };
    match key.code {
        KeyCode::Char('j') | KeyCode::Down => *scroll = (*scroll + 1).min(rows.saturating_sub(1)),
        KeyCode::Char('k') | KeyCode::Up => *scroll = scroll.saturating_sub(1),
        KeyCode::PageDown => *scroll = (*scroll + page).min(rows.saturating_sub(1)),
        KeyCode::PageUp => *scroll = scroll.saturating_sub(page),
        _ => model.over = None,
    }
}

/// Hands a value that was typed to the flow.
fn answer(model: &mut Model, value: crate::secret::Secret) -> Vec<Command> {
    let before = model.flow.step;
    model.said = None;
    let effects = model.flow.answer(value);
    settle(model, before);
    effects.into_iter().map(Command::Flow).collect()
}

/// Opens the line for the value of the variable in view.
fn type_value(model: &mut Model) {
    if !model.flow.may_answer() {
        return;
    }
    let item = model.flow.setup.as_ref().and_then(|setup| setup.item());
    let hidden = item.is_none_or(|item| item.is_secret() || item.hidden);
    let input = if hidden { Input::hidden() } else { Input::visible() };
    model.over = Some(Over::Typing { what: Typing::Value, input });
}

/// The word that confirms, letter by letter; whatever does not continue it goes back.
fn on_confirm(model: &mut Model, key: KeyEvent) -> Vec<Command> {
    if model.flow.to_confirm().is_none() {
        return if key.code == KeyCode::Esc { intend(model, Intent::Back) } else { Vec::new() };
    }
    match key.code {
        KeyCode::Char(c) if apply::WORD[model.apply.typed.len()..].starts_with(c) => {
            model.apply.typed.push(c);
            Vec::new()
        }
        KeyCode::Enter if model.apply.typed == apply::WORD => intend(model, Intent::Write),
        KeyCode::Backspace if !model.apply.typed.is_empty() => {
            model.apply.typed.pop();
            Vec::new()
        }
        KeyCode::Down | KeyCode::PageDown => {
            let most = apply::height(model).saturating_sub(model.body_height().saturating_sub(1));
            model.apply.scroll = (model.apply.scroll + 1).min(most);
            Vec::new()
        }
        KeyCode::Up | KeyCode::PageUp => {
            model.apply.scroll = model.apply.scroll.saturating_sub(1);
            Vec::new()
        }
        _ => intend(model, Intent::Back),
    }
}

fn on_mouse(model: &mut Model, mouse: MouseEvent) -> Vec<Command> {
    if model.flow.error.is_some() || model.flow.question.is_some() || model.over.is_some() {
        return Vec::new();
    }
    match mouse.kind {
        MouseEventKind::ScrollDown => act(model, Action::Down),
        MouseEventKind::ScrollUp => act(model, Action::Up),
        MouseEventKind::Down(MouseButton::Left) => on_click(model, usize::from(mouse.column), mouse.row),
        _ => Vec::new(),
    }
}

fn on_click(model: &mut Model, x: usize, y: u16) -> Vec<Command> {
    if y + 1 == model.size.1 {
        let keys = view::footer_keys(model);
        let hit = keys.into_iter().find(|(at, text, _)| (*at..*at + text.len()).contains(&x));
        return hit.map_or_else(Vec::new, |(_, _, action)| act(model, action));
    }
    let row = usize::from(y.saturating_sub(2));
    match screens::hit(model, x, row).filter(|_| y >= 2 && row < model.body_height()) {
        Some(Hit::Group(group)) => act(model, Action::Group(group)),
        Some(Hit::Item(at)) => match model.flow.step {
            // A click on what is selected opens it.
            Step::Findings if model.flow.finding == at => act(model, Action::Open),
            Step::Findings | Step::Variables => intend(model, Intent::Select(at)),
            _ => {
                select(model, at);
                Vec::new()
            }
        },
        None => Vec::new(),
    }
}

/// Does what a key is bound to.
fn act(model: &mut Model, action: Action) -> Vec<Command> {
    if let Some(intent) = intent_of(model, action) {
        return intend(model, intent);
    }
    model.said = None;
    match action {
        Action::Down => return move_by(model, 1),
        Action::Up => return move_by(model, -1),
        Action::PageDown => return move_by(model, isize::try_from(model.page()).unwrap_or(1)),
        Action::PageUp => return move_by(model, -isize::try_from(model.page()).unwrap_or(1)),
        Action::Top => return move_by(model, isize::MIN / 2),
        Action::Bottom => return move_by(model, isize::MAX / 2),
        Action::Open => model.over = config::sources(model),
        Action::Filter => {
            let input = Input::new(&model.flow.filter);
            model.over = Some(Over::Typing { what: Typing::Filter, input });
        }
        Action::Save => model.over = Some(Over::Typing { what: Typing::Save, input: Input::new(REPORT) }),
        Action::Group(number) => return go_to_group(model, number),
        Action::OtherPane => model.findings.threats = !model.findings.threats,
        Action::Style => model.review.side_by_side = !model.review.side_by_side,
        Action::MoreContext => model.review.context = (model.review.context + 2).min(99),
        Action::LessContext => model.review.context = model.review.context.saturating_sub(2),
        Action::OnlyDifferences => {
            model.config.only_differences = !model.config.only_differences;
            model.config.at = 0;
        }
        Action::Help => model.over = Some(Over::Help { scroll: 0 }),
        Action::Docs => {
            let outcome = model.flow.outcome.as_ref();
            if let Some(rule) = outcome.and_then(|outcome| outcome.items.get(model.report.at)?.rule) {
                explain(model, rule);
            }
        }
        Action::TypeValue => type_value(model),
        Action::Suspend => return vec![Command::Suspend],
        _ => {}
    }
    Vec::new()
}

/// The intent of an action, where it is one.
fn intent_of(model: &Model, action: Action) -> Option<Intent> {
    let step = model.flow.step;
    Some(match action {
        Action::Open if step == Step::Findings => Intent::Open,
        Action::Open if step == Step::Store => {
            let offer = model.flow.offers.as_ref()?.get(model.store.at)?;
            match &offer.state {
                Ok(_) => Intent::Choose(offer.id),
                Err(_) => return None,
            }
        }
        Action::Toggle if step == Step::Report => Intent::Tick(model.report.at),
        Action::Copy if step == Step::Report => Intent::CopyStep(model.report.at),
        Action::Back => Intent::Back,
        Action::Next => Intent::Next,
        Action::Toggle => Intent::Toggle,
        Action::Accept => Intent::Accept,
        Action::Skip => Intent::Skip,
        Action::AcceptSafe => Intent::AcceptSafe,
        Action::Edit => Intent::Edit,
        Action::OpenFile => Intent::OpenFile,
        Action::Undo => Intent::UndoDecision,
        Action::Redo => Intent::RedoDecision,
        Action::NextItem => Intent::NextItem,
        Action::PreviousItem => Intent::PreviousItem,
        Action::Ignore => Intent::Ignore,
        Action::Target => Intent::Target,
        Action::Reveal => Intent::Reveal,
        Action::Copy => Intent::Copy,
        Action::Rescan => Intent::Rescan,
        Action::Quit => Intent::Quit,
        Action::TestStore => Intent::TestStore,
        Action::UndoRun => Intent::UndoRun,
        Action::Docs if step != Step::Report => Intent::Explain,
        Action::Pause => Intent::Pause,
        Action::Config => Intent::ShowConfig,
        Action::Generate => Intent::Generate,
        Action::CopyDefault => Intent::CopyDefault,
        Action::LeaveEmpty => Intent::LeaveEmpty,
        Action::ChooseStore => Intent::ChooseStore,
        _ => return None,
    })
}

/// Moves what is selected, or scrolls where nothing is.
fn move_by(model: &mut Model, by: isize) -> Vec<Command> {
    let moved = |at: usize, last: usize| at.saturating_add_signed(by).min(last);
    match model.flow.step {
        Step::Findings if model.findings.threats => return next_threat(model, by),
        Step::Findings => {
            let last = model.flow.visible().len().saturating_sub(1);
            return intend(model, Intent::Select(moved(model.flow.finding, last)));
        }
        Step::Detail => {
            let last = detail::height(model).saturating_sub(model.body_height());
            model.detail.scroll = moved(model.detail.scroll, last);
        }
        Step::Review => {
            let last = review::height(model).saturating_sub(model.body_height());
            model.review.scroll = moved(model.review.scroll, last);
        }
        Step::Store => {
            let last = model.flow.offers.as_ref().map_or(0, |offers| offers.len().saturating_sub(1));
            model.store.at = moved(model.store.at, last);
        }
        Step::Report => {
            let last = model.flow.outcome.as_ref().map_or(0, |outcome| outcome.items.len().saturating_sub(1));
            model.report.at = moved(model.report.at, last);
        }
        Step::Config => {
            let last = config::rows(model).len().saturating_sub(1);
            model.config.at = moved(model.config.at, last);
        }
        Step::Variables | Step::Variable => {
            let setup = model.flow.setup.as_ref();
            let (at, last) = setup.map_or((0, 0), |setup| (setup.at, setup.items().len().saturating_sub(1)));
            return intend(model, Intent::Select(moved(at, last)));
        }
        Step::Ready => {
            let last = ready::height(model).saturating_sub(model.body_height());
            model.ready.scroll = moved(model.ready.scroll, last);
        }
        Step::Scan | Step::Confirm | Step::Writing => {}
    }
    Vec::new()
}

fn select(model: &mut Model, at: usize) {
    match model.flow.step {
        Step::Store => model.store.at = at,
        Step::Report => model.report.at = at,
        Step::Config => model.config.at = at,
        _ => {}
    }
}

/// The first finding of a threat.
fn go_to_group(model: &mut Model, number: u8) -> Vec<Command> {
    let Some(threat) = Threat::ALL.into_iter().find(|threat| *threat as u8 == number) else { return Vec::new() };
    match model.flow.visible().iter().position(|found| found.threat == threat) {
        Some(at) => intend(model, Intent::Select(at)),
        None => {
            model.said = Some(format!("nothing was found on {}", threat.title().to_lowercase()));
            Vec::new()
        }
    }
}

/// The next threat with findings in this direction.
fn next_threat(model: &mut Model, by: isize) -> Vec<Command> {
    let here = model.flow.current().map(|found| found.threat);
    let threats: Vec<Threat> = Threat::ALL.into_iter().filter(|threat| model.flow.of_threat(*threat) > 0).collect();
    let at = threats.iter().position(|threat| Some(*threat) == here).unwrap_or(0);
    let to = at.saturating_add_signed(by).min(threats.len().saturating_sub(1));
    threats.get(to).map_or_else(Vec::new, |threat| go_to_group(model, *threat as u8))
}
