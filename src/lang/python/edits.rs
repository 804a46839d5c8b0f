//! Edits of Python text: imports, statements beside statements, arguments. Each returns text
//! edits; whether the result parses is asked of the strict parser afterwards.

use super::ast::{Module, Stmt, StmtKind};
use super::stdlib::is_standard;
use crate::text::{SourceFile, Span, TextEdit};

/// Offset just behind the leading docstring and imports (an `if`/`try` around imports counts), at
/// the end of the last such statement; 0 where there are none.
pub fn after_imports(module: &Module) -> usize {
    let leading = module.body.iter().enumerate().take_while(|(at, stmt)| is_preamble(*at, stmt));
    leading.last().map_or(0, |(_, stmt)| stmt.span.end)
}

fn is_preamble(at: usize, stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Import(_) | StmtKind::ImportFrom(_) => true,
        StmtKind::Expr(expr) => at == 0 && expr.as_str().is_some(),
        StmtKind::Try { body, .. } => !body.is_empty() && body.iter().all(is_import),
        StmtKind::If { branches, .. } => branches.iter().all(|(_, body)| body.iter().all(is_import)),
        _ => false,
    }
}

fn is_import(stmt: &Stmt) -> bool {
    matches!(stmt.kind, StmtKind::Import(_) | StmtKind::ImportFrom(_) | StmtKind::Other(_))
}

/// An edit that adds `import module`, of the standard library, at the top: sorted into the group
/// of such imports, else as a group of its own before the first import that is not from
/// `__future__`, else before the first statement behind the docstring.
pub fn add_import(source: &SourceFile, module: &Module, line: &str) -> TextEdit {
    let newline = source.newline();
    let first = module.body.iter().enumerate().position(|(at, stmt)| match &stmt.kind {
        StmtKind::ImportFrom(from) => from.module != "__future__",
        StmtKind::Expr(expr) => !(at == 0 && expr.as_str().is_some()),
        _ => true,
    });
    let Some(first) = first else {
        let end = source.text.len();
        let lead = if source.text.is_empty() || source.text.ends_with('\n') { "" } else { newline };
        return TextEdit::insert(end, format!("{lead}{line}{newline}"));
    };
    let group: Vec<&Stmt> = module.body[first..].iter().take_while(|stmt| standard_import(stmt).is_some()).collect();
    let name = line.trim_start_matches("import ");
    let plain = group.iter().map_while(|stmt| match standard_import(stmt) {
        Some((true, path)) => Some((stmt.span, path)),
        _ => None,
    });
    let stmt = &module.body[first];
    let start = source.line_span(stmt.span.start).start;
    if let Some((before, _)) = plain.filter(|(_, path)| *path < name).last() {
        return add_after(source, before, &[line.to_owned()]);
    }
    if !group.is_empty() {
        return TextEdit::insert(bom_end(source, start), format!("{line}{newline}"));
    }
    let at = above_comments(source, start);
    let lead = if at == start && prose_above(source, start) { newline } else { "" };
    TextEdit::insert(bom_end(source, at), format!("{lead}{line}{newline}{newline}"))
}

/// The module of an import from the standard library, and whether it is a plain `import`.
fn standard_import(stmt: &Stmt) -> Option<(bool, &str)> {
    let (plain, path) = match &stmt.kind {
        StmtKind::Import(imports) => (true, imports.first()?.path.as_str()),
        StmtKind::ImportFrom(from) if from.level == 0 => (false, from.module.as_str()),
        _ => return None,
    };
    is_standard(path).then_some((plain, path))
}

/// Whether the line above is a comment for people: a heading, not an interpreter or coding line.
fn prose_above(source: &SourceFile, line_start: usize) -> bool {
    let Some(above) = line_start.checked_sub(1) else { return false };
    let text = source.line_span(above).of(&source.text).trim();
    text.starts_with('#') && !text.starts_with("#!") && !text.contains("coding")
}

/// A byte-order mark stays first.
fn bom_end(source: &SourceFile, at: usize) -> usize {
    if at == 0 && source.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { at }
}

/// The start of the comment lines directly above a line; a comment block at the top of the file
/// (interpreter line, coding, licence) stays above.
fn above_comments(source: &SourceFile, line_start: usize) -> usize {
    let mut at = line_start;
    while at > 0 {
        let line = source.line_span(at - 1);
        let text = line.of(&source.text).trim();
        if !text.starts_with('#') || text.starts_with("#!") || text.contains("coding") {
            return at;
        }
        at = line.start;
    }
    // The block reaches the top of the file: it is the file's heading.
    line_start
}

/// An edit that adds lines behind a statement, each at the statement's indentation.
pub fn add_after(source: &SourceFile, statement: Span, lines: &[String]) -> TextEdit {
    let newline = source.newline();
    let indent = source.indent(statement.start);
    let at = source.after_line(statement.end.saturating_sub(1).max(statement.start));
    let ends_with_newline = at > 0 && source.text.as_bytes().get(at - 1) == Some(&b'\n');
    let mut text = String::new();
    if !ends_with_newline {
        text.push_str(newline);
    }
    for line in lines {
        text.push_str(indent);
        text.push_str(line);
        text.push_str(newline);
    }
    if !ends_with_newline {
        text.truncate(text.len() - newline.len());
    }
    TextEdit::insert(at, text)
}

/// An edit that adds an argument or dictionary item behind another one, on a line of its own
/// where the other one starts its line.
pub fn add_item_after(source: &SourceFile, item: Span, text: &str) -> TextEdit {
    let line = source.line_span(item.start);
    let lead = &source.text[line.start..item.start];
    if lead.trim().is_empty() {
        TextEdit::insert(item.end, format!(",{}{lead}{text}", source.newline()))
    } else {
        TextEdit::insert(item.end, format!(", {text}"))
    }
}

/// An edit that takes an argument out of a call, with its comma. `args` are the spans of all
/// arguments in order.
pub fn remove_argument(args: &[Span], remove: Span) -> Option<TextEdit> {
    let at = args.iter().position(|arg| *arg == remove)?;
    let span = match (at.checked_sub(1).map(|before| args[before]), args.get(at + 1)) {
        (_, Some(next)) => Span::new(remove.start, next.start),
        (Some(before), None) => Span::new(before.end, remove.end),
        (None, None) => remove,
    };
    Some(TextEdit::delete(span))
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use crate::text::{RepoPath, edit};

    fn source(text: &str) -> SourceFile {
        SourceFile::new(RepoPath::new("a.py").unwrap(), text.to_owned(), 0o644)
    }

    fn imported(text: &str) -> String {
        let source = source(text);
        let module = parse(text).unwrap();
        edit::apply(text, &[add_import(&source, &module, "import os")]).unwrap()
    }

    #[test]
    fn imports_go_where_a_person_would_put_them() {
        assert_eq!(
            imported("\"\"\"Doc.\"\"\"\nfrom __future__ import x\nimport sys\n"),
            "\"\"\"Doc.\"\"\"\nfrom __future__ import x\nimport os\nimport sys\n"
        );
        assert_eq!(
            imported("#!/usr/bin/env python\n# coding: utf-8\nK = 1\n"),
            "#!/usr/bin/env python\n# coding: utf-8\nimport os\n\nK = 1\n"
        );
        assert_eq!(
            imported("\"\"\"Doc.\"\"\"\n\n# about K\nK = 1\n"),
            "\"\"\"Doc.\"\"\"\n\nimport os\n\n# about K\nK = 1\n"
        );
        assert_eq!(imported("\u{feff}K = 1\r\n"), "\u{feff}import os\r\n\r\nK = 1\r\n");
        assert_eq!(imported("import datetime\nimport sys\n"), "import datetime\nimport os\nimport sys\n");
        assert_eq!(imported("from datetime import date\n"), "import os\nfrom datetime import date\n");
        assert_eq!(imported("from flask import Flask\n"), "import os\n\nfrom flask import Flask\n");
        assert_eq!(
            imported("import json\n\nfrom flask import Flask\n"),
            "import json\nimport os\n\nfrom flask import Flask\n"
        );
        assert_eq!(imported("# Settings.\nK = 1\n"), "# Settings.\n\nimport os\n\nK = 1\n");
    }

    #[test]
    fn lines_follow_a_statement_with_its_indentation() {
        let text = "class C:\n\tK = (1 +\n\t\t2)  # why\n\tL = 2";
        let module = parse(text).unwrap();
        let StmtKind::Class(class) = &module.body[0].kind else { panic!() };
        let first = add_after(&source(text), class.body[0].span, &["A = 1".to_owned()]);
        let last = add_after(&source(text), class.body[1].span, &["B = 1".to_owned()]);
        assert_eq!(
            edit::apply(text, &[first, last]).unwrap(),
            "class C:\n\tK = (1 +\n\t\t2)  # why\n\tA = 1\n\tL = 2\n\tB = 1"
        );
    }

    #[test]
    fn arguments_leave_with_their_comma() {
        for (text, cut, wanted) in [
            ("f(debug=True)", "debug=True", "f()"),
            ("f(a, debug=True)", "debug=True", "f(a)"),
            ("f(debug=True, a=1)", "debug=True", "f(a=1)"),
        ] {
            let module = parse(text).unwrap();
            let StmtKind::Expr(expr) = &module.body[0].kind else { panic!() };
            let args: Vec<Span> = expr.as_call().unwrap().args.iter().map(|arg| arg.span).collect();
            let start = text.find(cut).unwrap();
            let edit = remove_argument(&args, Span::new(start, start + cut.len())).unwrap();
            assert_eq!(edit::apply(text, &[edit]).unwrap(), wanted);
        }
    }
}
