//! Texts that are written as a sum or a product: `"a" + "b"`, `"a" * 32`.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{Value, Valued};
use crate::facts::names::Names;
use crate::lang::python::Expr;
use crate::secret::Secret;

/// Longest text that is put together.
const LONGEST: usize = 4096;

/// The value of an operator with constants on both sides.
pub(super) fn folded(op: &str, left: &Expr, right: &Expr, names: &Names) -> Option<Value> {
    match (op, Valued::of(left, names).value, Valued::of(right, names).value) {
        (
            "+",
            Value::Text { secret, bytes, mut contents },
            Value::Text { secret: more, bytes: more_bytes, contents: more_contents },
        ) => {
            contents.extend(more_contents);
            text(&[secret.expose(), more.expose()]).filter(|_| bytes == more_bytes).map(|secret| Value::Text {
                secret,
                bytes,
                contents,
            })
        }
        ("*", Value::Text { secret, bytes, contents }, Value::Number(times)) => {
            let pieces = vec![secret.expose(); times.parse().ok().filter(|times| *times <= LONGEST)?];
            text(&pieces).map(|secret| Value::Text { secret, bytes, contents })
        }
        _ => None,
    }
}

fn text(pieces: &[&str]) -> Option<Arc<Secret>> {
    let length = pieces.iter().map(|piece| piece.len()).sum::<usize>();
    (length <= LONGEST).then(|| Arc::new(Secret::from(Zeroizing::new(pieces.concat()).as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::python::{StmtKind, parse};

    fn value(text: &str) -> Value {
        let module = parse(text).unwrap();
        let StmtKind::Expr(expr) = &module.body[0].kind else { panic!() };
        Valued::of(expr, &Names::default()).value
    }

    #[test]
    fn constants_are_computed() {
        for (text, expected) in [
            ("16 * 1024 * 1024", Some("16777216")),
            ("5 * 10 ** 6", Some("5000000")),
            ("1 << 20", Some("1048576")),
            ("60*60*24 - 1", Some("86399")),
            ("1_000 * 2", Some("2000")),
            ("9223372036854775807 * 2", None),
            ("2 ** 4000", None),
            ("1 << 63", None),
            ("1 / 3", None),
            ("N * 2", None),
        ] {
            let found = match value(text) {
                Value::Number(number) => Some(number),
                _ => None,
            };
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        assert!(
            matches!(value("'a' + 'b' * 3"), Value::Text { secret, contents, .. } if secret.expose() == "abbb" && contents.len() == 2)
        );
        assert!(!matches!(value("b'a' + 'b'"), Value::Text { .. }));
        assert!(!matches!(value("'a' * 99999"), Value::Text { .. }));
    }
}
