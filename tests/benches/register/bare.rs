//! The ceiling of a point query: a route of the same framework that does one NATS round trip and returns the
//! same bytes, and nothing else. It runs in a process of its own, as the register does.

use std::path::Path;
use std::process::Command;

use anyhow::Context;
use async_nats::Client;
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use bytes::Bytes;
use futures_util::StreamExt;
use tempfile::TempDir;
use testkit::{Guarded, PATIENCE, eventually, free_port};
use tokio::net::{TcpListener, TcpStream};

const SUBJECT: &str = "ceiling.query";

/// About as long as a question that crosses the wire inside the register.
const QUESTION: &[u8] = &[b'?'; 256];

/// The process.
pub(crate) struct Bare {
    _process: Guarded,
    _folder: TempDir,
    host: String,
}

impl Bare {
    /// Starts it with what it is to answer.
    pub(crate) async fn start(nats: &str, body: &[u8]) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("chancery-bare-")?;
        let file = folder.path().join("body");
        std::fs::write(&file, body)?;
        let host = format!("127.0.0.1:{}", free_port());
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bare", nats, &host]).arg(&file);
        let process = Guarded::spawn(&mut command, folder.path());
        eventually("the bare route", PATIENCE, async || TcpStream::connect(&host).await.ok()).await;
        Ok(Self { _process: process, _folder: folder, host })
    }

    /// Where it listens.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

/// What the process does.
pub(crate) async fn serve(nats: &str, listen: &str, body: &Path) -> anyhow::Result<()> {
    let body = Bytes::from(std::fs::read(body)?);
    // Asks and answers over connections of their own, as two services do.
    let (asking, answering) = (async_nats::connect(nats).await?, async_nats::connect(nats).await?);
    let mut questions = answering.queue_subscribe(SUBJECT, "bare".to_owned()).await?;
    answering.flush().await?;
    tokio::spawn(async move {
        while let Some(question) = questions.next().await {
            let (client, body) = (answering.clone(), body.clone());
            tokio::spawn(async move {
                if let Some(inbox) = question.reply {
                    // Nobody waits if the connection is gone.
                    let _ = client.publish(inbox, body).await;
                }
            });
        }
    });
    let listener = TcpListener::bind(listen).await.with_context(|| listen.to_owned())?;
    let router = Router::new().route("/v1/engagements/{id}", get(answer)).with_state(asking);
    axum::serve(listener, router).await?;
    Ok(())
}

async fn answer(State(client): State<Client>) -> impl IntoResponse {
    let answer = client.request(SUBJECT, Bytes::from_static(QUESTION)).await;
    let body = answer.map(|message| message.payload).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], body)
}
