//! Setting a clone up, as facts and numbered choices.

use crate::flow::{Flow, Intent, Setup, What};
use crate::plan::onboard::{ItemSource, Need, OnboardItem};
use crate::report;
use crate::report::onboard::Done;
use crate::text::escape::one_line;

use super::menu::{Choice, Menu};

/// What is said of the variables.
pub(super) fn variables(flow: &Flow) -> Vec<String> {
    let Some((setup, begun)) = flow.setup.as_ref().and_then(|setup| Some((setup, setup.begun.as_ref()?))) else {
        return Vec::new();
    };
    let from = begun.steps.example.as_ref().map_or("what the code asks for", |example| &example.name);
    let file = one_line(begun.steps.file.as_str());
    let mut lines = vec![format!("Step 1 of 2: the variables of {file}, from {}", one_line(from))];
    for (what, title) in TITLES {
        let names: Vec<String> = setup
            .items()
            .iter()
            .filter(|item| std::mem::discriminant(&setup.what(item)) == std::mem::discriminant(what))
            .map(|item| one_line(&item.name))
            .collect();
        if !names.is_empty() {
            lines.push(format!("{title}: {}", names.join(", ")));
        }
    }
    if setup.items().is_empty() {
        lines.push("The app asks for no variable, and there is no example.".to_owned());
    }
    lines.push(format!("Secrets go to: {}", one_line(&begun.store)));
    lines
}

const TITLES: &[(What, &str)] = &[
    (What::Ask, "To answer"),
    (What::Generate, "Made at random"),
    (What::Typed, "Typed by you"),
    (What::Off, "Switched off, so that plain http works"),
    (What::Copy, "Copied from the example"),
    (What::Empty, "Left empty"),
    (What::Host, "Not made, the host sets them"),
    (What::Optional, "Named in a comment"),
    (What::Kept(""), "There already, not touched"),
];

/// What is said of the variable in view.
pub(super) fn variable(flow: &Flow) -> Vec<String> {
    let Some((setup, item)) = flow.setup.as_ref().and_then(|setup| Some((setup, setup.item()?))) else {
        return Vec::new();
    };
    let place = match &item.source {
        ItemSource::Code(location) => format!("read at {}:{}", location.path, location.line),
        ItemSource::Example { line } => format!("line {line} of the example"),
    };
    let mut lines = vec![format!("{}, {}", one_line(&item.name), one_line(&place))];
    lines.extend(item.hint.iter().map(|hint| format!("The example says: {}", one_line(hint))));
    lines.push(format!("Class: {}, {}", item.need.word(), item.why));
    if let Some(value) = &item.default {
        lines.push(format!("Value of the example: {}", one_line(value)));
    }
    lines.push(format!("As it stands: {}", now(setup, item)));
    lines
}

fn now(setup: &Setup, item: &OnboardItem) -> String {
    match setup.what(item) {
        What::Generate => "a new random value, never shown".to_owned(),
        What::Copy => "the example's value is copied".to_owned(),
        What::Off => "switched off".to_owned(),
        What::Ask => "nobody said it yet".to_owned(),
        What::Typed => match setup.typed(item) {
            Some(value) => format!("as you typed it, {}", one_line(&value)),
            None => "the value you typed, which is not shown".to_owned(),
        },
        What::Empty => "left empty".to_owned(),
        What::Optional => "named in a comment".to_owned(),
        What::Host => "nothing is made, the host sets it".to_owned(),
        What::Kept(why) => why.to_owned(),
    }
}

/// What can be done with the variables.
pub(super) fn variables_menu(flow: &Flow, menu: &mut Menu) {
    let Some(setup) = &flow.setup else { return };
    if let Some(next) = setup.questions().first() {
        let name = one_line(&setup.items()[*next].name);
        menu.add_all(format!("answer the next one: {name}"), vec![Intent::Select(*next), Intent::Open]);
        menu.add("leave what is not answered empty, and go on", Intent::AcceptSafe);
    }
    menu.add("on to writing", Intent::Next);
    if !setup.items().is_empty() {
        menu.rows.push(("look at one variable, or change it".to_owned(), Choice::Variables));
    }
    menu.add("where secrets go", Intent::ChooseStore);
    menu.add("take the last answer back", Intent::UndoDecision);
    menu.add("bring it back again", Intent::RedoDecision);
    menu.add("quit", Intent::Quit);
}

/// Each variable, to choose one.
pub(super) fn list(flow: &Flow) -> Menu {
    let mut menu = Menu::default();
    let Some(setup) = &flow.setup else { return menu };
    for (at, item) in setup.items().iter().enumerate() {
        let what = setup.what(item);
        let about = match (what, &item.default) {
            (What::Copy, Some(value)) => format!(": {}", one_line(value)),
            (What::Generate | What::Ask, _) => format!(": {}", item.why),
            _ => String::new(),
        };
        menu.add_all(
            format!("{}, {}{about}", one_line(&item.name), what.word()),
            vec![Intent::Select(at), Intent::Open],
        );
    }
    menu
}

/// What can be done with the variable in view.
pub(super) fn variable_menu(flow: &Flow, menu: &mut Menu) {
    let Some(item) = flow.setup.as_ref().and_then(Setup::item) else { return };
    if item.is_free() {
        let hidden = item.is_secret() || item.hidden;
        let how = if hidden { ", not shown while you type" } else { "" };
        menu.rows.push((format!("type a value{how}"), Choice::Value { hidden }));
        menu.add("a new random value", Intent::Generate);
        if item.has_default() {
            menu.add("the value of the example", Intent::CopyDefault);
        }
        let optional = matches!(item.need, Need::Optional);
        menu.add(if optional { "an empty line for it" } else { "leave it empty" }, Intent::LeaveEmpty);
    }
    menu.add("back", Intent::Back);
}

/// What is said before it is written.
pub(super) fn confirm(flow: &Flow) -> Vec<String> {
    let made = flow.setup.as_ref().and_then(|setup| Some((setup.begun.as_ref()?, setup.made.as_ref()?)));
    let Some((begun, made)) = made else { return Vec::new() };
    let mut lines = vec![format!("Step 2 of 2: ready to write. Secrets go to: {}", one_line(&begun.store))];
    for secret in made.draft.secrets.iter().filter(|secret| !matches!(secret.held, crate::plan::Held::File(_))) {
        lines.push(format!("{} in {}", one_line(&secret.name), one_line(&secret.place)));
    }
    lines.extend(made.unset.iter().map(|name| format!("Not made, the host sets it: {}", one_line(name))));
    for file in &made.draft.files {
        let state =
            if file.before.is_none() { format!(", new, mode {:04o}", file.mode & 0o7777) } else { String::new() };
        lines.push(format!("File {}{state}", one_line(file.path.as_str())));
        lines.extend(file.diff.lines().skip(2).map(|line| format!("  {}", one_line(line))));
    }
    lines.push("Nothing that stands there is changed. Take it back later: flask-harden undo".to_owned());
    lines
}

/// What is said at the end.
pub(super) fn ready(flow: &Flow) -> Vec<String> {
    let Some(setup) = &flow.setup else { return Vec::new() };
    let (Some(begun), Some(made), Some(end)) = (&setup.begun, &setup.made, &setup.end) else { return Vec::new() };
    if let Some(undone) = &end.undone {
        let given = undone.restored.len() + undone.removed.len();
        let mut lines =
            vec![format!("Run {} is undone: {} given back.", undone.run, report::counted(given, "file", "files"))];
        lines.extend(report::receipt::kept_lines(&undone.kept).iter().map(|kept| format!("Kept: {}", one_line(kept))));
        return lines;
    }
    let receipt = end.receipt.as_ref();
    let done = Done { onboarding: begun, answers: &setup.answers, made, receipt, root: &begun.scan.root };
    let undo = receipt.map_or_else(String::new, |receipt| format!(" Undo id {}.", receipt.run));
    let mut lines = vec![format!("{}{undo}", report::onboard::heading(&done))];
    for group in report::onboard::groups(&done) {
        let names: Vec<String> = group.names.iter().map(|name| one_line(name)).collect();
        let about = if group.about.is_empty() { String::new() } else { format!(" ({})", group.about) };
        lines.push(format!("{}: {}{about}", capital(group.title), names.join(", ")));
    }
    lines.extend(report::onboard::by_hand(&done).map(|first| format!("By hand: {first}")));
    for (at, way) in begun.starts().iter().enumerate() {
        let title = if at == 0 { "Start the app" } else { "Or" };
        lines.push(format!("{title}: {}", report::onboard::way(way)));
    }
    lines.push("Typed again, flask-harden onboard changes nothing.".to_owned());
    lines
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What can be done at the end.
pub(super) fn ready_menu(flow: &Flow, menu: &mut Menu) {
    menu.add("quit", Intent::Quit);
    let end = flow.setup.as_ref().and_then(|setup| setup.end.as_ref());
    if end.is_some_and(|end| end.undone.is_none() && end.receipt.is_some()) {
        menu.add("take the whole run back", Intent::UndoRun);
    }
}
