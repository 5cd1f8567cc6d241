use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use proptest::prelude::*;

use super::*;
use crate::{KeyError, Message, PrivateKey, PublicKey, Secret, SigningKey};

/// The standard's vector.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SECONDS: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn secret() -> Secret {
    SECRET.parse().expect("a secret")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("a moment")
}

fn signed_by(keys: &[SigningKey]) -> HeaderMap {
    Message { id: &ID.parse().expect("an id"), at: at(SECONDS), body: BODY }.headers(keys)
}

fn verify(
    keys: impl IntoIterator<Item = VerifyingKey>,
    headers: &HeaderMap,
) -> Result<Verified, VerifyError> {
    Verifier::new(keys).verify(headers, BODY, at(SECONDS))
}

fn pair() -> PrivateKey {
    PrivateKey::random().expect("random bytes")
}

#[test]
fn the_standards_vector_is_signed_and_verified() {
    let headers = signed_by(&[secret().into()]);
    assert_eq!(headers[WEBHOOK_ID], ID);
    assert_eq!(headers[WEBHOOK_TIMESTAMP], "1614265330");
    assert_eq!(headers[WEBHOOK_SIGNATURE], SIGNATURE);
    let verified = Verified { id: ID.parse().expect("an id"), at: at(SECONDS), scheme: "v1" };
    assert_eq!(verify([secret().into()], &headers), Ok(verified));
}

#[test]
fn while_keys_change_either_side_may_have_changed_already() {
    let (old, new) = (secret(), Secret::random().expect("random bytes"));
    let both = signed_by(&[new.clone().into(), old.clone().into()]);
    for key in [&old, &new] {
        assert!(verify([key.clone().into()], &both).is_ok());
        assert!(verify([old.clone().into(), new.clone().into()], &signed_by(&[key.clone().into()])).is_ok());
    }
    assert_eq!(verify([old.into()], &signed_by(&[new.into()])), Err(VerifyError::Signature));
}

#[test]
fn both_schemes_stand_side_by_side() {
    let (secret, private) = (secret(), pair());
    let public = private.public();
    let headers = signed_by(&[secret.clone().into(), private.into()]);
    let text = headers[WEBHOOK_SIGNATURE].to_str().expect("ASCII");
    assert!(text.starts_with("v1,") && text.contains(" v1a,"), "{text}");
    assert_eq!(verify([secret.into()], &headers).map(|verified| verified.scheme), Ok("v1"));
    assert_eq!(verify([public.clone().into()], &headers).map(|verified| verified.scheme), Ok("v1a"));
    assert_eq!(verify([pair().public().into()], &headers), Err(VerifyError::Signature));
    assert_eq!(verify([public.into()], &signed_by(&[self::secret().into()])), Err(VerifyError::Scheme));
}

#[test]
fn signatures_that_are_not_known_are_passed_over() {
    let mut headers = signed_by(&[secret().into()]);
    let among = format!("v2,abc v1 v1,!!! v1,AAAA  v1a,AAAA {SIGNATURE} v9");
    headers.insert(WEBHOOK_SIGNATURE, HeaderValue::from_str(&among).expect("ASCII"));
    assert!(verify([secret().into()], &headers).is_ok());
    for (none, error) in
        [("v2,abc", VerifyError::Scheme), ("", VerifyError::Scheme), ("v1,", VerifyError::Signature)]
    {
        headers.insert(WEBHOOK_SIGNATURE, HeaderValue::from_static(none));
        assert_eq!(verify([secret().into()], &headers), Err(error), "{none:?}");
    }
}

#[test]
fn what_is_missing_or_twice_is_named() {
    for name in [WEBHOOK_ID, WEBHOOK_TIMESTAMP, WEBHOOK_SIGNATURE] {
        let mut headers = signed_by(&[secret().into()]);
        let value = headers.remove(&name).expect("it was there");
        assert_eq!(verify([secret().into()], &headers), Err(VerifyError::Missing(name.clone())));
        headers.append(&name, value.clone());
        headers.append(&name, value);
        assert_eq!(verify([secret().into()], &headers), Err(VerifyError::Repeated(name)));
    }
}

#[test]
fn an_id_or_a_time_that_is_none_is_refused() {
    let headers = |name: &HeaderName, text: &str| {
        let mut headers = signed_by(&[secret().into()]);
        headers.insert(name, HeaderValue::from_str(text).expect("ASCII"));
        headers
    };
    for wrong in ["", "a.b", "a b", &"x".repeat(257)] {
        assert_eq!(
            verify([secret().into()], &headers(&WEBHOOK_ID, wrong)),
            Err(VerifyError::Id),
            "{wrong:?}"
        );
    }
    for wrong in [
        "",
        "now",
        "+1614265330",
        " 1614265330",
        "1614265330.0",
        "-1",
        "99999999999999999999",
        "9999999999999",
    ] {
        let found = verify([secret().into()], &headers(&WEBHOOK_TIMESTAMP, wrong));
        assert_eq!(found, Err(VerifyError::Timestamp), "{wrong:?}");
    }
}

#[test]
fn what_was_signed_long_ago_or_in_the_future_is_refused() {
    let verifier = Verifier::new([secret().into()]);
    let headers = signed_by(&[secret().into()]);
    let verify = |now| verifier.verify(&headers, BODY, at(now)).map(|_| ());
    for good in [SECONDS - 300, SECONDS, SECONDS + 300] {
        assert_eq!(verify(good), Ok(()));
    }
    assert_eq!(verify(SECONDS + 301), Err(VerifyError::TooOld { seconds: 301 }));
    assert_eq!(verify(SECONDS - 301), Err(VerifyError::TooNew { seconds: 301 }));
    let patient = verifier.clone().with_tolerance(Duration::MAX);
    assert!(patient.verify(&headers, BODY, Timestamp::MAX).is_ok());
}

#[test]
fn keys_are_read_back_from_their_texts() {
    let secret = Secret::random().expect("random bytes");
    let text = secret.reveal();
    assert_eq!(text.parse::<Secret>().expect("a secret").reveal(), text);
    assert!(matches!(text.parse(), Ok(SigningKey::Secret(_))));
    assert!(text.trim_end_matches('=').parse::<Secret>().is_ok(), "padding may be left out");
    let private = pair();
    let text = private.reveal();
    assert!(matches!(text.parse(), Ok(SigningKey::Private(_))));
    let again = text.parse::<PrivateKey>().expect("a key");
    assert_eq!((again.reveal(), again.public()), (text, private.public()));
    let public = private.public();
    assert_eq!(public.to_string().parse(), Ok(public));
}

/// RFC 8032, section 7.1, test 1: with and without the public half.
#[test]
fn a_private_key_may_stand_without_its_public_key() {
    let alone = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=".parse::<PrivateKey>().expect("a key");
    assert_eq!(alone.public().to_string(), "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    assert!(alone.reveal().parse::<PrivateKey>().is_ok());
}

#[test]
fn what_is_no_key_is_refused_by_name() {
    let secret = |text: &str| text.parse::<Secret>().map(|_| ()).expect_err(text);
    assert_eq!(secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), KeyError::Prefix("whsec_"));
    assert_eq!(secret("whsec_not base64"), KeyError::Base64);
    assert_eq!(secret("whsec_AAAA"), KeyError::SecretLength(3));
    assert_eq!(secret(&format!("whsec_{}", "AAAA".repeat(22))), KeyError::SecretLength(66));
    assert_eq!("whsk_AAAA".parse::<PrivateKey>().map(|_| ()), Err(KeyError::Length(3)));
    assert_eq!("whpk_AAAA".parse::<PublicKey>(), Err(KeyError::Length(3)));
    let weak = format!("whpk_{}=", "A".repeat(43));
    assert_eq!(weak.parse::<PublicKey>(), Err(KeyError::Invalid));
    // A private key beside the public key of another.
    let (one, other) = (pair().reveal(), pair().reveal());
    let mixed = format!("{}{}", &one[..47], &other[47..]);
    assert_eq!(mixed.parse::<PrivateKey>().map(|_| ()), Err(KeyError::Invalid));
}

#[test]
fn no_key_tells_itself_by_accident() {
    let private = pair();
    let shown =
        format!("{:?}", (secret(), SigningKey::from(secret()), VerifyingKey::from(secret()), &private));
    assert!(!shown.contains(&SECRET[6..]) && !shown.contains(&private.reveal()[5..15]), "{shown}");
    assert!(shown.contains("whsec_…") && shown.contains("whsk_…"), "{shown}");
}

fn flip(bytes: &mut [u8], place: prop::sample::Index, bit: u8) {
    let place = place.index(bytes.len());
    bytes[place] ^= 1 << bit;
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Id,
    Seconds,
    Signature,
    Body,
}

proptest! {
    #[test]
    fn whatever_is_signed_verifies_and_with_any_bit_changed_does_not(
        id in "[!-~&&[^.]]{1,40}",
        seconds in 0_i64..4_000_000_000,
        body in prop::collection::vec(any::<u8>(), 1..200),
        secret in prop::collection::vec(any::<u8>(), 24..=64),
        part in prop::sample::select(vec![Part::Id, Part::Seconds, Part::Signature, Part::Body]),
        place: prop::sample::Index,
        bit in 0_u8..8,
        asymmetric: bool,
    ) {
        let private = PrivateKey::random().expect("random bytes");
        let secret = format!("whsec_{}", STANDARD.encode(secret)).parse::<Secret>().expect("a secret");
        let verifier = Verifier::new([private.public().into(), secret.clone().into()]);
        let key = if asymmetric { SigningKey::from(private) } else { secret.into() };
        let id = id.parse().expect("an id");
        let mut headers = Message { id: &id, at: at(seconds), body: &body }.headers(&[key]);
        prop_assert!(verifier.verify(&headers, &body, at(seconds)).is_ok());

        let mut body = body;
        let name = match part {
            Part::Id => Some(WEBHOOK_ID),
            Part::Seconds => Some(WEBHOOK_TIMESTAMP),
            Part::Signature => Some(WEBHOOK_SIGNATURE),
            Part::Body => None,
        };
        match name {
            None => flip(&mut body, place, bit),
            Some(name) => {
                let mut value = headers[&name].as_bytes().to_vec();
                flip(&mut value, place, bit);
                // Not every byte can stand in a header.
                let Ok(value) = HeaderValue::from_bytes(&value) else { return Ok(()) };
                headers.insert(name, value);
            }
        }
        // Whatever the clock says: it is the signature that must not fit.
        let patient = verifier.with_tolerance(Duration::MAX);
        prop_assert!(patient.verify(&headers, &body, at(seconds)).is_err());
    }
}
