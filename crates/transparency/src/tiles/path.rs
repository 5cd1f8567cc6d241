//! The paths below a log's prefix.

use std::fmt;
use std::str::FromStr;

use super::{Entries, FULL, Tile};
use crate::encoding;

/// What can be asked of a log, below its prefix and without a slash in front (C2SP tlog-tiles, "APIs").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// `checkpoint`: the latest one. The only thing that changes.
    Checkpoint,
    /// `tile/<L>/<N>[.p/<W>]`.
    Tile(Tile),
    /// `tile/entries/<N>[.p/<W>]`.
    Entries(Entries),
}

impl Path {
    /// The content type of what is there.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Checkpoint => "text/plain; charset=utf-8",
            Self::Tile(_) | Self::Entries(_) => "application/octet-stream",
        }
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(path: &str) -> Result<Self, PathError> {
        if path == "checkpoint" {
            return Ok(Self::Checkpoint);
        }
        let path = path.strip_prefix("tile/").ok_or(PathError::Unknown)?;
        let (level, place) = path.split_once('/').ok_or(PathError::Unknown)?;
        if level == "entries" {
            let (index, width) = read_place(place)?;
            return Entries::new(index, width).map(Self::Entries).ok_or(PathError::Width);
        }
        let level = encoding::decimal(level).and_then(|level| u8::try_from(level).ok());
        let level = level.filter(|level| *level < 64).ok_or(PathError::Level)?;
        let (index, width) = read_place(place)?;
        Tile::new(level, index, width).map(Self::Tile).ok_or(PathError::Width)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checkpoint => out.write_str("checkpoint"),
            Self::Tile(tile) => tile.fmt(out),
            Self::Entries(entries) => entries.fmt(out),
        }
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "tile/{}/", self.level)?;
        write_place(out, self.index, self.width)
    }
}

impl fmt::Display for Entries {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("tile/entries/")?;
        write_place(out, self.index(), self.width())
    }
}

/// Writes `<N>[.p/<W>]`.
fn write_place(out: &mut fmt::Formatter<'_>, index: u64, width: u16) -> fmt::Result {
    let mut above = Vec::new();
    let mut rest = index / 1000;
    while rest > 0 {
        above.push(rest % 1000);
        rest /= 1000;
    }
    above.iter().rev().try_for_each(|digits| write!(out, "x{digits:03}/"))?;
    write!(out, "{:03}", index % 1000)?;
    if width < FULL { write!(out, ".p/{width}") } else { Ok(()) }
}

/// Reads `<N>[.p/<W>]`.
fn read_place(text: &str) -> Result<(u64, u16), PathError> {
    let (index, width) = match text.split_once(".p/") {
        None => (text, FULL),
        Some((index, width)) => {
            let width = encoding::decimal(width).and_then(|width| u16::try_from(width).ok());
            (index, width.filter(|width| (1..FULL).contains(width)).ok_or(PathError::Width)?)
        }
    };
    let mut parts = index.split('/').collect::<Vec<_>>();
    let last = parts.pop().ok_or(PathError::Index)?;
    // No number of 64 bits has leading zeros in front of the first three digits that it needs.
    let padded = parts.first() == Some(&"x000");
    let above = parts.into_iter().map(|part| part.strip_prefix('x'));
    let digits = above.chain([Some(last)]).try_fold(0_u64, |index, digits| {
        let digits =
            digits.filter(|digits| digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()));
        index.checked_mul(1000)?.checked_add(digits?.parse().ok()?)
    });
    digits.filter(|_| !padded).map(|index| (index, width)).ok_or(PathError::Index)
}

/// The text is no path of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is neither `checkpoint` nor `tile/…/…`.
    #[error("a log has `checkpoint`, `tile/<level>/<index>` and `tile/entries/<index>`")]
    Unknown,
    /// The level is none.
    #[error("the level of a tile is a number from 0 to 63")]
    Level,
    /// The index is not in groups of three digits, or has more than 64 bits.
    #[error(
        "the index of a tile is written in groups of three digits, all but the last with an x before them"
    )]
    Index,
    /// The width is none.
    #[error("the width of a partial tile is a number from 1 to 255")]
    Width,
}
