//! Expressions: tree-sitter nodes to our tree.

use tree_sitter::Node;

use super::ast::{Arg, BoolOp, Call, DictItem, Expr, ExprKind};
use super::kinds::{Field, Kind, kind};
use super::{Reader, named, span};

/// Expressions nested deeper than this are left opaque. Call chains count two levels a link.
const MAX_EXPRESSION_DEPTH: usize = 160;

impl Reader<'_> {
    pub(super) fn expr(&mut self, node: Node<'_>, depth: usize) -> Expr {
        // Parentheses change nothing but the span; they still count, as the strict parser recurses
        // on them.
        let mut inner = node;
        let mut depth = depth + 1;
        while kind(inner) == Kind::ParenthesizedExpression {
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

    fn by_field(&mut self, node: Node<'_>, field: Field, depth: usize) -> Box<Expr> {
        self.boxed(node.child_by_field_id(field.id()), node, depth)
    }

    fn all(&mut self, node: Node<'_>, depth: usize) -> Vec<Expr> {
        named(node).into_iter().map(|child| self.expr(child, depth)).collect()
    }

    fn expr_kind(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        match kind(node) {
            Kind::String | Kind::ConcatenatedString => self.string(node, depth),
            Kind::Identifier => ExprKind::Name(self.source(node).to_owned()),
            Kind::Integer | Kind::Float => ExprKind::Number(self.source(node).to_owned()),
            Kind::True => ExprKind::True,
            Kind::False => ExprKind::False,
            Kind::None => ExprKind::None,
            Kind::Attribute => {
                let name =
                    node.child_by_field_id(Field::Attribute.id()).map_or("", |name| self.source(name)).to_owned();
                ExprKind::Attr { value: self.by_field(node, Field::Object, depth), name }
            }
            Kind::Subscript => self.subscript(node, depth),
            Kind::Call => self.call(node, depth),
            Kind::Dictionary => ExprKind::Dict(self.dict_items(node, depth)),
            Kind::List | Kind::ListPattern => ExprKind::List(self.all(node, depth)),
            Kind::Tuple | Kind::ExpressionList | Kind::PatternList | Kind::TuplePattern => {
                ExprKind::Tuple(self.all(node, depth))
            }
            Kind::Set => ExprKind::Set(self.all(node, depth)),
            Kind::BooleanOperator | Kind::BinaryOperator => self.operator(node, depth),
            Kind::NotOperator => ExprKind::Not(self.by_field(node, Field::Argument, depth)),
            Kind::UnaryOperator => {
                let op = node.child_by_field_id(Field::Operator.id()).map_or("", |op| self.source(op)).to_owned();
                ExprKind::Unary { op, value: self.by_field(node, Field::Argument, depth) }
            }
            Kind::ComparisonOperator => self.comparison(node, depth),
            Kind::ConditionalExpression => self.conditional(node, depth),
            Kind::Lambda => ExprKind::Lambda(self.by_field(node, Field::Body, depth)),
            Kind::ListSplat | Kind::DictionarySplat | Kind::ListSplatPattern | Kind::DictionarySplatPattern => {
                ExprKind::Star(self.boxed(named(node).into_iter().next(), node, depth))
            }
            Kind::NamedExpression => {
                let name = node.child_by_field_id(Field::Name.id()).map_or("", |name| self.source(name)).to_owned();
                ExprKind::Walrus { name, value: self.by_field(node, Field::Value, depth) }
            }
            _ => ExprKind::Other(self.all(node, depth)),
        }
    }

    fn subscript(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let mut cursor = node.walk();
        let indices: Vec<Node<'_>> = node.children_by_field_id(Field::Subscript.number(), &mut cursor).collect();
        let index = indices.into_iter().map(|child| self.expr(child, depth)).collect();
        ExprKind::Subscript { value: self.by_field(node, Field::Value, depth), index }
    }

    fn call(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let func = *self.by_field(node, Field::Function, depth);
        let Some(list) = node.child_by_field_id(Field::Arguments.id()) else {
            return ExprKind::Other(vec![func]);
        };
        let args = if kind(list) == Kind::ArgumentList {
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
                let (name, stars, value) = match kind(child) {
                    Kind::KeywordArgument => {
                        let name = child.child_by_field_id(Field::Name.id()).map(|name| self.source(name).to_owned());
                        (name, 0, *self.by_field(child, Field::Value, depth))
                    }
                    Kind::ListSplat => (None, 1, *self.boxed(named(child).into_iter().next(), child, depth)),
                    Kind::DictionarySplat => (None, 2, *self.boxed(named(child).into_iter().next(), child, depth)),
                    _ => (None, 0, self.expr(child, depth)),
                };
                Arg { span: span(child), name, stars, value }
            })
            .collect()
    }

    fn dict_items(&mut self, node: Node<'_>, depth: usize) -> Vec<DictItem> {
        named(node)
            .into_iter()
            .map(|child| match kind(child) {
                Kind::Pair => DictItem {
                    span: span(child),
                    key: Some(*self.by_field(child, Field::Key, depth)),
                    value: *self.by_field(child, Field::Value, depth),
                },
                Kind::DictionarySplat => DictItem {
                    span: span(child),
                    key: None,
                    value: *self.boxed(named(child).into_iter().next(), child, depth),
                },
                _ => DictItem { span: span(child), key: None, value: self.expr(child, depth) },
            })
            .collect()
    }

    fn operator(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let op = node.child_by_field_id(Field::Operator.id()).map_or("", |op| self.source(op)).to_owned();
        let left = self.by_field(node, Field::Left, depth);
        let right = self.by_field(node, Field::Right, depth);
        match op.as_str() {
            "or" => ExprKind::Bool { op: BoolOp::Or, left, right },
            "and" => ExprKind::Bool { op: BoolOp::And, left, right },
            _ => ExprKind::Binary { op, left, right },
        }
    }

    fn comparison(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let mut cursor = node.walk();
        let ops = node
            .children_by_field_id(Field::Operators.number(), &mut cursor)
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
