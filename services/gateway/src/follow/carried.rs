//! What streams were given that is not marked, on record soon after.
//!
//! Marked material is logged before it goes out. Whatever else goes out is on record too, so that it can be said who
//! received an event, but no stream waits for that: it is gathered for a second, and written for many streams at once. A
//! gateway that is killed loses that second; while the log takes nothing it is kept, up to a bound.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contract::{Carried, Streamed, Streamer, kind};
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use crate::reads::Reads;
use service::Shell;

/// How long what was given waits for more.
const GATHERING: Duration = Duration::from_secs(1);

/// How long streams have to end with the process.
const ENDING: Duration = Duration::from_millis(500);

/// How many positions, and how many streams, stand together in a line.
const MOST_TOGETHER: usize = 500;
const MOST_STREAMS: usize = 40;

/// A line is written before it grows beyond this; with what is added last it fits a row of a read model.
const LONGEST: usize = 16 << 10;

/// How many positions may wait to be gathered, and how many lines to be written. What is beyond is not on record.
const MOST_WAITING: usize = 1_000_000;
const MOST_UNWRITTEN: usize = 2_000;

/// Takes what streams were given. Clones share it.
#[derive(Clone)]
pub(crate) struct Ledger(UnboundedSender<Note>);

/// What a stream was given.
struct Note {
    to: Arc<Streamer>,
    carried: Of,
}

/// Events that were given, and events that were said to be set right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Of {
    positions: Vec<u64>,
    recalled: Vec<u64>,
}

impl Of {
    const fn len(&self) -> usize {
        self.positions.len() + self.recalled.len()
    }
}

impl Ledger {
    /// Writes what is noted until the process stops.
    pub(crate) fn start(reads: Reads, shell: Shell) -> (Self, impl Future<Output = ()>) {
        let (notes, noted) = mpsc::unbounded_channel();
        let gathered = Gathered { by: HashMap::new(), count: 0, unwritten: VecDeque::new(), reads, shell };
        (Self(notes), gathered.run(noted))
    }

    /// Takes note of what a stream is given now.
    pub(crate) fn note(&self, to: &Arc<Streamer>, positions: Vec<u64>, recalled: Vec<u64>) {
        let carried = Of { positions, recalled };
        if carried.len() > 0 {
            // Who writes is there for as long as the process is.
            let _ = self.0.send(Note { to: Arc::clone(to), carried });
        }
    }
}

struct Gathered {
    /// By stream, which is told by where it is kept.
    by: HashMap<usize, (Arc<Streamer>, Of)>,
    count: usize,
    unwritten: VecDeque<Bytes>,
    reads: Reads,
    shell: Shell,
}

impl Gathered {
    async fn run(mut self, mut noted: UnboundedReceiver<Note>) {
        let stop = self.shell.shutdown.clone();
        let mut ticks = interval(GATHERING);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            tokio::select! {
                Some(note) = noted.recv() => self.add(note),
                _ = ticks.tick() => self.write().await,
                () = stop.cancelled() => {}
            }
        }
        let end = Instant::now() + ENDING;
        while let Ok(Some(note)) = timeout_at(end, noted.recv()).await {
            self.add(note);
        }
        self.write().await;
        if !self.unwritten.is_empty() {
            self.reads.lost(self.unwritten.len());
        }
    }

    fn add(&mut self, Note { to, carried }: Note) {
        if self.count > MOST_WAITING {
            self.reads.lost(1);
            return;
        }
        self.count += carried.len();
        let (_, all) = self.by.entry(Arc::as_ptr(&to).addr()).or_insert_with(|| (to, Of::default()));
        all.positions.extend(carried.positions);
        all.recalled.extend(carried.recalled);
    }

    /// Writes what was gathered, and what could not be written before.
    async fn write(&mut self) {
        self.count = 0;
        let gathered = std::mem::take(&mut self.by).into_values();
        self.unwritten.extend(lines(gathered, self.shell.clock.now()));
        while self.unwritten.len() > MOST_UNWRITTEN {
            self.unwritten.pop_front();
            self.reads.lost(1);
        }
        let reads = &self.reads;
        let written = join_all(self.unwritten.iter().map(|line| reads.append(line.clone()))).await;
        let mut written = written.into_iter();
        self.unwritten.retain(|_| !written.next().unwrap_or(false));
    }
}

/// The lines that say what some streams were given.
fn lines(gathered: impl Iterator<Item = (Arc<Streamer>, Of)>, time: Timestamp) -> Vec<Bytes> {
    // Most streams are given the same as others.
    let mut alike = HashMap::<Of, Vec<Streamer>>::new();
    for (to, all) in gathered {
        let (mut positions, mut recalled) =
            (all.positions.chunks(MOST_TOGETHER), all.recalled.chunks(MOST_TOGETHER));
        loop {
            let of = |part: Option<&[u64]>| part.unwrap_or_default().to_vec();
            let part = Of { positions: of(positions.next()), recalled: of(recalled.next()) };
            if part.len() == 0 {
                break;
            }
            alike.entry(part).or_default().push((*to).clone());
        }
    }
    let (mut lines, mut parts, mut size) = (Vec::new(), Vec::new(), 0);
    let line = |parts: &mut Vec<Carried>| {
        let line = Streamed { kind: kind::STREAM.into(), time, parts: std::mem::take(parts) };
        Bytes::from(serde_json::to_vec(&line).expect("texts and numbers are JSON"))
    };
    for (Of { positions, recalled }, to) in alike {
        for to in to.chunks(MOST_STREAMS) {
            let part = Carried { to: to.to_vec(), positions: positions.clone(), recalled: recalled.clone() };
            size += serde_json::to_vec(&part).map_or(0, |part| part.len());
            parts.push(part);
            if size > LONGEST {
                lines.push(line(&mut parts));
                size = 0;
            }
        }
    }
    if !parts.is_empty() {
        lines.push(line(&mut parts));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_stream_is_on_record_with_what_it_was_given(
            given in prop::collection::vec((prop::collection::vec(1..40_u64, 0..30), prop::collection::vec(1..9_u64, 0..3)), 0..80),
            many in 0..3_000_u64,
        ) {
            let named = |nth: usize| Streamer { actor: format!("actor-{nth}"), agency: "urn:agency:pk".into(), party: "PK".into(), request: "r".into() };
            let mut gathered = given.into_iter().map(|(positions, recalled)| Of { positions, recalled }).collect::<Vec<_>>();
            gathered.push(Of { positions: (1..=many).collect(), recalled: vec![] });
            let expected = gathered.iter().enumerate().flat_map(|(nth, of)| {
                let positions = of.positions.iter().map(move |position| (nth, *position, false));
                positions.chain(of.recalled.iter().map(move |position| (nth, *position, true)))
            });
            let expected = expected.map(|(nth, position, recalled)| (named(nth).actor, position, recalled)).collect::<BTreeSet<_>>();
            let all = gathered.into_iter().enumerate().map(|(nth, of)| (Arc::new(named(nth)), of));
            let lines = lines(all, Timestamp::UNIX_EPOCH);
            let mut told = BTreeSet::new();
            for line in lines {
                prop_assert!(line.len() < 60_000);
                let line = serde_json::from_slice::<Streamed>(&line).unwrap();
                for Carried { to, positions, recalled } in line.parts {
                    for Streamer { actor, .. } in to {
                        told.extend(positions.iter().map(|position| (actor.clone(), *position, false)));
                        told.extend(recalled.iter().map(|position| (actor.clone(), *position, true)));
                    }
                }
            }
            prop_assert_eq!(told, expected);
        }
    }
}
