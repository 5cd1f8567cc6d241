//! Checking one block, which depends on no other.

use std::collections::HashMap;

use super::{Block, Fault, Problem, over_blocks, width};
use crate::leaf::{LeafError, leaf};
use crate::tiles::FULL;
use crate::tree::{Head, verify_inclusion};
use crate::{Hash, leaf_hash};

/// What a block has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Events that are shown as recorded.
    pub shown: u64,
    /// Events that are shown redacted.
    pub redacted: u64,
    /// Events of which nothing is shown.
    pub hidden: u64,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// Checks a block: its own line, and the lines of its events, without their newlines.
///
/// `head` is that of the export's checkpoint, `number` which block is expected, `line` the number of the block's
/// line in the file.
#[must_use]
pub fn check<'l>(
    head: &Head,
    number: u64,
    line: u64,
    block: &[u8],
    events: impl IntoIterator<Item = &'l [u8]>,
) -> Checked {
    let mut checked = Checked::default();
    let first = number.saturating_mul(u64::from(FULL)).saturating_add(1);
    match proved(head, number, block) {
        Ok(block) => {
            let events = events.into_iter().collect::<Vec<_>>();
            let tile = Tile { hashes: &block.tile, first, line: line.saturating_add(1) };
            checked.events(&tile, &events);
        }
        Err(problem) => checked.faults.push(Fault { line, position: None, problem }),
    }
    checked
}

/// The block of this line, proved.
fn proved(head: &Head, number: u64, line: &[u8]) -> Result<Block, Problem> {
    let block = Block::parse(line)?;
    if block.number != number {
        return Err(Problem::BlockNumber { expected: number, found: block.number });
    }
    let (expected, found) = (width(number, head.size), block.tile.len());
    if found != usize::from(expected) || expected == 0 {
        return Err(Problem::Width { number, expected, found });
    }
    match verify_inclusion(&block.hash(), number, &over_blocks(head), &block.proof) {
        Ok(()) => Ok(block),
        Err(source) => Err(Problem::BlockUnproved { number, source }),
    }
}

/// The proved hashes of a block, the position of its first event, and the line where that should stand.
struct Tile<'b> {
    hashes: &'b [Hash],
    first: u64,
    line: u64,
}

/// What a line is, by its form alone.
enum Line {
    Hidden,
    Shown(Hash),
    Redacted(Hash),
    Wrong(LeafError),
}

impl Line {
    /// `expected` settles what the form leaves open.
    fn of(line: &[u8], expected: Option<&Hash>) -> Self {
        if line == b"null" {
            return Self::Hidden;
        }
        match leaf(line) {
            Ok(leaf) => Self::Shown(leaf_hash(&leaf)),
            // So a leaf looks, and nothing else that is taken.
            Err(LeafError::Missing { member: "data" }) => Self::Redacted(leaf_hash(line)),
            Err(error) => {
                let hash = leaf_hash(line);
                if expected == Some(&hash) { Self::Redacted(hash) } else { Self::Wrong(error) }
            }
        }
    }

    const fn hash(&self) -> Option<&Hash> {
        match self {
            Self::Shown(hash) | Self::Redacted(hash) => Some(hash),
            Self::Hidden | Self::Wrong(_) => None,
        }
    }
}

impl Checked {
    fn events(&mut self, tile: &Tile<'_>, events: &[&[u8]]) {
        let lines = events.iter().enumerate().map(|(at, line)| Line::of(line, tile.hashes.get(at)));
        let lines = lines.collect::<Vec<_>>();
        for line in &lines {
            match line {
                Line::Hidden => self.hidden += 1,
                Line::Shown(_) => self.shown += 1,
                Line::Redacted(_) => self.redacted += 1,
                Line::Wrong(_) => {}
            }
        }
        let holds = |(line, hash): (&Line, &Hash)| {
            matches!(line, Line::Hidden) || line.hash().is_some_and(|found| found == hash)
        };
        if lines.len() == tile.hashes.len() && lines.iter().zip(tile.hashes).all(holds) {
            return;
        }
        if lines.len() == tile.hashes.len() {
            self.replaced(tile, &lines);
        } else {
            self.shifted(tile, &lines);
        }
    }

    fn fault(&mut self, tile: &Tile<'_>, at: usize, position: Option<u64>, problem: Problem) {
        let line = tile.line.saturating_add(u64::try_from(at).unwrap_or(u64::MAX));
        self.faults.push(Fault { line, position, problem });
    }

    /// There are as many lines as events: each is compared with what should stand there.
    fn replaced(&mut self, tile: &Tile<'_>, lines: &[Line]) {
        let places = tile.places();
        for (at, (line, expected)) in lines.iter().zip(tile.hashes).enumerate() {
            let problem = match line {
                Line::Hidden => continue,
                Line::Wrong(error) => Problem::NoEvent(*error),
                Line::Shown(found) | Line::Redacted(found) if found == expected => continue,
                Line::Shown(found) | Line::Redacted(found) => match places.get(found) {
                    Some(other) => Problem::Moved { of: tile.position(*other) },
                    None => Problem::Altered { found: *found, expected: *expected },
                },
            };
            self.fault(tile, at, Some(tile.position(at)), problem);
        }
    }

    /// Lines were removed or added: each is looked for in the block.
    fn shifted(&mut self, tile: &Tile<'_>, lines: &[Line]) {
        let places = tile.places();
        // What may stand next, so that nulls count and a line that stands twice is told.
        let mut next = 0;
        let mut missing = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let place = match line {
                Line::Hidden => Some(next).filter(|next| *next < tile.hashes.len()),
                line => line.hash().and_then(|hash| places.get(hash).copied()),
            };
            match place {
                Some(place) if place >= next => {
                    missing.extend((next..place).map(|place| (at, place)));
                    next = place + 1;
                }
                _ => self.fault(tile, at, None, Problem::Surplus),
            }
        }
        missing.extend((next..tile.hashes.len()).map(|place| (lines.len(), place)));
        for (at, place) in missing {
            self.fault(tile, at, Some(tile.position(place)), Problem::Missing);
        }
    }
}

impl Tile<'_> {
    fn position(&self, at: usize) -> u64 {
        self.first.saturating_add(u64::try_from(at).unwrap_or(u64::MAX))
    }

    fn places(&self) -> HashMap<&Hash, usize> {
        self.hashes.iter().enumerate().map(|(at, hash)| (hash, at)).collect()
    }
}
