//! Witnesses that do not do what they should harm nothing, and are named.

use std::net::SocketAddr;
use std::path::Path;

use auditor::Settings;
use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use contract::Audit;
use futures_util::stream;
use serde_json::Value;
use testkit::{PATIENCE, eventually};
use tokio::net::TcpListener;
use transparency::checkpoint::{Cosigner, Signed};
use transparency::note::KeyName;
use transparency::witness::AddCheckpoint;

use crate::support::{Auditor, trust};
use crate::testing::World;

/// What a witness of this test does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Honest,
    Silent,
    Endless,
    Forging,
    OfAnother,
    Restless,
    Ahead,
    Redirecting,
    Refusing,
    Babbling,
    Nobody,
}

const KINDS: [(Kind, &str); 11] = [
    (Kind::Honest, ""),
    (Kind::Silent, "it does not answer"),
    (Kind::Endless, "more than 65536 bytes"),
    (Kind::Forging, "a signature that does not hold"),
    (Kind::OfAnother, "without a signature of its key"),
    (Kind::Restless, "another size each time"),
    (Kind::Ahead, "has cosigned 99 events of this log already"),
    (Kind::Redirecting, "not of the protocol"),
    (Kind::Refusing, "another history"),
    (Kind::Babbling, "not of the protocol"),
    (Kind::Nobody, "it does not answer"),
];

fn cosigner(name: &str, seed: u8) -> Cosigner {
    Cosigner::from_seed(KeyName::new(name).unwrap(), &[seed; 32])
}

impl Kind {
    fn key(self) -> Cosigner {
        cosigner(&format!("{self:?}.example"), self as u8 + 1)
    }

    async fn answer(self, body: String) -> Response {
        let request = AddCheckpoint::parse(body.as_bytes()).unwrap();
        let checkpoint = request.checkpoint.checkpoint();
        let size = |size: u64| (StatusCode::CONFLICT, format!("{size}\n")).into_response();
        let said = |cosigner: &Cosigner| format!("{}\n", cosigner.cosign(checkpoint, 1_800_000_000).unwrap());
        match self {
            Self::Honest => said(&self.key()).into_response(),
            Self::Silent => std::future::pending().await,
            Self::Endless => {
                let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 4096]));
                Body::from_stream(chunks).into_response()
            }
            Self::Forging => {
                let mut line = said(&self.key()).into_bytes();
                let place = line.len() - 20;
                line[place] = if line[place] == b'A' { b'B' } else { b'A' };
                line.into_response()
            }
            Self::OfAnother => said(&cosigner("stranger.example", 99)).into_response(),
            Self::Restless => size(if request.old == 0 { 1 } else { 0 }),
            Self::Ahead => size(99),
            Self::Redirecting => {
                (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/elsewhere")]).into_response()
            }
            Self::Refusing => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
            Self::Babbling => "no signature\n".into_response(),
            Self::Nobody => unreachable!("nobody listens"),
        }
    }

    async fn listen(self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        if self != Self::Nobody {
            let router = Router::new().route("/add-checkpoint", post(move |body: String| self.answer(body)));
            // Who follows a redirect hears something else.
            let elsewhere = post(|| async { StatusCode::UNPROCESSABLE_ENTITY });
            let router = router.route("/elsewhere", elsewhere);
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        address
    }
}

async fn policy(folder: &Path) -> Settings {
    let mut text = String::new();
    for (kind, _) in KINDS {
        text += &format!("witness {kind:?} {} http://{}\n", kind.key().verifier(), kind.listen().await);
    }
    let file = folder.join("policy");
    std::fs::write(&file, format!("{text}quorum Honest\n")).unwrap();
    Settings { witnesses: Some(file), ..Settings::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_witnesses_do_wrong_is_named_and_delays_nothing() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let auditor = Auditor::ready_with(&world, data.path(), policy(data.path()).await).await;
    let honest = || trust(data.path()).witnessed_by(vec![Kind::Honest.key().verifier().clone()], 1);
    for _ in 0..3 {
        world.record(2).await;
        // The checkpoint does not wait for anybody, and what the honest one cosigned not for the others.
        world.checkpoint(data.path()).await;
        let reply = world.ask(world.messages.len() as u64, Audit::Checkpoint { witnessed: true }).await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
        let witnessed = Signed::parse(&reply.body).unwrap();
        assert_eq!(witnessed.open(&honest()).unwrap().witnesses[0].seconds, Some(1_800_000_000));
        assert_eq!(witnessed.note().signatures().len(), 2, "{witnessed}");
    }
    let report = eventually("every failure to be named", PATIENCE, async || {
        let reply = world.ask(0, Audit::Witnesses).await;
        let report = serde_json::from_slice::<Value>(&reply.body).unwrap();
        let named =
            report["witnesses"].as_array().unwrap().iter().zip(KINDS).all(|(witness, (kind, says))| {
                let failure = witness["failure"].as_str();
                if kind == Kind::Honest {
                    failure.is_none()
                } else {
                    failure.is_some_and(|failure| failure.contains(says))
                }
            });
        named.then_some(report)
    })
    .await;
    assert_eq!((&report["required"], &report["cosigned"]), (&1.into(), &1.into()));
    assert_eq!(report["witnessed"], 6);
    assert!(auditor.shell.readiness.is_ready());
    world.is_whole().await;
    auditor.stop().await;
}

#[tokio::test]
async fn a_policy_that_nobody_can_be_asked_by_ends_the_start() {
    let world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let key = Kind::Honest.key().verifier().to_string();
    let file = data.path().join("policy");
    for (text, says) in [
        ("quorum".to_owned(), "line 1"),
        (format!("witness a {key}\nquorum a\n"), "the witness a has no address"),
        (format!("witness a {key} ftp://a.example\nquorum a\n"), "the witness a has no address"),
    ] {
        std::fs::write(&file, &text).unwrap();
        let settings = Settings { witnesses: Some(file.clone()), ..Settings::default() };
        let failed = Auditor::start_with(&world, data.path(), settings).await.failed().await;
        assert!(failed.contains(says), "{text:?}: {failed}");
    }
}
