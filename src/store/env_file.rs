//! The env file as a store: what it is called, who may read it, what stands above a key. Its
//! text is composed by `lang::dotenv::render` and written by `apply`.

use super::{Keeping, StoreId, StoreInfo};

pub(super) const INFO: StoreInfo = StoreInfo {
    id: StoreId::EnvFile,
    name: "env-file",
    title: ".env file",
    subject: "the .env file",
    about: "a .env file with mode 0600, ignored by git",
    suits: "Mode 0600, in .gitignore. Plain text on disk.",
    readers: "programs that run as the owner of the file, and backups of the disk",
    survives_restart: true,
    packages: &["dotenv", "decouple", "environs"],
    keeping: Keeping::File,
};

/// Name of the file, beside the app.
pub const NAME: &str = ".env";

/// Permission bits of a file that we create. An existing one keeps its own.
pub const MODE: u32 = 0o600;

/// The comment above a key that we add.
pub const COMMENT: &str = "Secret, made by flask-harden: never commit this file.";
