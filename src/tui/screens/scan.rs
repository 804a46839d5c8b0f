//! The scan: how far it is, and what was found so far.

use ratatui::text::Line;

use super::Screen;
use crate::engine::ScanStage;
use crate::finding::Severity;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::gauge::gauge;
use crate::tui::widgets::words::{column, cut, line, paragraph, shown};

/// Cells of a step's name.
const NAME: usize = 19;

pub(super) fn screen(model: &Model) -> Screen {
    Screen { left: format!("flask-harden  {}", model.root), right: "read-only".to_owned(), body: body(model) }
}

fn body(model: &Model) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    let spent = model.scanned_in.unwrap_or(model.clock);
    let seconds = format!("{}.{}s", spent.as_secs(), spent.subsec_millis() / 100);
    let head = column(" Scanning", width.saturating_sub(seconds.len() + 1), theme);
    let mut lines = vec![line(format!("{head}{seconds}"), Role::Strong, theme)];
    let mut step = |sign: &str, name: &str, text: &str| {
        let row = format!("  {sign} {}{}", column(name, NAME, theme), shown(text));
        lines.push(line(cut(&row, width, theme), Role::Plain, theme));
    };
    let listed = |items: &[String], none: &str| match items {
        [] => none.to_owned(),
        items => items.join(", "),
    };
    match model.flow.scan.as_ref().map(|scan| &scan.summary) {
        None => {
            step("[ .. ]", "Flask project", "reading the tree");
            step("[    ]", "Config and env", "");
            step("[    ]", "Entry points", "");
            step("[    ]", "Git history", "");
        }
        Some(summary) => {
            step("[done]", "Flask project", &listed(&summary.apps, "no app object was found"));
            step("[done]", "Config and env", &format!("{} files, {} settings", summary.files_read, summary.settings));
            step("[done]", "Entry points", &listed(&summary.launches, "none found"));
            let (sign, text) = history(model);
            step(&sign, "Git history", &text);
        }
    }
    let count = |severity| model.flow.of_severity(severity);
    let [live, high, medium, low] = [Severity::Live, Severity::High, Severity::Medium, Severity::Low].map(count);
    lines.push(line(format!(" So far  {live} live  {high} high  {medium} medium  {low} low"), Role::Strong, theme));
    lines.extend(paragraph("A scan writes nothing and opens no network connection.", " ", width, Role::Plain, theme));
    lines
}

fn history(model: &Model) -> (String, String) {
    let progress = model.flow.progress.at;
    let paused = if model.flow.progress.paused { "paused; " } else { "" };
    match progress.filter(|progress| progress.stage != ScanStage::Files) {
        None => ("[ .. ]".to_owned(), format!("{paused}looking at what there is")),
        Some(at) => {
            let what = match at.stage {
                ScanStage::Commits => "commits listed",
                ScanStage::Versions => "versions of files, then compared with live keys",
                _ => "values traced to their commits",
            };
            let of = if at.total == 0 { String::new() } else { format!(" of {}", grouped(at.total)) };
            (gauge(at.done, at.total), format!("{paused}{}{of} {what}", grouped(at.done)))
        }
    }
}

/// `3,310`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands() {
        assert_eq!(super::grouped(7), "7");
        assert_eq!(super::grouped(3310), "3,310");
        assert_eq!(super::grouped(1_204_000), "1,204,000");
    }
}
