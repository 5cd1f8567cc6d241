//! Proofs: checkpoints, tiles, and what proves an event or the growth of the log.
//!
//! Checkpoints, hash tiles and consistency proofs tell how many events there are, and nothing of them; they are for
//! every token. An event's proof and its leaf are for who may see the event, which the dossiers know: they are asked
//! first. Bundles of entries show something of every event; whom they are for, the auditor says.

use axum::response::Response;
use contract::{Audit, Query, Role, subjects};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode, Uri};
use serde::Deserialize;
use service::Reply;

use super::asked::{Asked, Openly};
use super::events::{uid, unreadable};
use crate::accept::JSON;
use crate::refusal::{Refusal, answer};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// A tile of so many hashes never changes (C2SP tlog-tiles).
const FOR_EVERYBODY: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FOR_THE_CALLER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

pub(crate) async fn checkpoint(Openly(asked): Openly) -> Result<Response, Refusal> {
    Ok(answer(asked.ask(subjects::AUDIT, Audit::Checkpoint).await?, TEXT))
}

pub(crate) async fn tile(uri: Uri, Openly(asked): Openly) -> Result<Response, Refusal> {
    let shared = asked.is_public();
    bytes(uri, asked, if shared { FOR_EVERYBODY } else { FOR_THE_CALLER }).await
}

pub(crate) async fn entries(uri: Uri, Openly(asked): Openly) -> Result<Response, Refusal> {
    asked.requires(Role::Auditor)?;
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
    let size = "the size of a tree, a number of events";
    let (from, to) = (asked.params.parsed("from", size), asked.params.parsed("to", size));
    if from.is_none() {
        asked.params.mistake("from", format!("expected {size}"));
    }
    let query = Audit::Consistency { from: from.unwrap_or(0), to };
    Ok(answer(asked.ask(subjects::AUDIT, query).await?, HeaderValue::from_static(JSON)))
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
    let kind = if json { HeaderValue::from_static(JSON) } else { TEXT };
    of_event(asked, kind, |position| Audit::Proof { position, json }).await
}

pub(crate) async fn leaf(asked: Asked) -> Result<Response, Refusal> {
    of_event(asked, HeaderValue::from_static(JSON), |position| Audit::Leaf { position }).await
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
