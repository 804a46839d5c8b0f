//! Leaked credentials through the whole scan: every provider's examples and counter-examples,
//! filled in when the test runs; what is never printed; what git ignores.

use std::collections::BTreeMap;

use flask_harden::engine::{self, Request, Scan, SettingsFile};
use flask_harden::facts::patterns;
use flask_harden::finding::{Finding, Severity};
use flask_harden::options::Flags;
use flask_harden::report;

use crate::support::{Program, Project, tokens::fill};

const APP: &str = "from flask import Flask\n\napp = Flask(__name__)\n";

fn scan(project: &Project) -> Scan {
    let request = Request {
        root: project.path().to_owned(),
        commits: None,
        settings: SettingsFile::None,
        flags: Flags { select: vec!["FH7".to_owned()], ..Flags::default() },
        formats: report::FORMATS.iter().map(|format| format.name).collect(),
        baseline: None,
        reveal: false,
    };
    engine::scan(&request).unwrap()
}

/// Rule and symbol of the findings of each file.
fn by_path(scan: &Scan) -> BTreeMap<String, Vec<(&'static str, String)>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for finding in &scan.findings {
        let symbol = finding.key.symbol.clone();
        found.entry(finding.key.path.clone()).or_default().push((finding.key.rule, symbol));
    }
    found
}

fn at<'s>(scan: &'s Scan, path: &str) -> Vec<&'s Finding> {
    scan.findings.iter().filter(|finding| finding.key.path == path).collect()
}

#[test]
fn every_example_is_found_as_its_own_provider_and_nothing_else() {
    let project = Project::new();
    project.write("app.py", APP);
    let mut expected = BTreeMap::new();
    for provider in patterns::all() {
        for (number, shape) in provider.examples.iter().enumerate() {
            let path = format!("config/{}-{number}.txt", provider.name);
            project.write(&path, format!("first line\n{}\nlast line\n", fill(shape)));
            expected.insert(path, vec![("FH701", provider.name.to_owned())]);
        }
    }
    let found = by_path(&scan(&project));
    let wrong: Vec<String> = expected
        .iter()
        .filter(|(path, expected)| found.get(*path) != Some(*expected))
        .map(|(path, expected)| format!("{path}: expected {expected:?}, found {:?}", found.get(path)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(found.len(), expected.len());
}

#[test]
fn no_counter_example_is_found() {
    let project = Project::new();
    project.write("app.py", APP);
    for provider in patterns::all() {
        for (number, shape) in provider.counter_examples.iter().enumerate() {
            project.write(&format!("config/{}-{number}.txt", provider.name), format!("{}\n", fill(shape)));
        }
    }
    let scan = scan(&project);
    let found: Vec<_> = scan.findings.iter().filter(|found| found.key.rule == "FH701").collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_two_providers_take_one_token() {
    for provider in patterns::all() {
        for shape in provider.examples {
            let text = fill(shape);
            let names: Vec<&str> = patterns::find(&text).iter().map(|found| found.provider.name).collect();
            assert_eq!(names, [provider.name], "{shape}");
        }
    }
}

#[test]
fn examples_in_code_are_found_too() {
    let project = Project::new();
    let token = fill("{ghp}");
    project.write("app.py", format!("{APP}GITHUB_TOKEN = '{token}'\n"));
    project.write("notes.ipynb", format!("{{\"cells\": [{{\"source\": [\"a = 1\\n{token}\\n\"]}}]}}\n"));
    project.write("web/page.js", format!("const token = \"{token}\";\n"));
    project.write("README", format!("curl -H 'Authorization: token {token}'\n"));
    let scan = scan(&project);
    for path in ["app.py", "notes.ipynb", "web/page.js", "README"] {
        let found = at(&scan, path);
        assert_eq!(found.len(), 1, "{path}");
        // Its checksum is right, so it counts wherever it stands.
        assert_eq!((found[0].key.rule, found[0].severity), ("FH701", Severity::High), "{path}");
    }
}

#[test]
fn tests_documentation_sandboxes_and_wrong_checksums_are_low() {
    let project = Project::new();
    project.write("app.py", APP);
    for (path, shape) in [
        ("tests/test_app.py", "KEY = 'SG.{u:22}.{u:42}k'\n"),
        ("docs/setup.md", "SG.{u:22}.{u:42}k\n"),
        ("examples/app.py", "KEY = 'SG.{u:22}.{u:42}k'\n"),
        ("pay.txt", "sk_test_{w:24}\n"),
        ("old.txt", "ghp_{w:35}0\n"),
        ("aws.txt", "AKIA{2:9}EXAMPLE\n"),
    ] {
        project.write(path, fill(shape));
    }
    let scan = scan(&project);
    for path in ["tests/test_app.py", "docs/setup.md", "examples/app.py", "pay.txt", "old.txt", "aws.txt"] {
        let found = at(&scan, path);
        assert_eq!(found.len(), 1, "{path}");
        assert_eq!(found[0].severity, Severity::Low, "{path}");
        assert!(found[0].how_we_know.iter().any(|line| line.starts_with("in doubt: ")), "{path}");
    }
}

#[test]
fn an_aws_id_beside_its_secret_is_worse_than_alone() {
    let project = Project::new();
    project.write("app.py", APP);
    project.write("both.txt", fill("aws_access_key_id = AKIA{2:16}\naws_secret_access_key = {w:36}9Aa/\n"));
    project.write("alone.txt", fill("aws_access_key_id = AKIA{2:16}\n"));
    let scan = scan(&project);
    let severity = |path| at(&scan, path).iter().map(|found| found.severity).max();
    assert_eq!(severity("both.txt"), Some(Severity::High));
    assert_eq!(severity("alone.txt"), Some(Severity::Medium));
}

#[test]
fn private_keys_are_found_in_every_form() {
    let project = Project::new();
    project.write("app.py", APP);
    let pem =
        |label: &str| fill(&format!("-----BEGIN {label}-----\n{{b:64}}\n{{b:64}}\n{{b:60}}\n-----END {label}-----\n"));
    project.write("certs/server.key", pem("PRIVATE KEY"));
    project.write("deploy_key", pem("OPENSSH PRIVATE KEY"));
    project.write("certs/locked.pem", pem("ENCRYPTED PRIVATE KEY"));
    project.write("certs/server.crt", pem("CERTIFICATE"));
    let inline = pem("RSA PRIVATE KEY").replace('\n', "\\n");
    project.write("config.json", format!("{{\"key\": \"{inline}\"}}\n"));
    project.write("tests/certs/server.key", pem("EC PRIVATE KEY"));
    let scan = scan(&project);
    let found: Vec<_> = scan.findings.iter().map(|f| (f.key.path.as_str(), f.key.rule, f.severity)).collect();
    assert_eq!(
        found,
        [
            ("certs/server.key", "FH702", Severity::High),
            ("config.json", "FH702", Severity::High),
            ("deploy_key", "FH702", Severity::High),
            ("certs/locked.pem", "FH702", Severity::Low),
            ("tests/certs/server.key", "FH702", Severity::Low),
        ]
    );
}

#[test]
fn what_git_ignores_is_where_credentials_belong() {
    let mut project = Project::with_git();
    let text = fill("STRIPE_KEY=sk_live_{w:24}\nDB_PASSWORD={w:18}9kA\n");
    project.write("app.py", APP).write(".gitignore", ".env\n/instance/\n").write(".env", &text);
    project.write("instance/config.ini", &text);
    project.commit("first");
    assert!(scan(&project).findings.is_empty());
    project.write("settings.ini", &text);
    assert_eq!(at(&scan(&project), "settings.ini").len(), 2);
}

#[test]
fn tokens_of_history_are_found_and_graded() {
    let mut project = Project::with_git();
    let (gone, used, kept) = (fill("SG.{u:22}.{u:42}k"), fill("glpat-{u:19}k"), fill("xkeysib-{x:64}-{w:16}"));
    project.write("app.py", APP).write(".gitignore", ".env\n");
    project.write("config.ini", format!("a = {gone}\nb = {used}\nc = {kept}\n"));
    let first = project.commit("first");
    project.write("config.ini", format!("c = {kept}\n")).write(".env", format!("GITLAB_TOKEN={used}\n"));
    project.commit("second");
    let scan = scan(&project);
    let found: Vec<_> =
        scan.findings.iter().map(|f| (f.key.rule, f.key.path.as_str(), f.key.symbol.as_str(), f.severity)).collect();
    assert_eq!(
        found,
        [
            ("FH707", ".env", "gitlab-personal-token", Severity::Live),
            ("FH701", "config.ini", "brevo-key", Severity::High),
            ("FH707", "config.ini", "sendgrid-key", Severity::High),
        ]
    );
    assert_eq!(scan.findings[2].key.commit.as_deref(), Some(first.as_str()));
    assert!(scan.findings[1].how_we_know.iter().any(|line| line.starts_with("history: ")));
}

#[test]
fn no_credential_is_printed() {
    let mut project = Project::with_git();
    let mut values = Vec::new();
    let mut plant = |shape: &str| {
        let value = fill(shape);
        values.push(value.clone());
        value
    };
    let old = plant("SG.{u:22}.{u:42}k");
    project.write("app.py", format!("{APP}KEY = '{old}'\n"));
    project.commit("first");
    let body = [plant("{b:64}"), plant("{b:64}")].join("\n");
    let (token, word, url) = (plant("{ghp}"), plant("{w:20}9kA"), plant("{w:20}9kA"));
    let login = plant("Zq7!{w:14}");
    project.write(
        "app.py",
        format!(
            "{APP}app.secret_key = 'x'\nTOKEN = '{token}'\nMAIL_PASSWORD = '{word}'\nURI = 'mysql://u:{url}@db.shop.io/x'\n\
             server.login('me@shop.io', '{login}')\nif password == '{word}':\n    pass\n"
        ),
    );
    project.write("page.js", format!("var a = 1; var token = \"{token}\"; var b = \"{url}\";\n"));
    project.write("key.pem", format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"));
    project.write("conf.json", format!("{{\"password\": \"{word}\", \"url\": \"redis://:{url}@cache:1/0\"}}\n"));
    project.write("docker-compose.yml", format!("services:\n  db:\n    environment:\n      - DB_PASSWORD={word}\n"));
    project.write("prod.env", format!("DB_PASSWORD={word}\nTOKEN={token}\n"));
    project.commit("second");
    let program = Program::new();
    for args in [
        &["scan", "-v"][..],
        &["scan", "--format", "json", "-v"],
        &["--diff", "-v"],
        &["explain", "MAIL_PASSWORD"],
        &["--apply", "-v"],
    ] {
        let run = program.run(project.path(), args);
        assert!(args[0] != "scan" || run.stdout.contains("FH70"), "{}", run.stdout);
        for value in &values {
            for piece in value.as_bytes().windows(12) {
                let piece = std::str::from_utf8(piece).unwrap();
                assert!(!run.stdout.contains(piece), "{args:?} prints a piece of {value}");
                assert!(!run.stderr.contains(piece), "{args:?} prints a piece of {value} to stderr");
            }
        }
    }
}

#[test]
fn the_list_of_providers_is_in_the_documentation() {
    let mut table = String::from(
        "# Tokens that are known\n\nWhat FH701 and FH707 tell by its form, or by the name it is given, and where it is \
         revoked. `flask-harden explain FH701` prints the same list.\n\n| name | token | revoke at |\n|---|---|---|\n",
    );
    for provider in patterns::all() {
        table.push_str(&format!("| `{}` | {} | <{}> |\n", provider.name, provider.title, provider.revoke));
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/providers.md");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        std::fs::write(&path, &table).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == table,
        "docs/providers.md is not the table of src/facts/patterns: INSTA_UPDATE=always writes it"
    );
}
