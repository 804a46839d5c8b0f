//! What a rule found: the finding, its stable key, and the scales it is judged on.

use serde::{Deserialize, Serialize};

use crate::notice::Notice;
use crate::secret::SecretTag;
use crate::text::{Label, Location};

/// The threats of the threat model, in its order; the number is the first digit of rule ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Threat {
    SecretKey = 1,
    SessionCookies = 2,
    TemplateInjection = 3,
    DebugMode = 4,
    DevServer = 5,
    RouteParams = 6,
    LeakedCredentials = 7,
}

impl Threat {
    pub const ALL: [Threat; 7] = [
        Threat::SecretKey,
        Threat::SessionCookies,
        Threat::TemplateInjection,
        Threat::DebugMode,
        Threat::DevServer,
        Threat::RouteParams,
        Threat::LeakedCredentials,
    ];

    pub const fn title(self) -> &'static str {
        match self {
            Threat::SecretKey => "Secret key",
            Threat::SessionCookies => "Session cookies",
            Threat::TemplateInjection => "Template injection",
            Threat::DebugMode => "Debug mode",
            Threat::DevServer => "Server",
            Threat::RouteParams => "Route parameters",
            Threat::LeakedCredentials => "Leaked credentials",
        }
    }
}

/// How bad it is. `Live` is proven in use now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Low,
    Medium,
    High,
    Live,
}

impl Severity {
    /// The word shown in lists.
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Live => "LIVE",
            Severity::High => "HIGH",
            Severity::Medium => "MED",
            Severity::Low => "LOW",
        }
    }
}

/// How sure the rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

/// What identifies a finding across runs: rule, path, symbol and, for history, the commit.
/// No line numbers, and no hash of a value: a hash of `dev` is `dev`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingKey {
    pub rule: &'static str,
    pub path: String,
    pub symbol: String,
    pub commit: Option<String>,
}

impl std::fmt::Display for FindingKey {
    /// `FH102:config.py:Config.SECRET_KEY` or, in history, `FH101:config.py:SECRET_KEY@4be1c07…`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.rule, self.path, self.symbol)?;
        match &self.commit {
            Some(commit) => write!(f, "@{commit}"),
            None => Ok(()),
        }
    }
}

/// One problem at one place.
#[derive(Clone, Debug)]
pub struct Finding {
    pub key: FindingKey,
    pub threat: Threat,
    pub severity: Severity,
    pub confidence: Confidence,
    /// One sentence: what was found; names settings and places, never values.
    pub message: String,
    pub primary: Location,
    pub related: Vec<Label>,
    /// The code line with secrets masked; empty where the line is of no help.
    pub evidence: String,
    /// The mark of the value this finding speaks of.
    pub tag: Option<SecretTag>,
    /// What the person can do where no remedy is written by the tool.
    pub next_step: Option<String>,
    /// Further facts for the report, one a line ("How we know").
    pub how_we_know: Vec<String>,
    /// Why the rule itself sets it aside: it is listed, and does not count.
    pub aside: Option<String>,
}

impl Finding {
    /// A finding with the fields every rule sets; the others by the `with_` methods.
    pub fn new(
        rule: &'static str,
        threat: Threat,
        severity: Severity,
        primary: Location,
        symbol: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            key: FindingKey { rule, path: primary.path.as_str().to_owned(), symbol: symbol.into(), commit: None },
            threat,
            severity,
            confidence: Confidence::High,
            message: message.into(),
            primary,
            related: Vec::new(),
            evidence: String::new(),
            tag: None,
            next_step: None,
            how_we_know: Vec::new(),
            aside: None,
        }
    }

    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    #[must_use]
    pub fn next_step(mut self, step: impl Into<String>) -> Self {
        self.next_step = Some(step.into());
        self
    }

    #[must_use]
    pub fn tagged(mut self, tag: SecretTag) -> Self {
        self.tag = Some(tag);
        self
    }

    #[must_use]
    pub fn related(mut self, location: Location, text: impl Into<String>) -> Self {
        self.related.push(Label { location, text: text.into() });
        self
    }

    #[must_use]
    pub fn known_by(mut self, line: impl Into<String>) -> Self {
        self.how_we_know.push(line.into());
        self
    }
}

/// A finding that does not count, and why.
#[derive(Clone, Debug)]
pub struct SetAside {
    pub finding: Finding,
    pub reason: String,
}

/// The outcome of judging: what counts, what was set aside, what was not judged.
#[derive(Default)]
pub struct Judged {
    pub findings: Vec<Finding>,
    pub set_aside: Vec<SetAside>,
    pub notices: Vec<Notice>,
}
