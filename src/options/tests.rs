use super::*;

const KNOWN: Known<'_> =
    Known { stores: &["env-file", "none"], formats: &["text", "json"], rules: &["FH101", "FH102", "FH203", "FH401"] };

fn nothing(_: &str) -> Option<String> {
    None
}

fn own(text: &str) -> Result<Options, OptionsError> {
    resolve(&Flags::default(), &nothing, &[SettingsText { name: ".flask-harden.toml", text }], &KNOWN)
}

fn at(line: usize) -> Source {
    Source::File { name: ".flask-harden.toml".to_owned(), line }
}

#[test]
fn the_example_of_the_manual() {
    let text = r#"
[tool.black]
line-length = 88

[tool.flask-harden]
app = "shop:create_app"            # when detection is not enough
targets.prod = { start = "gunicorn -c gunicorn.conf.py wsgi:app", https = true, proxies = 1 }
targets.dev  = { start = "flask run", https = false }
fail-on = "high"
store = "env-file"
[[tool.flask-harden.ignore]]
rule = "FH203"
path = "demo/*"
reason = "static demo, no login"
until = 2027-03-01
"#;
    let files = [SettingsText { name: "pyproject.toml", text }];
    let options = resolve(&Flags::default(), &nothing, &files, &KNOWN).unwrap();
    let line = |line| Source::File { name: "pyproject.toml".to_owned(), line };
    assert_eq!(options.app, Some(Sourced::new("shop:create_app".to_owned(), line(6))));
    assert_eq!(options.fail_on, Sourced::new(FailOn::High, line(9)));
    assert_eq!(options.store, Sourced::new("env-file".to_owned(), line(10)));
    let prod = &options.targets["prod"];
    assert_eq!((prod.https, prod.proxies, &prod.source), (Some(true), Some(1), &line(7)));
    assert_eq!(options.targets["dev"].start.as_deref(), Some("flask run"));
    assert_eq!(options.ignores[0].until, Some(Date { year: 2027, month: 3, day: 1 }));
    assert_eq!((options.ignores[0].path.as_deref(), &options.ignores[0].source), (Some("demo/*"), &line(11)));
}

#[test]
fn the_first_that_has_a_value_wins() {
    let flags = Flags { store: Some("none".to_owned()), select: vec!["FH1".to_owned()], ..Flags::default() };
    let environment = |name: &str| match name {
        "FLASKHARDEN_STORE" => Some("env-file".to_owned()),
        "FLASKHARDEN_FORMAT" => Some("json".to_owned()),
        "FLASKHARDEN_TARGET" => Some(String::new()),
        "FLASKHARDEN_NO_TUI" => Some("1".to_owned()),
        _ => None,
    };
    let files = [
        SettingsText {
            name: ".flask-harden.toml",
            text: "fail-on = \"low\"\nselect = [\"FH401\"]\ntarget = \"prod\"\n",
        },
        SettingsText { name: "pyproject.toml", text: "[tool.flask-harden]\nfail-on = \"live\"\napp = \"a:b\"\n" },
    ];
    let options = resolve(&flags, &environment, &files, &KNOWN).unwrap();
    assert_eq!(options.store, Sourced::new("none".to_owned(), Source::Flag("--store")));
    assert_eq!(options.format, Sourced::new("json".to_owned(), Source::Environment("FLASKHARDEN_FORMAT")));
    assert_eq!(options.fail_on, Sourced::new(FailOn::Low, at(1)));
    assert_eq!(options.select.map(|list| list.value), Some(vec!["FH1".to_owned()]));
    assert_eq!(options.target, Some(Sourced::new("prod".to_owned(), at(3))));
    assert_eq!(options.app.map(|app| app.source.to_string()), Some("pyproject.toml:3".to_owned()));
    assert!(options.no_tui.value);
}

#[test]
fn defaults() {
    let options = resolve(&Flags::default(), &nothing, &[], &KNOWN).unwrap();
    assert_eq!(options.store, Sourced::new("auto".to_owned(), Source::Default));
    assert_eq!(options.fail_on.value, FailOn::Medium);
    assert!(options.app.is_none() && options.ignores.is_empty() && !options.no_tui.value);
}

#[test]
fn errors_name_file_and_line_and_no_value() {
    for (text, line, problem) in [
        ("\nfail_on = \"high\"", 2, "there is no setting `fail_on`"),
        ("fail-on = \"hihg\"", 1, "`fail-on` is no known severity"),
        ("\n\nstore = \"hvs.token\"", 3, "this is no store that is known"),
        ("store = 3", 1, "`store` takes a line of text in quotes"),
        ("app = \"a\\u001b[2J\"", 1, "`app` takes a line of text in quotes"),
        ("\nselect = [\"FH101\",\n  \"FH999\"]", 3, "no rule is called `FH999`"),
        ("ignore = [\"FH1\", {rule = \"FH203\"}]", 1, "this ignore has no `reason`"),
        ("[[ignore]]\nreason = \"x\"", 1, "this ignore has no `rule`"),
        ("[[ignore]]\nrule = \"FH1\"\nreason = \"x\"\nuntil = \"2027-01-01\"", 4, "`until` is no date"),
        ("[[ignore]]\nrule = \"FH1\"\nreason = \"x\"\npaths = \"y\"", 4, "there is no setting `paths`"),
        ("targets.prod = {strat = \"x\"}", 1, "there is no setting `strat`"),
        ("[targets.prod]\nhttps = \"yes\"", 2, "`https` takes true or false"),
        ("[targets.prod]\nproxies = -1", 2, "`proxies` takes a number from 0"),
        ("\nprove = true", 2, "`prove` cannot be set by a project"),
        ("vault-addr = \"https://evil.example\"", 1, "`vault-addr` cannot be set by a project"),
    ] {
        let error = own(text).unwrap_err();
        assert_eq!((error.at.clone(), error.problem.as_str()), (at(line), problem), "{text}");
        assert!(!format!("{error:?}").contains("hvs") && !error.now.is_empty());
    }
    let broken = own("app = \"a\"\nb = = 1\n").unwrap_err();
    assert_eq!(broken.at, at(2));
    assert!(broken.problem.starts_with("this is not TOML: "), "{broken}");
}

#[test]
fn a_pyproject_that_does_not_speak_of_us_may_be_anything() {
    let broken = [SettingsText { name: "pyproject.toml", text: "= = broken" }];
    assert!(resolve(&Flags::default(), &nothing, &broken, &KNOWN).is_ok());
    let other = [SettingsText { name: "pyproject.toml", text: "[project]\nkeywords = [\"flask-harden\"]\n" }];
    assert!(resolve(&Flags::default(), &nothing, &other, &KNOWN).is_ok());
    let wrong = [SettingsText { name: "pyproject.toml", text: "[tool]\nflask-harden = 1\n" }];
    assert!(resolve(&Flags::default(), &nothing, &wrong, &KNOWN).is_err());
}

#[test]
fn flags_and_variables_are_checked_too() {
    let flags = Flags { ignore: vec!["FH9".to_owned()], ..Flags::default() };
    assert_eq!(resolve(&flags, &nothing, &[], &KNOWN).unwrap_err().at, Source::Flag("--ignore"));
    let environment = |name: &str| (name == "FLASKHARDEN_STORE").then(|| "x".to_owned());
    let error = resolve(&Flags::default(), &environment, &[], &KNOWN).unwrap_err();
    assert_eq!(error.at, Source::Environment("FLASKHARDEN_STORE"));
    assert_eq!(config_of_environment(&|_| Some(String::new())), None);
}

#[test]
fn groups_cover_their_rules() {
    assert!(covers("FH2", "FH203") && covers("FH203", "FH203"));
    assert!(!covers("FH20", "FH203") && !covers("FH", "FH203") && !covers("FH1", "FH203") && !covers("", "FH203"));
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let text = format!("app = {}", "[".repeat(100_000));
    assert!(own(&text).is_err());
    let dotted = format!("{}a = 1", "a.".repeat(100_000));
    assert!(own(&dotted).is_err());
}
