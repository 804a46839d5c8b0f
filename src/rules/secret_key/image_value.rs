//! A key in the `ENV` or `ARG` of a Dockerfile is taken out; what starts containers gives it to them.
//! Nothing that needs it while the image is built may be left without it.

use super::compose_value::{required, scalars};
use super::given::{Taken, onboard_knows};
use super::judged::literals;
use crate::facts::services::Service;
use crate::facts::{Facts, LaunchVar, VarOrigin};
use crate::lang::dockerfile::{Instruction, instructions};
use crate::lang::shell::{self, Word};
use crate::remedy::{Change, Choices};
use crate::rules::judged_by;
use crate::store::StoreId;
use crate::text::{RepoPath, SourceFile, Span, TextEdit, edit};

pub(super) fn taken(facts: &Facts, var: &LaunchVar, choices: &Choices) -> Result<Taken, String> {
    let path = &var.location.path;
    let source = facts.files.get(path).ok_or_else(|| format!("{path} was not read."))?;
    let env_file = choices.env_file(&facts.project_root(path));
    let mut changes = vec![Change::Edit { path: path.clone(), edits: vec![removed(source, var)?] }];
    if let Some(line) = needed_by_build(source, var) {
        return Err(format!("{path}:{line} may start the app while the image is built, and needs a value then."));
    }
    if var.origin != VarOrigin::BuildOnly {
        for service in facts.services.iter().filter(|service| service.image == *path) {
            changes.extend(given_to(facts, service, &var.name, &env_file, choices)?);
        }
        changes.extend(stop_in_script(facts, path, &var.name, &env_file));
    }
    let how = match choices.store {
        StoreId::EnvFile => format!("docker run --env-file {env_file}, or the secrets of the platform"),
        _ => format!("docker run -e {}, or the secrets of the platform", var.name),
    };
    let step = match var.origin {
        VarOrigin::BuildOnly => {
            format!("A build that needs {} gets it by docker build --secret, which leaves it in no layer.", var.name)
        }
        _ => format!("Containers of {path} need {} when they start: {how}.", var.name),
    };
    Ok(Taken {
        title: format!("{path} without a value for {}", var.name),
        reason:
            "Images built from now on hold no key; older ones do, so the key is a new one. Everyone signs in again \
                 once."
                .to_owned(),
        changes,
        kept: var.origin != VarOrigin::BuildOnly || onboard_knows(facts, path, &var.name),
        name: var.name.clone(),
        env_file,
        steps: vec![step],
        needs: fallbacks(facts, path, &var.name),
    })
}

/// The code must have no literal of its own that would step in: what removes it.
fn fallbacks(facts: &Facts, path: &RepoPath, name: &str) -> Vec<String> {
    let root = facts.project_root(path);
    let falls_back = |at: &crate::text::Location| {
        literals(facts).iter().any(|literal| {
            literal.variable == Some(name)
                && literal.setting.location == *at
                && facts.same_project(literal.setting.path(), &root)
        })
    };
    let found = judged_by(facts, &["FH102", "FH103"]).into_iter().filter(|finding| falls_back(&finding.primary));
    found.map(|finding| finding.key.to_string()).collect()
}

/// The edit that takes the assignment out; of an `ARG`, its default alone.
fn removed(source: &SourceFile, var: &LaunchVar) -> Result<TextEdit, String> {
    let text = &source.text;
    if var.origin == VarOrigin::BuildOnly {
        let value = var.value_span.ok_or("The default does not stand there in one piece.")?;
        let start = text[..value.start].rfind('=').ok_or("The default does not stand there in one piece.")?;
        let quote = usize::from(text[start + 1..value.start].starts_with(['"', '\'']));
        return Ok(TextEdit::delete(Span::new(start, value.end + quote)));
    }
    let item = var.item_span.ok_or("The assignment does not stand there in one piece.")?;
    let gap = item.of(text);
    // A comment between the lines of the instruction belongs to what stands below it.
    let comment = |line: &str| line.trim_start().starts_with('#');
    if !gap.lines().skip(1).any(comment) {
        return Ok(TextEdit::delete(item));
    }
    let line = source.line_span(var.location.span.start);
    let alone = line.of(text).trim_start().starts_with(&format!("{}=", var.name)) && line.of(text).ends_with('\\');
    let next = source.after_line(line.end);
    (alone && !comment(text[next..].lines().next().unwrap_or("#")))
        .then(|| TextEdit::delete(Span::new(line.start, next)))
        .ok_or_else(|| "Comments stand between the assignments; a person has to look where each belongs.".to_owned())
}

/// The line of a later step of the build that may start the app, or names the variable.
fn needed_by_build(source: &SourceFile, var: &LaunchVar) -> Option<usize> {
    let all = instructions(&source.text);
    let later = all.iter().filter(|step| step.keyword == "RUN" && step.span.start > var.location.span.start);
    let needs = |step: &&Instruction| step.text.contains(&var.name) || starts_app(&step.text);
    later.into_iter().find(needs).map(|step| source.position(step.span.start).0)
}

/// Programs that install and prepare, and run no code of the app.
const INSTALLERS: &[&str] = &[
    "pip",
    "pip3",
    "apt",
    "apt-get",
    "apk",
    "yum",
    "dnf",
    "microdnf",
    "npm",
    "yarn",
    "pnpm",
    "gem",
    "curl",
    "wget",
    "cp",
    "mv",
    "rm",
    "mkdir",
    "ln",
    "chmod",
    "chown",
    "touch",
    "echo",
    "printf",
    "cat",
    "sed",
    "tar",
    "unzip",
    "useradd",
    "adduser",
    "addgroup",
    "groupadd",
    "usermod",
    "set",
    "cd",
    "export",
    "test",
    "[",
    "[[",
    "true",
    "ls",
    "find",
    "install",
    "update-ca-certificates",
    "locale-gen",
    "conda",
    "virtualenv",
    "pipenv",
    "poetry",
    "uv",
    "pdm",
    "git",
    "gcc",
    "sh-c",
    "dpkg",
    "dpkg-reconfigure",
    "passwd",
    "chpasswd",
    "chsh",
    "which",
    "command",
    "groupmod",
    "delgroup",
    "deluser",
    "apt-key",
    "gpg",
    "tee",
    "sort",
    "head",
    "tail",
    "grep",
    "xargs",
    "date",
    "dos2unix",
    "bundle",
    "corepack",
    "pip-compile",
    "npx",
    "node",
    "tr",
    "awk",
    "openssl",
    "stat",
    "pwd",
    "id",
];

/// Whether a step of a build may run code of the app: every command counts that is not known to
/// install or prepare only.
fn starts_app(text: &str) -> bool {
    let flags = text.split_whitespace().take_while(|word| word.starts_with("--")).count();
    let rest: String = text.split_whitespace().skip(flags).collect::<Vec<_>>().join(" ");
    shell::commands(&rest).iter().any(|command| {
        let mut words = command.words.iter().skip_while(|word| word.assignment(&rest).is_some());
        words.next().is_some_and(|first| may_run(first, &words.collect::<Vec<_>>()))
    })
}

fn may_run(program: &Word, rest: &[&Word]) -> bool {
    let name = program.text.rsplit('/').next().unwrap_or(&program.text);
    let argument = |at: usize| rest.get(at).map(|word| word.text.as_str());
    if name.starts_with("python") || name == "pypy3" {
        let tools = ["pip", "venv", "ensurepip", "virtualenv", "compileall", "uv", "poetry", "pipenv"];
        return !(argument(0) == Some("-m") && argument(1).is_some_and(|module| tools.contains(&module)));
    }
    if matches!(name, "poetry" | "pipenv" | "uv" | "pdm" | "npx" | "command" | "xargs") && argument(0) == Some("run") {
        return true;
    }
    !INSTALLERS.contains(&name)
}

/// What makes a compose service that runs the image go on getting the variable.
///
/// # Errors
/// Where that is for a person to write.
fn given_to(
    facts: &Facts,
    service: &Service,
    name: &str,
    env_file: &RepoPath,
    choices: &Choices,
) -> Result<Option<Change>, String> {
    let has = service.sets.contains(name) || choices.store.is_file() && service.env_files.contains(env_file);
    if has {
        return Ok(None);
    }
    let path = &service.location.path;
    let by_hand = || {
        format!(
            "The service {} at {path}:{} gets {name} from the image; give it {name}: ${{{name}:?}} first.",
            service.name, service.location.line
        )
    };
    let (Some(room), Some(source)) = (&service.room, facts.files.get(path)) else { return Err(by_hand()) };
    // Compose reads the `.env` beside its file, where the key would have to be as well.
    if choices.store.is_file() && !is_of_tests(path) && env_file.parent() != path.parent() {
        return Err(by_hand());
    }
    // No env file lies beside the tests of a build.
    let value = if is_of_tests(path) { TESTS.to_owned() } else { required(facts, path, name) };
    let edits = room.edits(name, &value, source.newline());
    let known = scalars(&source.text).ok_or_else(by_hand)?;
    let after = edit::apply(&source.text, &edits).ok().and_then(|text| scalars(&text));
    let reads = after.is_some_and(|after| is_one_more(&known, &after, room.added(), &value));
    if reads { Ok(Some(Change::Edit { path: path.clone(), edits })) } else { Err(by_hand()) }
}

/// What tests of the image run with; nothing that serves anybody does.
const TESTS: &str = "only for tests";

/// Whether a compose file is for tests, by its name.
fn is_of_tests(path: &RepoPath) -> bool {
    let name = path.name().to_ascii_lowercase();
    let mut words = name.split(['.', '-', '_']).chain(path.components());
    words.any(|word| matches!(word, "test" | "tests" | "testing" | "ci" | ".ci" | "sut" | "e2e"))
}

/// Whether `added` texts in a row came in, the last of which ends with the value.
fn is_one_more(before: &[String], after: &[String], added: usize, value: &str) -> bool {
    if after.len() != before.len() + added {
        return false;
    }
    let same = before.iter().zip(after).take_while(|(old, new)| old == new).count();
    // An entry that starts as the next one does may be counted as that one.
    (same.saturating_sub(added)..=same).any(|at| {
        let rest: Vec<String> = after[..at].iter().chain(&after[(at + added).min(after.len())..]).cloned().collect();
        rest == before && after.get(at + added - 1).is_some_and(|text| text.ends_with(value))
    })
}

/// A line that stops the image's start script where the variable has no value: the script writes it
/// into a file, where an empty one would be taken for a key.
fn stop_in_script(facts: &Facts, image: &RepoPath, name: &str, env_file: &RepoPath) -> Option<Change> {
    let launch = facts.launches.iter().find(|launch| {
        launch.kind == "dockerfile" && launch.via.iter().any(|at| at.path == *image) && launch.location.path != *image
    })?;
    let path = &launch.location.path;
    let source = facts.files.get(path)?;
    let plain = [format!("${name}"), format!("${{{name}}}")];
    let uses = plain.iter().any(|form| source.text.contains(form.as_str()));
    // A script that looks whether it is there, or has a value of its own, goes on without.
    let asks = [format!("${{{name}:"), format!("${{{name}-"), format!("{name}=")];
    let looks = asks.iter().any(|form| source.text.contains(form.as_str()))
        || source.text.lines().any(|line| {
            let test = line.contains("-z ") || line.contains("-n ");
            test && plain.iter().any(|form| line.contains(form.as_str()))
        });
    if !uses || looks || !source.text.starts_with("#!") {
        return None;
    }
    let is_head = |line: &str| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line.starts_with("set ")
    };
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        if !is_head(line) {
            break;
        }
        at += line.len();
    }
    let newline = source.newline();
    let text = format!(": \"${{{name}:?has no value, see docker run --env-file {env_file}}}\"{newline}{newline}");
    Some(Change::Edit { path: path.clone(), edits: vec![TextEdit::insert(at, text)] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_install_start_no_app() {
        for text in [
            " pip install -r requirements.txt",
            " --mount=type=cache,target=/root/.cache pip install -U pip wheel",
            " apt-get update && apt-get install -y python3 python3-dev && rm -rf /var/lib/apt/lists/*",
            " python -m pip install . && python3 -m venv /venv",
            " poetry install --no-dev",
            " apk add gcc; mkdir -p /app",
        ] {
            assert!(!starts_app(text), "{text}");
        }
        for text in [
            " flask db upgrade",
            " python manage.py collect",
            " pip install . && FLASK_APP=shop flask assets build",
            " ./setup.sh",
            " sh build.sh",
            " poetry run flask digest compile",
            " make assets",
        ] {
            assert!(starts_app(text), "{text}");
        }
    }
}
