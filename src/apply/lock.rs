//! One run at a time for each tree: an advisory lock on a file of the state directory, released
//! by the kernel however the process ends.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::error::ApplyError;
use super::state_dir::{StateError, TreeState};

/// How long a second run waits for the first.
pub(super) const WAIT: Duration = Duration::from_secs(3);
const STEP: Duration = Duration::from_millis(50);

/// Held for the whole run; dropping it lets the next run in.
#[derive(Debug)]
pub(super) struct Lock {
    _fd: OwnedFd,
}

impl Lock {
    pub(super) fn take(state: &TreeState, wait: Duration) -> Result<Self, ApplyError> {
        let fd = state.lock_file()?;
        let until = Instant::now() + wait;
        loop {
            match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _fd: fd }),
                Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) if Instant::now() < until => std::thread::sleep(STEP),
                Err(Errno::WOULDBLOCK) => return Err(ApplyError::Locked),
                Err(errno) => return Err(StateError::io(state.path(), "locked", errno).into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::state_dir::StateDir;
    use crate::repo::Tree;

    #[test]
    fn the_second_is_refused_until_the_first_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let (tree, state) = (tempfile::tempdir().unwrap(), StateDir::at(dir.path().join("state")));
        let tree = Tree::open(tree.path()).unwrap();
        let entered = state.enter(&tree).unwrap();
        let first = Lock::take(&entered, Duration::ZERO).unwrap();
        assert!(matches!(Lock::take(&entered, Duration::ZERO), Err(ApplyError::Locked)));
        drop(first);
        Lock::take(&entered, Duration::ZERO).unwrap();
    }
}
