//! Which Python files need no syntax tree, because the words in their text say that it would tell
//! nothing. Who looks for something asks a file here first; [`super::syntax`] parses at the first
//! question that is left.
//!
//! Sound by construction: a name that a tree holds (an attribute, an argument, a module, a function)
//! stands in the text letter by letter, Python has no escapes in names. So a question may rest on
//! names alone. What stands in a literal may be written with escapes or in pieces (`"SECRET" "_KEY"`):
//! a question rests on it only where it takes every such form for a yes. Words in comments and
//! literals count too; that costs a parse, and no finding.

mod targets;

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::files::PyFile;

/// The names of a text, as sorted hashes. Two names with one hash cost a parse, no more.
pub struct Words(Vec<u64>);

impl Words {
    pub fn of(text: &str) -> Self {
        let mut hashes = Vec::with_capacity(text.len() / 12);
        let mut hash = SEED;
        let mut inside = false;
        for byte in text.bytes() {
            if is_part(byte) {
                hash = step(hash, byte);
                inside = true;
            } else if inside {
                hashes.push(hash);
                hash = SEED;
                inside = false;
            }
        }
        if inside {
            hashes.push(hash);
        }
        hashes.sort_unstable();
        hashes.dedup();
        hashes.shrink_to_fit();
        Self(hashes)
    }

    /// Whether a name stands in the text.
    pub fn has(&self, name: &str) -> bool {
        self.0.binary_search(&name.bytes().fold(SEED, step)).is_ok()
    }
}

/// FNV-1a: short, and the names are short.
const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

/// Whether a byte belongs to a name; names may hold letters beyond ASCII.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl PyFile {
    /// Whether a name stands in the text.
    pub fn has(&self, name: &str) -> bool {
        self.module.words().has(name)
    }

    /// Whether one of the names stands in the text.
    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// Whether a part of a name stands in the text, in large or small letters.
    pub fn has_part_in_any_case(&self, part: &str) -> bool {
        let (bytes, part) = (self.module.text().as_bytes(), part.as_bytes());
        let Some(first) = part.first() else { return true };
        memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), bytes)
            .any(|at| bytes.get(at..at + part.len()).is_some_and(|found| found.eq_ignore_ascii_case(part)))
    }

    /// Whether a part of a name stands in the text.
    pub fn has_part(&self, part: &str) -> bool {
        memchr::memmem::find(self.module.text().as_bytes(), part.as_bytes()).is_some()
    }
}

/// Whether the text may give a setting a value in one of the forms that `settings` reads.
pub fn may_set(file: &PyFile) -> bool {
    let text = file.module.text();
    let attributes = ["secret_key", "debug", "testing", "permanent_session_lifetime", "session_cookie_name"];
    targets::sets_upper_name(text, file.has("property"))
        || uses_config(file)
        || attributes.iter().any(|name| file.has(name) && is_attribute(text, name, b"=,:)]"))
        || ["secret_key", "app_secret_key", "flask_secret_key", "jwt_secret_key"].iter().any(|name| {
            let given =
                |line: &str| line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with([':', '=']));
            file.has(name) && text.lines().any(given)
        })
        || file.has("BaseSettings")
        || ["create_app", "make_app", "app_factory"].iter().any(|name| file.has_part(name))
        || has_upper_key(text, file.has("dict")) && names_settings(text)
}

/// Whether the text may make, configure or run an app, or read an env file.
pub fn may_run(file: &PyFile) -> bool {
    const NAMES: &[&str] = &[
        "Flask",
        "APIFlask",
        "OpenAPI",
        "Quart",
        "connexion",
        "load_dotenv",
        "read_env",
        "read_envfile",
        "FlaskDynaconf",
        "run_simple",
        "create_app",
        "make_app",
        "app_factory",
        "create_application",
        "init_app_factory",
        "get_app",
        "build_app",
    ];
    let of_app = |receiver: &str| {
        let receiver = receiver.to_ascii_lowercase();
        ["app", "server", "flask", "sio", "socketio"].iter().any(|part| receiver.contains(part))
    };
    file.has_any(NAMES)
        || file.has_part("create_") && file.has_part("_app")
        || uses_config(file)
        || file.has("run") && is_called_on(file.module.text(), "run", of_app)
}

/// Whether the text may read a file of data.
pub fn may_read_data(file: &PyFile) -> bool {
    let library = ["json", "toml", "yaml", "anyconfig"].iter().any(|part| file.has_part(part));
    library && file.has_part("load") || file.has("dotenv_values") || file.has_part("ConfigParser")
}

/// Whether a decorator in the text may say a route: `@bp.route(…)`, `@app.get(…)`, `@own_route(…)`.
pub fn may_decorate_routes(file: &PyFile) -> bool {
    const VERBS: &[&str] = &["get", "post", "put", "patch", "delete"];
    file.has_any(&["route", "expose", "add_route"])
        || file.has_part("_route")
        || file.has_any(VERBS)
            && decorators(file.module.text()).any(|last| last.is_none_or(|last| VERBS.contains(&last)))
}

/// Whether a call in the text may register a route: `add_url_rule`, `add_resource` and their kin.
pub fn may_call_routes(file: &PyFile) -> bool {
    file.has_any(&["register_view", "register_api", "add_api", "add_url"])
        || file.has_part("add_")
            && ["resource", "rule", "route", "view", "endpoint"].iter().any(|end| file.has_part(end))
}

/// Whether the text may name a function that runs before requests.
pub fn may_hook(file: &PyFile) -> bool {
    file.has_any(&["before_request", "before_app_request", "url_value_preprocessor", "app_url_value_preprocessor"])
}

/// The last name of each decorator; `None` where that takes more than a look.
fn decorators(text: &str) -> impl Iterator<Item = Option<&str>> {
    memchr::memchr_iter(b'@', text.as_bytes()).filter_map(move |at| {
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        if !text[line..at].trim_start_matches('\u{feff}').trim().is_empty() {
            return None;
        }
        let dotted = &text[at + 1..];
        let end = dotted.bytes().position(|byte| !is_part(byte) && !matches!(byte, b'.' | b' ' | b'\t'));
        let behind = end.map_or(b'\n', |end| dotted.as_bytes()[end]);
        let dotted = dotted[..end.unwrap_or(dotted.len())].trim();
        let plain = !dotted.is_empty() && matches!(behind, b'(' | b'\n' | b'\r' | b'#');
        Some(plain.then(|| dotted.rsplit('.').next().unwrap_or(dotted).trim()))
    })
}

/// Whether something is done with an attribute `config`.
fn uses_config(file: &PyFile) -> bool {
    file.has("config") && is_attribute(file.module.text(), "config", b"[.=|:)]")
}

/// Whether `.name` stands somewhere before one of the bytes.
fn is_attribute(text: &str, name: &str, before: &[u8]) -> bool {
    places(text, name).any(|at| {
        let behind = skip_blank(text.as_bytes(), at + name.len());
        last_before(text, at).is_some_and(|(_, byte)| byte == b'.')
            && text.as_bytes().get(behind).is_some_and(|byte| before.contains(byte))
    })
}

/// Whether `.name` stands behind a name that fits, or behind anything else than a name.
fn is_called_on(text: &str, name: &str, fits: impl Fn(&str) -> bool) -> bool {
    places(text, name).any(|at| {
        let Some((dot, b'.')) = last_before(text, at) else { return false };
        let Some((end, byte)) = last_before(text, dot) else { return false };
        if !is_part(byte) {
            return true;
        }
        let start = text.as_bytes()[..end].iter().rposition(|byte| !is_part(*byte)).map_or(0, |at| at + 1);
        fits(&text[start..=end])
    })
}

/// Where a name stands whole.
fn places<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = usize> + 't {
    let bytes = text.as_bytes();
    memchr::memmem::find_iter(bytes, name.as_bytes()).filter(move |at| {
        let behind = bytes.get(at + name.len()).is_some_and(|byte| is_part(*byte));
        let before = at.checked_sub(1).is_some_and(|at| is_part(bytes[at]));
        !behind && !before
    })
}

/// The last byte before a place that is no white space, and where it stands.
fn last_before(text: &str, at: usize) -> Option<(usize, u8)> {
    let found = text.as_bytes()[..at].iter().rposition(|byte| !is_blank(*byte))?;
    Some((found, text.as_bytes()[found]))
}

/// White space, line ends, and the backslash that joins lines.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\\'
}

fn skip_blank(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|byte| !is_blank(*byte)).map_or(bytes.len(), |more| from + more)
}

/// The names of a text, as start and end.
fn names(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|byte| is_part(*byte))?;
        at = bytes[start..].iter().position(|byte| !is_part(*byte)).map_or(bytes.len(), |more| start + more);
        Some((start, at))
    })
}

/// Whether bytes are such as Flask takes for the name of a setting.
fn is_upper(name: &[u8]) -> bool {
    name.len() > 1 && name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

/// Whether a literal may be a key of a dictionary in capitals, or `dict(KEY=…)` may make one. A
/// literal with an escape for a letter may be such a key.
fn has_upper_key(text: &str, dicts: bool) -> bool {
    let bytes = text.as_bytes();
    let in_literal = memchr::memchr2_iter(b'"', b'\'', bytes).any(|quote| {
        let start = quote + 1;
        let end = bytes[start..].iter().position(|byte| !is_part(*byte)).map_or(bytes.len(), |more| start + more);
        let upper =
            bytes[start..end].iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_');
        let letter = |byte: &u8| matches!(byte, b'x' | b'u' | b'U' | b'N' | b'0'..=b'7' | b'\r' | b'\n');
        match bytes.get(end) {
            Some(b'\\') => upper && bytes.get(end + 1).is_some_and(letter),
            Some(byte) if *byte == bytes[quote] && upper && end > start => {
                let behind = bytes[end..].iter().position(|next| next != byte).map_or(bytes.len(), |more| end + more);
                is_key(bytes, behind)
            }
            _ => false,
        }
    });
    in_literal
        || dicts
            && names(text)
                .any(|(start, end)| is_upper(&bytes[start..end]) && bytes.get(skip_blank(bytes, end)) == Some(&b'='))
}

/// Whether what ends here may be a key: a colon follows, or another piece of the literal.
fn is_key(bytes: &[u8], end: usize) -> bool {
    let mut at = skip_blank(bytes, end);
    while bytes.get(at) == Some(&b')') {
        at = skip_blank(bytes, at + 1);
    }
    match bytes.get(at) {
        Some(b':' | b'"' | b'\'') => true,
        Some(b'r' | b'R' | b'u' | b'U') => matches!(bytes.get(at + 1), Some(b'"' | b'\'')),
        _ => false,
    }
}

/// Whether a name says that it holds settings.
fn names_settings(text: &str) -> bool {
    static PARTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let parts = ["conf", "setting", "default", "option"];
        AhoCorasick::builder().ascii_case_insensitive(true).build(parts).ok()
    });
    PARTS.as_ref().is_none_or(|parts| parts.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{FileRole, Syntax};
    use crate::text::RepoPath;

    fn file(text: &str) -> PyFile {
        PyFile { path: RepoPath::root(), role: FileRole::Source, module: Syntax::of(text) }
    }

    #[test]
    fn every_form_of_a_setting_is_seen() {
        for text in [
            "DEBUG = 1",
            "DEBUG=1",
            "class A:\n  X_1 : str = 'a'",
            "A1, b = 1, 2",
            "(A1,\n b) = 1, 2",
            "default = {('A' 'B'): 1}",
            "default = {'A1' : 1}",
            "a = B1 = 2",
            "x.config['k'] = 1",
            "x . config \\\n ['k'] = 1",
            "x.config.update(a)",
            "x.config |= a",
            "app.secret_key = 'x'",
            "app.debug, app.testing = 1, 1",
            "settings = dict(KEY=1)",
            "@property\ndef KEY(self): return 1",
            "class S(BaseSettings): a: str",
            "my_create_app(x)",
            "DEFAULTS = {'A_B': 1}",
            "defaults = {'A_B': 1}",
            "defaults = {'A\\x42': 1}",
            "def f(self):\n  self.KEY = 1",
        ] {
            assert!(may_set(&file(text)), "{text}");
        }
        for text in [
            "# Copyright of CERN\nimport os\nfrom a.config import b\nlogger.debug('x')\n",
            "from a import B1, C1\n\nx = 1\n",
            "f(A1, B1)\nx = A1 == 2\n",
            "default = {'a': 1, 'b': 'C1'}\nx = ['D1', '\\n']\n",
            "def f(x):\n    return x.config\n",
        ] {
            assert!(!may_set(&file(text)), "{text}");
        }
    }

    #[test]
    fn every_form_of_a_route_is_seen() {
        for text in [
            "@app.route('/')",
            "  @bp.get ( '/')",
            "@(app.get)('/')",
            "@app . \\\n get('/')",
            "@my_route('/')",
            "\u{feff}@app.post",
        ] {
            assert!(may_decorate_routes(&file(text)), "{text}");
        }
        for text in ["@property\ndef get(self): return x.get(1)", "@mock.patched()\nx.get()", "a @ b.get"] {
            assert!(!may_decorate_routes(&file(text)), "{text}");
        }
        assert!(may_call_routes(&file("app.add_url_rule('/')")));
        assert!(!may_call_routes(&file("x.add_argument('a')")));
    }

    #[test]
    fn every_way_to_an_app_is_seen() {
        for text in [
            "app.run()",
            "self.app . run()",
            "make().run()",
            "socketio.run(app)",
            "create_my_app()",
            "from flask import Flask as F",
            "load_dotenv()",
        ] {
            assert!(may_run(&file(text)), "{text}");
        }
        for text in ["subprocess.run(x)", "run(app)", "from a.config import b\nb.c()"] {
            assert!(!may_run(&file(text)), "{text}");
        }
    }

    #[test]
    fn names_are_found_whole() {
        let words = Words::of("from flask import request as r\nx = r.args['user_id']\ngrün");
        for name in ["flask", "request", "r", "args", "user_id", "grün", "x"] {
            assert!(words.has(name), "{name}");
        }
        for name in ["user", "req", "gr", "flask.request", ""] {
            assert!(!words.has(name), "{name}");
        }
    }
}
