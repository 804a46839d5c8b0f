//! Every rule over its fixtures: what it reports, and what becomes of the tree when its fixes are
//! written, written again, and taken back.
//!
//! `tests/fixtures/rules/<rule-name>/{bad-*,good-*}/` are trees. A line that must be reported ends
//! with the comment `expect: FHnnn`; files without comments have their lines in `expect.txt`
//! (`FHnnn path:line`), which is not part of the tree. A directory `history/` makes the tree a git
//! repository: `history/1/`, `history/2/` … are earlier versions, each a whole tree; then the tree
//! itself is committed, unless there is a file `history/uncommitted`. `modes.txt` gives env files
//! other permission bits than 0600.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use flask_harden::engine::{self, Request, Scan, SettingsFile};
use flask_harden::lang::python;
use flask_harden::options::Flags;
use flask_harden::plan::Draft;
use flask_harden::remedy::Applicability;
use flask_harden::report;
use flask_harden::rules::{self, Rule};
use flask_harden::text::Place;

use crate::support::{Program, Project, snapshot};

/// A reported line: rule, path, line.
type Mark = (String, String, usize);

struct Fixture {
    name: String,
    dir: PathBuf,
    project: Project,
    expected: BTreeSet<Mark>,
}

fn root_of(rule: &Rule) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules").join(rule.name)
}

fn fixtures(rule: &Rule) -> Vec<Fixture> {
    let Ok(entries) = std::fs::read_dir(root_of(rule)) else { return Vec::new() };
    let mut dirs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    dirs.sort();
    dirs.into_iter().map(Fixture::read).collect()
}

impl Fixture {
    fn read(dir: PathBuf) -> Self {
        let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
        let history = dir.join("history");
        let mut project = if history.is_dir() { Project::with_git() } else { Project::new() };
        for number in 1.. {
            let version = history.join(number.to_string());
            if !version.is_dir() {
                break;
            }
            clear(&project);
            copy(&project, &version);
            project.commit(&format!("Version {number}"));
        }
        clear(&project);
        copy(&project, &dir);
        if history.is_dir() && !history.join("uncommitted").is_file() {
            project.commit("Now");
        }
        modes(&project, &dir);
        let expected = expected(&project, &dir);
        let python = |path: &String| path.ends_with(".py") && project.read(path).contains("flask");
        if !project.picture().keys().any(python) {
            // The trees of rules that look at one kind of file are made a Flask project.
            project.write("imports_flask.py", "import flask\n");
        }
        Self { name, dir, project, expected }
    }

    fn request(&self, rule: &Rule, alone: bool) -> Request {
        let group = rule.id[..3].to_owned();
        Request {
            root: self.project.path().to_owned(),
            commits: None,
            settings: SettingsFile::None,
            flags: Flags { select: vec![if alone { rule.id.to_owned() } else { group }], ..Flags::default() },
            formats: report::FORMATS.iter().map(|format| format.name).collect(),
            baseline: None,
            reveal: false,
        }
    }

    /// What every rule of the threat says here.
    fn scan(&self, rule: &Rule) -> Scan {
        engine::scan(&self.request(rule, false)).unwrap_or_else(|error| panic!("{}: {error}", self.dir.display()))
    }

    fn draft(&self, rule: &Rule) -> Draft {
        let request = self.request(rule, true);
        let scan = engine::scan(&request).unwrap();
        let plan = engine::plan(&scan, &request).unwrap();
        let decisions = engine::decide(&plan, Applicability::Automatic, &[]).unwrap();
        engine::checked_draft(&scan, &plan, &request, &decisions).unwrap()
    }
}

/// Takes the files of an earlier version away.
fn clear(project: &Project) {
    for path in project.picture().keys() {
        std::fs::remove_file(project.at(path)).unwrap();
    }
}

fn copy(project: &Project, from: &Path) {
    let mut open = vec![from.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let inside = path.strip_prefix(from).unwrap().to_str().unwrap().to_owned();
            match inside.as_str() {
                "history" | "expect.txt" | "modes.txt" => {}
                _ if path.is_dir() => open.push(path),
                _ => {
                    project.write(&inside, std::fs::read(&path).unwrap());
                }
            }
        }
    }
}

/// Env files are for their owner alone, unless `modes.txt` says otherwise (`0644 .env`).
fn modes(project: &Project, dir: &Path) {
    let set = |path: &str, mode: u32| {
        std::fs::set_permissions(project.at(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let is_env = |path: &&String| path.ends_with(".env") || name(path).starts_with(".env") && !path.contains("example");
    for path in project.picture().keys().filter(is_env) {
        set(path, 0o600);
    }
    for line in std::fs::read_to_string(dir.join("modes.txt")).unwrap_or_default().lines() {
        let (mode, path) = line.split_once(' ').expect("`0644 path`");
        set(path, u32::from_str_radix(mode, 8).unwrap());
    }
}

/// The marks in the tree, and those of `expect.txt`.
fn expected(project: &Project, dir: &Path) -> BTreeSet<Mark> {
    let mut marks = BTreeSet::new();
    for (path, (_, bytes)) in project.picture() {
        for (number, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            for mark in line.split("expect: ").skip(1) {
                marks.insert((mark.chars().take(5).collect(), path.clone(), number + 1));
            }
        }
    }
    for line in std::fs::read_to_string(dir.join("expect.txt")).unwrap_or_default().lines() {
        let (rule, place) = line.split_once(' ').expect("`FHnnn path:line`");
        let (path, number) = place.rsplit_once(':').expect("`FHnnn path:line`");
        marks.insert((rule.to_owned(), path.to_owned(), number.parse().unwrap()));
    }
    marks
}

fn found(scan: &Scan) -> BTreeSet<Mark> {
    let findings = scan.findings.iter().filter(|finding| finding.key.rule != rules::NOT_JUDGED);
    findings.map(|f| (f.key.rule.to_owned(), f.primary.path.as_str().to_owned(), f.primary.line)).collect()
}

/// The reviewed text of a fix: diffs with values masked, keys, and what is left to a person.
fn reviewed(scan: &Scan, rule: &Rule, draft: &Draft) -> String {
    let mut text = String::new();
    for finding in scan.findings.iter().filter(|finding| finding.key.rule == rule.id) {
        let place = match &finding.primary.place {
            Place::Tree => format!("{}:{}", finding.primary.path, finding.primary.line),
            Place::Commit(_) => format!("{}:{} in history", finding.primary.path, finding.primary.line),
        };
        let _ = writeln!(text, "{} {place} {}", finding.severity.word(), finding.message);
    }
    for remedy in &draft.applied {
        let _ = writeln!(text, "{}: {}", remedy.applicability.word(), remedy.title);
        let _ = writeln!(text, "  {}", remedy.reason);
        for step in &remedy.steps {
            let _ = writeln!(text, "  step: {step}");
        }
    }
    for file in &draft.files {
        let _ = write!(text, "\nmode {:04o}\n{}", file.mode, without_reader(&file.diff));
    }
    for held in &draft.held_back {
        let _ = writeln!(text, "\nheld back: {} ({})\n  {}", held.remedy.title, held.why, held.remedy.reason);
        let _ = writeln!(text, "  now: {}", held.now);
    }
    for conflict in &draft.conflicts {
        let _ = writeln!(text, "\nconflict: {} {}", conflict.path, conflict.reason);
    }
    text
}

/// A diff without the body of the function that reads the env file: its template is reviewed where
/// it stands.
fn without_reader(diff: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for line in diff.split_inclusive('\n') {
        if !inside {
            text.push_str(line);
        }
        inside = (inside || line.trim_end() == "+def _from_env_file(name):") && !line.starts_with("+    return ");
    }
    text
}

/// Rules on what only the user's own state knows; their tests stand with the command.
const OF_RECORDS: &[&str] = &["FH120"];

#[test]
fn every_rule_has_fixtures_of_both_kinds() {
    let mut lacking = Vec::new();
    for rule in rules::all().into_iter().filter(|rule| !OF_RECORDS.contains(&rule.id)) {
        let names: Vec<String> = fixtures(rule).into_iter().map(|fixture| fixture.name).collect();
        for kind in ["bad-", "good-"] {
            if !names.iter().any(|name| name.starts_with(kind)) {
                lacking.push(format!("{} {} has no {kind}* fixture", rule.id, rule.name));
            }
        }
        lacking.extend(names.iter().filter(|n| !n.starts_with("bad-") && !n.starts_with("good-")).cloned());
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

#[test]
fn bad_lines_are_reported_and_nothing_else() {
    let mut wrong = Vec::new();
    for rule in rules::all() {
        for fixture in fixtures(rule) {
            let marked = fixture.expected.iter().any(|(id, ..)| id == rule.id);
            if marked != fixture.name.starts_with("bad-") {
                wrong.push(format!("{}: its name does not fit its marks", fixture.dir.display()));
            }
            let scan = fixture.scan(rule);
            let found = found(&scan);
            for missed in fixture.expected.iter().filter(|(id, ..)| id[..3] == rule.id[..3]) {
                if !found.contains(missed) {
                    wrong.push(format!("{}/{}: not reported: {missed:?}", rule.name, fixture.name));
                }
            }
            for alarm in found.difference(&fixture.expected) {
                let message = scan.findings.iter().find(|f| f.primary.line == alarm.2).map(|f| &f.message);
                wrong.push(format!("{}/{}: false alarm: {alarm:?} {message:?}", rule.name, fixture.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_fix_is_reviewed() {
    for rule in rules::all().into_iter().filter(|rule| rule.remedy.is_some()) {
        for fixture in fixtures(rule).into_iter().filter(|fixture| fixture.name.starts_with("bad-")) {
            let text = reviewed(&fixture.scan(rule), rule, &fixture.draft(rule));
            snapshot::check(&format!("rules/{}", rule.name), &fixture.name, &text);
        }
    }
}

#[test]
fn good_trees_are_left_alone() {
    for rule in rules::all().into_iter().filter(|rule| rule.remedy.is_some()) {
        for fixture in fixtures(rule).into_iter().filter(|fixture| fixture.name.starts_with("good-")) {
            let draft = fixture.draft(rule);
            let titles: Vec<&str> = draft.applied.iter().map(|remedy| remedy.title.as_str()).collect();
            assert!(draft.is_empty(), "{}: {titles:?}", fixture.dir.display());
        }
    }
}

#[test]
fn fixes_are_written_once_and_taken_back_whole() {
    for rule in rules::all().into_iter().filter(|rule| rule.remedy.is_some()) {
        for fixture in fixtures(rule).into_iter().filter(|fixture| fixture.name.starts_with("bad-")) {
            round_trip(rule, &fixture);
        }
    }
}

fn round_trip(rule: &Rule, fixture: &Fixture) {
    let place = fixture.dir.display();
    let (program, project) = (Program::new(), &fixture.project);
    let draft = fixture.draft(rule);
    let before = project.picture();
    let args = ["--apply", "--select", rule.id, "--no-config"];
    program.run(project.path(), &args).exits(0);
    let after = project.picture();
    assert_eq!(before == after, draft.is_empty(), "{place}: the draft and the tree differ");
    for (path, (_, bytes)) in after.iter().filter(|(path, _)| path.ends_with(".py")) {
        let text = String::from_utf8_lossy(bytes);
        let was_valid =
            before.get(path).is_none_or(|(_, old)| python::is_strictly_valid(&String::from_utf8_lossy(old)));
        assert!(!was_valid || python::is_strictly_valid(&text), "{place}: {path} does not parse any more");
    }
    // What a fix speaks of is gone; what is left was held back, or has no fix.
    let left: Vec<String> = engine::scan(&fixture.request(rule, true))
        .unwrap()
        .findings
        .iter()
        .map(|finding| finding.key.to_string())
        .collect();
    for remedy in &draft.applied {
        let again: Vec<String> =
            remedy.findings.iter().map(ToString::to_string).filter(|key| left.contains(key)).collect();
        assert!(again.is_empty(), "{place}: still found after the fix: {again:?}");
    }
    program.run(project.path(), &args).exits(0);
    assert_eq!(project.picture(), after, "{place}: a second run changed something");
    if !draft.is_empty() {
        program.run(project.path(), &["undo"]).exits(0);
        taken_back(&before, project, &place.to_string());
    }
}

/// Every file is as it was; only a file that holds a new key stays.
fn taken_back(before: &BTreeMap<String, (u32, Vec<u8>)>, project: &Project, place: &str) {
    let now = project.picture();
    for (path, old) in before {
        if Path::new(path).file_name().is_some_and(|name| name == ".env") {
            continue;
        }
        assert!(now.get(path) == Some(old), "{place}: {path} was not given back");
    }
    let new: Vec<&String> = now.keys().filter(|path| !before.contains_key(*path) && !path.ends_with(".env")).collect();
    assert!(new.is_empty(), "{place}: left after undo: {new:?}");
}
