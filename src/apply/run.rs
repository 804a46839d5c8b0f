//! One apply: lock, recover, check, journal, back up, stage everything, rename in the order of
//! the phases, read the keys back, close. Any failure takes back what was done: all files or none.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::plan::{Draft, FileChange, Held, Phase, SecretChange};
use crate::repo::Tree;
use crate::text::ContentHash;

use super::error::{ApplyError, Failure};
use super::index::{IndexChange, IndexPlace};
use super::journal::{
    self, Ending, FORMAT, FORMAT_UNTRACK, FileMark, FileOp, KeyPlace, Record, RunState, StoredKey, Writer,
};
use super::lock::{self, Lock};
use super::receipt::{DIFF, Receipt};
use super::record::{self, StoreRecord};
use super::recover::{self, Recovered};
use super::run_dir::RunDir;
use super::state_dir::{RunId, StateDir, StateError, TreeState};
use super::undo::{self, UndoOptions, UndoReport};
use super::write::{Dress, FileError, Found, Refusal, Seen, Slot};

/// Reads the keys back through whatever will read them later. The text says what failed and
/// holds no secret.
pub type ReadBack<'a> = &'a mut dyn FnMut() -> Result<(), String>;

/// The only writer of a tree, as long as it lives.
#[derive(Debug)]
pub struct Session<'t> {
    pub(super) tree: &'t Tree,
    pub(super) state: TreeState,
    recovered: Vec<Recovered>,
    _lock: Lock,
}

impl<'t> Session<'t> {
    /// Takes the lock and finishes or takes back what an interrupted run left. To be called
    /// before the tree is read for the draft, since recovery changes files.
    ///
    /// # Errors
    /// Where another run is at work, the state directory cannot be used, or an interrupted run
    /// can be neither finished nor taken back.
    pub fn begin(tree: &'t Tree, state: &StateDir) -> Result<Self, ApplyError> {
        let state = state.enter(tree)?;
        let lock = Lock::take(&state, lock::WAIT)?;
        let recovered = recover::recover(tree, &state)?;
        Ok(Self { tree, state, recovered, _lock: lock })
    }

    /// What was finished or taken back when the session began.
    pub fn recovered(&self) -> &[Recovered] {
        &self.recovered
    }

    /// Writes the files of a draft. `read_back` is called once the files with keys are in place,
    /// before any code points at them; only where the draft has such files.
    ///
    /// # Errors
    /// Where a file is not what the draft was made from, cannot be written, or `read_back`
    /// objects. [`ApplyError::nothing_changed`] says what that left.
    pub fn apply(&self, draft: &Draft, read_back: ReadBack<'_>) -> Result<Receipt, ApplyError> {
        if draft.is_empty() {
            return Err(ApplyError::Empty);
        }
        let mut changes: Vec<&FileChange> = draft.files.iter().collect();
        changes.sort_by(|a, b| (a.phase, &a.path).cmp(&(b.phase, &b.path)));
        let mut targets = Vec::with_capacity(changes.len());
        for change in changes {
            targets.push(Target::examine(self.tree, change).map_err(ApplyError::Refused)?);
        }
        let place = if draft.untracked.is_empty() { None } else { Some(self.index_place()?) };
        let run = self.state.new_run()?;
        let index = place.as_ref().map(|place| Ok((place, place.without(&run, &draft.untracked)?))).transpose();
        let index = index.map_err(|error| {
            self.state.forget(&run);
            ApplyError::Refused(error)
        })?;
        let mut writer = match self.announce(&run, draft, &targets, index.as_ref().map(|(_, change)| change)) {
            Ok(writer) => writer,
            Err(error) => {
                self.state.forget(&run);
                return Err(error.into());
            }
        };
        if let Err(cause) = stage_all(&run, &writer, &targets, index.as_ref().map(|(_, change)| change)) {
            return Err(match self.take_back(&run, &mut writer, cause) {
                ApplyError::TakenBack { cause: Failure::File(error), .. } => ApplyError::Refused(error),
                ApplyError::TakenBack { cause: Failure::State(error), .. } => ApplyError::State(error),
                other => other,
            });
        }
        match install_all(&writer, &targets, index.as_ref(), read_back).and_then(|()| close(&run, &mut writer)) {
            Ok(receipt) => Ok(receipt),
            Err(cause) => Err(self.take_back(&run, &mut writer, cause)),
        }
    }

    /// What is recorded of this tree's keys.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn record(&self) -> Result<StoreRecord, StateError> {
        record::read(&self.state)
    }

    /// Replaces the record; readers see the old or the new one.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep_record(&self, record: &StoreRecord) -> Result<(), StateError> {
        record::write(&self.state, record)
    }

    /// Takes a run back: the newest, or the one with this id.
    ///
    /// # Errors
    /// Where there is no such run, or a file cannot be written.
    pub fn undo(&self, id: Option<&RunId>, options: UndoOptions) -> Result<UndoReport, ApplyError> {
        undo::undo(self, id, options)
    }

    fn index_place(&self) -> Result<IndexPlace, ApplyError> {
        IndexPlace::find(self.tree).map_err(ApplyError::Refused)
    }

    /// Journals everything this run will do.
    fn announce(
        &self,
        run: &RunDir,
        draft: &Draft,
        targets: &[Target<'_, '_>],
        index: Option<&IndexChange>,
    ) -> Result<Writer, StateError> {
        let diff: String = targets.iter().map(|target| target.change.diff.as_str()).collect();
        run.store(DIFF, diff.as_bytes())?;
        let mut records = vec![Record::Open {
            format: if index.is_some() { FORMAT_UNTRACK } else { FORMAT },
            run: run.id.clone(),
            number: self.next_number()?,
            tree: self.tree.root().to_string_lossy().into_owned(),
            time: now(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
        }];
        records.extend(draft.secrets.iter().map(|key| Record::Key(place_of(key))));
        records.extend(index.map(|change| Record::Untrack(change.op.clone())));
        records.extend(targets.iter().enumerate().map(|(at, target)| Record::File(target.operation(&run.id, at))));
        let mut writer = Writer::create(run)?;
        writer.append(records)?;
        run.sync()?;
        Ok(writer)
    }

    /// One more than the highest number so far; an unreadable journal does not count.
    fn next_number(&self) -> Result<u64, StateError> {
        let mut highest = 0;
        for id in self.state.runs()? {
            if let Ok((journal, _)) = self.state.run(&id).and_then(|run| journal::load(&run)) {
                highest = highest.max(journal.number);
            }
        }
        Ok(highest + 1)
    }

    /// After a failure: every file as it was, and the journal closed.
    fn take_back(&self, run: &RunDir, writer: &mut Writer, cause: Failure) -> ApplyError {
        // Where this cannot be written either, looking at the files still tells what to do.
        let _ = writer.append(vec![Record::TakeBack]);
        match recover::take_back(self.tree, run, writer) {
            Err(error) => recover::stuck(self.tree, run, &writer.journal, format!("{cause}; then {error}")),
            Ok(kept) => ApplyError::TakenBack { cause, kept: kept.into_iter().map(|kept| kept.path).collect() },
        }
    }
}

/// Begins a session and writes a draft that was made before it. A recovery that this brings
/// about shows as changed files, and nothing is written then.
///
/// # Errors
/// As [`Session::begin`] and [`Session::apply`].
pub fn apply(tree: &Tree, state: &StateDir, draft: &Draft, read_back: ReadBack<'_>) -> Result<Receipt, ApplyError> {
    Session::begin(tree, state)?.apply(draft, read_back)
}

/// A file of the draft and what stands in its place now.
struct Target<'t, 'd> {
    change: &'d FileChange,
    slot: Slot<'t>,
    found: Option<Found>,
}

impl<'t, 'd> Target<'t, 'd> {
    /// Looks whether the file is what the draft was made from.
    fn examine(tree: &'t Tree, change: &'d FileChange) -> Result<Self, FileError> {
        let refused = |why| FileError { path: change.path.clone(), why };
        let slot = Slot::open(tree, &change.path)?;
        let found = match (slot.look()?, &change.before) {
            (Seen::Foreign(why), _) => return Err(refused(why)),
            (Seen::Absent, None) => None,
            (Seen::Absent, Some(_)) => return Err(refused(Refusal::Missing)),
            (Seen::File(_), None) => return Err(refused(Refusal::Exists)),
            (Seen::File(found), Some(before)) if found.mark.hash == before.hash && found.mark.mode == before.mode => {
                if found.mark.hash != ContentHash::of(change.after.as_bytes()) {
                    slot.check_writable(found.mark.mode)?;
                }
                Some(found)
            }
            (Seen::File(_), Some(_)) => return Err(refused(Refusal::Changed)),
        };
        Ok(Self { change, slot, found })
    }

    fn operation(&self, run: &RunId, at: usize) -> FileOp {
        let before = self.found.as_ref().map(|found| found.mark.clone());
        // The owner of a new file is learnt from the disk; recovery goes by hash and mode.
        let (uid, gid) = before.as_ref().map_or((0, 0), |mark| (mark.uid, mark.gid));
        let hash = ContentHash::of(self.change.after.as_bytes());
        FileOp {
            path: self.change.path.clone(),
            role: self.change.phase.into(),
            backup: before.as_ref().map(|_| format!("backup-{}", at + 1)),
            before,
            after: FileMark { hash, mode: self.change.mode, uid, gid },
            temp: journal::temp_name(run, at),
        }
    }

    fn stage(&self, temp: &str) -> Result<(), FileError> {
        let found = self.found.as_ref();
        let owner = found.map(|found| (found.mark.uid, found.mark.gid));
        let dress = Dress { mode: self.change.mode, owner, like: found };
        self.slot.stage(temp, self.change.after.as_bytes(), &dress)
    }
}

fn place_of(key: &SecretChange) -> KeyPlace {
    let stored = match &key.held {
        Held::Store { store, item, existing, replaced, .. } => {
            Some(StoredKey { store: *store, item: item.clone(), created: !existing && !replaced, replaced: *replaced })
        }
        Held::File(_) | Held::Shown { .. } => None,
    };
    KeyPlace { name: key.name.clone(), place: key.place.clone(), stored }
}

/// Backs up and stages. No file of the tree has changed when this fails.
fn stage_all(
    run: &RunDir,
    writer: &Writer,
    targets: &[Target<'_, '_>],
    index: Option<&IndexChange>,
) -> Result<(), Failure> {
    if let Some(change) = index {
        run.store(&change.op.backup, &change.found.bytes)?;
    }
    for (target, op) in targets.iter().zip(&writer.journal.files) {
        if let (Some(found), Some(backup)) = (&target.found, &op.backup) {
            run.store(backup, &found.bytes)?;
        }
    }
    run.sync()?;
    for (target, op) in targets.iter().zip(&writer.journal.files) {
        target.stage(&op.temp)?;
    }
    Ok(())
}

/// Renames everything into place: ignore files first, then git's index, so that no key is in a
/// file that git has or would take; code last.
fn install_all(
    writer: &Writer,
    targets: &[Target<'_, '_>],
    index: Option<&(&IndexPlace, IndexChange)>,
    read_back: ReadBack<'_>,
) -> Result<(), Failure> {
    for phase in [Phase::Ignore, Phase::Secret, Phase::Code] {
        let pairs = targets.iter().zip(&writer.journal.files);
        let mut in_phase = pairs.filter(|(target, _)| target.change.phase == phase).peekable();
        let any = in_phase.peek().is_some();
        for (target, op) in in_phase {
            target.slot.install(&op.temp, target.found.as_ref())?;
        }
        if let (Phase::Ignore, Some((place, change))) = (phase, index) {
            place.install(change)?;
        }
        if any && phase == Phase::Secret {
            read_back().map_err(Failure::ReadBack)?;
        }
    }
    Ok(())
}

fn close(run: &RunDir, writer: &mut Writer) -> Result<Receipt, Failure> {
    let mut receipt = Receipt::of(run, &writer.journal)?;
    receipt.state = RunState::Applied;
    receipt.keep(run)?;
    writer.append(vec![Record::Close { ending: Ending::Applied, kept: Vec::new() }])?;
    Ok(receipt)
}

/// Seconds since 1970; a clock before that counts as its beginning.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{Bed, CONFIG};
    use super::*;
    use crate::apply::receipt::list;
    use crate::apply::{Action, UndoOptions};

    #[test]
    fn writes_in_the_order_of_the_phases_and_reads_keys_back_in_between() {
        let bed = Bed::new();
        let mut seen = None;
        let receipt = bed.session().apply(&bed.draft(), &mut || {
            seen = Some((bed.get(".gitignore"), bed.get(".env"), bed.get("app/config.py")));
            Ok(())
        });
        let receipt = receipt.unwrap();
        let (ignore, env, config) = seen.unwrap();
        assert_eq!(ignore, Some(("*.pyc\n.env\n".to_owned(), 0o644)));
        assert_eq!(env, Some(("KEY=fresh\n".to_owned(), 0o600)));
        assert_eq!(config, Some((CONFIG.to_owned(), 0o640)));
        assert_eq!(bed.get("app/config.py"), Some(("KEY = env\n".to_owned(), 0o640)));
        let done: Vec<_> = receipt.files.iter().map(|file| (file.path.as_str(), file.action)).collect();
        assert_eq!(
            done,
            [
                (".gitignore", Action::Changed),
                (".env", Action::Created),
                ("app/config.py", Action::Changed),
                ("gunicorn.conf.py", Action::Created)
            ]
        );
        assert_eq!(receipt.diff, "--- .gitignore\n--- .env\n--- app/config.py\n--- gunicorn.conf.py\n");
        assert_eq!(list(&bed.tree, &bed.state).unwrap().newest(), Some(&receipt));
        assert_eq!(bed.all().len(), 4);
    }

    #[test]
    fn the_state_directory_holds_no_new_key() {
        let bed = Bed::new();
        bed.apply(&bed.draft()).unwrap();
        assert!(bed.state_files().iter().all(|(_, text)| !text.contains("fresh")));
        assert!(bed.state_files().iter().any(|(name, text)| name.starts_with("backup-") && text == CONFIG));
    }

    #[test]
    fn keys_that_cannot_be_read_back_take_everything_back() {
        let bed = Bed::new();
        let before = bed.all();
        let error = bed.session().apply(&bed.draft(), &mut || Err("KEY is not there".to_owned())).unwrap_err();
        assert!(matches!(&error, ApplyError::TakenBack { cause: Failure::ReadBack(_), .. }) && error.nothing_changed());
        assert_eq!(bed.all(), before);
        assert!(bed.state_files().iter().all(|(name, _)| !name.starts_with("backup-")));
        assert!(matches!(bed.session().undo(None, UndoOptions::default()), Err(ApplyError::NoRun)));
    }

    #[test]
    #[allow(clippy::type_complexity, reason = "a table")]
    fn a_file_that_is_not_what_was_shown_refuses_the_whole_run() {
        type Spoil = fn(&Bed);
        let cases: [(Spoil, fn(&Refusal) -> bool); 8] = [
            (|bed| bed.put("app/config.py", "KEY = 'mine'\n", 0o640), |why| matches!(why, Refusal::Changed)),
            (|bed| bed.put("app/config.py", CONFIG, 0o644), |why| matches!(why, Refusal::Changed)),
            (|bed| bed.put("gunicorn.conf.py", "", 0o644), |why| matches!(why, Refusal::Exists)),
            (
                |bed| std::fs::remove_file(bed.dir.path().join(".gitignore")).unwrap(),
                |why| matches!(why, Refusal::Missing),
            ),
            (
                |bed| std::fs::remove_dir_all(bed.dir.path().join("app")).unwrap(),
                |why| matches!(why, Refusal::NoDirectory),
            ),
            (
                |bed| std::fs::hard_link(bed.dir.path().join("app/config.py"), bed.dir.path().join("twin")).unwrap(),
                |why| matches!(why, Refusal::HardLinks { links: 2 }),
            ),
            (
                |bed| {
                    std::fs::rename(bed.dir.path().join("app"), bed.dir.path().join("real")).unwrap();
                    std::os::unix::fs::symlink("real", bed.dir.path().join("app")).unwrap();
                },
                |why| matches!(why, Refusal::Link),
            ),
            (
                |bed| {
                    std::fs::rename(bed.dir.path().join(".gitignore"), bed.dir.path().join("shared")).unwrap();
                    std::os::unix::fs::symlink("shared", bed.dir.path().join(".gitignore")).unwrap();
                },
                |why| matches!(why, Refusal::Link),
            ),
        ];
        for (at, (spoil, expected)) in cases.into_iter().enumerate() {
            let bed = Bed::new();
            let draft = bed.draft();
            spoil(&bed);
            let before = bed.all();
            match bed.apply(&draft) {
                Err(ApplyError::Refused(error)) => assert!(expected(&error.why), "case {at}: {error}"),
                other => panic!("case {at}: {other:?}"),
            }
            assert_eq!(bed.all(), before, "case {at}");
            assert!(list(&bed.tree, &bed.state).unwrap().runs.is_empty(), "case {at}");
        }
    }

    #[test]
    fn a_read_only_file_is_refused_but_may_lose_bits() {
        let bed = Bed::new();
        bed.put("app/config.py", CONFIG, 0o444);
        let change = bed.change("app/config.py", "x\n", 0o444, Phase::Code);
        let refused = bed.apply(&Draft { files: vec![change], ..Draft::default() });
        assert!(matches!(refused, Err(ApplyError::Refused(FileError { why: Refusal::ReadOnly, .. }))));
        let change = bed.change("app/config.py", CONFIG, 0o440, Phase::Code);
        let receipt = bed.apply(&Draft { files: vec![change], ..Draft::default() }).unwrap();
        assert_eq!(receipt.files[0].action, Action::Mode);
        assert_eq!(bed.get("app/config.py"), Some((CONFIG.to_owned(), 0o440)));
        bed.undo(UndoOptions::default());
        assert_eq!(bed.get("app/config.py"), Some((CONFIG.to_owned(), 0o444)));
    }

    #[test]
    fn a_change_during_the_run_takes_the_earlier_files_back() {
        let bed = Bed::new();
        let draft = bed.draft();
        let error = bed.session().apply(&draft, &mut || {
            bed.put("app/config.py", "KEY = 'mine'\n", 0o640);
            Ok(())
        });
        let error = error.unwrap_err();
        assert!(matches!(&error, ApplyError::TakenBack { cause: Failure::File(_), kept } if kept.len() == 1));
        assert_eq!(bed.get("app/config.py"), Some(("KEY = 'mine'\n".to_owned(), 0o640)));
        assert_eq!(bed.get(".gitignore"), Some(("*.pyc\n".to_owned(), 0o644)));
        assert_eq!(bed.all().len(), 2, "no env file, no temporary file");
    }

    #[test]
    fn extended_attributes_stay() {
        let bed = Bed::new();
        let path = bed.dir.path().join("app/config.py");
        let set = rustix::fs::setxattr(&path, c"user.note", b"kept", rustix::fs::XattrFlags::empty());
        if set == Err(rustix::io::Errno::OPNOTSUPP) {
            return;
        }
        set.unwrap();
        bed.apply(&bed.draft()).unwrap();
        let mut value = [0_u8; 16];
        assert_eq!(rustix::fs::getxattr(&path, c"user.note", &mut value[..]), Ok(4));
        bed.undo(UndoOptions::default());
        assert_eq!(rustix::fs::getxattr(&path, c"user.note", &mut value[..]), Ok(4));
    }

    #[test]
    fn an_empty_draft_is_no_run() {
        let bed = Bed::new();
        assert!(matches!(bed.apply(&Draft::default()), Err(ApplyError::Empty)));
    }
}
