//! Dockerfiles: what the image runs, with ENTRYPOINT and CMD joined, the variables it sets and
//! where its files come from.

use super::assemble::Frame;
use super::container::{Places, absolute};
use super::context::Context;
use super::scope::Scope;
use super::shell::{Start, start, start_words};
use super::words::{Arg, Form, Piece, ShellText};
use super::{Deployments, Kind, roles, vars};
use crate::facts::{LaunchRole, LaunchVar, Precedence, Server, VarOrigin};
use crate::lang::dockerfile::{Instruction, Pair, instructions};
use crate::text::{RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "dockerfile", matches, read };

fn matches(path: &RepoPath) -> bool {
    let name = path.name().to_ascii_lowercase();
    let named =
        |base: &str| name == base || name.strip_prefix(base).is_some_and(|rest| rest.starts_with(['.', '-', '_']));
    (named("dockerfile") && !name.ends_with(".dockerignore")) || named("containerfile") || name.ends_with(".dockerfile")
}

/// A command of an image.
#[derive(Clone)]
pub(crate) enum Command<'a> {
    Shell { file: &'a SourceFile, text: String, span: Span },
    Exec(Vec<Arg<'a>>),
}

/// One build stage, with what it took over from the stage below it.
#[derive(Clone)]
pub(crate) struct Stage<'a> {
    pub name: Option<String>,
    /// The image it is made from, as written.
    pub base: String,
    pub span: Span,
    pub env: Vec<LaunchVar>,
    pub workdir: String,
    pub places: Places,
    entrypoint: Option<Command<'a>>,
    cmd: Option<Command<'a>>,
    cmd_is_own: bool,
    args: Vec<Pair>,
}

/// What the image that a file is copied into has where; `None` where no image, or several, take it
/// by its name.
pub(crate) fn places_of(context: &Context<'_>, path: &RepoPath) -> Option<Places> {
    let dockerfiles = context.files().filter(|file| matches(&file.path) && file.text.contains(path.name()));
    let images = dockerfiles.map(|file| Image::read(file, context, None));
    let mut stages = images.filter_map(|image| image.stages.last().cloned());
    let mut takes = stages.by_ref().filter(|stage| stage.places.holds(path)).map(|stage| stage.places);
    let first = takes.next()?;
    takes.next().is_none().then_some(first)
}

/// What a Dockerfile builds.
pub(crate) struct Image<'a> {
    pub file: &'a SourceFile,
    /// The directory it is built in.
    dir: RepoPath,
    pub stages: Vec<Stage<'a>>,
    /// Variables that no stage's environment shows any more, and build arguments.
    pub build_args: Vec<LaunchVar>,
}

impl<'a> Image<'a> {
    /// Reads a Dockerfile that is built with `build_dir` as its context.
    pub(crate) fn read(file: &'a SourceFile, context: &Context<'a>, build_dir: Option<RepoPath>) -> Self {
        let all = instructions(&file.text);
        let dir = build_dir.unwrap_or_else(|| guess_build_dir(file, context, &all));
        let mut reader =
            Reader { context, file, dir: dir.clone(), stages: Vec::new(), globals: Vec::new(), build_args: Vec::new() };
        for instruction in &all {
            reader.take(instruction);
        }
        Self { file, dir, stages: reader.stages, build_args: reader.build_args }
    }

    /// The stage a build without or with a target ends at.
    pub(crate) fn stage(&self, target: Option<&str>) -> Option<&Stage<'a>> {
        match target {
            Some(target) => self
                .stages
                .iter()
                .rev()
                .find(|stage| stage.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(target))),
            None => self.stages.last(),
        }
    }
}

impl<'a> Stage<'a> {
    /// Where commands of this image run.
    pub(crate) fn scope<'c>(&self, context: &'c Context<'a>, dir: &RepoPath) -> Scope<'a, 'c> {
        let scope = Scope::new(context, dir.clone()).with_env(self.env.clone());
        scope.inside(self.places.clone(), &self.workdir)
    }

    /// What the image starts; `entrypoint` and `cmd` replace its own, as compose does.
    pub(crate) fn start(
        &self,
        scope: &Scope<'a, '_>,
        entrypoint: Option<Command<'a>>,
        cmd: Option<Command<'a>>,
    ) -> Option<Start<'a>> {
        let replaced = entrypoint.is_some();
        let entrypoint = entrypoint.or_else(|| self.entrypoint.clone());
        let cmd = cmd.or_else(|| self.cmd.clone().filter(|_| !replaced));
        join(scope, entrypoint, cmd)
    }

    /// The base image's own server, where it is known to start one.
    pub(crate) fn base_start(&self, scope: &Scope<'a, '_>) -> Option<Start<'a>> {
        let silent = self.entrypoint.is_none() && self.cmd.is_none();
        let known = self.base.to_ascii_lowercase().contains("uwsgi-nginx");
        (silent && known).then(|| Start::of_image(Server::Uwsgi, scope))
    }
}

/// ENTRYPOINT and CMD as the container joins them.
pub(crate) fn join<'a>(
    scope: &Scope<'a, '_>,
    entrypoint: Option<Command<'a>>,
    cmd: Option<Command<'a>>,
) -> Option<Start<'a>> {
    match (entrypoint, cmd) {
        (None, None) => None,
        // The shell form of ENTRYPOINT ignores CMD.
        (Some(Command::Shell { file, text, span }), _) | (None, Some(Command::Shell { file, text, span })) => {
            start(scope, &shell_text(file, text, span))
        }
        (None, Some(Command::Exec(args))) => start_words(scope, args),
        (Some(Command::Exec(mut args)), cmd) => {
            match cmd {
                Some(Command::Exec(more)) => args.extend(more),
                Some(Command::Shell { file, text, span }) => args.extend(shell_words(file, text, span)),
                None => {}
            }
            start_words(scope, args)
        }
    }
}

fn shell_text(file: &SourceFile, text: String, span: Span) -> ShellText<'_> {
    ShellText { text: text.into(), at: Some(span.start), piece: Piece::new(file, span, Form::Shell) }
}

/// The shell form behind an exec form: `/bin/sh -c TEXT` as words.
fn shell_words(file: &SourceFile, text: String, span: Span) -> Vec<Arg<'_>> {
    let piece = Piece::new(file, span, Form::Shell);
    let word = |text: &str| Arg { text: text.to_owned(), span: None, piece, expands: false };
    let lead = text.len() - text.trim_start().len();
    let inner = Span::new(span.start + lead, span.start + text.trim_end().len().max(lead));
    vec![word("/bin/sh"), word("-c"), Arg { text: text.trim().to_owned(), span: Some(inner), piece, expands: false }]
}

struct Reader<'a, 'c> {
    context: &'c Context<'a>,
    file: &'a SourceFile,
    /// The build context.
    dir: RepoPath,
    stages: Vec<Stage<'a>>,
    /// `ARG`s before the first `FROM`.
    globals: Vec<Pair>,
    build_args: Vec<LaunchVar>,
}

impl<'a> Reader<'a, '_> {
    fn take(&mut self, instruction: &Instruction) {
        match instruction.keyword.as_str() {
            "FROM" => return self.from(instruction),
            "ARG" => return self.arg(instruction),
            _ => {}
        }
        let command = self.command(instruction);
        let copied = self.copied(instruction);
        let file = self.file;
        let Some(stage) = self.stages.last_mut() else { return };
        match instruction.keyword.as_str() {
            "ENV" => {
                for pair in instruction.pairs() {
                    let var = image_var(file, &pair, &stage.args, &stage.env);
                    stage.env.retain(|other| other.name != var.name);
                    stage.env.push(var);
                }
            }
            "WORKDIR" => {
                if let Some(word) = instruction.words().first() {
                    let dir = expanded(&word.text, &stage.args, &stage.env);
                    stage.workdir = absolute(&stage.workdir, &dir);
                }
            }
            "COPY" | "ADD" => copied.into_iter().for_each(|(to, from)| stage.places.add(to, from)),
            "CMD" => {
                stage.cmd = Some(command);
                stage.cmd_is_own = true;
            }
            "ENTRYPOINT" => {
                stage.entrypoint = Some(command);
                // A new ENTRYPOINT takes the inherited CMD away.
                if !stage.cmd_is_own {
                    stage.cmd = None;
                }
            }
            _ => {}
        }
        if let Some((source, to, name)) = self.copied_from(instruction) {
            let other = self.stages.iter().rev().skip(1).find(|stage| stage.name.as_deref() == Some(&name));
            let other =
                other.or_else(|| self.stages.get(name.parse::<usize>().ok()?)).map(|stage| stage.places.clone());
            if let (Some(other), Some(stage)) = (other, self.stages.last_mut()) {
                stage.places.add_from(&other, &source, &to);
            }
        }
    }

    fn from(&mut self, instruction: &Instruction) {
        let words = instruction.words();
        let Some(base) = words.first() else { return };
        let base = expanded(&base.text, &self.globals, &[]);
        let name = match words.get(1) {
            Some(word) if word.text.eq_ignore_ascii_case("as") => words.get(2).map(|word| word.text.clone()),
            _ => None,
        };
        let below = self
            .stages
            .iter()
            .rev()
            .find(|stage| stage.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(&base)));
        let mut stage = below.cloned().unwrap_or_else(|| Stage {
            name: None,
            base: base.clone(),
            span: instruction.span,
            env: Vec::new(),
            workdir: "/".to_owned(),
            places: Places::default(),
            entrypoint: None,
            cmd: None,
            cmd_is_own: false,
            args: Vec::new(),
        });
        (stage.name, stage.span, stage.cmd_is_own) = (name, instruction.span, false);
        self.stages.push(stage);
    }

    fn arg(&mut self, instruction: &Instruction) {
        for pair in instruction.pairs() {
            let item = Some(pair.item_span);
            let mut var = vars::var(self.file, &pair.name, &pair.value, pair.expands, pair.value_span, item);
            if var.value.is_some() {
                var.origin = VarOrigin::BuildOnly;
                self.build_args.push(var);
            }
            match self.stages.last_mut() {
                Some(stage) => stage.args.push(pair),
                None => self.globals.push(pair),
            }
        }
        // `ARG NAME` alone takes the value of the `ARG` before the first stage.
        let plain = instruction.words().into_iter().find(|word| !word.text.contains('='));
        if let (Some(word), Some(stage)) = (plain, self.stages.last_mut()) {
            stage.args.extend(self.globals.iter().filter(|pair| pair.name == word.text).cloned());
        }
    }

    fn command(&self, instruction: &Instruction) -> Command<'a> {
        match instruction.exec_form() {
            Some(items) => {
                let piece = Piece::new(self.file, instruction.args, Form::Exec);
                let arg = |item: crate::lang::dockerfile::Item| Arg {
                    expands: false,
                    text: item.text,
                    span: Some(item.span),
                    piece,
                };
                Command::Exec(items.into_iter().map(arg).collect())
            }
            None => Command::Shell { file: self.file, text: instruction.text.clone(), span: instruction.args },
        }
    }

    /// Where `COPY` and `ADD` put which part of the tree.
    fn copied(&self, instruction: &Instruction) -> Vec<(String, RepoPath)> {
        let Some((sources, target)) = self.copy_words(instruction) else { return Vec::new() };
        if instruction.flags().0.iter().any(|flag| flag.starts_with("from=")) {
            return Vec::new();
        }
        let Some(stage) = self.stages.last() else { return Vec::new() };
        let to = absolute(&stage.workdir, &target);
        let into_dir = sources.len() > 1 || target.ends_with('/') || target == "." || target == "..";
        let place = |source: &String| {
            let source = source.strip_suffix("/*").or_else(|| source.strip_suffix('*')).unwrap_or(source);
            let from = self.dir.join(source.trim_start_matches('/'))?;
            if self.context.has_dir(&from) {
                // The content of a directory is copied, not the directory.
                return Some((to.clone(), from));
            }
            let file_to = if into_dir { absolute(&to, from.name()) } else { to.clone() };
            self.context.has_file(&from).then_some((file_to, from))
        };
        sources.iter().filter_map(place).collect()
    }

    /// The source, target and stage of a `COPY --from`.
    fn copied_from(&self, instruction: &Instruction) -> Option<(String, String, String)> {
        let (sources, target) = self.copy_words(instruction)?;
        let name = instruction.flags().0.iter().find_map(|flag| flag.strip_prefix("from=").map(str::to_owned))?;
        let stage = self.stages.last()?;
        Some((absolute("", sources.first()?), absolute(&stage.workdir, &target), name))
    }

    fn copy_words(&self, instruction: &Instruction) -> Option<(Vec<String>, String)> {
        if !matches!(instruction.keyword.as_str(), "COPY" | "ADD") {
            return None;
        }
        let stage = self.stages.last()?;
        let items = instruction.exec_form().unwrap_or_else(|| instruction.words());
        let mut words: Vec<String> = items.iter().map(|item| expanded(&item.text, &stage.args, &stage.env)).collect();
        let target = words.pop()?;
        (!words.is_empty()).then_some((words, target))
    }
}

/// A text with the arguments and variables of the build put in.
fn expanded(text: &str, args: &[Pair], env: &[LaunchVar]) -> String {
    if !text.contains('$') {
        return text.to_owned();
    }
    let mut text = text.to_owned();
    let known = args.iter().filter(|pair| !pair.expands).map(|pair| (pair.name.as_str(), pair.value.as_str()));
    let set = env.iter().filter_map(|var| Some((var.name.as_str(), var.value.as_deref()?.expose())));
    for (name, value) in known.chain(set) {
        text = text.replace(&format!("${{{name}}}"), value);
        if text == format!("${name}") || text.starts_with(&format!("${name}/")) {
            text = text.replacen(&format!("${name}"), value, 1);
        }
    }
    text
}

/// A variable of the image; a value that only repeats an `ARG` is that argument's default.
fn image_var(file: &SourceFile, pair: &Pair, args: &[Pair], env: &[LaunchVar]) -> LaunchVar {
    let item = Some(pair.item_span);
    let mut var = vars::var(file, &pair.name, &pair.value, pair.expands, pair.value_span, item);
    if var.value.is_none() {
        let inner = pair.value.trim_start_matches('$').trim_start_matches('{').trim_end_matches('}');
        if let Some(arg) = args.iter().rev().find(|arg| arg.name == inner && !arg.expands) {
            let default = vars::var(file, &pair.name, &arg.value, false, arg.value_span, None);
            (var.value, var.origin, var.value_span) = (default.value, VarOrigin::Fallback, default.value_span);
        } else if let Some(other) = env.iter().find(|other| other.name == inner) {
            (var.value, var.origin) = (other.value.clone(), other.origin);
        }
    }
    var
}

/// The build context: the nearest directory above the Dockerfile that has what it copies.
fn guess_build_dir(file: &SourceFile, context: &Context<'_>, all: &[Instruction]) -> RepoPath {
    let mut sources: Vec<String> = Vec::new();
    for instruction in all.iter().filter(|i| matches!(i.keyword.as_str(), "COPY" | "ADD")) {
        if instruction.flags().0.iter().any(|flag| flag.starts_with("from=")) {
            continue;
        }
        let mut items = instruction.exec_form().unwrap_or_else(|| instruction.words());
        items.pop();
        sources
            .extend(items.into_iter().map(|item| item.text).filter(|text| !text.contains(['*', '$', '?', ':', '['])));
    }
    let fits = |dir: &RepoPath| {
        sources.iter().filter(|s| dir.join(s.trim_start_matches('/')).is_some_and(|p| context.exists(&p))).count()
    };
    let mut dir = file.path.parent();
    let mut best = (fits(&dir), context.holds_python(&dir), dir.clone());
    while !dir.is_root() {
        dir = dir.parent();
        let here = (fits(&dir), context.holds_python(&dir));
        if here.0 > best.0 || (here.0 == best.0 && here.1 && !best.1) {
            best = (here.0, here.1, dir.clone());
        }
    }
    best.2
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let image = Image::read(file, context, None);
    let Some(last) = image.stages.last() else { return };
    let usual = roles::of_path(&file.path, LaunchRole::Production);
    let by_stage = last.name.as_deref().and_then(roles::of_name);
    let role = if usual == LaunchRole::Production { by_stage.unwrap_or(usual) } else { usual };
    let mut used = vec![image.stages.len() - 1];
    let before = found.launches.len();
    push(&image, last, role, context, found);
    // A last stage for development leaves the one for production to be built by name.
    if role != LaunchRole::Production && usual == LaunchRole::Production {
        let named = |stage: &Stage<'_>| stage.name.as_deref().is_some_and(roles::is_production_name);
        if let Some(index) = image.stages.iter().rposition(named) {
            push(&image, &image.stages[index], LaunchRole::Production, context, found);
            used.push(index);
        }
    }
    let launched = found.launches.len() > before;
    let shown: Vec<Span> = if launched {
        used.iter().flat_map(|index| image.stages[*index].env.iter().map(|var| var.location.span)).collect()
    } else {
        Vec::new()
    };
    let mut loose: Vec<LaunchVar> = image.stages.iter().flat_map(|stage| stage.env.iter().cloned()).collect();
    loose.retain(|var| !shown.contains(&var.location.span));
    loose.extend(image.build_args);
    loose.sort_by_key(|var| var.location.span);
    loose.dedup_by_key(|var| var.location.span);
    found.loose.extend(loose);
}

fn push<'a>(image: &Image<'a>, stage: &Stage<'a>, role: LaunchRole, context: &Context<'a>, found: &mut Deployments) {
    let scope = stage.scope(context, &image.dir);
    let name = stage.name.clone().unwrap_or_else(|| "image".to_owned());
    let mut frame = Frame::new(KIND.name, image.file, &name, stage.span);
    (frame.role, frame.precedence, frame.env) = (role, Precedence::Image, stage.env.clone());
    if let Some(start) = stage.start(&scope, None, None) {
        found.launches.push(frame.launch(start));
    } else if let Some(start) = stage.base_start(&scope) {
        found.launches.push(frame.launch(start));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{APP, Trial, brief, env};
    use crate::facts::{LaunchRole, Precedence, Server, VarOrigin};

    #[test]
    fn entrypoint_and_cmd_are_joined() {
        let docker = "FROM python:3\nWORKDIR /apps/\nCOPY app/ /apps/\nENTRYPOINT [\"python\"]\nCMD [\"main.py\"]\n";
        let trial = Trial::new(&[("Dockerfile", docker), ("app/main.py", APP)]);
        let launch = trial.one();
        assert_eq!((launch.server.clone(), launch.precedence), (Server::PythonFile, Precedence::Image));
        assert_eq!(launch.argv, ["python", "main.py"]);
        assert_eq!(launch.script.as_ref().unwrap().as_str(), "app/main.py");
        assert_eq!(launch.cwd.as_str(), "app");
        assert!(launch.command_span.is_none() && launch.exec_form);
    }

    #[test]
    fn exec_form_has_the_bytes_between_the_brackets() {
        let docker = "FROM python:3\nCOPY . /srv\nWORKDIR /srv\nENV FLASK_DEBUG 1\nENV FLASK_APP=shop.py PORT=80\nCMD [ \"flask\", \"run\", \"--host=0.0.0.0\" ]\n";
        let trial = Trial::new(&[("Dockerfile", docker), ("shop.py", "")]);
        let launch = trial.one();
        assert_eq!(trial.command(&launch), Some("\"flask\", \"run\", \"--host=0.0.0.0\""));
        assert_eq!(launch.target.as_ref().unwrap().module, "shop");
        assert_eq!(env(&launch)["FLASK_DEBUG"], Some("1"));
        assert_eq!(trial.without(&launch, "FLASK_DEBUG"), docker.replace("ENV FLASK_DEBUG 1\n", ""));
        assert_eq!(trial.without(&launch, "PORT"), docker.replace(" PORT=80", ""));
        assert_eq!(launch.bind.as_deref(), Some("0.0.0.0"));
    }

    #[test]
    fn only_the_last_stage_runs_and_takes_over_what_it_is_made_from() {
        let docker = "ARG DEBUG=false\nFROM python:3 AS base\nARG DEBUG\nENV FLASK_DEBUG=${DEBUG} \\\n    FLASK_APP=web\nCMD [\"flask\", \"run\", \"--debug\"]\nFROM base AS tests\nCMD [\"pytest\"]\nFROM base AS final\nCOPY --from=tests /x /y\nCMD gunicorn -b 0.0.0.0:80 \\\n  web:app\n";
        let trial = Trial::new(&[("Dockerfile", docker)]);
        let launch = trial.one();
        assert_eq!(brief(&launch), "final gunicorn web:app Production Image");
        let var = launch.env.iter().find(|var| var.name == "FLASK_DEBUG").unwrap();
        assert_eq!((var.origin, var.value.as_ref().unwrap().expose()), (VarOrigin::Fallback, "false"));
        assert_eq!(trial.command(&launch), Some("gunicorn -b 0.0.0.0:80 \\\n  web:app"));
    }

    #[test]
    fn entry_scripts_are_followed_through_copy_and_arguments() {
        let docker = "FROM python:3\nWORKDIR /home/shop\nCOPY web web\nCOPY shop.py deploy/boot.sh ./\nENTRYPOINT [\"./boot.sh\"]\nCMD [\"gunicorn\", \"shop:app\"]\n";
        let trial = Trial::new(&[
            ("Dockerfile", docker),
            ("deploy/boot.sh", "#!/bin/sh\nset -e\nflask db upgrade\nexec \"$@\"\n"),
            ("shop.py", ""),
            ("web/a.py", ""),
        ]);
        let launch = trial.one();
        assert_eq!(trial.command(&launch), Some("\"gunicorn\", \"shop:app\""));
        assert_eq!(launch.location.path.as_str(), "Dockerfile");
        assert!(launch.cwd.is_root());
    }

    #[test]
    fn what_cannot_be_followed_starts_where_the_image_is_built() {
        // `cp -r` hides where the code comes from; the Dockerfile's own directory is no guess for it.
        let docker = "FROM alpine AS builder\nCOPY . /build\nRUN mkdir /app && cp -r /build/shop /app\nFROM alpine\nCOPY --from=builder /app /app/\nCOPY ./docker/boot.sh /usr/bin/\nWORKDIR /app\nCMD [\"gunicorn\", \"shop:app\"]\n";
        let trial =
            Trial::new(&[("docker/Dockerfile", docker), ("docker/boot.sh", "exec \"$@\"\n"), ("shop/__init__.py", "")]);
        assert!(trial.one().started_in.is_root());
    }

    #[test]
    fn workers_tests_and_migrations_start_nothing_but_their_variables_are_told() {
        for cmd in [
            "CMD [\"flask\",\"db\",\"upgrade\"]",
            "CMD celery -A shop worker",
            "CMD [\"pytest\"]",
            "CMD [\"python\", \"manage.py\", \"run_worker\"]",
            "HEALTHCHECK CMD curl -f http://localhost:5000/ || exit 1",
            "CMD python setup.py develop",
        ] {
            let docker = format!("FROM python:3\nARG TOKEN=abc\nENV KEY=value\nCOPY . .\n{cmd}\n");
            let found = Trial::new(&[
                ("Dockerfile.worker", &docker),
                ("manage.py", "from flask_script import Manager\nmanager.run()"),
            ])
            .read();
            assert!(found.launches.is_empty(), "{cmd}");
            assert_eq!(found.loose.iter().map(|var| var.name.as_str()).collect::<Vec<_>>(), ["TOKEN", "KEY"]);
        }
    }

    #[test]
    fn development_images_and_last_stages_are_not_production() {
        let dev = Trial::new(&[("Dockerfile.dev", "FROM python\nCMD flask run --debug\n")]).one();
        assert_eq!(dev.role, LaunchRole::Development);
        assert!(dev.debug_flag.is_some());
        let docker = "FROM python AS production\nCMD gunicorn a:app\nFROM production AS development\nCMD flask run\n";
        let all = Trial::new(&[("Dockerfile", docker)]).launches();
        assert_eq!(
            all.iter().map(brief).collect::<Vec<_>>(),
            ["production gunicorn a:app Production Image", "development flask run Development Image"]
        );
    }

    #[test]
    fn shell_in_exec_form_and_chains_in_shell_form() {
        let trial = Trial::new(&[(
            "Dockerfile",
            "FROM python\nCMD [\"sh\", \"-c\", \"flask db upgrade && gunicorn a:app\"]\n",
        )]);
        let launch = trial.one();
        assert_eq!(trial.command(&launch), Some("gunicorn a:app"));
        assert_eq!((launch.exec_form, launch.host_quote), (false, Some('"')));
        let trial = Trial::new(&[
            ("Dockerfile", "FROM python\nCMD service nginx start; uwsgi --ini uwsgi.ini\n"),
            ("uwsgi.ini", ""),
        ]);
        assert_eq!(trial.one().conf.unwrap().as_str(), "uwsgi.ini");
    }

    #[test]
    fn manage_runserver_and_known_base_images() {
        let docker =
            "FROM python\nCOPY . /app\nWORKDIR /app\nENTRYPOINT [\"python3\", \"-u\" ,\"manage.py\", \"runserver\"]\n";
        let launch = Trial::new(&[("Dockerfile", docker), ("manage.py", "from flask_script import Manager")]).one();
        assert_eq!(launch.server, Server::ManageRunserver);
        let docker = "FROM tiangolo/uwsgi-nginx-flask:python3.8\nCOPY ./app /app\n";
        assert_eq!(Trial::new(&[("Dockerfile", docker), ("app/main.py", "")]).one().server, Server::Uwsgi);
    }

    #[test]
    fn the_build_context_above_the_dockerfile_is_found() {
        let docker = "FROM python\nWORKDIR /app\nCOPY requirements.txt .\nCOPY . .\nCMD [\"python\", \"run.py\"]\n";
        let launch = Trial::new(&[("docker/web/Dockerfile", docker), ("run.py", APP), ("requirements.txt", "")]).one();
        assert_eq!(launch.script.unwrap().as_str(), "run.py");
    }
}
