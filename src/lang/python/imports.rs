//! Under which name a module is at hand where a piece of code runs: imports at the top level that
//! ran before it, and those of the function around it.

use super::ast::{Module, Stmt, StmtKind, walk_stmts};
use crate::text::Span;

/// A name an import binds.
pub struct Bound<'m> {
    pub name: &'m str,
    /// The whole module has it, functions too.
    pub everywhere: bool,
}

/// What stands for `origin` (`os`, `os.environ`) where the code at `at` runs.
pub fn bound_at<'m>(module: &'m Module, origin: &str, at: usize) -> Option<Bound<'m>> {
    let inside = innermost_function(&module.body, at);
    let early = |stmt: &Stmt| inside.is_some() || stmt.span.end <= at;
    if let Some(name) = bound_in(&module.body, origin, &early) {
        return Some(Bound { name, everywhere: true });
    }
    let body = inside?;
    let name = bound_in(body, origin, &|stmt| stmt.span.end <= at)?;
    Some(Bound { name, everywhere: false })
}

/// Whether anything but an import gives the name another meaning, anywhere in the file.
pub fn rebinds(module: &Module, name: &str) -> bool {
    let mut found = false;
    walk_stmts(&module.body, &mut |stmt| {
        found |= match &stmt.kind {
            StmtKind::Assign { targets, .. } => targets.iter().any(|target| target.as_name() == Some(name)),
            StmtKind::For { target, .. } => target.as_name() == Some(name),
            StmtKind::Function(function) => {
                function.name == name || function.params.iter().any(|param| param.name == name)
            }
            StmtKind::Class(class) => class.name == name,
            _ => false,
        };
    });
    found
}

/// A block's own imports, and those that `try` and `with` run in any case.
fn bound_in<'m>(body: &'m [Stmt], origin: &str, early: &dyn Fn(&Stmt) -> bool) -> Option<&'m str> {
    body.iter().filter(|stmt| early(stmt)).find_map(|stmt| match &stmt.kind {
        StmtKind::Import(imports) => imports
            .iter()
            .find(|import| import.path == origin)
            .map(|import| import.alias.as_deref().unwrap_or(import.path.as_str())),
        StmtKind::ImportFrom(from) if from.level == 0 => from
            .names
            .iter()
            .find(|import| {
                origin.strip_prefix(&from.module).and_then(|rest| rest.strip_prefix('.')) == Some(&import.path)
            })
            .map(|import| import.alias.as_deref().unwrap_or(import.path.as_str())),
        StmtKind::Try { body, .. } | StmtKind::With { body, .. } => bound_in(body, origin, early),
        _ => None,
    })
}

/// The body of the innermost function around a place.
fn innermost_function(body: &[Stmt], at: usize) -> Option<&[Stmt]> {
    let mut found = None;
    walk_stmts(body, &mut |stmt| {
        if let StmtKind::Function(function) = &stmt.kind
            && function
                .body
                .first()
                .is_some_and(|first| Span::new(first.span.start, stmt.span.end).contains(Span::new(at, at)))
        {
            found = Some(function.body.as_slice());
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn an_import_counts_where_it_ran() {
        for (text, expected) in [
            ("import os\nX\n", Some(("os", true))),
            ("import os as o\nX\n", Some(("o", true))),
            ("import os.path\nX\n", None),
            ("X\nimport os\n", None),
            ("def f():\n    X\nimport os\n", Some(("os", true))),
            ("def f():\n    import os\nX\n", None),
            ("def f():\n    import os\n    X\n", Some(("os", false))),
            ("try:\n    import os\nexcept ImportError:\n    pass\nX\n", Some(("os", true))),
            ("if a:\n    import os\nX\n", None),
            ("class C:\n    import os\n    X\n", None),
        ] {
            let module = parse(text).unwrap();
            let found = bound_at(&module, "os", text.find('X').unwrap());
            assert_eq!(found.map(|bound| (bound.name, bound.everywhere)), expected, "{text}");
        }
        let module = parse("from os import environ as e\nX\n").unwrap();
        assert_eq!(bound_at(&module, "os.environ", 28).unwrap().name, "e");
        assert!(bound_at(&module, "os", 28).is_none());
    }

    #[test]
    fn a_name_may_mean_something_else() {
        for (text, expected) in [("os = 1\n", true), ("def f(os): pass\n", true), ("import os\n", false)] {
            assert_eq!(rebinds(&parse(text).unwrap(), "os"), expected, "{text}");
        }
    }
}
