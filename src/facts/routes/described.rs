//! Routes of connexion apps: an OpenAPI description names the function for each path and method.

use std::collections::BTreeSet;

use super::super::Files;
use super::super::modules::{Item, Modules};
use super::{Hooks, Mounted, Route, route};
use crate::lang::openapi;

pub(super) fn collect<'f>(modules: &Modules<'f>, files: &Files, hooks: &Hooks<'f>, routes: &mut Vec<Route<'f>>) {
    let described = files.sources.values().filter(|source| matches!(source.path.extension(), "yml" | "yaml"));
    for source in described.filter(|source| source.text.contains("operationId")) {
        for operation in openapi::operations(&source.text) {
            let Some(Item::Function(def)) = modules.find_path(&operation.function) else { continue };
            let pattern = operation.path.replace('{', "<").replace('}', ">");
            let found = Mounted {
                patterns: vec![(pattern, None)],
                methods: Some(BTreeSet::from([operation.method])),
                owner: String::new(),
            };
            let guards = def.function.decorators.iter().map(|expr| (def.scope, expr)).collect();
            routes.push(Route { described: true, ..route(found, def, guards, hooks) });
        }
    }
}
