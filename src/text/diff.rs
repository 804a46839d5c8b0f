//! Unified diffs in which known secret spans are masked. The comparison itself is made on the
//! true lines, so a line in which only a secret changes still shows as changed.

use similar::{ChangeTag, TextDiff};

use super::edit::TextEdit;
use super::source::RepoPath;
use super::span::Span;

/// What stands in for a secret: one fixed width, so that it tells nothing of the length.
pub const MASK: &str = "********";

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// One side of a diff: the text and the spans in it that must not be shown.
pub struct Side<'a> {
    pub text: &'a str,
    pub secrets: &'a [Span],
}

/// A unified diff. `old: None` is a new file. Secrets of both sides are masked.
pub fn unified(path: &RepoPath, old: Option<&Side<'_>>, new: &Side<'_>) -> String {
    let empty = Side { text: "", secrets: &[] };
    let before = old.unwrap_or(&empty);
    let old_lines = masked_lines(before);
    let new_lines = masked_lines(new);
    let diff = TextDiff::from_lines(before.text, new.text);
    let mut out =
        if old.is_some() { format!("--- a/{path}\n+++ b/{path}\n") } else { format!("--- /dev/null\n+++ b/{path}\n") };
    for group in diff.grouped_ops(CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let old_range = first.old_range().start..last.old_range().end;
        let new_range = first.new_range().start..last.new_range().end;
        out.push_str(&format!("@@ -{} +{} @@\n", hunk(&old_range), hunk(&new_range)));
        for op in &group {
            for change in diff.iter_changes(op) {
                let (sign, line) = match change.tag() {
                    ChangeTag::Delete => ('-', change.old_index().and_then(|at| old_lines.get(at))),
                    ChangeTag::Insert => ('+', change.new_index().and_then(|at| new_lines.get(at))),
                    ChangeTag::Equal => (' ', change.old_index().and_then(|at| old_lines.get(at))),
                };
                push_line(&mut out, sign, line.map_or("", String::as_str));
            }
        }
    }
    out
}

/// What a line of a comparison is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    Same,
    Removed,
    Added,
}

/// One line of a whole comparison, secrets masked, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub kind: RowKind,
    /// Line in the old text, from 1; nothing where the line is added.
    pub old: Option<usize>,
    /// Line in the new text, from 1; nothing where the line is removed.
    pub new: Option<usize>,
    pub text: String,
}

/// Every line of both sides, for views that choose their own context.
pub fn rows(old: Option<&Side<'_>>, new: &Side<'_>) -> Vec<Row> {
    let empty = Side { text: "", secrets: &[] };
    let before = old.unwrap_or(&empty);
    let (old_lines, new_lines) = (masked_lines(before), masked_lines(new));
    let shown = |lines: &[String], at: Option<usize>| {
        at.and_then(|at| lines.get(at)).map_or_else(String::new, |line| line.trim_end_matches(['\n', '\r']).to_owned())
    };
    let row = |change: similar::Change<&str>| {
        let (kind, text) = match change.tag() {
            ChangeTag::Equal => (RowKind::Same, shown(&old_lines, change.old_index())),
            ChangeTag::Delete => (RowKind::Removed, shown(&old_lines, change.old_index())),
            ChangeTag::Insert => (RowKind::Added, shown(&new_lines, change.new_index())),
        };
        Row { kind, old: change.old_index().map(|at| at + 1), new: change.new_index().map(|at| at + 1), text }
    };
    TextDiff::from_lines(before.text, new.text).iter_all_changes().map(row).collect()
}

/// The replacements of whole lines that turn one text into another.
pub fn edits(old: &str, new: &str) -> Vec<TextEdit> {
    let diff = TextDiff::from_lines(old, new);
    let (old_starts, new_starts) = (line_starts(old), line_starts(new));
    let part = |starts: &[usize], range: std::ops::Range<usize>| Span::new(starts[range.start], starts[range.end]);
    diff.ops()
        .iter()
        .filter(|op| op.tag() != similar::DiffTag::Equal)
        .map(|op| {
            let replacement = part(&new_starts, op.new_range());
            TextEdit::replace(part(&old_starts, op.old_range()), &new[replacement.start..replacement.end])
        })
        .collect()
}

/// Where each line begins, and the end of the text. Lines are split as `similar` splits them.
fn line_starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in similar::DiffableStr::tokenize_lines(text) {
        at += line.len();
        starts.push(at);
    }
    starts
}

fn push_line(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

fn hunk(range: &std::ops::Range<usize>) -> String {
    let start = if range.is_empty() { range.start } else { range.start + 1 };
    if range.len() == 1 { start.to_string() } else { format!("{start},{}", range.len()) }
}

/// The lines (with their ends) of a side, secrets replaced by [`MASK`]. A secret that spans
/// lines keeps the number of lines.
fn masked_lines(side: &Side<'_>) -> Vec<String> {
    let mut spans: Vec<Span> = side.secrets.to_vec();
    spans.sort();
    let mut lines = Vec::new();
    let mut start = 0;
    for line in side.text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let (from, to) = (start, start + body.len());
        let mut shown = String::with_capacity(line.len());
        let mut at = from;
        for span in spans.iter().filter(|span| span.start < to && span.end > from) {
            let cut = span.start.max(at);
            if cut > at || at == from {
                shown.push_str(side.text.get(at..cut).unwrap_or(""));
            }
            if span.end > at {
                shown.push_str(MASK);
                at = span.end.min(to);
            }
        }
        shown.push_str(side.text.get(at..to).unwrap_or(""));
        shown.push_str(&line[body.len()..]);
        lines.push(shown);
        start += line.len();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> RepoPath {
        RepoPath::new("config.py").unwrap()
    }

    #[test]
    fn secrets_are_masked_on_both_sides_and_in_context() {
        let old = "A = 'other'\nK = 'hush'\n";
        let new = "A = 'other'\nK = env\n";
        let diff = unified(
            &path(),
            Some(&Side { text: old, secrets: &[Span::new(17, 21), Span::new(5, 10)] }),
            &Side { text: new, secrets: &[Span::new(5, 10)] },
        );
        assert_eq!(
            diff,
            "--- a/config.py\n+++ b/config.py\n@@ -1,2 +1,2 @@\n A = '********'\n-K = '********'\n+K = env\n"
        );
    }

    #[test]
    fn a_new_file_and_a_missing_final_newline() {
        let diff = unified(&path(), None, &Side { text: "x", secrets: &[] });
        assert_eq!(diff, "--- /dev/null\n+++ b/config.py\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n");
    }

    #[test]
    fn edits_rebuild_the_new_text() {
        let texts = ["", "a\nb\nc\n", "a\nx\nc", "b\r\nc\n", "new\na\nb\nc\nend\n"];
        for old in texts {
            for new in texts {
                assert_eq!(crate::text::edit::apply(old, &edits(old, new)).unwrap(), new, "{old:?} -> {new:?}");
            }
        }
    }

    #[test]
    fn rows_hold_every_line_of_both_sides_masked() {
        let old = Side { text: "a\nK=aa\nz\n", secrets: &[Span::new(4, 6)] };
        let new = Side { text: "a\nK=env\nz\nnew", secrets: &[] };
        let found: Vec<String> = rows(Some(&old), &new)
            .into_iter()
            .map(|row| format!("{:?} {:?} {:?} {}", row.kind, row.old, row.new, row.text))
            .collect();
        assert_eq!(
            found,
            [
                "Same Some(1) Some(1) a",
                "Removed Some(2) None K=********",
                "Added None Some(2) K=env",
                "Same Some(3) Some(3) z",
                "Added None Some(4) new"
            ]
        );
    }

    #[test]
    fn a_change_inside_the_mask_still_shows() {
        let old = Side { text: "K=aa\n", secrets: &[Span::new(2, 4)] };
        let new = Side { text: "K=bb\n", secrets: &[Span::new(2, 4)] };
        assert!(unified(&path(), Some(&old), &new).contains("-K=********\n+K=********\n"));
    }
}
