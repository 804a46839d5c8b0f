//! The kill sweep: apply and undo are stopped, or a call of theirs is made to fail, at every
//! single call that touches the tree or the state directory. After each, every file is whole, and
//! running the step again ends where an undisturbed one ends. Needs `strace`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::sweep_bed::{Bed, Scenario, Step};
use super::syscalls::{self, Call, Fault};

const STEP: &str = "FH_SWEEP_STEP";
const ROOT: &str = "FH_SWEEP_ROOT";
const SCENARIO: &str = "FH_SWEEP_SCENARIO";

/// The program that is killed: this test binary, run again to do one step and nothing else.
fn program(bed: &Bed, step: Step) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "real::kill_sweep::one_step_for_the_sweep", "--test-threads", "1"]);
    command.env(STEP, step.name()).env(ROOT, &bed.root).env(SCENARIO, format!("{:?}", bed.scenario));
    command
}

/// What [`program`] does; nothing in an ordinary run of the tests.
#[test]
fn one_step_for_the_sweep() {
    let (Ok(step), Ok(root), Ok(scenario)) = (std::env::var(STEP), std::env::var(ROOT), std::env::var(SCENARIO)) else {
        return;
    };
    // strace counts the calls of each thread: the test runner's own must not be the first to
    // reach a number that is meant for this thread.
    for _ in 0..64 {
        std::fs::write("/dev/null", "-").unwrap();
    }
    let scenario = Scenario::ALL.into_iter().find(|known| format!("{known:?}") == scenario).unwrap();
    let root = PathBuf::from(root);
    let done = Bed::run_step(&root.join("tree"), &root.join("state/flask-harden"), scenario, Step::from_name(&step));
    assert!(done.is_ok(), "{done:?}");
}

/// A tree on which the steps before `step` have been done.
fn bed_before(scenario: Scenario, step: Step) -> Bed {
    let bed = Bed::new(scenario);
    if step != Step::Apply {
        bed.step(Step::Apply).unwrap();
    }
    bed
}

/// The calls an undisturbed step makes on the tree and the state directory.
fn calls_of(scenario: Scenario, step: Step) -> Vec<Call> {
    let bed = bed_before(scenario, step);
    assert!(syscalls::run(&program(&bed, step), Fault::None, &bed.log()).success());
    check_end(&bed, step, "undisturbed");
    let calls = syscalls::touching(&bed.log(), &bed.root);
    assert!(calls.iter().filter(|call| call.changes()).count() > 20, "strace saw too little");
    assert!(calls.iter().all(|call| call.reachable), "the test runner's thread makes too many calls");
    calls
}

fn check_end(bed: &Bed, step: Step, when: &str) {
    bed.check_instant(when);
    match step {
        Step::Apply => bed.check_new(when),
        Step::Undo => bed.check_undone(when),
        Step::Purge => bed.check_old(when),
    }
}

/// The step again, then all the others: each ends where an undisturbed one ends.
fn check_convergence(bed: &Bed, step: Step, when: &str) {
    let rest: &[Step] = match step {
        Step::Apply => &[Step::Apply, Step::Apply, Step::Undo, Step::Undo, Step::Purge],
        Step::Undo => &[Step::Undo, Step::Purge, Step::Purge],
        Step::Purge => &[Step::Purge],
    };
    for next in rest {
        bed.step(*next).unwrap_or_else(|error| panic!("{when}: then {next:?}: {error}"));
        check_end(bed, *next, &format!("{when}: then {next:?}"));
    }
    bed.check_old(when);
}

fn kill_everywhere(scenario: Scenario, step: Step) {
    for call in calls_of(scenario, step).iter().filter(|call| call.changes()) {
        let when = format!("{step:?} killed at {} {}: {}", call.name, call.ordinal, call.line);
        let bed = bed_before(scenario, step);
        let status = syscalls::run(&program(&bed, step), Fault::Kill(call), &bed.log());
        assert!(!status.success(), "{when}: was not killed");
        bed.check_instant(&when);
        check_convergence(&bed, step, &when);
    }
}

fn fail_everywhere(scenario: Scenario, step: Step, error: &'static str) {
    for call in calls_of(scenario, step).iter().filter(|call| call.changes() || error == "EIO") {
        let when = format!("{step:?} with {error} at {} {}: {}", call.name, call.ordinal, call.line);
        let bed = bed_before(scenario, step);
        let status = syscalls::run(&program(&bed, step), Fault::Error(call, error), &bed.log());
        assert!(std::fs::read_to_string(bed.log()).unwrap().contains("(INJECTED)"), "{when}: did not fail");
        bed.check_instant(&when);
        match step {
            // Success is only reported where everything was done.
            _ if status.success() => check_end(&bed, step, &when),
            Step::Apply => assert!(bed.is_old(), "{when}: failed, and left something behind"),
            // An undo that stops half way is carried on by the next run, which is checked below.
            Step::Undo | Step::Purge => {}
        }
        check_convergence(&bed, step, &when);
    }
}

/// A run that was killed half way, and whose recovery is killed everywhere as well.
fn kill_the_recovery(scenario: Scenario, step: Step, nth_rename: usize) {
    let renames = calls_of(scenario, step).into_iter().filter(|call| call.name.starts_with("rename") && in_tree(call));
    let first = renames.into_iter().nth(nth_rename).unwrap();
    let killed = || {
        let bed = bed_before(scenario, step);
        syscalls::run(&program(&bed, step), Fault::Kill(&first), &bed.log());
        assert!(bed.has_temp(), "killed before anything was staged");
        bed
    };
    let bed = killed();
    assert!(syscalls::run(&program(&bed, step), Fault::None, &bed.log()).success());
    for call in syscalls::touching(&bed.log(), &bed.root).iter().filter(|call| call.changes()) {
        let when = format!("recovery of {step:?} killed at {} {}: {}", call.name, call.ordinal, call.line);
        let bed = killed();
        assert!(!syscalls::run(&program(&bed, step), Fault::Kill(call), &bed.log()).success(), "{when}");
        bed.check_instant(&when);
        check_convergence(&bed, step, &when);
    }
}

fn in_tree(call: &Call) -> bool {
    call.line.contains("/tree")
}

#[test]
fn apply_killed_at_every_call() {
    kill_everywhere(Scenario::NewEnvFile, Step::Apply);
    kill_everywhere(Scenario::GrownEnvFile, Step::Apply);
    kill_everywhere(Scenario::Untracking, Step::Apply);
}

#[test]
fn undo_killed_at_every_call() {
    kill_everywhere(Scenario::NewEnvFile, Step::Undo);
    kill_everywhere(Scenario::NewEnvFile, Step::Purge);
    kill_everywhere(Scenario::GrownEnvFile, Step::Undo);
    kill_everywhere(Scenario::Untracking, Step::Undo);
}

#[test]
fn every_call_of_apply_fails_once() {
    fail_everywhere(Scenario::NewEnvFile, Step::Apply, "EIO");
    fail_everywhere(Scenario::GrownEnvFile, Step::Apply, "ENOSPC");
    fail_everywhere(Scenario::Untracking, Step::Apply, "EIO");
}

#[test]
fn every_call_of_undo_fails_once() {
    fail_everywhere(Scenario::NewEnvFile, Step::Undo, "ENOSPC");
    fail_everywhere(Scenario::GrownEnvFile, Step::Purge, "EIO");
    fail_everywhere(Scenario::Untracking, Step::Undo, "EIO");
}

#[test]
fn recovery_killed_at_every_call() {
    kill_the_recovery(Scenario::NewEnvFile, Step::Apply, 2);
    kill_the_recovery(Scenario::GrownEnvFile, Step::Undo, 1);
    kill_the_recovery(Scenario::Untracking, Step::Apply, 2);
    kill_the_recovery(Scenario::Untracking, Step::Undo, 1);
}

#[test]
fn modes_hold_whatever_the_umask() {
    for umask in ["0", "0777"] {
        let bed = Bed::new(Scenario::NewEnvFile);
        for step in [Step::Apply, Step::Undo, Step::Purge] {
            let plain = program(&bed, step);
            let mut shell = Command::new("sh");
            shell
                .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
                .arg(plain.get_program())
                .args(plain.get_args());
            shell.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let output = shell.output().unwrap();
            let when = format!("{step:?} with umask {umask}");
            assert!(output.status.success(), "{when}: {}", String::from_utf8_lossy(&output.stdout));
            check_end(&bed, step, &when);
        }
    }
}

#[test]
fn contents_are_on_disk_before_names_and_the_journal_before_both() {
    for scenario in [Scenario::NewEnvFile, Scenario::GrownEnvFile] {
        for step in [Step::Apply, Step::Undo] {
            let bed = bed_before(scenario, step);
            assert!(syscalls::run(&program(&bed, step), Fault::None, &bed.log()).success());
            let calls = syscalls::touching(&bed.log(), &bed.root);
            assert_eq!(check_order(&calls, &bed.tree()), Ok(()), "{scenario:?} {step:?}");
            // The check itself: without its fsync calls, or its journal, the same run is refused.
            for (without, path) in [("fsync", "/.flask-harden-"), ("fsync", "/tree>"), ("pwrite64", "journal")] {
                let doctored: Vec<Call> =
                    calls.iter().filter(|call| call.name != without || !call.line.contains(path)).cloned().collect();
                assert!(check_order(&doctored, &bed.tree()).is_err(), "{scenario:?} {step:?} without {without} {path}");
            }
        }
    }
}

/// Journal, then temporary file written, synced, renamed, and its directory synced; a removal
/// is followed by the directory as well.
fn check_order(calls: &[Call], tree: &Path) -> Result<(), String> {
    let tree = tree.to_str().unwrap();
    let at = |from: usize, test: &dyn Fn(&Call) -> bool| calls[from..].iter().position(test).map(|at| from + at);
    let journal = at(0, &|call| call.name == "pwrite64" && call.line.contains("journal.jsonl")).ok_or("no journal")?;
    let synced = at(journal, &|call| call.name == "fsync" && call.line.contains("journal.jsonl"));
    let first = at(0, &|call| call.changes() && call.line.contains(tree)).ok_or("nothing written")?;
    if synced.is_none_or(|synced| synced > first) {
        return Err("the tree was touched before the journal was on disk".to_owned());
    }
    let mut installed = 0;
    for (index, call) in calls.iter().enumerate().filter(|(_, call)| installs(call)) {
        let name = call.line.split('"').nth(1).unwrap();
        if call.name.starts_with("rename") {
            let of_temp = |call: &Call| call.line.contains(&format!("/{name}>"));
            let written = calls[..index].iter().rposition(|call| call.name == "write" && of_temp(call));
            let synced = calls[..index].iter().rposition(|call| call.name == "fsync" && of_temp(call));
            if written.is_none() || synced < written {
                return Err(format!("{name} was renamed before it was on disk"));
            }
        }
        let dir = call.line.split(['<', '>']).nth(1).unwrap();
        let after = calls[index + 1..].iter().find(|call| call.changes() && !call.line.contains("/state/"));
        if !after.is_some_and(|call| call.name == "fsync" && call.line.contains(&format!("<{dir}>"))) {
            return Err(format!("{dir} was not synced after {name} was put there or removed"));
        }
        installed += 1;
    }
    if installed == 0 { Err("nothing was renamed".to_owned()) } else { Ok(()) }
}

/// A file of the tree appears or vanishes under its own name.
fn installs(call: &Call) -> bool {
    in_tree(call)
        && (call.name.starts_with("rename") || (call.name == "unlinkat" && !call.line.contains(".flask-harden-")))
}
