//! The evidence of one record.

use anyhow::anyhow;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use transparency::canonical::without;
use transparency::evidence::{Bundle, Event};
use transparency::leaf::leaf;
use transparency::leaf_hash;
use transparency::proof::Proof;
use transparency::tiles::{Tile, for_inclusion};
use transparency::tree::{Node, inclusion_proof, verify_inclusion};

use super::stamped::Which;
use crate::client::Client;
use crate::failure::Failure;
use crate::filters::{Fresh, Parameters};
use crate::named::Named;
use crate::out::Progress;
use crate::tiles::Tiles;
use crate::words;

/// The largest page that the register gives.
const PAGE: usize = 500;

/// An event of a record, as the register shows it.
#[derive(Deserialize)]
struct Item {
    version: u64,
    position: u64,
    uid: Option<String>,
    event: Box<RawValue>,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Item>,
    next: Option<Value>,
}

/// Everything that proves a record's events.
///
/// # Errors
/// The register's refusal, that it does not answer, or that it does not show what its log has.
pub(super) async fn bundle(
    client: &Client,
    record: &Named,
    fresh: &Fresh,
    which: Which,
    redact: &[String],
) -> Result<Bundle, Failure> {
    let mut progress = Progress::default();
    let items = history(client, record, fresh, &mut progress).await?;
    check(redact, &items)?;
    let last = items.iter().map(|item| item.position).max().unwrap_or_default();
    let (checkpoint, timestamps) = which.checkpoint(client, last).await?;
    let size = checkpoint.checkpoint().head().size;
    let mut tiles = Tiles::of(size);
    let mut bundle =
        Bundle { subject: String::new(), versions: 0, checkpoint, timestamps, events: Vec::new() };
    for (done, item) in items.iter().enumerate() {
        progress.say(&format!("{done} of {} proved …", words::count(items.len(), "event")));
        let index = item.position.saturating_sub(1);
        let mut needed = for_inclusion(index, size).map_err(anyhow::Error::from)?;
        // A proof has the hashes beside the leaf, whose own may be in another tile.
        needed.extend(Tile::of(Node::leaf(index), size));
        tiles.need(client, needed).await?;
        let hashes = inclusion_proof(&tiles, index, size).map_err(anyhow::Error::from)?;
        let (leaf, shown) = leaf_of(client, item, &tiles).await?;
        let is_redacted = redact.iter().any(|uid| uid == "all" || item.uid.as_ref() == Some(uid));
        let head = bundle.checkpoint.checkpoint().head();
        verify_inclusion(&leaf_hash(leaf.as_bytes()), index, &head, &hashes).map_err(|_| otherwise(item))?;
        if bundle.subject.is_empty() {
            bundle.subject = subject(&leaf).ok_or_else(|| otherwise(item))?;
        }
        let proof = Proof { extra: None, index, hashes, checkpoint: bundle.checkpoint.clone() };
        let event = shown.filter(|_| !is_redacted);
        bundle.events.push(Event { version: item.version, leaf, proof, event });
        bundle.versions = bundle.versions.max(item.version);
    }
    Ok(bundle)
}

async fn history(
    client: &Client,
    record: &Named,
    fresh: &Fresh,
    progress: &mut Progress,
) -> Result<Vec<Item>, Failure> {
    let (path, mut items, mut cursor) = (format!("{}/events", record.path()), Vec::new(), None::<String>);
    loop {
        let mut query = Parameters::new();
        fresh.add_to(&mut query);
        query.push(("limit", PAGE.to_string()));
        query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
        let body = client.carried(&path, &query).await?;
        let page = serde_json::from_slice::<Page>(&body).map_err(anyhow::Error::from)?;
        items.extend(page.items);
        match page.next {
            Some(Value::String(next)) => cursor = Some(next),
            Some(Value::Number(next)) => cursor = Some(next.to_string()),
            _ => return Ok(items),
        }
        progress.say(&format!("{} read …", words::count(items.len(), "event")));
    }
}

/// That each event that is to be redacted is one.
fn check(redact: &[String], items: &[Item]) -> Result<(), Failure> {
    let is_one = |uid: &String| uid == "all" || items.iter().any(|item| item.uid.as_ref() == Some(uid));
    match redact.iter().find(|uid| !is_one(uid)) {
        Some(uid) => {
            Err(Failure::Usage(format!("--redact: the record has no event {uid}; `history` lists them")))
        }
        None => Ok(()),
    }
}

/// The leaf of an event, and the event as it was recorded, where the register shows it so.
async fn leaf_of(client: &Client, item: &Item, tiles: &Tiles) -> Result<(String, Option<String>), Failure> {
    let expected = tiles.leaf(item.position.saturating_sub(1))?;
    // The register adds the sequence on reading.
    let envelope = without(item.event.get().as_bytes(), "sequence").ok();
    let made = envelope.as_ref().and_then(|envelope| leaf(envelope.as_bytes()).ok());
    if let Some(made) = made.filter(|made| leaf_hash(made) == expected) {
        return Ok((String::from_utf8(made).map_err(anyhow::Error::from)?, envelope));
    }
    // Something in it is hidden from who asks, or was destroyed: its leaf is for them all the same.
    let uid = item.uid.as_ref().ok_or_else(|| otherwise(item))?;
    let leaf = client.carried(&format!("v1/audit/leaves/{uid}"), &[]).await?;
    if leaf_hash(&leaf) == expected {
        Ok((String::from_utf8(leaf).map_err(anyhow::Error::from)?, None))
    } else {
        Err(otherwise(item))
    }
}

fn otherwise(item: &Item) -> Failure {
    let Item { version, position, .. } = item;
    Failure::Other(anyhow!(
        "the register shows event {version}, at position {position}, otherwise than its log has it"
    ))
}

fn subject(leaf: &str) -> Option<String> {
    let leaf = serde_json::from_str::<Value>(leaf).ok()?;
    leaf["subject"].as_str().map(ToOwned::to_owned)
}
