//! Statements: tree-sitter nodes to our tree.

use tree_sitter::Node;

use super::ast::{Class, Expr, ExprKind, Function, Handler, ImportFrom, Imported, Param, Stmt, StmtKind};
use super::kinds::{Field, Kind, kind};
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
            if kind(child) == Kind::Error {
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

    fn field_block(&mut self, node: Node<'_>, field: Field, depth: usize) -> Vec<Stmt> {
        node.child_by_field_id(field.id()).map_or_else(Vec::new, |body| self.block(body, depth + 1))
    }

    /// The `block` child of a clause that has no field for it.
    fn child_block(&mut self, node: Node<'_>, depth: usize) -> Vec<Stmt> {
        named(node)
            .into_iter()
            .rfind(|child| kind(child) == Kind::Block)
            .map_or_else(Vec::new, |body| self.block(body, depth + 1))
    }

    fn stmt(&mut self, node: Node<'_>, depth: usize) -> Stmt {
        let kind = match kind(node) {
            Kind::ExpressionStatement => self.expression_statement(node),
            Kind::Assignment | Kind::AugmentedAssignment => self.assignment(node),
            Kind::DecoratedDefinition => return self.decorated(node, depth),
            Kind::FunctionDefinition => self.function(node, Vec::new(), span(node).start, depth),
            Kind::ClassDefinition => self.class(node, Vec::new(), span(node).start, depth),
            Kind::IfStatement => self.if_statement(node, depth),
            Kind::TryStatement => self.try_statement(node, depth),
            Kind::WithStatement => self.with_statement(node, depth),
            Kind::ForStatement => StmtKind::For {
                target: self.field(node, Field::Left),
                iter: self.field(node, Field::Right),
                body: self.field_block(node, Field::Body, depth),
                orelse: self.else_clause(node, depth),
            },
            Kind::WhileStatement => StmtKind::While {
                test: self.field(node, Field::Condition),
                body: self.field_block(node, Field::Body, depth),
                orelse: self.else_clause(node, depth),
            },
            Kind::MatchStatement => self.match_statement(node, depth),
            Kind::ImportStatement => StmtKind::Import(self.imported(node)),
            Kind::ImportFromStatement | Kind::FutureImportStatement => self.import_from(node),
            Kind::ReturnStatement => StmtKind::Return(self.first_expr(node)),
            Kind::RaiseStatement => StmtKind::Raise(self.first_expr(node)),
            Kind::AssertStatement => match self.first_expr(node) {
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

    fn field(&mut self, node: Node<'_>, field: Field) -> Expr {
        match node.child_by_field_id(field.id()) {
            Some(child) => self.expr(child, 0),
            None => Expr { span: span(node), kind: ExprKind::Other(Vec::new()) },
        }
    }

    fn expression_statement(&mut self, node: Node<'_>) -> StmtKind {
        let children = named(node);
        match children.as_slice() {
            [only] if matches!(kind(only), Kind::Assignment | Kind::AugmentedAssignment) => self.assignment(*only),
            [only] => StmtKind::Expr(self.expr(*only, 0)),
            several => {
                let items = several.iter().map(|child| self.expr(*child, 0)).collect();
                StmtKind::Expr(Expr { span: span(node), kind: ExprKind::Tuple(items) })
            }
        }
    }

    /// `a = b = value` nests to the right in the grammar; here it is one statement.
    fn assignment(&mut self, node: Node<'_>) -> StmtKind {
        if kind(node) == Kind::AugmentedAssignment {
            let op = node.child_by_field_id(Field::Operator.id()).map_or("", |op| self.source(op));
            let op = op.trim_end_matches('=').to_owned();
            return StmtKind::Augmented {
                target: self.field(node, Field::Left),
                op,
                value: self.field(node, Field::Right),
            };
        }
        let mut targets = vec![self.field(node, Field::Left)];
        let mut current = node;
        while let Some(right) = current.child_by_field_id(Field::Right.id()) {
            if kind(right) != Kind::Assignment {
                let value = self.expr(right, 0);
                return StmtKind::Assign { targets, value };
            }
            targets.push(self.field(right, Field::Left));
            current = right;
        }
        // `name: type` without a value.
        StmtKind::Other(targets)
    }

    fn decorated(&mut self, node: Node<'_>, depth: usize) -> Stmt {
        let mut decorators = Vec::new();
        for child in named(node).into_iter().filter(|child| kind(child) == Kind::Decorator) {
            if let Some(inner) = named(child).into_iter().next() {
                decorators.push(self.expr(inner, 0));
            }
        }
        let start = span(node).start;
        let kind = match node.child_by_field_id(Field::Definition.id()) {
            Some(def) if kind(def) == Kind::ClassDefinition => self.class(def, decorators, start, depth),
            Some(def) => self.function(def, decorators, start, depth),
            None => StmtKind::Other(decorators),
        };
        Stmt { span: span(node), kind }
    }

    fn function(&mut self, node: Node<'_>, decorators: Vec<Expr>, start: usize, depth: usize) -> StmtKind {
        let name = node.child_by_field_id(Field::Name.id());
        let params = node.child_by_field_id(Field::Parameters.id()).map_or_else(Vec::new, |list| self.params(list));
        StmtKind::Function(Box::new(Function {
            name: name.map_or("", |name| self.source(name)).to_owned(),
            name_span: name.map_or(span(node), span),
            params,
            decorators,
            body: self.field_block(node, Field::Body, depth),
            span: crate::text::Span::new(start, span(node).end),
        }))
    }

    fn params(&mut self, list: Node<'_>) -> Vec<Param> {
        let mut params = Vec::new();
        for child in named(list) {
            let star = matches!(kind(child), Kind::ListSplatPattern | Kind::DictionarySplatPattern);
            let name_node = child.child_by_field_id(Field::Name.id()).or_else(|| {
                if kind(child) == Kind::Identifier { Some(child) } else { named(child).into_iter().next() }
            });
            let Some(name_node) = name_node else { continue };
            let default = child.child_by_field_id(Field::Value.id()).map(|value| self.expr(value, 0));
            let annotation = child.child_by_field_id(Field::Type.id()).map(|node| self.expr(node, 0));
            let star = star || matches!(kind(name_node), Kind::ListSplatPattern | Kind::DictionarySplatPattern);
            let name = self.source(name_node).trim_start_matches('*').to_owned();
            params.push(Param { name, annotation, default, star });
        }
        params
    }

    fn class(&mut self, node: Node<'_>, decorators: Vec<Expr>, start: usize, depth: usize) -> StmtKind {
        let name = node.child_by_field_id(Field::Name.id());
        let bases = node.child_by_field_id(Field::Superclasses.id()).map_or_else(Vec::new, |list| self.args(list, 0));
        StmtKind::Class(Box::new(Class {
            name: name.map_or("", |name| self.source(name)).to_owned(),
            name_span: name.map_or(span(node), span),
            bases,
            decorators,
            body: self.field_block(node, Field::Body, depth),
            span: crate::text::Span::new(start, span(node).end),
        }))
    }

    fn if_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let mut branches =
            vec![(self.field(node, Field::Condition), self.field_block(node, Field::Consequence, depth))];
        for clause in named(node).into_iter().filter(|child| kind(child) == Kind::ElifClause) {
            branches.push((self.field(clause, Field::Condition), self.field_block(clause, Field::Consequence, depth)));
        }
        StmtKind::If { branches, orelse: self.else_clause(node, depth) }
    }

    fn else_clause(&mut self, node: Node<'_>, depth: usize) -> Vec<Stmt> {
        named(node)
            .into_iter()
            .find(|child| kind(child) == Kind::ElseClause)
            .map_or_else(Vec::new, |clause| self.field_block(clause, Field::Body, depth))
    }

    fn try_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let mut handlers = Vec::new();
        let mut finally = Vec::new();
        for clause in named(node) {
            match kind(clause) {
                Kind::ExceptClause => {
                    let types = named(clause).into_iter().find(|child| kind(child) != Kind::Block);
                    let types = types.map(|types| self.expr(types, 0));
                    // `X as e` is read as the two expressions in it.
                    let name = types.as_ref().and_then(|types| match &types.kind {
                        ExprKind::Other(parts) => parts.get(1).and_then(Expr::bound_name),
                        _ => None,
                    });
                    handlers.push(Handler { types, name, body: self.child_block(clause, depth) });
                }
                Kind::FinallyClause => finally = self.child_block(clause, depth),
                _ => {}
            }
        }
        StmtKind::Try {
            body: self.field_block(node, Field::Body, depth),
            handlers,
            orelse: self.else_clause(node, depth),
            finally,
        }
    }

    fn with_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let mut items = Vec::new();
        for clause in named(node).into_iter().filter(|child| kind(child) == Kind::WithClause) {
            for item in named(clause) {
                let Some(value) = item.child_by_field_id(Field::Value.id()) else { continue };
                if kind(value) == Kind::AsPattern {
                    // `as_pattern_target` is a shell round the name.
                    let mut parts = Vec::new();
                    for part in named(value) {
                        match kind(part) {
                            Kind::AsPatternTarget => parts.extend(named(part).into_iter().next()),
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
        StmtKind::With { items, body: self.field_block(node, Field::Body, depth) }
    }

    fn match_statement(&mut self, node: Node<'_>, depth: usize) -> StmtKind {
        let subject = self.field(node, Field::Subject);
        let mut cases = Vec::new();
        if let Some(body) = node.child_by_field_id(Field::Body.id()) {
            for case in named(body).into_iter().filter(|child| kind(child) == Kind::CaseClause) {
                cases.push(self.field_block(case, Field::Consequence, depth));
            }
        }
        StmtKind::Match { subject, cases }
    }

    fn imported(&self, node: Node<'_>) -> Vec<Imported> {
        let mut cursor = node.walk();
        node.children_by_field_id(Field::Name.number(), &mut cursor).map(|child| self.one_import(child)).collect()
    }

    fn one_import(&self, node: Node<'_>) -> Imported {
        if kind(node) == Kind::AliasedImport {
            let path = node.child_by_field_id(Field::Name.id()).map_or("", |name| self.source(name));
            let alias = node.child_by_field_id(Field::Alias.id()).map(|alias| self.source(alias).to_owned());
            return Imported { path: path.to_owned(), alias };
        }
        Imported { path: self.source(node).to_owned(), alias: None }
    }

    fn import_from(&self, node: Node<'_>) -> StmtKind {
        let source = node.child_by_field_id(Field::ModuleName.id()).map_or("__future__", |name| self.source(name));
        let source: String = source.split_whitespace().collect();
        let module = source.trim_start_matches('.').to_owned();
        let star = named(node).iter().any(|child| kind(child) == Kind::WildcardImport);
        StmtKind::ImportFrom(ImportFrom {
            level: source.len() - module.len(),
            module,
            names: self.imported(node),
            star,
        })
    }
}
