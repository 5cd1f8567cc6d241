//! What is signed is verified by the Standard Webhooks libraries of other languages.
//!
//! `make receivers` fetches what it takes and runs it.

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use contract::{Principal, Role};
use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use service::Clock;
use system_tests::{AGENCY, Client, Receivers, System, principal};
use testkit::{PATIENCE, eventually};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use webhook::{Message, PrivateKey, Secret, SigningKey};

use crate::PROGRAM;

const BODY: &str =
    r#"{"type":"engagement.held","timestamp":"2025-05-01T10:00:00Z","data":{"title":"Échanges · تجارت"}}"#;

fn secret() -> Secret {
    Secret::random().expect("random bytes")
}

fn pair() -> PrivateKey {
    PrivateKey::random().expect("random bytes")
}

fn signed(at: Timestamp, keys: &[SigningKey]) -> HeaderMap {
    let id = "msg_5c1e8a34-5c1c-5f7e-9d0b-0d6cf1f2a001".parse().expect("an id");
    Message { id: &id, at, body: BODY.as_bytes() }.headers(keys)
}

#[test]
#[ignore = "needs packages of npm and PyPI: make receivers"]
fn receivers_that_others_wrote_verify_what_is_signed_by_either_scheme() {
    let (mut receivers, now) = (Receivers::start(), Clock::system().now());
    let (secret, pair) = (secret(), pair());
    let (shared, public) = (secret.reveal(), pair.public().to_string());
    let (strange, other) = (self::secret().reveal(), self::pair().public().to_string());
    let keys = [shared.as_str(), &public, &strange, &other];
    let (secret, pair) = (SigningKey::from(secret), SigningKey::from(pair));

    let mut verify = |headers: &HeaderMap, body: &str| receivers.verify(headers, body, &keys);
    assert_eq!(verify(&signed(now, &[secret]), BODY), [true, false, false, false]);
    assert_eq!(verify(&signed(now, &[pair]), BODY), [false, true, false, false]);
    let both = [shared.parse().expect("a secret"), self::pair().into()];
    assert_eq!(verify(&signed(now, &both), BODY), [true, false, false, false]);
    // That they look at all: at the body, at the time.
    assert_eq!(verify(&signed(now, &both), &BODY.replace("held", "hald")), [false; 4]);
    let long_ago = now - jiff::SignedDuration::from_mins(6);
    assert_eq!(verify(&signed(long_ago, &both), BODY), [false; 4]);
}

#[test]
#[ignore = "needs packages of npm and PyPI: make receivers"]
fn while_keys_change_receivers_that_others_wrote_may_have_either() {
    let (mut receivers, now) = (Receivers::start(), Clock::system().now());
    let (old, new, old_pair, new_pair) = (secret(), secret(), pair(), pair());
    let texts = [old.reveal(), new.reveal()];
    let publics = [&old_pair, &new_pair].map(|pair| pair.public().to_string());
    let keys = [texts[0].as_str(), &texts[1], &publics[0], &publics[1]];
    let headers = signed(now, &[new.into(), old.into(), new_pair.into(), old_pair.into()]);
    assert_eq!(receivers.verify(&headers, BODY, &keys), [true; 4]);
}

#[test]
#[ignore = "needs packages of npm and PyPI: make receivers"]
fn secrets_of_any_length_are_read_alike() {
    let (mut receivers, now) = (Receivers::start(), Clock::system().now());
    // Of 24 to 64 bytes, with and without padding in the text.
    for text in ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA=="]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("whsec_{}AA==", "+/A9".repeat(21))])
    {
        let headers = signed(now, &[text.parse().expect("a secret")]);
        assert_eq!(receivers.verify(&headers, BODY, &[&text]), [true], "{text}");
    }
}

/// An endpoint that takes everything, and what came to it.
async fn endpoint() -> (String, UnboundedReceiver<(HeaderMap, String)>) {
    let (came, coming) = unbounded_channel();
    let take = async move |headers: HeaderMap, body: Bytes| {
        came.send((headers, String::from_utf8(body.to_vec()).expect("UTF-8"))).expect("the test goes on");
        StatusCode::NO_CONTENT
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}/hook", listener.local_addr().expect("it is bound"));
    tokio::spawn(axum::serve(listener, Router::new().fallback(take)).into_future());
    (url, coming)
}

/// What a key of a subscription is to its receiver: what was added last.
async fn change_keys(client: &Client, id: &str, wanted: &Value) -> String {
    let path = format!("/v1/subscriptions/{id}/secrets");
    let changed = client.send(Method::POST, &path, &[], Some(wanted)).await.ok();
    let last = changed["keys"].as_array().and_then(|keys| keys.last());
    let public = last.and_then(|key| key["public_key"].as_str());
    public.or_else(|| changed["secret"].as_str()).expect("one of them is told").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs packages of npm and PyPI: make receivers"]
async fn receivers_that_others_wrote_verify_what_is_delivered_also_while_keys_change() {
    let mut receivers = Receivers::start();
    let (url, mut coming) = endpoint().await;
    let mut system = System::start(PROGRAM, &[]).await;
    system.set_flags(&["--allow-address", "127.0.0.0/8", "--allow-http"]);
    system.add(&["registrar", "projector", "notifier", "gateway"]).await;
    let roles = [Role::Reader, Role::Recorder, Role::SubscriberManager].into();
    let client = system.client_as(&Principal { roles, ..principal(AGENCY, "PK") });
    let wanted = json!({"channel": {"type": "webhook", "url": url}});
    let created = client.send(Method::POST, "/v1/subscriptions", &[], Some(&wanted)).await.ok();
    let id = created["id"].as_str().expect("it has an id").to_owned();

    let mut recorded = 0;
    // A change of keys is known to the notifier a moment later, so that an event may still go out by the old ones.
    let mut delivered = async |keys: &[&str], expected: &[bool]| {
        eventually("a delivery by these keys", PATIENCE, async || {
            recorded += 1;
            let subject = format!("matter/~matter-{recorded}");
            let data = json!({"kind": "issue", "title": "Échanges · تجارت", "parties": [{"party": "CA", "role": "exporter"}]});
            client.submit(&json!({"type": "matter.opened", "subject": subject, "data": data})).await.ok();
            let (headers, body) = coming.recv().await.expect("the endpoint is there");
            (receivers.verify(&headers, &body, keys) == expected).then_some(())
        })
        .await;
    };
    let first = created["secret"].as_str().expect("it is told once").to_owned();
    delivered(&[&first], &[true]).await;
    let second = change_keys(&client, &id, &json!({})).await;
    let public = change_keys(&client, &id, &json!({"scheme": "v1a"})).await;
    delivered(&[&first, &second, &public], &[true, true, true]).await;
    let last = change_keys(&client, &id, &json!({"overlap_seconds": 0})).await;
    delivered(&[&first, &second, &public, &last], &[false, false, false, true]).await;
}
