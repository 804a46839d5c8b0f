//! Why a store could not do what it was asked, and what a person does about this very cause. The
//! texts are ours: errors of client libraries can hold secret bytes, and what a server says is not
//! to be trusted.

use std::fmt;
use std::ops::Deref;

/// A store's failure: the `why` and the `now` of an error. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such store here: no daemon, no server, no address.
    #[error("{0}")]
    Absent(Reason),
    /// It is there, and locked or sealed.
    #[error("{0}")]
    Locked(Reason),
    /// It refused us, or we refuse it: permissions, a wrong or expired token, a certificate.
    #[error("{0}")]
    Denied(Reason),
    /// It did not answer in time.
    #[error("{0}")]
    NoAnswer(Reason),
    /// Something of that name is there already; it was not touched.
    #[error("{0} is there already")]
    Exists(Reason),
    /// The item is not the version it was thought to be; it was not touched.
    #[error("{0} was changed meanwhile")]
    Changed(Reason),
    /// What was read back is not what was written.
    #[error("{0} does not give back what was stored")]
    NotReadBack(Reason),
    /// There is no value, or none that can be used as a key.
    #[error("{0}")]
    Unusable(Reason),
    #[error("{0}")]
    Failed(Reason),
}

/// A cause in words, and what to type or do now, the best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    why: String,
    now: Vec<String>,
}

impl<T: Into<String>> From<T> for Reason {
    fn from(why: T) -> Self {
        Self { why: why.into(), now: Vec::new() }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl Deref for Reason {
    type Target = str;

    fn deref(&self) -> &str {
        &self.why
    }
}

impl StoreError {
    pub fn absent(why: impl Into<Reason>) -> Self {
        Self::Absent(why.into())
    }

    pub fn locked(why: impl Into<Reason>) -> Self {
        Self::Locked(why.into())
    }

    pub fn denied(why: impl Into<Reason>) -> Self {
        Self::Denied(why.into())
    }

    pub fn no_answer(why: impl Into<Reason>) -> Self {
        Self::NoAnswer(why.into())
    }

    pub fn exists(place: impl Into<Reason>) -> Self {
        Self::Exists(place.into())
    }

    pub fn changed(place: impl Into<Reason>) -> Self {
        Self::Changed(place.into()).now("type the command again: it starts from the value that is there now")
    }

    pub fn not_read_back(place: impl Into<Reason>) -> Self {
        Self::NotReadBack(place.into()).now("flask-harden store status   says what is there now")
    }

    pub fn unusable(why: impl Into<Reason>) -> Self {
        Self::Unusable(why.into())
    }

    pub fn failed(why: impl Into<Reason>) -> Self {
        Self::Failed(why.into())
    }

    /// Adds what to type or do now.
    #[must_use]
    pub fn now(mut self, line: impl Into<String>) -> Self {
        let (Self::Absent(reason)
        | Self::Locked(reason)
        | Self::Denied(reason)
        | Self::NoAnswer(reason)
        | Self::Exists(reason)
        | Self::Changed(reason)
        | Self::NotReadBack(reason)
        | Self::Unusable(reason)
        | Self::Failed(reason)) = &mut self;
        reason.now.push(line.into());
        self
    }

    /// What to type or do now.
    pub fn next(&self) -> &[String] {
        let (Self::Absent(reason)
        | Self::Locked(reason)
        | Self::Denied(reason)
        | Self::NoAnswer(reason)
        | Self::Exists(reason)
        | Self::Changed(reason)
        | Self::NotReadBack(reason)
        | Self::Unusable(reason)
        | Self::Failed(reason)) = self;
        &reason.now
    }
}
