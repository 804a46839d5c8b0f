//! The KV engine, version 1 and 2. A path that a person writes begins with the engine's own; what
//! the engine is is asked, since a version 2 write to a version 1 engine seems to work.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use zeroize::{Zeroize as _, Zeroizing};

use super::login::Session;
use crate::secret::Secret;
use crate::store::StoreError;
use crate::store::http::{Method, Reply};

/// How long a mount in a new namespace may take to appear.
const SETTLING: Duration = Duration::from_millis(500);

/// A path in an engine.
pub(super) struct Engine {
    /// `secret`
    mount: String,
    /// The path below it, encoded.
    rest: String,
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// What stands at a path. Wiped when it is dropped.
#[derive(Default)]
pub(super) struct Fields {
    values: Map<String, Value>,
    /// The version the next write has to name; version 2 only.
    version: Option<u64>,
    changed: Option<u64>,
}

/// The engine's requests.
pub(super) struct Kv {
    session: Session,
}

impl Kv {
    pub(super) fn new(session: Session) -> Self {
        Self { session }
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// Which engine a path lies in.
    pub(super) fn engine(&self, path: &str) -> Result<Engine, StoreError> {
        let encoded = encode(path).ok_or_else(|| {
            StoreError::absent(format!("{} is no path of a secret", crate::text::escape::one_line(path)))
                .now("--secret-path secret/team/shop   a path of an engine, without empty parts")
        })?;
        let ask = || self.session.ask(Method::Get, &format!("sys/internal/ui/mounts/{encoded}"), None);
        let mut reply = ask()?;
        if reply.status != 200 && self.session.has_namespace() {
            std::thread::sleep(SETTLING);
            reply = ask()?;
        }
        match reply.status {
            200 => {}
            403 => return Err(self.session.denied("use", path)),
            404 => return Err(no_engine(path)),
            _ => return Err(self.session.unexpected(&reply)),
        }
        let answer: MountAnswer = serde_json::from_slice(&reply.body).map_err(|_| self.session.unexpected(&reply))?;
        let mount = answer.data;
        if !matches!(mount.kind.as_str(), "kv" | "generic") {
            return Err(StoreError::absent(format!(
                "{} lies in an engine that is no KV engine",
                crate::text::escape::one_line(path)
            ))
            .now("vault secrets list   names the engines; --secret-path takes a path of one of type kv"));
        }
        let two = mount.options.and_then(|options| options.version).is_some_and(|version| version == "2");
        let version = if two { Version::Two } else { Version::One };
        let name = encode(&mount.path).ok_or_else(|| self.session.unexpected(&reply))?;
        let rest = encoded.strip_prefix(&name).and_then(|rest| rest.strip_prefix('/')).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or_else(|| no_engine(path))?.to_owned();
        Ok(Engine { mount: name, rest, version })
    }

    /// What stands at a path; nothing is no error.
    pub(super) fn read(&self, engine: &Engine) -> Result<Fields, StoreError> {
        let reply = self.session.ask(Method::Get, &engine.data(), None)?;
        match (reply.status, engine.version) {
            (200, Version::One) => {
                let answer: OneAnswer = self.parse(&reply)?;
                Ok(Fields { values: answer.data, version: None, changed: None })
            }
            (200, Version::Two) => {
                let answer: TwoAnswer = self.parse(&reply)?;
                Ok(answer.data.fields())
            }
            // A deleted version answers so, too, and a write has to name it.
            (404, Version::Two) => match serde_json::from_slice::<TwoAnswer>(&reply.body) {
                Ok(answer) => Ok(answer.data.without_values()),
                Err(_) => Ok(Fields { values: Map::new(), version: Some(0), changed: None }),
            },
            (404, Version::One) => Ok(Fields::default()),
            (403, _) => Err(self.session.denied("read", &engine.data())),
            _ => Err(self.session.unexpected(&reply)),
        }
    }

    /// Replaces what stands at a path with these fields, where nobody wrote meanwhile.
    pub(super) fn write(&self, engine: &Engine, fields: &Fields, place: impl Fn() -> String) -> Result<(), StoreError> {
        // Built by hand around the map, so that no copy of a value is left behind in it.
        let values = Zeroizing::new(
            serde_json::to_string(&fields.values)
                .map_err(|_| StoreError::failed("the secret cannot be written as JSON"))?,
        );
        let body = match engine.version {
            Version::One => values,
            Version::Two => {
                let options = json!({ "cas": fields.version.unwrap_or(0) });
                Zeroizing::new(format!("{{\"options\":{options},\"data\":{}}}", *values))
            }
        };
        let reply = self.session.ask(Method::Post, &engine.data(), Some(body.as_bytes()))?;
        match (reply.status, engine.version) {
            (200 | 204, Version::One) => Ok(()),
            // Only an engine that really is version 2 answers with the version it wrote.
            (200, Version::Two) => self.parse::<WriteAnswer>(&reply).map(|_| ()),
            (400, Version::Two) if reply.says("check-and-set") => Err(StoreError::changed(place())),
            (403, _) => Err(self.session.denied("write", &engine.data())),
            _ => Err(self.session.unexpected(&reply)),
        }
    }

    /// Takes a path away; version 2 keeps the older versions, for the person who undeletes.
    pub(super) fn delete(&self, engine: &Engine) -> Result<(), StoreError> {
        let reply = self.session.ask(Method::Delete, &engine.data(), None)?;
        match reply.status {
            200 | 204 | 404 => Ok(()),
            403 => Err(self.session.denied("delete", &engine.data())),
            _ => Err(self.session.unexpected(&reply)),
        }
    }

    fn parse<'a, T: Deserialize<'a>>(&self, reply: &'a Reply) -> Result<T, StoreError> {
        serde_json::from_slice(&reply.body).map_err(|_| {
            StoreError::unusable("what is stored there is not what a KV engine of that version holds")
                .now("vault secrets list -detailed   says which version the engine is")
        })
    }
}

impl Engine {
    fn data(&self) -> String {
        match self.version {
            Version::One => format!("{}/{}", self.mount, self.rest),
            Version::Two => format!("{}/data/{}", self.mount, self.rest),
        }
    }
}

impl Fields {
    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) fn version(&self) -> Option<u64> {
        self.version
    }

    /// The version that was deleted, where the path holds nothing because of that.
    pub(super) fn deleted(&self) -> Option<u64> {
        self.version.filter(|version| *version > 0 && self.values.is_empty())
    }

    pub(super) fn changed(&self) -> Option<u64> {
        self.changed
    }

    /// The value of a field that is a text; it stays known that the field is there where it is not.
    pub(super) fn take_text(&mut self, name: &str) -> Option<Secret> {
        match self.values.get_mut(name) {
            Some(Value::String(text)) => Some(Secret::new(std::mem::take(text))),
            _ => None,
        }
    }

    pub(super) fn set(&mut self, name: &str, value: &Secret) {
        if let Some(mut old) = self.values.insert(name.to_owned(), Value::String(value.expose().to_owned())) {
            wipe(&mut old);
        }
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        match self.values.remove(name) {
            Some(mut old) => {
                wipe(&mut old);
                true
            }
            None => false,
        }
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        self.values.values_mut().for_each(wipe);
    }
}

/// Wipes the texts of a JSON value. Depth is bounded by the parser that made it.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(map) => map.values_mut().for_each(wipe),
        _ => {}
    }
}

fn no_engine(path: &str) -> StoreError {
    let mount = path.split('/').next().unwrap_or_default();
    StoreError::absent(format!("there is no engine at {}", crate::text::escape::one_line(path)))
        .now(format!("vault secrets enable -path={} -version=2 kv   makes one", crate::text::escape::one_line(mount)))
        .now("--secret-path secret/team/shop   names a path of an engine that is there")
}

/// A path with every segment encoded; `None` where a segment is empty or would climb.
fn encode(path: &str) -> Option<String> {
    let mut encoded = String::with_capacity(path.len());
    for segment in path.trim_matches('/').split('/') {
        if matches!(segment, "" | "." | "..") {
            return None;
        }
        if !encoded.is_empty() {
            encoded.push('/');
        }
        for byte in segment.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
                _ => encoded.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    Some(encoded)
}

/// Seconds since 1970 of a time such as `2026-11-29T10:00:00.1Z`; a Vault writes UTC.
fn unix_seconds(time: &str) -> Option<u64> {
    let number = |from: usize, to: usize| time.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !time.ends_with('Z') || year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days of the civil calendar, counted from a March that begins a year of 400.
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = years * 365 + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[derive(Deserialize)]
struct MountAnswer {
    data: Mount,
}

#[derive(Deserialize)]
struct Mount {
    path: String,
    #[serde(rename = "type")]
    kind: String,
    options: Option<MountOptions>,
}

#[derive(Deserialize)]
struct MountOptions {
    version: Option<String>,
}

#[derive(Deserialize)]
struct OneAnswer {
    data: Map<String, Value>,
}

#[derive(Deserialize)]
struct TwoAnswer {
    data: Two,
}

#[derive(Deserialize)]
struct Two {
    data: Option<Map<String, Value>>,
    metadata: Written,
}

impl Two {
    fn without_values(self) -> Fields {
        Self { data: None, ..self }.fields()
    }

    fn fields(self) -> Fields {
        Fields {
            values: self.data.unwrap_or_default(),
            version: Some(self.metadata.version),
            changed: unix_seconds(&self.metadata.created_time),
        }
    }
}

#[derive(Deserialize)]
struct Written {
    version: u64,
    created_time: String,
}

#[derive(Deserialize)]
struct WriteAnswer {
    #[expect(dead_code, reason = "that it is there is the proof that this is version 2")]
    data: Written,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded_and_never_climb() {
        assert_eq!(encode("/secret/a b/ü?").as_deref(), Some("secret/a%20b/%C3%BC%3F"));
        for bad in ["", "/", "a//b", "a/../b", "./a"] {
            assert_eq!(encode(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_are_counted_from_1970() {
        assert_eq!(unix_seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(unix_seconds("2024-02-29T12:34:56.789Z"), Some(1_709_210_096));
        for bad in ["", "2024-02-29", "2024-13-01T00:00:00Z", "2024-02-29T12:34:56+01:00", "0000-00-00T00:00:00Z"] {
            assert_eq!(unix_seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_field_that_is_no_text_is_still_there() {
        let mut fields = Fields::default();
        fields.values.insert("n".to_owned(), json!(7));
        fields.set("s", &Secret::from("x"));
        assert!(fields.take_text("n").is_none() && fields.has("n"));
        assert_eq!(fields.take_text("s").map(|s| s.expose().to_owned()).as_deref(), Some("x"));
        assert!(fields.remove("n") && !fields.remove("n"));
    }
}
