//! What tree-sitter's nodes and their fields are, by number: names are compared once for each kind
//! of node, not at each node.

use std::borrow::Borrow;
use std::num::NonZeroU16;
use std::sync::LazyLock;

use tree_sitter::{Language, Node};

macro_rules! by_number {
    ($(#[$doc:meta])* $name:ident: $($variant:ident = $text:literal,)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name {
            $($variant,)*
        }

        impl $name {
            const ALL: &'static [(&'static str, $name)] = &[$(($text, $name::$variant),)*];
        }
    };
}

by_number! {
    /// The kinds of nodes that are read; any other is `Other`.
    Kind:
    Error = "ERROR",
    Other = "",
    AliasedImport = "aliased_import",
    ArgumentList = "argument_list",
    AsPattern = "as_pattern",
    AsPatternTarget = "as_pattern_target",
    AssertStatement = "assert_statement",
    Assignment = "assignment",
    Attribute = "attribute",
    AugmentedAssignment = "augmented_assignment",
    BinaryOperator = "binary_operator",
    Block = "block",
    BooleanOperator = "boolean_operator",
    Call = "call",
    CaseClause = "case_clause",
    ClassDefinition = "class_definition",
    Comment = "comment",
    ComparisonOperator = "comparison_operator",
    ConcatenatedString = "concatenated_string",
    ConditionalExpression = "conditional_expression",
    DecoratedDefinition = "decorated_definition",
    Decorator = "decorator",
    Dictionary = "dictionary",
    DictionarySplat = "dictionary_splat",
    DictionarySplatPattern = "dictionary_splat_pattern",
    ElifClause = "elif_clause",
    ElseClause = "else_clause",
    ExceptClause = "except_clause",
    ExecStatement = "exec_statement",
    ExpressionList = "expression_list",
    ExpressionStatement = "expression_statement",
    False = "false",
    FinallyClause = "finally_clause",
    Float = "float",
    ForStatement = "for_statement",
    FunctionDefinition = "function_definition",
    FutureImportStatement = "future_import_statement",
    Identifier = "identifier",
    IfStatement = "if_statement",
    ImportFromStatement = "import_from_statement",
    ImportStatement = "import_statement",
    Integer = "integer",
    Interpolation = "interpolation",
    KeywordArgument = "keyword_argument",
    Lambda = "lambda",
    LineContinuation = "line_continuation",
    List = "list",
    ListPattern = "list_pattern",
    ListSplat = "list_splat",
    ListSplatPattern = "list_splat_pattern",
    MatchStatement = "match_statement",
    NamedExpression = "named_expression",
    None = "none",
    NotOperator = "not_operator",
    Pair = "pair",
    ParenthesizedExpression = "parenthesized_expression",
    PatternList = "pattern_list",
    PrintStatement = "print_statement",
    RaiseStatement = "raise_statement",
    ReturnStatement = "return_statement",
    Set = "set",
    String = "string",
    StringEnd = "string_end",
    StringStart = "string_start",
    Subscript = "subscript",
    True = "true",
    TryStatement = "try_statement",
    Tuple = "tuple",
    TuplePattern = "tuple_pattern",
    UnaryOperator = "unary_operator",
    WhileStatement = "while_statement",
    WildcardImport = "wildcard_import",
    WithClause = "with_clause",
    WithStatement = "with_statement",
}

by_number! {
    /// The fields of nodes that are read.
    Field:
    Alias = "alias",
    Argument = "argument",
    Arguments = "arguments",
    Attribute = "attribute",
    Body = "body",
    Condition = "condition",
    Consequence = "consequence",
    Definition = "definition",
    Expression = "expression",
    Function = "function",
    Key = "key",
    Left = "left",
    ModuleName = "module_name",
    Name = "name",
    Object = "object",
    Operator = "operator",
    Operators = "operators",
    Parameters = "parameters",
    Right = "right",
    Subject = "subject",
    Subscript = "subscript",
    Superclasses = "superclasses",
    Type = "type",
    Value = "value",
}

/// The number of what the grammar could not make sense of.
const ERROR: u16 = u16::MAX;

static LANGUAGE: LazyLock<Language> = LazyLock::new(|| tree_sitter_python::LANGUAGE.into());

/// The kind behind each number.
static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let named = |number| LANGUAGE.node_kind_for_id(number).unwrap_or_default();
    let kind = |name: &str| Kind::ALL.iter().find(|(known, _)| *known == name).map_or(Kind::Other, |(_, kind)| *kind);
    let count = u16::try_from(LANGUAGE.node_kind_count()).unwrap_or(u16::MAX);
    (0..count).map(|number| kind(named(number))).collect()
});

/// The number of each field.
static FIELDS: LazyLock<Vec<Option<NonZeroU16>>> =
    LazyLock::new(|| Field::ALL.iter().map(|(name, _)| LANGUAGE.field_id_for_name(name)).collect());

/// What a node is.
pub(super) fn kind<'t>(node: impl Borrow<Node<'t>>) -> Kind {
    match node.borrow().kind_id() {
        ERROR => Kind::Error,
        number => KINDS.get(usize::from(number)).copied().unwrap_or(Kind::Other),
    }
}

impl Field {
    /// Its number; one that no field has where the grammar does not know it.
    pub(super) fn number(self) -> NonZeroU16 {
        FIELDS[self as usize].unwrap_or(NonZeroU16::MAX)
    }

    pub(super) fn id(self) -> u16 {
        self.number().get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_knows_every_name() {
        let count = u16::try_from(LANGUAGE.node_kind_count()).unwrap();
        let known: Vec<&str> = (0..count).filter_map(|number| LANGUAGE.node_kind_for_id(number)).collect();
        for (name, _) in Kind::ALL.iter().skip(2) {
            assert!(known.contains(name), "{name}");
        }
        for (name, _) in Field::ALL {
            assert!(LANGUAGE.field_id_for_name(name).is_some(), "{name}");
        }
    }
}
