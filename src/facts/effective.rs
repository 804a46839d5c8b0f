//! Which value of a setting wins on a target, and what might still change it from outside the
//! repository.

use std::sync::Arc;

use super::apps::{ConfigLoad, LoadKind, RunCall};
use super::candidates::Agreed;
use super::data::{Found, path};
use super::guards::{self, MAX_STEPS, Reached, reached_within};
use super::holders::{Chosen, HolderRef};
use super::names::definition_file;
use super::settings::{Form, Holder, Setting, has_default};
use super::targets::Target;
use super::values::{Derivation, Lookup, Value, Valued, derived_truth};
use super::{Facts, dynaconf};
use crate::secret::Secret;
use crate::text::{RepoPath, Span};

/// Which value wins on a target.
pub enum Effective<'f> {
    /// Nothing in the repository sets it: Flask's default counts.
    Absent,
    Set {
        setting: &'f Setting,
        /// Whether nothing outside the repository could choose another value.
        certain: bool,
    },
    /// It is not known, and why.
    Unknown(String),
}

impl<'f> Effective<'f> {
    pub fn setting(&self) -> Option<&'f Setting> {
        match self {
            Effective::Set { setting, .. } => Some(setting),
            _ => None,
        }
    }
}

impl Facts {
    /// Which value of a setting wins on a target.
    pub fn effective<'f>(&'f self, target: &Target, key: &str) -> Effective<'f> {
        self.effective_within(target, key, MAX_STEPS, None)
    }

    /// As [`Facts::effective`], within what is left of the steps of a condition that asks for it:
    /// settings may depend on each other in a circle. The setting at a place can be left out.
    pub(super) fn effective_within<'f>(
        &'f self,
        target: &Target,
        key: &str,
        steps: usize,
        besides: Option<(&RepoPath, Span)>,
    ) -> Effective<'f> {
        if steps == 0 {
            return Effective::Unknown("it depends on other settings".to_owned());
        }
        let mut winner: Option<(&Setting, bool)> = None;
        let mut unknown = None;
        // Loads before the one that wins in the same function replace what stands before them.
        for (at, chosen) in &target.chosen {
            let load = &self.apps.loads[*at];
            let runs = self.load_runs(target, *at, steps);
            if runs == Reached::No || chosen.nothing {
                continue;
            }
            let Some(holder) = &chosen.holder else {
                // A file that is not in the repository is a doubt, not an open question.
                let absent = match &load.kind {
                    LoadKind::Mapping(lookup) => self.absent_file(load, lookup).is_some(),
                    _ => false,
                };
                if runs == Reached::Yes && !absent {
                    match self.agreed(target, load, key) {
                        Agreed::On(setting) => (winner, unknown) = (Some((setting, false)), None),
                        Agreed::NoneSets => {}
                        Agreed::Open => unknown = unknown.or_else(|| unknown_load(load, chosen)),
                    }
                }
                continue;
            };
            if let Some(setting) = self.held(target, holder, key) {
                // What may run loses to what does.
                if runs == Reached::Yes || winner.is_none() {
                    winner = Some((setting, chosen.certain && runs == Reached::Yes));
                    unknown = None;
                }
            }
        }
        for setting in self.settings.iter().filter(|setting| setting.key == key && self.sets_app(setting, target)) {
            if besides == Some((setting.path(), setting.location.span)) {
                continue;
            }
            let runs = if setting.conditional || setting.main_guard {
                reached_within(self, target, setting.path(), setting.location.span, steps)
            } else {
                Reached::Yes
            };
            if runs == Reached::No || self.replaced(setting, target, winner.is_some()) {
                continue;
            }
            if !(setting.form == Form::SetDefault && (winner.is_some() || has_default(key))) {
                winner = Some((setting, runs == Reached::Yes));
                unknown = None;
            }
        }
        match (winner, unknown) {
            (Some((setting, certain)), _) => Effective::Set { setting, certain },
            (None, Some(reason)) => Effective::Unknown(reason),
            (None, None) => Effective::Absent,
        }
    }

    /// Whether a value set before a load in the same function loses to what the load brings.
    fn replaced(&self, setting: &Setting, target: &Target, won: bool) -> bool {
        won && target.chosen.iter().any(|(at, chosen)| {
            let load = &self.apps.loads[*at];
            chosen.holder.as_ref().is_some_and(|holder| self.held(target, holder, &setting.key).is_some())
                && load.path == *setting.path()
                && load.function == setting.function
                && load.location.span.start > setting.location.span.start
        })
    }

    /// What a holder gives a setting on a target; a variable counts where it is set.
    fn held(&self, target: &Target, holder: &HolderRef, key: &str) -> Option<&Setting> {
        let set = |setting: &&Setting| match (&setting.holder, setting.value.env()) {
            (Holder::Variables(_), Some(read)) => target.var(read).is_some(),
            _ => true,
        };
        self.in_holder(holder, key).filter(set)
    }

    fn load_runs(&self, target: &Target, at: usize, steps: usize) -> Reached {
        let load = &self.apps.loads[at];
        if load.conditional {
            reached_within(self, target, &load.path, load.location.span, steps)
        } else {
            Reached::Yes
        }
    }

    /// What from outside the repository may still change settings on a target, in words.
    pub fn doubts(&self, target: &Target) -> Vec<String> {
        let mut found = Vec::new();
        for (at, chosen) in &target.chosen {
            let load = &self.apps.loads[*at];
            let runs = self.load_runs(target, *at, MAX_STEPS);
            let place = format!("{}:{}", load.path, load.location.line);
            let line = match self.missing(load, chosen.holder.as_ref()) {
                Some(class) => Some(format!("{class} is not in the repository; it may set this too ({place})")),
                None => self.doubt(load, chosen, runs, &place),
            };
            found.extend(line.filter(|line| !found.contains(line)));
        }
        found
    }

    /// What a load whose choice is not known may take beside what is here, in words.
    pub fn unsettled(&self, target: &Target) -> Option<String> {
        let (at, chosen) = target.chosen.iter().find(|(at, chosen)| {
            let object = matches!(self.apps.loads[*at].kind, LoadKind::Object(_));
            object && !chosen.nothing && chosen.holder.is_none()
        })?;
        let load = &self.apps.loads[*at];
        let place = format!("{}:{}", load.path, load.location.line);
        Some(match &chosen.selector {
            Some(selector) => {
                format!("one that is not here, if {} selects it, may set this too ({place})", selector.variable)
            }
            None => format!("a configuration that is not here may set this too ({place})"),
        })
    }

    /// What one load leaves open, in words.
    fn doubt(&self, load: &ConfigLoad, chosen: &Chosen, runs: Reached, place: &str) -> Option<String> {
        if let LoadKind::PrefixedEnv(prefix) | LoadKind::Dynaconf(dynaconf::Settings { prefix, .. }) = &load.kind
            && chosen.holder.as_ref().is_some_and(|holder| holder.class.as_ref() == Some(prefix))
        {
            return Some(format!("a variable {prefix}_… of the server may set this too ({place})"));
        }
        let unread = chosen.holder.as_ref().filter(|holder| !self.files.sources.contains_key(&holder.path));
        if let Some(holder) = unread {
            return Some(format!("{} was not read; it may set this too ({place})", holder.path));
        }
        if chosen.nothing
            || chosen.holder.is_some() && chosen.certain
            || runs == Reached::No && !matches!(load.kind, LoadKind::Envvar(_))
        {
            return None;
        }
        match (&load.kind, &chosen.selector) {
            (_, Some(selector)) if chosen.holder.is_some() && !selector.set_by_launch => {
                Some(format!("selected where {} is not set ({place})", selector.variable))
            }
            (LoadKind::Envvar(Some(name)), _) => {
                Some(format!("the file that {name} names on the server may set this too ({place})"))
            }
            (LoadKind::PyFile(name) | LoadKind::File(name), _) => Some(match (name.variable(), name.written()) {
                (Some(name), _) => format!("the file that {name} names on the server may set this too ({place})"),
                (None, Some(name)) => {
                    format!("{name} is not in the repository; where it exists, it may set this too ({place})")
                }
                (None, None) => format!("a file that is named at run time may set this too ({place})"),
            }),
            (LoadKind::Mapping(lookup), _) => self
                .absent_file(load, lookup)
                .map(|name| format!("{name} is not in the repository; where it exists, it may set this too ({place})")),
            (LoadKind::Object(_), None) if chosen.holder.is_none() && runs == Reached::Maybe => {
                Some(format!("what {place} loads is only known at run time and may set this too"))
            }
            _ => None,
        }
    }

    /// The file whose data a load takes, where the repository does not have it.
    fn absent_file(&self, load: &ConfigLoad, lookup: &Lookup) -> Option<String> {
        let (name, from, _) = self.tables_of(&load.path, &lookup.base, &lookup.keys).into_iter().next_back()?;
        let name = name.written()?;
        path::find(&self.files, &from, &self.project_root(&from), name).is_none().then(|| name.to_owned())
    }

    /// The name of a class or module that a load names and that the repository does not have.
    fn missing<'h>(&self, load: &ConfigLoad, holder: Option<&'h HolderRef>) -> Option<&'h str> {
        let object = matches!(load.kind, LoadKind::Object(_));
        let holder = holder.filter(|holder| object && !self.holders.knows(holder))?;
        let class = holder.class.as_deref()?;
        let dictionary = |setting: &Setting| setting.holder == Holder::Dict(class.to_owned());
        (!self.settings.iter().any(dictionary)).then_some(class)
    }

    /// Whether Flask's own switch is on for a target: FLASK_DEBUG as the repository sets it.
    pub fn flask_debug(&self, target: &Target) -> bool {
        target.env.get("FLASK_DEBUG").is_some_and(|var| is_truthy(&var.value))
    }

    /// Whether a setting belongs to an app of the target's project.
    fn sets_app(&self, setting: &Setting, target: &Target) -> bool {
        matches!(setting.holder, Holder::App(_))
            && self.is_own(setting.path())
            && self.same_project(setting.path(), &target.project)
            && !self.before_own_run(setting, target)
    }

    /// Whether a setting stands in a function that then runs the app itself: what a server imports
    /// never gets there.
    fn before_own_run(&self, setting: &Setting, target: &Target) -> bool {
        let started = target.launch.is_some_and(|at| self.launches[at].script.is_some());
        let here = |run: &RunCall| run.path == *setting.path() && run.function == setting.function;
        setting.function.is_some() && !started && self.apps.runs.iter().any(here)
    }

    /// Whether any of a project's own code gives a setting a value, on whatever target.
    pub fn sets_anywhere(&self, root: &RepoPath, key: &str) -> bool {
        self.settings
            .iter()
            .any(|setting| setting.key == key && self.is_own(setting.path()) && self.same_project(setting.path(), root))
    }

    /// The value a class (by its lookup order) or module gives a setting.
    pub fn in_holder(&self, holder: &HolderRef, key: &str) -> Option<&Setting> {
        self.holders.lookup_order(holder).iter().find_map(|step| {
            self.settings.iter().rfind(|setting| {
                setting.key == key
                    && *setting.path() == step.path
                    && match (&setting.holder, &step.class) {
                        (Holder::Class(name) | Holder::Dict(name) | Holder::Table(name), Some(wanted))
                        | (Holder::Variables(name), Some(wanted)) => name == wanted,
                        (Holder::Module, None) => true,
                        (Holder::Table(name), None) => name.is_empty(),
                        _ => false,
                    }
            })
        })
    }

    /// Follows a value that is another name to the setting that gives it, within bounds.
    pub fn resolve<'f>(&'f self, setting: &'f Setting) -> &'f Setting {
        let mut current = setting;
        for _ in 0..8 {
            // A text in another dress is still the entry of the data file it comes from.
            let value = match &current.value.value {
                Value::Derived { inner, how: Derivation::Text } if matches!(inner.value, Value::Lookup(_)) => {
                    &inner.value
                }
                value => value,
            };
            let next = match value {
                Value::Name(name) => self.named(current.path(), name),
                Value::Lookup(lookup) => match self.looked_up(current.path(), lookup) {
                    Found::Setting(next) if !(lookup.empty_too && next.value.is_empty_text()) => Some(next),
                    _ => None,
                },
                _ => return current,
            };
            match next {
                Some(next) if !std::ptr::eq(next, current) => current = next,
                _ => return current,
            }
        }
        current
    }

    /// The module-level name or class attribute a dotted name means in a file.
    fn named(&self, from: &RepoPath, dotted: &str) -> Option<&Setting> {
        let names = self.names.get(from)?;
        let key = dotted.rsplit('.').next()?;
        if let Some(open) = dotted.find(".config[") {
            let (app, key) = (&dotted[..open], dotted[open + 8..].trim_end_matches(']'));
            let own = self.settings.iter().rfind(|setting| {
                setting.key == key && *setting.path() == *from && setting.holder == Holder::App(app.to_owned())
            });
            // `self.config["KEY"]` may as well be a file's data.
            let base = format!("{app}.config");
            return own.or_else(|| {
                match self
                    .looked_up(from, &Lookup { base, keys: vec![key.to_owned()], fallback: None, empty_too: false })
                {
                    Found::Setting(setting) => Some(setting),
                    _ => None,
                }
            });
        }
        let local = self.settings.iter().rfind(|setting| {
            setting.key == key && *setting.path() == *from && dotted == key && setting.holder == Holder::Module
        });
        if local.is_some() {
            return local;
        }
        let (first, rest) = dotted.split_once('.').map_or((dotted, None), |(first, rest)| (first, Some(rest)));
        let origin = names.origin(first).map_or_else(
            || {
                rest.map(|rest| HolderRef {
                    path: from.clone(),
                    class: rest.split('.').nth_back(1).map(str::to_owned).or_else(|| Some(first.to_owned())),
                })
            },
            |origin| {
                let full = rest.map_or_else(|| origin.to_owned(), |rest| format!("{origin}.{rest}"));
                let cut = full.rfind('.')?;
                let holder = &full[..cut];
                definition_file(&self.files, from, holder).map(|(path, class)| HolderRef { path, class })
            },
        )?;
        self.in_holder(&origin, key)
    }

    /// The truth of a setting on a target, its names followed and its environment applied.
    pub fn truth(&self, target: &Target, setting: &Setting) -> Option<bool> {
        self.truth_within(target, setting, MAX_STEPS)
    }

    /// As [`Facts::truth`], within what is left of the steps of a condition that asks for it.
    pub(super) fn truth_within(&self, target: &Target, setting: &Setting, steps: usize) -> Option<bool> {
        let resolved = self.resolve(setting);
        self.truth_of(target, &resolved.value)
            .or_else(|| self.derived(target, resolved.path(), &resolved.value, steps))
            .or_else(|| guards::truth_at(self, target, resolved.path(), resolved.value.span, steps))
    }

    /// The truth of what is computed from another setting: `bool(Config.DEBUG)`,
    /// `parser.getboolean("app", "debug")`.
    fn derived(&self, target: &Target, from: &RepoPath, value: &Valued, steps: usize) -> Option<bool> {
        let Value::Derived { inner, how } = &value.value else { return None };
        let next = match &inner.value {
            Value::Name(name) => self.named(from, name)?,
            Value::Lookup(lookup) => match self.looked_up(from, lookup) {
                Found::Setting(setting) => setting,
                _ => return lookup.fallback.as_ref().and_then(|fallback| self.truth_of(target, fallback)),
            },
            _ => {
                let text = self.text_of(target, from, inner, steps)?;
                let value = text.map_or(Value::None, |text| Value::Text {
                    secret: Arc::new(Secret::from(text.as_str())),
                    bytes: false,
                    contents: Vec::new(),
                });
                return derived_truth(&Valued { value, span: inner.span }, how, &|_| None);
            }
        };
        derived_truth(&self.resolve(next).value, how, &|read| target.value_of(read))
    }

    /// The text of a value on a target, through variables, their fallbacks and the names these are
    /// given: `environ.get("A") or str(B)`. `Some(None)`: it is None there.
    fn text_of(&self, target: &Target, from: &RepoPath, value: &Valued, steps: usize) -> Option<Option<String>> {
        let steps = steps.checked_sub(1)?;
        let switch = |truth: bool| if truth { "True" } else { "False" }.to_owned();
        match &value.value {
            Value::Bool(truth) => Some(Some(switch(*truth))),
            Value::Env(read) => match (target.value_of(read), &read.fallback) {
                (Some(text), _) => Some(Some(text)),
                (None, Some(fallback)) => self.text_of(target, from, fallback, steps),
                (None, None) => Some(None),
            },
            Value::Name(name) => {
                let setting = self.resolve(self.named(from, name)?);
                match &setting.value.value {
                    Value::Derived { how, .. } if *how != Derivation::Text => {
                        self.truth_within(target, setting, steps).map(|truth| Some(switch(truth)))
                    }
                    _ => self.text_of(target, setting.path(), &setting.value, steps),
                }
            }
            Value::Derived { inner, how: Derivation::Text } => self.text_of(target, from, inner, steps),
            _ => value.known_text(&|read| target.value_of(read)),
        }
    }

    /// The truth of a value that is a name, seen from a file.
    pub fn truth_named(&self, target: &Target, from: &RepoPath, value: &Valued) -> Option<bool> {
        let Value::Name(name) = &value.value else { return self.truth_of(target, value) };
        self.truth(target, self.named(from, name)?)
    }

    /// The truth of a value on a target.
    pub fn truth_of(&self, target: &Target, value: &Valued) -> Option<bool> {
        value.truth(&|read| target.value_of(read))
    }
}

/// Flask's own reading of FLASK_DEBUG.
pub fn is_truthy(value: &str) -> bool {
    !value.is_empty() && !matches!(value.to_ascii_lowercase().as_str(), "0" | "false" | "no" | "off")
}

/// Why an object load leaves everything open. A file from outside the repository does not: it is a
/// doubt beside what the repository says.
fn unknown_load(load: &ConfigLoad, chosen: &Chosen) -> Option<String> {
    let place = format!("{}:{}", load.path, load.location.line);
    match (&load.kind, &chosen.selector) {
        (LoadKind::Mapping(_), _) => {
            Some(format!("the configuration takes over a dictionary that is only known at run time ({place})"))
        }
        (LoadKind::Object(_), Some(selector)) => Some(format!(
            "{} selects the configuration, and nothing here sets it to one that is here ({place})",
            selector.variable
        )),
        (LoadKind::Object(_), None) => Some(format!("from_object takes what is only known at run time ({place})")),
        _ => None,
    }
}
