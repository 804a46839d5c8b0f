//! The names an app uses, for a name that looks like a slip of one of them.

use std::collections::BTreeSet;

use crate::facts::{Facts, asked};

/// How alike two names are from which one looks like a slip of the other.
const ALIKE: f64 = 0.9;

/// The name among `known` that `name` looks like a slip of.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let alike = |other: &str| strsim::jaro_winkler(&name.to_ascii_uppercase(), &other.to_ascii_uppercase());
    let near = known.into_iter().filter(|other| *other != name).map(|other| (alike(other), other));
    near.filter(|(score, _)| *score >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other)
}

/// The variables that the code of a tree reads, as far as that can be seen.
pub(super) fn read_by_code(facts: &Facts) -> BTreeSet<String> {
    facts.projects.iter().flat_map(|project| asked::asked(facts, &project.root).into_keys()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_known_and_other_names_are_not() {
        let known = ["SECRET_KEY", "JWT_SECRET_KEY", "MAIL_PASSWORD"];
        for slip in ["SECRT_KEY", "SERCET_KEY", "SECRET_KEYS", "secret_key", "SECRETKEY"] {
            assert_eq!(nearest(slip, known), Some("SECRET_KEY"), "{slip}");
        }
        assert_eq!(nearest("MAIL_PASWORD", known), Some("MAIL_PASSWORD"));
        for other in ["SECRET_KEY", "API_TOKEN", "STRIPE_KEY", "DATABASE_URL", ""] {
            assert_eq!(nearest(other, known), None, "{other}");
        }
    }
}
