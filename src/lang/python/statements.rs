//! Statements: tree-sitter nodes to our tree.

use tree_sitter::Node;

use super::ast::{Class, Expr, ExprKind, Function, Handler, ImportFrom, Imported, Param, Stmt, StmtKind};
use super::{Reader, named, span};

/// Statements nested deeper than this are left opaque; CPython itself allows 100 levels of
/// indentation.
const MAX_STATEMENT_DEPTH: usize = 100;

impl Reader<'_> {
    /// The statements of a `module` or `block` node.
    pub(super) fn block(&mut self, node: Node<'_>, depth: usize) -> Vec<Stmt> {
        if depth > MAX_STATEMENT_DEPTH {
            self.too_deep = true;
            return Vec::new();
        }
        let mut body = Vec::new();
        for child in named(node) {
            if child.kind() == "ERROR" {
                // What stands inside an error is still worth reading, though never patched.
                for inner in named(child) {
                    let kind = inner.kind();
                    if kind.ends_with("_statement") || kind.ends_with("_definition") || kind == "assignment" {
                        body.push(self.stmt(inner, depth));
                    }
                }
                continue;
            }
            body.push(self.stmt(child, depth));
        }
        body
    }

    fn field_block(&mut self, node: Node<'_>, field: &str, depth: usize) -> Vec<Stmt> {
        node.child_by_field_name(field).map_or_else(Vec::new, |body| self.block(body, depth + 1))
    }

    /// The `block` child of a clause that has no field for it.
    fn child_block(&mut self, node: Node<'_>, depth: usize) -> Vec<Stmt> {
        named(node)
            .into_iter()
            .rfind(|child| child.kind() == "block")
            .map_or_else(Vec::new, |body| self.block(body, depth + 1))
    }

    fn stmt(&mut self, node: Node<'_>, depth: usize) -> Stmt {
        let kind = match node.kind() {
            "expression_statement" => self.expression_statement(node),
            "assignment" | "augmented_assignment" => self.assignment(node),
            "decorated_definition" => return self.decorated(node, depth),
            "function_definition" => self.function(node, Vec::new(), span(node).start, depth),
            "class_definition" => self.class(node, Vec::new(), span(node).start, depth),
            "if_statement" => self.if_statement(node, depth),
            "try_statement" => self.try_statement(node, depth),
            "with_statement" => self.with_statement(node, depth),
            "for_statement" => StmtKind::For {
                target: self.field(node, "left"),
                iter: self.field(node, "right"),
                body: self.field_block(node, "body", depth),
                orelse: self.else_clause(node, depth),
            },
            "while_statement" => StmtKind::While {
                test: self.field(node, "condition"),
                body: self.field_block(node, "body", depth),
                orelse: self.else_clause(node, depth),
            },
            "match_statement" => self.match_statement(node, depth),
            "import_statement" => StmtKind::Import(self.imported(node)),
            "import_from_statement" | "future_import_statement" => self.import_from(node),
            "return_statement" => StmtKind::Return(self.first_expr(node)),
            "raise_statement" => StmtKind::Raise(self.first_expr(node)),
            "assert_statement" => match self.first_expr(node) {
                Some(test) => StmtKind::Assert(test),
                None => StmtKind::Other(Vec::new()),
            },
            _ => {
                let values = named(node).into_iter().map(|child| self.expr(child, 0)).collect();
                StmtKind::Other(values)
            }
        };
        Stmt { span: span(node), kind }
    }

    fn first_expr(&mut self, node: Node<'_>) -> Option<Expr> {
        named(node).into_iter().next().map(|child| self.expr(child, 0))
    }

    fn field(&mut self, node: Node<'_>, field: &str) -> Expr {
        match node.child_by_field_name(field) {
            Some(child) => self.expr(child, 0),
            None => Expr { span: span(node), kind: ExprKind::Other(Vec::new()) },
        }
    }

    fn expression_statement(&mut self, node: Node<'_>) -> StmtKind {
        let children = named(node);
        match children.as_slice() {
            [only] if matches!(only.kind(), "assignment" | "augmented_assignment") => self.assignment(*only),
            [only] => StmtKind::Expr(self.expr(*only, 0)),
            several => {
                let items = several.iter().map(|child| self.expr(*child, 0)).collect();
                StmtKind::Expr(Expr { span: span(node), kind: ExprKind::Tuple(items) })
            }
        }
    }

    /// `a = b = value` nests to the right in the grammar; here it is one statement.
    fn assignment(&mut self, node: Node<'_>) -> StmtKind {
        if node.kind() == "augmented_assignment" {
            let op = node.child_by_field_name("operator").map_or("", |op| self.source(op));
            let op = op.trim_end_matches('=').to_owned();
            return StmtKind::Augmented { target: self.field(node, "left"), op, value: self.field(node, "right") };
        }
        let mut targets = vec![self.field(node, "left")];
        let mut current = node;
        while let Some(right) = current.child_by_field_name("right") {
            if right.kind() != "assignment" {
                let value = self.expr(right, 0);
                return StmtKind::Assign { targets, value };
            }
            targets.push(self.field(right, "left"));
            current = right;
        }
        // `name: type` without a value.
        StmtKind::Other(targets)
    }

    fn decorated(&mut self, node: Node<'_>, depth: usize) -> Stmt {
        let mut decorators = Vec::new();
        for child in named(node).into_iter().filter(|child| child.kind() == "decorator") {
            if let Some(inner) = named(child).into_iter().next() {
                decorators.push(self.expr(inner, 0));
            }
        }
        let start = span(node).start;
        let kind = match node.child_by_field_name("definition") {
            Some(def) if def.kind() == "class_definition" => self.class(def, decorators, start, depth),
            Some(def) => self.function(def, decorators, start, depth),
            None => StmtKind::Other(decorators),
        };
        Stmt { span: span(node), kind }
    }

    fn function(&mut self, node: Node<'_>, decorators: Vec<Expr>, start: usize, depth: usize) -> StmtKind {
        let name = node.child_by_field_name("name");
        let params = node.child_by_field_name("parameters").map_or_else(Vec::new, |list| self.params(list));
        StmtKind::Function(Box::new(Function {
            name: name.map_or("", |name| self.source(name)).to_owned(),
            name_span: name.map_or(span(node), span),
            params,
            decorators,
            body: self.field_block(node, "body", depth),
            span: crate::text::Span::new(start, span(node).end),
        }))
    }

    fn params(&mut self, list: Node<'_>) -> Vec<Param> {
        let mut params = Vec::new();
        for child in named(list) {
            let star = matches!(child.kind(), "list_splat_pattern" | "dictionary_splat_pattern");
            let name_node = child
                .child_by_field_name("name")
                .or_else(|| if child.kind() == "identifier" { Some(child) } else { named(child).into_iter().next() });
            let Some(name_node) = name_node else { continue };
            let default = child.child_by_field_name("value").map(|value| self.expr(value, 0));
            let annotation = child.child_by_field_name("type").map(|node| self.expr(node, 0));
            let star = star || matches!(name_node.kind(), "list_splat_pattern" | "dictionary_splat_pattern");
            let name = self.source(name_node).trim_start_matches('*').to_owned();
            params.push(Param { name, annotation, default, star });
        }
        params
    }

    fn class(&mut self, node: Node<'_>, decorators: Vec<Expr>, start: usize, depth: usize) -> StmtKind {
        let name = node.child_by_field_name("name");
        let bases = node.child_by_field_name("superclasses").map_or_else(Vec::new, |list| self.args(list, 0));
        StmtKind::Class(Box::new(Class {
            name: name.map_or("", |name| self.source(name)).to_owned(),
            name_span: name.map_or(span(node), span),
            bases,
            decorators,
            body: self.field_block(node, "body", depth),
            span: crate::text::Span::new(start, span(node).end),
        }))
    }

    fn if_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let mut branches = vec![(self.field(node, "condition"), self.field_block(node, "consequence", depth))];
        for clause in named(node).into_iter().filter(|child| child.kind() == "elif_clause") {
            branches.push((self.field(clause, "condition"), self.field_block(clause, "consequence", depth)));
        }
        StmtKind::If { branches, orelse: self.else_clause(node, depth) }
    }

    fn else_clause(&mut self, node: Node<'_>, depth: usize) -> Vec<Stmt> {
        named(node)
            .into_iter()
            .find(|child| child.kind() == "else_clause")
            .map_or_else(Vec::new, |clause| self.field_block(clause, "body", depth))
    }

    fn try_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let mut handlers = Vec::new();
        let mut finally = Vec::new();
        for clause in named(node) {
            match clause.kind() {
                "except_clause" | "except_group_clause" => {
                    let types = named(clause).into_iter().find(|child| child.kind() != "block");
                    let types = types.map(|types| self.expr(types, 0));
                    // `X as e` is read as the two expressions in it.
                    let name = types.as_ref().and_then(|types| match &types.kind {
                        ExprKind::Other(parts) => parts.get(1).and_then(Expr::bound_name),
                        _ => None,
                    });
                    handlers.push(Handler { types, name, body: self.child_block(clause, depth) });
                }
                "finally_clause" => finally = self.child_block(clause, depth),
                _ => {}
            }
        }
        StmtKind::Try {
            body: self.field_block(node, "body", depth),
            handlers,
            orelse: self.else_clause(node, depth),
            finally,
        }
    }

    fn with_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let mut items = Vec::new();
        for clause in named(node).into_iter().filter(|child| child.kind() == "with_clause") {
            for item in named(clause) {
                let Some(value) = item.child_by_field_name("value") else { continue };
                if value.kind() == "as_pattern" {
                    // `as_pattern_target` is a shell round the name.
                    let mut parts = Vec::new();
                    for part in named(value) {
                        match part.kind() {
                            "as_pattern_target" => parts.extend(named(part).into_iter().next()),
                            _ => parts.push(part),
                        }
                    }
                    let mut exprs = parts.iter().map(|part| self.expr(*part, 0)).collect::<Vec<_>>().into_iter();
                    if let Some(first) = exprs.next() {
                        items.push((first, exprs.next()));
                    }
                } else {
                    items.push((self.expr(value, 0), None));
                }
            }
        }
        StmtKind::With { items, body: self.field_block(node, "body", depth) }
    }

    fn match_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let subject = self.field(node, "subject");
        let mut cases = Vec::new();
        if let Some(body) = node.child_by_field_name("body") {
            for case in named(body).into_iter().filter(|child| child.kind() == "case_clause") {
                cases.push(self.field_block(case, "consequence", depth));
            }
        }
        StmtKind::Match { subject, cases }
    }

    fn imported(&self, node: Node<'_>) -> Vec<Imported> {
        let mut cursor = node.walk();
        node.children_by_field_name("name", &mut cursor).map(|child| self.one_import(child)).collect()
    }

    fn one_import(&self, node: Node<'_>) -> Imported {
        if node.kind() == "aliased_import" {
            let path = node.child_by_field_name("name").map_or("", |name| self.source(name));
            let alias = node.child_by_field_name("alias").map(|alias| self.source(alias).to_owned());
            return Imported { path: path.to_owned(), alias };
        }
        Imported { path: self.source(node).to_owned(), alias: None }
    }

    fn import_from(&self, node: Node<'_>) -> StmtKind {
        let source = node.child_by_field_name("module_name").map_or("__future__", |name| self.source(name));
        let source: String = source.split_whitespace().collect();
        let module = source.trim_start_matches('.').to_owned();
        let star = named(node).iter().any(|child| child.kind() == "wildcard_import");
        StmtKind::ImportFrom(ImportFrom {
            level: source.len() - module.len(),
            module,
            names: self.imported(node),
            star,
        })
    }
}
