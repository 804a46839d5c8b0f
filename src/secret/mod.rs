//! Secrets as a type: no Debug, Display, Serialize or Clone; wiped when dropped (best effort:
//! copies the allocator or the kernel made are out of reach).

pub mod generate;
pub mod strength;
pub mod tag;

use zeroize::Zeroizing;

pub use tag::{SecretTag, Tagger};

/// A secret value. Shared by `Arc` where several facts speak of the same one; never cloned.
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value itself. Callers keep it out of anything that is shown, logged or stored
    /// elsewhere than in the store the user chose.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }
}

impl Eq for Secret {}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}
