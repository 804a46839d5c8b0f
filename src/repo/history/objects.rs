//! Git objects as bytes: reading them within bounds, and parsing commits, tags and trees without
//! building libgit2's own objects, which are slower and refuse odd ones.

use git2::{ErrorCode, ObjectType, Odb, OdbObject, Oid};

/// Bytes of one commit, tag or tree. Larger ones are not read: nobody writes them by hand.
const META_BYTES: usize = 64 << 20;

/// Why an object could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    Missing,
    /// Damaged, of another kind than the one that names it says, or too large.
    Damaged,
}

/// The object database of a repository, for reading.
pub(super) struct Objects<'repo> {
    odb: Odb<'repo>,
}

impl<'repo> Objects<'repo> {
    pub(super) fn new(odb: Odb<'repo>) -> Self {
        Self { odb }
    }

    /// Size in bytes and kind, without inflating the object.
    pub(super) fn header(&self, id: Oid) -> Result<(usize, ObjectType), Unreadable> {
        self.odb.read_header(id).map_err(|error| unreadable(&error))
    }

    /// A commit, tag or tree.
    pub(super) fn meta(&self, id: Oid, kind: ObjectType) -> Result<OdbObject<'_>, Unreadable> {
        let (size, stated) = self.header(id)?;
        if stated != kind || size > META_BYTES {
            return Err(Unreadable::Damaged);
        }
        self.odb.read(id).map_err(|error| unreadable(&error))
    }

    /// A blob whose header was judged before.
    pub(super) fn blob(&self, id: Oid) -> Result<OdbObject<'_>, Unreadable> {
        self.odb.read(id).map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &git2::Error) -> Unreadable {
    if error.code() == ErrorCode::NotFound { Unreadable::Missing } else { Unreadable::Damaged }
}

/// The parts of a commit that are used.
pub(super) struct RawCommit<'a> {
    pub(super) tree: Oid,
    pub(super) parents: Vec<Oid>,
    /// Seconds since 1970, minutes ahead of UTC.
    pub(super) author: (i64, i32),
    pub(super) commit_time: i64,
    pub(super) message: &'a [u8],
}

/// Parses a commit; odd headers are passed over, only a tree is needed.
pub(super) fn parse_commit(data: &[u8]) -> Option<RawCommit<'_>> {
    let (headers, message) = split_message(data);
    let mut tree = None;
    let (mut parents, mut author, mut commit_time) = (Vec::new(), (0, 0), 0);
    for line in headers.split(|byte| *byte == b'\n') {
        let Some(space) = memchr::memchr(b' ', line) else { continue };
        let (key, value) = (&line[..space], &line[space + 1..]);
        match key {
            b"tree" if tree.is_none() => tree = hex(value),
            b"parent" => parents.extend(hex(value)),
            b"author" => author = signature_time(value),
            b"committer" => commit_time = signature_time(value).0,
            _ => {}
        }
    }
    Some(RawCommit { tree: tree?, parents, author, commit_time, message })
}

/// The parts of an annotated tag that are used.
pub(super) struct RawTag<'a> {
    pub(super) target: Oid,
    pub(super) tagger: (i64, i32),
    pub(super) message: &'a [u8],
}

pub(super) fn parse_tag(data: &[u8]) -> Option<RawTag<'_>> {
    let (headers, message) = split_message(data);
    let (mut target, mut tagger) = (None, (0, 0));
    for line in headers.split(|byte| *byte == b'\n') {
        let Some(space) = memchr::memchr(b' ', line) else { continue };
        let (key, value) = (&line[..space], &line[space + 1..]);
        match key {
            b"object" if target.is_none() => target = hex(value),
            b"tagger" => tagger = signature_time(value),
            _ => {}
        }
    }
    Some(RawTag { target: target?, tagger, message })
}

/// Headers and message are parted by the first empty line.
fn split_message(data: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memmem::find(data, b"\n\n") {
        Some(at) => (&data[..at], &data[at + 2..]),
        None => (data, &[]),
    }
}

pub(super) fn hex(value: &[u8]) -> Option<Oid> {
    let text = std::str::from_utf8(value).ok()?;
    if text.len() != 40 {
        return None;
    }
    Oid::from_str(text).ok()
}

/// `Name <address> 1745625600 +0200`: seconds and minutes; zeros where it is malformed.
fn signature_time(value: &[u8]) -> (i64, i32) {
    let behind_address = memchr::memrchr(b'>', value).map_or(value, |at| &value[at + 1..]);
    let text = String::from_utf8_lossy(behind_address);
    let mut words = text.split_ascii_whitespace();
    let seconds = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let offset: i32 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    // `+0530` is five hours and thirty minutes.
    (seconds, offset / 100 * 60 + offset % 100)
}

/// One entry of a tree.
pub(super) struct TreeEntry<'a> {
    pub(super) mode: u32,
    pub(super) name: &'a [u8],
    pub(super) id: Oid,
}

impl TreeEntry<'_> {
    pub(super) fn is_dir(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    /// A regular file; links and submodules are neither file nor directory.
    pub(super) fn is_file(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }
}

/// The entries of a tree; ends at the first malformed one.
pub(super) fn tree_entries(data: &[u8]) -> impl Iterator<Item = TreeEntry<'_>> {
    const ID: usize = 20;
    let mut rest = data;
    std::iter::from_fn(move || {
        let space = memchr::memchr(b' ', rest)?;
        let mode = rest[..space].iter().try_fold(0_u32, |mode, digit| {
            matches!(digit, b'0'..=b'7').then(|| (mode << 3) | u32::from(digit - b'0'))
        })?;
        let name_end = space + 1 + memchr::memchr(0, &rest[space + 1..])?;
        let name = &rest[space + 1..name_end];
        let id = Oid::from_bytes(rest.get(name_end + 1..name_end + 1 + ID)?).ok()?;
        rest = &rest[name_end + 1 + ID..];
        Some(TreeEntry { mode, name, id })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1234567890123456789012345678901234567890";

    #[test]
    fn commits_with_odd_headers() {
        let text = format!(
            "tree {ID}\nparent {ID}\nauthor A > B <a@b> 1745625600 +0530\ncommitter C <c@d> 1745625601 -0100\n\
             gpgsig -----BEGIN\n tree none\n\nsummary\n\nbody\n"
        );
        let commit = parse_commit(text.as_bytes()).unwrap();
        assert_eq!(commit.tree.to_string(), ID);
        assert_eq!(commit.parents.len(), 1);
        assert_eq!(commit.author, (1_745_625_600, 330));
        assert_eq!(commit.commit_time, 1_745_625_601);
        assert_eq!(commit.message, b"summary\n\nbody\n");
        assert!(parse_commit(b"author A\n\n").is_none());
        let bare = parse_commit(format!("tree {ID}\nauthor nobody").as_bytes()).unwrap().author;
        assert_eq!(bare, (0, 0));
    }

    #[test]
    fn trees_end_at_what_is_malformed() {
        let mut data = b"100644 a.py\0".to_vec();
        data.extend([7; 20]);
        data.extend(b"40000 dir\0");
        data.extend([8; 20]);
        data.extend(b"160000 sub\0");
        data.extend([9; 20]);
        data.extend(b"100644 cut\0short");
        let entries: Vec<_> = tree_entries(&data).map(|e| (e.name.to_vec(), e.is_dir(), e.is_file())).collect();
        assert_eq!(
            entries,
            [(b"a.py".to_vec(), false, true), (b"dir".to_vec(), true, false), (b"sub".to_vec(), false, false)]
        );
    }
}
