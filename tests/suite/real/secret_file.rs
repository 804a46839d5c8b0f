//! `SECRET_KEY_FILE`: the shop, hardened with an env file that a server does not have, started by
//! real servers with the key in a file as Docker, Kubernetes and systemd mount it, and with the
//! variables that our own pieces for those name.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::python;
use super::shop::{Server, free_port, gunicorn};
use crate::support::{Canary, Program, Project};

/// The shop as it comes to a server: patched, and without the env file of a person's computer.
fn shipped() -> (Program, Project) {
    let (program, project) = (Program::new(), Project::new());
    project.copy_fixture("apps/legacy-shop");
    program.run(project.path(), &["--apply", "--store", "env-file"]).exits(0);
    std::fs::remove_file(project.at(".env")).unwrap();
    (program, project)
}

fn piece(program: &Program, project: &Project, kind: &str) -> String {
    program.run(project.path(), &["store", "wiring", "--for", kind]).exits(0).stdout
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// gunicorn with two workers and these variables.
fn serve(project: &Project, variables: &[(&str, PathBuf)]) -> Server {
    let port = free_port();
    let mut command: Command = python::command();
    command.args(gunicorn("wsgi:app", port)).current_dir(project.path()).env("HOME", project.path());
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    Server::start(command, port)
}

/// The value of a line `NAME=VALUE` or `NAME: VALUE` of a piece.
fn named<'t>(text: &'t str, name: &str) -> &'t str {
    let after = text.split(name).nth(1).unwrap_or_else(|| panic!("{name} is not in\n{text}"));
    after.trim_start_matches(['=', ':', ' ']).lines().next().unwrap()
}

#[test]
fn secrets_of_docker() {
    let (program, project) = shipped();
    let run = tempfile::tempdir().unwrap();
    let key = Canary::new().value().to_owned();
    // Docker mounts 0444; a secret made by `echo` ends with a line end.
    for text in [key.clone(), format!("{key}\n"), format!("{key}\r\n")] {
        let file = run.path().join("SECRET_KEY");
        let _ = std::fs::remove_file(&file);
        std::fs::write(&file, text).unwrap();
        mode(&file, 0o444);
        let compose = piece(&program, &project, "compose");
        let path = named(&compose, "SECRET_KEY_FILE").replace("/run/secrets", run.path().to_str().unwrap());
        let server = serve(&project, &[("SECRET_KEY_FILE", PathBuf::from(path))]);
        assert_eq!(server.sign_in(&key), "alice with this key");
        let environment = String::from_utf8_lossy(&server.proc("environ")).into_owned();
        assert!(!environment.contains(&key), "the key is in the environment of the server");
    }
}

#[test]
fn a_mounted_secret_of_kubernetes_and_its_renewal() {
    let (_, project) = shipped();
    let mount = tempfile::tempdir().unwrap();
    let keys = [Canary::new().value().to_owned(), Canary::new().value().to_owned()];
    // As the kubelet writes them: a directory for each generation, and links through `..data`.
    for (at, key) in keys.iter().enumerate() {
        let generation = format!("..2026_11_2{at}");
        std::fs::create_dir(mount.path().join(&generation)).unwrap();
        std::fs::write(mount.path().join(&generation).join("SECRET_KEY"), key).unwrap();
        symlink(&generation, mount.path().join("..data_tmp")).unwrap();
        std::fs::rename(mount.path().join("..data_tmp"), mount.path().join("..data")).unwrap();
        let file = mount.path().join("SECRET_KEY");
        if at == 0 {
            symlink("..data/SECRET_KEY", &file).unwrap();
        }
        assert_eq!(serve(&project, &[("SECRET_KEY_FILE", file)]).sign_in(key), "alice with this key");
    }
}

#[test]
fn credentials_of_systemd() {
    let (program, project) = shipped();
    let unit = piece(&program, &project, "systemd");
    assert!(named(&unit, "LoadCredential=SECRET_KEY").starts_with("/etc/"), "{unit}");
    let key = Canary::new().value().to_owned();
    // As systemd hands it over: a directory of the service's own that nobody can write.
    let credentials = tempfile::tempdir().unwrap();
    let file = credentials.path().join("SECRET_KEY");
    std::fs::write(&file, &key).unwrap();
    mode(&file, 0o400);
    mode(credentials.path(), 0o500);
    let path = named(&unit, "Environment=SECRET_KEY_FILE").replace("%d", credentials.path().to_str().unwrap());
    let server = serve(&project, &[("SECRET_KEY_FILE", path.into())]);
    assert_eq!(server.sign_in(&key), "alice with this key");
    mode(credentials.path(), 0o700);
}

#[test]
fn the_script_for_everything_else() {
    let (program, project) = shipped();
    let key = Canary::new().value().to_owned();
    let keys = tempfile::tempdir().unwrap();
    std::fs::write(keys.path().join("SECRET_KEY"), format!("{key}\n")).unwrap();
    project.write("with-keys.sh", piece(&program, &project, "env"));
    let port = free_port();
    let mut command = Command::new("sh");
    command.arg("with-keys.sh").arg(python::interpreter()).args(gunicorn("wsgi:app", port));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", project.path());
    command.env("KEYS_DIRECTORY", keys.path()).current_dir(project.path());
    assert_eq!(Server::start(command, port).sign_in(&key), "alice with this key");
}

#[test]
fn the_variable_itself_comes_first_and_a_file_that_is_missing_gives_no_key() {
    let (_, project) = shipped();
    let (key, other) = (Canary::new().value().to_owned(), Canary::new().value().to_owned());
    let file = project.at("mounted");
    std::fs::write(&file, &other).unwrap();
    let both = [("SECRET_KEY", PathBuf::from(&key)), ("SECRET_KEY_FILE", file.clone())];
    assert_eq!(serve(&project, &both).sign_in(&key), "alice with this key");
    // Not the env file in its place: a typing error on a server must not be covered by another key.
    project.write(".env", format!("SECRET_KEY={other}\n"));
    let mut command = python::command();
    command.args(["-c", "from wsgi import app; print(app.secret_key)"]).current_dir(project.path());
    let output = command.env("SECRET_KEY_FILE", project.at("no-such-file")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "None");
    assert!(String::from_utf8_lossy(&output.stderr).contains("SECRET_KEY is not set"));
}
