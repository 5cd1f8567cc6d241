//! Time stamps are asked for, kept and served; what authorities do wrong is named and delays nothing.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use auditor::Settings;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use contract::Audit;
use futures_util::stream;
use serde_json::Value;
use testkit::{PATIENCE, TimeStampAuthority, eventually};
use timestamp::Authorities;
use tokio::net::TcpListener;
use transparency::checkpoint::Signed;

use crate::support::{Auditor, trust};
use crate::testing::World;

const P_256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";

/// What an authority of this test does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Silent,
    Endless,
    Babbling,
    Failing,
    Redirecting,
    OfAnother,
    Refusing,
    Replaying,
    Nobody,
}

const KINDS: [(Kind, &str); 9] = [
    (Kind::Silent, "it does not answer"),
    (Kind::Endless, "more than 65536 bytes"),
    (Kind::Babbling, "no time stamp response"),
    (Kind::Failing, "the status 503"),
    (Kind::Redirecting, "the status 307"),
    (Kind::OfAnother, "leads to none that is trusted"),
    (Kind::Refusing, "the authority refuses"),
    (Kind::Replaying, "the nonce is another"),
    (Kind::Nobody, "it does not answer"),
];

impl Kind {
    async fn answer(self, query: Bytes) -> Response {
        // Another each time: its root has the name of the one that is trusted, and another key.
        let answer = |query: Vec<u8>| {
            tokio::task::spawn_blocking(move || TimeStampAuthority::new(P_256).answer(&query))
        };
        match self {
            Self::Silent => std::future::pending().await,
            Self::Endless => {
                Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(vec![0x30; 4096])))
                    .into_response()
            }
            Self::Babbling => "no token".into_response(),
            Self::Failing => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Self::Redirecting => {
                (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/else")]).into_response()
            }
            Self::OfAnother => answer(query.to_vec()).await.unwrap().into_response(),
            Self::Refusing => answer(b"no query".to_vec()).await.unwrap().into_response(),
            Self::Replaying | Self::Nobody => unreachable!("another answers"),
        }
    }

    async fn listen(self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        if self != Self::Nobody {
            let router = Router::new().route("/", post(move |query: Bytes| self.answer(query)));
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        address
    }
}

/// Answers with the nonce of another request: the last eight bytes before `certReq` are turned.
async fn replaying(authority: TimeStampAuthority) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let authority = std::sync::Arc::new(authority);
    let answer = move |query: Bytes| async move {
        let mut query = query.to_vec();
        let place = query.len() - 4;
        query[place] ^= 1;
        tokio::task::spawn_blocking(move || authority.answer(&query)).await.unwrap()
    };
    let router = Router::new().route("/", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn settings(folder: &Path, lines: &str) -> Settings {
    let file = folder.join("authorities");
    std::fs::write(&file, lines).unwrap();
    Settings { timestamps: Some(file), timestamps_every: Duration::from_millis(100), ..Settings::default() }
}

async fn stamps(world: &World, position: u64) -> Value {
    asked(world, position, None).await
}

async fn asked(world: &World, position: u64, covering: Option<u64>) -> Value {
    let reply = world.ask(position, Audit::Timestamps { covering }).await;
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    serde_json::from_slice(&reply.body).unwrap()
}

/// That what is served is a checkpoint of the log, stamped by whom `pem` vouches for.
fn is_stamped(authority: &Value, data: &Path, pem: &str, size: u64) {
    use base64::Engine;
    let stamped = &authority["stamped"];
    let signed = Signed::parse(stamped["checkpoint"].as_str().unwrap().as_bytes()).unwrap();
    signed.open(&trust(data)).unwrap();
    assert!(signed.checkpoint().head().size >= size && stamped["size"] == signed.checkpoint().head().size);
    let token = base64::engine::general_purpose::STANDARD.decode(stamped["token"].as_str().unwrap()).unwrap();
    let trusted = Authorities::from_pem(pem.as_bytes()).unwrap();
    let stamp = timestamp::verify(&token, signed.note().text().as_bytes(), &trusted).unwrap();
    assert_eq!(stamped["time"], stamp.time.to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_are_stamped_and_stamps_outlive_the_process() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let authority = TimeStampAuthority::new("-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
    let pem = authority.certificate();
    std::fs::write(data.path().join("tsa.pem"), &pem).unwrap();
    let line = format!("# the clock\nauthority clock http://{} tsa.pem\n", authority.listen().await);
    let auditor = Auditor::ready_with(&world, data.path(), settings(data.path(), &line)).await;
    for _ in 0..2 {
        world.record(3).await;
        let size = world.messages.len() as u64;
        is_stamped(&stamps(&world, size).await["authorities"][0], data.path(), &pem, size);
    }
    let metrics = auditor.shell.metrics.text();
    assert!(metrics.contains("chancery_audit_stamped_events 6"), "{metrics}");
    // Every token is there: the first that covers an event says most of its time.
    for (position, last) in [(1, 3), (3, 3), (4, 6), (6, 6)] {
        let first = asked(&world, 0, Some(position)).await;
        let size = first["stamped"].as_u64().unwrap();
        assert!((position..=last).contains(&size), "{position}: {first:#}");
        is_stamped(&first["authorities"][0], data.path(), &pem, position);
    }
    auditor.stop().await;
    // Nobody answers there any more, and the events are covered all the same.
    let line = format!("authority clock http://{} tsa.pem\n", Kind::Nobody.listen().await);
    let auditor = Auditor::ready_with(&world, data.path(), settings(data.path(), &line)).await;
    is_stamped(&stamps(&world, 6).await["authorities"][0], data.path(), &pem, 6);
    auditor.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_authorities_do_wrong_is_named_and_delays_nothing() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let (honest, replayed) = (TimeStampAuthority::new(P_256), TimeStampAuthority::new(P_256));
    let pem = honest.certificate();
    std::fs::write(data.path().join("tsa.pem"), &pem).unwrap();
    std::fs::write(data.path().join("replayed.pem"), replayed.certificate()).unwrap();
    let mut lines = format!("authority honest http://{} tsa.pem\n", honest.listen().await);
    let mut replayed = Some(replayed);
    for (kind, _) in KINDS {
        let (address, file) = match replayed.take_if(|_| kind == Kind::Replaying) {
            Some(authority) => (replaying(authority).await, "replayed.pem"),
            None => (kind.listen().await, "tsa.pem"),
        };
        let name = format!("{kind:?}").to_lowercase();
        lines += &format!("authority {name} http://{address} {file}\n");
    }
    let auditor = Auditor::ready_with(&world, data.path(), settings(data.path(), &lines)).await;
    for _ in 0..3 {
        world.record(2).await;
        // The checkpoint does not wait for anybody, and what the honest one stamps not for the others.
        world.checkpoint(data.path()).await;
        let size = world.messages.len() as u64;
        is_stamped(&stamps(&world, size).await["authorities"][0], data.path(), &pem, size);
    }
    let report = eventually("every failure to be named", PATIENCE, async || {
        let report = stamps(&world, 0).await;
        let mut found = report["authorities"].as_array().unwrap()[1..].iter().zip(KINDS);
        let named = |(one, (_, says)): (&Value, (Kind, &str))| {
            one["failure"].as_str().is_some_and(|failure| failure.contains(says)) && one["stamped"].is_null()
        };
        found.all(named).then_some(report)
    })
    .await;
    assert!(report["authorities"][0]["failure"].is_null(), "{report}");
    assert!(auditor.shell.readiness.is_ready());
    world.is_whole().await;
    auditor.stop().await;
}

#[tokio::test]
async fn authorities_that_nobody_can_be_asked_by_end_the_start() {
    let world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("tsa.pem"), TimeStampAuthority::new(P_256).certificate()).unwrap();
    for (lines, says) in [
        ("authority a http://a.example", "line 1"),
        ("\nauthority A http://a.example tsa.pem", "line 2"),
        ("authority a ftp://a.example tsa.pem", "line 1"),
        ("authority a http://a.example tsa.pem\nauthority a http://b.example tsa.pem", "line 2"),
        ("authority a http://a.example nowhere.pem", "nowhere.pem cannot be read"),
        ("authority a http://a.example authorities", "vouches for nobody"),
    ] {
        let failed =
            Auditor::start_with(&world, data.path(), settings(data.path(), lines)).await.failed().await;
        assert!(failed.contains(says), "{lines:?}: {failed}");
    }
}
