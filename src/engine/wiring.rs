//! `store wiring`: what a deployment needs so that the app gets its keys there, with the app's own
//! names. Printed, never written. A keyring belongs to a person's computer and is in none of it.

use crate::facts::Facts;
use crate::repo::Tree;
use crate::rules::secret_key::{SIGNING_KEYS, reads_secret_file};
use crate::store::{Access, StoreId};
use crate::templates::{Deployment, TemplateError};

use super::record::{KeyRequest, Known};
use super::{EngineError, ErrorKind, Request};

/// A kind of deployment.
pub struct Piece {
    /// Its name in options.
    pub name: &'static str,
    /// One line for help.
    pub about: &'static str,
    render: fn(&Deployment<'_>) -> Result<String, TemplateError>,
}

/// Every piece, in the order of help.
pub const PIECES: &[Piece] = &[
    Piece { name: "systemd", about: "a drop-in with LoadCredential", render: |app| app.systemd() },
    Piece { name: "compose", about: "secrets of Docker Compose", render: |app| app.compose() },
    Piece { name: "kubernetes", about: "variables from a Secret", render: |app| app.kubernetes() },
    Piece { name: "vault-agent", about: "a template of Vault Agent", render: |app| app.vault_agent() },
    Piece { name: "env", about: "a script that sets the variables", render: |app| app.environment() },
];

/// One piece for this app.
pub struct Wired {
    pub piece: &'static str,
    pub text: String,
}

/// The pieces for the project of a directory, or the one of this name.
///
/// # Errors
/// Nothing here takes a key from the environment.
pub fn wiring(request: &KeyRequest, scan: &Request, only: Option<&str>) -> Result<Vec<Wired>, EngineError> {
    let known = Known::find(&request.dir)?;
    let root = known.tree.root().to_owned();
    let scan = super::scan(&Request { root, commits: Some(0), ..scan.clone() })?;
    let names = names(&known, &scan.facts);
    let Some(first) = names.first() else {
        return Err(EngineError::new(ErrorKind::NothingToInspect, "nothing here takes a key from the environment")
            .why("no key is recorded for this directory, and the code reads none from a variable")
            .now("flask-harden --apply   makes the app read its keys from there"));
    };
    let app = word(&known.project().map_or_else(|_| named(&known.tree), |project| last(&project, &known.tree)));
    let vault = known.place(StoreId::Vault, first, request)?.item.service;
    let address = Access::of_process().vault_named();
    let in_files: Vec<String> = names.iter().filter(|name| reads_secret_file(&scan.facts, name)).cloned().collect();
    let deployment = Deployment {
        app: &app,
        unit: &unit(&scan.facts).unwrap_or_else(|| format!("{app}.service")),
        keys: &names,
        file_keys: &in_files,
        vault_path: &vault_path(&vault),
        vault_address: address.as_deref(),
    };
    let wanted = PIECES.iter().filter(|piece| only.is_none_or(|only| only == piece.name));
    let wired = wanted.map(|piece| {
        let text = (piece.render)(&deployment).map_err(|error| {
            EngineError::new(ErrorKind::WriteRefused, "a template could not be filled").why(error.to_string())
        })?;
        Ok(Wired { piece: piece.name, text })
    });
    wired.collect()
}

/// The variables that hold keys: recorded ones, and those the code signs with.
fn names(known: &Known, facts: &Facts) -> Vec<String> {
    let mut names: Vec<String> = known.record.keys.iter().map(|key| key.name.clone()).collect();
    let signing = facts.settings.iter().filter(|setting| {
        SIGNING_KEYS.contains(&setting.key.as_str()) && facts.is_own(setting.path()) && !setting.overwritten
    });
    names.extend(signing.filter_map(|setting| setting.value.env().map(|read| read.name.clone())));
    names.sort();
    names.dedup();
    names
}

/// The systemd unit that starts the app, where the tree has it.
fn unit(facts: &Facts) -> Option<String> {
    let launch = facts.launches.iter().find(|launch| launch.kind == "systemd")?;
    Some(launch.location.path.name().to_owned()).filter(|name| name.ends_with(".service"))
}

fn named(tree: &Tree) -> String {
    tree.root().file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The last part of a project's name; an id that was made for one says nothing.
fn last(project: &str, tree: &Tree) -> String {
    match project.rsplit_once('/') {
        Some((_, last)) => last.to_owned(),
        None => named(tree),
    }
}

/// As a name of files and of Kubernetes objects: lower case letters, digits and `-`.
fn word(name: &str) -> String {
    let plain: String =
        name.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let plain = plain.trim_matches('-');
    if plain.is_empty() { "app".to_owned() } else { plain.to_owned() }
}

/// Where Vault's API has an item of a KV engine of version 2.
fn vault_path(service: &str) -> String {
    let (mount, rest) = match service.strip_prefix("flask-harden/") {
        Some(_) => ("secret", service),
        None => service.split_once('/').unwrap_or(("secret", service)),
    };
    format!("{mount}/data/{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_where_they_stand() {
        assert_eq!(
            (word("My Shop_2"), word("--"), word("é")),
            ("my-shop-2".to_owned(), "app".to_owned(), "app".to_owned())
        );
        assert_eq!(vault_path("flask-harden/shop/web"), "secret/data/flask-harden/shop/web");
        assert_eq!(vault_path("kv/team/shop"), "kv/data/team/shop");
    }
}
