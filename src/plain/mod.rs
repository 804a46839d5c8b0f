//! The plain face: numbered questions over the same flow, one line for each fact. No alternate
//! screen, no boxes, nothing redrawn; works through a pipe of answers.

mod facts;
mod menu;
mod setup;

use std::collections::VecDeque;
use std::io::{self, BufRead, Write};

use zeroize::Zeroizing;

use crate::engine::{self, Desk, Done, ScanStage, Work};
use crate::flow::{Effect, Ended, Flow, Intent, Question, Save, Start, Step};
use crate::process::echo::{Hidden, LONGEST_LINE};
use crate::process::editor::Editor;
use crate::report;
use crate::rules;
use crate::secret::Secret;
use crate::text::escape::{one_line, visible};

use menu::{Choice, Menu};

/// Runs a sitting on the standard streams of this process.
pub fn run(start: Start) -> Ended {
    let stdin = io::stdin();
    talk(start, &mut stdin.lock(), &mut io::stdout(), Hidden::begin)
}

/// A sitting over any streams, of which none echoes what is typed.
pub fn sit(start: Start, answers: &mut dyn BufRead, out: &mut dyn Write) -> Ended {
    talk(start, answers, out, || Ok(None))
}

fn talk(start: Start, answers: &mut dyn BufRead, out: &mut dyn Write, hush: Hush) -> Ended {
    let (flow, effects) = start.errand.begin(start.looks);
    let mut sitting = Sitting {
        flow,
        desk: Desk::new(start.request),
        root: start.root,
        save: start.save,
        answers,
        out,
        hush,
        stage: None,
    };
    let why = start.plain.unwrap_or_default();
    let begun = sitting.say(&format!("Plain mode is on ({why}). Answer by number and Enter; b goes back, q quits."));
    match begun.and_then(|()| sitting.go(effects)) {
        Ok(ended) => ended,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ended::NoAnswer,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ended::Vanished,
        Err(error) => Ended::Terminal(error),
    }
}

/// Turns echo off, where there is one.
type Hush = fn() -> io::Result<Option<Hidden>>;

/// What a running sitting holds.
struct Sitting<'io> {
    flow: Flow,
    desk: Desk,
    root: String,
    save: Save,
    answers: &'io mut dyn BufRead,
    out: &'io mut dyn Write,
    /// Keeps a value off the terminal while it is typed.
    hush: Hush,
    /// The stage of the scan that was said last.
    stage: Option<ScanStage>,
}

impl Sitting<'_> {
    fn go(&mut self, effects: Vec<Effect>) -> io::Result<Ended> {
        if let Some(ended) = self.perform(effects)? {
            return Ok(ended);
        }
        loop {
            if let Some(error) = self.flow.error.take() {
                if self.flow.scan.is_none() {
                    return Ok(Ended::Failed(error));
                }
                self.error(&error)?;
            }
            let intents = if self.flow.question.is_some() { self.answer()? } else { self.step()? };
            for intent in intents {
                let effects = self.flow.handle(intent);
                if let Some(ended) = self.perform(effects)? {
                    return Ok(ended);
                }
                if let Some(notice) = self.flow.notice.take() {
                    self.say(&sentence(&one_line(&notice)))?;
                }
            }
        }
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Asks one line of the person.
    fn ask(&mut self, question: &str) -> io::Result<String> {
        write!(self.out, "{question} ")?;
        self.out.flush()?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            writeln!(self.out)?;
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim().to_owned())
    }

    /// Asks for a value; one that is hidden is nowhere on the screen.
    fn value(&mut self, hidden: bool) -> io::Result<Option<Secret>> {
        write!(self.out, "{} ", if hidden { "Value (not shown):" } else { "Value:" })?;
        self.out.flush()?;
        let mut line = Zeroizing::new(String::with_capacity(2 * LONGEST_LINE));
        let quiet = if hidden { (self.hush)()? } else { None };
        let read = self.answers.read_line(&mut line);
        let on_terminal = quiet.is_some();
        drop(quiet);
        if hidden {
            writeln!(self.out)?;
        }
        if read? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if on_terminal && line.len() >= LONGEST_LINE {
            self.say("Not taken: a terminal cuts lines of this length. Use --set-file.")?;
            return Ok(None);
        }
        Ok(Some(Secret::from(line.trim())))
    }

    /// Says where the person is, and takes a choice.
    fn step(&mut self) -> io::Result<Vec<Intent>> {
        self.say("")?;
        for line in facts::facts(&self.flow, &self.root) {
            self.say(&line)?;
        }
        if self.flow.step == Step::Confirm {
            let typed = self.ask("Type write and Enter. Anything else goes back:")?;
            return Ok(vec![if typed == "write" { Intent::Write } else { Intent::Back }]);
        }
        let menu = menu::menu(&self.flow);
        for line in menu.lines() {
            self.say(&line)?;
        }
        self.choose(&menu)
    }

    fn choose(&mut self, menu: &Menu) -> io::Result<Vec<Intent>> {
        loop {
            let typed = self.ask("Number:")?;
            match typed.as_str() {
                "b" => return Ok(vec![Intent::Back]),
                "q" => return Ok(vec![Intent::Quit]),
                _ => {}
            }
            match typed.parse::<usize>().ok().and_then(|number| menu.choice(number)) {
                Some(choice) => return self.chosen(choice),
                None => {
                    let last = menu.last();
                    self.say(&format!("Type a number from 1 to {last}, b or q."))?;
                }
            }
        }
    }

    fn chosen(&mut self, choice: Choice) -> io::Result<Vec<Intent>> {
        Ok(match choice {
            Choice::Intents(intents) => intents,
            Choice::Filter => vec![Intent::Filter(self.ask("Words to look for, or nothing for all:")?)],
            Choice::Save => {
                let name = self.ask("Name of the file:")?;
                if name.is_empty() { Vec::new() } else { vec![Intent::Save(name)] }
            }
            Choice::Variables => {
                let menu = setup::list(&self.flow);
                for line in menu.lines() {
                    self.say(&line)?;
                }
                return self.choose(&menu);
            }
            Choice::Value { hidden } => {
                if let Some(value) = self.value(hidden)? {
                    // Taking a value asks for nothing to be done.
                    self.flow.answer(value);
                    if let Some(notice) = self.flow.notice.take() {
                        self.say(&sentence(&one_line(&notice)))?;
                    }
                }
                Vec::new()
            }
            Choice::Blocked(why) => {
                self.say(&sentence(&one_line(&why)))?;
                Vec::new()
            }
        })
    }

    /// A question of the flow.
    fn answer(&mut self) -> io::Result<Vec<Intent>> {
        let Some(question) = self.flow.question.clone() else { return Ok(Vec::new()) };
        if let Question::Reason(_) = question {
            let text = self.ask("Why does this not count here? The reason is kept with the project's settings:")?;
            return Ok(vec![Intent::Reason(text)]);
        }
        for line in facts::question(&self.flow, &question) {
            self.say(&line)?;
        }
        self.say("  1  yes")?;
        self.say("  2  no")?;
        loop {
            match self.ask("Number:")?.as_str() {
                "1" | "y" => return Ok(vec![Intent::Yes]),
                "2" | "n" | "b" => return Ok(vec![Intent::No]),
                _ => self.say("Type 1 or 2.")?,
            }
        }
    }

    /// Does what has to be done, and what follows from it.
    fn perform(&mut self, effects: Vec<Effect>) -> io::Result<Option<Ended>> {
        let mut open: VecDeque<Effect> = effects.into();
        while let Some(effect) = open.pop_front() {
            match effect {
                Effect::Work(work) => open.extend(self.work(work)?),
                Effect::Quit => return Ok(Some(Ended::Left { said: self.flow.farewell() })),
                Effect::Stopped(signal) => return Ok(Some(Ended::Stopped(signal))),
                // Nothing goes on beside the questions, so nothing can wait.
                Effect::Pause(_) => {}
                Effect::OpenEditor { path, line } => {
                    let root = self.root_path();
                    if self.in_editor(&root.join(path.as_str()), Some(line)).map_err(io::Error::other)? {
                        open.extend(self.flow.handle(Intent::FileClosed));
                    }
                }
                Effect::EditPatch { remedy } => open.extend(self.edit_patch(&remedy)?),
                Effect::Reveal { key } => self.reveal(&key)?,
                Effect::Copy(text) => self.say(&one_line(&text))?,
                Effect::ShowKeys(keys) => {
                    self.say("New keys, shown one time and kept nowhere:")?;
                    for key in keys {
                        self.say(&format!("{}={}", one_line(&key.name), key.value.expose()))?;
                    }
                }
                Effect::Explain(rule) => {
                    if let Some(rule) = rules::find(rule) {
                        write!(self.out, "\n{}", report::rules::one(rule, report::style::Style::plain()))?;
                    }
                }
                Effect::Save(name) => {
                    let text = facts::saved(&self.flow);
                    match (self.save)(std::path::Path::new(&name), &text) {
                        Ok(()) => self.say(&format!("The report is in {}.", one_line(&name)))?,
                        Err(why) => self.say(&format!("Not saved: {}.", one_line(&why)))?,
                    }
                }
            }
        }
        Ok(None)
    }

    fn work(&mut self, work: Work) -> io::Result<Vec<Effect>> {
        if let Some(what) = beginning(&work) {
            self.say(what)?;
            self.out.flush()?;
        }
        let (desk, flow, out, stage) = (&mut self.desk, &mut self.flow, &mut *self.out, &mut self.stage);
        let mut effects = Vec::new();
        let mut failed = Ok(());
        desk.perform(work, &mut |done| {
            if let Done::Progress(progress) = &done
                && stage.replace(progress.stage) != Some(progress.stage)
                && progress.stage != ScanStage::Files
            {
                let what = match progress.stage {
                    ScanStage::Commits => "Listing the commits of git history.",
                    ScanStage::Versions => "Reading the versions of files in git history.",
                    _ => "Tracing values to their commits.",
                };
                failed = writeln!(out, "{what}").and_then(|()| out.flush());
            }
            effects.extend(flow.receive(done));
        });
        failed.map(|()| effects)
    }

    fn reveal(&mut self, key: &crate::finding::FindingKey) -> io::Result<()> {
        let scan = self.flow.scan.clone();
        let found = scan.as_ref().and_then(|scan| {
            let found = scan.findings.iter().find(|found| found.key == *key)?;
            engine::value_of(scan, found)
        });
        match found {
            Some(secret) => {
                let line = format!("The value: {}", one_line(secret.expose()));
                self.say(&line)?;
                self.say("It stays in the terminal's scrollback until you clear it.")
            }
            None => self.say("This finding speaks of no value."),
        }
    }

    fn edit_patch(&mut self, remedy: &str) -> io::Result<Vec<Effect>> {
        let root = self.root_path();
        let Some(at) = self.flow.number_of(remedy) else { return Ok(Vec::new()) };
        let Some(patch) = self.flow.patch_at(at - 1).cloned() else { return Ok(Vec::new()) };
        match engine::by_hand(&root, &patch, &mut |file, line| self.in_editor(file, line)) {
            Ok(texts) if texts.is_empty() => self.say("Nothing was changed in the editor.").map(|()| Vec::new()),
            Ok(texts) => Ok(self.flow.handle(Intent::Edited { remedy: remedy.to_owned(), texts })),
            Err(why) => self.say(&format!("Not edited: {}", one_line(&why))).map(|()| Vec::new()),
        }
    }

    fn in_editor(&mut self, file: &std::path::Path, line: Option<usize>) -> Result<bool, String> {
        let Some(editor) = Editor::from_env() else {
            self.say("No editor: set VISUAL or EDITOR.").map_err(|error| error.to_string())?;
            return Ok(false);
        };
        let status = editor.open(file, line).map_err(|error| format!("{}: {error}", editor.name()))?;
        Ok(status.success())
    }

    fn root_path(&self) -> std::path::PathBuf {
        self.flow.scan.as_ref().map_or_else(|| ".".into(), |scan| scan.root.clone())
    }

    fn error(&mut self, error: &engine::EngineError) -> io::Result<()> {
        self.say(&format!("error: {}", visible(&error.what)))?;
        if let Some(why) = &error.why {
            self.say(&format!("  why: {}", visible(why)))?;
        }
        for (at, now) in error.now.iter().enumerate() {
            self.say(&format!("{}{}", if at == 0 { "  now: " } else { "       " }, visible(now)))?;
        }
        if error.nothing_written { self.say("  Nothing was written.") } else { Ok(()) }
    }
}

/// What is said before longer work.
fn beginning(work: &Work) -> Option<&'static str> {
    match work {
        Work::Scan => Some("Reading the project. A scan writes nothing and opens no network connection."),
        Work::Plan { .. } => Some("Working out the fixes."),
        Work::Draft { .. } => Some("Checking the changes together."),
        Work::Write { .. } => Some("Writing."),
        Work::Undo { .. } => Some("Taking the run back."),
        Work::Onboard { again: None, .. } => Some("Reading the project. Nothing is run, and nothing is written yet."),
        Work::OnboardWrite { .. } => Some("Writing."),
        _ => None,
    }
}

/// A notice as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    let dot = if text.ends_with(['.', '?', ':']) { "" } else { "." };
    format!("{first}{}{dot}", letters.as_str())
}
