//! Reading a log a second time: what was altered below what was signed is found though the tree, which holds what was read
//! the first time, is as it was.
//!
//! Once after each start, for files are altered while nobody runs; not when the tree was built anew, which is the same.
//! It rests as long as it works, for nobody waits for it.

use std::future::pending;
use std::time::Duration;

use futures_util::StreamExt;
use readmodel::{Log, Reader, View};
use tokio::time::{Instant, sleep};
use transparency::leaf_hash;
use transparency::tree::{Frontier, Head, Node};
use transparency::{Hash, tree::HashReader};

use crate::signing::Trouble;
use crate::standing::Standing;
use crate::tree::{Leaves, Nodes};

/// Entries that are compared at once: a tile.
const AT_ONCE: usize = 256;

/// A pause when the log does not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// What is found; nothing comes if all is well.
pub(crate) async fn find<L: Leaves>(
    log: impl Log<Entry = L::Entry>,
    reader: Reader,
    standing: Standing,
) -> Trouble {
    // A tree that has nothing yet is about to be made of all that there is.
    if reader.position() == 0 {
        return pending().await;
    }
    let head = standing.beyond(None).await.checkpoint().head();
    let (mut read, begun) = (Frontier::default(), Instant::now());
    while read.size() < head.size {
        match compare::<L>(&log, &reader, &head, &mut read).await {
            Ok(()) => {}
            Err(trouble) if trouble.is_transient() => sleep(PAUSE).await,
            Err(trouble) => return trouble,
        }
    }
    if read.head() != head {
        return Trouble::Other(head.size);
    }
    tracing::info!(model = L::NAME, entries = head.size, took = ?begun.elapsed(), "the log is what was signed");
    pending().await
}

/// Compares what comes behind what was read, up to the head.
async fn compare<L: Leaves>(
    log: &impl Log<Entry = L::Entry>,
    reader: &Reader,
    head: &Head,
    read: &mut Frontier,
) -> Result<(), Trouble> {
    let mut chunks = log.tail(read.size()).ready_chunks(AT_ONCE);
    while read.size() < head.size {
        let Some(chunk) = chunks.next().await else { return Ok(()) };
        let begun = Instant::now();
        let first = read.size();
        let left = usize::try_from(head.size - first).unwrap_or(usize::MAX);
        let entries = chunk.into_iter().take(left).collect::<Result<Vec<_>, _>>().map_err(Trouble::Log)?;
        let hashes = tokio::task::spawn_blocking(move || {
            entries.iter().map(|entry| leaf_hash(&L::leaf(entry))).collect::<Vec<_>>()
        });
        let hashes = hashes.await.expect("hashing does not panic");
        let last = first + hashes.len() as u64;
        let proved = move |view: &View<'_>| {
            let nodes = Nodes(view);
            (first..last).map(|index| nodes.read(Node::leaf(index))).collect::<Result<Vec<Hash>, _>>()
        };
        let proved = reader.read(proved).await.map_err(Trouble::Read)?;
        let proved = proved.map_err(|missing| Trouble::Tree(missing.into()))?;
        for (hash, proved) in hashes.into_iter().zip(proved) {
            if hash != proved {
                return Err(Trouble::Altered(read.size() + 1));
            }
            read.append(hash).expect("it has fewer than 2^64 entries");
        }
        sleep(begun.elapsed()).await;
    }
    Ok(())
}
