//! The stores a person can choose from: what each is good for, and why some cannot be used here.

use crate::store::{self, Access, StoreId, StoreInfo};

use super::Scan;

/// A store as it is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOffer {
    pub id: StoreId,
    pub title: &'static str,
    /// What it is good for.
    pub suits: &'static str,
    /// What was seen of it here, or why it cannot be used.
    pub state: Result<String, String>,
}

/// Every store, the usable ones and the others, in the order of the options. Raises no prompt.
pub(super) fn offers(scan: &Scan) -> Vec<StoreOffer> {
    let access = Access::of_process();
    let offer = |info: &StoreInfo| StoreOffer {
        id: info.id,
        title: info.title,
        suits: info.suits,
        state: state(scan, info, &access),
    };
    store::ALL.iter().map(offer).collect()
}

fn state(scan: &Scan, info: &StoreInfo, access: &Access<'_>) -> Result<String, String> {
    let tracked = scan.facts.env_files.iter().find(|file| file.tracked && file.path.name() == store::env_file::NAME);
    match tracked.filter(|_| info.id.is_file()) {
        Some(file) => Err(format!("git tracks {}, so the key would be committed", file.path)),
        None => info.available(access).map_err(|error| error.to_string()),
    }
}
