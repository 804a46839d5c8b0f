//! A rotation: what ends when a key changes, and what was done. Holds no value.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::engine::{End, Outlook, Rotated, Way};
use crate::text::escape::one_line;

use super::receipt::undo_command;
use super::style::{Role, Style};

/// The version of the JSON document.
const VERSION: u32 = 1;

/// What will happen, for a person.
pub fn outlook(outlook: &Outlook, style: Style) -> String {
    let name = one_line(&outlook.variable);
    let mut out = format!("Store: {}\n", outlook.store.name());
    let heading = match outlook.way {
        Way::Cutover => {
            format!("{name} gets a new value in {}; the old one stops working at once.", one_line(&outlook.place))
        }
        Way::Grace { .. } => {
            format!("{name} gets a new value in {}; the old one counts beside it.", one_line(&outlook.place))
        }
        Way::Finish => format!("The old {name} stops working: whoever signed in before the rotation signs in again."),
    };
    let _ = writeln!(out, "{}", style.paint(Role::Strong, &heading));
    if let Some(leak) = &outlook.leak {
        let _ = writeln!(out, "The old value leaked: {}.", one_line(leak));
    }
    if !outlook.ends.is_empty() {
        out.push_str("What ends when this key changes\n");
    }
    for end in &outlook.ends {
        row(&mut out, end, outlook.way);
    }
    for note in &outlook.notes {
        let _ = writeln!(out, "{}", one_line(note));
    }
    out.push_str(&outlook.diff);
    out
}

fn row(out: &mut String, end: &End, way: Way) {
    let what = if way == Way::Cutover { &end.cutover } else { &end.grace };
    let place = end.place.as_ref().map_or(String::new(), |path| format!(" ({})", one_line(path.as_str())));
    let line = format!("{what}{place}");
    let mut width = 0;
    let _ = write!(out, "  {:<15}", end.what);
    for word in line.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > 62 {
            let _ = write!(out, "\n{:<17}", "");
            width = 0;
        }
        if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out.push('\n');
}

/// What was done, for a person.
pub fn text(rotated: &Rotated, root: &Path) -> String {
    let mut out = "Done.\n".to_owned();
    if let Some(receipt) = &rotated.receipt {
        if receipt.files.is_empty() {
            out.push_str("The value before is kept nowhere, so this cannot be taken back.\n");
        } else {
            let _ = writeln!(out, "Take it back: {}", one_line(&undo_command(receipt, root)));
        }
    }
    if !rotated.steps.is_empty() {
        out.push_str("Next steps\n");
    }
    for (at, step) in rotated.steps.iter().enumerate() {
        let _ = writeln!(out, "  {}. {}", at + 1, one_line(step));
    }
    out
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    run: Option<&'a str>,
    undo: Option<String>,
    /// Seconds since 1970 until when the old key counts.
    until: Option<u64>,
    next_steps: &'a [String],
}

/// What was done, for a program.
pub fn json(rotated: &Rotated, root: &Path) -> String {
    let receipt = rotated.receipt.as_ref();
    super::json_v1::printed(&Document {
        version: VERSION,
        run: receipt.map(|receipt| receipt.run.as_str()),
        undo: receipt.filter(|receipt| !receipt.files.is_empty()).map(|receipt| undo_command(receipt, root)),
        until: rotated.until,
        next_steps: &rotated.steps,
    })
}
