//! Parts that screens are drawn with: pure functions from data to lines. They know cells and
//! looks, not what is shown.

pub(super) mod diff;
pub(super) mod gauge;
pub(super) mod input;
pub(super) mod list;
pub(super) mod popup;
pub(super) mod words;
