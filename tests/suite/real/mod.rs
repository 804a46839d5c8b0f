//! Tests against the real other side: python-dotenv, Flask, gunicorn. They run with the Python
//! named by `FH_PYTHON` and fail, rather than skip, without it.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "these tests start real programs and write their own trees"
)]

mod aws;
mod celery;
mod deployments;
mod dotenv;
mod env_reader;
mod flask_run;
mod gunicorn;
mod kept;
mod keyring;
mod keyring_bed;
mod kill_sweep;
mod onboard;
mod program_sweep;
mod pty;
mod pty_onboard;
pub(crate) mod python;
mod refused;
mod rotate;
mod rotate_sweep;
mod secret_file;
mod shop;
mod shop_in_stores;
mod start_matrix;
mod store_rotation;
mod store_sweep;
mod stores;
mod sweep_bed;
mod syscalls;
mod terminal;
mod tree;
mod uwsgi;
mod vault;
mod waitress;
