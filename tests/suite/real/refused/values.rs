//! Values that no variable takes, and values that are there already: what is typed, and what the
//! other side put into the store.

use std::io::Write as _;
use std::process::{Output, Stdio};

use super::super::kept::Kept;
use super::super::stores::app;
use super::bed::row;
use crate::support::{Program, Project};

const SERVICE: &str = "flask-harden/shop/web";

fn fed(program: &Program, project: &Project, args: &[&str], input: &[u8]) -> Output {
    let mut command = program.command(project.path(), args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[track_caller]
fn says(output: &Output, code: i32, words: [&str; 2], at: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{at}\n{stderr}");
    let line = |head: &str| stderr.lines().find_map(|line| line.strip_prefix(head)).unwrap_or_default().to_owned();
    let (what, why, now) = (line("error: "), line("  why: "), line("  now: "));
    assert!(format!("{what} {why}").contains(words[0]) && now.contains(words[1]), "{at}\n{stderr}");
    assert!(stderr.contains("Nothing was written."), "{at}\n{stderr}");
    row(&format!("{at} | {code} | {what} | {why} | {now}"));
}

/// What is typed, with the words of the refusal and of the next step.
fn typed() -> Vec<(&'static str, Vec<u8>, [&'static str; 2])> {
    vec![
        ("several lines", b"first-line-of-it\nsecond-line\n".to_vec(), ["several lines", "base64 -w0"]),
        ("a carriage return", b"first-line-of-it\rsecond\n".to_vec(), ["several lines", "base64 -w0"]),
        ("a zero byte", b"before-the-zero\0after\n".to_vec(), ["zero byte", "base64 -w0"]),
        ("no UTF-8", b"latin-one-\xe9\xff-text\n".to_vec(), ["not UTF-8", "base64 -w0"]),
        ("nothing", b"".to_vec(), ["there is no value", "--from-file key.txt"]),
        ("one line end", b"\n".to_vec(), ["there is no value", "--from-file key.txt"]),
        ("too long", vec![b'k'; 70_000], ["too long", "as a secret of its host"]),
        ("far too long", vec![b'k'; 3_000_000], ["too long", "as a secret of its host"]),
    ]
}

#[test]
fn what_is_typed_and_no_variable_takes() {
    let check = |program: &Program, store: &str| {
        let project = app();
        project.write(".gitignore", ".env\n");
        let before = project.picture();
        for (name, value, words) in typed() {
            let output = fed(program, &project, &["store", "set", "SECRET_KEY", "--store", store], &value);
            says(&output, 2, words, &format!("{store} | {name} | set"));
            let piece = String::from_utf8_lossy(&value[..value.len().min(12)]).into_owned();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(piece.trim().is_empty() || !stderr.contains(piece.trim()), "{store} {name}: {stderr}");
        }
        assert!(project.picture() == before, "{store}: the tree was changed");
    };
    check(&Program::new(), "env-file");
    Kept::each(|kept| {
        let before = kept.everything();
        check(kept.program(), kept.name);
        assert_eq!(kept.everything(), before, "{}", kept.name);
    });
}

#[test]
fn what_is_stored_and_no_variable_takes() {
    Kept::each(|kept| {
        // Name, Python expression, words; what a server or client itself refuses to hold is left out.
        let mut values =
            vec![("ZERO", "'a' * 20 + '\\0' + 'b' * 20", ["holds a zero byte", "store set ZERO --replace"])];
        match kept.name {
            "vault" => values.extend([
                ("EMPTY", "''", ["is empty", "store set EMPTY --replace"]),
                ("HUGE", "'k' * 100000", ["longer than 64 KiB", "store set HUGE --replace"]),
                ("NUMBER", "7", ["it is no text", "vault kv patch secret/flask-harden/shop/web NUMBER=-"]),
            ]),
            "aws" => values.extend([(
                "BINARY",
                "b'\\xff\\x00\\xfe'",
                ["it is binary", "aws secretsmanager put-secret-value"],
            )]),
            _ => values.extend([
                ("EMPTY", "''", ["is empty", "store set EMPTY --replace"]),
                ("HUGE", "'k' * 100000", ["longer than 64 KiB", "store set HUGE --replace"]),
                ("BYTES", "b'latin-\\xe9\\xff'", ["not text", "delete the item"]),
            ]),
        }
        let project = app();
        for (name, expression, words) in values {
            kept.write(SERVICE, name, expression);
            let line = ["exec", "--store", kept.name, "--only", name, "--", "true"];
            let run = kept.program().command(project.path(), &line).output().unwrap();
            says(&run, 5, words, &format!("{} | {name} | exec", kept.name));
        }
        // A value of several lines is none that we store, and one that a variable can hold.
        kept.write(SERVICE, "PEM", "'-----BEGIN\\nsecond line\\n'");
        let line = ["exec", "--store", kept.name, "--only", "PEM", "--", "sh", "-c", "printf '%s.' \"$PEM\""];
        let run = kept.program().run(project.path(), &line).exits(0);
        assert_eq!(run.stdout, "-----BEGIN\nsecond line\n.", "{}", kept.name);
    });
}

#[test]
fn a_value_of_somebody_else_is_never_overwritten_unseen() {
    Kept::each(|kept| {
        kept.write(SERVICE, "SECRET_KEY", "'kept-by-a-colleague-since-march'");
        let before = kept.everything();
        let project = app();
        let picture = project.picture();
        let new = b"a-new-value-of-ours-9c1f\n";
        for args in [
            &["--apply"][..],
            &["--diff"],
            &["onboard"],
            &["store", "set", "SECRET_KEY"],
            &["store", "set", "SECRET_KEY", "--replace"],
            &["rotate", "SECRET_KEY", "--cutover"],
        ] {
            // What `rotate` needs is code that reads the key.
            if args[0] == "rotate" || args[0] == "onboard" {
                let text = "import os\nfrom flask import Flask\napp = Flask(__name__)\n\
                            app.config[\"SECRET_KEY\"] = os.environ[\"SECRET_KEY\"]\n";
                project.write("app.py", text);
            }
            let line: Vec<&str> = args.iter().copied().chain(["--store", kept.name]).collect();
            let output = fed(kept.program(), &project, &line, new);
            let words = ["has a key of this name already", "--adopt"];
            says(&output, 5, words, &format!("{} | value of somebody else | {}", kept.name, args.join(" ")));
            assert_eq!(kept.everything(), before, "{} {args:?}", kept.name);
        }
        let filed = app();
        kept.program().run(filed.path(), &["--apply", "--store", "env-file"]).exits(0);
        let output = fed(kept.program(), &filed, &["store", "copy", "--to", kept.name], b"");
        let words = ["has a key of this name already", "--adopt"];
        says(&output, 5, words, &format!("{} | value of somebody else | copy to", kept.name));
        assert_eq!(kept.everything(), before, "{}", kept.name);
        let after = project.picture();
        assert!(picture.keys().eq(after.keys()), "{}: a file came or went", kept.name);
        // Seen and adopted, it is replaced only when that is said, too.
        let set = ["store", "set", "SECRET_KEY", "--store", kept.name, "--adopt"];
        let words = ["has another value already", "--replace"];
        says(
            &fed(kept.program(), &project, &set, new),
            5,
            words,
            &format!("{} | other value | set --adopt", kept.name),
        );
        assert_eq!(kept.everything(), before, "{}", kept.name);
        let set: Vec<&str> = set.iter().copied().chain(["--replace"]).collect();
        assert!(fed(kept.program(), &project, &set, new).status.success());
        assert_eq!(kept.read(SERVICE, "SECRET_KEY").as_deref(), Some("a-new-value-of-ours-9c1f"), "{}", kept.name);
    });
}
