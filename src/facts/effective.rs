//! Which value of a setting wins on a target, and what might still change it from outside the
//! repository.

use super::Facts;
use super::apps::{LoadKind, RunCall};
use super::guards::{self, MAX_STEPS, Reached, reached_within};
use super::holders::HolderRef;
use super::names::definition_file;
use super::settings::{Form, Holder, Setting};
use super::targets::Target;
use super::values::{Value, Valued};
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
                if runs == Reached::Yes {
                    unknown = unknown.or_else(|| unknown_load(&load.kind, load));
                }
                continue;
            };
            if let Some(setting) = self.in_holder(holder, key) {
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
            if !(setting.form == Form::SetDefault && winner.is_some()) {
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
            chosen.holder.as_ref().is_some_and(|holder| self.in_holder(holder, &setting.key).is_some())
                && load.path == *setting.path()
                && load.function == setting.function
                && load.location.span.start > setting.location.span.start
        })
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
            if let Some(class) = self.missing(chosen.holder.as_ref()) {
                let place = format!("{}:{}", load.path, load.location.line);
                found.push(format!("{class} is not in the repository; it may set this too ({place})"));
                continue;
            }
            if chosen.nothing
                || chosen.holder.is_some() && chosen.certain
                || runs == Reached::No && !matches!(load.kind, LoadKind::Envvar(_))
            {
                continue;
            }
            let place = format!("{}:{}", load.path, load.location.line);
            let line = match (&load.kind, &chosen.selector) {
                (LoadKind::PyFile(Some(name)) | LoadKind::File(Some(name)), _) => {
                    format!("{name} is not in the repository; where it exists, it may set this too ({place})")
                }
                (LoadKind::PyFile(None) | LoadKind::File(None), _) => {
                    format!("a file that is named at run time may set this too ({place})")
                }
                (LoadKind::Envvar(Some(name)), _) => {
                    format!("the file that {name} names on the server may set this too ({place})")
                }
                (LoadKind::Object(_), Some(selector)) if chosen.holder.is_some() && !selector.set_by_launch => {
                    format!("selected where {} is not set ({place})", selector.variable)
                }
                (LoadKind::Object(_), None) if chosen.holder.is_none() && runs == Reached::Maybe => {
                    format!("what {place} loads is only known at run time and may set this too")
                }
                _ => continue,
            };
            if !found.contains(&line) {
                found.push(line);
            }
        }
        found
    }

    /// The name of a class or module that a load names and that the repository does not have.
    fn missing<'h>(&self, holder: Option<&'h HolderRef>) -> Option<&'h str> {
        let holder = holder.filter(|holder| !self.holders.knows(holder))?;
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
                        (Holder::Class(class), Some(wanted)) => class == wanted,
                        (Holder::Module, None) => true,
                        _ => false,
                    }
            })
        })
    }

    /// Follows a value that is another name to the setting that gives it, within bounds.
    pub fn resolve<'f>(&'f self, setting: &'f Setting) -> &'f Setting {
        let mut current = setting;
        for _ in 0..8 {
            let Value::Name(name) = &current.value.value else { return current };
            match self.named(current.path(), name) {
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
            return self.settings.iter().rfind(|setting| {
                setting.key == key && *setting.path() == *from && setting.holder == Holder::App(app.to_owned())
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
            .or_else(|| guards::truth_at(self, target, resolved.path(), resolved.value.span, steps))
    }

    /// The truth of a value that is a name, seen from a file.
    pub fn truth_named(&self, target: &Target, from: &RepoPath, value: &Valued) -> Option<bool> {
        let Value::Name(name) = &value.value else { return self.truth_of(target, value) };
        self.truth(target, self.named(from, name)?)
    }

    /// The truth of a value on a target.
    pub fn truth_of(&self, target: &Target, value: &Valued) -> Option<bool> {
        value.truth(&|name| target.env.get(name).map(|var| var.value.clone()))
    }
}

/// Flask's own reading of FLASK_DEBUG.
pub fn is_truthy(value: &str) -> bool {
    !value.is_empty() && !matches!(value.to_ascii_lowercase().as_str(), "0" | "false" | "no" | "off")
}

/// Why an object load leaves everything open. A file from outside the repository does not: it is a
/// doubt beside what the repository says.
fn unknown_load(kind: &LoadKind, load: &super::apps::ConfigLoad) -> Option<String> {
    match kind {
        LoadKind::Object(_) => {
            Some(format!("from_object takes what is only known at run time ({}:{})", load.path, load.location.line))
        }
        _ => None,
    }
}
