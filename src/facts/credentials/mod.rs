//! Credentials other than signing keys that stand in the files: tokens, private keys, addresses
//! with passwords, and values that a name makes a credential. A value is kept as a `Secret` with
//! its place and with what speaks against it; rules say how much each matters.

mod assigned;
mod data;
mod inline;
mod private_keys;
mod python;
mod sql;
mod urls;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use super::credential_names::Head;
pub use private_keys::{KeyFile, PRIVATE_KEY, find as private_keys};
pub use urls::Address;

use super::credential_names as names;
use assigned::Stage;

use super::env::{is_env_file, is_example};
use super::files::{FileRole, PyFile};
use super::names::Names;
use super::patterns::{self, Found, Marks, Provider, Verdict};
use crate::secret::Secret;
use crate::text::{Location, RepoPath, SourceFile, Span};

/// Most credentials that are kept of one file: a file with more is a dump, and one line says so.
pub const MOST_IN_A_FILE: usize = 200;

/// A credential at a place.
#[derive(Clone)]
pub struct Credential {
    pub kind: Kind,
    pub secret: Arc<Secret>,
    /// Where a person looks: the value, or the first line of a key.
    pub location: Location,
    /// The value itself, which must not be shown.
    pub value: Span,
    pub role: FileRole,
    /// What speaks against its being in use, the strongest first.
    pub doubts: Vec<Doubt>,
    /// How git sees the file.
    pub kept: Kept,
}

#[derive(Clone)]
pub enum Kind {
    /// A token of a known form.
    Token {
        provider: &'static Provider,
        proven: bool,
    },
    PrivateKey(KeyFile),
    /// A password inside an address.
    Url(Address),
    /// A value that is a credential by the name it is given.
    Assigned(Assigned),
}

/// A value by its name.
#[derive(Clone)]
pub struct Assigned {
    /// As written: `MAIL_PASSWORD`.
    pub name: String,
    /// `Config.MAIL_PASSWORD`, `app.config[MAIL_PASSWORD]`, or the name.
    pub symbol: String,
    pub head: Head,
    pub format: Format,
    pub how: How,
    /// The variable that is read first, where the value is its fallback.
    pub variable: Option<String>,
    /// Long and mixed: made by a machine, not typed.
    pub random: bool,
    /// The whole statement's value is this literal, so an edit can replace it.
    pub plain: Option<Span>,
}

/// What kind of file holds an assigned value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Python,
    Env,
    /// YAML, TOML, INI, Dockerfile, shell and other start files.
    Config,
    /// JSON and notebooks.
    Json,
    /// Code of other languages.
    Code,
}

/// In which way a credential is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A name is given it.
    Named,
    /// Whoever knows it can sign in, or the code signs in with it.
    Login,
    /// An account that the code makes by itself, the first administrator's.
    Account,
    /// What was typed is compared with it.
    Compared,
    /// A command line.
    Command,
    /// A statement of SQL that makes a user.
    Statement,
    /// A header of a request.
    Header,
    /// The query of an address.
    Query,
    /// A connection string.
    Connection,
    /// A comment.
    Comment,
}

/// What speaks against a value's being in use somewhere that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    MadeUp(&'static str),
    /// It stands in for a value.
    Placeholder,
    /// It is a word every list has.
    WellKnown,
    TestMode,
    Tests,
    Docs,
    Example,
    /// A build service uses it.
    Ci,
    /// Only development or tests select it.
    Development,
    /// A service on this computer or in the same compose file.
    Local,
    /// A key in a page or a script of one.
    Browser,
}

impl Doubt {
    /// For the report: why the finding is low.
    pub const fn says(self) -> &'static str {
        match self {
            Doubt::MadeUp(why) => why,
            Doubt::Placeholder => "it stands in for a value",
            Doubt::WellKnown => "it is a word every list has: a default, not a secret",
            Doubt::TestMode => "it only opens a sandbox",
            Doubt::Tests => "it stands in tests",
            Doubt::Docs => "it stands in documentation",
            Doubt::Example => "it stands in an example",
            Doubt::Ci => "only the build service uses it",
            Doubt::Development => "only development uses it",
            Doubt::Local => "it opens a service on the same computer only",
            Doubt::Browser => "every browser gets it, so its service may mean it to be public",
        }
    }
}

/// How git sees a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// In the index.
    Tracked,
    /// Neither tracked nor ignored, or there is no repository: whoever gets the tree gets it.
    Loose,
    /// Ignored, or an env file outside of git: where credentials belong.
    Private,
}

impl Credential {
    /// The name of it in a finding's key.
    pub fn symbol(&self) -> &str {
        match &self.kind {
            Kind::Token { provider, .. } => provider.name,
            Kind::PrivateKey(key) => key.name(),
            Kind::Url(address) => &address.symbol,
            Kind::Assigned(assigned) => &assigned.symbol,
        }
    }

    pub fn path(&self) -> &RepoPath {
        &self.location.path
    }
}

/// Whether a file that no reader wants may hold credentials, by its path.
pub fn may_hold(path: &RepoPath) -> bool {
    const NEVER: &[&str] = &[
        "png", "jpg", "jpeg", "gif", "ico", "webp", "bmp", "svg", "pdf", "zip", "gz", "bz2", "xz", "tar", "tgz", "7z",
        "jar", "whl", "egg", "so", "dll", "dylib", "exe", "bin", "pyc", "pyo", "class", "o", "a", "woff", "woff2",
        "ttf", "otf", "eot", "mp3", "mp4", "webm", "ogg", "wav", "avi", "mov", "css", "scss", "less", "sass", "map",
        "po", "pot", "mo", "lock", "sqlite", "sqlite3", "db", "parquet", "npy", "npz", "pkl", "h5", "csv", "tsv",
        "geojson", "topojson", "drawio", "patch", "diff", "snap", "bib", "tex", "psd", "ai", "eps", "xcf", "swf",
    ];
    const NAMES: &[&str] = &[
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "composer.lock",
        "poetry.lock",
        "Pipfile.lock",
        "go.sum",
        "LICENSE",
        "LICENSE.txt",
        "COPYING",
        "AUTHORS",
        "NOTICE",
    ];
    let role = crate::repo::role(path);
    let extension = path.extension().to_ascii_lowercase();
    let minified = path.name().contains(".min.") || path.name().contains(".bundle.") || path.name().contains("-min.");
    (!matches!(role, FileRole::Vendored | FileRole::Template) || is_own_script(path))
        && !minified
        && !NEVER.contains(&extension.as_str())
        && !NAMES.contains(&path.name())
}

/// The credentials of one file. `parsed` is its syntax tree where it is Python.
pub fn collect(source: &SourceFile, parsed: Option<(&PyFile, &Names)>) -> Vec<Credential> {
    let marks = patterns::marks(&source.text);
    // A first administrator may be made without a word that marks him.
    let accounts = parsed.is_some() && memchr::memmem::find(source.text.as_bytes(), b"admin").is_some();
    if marks.is_empty() && !accounts {
        return Vec::new();
    }
    let role = role(&source.path);
    let mut file = FileReader { source, role, marks, found: Vec::new() };
    file.tokens();
    file.private_keys();
    file.urls();
    file.assigned(parsed);
    let mut found = file.found;
    found.truncate(MOST_IN_A_FILE);
    found
}

/// What a file is for. A notebook is documentation by its kind; here it is code.
fn role(path: &RepoPath) -> FileRole {
    let code = path.as_str().strip_suffix(".ipynb").and_then(|stem| RepoPath::new(&format!("{stem}.py")));
    match crate::repo::role(code.as_ref().unwrap_or(path)) {
        FileRole::Vendored if is_own_script(path) => FileRole::Source,
        role => role,
    }
}

/// A script below `static/` that is the project's own, as far as its path tells: what a front end
/// ships lies in directories of its own, or is minified.
fn is_own_script(path: &RepoPath) -> bool {
    const DIRS: &[&str] = &["static", "js", "javascript", "javascripts", "scripts", "src", "app", "assets", "script"];
    const OWN: &[&str] = &[
        "app",
        "main",
        "script",
        "scripts",
        "index",
        "config",
        "custom",
        "site",
        "map",
        "maps",
        "firebase",
        "chat",
        "weather",
        "auth",
        "login",
        "api",
        "dashboard",
        "home",
        "base",
        "global",
        "common",
        "functions",
        "search",
    ];
    let parent = path.parent();
    let dirs: Vec<&str> = parent.components().collect();
    let below = dirs.iter().rposition(|dir| *dir == "static");
    let name = path.stem().to_ascii_lowercase();
    path.extension() == "js"
        && below.is_some_and(|at| dirs[at..].iter().all(|dir| DIRS.contains(dir)))
        && names::words(&name).iter().any(|word| OWN.contains(&word.as_str()))
}

/// What is left of the doubts where a file is also known by another name: `config.py` that leads
/// to `config_dev.py` is more than development's.
pub fn also_named(credential: &mut Credential, link: &RepoPath) {
    if Stage::of_path(link) == Stage::Any {
        credential.doubts.retain(|doubt| *doubt != Doubt::Development);
    }
}

/// Spans of a file that are credentials: what must be masked wherever it is shown.
pub fn spans(source: &SourceFile, parsed: Option<(&PyFile, &Names)>) -> Vec<Span> {
    collect(source, parsed).into_iter().map(|credential| credential.value).collect()
}

/// Reads one file; later readers leave alone what earlier ones took.
struct FileReader<'a> {
    source: &'a SourceFile,
    role: FileRole,
    marks: Marks,
    found: Vec<Credential>,
}

impl FileReader<'_> {
    fn tokens(&mut self) {
        let mut last: Option<Span> = None;
        for Found { provider, span, verdict } in patterns::find_marked(&self.source.text, &self.marks) {
            if last.is_some_and(|last| last.overlaps(span)) {
                continue;
            }
            last = Some(span);
            let value = span.of(&self.source.text);
            let doubts = match verdict {
                Verdict::MadeUp(why) => vec![Doubt::MadeUp(why)],
                Verdict::TestMode => vec![Doubt::TestMode],
                Verdict::Fits if values::is_placeholder(value) => vec![Doubt::Placeholder],
                _ => Vec::new(),
            };
            self.push(Kind::Token { provider, proven: verdict == Verdict::Proven }, span, value, doubts);
        }
    }

    fn private_keys(&mut self) {
        let text = &self.source.text;
        for (span, key) in private_keys(text, &self.marks) {
            self.push(Kind::PrivateKey(key), span, span.of(text), Vec::new());
        }
    }

    fn urls(&mut self) {
        for (span, address, doubts) in urls::find(self.source, self.role, &self.marks) {
            if !self.taken(span) {
                self.push(Kind::Url(address), span, span.of(&self.source.text), doubts);
            }
        }
    }

    fn assigned(&mut self, parsed: Option<(&PyFile, &Names)>) {
        let mut given = match parsed {
            Some((file, names)) => python::given(&self.source.text, file, names),
            None => data::given(self.source, &self.marks),
        };
        given.extend(inline::find(self.source, self.role, &self.marks));
        for given in given {
            if self.taken(given.span) {
                continue;
            }
            if let Some((assigned, doubts)) = assigned::judge(&given, self.role) {
                self.push(Kind::Assigned(assigned), given.span, &given.value, doubts);
            }
        }
    }

    fn taken(&self, span: Span) -> bool {
        self.found.iter().any(|known| known.value.overlaps(span))
    }

    fn push(&mut self, kind: Kind, span: Span, value: &str, mut doubts: Vec<Doubt>) {
        if self.found.len() >= MOST_IN_A_FILE {
            return;
        }
        let typed = !matches!(kind, Kind::Token { .. });
        match assigned::Stage::of_path(&self.source.path) {
            Stage::Tests if typed => doubts.push(Doubt::Tests),
            Stage::Development if typed => doubts.push(Doubt::Development),
            _ => {}
        }
        doubts.extend(match self.role {
            FileRole::Ci if typed => Some(Doubt::Ci),
            FileRole::Test => Some(Doubt::Tests),
            FileRole::Docs => Some(Doubt::Docs),
            FileRole::Example => Some(Doubt::Example),
            _ if is_env_file(&self.source.path) && is_example(&self.source.path) => Some(Doubt::Example),
            _ => None,
        });
        let mut known = Vec::new();
        doubts.retain(|doubt| {
            !known.contains(doubt) && {
                known.push(*doubt);
                true
            }
        });
        let shown = match &kind {
            Kind::PrivateKey(key) => Span::new(key.header, span.start),
            _ => span,
        };
        self.found.push(Credential {
            kind,
            secret: Arc::new(Secret::from(value)),
            location: Location::in_file(self.source, shown),
            value: span,
            role: self.role,
            doubts,
            kept: Kept::Loose,
        });
    }
}

/// Numbers equal symbols of one file: `github-token`, `github-token#2`. A value that stands
/// several times in a file is one.
pub fn numbered<'c>(credentials: impl Iterator<Item = &'c Credential>) -> Vec<(&'c Credential, String)> {
    let mut counts: BTreeMap<(&RepoPath, &str), usize> = BTreeMap::new();
    let mut seen: Vec<&Credential> = Vec::new();
    let mut numbered = Vec::new();
    for credential in credentials {
        let again = |known: &&Credential| {
            known.path() == credential.path()
                && known.symbol() == credential.symbol()
                && *known.secret == *credential.secret
        };
        if seen.iter().any(again) {
            continue;
        }
        seen.push(credential);
        let count = counts.entry((credential.path(), credential.symbol())).or_default();
        *count += 1;
        let symbol = credential.symbol();
        numbered.push((credential, if *count > 1 { format!("{symbol}#{count}") } else { symbol.to_owned() }));
    }
    numbered
}
