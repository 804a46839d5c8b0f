//! Python source: a typed, span-keeping tree (tree-sitter below, so that broken and Python 2 files
//! are read as far as they go), and a strict second parser that judges what we write.

pub mod ast;
mod edits;
mod expressions;
mod imports;
mod kinds;
mod statements;
mod stdlib;
mod strings;

pub use ast::*;
pub use edits::{add_after, add_import, add_item_after, after_imports, remove_argument};
pub use imports::{bound_at, rebinds};

use crate::text::Span;
use kinds::{Kind, kind};

/// Largest file that is parsed, in bytes.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Why a file was not parsed at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the parser gave up")]
    GaveUp,
}

/// Parses a file as far as it can be understood.
///
/// # Errors
/// Where it is too large, or the parser gives up on it.
pub fn parse(text: &str) -> Result<Module, ParseError> {
    if text.len() > MAX_BYTES {
        return Err(ParseError::TooLarge);
    }
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).map_err(|_| ParseError::GaveUp)?;
    let tree = parser.parse(text, None).ok_or(ParseError::GaveUp)?;
    let mut reader = Reader { text, errors: Vec::new(), too_deep: false, python2: false, comments: Vec::new() };
    reader.collect_marks(&tree);
    let body = reader.block(tree.root_node(), 0);
    Ok(Module {
        body,
        errors: reader.errors,
        too_deep: reader.too_deep,
        python2: reader.python2,
        comments: reader.comments,
    })
}

/// Whether a strict Python 3 parser accepts the text. Ask only of text whose [`Module`] is not
/// `too_deep`: the strict parser recurses.
pub fn is_strictly_valid(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    ruff_python_parser::parse_module(text).is_ok()
}

/// Turns tree-sitter nodes into our tree.
struct Reader<'t> {
    text: &'t str,
    errors: Vec<Span>,
    too_deep: bool,
    python2: bool,
    comments: Vec<Span>,
}

impl Reader<'_> {
    /// Finds errors, comments and Python 2 syntax anywhere in the tree, without recursion.
    fn collect_marks(&mut self, tree: &tree_sitter::Tree) {
        let mut cursor = tree.walk();
        loop {
            let node = cursor.node();
            if node.is_error() || node.is_missing() {
                self.errors.push(span(node));
            }
            match kind(node) {
                Kind::Comment => self.comments.push(span(node)),
                Kind::PrintStatement | Kind::ExecStatement => self.python2 = true,
                _ => {}
            }
            if cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    fn source(&self, node: tree_sitter::Node<'_>) -> &str {
        span(node).of(self.text)
    }
}

fn span(node: tree_sitter::Node<'_>) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

/// The named children of a node that are not comments.
fn named<'t>(node: tree_sitter::Node<'t>) -> Vec<tree_sitter::Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .filter(|child| !matches!(kind(child), Kind::Comment | Kind::LineContinuation))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_assign(text: &str) -> (Vec<Expr>, Expr) {
        let module = parse(text).unwrap();
        match module.body.into_iter().next().unwrap().kind {
            StmtKind::Assign { targets, value } => (targets, value),
            _ => panic!("no assignment"),
        }
    }

    #[test]
    fn strings_are_decoded_and_joined() {
        let (_, value) = first_assign("K = 'a\\x41' r'\\n' \"\"\"z\n\"\"\"\n");
        assert_eq!(value.as_str(), Some("aA\\nz\n"));
        let (_, value) = first_assign("K = b'\\xff'\n");
        assert!(matches!(value.kind, ExprKind::Str(Str { bytes: true, .. })));
    }

    #[test]
    fn chained_annotated_and_tuple_targets() {
        let (targets, _) = first_assign("a = b = 1\n");
        assert_eq!(targets.len(), 2);
        let (targets, value) = first_assign("K: str = 'x'\n");
        assert_eq!(targets[0].as_name(), Some("K"));
        assert_eq!(value.as_str(), Some("x"));
    }

    #[test]
    fn calls_keep_arguments_and_names() {
        let (_, value) = first_assign("x = os.environ.get('K', default='v', *a, **b)\n");
        let call = value.as_call().unwrap();
        assert_eq!(call.func.dotted().as_deref(), Some("os.environ.get"));
        assert_eq!(call.positional(0).and_then(Expr::as_str), Some("K"));
        assert_eq!(call.keyword("default").and_then(|arg| arg.value.as_str()), Some("v"));
        assert_eq!(call.args.iter().map(|arg| arg.stars).collect::<Vec<_>>(), [0, 0, 1, 2]);
    }

    #[test]
    fn statements_of_every_kind() {
        let text = "import os.path as p, sys\nfrom ..a import b as c\nclass C(B, metaclass=M):\n    x = 1\n\
            @dec\nasync def f(a, b=1, *c, **d):\n    return a\nif x:\n    pass\nelif y:\n    pass\nelse:\n    z = 1\n\
            try:\n    a()\nexcept E as e:\n    b()\nelse:\n    c()\nfinally:\n    d()\nwith open(x) as f:\n    pass\n\
            for i in j:\n    pass\nwhile t:\n    pass\nx |= {}\n";
        let module = parse(text).unwrap();
        assert!(module.errors.is_empty());
        let kinds: Vec<&str> = module
            .body
            .iter()
            .map(|stmt| match &stmt.kind {
                StmtKind::Import(_) => "import",
                StmtKind::ImportFrom(from) if from.level == 2 && from.module == "a" => "from",
                StmtKind::Class(class) if class.bases.len() == 2 => "class",
                StmtKind::Function(f) if f.params.len() == 4 && f.decorators.len() == 1 => "def",
                StmtKind::If { branches, orelse } if branches.len() == 2 && orelse.len() == 1 => "if",
                StmtKind::Try { handlers, orelse, finally, .. }
                    if handlers.len() == 1 && orelse.len() == 1 && finally.len() == 1 =>
                {
                    "try"
                }
                StmtKind::With { items, .. } if items.len() == 1 => "with",
                StmtKind::For { .. } => "for",
                StmtKind::While { .. } => "while",
                StmtKind::Augmented { op, .. } if op == "|" => "aug",
                _ => "?",
            })
            .collect();
        assert_eq!(kinds, ["import", "from", "class", "def", "if", "try", "with", "for", "while", "aug"]);
    }

    #[test]
    fn python_2_is_read_and_named() {
        let module = parse("SECRET_KEY = 'x'\nprint 'hello'\n").unwrap();
        assert!(module.python2);
        assert_eq!(module.body.len(), 2);
        assert!(!is_strictly_valid("print 'hello'\n"));
    }

    #[test]
    fn depth_is_bounded() {
        for text in [
            format!("x = {}1{}\n", "(".repeat(50_000), ")".repeat(50_000)),
            format!("x = a{}\n", ".b()".repeat(50_000)),
            format!("x = 1{}\n", " + 1".repeat(50_000)),
            format!("x = {}1\n", "not ".repeat(50_000)),
        ] {
            let module = parse(&text).unwrap();
            assert!(module.too_deep);
        }
        let mut nested = String::new();
        for level in 0..900 {
            nested.push_str(&" ".repeat(level));
            nested.push_str("if x:\n");
        }
        nested.push_str(&" ".repeat(900));
        nested.push_str("pass\n");
        assert!(parse(&nested).unwrap().too_deep);
    }

    #[test]
    fn f_strings_keep_text_and_parts() {
        let (_, value) = first_assign("x = f\"<b>{name!r:>{w}}</b>\"\n");
        match value.kind {
            ExprKind::FString { text, parts } => {
                assert_eq!(text, "<b></b>");
                assert_eq!(parts[0].as_name(), Some("name"));
            }
            _ => panic!("no f-string"),
        }
    }
}
