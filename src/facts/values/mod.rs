//! What an expression gives a setting: a literal, the environment with or without a fallback, a
//! random value, another name, or something that is only known at run time.

use std::sync::Arc;

mod constant;
mod lookup;
mod truth;

pub use lookup::{Lookup, look_up};
pub(super) use truth::derived_truth;

use super::casts::Cast;
use super::names::Names;
use crate::lang::python::{BoolOp, Call, Expr, ExprKind};
use crate::secret::Secret;
use crate::text::Span;
use lookup::getter;

/// Name of the function our fixes add: it reads a variable from the env file.
pub const OWN_READER: &str = "_from_env_file";
/// What is known of the value it gives.
pub const FROM_ENV_FILE: &str = "what .env gives";

/// A value and where it stands.
pub struct Valued {
    pub value: Value,
    pub span: Span,
}

pub enum Value {
    /// A string or bytes literal; `contents` is what has to be masked.
    Text {
        secret: Arc<Secret>,
        bytes: bool,
        contents: Vec<Span>,
    },
    Bool(bool),
    Number(String),
    None,
    Env(EnvRead),
    /// Made anew at every start (`os.urandom`, `secrets.token_hex`).
    Random,
    /// Another name (`SECRET_KEY`, `config.SECRET_KEY`, `Config.KEY`), as written.
    Name(String),
    /// A look-up in data that was read before: `config["flask"]["secret_key"]`.
    Lookup(Lookup),
    /// `bool(x)`, `x.encode()`, `x == "1"` …: computed from the inner value.
    Derived {
        inner: Box<Valued>,
        how: Derivation,
    },
    /// A dictionary literal.
    Dict {
        empty: bool,
    },
    /// Known only when the app runs; the reason in words.
    Unknown(&'static str),
}

/// How a value is computed from another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Derivation {
    /// `bool(x)`: true for every string but the empty one.
    Truth,
    /// `int(x)`, `bool(int(x))`, `strtobool(x)`, `env.bool(…)`: the usual words are understood.
    Parsed,
    /// `json.loads(x)`, as `from_prefixed_env` reads: a text that is no JSON stays a text.
    Json,
    /// `x == "1"`, `x.lower() in ("1", "true")`: true for these texts, compared in lower case.
    OneOf(Vec<String>),
    /// `str(x)`, `x.strip()`, `x.encode()`: the same text in another dress. Called on `None` it
    /// would raise.
    Text,
    Not,
}

/// A read of an environment variable.
pub struct EnvRead {
    pub name: String,
    pub fallback: Option<Box<Valued>>,
    /// Whether a missing variable raises (`os.environ["K"]`, `config("K")`).
    pub required: bool,
    pub reader: EnvReader,
    pub place: FallbackPlace,
}

/// How the fallback of a read is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FallbackPlace {
    /// In the same expression: `get("K", "x")`, `get("K") or "x"`.
    Expression,
    /// As the value of its own, in the branch that runs where the variable is not set.
    Branch,
    /// Handed to `os.environ.setdefault`: it must stay a text.
    Environ,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvReader {
    Os,
    Decouple,
    Environs,
    /// A field of a pydantic settings class.
    Pydantic,
    /// A helper of the project's own: takes a name and a default. Which variable it reads, and
    /// what it makes of `None`, is its own affair.
    Helper,
}

impl Valued {
    /// Reads an expression.
    pub fn of(expr: &Expr, names: &Names) -> Valued {
        Valued { value: value(expr, names), span: expr.span }
    }

    /// The literal this value is or falls back to, with its place.
    pub fn literal(&self) -> Option<&Valued> {
        match &self.value {
            Value::Text { .. } => Some(self),
            Value::Env(read) => read.fallback.as_deref().and_then(Valued::literal),
            Value::Lookup(lookup) => lookup.fallback.as_deref().and_then(Valued::literal),
            Value::Derived { inner, how: Derivation::Text } => inner.literal(),
            _ => None,
        }
    }

    /// Puts a prefix before the variables an environs reader asks for (`env.prefixed`).
    pub(super) fn prefix_reads(&mut self, prefix: &str) {
        match &mut self.value {
            Value::Env(read) => {
                if read.reader == EnvReader::Environs {
                    read.name.insert_str(0, prefix);
                }
                if let Some(fallback) = &mut read.fallback {
                    fallback.prefix_reads(prefix);
                }
            }
            Value::Derived { inner, .. } => inner.prefix_reads(prefix),
            _ => {}
        }
    }

    /// Whether it is a text without a character.
    pub fn is_empty_text(&self) -> bool {
        matches!(&self.value, Value::Text { secret, .. } if secret.is_empty())
    }

    /// The environment variable that is read first.
    pub fn env(&self) -> Option<&EnvRead> {
        match &self.value {
            Value::Env(read) => Some(read),
            Value::Derived { inner, .. } => inner.env(),
            _ => None,
        }
    }
}

fn value(expr: &Expr, names: &Names) -> Value {
    match &expr.kind {
        ExprKind::Str(text) => Value::Text {
            secret: Arc::new(Secret::from(text.value.as_str())),
            bytes: text.bytes,
            contents: text.contents.clone(),
        },
        ExprKind::True => Value::Bool(true),
        ExprKind::False => Value::Bool(false),
        ExprKind::None => Value::None,
        ExprKind::Number(text) => Value::Number(text.clone()),
        ExprKind::Dict(items) => Value::Dict { empty: items.is_empty() },
        ExprKind::Name(_) | ExprKind::Attr { .. } => match expr.dotted() {
            Some(name) => Value::Name(name),
            None => Value::Unknown("an attribute of a computed value"),
        },
        ExprKind::Subscript { .. } => subscript(expr, names),
        ExprKind::Call(call) => called(call, names),
        ExprKind::Bool { op, left, right } => either(*op, left, right, names),
        ExprKind::Cond { body, test, orelse } => conditional(body, test, orelse, names),
        ExprKind::Compare { operands, ops } => compared(operands, ops, names),
        ExprKind::Not(inner) => derived(inner, Derivation::Not, names),
        ExprKind::Binary { op, left, right } => match whole_number(expr) {
            Some(number) => Value::Number(number.to_string()),
            None => constant::folded(op, left, right, names).unwrap_or(Value::Unknown("computed at run time")),
        },
        _ => Value::Unknown("computed at run time"),
    }
}

/// `16 * 1024 * 1024`
fn whole_number(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Number(text) => text.replace('_', "").parse().ok(),
        ExprKind::Binary { op, left, right } => {
            let (left, right) = (whole_number(left)?, whole_number(right)?);
            match op.as_str() {
                "*" => left.checked_mul(right),
                "+" => left.checked_add(right),
                "-" => left.checked_sub(right),
                "**" => left.checked_pow(u32::try_from(right).ok()?),
                "<<" => 2_i64.checked_pow(u32::try_from(right).ok()?).and_then(|factor| left.checked_mul(factor)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn derived(inner: &Expr, how: Derivation, names: &Names) -> Value {
    Value::Derived { inner: Box::new(Valued::of(inner, names)), how }
}

/// `os.environ["K"]`, `app.config["K"]`, `d["K"]`.
fn subscript(expr: &Expr, names: &Names) -> Value {
    let ExprKind::Subscript { value, index } = &expr.kind else { return Value::Unknown("a subscript") };
    let key = index.first().and_then(Expr::as_str);
    if let (Some("os.environ"), Some(key)) = (names.resolve(value).as_deref(), key) {
        return Value::Env(EnvRead {
            name: key.to_owned(),
            fallback: None,
            required: true,
            reader: EnvReader::Os,
            place: FallbackPlace::Expression,
        });
    }
    match (value.dotted(), key) {
        (Some(base), Some(key)) if base.ends_with(".config") => Value::Name(format!("{base}[{key}]")),
        _ => look_up(expr).map_or(Value::Unknown("looked up at run time"), Value::Lookup),
    }
}

fn called(call: &Call, names: &Names) -> Value {
    let func = names.resolve(&call.func).unwrap_or_default();
    let first = call.positional(0);
    match func.as_str() {
        "os.environ.get" | "os.getenv" | "os.environ.setdefault" | "os.environ.pop" => {
            env_call(call, EnvReader::Os, names)
        }
        OWN_READER => Value::Unknown(FROM_ENV_FILE),
        "decouple.config" => env_call(call, EnvReader::Decouple, names),
        _ if names.is_decouple(&call.func) => env_call(call, EnvReader::Decouple, names),
        "os.urandom" | "uuid.uuid4" | "uuid.uuid1" => Value::Random,
        _ if func.starts_with("secrets.") || func.starts_with("random.") => Value::Random,
        _ if func.ends_with("Fernet.generate_key") || func.ends_with("gen_salt") => Value::Random,
        "bool" => first.map_or(Value::Bool(false), |inner| match &inner.kind {
            ExprKind::Call(call) if matches!(names.resolve(&call.func).as_deref(), Some("int" | "strtobool")) => {
                value(inner, names)
            }
            _ => derived(inner, Derivation::Truth, names),
        }),
        "int" => first.map_or(Value::Unknown("a number"), |inner| derived(inner, Derivation::Parsed, names)),
        _ if func == "strtobool" || func.ends_with(".strtobool") => {
            first.map_or(Value::Unknown("parsed"), |inner| derived(inner, Derivation::Parsed, names))
        }
        "json.loads" | "ast.literal_eval" => {
            first.map_or(Value::Unknown("parsed"), |inner| derived(inner, Derivation::Parsed, names))
        }
        "str" | "bytes" | "repr" => first.map_or(Value::Unknown("converted"), |inner| random_or_text(inner, names)),
        _ if names.is_env_reader(&call.func) => env_call(call, EnvReader::Environs, names),
        _ => match getter(call, names) {
            Some(found) => found,
            None if is_own_reader(call) => env_call(call, EnvReader::Helper, names),
            None => match (names.cast(&call.func), first) {
                (Some(Cast::OneOf(words)), Some(inner)) => derived(inner, Derivation::OneOf(words.clone()), names),
                (Some(Cast::Same), Some(inner)) => random_or_text(inner, names),
                _ => method(call, names),
            },
        },
    }
}

/// `env.str("SECRET_KEY", default="x")` of a helper that is not known: a name in capitals and a
/// literal to fall back to.
fn is_own_reader(call: &Call) -> bool {
    let name = call.positional(0).and_then(Expr::as_str).unwrap_or_default();
    let capitals = name.len() > 3 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let default = call.keyword("default").map(|arg| &arg.value).or_else(|| call.positional(1));
    let func = call.func.dotted().unwrap_or_default().to_ascii_lowercase();
    let reads = ["env", "config", "setting", "secret", "get"].iter().any(|part| func.contains(part));
    capitals && reads && default.is_some_and(|default| default.as_str().is_some())
}

/// `x.encode()`, `x.strip()`, `hexlify(os.urandom(24))`.
fn method(call: &Call, names: &Names) -> Value {
    if let ExprKind::Attr { value: inner, name } = &call.func.kind {
        match name.as_str() {
            "encode" | "decode" | "strip" | "lower" | "upper" | "hex" | "title" => return random_or_text(inner, names),
            // pydantic's `SecretStr` is the text itself.
            "get_secret_value" => return value(inner, names),
            "format" | "join" => return Value::Unknown("put together at run time"),
            _ => {}
        }
    }
    let random = call.args.iter().any(|arg| matches!(value(&arg.value, names), Value::Random));
    if random { Value::Random } else { Value::Unknown("computed by a call at run time") }
}

fn random_or_text(inner: &Expr, names: &Names) -> Value {
    let inner = Valued::of(inner, names);
    if matches!(inner.value, Value::Random) {
        return Value::Random;
    }
    Value::Derived { inner: Box::new(inner), how: Derivation::Text }
}

fn env_call(call: &Call, reader: EnvReader, names: &Names) -> Value {
    let Some(name) = call.positional(0).and_then(Expr::as_str) else {
        return Value::Unknown("an environment variable whose name is computed");
    };
    let default = call.keyword("default").map(|arg| &arg.value).or_else(|| call.positional(1));
    let environ = matches!(&call.func.kind, ExprKind::Attr { name, .. } if name == "setdefault");
    let read = Value::Env(EnvRead {
        name: name.to_owned(),
        fallback: default.map(|expr| Box::new(Valued::of(expr, names))),
        required: default.is_none() && reader != EnvReader::Os,
        reader,
        place: if environ { FallbackPlace::Environ } else { FallbackPlace::Expression },
    });
    let is_bool = match &call.func.kind {
        ExprKind::Attr { name, .. } => reader == EnvReader::Environs && matches!(name.as_str(), "bool" | "int"),
        _ => false,
    };
    let cast =
        call.keyword("cast").and_then(|arg| arg.value.as_name()).is_some_and(|cast| cast == "bool" || cast == "int");
    if is_bool || cast {
        let span = call.args_span;
        return Value::Derived { inner: Box::new(Valued { value: read, span }), how: Derivation::Parsed };
    }
    read
}

/// `env or "fallback"`: the right side becomes the innermost fallback of the left.
fn either(op: BoolOp, left: &Expr, right: &Expr, names: &Names) -> Value {
    if op == BoolOp::And {
        return Value::Unknown("a condition");
    }
    let mut first = Valued::of(left, names);
    if matches!(first.value, Value::Unknown(FROM_ENV_FILE)) {
        return first.value;
    }
    let fallback = Valued::of(right, names);
    if add_fallback(&mut first, fallback) { first.value } else { Value::Unknown("one of several values") }
}

fn add_fallback(first: &mut Valued, fallback: Valued) -> bool {
    match &mut first.value {
        Value::Env(read) => match &mut read.fallback {
            None => {
                read.fallback = Some(Box::new(fallback));
                true
            }
            Some(inner) if matches!(inner.value, Value::None) => {
                **inner = fallback;
                true
            }
            Some(inner) => add_fallback(inner, fallback),
        },
        Value::Lookup(lookup) => {
            lookup.empty_too |= lookup.fallback.is_none();
            lookup.fallback.get_or_insert_with(|| Box::new(fallback));
            true
        }
        Value::Derived { inner, how: Derivation::Text } => add_fallback(inner, fallback),
        // A literal in front decides: what follows is never reached.
        Value::Text { secret, .. } => !secret.is_empty(),
        Value::None => {
            *first = fallback;
            true
        }
        _ => false,
    }
}

/// `os.environ["K"] if "K" in os.environ else "x"` and the like.
fn conditional(body: &Expr, test: &Expr, orelse: &Expr, names: &Names) -> Value {
    let mut first = Valued::of(body, names);
    let about_env = match &test.kind {
        ExprKind::Compare { operands, ops } => {
            ops.len() == 1
                && ops[0] == "in"
                && operands.get(1).and_then(|e| names.resolve(e)).as_deref() == Some("os.environ")
        }
        _ => Valued::of(test, names).env().is_some_and(|read| Some(&read.name) == first.env().map(|read| &read.name)),
    };
    if let (true, Value::Env(read)) = (about_env, &mut first.value) {
        read.required = false;
        read.fallback = Some(Box::new(Valued::of(orelse, names)));
        return first.value;
    }
    Value::Unknown("depends on a condition")
}

/// `x == "True"`, `x.lower() in ["1", "true"]`, `x is not None`.
fn compared(operands: &[Expr], ops: &[String], names: &Names) -> Value {
    let ([left, right], [op]) = (operands, ops) else { return Value::Unknown("a comparison") };
    let words: Option<Vec<String>> = match &right.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            items.iter().map(literal_word).collect()
        }
        _ => literal_word(right).map(|word| vec![word]),
    };
    let Some(words) = words else { return Value::Unknown("a comparison") };
    let inner = Valued::of(left, names);
    if inner.env().is_none() {
        return Value::Unknown("a comparison");
    }
    let positive = Value::Derived { inner: Box::new(inner), how: Derivation::OneOf(words) };
    match op.as_str() {
        "==" | "in" => positive,
        "!=" | "not in" => {
            let span = Span::new(left.span.start, right.span.end);
            Value::Derived { inner: Box::new(Valued { value: positive, span }), how: Derivation::Not }
        }
        _ => Value::Unknown("a comparison"),
    }
}

fn literal_word(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Str(text) => Some(text.value.to_ascii_lowercase()),
        ExprKind::Number(text) => Some(text.clone()),
        ExprKind::True => Some("true".to_owned()),
        ExprKind::False => Some("false".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::python::{StmtKind, parse};

    fn read(text: &str) -> Valued {
        let module = parse(&format!(
            "import os\nfrom os import environ, getenv as g\nfrom decouple import config\nx = {text}\n"
        ))
        .unwrap();
        let names = Names::of(&module);
        match &module.body.last().unwrap().kind {
            StmtKind::Assign { value, .. } => Valued::of(value, &names),
            _ => panic!("no assignment"),
        }
    }

    #[test]
    fn products_of_numbers_are_numbers() {
        let number = |text: &str| match read(text).value {
            Value::Number(number) => Some(number),
            _ => None,
        };
        assert_eq!(number("16 * 1024 * 1024").as_deref(), Some("16777216"));
        assert_eq!(number("60 * 60 + 1").as_deref(), Some("3601"));
        assert_eq!(number("60 * minutes"), None);
        assert_eq!(number("2 ** 20").as_deref(), Some("1048576"));
    }

    #[test]
    fn fallback_literals_are_found_in_every_form() {
        for text in [
            "os.environ.get('K') or 'lit'",
            "environ.get('K', 'lit')",
            "g('K', default='lit')",
            "os.environ['K'] if 'K' in os.environ else 'lit'",
            "os.environ.get('A') or os.environ.get('B') or 'lit'",
            "os.environ.get('A', None) or 'lit'",
            "config('K', default='lit')",
            "os.environ.get('K', 'lit').encode()",
            "os.environ.get('K') if os.environ.get('K') else 'lit'",
        ] {
            let value = read(text);
            match value.literal().map(|found| &found.value) {
                Some(Value::Text { secret, .. }) => assert_eq!(secret.expose(), "lit", "{text}"),
                _ => panic!("{text}"),
            }
            assert!(value.env().is_some(), "{text}");
        }
    }

    #[test]
    fn no_literal_where_there_is_none() {
        for text in
            ["os.environ['K']", "os.environ.get('K')", "os.urandom(24)", "secrets.token_hex()", "get_secret('x')"]
        {
            assert!(read(text).literal().is_none(), "{text}");
        }
        assert!(matches!(read("os.urandom(24).hex()").value, Value::Random));
    }

    #[test]
    fn truth_of_debug_expressions() {
        let set = |_: &EnvRead| Some("False".to_owned());
        for (text, unset, with_false) in [
            ("bool(os.environ.get('D', False))", Some(false), Some(true)),
            ("os.environ.get('D') == 'True'", Some(false), Some(false)),
            ("os.environ.get('D', 'true').lower() in ('1', 'true')", Some(true), Some(false)),
            ("os.environ.get('D', 'False')", Some(true), Some(true)),
            ("not os.environ.get('D')", Some(true), Some(false)),
            ("config('D', default=False, cast=bool)", Some(false), Some(false)),
            ("True", Some(true), Some(true)),
            ("compute()", None, None),
        ] {
            assert_eq!(read(text).truth_unset(), unset, "{text}");
            assert_eq!(read(text).truth(&set), with_false, "{text}");
        }
    }
}
