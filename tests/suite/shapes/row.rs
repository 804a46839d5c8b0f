//! A row: the tree of a shape, and what is wanted of it.

/// What a row wants beside what is wanted of all.
pub(super) enum Want {
    /// The fix edits this file.
    Changes(&'static str),
    /// No byte of this file changes.
    Keeps(&'static str),
    /// No file that is there changes, and no key is made.
    Untouched,
    /// A fix is left to a person, with these words.
    ByHand(&'static str),
    /// No rule whose id starts so reports anything, before the fix.
    Silent(&'static str),
    /// The rule reports something, before the fix.
    Reports(&'static str),
    /// Code that prints the key's `repr`: another key of the same type afterwards, the one of the
    /// env file; in a fresh clone it runs and has none.
    Key(&'static str),
    /// As `Key`, of an app that is to raise, not run, where it has no key: it did so before.
    Required(&'static str),
    /// Variables, code, what it prints: in the patched tree.
    Says(&'static [(&'static str, &'static str)], &'static str, &'static str),
    /// Code and what it prints, in a fresh clone without env file and variables.
    InClone(&'static str, &'static str),
    /// A file the app makes when it runs, before the second run.
    Leaves(&'static str, &'static str),
    /// Words that must stand in what `--apply` prints.
    Told(&'static str),
}

pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) files: Vec<(String, Vec<u8>)>,
    pub(super) wants: Vec<Want>,
    /// A git repository with everything committed.
    pub(super) git: bool,
    /// Written after the commit: a person's work that is not committed yet.
    pub(super) later: Vec<(&'static str, &'static str)>,
    /// The exit code of `--apply`.
    pub(super) exit: i32,
}

/// A row of text files: each starts with a line `-- path`.
pub(super) fn row(name: &'static str, tree: &str) -> Row {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for line in tree.trim_start_matches('\n').split_inclusive('\n') {
        match line.strip_prefix("-- ") {
            Some(path) => files.push((path.trim_end().to_owned(), Vec::new())),
            None => files.last_mut().expect("a path first").1.extend_from_slice(line.as_bytes()),
        }
    }
    Row { name, files, wants: Vec::new(), git: false, later: Vec::new(), exit: 0 }
}

impl Row {
    /// A file by its bytes.
    pub(super) fn bytes(mut self, path: &str, bytes: &[u8]) -> Self {
        self.files.push((path.to_owned(), bytes.to_vec()));
        self
    }

    pub(super) fn git(mut self) -> Self {
        self.git = true;
        self
    }

    pub(super) fn later(mut self, path: &'static str, text: &'static str) -> Self {
        self.later.push((path, text));
        self
    }

    pub(super) fn exits(mut self, code: i32) -> Self {
        self.exit = code;
        self
    }

    fn want(mut self, want: Want) -> Self {
        self.wants.push(want);
        self
    }

    pub(super) fn changes(self, path: &'static str) -> Self {
        self.want(Want::Changes(path))
    }

    pub(super) fn keeps(self, path: &'static str) -> Self {
        self.want(Want::Keeps(path))
    }

    pub(super) fn untouched(self) -> Self {
        self.want(Want::Untouched)
    }

    pub(super) fn by_hand(self, words: &'static str) -> Self {
        self.want(Want::ByHand(words))
    }

    pub(super) fn silent(self, rules: &'static str) -> Self {
        self.want(Want::Silent(rules))
    }

    pub(super) fn reports(self, rule: &'static str) -> Self {
        self.want(Want::Reports(rule))
    }

    pub(super) fn key(self, code: &'static str) -> Self {
        self.want(Want::Key(code))
    }

    pub(super) fn required(self, code: &'static str) -> Self {
        self.want(Want::Required(code))
    }

    pub(super) fn says(
        self,
        env: &'static [(&'static str, &'static str)],
        code: &'static str,
        out: &'static str,
    ) -> Self {
        self.want(Want::Says(env, code, out))
    }

    pub(super) fn in_clone(self, code: &'static str, out: &'static str) -> Self {
        self.want(Want::InClone(code, out))
    }

    pub(super) fn leaves(self, path: &'static str, text: &'static str) -> Self {
        self.want(Want::Leaves(path, text))
    }

    pub(super) fn told(self, words: &'static str) -> Self {
        self.want(Want::Told(words))
    }
}
