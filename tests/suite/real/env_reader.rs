//! The function that reads a key from the env file, run by the real Python and Flask.

use flask_harden::lang::dotenv;
use flask_harden::secret::Secret;
use flask_harden::templates::env_file_reader;
use serde_json::Value;

use super::python;
use super::tree::TempTree;

fn module(path: &str) -> String {
    let reader = env_file_reader("_from_env_file", path, false).expect("renders");
    format!(
        "import os\n\n\n{reader}\n\nSECRET_KEY = os.environ.get(\"SECRET_KEY\") or _from_env_file(\"SECRET_KEY\")\n"
    )
}

fn printed(tree: &TempTree, script: &str, key: Option<&str>) -> String {
    let mut command = python::command();
    command.args(["-W", "error", "-c", script]).current_dir(tree.path());
    if let Some(key) = key {
        command.env("SECRET_KEY", key);
    }
    let output = command.output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

const IMPORTED: &str =
    "from flask import Flask; a = Flask('x'); a.config.from_object('app.settings'); print(a.secret_key)";
const PYFILE: &str = "from flask import Flask; a = Flask('x', root_path='.'); a.config.from_pyfile('app/settings.py'); print(a.secret_key)";
const CLASS: &str =
    "from flask import Flask; a = Flask('x'); a.config.from_object('app.classes.Config'); print(a.secret_key)";
const ENVVAR: &str = "import os; os.environ['CONF'] = os.path.abspath('app/settings.py'); from flask import Flask; \
                      a = Flask('x'); a.config.from_envvar('CONF'); print(a.secret_key)";
const EXECUTED: &str =
    "print(eval(compile(open('app/settings.py').read(), 'x', 'exec'), g := {'__name__': 'x'}) or g['SECRET_KEY'])";

fn project() -> TempTree {
    let tree = TempTree::new();
    tree.write("app/__init__.py", "");
    tree.write("app/settings.py", module("../.env"));
    let reader = env_file_reader("_from_env_file", "../.env", true).expect("renders");
    tree.write("app/classes.py", format!(
        "{reader}\n\nclass Config:\n    import os\n    SECRET_KEY = os.environ.get(\"SECRET_KEY\") or _from_env_file(\"SECRET_KEY\")\n"
    ));
    tree
}

#[test]
fn the_key_arrives_however_flask_reads_the_settings() {
    let tree = project();
    let text = dotenv::render(Some("A=1\r\n"), "SECRET_KEY", &Secret::from("00ff00ff"), Some("note")).expect("renders");
    tree.write(".env", text.expect("a new key").as_bytes());
    for script in [IMPORTED, PYFILE, CLASS, ENVVAR] {
        assert_eq!(printed(&tree, script, None), "00ff00ff", "{script}");
        assert_eq!(printed(&tree, script, Some("outside")), "outside", "{script}");
    }
    assert_eq!(printed(&tree, EXECUTED, None), "None", "without __file__");
}

#[test]
fn a_mounted_file_comes_before_the_env_file_and_after_the_variable() {
    let tree = project();
    tree.write(".env", "SECRET_KEY=of-the-env-file\n");
    tree.write("secret", " of-the=mounted # file \n");
    for (script, variable, expected) in [
        (IMPORTED, None, "of-the=mounted # file"),
        (CLASS, None, "of-the=mounted # file"),
        (IMPORTED, Some("outside"), "outside"),
    ] {
        let mut command = python::command();
        command.args(["-W", "error", "-c", script]).current_dir(tree.path());
        command.env("SECRET_KEY_FILE", tree.path().join("secret"));
        command.envs(variable.map(|value| ("SECRET_KEY", value)));
        let output = command.output().expect("runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected);
    }
    // One that is not there is said, and nothing else is taken in its place.
    let mut command = python::command();
    command.args(["-c", IMPORTED]).current_dir(tree.path()).env("SECRET_KEY_FILE", "/nowhere");
    let output = command.output().expect("runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "None");
    assert!(String::from_utf8_lossy(&output.stderr).contains("SECRET_KEY is not set"));
}

#[test]
fn it_never_raises() {
    let tree = project();
    assert_eq!(printed(&tree, IMPORTED, None), "None", "no file");
    for bytes in [
        &b""[..],
        b"SECRET_KEY=",
        b"SECRET_KEY",
        b"SECRET_KEY=\"\"",
        b"\xff\xfeSECRET_KEY=x",
        b"SECRET_KEY='",
        b"\0=\0",
    ] {
        tree.write(".env", bytes);
        assert_eq!(printed(&tree, IMPORTED, None), "None", "{}", String::from_utf8_lossy(bytes));
    }
    let tree = project();
    tree.write(".env/file", "");
    assert_eq!(printed(&tree, IMPORTED, None), "None", "a directory");
}

/// What the function and python-dotenv make of each text.
const BOTH: &str = r#"
import io, json, os, sys
texts = json.load(sys.stdin)
source = texts.pop()
from dotenv import dotenv_values
import pathlib, tempfile
place = {"__file__": os.path.join(tempfile.mkdtemp(), "settings.py")}
exec(source, place)
out = []
path = pathlib.Path(place["__file__"]).with_name(".env")
for text in texts:
    path.write_bytes(text.encode("utf-8"))
    out.append([place["_from_env_file"]("SECRET_KEY"), dotenv_values(path).get("SECRET_KEY") or None])
path.unlink()
os.rmdir(path.parent)
json.dump(out, sys.stdout)
"#;

#[test]
fn simple_values_read_as_python_dotenv_reads_them() {
    let mut texts: Vec<String> = Vec::new();
    for start in ["", "\u{feff}", "# SECRET_KEY=no\n", "A=1\r\n", "OTHER_SECRET_KEY=no\n", "SECRET_KEY=first\n"] {
        for name in ["SECRET_KEY", "export SECRET_KEY", "  SECRET_KEY", "SECRET_KEY ", "export   SECRET_KEY "] {
            for value in [
                "00ff",
                "'00ff'",
                "\"00ff\"",
                " 00ff  ",
                "00ff # c",
                "'00ff' # c",
                "'a b # c'",
                "00#ff",
                "a=b==",
                "",
                " # c",
                "é",
            ] {
                for end in ["", "\n", "\r\n", "\nSECRET_KEY_2=no\n"] {
                    texts.push(format!("{start}{name}={value}{end}"));
                }
            }
        }
    }
    let mut input = texts.clone();
    input.push(env_file_reader("_from_env_file", ".env", true).expect("renders"));
    let both = python::run(BOTH, &serde_json::to_string(&input).expect("JSON"));
    let both: Vec<[Value; 2]> = serde_json::from_str(&both).expect("JSON");
    assert_eq!(both.len(), texts.len());
    for (text, [ours, theirs]) in texts.iter().zip(&both) {
        assert_eq!(ours, theirs, "{text:?}");
    }
}

#[test]
fn it_is_python_3_6() {
    for import_os in [true, false] {
        let source = env_file_reader("_from_env_file", "../.env", import_os).expect("renders");
        python::run("import ast, sys; ast.parse(sys.stdin.read(), feature_version=(3, 6))", &source);
    }
}
