//! Deployment files of the sample shop, read as the program they are for reads them, so that the app is
//! started from them where that program does not run: of systemd, EnvironmentFile, LoadCredential and
//! ExecStart; of Docker Compose, merging, interpolation, variables and secrets of a file. Users, name
//! spaces and images are no part of it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::python;

/// A unit as people write it; `/srv/shop` is where the tree lies.
pub(super) const UNIT: &str = "[Unit]\nDescription=The corner shop\n\n[Service]\nWorkingDirectory=/srv/shop\n\
                               ExecStart=/srv/shop/venv/bin/gunicorn -w 2 wsgi:app -b 127.0.0.1:8000\n\n\
                               [Install]\nWantedBy=multi-user.target\n";

/// A compose file as people write it.
pub(super) const COMPOSE: &str = "services:\n  web:\n    build: .\n    command: gunicorn -w 2 wsgi:app -b 0.0.0.0:8000\n    \
                                  ports:\n      - \"8000:8000\"\n";

/// How a process is started.
pub(super) struct Started {
    /// The arguments behind the program's name.
    pub(super) arguments: Vec<String>,
    pub(super) environment: BTreeMap<String, String>,
    /// Files that must be there as long as it runs.
    _files: tempfile::TempDir,
}

/// Starts what a unit and its drop-in say. `etc` stands for `/etc`, where a person put the values.
pub(super) fn systemd(unit: &str, dropin: &str, etc: &Path) -> Started {
    let files = tempfile::tempdir().unwrap();
    let credentials = files.path().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    let (mut environment, mut arguments) = (BTreeMap::new(), Vec::new());
    for line in unit.lines().chain(dropin.lines()).map(str::trim) {
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with(['#', ';'])) else { continue };
        let value = value.replace("%d", credentials.to_str().unwrap());
        match key {
            "ExecStart" => arguments = value.split(' ').skip(1).map(str::to_owned).collect(),
            "Environment" => set(&mut environment, &value),
            "EnvironmentFile" => {
                let text =
                    std::fs::read_to_string(etc_path(etc, &value)).expect("the service does not start without it");
                text.lines().filter(|line| !line.starts_with('#')).for_each(|line| set(&mut environment, line));
            }
            "LoadCredential" => {
                let (name, from) = value.split_once(':').expect("NAME:PATH");
                let copy = credentials.join(name);
                std::fs::copy(etc_path(etc, from), &copy).expect("the service does not start without it");
                std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o400)).unwrap();
                environment.insert("CREDENTIALS_DIRECTORY".to_owned(), credentials.display().to_string());
            }
            "WorkingDirectory" | "Description" | "WantedBy" => {}
            other => panic!("{other} is not read here"),
        }
    }
    Started { arguments, environment, _files: files }
}

/// The place of a file below `/etc`.
pub(super) fn etc_path(etc: &Path, path: &str) -> PathBuf {
    etc.join(path.strip_prefix("/etc/").unwrap_or_else(|| panic!("{path} is not below /etc")))
}

fn set(environment: &mut BTreeMap<String, String>, line: &str) {
    if let Some((name, value)) = line.split_once('=') {
        environment.insert(name.to_owned(), value.to_owned());
    }
}

/// Merges compose files as `docker compose -f A -f B` does, as far as they are of this form, and prints
/// what the service `web` is started with. The first line is the directory, the second the variables of
/// compose itself as JSON, then the files, parted by a line of `---`.
const READ: &str = r#"
import json, os, re, sys, yaml
folder = sys.stdin.readline().strip()
outside = json.loads(sys.stdin.readline())
service, secrets = {"environment": {}, "secrets": []}, {}
for text in sys.stdin.read().split("\n---\n"):
    document = yaml.safe_load(text) or {}
    assert set(document) <= {"services", "secrets"}, sorted(document)
    assert set(document["services"]) == {"web"}, sorted(document["services"])
    one = document["services"]["web"]
    service["environment"].update(one.pop("environment", None) or {})
    service["secrets"] += one.pop("secrets", [])
    service.update(one)
    secrets.update(document.get("secrets", {}))
def interpolate(match):
    name, how, word = match.group(1), match.group(2), match.group(3)
    value = outside.get(name)
    if how == ":?" and not value:
        sys.exit("required variable %s is missing a value: %s" % (name, word))
    return value or ""
variable = re.compile(r"\$\{(\w+)(?:(:\?)([^}]*))?\}")
mounted = {name: open(os.path.join(folder, secrets[name]["file"])).read() for name in service["secrets"]}
environment = {name: variable.sub(interpolate, str(value)) for name, value in service["environment"].items()}
print(json.dumps({"command": service["command"].split(), "environment": environment, "mounted": mounted}))
"#;

/// Starts the service of a compose file with another one merged in. `outside`: variables where compose is
/// started. Where compose ends with an error, its words.
pub(super) fn compose(dir: &Path, files: &[&str], outside: &[(&str, &str)]) -> Result<Started, String> {
    let variables: BTreeMap<&str, &str> = outside.iter().copied().collect();
    let input = format!("{}\n{}\n{}", dir.display(), serde_json::to_string(&variables).unwrap(), files.join("\n---\n"));
    let output = python::try_to(READ, &input)?;
    let read: serde_json::Value = serde_json::from_str(&output).unwrap();
    let files = tempfile::tempdir().unwrap();
    for (name, value) in read["mounted"].as_object().unwrap() {
        std::fs::write(files.path().join(name), value.as_str().unwrap()).unwrap();
    }
    // Inside of a container they are at /run/secrets.
    let inside = |value: &str| value.replace("/run/secrets", files.path().to_str().unwrap());
    let environment = read["environment"].as_object().unwrap().iter();
    let environment = environment.map(|(name, value)| (name.clone(), inside(value.as_str().unwrap()))).collect();
    let arguments = read["command"].as_array().unwrap().iter().skip(1);
    let arguments = arguments.map(|word| word.as_str().unwrap().to_owned()).collect();
    Ok(Started { arguments, environment, _files: files })
}
