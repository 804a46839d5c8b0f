//! Why a store could not do what it was asked. The texts are ours: errors of client libraries can
//! hold secret bytes, and what a server says is not to be trusted.

/// A store's failure: the `why` of an error. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such store here: no daemon, no server, no address.
    #[error("{0}")]
    Absent(String),
    /// It is there, and locked or sealed.
    #[error("{0}")]
    Locked(String),
    /// It refused us: permissions, a wrong or expired token.
    #[error("{0}")]
    Denied(String),
    /// It did not answer in time.
    #[error("{0}")]
    NoAnswer(String),
    /// Something of that name is there already; it was not touched.
    #[error("{0} is there already")]
    Exists(String),
    /// The item is not the version it was thought to be; it was not touched.
    #[error("{0} was changed meanwhile")]
    Changed(String),
    /// What was read back is not what was written.
    #[error("{0} does not give back what was stored")]
    NotReadBack(String),
    /// What is stored there cannot be used as a key.
    #[error("{0}")]
    Unusable(String),
    #[error("{0}")]
    Failed(String),
}
