//! Managing subscriptions, asked as the gateway asks.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use contract::delivery::Outcome;
use contract::subscription::{Deliveries, Stored, Subscribing};
use contract::{Ask, Paging, Principal, Role, subjects};
use eventlog::EventLog;
use jiff::Timestamp;
use notifier::Settings;
use serde_json::{Value, json};
use service::ask;
use testkit::{PATIENCE, eventually};
use uuid::Uuid;
use webhook::{Verifier, VerifyingKey};

use crate::receiver::{Plan, Received, status};
use crate::world::{Notifier, World, settings};

/// An endpoint that keeps what came, as it came.
#[derive(Clone, Default)]
struct Inbox {
    came: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Inbox {
    /// One that answers with a status and a text, and where it is.
    async fn start(status: u16, text: &'static str) -> (Self, String) {
        async fn take(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) {
            inbox.came.lock().unwrap().push((headers, body));
        }
        let inbox = Self::default();
        let answer = move |state: State<Self>, headers: HeaderMap, body: Bytes| async move {
            take(state, headers, body).await;
            (StatusCode::from_u16(status).unwrap(), text)
        };
        let router = Router::new().fallback(answer).with_state(inbox.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (inbox, url)
    }

    /// What came last, and how many signatures it has.
    fn last(&self) -> (HeaderMap, Bytes, usize) {
        let (headers, body) = self.came.lock().unwrap().last().unwrap().clone();
        let signatures = headers["webhook-signature"].to_str().unwrap().split(' ').count();
        (headers, body, signatures)
    }

    /// Whether what came last is signed by a key.
    fn is_signed_by(&self, key: &str) -> bool {
        let (headers, body, _) = self.last();
        let verifier = Verifier::new([key.parse::<VerifyingKey>().unwrap()]);
        #[expect(clippy::disallowed_methods, reason = "a receiver has the system's clock")]
        verifier.verify(&headers, &body, Timestamp::now()).is_ok()
    }
}

fn manager() -> Principal {
    Principal {
        subject: "desk".into(),
        agency: "urn:agency:ca".into(),
        party: "CA".into(),
        roles: [Role::Reader, Role::SubscriberManager].into(),
        level: "SECRET".into(),
        caveats: ["CRYPTO".to_owned()].into(),
    }
}

/// What is answered, and with which status.
async fn asked(world: &World, principal: Principal, query: Subscribing) -> (u16, Value) {
    let question = Ask { principal, min_position: 0, known_at: None, query };
    let body = serde_json::to_vec(&question).unwrap();
    let client = world.server.client().await;
    let reply = eventually("a notifier to answer", PATIENCE, async || {
        ask(&client, subjects::SUBSCRIPTIONS, body.clone().into(), PATIENCE, "asked").await.ok()
    });
    let reply = reply.await;
    (reply.status, serde_json::from_slice(&reply.body).unwrap())
}

/// What was done for the manager.
async fn done(world: &World, query: Subscribing) -> Value {
    let (status, body) = asked(world, manager(), query).await;
    assert!(status < 300, "{status}: {body:#}");
    body
}

async fn create(world: &World, wanted: Value) -> Value {
    done(world, Subscribing::Create { wanted }).await
}

async fn change(world: &World, id: Uuid, patch: Value) -> Value {
    done(world, Subscribing::Change { id, revision: None, patch }).await
}

fn webhook(url: &str) -> Value {
    json!({"channel": {"type": "webhook", "url": url}})
}

fn id(body: &Value) -> Uuid {
    body["id"].as_str().unwrap().parse().unwrap()
}

/// A world with a notifier, and a log of as many events as are in the log in memory.
async fn world(events: usize) -> (World, Notifier) {
    let world = World::start().await;
    let client = world.server.client().await;
    EventLog::open(client.clone(), eventlog::Settings::default()).await.unwrap();
    world.log.record_many(events);
    let context = async_nats::jetstream::new(client);
    for _ in 0..events {
        let subject = subjects::of_record(&crate::log::subject());
        context.publish(subject, "{}".into()).await.unwrap().await.unwrap();
    }
    let notifier = world.notifier(settings("0s,0s")).await;
    (world, notifier)
}

async fn stored(world: &World, id: Uuid) -> Stored {
    world.store.find(id).await.unwrap().unwrap().stored.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_signs_beside_the_old_ones_for_a_while() {
    let (world, _notifier) = world(0).await;
    let (inbox, url) = Inbox::start(204, "").await;
    let created = create(&world, webhook(&url)).await;
    let (id, first) = (id(&created), created["secret"].as_str().unwrap().to_owned());
    let test = async || done(&world, Subscribing::Test { id }).await;
    let rotate = async |wanted| done(&world, Subscribing::Rotate { id, revision: None, wanted }).await;

    let tried = test().await;
    assert_eq!((&tried["delivered"], &tried["status"]), (&json!(true), &json!(204)));
    let (_, body, signatures) = inbox.last();
    let body = serde_json::from_slice::<Value>(&body).unwrap();
    assert_eq!((&body["type"], &body["data"]["subscription"]), (&json!("test"), &json!(id)));
    assert!(inbox.is_signed_by(&first) && signatures == 1);

    let rotated = rotate(json!({})).await;
    let second = rotated["secret"].as_str().unwrap().to_owned();
    assert!(
        second != first && rotated["keys"][0]["until"].is_string() && rotated["keys"][1]["until"].is_null()
    );
    test().await;
    assert!(inbox.is_signed_by(&first) && inbox.is_signed_by(&second) && inbox.last().2 == 2);

    let rotated = rotate(json!({"scheme": "v1a"})).await;
    assert!(rotated.get("secret").is_none());
    let public = rotated["keys"][2]["public_key"].as_str().unwrap().to_owned();
    test().await;
    assert!([&first, &second, &public].iter().all(|key| inbox.is_signed_by(key)));

    let rotated = rotate(json!({"overlap_seconds": 0})).await;
    let third = rotated["keys"][0]["public_key"].as_str().unwrap().to_owned();
    assert_eq!(rotated["keys"].as_array().map(Vec::len), Some(1), "the scheme is as before: {rotated:#}");
    test().await;
    assert!(inbox.is_signed_by(&third) && ![first, second, public].iter().any(|key| inbox.is_signed_by(key)));

    for _ in 0..4 {
        rotate(json!({})).await;
    }
    let (status, problem) =
        asked(&world, manager(), Subscribing::Rotate { id, revision: None, wanted: json!({}) }).await;
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/limit-reached")));
    let keys = stored(&world, id).await.keys;
    let shown = done(&world, Subscribing::Get { id }).await.to_string() + &problem.to_string();
    assert!(keys.iter().all(|key| !shown.contains(&key.secret)), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_says_what_became_of_it() {
    let (world, notifier) = world(0).await;
    let (_inbox, url) = Inbox::start(500, "out of order").await;
    let id = id(&create(&world, webhook(&url)).await);
    let tried = done(&world, Subscribing::Test { id }).await;
    assert_eq!(tried["response"], "out of order");
    assert_eq!((&tried["delivered"], &tried["status"]), (&json!(false), &json!(500)));
    let state = done(&world, Subscribing::Get { id }).await;
    assert_eq!(
        (&state["status"], &state["health"]["dead"]),
        (&json!("active"), &json!(0)),
        "it is no delivery"
    );

    notifier.stop().await;
    let _strict = world.notifier(Settings::default()).await;
    let tried = done(&world, Subscribing::Test { id }).await;
    assert_eq!((&tried["delivered"], tried.get("status")), (&json!(false), None));
    let (strict, why) = (&tried["response"], "messages go over https, not http");
    assert_eq!(strict, why);
    let (status, problem) =
        asked(&world, manager(), Subscribing::Create { wanted: webhook("https://127.0.0.1/") }).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/channel/url")));
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("127.0.0.1 is not a public address"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_replay_at_a_time_has_the_ids_that_were() {
    let (world, _notifier) = world(3).await;
    let url = format!("{}/replayed", world.receiver.base);
    let mut wanted = webhook(&url);
    wanted["after"] = 0.into();
    wanted["paused"] = true.into();
    let created = create(&world, wanted).await;
    let id = id(&created);
    // The receiver holds one key for all.
    world.change(id, |stored| stored.keys[0].secret = crate::receiver::SECRET.to_owned()).await;
    assert!(world.receiver.received("/replayed").is_empty());
    change(&world, id, json!({"paused": false})).await;
    world.receiver.count("/replayed", 3).await;
    world.state(id, "all are delivered", |state| state.delivered == 3).await;

    let replay = |after, through| Subscribing::Replay { id, after, through };
    let beyond = asked(&world, manager(), replay(4, Some(5))).await;
    assert_eq!((beyond.0, beyond.1["errors"].as_array().map(Vec::len)), (422, Some(2)));
    world.receiver.plan("/replayed", [Plan { after: Duration::from_secs(1), ..status(204) }]);
    let (code, begun) = asked(&world, manager(), replay(1, None)).await;
    assert_eq!((code, &begun["replay"]), (202, &json!({"number": 1, "after": 1, "through": 3})));
    let (code, problem) = asked(&world, manager(), replay(0, None)).await;
    assert_eq!((code, &problem["type"]), (409, &json!("/problems/replay-under-way")));
    let received = world.receiver.count("/replayed", 5).await;
    let positions = received.iter().map(Received::position).collect::<Vec<_>>();
    assert_eq!(positions, [1, 2, 3, 2, 3]);
    assert_eq!((&received[1].id, &received[2].id), (&received[3].id, &received[4].id));
    world
        .state(id, "the replay is over", |state| state.replay.as_ref().is_some_and(|replay| replay.done))
        .await;
    let (code, again) = asked(&world, manager(), replay(2, Some(3))).await;
    assert_eq!((code, &again["replay"]["number"]), (202, &json!(2)));
    assert_eq!(world.receiver.count("/replayed", 6).await[5].position(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_resumes_goes_on_where_the_register_had_given_up() {
    let (world, _notifier) = world(1).await;
    world.receiver.plan("/gone", [status(410)]);
    let mut wanted = webhook(&format!("{}/gone", world.receiver.base));
    (wanted["after"], wanted["paused"]) = (0.into(), true.into());
    let id = id(&create(&world, wanted).await);
    world.change(id, |stored| stored.keys[0].secret = crate::receiver::SECRET.to_owned()).await;
    change(&world, id, json!({"paused": false})).await;
    let halted = eventually("it is halted", PATIENCE, async || {
        let shown = done(&world, Subscribing::Get { id }).await;
        (shown["status"] == "halted").then_some(shown)
    })
    .await;
    assert_eq!(halted["health"]["halted"]["reason"], "gone");
    let resumed = change(&world, id, json!({"paused": false})).await;
    assert_ne!(resumed["status"], "halted");
    world.state(id, "it is delivered", |state| state.delivered == 1 && state.halted.is_none()).await;
    let shown = done(&world, Subscribing::Get { id }).await;
    assert_eq!((&shown["status"], &shown["health"]["delivered"]), (&json!("active"), &json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_changed_is_what_stood_there() {
    let (world, _notifier) = world(0).await;
    let (_inbox, url) = Inbox::start(204, "").await;
    let created = create(&world, webhook(&url)).await;
    let (id, first) = (id(&created), created["revision"].as_u64());
    let by = async |who: Principal, revision, patch| {
        asked(&world, who, Subscribing::Change { id, revision, patch }).await
    };
    let (code, renamed) = by(manager(), first, json!({"name": "ours", "filter": {"party": ["PK"]}})).await;
    assert_eq!(
        (code, &renamed["name"], &renamed["filter"]),
        (200, &json!("ours"), &json!({"party": ["PK"]}))
    );
    let (code, stale) = by(manager(), first, json!({"name": "theirs"})).await;
    assert_eq!((code, &stale["type"]), (412, &json!("/problems/precondition-failed")));
    for query in [
        Subscribing::Delete { id, revision: first },
        Subscribing::Rotate { id, revision: first, wanted: json!({}) },
    ] {
        assert_eq!(asked(&world, manager(), query).await.0, 412);
    }
    let (_, same) = by(manager(), None, json!({"name": "ours"})).await;
    assert_eq!(same["revision"], renamed["revision"], "nothing was changed");

    // A colleague who may see less does not get to see more, wherever it goes.
    let lower = Principal { level: "OFFICIAL".into(), caveats: [].into(), ..manager() };
    let (_, renamed) = by(lower.clone(), None, json!({"name": "yours", "paused": true})).await;
    assert_eq!(renamed["reader"], json!({"party": "CA", "level": "SECRET", "caveats": ["CRYPTO"]}));
    let (_, moved) = by(lower, None, json!({"channel": {"url": format!("{url}/other")}})).await;
    assert_eq!(moved["reader"], json!({"party": "CA", "level": "OFFICIAL", "caveats": []}));
    assert_eq!((&moved["status"], &moved["paused"]), (&json!("paused"), &json!(true)));

    let (code, wrong) =
        by(manager(), None, json!({"channel": {"url": "https://10.0.0.1/"}, "payload": 7})).await;
    let places =
        wrong["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect::<Vec<_>>();
    assert_eq!((code, json!(places)), (422, json!(["/payload", "/channel/url"])));
    let other = Principal { agency: "urn:agency:ca:trade".into(), ..manager() };
    for query in [
        Subscribing::Get { id },
        Subscribing::Delete { id, revision: None },
        Subscribing::Change { id, revision: None, patch: json!({}) },
        Subscribing::Rotate { id, revision: None, wanted: json!({}) },
        Subscribing::Test { id },
        Subscribing::Replay { id, after: 0, through: None },
    ] {
        assert_eq!(asked(&world, other.clone(), query).await.0, 404);
    }
    for text in [renamed, moved, done(&world, Subscribing::Get { id }).await] {
        assert!(!text.to_string().contains("whsec_"), "{text:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_up_is_told_and_can_be_sent_again() {
    let (world, _notifier) = world(2).await;
    world.receiver.plan("/dead", [status(500), status(503)]);
    let mut wanted = webhook(&format!("{}/dead", world.receiver.base));
    (wanted["after"], wanted["paused"]) = (0.into(), true.into());
    let id = id(&create(&world, wanted).await);
    world.change(id, |stored| stored.keys[0].secret = crate::receiver::SECRET.to_owned()).await;
    change(&world, id, json!({"paused": false})).await;
    world.state(id, "one is given up, one delivered", |state| (state.dead, state.delivered) == (1, 1)).await;

    let asked_for = |outcome| {
        let page = Paging { cursor: None, limit: 50 };
        Subscribing::Deliveries(Deliveries { id, outcome, event: None, page })
    };
    let items = async |outcome| done(&world, asked_for(outcome)).await["items"].as_array().unwrap().clone();
    let all = items(None).await;
    let told =
        all.iter().map(|item| (item["position"].as_u64(), item["status"].as_u64())).collect::<Vec<_>>();
    assert_eq!(told, [(Some(2), Some(204)), (Some(1), Some(503)), (Some(1), Some(500))]);
    assert_eq!(all[1]["response"], "as planned");
    let dead = items(Some(Outcome::Dead)).await;
    assert_eq!((dead.len(), &dead[0]["position"]), (1, &json!(1)));

    done(&world, Subscribing::Replay { id, after: 0, through: Some(1) }).await;
    world.state(id, "it is delivered at last", |state| state.delivered == 2).await;
    assert!(items(Some(Outcome::Dead)).await.is_empty());

    let lower = Principal { level: "OFFICIAL".into(), ..manager() };
    let without = Principal { caveats: [].into(), ..manager() };
    let other = Principal { agency: "urn:agency:pk".into(), ..manager() };
    for (who, expected) in [(lower, 403), (without, 403), (other, 404)] {
        assert_eq!(asked(&world, who, asked_for(None)).await.0, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_is_a_stream_and_has_no_keys() {
    let (world, _notifier) = world(0).await;
    let feed = create(&world, json!({"channel": {"type": "feed", "days": 30}})).await;
    let id = id(&feed);
    assert_eq!((feed.get("secret"), &feed["keys"]), (None, &json!([])));
    assert_eq!(feed["stream"], subjects::feed_stream(id));
    for (query, place) in [
        (Subscribing::Test { id }, ""),
        (Subscribing::Rotate { id, revision: None, wanted: json!({}) }, ""),
        (Subscribing::Replay { id, after: 0, through: None }, ""),
        (Subscribing::Change { id, revision: None, patch: json!({"channel": {"days": 7}}) }, "/channel/days"),
    ] {
        let (status, problem) = asked(&world, manager(), query).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(place)), "{problem:#}");
    }
    assert_eq!(change(&world, id, json!({"paused": true})).await["status"], "paused");
}
