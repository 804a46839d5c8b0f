//! Path patterns as `.gitignore` writes them: `*`, `?`, `[a-z]`, `**`, anchored by a slash.
//! Matching takes time in proportion to pattern times path, whatever the pattern.

/// Whether a pattern matches a `/`-separated path or a directory above it. A pattern without a
/// slash (but at its end) matches at every depth; others are relative to the root. `is_dir` says
/// what `path` itself is.
pub fn matches(pattern: &str, path: &str, is_dir: bool) -> bool {
    let path = path.trim_matches('/');
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    above.into_iter().any(|dir| matches_itself(pattern, dir, true)) || matches_itself(pattern, path, is_dir)
}

/// Whether a pattern matches just this path.
pub fn matches_itself(pattern: &str, path: &str, is_dir: bool) -> bool {
    let body = pattern.strip_suffix('/').unwrap_or(pattern);
    if !is_dir && body.len() < pattern.len() {
        return false;
    }
    let anchored = body.contains('/');
    let body = body.strip_prefix('/').unwrap_or(body);
    if body.is_empty() {
        return false;
    }
    let parts = |text: &str| -> Vec<Vec<char>> {
        text.split('/').filter(|part| !part.is_empty()).map(|part| part.chars().collect()).collect()
    };
    let (pattern, path) = (parts(body), parts(path));
    if anchored {
        return parts_match(&pattern, &path);
    }
    path.last().is_some_and(|name| pattern.first().is_some_and(|pattern| part_matches(pattern, name)))
}

/// Whether whole components match, `**` standing for any number of them.
fn parts_match(pattern: &[Vec<char>], path: &[Vec<char>]) -> bool {
    // reached[j]: the pattern so far matches the first j components.
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for (at, part) in pattern.iter().enumerate() {
        let is_any = part.len() == 2 && part.iter().all(|c| *c == '*');
        let mut next = vec![false; path.len() + 1];
        if is_any {
            // A `**` at the end takes at least one component: `a/**` is what lies in `a`.
            let least = usize::from(at + 1 == pattern.len());
            let mut seen = false;
            for j in 0..=path.len() {
                if j >= least {
                    seen |= reached[j - least];
                }
                next[j] = seen;
            }
        } else {
            for j in 0..path.len() {
                next[j + 1] = reached[j] && part_matches(part, &path[j]);
            }
        }
        reached = next;
    }
    reached[path.len()]
}

/// One component: `*` any run, `?` one character, `[…]` a class, `\` the next one literally.
fn part_matches(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match one(pattern, p, name[n]) {
            Some(Step::Star) => {
                star = Some((p + 1, n));
                p += 1;
                continue;
            }
            Some(Step::Takes(next)) => {
                p = next;
                n += 1;
                continue;
            }
            None => {}
        }
        let Some((behind, from)) = star else { return false };
        star = Some((behind, from + 1));
        p = behind;
        n = from + 1;
    }
    pattern[p..].iter().all(|c| *c == '*')
}

enum Step {
    Star,
    /// The character matches; the pattern goes on here.
    Takes(usize),
}

fn one(pattern: &[char], at: usize, c: char) -> Option<Step> {
    match pattern.get(at)? {
        '*' => Some(Step::Star),
        '?' => Some(Step::Takes(at + 1)),
        '[' => match class(pattern, at, c) {
            Some((true, next)) => Some(Step::Takes(next)),
            Some((false, _)) => None,
            None => (c == '[').then_some(Step::Takes(at + 1)),
        },
        '\\' => match pattern.get(at + 1) {
            Some(literal) => (*literal == c).then_some(Step::Takes(at + 2)),
            None => (c == '\\').then_some(Step::Takes(at + 1)),
        },
        literal => (*literal == c).then_some(Step::Takes(at + 1)),
    }
}

/// Whether a class matches, and where the pattern goes on; `None` where it is not closed.
fn class(pattern: &[char], at: usize, c: char) -> Option<(bool, usize)> {
    let mut i = at + 1;
    let negated = matches!(pattern.get(i), Some('!' | '^'));
    i += usize::from(negated);
    let first = i;
    let mut found = false;
    loop {
        let mut low = *pattern.get(i)?;
        if low == ']' && i > first {
            return Some((found != negated, i + 1));
        }
        if low == '\\' {
            i += 1;
            low = *pattern.get(i)?;
        }
        i += 1;
        if pattern.get(i) == Some(&'-') && pattern.get(i + 1).is_some_and(|end| *end != ']') {
            let high = *pattern.get(i + 1)?;
            found |= (low..=high).contains(&c);
            i += 2;
        } else {
            found |= low == c;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn as_gitignore_matches() {
        for (pattern, path, wanted) in [
            (".env", ".env", true),
            (".env", "a/b/.env", true),
            ("/.env", "a/.env", false),
            ("/.env", ".env", true),
            (".env*", ".env.local", true),
            (".env.*", ".env", false),
            ("*.env", ".env", true),
            ("demo/*", "demo/a.py", true),
            ("demo/*", "demo/a/b.py", true),
            ("demo/*", "x/demo/a.py", false),
            ("**/demo/*.py", "x/y/demo/a.py", true),
            ("**/.env", ".env", true),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a/**", "a", false),
            ("a/**", "a/x", true),
            ("instance/", "instance/config.py", true),
            ("instance/", "instance", false),
            ("[a-c]?.py", "b1.py", true),
            ("[!a-c].py", "b.py", false),
            ("[]x].py", "].py", true),
            ("[x", "[x", true),
            ("\\*.py", "a.py", false),
            ("\\*.py", "*.py", true),
            ("", "a", false),
            ("/", "a", false),
        ] {
            assert_eq!(matches(pattern, path, false), wanted, "{pattern} {path}");
        }
        assert!(matches("instance/", "instance", true));
    }

    #[test]
    fn stars_cost_no_more_than_a_table() {
        assert!(!matches(&"*a".repeat(500), &"a".repeat(499), false));
        assert!(!matches(&format!("{}b", "**/".repeat(300)), &"a/".repeat(300), false));
    }
}
