//! The OS keyring: no bus, no service, no keyring in it, locked, its prompt dismissed, mute.

use super::super::kept::{Kept, Server};
use super::super::keyring_bed::{self, Daemon};
use super::bed::{Bed, Case};

#[test]
fn every_way_in_which_it_cannot_be_used() {
    let kept = Kept::keyring();
    let bus = |bed: &keyring_bed::Bed| format!("unix:path={}/bus", bed.program.home().display());
    let at =
        |name, why, now, bed: &keyring_bed::Bed| Case::new(name, why, now).set("DBUS_SESSION_BUS_ADDRESS", bus(bed));
    let (none, empty, locked) = (
        keyring_bed::Bed::new(Daemon::None),
        keyring_bed::Bed::new(Daemon::Empty),
        keyring_bed::Bed::new(Daemon::Locked),
    );
    let mute = keyring_bed::Bed::new(Daemon::Unlocked);
    mute.silence();
    let prompted = keyring_bed::Bed::new(Daemon::Locked);
    let dismissed = prompted.dismissing();
    Bed::new(&kept).check_all(&[
        at("no service", "no Secret Service on D-Bus", "type the command in a terminal of the desktop session", &none),
        at("no keyring", "no default keyring yet", "make one on the desktop", &empty),
        at("locked", "prompt was dismissed or could not be shown", "unlock it on the desktop", &locked).only(NEW),
        at("mute", "did not answer", "gnome-keyring-daemon --replace", &mute),
    ]);
    let bed = Bed::new(&kept);
    let nowhere = Case::new("no bus", "no Secret Service on D-Bus", "in a terminal of the desktop session");
    bed.check(&nowhere.set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/no/such/bus"));
    bed.check(&at("dismissed", "prompt was dismissed", "unlock it on the desktop", &prompted).only(NEW));
    assert!(dismissed.asked() > 0, "no prompt was shown");
    kept.python("import secretstorage as s\ns.get_default_collection(s.dbus_init()).lock()");
    let locked = Case::new("locked items", "prompt was dismissed or could not be shown", "unlock it on the desktop");
    bed.check(&locked.only(&["exec", "copy from", "rotate"]));
    assert!(matches!(kept.server, Server::Keyring(_)));
}

/// A locked keyring tells which items it has, so only what reads or writes a value meets the lock.
const NEW: &[&str] = &["apply", "onboard", "set", "copy to"];
