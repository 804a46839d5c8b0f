//! What the project's own tests expect of the key: which configurations they run with, the value
//! they compare it with, and whether they give one themselves.

use crate::facts::holders::HolderRef;
use crate::facts::settings::Holder;
use crate::facts::values::Value;
use crate::facts::{Facts, FileRole, PyFile, Setting};
use crate::lang::python::{Expr, ExprKind, StmtKind, walk_exprs, walk_stmts};
use crate::secret::Secret;
use crate::text::RepoPath;

/// What tests sign with. No secret: nothing outside of a test run ever uses it.
const VALUE: &str = "only for tests";

/// Whether the tests also make apps of classes that are not for testing, or of what they do not
/// name: a key in the testing class alone would leave those without one.
pub(super) fn other_configurations(facts: &Facts, setting: &Setting) -> bool {
    let Holder::Class(class) = &setting.holder else { return false };
    let me = HolderRef { path: setting.path().clone(), class: Some(class.clone()) };
    let mut family: Vec<&HolderRef> = facts.holders.subclasses(&me);
    family.push(&me);
    let inherits =
        |class: &&HolderRef| facts.in_holder(class, &setting.key).is_some_and(|found| std::ptr::eq(found, setting));
    let (testing, others): (Vec<&HolderRef>, Vec<&HolderRef>) =
        family.into_iter().filter(inherits).partition(|class| facts.is_testing_class(class));
    let (testing, others) = (called(facts, &testing), called(facts, &others));
    let named = |names: &[String], expr: &Expr| {
        let text = expr.as_str().map(str::to_owned).or_else(|| expr.dotted());
        text.is_some_and(|text| {
            let last = text.rsplit(['.', ':']).next().unwrap_or(&text);
            names.iter().any(|name| name.eq_ignore_ascii_case(last))
        })
    };
    let root = facts.project_root(setting.path());
    let mut found = false;
    for file in test_files(facts, &root) {
        walk_exprs(&file.module.body, &mut |expr| {
            let ExprKind::Call(call) = &expr.kind else { return };
            let Some(name) = call.func.dotted().map(|name| name.to_ascii_lowercase()) else { return };
            let any = |names: &[String]| call.args.iter().any(|arg| named(names, &arg.value));
            let last = name.rsplit('.').next().unwrap_or(&name);
            let factory = last.contains("app") && MAKERS.iter().any(|maker| last.contains(maker));
            found |= name.contains("app") && any(&others) || factory && !any(&testing);
        });
    }
    found
}

/// Parts of the names of functions that make an app.
const MAKERS: &[&str] = &["create", "make", "build", "factory", "init"];

/// What configuration classes are called: by name, without the usual ending, by the keys that stand for them.
fn called(facts: &Facts, classes: &[&HolderRef]) -> Vec<String> {
    let mut names = Vec::new();
    for class in classes {
        let Some(name) = class.class.as_deref() else { continue };
        let short = ["Configuration", "Config", "Settings"].iter().find_map(|end| name.strip_suffix(end));
        names.extend(short.filter(|short| !short.is_empty()).map(str::to_owned));
        names.push(name.to_owned());
        names.extend(facts.holders.keys(class).into_iter().map(str::to_owned));
    }
    names
}

pub(super) fn test_files<'f>(facts: &'f Facts, root: &RepoPath) -> impl Iterator<Item = &'f PyFile> {
    let root = root.clone();
    facts.python.iter().filter(move |file| file.role == FileRole::Test && facts.same_project(&file.path, &root))
}

/// What the tests sign with: the value that stood in the code, where they compare with it, else one
/// that says what it is.
///
/// # Errors
/// Where that value cannot be written as a plain text.
pub(super) fn value(facts: &Facts, setting: &Setting) -> Result<String, String> {
    let Some(Value::Text { secret, .. }) = setting.value.literal().map(|literal| &literal.value) else {
        return Ok(VALUE.to_owned());
    };
    let root = facts.project_root(setting.path());
    let expects = |file: &&PyFile| {
        let mut found = false;
        walk_exprs(&file.module.body, &mut |expr| {
            let ExprKind::Compare { operands, .. } = &expr.kind else { return found |= is_equality_call(expr, secret) };
            found |= operands.iter().any(|operand| is_text(operand, secret));
        });
        found
    };
    let Some(file) = test_files(facts, &root).find(expects) else { return Ok(VALUE.to_owned()) };
    let text = secret.expose();
    if text.chars().any(|c| !(' '..='~').contains(&c) || matches!(c, '"' | '\'' | '\\')) {
        return Err(format!("{} expects the value that stands in the code.", file.path));
    }
    Ok(text.to_owned())
}

/// `assertEqual(app.secret_key, "…")`.
fn is_equality_call(expr: &Expr, secret: &Secret) -> bool {
    expr.as_call().is_some_and(|call| {
        let equal = call.func.dotted().is_some_and(|name| name.to_ascii_lowercase().ends_with("equal"));
        equal && call.args.iter().any(|arg| is_text(&arg.value, secret))
    })
}

fn is_text(expr: &Expr, secret: &Secret) -> bool {
    matches!(&expr.kind, ExprKind::Str(text) if text.value == secret.expose())
}

/// Whether a test file gives the variable or the setting of that name a value itself. One that
/// only reads it needs one.
pub(super) fn gives(file: &PyFile, variable: &str) -> bool {
    let mut found = false;
    walk_stmts(&file.module.body, &mut |stmt| {
        let StmtKind::Assign { targets, .. } = &stmt.kind else { return };
        found |= targets.iter().any(|target| match &target.kind {
            ExprKind::Name(name) | ExprKind::Attr { name, .. } => name.eq_ignore_ascii_case(variable),
            ExprKind::Subscript { index, .. } => index.first().and_then(Expr::as_str) == Some(variable),
            _ => false,
        });
    });
    walk_exprs(&file.module.body, &mut |expr| match &expr.kind {
        ExprKind::Dict(items) => {
            found |= items.iter().any(|item| item.key.as_ref().and_then(Expr::as_str) == Some(variable));
        }
        ExprKind::Call(call) => {
            let sets = call.func.dotted().is_some_and(|name| name.ends_with("setenv") || name.ends_with("setdefault"));
            found |= call.keyword(variable).is_some();
            found |= sets && call.positional(0).and_then(Expr::as_str) == Some(variable);
        }
        _ => {}
    });
    found
}
