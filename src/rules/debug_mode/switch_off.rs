//! How each way of debug mode is switched off where production starts, and stays on for those who
//! develop: the changes, or what a person has to do.

use super::ways::{Way, ways};
use crate::facts::apps::{DebugGiven, RunCall};
use crate::facts::holders::{HolderRef, Selector};
use crate::facts::settings::Holder;
use crate::facts::values::{Value, Valued};
use crate::facts::{Facts, Setting, Target};
use crate::lang::python::remove_argument;
use crate::remedy::{Applicability, Change};
use crate::rules::dev_server;
use crate::rules::place::{Reading, editable};
use crate::rules::server_start;
use crate::text::{Location, TextEdit};

/// What switches a way off.
pub(super) struct Done {
    pub title: String,
    pub reason: String,
    pub changes: Vec<Change>,
    pub applicability: Applicability,
    /// Fixes without which these changes reach nothing.
    pub needs: Vec<String>,
}

/// Why a person has to do it, and the exact step.
pub(super) struct ByHand {
    pub why: String,
    pub step: String,
}

type Outcome = Result<Done, ByHand>;

/// Flask's own switch.
const SWITCH: &str = "FLASK_DEBUG";
const FOR_DEVELOPMENT: &str = "For development, set FLASK_DEBUG=1.";

/// The changes that switch a way off on a target.
pub(super) fn switch_off(facts: &Facts, target: &Target, way: &Way<'_>) -> Outcome {
    match way {
        Way::Run(run) => run_off(facts, run),
        Way::Setting(setting) => setting_off(facts, &alike(facts, target, way), setting),
        Way::Variable { name, location, setting } => {
            variable_off(facts, &alike(facts, target, way), name, location, *setting)
        }
        Way::Flag(location) => flag_off(facts, target, location),
    }
}

/// The starts of the project that a way is open on, the one it was found on first: production's,
/// and what images start beside it.
fn alike<'f>(facts: &'f Facts, target: &'f Target, way: &Way<'_>) -> Vec<&'f Target> {
    let same = |other: &Way<'_>| other.symbol() == way.symbol() && other.location() == way.location();
    let others = facts.targets.iter().filter(|other| {
        !std::ptr::eq(*other, target)
            && other.project == target.project
            && (other.production || facts.is_image(other))
            && ways(facts, other).iter().any(same)
    });
    std::iter::once(target).chain(others).collect()
}

/// What sets a variable on every one of these starts, and what that needs.
fn on_every(
    facts: &Facts,
    starts: &[&Target],
    name: &str,
    value: &str,
    why: &str,
) -> Option<(Vec<Change>, Vec<String>)> {
    let all = server_start::set_wherever(facts, starts.iter().copied(), name, value, why);
    let reached = all.steps.is_empty() && !all.changes.is_empty();
    reached.then(|| (all.changes, server_start::needed(facts, starts.iter().copied())))
}

/// What production starts is known: taking debug away there changes nothing for development.
fn where_production_is_known(target: &Target) -> Applicability {
    if target.assumed { Applicability::Automatic } else { Applicability::Safe }
}

fn by_hand(why: impl Into<String>, step: impl Into<String>) -> ByHand {
    ByHand { why: why.into(), step: step.into() }
}

fn at(location: &Location) -> String {
    format!("{}:{}", location.path, location.line)
}

fn run_off(facts: &Facts, run: &RunCall) -> Outcome {
    let step =
        format!("Switch debug off in {}: leave the argument out, and set FLASK_DEBUG=1 to develop.", at(&run.location));
    let debug = run.debug.as_ref().ok_or_else(|| by_hand("Debug is not an argument here.", step.clone()))?;
    if !is_literal(&debug.value) {
        return Err(by_hand("The debug argument is computed; it is not rewritten.", step));
    }
    let (source, file) = editable(facts, &run.path).map_err(|why| by_hand(why, step.clone()))?;
    let mut edits = Vec::new();
    match debug.given {
        DebugGiven::Keyword(span) => edits.extend(remove_argument(&run.args, span)),
        DebugGiven::Positional(span) if run.args.last() == Some(&span) => {
            edits.extend(remove_argument(&run.args, span))
        }
        // What stands behind it keeps its place.
        DebugGiven::Positional(span) => edits.push(TextEdit::replace(span, "None")),
        DebugGiven::Elsewhere => {
            let read = Reading::of(file, source, debug.value.span.start);
            edits.push(TextEdit::replace(debug.value.span, read.switch(SWITCH)));
            edits.extend(read.import(source, file));
        }
    }
    if edits.is_empty() {
        return Err(by_hand("The argument was not found.", step));
    }
    Ok(Done {
        title: if run.werkzeug {
            "run_simple() without the debugger".to_owned()
        } else {
            format!("{}() follows FLASK_DEBUG, off by default", run.called())
        },
        reason: if run.werkzeug {
            "For development, flask run --debug has the debugger.".to_owned()
        } else {
            FOR_DEVELOPMENT.to_owned()
        },
        changes: vec![Change::Edit { path: run.path.clone(), edits }],
        applicability: Applicability::Automatic,
        needs: Vec::new(),
    })
}

fn is_literal(value: &Valued) -> bool {
    matches!(value.value, Value::Bool(true) | Value::Number(_))
}

fn setting_off(facts: &Facts, starts: &[&Target], setting: &Setting) -> Outcome {
    let target = starts[0];
    if let Some((variable, key)) = production_choice(facts, target) {
        let why = "The app's own configuration for production, unless the server selects another one.";
        if let Some((changes, needs)) = on_every(facts, starts, &variable, &key, why) {
            return Ok(Done {
                title: format!("production selects {variable}={key}"),
                reason: "Development goes on with the configuration it has today.".to_owned(),
                changes,
                applicability: where_production_is_known(target),
                needs,
            });
        }
    }
    let step = argument_step(target, setting)
        .or_else(|| select_step(facts, target))
        .unwrap_or_else(|| format!("Switch {} off for production in {}.", setting.symbol(), setting.path()));
    // Where production is not known this may be for development alone, and code may rely on it:
    // an app that only starts with debug on must not stop starting.
    if target.assumed {
        return Err(by_hand("No file says how production starts, so this may be for development alone.", step));
    }
    let (source, file) = editable(facts, setting.path()).map_err(|why| by_hand(why, step.clone()))?;
    let read = Reading::of(file, source, setting.value.span.start);
    let edit = |text: String| {
        let mut edits = vec![TextEdit::replace(setting.value.span, text)];
        edits.extend(read.import(source, file));
        Change::Edit { path: setting.path().clone(), edits }
    };
    if let Some(env) = setting.value.env() {
        return variable_read(facts, starts, setting, &env.name, edit(read.switch(&env.name)));
    }
    if let Some(outcome) = argument_off(facts, target, setting) {
        return outcome;
    }
    if !is_literal(&setting.value) {
        return Err(by_hand("The value is computed; it is not rewritten.", step));
    }
    if !is_for_development(setting) {
        return Ok(Done {
            title: format!("{} follows FLASK_DEBUG, off by default", setting.symbol()),
            reason: FOR_DEVELOPMENT.to_owned(),
            changes: vec![edit(read.switch(SWITCH))],
            applicability: Applicability::Automatic,
            needs: Vec::new(),
        });
    }
    // The configuration for development stays what it says; the server's start switches it off.
    let why = "Debug stays off under this server, also where it runs the configuration for development.";
    let start = on_every(facts, starts, SWITCH, "0", why);
    let (mut changes, needs) = start.ok_or_else(|| by_hand(not_reached(facts, starts), step))?;
    changes.push(edit(read.switch_on(SWITCH)));
    Ok(Done {
        title: format!("{} follows FLASK_DEBUG, which the server's start switches off", setting.symbol()),
        reason: "For development nothing changes.".to_owned(),
        changes,
        applicability: where_production_is_known(target),
        needs,
    })
}

fn argument_step(target: &Target, setting: &Setting) -> Option<String> {
    let Value::Name(name) = &setting.value.value else { return None };
    let argument = target.arguments.get(name)?;
    Some(format!("In {}, hand over {name}=False for production, or what FLASK_DEBUG says.", at(&argument.location)))
}

/// `app.debug = debug`: what the call of the factory hands over.
fn argument_off(facts: &Facts, target: &Target, setting: &Setting) -> Option<Outcome> {
    let Value::Name(name) = &setting.value.value else { return None };
    let argument = target.arguments.get(name).filter(|argument| argument.truth == Some(true))?;
    let step = argument_step(target, setting)?;
    let (source, file) = match editable(facts, &argument.location.path) {
        Ok(editable) => editable,
        Err(why) => return Some(Err(by_hand(why, step))),
    };
    let span = argument.location.span;
    if span.of(&source.text) != "True" {
        return Some(Err(by_hand("The value is computed; it is not rewritten.", step)));
    }
    let read = Reading::of(file, source, span.start);
    let mut edits = vec![TextEdit::replace(span, read.switch(SWITCH))];
    edits.extend(read.import(source, file));
    Some(Ok(Done {
        title: format!("{name} follows FLASK_DEBUG, off by default"),
        reason: FOR_DEVELOPMENT.to_owned(),
        changes: vec![Change::Edit { path: argument.location.path.clone(), edits }],
        applicability: Applicability::Automatic,
        needs: Vec::new(),
    }))
}

/// Debug that a variable decides, which nothing in the repository sets: it is on by default.
fn variable_read(facts: &Facts, starts: &[&Target], setting: &Setting, name: &str, rewritten: Change) -> Outcome {
    let off = off_value(Some(setting), "1");
    let why = "Debug is off under this server unless the variable says otherwise.";
    if let Some((changes, needs)) = off.and_then(|off| on_every(facts, starts, name, off, why)) {
        return Ok(Done {
            title: format!("{name} is off where production starts"),
            reason: "For development nothing changes.".to_owned(),
            changes,
            applicability: where_production_is_known(starts[0]),
            needs,
        });
    }
    Ok(Done {
        title: format!("{} follows {name}, off by default", setting.symbol()),
        reason: format!("For development, set {name}=1."),
        changes: vec![rewritten],
        applicability: Applicability::Automatic,
        needs: Vec::new(),
    })
}

/// A text for which a setting that reads it is off, in the style of what is there.
fn off_value(setting: Option<&Setting>, present: &str) -> Option<&'static str> {
    let words = match present {
        "True" => ["False", "0", "false"],
        "true" => ["false", "0", "False"],
        _ => ["0", "false", "False"],
    };
    let is_off = |word: &&str| match setting {
        Some(setting) => setting.value.truth(&|_| Some((*word).to_owned())) == Some(false),
        None => true,
    };
    words.into_iter().find(is_off)
}

fn variable_off(
    facts: &Facts,
    starts: &[&Target],
    name: &str,
    location: &Location,
    setting: Option<&Setting>,
) -> Outcome {
    let target = starts[0];
    let present = target.env.get(name).map_or("", |var| var.value.as_str());
    let off = if name == "FLASK_ENV" { Some("production") } else { off_value(setting, present) };
    let step = format!("Set {name}={} in {}.", off.unwrap_or("0"), at(location));
    let off =
        off.ok_or_else(|| by_hand(format!("No text that {name} could have switches debug off."), step.clone()))?;
    let launch = target.launch.map(|at| &facts.launches[at]);
    let done = |changes, needs, how: &str| Done {
        title: format!("{name}={off} where production starts"),
        reason: how.to_owned(),
        changes,
        applicability: where_production_is_known(target),
        needs,
    };
    if let Some(var) =
        launch.and_then(|launch| launch.env.iter().find(|var| var.name == name && var.location == *location))
    {
        let span = var.value_span.ok_or_else(|| by_hand("The value does not stand there in one piece.", step))?;
        let change = Change::Edit { path: var.location.path.clone(), edits: vec![TextEdit::replace(span, off)] };
        return Ok(done(vec![change], Vec::new(), "Only this start is changed."));
    }
    let handed_over = launch.is_some_and(|launch| launch.env_files.contains(&location.path));
    let is_env_file = facts.env_files.iter().any(|file| file.path == location.path);
    if !is_env_file || handed_over {
        return Err(by_hand(format!("{} sets {name} for this start.", location.path), step));
    }
    let why = "Debug stays off under this server, also where an env file for development switches it on.";
    on_every(facts, starts, name, off, why)
        .map(|(changes, needs)| done(changes, needs, "The env file goes on to serve development."))
        .ok_or_else(|| by_hand(not_reached(facts, starts), server_start::environment_step(facts, target, name, off)))
}

fn flag_off(facts: &Facts, target: &Target, location: &Location) -> Outcome {
    // Where gunicorn takes the command's place, the option goes with it.
    if let Some(changes) = dev_server::replacement(facts, target) {
        return Ok(Done {
            title: "gunicorn starts production, without the option for debugging".to_owned(),
            reason: "The development server and its debugger go together.".to_owned(),
            changes,
            applicability: Applicability::Automatic,
            needs: Vec::new(),
        });
    }
    let step = format!("Take the option out of the command in {}.", at(location));
    Err(by_hand("The command that starts production switches debug on.", step))
}

/// Why no file can set a variable on every one of these starts.
fn not_reached(facts: &Facts, starts: &[&Target]) -> String {
    let missed = |target: &&&Target| server_start::set_for(facts, target, SWITCH, "0", "").is_none();
    match starts.iter().find(missed).unwrap_or(&starts[0]).launch.map(|at| &facts.launches[at]) {
        Some(launch) => format!(
            "{} starts production ({}:{}), and no file of its own can set a variable.",
            launch.server.name(),
            launch.location.path,
            launch.location.line
        ),
        None => "No file says how production starts.".to_owned(),
    }
}

/// The step that selects the app's own configuration for production.
fn select_step(facts: &Facts, target: &Target) -> Option<String> {
    let selector = selector(target)?;
    let (key, _) = selector.keys.iter().find(|(key, _)| is_production_key(key))?;
    Some(server_start::environment_step(facts, target, &selector.variable, key))
}

/// What the server may select in place of the configuration the repository gives.
pub(super) fn selector(target: &Target) -> Option<&Selector> {
    target.chosen.iter().filter_map(|(_, chosen)| chosen.selector.as_ref()).find(|selector| !selector.set_by_launch)
}

/// Whether a setting stands in a class that says by its name that it is for development.
fn is_for_development(setting: &Setting) -> bool {
    let Holder::Class(class) = &setting.holder else { return false };
    let class = class.to_ascii_lowercase();
    ["dev", "local", "debug"].iter().any(|part| class.contains(part))
}

fn is_production_key(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key).to_ascii_lowercase();
    let name = last.trim_end_matches("config").trim_end_matches("configuration").trim_end_matches(['_', '-']);
    matches!(name, "production" | "prod" | "live")
}

/// The variable and key that select the app's own production configuration, where that switches
/// debug off and changes nothing else: another database, say, is for a person to decide.
fn production_choice(facts: &Facts, target: &Target) -> Option<(String, String)> {
    let (chosen, selector) = target.chosen.iter().find_map(|(_, chosen)| {
        let selector = chosen.selector.as_ref().filter(|selector| !selector.set_by_launch)?;
        Some((chosen.holder.as_ref()?, selector))
    })?;
    let (key, holder): &(String, HolderRef) = selector.keys.iter().find(|(key, _)| is_production_key(key))?;
    let debug = facts.in_holder(holder, "DEBUG").map_or(Some(false), |setting| facts.truth(target, setting));
    (debug == Some(false) && same_but_for_debug(facts, chosen, holder))
        .then(|| (selector.variable.clone(), key.clone()))
}

/// Whether two configurations differ in nothing but switches for developers and cookie flags.
fn same_but_for_debug(facts: &Facts, one: &HolderRef, other: &HolderRef) -> bool {
    let harmless = |key: &str| {
        matches!(
            key,
            "DEBUG" | "TESTING" | "ENV" | "TEMPLATES_AUTO_RELOAD" | "EXPLAIN_TEMPLATE_LOADING" | "SQLALCHEMY_ECHO"
        ) || key.starts_with("SESSION_COOKIE_")
            || key.starts_with("REMEMBER_COOKIE_")
            || key.starts_with("DEBUG_TB_")
    };
    let gives = |holder: &HolderRef, key: &str| facts.in_holder(holder, key).map(std::ptr::from_ref);
    let same_settings = facts
        .settings
        .iter()
        .map(|setting| setting.key.as_str())
        .filter(|key| !harmless(key))
        .all(|key| gives(one, key) == gives(other, key));
    same_settings && facts.holders.methods(one) == facts.holders.methods(other)
}
