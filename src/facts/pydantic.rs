//! Settings classes of pydantic: fields that are read from variables, with what they default to.

use super::names::Names;
use super::values::{Derivation, EnvRead, EnvReader, FallbackPlace, Value, Valued};
use crate::lang::python::{Class, Expr, ExprKind, Stmt, StmtKind};
use crate::text::Span;

/// What a settings class says of all its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Model {
    prefix: String,
    /// The env file it reads by itself.
    pub(super) env_file: Option<String>,
}

/// The model of a class, where it is a settings class. `known`: settings classes of this file so far.
pub(super) fn model(class: &Class, names: &Names, known: &[String]) -> Option<Model> {
    let bases = class.bases.iter().filter(|base| base.name.is_none());
    let is_settings = bases.filter_map(|base| names.resolve(&base.value)).any(|base| {
        let last = base.rsplit('.').next().unwrap_or(&base);
        last == "BaseSettings" || known.contains(&base)
    });
    if !is_settings {
        return None;
    }
    let mut model = Model::default();
    for stmt in &class.body {
        match &stmt.kind {
            // `class Config: env_prefix = "APP_"`
            StmtKind::Class(inner) if inner.name == "Config" => {
                for (name, value) in inner.body.iter().filter_map(assigned) {
                    model.take(name, value);
                }
            }
            // `model_config = SettingsConfigDict(env_prefix="APP_")`, or a dictionary.
            _ => {
                let Some((_, value)) = assigned(stmt).filter(|(name, _)| *name == "model_config") else { continue };
                match &value.kind {
                    ExprKind::Call(call) => {
                        let named = call.args.iter().filter_map(|arg| Some((arg.name.as_deref()?, &arg.value)));
                        named.for_each(|(name, value)| model.take(name, value));
                    }
                    ExprKind::Dict(items) => {
                        let named = items.iter().filter_map(|item| Some((item.key.as_ref()?.as_str()?, &item.value)));
                        named.for_each(|(name, value)| model.take(name, value));
                    }
                    _ => {}
                }
            }
        }
    }
    Some(model)
}

fn assigned(stmt: &Stmt) -> Option<(&str, &Expr)> {
    match &stmt.kind {
        StmtKind::Assign { targets, value } => Some((targets.first()?.as_name()?, value)),
        _ => None,
    }
}

impl Model {
    fn take(&mut self, name: &str, value: &Expr) {
        let text = match &value.kind {
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().rev().find_map(Expr::as_str),
            _ => value.as_str(),
        };
        match (name, text) {
            ("env_prefix", Some(text)) => self.prefix = text.to_ascii_uppercase(),
            ("env_file", Some(text)) => self.env_file = Some(text.to_owned()),
            _ => {}
        }
    }

    /// The value of a field: the variable, else what the class says.
    pub(super) fn field(&self, name: &str, value: Option<&Expr>, at: Span, names: &Names) -> Valued {
        let mut variable = format!("{}{}", self.prefix, name.to_ascii_uppercase());
        let mut default = value;
        let mut required = value.is_none();
        if let Some(call) = value.and_then(Expr::as_call)
            && call.func.dotted().is_some_and(|func| func.rsplit('.').next() == Some("Field"))
        {
            default = call.positional(0).or_else(|| call.keyword("default").map(|arg| &arg.value));
            let factory = call.keyword("default_factory");
            let other = ["env", "validation_alias", "alias"].iter().find_map(|name| call.keyword(name));
            if let Some(text) = other.and_then(|arg| arg.value.as_str()) {
                variable = text.to_ascii_uppercase();
            }
            required = default.is_none() && factory.is_none();
        }
        // `Field(..., env="X")`
        let ellipsis = |expr: &Expr| matches!(expr.kind, ExprKind::Other(_));
        if default.is_some_and(ellipsis) {
            (default, required) = (None, true);
        }
        let switch = default.is_some_and(|default| matches!(default.kind, ExprKind::True | ExprKind::False));
        let fallback = default.map(|default| Box::new(plain(default, names)));
        let read = EnvRead {
            name: variable,
            fallback,
            required,
            reader: EnvReader::Pydantic,
            place: FallbackPlace::Expression,
        };
        let span = value.map_or(at, |value| value.span);
        let read = Valued { value: Value::Env(read), span };
        if switch {
            Valued { value: Value::Derived { inner: Box::new(read), how: Derivation::Parsed }, span }
        } else {
            read
        }
    }
}

/// A default, `SecretStr("x")` taken for its text.
fn plain(expr: &Expr, names: &Names) -> Valued {
    let wrapped = expr.as_call().filter(|call| {
        call.func.dotted().is_some_and(|name| matches!(name.rsplit('.').next(), Some("SecretStr" | "SecretBytes")))
    });
    let inner = wrapped.and_then(|call| call.positional(0)).unwrap_or(expr);
    Valued::of(inner, names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::python::parse;

    fn fields(text: &str) -> Vec<(String, Option<String>, bool)> {
        let module = parse(text).unwrap();
        let names = Names::of(&module);
        let StmtKind::Class(class) = &module.body.last().unwrap().kind else { panic!() };
        let model = model(class, &names, &[]).expect("a settings class");
        let mut found = Vec::new();
        for stmt in &class.body {
            let (name, value) = match &stmt.kind {
                StmtKind::Assign { targets, value } => (targets[0].as_name().unwrap(), Some(value)),
                StmtKind::Other(names) if names.len() == 1 => (names[0].as_name().unwrap(), None),
                _ => continue,
            };
            let Value::Env(read) = model.field(name, value, stmt.span, &names).value else { panic!() };
            let literal = read.fallback.as_ref().and_then(|fallback| match &fallback.literal()?.value {
                Value::Text { secret, .. } => Some(secret.expose().to_owned()),
                _ => None,
            });
            found.push((read.name, literal, read.required));
        }
        found
    }

    #[test]
    fn fields_read_variables_and_default_to_literals() {
        let text = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    secret_key: str = 'a'\n    token: SecretStr = SecretStr('b')\n    other: str = Field('c', env='K')\n    needed: str\n    also: str = Field(..., env='N')\n    class Config:\n        env_prefix = 'app_'\n";
        let wanted = [
            ("APP_SECRET_KEY", Some("a"), false),
            ("APP_TOKEN", Some("b"), false),
            ("K", Some("c"), false),
            ("APP_NEEDED", None, true),
            ("N", None, true),
        ];
        let found = fields(text);
        let found: Vec<_> =
            found.iter().map(|(name, text, needed)| (name.as_str(), text.as_deref(), *needed)).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_model_says_its_prefix_and_env_file() {
        let text = "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='X_', env_file='.env')\n";
        let module = parse(text).unwrap();
        let StmtKind::Class(class) = &module.body[0].kind else { panic!() };
        let model = model(class, &Names::of(&module), &[]).unwrap();
        assert_eq!(model, Model { prefix: "X_".to_owned(), env_file: Some(".env".to_owned()) });
    }
}
