//! FH603: a path from the request reaches the file system.

use crate::facts::modules::Modules;
use crate::facts::routes::{Route, RouteParam};
use crate::facts::{Facts, routes};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{Call, Expr, ExprKind, Function, walk_exprs};
use crate::rules::flow::MarkKind;
use crate::rules::trace::{self, Goal, Hit, Sink};
use crate::rules::{Explanation, Rule};
use crate::text::Span;

pub(super) const RULE: Rule = Rule {
    id: "FH603",
    name: "path-from-request",
    threat: Threat::RouteParams,
    severity: Severity::High,
    explanation: Explanation {
        what: "Text from the request (a URL parameter, an argument, a form field, the name of an uploaded file) \
               becomes part of a path that is opened, sent, written, listed, unpacked or deleted (path traversal), and nothing keeps it inside \
               of one folder: no `secure_filename`, `safe_join`, `send_from_directory`, `basename` or fixed set.",
        why: "`../../etc/passwd`, or an absolute path, leads out of the folder: the sender reads the env file with the \
              keys, overwrites code or deletes data.",
        fix: "Send files with `send_from_directory(FOLDER, name)`, which refuses such names. For other uses, join with \
              `werkzeug.security.safe_join(FOLDER, name)` and stop on `None`; name uploads with \
              `secure_filename(file.filename)`. Names from a fixed set can be looked up in a dict.",
        ignore: "When the value is checked against a fixed set where the tool does not see it.",
    },
    check,
    remedy: None,
};

const GOAL: Goal = Goal {
    sink,
    words: &[
        "open",
        "send_file",
        "remove",
        "unlink",
        "rename",
        "rmdir",
        "removedirs",
        "listdir",
        "scandir",
        "makedirs",
        "mkdir",
        "rmtree",
        "copy",
        "copyfile",
        "move",
        "ZipFile",
        "save",
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "iterdir",
    ],
    answer: None,
    cleans: |name| {
        trace::makes_numbers(name)
            || ["secure", "safe", "sanit", "slugify", "clean"].iter().any(|part| name.contains(part))
            || matches!(
                name,
                "basename"
                    | "splitext"
                    | "BytesIO"
                    | "StringIO"
                    | "read"
                    | "mkstemp"
                    | "uuid4"
                    | "url_for"
                    | "md5"
                    | "sha1"
                    | "sha256"
                    | "token_hex"
                    | "exists"
                    | "isfile"
                    | "strftime"
            )
    },
    hands_on: |dotted, last| {
        dotted.starts_with("os.path.")
            || dotted.starts_with("pathlib.")
            // `path` is what an upload set of Flask-Uploads makes of a name.
            || matches!(last, "abspath" | "normpath" | "realpath" | "joinpath" | "fspath" | "unquote" | "path")
    },
    harmless: drops_slashes,
    guards: |name| matches!(name, ".." | "startswith" | "is_relative_to"),
    param: RouteParam::is_text,
};

/// `name.replace("/", "")`, `name.split("/")[-1]`: what is left names a file of one folder.
fn drops_slashes(expr: &Expr) -> bool {
    let is_slash = |arg: Option<&Expr>| {
        arg.is_some_and(|arg| {
            arg.as_str() == Some("/") || matches!(arg.dotted().as_deref(), Some("os.sep" | "os.path.sep"))
        })
    };
    let method = |expr: &Expr, names: &[&str]| {
        expr.as_call().is_some_and(|call| {
            let named = matches!(&call.func.kind, ExprKind::Attr { name, .. } if names.contains(&name.as_str()));
            named && is_slash(call.positional(0))
        })
    };
    match &expr.kind {
        ExprKind::Call(call) => {
            method(expr, &["replace"]) && call.positional(1).and_then(Expr::as_str).is_some_and(|by| !by.contains('/'))
        }
        ExprKind::Subscript { value, index } => {
            let last =
                index.first().is_some_and(|index| matches!(&index.kind, ExprKind::Unary { op, .. } if op == "-"));
            last && method(value, &["split", "rsplit"])
        }
        _ => false,
    }
}

/// Functions of the standard library and Flask whose first argument is a path.
fn sink(modules: &Modules<'_>, scope: usize, call: &Call) -> Option<Sink> {
    if let Some(method) = of_path(&call.func) {
        return Some(Sink { arg: trace::RECEIVER, name: method.to_owned(), takes_variables: false });
    }
    let dotted = call.func.dotted()?;
    let absolute = modules.absolute(scope, &dotted);
    let known = matches!(
        absolute.as_str(),
        "open"
            | "io.open"
            | "codecs.open"
            | "flask.send_file"
            | "os.remove"
            | "os.unlink"
            | "os.rename"
            | "os.rmdir"
            | "os.removedirs"
            | "os.listdir"
            | "os.scandir"
            | "os.makedirs"
            | "os.mkdir"
            | "shutil.rmtree"
            | "shutil.copy"
            | "shutil.copyfile"
            | "shutil.move"
            | "zipfile.ZipFile"
    );
    let last = dotted.rsplit('.').next().unwrap_or(&dotted);
    if absolute == "tarfile.open" {
        let by_name = call.args.iter().position(|arg| matches!(arg.name.as_deref(), Some("fileobj" | "name")));
        let arg = by_name.or_else(|| (!call.args.is_empty()).then_some(0))?;
        return Some(Sink { arg, name: "tarfile.open".to_owned(), takes_variables: false });
    }
    // `upload.save(os.path.join(FOLDER, upload.filename))`
    let upload = last == "save" && dotted.contains('.') && call.positional(0).is_some_and(makes_path);
    if !known && !upload && absolute != "send_file" {
        return None;
    }
    let arg = call.args.iter().position(|arg| arg.stars == 0 && arg.name.is_none()).or_else(|| {
        call.args.iter().position(|arg| matches!(arg.name.as_deref(), Some("file" | "path" | "path_or_file" | "dst")))
    })?;
    Some(Sink { arg, name: last.to_owned(), takes_variables: false })
}

/// Methods that only paths of `pathlib` have.
fn of_path(func: &Expr) -> Option<&str> {
    let ExprKind::Attr { name, .. } = &func.kind else { return None };
    let known = ["read_text", "read_bytes", "write_text", "write_bytes", "unlink", "iterdir"];
    known.contains(&name.as_str()).then_some(name.as_str())
}

fn makes_path(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call(call) => matches!(
            call.func.dotted().as_deref().and_then(|dotted| dotted.rsplit('.').next()),
            Some("join" | "Path" | "str" | "joinpath")
        ),
        ExprKind::Binary { .. } | ExprKind::FString { .. } => true,
        ExprKind::Attr { name, .. } => name == "filename",
        ExprKind::Name(name) => ["path", "file", "dest", "target", "location"].iter().any(|part| name.contains(part)),
        _ => false,
    }
}

fn check(facts: &Facts) -> Vec<Finding> {
    let modules = Modules::of(facts.own_python());
    let routes = routes::collect(&facts.files, &modules);
    let hits = trace::hits(&modules, &routes, &GOAL);
    let by_request = hits.iter().filter(|hit| matches!(hit.source.kind, MarkKind::User | MarkKind::UrlParam(_)));
    by_request
        .filter(|hit| is_plausible(facts, &modules, &routes, hit))
        .map(|hit| finding(facts, &modules, &routes, hit))
        .collect()
}

/// Uploads matter by their names, and one part of a URL only where it plainly names a file.
fn is_plausible(facts: &Facts, modules: &Modules<'_>, routes: &[Route<'_>], hit: &Hit) -> bool {
    let path = &modules.scopes[hit.source.scope].file.path;
    let text = facts.files.get(path).map_or("", |file| hit.source.at.of(&file.text));
    let around = |at: Span| modules.scopes[hit.scope].defs.iter().filter(move |def| def.function.span.contains(at));
    let here = hit.scope == hit.source.scope && around(hit.call).any(|def| def.function.span.contains(hit.source.at));
    if hit.sink == "tarfile.open" {
        return around(hit.call).any(|def| extracts_all(def.function));
    }
    // All of a form, handed to another file: too much happens to it on the way to say which part
    // became the path.
    let whole = ["request.form", "request.values", "request.args", "request.json", "request.get_json()"];
    if whole.contains(&text) && hit.scope != hit.source.scope {
        return false;
    }
    match hit.source.kind {
        MarkKind::UrlParam(index) => {
            let name = param_name(modules, hit, index);
            let named = ["file", "path", "name", "page", "doc", "image", "img"].iter().any(|part| name.contains(part));
            slashes(routes, name) || here && named
        }
        _ if text.contains("files") || text.ends_with(".data") => {
            let mut by_name = false;
            for def in around(hit.call) {
                walk_exprs(&def.function.body, &mut |expr| {
                    by_name |= matches!(&expr.kind, ExprKind::Attr { name, .. } if name == "filename");
                });
            }
            here && by_name
        }
        _ => true,
    }
}

/// Whether a function unpacks a tar archive without a filter for the names in it.
fn extracts_all(function: &Function) -> bool {
    let mut found = false;
    walk_exprs(&function.body, &mut |expr| {
        let Some(call) = expr.as_call() else { return };
        let extracts =
            matches!(&call.func.kind, ExprKind::Attr { name, .. } if matches!(name.as_str(), "extractall" | "extract"));
        found |= extracts && call.keyword("filter").is_none() && call.keyword("members").is_none();
    });
    found
}

fn slashes(routes: &[Route<'_>], param: &str) -> bool {
    routes.iter().flat_map(|route| &route.params).any(|known| known.name == param && takes_slashes(known))
}

fn param_name<'f>(modules: &Modules<'f>, hit: &Hit, index: usize) -> &'f str {
    let mut defs = modules.scopes[hit.source.scope].defs.iter();
    let def = defs.find(|def| def.function.name_span == hit.source.at);
    def.and_then(|def| def.function.params.get(index)).map_or("", |param| param.name.as_str())
}

fn finding(facts: &Facts, modules: &Modules<'_>, routes: &[Route<'_>], hit: &Hit) -> Finding {
    let path = &modules.scopes[hit.scope].file.path;
    let source_path = &modules.scopes[hit.source.scope].file.path;
    let text = facts.files.get(source_path).map_or("", |file| hit.source.at.of(&file.text));
    let mut value = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut severity, mut confidence) = (RULE.severity, Confidence::High);
    if let MarkKind::UrlParam(index) = hit.source.kind {
        let param = param_name(modules, hit, index);
        param.clone_into(&mut value);
        if !slashes(routes, param) {
            // One part of a URL holds no slash: it names a file of the folder, whichever.
            (severity, confidence) = (Severity::Low, Confidence::Low);
        }
    }
    if hit.sink == "tarfile.open" {
        return archive(facts, path, hit, &value);
    }
    let message =
        format!("`{value}` becomes part of the path that `{}` uses, and nothing keeps it in one folder", hit.sink);
    let step = match hit.sink.as_str() {
        "send_file" => "send the file with `send_from_directory(FOLDER, name)`".to_owned(),
        "save" => "name the file with `secure_filename(...)` from werkzeug.utils".to_owned(),
        _ => {
            "join the path with `safe_join(FOLDER, name)` from werkzeug.security, and answer 404 where it gives `None`"
                .to_owned()
        }
    };
    Finding::new(
        RULE.id,
        RULE.threat,
        severity,
        facts.files.locate(path, hit.call),
        format!("{}.{}", hit.function, hit.sink),
        message,
    )
    .confidence(confidence)
    .related(facts.files.locate(source_path, hit.source.at), "the value enters here")
    .next_step(format!("In `{}`, {step}.", hit.function))
}

/// An archive that a visitor sent is unpacked by the names in it.
fn archive(facts: &Facts, path: &crate::text::RepoPath, hit: &Hit, value: &str) -> Finding {
    let message = format!("the archive `{value}` is unpacked under whatever names its sender wrote into it");
    let symbol = format!("{}.{}", hit.function, hit.sink);
    Finding::new(RULE.id, RULE.threat, RULE.severity, facts.files.locate(path, hit.call), symbol, message)
        .confidence(Confidence::Medium)
        .next_step(format!(
            "In `{}`, write `extractall(FOLDER, filter=\"data\")` (Python 3.12, and the last releases of 3.8 to 3.11), \
             which refuses names that lead out of the folder.",
            hit.function
        ))
}

fn takes_slashes(param: &RouteParam) -> bool {
    !matches!(param.converter.as_deref(), None | Some("string" | "default"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures() {
        crate::rules::testing::check_fixtures(&RULE);
    }
}
