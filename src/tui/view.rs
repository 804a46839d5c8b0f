//! The frame around every screen: title, rule, body, rule, keys; and what lies on top. Pure.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::flow::{Question, Step};

use super::keymap::{self, Action};
use super::model::{Model, Over, Typing};
use super::screens;
use super::theme::{Role, Theme};
use super::widgets::popup::{Popup, inner_width};
use super::widgets::words::{cells, cut, line, paragraph, shown, span, wrap};

/// The smallest window in which everything is drawn.
const WIDE_ENOUGH: u16 = 60;
const HIGH_ENOUGH: u16 = 16;
/// The smallest one in which anything is.
const LEAST: (u16, u16) = (40, 10);

/// Whether the window has room for two panes.
pub(super) fn is_roomy(size: (u16, u16)) -> bool {
    size.0 >= WIDE_ENOUGH && size.1 >= HIGH_ENOUGH
}

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let theme = model.theme;
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return enlarge(model, frame, area);
    }
    let width = usize::from(area.width);
    let screen = screens::screen(model);
    put(frame, 0, title(&screen.left, &screen.right, width, theme));
    put(frame, 1, line(theme.rule().repeat(width), Role::Frame, theme));
    for (at, row) in screen.body.into_iter().take(model.body_height()).enumerate() {
        put(frame, u16::try_from(at + 2).unwrap_or(u16::MAX), row);
    }
    put(frame, area.height - 2, status(model, width));
    put(frame, area.height - 1, footer(model, width));
    if let Some(popup) = popup(model) {
        popup.draw(frame, area, theme);
    }
}

fn put(frame: &mut Frame<'_>, y: u16, row: Line<'static>) {
    let area = frame.area();
    if y < area.height {
        frame.buffer_mut().set_line(area.x, y, &row, area.width);
    }
}

fn enlarge(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let text = format!(
        "This window is {}x{}. flask-harden needs {WIDE_ENOUGH}x{HIGH_ENOUGH}: enlarge it, or press q. Your decisions \
         are kept.",
        area.width, area.height
    );
    for (at, row) in wrap(&text, usize::from(area.width)).into_iter().enumerate() {
        put(frame, u16::try_from(at).unwrap_or(u16::MAX), line(row, Role::Plain, model.theme));
    }
}

fn title(left: &str, right: &str, width: usize, theme: Theme) -> Line<'static> {
    let right = cut(right, width / 2, theme);
    let left = cut(left, width.saturating_sub(cells(&right) + 2), theme);
    let gap = width.saturating_sub(cells(&left) + cells(&right) + 2);
    Line::from(vec![
        span(format!(" {left}"), Role::Strong, theme),
        span(" ".repeat(gap), Role::Plain, theme),
        span(right, Role::Plain, theme),
    ])
}

/// The lower rule, or what there is to say in its place.
fn status(model: &Model, width: usize) -> Line<'static> {
    let theme = model.theme;
    let said = model.said.as_ref().or(model.flow.notice.as_ref());
    if let Some(said) = said {
        return line(cut(&format!(" {}", shown(said)), width, theme), Role::Strong, theme);
    }
    match model.flow.busy.filter(|_| model.flow.step != Step::Scan) {
        Some(busy) => {
            let dots = ".".repeat(1 + usize::try_from(model.clock.as_millis() / 400 % 3).unwrap_or(0));
            line(cut(&format!(" {busy}{dots}"), width, theme), Role::Plain, theme)
        }
        None => line(theme.rule().repeat(width), Role::Frame, theme),
    }
}

/// Where the keys of the footer stand: column, text, and what a click does.
pub(super) fn footer_keys(model: &Model) -> Vec<(usize, String, Action)> {
    let mut at = 1;
    let mut found = Vec::new();
    for (text, action) in keymap::footer(model.flow.step) {
        let wide = cells(&text);
        if at + wide > model.width() {
            break;
        }
        found.push((at, text, action));
        at += wide + 2;
    }
    found
}

fn footer(model: &Model, width: usize) -> Line<'static> {
    let theme = model.theme;
    let mut spans: Vec<Span<'static>> = vec![span(" ", Role::Plain, theme)];
    for (_, text, _) in footer_keys(model) {
        let (key, rest) = text.split_once(' ').unwrap_or((text.as_str(), ""));
        spans.push(span(key.to_owned(), Role::Strong, theme));
        let gap = if rest.is_empty() { "  ".to_owned() } else { format!(" {rest}  ") };
        spans.push(span(gap, Role::Plain, theme));
    }
    if spans.len() == 1 {
        let text = screens::footer_text(model);
        return line(cut(&format!(" {text}"), width, theme), Role::Plain, theme);
    }
    Line::from(spans)
}

/// What lies on top: an error first, then a question, then what the person opened.
pub(super) fn popup(model: &Model) -> Option<Popup> {
    let theme = model.theme;
    let inner = inner_width(model.size.0);
    let plain = |text: &str| paragraph(text, "", inner, Role::Plain, theme);
    let popup = |heading: &str, lines, keys: &str, scroll| Popup {
        heading: heading.to_owned(),
        lines,
        keys: keys.to_owned(),
        scroll,
    };
    if let Some(error) = &model.flow.error {
        let keys = if model.flow.scan.is_none() { "q quit" } else { "Enter close" };
        return Some(popup("This did not work", error_lines(error, inner, theme), keys, 0));
    }
    if let Some(Over::Typing { what, input }) = &model.over {
        let (heading, about) = match what {
            Typing::Filter => ("Filter", "Words of the rule, the message, the place or the severity."),
            Typing::Reason => ("Why does this not count here?", "The reason is kept with the project's settings."),
            Typing::Save => ("Save the report", "The name of the file. A file that exists is replaced."),
            Typing::Value if input.is_hidden() => ("Value", "It is not shown while you type."),
            Typing::Value => ("Value", "Shown as you type: not for secrets."),
        };
        let (heading, mut lines) = match what {
            Typing::Value => value_lines(model, about, inner),
            _ => (heading.to_owned(), plain(about)),
        };
        lines.push(Line::default());
        lines.push(line(format!("> {}", input.shown(inner.saturating_sub(2))), Role::Strong, theme));
        return Some(popup(&heading, lines, "Enter done   Esc back", 0));
    }
    if let Some(question) = &model.flow.question {
        let (heading, lines) = asked(model, question, inner);
        return Some(popup(&heading, lines, "y yes   n no   Esc back", 0));
    }
    match &model.over {
        Some(Over::Keys(keys)) => {
            let mut lines =
                plain("Shown one time and kept nowhere: put each where the app will run, then press Enter.");
            for key in keys {
                lines.push(Line::default());
                lines.push(line(shown(&key.name), Role::Strong, theme));
                lines.extend(plain(key.value.expose()));
            }
            Some(popup("New keys", lines, "Enter I have them", 0))
        }
        Some(Over::Help { scroll }) => {
            let rows = keymap::help(model.flow.step);
            let lines = rows.into_iter().map(|(keys, help)| line(format!("{keys:<11} {help}"), Role::Plain, theme));
            Some(popup("Keys here", lines.collect(), "Esc close", *scroll))
        }
        Some(Over::Text { heading, text, scroll }) => {
            let lines = text.lines().flat_map(|text| long_line(text, inner, theme)).collect();
            Some(popup(heading, lines, "j/k scroll   Esc close", *scroll))
        }
        _ => None,
    }
}

/// What is said above the line for a variable's value: its name, what the example says of it, why.
fn value_lines(model: &Model, about: &str, inner: usize) -> (String, Vec<Line<'static>>) {
    let theme = model.theme;
    let item = model.flow.setup.as_ref().and_then(|setup| setup.item());
    let Some(item) = item else { return (String::new(), Vec::new()) };
    let mut lines = Vec::new();
    for text in item.hint.iter().map(|hint| shown(hint)).chain([item.why.to_owned(), about.to_owned()]) {
        lines.extend(paragraph(&text, "", inner, Role::Plain, theme));
    }
    (shown(&item.name), lines)
}

/// A line of a longer text; one that is too long keeps its indent.
fn long_line(text: &str, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let text = super::widgets::words::shown_code(text);
    if cells(&text) <= width {
        return vec![line(text, Role::Plain, theme)];
    }
    let indent = " ".repeat(text.len() - text.trim_start().len());
    paragraph(&text, &indent, width, Role::Plain, theme)
}

fn error_lines(error: &crate::engine::EngineError, inner: usize, theme: Theme) -> Vec<Line<'static>> {
    use super::widgets::words::hanging;
    let mut lines = hanging("", &shown(&error.what), inner, Role::Bad, theme);
    if let Some(why) = &error.why {
        lines.extend(hanging("why: ", &shown(why), inner, Role::Plain, theme));
    }
    for (at, now) in error.now.iter().enumerate() {
        lines.extend(hanging(if at == 0 { "now: " } else { "     " }, &shown(now), inner, Role::Plain, theme));
    }
    if error.nothing_written {
        lines.push(line("Nothing was written.", Role::Plain, theme));
    }
    lines
}

fn asked(model: &Model, question: &Question, inner: usize) -> (String, Vec<Line<'static>>) {
    let theme = model.theme;
    let text = |text: &str| paragraph(text, "", inner, Role::Plain, theme);
    match question {
        Question::AcceptSafe(ids) => {
            let title = |id: &String| model.flow.remedy(id).map_or_else(|| shown(id), |fix| shown(&fix.title));
            let rows = ids.iter().flat_map(|id| {
                let number = model.flow.number_of(id).unwrap_or(0);
                super::widgets::words::hanging(&format!("{number:>3}  "), &title(id), inner, Role::Plain, theme)
            });
            let count = ids.len();
            (format!("Accept {count} safe {}?", if count == 1 { "patch" } else { "patches" }), rows.collect())
        }
        Question::Reveal(_) => (
            "Show the value?".to_owned(),
            text("It stays on the screen for 10 seconds. Whoever sees the screen sees it."),
        ),
        Question::UndoRun => (
            "Take the run back?".to_owned(),
            text("Every file is given back as it was, unless it was edited since. Keys that were made stay."),
        ),
        Question::EditAgain { error, .. } => {
            let mut lines = error_lines(error, inner, theme);
            lines.pop();
            lines.push(Line::default());
            lines.extend(text("Edit it again?"));
            ("The edited patch was not taken".to_owned(), lines)
        }
        Question::LeaveEmpty(names) => {
            let mut lines = text("The app may not work without them. They can be filled in later.");
            lines.push(Line::default());
            lines.extend(text(&names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ")));
            let count = names.len();
            (format!("Leave {count} {} empty?", if count == 1 { "variable" } else { "variables" }), lines)
        }
        Question::Quit(count) => {
            let decisions = if *count == 1 { "1 decision".to_owned() } else { format!("{count} decisions") };
            ("Quit?".to_owned(), text(&format!("{decisions} would be lost. Nothing was written.")))
        }
        Question::Reason(_) => ("Why does this not count here?".to_owned(), Vec::new()),
    }
}
