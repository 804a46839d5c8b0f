//! The sample shop under the real Waitress: its key arrives from every store.

use super::start_matrix::{Start, every_store};

#[test]
fn the_key_of_every_store_arrives() {
    every_store(Start::Waitress);
}
