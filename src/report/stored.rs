//! Where the keys of a project are, as text or JSON. Holds no value.

use std::fmt::Write as _;

use serde::Serialize;

use crate::engine::{KeyStatus, Presence, StoreStatus};
use crate::text::escape::one_line;

use super::counted;
use super::style::{Role, Style};

/// The version of the JSON document.
const VERSION: u32 = 1;

/// For a person.
pub fn text(status: &StoreStatus, style: Style) -> String {
    let mut out = format!("Store: {} ({})\n", status.store.name(), one_line(&status.why));
    if status.keys.is_empty() {
        out.push_str("No key is recorded for this directory.\n");
    }
    for key in &status.keys {
        let info = key.store.info();
        let name = one_line(&key.name);
        let _ = writeln!(out, "{}  {}, {}", style.paint(Role::Strong, &name), info.title, one_line(&key.place));
        let restart = if info.survives_restart { "survives a restart" } else { "does not survive a restart" };
        let _ = writeln!(out, "  {}; {restart}", presence(key));
        if let Some(limit) = key.old {
            let _ = writeln!(out, "  older than {limit} days: flask-harden rotate {name} --cutover");
        }
        if let Some(until) = key.grace {
            let until = crate::options::Date::of_unix_seconds(until);
            let _ = writeln!(out, "  the one before counts until {until}: then flask-harden rotate {name} --finish");
        }
        let _ = writeln!(out, "  readable by {}", info.readers);
    }
    out
}

fn presence(key: &KeyStatus) -> String {
    let age = match key.days {
        0 => "set today".to_owned(),
        days => format!("set {} ago", counted(usize::try_from(days).unwrap_or(usize::MAX), "day", "days")),
    };
    match &key.presence {
        Presence::There => format!("there, {age}"),
        Presence::Missing => "missing: flask-harden onboard makes it again".to_owned(),
        Presence::Unknown(why) => format!("not known: {}", one_line(why)),
    }
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    store: &'static str,
    why: &'a str,
    keys: Vec<KeyDto<'a>>,
}

#[derive(Serialize)]
struct KeyDto<'a> {
    name: &'a str,
    store: &'static str,
    place: &'a str,
    /// `null`: the store could not be asked.
    present: Option<bool>,
    reason: Option<&'a str>,
    days: u64,
    /// Older than `rotate-after` allows.
    old: bool,
    /// Seconds since 1970 until when the key before it counts as well.
    grace_until: Option<u64>,
    survives_restart: bool,
    readers: &'static str,
}

/// For a program.
pub fn json(status: &StoreStatus) -> String {
    let keys = status.keys.iter().map(|key| {
        let info = key.store.info();
        let (present, reason) = match &key.presence {
            Presence::There => (Some(true), None),
            Presence::Missing => (Some(false), None),
            Presence::Unknown(why) => (None, Some(why.as_str())),
        };
        let KeyStatus { name, place, days, grace, .. } = key;
        let (survives_restart, readers) = (info.survives_restart, info.readers);
        let (old, grace_until) = (key.old.is_some(), *grace);
        let (store, days) = (info.name, *days);
        KeyDto { name, store, place, present, reason, days, old, grace_until, survives_restart, readers }
    });
    let document = Document { version: VERSION, store: status.store.name(), why: &status.why, keys: keys.collect() };
    super::json_v1::printed(&document)
}
