//! Taking a finished run back. Decided by looking at each file, journaled as a whole, then done;
//! an interrupted undo is carried on by the next session. What the user edited since is kept.

use crate::repo::Tree;
use crate::text::RepoPath;

use super::error::ApplyError;
use super::index::{IndexPlace, WayBack};
use super::journal::{self, FileOp, IndexStep, Journal, Kept, KeptWhy, Record, Role, RunState, UndoStep, Writer};
use super::receipt::Receipt;
use super::recover::{self, GiveBackError, Standing, discard_temps, stage_old, standing};
use super::run::{Session, now};
use super::run_dir::RunDir;
use super::state_dir::{RunId, TreeState};
use super::write::{FileError, Found, Refusal, Seen, Slot};

/// How far an undo goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UndoOptions {
    /// Also files edited or deleted since; their present content is saved in the run's directory.
    pub force: bool,
    /// Also files with keys that we created, and the ignore lines that cover them.
    pub purge: bool,
    /// Give ignore files back even where a file with a key stays, which is then no longer ignored.
    pub restore_ignores: bool,
}

/// What an undo did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoReport {
    pub run: RunId,
    /// Given back their old bytes, mode and owner.
    pub restored: Vec<RepoPath>,
    /// Created by the run, now removed.
    pub removed: Vec<RepoPath>,
    /// Tracked by git again.
    pub tracked: Vec<RepoPath>,
    /// Left as they are, and why.
    pub kept: Vec<Kept>,
}

pub(super) fn undo(session: &Session<'_>, id: Option<&RunId>, options: UndoOptions) -> Result<UndoReport, ApplyError> {
    let (run, journal, bytes) = choose(&session.state, id)?;
    let Decided { steps, index, kept } = decide(session.tree, &run, &journal, options).map_err(ApplyError::Refused)?;
    if steps.is_empty() && index.is_none() && journal.state == RunState::Undone {
        return Ok(UndoReport::new(&run, kept));
    }
    if options.force {
        save_edited(session.tree, &run, &journal, &steps)?;
    }
    let mut writer = Writer::resume(&run, journal, &bytes)?;
    writer.append(vec![Record::Undo { time: now(), steps, kept, index }])?;
    let ready = match prepare(session.tree, &run, &writer.journal) {
        Ok(ready) => ready,
        Err(error) => return Err(abandon(session.tree, &run, &mut writer, error)),
    };
    finish(session.tree, &run, &mut writer, ready)
        .map_err(|error| recover::stuck(session.tree, &run, &writer.journal, error.to_string()))
}

/// Carries an interrupted undo on.
pub(super) fn carry_on(tree: &Tree, run: &RunDir, writer: &mut Writer) -> Result<Vec<Kept>, GiveBackError> {
    let ready = prepare(tree, run, &writer.journal)?;
    Ok(finish(tree, run, writer, ready)?.kept)
}

/// The run meant, with its journal. Without an id: the newest that was written, undone or not, so
/// that a second undo does not reach further back than the first.
fn choose(state: &TreeState, id: Option<&RunId>) -> Result<(RunDir, Journal, Vec<u8>), ApplyError> {
    let mut newest: Option<(RunDir, Journal, Vec<u8>)> = None;
    for known in state.runs()? {
        if id.is_some_and(|id| *id != known) {
            continue;
        }
        let run = state.run(&known)?;
        let (journal, bytes) = journal::load(&run)?;
        let written = matches!(journal.state, RunState::Applied | RunState::Undone);
        if written && newest.as_ref().is_none_or(|(_, best, _)| best.number < journal.number) {
            newest = Some((run, journal, bytes));
        }
    }
    newest.ok_or_else(|| match id {
        Some(id) => ApplyError::UnknownRun { id: id.to_string() },
        None => ApplyError::NoRun,
    })
}

impl UndoReport {
    fn new(run: &RunDir, kept: Vec<Kept>) -> Self {
        Self { run: run.id.clone(), restored: Vec::new(), removed: Vec::new(), tracked: Vec::new(), kept }
    }
}

/// What an undo will do.
struct Decided {
    /// Last written first.
    steps: Vec<UndoStep>,
    index: Option<IndexStep>,
    kept: Vec<Kept>,
}

/// What to do with git's index; nothing where the files are tracked, and what is kept where
/// others changed it since.
fn decide_index(
    tree: &Tree,
    run: &RunDir,
    journal: &Journal,
    options: UndoOptions,
) -> Result<(Option<IndexStep>, Vec<Kept>), FileError> {
    let Some(op) = &journal.index else { return Ok((None, Vec::new())) };
    if journal.undone && !journal.kept.iter().any(Kept::is_of_index) {
        return Ok((None, Vec::new()));
    }
    Ok(match IndexPlace::find(tree)?.way_back(run, op, options.force)? {
        WayBack::Done => (None, Vec::new()),
        WayBack::Moved => (None, op.kept()),
        WayBack::Replace(..) => (Some(IndexStep { force: options.force }), Vec::new()),
    })
}

/// What to do with each file and with git's index, and what is kept.
fn decide(tree: &Tree, run: &RunDir, journal: &Journal, options: UndoOptions) -> Result<Decided, FileError> {
    let mut steps = Vec::new();
    let (index, mut kept) = decide_index(tree, run, journal, options)?;
    // A file with a key that stays untracked must stay ignored.
    let untracked_stays = !kept.is_empty();
    let mut key_stays = false;
    for (index, op) in journal.files.iter().enumerate().rev() {
        if journal.undone && !journal.kept.iter().any(|kept| kept.path == op.path && !kept.is_of_index()) {
            continue;
        }
        let (slot, standing) = standing(tree, op)?;
        let verdict = match standing {
            Standing::Before => continue,
            Standing::Replaced => Err(KeptWhy::Replaced),
            _ if slot.is_none() => Err(KeptWhy::Removed),
            Standing::After(_) | Standing::Edited(_)
                if op.role == Role::Key && op.before.is_none() && !options.purge =>
            {
                Err(KeptWhy::HoldsKey)
            }
            Standing::After(_) | Standing::Edited(_)
                if op.role == Role::Ignore && (untracked_stays || key_stays && !options.restore_ignores) =>
            {
                Err(KeptWhy::IgnoresKey)
            }
            Standing::After(found) => Ok(Some(found.mark)),
            Standing::Edited(found) if options.force => Ok(Some(found.mark)),
            Standing::Removed if options.force => Ok(None),
            Standing::Edited(_) => Err(KeptWhy::Edited),
            Standing::Removed => Err(KeptWhy::Removed),
        };
        match verdict {
            Ok(found) => steps.push(UndoStep { op: index, found }),
            Err(why) => {
                key_stays |= op.role == Role::Key && why != KeptWhy::Removed;
                kept.push(Kept { path: op.path.clone(), why });
            }
        }
    }
    kept.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Decided { steps, index, kept })
}

/// Before edits are given up on request, they are saved among the backups.
fn save_edited(tree: &Tree, run: &RunDir, journal: &Journal, steps: &[UndoStep]) -> Result<(), ApplyError> {
    for step in steps {
        let op = &journal.files[step.op];
        if let (_, Standing::Edited(found)) = standing(tree, op).map_err(ApplyError::Refused)? {
            run.replace(&format!("edited-{}", step.op + 1), &found.bytes)?;
        }
    }
    Ok(())
}

/// A step whose file still is what the undo was decided for, staged.
struct Ready<'t> {
    op: FileOp,
    /// `None`: done already, or not to be done any more.
    act: Option<(Slot<'t>, Option<Found>)>,
    kept: Option<KeptWhy>,
}

/// Stages all old contents. Nothing of the tree has changed yet when this fails.
fn prepare<'t>(tree: &'t Tree, run: &RunDir, journal: &Journal) -> Result<Vec<Ready<'t>>, GiveBackError> {
    discard_temps(tree, journal)?;
    if let (Some(op), Some(step)) = (&journal.index, journal.index_step) {
        let place = IndexPlace::find(tree)?;
        place.discard(op)?;
        // Whatever keeps the index from being written is found before a file is.
        place.way_back(run, op, step.force)?;
    }
    let mut ready = Vec::with_capacity(journal.steps.len());
    for step in &journal.steps {
        let op = journal.files[step.op].clone();
        let next = examine(tree, op, step)?;
        if let Some((slot, found)) = next.act.as_ref().filter(|_| next.op.before.is_some()) {
            stage_old(slot, run, &next.op, found.as_ref())?;
        }
        ready.push(next);
    }
    Ok(ready)
}

fn examine<'t>(tree: &'t Tree, op: FileOp, step: &UndoStep) -> Result<Ready<'t>, FileError> {
    let (slot, standing) = standing(tree, &op)?;
    let seen = match standing {
        Standing::Before => return Ok(Ready { op, act: None, kept: None }),
        Standing::After(found) | Standing::Edited(found) => Seen::File(found),
        Standing::Removed => Seen::Absent,
        Standing::Replaced => Seen::Foreign(Refusal::Changed),
    };
    let unchanged = seen.mark() == step.found.as_ref();
    Ok(match (seen, slot) {
        (Seen::File(found), Some(slot)) if unchanged => Ready { op, act: Some((slot, Some(found))), kept: None },
        (Seen::Absent, Some(slot)) if unchanged => Ready { op, act: Some((slot, None)), kept: None },
        (Seen::Foreign(_), _) => Ready { op, act: None, kept: Some(KeptWhy::Replaced) },
        (Seen::Absent, _) => Ready { op, act: None, kept: Some(KeptWhy::Removed) },
        (Seen::File(_), _) => Ready { op, act: None, kept: Some(KeptWhy::Edited) },
    })
}

/// Renames and removes, then closes the undo.
fn finish(tree: &Tree, run: &RunDir, writer: &mut Writer, ready: Vec<Ready<'_>>) -> Result<UndoReport, GiveBackError> {
    let mut report = UndoReport::new(run, writer.journal.decided.clone());
    let (ignores, others): (Vec<_>, Vec<_>) = ready.into_iter().partition(|step| step.op.role == Role::Ignore);
    let mut done = finish_files(others, &mut report)?;
    if let (Some(op), Some(step)) = (&writer.journal.index, writer.journal.index_step) {
        let kept = IndexPlace::find(tree)?.give_back(run, op, step.force)?;
        if kept.is_empty() {
            report.tracked.clone_from(&op.paths);
        }
        report.kept.extend(kept);
    }
    done.extend(finish_files(ignores, &mut report)?);
    report.kept.sort_by(|a, b| a.path.cmp(&b.path));
    writer.append(vec![Record::UndoClose { finished: true, kept: report.kept.clone() }])?;
    recover::drop_backups(run, done.iter());
    if let Some(op) = writer.journal.index.as_ref().filter(|_| !report.kept.iter().any(Kept::is_of_index)) {
        run.remove(&op.backup);
    }
    // The undo is closed; a receipt that cannot be renewed does not take that back.
    let _ = Receipt::of(run, &writer.journal).and_then(|receipt| receipt.keep(run));
    Ok(report)
}

/// Renames and removes these; gives the operations that were taken back.
fn finish_files(ready: Vec<Ready<'_>>, report: &mut UndoReport) -> Result<Vec<FileOp>, FileError> {
    let mut done = Vec::new();
    for step in ready {
        if let Some(why) = step.kept {
            report.kept.push(Kept { path: step.op.path.clone(), why });
        }
        let Some((slot, found)) = step.act else { continue };
        if step.op.before.is_some() {
            slot.install(&step.op.temp, found.as_ref())?;
            report.restored.push(step.op.path.clone());
        } else if let Some(found) = &found {
            slot.remove(found)?;
            report.removed.push(step.op.path.clone());
        }
        done.push(step.op);
    }
    Ok(done)
}

/// Nothing was given back yet: the run is as it was before the undo.
fn abandon(tree: &Tree, run: &RunDir, writer: &mut Writer, error: GiveBackError) -> ApplyError {
    let tidied = discard_temps(tree, &writer.journal).map_err(GiveBackError::from).and_then(|()| {
        writer.append(vec![Record::UndoClose { finished: false, kept: Vec::new() }]).map_err(GiveBackError::from)
    });
    match (tidied, error) {
        (Err(then), error) => recover::stuck(tree, run, &writer.journal, format!("{error}; then {then}")),
        (Ok(()), GiveBackError::File(error)) => ApplyError::Refused(error),
        (Ok(()), GiveBackError::State(error)) => ApplyError::State(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{Bed, CONFIG, IGNORE};
    use super::*;
    use crate::plan::{Draft, Phase};

    const PLAIN: UndoOptions = UndoOptions { force: false, purge: false, restore_ignores: false };
    const PURGE: UndoOptions = UndoOptions { purge: true, ..PLAIN };
    const FORCE: UndoOptions = UndoOptions { force: true, ..PLAIN };

    fn why(report: &UndoReport) -> Vec<(&str, KeptWhy)> {
        report.kept.iter().map(|kept| (kept.path.as_str(), kept.why)).collect()
    }

    fn paths(paths: &[RepoPath]) -> Vec<&str> {
        paths.iter().map(RepoPath::as_str).collect()
    }

    #[test]
    fn a_new_env_file_and_the_line_that_ignores_it_stay_until_purged() {
        let bed = Bed::new();
        let before = bed.all();
        bed.apply(&bed.draft()).unwrap();
        let report = bed.undo(PLAIN);
        assert_eq!(paths(&report.restored), ["app/config.py"]);
        assert_eq!(paths(&report.removed), ["gunicorn.conf.py"]);
        assert_eq!(why(&report), [(".env", KeptWhy::HoldsKey), (".gitignore", KeptWhy::IgnoresKey)]);
        assert_eq!(bed.get(".env"), Some(("KEY=fresh\n".to_owned(), 0o600)));
        let once = bed.all();
        let again = bed.undo(PLAIN);
        assert_eq!((again.restored.len(), again.removed.len(), why(&again)), (0, 0, why(&report)));
        assert_eq!(bed.all(), once);
        let purged = bed.undo(PURGE);
        assert_eq!((paths(&purged.removed), paths(&purged.restored)), (vec![".env"], vec![".gitignore"]));
        assert_eq!(bed.all(), before);
        assert_eq!(bed.undo(PURGE).kept, []);
    }

    #[test]
    fn ignores_are_restored_on_request_or_when_the_env_file_is_gone() {
        let bed = Bed::new();
        bed.apply(&bed.draft()).unwrap();
        let report = bed.undo(UndoOptions { restore_ignores: true, ..PLAIN });
        assert_eq!(why(&report), [(".env", KeptWhy::HoldsKey)]);
        assert_eq!(bed.get(".gitignore").unwrap().0, IGNORE);

        let bed = Bed::new();
        bed.apply(&bed.draft()).unwrap();
        std::fs::remove_file(bed.dir.path().join(".env")).unwrap();
        assert_eq!(bed.undo(PLAIN).kept, []);
        assert_eq!(bed.get(".gitignore").unwrap().0, IGNORE);
    }

    #[test]
    fn an_env_file_that_existed_is_given_back_byte_for_byte() {
        let bed = Bed::new();
        bed.put(".env", "A=1 ", 0o640);
        let before = bed.all();
        bed.apply(&Draft {
            files: vec![
                bed.change(".gitignore", ".env\n", 0o644, Phase::Ignore),
                bed.change(".env", "A=1 \nKEY=fresh\n", 0o600, Phase::Secret),
            ],
            ..Draft::default()
        })
        .unwrap();
        assert_eq!(bed.get(".env").unwrap().1, 0o600);
        assert_eq!(bed.undo(PLAIN).kept, []);
        assert_eq!(bed.all(), before);
    }

    #[test]
    fn edited_files_are_kept_unless_forced_and_then_saved() {
        let bed = Bed::new();
        bed.apply(&bed.draft()).unwrap();
        bed.put("app/config.py", "KEY = 'mine'\n", 0o640);
        std::fs::remove_file(bed.dir.path().join("gunicorn.conf.py")).unwrap();
        let report = bed.undo(PLAIN);
        assert!(why(&report).contains(&("app/config.py", KeptWhy::Edited)));
        assert_eq!(bed.get("app/config.py").unwrap().0, "KEY = 'mine'\n");
        let forced = bed.undo(FORCE);
        assert_eq!(paths(&forced.restored), ["app/config.py"]);
        assert_eq!(bed.get("app/config.py"), Some((CONFIG.to_owned(), 0o640)));
        assert!(bed.state_files().iter().any(|(name, text)| name == "edited-3" && text == "KEY = 'mine'\n"));
    }

    #[test]
    fn a_link_in_place_of_a_file_is_kept_even_when_forced() {
        let bed = Bed::new();
        bed.apply(&bed.draft()).unwrap();
        let path = bed.dir.path().join("app/config.py");
        std::fs::rename(&path, bed.outer.path().join("elsewhere.py")).unwrap();
        std::os::unix::fs::symlink(bed.outer.path().join("elsewhere.py"), &path).unwrap();
        assert!(why(&bed.undo(FORCE)).contains(&("app/config.py", KeptWhy::Replaced)));
        assert_eq!(std::fs::read_to_string(bed.outer.path().join("elsewhere.py")).unwrap(), "KEY = env\n");
    }

    #[test]
    fn what_a_later_run_wrote_is_not_taken_by_undoing_an_undone_one() {
        let bed = Bed::new();
        let first = bed.apply(&bed.draft()).unwrap();
        bed.undo(PLAIN);
        let again = || Draft {
            files: vec![
                bed.change("app/config.py", "KEY = env\n", 0o640, Phase::Code),
                bed.change("gunicorn.conf.py", "timeout = 30\n", 0o644, Phase::Code),
            ],
            ..Draft::default()
        };
        let second = bed.apply(&again()).unwrap();
        let written = bed.all();
        bed.session().undo(Some(&first.run), PLAIN).unwrap();
        assert_eq!(bed.all(), written);
        assert_eq!(bed.undo(PLAIN).run, second.run);
        assert_eq!(bed.get("app/config.py").unwrap().0, CONFIG);
    }

    #[test]
    fn unknown_ids_and_damaged_backups_change_nothing() {
        let bed = Bed::new();
        let receipt = bed.apply(&bed.draft()).unwrap();
        let unknown = RunId::parse("00000000").unwrap();
        assert!(matches!(bed.session().undo(Some(&unknown), PLAIN), Err(ApplyError::UnknownRun { .. })));
        let runs = bed.state.path().join("runs");
        let tree = std::fs::read_dir(runs).unwrap().next().unwrap().unwrap().path();
        std::fs::write(tree.join(receipt.run.as_str()).join("backup-3"), "other").unwrap();
        let written = bed.all();
        let error = bed.session().undo(None, PLAIN).unwrap_err();
        assert!(matches!(error, ApplyError::Refused(FileError { why: Refusal::Backup, .. })));
        assert_eq!(bed.all(), written);
    }
}
