//! The log of reads, as the gateway writes it.

use std::time::Duration;

use async_nats::jetstream::{self, consumer::pull::OrderedConfig};
use contract::{Access, Outcome, subjects};
use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::json;
use service::{Reply, Shown};
use testkit::{PATIENCE, eventually};

use crate::edge::{Edge, refused};

const RECORD: &str = "engagement/018f0000-0000-7000-8000-000000000002";

/// An answer that shows marked material.
fn marked(body: &str) -> Reply {
    let records = vec![RECORD.parse().unwrap()];
    Reply::ok(body.to_owned()).at(1).showing(Some(Shown { marking: "SECRET//REL CA".to_owned(), records }))
}

/// Every entry about what was shown, in order.
pub(crate) async fn entries(edge: &Edge) -> Vec<Access> {
    let lines = lines(edge).await.into_iter();
    let shown = lines.filter(|line| line["kind"] != "stream");
    shown.map(|line| serde_json::from_value(line).unwrap()).collect()
}

/// Every line of the log of reads, in order.
pub(crate) async fn lines(edge: &Edge) -> Vec<serde_json::Value> {
    let context = jetstream::new(edge.server.client().await);
    let mut stream = context.get_stream(subjects::READS_STREAM).await.unwrap();
    let count = usize::try_from(stream.info().await.unwrap().state.messages).unwrap();
    if count == 0 {
        return vec![];
    }
    let consumer = stream.create_consumer(OrderedConfig::default()).await.unwrap();
    let messages = consumer.messages().await.unwrap().take(count);
    messages.map(|message| serde_json::from_slice(&message.unwrap().payload).unwrap()).collect().await
}

#[tokio::test]
async fn an_entry_says_who_was_shown_what_from_where() {
    let edge = Edge::start().await;
    edge.plan(marked("{\"a\": 1}"));
    let request = edge.request(reqwest::Method::GET, "/v1/engagements?party=CA&limit=3");
    let response =
        request.header("x-request-id", "r-1").header("x-forwarded-for", "192.0.2.7").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(
        response.headers().keys().all(|name| !name.as_str().contains("shown")),
        "the reader is told nothing more"
    );
    let all = entries(&edge).await;
    let [entry] = all.as_slice() else { panic!("{all:#?}") };
    assert_eq!((&*entry.kind, entry.outcome, entry.status), ("read", Outcome::Shown, 200));
    assert_eq!(
        (&*entry.actor, &*entry.agency, &*entry.party, &*entry.level),
        ("officer", "urn:agency:pk", "PK", "OFFICIAL")
    );
    assert_eq!((&*entry.request, &*entry.asked), ("r-1", "GET /v1/engagements?party=CA&limit=3"));
    assert_eq!((entry.marking.as_deref(), entry.bytes), (Some("SECRET//REL CA"), Some(8)));
    assert_eq!(entry.records, [RECORD.parse().unwrap()]);
    assert_eq!(entry.forwarded_for.as_deref(), Some("192.0.2.7"));
    assert!(entry.peer.as_ref().is_some_and(|peer| peer.starts_with("127.0.0.1:")), "{entry:?}");
}

#[tokio::test]
async fn what_is_not_marked_is_logged_only_if_it_is_carried_away() {
    let edge = Edge::start().await;
    assert_eq!(edge.get("/v1/engagements").await.status(), 200);
    assert!(entries(&edge).await.is_empty());
    let request = edge.request(reqwest::Method::GET, "/v1/engagements").header("chancery-purpose", "export");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let all = entries(&edge).await;
    assert_eq!((all.len(), &*all[0].kind, &all[0].marking), (1, "export", &None));
}

#[tokio::test]
async fn a_refusal_of_marked_material_is_told_and_waits_like_any_other() {
    let edge = Edge::start().await;
    let context = jetstream::new(edge.server.client().await);
    let problem = || contract::Problem::new(contract::ProblemKind::NotFound, "there is no such thing");
    let hidden = || Reply::from(problem()).showing(marked("").shown.map(|shown| *shown));
    let path = format!("/v1/engagements/{}", RECORD.split_once('/').unwrap().1);
    let ask = async |reply| {
        edge.plan(reply);
        let response = edge.get(&path).await;
        let mut names = response.headers().keys().map(ToString::to_string).collect::<Vec<_>>();
        names.sort();
        (names, refused(response).await)
    };
    assert_eq!(ask(hidden()).await, ask(Reply::from(problem())).await);
    eventually("the entry", PATIENCE, async || (entries(&edge).await.len() == 1).then_some(())).await;
    assert_eq!(entries(&edge).await[0].outcome, Outcome::Refused);
    // Also when nothing can be logged.
    context.delete_stream(subjects::READS_STREAM).await.unwrap();
    assert_eq!(ask(hidden()).await, ask(Reply::from(problem())).await);
    eventually("the count", PATIENCE, async || {
        edge.shell.metrics.text().contains("\nchancery_reads_unlogged_total 1\n").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_log_that_is_full_or_silent_shows_nothing() {
    let edge = Edge::start_with(&["--http-log-within", "0.5"]).await;
    let context = jetstream::new(edge.server.client().await);
    let name = || subjects::READS_STREAM.to_owned();
    let listening = || jetstream::stream::Config {
        name: name(),
        subjects: vec![subjects::READS.to_owned()],
        ..Default::default()
    };
    let full = jetstream::stream::Config {
        max_bytes: 1,
        discard: jetstream::stream::DiscardPolicy::New,
        ..listening()
    };
    let silent = jetstream::stream::Config { no_ack: true, ..listening() };
    for config in [full, silent] {
        context.delete_stream(name()).await.unwrap();
        context.create_stream(config).await.unwrap();
        edge.plan(marked("{\"a\": \"hidden\"}"));
        let (status, problem) = refused(edge.get("/v1/engagements").await).await;
        assert_eq!((status, &problem["type"]), (503, &json!("/problems/not-logged")));
        assert!(!problem.to_string().contains("hidden"));
        assert_eq!(edge.get("/v1/engagements").await.status(), 200, "what is not marked is shown");
    }
}

#[tokio::test]
async fn reads_at_the_same_time_are_each_logged_once() {
    const READS: usize = 60;
    let edge = Edge::start().await;
    (0..READS).for_each(|_| edge.plan(marked("{}")));
    let reads = (0..READS).map(|nth| {
        let request = edge.request(reqwest::Method::GET, "/v1/engagements");
        request.header("x-request-id", format!("r-{nth}")).timeout(Duration::from_secs(60)).send()
    });
    assert!(join_all(reads).await.into_iter().all(|response| response.unwrap().status() == 200));
    let mut requests = entries(&edge).await.into_iter().map(|entry| entry.request).collect::<Vec<_>>();
    requests.sort();
    let mut expected = (0..READS).map(|nth| format!("r-{nth}")).collect::<Vec<_>>();
    expected.sort();
    assert_eq!(requests, expected);
}
