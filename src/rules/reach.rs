//! Which functions may come to a call of some name, by themselves or through functions they call:
//! the others need not be followed, and files without such names need no syntax tree. Goes by the
//! last part of names alone, so it takes rather too many.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::modules::Modules;
use crate::lang::python::{ExprKind, walk_exprs};

/// The functions, as scope and start, from which a call of one of the names is `calls` calls away at
/// most.
pub(super) fn functions(modules: &Modules<'_>, names: &[&str], calls: usize) -> BTreeSet<(usize, usize)> {
    let mut reach = Reach { modules, opened: BTreeMap::new(), found: BTreeSet::new() };
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut next: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    for _ in 0..calls {
        let mut callers = BTreeSet::new();
        for name in &next {
            reach.calls_of(name, &mut callers);
        }
        known.append(&mut next);
        next = callers.into_iter().filter(|name| !known.contains(name)).collect();
    }
    reach.found
}

/// The calls in one file: the last part of what is called, to the functions around the call.
type Calls<'f> = BTreeMap<&'f str, Vec<(usize, &'f str)>>;

struct Reach<'m, 'f> {
    modules: &'m Modules<'f>,
    opened: BTreeMap<usize, Calls<'f>>,
    found: BTreeSet<(usize, usize)>,
}

impl Reach<'_, '_> {
    /// Adds the functions that call a name, and how these are called.
    fn calls_of(&mut self, name: &str, callers: &mut BTreeSet<String>) {
        for (scope, known) in self.modules.scopes.iter().enumerate().filter(|(_, known)| known.file.has(name)) {
            let calls = self.opened.entry(scope).or_insert_with(|| calls_in(self.modules, scope));
            for name in known.aliases_of(name).chain([name]) {
                for (start, caller) in calls.get(name).into_iter().flatten() {
                    if self.found.insert((scope, *start)) {
                        callers.insert((*caller).to_owned());
                    }
                }
            }
            // Imported under another name, it is called so from here on.
            callers.extend(known.aliases_of(name).map(str::to_owned));
        }
    }
}

fn calls_in<'f>(modules: &Modules<'f>, scope: usize) -> Calls<'f> {
    let mut calls = Calls::new();
    for def in &modules.scopes[scope].defs {
        let place = (def.function.span.start, def.function.name.as_str());
        walk_exprs(&def.function.body, &mut |expr| {
            let Some(call) = expr.as_call() else { return };
            if let ExprKind::Name(last) | ExprKind::Attr { name: last, .. } = &call.func.kind {
                calls.entry(last.as_str()).or_default().push(place);
            }
        });
    }
    calls
}
