//! What is wrong is refused: the right status, a problem that names the place, and nothing recorded.

use serde_json::{Value, json};
use system_tests::{Answer, Client, System, log, principal};

use crate::whole;

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

struct Bench {
    client: Client,
    nats: async_nats::Client,
    system: System,
}

impl Bench {
    async fn start() -> Self {
        let mut system = whole().await;
        let nats = system.nats().client().await;
        Self { client: system.client(), nats, system }
    }

    /// The problem that an answer is; the log must be as long as it was.
    async fn refused<'a>(&self, answer: &'a Answer, recorded: u64) -> (u16, &'a str, Vec<&'a str>) {
        assert_eq!(log::head(&self.nats).await, recorded, "something was recorded: {:#}", answer.body);
        answer.problem()
    }
}

fn held(data: &Value) -> Value {
    json!({"type": "engagement.held", "data": data})
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let bench = Bench::start().await;
    for body in ["{", "", "\u{feff}[", "[1,", "nonsense"] {
        let answer = bench.client.post(JSON, body).await;
        let (status, kind, _) = bench.refused(&answer, 0).await;
        assert_eq!((status, kind), (400, "malformed"), "{body:?}");
    }
    let answer = bench.client.post(JSON, b"{\"type\":\"\xff\"}".as_slice()).await;
    assert_eq!(bench.refused(&answer, 0).await.0, 400);
    let answer = bench.client.post(&[("content-type", "text/plain")], "{}").await;
    let (status, kind, _) = bench.refused(&answer, 0).await;
    assert_eq!((status, kind), (415, "unsupported-media-type"));
}

#[tokio::test]
async fn every_mistake_is_named_by_its_place() {
    let bench = Bench::start().await;
    let cases = [
        ("a wrong type", held(&json!({"kind": 7})), vec!["/data/kind"]),
        ("an unknown event", json!({"type": "engagement.dreamt", "data": {}}), vec!["/type"]),
        ("an unknown aggregate", json!({"type": "visit.held", "data": {}}), vec!["/type"]),
        ("no type", json!({"data": {}}), vec!["/type"]),
        ("bad EDTF", held(&json!({"occurred": "2025-13"})), vec!["/data/occurred"]),
        ("an unknown field", held(&json!({"atendees": ["CA"]})), vec!["/data/atendees"]),
        (
            "two mistakes at once",
            held(&json!({"occurred": "yesterday", "participants": [{"name": "CA", "role": "boss"}]})),
            vec!["/data/occurred", "/data/participants/0/role"],
        ),
        (
            "a required field",
            json!({"type": "commitment.made", "data": {"text": "To do it."}}),
            vec!["/data/owners", "/data/strength"],
        ),
        (
            "a reference to nothing",
            held(&json!({"links": [{"rel": "after", "to": "engagement/~never-recorded"}]})),
            vec!["/data/links/0/to"],
        ),
    ];
    for (what, event, pointers) in cases {
        let answer = bench.client.submit(&event).await;
        let (status, kind, mut found) = bench.refused(&answer, 0).await;
        found.sort_unstable();
        assert_eq!((status, kind, found), (422, "invalid-input", pointers), "{what}: {:#}", answer.body);
    }
}

#[tokio::test]
async fn one_bad_event_keeps_a_whole_batch_out() {
    let bench = Bench::start().await;
    let batch = json!([
        held(&json!({"kind": "call", "participants": ["CA"]})),
        held(&json!({"occurred": "2025-02-30"}))
    ]);
    let answer = bench.client.submit(&batch).await;
    assert_eq!(bench.refused(&answer, 0).await, (422, "invalid-input", vec!["/1/data/occurred"]));
}

#[tokio::test]
async fn an_event_over_64_kib_is_too_large() {
    let bench = Bench::start().await;
    let notes = (0..30).map(|_| "x".repeat(3000)).collect::<Vec<_>>();
    let large = held(&json!({"kind": "call", "participants": ["CA"], "notes": notes}));
    let batch = json!([held(&json!({"kind": "call", "participants": ["CA"]})), large]);
    for submission in [large, batch] {
        let answer = bench.client.submit(&submission).await;
        let (status, kind, _) = bench.refused(&answer, 0).await;
        assert_eq!((status, kind), (413, "too-large"), "{:#}", answer.body);
    }
    // Refused by its announced length: the connection may be closed before a client has written it all.
    if let Ok(answer) = bench.client.try_post("/v1/events", JSON, " ".repeat(5 << 20)).await {
        assert_eq!(bench.refused(&answer, 0).await.0, 413);
    }
    assert_eq!(log::head(&bench.nats).await, 0);
}

#[tokio::test]
async fn a_stale_version_is_a_failed_precondition() {
    let bench = Bench::start().await;
    let event = |id: &str, expected: u32| {
        json!({
            "id": id, "type": "engagement.scheduled", "subject": "engagement/~visit", "expectedversion": expected,
            "data": {"kind": "visit", "participants": ["CA"]},
        })
    };
    assert_eq!(bench.client.submit(&event("1", 0)).await.status, 201);
    for stale in [0, 2] {
        let answer = bench.client.submit(&event("2", stale)).await;
        let (status, kind, _) = bench.refused(&answer, 1).await;
        assert_eq!((status, kind), (412, "precondition-failed"), "expected {stale}");
    }
    let mut plain = event("3", 0);
    plain.as_object_mut().expect("an object").remove("expectedversion");
    let if_match = |version: &'static str| [JSON[0], ("if-match", version)];
    let answer = bench.client.post(&if_match("\"7\""), plain.to_string()).await;
    assert_eq!(bench.refused(&answer, 1).await.0, 412);
    assert_eq!(bench.client.post(&if_match("\"1\""), plain.to_string()).await.status, 201);
}

#[tokio::test]
async fn the_same_id_with_other_content_is_a_conflict() {
    let bench = Bench::start().await;
    let event = |participant: &str| {
        json!({
            "id": "once", "type": "engagement.held", "data": {"kind": "call", "participants": [participant]},
        })
    };
    let first = bench.client.submit(&event("CA")).await;
    assert_eq!(first.status, 201);
    let again = bench.client.submit(&event("CA")).await;
    assert_eq!((again.status, again.position()), (200, first.position()));
    let answer = bench.client.submit(&event("FR")).await;
    let (status, kind, _) = bench.refused(&answer, 1).await;
    assert_eq!((status, kind), (409, "conflict"));
}

#[tokio::test]
async fn nobody_records_without_a_token_or_for_another_agency() {
    let bench = Bench::start().await;
    let event = held(&json!({"kind": "call", "participants": ["CA"]}));
    for token in [None, Some("nonsense".to_owned())] {
        let client = bench.system.client_with(token);
        let answer = client.submit(&event).await;
        let (status, kind, _) = bench.refused(&answer, 0).await;
        assert_eq!((status, kind), (401, "unauthenticated"));
        for path in ["/v1/engagements", "/v1/timeline", "/v1/events"] {
            assert_eq!(client.get(path).await.problem().0, 401, "{path}");
        }
    }
    let foreign = bench.system.client_as(&principal("urn:agency:ca", "CA"));
    let mut theirs = event.clone();
    theirs["source"] = json!("urn:agency:pk");
    let answer = foreign.submit(&theirs).await;
    let (status, kind, _) = bench.refused(&answer, 0).await;
    assert_eq!((status, kind), (403, "forbidden"));
    let mut reader = principal("urn:agency:pk", "PK");
    reader.roles = [contract::Role::Reader].into();
    let answer = bench.system.client_as(&reader).submit(&event).await;
    let (status, kind, _) = bench.refused(&answer, 0).await;
    assert_eq!((status, kind), (403, "forbidden"));
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_records_nothing() {
    let bench = Bench::start().await;
    let event = held(&json!({"kind": "call", "participants": ["CA"]})).to_string();
    let answer = bench.client.try_post("/v1/events?dry_run=true", JSON, event).await.expect("an answer");
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    assert_eq!(log::head(&bench.nats).await, 0);
}

#[tokio::test]
async fn the_least_is_enough() {
    let bench = Bench::start().await;
    let event = r#"{"type":"engagement.held","data":{"kind":"call","participants":["CA"]}}"#;
    let answer = bench.client.post(JSON, event).await;
    let position = answer.position();
    assert_eq!((answer.status, position), (201, 1), "{:#}", answer.body);
    let shows = json!({
        "status": "held", "mode": "phone", "title": "*Canada*",
        "participants": [{"country": "CA", "role": "participant", "attendance": "attended"}, {"country": "PK"}],
        "citations": [{"source": "first-hand"}],
    });
    bench.client.find("engagements", &format!("party=CA&party=PK&min_position={position}"), &shows).await;
}
