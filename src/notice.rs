//! Notices: what was not read or not judged, and why. They stand in every report, so that
//! "skipped" never looks like "clean".

use serde::Serialize;

use crate::text::RepoPath;

/// Why something was not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    Unreadable,
    NotUtf8,
    TooLarge,
    NotRegular,
    Symlink,
    ParseFailed,
    PartlyParsed,
    Budget,
    HistoryNotChecked,
    /// History holds more than the findings say.
    HistoryHolds,
    EnvLineUnclear,
    RemedyWithheld,
    Ignore,
    Info,
}

/// One thing that was not read or not judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Notice {
    pub kind: NoticeKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<RepoPath>,
    /// Line counted from 1, where the notice is about one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What happened, in words; holds no secret and no text of the file.
    pub message: String,
    /// Whether this is a file that would normally be judged (config, env, start file): the run
    /// then does not claim a clean result.
    pub gap: bool,
}

impl Notice {
    pub fn file(kind: NoticeKind, path: &RepoPath, message: impl Into<String>) -> Self {
        let gap = !matches!(
            kind,
            NoticeKind::Info
                | NoticeKind::HistoryHolds
                | NoticeKind::RemedyWithheld
                | NoticeKind::Symlink
                | NoticeKind::Ignore
        );
        Self { kind, path: Some(path.clone()), line: None, message: message.into(), gap }
    }

    pub fn general(kind: NoticeKind, message: impl Into<String>) -> Self {
        let gap = matches!(kind, NoticeKind::HistoryNotChecked | NoticeKind::Budget);
        Self { kind, path: None, line: None, message: message.into(), gap }
    }

    #[must_use]
    pub fn at_line(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }
}
