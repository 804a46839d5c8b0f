//! What is known where a command runs: directory, variables, and which paths lead to the tree.

use std::collections::BTreeMap;

use super::container::{Places, absolute};
use super::context::Context;
use super::words::Arg;
use crate::facts::LaunchVar;
use crate::text::RepoPath;

/// The surroundings of a command.
#[derive(Clone)]
pub(crate) struct Scope<'a, 'c> {
    pub context: &'c Context<'a>,
    /// What a container or server has where; empty where paths are those of the tree.
    pub places: Places,
    /// The working directory inside the container.
    pub workdir: Option<String>,
    pub cwd: RepoPath,
    /// Variables of the environment.
    pub env: Vec<LaunchVar>,
    /// Variables of the shell alone.
    pub shell: BTreeMap<String, String>,
}

impl<'a, 'c> Scope<'a, 'c> {
    /// A command that runs in a directory of the tree.
    pub(crate) fn new(context: &'c Context<'a>, cwd: RepoPath) -> Self {
        Self { context, places: Places::default(), workdir: None, cwd, env: Vec::new(), shell: BTreeMap::new() }
    }

    #[must_use]
    pub(crate) fn with_env(mut self, env: Vec<LaunchVar>) -> Self {
        self.env = env;
        self
    }

    /// A command that runs in a container, in its directory `workdir`.
    #[must_use]
    pub(crate) fn inside(mut self, places: Places, workdir: &str) -> Self {
        if let Some(dir) = places.dir(self.context, workdir) {
            self.cwd = dir;
        }
        self.places = places;
        self.workdir = Some(workdir.to_owned());
        self
    }

    /// The value of a variable, where it is known.
    pub(crate) fn lookup(&self, name: &str) -> Option<&str> {
        let set = self.env.iter().rev().find(|var| var.name == name);
        match set {
            Some(var) => var.value.as_deref().map(|value| value.expose()),
            None => self.shell.get(name).map(String::as_str),
        }
    }

    /// A word with the variables that are known put in; the others stay as written.
    pub(crate) fn expand(&self, arg: &Arg<'_>) -> String {
        if arg.expands { self.expand_text(&arg.text) } else { arg.text.clone() }
    }

    pub(crate) fn expand_text(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let (name, default, length) = reference(rest);
            let known = self.lookup(name).or(default);
            out.push_str(known.unwrap_or(&rest[..length]));
            rest = &rest[length..];
        }
        out.push_str(rest);
        out
    }

    /// The path of the tree that a path written in a command means, where it exists.
    pub(crate) fn path(&self, text: &str) -> Option<RepoPath> {
        let found = self.any_path(text)?;
        self.context.exists(&found).then_some(found)
    }

    /// The same for a path that may be missing.
    fn any_path(&self, text: &str) -> Option<RepoPath> {
        if text.contains('$') || text.is_empty() {
            return None;
        }
        if let Some(workdir) = &self.workdir
            && let Some(found) = self.places.find(self.context, &absolute(workdir, text))
        {
            return Some(found);
        }
        if text.starts_with('/') {
            return self.by_end(text);
        }
        self.cwd.join(text)
    }

    /// A path on a server whose end exists in the tree.
    fn by_end(&self, text: &str) -> Option<RepoPath> {
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
        (0..parts.len())
            .filter_map(|from| RepoPath::new(&parts[from..].join("/")))
            .find(|path| self.context.has_file(path))
    }

    /// Changes the directory as `cd` and `--chdir` do.
    pub(crate) fn change_dir(&mut self, text: &str) {
        if text.contains("dirname") || text.contains("BASH_SOURCE") || text.contains("${0") {
            return;
        }
        if let Some(workdir) = &self.workdir {
            let next = absolute(workdir, text);
            if let Some(dir) = self.places.dir(self.context, &next) {
                self.cwd = dir;
            } else if let Some(dir) = self.cwd.join(text).filter(|dir| self.context.has_dir(dir)) {
                self.cwd = dir;
            }
            self.workdir = Some(next);
        } else if text.starts_with('/') {
            self.cwd = self.context.guess_dir(text);
        } else if let Some(dir) = self.cwd.join(text).filter(|dir| self.context.has_dir(dir)) {
            self.cwd = dir;
        }
    }
}

/// The name, default and length of the variable reference that `text` starts with.
fn reference(text: &str) -> (&str, Option<&str>, usize) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if let Some(inner) = text.strip_prefix("${") {
        let Some(close) = inner.find('}') else { return ("", None, text.len()) };
        let body = &inner[..close];
        let name = body.find(|c| !is_name(c)).unwrap_or(body.len());
        let default = [":-", "-", ":=", "="].iter().find_map(|operator| body[name..].strip_prefix(operator));
        return (&body[..name], default, close + 3);
    }
    let rest = &text[1..];
    let name = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    (&rest[..name], None, name + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_the_shell_does() {
        assert_eq!(reference("${A:-b}c"), ("A", Some("b"), 7));
        assert_eq!(reference("$PORT/x"), ("PORT", None, 5));
        assert_eq!(reference("$"), ("", None, 1));
        assert_eq!(reference("${"), ("", None, 2));
    }

    #[test]
    fn known_variables_are_put_in_and_unknown_ones_stay() {
        let context = Context::new(&[], &[]);
        let mut scope = Scope::new(&context, RepoPath::root());
        scope.shell.insert("MODULE".into(), "shop.wsgi".into());
        assert_eq!(scope.expand_text("$MODULE:${NAME:-app}/$PORT$"), "shop.wsgi:app/$PORT$");
    }
}
