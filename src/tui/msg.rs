//! What happens to the screen, and what it wants done.

use std::time::Duration;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::engine::Done;
use crate::flow::Effect;

/// Something happened.
pub(super) enum Msg {
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEvent),
    Resize(u16, u16),
    Done(Done),
    /// Time since the start.
    Tick(Duration),
}

/// Something has to be done.
pub(super) enum Command {
    Flow(Effect),
    /// Stop this process until it is continued.
    Suspend,
}
