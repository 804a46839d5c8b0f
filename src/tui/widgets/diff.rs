//! A patch's file as lines: hunks with as much context as is wanted, one column or two.

use ratatui::text::{Line, Span};

use super::words::{column, line, shown, shown_code, span};
use crate::engine::PatchFile;
use crate::text::diff::{Row, RowKind};
use crate::tui::theme::{Role, Theme};

/// How a diff is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) context: usize,
    pub(crate) width: usize,
    pub(crate) side_by_side: bool,
    pub(crate) theme: Theme,
}

/// Every hunk of a file, its name and mode above.
pub(crate) fn file(file: &PatchFile, look: Look) -> Vec<Line<'static>> {
    let theme = look.theme;
    let mut lines = vec![line(format!(" {}{}", shown(file.path.as_str()), fate(file)), Role::Strong, theme)];
    let hunks = hunks(&file.rows, look.context);
    if hunks.is_empty() && file.before.is_some_and(|mode| mode == file.mode) {
        lines.push(line("   nothing changes in its text", Role::Plain, theme));
    }
    for (from, to) in hunks {
        lines.push(line(format!(" {}", heading(&file.rows, from, to)), Role::Hunk, theme));
        let rows = &file.rows[from..to];
        match look.side_by_side && file.before.is_some() {
            true => lines.extend(two_columns(rows, look)),
            false => lines.extend(rows.iter().flat_map(|row| one_column(row, look))),
        }
    }
    lines
}

/// What happens to the file besides its text.
fn fate(file: &PatchFile) -> String {
    match file.before {
        None => format!("   new, mode {:04o}", file.mode & 0o7777),
        Some(before) if before & 0o7777 != file.mode & 0o7777 => {
            format!("   mode {:04o} becomes {:04o}", before & 0o7777, file.mode & 0o7777)
        }
        Some(_) => String::new(),
    }
}

/// The stretches of rows that hold changes, with their context; those that touch are one.
fn hunks(rows: &[Row], context: usize) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, _) in rows.iter().enumerate().filter(|(_, row)| row.kind != RowKind::Same) {
        let (from, to) = (at.saturating_sub(context), (at + 1 + context).min(rows.len()));
        match found.last_mut() {
            Some(last) if from <= last.1 => last.1 = to,
            _ => found.push((from, to)),
        }
    }
    found
}

/// `@@ 30,3 @@ class Config`: old line and count, and the class or function around it.
fn heading(rows: &[Row], from: usize, to: usize) -> String {
    let old: Vec<usize> = rows[from..to].iter().filter_map(|row| row.old).collect();
    let first = old.first().copied().unwrap_or(0);
    let around = rows[..from].iter().rev().find(|row| {
        row.kind != RowKind::Removed
            && ["class ", "def ", "async def ", "["].iter().any(|word| row.text.starts_with(word))
    });
    let around = around.map_or_else(String::new, |row| format!(" {}", shown(row.text.trim_end_matches(':'))));
    format!("@@ {first},{} @@{around}", old.len())
}

fn sign(kind: RowKind) -> (&'static str, Role) {
    match kind {
        RowKind::Same => (" ", Role::Plain),
        RowKind::Removed => ("-", Role::Removed),
        RowKind::Added => ("+", Role::Added),
    }
}

/// A line; one that is too long goes on below, so that nothing of a change stays unseen.
fn one_column(row: &Row, look: Look) -> Vec<Line<'static>> {
    let (sign, role) = sign(row.kind);
    let parts = super::words::pieces(&shown_code(&row.text), look.width.saturating_sub(3));
    let lead = |at: usize| if at == 0 { format!(" {sign} ") } else { format!(" {}     ", look.theme.cut()) };
    parts.into_iter().enumerate().map(|(at, part)| line(format!("{}{part}", lead(at)), role, look.theme)).collect()
}

/// Removed lines on the left, added ones on the right, what stays on both.
fn two_columns(rows: &[Row], look: Look) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut rest = rows;
    while let Some(first) = rest.first() {
        if first.kind == RowKind::Same {
            lines.extend(pair(Some(first), Some(first), look));
            rest = &rest[1..];
            continue;
        }
        let count = rest.iter().take_while(|row| row.kind != RowKind::Same).count();
        let (changed, after) = rest.split_at(count);
        let of = |kind| changed.iter().filter(move |row| row.kind == kind);
        let (mut removed, mut added) = (of(RowKind::Removed), of(RowKind::Added));
        loop {
            match (removed.next(), added.next()) {
                (None, None) => break,
                (left, right) => lines.extend(pair(left, right, look)),
            }
        }
        rest = after;
    }
    lines
}

/// Two lines beside each other; one that is too long goes on below.
fn pair(left: Option<&Row>, right: Option<&Row>, look: Look) -> Vec<Line<'static>> {
    let half = look.width.saturating_sub(3) / 2;
    let side = |row: Option<&Row>, number: fn(&Row) -> Option<usize>| -> Vec<Span<'static>> {
        let Some(row) = row else { return Vec::new() };
        let (sign, role) = sign(row.kind);
        let number = number(row).map_or_else(String::new, |number| number.to_string());
        let parts = super::words::pieces(&shown_code(&row.text), half.saturating_sub(8));
        let lead = |at: usize| match at {
            0 => format!("{number:>5} {sign} "),
            _ => format!("{:>5} {}     ", "", look.theme.cut()),
        };
        let cell = |(at, part): (usize, String)| {
            span(column(&format!("{}{part}", lead(at)), half, look.theme), role, look.theme)
        };
        parts.into_iter().enumerate().map(cell).collect()
    };
    let (left, right) = (side(left, |row| row.old), side(right, |row| row.new));
    let blank = || span(" ".repeat(half), Role::Plain, look.theme);
    let bar = || span(format!(" {} ", look.theme.bar()), Role::Frame, look.theme);
    (0..left.len().max(right.len()))
        .map(|at| {
            let part = |side: &[Span<'static>]| side.get(at).cloned().unwrap_or_else(blank);
            Line::from(vec![part(&left), bar(), part(&right)])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RepoPath;
    use crate::text::diff::{Side, rows};

    const THEME: Theme = Theme { colour: false, ascii: true };

    fn drawn(context: usize, side_by_side: bool, width: usize) -> Vec<String> {
        let old = "class Config:\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n    e = 5\n";
        let new = "class Config:\n    a = 1\n    b = 2\n    c = 9\n    d = 4\n    e = 5\n    f = 6\n";
        let side = |text| Side { text, secrets: &[] };
        let patched = PatchFile {
            path: RepoPath::new("config.py").unwrap(),
            before: Some(0o644),
            mode: 0o644,
            rows: rows(Some(&side(old)), &side(new)),
            editable: None,
        };
        let look = Look { context, width, side_by_side, theme: THEME };
        file(&patched, look).iter().map(ToString::to_string).map(|line| line.trim_end().to_owned()).collect()
    }

    #[test]
    fn context_is_chosen_and_hunks_that_touch_are_one() {
        assert_eq!(
            drawn(0, false, 40),
            [
                " config.py",
                " @@ 4,1 @@ class Config",
                " -     c = 3",
                " +     c = 9",
                " @@ 0,0 @@ class Config",
                " +     f = 6"
            ]
        );
        assert_eq!(drawn(2, false, 40).iter().filter(|line| line.contains("@@")).count(), 1);
    }

    #[test]
    fn both_sides_stand_beside_each_other() {
        let lines = drawn(0, true, 60);
        assert_eq!(lines[2], "    4 -     c = 3            |     4 +     c = 9");
        assert_eq!(lines[4].trim_start(), "|     7 +     f = 6");
    }
}
