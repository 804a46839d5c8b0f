//! Names that nothing uses: the nearest one that is used is suggested, by every command that takes
//! a name.

use super::super::kept::Kept;
use super::bed::row;
use crate::support::Project;

const READS: &str = "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\
    app.config[\"SECRET_KEY\"] = os.environ.get(\"SECRET_KEY\")\n";

#[test]
fn a_slip_is_told_with_the_name_that_is_meant() {
    Kept::each(|kept| {
        let project = Project::new();
        project.write("app.py", READS).write("Procfile", "web: gunicorn app:app\n");
        kept.program().run(project.path(), &["onboard", "--store", kept.name]).exits(0);
        let (tree, server) = (project.picture(), kept.everything());
        let commands: [(&[&str], i32, &str); 4] = [
            (&["store", "set", "SECRT_KEY"], 2, "flask-harden store set SECRET_KEY < key.txt"),
            (&["exec", "--only", "SECRT_KEY", "--", "true"], 5, "--only SECRET_KEY   is the name"),
            (&["rotate", "SECRT_KEY", "--cutover"], 2, "flask-harden rotate SECRET_KEY --cutover"),
            (&["onboard", "--set-file", "SECRT_KEY=-"], 2, "one of those it does ask for: SECRET_KEY"),
        ];
        for (args, code, now) in commands {
            let output = kept.program().feed(project.path(), args, "some-value-for-it-77\n");
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(code), "{} {args:?}\n{stderr}", kept.name);
            assert!(stderr.contains(&format!("  now: {now}")), "{} {args:?}\n{stderr}", kept.name);
            assert!(!stderr.contains("some-value-for-it"), "{stderr}");
            row(&format!("{} | a slip | {} | {code} | {}", kept.name, args.join(" "), stderr.replace('\n', " | ")));
        }
        assert!(project.picture() == tree && kept.everything() == server, "{}: something was written", kept.name);
        // It may be what is meant all the same, and a name of its own is only remarked on.
        let output =
            kept.program().feed(project.path(), &["store", "set", "SECRT_KEY", "--yes"], "value-by-intent-1\n");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let output = kept.program().feed(project.path(), &["store", "set", "MAPS_TOKEN"], "value-by-intent-2\n");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && stderr.contains("No code here reads MAPS_TOKEN"), "{stderr}");
    });
}
