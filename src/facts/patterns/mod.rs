//! Tokens that tell by their look who issued them. A provider is one record in the table of its
//! kind; the tables are registered below. Knows nothing of files: a text goes in, places come out.

mod ai;
mod cloud;
mod data;
mod finder;
mod mail;
mod messaging;
mod monitoring;
mod packages;
mod payment;
mod saas;
mod social;
mod vcs;
mod verify;

pub use finder::{Found, Mark, Marks, find, find_marked, marks, may_hold, may_hold_token};
pub use verify::Verdict;
pub(super) use verify::{base64, bits_per_character};

/// What somebody with the token can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// An identifier, a token meant for browsers, or one that soon ends.
    Little,
    /// Use of a service on the account's bill, or a part of an account.
    Some,
    /// The account, its data, its code or its money.
    Great,
}

/// Who issues a kind of token, and how to tell it.
pub struct Provider {
    /// Stable: part of a finding's key.
    pub name: &'static str,
    /// For people: `GitHub personal access token`.
    pub title: &'static str,
    /// Texts of which one stands in or close before every such token; compared without case.
    pub keywords: &'static [&'static str],
    /// Group 1 is the token, or the whole match where there is no group.
    pub pattern: &'static str,
    pub harm: Harm,
    /// Where the token is revoked.
    pub revoke: &'static str,
    /// Checks what a pattern cannot: checksums, structure, test mode.
    pub check: fn(&str) -> Verdict,
    /// Shapes of texts that hold one such token: `{class:count}` stands for that many random
    /// characters (the classes are those of the generator in the tests).
    pub examples: &'static [&'static str],
    /// Shapes that look close to it and are none.
    pub counter_examples: &'static [&'static str],
}

impl Provider {
    const fn checked(self, check: fn(&str) -> Verdict) -> Self {
        Self { check, ..self }
    }
}

/// A token that carries its own mark (`ghp_…`).
#[expect(clippy::too_many_arguments, reason = "one line of a table")]
const fn provider(
    name: &'static str,
    title: &'static str,
    keywords: &'static [&'static str],
    pattern: &'static str,
    harm: Harm,
    revoke: &'static str,
    examples: &'static [&'static str],
    counter_examples: &'static [&'static str],
) -> Provider {
    Provider { name, title, keywords, pattern, harm, revoke, check: verify::random, examples, counter_examples }
}

/// The pattern of a token without a mark of its own: it counts where a name with these words is
/// given it, in any of the forms that files have (`NAME=…`, `"name": "…"`, `get("NAME", "…")`).
macro_rules! named {
    ($name:literal, $token:literal) => {
        concat!(
            "(?i:",
            $name,
            r#")[\\"'\])]{0,4}[ \t]*(?::[ \t]*(?:str|bytes)[ \t]*)?(?:=>|:=|==?|:|,|[ \t])[ \t\r\n]*(?:\(?[ \t\r\n]*)?(?:[bru]?[\\"'`]{1,3})?("#,
            $token,
            ")"
        )
    };
}
use named;

/// Every table, one line each.
const TABLES: &[&[Provider]] = &[
    cloud::PROVIDERS,
    vcs::PROVIDERS,
    packages::PROVIDERS,
    payment::PROVIDERS,
    messaging::PROVIDERS,
    mail::PROVIDERS,
    ai::PROVIDERS,
    saas::PROVIDERS,
    social::PROVIDERS,
    monitoring::PROVIDERS,
    data::PROVIDERS,
];

/// Every provider, in the order of the tables.
pub fn all() -> impl Iterator<Item = &'static Provider> {
    TABLES.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn records_are_whole_and_names_unique() {
        let mut names = BTreeSet::new();
        for provider in all() {
            assert!(names.insert(provider.name), "{} twice", provider.name);
            assert!(!provider.keywords.is_empty() && !provider.examples.is_empty(), "{}", provider.name);
            assert!(!provider.counter_examples.is_empty(), "{}", provider.name);
            assert!(provider.revoke.starts_with("https://"), "{}: where is it revoked?", provider.name);
            let pattern = regex::bytes::RegexBuilder::new(provider.pattern).unicode(false).build();
            assert!(pattern.is_ok_and(|pattern| pattern.captures_len() <= 2), "{}: its pattern", provider.name);
        }
        assert!(names.len() >= 100, "{}", names.len());
    }
}
