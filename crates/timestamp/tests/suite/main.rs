//! Tokens of an authority that others wrote (`openssl ts`), and what is found wrong in them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use testkit::TimeStampAuthority;
use timestamp::{Authorities, CertificateError, ResponseError, Stamp, VerifyError, request, token, verify};

const MESSAGE: &[u8] = b"register.example/log\n33\nroot\n";
const NONCE: u64 = 0x8000_0000_0000_0001;
const RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
const P_256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
const P_384: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-384";

/// Around any stamp of these tests; what is issued for some days from now may come a second too late for one.
const THIS_TIME: &str = "-startdate 20200101000000Z -enddate 20900101000000Z";

/// Before any of them, and after.
const OTHER_TIMES: [&str; 2] = [
    "-startdate 20200101000000Z -enddate 20210101000000Z",
    "-startdate 20900101000000Z -enddate 20910101000000Z",
];

fn trusted(authority: &TimeStampAuthority) -> Authorities {
    Authorities::from_pem(authority.certificate().as_bytes()).unwrap()
}

fn stamped(authority: &TimeStampAuthority, nonce: u64) -> Vec<u8> {
    token(&authority.answer(&request(MESSAGE, nonce).unwrap())).unwrap()
}

fn holds(authority: &TimeStampAuthority, token: &[u8]) -> Result<Stamp, VerifyError> {
    verify(token, MESSAGE, &trusted(authority))
}

#[test]
fn tokens_of_rsa_and_ecdsa_hold_and_answer_their_request_alone() {
    for key in [RSA, P_256, P_384] {
        let authority = TimeStampAuthority::new(key);
        for nonce in [0, 1, 0x7f, 0x80, 0xff00, NONCE, u64::MAX] {
            let stamp = holds(&authority, &stamped(&authority, nonce)).unwrap();
            assert!(stamp.answers(nonce) && !stamp.answers(nonce ^ 1), "{nonce}: {stamp:?}");
            assert_eq!((stamp.authority.as_str(), stamp.policy.as_str()), ("Clock", "1.2.3.4.1"));
            assert!(stamp.time.as_second() > 1_700_000_000, "{stamp:?}");
        }
    }
}

#[test]
fn a_token_is_about_its_message_and_of_whom_one_trusts() {
    let (authority, stranger) = (TimeStampAuthority::new(P_256), TimeStampAuthority::new(P_256));
    let token = stamped(&authority, NONCE);
    assert_eq!(verify(&token, b"another", &trusted(&authority)), Err(VerifyError::OtherMessage));
    // It has the same name and another key.
    let untrusted = Err(VerifyError::Certificate(CertificateError::Untrusted("Clock".into())));
    assert_eq!(verify(&token, MESSAGE, &trusted(&stranger)), untrusted);
    let both = authority.certificate() + "between\n" + &stranger.certificate();
    assert!(verify(&token, MESSAGE, &Authorities::from_pem(both.as_bytes()).unwrap()).is_ok());
}

#[test]
fn a_certificate_is_for_time_stamps_alone_and_valid_at_the_time() {
    let authority = TimeStampAuthority::new(P_256);
    let token = stamped(&authority, NONCE);
    let again = |usage, dates| holds(&authority, &authority.sign_again(&token, usage, dates));
    assert!(again("stamping", THIS_TIME).unwrap().answers(NONCE), "what is signed again so holds");
    let purpose = Err(VerifyError::Certificate(CertificateError::Purpose("Clock".into())));
    for usage in ["both", "other"] {
        assert_eq!(again(usage, THIS_TIME), purpose, "{usage}");
    }
    let time = |whose: &str| Err(VerifyError::Certificate(CertificateError::Time(whose.into())));
    for dates in OTHER_TIMES {
        assert_eq!(again("stamping", dates), time("Clock"), "{dates}");
        // Of the same key: that somebody was to be trusted for a while does not make it so for ever.
        let root = Authorities::from_pem(authority.certificate_of(dates).as_bytes()).unwrap();
        assert_eq!(verify(&token, MESSAGE, &root), time("Root"), "{dates}");
    }
    let root = authority.certificate_of(THIS_TIME);
    assert!(verify(&token, MESSAGE, &Authorities::from_pem(root.as_bytes()).unwrap()).is_ok());
}

#[test]
fn an_authority_that_refuses_says_so_and_junk_is_none() {
    let authority = TimeStampAuthority::new(P_256);
    let refused = token(&authority.answer(b"no query"));
    assert!(
        matches!(&refused, Err(ResponseError::Refused { status: 2, said }) if !said.is_empty()),
        "{refused:?}"
    );
    for junk in [&b""[..], b"<html>", b"\x30\x03\x30\x01\x00"] {
        assert!(matches!(token(junk), Err(ResponseError::Form(_))), "{junk:?}");
    }
    assert_eq!(token(b"\x30\x05\x30\x03\x02\x01\x00"), Err(ResponseError::Missing));
    for text in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(Authorities::from_pem(text.as_bytes()).is_err(), "{text}");
    }
}

/// Every byte of a token is either bound, or of no consequence for what it states.
#[test]
fn no_flipped_bit_makes_a_token_state_anything_else() {
    let authority = TimeStampAuthority::new(P_256);
    let (token, trusted) = (stamped(&authority, NONCE), trusted(&authority));
    let stated = verify(&token, MESSAGE, &trusted).unwrap();
    let mut unbound = Vec::new();
    for place in 0..token.len() * 8 {
        let mut flipped = token.clone();
        flipped[place / 8] ^= 1 << (place % 8);
        if let Ok(found) = verify(&flipped, MESSAGE, &trusted) {
            assert_eq!(found, stated, "bit {place}");
            unbound.push(place / 8);
        }
    }
    // The version, the signer's name beside the hash of its certificate, and such.
    unbound.dedup();
    assert!(unbound.len() < token.len() / 4, "{unbound:?}");
}

proptest! {
    #[test]
    fn anything_can_be_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (token(&bytes), Authorities::from_pem(&bytes));
        let root = include_bytes!("root.pem");
        prop_assert!(verify(&bytes, MESSAGE, &Authorities::from_pem(root).unwrap()).is_err());
    }
}
