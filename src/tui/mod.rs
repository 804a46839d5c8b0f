//! The full-screen face: reads keys, drives the flow, draws. The model is changed in `update`
//! alone and drawn by pure functions; work is done on other threads.

mod clipboard;
mod input;
mod keymap;
mod model;
mod msg;
mod screens;
mod stage;
mod suspend;
mod terminal;
mod theme;
mod update;
mod view;
mod widgets;
mod worker;

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::flow::{Effect, Ended, Start};

pub use stage::Stage;

use model::Model;
use msg::{Command, Msg};
use suspend::Stops;
use terminal::{Guard, Screen};
use worker::Worker;

/// How often the clock is looked at while nothing happens.
const TICK: Duration = Duration::from_millis(250);

/// What comes from other threads.
enum Incoming {
    Msg(Box<Msg>),
    /// The terminal went away.
    Gone,
    /// SIGTSTP came, or SIGCONT.
    Stop,
    Continued,
    /// A thread met a bug; it was said.
    Broken,
}

/// Runs a sitting on the terminal of this process.
pub fn run(start: Start) -> Ended {
    match sit(start) {
        Ok(ended) => ended,
        Err(error) => Ended::Terminal(error),
    }
}

/// Holds the terminal of this process while `run` goes on, and gives it back however that ends.
///
/// # Errors
/// Where there is no terminal to hold.
pub fn holding<T>(run: impl FnOnce() -> T) -> io::Result<T> {
    let guard = Guard::enter(true)?;
    let result = run();
    drop(guard);
    Ok(result)
}

type Drawn = Terminal<CrosstermBackend<Screen>>;

/// What a running sitting holds.
struct Sitting {
    guard: Guard,
    drawn: Drawn,
    input: input::Input,
    worker: Worker,
    model: Model,
    save: crate::flow::Save,
    begun: Instant,
}

fn sit(start: Start) -> io::Result<Ended> {
    let (sender, incoming) = channel();
    let (flow, effects) = start.errand.begin(start.looks);
    let worker = Worker::start(start.request, sender.clone())?;
    let size = crossterm::terminal::size().unwrap_or((80, 24));
    let model = Model::new(flow, start.looks, start.root, size);
    let stops = Stops::watch(sender.clone())?;
    let guard = Guard::enter(start.looks.mouse)?;
    let drawn = Terminal::new(CrosstermBackend::new(Screen::default()))?;
    let input = input::Input::start(sender)?;
    let mut sitting = Sitting { guard, drawn, input, worker, model, save: start.save, begun: Instant::now() };
    let ended = sitting.go(effects, &incoming, &stops);
    // First of all: what is printed next is for the screen the person came from.
    drop(sitting);
    ended
}

impl Sitting {
    fn go(&mut self, effects: Vec<Effect>, incoming: &Receiver<Incoming>, stops: &Stops) -> io::Result<Ended> {
        if let Some(ended) = self.perform(effects.into_iter().map(Command::Flow).collect(), stops)? {
            return Ok(ended);
        }
        loop {
            self.draw()?;
            let mut next = match incoming.recv_timeout(TICK) {
                Ok(next) => Some(next),
                Err(RecvTimeoutError::Timeout) if input::is_gone() => return Ok(Ended::Vanished),
                Err(RecvTimeoutError::Timeout) => Some(Incoming::Msg(Box::new(Msg::Tick(self.begun.elapsed())))),
                Err(RecvTimeoutError::Disconnected) => return Ok(Ended::Vanished),
            };
            // What has come meanwhile is taken at once, so that drawing never lags behind.
            while let Some(event) = next.take() {
                if let Some(ended) = self.take(event, stops)? {
                    return Ok(ended);
                }
                next = incoming.try_recv().ok();
            }
            self.model.clock = self.begun.elapsed();
        }
    }

    fn take(&mut self, event: Incoming, stops: &Stops) -> io::Result<Option<Ended>> {
        match event {
            Incoming::Msg(msg) => {
                let commands = update::update(&mut self.model, *msg);
                // Where nothing could be read at all there is nothing to show.
                if let Some(error) = self.model.flow.error.take_if(|_| self.model.flow.scan.is_none()) {
                    return Ok(Some(Ended::Failed(error)));
                }
                return self.perform(commands, stops);
            }
            Incoming::Gone => return Ok(Some(Ended::Vanished)),
            Incoming::Broken => return Ok(Some(Ended::Broken)),
            Incoming::Stop => self.stop(stops)?,
            Incoming::Continued => {
                self.guard.again()?;
                self.forget_screen()?;
            }
        }
        Ok(None)
    }

    fn draw(&mut self) -> io::Result<()> {
        let model = &self.model;
        self.drawn.draw(|frame| view::draw(model, frame)).map(drop)
    }

    /// Gives the terminal back, stops, and takes it again when continued.
    fn stop(&mut self, stops: &Stops) -> io::Result<()> {
        self.input.rest(|| {
            terminal::restore();
            stops.stop();
            self.guard.again()
        })?;
        self.forget_screen()
    }

    /// Draws everything the next time. Not by `clear`, which asks the terminal where its cursor is
    /// and waits for an answer.
    pub(super) fn forget_screen(&mut self) -> io::Result<()> {
        let size = self.drawn.size()?;
        self.drawn.resize(ratatui::layout::Rect::new(0, 0, size.width, size.height))
    }

    fn perform(&mut self, commands: Vec<Command>, stops: &Stops) -> io::Result<Option<Ended>> {
        for command in commands {
            match command {
                Command::Suspend => self.stop(stops)?,
                Command::Flow(Effect::Quit) => return Ok(Some(Ended::Left { said: self.model.flow.farewell() })),
                Command::Flow(Effect::Stopped(signal)) => return Ok(Some(Ended::Stopped(signal))),
                Command::Flow(effect) => self.effect(effect)?,
            }
        }
        Ok(None)
    }

    fn effect(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Work(work) => self.worker.perform(work),
            Effect::Pause(on) => self.worker.pause(on),
            Effect::Copy(text) => {
                let mut out = Screen::default();
                io::Write::write_all(&mut out, clipboard::sequence(&text).as_bytes())?;
                io::Write::flush(&mut out)?;
                self.model.said = Some(format!("copied: {}", widgets::words::shown(&text)));
            }
            Effect::OpenEditor { path, line } => {
                let file = self.root().join(path.as_str());
                self.edit_file(&file, Some(line))?;
            }
            Effect::EditPatch { remedy } => self.edit_patch(&remedy)?,
            Effect::Save(name) => {
                let text = screens::report::saved(&self.model);
                self.model.said = Some(match (self.save)(std::path::Path::new(&name), &text) {
                    Ok(()) => format!("the report is in {}", widgets::words::shown(&name)),
                    Err(why) => format!("not saved: {}", widgets::words::shown(&why)),
                });
            }
            Effect::Reveal { key } => update::reveal(&mut self.model, &key),
            Effect::ShowKeys(keys) => self.model.over = Some(model::Over::Keys(keys)),
            Effect::Explain(rule) => update::explain(&mut self.model, rule),
            Effect::Quit | Effect::Stopped(_) => {}
        }
        Ok(())
    }

    fn root(&self) -> std::path::PathBuf {
        self.model.flow.scan.as_ref().map_or_else(|| ".".into(), |scan| scan.root.clone())
    }
}
