//! An export of a whole log, read once and checked by as many threads as there are processors.

use std::io::{self, BufRead, Read};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::Context;
use serde_json::{Value, json};
use transparency::checkpoint::{Opened, Trust};
use transparency::export::{BLOCK, Checked, Fault, Header, LONGEST_LINE, Problem, blocks, check};
use transparency::tree::Head;

use super::stamps::{self, Stamps};
use super::trust::{chain, checkpoint, refuse, signers};
use crate::failure::Failure;
use crate::out::{self, Progress};
use crate::{table, words};

/// Blocks that wait to be checked, for each thread.
const WAITING: usize = 16;

pub(super) fn verify(
    mut file: impl BufRead + Send,
    trust: &Trust,
    tsa: &[PathBuf],
    json: bool,
) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut line = Vec::new();
    let read = file.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut line);
    read.context("the file cannot be read")?;
    let header = match Header::parse(line.trim_ascii_end()) {
        Ok(header) => header,
        Err(problem) => return wrong(None, &[Fault { line: 1, position: None, problem }], json),
    };
    let head = header.checkpoint.checkpoint().head();
    let stamps = stamps::check(&header.checkpoint, &header.timestamps, tsa)?;
    let mut all = everything(file, &head)?;
    all.faults.sort_by_key(|fault| fault.line);
    match header.checkpoint.open(trust) {
        Ok(_) if all.faults.is_empty() && !stamps.faults.is_empty() => {
            refuse("the export does not hold", &stamps.faults, json)
        }
        Ok(opened) if all.faults.is_empty() => told((&header, &opened), &all, &stamps, begun, json),
        Ok(_) => wrong(None, &all.faults, json),
        Err(error) => wrong(Some(chain(&error)), &all.faults, json),
    }
}

fn told(
    (header, opened): (&Header, &Opened<'_>),
    all: &Checked,
    stamps: &Stamps,
    begun: Instant,
    json: bool,
) -> Result<(), Failure> {
    let head = header.checkpoint.checkpoint().head();
    let seconds = begun.elapsed().as_secs_f64();
    let rate = (head.size as f64 / seconds.max(0.001)).round();
    let Checked { shown, redacted, hidden, .. } = all;
    if json {
        return out::say_json(
            &json!({"proved": true, "shown": shown, "redacted": redacted, "hidden": hidden,
            "checkpoint": checkpoint(&header.checkpoint, opened), "timestamps": stamps.json(), "seconds": seconds, "events_per_second": rate}),
        );
    }
    let events = format!(
        "{}, all of the log: {shown} as recorded, {redacted} redacted, {hidden} not shown",
        head.size
    );
    let log = format!("{}, root {}", header.checkpoint.checkpoint().origin(), head.root);
    let mut rows = vec![("log", log), ("events", events)];
    rows.extend(signers(&header.checkpoint, opened));
    rows.extend(stamps.rows());
    rows.push(("took", format!("{seconds:.2} s, {rate:.0} events/s")));
    let rows = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]);
    out::say(&format!("PROVED\n\n{}", table::table(&[], rows)))
}

fn wrong(untrusted: Option<String>, faults: &[Fault], json: bool) -> Result<(), Failure> {
    let untrusted = untrusted.map(|why| {
        let detail = format!("the checkpoint is not to be trusted: {why}");
        (format!("line 1: {detail}"), json!({"line": 1, "position": Value::Null, "detail": detail}))
    });
    let told = faults.iter().map(|fault| {
        let Fault { line, position, problem } = fault;
        (fault.to_string(), json!({"line": line, "position": position, "detail": problem.to_string()}))
    });
    refuse("the export does not hold", &untrusted.into_iter().chain(told).collect::<Vec<_>>(), json)
}

/// Checks all blocks of a file.
///
/// # Errors
/// When the file cannot be read.
fn everything(file: impl BufRead + Send, head: &Head) -> Result<Checked, Failure> {
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (give, take) = sync_channel(threads * WAITING);
    let take = Mutex::new(take);
    let mut all = Checked::default();
    let read = thread::scope(|scope| {
        let checking = (0..threads).map(|_| scope.spawn(|| check_each(&take, head))).collect::<Vec<_>>();
        let mut reading = Reading { file, head, line: 1, expected: 0, open: None, faults: Vec::new(), give };
        let read = reading.all();
        all.faults.append(&mut reading.faults);
        // Whoever checks ends when nothing more can come.
        drop(reading);
        for checked in checking {
            add(&mut all, checked.join().expect("checking does not panic"));
        }
        read
    });
    read.context("the file cannot be read")?;
    Ok(all)
}

fn add(all: &mut Checked, more: Checked) {
    all.shown += more.shown;
    all.redacted += more.redacted;
    all.hidden += more.hidden;
    all.faults.extend(more.faults);
}

fn check_each(take: &Mutex<Receiver<Lines>>, head: &Head) -> Checked {
    let mut all = Checked::default();
    loop {
        let next = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Lines { number, line, bytes, ends }) = next else { return all };
        let mut lines = ends.iter().map(|(start, end)| &bytes[*start..*end]);
        let block = lines.next().unwrap_or_default();
        add(&mut all, check(head, number, line, block, lines));
    }
}

/// A block as it stands in the file.
struct Lines {
    number: u64,
    /// Of the block's own line, from 1.
    line: u64,
    bytes: Vec<u8>,
    /// Where each line begins and ends, its newline left out.
    ends: Vec<(usize, usize)>,
}

/// Cuts a file into blocks.
struct Reading<'h, F> {
    file: F,
    head: &'h Head,
    /// The last line that was read.
    line: u64,
    /// The number of the next block.
    expected: u64,
    open: Option<Lines>,
    faults: Vec<Fault>,
    give: SyncSender<Lines>,
}

impl<F: BufRead> Reading<'_, F> {
    fn all(&mut self) -> io::Result<()> {
        let (mut progress, mut stray) = (Progress::default(), Vec::new());
        loop {
            // Straight into the block that is open, so that nothing is copied.
            let into = self.open.as_mut().map_or(&mut stray, |open| &mut open.bytes);
            let start = into.len();
            if self.file.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', into)? == 0 {
                break;
            }
            self.line += 1;
            let end = into.len() - usize::from(into.ends_with(b"\n"));
            if end - start > LONGEST_LINE {
                self.fault(Problem::TooLong);
                break;
            }
            if into[start..].starts_with(BLOCK) {
                let line = into.split_off(start);
                self.begin(line, end - start);
                if self.expected.is_multiple_of(256) {
                    progress.say(&format!(
                        "{} of {} read …",
                        self.expected * 256,
                        words::count(self.head.size, "event")
                    ));
                }
            } else if let Some(open) = &mut self.open {
                open.ends.push((start, end));
            } else {
                stray.clear();
                self.fault(Problem::NoBlock);
            }
        }
        self.finish();
        if self.expected < blocks(self.head.size) {
            self.line += 1;
            self.fault(Problem::Ended(self.head.size.saturating_sub(self.expected.saturating_mul(256))));
        }
        Ok(())
    }

    fn fault(&mut self, problem: Problem) {
        self.faults.push(Fault { line: self.line, position: None, problem });
    }

    /// A block's own line was read.
    fn begin(&mut self, bytes: Vec<u8>, length: usize) {
        self.finish();
        // A block that is missing is told once, and those behind it are checked as what they are.
        let later =
            number(&bytes).filter(|found| (self.expected + 1..blocks(self.head.size)).contains(found));
        if let Some(found) = later {
            self.fault(Problem::BlockNumber { expected: self.expected, found });
            self.expected = found;
        }
        self.open = Some(Lines { number: self.expected, line: self.line, bytes, ends: vec![(0, length)] });
        self.expected += 1;
    }

    fn finish(&mut self) {
        if let Some(open) = self.open.take() {
            // Who checks does not end before us.
            let _ = self.give.send(open);
        }
    }
}

/// The number that a block's line has, if it begins as one must.
fn number(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(b"[\"block\",")?;
    let end = rest.iter().position(|byte| *byte == b',')?;
    std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
}
