//! What ends when a key changes, from what the app uses: told before anything is written.

use crate::facts::Facts;
use crate::rules::secret_key::{FALLBACKS, KeyInCode};
use crate::text::RepoPath;

/// One thing that is signed or encrypted with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub what: &'static str,
    /// What happens with a cut-over.
    pub cutover: String,
    /// What happens while the old key counts as well.
    pub grace: String,
    /// Where the app uses it.
    pub place: Option<RepoPath>,
    /// What is lost cannot be made again.
    pub lost: bool,
}

/// What the key of an app is used for.
pub(super) fn ends(facts: &Facts, key: &KeyInCode<'_>) -> Vec<End> {
    let looking = Looking { facts, key };
    let mut found = match key.key.as_str() {
        "SECRET_KEY" => looking.secret_key(),
        "JWT_SECRET_KEY" => vec![looking.end("JWTs", "tokens given out before are refused", None)],
        "WTF_CSRF_SECRET_KEY" => vec![looking.end("CSRF forms", FORMS, None)],
        _ => vec![looking.end("signed data", "whatever was signed with it before is refused", None)],
    };
    found.extend(looking.encrypted());
    found
}

const FORMS: &str = "forms that are open in a browser have to be loaded again";

struct Looking<'a, 'f> {
    facts: &'f Facts,
    key: &'a KeyInCode<'f>,
}

impl Looking<'_, '_> {
    fn secret_key(&self) -> Vec<End> {
        let mut found = vec![self.sessions()];
        if let Some(place) = self.imports("flask_login") {
            found.push(self.end("remember-me", "people who ticked \"remember me\" sign in again", Some(place)));
        }
        let forms = self.imports("flask_wtf").or_else(|| self.imports("flask_seasurf"));
        if let Some(place) = forms.filter(|_| !self.sets("WTF_CSRF_SECRET_KEY")) {
            found.push(self.end("CSRF forms", FORMS, Some(place)));
        }
        let links = ["itsdangerous", "flask_security"].iter().find_map(|package| self.imports(package));
        if let Some(place) = links {
            found.push(self.end("mailed links", "reset and confirmation links sent before are refused", Some(place)));
        }
        let own_key = self.sets("JWT_SECRET_KEY");
        let tokens = self
            .imports("flask_jwt_extended")
            .filter(|_| !own_key)
            .or_else(|| self.with_key("jwt"))
            .or_else(|| self.with_key("jose"));
        if let Some(place) = tokens {
            found.push(self.end("JWTs", "tokens given out before are refused", Some(place)));
        }
        found
    }

    fn sessions(&self) -> End {
        let on_server = self.imports("flask_session").filter(|_| !self.sets("SESSION_USE_SIGNER"));
        match on_server {
            Some(place) => {
                let stay = "they stay: Flask-Session keeps them on the server".to_owned();
                End { what: "sessions", cutover: stay.clone(), grace: stay, place: Some(place), lost: false }
            }
            None => End {
                what: "sessions",
                cutover: "everyone signs in again".to_owned(),
                grace: format!("they stay valid, by {FALLBACKS}"),
                place: None,
                lost: false,
            },
        }
    }

    /// Data that was encrypted with the key is lost with it.
    fn encrypted(&self) -> Option<End> {
        let place = self.with_key("cryptography")?;
        let gone = "what was encrypted with this key before cannot be read any more".to_owned();
        Some(End { what: "encrypted data", cutover: gone.clone(), grace: gone, place: Some(place), lost: true })
    }

    fn end(&self, what: &'static str, ends: &str, place: Option<RepoPath>) -> End {
        let grace = format!("{ends}: only Flask's own sessions take the old key");
        End { what, cutover: ends.to_owned(), grace, place, lost: false }
    }

    fn files(&self) -> impl Iterator<Item = &RepoPath> {
        let of_project = |path: &&RepoPath| self.facts.same_project(path, &self.key.root);
        self.facts.own_python().map(|file| &file.path).filter(of_project)
    }

    /// A file that uses a package.
    fn imports(&self, package: &str) -> Option<RepoPath> {
        let uses = |path: &&RepoPath| self.facts.names.get(*path).is_some_and(|names| names.mentions(package));
        self.files().find(uses).cloned()
    }

    /// A file that uses a package and names the key.
    fn with_key(&self, package: &str) -> Option<RepoPath> {
        let names_it = |path: &&RepoPath| {
            let text = self.facts.files.get(path).map_or("", |source| &source.text);
            let uses = self.facts.names.get(*path).is_some_and(|names| names.mentions(package));
            uses && (text.contains(&self.key.key)
                || text.contains(&self.key.variable)
                || (self.key.key == "SECRET_KEY" && text.contains("secret_key")))
        };
        self.files().find(names_it).cloned()
    }

    fn sets(&self, key: &str) -> bool {
        self.facts.settings.iter().any(|setting| {
            setting.key == key
                && self.facts.is_own(setting.path())
                && self.facts.same_project(setting.path(), &self.key.root)
                && setting.value.truth_unset() != Some(false)
        })
    }
}
