//! Who received an event is told what sets it right, whatever they want to hear of, and is found; who did not receive it
//! hears nothing of that.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use contract::following::Filter;
use contract::subscription::Stored;
use contract::{Principal, Role};
use notifier::Store;
use serde_json::{Value, json};
use system_tests::{AGENCY, Client, Follower, System, principal};
use testkit::{PATIENCE, eventually};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::PROGRAM;

const FLAGS: &[&str] = &[
    "--allow-address",
    "127.0.0.0/8",
    "--allow-http",
    "--notifier-within",
    "2",
    "--http-stream-beat",
    "0.2",
];

/// Takes what is posted, at `/<name>`.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<(String, Value)>>>);

impl Receiver {
    async fn start() -> (Self, String) {
        let receiver = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let take = async |State(Self(taken)): State<Self>, uri: http::Uri, body: String| {
            let body = serde_json::from_str(&body).expect("JSON");
            taken.lock().expect("nobody panics").push((uri.path().to_owned(), body));
        };
        let router = Router::new().route("/{name}", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, base)
    }

    fn at(&self, path: &str) -> Vec<Value> {
        let taken = self.0.lock().expect("nobody panics");
        taken.iter().filter(|(other, _)| other == path).map(|(_, body)| body.clone()).collect()
    }

    async fn has(&self, path: &str, count: usize) -> Vec<Value> {
        eventually(&format!("{count} deliveries at {path}"), PATIENCE, async || {
            Some(self.at(path)).filter(|taken| taken.len() >= count)
        })
        .await
    }
}

fn reader() -> Principal {
    Principal { level: "OFFICIAL".into(), roles: [Role::Reader].into(), ..principal("urn:agency:us", "US") }
}

fn filter(party: &str) -> Filter {
    serde_json::from_value(json!({"party": [party]})).expect("a filter")
}

async fn subscribe(store: &Store, base: &str, name: &str, party: &str) -> Stored {
    let stored = json!({
        "id": Uuid::new_v4(), "owner": "urn:agency:us", "after": 0, "filter": filter(party),
        "channel": {"type": "webhook", "url": format!("{base}/{name}")},
        "created": "2026-01-01T00:00:00Z", "created_by": "officer", "changed": "2026-01-01T00:00:00Z",
        "reader": reader().cleared(), "keys": [{"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}],
    });
    let stored = serde_json::from_value(stored).expect("a subscription");
    store.write(&stored, 0).await.expect("the bucket takes it");
    stored
}

fn held(id: &str, with: &str) -> Value {
    json!({"id": id, "type": "engagement.held", "subject": format!("engagement/~{id}"),
        "data": {"kind": "meeting", "title": id, "occurred": "2025-06-01", "participants": ["PK", with]}})
}

fn uid(id: &str) -> Value {
    json!(domain::event_uid(AGENCY, id))
}

async fn recipients(client: &Client, id: &str) -> Vec<Value> {
    let path = format!("/v1/events/{}/recipients", uid(id).as_str().expect("a uid"));
    let (mut items, mut query) = (vec![], "?limit=1".to_owned());
    loop {
        let mut page = client.get(&format!("{path}{query}")).await.ok();
        items.append(page["items"].as_array_mut().expect("items"));
        let Some(next) = page["next"].as_str() else { return items };
        query = format!("?limit=1&cursor={next}");
    }
}

/// What sets three events right: corrects one, retracts another, hides the third and retracts it; and two of others.
fn rights() -> Value {
    json!([
        {"id": "c", "type": "engagement.corrected", "subject": "engagement/~first", "data": {"event": "~first",
            "changes": [{"pointer": "/title", "new": "The first"}], "reason": "A slip"}},
        {"id": "r", "type": "engagement.retracted", "subject": "engagement/~second",
            "data": {"event": "~second", "reason": "A hoax"}},
        {"id": "m", "type": "engagement.marking_changed", "subject": "engagement/~third",
            "data": {"level": "SECRET", "reason": "It is sensitive after all"}},
        {"id": "a", "type": "engagement.retracted", "subject": "engagement/~third",
            "data": {"event": "~third", "reason": "It was another day"}},
        held("of-others", "FR"),
        held("of-them", "DE"),
    ])
}

/// What a webhook hears behind three events.
fn check_posts(bodies: &[Value], three: [&str; 3]) {
    let types = bodies.iter().map(|body| body["type"].as_str().expect("a type")).collect::<Vec<_>>();
    assert_eq!(
        types[3..],
        ["engagement.corrected", "engagement.retracted", "recall", "recall", "engagement.held"]
    );
    for (body, id) in bodies[3..5].iter().zip(three) {
        assert_eq!(body["recalls"], json!([uid(id)]), "{body:#}");
    }
    for notice in &bodies[5..7] {
        assert_eq!(notice["data"], json!({"recalls": [uid("third")]}), "{notice:#}");
        assert_eq!(notice.as_object().expect("an object").len(), 3, "and nothing else");
    }
}

/// Who received what, as auditors find it, and nobody else.
async fn check_recipients(system: &System) {
    let auditor = Principal {
        subject: "auditor".into(),
        roles: [Role::Reader, Role::Auditor].into(),
        level: "TOP SECRET".into(),
        ..principal(AGENCY, "PK")
    };
    let auditor = system.client_as(&auditor);
    // What streams are given is on record soon after, and what they are told in the same second is told once.
    let receipts = async |id: &str| {
        let mut found = recipients(&auditor, id).await;
        for receipt in &mut found {
            assert_eq!((&receipt["agency"], &receipt["party"]), (&json!("urn:agency:us"), &json!("US")));
            assert_eq!(receipt["subscription"].is_null(), receipt["channel"] == "stream");
            *receipt = json!([receipt["channel"], receipt["host"], receipt["because"]]);
        }
        found.dedup();
        found
    };
    let found = async |id: &str, count: usize| {
        let what = format!("recipients of {id}");
        let found = eventually(&what, PATIENCE, async || {
            Some(receipts(id).await).filter(|found| found.len() >= count)
        });
        Value::Array(found.await)
    };
    let webhook = |because: Option<&str>| json!(["webhook", "127.0.0.1", because]);
    let streamed = |because: Option<&str>| json!(["stream", null, because]);
    assert_eq!(found("first", 2).await, json!([webhook(None), streamed(None)]));
    assert_eq!(found("c", 2).await, json!([webhook(Some("recall")), streamed(None)]));
    let notice = Some("notice");
    let third = [webhook(None), webhook(notice), streamed(None), streamed(notice)];
    assert_eq!(found("third", 4).await, json!(third));
    assert_eq!(found("of-others", 1).await, json!([webhook(None)]));
    assert_eq!(found("m", 0).await, json!([]), "nobody was shown what marks it");

    let path = format!("/v1/events/{}/recipients", uid("first").as_str().expect("a uid"));
    assert_eq!(system.client().get(&path).await.status, 403);
    let logged = auditor.get("/v1/audit/reads?kind=audit&limit=1").await.ok();
    let asked = logged["items"][0]["asked"].as_str().expect("what was asked");
    assert!(asked.contains("/recipients"), "whoever asks is on record, too: {asked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_received_an_event_is_told_what_sets_it_right_and_nobody_else_is() {
    let (receiver, base) = Receiver::start().await;
    let mut system = System::start(PROGRAM, &[]).await;
    system.set_flags(FLAGS);
    system.add(&["registrar", "projector", "auditor", "gateway", "notifier"]).await;
    let store = Store::new(system.nats().client().await);
    let told = subscribe(&store, &base, "told", "US").await;
    subscribe(&store, &base, "other", "FR").await;
    let client = system.client();
    let mut stream = Follower::new(system.client_as(&reader()), "/v1/stream?party=US", 0);
    let three = ["first", "second", "third"];
    client.submit(&json!(three.map(|id| held(id, "US")))).await.ok();
    stream.take(3).await;
    receiver.has("/told", 3).await;

    // It wants to hear of others now, and hears of what sets right what it has received.
    let kept = store.find(told.subscription.id).await.expect("the bucket answers").expect("it is there");
    let mut changed = kept.stored.expect("it is there");
    changed.subscription.filter = filter("DE");
    store.write(&changed, kept.revision).await.expect("the bucket takes it");
    client.submit(&rights()).await.ok();
    check_posts(&receiver.has("/told", 8).await, three);
    let others = receiver.has("/other", 1).await;
    assert_eq!(others.len(), 1, "it received nothing that was set right");
    assert_eq!(others[0]["data"]["uid"], uid("of-others"));

    let messages = stream.take(4).await;
    let names = messages.iter().map(|message| message.event.as_str()).collect::<Vec<_>>();
    assert_eq!(
        names,
        ["chancery.engagement.corrected.v1", "chancery.engagement.retracted.v1", "recall", "recall"]
    );
    assert_eq!(messages[2].data, json!({"recalls": [uid("third")]}).to_string());
    check_recipients(&system).await;
}
