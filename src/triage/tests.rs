use super::*;
use crate::finding::Threat;
use crate::options::{Flags, Known, SettingsText, resolve};
use crate::text::{Location, Span};

const TODAY: Date = Date { year: 2026, month: 5, day: 1 };

fn options(flags: &Flags, text: &str) -> Options {
    let known = Known { stores: &["env-file"], formats: &["text"], rules: &["FH101", "FH203", "FH401"] };
    resolve(flags, &|_| None, &[SettingsText { name: ".flask-harden.toml", text }], &known).unwrap()
}

fn plain() -> Options {
    options(&Flags::default(), "")
}

fn sources(files: &[(&str, &str)]) -> BTreeMap<RepoPath, SourceFile> {
    let file = |(path, text): &(&str, &str)| {
        let path = RepoPath::new(path).unwrap();
        (path.clone(), SourceFile::new(path, (*text).to_owned(), 0o644))
    };
    files.iter().map(file).collect()
}

fn finding(rule: &'static str, path: &str, line: usize) -> Finding {
    let mut place = Location::whole(RepoPath::new(path).unwrap());
    place.line = line;
    place.span = Span::at(0);
    Finding::new(rule, Threat::SessionCookies, Severity::Medium, place, "SETTING", "message")
}

fn reasons(judged: &Judged) -> Vec<&str> {
    judged.set_aside.iter().map(|aside| aside.reason.as_str()).collect()
}

fn messages(judged: &Judged) -> Vec<String> {
    let show = |notice: &Notice| match (&notice.path, notice.line) {
        (Some(path), Some(line)) => format!("{path}:{line}: {}", notice.message),
        _ => notice.message.clone(),
    };
    judged.notices.iter().map(show).collect()
}

#[test]
fn a_comment_counts_on_its_line_and_alone_above() {
    let text = "a  # flask-harden: ignore[FH203] same line\nb\n# flask-harden: ignore[FH2] above\nc\n";
    let files = sources(&[("app.py", text)]);
    let findings = vec![
        finding("FH203", "app.py", 1),
        finding("FH203", "app.py", 2),
        finding("FH203", "app.py", 4),
        finding("FH101", "app.py", 4),
    ];
    let judged = triage(findings, files.values(), &plain(), None, TODAY);
    assert_eq!(reasons(&judged), ["same line (app.py:1)", "above (app.py:3)"]);
    assert_eq!(judged.findings.iter().map(|f| f.primary.line).collect::<Vec<_>>(), [2, 4]);
    assert!(judged.notices.is_empty());
}

#[test]
fn comments_that_do_nothing_are_reported() {
    let text = "# flask-harden: ignore[FH203]\na\n# flask-harden: ignore[FH101] old\nb\n";
    let files = sources(&[("app.py", text), ("README.md", "# flask-harden: ignore[FH203] example\n")]);
    let judged = triage(vec![finding("FH203", "app.py", 2)], files.values(), &plain(), None, TODAY);
    assert_eq!(judged.findings.len(), 1);
    assert_eq!(
        messages(&judged),
        [
            "app.py:1: this ignore of FH203 has no reason behind it, so it does not count",
            "app.py:3: this ignore of FH101 matches nothing",
        ]
    );
    assert!(judged.notices.iter().all(|notice| !notice.gap));
}

#[test]
fn history_is_not_ignored_by_a_line_of_the_tree() {
    let files = sources(&[("app.py", "a  # flask-harden: ignore[FH101] x\n")]);
    let mut old = finding("FH101", "app.py", 1);
    old.primary.place = Place::Commit("4be1c07".to_owned());
    assert_eq!(triage(vec![old], files.values(), &plain(), None, TODAY).findings.len(), 1);
}

#[test]
fn entries_of_the_settings() {
    let text = "[[ignore]]\nrule = \"FH203\"\npath = \"demo/*\"\nreason = \"static demo\"\nuntil = 2026-05-01\n\
                [[ignore]]\nrule = \"FH101\"\nreason = \"moving\"\nuntil = 2026-04-30\n\
                [[ignore]]\nrule = \"FH401\"\npath = \"gone.py\"\nreason = \"x\"\n";
    let findings = vec![
        finding("FH203", "demo/app.py", 1),
        finding("FH203", "app.py", 1),
        finding("FH101", "app.py", 3),
        finding("FH401", "app.py", 9),
    ];
    let judged = triage(findings, sources(&[]).values(), &options(&Flags::default(), text), None, TODAY);
    assert_eq!(reasons(&judged), ["static demo (.flask-harden.toml:1)"]);
    assert_eq!(judged.findings[1].how_we_know, ["ignored until 2026-04-30 (.flask-harden.toml:6), which is past"]);
    assert_eq!(messages(&judged), [".flask-harden.toml:10: the ignore of FH401 in gone.py matches nothing"]);
}

#[test]
fn rule_lists() {
    let flags = Flags { select: vec!["FH2".into(), "FH101".into()], ignore: vec!["FH203".into()], ..Flags::default() };
    let findings = vec![finding("FH203", "a.py", 1), finding("FH101", "a.py", 1), finding("FH401", "a.py", 1)];
    let judged = triage(findings, sources(&[]).values(), &options(&flags, ""), None, TODAY);
    assert_eq!(reasons(&judged), ["left out (--ignore)", "not selected (--select)"]);
    assert_eq!(judged.findings[0].key.rule, "FH101");
}

#[test]
fn the_baseline_goes_by_keys_and_comes_back_the_same() {
    let mut old = finding("FH101", "a.py", 1);
    old.key.commit = Some("4be1c07".to_owned());
    let known = [finding("FH203", "b.py", 7), old, finding("FH203", "b.py", 8), finding("FH401", "c.py", 1)];
    let text = Baseline::of(&known).write();
    let baseline = Baseline::read(&text).unwrap();
    assert_eq!(baseline.write(), text);
    assert_eq!(text.matches("\"rule\"").count(), 3);
    let now = vec![finding("FH203", "b.py", 99), finding("FH101", "a.py", 1)];
    let judged = triage(now, sources(&[]).values(), &plain(), Some(&baseline), TODAY);
    assert_eq!(reasons(&judged), ["in the baseline"]);
    assert_eq!(judged.findings[0].key.rule, "FH101");
    assert_eq!(messages(&judged), ["2 of the baseline no longer found; --write-baseline writes it anew"]);
}

#[test]
fn other_texts_are_no_baselines() {
    assert_eq!(Baseline::read("{\n\"x\": }"), Err(BaselineError::NotABaseline { line: 2 }));
    assert_eq!(Baseline::read("{\"version\": 2, \"rules\": []}"), Err(BaselineError::Version(2)));
    assert!(Baseline::read("{\"version\": 1, \"findings\": [{\"rule\": \"FH1\"}]}").is_err());
}

#[test]
fn the_threshold() {
    let found = [finding("FH203", "a.py", 1)];
    assert!(fails(&found, FailOn::Medium) && fails(&found, FailOn::Low));
    assert!(!fails(&found, FailOn::High) && !fails(&found, FailOn::Live) && !fails(&found, FailOn::None));
    assert!(!fails(&[], FailOn::Low));
}
