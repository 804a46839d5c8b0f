//! A draft for reading: per-file diffs with the fixes that made them, then what was held back.
//! Values stay hidden; only [`exact`] gives them, for a file that only its owner can read.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use crate::plan::{Conflict, Consequence, Draft, FileChange, Held, HeldBack};
use crate::remedy::Remedy;
use crate::text::escape::{one_line, visible};

use super::style::{Role, Style};
use super::{counted, rule_of};

/// The draft as `--diff` prints it and `--apply` shows it before it writes. `store` says in words
/// where keys go, and why there.
pub fn render(draft: &Draft, store: &str, style: Style) -> String {
    let mut out = String::from("Values are hidden here; this is not a patch for `git apply`.\n");
    let _ = writeln!(out, "Store: {}\n", one_line(store));
    untracked(&mut out, draft, style);
    for file in &draft.files {
        change(&mut out, draft, file, style);
    }
    if !draft.secrets.is_empty() {
        let shown = draft.secrets.iter().any(|secret| matches!(secret.held, Held::Shown { .. }));
        let heading = if shown { "New keys (256 bits each)" } else { "New keys (256 bits each, never shown)" };
        let _ = writeln!(out, "{}", style.paint(Role::Strong, heading));
        for secret in &draft.secrets {
            let there = if secret.is_new() { "" } else { "   (there already: it stays as it is)" };
            let place = match secret.held {
                Held::Shown { .. } => one_line(&secret.place),
                _ => format!("in {}", one_line(&secret.place)),
            };
            let _ = writeln!(out, "  {} {place}{there}", one_line(&secret.name));
        }
        out.push('\n');
    }
    consequences(&mut out, &draft.consequences, style);
    conflicts(&mut out, &draft.conflicts, style);
    held_back(&mut out, &draft.held_back, style);
    out.push_str(&totals(draft));
    out
}

/// Before anything else: this reaches other people's checkouts.
fn untracked(out: &mut String, draft: &Draft, style: Style) {
    if draft.untracked.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", style.paint(Role::Strong, "Git stops tracking (the file stays here)"));
    for path in &draft.untracked {
        let _ = writeln!(out, "  {}", one_line(path.as_str()));
    }
    out.push_str("  Once this is committed and pushed, the next git pull deletes the file in every other\n");
    out.push_str("  checkout, and on servers that deploy by git pull. Keep a copy there first.\n\n");
}

pub(super) fn change(out: &mut String, draft: &Draft, file: &FileChange, style: Style) {
    let path = one_line(file.path.as_str());
    let _ = writeln!(out, "{}{}", style.paint(Role::Strong, &path), modes(file));
    for remedy in draft.applied.iter().filter(|remedy| file.remedies.contains(&remedy.id)) {
        reason(out, remedy);
    }
    for line in visible(&file.diff).lines() {
        let role = match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Role::Strong,
            [b'+', ..] => Role::Added,
            [b'-', ..] => Role::Removed,
            [b'@', ..] => Role::Hunk,
            _ => {
                let _ = writeln!(out, "{line}");
                continue;
            }
        };
        let _ = writeln!(out, "{}", style.paint(role, line));
    }
    out.push('\n');
}

/// What happens to the file besides its text.
fn modes(file: &FileChange) -> String {
    match &file.before {
        None => format!("  (new, mode {:04o})", file.mode & 0o7777),
        Some(before) if before.mode & 0o7777 != file.mode & 0o7777 => {
            format!("  (mode {:04o} becomes {:04o})", before.mode & 0o7777, file.mode & 0o7777)
        }
        Some(_) => String::new(),
    }
}

fn reason(out: &mut String, remedy: &Remedy) {
    let _ = writeln!(out, "  {} {} ({})", rules_of(remedy), one_line(&remedy.title), remedy.applicability.word());
    if !remedy.reason.is_empty() {
        let _ = writeln!(out, "  {}", one_line(&remedy.reason));
    }
}

/// The rules whose findings a remedy clears, each once.
fn rules_of(remedy: &Remedy) -> String {
    let mut ids: Vec<&str> = remedy.findings.iter().map(rule_of).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.join(" ")
}

/// What is proven to change, for each way the app is started.
fn consequences(out: &mut String, lines: &[Consequence], style: Style) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", style.paint(Role::Strong, "What changes when it runs"));
    let mut target = None;
    for line in lines {
        let this = (&line.project, &line.target);
        if target.replace(this) != Some(this) {
            let place = if line.project.is_root() { String::new() } else { format!(", in {}", line.project) };
            let _ = writeln!(out, "  {}", one_line(&format!("{}{place}", line.target)));
        }
        let _ = writeln!(out, "    {}", one_line(&line.setting));
        let _ = writeln!(out, "      before  {}", one_line(&line.before));
        let _ = writeln!(out, "      after   {}", one_line(&line.after));
    }
    out.push('\n');
}

fn conflicts(out: &mut String, conflicts: &[Conflict], style: Style) {
    if conflicts.is_empty() {
        return;
    }
    let heading = format!("Conflicts ({}): two fixes want the same lines; the first one is written", conflicts.len());
    let _ = writeln!(out, "{}", style.paint(Role::Strong, &heading));
    for conflict in conflicts {
        let path = one_line(conflict.path.as_str());
        let _ = writeln!(out, "  {path}: {} stays, {} does not", one_line(&conflict.kept), one_line(&conflict.refused));
        let _ = writeln!(out, "    why: {}", one_line(&conflict.reason));
    }
    out.push('\n');
}

/// The fixes that are not written, each with the reason and what to type.
pub(super) fn held_back(out: &mut String, items: &[HeldBack], style: Style) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", style.paint(Role::Strong, &format!("Held back ({})", items.len())));
    for item in items {
        let remedy = &item.remedy;
        let word = remedy.applicability.word();
        let _ = writeln!(out, "  {} {} ({word})", rules_of(remedy), one_line(&remedy.title));
        let _ = writeln!(out, "    why: {}", one_line(&item.why));
        let mut lines = std::iter::once(&item.now).chain(&remedy.steps).filter(|line| !line.is_empty());
        if let Some(first) = lines.next() {
            let _ = writeln!(out, "    now: {}", one_line(first));
        }
        for line in lines.filter(|line| **line != item.now) {
            let _ = writeln!(out, "         {}", one_line(line));
        }
    }
    out.push('\n');
}

fn totals(draft: &Draft) -> String {
    let mut line = if draft.is_empty() {
        "nothing to write".to_owned()
    } else {
        let mut line = counted(draft.files.len(), "file changes", "files change");
        if !draft.untracked.is_empty() {
            let _ = write!(
                line,
                ", {} tracked",
                counted(draft.untracked.len(), "file is no longer", "files are no longer")
            );
        }
        let new = draft.secrets.iter().filter(|secret| secret.is_new()).count();
        if new > 0 {
            let _ = write!(line, ", {}", counted(new, "new key", "new keys"));
        }
        line
    };
    if !draft.conflicts.is_empty() {
        let _ = write!(line, ", {}", counted(draft.conflicts.len(), "conflict", "conflicts"));
    }
    if !draft.held_back.is_empty() {
        let _ = write!(line, ", {} held back", counted(draft.held_back.len(), "fix", "fixes"));
    }
    line.push('\n');
    line
}

/// The exact patch, values included; `None` where the draft was made without them.
pub fn exact(draft: &Draft) -> Option<Zeroizing<String>> {
    let parts: Option<Vec<&str>> =
        draft.files.iter().map(|file| file.revealed.as_ref().map(|text| text.as_str())).collect();
    let parts = parts?;
    // One allocation of the whole size, so that no smaller copy is left behind by growing.
    let mut patch = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
    for part in parts {
        patch.push_str(part);
    }
    Some(patch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FindingKey;
    use crate::plan::draft::Before;
    use crate::plan::{Held, Phase, SecretChange};
    use crate::remedy::Applicability;
    use crate::text::{ContentHash, RepoPath};

    fn remedy(id: &str, applicability: Applicability) -> Remedy {
        let key = FindingKey { rule: "FH102", path: "config.py".into(), symbol: "SECRET_KEY".into(), commit: None };
        Remedy {
            id: id.into(),
            findings: vec![key.clone(), key],
            title: "read the key from the environment".into(),
            reason: "Everyone signs in again once.".into(),
            applicability,
            changes: Vec::new(),
            steps: Vec::new(),
            needs: Vec::new(),
        }
    }

    fn file(name: &str, before: Option<Before>, diff: &str) -> FileChange {
        FileChange {
            path: RepoPath::new(name).unwrap(),
            before,
            after: Zeroizing::new(String::new()),
            mode: 0o600,
            phase: Phase::Code,
            diff: diff.into(),
            revealed: Some(Zeroizing::new(format!("patch of {name}\n"))),
            remedies: vec!["r1".into()],
        }
    }

    #[test]
    fn a_draft_says_first_that_values_are_hidden_and_counts_last() {
        let draft = Draft {
            files: vec![
                file(
                    "config.py",
                    Some(Before { hash: ContentHash::of(b""), mode: 0o644 }),
                    "@@ -1 +1 @@\n-a\n+b\u{7}\n",
                ),
                file(".env", None, ""),
            ],
            secrets: vec![SecretChange {
                name: "SECRET_KEY".into(),
                place: ".env".into(),
                held: Held::File(RepoPath::new(".env").unwrap()),
            }],
            applied: vec![remedy("r1", Applicability::Automatic)],
            held_back: vec![HeldBack {
                remedy: remedy("r2", Applicability::Manual),
                why: "a person has to decide".into(),
                now: "git rm --cached .env".into(),
            }],
            conflicts: Vec::new(),
            ..Draft::default()
        };
        assert_eq!(
            render(&draft, "env-file", Style::plain()),
            "Values are hidden here; this is not a patch for `git apply`.\nStore: env-file\n\n\
             config.py  (mode 0644 becomes 0600)\n  FH102 read the key from the environment (automatic)\n  \
             Everyone signs in again once.\n@@ -1 +1 @@\n-a\n+b\\u{7}\n\n\
             .env  (new, mode 0600)\n  FH102 read the key from the environment (automatic)\n  \
             Everyone signs in again once.\n\n\
             New keys (256 bits each, never shown)\n  SECRET_KEY in .env\n\n\
             Held back (1)\n  FH102 read the key from the environment (manual)\n    why: a person has to decide\n    \
             now: git rm --cached .env\n\n\
             2 files change, 1 new key, 1 fix held back\n"
        );
        assert_eq!(exact(&draft).unwrap().as_str(), "patch of config.py\npatch of .env\n");
    }

    #[test]
    fn an_empty_draft_says_so() {
        assert!(render(&Draft::default(), "none", Style::plain()).ends_with("\nnothing to write\n"));
    }
}
