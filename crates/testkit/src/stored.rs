//! What a nats-server keeps on disk, as somebody who holds the disk alters it: with checksums that fit, so that the server
//! notices nothing.
//!
//! A stream's messages stand in `streams/NAME/msgs/N.blk`, one record each:
//!
//! ```text
//! length (4, its highest bit: has headers) ‖ sequence (8) ‖ time (8) ‖ length of the subject (2) ‖ subject ‖
//! [length of the headers (4) ‖ headers] ‖ message ‖ checksum (8)
//! ```
//!
//! Numbers are little-endian. The checksum is HighwayHash-64 under SHA-256(`NAME-N`) over everything but lengths.

use std::fs;
use std::path::{Path, PathBuf};

use highway::{HighwayHash, HighwayHasher, Key};
use sha2::{Digest, Sha256};

/// Up to the subject.
const HEAD: usize = 22;

const CHECKSUM: usize = 8;

const HAS_HEADERS: u32 = 1 << 31;

/// Shows each stored message of a stream below a folder, by its sequence, to `change`, which may write over it. Answers
/// how many were changed. The server must be down.
///
/// # Panics
/// When the stream is not there, or its files are not as a nats-server writes them.
pub fn alter(folder: &Path, stream: &str, change: impl FnMut(u64, &mut [u8])) -> usize {
    walk(folder, stream, change, true)
}

/// Flips a bit of a stored message, whose checksum does not fit then. The server must be down.
///
/// # Panics
/// As [`alter`], or when there is no such message.
pub fn damage(folder: &Path, stream: &str, sequence: u64) {
    let flip = |at, message: &mut [u8]| {
        if at == sequence {
            message[0] ^= 1;
        }
    };
    assert_eq!(walk(folder, stream, flip, false), 1, "there is a message {sequence}");
}

fn walk(folder: &Path, stream: &str, mut change: impl FnMut(u64, &mut [u8]), fits: bool) -> usize {
    let blocks = find(folder, &format!("streams/{stream}/msgs")).expect("the stream has files");
    let mut changed = 0;
    for entry in fs::read_dir(blocks).expect("it is readable") {
        let file = entry.expect("it is readable").path();
        let Some(number) = file.file_name().and_then(|name| name.to_str()?.strip_suffix(".blk")) else {
            continue;
        };
        let key = Sha256::digest(format!("{stream}-{number}"));
        let (words, _) = key.as_chunks::<8>();
        let key = Key([0, 1, 2, 3].map(|nth: usize| u64::from_le_bytes(words[nth])));
        let mut bytes = fs::read(&file).expect("it is readable");
        let before = changed;
        let mut rest = bytes.as_mut_slice();
        while !rest.is_empty() {
            let length = u32::from_le_bytes(rest[..4].try_into().expect("four bytes"));
            let (record, more) = rest.split_at_mut((length & !HAS_HEADERS) as usize);
            let mut record = Record { bytes: record, has_headers: length & HAS_HEADERS != 0, key };
            changed += usize::from(record.is_changed(fits, &mut change));
            rest = more;
        }
        if changed > before {
            fs::write(&file, bytes).expect("it is writable");
        }
    }
    changed
}

struct Record<'b> {
    bytes: &'b mut [u8],
    has_headers: bool,
    key: Key,
}

impl Record<'_> {
    fn is_changed(&mut self, fits: bool, change: &mut impl FnMut(u64, &mut [u8])) -> bool {
        let (head, rest) = self.bytes.split_at_mut(HEAD);
        let (body, checksum) = rest.split_at_mut(rest.len() - CHECKSUM);
        let sequence = u64::from_le_bytes(head[4..12].try_into().expect("eight bytes"));
        let subject = usize::from(u16::from_le_bytes(head[20..22].try_into().expect("two bytes")));
        let (subject, rest) = body.split_at_mut(subject);
        let headers = match rest.first_chunk() {
            Some(length) if self.has_headers => 4 + u32::from_le_bytes(*length) as usize,
            _ => 0,
        };
        let (headers, message) = rest.split_at_mut(headers);
        let sum = |message: &[u8]| {
            let mut hasher = HighwayHasher::new(self.key);
            for part in [&head[4..20], subject, headers.get(4..).unwrap_or_default(), message] {
                hasher.append(part);
            }
            hasher.finalize64().to_le_bytes()
        };
        assert_eq!(sum(message), *checksum, "the checksum of message {sequence} is made as we think");
        change(sequence, message);
        let after = sum(message);
        let is_changed = after != *checksum;
        if fits {
            checksum.copy_from_slice(&after);
        }
        is_changed
    }
}

/// The first folder below another whose path ends so.
fn find(folder: &Path, end: &str) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).find_map(
        |path| match path.ends_with(end) {
            true => Some(path),
            false => find(&path, end),
        },
    )
}
