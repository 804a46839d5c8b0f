//! What became of a tree, as text to be reviewed: the changed lines with every byte visible, keys
//! masked, files of ours by their name.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use similar::{Algorithm, DiffTag, capture_diff_slices};

pub(super) type Files = BTreeMap<String, (u32, Vec<u8>)>;

/// Lines around a change.
const CONTEXT: usize = 1;

/// The difference of two trees.
pub(super) fn difference(before: &Files, after: &Files) -> String {
    let mut text = String::new();
    let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        match (before.get(path), after.get(path)) {
            (Some((_, old)), Some((_, new))) if old != new => {
                let _ = writeln!(text, "{path}");
                text.push_str(&lines(old, new));
            }
            (Some((old, _)), Some((new, _))) if old != new => {
                let _ = writeln!(text, "{path} {old:04o} {new:04o}");
            }
            (None, Some((_, new))) => {
                let _ = writeln!(text, "{path} (new)");
                text.push_str(&of_new(path, new));
            }
            (Some(_), None) => {
                let _ = writeln!(text, "{path} (gone)");
            }
            _ => {}
        }
    }
    text
}

/// Of a server's settings the variables they set; of other files of ours every line.
fn of_new(path: &str, bytes: &[u8]) -> String {
    let mut text = String::new();
    let server = path.ends_with("gunicorn.conf.py");
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if !server || line.starts_with(b"os.environ") || line.starts_with(b"workers") || line.starts_with(b"def ") {
            let _ = writeln!(text, "+{}", visible(line));
        }
    }
    text
}

/// Changed lines, without the body of the function that reads the env file.
fn lines(old: &[u8], new: &[u8]) -> String {
    let split = |bytes: &[u8]| bytes.split_inclusive(|byte| *byte == b'\n').map(visible).collect::<Vec<_>>();
    let (old, new) = (split(old), split(new));
    let mut text = String::new();
    let mut shown = 0;
    let mut inside = false;
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let changes: Vec<_> = ops.iter().filter(|op| op.tag() != DiffTag::Equal).collect();
    for op in &changes {
        let (from, to) = (op.old_range(), op.new_range());
        let lead = from.start.saturating_sub(CONTEXT).max(shown);
        if lead > shown && shown > 0 {
            text.push_str(" ...\n");
        }
        let mut push = |mark: char, line: &str| {
            if !inside {
                let _ = writeln!(text, "{mark}{line}");
            }
            inside =
                (inside || mark == '+' && line.starts_with("def _from_env_file(")) && !line.starts_with("    return ");
        };
        old[lead..from.start].iter().for_each(|line| push(' ', line));
        old[from.clone()].iter().for_each(|line| push('-', line));
        new[to].iter().for_each(|line| push('+', line));
        let tail = (from.end + CONTEXT).min(old.len());
        let tail = changes
            .iter()
            .map(|next| next.old_range().start)
            .find(|start| *start >= from.end && !std::ptr::eq(*op, changes[0]))
            .map_or(tail, |next| tail.min(next.max(from.end)));
        old[from.end..tail].iter().for_each(|line| push(' ', line));
        shown = tail.max(1);
    }
    text
}

/// A line with what is not plain text escaped, and keys masked; what ends it is said where it is not
/// a plain line feed.
fn visible(line: &[u8]) -> String {
    let (line, end) = match line.strip_suffix(b"\n") {
        Some(line) => (line, ""),
        None => (line, "\\ no newline"),
    };
    let mut text = String::new();
    for byte in line {
        match byte {
            b'\t' => text.push_str("\\t"),
            b' '..=b'~' => text.push(char::from(*byte)),
            other => {
                let _ = write!(text, "{}", other.escape_ascii());
            }
        }
    }
    masked(&text) + end
}

/// Runs of 64 hexadecimal digits are keys that the run made.
fn masked(line: &str) -> String {
    let mut text = String::new();
    let mut run = String::new();
    let flush = |run: &mut String, text: &mut String| {
        text.push_str(if run.len() == 64 { "<key>" } else { run });
        run.clear();
    };
    for c in line.chars() {
        if c.is_ascii_hexdigit() {
            run.push(c);
        } else {
            flush(&mut run, &mut text);
            text.push(c);
        }
    }
    flush(&mut run, &mut text);
    text
}
