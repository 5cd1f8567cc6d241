//! Streams of events over the whole register: as the log tells it to the same reader, once, in order, whatever dies.

use std::collections::BTreeSet;
use std::process::Stdio;

use contract::{Principal, Role};
use futures_util::future::join_all;
use serde_json::{Value, json};
use system_tests::{AGENCY, Client, Follower, System, principal};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::{PROGRAM, settled, whole};

const GATEWAY: usize = 2;

/// Streams that are silent say quickly how far they are.
const BEAT: &[&str] = &["--http-stream-beat", "0.2"];

/// Readers of which every two see something else.
fn readers() -> [Principal; 4] {
    let of = |party: &str, level: &str| Principal {
        level: level.into(),
        roles: [Role::Reader].into(),
        ..principal(&format!("urn:agency:{}", party.to_lowercase()), party)
    };
    [principal(AGENCY, "PK"), of("US", "OFFICIAL"), of("CA", "SECRET"), of("FR", "OFFICIAL-SENSITIVE")]
}

/// What the log tells a reader: position and event.
async fn log(client: &Client) -> Vec<(u64, Value)> {
    let (mut told, mut after) = (vec![], "0".to_owned());
    loop {
        let page = client.get(&format!("/v1/events?limit=500&after={after}")).await.ok();
        for item in page["items"].as_array().expect("a page has items") {
            told.push((item["position"].as_u64().expect("a position"), item["event"].clone()));
        }
        let Some(next) = page["next"].as_str() else { return told };
        next.clone_into(&mut after);
    }
}

/// What a stream tells from a position to another.
async fn streamed(client: &Client, after: u64, until: u64) -> Vec<(u64, Value)> {
    let messages = Follower::new(client.clone(), "/v1/stream", after).until(until).await;
    let event = |data: &str| serde_json::from_str(data).expect("JSON");
    messages.iter().map(|message| (message.id.parse().expect("a position"), event(&message.data))).collect()
}

/// Records of every marking, of which one cites a source and links to a meeting that others may not see.
fn some_events() -> Value {
    let meeting = |key: &str, marking: &str, with: &str, more: Value| {
        let mut data =
            json!({"kind": "meeting", "title": key, "occurred": "2025-06-01", "participants": ["PK", with]});
        data.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!({"id": format!("f-{key}"), "type": "engagement.held", "subject": format!("engagement/~{key}"),
            "marking": marking, "data": data})
    };
    json!([
        {"id": "f-cable", "type": "source.captured", "subject": "source/~cable", "marking": "SECRET",
            "data": {"kind": "cable", "title": "A cable"}},
        meeting("open", "OFFICIAL", "US", json!({"citations": [{"source": "source/~cable"}]})),
        meeting("guarded", "SECRET//REL CA,PK", "CA", json!({})),
        meeting("linking", "OFFICIAL", "FR", json!({"links": [{"rel": "after", "to": "engagement/~guarded"}]})),
        meeting("sensitive", "OFFICIAL-SENSITIVE", "FR", json!({})),
        meeting("ours", "OFFICIAL//REL NONE", "CA", json!({})),
        meeting("raised", "OFFICIAL", "US", json!({})),
        meeting("released", "OFFICIAL//REL NONE", "US", json!({})),
        {"id": "f-sealed", "type": "engagement.held", "subject": "engagement/~sealed", "sealed": true,
            "data": {"kind": "call", "title": "A sealed call", "participants": ["PK", "CA"]}},
    ])
}

/// Whom the raised marking keeps out is told that what they were given does not stand.
fn hears_of_the_raised(reader: &Principal, messages: &[contract::following::Message]) {
    let recalled = messages.iter().filter(|message| message.event == "recall");
    let recalled = recalled.map(|message| message.data.as_str()).collect::<Vec<_>>();
    let raised = json!({"recalls": [domain::event_uid(AGENCY, "f-raised")]}).to_string();
    let is_out = matches!(reader.party.as_str(), "US" | "FR");
    assert_eq!(recalled, if is_out { vec![raised.as_str()] } else { vec![] }, "{reader:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_tells_each_reader_what_the_log_tells() {
    let mut system = System::start(PROGRAM, &[]).await;
    system.set_flags(BEAT);
    system.add(&["registrar", "projector", "auditor", "gateway"]).await;
    let client = system.client();
    let mut live = readers().map(|reader| Follower::new(system.client_as(&reader), "/v1/stream", 0));
    let first = client.submit(&some_events()).await.position();
    let mut heard = Vec::new();
    for follower in &mut live {
        heard.push(follower.until(first).await);
    }
    let raise = json!({"id": "f-raise", "type": "engagement.marking_changed", "subject": "engagement/~raised",
        "data": {"level": "SECRET", "reason": "It is sensitive after all"}});
    let retract = json!({"id": "f-more", "type": "engagement.held", "subject": "engagement/~open",
        "data": {"kind": "meeting", "occurred": "2025-06-01", "participants": ["PK", "US"]}});
    let approver = Principal {
        subject: "director".into(),
        roles: [Role::Approver, Role::Recorder, Role::Reader].into(),
        ..principal(AGENCY, "PK")
    };
    let release = json!({"id": "f-release", "type": "engagement.release_authorised", "subject": "engagement/~released",
        "data": {"to": ["US"], "reason": "They asked for it"}});
    client.submit(&json!([raise, retract])).await.ok();
    let last = system.client_as(&approver).submit(&release).await.position();
    settled(&client, last).await;
    for (reader, mut follower) in readers().into_iter().zip(live) {
        let client = system.client_as(&reader);
        let told = log(&client).await;
        assert_eq!(streamed(&client, 0, last).await, told, "{reader:?}");
        assert_eq!(
            streamed(&client, 4, last).await,
            told.into_iter().filter(|(at, _)| *at > 4).collect::<Vec<_>>()
        );
        hears_of_the_raised(&reader, &follower.until(last).await);
        // Everything has its own address, which says the same.
        for (_, event) in log(&client).await {
            let uid = domain::event_uid(
                event["source"].as_str().expect("a source"),
                event["id"].as_str().expect("an id"),
            );
            let one = client.get(&format!("/v1/events/{uid}")).await.ok();
            assert_eq!(one["event"], event);
        }
    }
    let positions = |nth: usize| heard[nth].iter().map(|message| message.id.clone()).collect::<BTreeSet<_>>();
    assert_eq!(positions(0).len(), 9, "who owns it all hears of it all");
    // Whom the raised marking keeps out had heard of it before, and does not hear of it again.
    assert!(positions(1).contains("7"), "{:?}", positions(1));
    let again = streamed(&system.client_as(&readers()[1]), 0, last).await;
    assert!(again.iter().all(|(position, _)| *position != 7));
    assert!(again.iter().any(|(position, _)| *position == 8), "what was released is told from then on");
    let told = heard[1].iter().map(|message| message.data.as_str()).collect::<String>();
    for hidden in ["cable", "guarded", "sensitive", "ours"] {
        let hidden = domain::Subject::of_key(
            AGENCY,
            if hidden == "cable" { domain::Aggregate::Source } else { domain::Aggregate::Engagement },
            hidden,
        );
        assert!(!told.contains(&hidden.id.to_string()), "{hidden}");
    }
}

#[tokio::test]
async fn filters_meet_what_is_sealed_and_what_says_little_itself() {
    let system = whole().await;
    let client = system.client();
    client.submit(&some_events()).await.ok();
    client
        .submit(
            &json!({"id": "f-noted", "type": "engagement.statement_issued", "subject": "engagement/~guarded",
            "data": {"kind": "readout", "issuers": ["PK"], "occurred": "2025-06-02"}}),
        )
        .await
        .ok();
    let ids = async |query: &str, count: usize| {
        let mut follower = Follower::new(client.clone(), &format!("/v1/stream?{query}"), 0);
        follower.take(count).await.into_iter().map(|message| message.id).collect::<Vec<_>>()
    };
    assert_eq!(ids("party=Canada", 4).await, ["3", "6", "9", "10"]);
    assert_eq!(ids("kind=call", 1).await, ["9"]);
    assert_eq!(ids("type=engagement.statement_issued&level=SECRET", 1).await, ["10"]);
    assert_eq!(ids("subject=engagement/~guarded&subject=source/~cable", 3).await, ["1", "3", "10"]);
}

/// Clients follow while others record, and every process but the read models' dies, and nats-server too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_comes_once_and_in_order_when_processes_die() {
    const EVENTS: u64 = 300;
    const FOLLOWERS: usize = 6;
    let mut system = System::start(PROGRAM, &[&["registrar"], &["projector"]]).await;
    system.set_flags(BEAT);
    assert_eq!(system.add(&["gateway"]).await, GATEWAY);
    let client = system.client();
    let event = |nth: u64| {
        json!({"id": format!("k-{nth}"), "type": "matter.development_recorded", "subject": format!("matter/~{}", nth % 7),
            "marking": if (nth % 7).is_multiple_of(3) { "SECRET" } else { "OFFICIAL" },
            "data": {"kind": "issue", "title": format!("Matter {nth}"), "parties": [{"party": "CA", "role": "exporter"}]}})
    };
    let record = async {
        for nth in 0..EVENTS {
            client.submit_until_taken(&event(nth)).await;
        }
    };
    let follow = async |number: usize| {
        let mut follower = Follower::new(client.clone(), "/v1/stream", 0);
        let (mut seen, goal) = (Vec::<u64>::new(), usize::try_from(EVENTS).expect("it is small"));
        while seen.len() < goal {
            seen.push(follower.next().await.id.parse().expect("a position"));
            // Some leave by themselves, now and then.
            if number.is_multiple_of(2) && seen.len().is_multiple_of(37) {
                follower.leave(*seen.last().expect("one was seen"));
            }
        }
        (seen, follower.again)
    };
    let followers = join_all((0..FOLLOWERS).map(follow));
    let killing = kill_in_turn(&mut system, &client, EVENTS);
    let ((), followers, ()) = tokio::join!(record, followers, killing);
    for (seen, again) in &followers {
        assert_eq!(*seen, (1..=EVENTS).collect::<Vec<_>>());
        assert!(*again > 0, "its stream broke off");
    }
}

async fn kill_in_turn(system: &mut System, client: &Client, events: u64) {
    for turn in 1..=3 {
        let due = events * turn / 4;
        testkit::eventually("the load to go on", std::time::Duration::from_secs(120), async || {
            let page = client.try_get(&format!("/v1/events?limit=1&after={due}")).await.ok()?;
            (page.status == 200 && page.body["items"][0].is_object()).then_some(())
        })
        .await;
        if turn == 2 {
            system.nats().restart().await;
        } else {
            system.kill(GATEWAY);
            system.start_again(GATEWAY).await;
        }
    }
}

/// Any program that reads lines can follow: with a token in the header, or a ticket in the address.
#[tokio::test]
async fn curl_follows() {
    let system = whole().await;
    let client = system.client();
    client.submit(&some_events()).await.ok();
    let ticket = client.try_post("/v1/stream/tickets", &[], "").await.expect("an answer").ok();
    let ticket = ticket["ticket"].as_str().expect("a ticket").to_owned();
    let (address, token) = (system.address(), system.token());
    for (query, header) in [
        ("after=7".to_owned(), Some(format!("Authorization: Bearer {token}"))),
        (format!("after=7&ticket={ticket}"), None),
    ] {
        let mut curl = Command::new("curl");
        curl.args([
            "--no-buffer",
            "--silent",
            "--noproxy",
            "*",
            &format!("http://{address}/v1/stream?{query}"),
        ]);
        curl.args(header.iter().flat_map(|header| ["--header", header]));
        let mut curl = curl.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("curl is there");
        let mut lines = BufReader::new(curl.stdout.take().expect("it is piped")).lines();
        let mut seen = vec![];
        while seen.len() < 2 {
            let line = lines.next_line().await.expect("text").expect("it has not ended");
            seen.extend(line.strip_prefix("event: ").map(str::to_owned));
        }
        assert_eq!(seen, ["chancery.engagement.held.v1", "chancery.engagement.held.v1"]);
        curl.kill().await.expect("it runs");
    }
}
