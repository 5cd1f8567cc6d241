//! What is signed is verified by the Standard Webhooks libraries of other languages.
//!
//! `make receivers` fetches what it takes and runs it.

use jiff::Timestamp;
use reqwest::header::HeaderMap;
use service::Clock;
use system_tests::Receivers;
use webhook::{Message, PrivateKey, Secret, SigningKey};

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
