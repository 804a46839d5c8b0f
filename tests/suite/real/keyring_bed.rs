//! A session bus and a gnome-keyring of our own, in the home of one `Program`. Nothing on the bus
//! can start a service, so a client never meets a daemon that this bed did not start.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::python;
use crate::support::Program;

pub(crate) struct Bed {
    pub(crate) program: Program,
    bus: Child,
    daemon: Option<Child>,
}

/// What stands behind the bus.
pub(crate) enum Daemon {
    Unlocked,
    /// A keyring exists and nobody can unlock it.
    Locked,
    /// The service answers, and there is no default keyring.
    Empty,
    None,
}

impl Bed {
    pub(crate) fn new(daemon: Daemon) -> Self {
        let program = Program::new();
        let home = program.home().to_owned();
        let address = format!("unix:path={}/bus", home.display());
        let program = program
            .variable("DBUS_SESSION_BUS_ADDRESS", &address)
            .variable("XDG_RUNTIME_DIR", home.join("run"))
            .variable("PATH", std::env::var_os("PATH").unwrap_or_default());
        std::fs::create_dir_all(home.join("run")).unwrap();
        std::fs::write(home.join("bus.conf"), configuration(&address)).unwrap();
        let bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", home.join("bus.conf").display()))
            .args(["--nofork", "--nopidfile"])
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon can be started");
        let mut bed = Self { program, bus, daemon: None };
        wait("the bus", || home.join("bus").exists());
        match daemon {
            Daemon::Unlocked => bed.start(true),
            Daemon::Empty => bed.start(false),
            Daemon::None => {}
            Daemon::Locked => {
                bed.start(true);
                // A first item makes the keyring a file that outlives the daemon.
                bed.python("import keyring; keyring.set_password('a', 'b', 'c')");
                bed.restart_locked();
            }
        }
        bed
    }

    fn start(&mut self, unlock: bool) {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        if unlock {
            command.arg("--unlock");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("gnome-keyring-daemon can be started");
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(if unlock { b"pw" } else { b"" }).unwrap();
        drop(stdin);
        self.daemon = Some(child);
        wait("the Secret Service", || self.is_served());
    }

    /// Starts the daemon again where it ended by itself, and says whether it had: gnome-keyring does
    /// now and then (a trap in GLib) while clients are killed. Its items are in its file.
    pub(crate) fn revive(&mut self) -> bool {
        let ended = self.daemon.as_mut().is_some_and(|daemon| daemon.try_wait().unwrap().is_some());
        if ended {
            wait("the old daemon's end", || !self.is_served());
            self.start(true);
        }
        ended
    }

    fn restart_locked(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            stop(daemon);
        }
        wait("the old daemon's end", || !self.is_served());
        self.start(false);
    }

    /// A person at the prompts, who dismisses each of them.
    pub(crate) fn dismissing(&self) -> Dismissing {
        let mut command = self.command(python::interpreter().to_str().unwrap());
        let mut person = command.args(["-c", DISMISS]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(person.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::spawn(move || {
            lines.for_each(|_| {
                count.fetch_add(1, Ordering::SeqCst);
            })
        });
        Dismissing { person, asked }
    }

    /// The daemon takes no more calls, and the bus goes on.
    pub(crate) fn silence(&self) {
        let daemon = self.daemon.as_ref().unwrap();
        kill_process(Pid::from_child(daemon), Signal::STOP).unwrap();
    }

    fn is_served(&self) -> bool {
        let mut command = self.command("dbus-send");
        command.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"]);
        command.args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"]);
        String::from_utf8_lossy(&command.output().unwrap().stdout).contains("true")
    }

    /// A program in the environment of this bed.
    pub(crate) fn command(&self, name: &str) -> Command {
        let plain = self.program.command::<&str>(Path::new("/"), &[]);
        let mut command = Command::new(name);
        command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }

    /// What a script with Python's `keyring` prints.
    #[track_caller]
    pub(crate) fn python(&self, script: &str) -> String {
        let mut command = self.command(python::interpreter().to_str().unwrap());
        let output = command.args(["-c", script]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// What Python's `keyring` has under a name.
    #[track_caller]
    pub(crate) fn python_reads(&self, service: &str, user: &str) -> Option<String> {
        let read = self.python(&format!(
            "import keyring; v = keyring.get_password({service:?}, {user:?}); print('none' if v is None else 'v' + v)"
        ));
        read.strip_prefix('v').map(str::to_owned)
    }

    #[track_caller]
    pub(crate) fn python_writes(&self, service: &str, user: &str, value: &str) {
        self.python(&format!("import keyring; keyring.set_password({service:?}, {user:?}, {value:?})"));
    }

    /// How many items of a name there are.
    pub(crate) fn items(&self, service: &str, user: &str) -> usize {
        let mut command = self.command("secret-tool");
        let output = command.args(["search", "--all", "service", service, "username", user]).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&text).lines().filter(|line| line.starts_with("[/")).count()
    }

    /// An item that neither we nor Python made.
    pub(crate) fn third_party_writes(&self, service: &str, user: &str, value: &str) {
        let mut command = self.command("secret-tool");
        command.args(["store", "--label=other", "service", service, "username", user]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }
}

/// See [`Bed::dismissing`].
pub(crate) struct Dismissing {
    person: Child,
    asked: Arc<AtomicUsize>,
}

impl Dismissing {
    /// How many prompts were shown.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Dismissing {
    fn drop(&mut self) {
        stop(&mut self.person);
    }
}

/// The program that gnome-keyring has show its prompts, in the place of the desktop's own.
const DISMISS: &str = r#"
from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
bus = open_dbus_connection(bus='SESSION')
bus.send_and_get_reply(message_bus.RequestName('org.gnome.keyring.SystemPrompter'))
print('ready', flush=True)
while True:
    call = bus.receive()
    if call.header.message_type != MessageType.method_call:
        continue
    bus.send(new_method_return(call))
    if call.header.fields[HeaderFields.member] == 'BeginPrompting':
        print('asked', flush=True)
        asker = DBusAddress(call.body[0], bus_name=call.header.fields[HeaderFields.sender],
                            interface='org.gnome.keyring.internal.Prompter.Callback')
        bus.send(new_method_call(asker, 'PromptDone'))
"#;

impl Drop for Bed {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            stop(daemon);
        }
        stop(&mut self.bus);
    }
}

fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

#[track_caller]
fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < until, "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn configuration(address: &str) -> String {
    format!(
        "<busconfig><type>session</type><listen>{address}</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>\
         <allow own=\"*\"/></policy></busconfig>"
    )
}
