//! A program on a pseudo-terminal of its own: keys in, the screen and every byte out.

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtyPair, PtySize, native_pty_system};

use crate::support::Program;

pub(super) const BINARY: &str = env!("CARGO_BIN_EXE_flask-harden");

/// How long anything may take on a busy computer.
const PATIENCE: Duration = Duration::from_secs(60);

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

/// The emulator knows no screen without cells.
fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap_or(NonZero::<u16>::MIN)
}

/// A program on a terminal of its own.
pub(super) struct Terminal {
    pair: Option<PtyPair>,
    pub(super) child: Box<dyn Child + Send + Sync>,
    keys: Option<Box<dyn std::io::Write + Send>>,
    screen: Arc<Mutex<vt100::Parser>>,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    pub(super) fn open(program: &Program, dir: &Path, words: &[&str], columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new(words[0]);
        command.args(&words[1..]);
        command.cwd(dir);
        command.env_clear();
        for (name, value) in program.command(dir, &[""; 0]).get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command.env("TERM", "xterm-256color");
        command.env("PATH", "/usr/bin:/bin");
        Self::start(command, columns, rows)
    }

    pub(super) fn start(command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(cells(rows), cells(columns), 0)));
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (mut reader, parser) = (pair.master.try_clone_reader().unwrap(), Arc::clone(&screen));
        let all = Arc::clone(&bytes);
        std::thread::spawn(move || {
            let mut piece = [0_u8; 8192];
            while let Ok(count @ 1..) = reader.read(&mut piece) {
                all.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&piece[..count]);
                parser.lock().unwrap_or_else(PoisonError::into_inner).process(&piece[..count]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { pair: Some(pair), child, keys: Some(keys), screen, bytes }
    }

    fn master(&self) -> &dyn MasterPty {
        &*self.pair.as_ref().unwrap().master
    }

    /// Every byte the terminal was ever sent, escape sequences and what was scrolled away among them.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn text(&self) -> String {
        let text = self.screen.lock().unwrap_or_else(PoisonError::into_inner).screen().contents();
        text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    pub(super) fn press(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    #[track_caller]
    pub(super) fn until(&self, what: &str, test: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !test(self) {
            assert!(begun.elapsed() < PATIENCE, "never: {what}\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub(super) fn shows(&self, text: &str) {
        self.until(text, |terminal| terminal.text().contains(text));
    }

    pub(super) fn resize(&self, columns: u16, rows: u16) {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner).screen_mut().set_size(cells(rows), cells(columns));
        self.master().resize(size(columns, rows)).unwrap();
    }

    pub(super) fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    #[track_caller]
    pub(super) fn exits(&mut self) -> u32 {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(super) fn is_given_back(&self) -> bool {
        let parser = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        let screen = parser.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }

    /// The screen is the one from before, the cursor is there, keys are echoed and come in lines.
    #[track_caller]
    pub(super) fn is_as_before(&self) {
        self.until("the terminal is given back", Self::is_given_back);
        let mut command = CommandBuilder::new("stty");
        command.arg("-a");
        let mut stty = self.pair.as_ref().unwrap().slave.spawn_command(command).unwrap();
        stty.wait().unwrap();
        self.shows("icanon");
        let text = self.text();
        for word in ["icanon", "echo", "isig", "opost"] {
            assert!(text.split_whitespace().any(|known| known == word), "{word}\n{text}");
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
