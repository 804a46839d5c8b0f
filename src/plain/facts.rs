//! What is said at each step, one line for each fact. Everything from a tree is escaped here.

use crate::engine::Patch;
use crate::finding::{Confidence, Finding, Severity};
use crate::flow::{Flow, Question, Step, place_of};
use crate::plan::Decision;
use crate::report;
use crate::rules;
use crate::text::diff::{Row, RowKind};
use crate::text::escape::one_line;

use super::setup;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// The facts of the step the flow is at.
pub(super) fn facts(flow: &Flow, root: &str) -> Vec<String> {
    match flow.step {
        Step::Scan => vec!["The scan is over.".to_owned()],
        Step::Findings => findings(flow, root),
        Step::Detail => detail(flow),
        Step::Store => store(flow),
        Step::Review => review(flow),
        Step::Confirm => confirm(flow),
        Step::Writing => Vec::new(),
        Step::Report => written(flow),
        Step::Config => config(flow),
        Step::Variables => setup::variables(flow),
        Step::Variable => setup::variable(flow),
        Step::Ready => setup::ready(flow),
    }
}

fn findings(flow: &Flow, root: &str) -> Vec<String> {
    let mut lines = vec![format!("Step 1 of 4: findings in {root}")];
    if let Some(scan) = &flow.scan {
        let listed = |items: &[String]| match items {
            [] => "none found".to_owned(),
            items => items.iter().map(|item| one_line(item)).collect::<Vec<_>>().join(", "),
        };
        let summary = &scan.summary;
        let production = summary.production.as_deref().map_or_else(|| "unknown".to_owned(), one_line);
        lines.push(format!("Flask app: {}", listed(&summary.apps)));
        lines.push(format!("Started by: {}", listed(&summary.launches)));
        lines.push(format!("Production: {production}"));
        let history = match (&summary.history.reason, summary.history.checked) {
            (Some(reason), _) => one_line(reason),
            (None, true) => format!("{} commits read", summary.history.commits),
            (None, false) => "not read".to_owned(),
        };
        lines.push(format!("Git history: {history}"));
    }
    let [live, high, medium, low] =
        [Severity::Live, Severity::High, Severity::Medium, Severity::Low].map(|severity| flow.of_severity(severity));
    let counted = flow.counted();
    lines.push(format!(
        "{live} live, {high} high, {medium} medium, {low} low; {} open, {} planned, {} ignored",
        counted.open, counted.planned, counted.ignored
    ));
    if let Some(target) = &flow.target {
        lines.push(format!("Only what concerns {}", one_line(target)));
    }
    if !flow.filter.is_empty() {
        lines.push(format!("Only with the words: {}", one_line(&flow.filter)));
    }
    lines
}

/// One finding in one line.
pub(super) fn finding_line(flow: &Flow, found: &Finding) -> String {
    let tag = found.tag.map_or_else(String::new, |tag| format!(" {tag}"));
    let fix = flow.fix_of(found).map_or("no fix by the tool", |fix| {
        match (flow.decisions().accepts(&fix.id), flow.decisions().skips(&fix.id)) {
            (true, _) => "fix accepted",
            (_, true) => "fix skipped",
            _ if fix.changes.is_empty() => "needs a person",
            _ => "fix open",
        }
    });
    let message = one_line(&found.message);
    let message = message.trim_end_matches('.');
    format!("{} {} {message}{tag}, {}, {fix}", found.severity.word(), found.key.rule, one_line(&place_of(found)))
}

fn detail(flow: &Flow) -> Vec<String> {
    let Some(found) = flow.current() else { return Vec::new() };
    let rule = rules::find(found.key.rule);
    let sure = match found.confidence {
        Confidence::High => "proven",
        Confidence::Medium => "likely",
        Confidence::Low => "possible",
    };
    let mut lines = vec![
        format!(
            "Finding {} of {}: {} {}",
            flow.finding + 1,
            flow.visible().len(),
            found.key.rule,
            rule.map_or("", |rule| rule.name)
        ),
        format!("{}, {sure}: {}", found.severity.word(), one_line(&found.message)),
        format!("Place: {}", one_line(&place_of(found))),
    ];
    if !found.evidence.trim().is_empty() {
        let tag = found.tag.map_or_else(String::new, |tag| format!("  {tag}"));
        lines.push(format!("Line: {}{tag}", one_line(found.evidence.trim())));
    }
    if let Some(rule) = rule {
        let why: Vec<&str> = rule.explanation.why.split_whitespace().collect();
        lines.push(format!("Why it matters: {}", why.join(" ")));
    }
    lines.extend(found.how_we_know.iter().map(|known| format!("How we know: {}", one_line(known))));
    for label in &found.related {
        let place = format!("{}:{}", label.location.path, label.location.line);
        lines.push(format!("See also: {}: {}", one_line(&place), one_line(&label.text)));
    }
    let fix = flow.fix_of(found);
    if let Some(fix) = fix {
        lines.push(format!("Fix, {}: {}. {}", fix.applicability.word(), one_line(&fix.title), one_line(&fix.reason)));
    }
    let steps = found.next_step.iter().chain(fix.into_iter().flat_map(|fix| &fix.steps));
    lines.extend(steps.map(|step| format!("What to do: {}", one_line(step))));
    lines
}

fn store(flow: &Flow) -> Vec<String> {
    let keys: Vec<String> = flow.keys().into_iter().map(one_line).collect();
    if flow.setup.is_some() {
        let what = if keys.is_empty() { "secrets".to_owned() } else { keys.join(" and ") };
        return vec![format!("Where should {what} live?")];
    }
    vec![
        format!("Step 2 of 4: where should {} live? (256 bits each)", keys.join(" and ")),
        format!("Servers: set {} there; the report says where.", keys.join(" and ")),
    ]
}

fn review(flow: &Flow) -> Vec<String> {
    let Some(patch) = flow.patch_at(flow.patch) else { return Vec::new() };
    let Some(fix) = flow.remedy(&patch.remedy) else { return Vec::new() };
    let (accepted, skipped, open) = flow.tally();
    let state = match flow.decision(&patch.remedy) {
        Some(Decision::Accept) => "accepted",
        Some(Decision::Edited(_)) => "accepted, edited by you",
        Some(Decision::Skip) => "skipped",
        None => "open",
    };
    let mut rules: Vec<&str> = fix.findings.iter().map(|key| key.rule).collect();
    rules.dedup();
    let mut lines = vec![
        format!("Step 3 of 4: patch {} of {}, {state}: {}", flow.patch + 1, flow.patches().len(), one_line(&fix.title)),
        format!("Accepted {accepted}, skipped {skipped}, open {open}"),
        format!("Clears: {}", rules.join(", ")),
        format!("{}: {}", fix.applicability.word(), one_line(&fix.reason)),
    ];
    let needs: Vec<String> = fix.needs.iter().filter_map(|id| flow.number_of(id)).map(|at| at.to_string()).collect();
    if !needs.is_empty() {
        lines.push(format!("Depends on patch {}", needs.join(", ")));
    }
    lines.extend(patch.problem.iter().map(|problem| format!("Cannot be written: {}", one_line(problem))));
    lines.extend(diff(patch));
    for path in fix.untracked() {
        lines.push(format!("Git stops tracking {}; the file stays here", one_line(path.as_str())));
    }
    for (name, place) in &patch.keys {
        lines.push(format!("New key {} in {}, 256 bits, never shown", one_line(name), one_line(place)));
    }
    for change in flow.consequences.get(&patch.remedy).and_then(|known| known.as_ref().ok()).into_iter().flatten() {
        lines.push(format!(
            "When it runs with {}: {} was {}, will be {}",
            one_line(&change.target),
            one_line(&change.setting),
            one_line(&change.before),
            one_line(&change.after)
        ));
    }
    lines.push("Values are hidden in this view only.".to_owned());
    lines
}

/// The changed lines of a patch, with signs, and what stands around them.
fn diff(patch: &Patch) -> Vec<String> {
    let mut lines = Vec::new();
    for file in &patch.files {
        let fate = match file.before {
            None => format!(", new, mode {:04o}", file.mode & 0o7777),
            Some(before) if before & 0o7777 != file.mode & 0o7777 => {
                format!(", mode {:04o} becomes {:04o}", before & 0o7777, file.mode & 0o7777)
            }
            Some(_) => String::new(),
        };
        lines.push(format!("File {}{fate}", one_line(file.path.as_str())));
        let changed = |row: &Row| row.kind != RowKind::Same;
        let mut gap = false;
        for (at, row) in file.rows.iter().enumerate() {
            let near = &file.rows[at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(file.rows.len())];
            if !near.iter().any(changed) {
                gap = true;
                continue;
            }
            if std::mem::take(&mut gap) {
                lines.push(format!("  line {}:", row.old.or(row.new).unwrap_or(1)));
            }
            let sign = match row.kind {
                RowKind::Same => ' ',
                RowKind::Removed => '-',
                RowKind::Added => '+',
            };
            lines.push(format!("  {sign} {}", one_line(&row.text.replace('\t', "    "))));
        }
    }
    lines
}

fn confirm(flow: &Flow) -> Vec<String> {
    if flow.setup.is_some() {
        return setup::confirm(flow);
    }
    let Some((_, draft)) = &flow.draft else { return Vec::new() };
    let mut lines = vec!["Step 4 of 4: ready to write".to_owned()];
    for key in &draft.secrets {
        lines.push(format!("New key: {} in {}", one_line(&key.name), one_line(&key.place)));
    }
    for file in &draft.files {
        let word = if file.before.is_none() { "New file" } else { "Changed file" };
        lines.push(format!("{word}: {}", one_line(file.path.as_str())));
    }
    for path in &draft.untracked {
        lines.push(format!(
            "Git stops tracking {}; the file stays here. Once that is pushed, the next git pull deletes it in every \
             other checkout: keep a copy there first.",
            one_line(path.as_str())
        ));
    }
    for held in &draft.held_back {
        let title = one_line(&held.remedy.title);
        lines.push(match flow.decision(&held.remedy.id) {
            Some(Decision::Skip) => format!("Skipped: {title}: your choice"),
            None if !held.remedy.changes.is_empty() => format!("Not decided, not written: {title}"),
            _ => format!("Not written: {title}: {}", one_line(&held.why)),
        });
    }
    lines.push("Will not happen: no commit, no history rewrite, nothing leaves this computer.".to_owned());
    lines.push("All files are written or none. Take it back later: flask-harden undo".to_owned());
    lines
}

fn written(flow: &Flow) -> Vec<String> {
    let Some(outcome) = &flow.outcome else { return Vec::new() };
    let mut lines = Vec::new();
    match (&outcome.undone, &outcome.receipt) {
        (Some(undone), _) => {
            let given = undone.restored.len() + undone.removed.len();
            lines.push(format!(
                "Run {} is undone: {} given back.",
                undone.run,
                report::counted(given, "file", "files")
            ));
            lines.extend(
                report::receipt::kept_lines(&undone.kept).iter().map(|kept| format!("Kept: {}", one_line(kept))),
            );
        }
        (None, Some(receipt)) => {
            let files = report::counted(receipt.files.len(), "file", "files");
            lines.push(format!("Done: {files} written. Undo id {}.", receipt.run));
            lines.extend(receipt.files.iter().map(|file| format!("Written: {}", one_line(file.path.as_str()))));
        }
        (None, None) => lines.push("Nothing was written.".to_owned()),
    }
    let done = outcome.items.iter().filter(|item| item.done).count();
    lines.push(format!("Next steps: {done} of {} done. A step's number ticks it off.", outcome.items.len()));
    lines
}

fn config(flow: &Flow) -> Vec<String> {
    let Some(table) = &flow.config else { return Vec::new() };
    let mut lines = vec!["Every setting on every target".to_owned()];
    for row in &table.rows {
        let star = if row.differs { ", differs between targets" } else { "" };
        lines.push(format!("{}{star}", one_line(&row.setting)));
        for (target, cell) in table.targets.iter().zip(&row.cells) {
            let place = cell.place.as_deref().map_or_else(|| "default".to_owned(), one_line);
            lines.push(format!("  {}: {}, {place}", one_line(target), one_line(&cell.line.value)));
        }
    }
    lines
}

/// What is asked, and what follows from a yes.
pub(super) fn question(flow: &Flow, question: &Question) -> Vec<String> {
    match question {
        Question::AcceptSafe(ids) => {
            let mut lines = vec![format!("Accept {}?", report::counted(ids.len(), "safe patch", "safe patches"))];
            let title = |id: &String| flow.remedy(id).map_or_else(|| one_line(id), |fix| one_line(&fix.title));
            lines.extend(ids.iter().map(|id| format!("  patch {}: {}", flow.number_of(id).unwrap_or(0), title(id))));
            lines
        }
        Question::Reason(_) => Vec::new(),
        Question::Reveal(_) => {
            vec!["Show the value? It stays in the terminal's scrollback until you clear it.".to_owned()]
        }
        Question::UndoRun => vec![
            "Take the run back? Every file is given back as it was, unless it was edited since. Keys stay.".to_owned(),
        ],
        Question::EditAgain { error, .. } => {
            let why = error.why.as_deref().map_or_else(String::new, |why| format!(": {}", one_line(why)));
            vec![format!("The edited patch was not taken{why}. Edit it again?")]
        }
        Question::LeaveEmpty(names) => vec![
            format!("Leave {} empty?", report::counted(names.len(), "variable", "variables")),
            format!("  {}", names.iter().map(|name| one_line(name)).collect::<Vec<_>>().join(", ")),
            "The app may not work without them. They can be filled in later.".to_owned(),
        ],
        Question::Quit(count) => {
            vec![format!(
                "Quit? {} would be lost. Nothing was written.",
                report::counted(*count, "decision", "decisions")
            )]
        }
    }
}

/// The text of a saved report.
pub(super) fn saved(flow: &Flow) -> String {
    let Some(outcome) = &flow.outcome else { return String::new() };
    let root = flow.scan.as_ref().map_or_else(|| ".".into(), |scan| scan.root.clone());
    let items: Vec<(bool, &str)> = outcome.items.iter().map(|item| (item.done, item.text.as_str())).collect();
    report::receipt::with_checklist(outcome.receipt.as_ref(), &outcome.draft, &root, &items)
}
