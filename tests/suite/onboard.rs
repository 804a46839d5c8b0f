//! `onboard`: a fresh clone gets a working env file from its example, or from what the code asks
//! for; nothing is overwritten, shown, or asked without a terminal.

use crate::support::{Canary, Program, Project};

const APP: &str = "import os\n\nfrom dotenv import load_dotenv\nfrom flask import Flask\n\nload_dotenv()\n\
                   app = Flask(__name__)\napp.config[\"SECRET_KEY\"] = os.environ[\"SECRET_KEY\"]\n\
                   app.config[\"SESSION_COOKIE_SECURE\"] = os.environ.get(\"SESSION_COOKIE_SECURE\") == \"True\"\n\
                   stripe = os.environ[\"STRIPE_API_KEY\"]\n";

const EXAMPLE: &str = "# Shop\nFLASK_APP=app.py\nexport LOG_LEVEL=debug\n\n# Any long text\nSECRET_KEY=changeme  # yours\n\
                       # From the dashboard of the payment service\nSTRIPE_API_KEY=your-key-here\n\
                       DATABASE_URL=sqlite:///dev.db\nSESSION_COOKIE_SECURE=True\nMAIL_SERVER=\n";

fn clone() -> Project {
    let mut project = Project::with_git();
    project.write("app.py", APP).write(".env.example", EXAMPLE);
    project.commit("first");
    project
}

fn value(project: &Project, name: &str) -> String {
    let text = project.read(".env");
    let found = text.lines().find_map(|line| line.trim_start_matches("export ").strip_prefix(&format!("{name}=")));
    found.unwrap_or_else(|| panic!("{name} is not in\n{text}")).to_owned()
}

#[test]
fn a_clone_gets_its_env_file_from_the_example() {
    let (program, project, canary) = (Program::new(), clone(), Canary::new());
    let args = ["onboard", "--set-file", "STRIPE_API_KEY=-"];
    let output = program.feed(project.path(), &args, &format!("{}\n", canary.value()));
    let said = String::from_utf8([output.stdout.as_slice(), &output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let key = value(&project, "SECRET_KEY");
    assert!(
        key.starts_with(|c: char| c.is_ascii_hexdigit()) && key.ends_with("  # yours") && key.len() == 73,
        "a new key"
    );
    assert!(!canary.is_in(said.as_bytes()) && !said.contains(&key[..64]), "a value was shown\n{said}");
    let expected = EXAMPLE
        .replace("changeme", &key[..64])
        .replace("your-key-here", &format!("'{}'", canary.value()))
        .replace("SECURE=True", "SECURE=False");
    assert_eq!(project.read(".env"), expected, "order and comments of the example are kept");
    let (mode, _) = project.picture()[".env"];
    assert_eq!(mode, 0o600);
    assert_eq!(project.read(".gitignore"), "# secrets (flask-harden)\n.env\n");
    for words in ["Start the app: flask run", "made          SECRET_KEY", "off           SESSION_COOKIE_SECURE"] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let after = project.picture();
    let again = program.run(project.path(), &["onboard"]).exits(0);
    assert!(again.stdout.contains("Nothing to do"), "{}", again.stdout);
    assert!(project.picture() == after, "a second run changes nothing");
}

#[test]
fn without_a_terminal_every_missing_answer_is_listed_at_once() {
    let (program, project) = (Program::new(), clone());
    project
        .write(".env.example", format!("{EXAMPLE}SITE_URL=https://www.example.com\nGITHUB_CLIENT_SECRET=<secret>\n"));
    let before = project.picture();
    let run = program.run(project.path(), &["onboard"]).exits(2);
    for words in [
        "3 variables need an answer",
        "--set-file STRIPE_API_KEY=FILE",
        "--set SITE_URL=VALUE",
        "--set-file GITHUB_CLIENT_SECRET=FILE",
        ".env.example:8",
        "Nothing was written.",
    ] {
        assert!(run.stderr.contains(words), "{words}\n{}", run.stderr);
    }
    assert!(project.picture() == before);
    let args = ["onboard", "--set", "STRIPE_API_KEY=", "--set", "SITE_URL=http://localhost:5000", "--set"];
    program.run(project.path(), &[&args[..], &["GITHUB_CLIENT_SECRET="]].concat()).exits(0);
    assert_eq!(value(&project, "SITE_URL"), "http://localhost:5000");
    assert_eq!(value(&project, "STRIPE_API_KEY"), "");
}

#[test]
fn what_stands_in_the_env_file_is_never_overwritten() {
    let (program, project) = (Program::new(), clone());
    let mine = "SECRET_KEY=0123456789abcdef0123456789abcdef\nSTRIPE_API_KEY=mine\nMINE=1";
    project.write(".gitignore", "*.env\n.env\n").write(".env", mine);
    let run = program.run(project.path(), &["onboard"]).exits(0);
    let text = project.read(".env");
    assert!(text.starts_with(&format!("{mine}\n")), "{text}");
    assert!(text.ends_with("\nDATABASE_URL=sqlite:///dev.db\nSESSION_COOKIE_SECURE=False\nMAIL_SERVER=\n"), "{text}");
    assert!(text.contains("\n# Shop\nFLASK_APP=app.py\n"), "{text}");
    assert!(!text.contains("changeme") && !text.contains("your-key-here"));
    assert_eq!(project.read(".gitignore"), "*.env\n.env\n");
    let id = run.stdout.split("undo id ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let other = program.run(project.path(), &["onboard", "--set", "MAIL_SERVER=localhost"]).exits(0);
    assert_eq!(value(&project, "MAIL_SERVER"), "localhost", "{}", other.stdout);
    let refused = program.run(project.path(), &["onboard", "--set", "FLASK_APP=other.py"]).exits(5);
    assert!(refused.stderr.contains("FLASK_APP has another value in .env already"), "{}", refused.stderr);
    program.run(project.path(), &["undo"]).exits(0);
    program.run(project.path(), &["undo", &id]).exits(0);
    assert_eq!(project.read(".env"), mine);
}

#[test]
fn a_public_value_that_was_copied_by_hand_is_named() {
    let (program, project) = (Program::new(), clone());
    project.write(".env", EXAMPLE).write(".gitignore", ".env\n");
    let run = program.run(project.path(), &["onboard"]).exits(0);
    assert!(run.stdout.contains("public value  SECRET_KEY, STRIPE_API_KEY"), "{}", run.stdout);
    assert_eq!(project.read(".env"), EXAMPLE);
}

#[test]
fn without_an_example_the_code_says_what_is_needed() {
    let (program, mut project) = (Program::new(), Project::with_git());
    project.write(
        "shop.py",
        "import os\nfrom cryptography.fernet import Fernet\nfrom flask import Flask\n\napp = Flask(__name__)\n\
         app.secret_key = os.environ.get(\"SHOP_SECRET\")\nbox = Fernet(os.environ[\"ENCRYPTION_KEY\"])\n\
         region = os.environ[\"REGION\"]\nlevel = os.environ.get(\"LOG_LEVEL\", \"info\")\n\
         mail = os.environ.get(\"MAIL_SERVER\")\nhome = os.environ[\"HOME\"]\n",
    );
    project.commit("first");
    let run = program.run(project.path(), &["onboard"]).exits(2);
    assert!(run.stderr.contains("REGION needs an answer") && run.stderr.contains("shop.py:8"), "{}", run.stderr);
    let run = program.run(project.path(), &["onboard", "--set", "REGION=north wing"]).exits(0);
    assert_eq!(value(&project, "REGION"), "'north wing'");
    assert_eq!(value(&project, "SHOP_SECRET").len(), 64);
    let fernet = value(&project, "ENCRYPTION_KEY");
    assert!(fernet.len() == 44 && fernet.ends_with('='), "what Fernet takes");
    let text = project.read(".env");
    assert!(!text.contains("LOG_LEVEL") && !text.contains("HOME") && text.contains("\n# MAIL_SERVER=\n"), "{text}");
    let start = "Start the app: flask-harden exec --only SHOP_SECRET,ENCRYPTION_KEY,REGION -- flask --app shop run";
    assert!(run.stdout.contains(start), "nothing here reads .env by itself\n{}", run.stdout);
    let script = ["exec", "--only", "REGION", "--", "printenv", "REGION"];
    let program = program.variable("PATH", std::env::var_os("PATH").unwrap());
    assert_eq!(program.run(project.path(), &script).exits(0).stdout, "north wing\n");
    program.run(project.path(), &["undo", "--purge"]).exits(0);
    assert!(!project.at(".env").exists() && !project.at(".gitignore").exists());
}

#[test]
fn secrets_are_refused_on_the_command_line_and_repeated_nowhere() {
    let (program, project) = (Program::new(), clone());
    let before = project.picture();
    let canary = Canary::new();
    let plain = canary.value();
    for (args, words) in [
        (vec!["--set".to_owned(), format!("STRIPE_API_KEY={plain}")], "--set-file STRIPE_API_KEY=-"),
        (
            vec!["--set".to_owned(), format!("DATABASE_URL=postgresql://me:{plain}@db.shop.io/x")],
            "--set-file DATABASE_URL=",
        ),
        (vec!["--set".to_owned(), plain.to_owned()], "--set NAME=VALUE"),
        (vec!["--set".to_owned(), format!("NOBODY_ASKS={plain}")], "nothing here asks for NOBODY_ASKS"),
        (vec!["--set".to_owned(), format!("LOG_LEVEL={plain}\nx")], "several lines"),
        (vec!["--set".to_owned(), format!("LOG_LEVEL=${{{plain}}}")], "${"),
        (vec!["--set-file".to_owned(), "A=-".to_owned(), "--set-file".to_owned(), "B=-".to_owned()], "one value only"),
        (vec!["--set-file".to_owned(), "SECRET_KEY=no-such-file".to_owned()], "no-such-file cannot be read"),
        (vec!["--from".to_owned(), "no-such-file".to_owned()], "the example no-such-file cannot be read"),
    ] {
        let all: Vec<&str> = std::iter::once("onboard").chain(args.iter().map(String::as_str)).collect();
        let run = program.run(project.path(), &all).exits(2);
        assert!(run.stderr.contains(words), "{words}\n{}", run.stderr);
        for part in ["error: ", "\n  why: ", "\n  now: "] {
            assert!(run.stderr.contains(part), "{part:?} is missing\n{}", run.stderr);
        }
        assert!(!canary.is_in(run.stderr.as_bytes()), "{}", run.stderr);
        assert!(project.picture() == before);
    }
}

#[test]
fn a_tracked_env_file_is_not_written_to() {
    let (program, mut project) = (Program::new(), clone());
    project.write(".env", "FLASK_APP=app.py\n");
    project.commit("with its env file");
    let before = project.picture();
    let run = program.run(project.path(), &["onboard", "--set", "STRIPE_API_KEY="]).exits(5);
    assert!(run.stderr.contains("git tracks it") && run.stderr.contains("git rm --cached .env"), "{}", run.stderr);
    assert!(project.picture() == before);
}

#[test]
fn json_says_the_same_without_values() {
    let (program, project) = (Program::new(), clone());
    let run = program.run(project.path(), &["onboard", "--set", "STRIPE_API_KEY=", "--format", "json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let item = |name: &str| document["items"].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap();
    assert_eq!(
        (item("SECRET_KEY")["class"].as_str(), item("SECRET_KEY")["done"].as_str()),
        (Some("generate"), Some("new"))
    );
    assert_eq!(item("STRIPE_API_KEY")["class"], "ask");
    assert_eq!(item("FLASK_APP")["done"], "copied");
    assert_eq!(document["env_file"], ".env");
    assert_eq!(document["start"][0], "flask run");
    assert!(!run.stdout.contains(&value(&project, "SECRET_KEY")[..64]));
}
