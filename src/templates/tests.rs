use std::path::Path;

use super::*;

fn samples(template: &Template) -> Vec<String> {
    let defaults = [
        DefaultVariable { name: "SESSION_COOKIE_SECURE", value: "true", why: "Cookies only over https." },
        DefaultVariable { name: "FLASK_CONFIG", value: "pro\"d\\é\n", why: "The app's production settings." },
    ];
    let confs = [
        GunicornConf { defaults: &defaults, stop_without: Some("APP_SECRET") },
        GunicornConf { defaults: &[], stop_without: None },
    ];
    match template.path {
        "gunicorn/new.conf.py.tmpl" => confs.iter().map(|conf| conf.new_file(2, 4).unwrap()).collect(),
        "gunicorn/added.conf.py.tmpl" => confs.iter().map(|conf| conf.added_file().unwrap()).collect(),
        "store/env_file.py.tmpl" => {
            [true, false].map(|import| env_file_reader("_from_env_file", "../.env", import).unwrap()).into()
        }
        path if path.starts_with("deploy/") => {
            let keys = ["SECRET_KEY".to_owned(), "JWT_SECRET_KEY".to_owned()];
            let ways = [2, 1, 0].map(|in_files| Deployment {
                app: "shop",
                unit: "shop@1.service",
                keys: &keys,
                file_keys: &keys[..in_files],
                vault_path: "secret/data/flask-harden/shop/web",
                vault_address: (in_files > 0).then_some("https://vault.example.org:8200"),
            });
            let render = match path {
                "deploy/systemd.conf.tmpl" => Deployment::systemd,
                "deploy/compose.yml.tmpl" => Deployment::compose,
                "deploy/kubernetes.yml.tmpl" => Deployment::kubernetes,
                "deploy/vault-agent.hcl.tmpl" => Deployment::vault_agent,
                _ => Deployment::environment,
            };
            ways.iter().map(|way| render(way).unwrap()).collect()
        }
        _ => vec![template.render(&[]).unwrap()],
    }
}

fn files_below(dir: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name);
        }
    }
}

#[test]
fn every_file_is_embedded_and_parses() {
    let mut files = BTreeSet::new();
    files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), "", &mut files);
    assert_eq!(files, ALL.iter().map(|template| template.path.to_owned()).collect());
    for template in ALL {
        for text in samples(template) {
            assert!(!text.contains("{{") && text.ends_with('\n') && !text.contains("\n\n\n\n"), "{text}");
            assert!(text.lines().all(|line| line == line.trim_end() && line.len() <= 100), "{text}");
            if template.path.contains(".py") {
                assert!(ruff_python_parser::parse_module(&text).is_ok(), "{text}");
            }
        }
    }
}

/// Old apps run on Python 2.7: what goes into them must compile and find its file there, too.
#[test]
fn what_is_added_to_an_app_also_runs_on_python_2() {
    for text in samples(&ENV_FILE_READER) {
        assert!(text.is_ascii(), "no coding line is added");
        assert!(!text.contains("print("), "a keyword of print() is no syntax there: {text}");
        assert!(text.matches("open(").count() == text.matches("io.open(").count(), "{text}");
        // What a missing file raises there is no OSError.
        assert!(text.contains("except (EnvironmentError,"), "{text}");
        for word in ["f\"", ": str", " -> ", "nonlocal", "async "] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}

#[test]
fn blocks_are_written_or_left_out() {
    let [full, bare] = samples(&GUNICORN_ADDED).try_into().unwrap();
    assert!(full.contains(
        "import sys\nimport time\n\n# Cookies only over https.\nos.environ.setdefault(\"SESSION_COOKIE_SECURE\", \"true\")\n"
    ));
    assert!(full.contains("os.environ.setdefault(\"FLASK_CONFIG\", \"pro\\\"d\\\\\\xe9\\n\")"));
    assert!(full.contains("\"APP_SECRET is not set: run `flask-harden onboard`, \""));
    assert!(
        !bare.contains("import sys")
            && !bare.contains("import time")
            && !bare.contains("setdefault")
            && !bare.contains("def ")
    );
    for word in ["workers =", "worker_class =", "preload_app =", "threads =", "bind =", "max_requests ="] {
        assert!(!full.contains(word), "{word}");
    }
    assert!(samples(&GUNICORN_NEW)[0].contains("WEB_CONCURRENCY\") or 2)\n"));
    assert_eq!(GITIGNORE.lines().next(), Some(".env"));
}

#[test]
fn the_reader_is_short_and_needs_nothing_else() {
    let [with, without] = samples(&ENV_FILE_READER).try_into().unwrap();
    assert!(with.contains("    import os\n") && !without.contains("import os"));
    assert!(with.contains("\"../.env\"") && with.lines().count() <= 27);
}

#[test]
fn wrong_values_are_errors() {
    let path = ENV_FILE_READER.path;
    let shape = |name: &str| Err(TemplateError::Shape { path, name: name.to_owned() });
    assert_eq!(env_file_reader("f(x", ".env", true), shape("function"));
    for bad in ["", "/etc/x", "a\\b", "C:x"] {
        assert_eq!(env_file_reader("f", bad, true), shape("path"));
    }
    assert_eq!(
        ENV_FILE_READER.render(&[("function", Value::Identifier("f"))]),
        Err(TemplateError::Missing { path, name: "import_os".to_owned() })
    );
    assert_eq!(
        GITIGNORE.render(&[("x", Value::Integer(1))]),
        Err(TemplateError::Unused { path: GITIGNORE.path, name: "x".to_owned() })
    );
    let defaults = [DefaultVariable { name: "A", value: "b", why: "two\nlines" }];
    assert!(GunicornConf { defaults: &defaults, stop_without: None }.added_file().is_err());
    assert!(GunicornConf { defaults: &[], stop_without: Some("A\"") }.added_file().is_err());
}
