//! Our env file reader against python-dotenv itself, over written and generated texts.

use std::sync::Arc;

use flask_harden::lang::dotenv::{EnvDocument, Wins};
use flask_harden::secret::Secret;
use serde_json::{Value, json};

use super::python;

/// What python-dotenv makes of each text of a JSON list. Lines are those of the statements:
/// python-dotenv counts from the white space before them.
const OBSERVE: &str = r#"
import io, json, os, re, sys
from dotenv.main import DotEnv, resolve_variables
from dotenv.parser import parse_stream
os.environ.clear()
os.environ["OUT"] = "outside"
def stream(text):
    return io.TextIOWrapper(io.BytesIO(text.encode("utf-8")), encoding="utf-8")
def line(original):
    lead = re.match(r"\s*", original.string).group(0)
    return original.line + lead.count("\n")
import logging
logging.disable(logging.CRITICAL)
def observe(text):
    bindings = list(parse_stream(stream(text)))
    pairs = [(b.key, b.value) for b in bindings if b.key is not None]
    return {
        "entries": [[b.key, b.value, line(b.original)] for b in bindings if b.key is not None],
        "unparsed": [line(b.original) for b in bindings if b.error],
        "file": sorted(DotEnv(None, stream=stream(text), override=True).dict().items()),
        "environment": sorted(resolve_variables(pairs, override=False).items()),
    }
json.dump([observe(text) for text in json.load(sys.stdin)], sys.stdout)
"#;

/// `components.md` §4 and what follows from the grammar.
const WRITTEN: &[&str] = &[
    "A=pa$word",
    "A=pa$$word",
    "A=\"pa$word\"",
    "A=$HOME",
    "A=$B-x",
    "A=${Z:-def}",
    "B=b\nA='${B}x'",
    "A=x y",
    "A={\"k\": \"v\"}",
    "A=a\\b",
    "A=a\\nb",
    "A=\"a\\$b\"",
    "A=\"a\\qb\"",
    "A=x\"y\"z",
    "\u{feff}A=1",
    "A-B=1",
    "1A=1",
    "'A'=1",
    "A",
    "A: 1",
    "A=\"x",
    "A='x\nB=2\nC='y'",
    "export A=1",
    "export\tA = 1",
    "export=1",
    "export =1",
    "export",
    "export ",
    "A=1 # c",
    "A=1#c",
    "A= # c",
    "A=#c",
    "A=1\r\nB=2\r\n",
    "A=1\rB=2\r",
    "A=\"one\ntwo\"",
    "A=\"one\r\ntwo\"\r\nB=1",
    "A=\"a\\nb\"",
    "A=1\nA=2",
    "A=postgres://u:p@h/db?x=1#y",
    "A='it\\'s'",
    "A='a\\\\'",
    "A=\"\\\"q\\\"\"",
    "A='x' y",
    "A='x'# c",
    "A=\u{a0}x\u{a0}",
    "A\u{2003}=\u{3000}x\u{1c}#c",
    "A=\u{85}x",
    "''=1",
    "'A=1",
    "'A\nB'=1",
    "=1",
    "#A=1\n  # B=2\nC=3",
    "A#B=1",
    "A = 'x'\\",
    "A=OUT${OUT}\nOUT=in\nB=${OUT}\nC=${C:-c}\nC=${C:-d}",
    "A\nB=${A:-d}${A}",
    "A=${a${b}}${a:b}${a:-}${:-x}${}",
    "A=\"x\"\nA=\nA",
    "\n\n\nA:\n\n B",
];

/// Fragments whose every sequence is a text worth trying.
const FRAGMENTS: &[&str] = &[
    "A",
    "B",
    "OUT",
    "key",
    "export",
    "export ",
    "=",
    "=",
    "=",
    " = ",
    "'",
    "'",
    "\"",
    "\"",
    "#",
    " #",
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    "\\",
    "\\\\",
    "\\n",
    "\\'",
    "\\\"",
    "\\t",
    "\\$",
    "$",
    "${",
    "}",
    "${A}",
    "${OUT}",
    "${B:-d}",
    "${A:-",
    ":",
    ":-",
    ":=",
    "x",
    "y z",
    "1",
    "é",
    "😀",
    "\u{a0}",
    "\u{2028}",
    "\u{1c}",
    "\u{85}",
    "\u{b}",
    "\u{c}",
    "-",
    ".",
    "{",
    "`",
    "\u{feff}",
    "A=1\n",
    "B='x'\n",
    "C=\"${A}\"\n",
    "export D=4 # d\n",
    "\\a\\b\\f\\r\\v",
];

/// A fixed sequence of numbers: the corpus is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("fits")
    }
}

fn corpus() -> Vec<String> {
    let mut texts: Vec<String> = WRITTEN.iter().map(|text| (*text).to_owned()).collect();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for _ in 0..20_000 {
        let length = 1 + numbers.below(14);
        texts.push((0..length).map(|_| FRAGMENTS[numbers.below(FRAGMENTS.len())]).collect());
    }
    texts
}

fn observe(text: &str) -> Value {
    let document = EnvDocument::parse(text).expect("small");
    let outside = |name: &str| (name == "OUT").then(|| Arc::new(Secret::from("outside")));
    let values = |wins| {
        let values = document.values(wins, &outside).expect("bounded");
        values.into_iter().map(|(key, value)| json!([key, value.map(|v| v.expose().to_owned())])).collect::<Vec<_>>()
    };
    let entries = document
        .entries
        .iter()
        .map(|entry| json!([entry.key, entry.value.as_ref().map(|value| value.expose().to_owned()), entry.line]));
    json!({
        "entries": entries.collect::<Vec<_>>(),
        "unparsed": document.unparsed,
        "file": values(Wins::File),
        "environment": values(Wins::Environment),
    })
}

#[test]
fn agrees_with_python_dotenv() {
    let texts = corpus();
    let input = serde_json::to_string(&texts).expect("JSON");
    let theirs: Vec<Value> = serde_json::from_str(&python::run(OBSERVE, &input)).expect("JSON");
    assert_eq!(theirs.len(), texts.len());
    let different: Vec<String> = texts
        .iter()
        .zip(&theirs)
        .filter_map(|(text, expected)| {
            let ours = observe(text);
            (ours != *expected).then(|| format!("{text:?}\n  ours   {ours}\n  theirs {expected}"))
        })
        .collect();
    assert!(
        different.is_empty(),
        "{} of {} differ:\n{}",
        different.len(),
        texts.len(),
        different[..different.len().min(8)].join("\n")
    );
}

#[test]
fn places_hold_what_was_read() {
    for text in corpus() {
        let document = EnvDocument::parse(&text).expect("small");
        let mut end = 0;
        for entry in &document.entries {
            assert!(entry.span.start >= end && entry.span.contains(entry.key_span), "{text:?}");
            end = entry.span.end;
            if let Some(span) = entry.value_span {
                assert!(entry.span.contains(span), "{text:?}");
            }
            // A line end before it, so that a mark that is part of a key is not taken for the file's.
            let again = EnvDocument::parse(&format!("\n{}", entry.span.of(&text))).expect("small");
            assert_eq!(again.entries.len(), 1, "{text:?}");
            assert!(again.entries[0].key == entry.key && again.entries[0].value == entry.value, "{text:?}");
        }
    }
}
