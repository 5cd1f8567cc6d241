//! Proofs: checkpoints, tiles, and what proves an event or the growth of the log.
//!
//! Checkpoints, hash tiles and consistency proofs tell how many events there are, and nothing of them; they are for
//! every token. An event's proof and its leaf are for who may see the event, which the dossiers know: they are asked
//! first. Bundles of entries show something of every event; whom they are for, the auditor says.

use axum::response::Response;
use contract::{Audit, Covering, Paging, Query, Reads, Role, Trail, kind, subjects};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode, Uri};
use serde::Deserialize;
use serde_json::Value;
use service::Reply;

use super::asked::{Asked, Openly};
use super::events::{uid, unreadable};
use crate::accept::{JSON, choose};
use crate::params::Edge;
use crate::refusal::{Refusal, answer};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// A tile of so many hashes never changes (C2SP tlog-tiles).
const FOR_EVERYBODY: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FOR_THE_CALLER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

pub(crate) async fn checkpoint(Openly(mut asked): Openly) -> Result<Response, Refusal> {
    let witnessed = asked.params.flag("witnessed");
    Ok(answer(asked.ask(subjects::AUDIT, Audit::Checkpoint { witnessed }).await?, TEXT))
}

pub(crate) async fn witnesses(Openly(asked): Openly) -> Result<Response, Refusal> {
    Ok(answer(asked.ask(subjects::AUDIT, Audit::Witnesses).await?, HeaderValue::from_static(JSON)))
}

pub(crate) async fn timestamps(Openly(mut asked): Openly) -> Result<Response, Refusal> {
    let covering = asked.params.parsed("covering", "a position of the log");
    let query = Audit::Timestamps { covering };
    Ok(answer(asked.ask(subjects::AUDIT, query).await?, HeaderValue::from_static(JSON)))
}

pub(crate) async fn tile(uri: Uri, Openly(asked): Openly) -> Result<Response, Refusal> {
    let shared = asked.is_public();
    bytes(uri, asked, if shared { FOR_EVERYBODY } else { FOR_THE_CALLER }).await
}

pub(crate) async fn entries(uri: Uri, Openly(asked): Openly) -> Result<Response, Refusal> {
    asked.requires(Role::Auditor)?;
    asked.is(kind::EXPORT);
    bytes(uri, asked, FOR_THE_CALLER).await
}

/// The path is as it was sent: a tile has one way to be written.
async fn bytes(uri: Uri, asked: Asked, caching: HeaderValue) -> Result<Response, Refusal> {
    let path = uri.path().trim_start_matches('/').to_owned();
    let reply = asked.ask(subjects::AUDIT, Audit::Tile { path }).await?;
    let mut response = answer(reply, BYTES);
    if response.status() == StatusCode::OK {
        response.headers_mut().insert(CACHE_CONTROL, caching);
    }
    Ok(response)
}

pub(crate) async fn consistency(Openly(mut asked): Openly) -> Result<Response, Refusal> {
    let (from, to) = sizes(&mut asked);
    let query = Audit::Consistency { from, to };
    Ok(answer(asked.ask(subjects::AUDIT, query).await?, HeaderValue::from_static(JSON)))
}

/// The sizes of an earlier tree and a later one.
fn sizes(asked: &mut Asked) -> (u64, Option<u64>) {
    let size = "the size of a tree, how many leaves it has";
    let (from, to) = (asked.params.parsed("from", size), asked.params.parsed("to", size));
    if from.is_none() {
        asked.params.mistake("from", format!("expected {size}"));
    }
    (from.unwrap_or(0), to)
}

pub(crate) async fn proof(mut asked: Asked) -> Result<Response, Refusal> {
    let json = match asked.params.one("format").as_deref() {
        None | Some("tlog-proof") => false,
        Some("json") => true,
        Some(_) => {
            asked.params.mistake("format", "expected tlog-proof or json");
            false
        }
    };
    let witnessed = asked.params.flag("witnessed");
    let kind = if json { HeaderValue::from_static(JSON) } else { TEXT };
    of_event(asked, kind, |position| Audit::Proof { position, json, witnessed }).await
}

pub(crate) async fn leaf(asked: Asked) -> Result<Response, Refusal> {
    of_event(asked, HeaderValue::from_static(JSON), |position| Audit::Leaf { position }).await
}

/// The trail of a record that the caller may see. Each event comes with the first checkpoint that covers it.
pub(crate) async fn trail(mut asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[JSON])?;
    let subject = super::named(&asked)?;
    let params = &mut asked.params;
    let trail = Trail {
        subject,
        actor: params.one("actor"),
        agency: params.one("agency"),
        action: params.one("action"),
        from: params.time("from", Edge::Start),
        until: params.time("until", Edge::End),
        after: params.after(),
        limit: params.limit(),
    };
    let as_of = asked.settle().await?;
    let reply = asked.put(as_of, subjects::DOSSIERS, Query::Trail(trail)).await?;
    if reply.status != 200 {
        return Ok(answer(reply, HeaderValue::from_static(JSON)));
    }
    let mut page = serde_json::from_slice::<Value>(&reply.body).map_err(unreadable)?;
    let items = page["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let positions = items.iter().filter_map(|item| item["position"].as_u64()).collect::<Vec<_>>();
    let covering = asked.put(as_of, subjects::AUDIT, Audit::Covering(Covering { positions })).await;
    prove(&mut page, covering)?;
    Ok(answer(Reply { body: page.to_string().into(), ..reply }, HeaderValue::from_static(JSON)))
}

/// Adds to each event which checkpoint covers it. The trail is told also when nothing is proved: it is wanted most then.
fn prove(page: &mut Value, covering: Result<Reply, Refusal>) -> Result<(), Refusal> {
    #[derive(Deserialize)]
    struct Found {
        covering: Vec<Value>,
        checkpoints: Value,
    }
    let Some(reply) = covering.ok().filter(|reply| reply.status == 200) else {
        page["unproved"] = "the auditor does not answer".into();
        return Ok(());
    };
    let Found { covering, checkpoints } = serde_json::from_slice(&reply.body).map_err(unreadable)?;
    let items = page["items"].as_array_mut().map(Vec::as_mut_slice).unwrap_or_default();
    for (item, size) in items.iter_mut().zip(covering) {
        item["checkpoint"] = size;
    }
    page["checkpoints"] = checkpoints;
    Ok(())
}

/// The log of reads, the latest entry first. Whoever asks it is logged, too.
pub(crate) async fn reads(mut asked: Asked) -> Result<Response, Refusal> {
    asked.requires(Role::Auditor)?;
    choose(&asked.headers, &[JSON])?;
    let params = &mut asked.params;
    let reads = Reads {
        subject: params.parsed("subject", "a record, such as engagement/UUID"),
        actor: params.one("actor"),
        agency: params.one("agency"),
        kind: params.one("kind"),
        outcome: params.one("outcome"),
        from: params.time("from", Edge::Start),
        until: params.time("until", Edge::End),
        page: Paging { cursor: params.one("cursor"), limit: params.limit() },
    };
    asked.is(kind::AUDIT);
    Ok(answer(asked.ask(subjects::AUDIT, Audit::Reads(reads)).await?, HeaderValue::from_static(JSON)))
}

/// It shows nothing of what was read, and who asks for it again and again is not to make the log grow by that.
pub(crate) async fn reads_checkpoint(asked: Asked) -> Result<Response, Refusal> {
    asked.requires(Role::Auditor)?;
    Ok(answer(asked.ask(subjects::AUDIT, Audit::ReadsCheckpoint).await?, TEXT))
}

pub(crate) async fn reads_consistency(mut asked: Asked) -> Result<Response, Refusal> {
    asked.requires(Role::Auditor)?;
    let (from, to) = sizes(&mut asked);
    let query = Audit::ReadsConsistency { from, to };
    Ok(answer(asked.ask(subjects::AUDIT, query).await?, HeaderValue::from_static(JSON)))
}

/// Asks about an event that the caller may see.
async fn of_event(
    mut asked: Asked,
    kind: HeaderValue,
    query: impl FnOnce(u64) -> Audit,
) -> Result<Response, Refusal> {
    #[derive(Deserialize)]
    struct Found {
        position: u64,
    }
    let uid = uid(&asked)?;
    let as_of = asked.settle().await?;
    let seen: Reply = asked.put(as_of, subjects::DOSSIERS, Query::Event { uid }).await?;
    if seen.status != 200 {
        return Ok(answer(seen, kind));
    }
    let Found { position } = serde_json::from_slice(&seen.body).map_err(unreadable)?;
    Ok(answer(asked.put(as_of, subjects::AUDIT, query(position)).await?, kind))
}
