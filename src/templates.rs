//! What we write into users' projects: the files below `templates/`, embedded, with typed
//! substitution. Knows nothing of what the values mean. A name that is missing, unused or of a
//! shape that could break out of its place is an error, never text.
//!
//! `{{ name }}` is a value. A line `# {{ if name }}` or `# {{ each name }}` opens a block that a
//! line `# {{ end }}` closes; these lines are not written.

mod deployment;

use std::collections::BTreeSet;

pub use deployment::Deployment;

/// One embedded file.
#[derive(Debug)]
pub struct Template {
    /// Path below `templates/`.
    pub path: &'static str,
    text: &'static str,
}

macro_rules! embed {
    ($path:literal) => {
        Template { path: $path, text: include_str!(concat!("../templates/", $path)) }
    };
}

/// `gunicorn.conf.py` where nothing, or the development server, starts production.
pub static GUNICORN_NEW: Template = embed!("gunicorn/new.conf.py.tmpl");
/// `gunicorn.conf.py` where Gunicorn starts production already.
pub static GUNICORN_ADDED: Template = embed!("gunicorn/added.conf.py.tmpl");
/// The function that reads a key from the env file, for a settings module.
pub static ENV_FILE_READER: Template = embed!("store/env_file.py.tmpl");
/// Patterns that keep env files out of git.
pub static GITIGNORE: Template = embed!("git/gitignore.txt");
/// Patterns that keep env files out of images.
pub static DOCKERIGNORE: Template = embed!("git/dockerignore.txt");

/// A drop-in for a systemd unit.
pub static DEPLOY_SYSTEMD: Template = embed!("deploy/systemd.conf.tmpl");
/// Secrets of Docker Compose.
pub static DEPLOY_COMPOSE: Template = embed!("deploy/compose.yml.tmpl");
/// Variables from a Secret of Kubernetes.
pub static DEPLOY_KUBERNETES: Template = embed!("deploy/kubernetes.yml.tmpl");
/// A template of Vault Agent.
pub static DEPLOY_VAULT_AGENT: Template = embed!("deploy/vault-agent.hcl.tmpl");
/// A script that sets variables from files.
pub static DEPLOY_ENVIRONMENT: Template = embed!("deploy/environment.sh.tmpl");

/// Every template.
pub static ALL: &[&Template] = &[
    &GUNICORN_NEW,
    &GUNICORN_ADDED,
    &ENV_FILE_READER,
    &GITIGNORE,
    &DOCKERIGNORE,
    &DEPLOY_SYSTEMD,
    &DEPLOY_COMPOSE,
    &DEPLOY_KUBERNETES,
    &DEPLOY_VAULT_AGENT,
    &DEPLOY_ENVIRONMENT,
];

/// A value and the shape it is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A Python string literal.
    Str(&'a str),
    /// A bare name: a function, a variable of the environment.
    Identifier(&'a str),
    /// Letters, digits and `. _ - / @`: part of a path, a unit, an object's name.
    Word(&'a str),
    Integer(u32),
    /// A relative path with `/`, as a Python string literal.
    Path(&'a str),
    /// Text of a comment, one line.
    Comment(&'a str),
    /// Whether an `if` block is written.
    Flag(bool),
    /// The repetitions of an `each` block.
    Rows(Vec<Vec<(&'a str, Value<'a>)>>),
}

/// What is wrong with a template or the values for it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TemplateError {
    #[error("template {path}: no value for `{name}`")]
    Missing { path: &'static str, name: String },
    #[error("template {path}: nothing uses the value `{name}`")]
    Unused { path: &'static str, name: String },
    #[error("template {path}: `{name}` does not have the shape its place needs")]
    Shape { path: &'static str, name: String },
    #[error("template {path}: a block or value is not closed")]
    Syntax { path: &'static str },
}

/// A variable that a server start file sets unless it is set, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultVariable<'a> {
    pub name: &'a str,
    pub value: &'a str,
    /// One line, written as a comment above.
    pub why: &'a str,
}

/// The text of a `gunicorn.conf.py`.
#[derive(Clone, Copy, Debug)]
pub struct GunicornConf<'a> {
    pub defaults: &'a [DefaultVariable<'a>],
    /// The variable that holds the key, where the server is to stop without one.
    pub stop_without: Option<&'a str>,
}

impl GunicornConf<'_> {
    /// For a project in which Gunicorn starts nothing yet.
    ///
    /// # Errors
    /// Where a name or comment does not have the shape its place needs.
    pub fn new_file(&self, workers: u32, threads: u32) -> Result<String, TemplateError> {
        let mut values = self.values();
        values.push(("workers", Value::Integer(workers)));
        values.push(("threads", Value::Integer(threads)));
        GUNICORN_NEW.render(&values)
    }

    /// For a project that Gunicorn starts already: sets nothing its start decides.
    ///
    /// # Errors
    /// Where a name or comment does not have the shape its place needs.
    pub fn added_file(&self) -> Result<String, TemplateError> {
        GUNICORN_ADDED.render(&self.values())
    }

    fn values(&self) -> Vec<(&str, Value<'_>)> {
        let rows = self.defaults.iter().map(|default| {
            vec![
                ("name", Value::Str(default.name)),
                ("value", Value::Str(default.value)),
                ("why", Value::Comment(default.why)),
            ]
        });
        vec![
            ("defaults", Value::Rows(rows.collect())),
            ("stop_without_key", Value::Flag(self.stop_without.is_some())),
            ("variable", Value::Identifier(self.stop_without.unwrap_or("SECRET_KEY"))),
        ]
    }
}

/// The function that reads a key from the env file at `path`, relative to the module it is put
/// into. `import_os`: the module does not import `os` under that name above it.
///
/// # Errors
/// Where the function's name or the path do not have the shape their place needs.
pub fn env_file_reader(function: &str, path: &str, import_os: bool) -> Result<String, TemplateError> {
    ENV_FILE_READER.render(&[
        ("function", Value::Identifier(function)),
        ("path", Value::Path(path)),
        ("import_os", Value::Flag(import_os)),
    ])
}

enum Node<'t> {
    Text(&'t str),
    Value(&'t str),
    Block { each: bool, name: &'t str, body: Vec<Node<'t>> },
}

type Values<'a> = [(&'a str, Value<'a>)];

impl Template {
    /// The lines of a template without values (ignore patterns).
    pub fn lines(&self) -> impl Iterator<Item = &'static str> {
        self.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
    }

    /// The text with its values.
    ///
    /// # Errors
    /// Where a name is missing, unused, given twice, or its value does not have the shape of its
    /// place.
    pub fn render(&self, values: &Values<'_>) -> Result<String, TemplateError> {
        let mut lines = self.text.split_inclusive('\n');
        let nodes = self.block(&mut lines, false)?;
        self.check_names(&nodes, values, &[])?;
        let mut out = String::with_capacity(self.text.len());
        self.write(&mut out, &nodes, &[values])?;
        Ok(out)
    }

    fn block(
        &self,
        lines: &mut dyn Iterator<Item = &'static str>,
        inside: bool,
    ) -> Result<Vec<Node<'static>>, TemplateError> {
        let mut nodes = Vec::new();
        while let Some(line) = lines.next() {
            match directive(line) {
                Some("end") if inside => return Ok(nodes),
                Some(words) => {
                    let (kind, name) = words.split_once(' ').ok_or(TemplateError::Syntax { path: self.path })?;
                    nodes.push(Node::Block { each: kind == "each", name, body: self.block(lines, true)? });
                }
                None => self.inline(line, &mut nodes)?,
            }
        }
        if inside { Err(TemplateError::Syntax { path: self.path }) } else { Ok(nodes) }
    }

    fn inline(&self, line: &'static str, nodes: &mut Vec<Node<'static>>) -> Result<(), TemplateError> {
        let mut rest = line;
        while let Some((text, behind)) = rest.split_once("{{ ") {
            let (name, behind) = behind.split_once(" }}").ok_or(TemplateError::Syntax { path: self.path })?;
            nodes.push(Node::Text(text));
            nodes.push(Node::Value(name));
            rest = behind;
        }
        nodes.push(Node::Text(rest));
        Ok(())
    }

    /// Every value given is mentioned, and given once.
    fn check_names(&self, nodes: &[Node<'_>], values: &Values<'_>, outer: &[&str]) -> Result<(), TemplateError> {
        let mut mentioned = BTreeSet::new();
        mention(nodes, &mut mentioned);
        let mut seen: BTreeSet<&str> = outer.iter().copied().collect();
        for (name, _) in values {
            if !mentioned.contains(name) || !seen.insert(name) {
                return Err(TemplateError::Unused { path: self.path, name: (*name).to_owned() });
            }
        }
        Ok(())
    }

    fn write(&self, out: &mut String, nodes: &[Node<'_>], scopes: &[&Values<'_>]) -> Result<(), TemplateError> {
        for node in nodes {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::Value(name) => {
                    let written = literal(self.find(name, scopes)?);
                    out.push_str(&written.ok_or_else(|| self.shape(name))?);
                }
                Node::Block { each: false, name, body } => match self.find(name, scopes)? {
                    Value::Flag(true) => self.write(out, body, scopes)?,
                    Value::Flag(false) => {}
                    _ => return Err(self.shape(name)),
                },
                Node::Block { each: true, name, body } => {
                    let Value::Rows(rows) = self.find(name, scopes)? else { return Err(self.shape(name)) };
                    let outer: Vec<&str> =
                        scopes.iter().flat_map(|scope| scope.iter().map(|(name, _)| *name)).collect();
                    for row in rows {
                        self.check_names(body, row, &outer)?;
                        let mut inner = scopes.to_vec();
                        inner.push(row);
                        self.write(out, body, &inner)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn find<'v>(&self, name: &str, scopes: &[&'v Values<'v>]) -> Result<&'v Value<'v>, TemplateError> {
        let found = scopes.iter().rev().flat_map(|scope| scope.iter()).find(|(known, _)| *known == name);
        found.map(|(_, value)| value).ok_or_else(|| TemplateError::Missing { path: self.path, name: name.to_owned() })
    }

    fn shape(&self, name: &str) -> TemplateError {
        TemplateError::Shape { path: self.path, name: name.to_owned() }
    }
}

/// The words of a line that opens or closes a block.
fn directive(line: &str) -> Option<&str> {
    let words = line.trim().strip_prefix("# {{ ")?.strip_suffix(" }}")?;
    (words == "end" || words.starts_with("if ") || words.starts_with("each ")).then_some(words)
}

fn mention<'t>(nodes: &[Node<'t>], names: &mut BTreeSet<&'t str>) {
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Value(name) => {
                names.insert(name);
            }
            Node::Block { name, body, .. } => {
                names.insert(name);
                mention(body, names);
            }
        }
    }
}

/// A value in its written form; `None` where it does not have the shape it claims.
fn literal(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Str(text) => Some(python_string(text)),
        Value::Identifier(name) => is_identifier(name).then(|| (*name).to_owned()),
        Value::Word(word) => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@".contains(c);
            (!word.is_empty() && word.chars().all(plain)).then(|| (*word).to_owned())
        }
        Value::Integer(number) => Some(number.to_string()),
        Value::Path(path) => {
            let relative = !path.is_empty() && !path.starts_with('/') && !path.contains(['\\', '\0', ':']);
            relative.then(|| python_string(path))
        }
        Value::Comment(text) => (!text.chars().any(char::is_control) && !text.is_empty()).then(|| (*text).to_owned()),
        Value::Flag(_) | Value::Rows(_) => None,
    }
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A Python 3 string literal in double quotes, in ASCII whatever the file's encoding.
pub fn python_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            _ if u32::from(c) < 0x100 => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            _ if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
