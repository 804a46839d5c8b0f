//! Expressions: tree-sitter nodes to our tree.

use tree_sitter::Node;

use super::ast::{Arg, BoolOp, Call, DictItem, Expr, ExprKind};
use super::{Reader, named, span};

/// Expressions nested deeper than this are left opaque. Call chains count two levels a link.
const MAX_EXPRESSION_DEPTH: usize = 160;

impl Reader<'_> {
    pub(super) fn expr(&mut self, node: Node<'_>, depth: usize) -> Expr {
        // Parentheses change nothing but the span; they still count, as the strict parser recurses
        // on them.
        let mut inner = node;
        let mut depth = depth + 1;
        while inner.kind() == "parenthesized_expression" {
            match named(inner).as_slice() {
                [only] => inner = *only,
                _ => break,
            }
            depth += 1;
        }
        if depth > MAX_EXPRESSION_DEPTH {
            self.too_deep = true;
            return Expr { span: span(inner), kind: ExprKind::Other(Vec::new()) };
        }
        Expr { span: span(inner), kind: self.expr_kind(inner, depth) }
    }

    fn boxed(&mut self, node: Option<Node<'_>>, around: Node<'_>, depth: usize) -> Box<Expr> {
        Box::new(match node {
            Some(child) => self.expr(child, depth),
            None => Expr { span: span(around), kind: ExprKind::Other(Vec::new()) },
        })
    }

    fn by_field(&mut self, node: Node<'_>, field: &str, depth: usize) -> Box<Expr> {
        self.boxed(node.child_by_field_name(field), node, depth)
    }

    fn all(&mut self, node: Node<'_>, depth: usize) -> Vec<Expr> {
        named(node).into_iter().map(|child| self.expr(child, depth)).collect()
    }

    fn expr_kind(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        match node.kind() {
            "string" | "concatenated_string" => self.string(node, depth),
            "identifier" | "keyword_identifier" => ExprKind::Name(self.source(node).to_owned()),
            "integer" | "float" => ExprKind::Number(self.source(node).to_owned()),
            "true" => ExprKind::True,
            "false" => ExprKind::False,
            "none" => ExprKind::None,
            "attribute" => {
                let name = node.child_by_field_name("attribute").map_or("", |name| self.source(name)).to_owned();
                ExprKind::Attr { value: self.by_field(node, "object", depth), name }
            }
            "subscript" => self.subscript(node, depth),
            "call" => self.call(node, depth),
            "dictionary" => ExprKind::Dict(self.dict_items(node, depth)),
            "list" | "list_pattern" => ExprKind::List(self.all(node, depth)),
            "tuple" | "expression_list" | "pattern_list" | "tuple_pattern" => ExprKind::Tuple(self.all(node, depth)),
            "set" => ExprKind::Set(self.all(node, depth)),
            "boolean_operator" | "binary_operator" => self.operator(node, depth),
            "not_operator" => ExprKind::Not(self.by_field(node, "argument", depth)),
            "unary_operator" => {
                let op = node.child_by_field_name("operator").map_or("", |op| self.source(op)).to_owned();
                ExprKind::Unary { op, value: self.by_field(node, "argument", depth) }
            }
            "comparison_operator" => self.comparison(node, depth),
            "conditional_expression" => self.conditional(node, depth),
            "lambda" => ExprKind::Lambda(self.by_field(node, "body", depth)),
            "list_splat" | "dictionary_splat" | "list_splat_pattern" | "dictionary_splat_pattern" => {
                ExprKind::Star(self.boxed(named(node).into_iter().next(), node, depth))
            }
            "named_expression" => {
                let name = node.child_by_field_name("name").map_or("", |name| self.source(name)).to_owned();
                ExprKind::Walrus { name, value: self.by_field(node, "value", depth) }
            }
            _ => ExprKind::Other(self.all(node, depth)),
        }
    }

    fn subscript(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let mut cursor = node.walk();
        let indices: Vec<Node<'_>> = node.children_by_field_name("subscript", &mut cursor).collect();
        let index = indices.into_iter().map(|child| self.expr(child, depth)).collect();
        ExprKind::Subscript { value: self.by_field(node, "value", depth), index }
    }

    fn call(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let func = *self.by_field(node, "function", depth);
        let Some(list) = node.child_by_field_name("arguments") else {
            return ExprKind::Other(vec![func]);
        };
        let args = if list.kind() == "argument_list" {
            self.args(list, depth)
        } else {
            // `f(x for x in y)`
            let value = self.expr(list, depth);
            vec![Arg { span: span(list), name: None, stars: 0, value }]
        };
        ExprKind::Call(Box::new(Call { func, args, args_span: span(list) }))
    }

    /// The arguments of an `argument_list` node.
    pub(super) fn args(&mut self, list: Node<'_>, depth: usize) -> Vec<Arg> {
        named(list)
            .into_iter()
            .map(|child| {
                let (name, stars, value) = match child.kind() {
                    "keyword_argument" => {
                        let name = child.child_by_field_name("name").map(|name| self.source(name).to_owned());
                        (name, 0, *self.by_field(child, "value", depth))
                    }
                    "list_splat" => (None, 1, *self.boxed(named(child).into_iter().next(), child, depth)),
                    "dictionary_splat" => (None, 2, *self.boxed(named(child).into_iter().next(), child, depth)),
                    _ => (None, 0, self.expr(child, depth)),
                };
                Arg { span: span(child), name, stars, value }
            })
            .collect()
    }

    fn dict_items(&mut self, node: Node<'_>, depth: usize) -> Vec<DictItem> {
        named(node)
            .into_iter()
            .map(|child| match child.kind() {
                "pair" => DictItem {
                    span: span(child),
                    key: Some(*self.by_field(child, "key", depth)),
                    value: *self.by_field(child, "value", depth),
                },
                "dictionary_splat" => DictItem {
                    span: span(child),
                    key: None,
                    value: *self.boxed(named(child).into_iter().next(), child, depth),
                },
                _ => DictItem { span: span(child), key: None, value: self.expr(child, depth) },
            })
            .collect()
    }

    fn operator(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let op = node.child_by_field_name("operator").map_or("", |op| self.source(op)).to_owned();
        let left = self.by_field(node, "left", depth);
        let right = self.by_field(node, "right", depth);
        match op.as_str() {
            "or" => ExprKind::Bool { op: BoolOp::Or, left, right },
            "and" => ExprKind::Bool { op: BoolOp::And, left, right },
            _ => ExprKind::Binary { op, left, right },
        }
    }

    fn comparison(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let mut cursor = node.walk();
        let ops = node
            .children_by_field_name("operators", &mut cursor)
            .map(|op| self.source(op).split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        ExprKind::Compare { operands: self.all(node, depth), ops }
    }

    fn conditional(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let mut parts = self.all(node, depth);
        if parts.len() != 3 {
            return ExprKind::Other(parts);
        }
        let (Some(orelse), Some(test), Some(body)) = (parts.pop(), parts.pop(), parts.pop()) else {
            return ExprKind::Other(Vec::new());
        };
        ExprKind::Cond { body: Box::new(body), test: Box::new(test), orelse: Box::new(orelse) }
    }
}
