//! The log of reads and the trail of a record, over the whole register.

use async_nats::jetstream::{self, stream::Config};
use contract::{Principal, Role, subjects};
use serde_json::{Value, json};
use system_tests::{AGENCY, Client, System, principal};
use testkit::{PATIENCE, eventually};

use crate::{PROGRAM, settled, whole};

const MARKED: &str = "engagement/~marked";

/// A marked meeting with Canada, its report's source, and a meeting with the United States that everybody may know of.
async fn recorded(client: &Client) -> u64 {
    let meeting = |with: &str, title: &str| json!({"kind": "meeting", "title": title, "occurred": "2025-06-01", "participants": ["PK", with]});
    let window = |with: &str| json!({"kind": "visit", "title": "A visit", "window": "2999-01", "participants": ["PK", with]});
    let event = |id: &str, kind: &str, subject: &str, marking: &str, data: Value| json!({"id": id, "type": kind, "subject": subject, "marking": marking, "data": data});
    let events = json!([
        event("m-1", "engagement.held", MARKED, "SECRET//REL CA,PK", meeting("CA", "A guarded meeting")),
        event("m-2", "engagement.expected", "engagement/~marked-visit", "SECRET", window("CA")),
        event("o-1", "engagement.held", "engagement/~open", "OFFICIAL", meeting("US", "An open meeting")),
        event("o-2", "engagement.expected", "engagement/~open-visit", "OFFICIAL", window("US")),
    ]);
    let answer = client.submit(&events).await;
    let position = answer.position();
    answer.ok();
    settled(client, position).await;
    position
}

fn auditor(level: &str) -> Principal {
    let roles = [Role::Reader, Role::Auditor].into();
    Principal { subject: "auditor".into(), roles, level: level.into(), ..principal(AGENCY, "PK") }
}

/// How many entries the log of reads has.
async fn entries(nats: &async_nats::Client) -> u64 {
    let stream = jetstream::new(nats.clone()).get_stream(subjects::READS_STREAM).await;
    stream.expect("it was set up").cached_info().state.messages
}

/// The uid of the first event of a record.
async fn uid(client: &Client, record: &str) -> String {
    let history = client.get(&format!("/v1/{record}/events")).await.ok();
    history["items"][0]["uid"].as_str().expect("a uid").to_owned()
}

#[tokio::test]
async fn each_answer_with_marked_material_leaves_one_entry_and_others_none() {
    let mut system = whole().await;
    let (client, nats) = (system.client(), system.nats().client().await);
    let cleared = system.client_as(&auditor("TOP SECRET"));
    let head = recorded(&client).await;
    let [marked, open] = [uid(&client, "engagements/~marked").await, uid(&client, "engagements/~open").await];
    let paths = |name: &str, uid: &str, with: &str, word: &str| {
        [
            format!("/v1/engagements/~{name}"),
            format!("/v1/engagements/~{name}/events"),
            format!("/v1/engagements/~{name}/accounts"),
            format!("/v1/engagements?party={with}&limit=1"),
            format!("/v1/engagements?text={word}"),
            format!("/v1/events/{uid}"),
            format!("/v1/timeline?party={with}"),
            format!("/v1/calendar?party={with}"),
            format!("/v1/overdue?party={with}&today=3000-01-01"),
            format!("/v1/briefs/PK/{with}"),
            format!("/v1/search?q={word}"),
            format!("/v1/statistics?party={with}"),
            format!("/v1/audit/trail/engagement/~{name}"),
            format!("/v1/audit/events/{uid}/proof?min_position={head}"),
            format!("/v1/audit/leaves/{uid}?min_position={head}"),
        ]
    };
    let leaves = async |client: &Client, path: &str, left: u64| {
        let before = entries(&nats).await;
        let answer = client.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {:#}", answer.body);
        assert_eq!(entries(&nats).await - before, left, "{path}");
    };
    for path in paths("open", &open, "US", "open") {
        leaves(&client, &path, 0).await;
    }
    for path in paths("marked", &marked, "CA", "guarded") {
        leaves(&client, &path, 1).await;
    }
    leaves(&client, "/v1/events", 1).await;
    leaves(&client, "/v1/events?after=2&limit=1", 0).await;
    leaves(&client, "/checkpoint", 0).await;
    leaves(&client, "/tile/0/000.p/1", 0).await;
    // What is carried away is logged whatever it is.
    leaves(&cleared, "/tile/entries/000.p/1", 1).await;
    for path in ["/v1/briefs/PK/US?format=html", "/v1/briefs/PK/US?format=md"] {
        leaves(&client, path, 1).await;
    }
    leaves(&cleared, "/v1/audit/reads", 1).await;
    // What was signed of that tells nothing of it.
    leaves(&cleared, "/v1/audit/reads/checkpoint", 0).await;
    leaves(&cleared, "/v1/audit/reads/consistency?from=0", 0).await;
}

#[tokio::test]
async fn auditors_find_who_read_what_and_nobody_else_does() {
    let system = whole().await;
    let client = system.client();
    recorded(&client).await;
    let other = Principal { subject: "visitor".into(), ..principal("urn:agency:ca", "CA") };
    let (visitor, cleared) = (system.client_as(&other), system.client_as(&auditor("TOP SECRET")));
    let record = client.get("/v1/engagements/~marked").await.ok();
    let subject = record["subject"].as_str().expect("a subject").to_owned();
    let path = format!("/v1/engagements/{}", record["id"].as_str().expect("an id"));
    let seen = visitor.get(&path).await;
    let request = seen.headers["x-request-id"].to_str().expect("an id").to_owned();
    seen.ok();
    let low = Principal { level: "OFFICIAL".into(), ..other };
    assert_eq!(system.client_as(&low).get(&path).await.problem(), (404, "not-found", vec![]));

    let find = async |query: &str| found(&cleared, query).await;
    let found = find(&format!("subject={subject}&actor=visitor&outcome=shown")).await;
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found:#}");
    let entry = &found[0];
    let expected = json!({
        "kind": "read", "actor": "visitor", "agency": "urn:agency:ca", "party": "CA", "level": "TOP SECRET",
        "request": request, "asked": format!("GET {path}"), "marking": "SECRET//REL CA,PK", "records": [subject],
        "outcome": "shown", "status": 200, "form": "application/json",
    });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&entry[name], value, "{name}");
    }
    assert!(entry["peer"].as_str().is_some_and(|peer| peer.starts_with("127.0.0.1:")), "{entry:#}");
    // A refusal is logged behind the reader's back.
    eventually("the refusal", PATIENCE, async || {
        let refused = find(&format!("subject={subject}&outcome=refused")).await;
        (refused[0]["status"] == 404 && refused[0]["level"] == "OFFICIAL").then_some(())
    })
    .await;
    let logged = entry["logged"].as_str().expect("a time").to_owned();
    for (query, is_there) in [
        ("agency=urn:agency:ca", true),
        ("agency=urn:agency:us", false),
        ("kind=read&actor=visitor", true),
        ("kind=export", false),
        (&format!("from={logged}"), true),
        (&format!("until={logged}&actor=visitor"), true),
        ("until=2020-01-01", false),
        ("from=2999-01-01", false),
    ] {
        let found = find(query).await;
        let is_found = found.as_array().expect("items").iter().any(|item| item["request"] == request);
        assert_eq!(is_found, is_there, "{query}: {found:#}");
    }
    for (who, status) in [
        (&client, 403),
        (&visitor, 403),
        (&system.client_as(&auditor("SECRET")), 403),
        (&system.client_with(None), 401),
    ] {
        for path in ["/v1/audit/reads", "/v1/audit/reads/checkpoint", "/v1/audit/reads/consistency?from=0"] {
            assert_eq!(who.get(path).await.status, status, "{path}");
        }
    }
    let wrong = cleared.get("/v1/audit/reads?subject=nothing&from=never&colour=red").await;
    assert_eq!(wrong.problem().0, 400);
}

/// Entries of the log of reads.
async fn found(cleared: &Client, query: &str) -> Value {
    cleared.get(&format!("/v1/audit/reads?{query}")).await.ok()["items"].take()
}

#[tokio::test]
async fn the_log_of_reads_is_walked_from_its_end_and_shows_who_walked_it() {
    let system = whole().await;
    let (client, cleared) = (system.client(), system.client_as(&auditor("TOP SECRET")));
    recorded(&client).await;
    for path in ["/v1/engagements/~marked", "/v1/events", "/v1/briefs/PK/CA", "/v1/search?q=guarded"] {
        client.get(path).await.ok();
    }
    found(&cleared, "limit=1").await;
    let all = found(&cleared, "limit=500").await;
    let positions = all.as_array().expect("items").iter().map(|item| item["position"].as_u64());
    let positions = positions.collect::<Vec<_>>();
    assert!(positions.is_sorted_by(|a, b| a > b) && positions.len() > 4, "{positions:?}");
    assert_eq!(all[0]["kind"], "audit");
    let (mut walked, mut query) =
        (vec![], "until=".to_owned() + all[0]["logged"].as_str().expect("a time") + "&limit=2");
    let base = query.clone();
    loop {
        let page = cleared.get(&format!("/v1/audit/reads?{query}")).await.ok();
        walked.extend(page["items"].as_array().expect("items").iter().map(|item| item["position"].as_u64()));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("{base}&cursor={next}");
    }
    assert_eq!(walked, positions);
}

#[tokio::test]
async fn what_cannot_be_logged_is_not_shown() {
    let mut system = whole().await;
    let (client, nats) = (system.client(), system.nats().client().await);
    recorded(&client).await;
    jetstream::new(nats).delete_stream(subjects::READS_STREAM).await.expect("the test's user may");
    for path in
        ["/v1/engagements/~marked", "/v1/events", "/v1/search?q=guarded", "/v1/briefs/PK/US?format=md"]
    {
        let refused = client.get(path).await;
        assert_eq!(refused.problem(), (503, "not-logged", vec![]), "{path}");
        assert!(!refused.body.to_string().contains("guarded meeting"), "{path}");
    }
    for path in ["/v1/engagements/~open", "/v1/timeline?party=US", "/checkpoint"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
}

const GATEWAY: usize = 3;

#[tokio::test]
async fn a_gateway_that_is_killed_after_writing_leaves_an_entry_and_no_answer() {
    let processes: [&[&str]; 4] = [&["registrar"], &["projector"], &["auditor"], &["gateway"]];
    let mut system = System::start(PROGRAM, &processes).await;
    let (client, nats) = (system.client(), system.nats().client().await);
    recorded(&client).await;
    // A stream that stores and does not say so holds the gateway between the two.
    let context = jetstream::new(nats.clone());
    context.delete_stream(subjects::READS_STREAM).await.expect("the test's user may");
    let (name, subjects) = (subjects::READS_STREAM.to_owned(), vec![subjects::READS.to_owned()]);
    let silent = Config { name, subjects, no_ack: true, ..Config::default() };
    context.create_stream(silent).await.expect("the test's user may");
    let asking = tokio::spawn(async move { client.try_get("/v1/engagements/~marked").await.is_ok() });
    eventually("the entry", PATIENCE, async || (entries(&nats).await == 1).then_some(())).await;
    system.kill(GATEWAY);
    assert!(!asking.await.expect("it ends"), "nothing was answered");
    assert_eq!(entries(&nats).await, 1);
}

/// Corrects the title of the marked meeting; answers the uid of its first event, and where the correction stands.
async fn corrected(client: &Client) -> (String, u64) {
    let first = uid(client, "engagements/~marked").await;
    let correct = json!({
        "id": "c-1", "type": "engagement.corrected", "subject": MARKED, "onbehalfof": "urn:person:minister",
        "data": {"event": first, "reason": "A slip", "changes": [{"pointer": "/title", "new": "A guarded call"}]},
    });
    let answer = client.submit(&correct).await;
    let position = answer.position();
    answer.ok();
    settled(client, position).await;
    (first, position)
}

#[tokio::test]
async fn a_trail_says_who_changed_what_and_which_checkpoint_covers_it() {
    let system = whole().await;
    let client = system.client();
    recorded(&client).await;
    let (first, position) = corrected(&client).await;
    let trail = async |query: &str| client.get(&format!("/v1/audit/trail/{MARKED}?{query}")).await.ok();
    let whole = trail("").await;
    let items = whole["items"].as_array().expect("items");
    assert_eq!(items.len(), 2, "{whole:#}");
    let (held, corrected) = (&items[0], &items[1]);
    assert_eq!((&held["action"], &held["index"], &held["uid"]), (&json!("held"), &json!(0), &json!(first)));
    assert_eq!(held["standing"]["corrected_by"], json!([corrected["uid"]]));
    for (name, value) in [
        ("action", json!("corrected")),
        ("actor", json!("officer")),
        ("agency", json!(AGENCY)),
        ("onbehalfof", json!("urn:person:minister")),
        ("reason", json!("A slip")),
        ("position", json!(position)),
        ("index", json!(position - 1)),
        (
            "changed",
            json!([{"event": first, "version": 1, "pointer": "/title", "old": "A guarded meeting", "new": "A guarded call"}]),
        ),
    ] {
        assert_eq!(corrected[name], value, "{name}: {corrected:#}");
    }
    // The first checkpoint with the event, and a proof that the tree of today continues it.
    for item in items {
        let size = item["checkpoint"].as_u64().unwrap_or_else(|| panic!("no checkpoint: {whole:#}"));
        assert!(size > item["index"].as_u64().expect("an index"));
        let checkpoint =
            whole["checkpoints"].as_array().expect("a list").iter().find(|one| one["size"] == size);
        let checkpoint = checkpoint.expect("it is given");
        assert!(checkpoint["note"].as_str().is_some_and(|note| note.contains(&format!("\n{size}\n"))));
        proves(&client, item, checkpoint).await;
    }
}

#[tokio::test]
async fn a_trail_is_filtered_and_is_for_who_may_see_the_record() {
    let system = whole().await;
    let client = system.client();
    recorded(&client).await;
    let (_, position) = corrected(&client).await;
    let trail = async |query: &str| client.get(&format!("/v1/audit/trail/{MARKED}?{query}")).await.ok();
    let recorded = trail("").await["items"][0]["recordedtime"].as_str().expect("a time").to_owned();
    for (query, versions) in [
        ("action=corrected", vec![2]),
        ("action=engagement.held", vec![1]),
        ("actor=nobody", vec![]),
        ("agency=urn:agency:pk&actor=officer", vec![1, 2]),
        (&format!("until={recorded}"), vec![1]),
        ("from=2999-01-01", vec![]),
        ("limit=1", vec![1]),
        ("after=1", vec![2]),
        (&format!("known_at={}", position - 1), vec![1]),
    ] {
        let found = trail(query).await;
        let found = found["items"].as_array().expect("items").iter().map(|item| item["version"].as_u64());
        assert_eq!(found.flatten().collect::<Vec<_>>(), versions, "{query}");
    }
    let low = system.client_as(&Principal { level: "OFFICIAL".into(), ..principal(AGENCY, "PK") });
    for path in [
        format!("/v1/audit/trail/{MARKED}"),
        "/v1/audit/trail/engagement/~none".into(),
        "/v1/audit/trail/visit/~none".into(),
    ] {
        assert_eq!(low.get(&path).await.problem(), (404, "not-found", vec![]), "{path}");
    }
}

/// The event is in the tree of the checkpoint that covers it: it is in the latest one, which continues that.
async fn proves(client: &Client, item: &Value, checkpoint: &Value) {
    use transparency::Hash;
    use transparency::tree::{Head, verify_consistency, verify_inclusion};
    let hash = |text: &Value| text.as_str().expect("a hash").parse::<Hash>().expect("a hash");
    let hashes =
        |proof: &Value| proof["hashes"].as_array().expect("a list").iter().map(hash).collect::<Vec<_>>();
    let uid = item["uid"].as_str().expect("a uid");
    let leaf = client.get(&format!("/v1/audit/leaves/{uid}")).await;
    let proof = client.get(&format!("/v1/audit/events/{uid}/proof?format=json")).await.ok();
    let signed = proof["checkpoint"].as_str().expect("a note");
    let latest =
        transparency::checkpoint::Signed::parse(signed.as_bytes()).expect("a checkpoint").checkpoint().head();
    let index = item["index"].as_u64().expect("an index");
    verify_inclusion(&transparency::leaf_hash(&leaf.bytes), index, &latest, &hashes(&proof))
        .expect("it is proved");
    let from = checkpoint["size"].as_u64().expect("a size");
    let old = Head { size: from, root: hash(&checkpoint["root"]) };
    let path = format!("/v1/audit/consistency?from={from}&to={}", latest.size);
    let growth = client.get(&path).await.ok();
    verify_consistency(&old, &latest, &hashes(&growth)).expect("it is continued");
}
