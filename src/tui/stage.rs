//! The full-screen face without a terminal: keys in, screen out. Work is done at once, on the
//! caller's thread, and answers are taken when the caller wants them taken.

use std::collections::VecDeque;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::engine::{Desk, Done};
use crate::flow::{Effect, Flow, Start, Step};

use super::model::Model;
use super::msg::{Command, Msg};
use super::{update, view};

/// A sitting that is driven by a script.
pub struct Stage {
    model: Model,
    desk: Desk,
    pending: VecDeque<Done>,
    /// What was asked of the face: `quit`, `copy config.py:9`.
    pub asked: Vec<String>,
}

impl Stage {
    /// A sitting that has just begun: the scan is made, and not yet told.
    pub fn open(start: Start, width: u16, height: u16) -> Self {
        let (flow, effects) = start.errand.begin(start.looks);
        let model = Model::new(flow, start.looks, start.root, (width, height));
        let mut stage = Self { model, desk: Desk::new(start.request), pending: VecDeque::new(), asked: Vec::new() };
        stage.perform(effects.into_iter().map(Command::Flow).collect());
        stage
    }

    /// Takes one answer; whether there was one.
    pub fn step(&mut self) -> bool {
        let Some(done) = self.pending.pop_front() else { return false };
        let commands = update::update(&mut self.model, Msg::Done(done));
        self.perform(commands);
        true
    }

    /// Takes every answer, and those that follow from them.
    pub fn settle(&mut self) {
        while self.step() {}
    }

    /// Presses keys: words such as `j`, `Enter`, `Esc`, `space`, `Ctrl-c`, one after the other;
    /// answers are taken after each.
    pub fn press(&mut self, keys: &str) {
        for word in keys.split_whitespace() {
            let commands = update::update(&mut self.model, Msg::Key(key(word)));
            self.perform(commands);
            self.settle();
        }
    }

    /// Types a text, letter by letter.
    pub fn write(&mut self, text: &str) {
        for c in text.chars() {
            let commands = update::update(&mut self.model, Msg::Key(KeyEvent::from(KeyCode::Char(c))));
            self.perform(commands);
        }
    }

    /// Clicks at a cell.
    pub fn click(&mut self, column: u16, row: u16) {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let mouse = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        let commands = update::update(&mut self.model, Msg::Mouse(mouse));
        self.perform(commands);
        self.settle();
    }

    /// Time passes.
    pub fn wait(&mut self, time: std::time::Duration) {
        let clock = self.model.clock + time;
        update::update(&mut self.model, Msg::Tick(clock));
    }

    pub fn resize(&mut self, width: u16, height: u16) {
        update::update(&mut self.model, Msg::Resize(width, height));
    }

    pub fn at(&self) -> Step {
        self.model.flow.step
    }

    pub fn flow(&self) -> &Flow {
        &self.model.flow
    }

    /// The screen as text, white space at the ends of lines taken off.
    ///
    /// # Panics
    /// Never: a screen in memory takes everything that is drawn.
    pub fn screen(&self) -> String {
        let (width, height) = self.model.size;
        let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
        let Ok(_) = terminal.draw(|frame| view::draw(&self.model, frame));
        let buffer = terminal.backend().buffer();
        let mut out = String::new();
        for y in 0..height {
            let mut row = String::new();
            let mut x = 0;
            while x < width {
                let symbol = buffer[(x, y)].symbol();
                row.push_str(symbol);
                // A wide character takes the cells behind it, which hold nothing of their own.
                x += u16::try_from(super::widgets::words::cells(symbol)).unwrap_or(1).max(1);
            }
            out.push_str(row.trim_end());
            out.push('\n');
        }
        out
    }

    fn perform(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Suspend => self.asked.push("suspend".to_owned()),
                Command::Flow(effect) => self.effect(effect),
            }
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Work(work) => self.desk.perform(work, &mut |done| self.pending.push_back(done)),
            Effect::Reveal { key } => update::reveal(&mut self.model, &key),
            Effect::Explain(rule) => update::explain(&mut self.model, rule),
            Effect::Copy(text) => self.asked.push(format!("copy {text}")),
            Effect::OpenEditor { path, line } => self.asked.push(format!("open {path}:{line}")),
            Effect::EditPatch { remedy } => self.asked.push(format!("edit {remedy}")),
            Effect::Save(name) => self.asked.push(format!("save {name}")),
            Effect::Pause(on) => self.asked.push(format!("pause {on}")),
            Effect::ShowKeys(keys) => self.model.over = Some(super::model::Over::Keys(keys)),
            Effect::Quit => self.asked.push("quit".to_owned()),
            Effect::Stopped(signal) => self.asked.push(format!("stopped {signal}")),
        }
    }
}

fn key(word: &str) -> KeyEvent {
    let code = match word {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "PgDn" => KeyCode::PageDown,
        "PgUp" => KeyCode::PageUp,
        "Backspace" => KeyCode::Backspace,
        "space" => KeyCode::Char(' '),
        word => match word.strip_prefix("Ctrl-").and_then(|rest| rest.chars().next()) {
            Some(c) => return KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL),
            None => word.chars().next().map_or(KeyCode::Null, KeyCode::Char),
        },
    };
    KeyEvent::from(code)
}
