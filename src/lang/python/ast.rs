//! The syntax tree the rest of the program sees: small, typed, every node with its span.
//! Depth is bounded when it is built, so walking and dropping it cannot overflow the stack.

use crate::text::Span;

/// A parsed file.
pub struct Module {
    pub body: Vec<Stmt>,
    /// Places the parser could not make sense of.
    pub errors: Vec<Span>,
    /// Whether some part nests deeper than the bound and was left opaque.
    pub too_deep: bool,
    /// Whether syntax only Python 2 accepts was met (`print x`, `exec x`).
    pub python2: bool,
    /// `# …` comments, in order.
    pub comments: Vec<Span>,
}

pub struct Stmt {
    pub span: Span,
    pub kind: StmtKind,
}

pub enum StmtKind {
    /// `a = b = value`, also annotated (`a: T = value`).
    Assign {
        targets: Vec<Expr>,
        value: Expr,
    },
    /// `target op= value`; `op` holds the operator without `=`.
    Augmented {
        target: Expr,
        op: String,
        value: Expr,
    },
    Expr(Expr),
    Function(Box<Function>),
    Class(Box<Class>),
    If {
        branches: Vec<(Expr, Vec<Stmt>)>,
        orelse: Vec<Stmt>,
    },
    Try {
        body: Vec<Stmt>,
        handlers: Vec<Handler>,
        orelse: Vec<Stmt>,
        finally: Vec<Stmt>,
    },
    With {
        items: Vec<(Expr, Option<Expr>)>,
        body: Vec<Stmt>,
    },
    For {
        target: Expr,
        iter: Expr,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
    },
    While {
        test: Expr,
        body: Vec<Stmt>,
        orelse: Vec<Stmt>,
    },
    Match {
        subject: Expr,
        cases: Vec<Vec<Stmt>>,
    },
    Import(Vec<Imported>),
    ImportFrom(ImportFrom),
    Return(Option<Expr>),
    Raise(Option<Expr>),
    Assert(Expr),
    /// `pass`, `del`, `global`, and whatever is not understood.
    Other(Vec<Expr>),
}

pub struct Handler {
    pub types: Option<Expr>,
    /// What the error is bound to.
    pub name: Option<String>,
    pub body: Vec<Stmt>,
}

pub struct Function {
    pub name: String,
    pub name_span: Span,
    pub params: Vec<Param>,
    pub decorators: Vec<Expr>,
    pub body: Vec<Stmt>,
    /// From the first decorator on.
    pub span: Span,
}

pub struct Param {
    pub name: String,
    pub annotation: Option<Expr>,
    pub default: Option<Expr>,
    /// `*args` or `**kwargs`.
    pub star: bool,
}

pub struct Class {
    pub name: String,
    pub name_span: Span,
    pub bases: Vec<Arg>,
    pub decorators: Vec<Expr>,
    pub body: Vec<Stmt>,
    pub span: Span,
}

/// `import path as alias`.
pub struct Imported {
    pub path: String,
    pub alias: Option<String>,
}

/// `from ..module import name as alias`.
pub struct ImportFrom {
    /// Without the leading dots.
    pub module: String,
    /// Number of leading dots.
    pub level: usize,
    pub names: Vec<Imported>,
    pub star: bool,
}

pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

pub enum ExprKind {
    Str(Str),
    /// An f-string: its literal text (braces parts left out) and the expressions in it.
    FString {
        text: String,
        parts: Vec<Expr>,
    },
    Name(String),
    Attr {
        value: Box<Expr>,
        name: String,
    },
    Subscript {
        value: Box<Expr>,
        index: Vec<Expr>,
    },
    Call(Box<Call>),
    Dict(Vec<DictItem>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Set(Vec<Expr>),
    /// `left or right`, `left and right`.
    Bool {
        op: BoolOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Not(Box<Expr>),
    /// `a == b`, chains flattened; `ops` are the operators between.
    Compare {
        operands: Vec<Expr>,
        ops: Vec<String>,
    },
    Binary {
        op: String,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Unary {
        op: String,
        value: Box<Expr>,
    },
    /// `body if test else orelse`.
    Cond {
        body: Box<Expr>,
        test: Box<Expr>,
        orelse: Box<Expr>,
    },
    Number(String),
    True,
    False,
    None,
    Lambda(Box<Expr>),
    Star(Box<Expr>),
    Walrus {
        name: String,
        value: Box<Expr>,
    },
    /// Comprehensions, await, yield, slices …: the expressions inside, in order.
    Other(Vec<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoolOp {
    Or,
    And,
}

/// A string or bytes literal, adjacent literals joined.
pub struct Str {
    /// The decoded value; bytes are shown as Latin-1.
    pub value: String,
    pub bytes: bool,
    /// The text inside the quotes of each literal: what has to be masked.
    pub contents: Vec<Span>,
}

pub struct Call {
    pub func: Expr,
    pub args: Vec<Arg>,
    /// The parenthesised list, parentheses included.
    pub args_span: Span,
}

pub struct Arg {
    pub span: Span,
    pub name: Option<String>,
    /// Number of stars before it: 0, 1 (`*a`) or 2 (`**a`).
    pub stars: u8,
    pub value: Expr,
}

/// `key: value`; `**value` has no key.
pub struct DictItem {
    pub span: Span,
    pub key: Option<Expr>,
    pub value: Expr,
}

impl Expr {
    /// The value of a plain string (not bytes) literal.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Str(string) if !string.bytes => Some(&string.value),
            _ => None,
        }
    }

    pub fn as_name(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The name of a plain name, also where it is wrapped (`as_pattern_target`).
    pub(super) fn bound_name(&self) -> Option<String> {
        match &self.kind {
            ExprKind::Name(name) => Some(name.clone()),
            ExprKind::Other(inner) => inner.first().and_then(Expr::bound_name),
            _ => None,
        }
    }

    pub fn as_call(&self) -> Option<&Call> {
        match &self.kind {
            ExprKind::Call(call) => Some(call),
            _ => None,
        }
    }

    /// `True`/`False`, also `1`/`0`.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            ExprKind::True => Some(true),
            ExprKind::False | ExprKind::None => Some(false),
            ExprKind::Number(digits) => match digits.as_str() {
                "1" => Some(true),
                "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The dotted text of a name or attribute chain (`os.environ.get`), otherwise nothing.
    pub fn dotted(&self) -> Option<String> {
        match &self.kind {
            ExprKind::Name(name) => Some(name.clone()),
            ExprKind::Attr { value, name } => value.dotted().map(|left| format!("{left}.{name}")),
            _ => None,
        }
    }

    /// Calls `visit` for this expression and all inside it, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        self.each_child(&mut |child| child.walk(visit));
    }

    /// The expressions directly inside, in source order.
    pub fn children(&self) -> Vec<&Expr> {
        let mut children = Vec::new();
        self.each_child(&mut |child| children.push(child));
        children
    }

    /// Calls `visit` for the expressions directly inside, in source order.
    fn each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            ExprKind::Str(_)
            | ExprKind::Name(_)
            | ExprKind::Number(_)
            | ExprKind::True
            | ExprKind::False
            | ExprKind::None => {}
            ExprKind::FString { parts, .. } => parts.iter().for_each(visit),
            ExprKind::Attr { value, .. }
            | ExprKind::Not(value)
            | ExprKind::Unary { value, .. }
            | ExprKind::Lambda(value)
            | ExprKind::Star(value)
            | ExprKind::Walrus { value, .. } => visit(value),
            ExprKind::Subscript { value, index } => {
                visit(value);
                index.iter().for_each(visit);
            }
            ExprKind::Call(call) => {
                visit(&call.func);
                call.args.iter().for_each(|arg| visit(&arg.value));
            }
            ExprKind::Dict(items) => {
                for item in items {
                    item.key.iter().for_each(&mut *visit);
                    visit(&item.value);
                }
            }
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) | ExprKind::Other(items) => {
                items.iter().for_each(visit);
            }
            ExprKind::Bool { left, right, .. } | ExprKind::Binary { left, right, .. } => {
                visit(left);
                visit(right);
            }
            ExprKind::Compare { operands, .. } => operands.iter().for_each(visit),
            ExprKind::Cond { body, test, orelse } => {
                visit(body);
                visit(test);
                visit(orelse);
            }
        }
    }
}

impl Call {
    /// The argument with this keyword.
    pub fn keyword(&self, name: &str) -> Option<&Arg> {
        self.args.iter().find(|arg| arg.name.as_deref() == Some(name))
    }

    /// The n-th positional argument, as long as no `*args` stands before it.
    pub fn positional(&self, n: usize) -> Option<&Expr> {
        let before = self.args.iter().take_while(|arg| arg.stars == 0);
        before.filter(|arg| arg.name.is_none()).nth(n).map(|arg| &arg.value)
    }
}

impl Stmt {
    /// The statement lists directly inside, in source order.
    pub fn blocks(&self) -> Vec<&[Stmt]> {
        let mut blocks = Vec::new();
        self.each_block(&mut |block| blocks.push(block));
        blocks
    }

    /// Calls `visit` for the statement lists directly inside, in source order.
    fn each_block<'a>(&'a self, visit: &mut dyn FnMut(&'a [Stmt])) {
        match &self.kind {
            StmtKind::Function(function) => visit(&function.body),
            StmtKind::Class(class) => visit(&class.body),
            StmtKind::If { branches, orelse } => {
                branches.iter().for_each(|(_, body)| visit(body));
                visit(orelse);
            }
            StmtKind::Try { body, handlers, orelse, finally } => {
                visit(body);
                handlers.iter().for_each(|handler| visit(&handler.body));
                visit(orelse);
                visit(finally);
            }
            StmtKind::With { body, .. } => visit(body),
            StmtKind::For { body, orelse, .. } | StmtKind::While { body, orelse, .. } => {
                visit(body);
                visit(orelse);
            }
            StmtKind::Match { cases, .. } => cases.iter().for_each(|case| visit(case)),
            _ => {}
        }
    }

    /// The expressions directly in this statement (not those of statements inside it).
    pub fn exprs(&self) -> Vec<&Expr> {
        let mut exprs = Vec::new();
        self.each_expr(&mut |expr| exprs.push(expr));
        exprs
    }

    /// Calls `visit` for the expressions directly in this statement.
    fn each_expr<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            StmtKind::Assign { targets, value } => targets.iter().chain([value]).for_each(visit),
            StmtKind::Augmented { target, value, .. } => {
                visit(target);
                visit(value);
            }
            StmtKind::Expr(value) | StmtKind::Assert(value) => visit(value),
            StmtKind::Function(function) => {
                function.decorators.iter().for_each(&mut *visit);
                function.params.iter().filter_map(|param| param.default.as_ref()).for_each(visit);
            }
            StmtKind::Class(class) => {
                class.decorators.iter().for_each(&mut *visit);
                class.bases.iter().for_each(|arg| visit(&arg.value));
            }
            StmtKind::If { branches, .. } => branches.iter().for_each(|(test, _)| visit(test)),
            StmtKind::Try { handlers, .. } => {
                handlers.iter().filter_map(|handler| handler.types.as_ref()).for_each(visit);
            }
            StmtKind::With { items, .. } => {
                for (item, name) in items {
                    visit(item);
                    name.iter().for_each(&mut *visit);
                }
            }
            StmtKind::For { target, iter, .. } => {
                visit(target);
                visit(iter);
            }
            StmtKind::While { test, .. } => visit(test),
            StmtKind::Match { subject, .. } => visit(subject),
            StmtKind::Return(value) | StmtKind::Raise(value) => value.iter().for_each(visit),
            StmtKind::Other(values) => values.iter().for_each(visit),
            StmtKind::Import(_) | StmtKind::ImportFrom(_) => {}
        }
    }
}

/// Calls `visit` for every statement, outermost first, in source order.
pub fn walk_stmts<'a>(body: &'a [Stmt], visit: &mut dyn FnMut(&'a Stmt)) {
    for stmt in body {
        visit(stmt);
        stmt.each_block(&mut |block| walk_stmts(block, visit));
    }
}

/// Calls `visit` for every expression of every statement, in source order.
pub fn walk_exprs<'a>(body: &'a [Stmt], visit: &mut dyn FnMut(&'a Expr)) {
    walk_stmts(body, &mut |stmt| stmt.each_expr(&mut |expr| expr.walk(visit)));
}
