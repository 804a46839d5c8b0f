//! FH602: a route parameter that can only be a number has no converter.

use super::key_column;
use crate::facts::modules::Modules;
use crate::facts::routes::Route;
use crate::facts::{Facts, routes};
use crate::finding::{Finding, FindingKey, Severity, Threat};
use crate::lang::python::{Expr, ExprKind, Function, Stmt, StmtKind, walk_exprs};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::{RepoPath, Span, TextEdit};

pub(super) const RULE: Rule = Rule {
    id: "FH602",
    name: "missing-converter",
    threat: Threat::RouteParams,
    severity: Severity::Low,
    explanation: Explanation {
        what: "A parameter of a URL pattern has no converter, so any text without a slash fits, while the handler \
               turns it into a number or looks up an integer column by it.",
        why: "Text where a number is meant ends in an error page (500) or in a query with text for a number. What the \
              handler does then was never thought of; with debug mode on, the error shows source code.",
        fix: "Write the type into the pattern: `<int:user_id>`. Other text is then answered with 404 before the \
              handler runs, and the handler receives an `int`. A converter checks the form, not the right to the \
              record: see FH601.",
        ignore: "When the value may be something else than a number.",
    },
    check,
    remedy: Some(remedy),
};

/// Why a parameter can only be a number.
enum Proof {
    /// `int(param)`.
    Converted(Span),
    /// The handler's parameter is annotated with `int`.
    Annotated(Span),
    /// It is compared with this integer column.
    Column(String, Span),
}

/// One parameter without a converter, and where the pattern says so.
struct Bare<'r, 'f> {
    route: &'r Route<'f>,
    param: String,
    path: RepoPath,
    literal: Span,
    /// Just behind the `<`.
    insert_at: usize,
    proof: Proof,
}

fn bare<'r, 'f>(facts: &Facts, modules: &Modules<'f>, all: &'r [Route<'f>]) -> Vec<Bare<'r, 'f>> {
    let mut found = Vec::new();
    for route in all {
        let Some((scope, literal)) = route.literal else { continue };
        let path = &modules.scopes[scope].file.path;
        let Some(source) = facts.files.get(path) else { continue };
        for param in route.params.iter().filter(|param| param.converter.is_none()) {
            let column = key_column::looked_up_by(facts, modules, route.handler, &param.name);
            let proof = match (proof(route, &param.name), column) {
                // What stands first.
                (Some(Proof::Converted(made)), Some((column, at))) if at.start < made.start => {
                    Proof::Column(column, at)
                }
                (Some(proof), _) => proof,
                (None, Some((column, at))) => Proof::Column(column, at),
                (None, None) => continue,
            };
            let written = format!("<{}>", param.name);
            let Some(at) = literal.of(&source.text).find(&written) else { continue };
            let insert_at = literal.start + at + 1;
            found.push(Bare { route, param: param.name.clone(), path: path.clone(), literal, insert_at, proof });
        }
    }
    // One handler method for each verb of a class has the same pattern.
    found.sort_by(|a, b| (&a.path, a.insert_at).cmp(&(&b.path, b.insert_at)));
    found.dedup_by(|a, b| a.path == b.path && a.insert_at == b.insert_at);
    found
}

fn check(facts: &Facts) -> Vec<Finding> {
    let modules = Modules::of(facts.own_python());
    let all = routes::collect(&facts.files, &modules);
    bare(facts, &modules, &all).iter().map(|bare| finding(facts, &modules, bare)).collect()
}

fn finding(facts: &Facts, modules: &Modules<'_>, bare: &Bare<'_, '_>) -> Finding {
    let Bare { route, param, path, literal, .. } = bare;
    let handler = &route.handler.function.name;
    let (why, at) = match &bare.proof {
        Proof::Converted(at) => (format!("`{handler}` turns it into an `int`"), *at),
        Proof::Annotated(at) => (format!("`{handler}` expects an `int`"), *at),
        Proof::Column(column, at) => (format!("`{handler}` looks up the integer column `{column}` by it"), *at),
    };
    let message = format!("`<{param}>` in `{}` takes any text, and {why}", route.pattern);
    let fixed = route.pattern.replace(&format!("<{param}>"), &format!("<int:{param}>"));
    let primary = facts.files.locate(path, *literal);
    let line = primary.line;
    Finding::new(RULE.id, RULE.threat, RULE.severity, primary, symbol(bare), message)
        .related(facts.files.locate(&modules.scopes[route.handler.scope].file.path, at), "used as a number here")
        .next_step(format!(
            "Write `{fixed}` as the pattern on line {line} of {path}. URLs with anything but digits are then answered with 404."
        ))
}

fn symbol(bare: &Bare<'_, '_>) -> String {
    let handler = &bare.route.handler;
    match handler.class {
        Some(class) => format!("{}.{}({})", class.name, handler.function.name, bare.param),
        None => format!("{}({})", handler.function.name, bare.param),
    }
}

fn remedy(facts: &Facts, findings: &[&Finding], _choices: &Choices) -> Vec<Remedy> {
    let modules = Modules::of(facts.own_python());
    let all = routes::collect(&facts.files, &modules);
    let mut remedies = Vec::new();
    for bare in bare(facts, &modules, &all) {
        let Proof::Column(column, _) = &bare.proof else { continue };
        let key = |key: &FindingKey| key.path == bare.path.as_str() && key.symbol == symbol(&bare);
        let Some(finding) = findings.iter().find(|finding| key(&finding.key)) else { continue };
        let edit = TextEdit::insert(bare.insert_at, "int:");
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: format!("Only numbers for `<{}>`", bare.param),
            reason: format!(
                "`{column}` is an integer column. URLs with anything but digits are then answered with 404, and `{}` \
                 receives an `int` where it received text.",
                bare.route.handler.function.name
            ),
            applicability: Applicability::Manual,
            changes: vec![Change::Edit { path: bare.path.clone(), edits: vec![edit] }],
            steps: Vec::new(),
            needs: Vec::new(),
        });
    }
    remedies
}

fn proof(route: &Route<'_>, param: &str) -> Option<Proof> {
    let function = route.handler.function;
    let known = function.params.iter().find(|known| known.name == param)?;
    if let Some(annotation) = known.annotation.as_ref().filter(|annotation| is_int(annotation)) {
        return Some(Proof::Annotated(annotation.span));
    }
    if asks_for_digits(function, param) {
        return None;
    }
    let mut proof = None;
    walk_unguarded(&function.body, &mut |expr| {
        if proof.is_none() {
            proof = of_expr(expr, param);
        }
    });
    proof
}

/// `if param.isdigit(): …`: text that is no number is dealt with.
pub(super) fn asks_for_digits(function: &Function, param: &str) -> bool {
    let mut asked = false;
    walk_exprs(&function.body, &mut |expr| {
        asked |= matches!(&expr.kind, ExprKind::Attr { value, name }
            if value.as_name() == Some(param) && matches!(name.as_str(), "isdigit" | "isnumeric" | "isdecimal"));
    });
    asked
}

/// Every expression but those in a `try`, whose handlers may deal with other text.
fn walk_unguarded<'f>(body: &'f [Stmt], visit: &mut dyn FnMut(&'f Expr)) {
    let plain = body.iter().filter(|stmt| !matches!(stmt.kind, StmtKind::Try { .. }));
    for stmt in plain {
        for expr in stmt.exprs() {
            expr.walk(visit);
        }
        for block in stmt.blocks() {
            walk_unguarded(block, visit);
        }
    }
}

/// `int(param)`.
fn of_expr(expr: &Expr, param: &str) -> Option<Proof> {
    let call = expr.as_call()?;
    let given = call.positional(0).and_then(Expr::as_name) == Some(param);
    (call.func.as_name() == Some("int") && call.args.len() == 1 && given).then_some(Proof::Converted(expr.span))
}

fn is_int(annotation: &Expr) -> bool {
    match &annotation.kind {
        ExprKind::Name(name) => name == "int",
        ExprKind::Other(parts) => parts.len() == 1 && is_int(&parts[0]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures() {
        crate::rules::testing::check_fixtures(&RULE);
    }

    #[test]
    fn the_edit_adds_the_converter() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules/missing-converter");
        let facts = crate::rules::testing::facts_of(&root.join("bad-integer-key"));
        let found = check(&facts);
        let choices = Choices::new(crate::store::StoreId::EnvFile);
        let remedies = remedy(&facts, &found.iter().collect::<Vec<_>>(), &choices);
        let Change::Edit { path, edits } = &remedies[0].changes[0] else { panic!("no edit") };
        let text = &facts.files.get(path).unwrap().text;
        assert_eq!(&text[edits[0].span.start - 1..edits[0].span.start], "<");
        assert!(remedies.iter().all(|remedy| remedy.applicability == Applicability::Manual));
    }
}
