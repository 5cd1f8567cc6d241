//! Every event of the log.
//!
//! Blocks are written one after the other, each with its proof; so a file that was interrupted goes on behind the last
//! whole block that it has, with the checkpoint that it began with.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use contract::ProblemKind;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use transparency::canonical::without;
use transparency::checkpoint::Signed;
use transparency::export::{BLOCK, Block, Header, blocks, width};
use transparency::leaf::leaf;
use transparency::tiles::{Entries, FULL, Tile, for_inclusion, read_bundle};
use transparency::tree::{HashReader, Node, inclusion_proof};
use transparency::{Hash, leaf_hash};

use super::stamped::Which;
use crate::client::Client;
use crate::failure::Failure;
use crate::filters::Fresh;
use crate::out::{self, Progress};
use crate::tiles::{Tiles, fetch};
use crate::words;

/// How many blocks are asked for at once.
const AT_ONCE: usize = 4;

/// How many blocks lie under one tile of the second level.
const UNDER_A_TILE: u64 = FULL as u64;

/// What of the log was written.
#[derive(Clone, Copy, Debug, Default)]
struct Written {
    shown: u64,
    redacted: u64,
    hidden: u64,
}

/// Writes the whole log to a file, or to standard output.
///
/// # Errors
/// The register's refusal, that it does not answer, or that the file cannot be written.
pub(super) async fn write(
    client: &Client,
    fresh: &Fresh,
    which: Which,
    file: Option<&Path>,
) -> Result<(), Failure> {
    let (checkpoint, timestamps) = which.checkpoint(client, fresh.position()).await?;
    let header = Header { checkpoint, timestamps };
    let Some(file) = file else {
        let mut out = io::stdout().lock();
        writeln!(out, "{header}")?;
        blocks_from(0, client, &header, &mut out).await?;
        return Ok(out.flush()?);
    };
    let draft = draft(file);
    let at = |what: &str| format!("{} cannot be {what}", draft.display());
    // What was begun has to be what is asked for now.
    let goes_on = |(begun, ..): &(Header, u64, u64)| match which {
        Which::Latest => true,
        Which::Witnessed => begun.checkpoint == header.checkpoint,
        Which::Stamped => !begun.timestamps.is_empty(),
    };
    let begun = begun(&draft, &header.checkpoint).with_context(|| at("read"))?.filter(goes_on);
    let (header, done, kept) = match begun {
        Some((header, done, kept)) => (header, done, kept),
        None => (header, 0, 0),
    };
    let mut open = OpenOptions::new();
    let mut out =
        open.create(true).write(true).truncate(false).open(&draft).with_context(|| at("written"))?;
    out.set_len(kept).with_context(|| at("written"))?;
    out.seek(io::SeekFrom::End(0))?;
    if kept == 0 {
        writeln!(out, "{header}")?;
    } else {
        out::complain(&format!("goes on behind block {done} of {}", draft.display()));
    }
    let written = blocks_from(done, client, &header, &mut out).await?;
    out.sync_all()?;
    fs::rename(&draft, file).with_context(|| format!("{} cannot be written", file.display()))?;
    let Written { shown, redacted, hidden } = written;
    out::complain(&format!(
        "written to {}: {} of {}; of those written now {shown} are shown, {redacted} redacted, {hidden} not \
         shown",
        file.display(),
        words::count(header.checkpoint.checkpoint().head().size, "event"),
        header.checkpoint.checkpoint().origin(),
    ));
    Ok(())
}

/// Where an export is written until it is whole.
fn draft(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    file.with_file_name(name)
}

/// An export of the same log that was begun: its first line, how many whole blocks it has, and where they end.
fn begun(draft: &Path, latest: &Signed) -> io::Result<Option<(Header, u64, u64)>> {
    let file = match File::open(draft) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut lines = BufReader::new(file);
    let mut line = Vec::new();
    let mut offset = lines.read_until(b'\n', &mut line)? as u64;
    let header = line.strip_suffix(b"\n").and_then(|line| Header::parse(line).ok());
    let Some(header) = header else { return Ok(None) };
    let [began, now] = [&header.checkpoint, latest].map(Signed::checkpoint);
    if began.origin() != now.origin() || began.head().size > now.head().size {
        return Ok(None);
    }
    let size = began.head().size;
    let (mut done, mut kept, mut events) = (0, offset, None::<u16>);
    loop {
        line.clear();
        let read = lines.read_until(b'\n', &mut line)? as u64;
        if read == 0 || !line.ends_with(b"\n") {
            return Ok(Some((header, done, kept)));
        }
        offset += read;
        match events {
            None if line.starts_with(BLOCK) => events = Some(width(done, size)),
            Some(left) if !line.starts_with(BLOCK) => events = Some(left.saturating_sub(1)),
            _ => return Ok(Some((header, done, kept))),
        }
        if events == Some(0) {
            (done, kept, events) = (done + 1, offset, None);
        }
    }
}

/// Writes the blocks from this one on.
async fn blocks_from(
    first: u64,
    client: &Client,
    header: &Header,
    out: &mut impl Write,
) -> Result<Written, Failure> {
    let size = header.checkpoint.checkpoint().head().size;
    let mut written = Written::default();
    let mut progress = Progress::default();
    if first == blocks(size) {
        return Ok(written);
    }
    // Until everything that is exported can be asked for.
    client.get("v1/events", &[("min_position", size.to_string()), ("limit", "1".to_owned())]).await?;
    let mut log = Log { client, size, has_entries: true, above: Tiles::of(size) };
    log.has_entries = log.entries(first).await?.is_some();
    let mut number = first;
    while number < blocks(size) {
        let end = blocks(size).min((number / UNDER_A_TILE + 1) * UNDER_A_TILE);
        log.look_above(number).await?;
        let reading = stream::iter(number..end).map(|number| log.block(number)).buffered(AT_ONCE);
        let mut reading = std::pin::pin!(reading);
        while let Some((lines, of_block)) = reading.try_next().await? {
            out.write_all(&lines)?;
            written.shown += of_block.shown;
            written.redacted += of_block.redacted;
            written.hidden += of_block.hidden;
            let done = first * UNDER_A_TILE + written.shown + written.redacted + written.hidden;
            progress.say(&format!("{done} of {} written …", words::count(size, "event")));
        }
        number = end;
    }
    Ok(written)
}

#[derive(Deserialize)]
struct Item<'b> {
    position: u64,
    #[serde(borrow)]
    event: &'b RawValue,
}

#[derive(Deserialize)]
struct Page<'b> {
    #[serde(borrow)]
    items: Vec<Item<'b>>,
    next: Option<Value>,
}

/// What is exported, of the size of the checkpoint.
struct Log<'c> {
    client: &'c Client,
    size: u64,
    /// Whether we may ask for the leaves of events that we may not see.
    has_entries: bool,
    /// The tree above the leaves.
    above: Tiles,
}

impl Log<'_> {
    /// Fetches what proves the blocks from this one to the end of the tile that it is under.
    async fn look_above(&mut self, number: u64) -> Result<(), Failure> {
        let first = number * u64::from(FULL);
        let tiles = for_inclusion(first, self.size).map_err(anyhow::Error::from)?;
        let last = (number / UNDER_A_TILE + 1) * UNDER_A_TILE * u64::from(FULL) - 1;
        let more = for_inclusion(last.min(self.size - 1), self.size).map_err(anyhow::Error::from)?;
        // Those of the last block are needed where it is not full.
        self.above.forget_below(1);
        let tail = Tile::in_tree(0, (self.size - 1) / u64::from(FULL), self.size);
        let above = tiles.into_iter().chain(more).filter(|tile| tile.level() > 0);
        self.above.need(self.client, above.chain(tail)).await
    }

    /// The lines of a block, and what they show.
    async fn block(&self, number: u64) -> Result<(Vec<u8>, Written), Failure> {
        let first = number * u64::from(FULL);
        let tile = Tile::in_tree(0, number, self.size).context("the log has fewer blocks")?;
        let bytes = fetch(self.client, tile).await?;
        let hashes = bytes.chunks(Hash::SIZE).map(Hash::from_slice).collect::<Option<Vec<_>>>();
        let hashes = hashes.filter(|hashes| hashes.len() == usize::from(tile.width()));
        let hashes = hashes.ok_or_else(|| anyhow!("{tile} has another length than it must have"))?;
        // What lies below the block comes out of its own hashes.
        let read = |node: Node| match Tile::of(node, self.size) {
            Some(of) if of == tile => tile.hash(&bytes, node).map_or_else(|| self.above.read(node), Ok),
            _ => self.above.read(node),
        };
        let proof = inclusion_proof(&read, first, self.size).map_err(anyhow::Error::from)?;
        let proof = Block::proof_of(tile.width(), &proof);
        let (mut shown, leaves) =
            futures_util::try_join!(self.shown(first, tile.width()), self.entries(number))?;
        let mut lines = format!("{}\n", Block { number, proof, tile: hashes.clone() }).into_bytes();
        let mut written = Written::default();
        for (at, (expected, index)) in hashes.iter().zip(first..).enumerate() {
            let event = shown.remove(&(index + 1)).and_then(|event| {
                let made = leaf(event.as_bytes()).ok()?;
                (leaf_hash(&made) == *expected).then_some(event)
            });
            let redacted = leaves.as_ref().and_then(|leaves| leaves.get(at));
            let redacted = redacted.filter(|leaf| leaf_hash(leaf) == *expected);
            match (event, redacted) {
                (Some(event), _) => {
                    written.shown += 1;
                    lines.extend(event.as_bytes());
                }
                (None, Some(leaf)) => {
                    written.redacted += 1;
                    lines.extend(leaf);
                }
                (None, None) => {
                    written.hidden += 1;
                    lines.extend(b"null");
                }
            }
            lines.push(b'\n');
        }
        Ok((lines, written))
    }

    /// The events of a block that we may see, in canonical form, by their positions.
    async fn shown(&self, first: u64, width: u16) -> Result<HashMap<u64, String>, Failure> {
        let last = first + u64::from(width);
        let (mut after, mut shown) = (first, HashMap::new());
        while after < last {
            let query = [("after", after.to_string()), ("limit", (last - after).to_string())];
            let body = self.client.carried("v1/events", &query).await?;
            let page = serde_json::from_slice::<Page<'_>>(&body).map_err(anyhow::Error::from)?;
            for Item { position, event } in page.items.iter().filter(|item| item.position <= last) {
                // The register adds the sequence on reading.
                let event = without(event.get().as_bytes(), "sequence").ok();
                shown.extend(event.map(|event| (*position, event)));
            }
            let next = match page.next {
                Some(Value::String(next)) => next.parse().ok(),
                Some(Value::Number(next)) => next.as_u64(),
                _ => None,
            };
            after = next.filter(|next| *next > after).unwrap_or(last);
        }
        Ok(shown)
    }

    /// The leaves of a block, if they are for us.
    async fn entries(&self, number: u64) -> Result<Option<Vec<Vec<u8>>>, Failure> {
        let entries = Entries::in_tree(number, self.size).filter(|_| self.has_entries);
        let Some(entries) = entries else { return Ok(None) };
        match self.client.bytes(&entries.to_string(), &[]).await {
            Ok(bundle) => {
                let leaves = read_bundle(&bundle).map_err(anyhow::Error::from)?;
                Ok(Some(leaves.into_iter().map(<[u8]>::to_vec).collect()))
            }
            Err(Failure::Refused(problem)) if problem.kind == ProblemKind::Forbidden => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}
