//! What a start hands to the app factory: the call that makes the app there, and what its
//! parameters default to. Knows calls and factories; which configuration that means is followed
//! elsewhere.

use std::collections::BTreeMap;

use super::Facts;
use super::apps::{Factory, FactoryCall, Given};
use super::launch::WsgiTarget;
use super::names::{Names, definition_file};
use super::selection::{Reader, Selection};
use super::targets::Target;
use super::values::Valued;
use crate::lang::python::{self, StmtKind};
use crate::text::{Location, RepoPath};

/// How many factories that call another one are followed.
const MAX_WRAPPERS: usize = 3;

/// What a parameter of the factory is given on a target.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The file it is written in: names in it mean what they mean there.
    pub path: RepoPath,
    pub selection: Selection,
    /// Its truth, where that is known.
    pub truth: Option<bool>,
    /// Where it is written.
    pub location: Location,
}

/// The arguments of the factory on a target, by parameter. Empty where no factory makes the app or
/// its call is not known.
pub fn arguments(facts: &Facts, target: &Target) -> BTreeMap<String, Argument> {
    let wsgi = target.launch.and_then(|at| facts.launches[at].target.as_ref());
    if let Some(wsgi) = wsgi.filter(|wsgi| wsgi.call.is_some())
        && let (Some(given), Some(entry)) = (written_call(wsgi), &target.entry)
    {
        let name = wsgi.attribute.as_deref().unwrap_or_default();
        return factory(facts, target, entry, name)
            .map_or_else(BTreeMap::new, |factory| bind(target, factory, entry, &given, false));
    }
    match call(facts, target) {
        Some(call) => called(facts, target, call, MAX_WRAPPERS),
        // `flask run` calls a factory that needs nothing by itself.
        None => facts
            .apps
            .factories
            .iter()
            .find(|factory| {
                factory.callable_bare && makes_app(facts, factory) && in_project(facts, target, &factory.path)
            })
            .map_or_else(BTreeMap::new, |factory| bind(target, factory, &factory.path, &[], false)),
    }
}

/// The arguments of a call; those that a wrapper hands on are what the wrapper is given.
fn called(facts: &Facts, target: &Target, call: &FactoryCall, steps: usize) -> BTreeMap<String, Argument> {
    let Some(factory) = factory(facts, target, &call.path, &call.factory) else { return BTreeMap::new() };
    let mut bound = bind(target, factory, &call.path, &call.given, call.spread);
    let inner = |inner: &&FactoryCall| inner.function.as_deref() == Some(&factory.name) && inner.path == factory.path;
    // A factory that leaves the work to another one: what counts is what that one is given.
    if let Some(inner) = facts.apps.factory_calls.iter().find(inner).filter(|_| steps > 0 && !makes_app(facts, factory))
    {
        for (name, argument) in called(facts, target, inner, steps - 1) {
            let argument = match &argument.selection {
                Selection::Parameter { name: outer, otherwise: None } => bound.get(outer).cloned().unwrap_or(argument),
                _ => argument,
            };
            bound.insert(name, argument);
        }
    }
    bound
}

/// The arguments of `module:factory("production")`.
fn written_call(wsgi: &WsgiTarget) -> Option<Vec<Given>> {
    let text = format!("{}{}\n", wsgi.attribute.as_deref()?, wsgi.call.as_deref()?);
    let module = python::parse(&text).ok()?;
    let StmtKind::Expr(expr) = &module.body.first()?.kind else { return None };
    let names = Names::default();
    let reader = Reader { body: &[], names: &names, source: None, function: None };
    let given = |arg: &python::Arg| Given {
        name: arg.name.clone(),
        location: Location::whole(RepoPath::root()),
        selection: reader.read(&arg.value, true),
        value: Valued::of(&arg.value, &names),
    };
    let call = expr.as_call().filter(|call| call.args.iter().all(|arg| arg.stars == 0))?;
    Some(call.args.iter().map(given).collect())
}

/// The call that makes the app on a target.
fn call<'f>(facts: &'f Facts, target: &Target) -> Option<&'f FactoryCall> {
    let script = target.launch.is_some_and(|at| facts.launches[at].script.is_some());
    let runs = |call: &&FactoryCall| script || !call.main_guard;
    let own = |call: &&FactoryCall| facts.is_own(&call.path) && in_project(facts, target, &call.path);
    let calls = || facts.apps.factory_calls.iter().filter(own);
    if let Some(entry) = &target.entry {
        if let Some(call) = calls().filter(runs).find(|call| call.path == *entry) {
            return Some(call);
        }
        let imported = imported_files(facts, entry);
        if let Some(call) =
            calls().find(|call| call.function.is_none() && !call.main_guard && imported.contains(&call.path))
        {
            return Some(call);
        }
    }
    let usual = |path: &RepoPath| matches!(path.name(), "wsgi.py" | "app.py" | "autoapp.py");
    let module_level = || calls().filter(|call| call.function.is_none());
    module_level()
        .find(|call| !call.main_guard && usual(&call.path))
        .or_else(|| module_level().find(|call| !call.main_guard))
        .or_else(|| module_level().next())
        // What a function of the commands for developers makes is no server's.
        .or_else(|| calls().find(|call| !(target.assumed && matches!(call.path.name(), "manage.py" | "cli.py"))))
}

/// The files of the tree that a file imports from.
fn imported_files(facts: &Facts, from: &RepoPath) -> Vec<RepoPath> {
    let Some(names) = facts.names.get(from) else { return Vec::new() };
    names.origins().filter_map(|origin| definition_file(&facts.files, from, origin)).map(|(path, _)| path).collect()
}

fn in_project(facts: &Facts, target: &Target, path: &RepoPath) -> bool {
    facts.same_project(path, &target.project)
}

fn makes_app(facts: &Facts, factory: &Factory) -> bool {
    facts.apps.apps.iter().any(|app| app.path == factory.path && app.factory.as_deref() == Some(&factory.name))
}

/// The factory a name means in a file.
fn factory<'f>(facts: &'f Facts, target: &Target, from: &RepoPath, name: &str) -> Option<&'f Factory> {
    let named = || {
        facts.apps.factories.iter().filter(|factory| factory.name == name && in_project(facts, target, &factory.path))
    };
    let imported = imported_files(facts, from);
    named()
        .find(|factory| factory.path == *from)
        .or_else(|| named().find(|factory| imported.contains(&factory.path)))
        .or_else(|| named().find(|factory| makes_app(facts, factory)))
        .or_else(|| named().next())
}

/// `spread`: the call has more arguments, which are not known.
fn bind(
    target: &Target,
    factory: &Factory,
    from: &RepoPath,
    given: &[Given],
    spread: bool,
) -> BTreeMap<String, Argument> {
    let mut bound = BTreeMap::new();
    let named = |name: &String| factory.params.iter().any(|(known, _)| known == name);
    // `**config` of a call that gives no keyword of its own is empty.
    if let Some((name, location)) = &factory.rest
        && !spread
        && given.iter().all(|given| given.name.as_ref().is_none_or(named))
    {
        let (path, location) = (factory.path.clone(), location.clone());
        bound.insert(name.clone(), Argument { path, selection: Selection::Nothing, truth: Some(false), location });
    }
    let mut positional = given.iter().filter(|given| given.name.is_none());
    for (name, default) in &factory.params {
        let written = given.iter().find(|given| given.name.as_ref() == Some(name)).or_else(|| positional.next());
        let (path, given) = match (written, default) {
            (Some(given), _) => (from, given),
            (None, Some(default)) => (&factory.path, default),
            (None, None) => continue,
        };
        let truth = given.value.truth(&|read| target.value_of(read));
        let (path, selection, location) = (path.clone(), given.selection.clone(), given.location.clone());
        bound.insert(name.clone(), Argument { path, selection, truth, location });
    }
    bound
}
