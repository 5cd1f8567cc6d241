//! Keys on disk, tokens signed and checked.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use contract::{Principal, Role};
use jiff::{SignedDuration, Timestamp};
use service::token::{Error, ISSUER, Keys, LEEWAY};
use tempfile::TempDir;

const HOUR: Duration = Duration::from_secs(3600);

fn officer() -> Principal {
    Principal {
        subject: "officer".into(),
        agency: "urn:agency:pk".into(),
        party: "PK".into(),
        roles: [Role::Reader, Role::Recorder].into(),
        level: "SECRET".into(),
        caveats: ["EYES ONLY".to_owned()].into(),
    }
}

fn keys() -> (TempDir, Keys) {
    let folder = TempDir::new().unwrap();
    let keys = Keys::create_if_absent(&folder.path().join("keys")).unwrap();
    (folder, keys)
}

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

#[test]
fn a_token_says_who_asks_until_it_expires() {
    let (_folder, keys) = keys();
    let token = keys.issuer(ISSUER).unwrap().issue(&officer(), now(), HOUR).unwrap();
    let verifier = keys.verifier(ISSUER).unwrap();
    let verified = verifier.verify(&token, now()).unwrap();
    assert_eq!(verified.principal, officer());
    let end = now() + HOUR;
    assert_eq!(verified.expires, end);
    // The second look finds it remembered, and no less expired.
    verifier.verify(&token, end + LEEWAY).unwrap();
    let late = end + LEEWAY + SignedDuration::from_secs(1);
    assert!(matches!(verifier.verify(&token, late), Err(Error::Expired(at)) if at == end));
    let early = now() - LEEWAY - SignedDuration::from_secs(1);
    assert!(matches!(verifier.verify(&token, early), Err(Error::Early(_))));
}

#[test]
fn a_signed_token_of_another_form_is_refused_with_every_reason() {
    let (_folder, keys) = keys();
    let wrong = Principal {
        agency: "not a uri".into(),
        party: "Canada".into(),
        level: "COSMIC".into(),
        caveats: ["eyes".to_owned()].into(),
        ..officer()
    };
    let token = keys.issuer(ISSUER).unwrap().issue(&wrong, now(), HOUR).unwrap();
    let error = keys.verifier(ISSUER).unwrap().verify(&token, now()).unwrap_err();
    let text = error.to_string();
    for word in ["“not a uri”", "“Canada”", "“COSMIC”", "“eyes”"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn what_another_signed_is_refused() {
    let ((_mine, mine), (_other, other)) = (keys(), keys());
    let verifier = mine.verifier(ISSUER).unwrap();
    let token = other.issuer(ISSUER).unwrap().issue(&officer(), now(), HOUR).unwrap();
    assert!(matches!(verifier.verify(&token, now()), Err(Error::Untrusted)));
    let token = mine.issuer("elsewhere").unwrap().issue(&officer(), now(), HOUR).unwrap();
    assert!(matches!(verifier.verify(&token, now()), Err(Error::Issuer(name)) if name == "elsewhere"));
    for garbage in ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
        assert!(matches!(verifier.verify(garbage, now()), Err(Error::Unreadable(_))), "{garbage}");
    }
    let both = verifier.and_pem(&std::fs::read(&other.public).unwrap()).unwrap();
    let token = other.issuer(ISSUER).unwrap().issue(&officer(), now(), HOUR).unwrap();
    both.verify(&token, now()).unwrap();
}

#[test]
fn a_changed_token_is_refused() {
    let (_folder, keys) = keys();
    let token = keys.issuer(ISSUER).unwrap().issue(&officer(), now(), HOUR).unwrap();
    let verifier = keys.verifier(ISSUER).unwrap();
    verifier.verify(&token, now()).unwrap();
    let (head, rest) = token.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let administrator = Principal { roles: [Role::Administrator].into(), ..officer() };
    let other = keys.issuer(ISSUER).unwrap().issue(&administrator, now(), HOUR).unwrap();
    let claims = other.split('.').nth(1).unwrap();
    assert!(matches!(verifier.verify(&format!("{head}.{claims}.{signature}"), now()), Err(Error::Untrusted)));
}

#[test]
fn keys_are_made_once_and_for_their_owner_alone() {
    let (folder, keys) = keys();
    let private = std::fs::read(&keys.private).unwrap();
    let mode = std::fs::metadata(&keys.private).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::remove_file(&keys.public).unwrap();
    let again = Keys::create_if_absent(&folder.path().join("keys")).unwrap();
    assert_eq!((&again, std::fs::read(&again.private).unwrap()), (&keys, private));
    assert!(again.public.exists());
    assert_eq!(std::fs::read_dir(folder.path().join("keys")).unwrap().count(), 2, "no draft is left");
}

#[test]
fn of_many_that_make_keys_at_once_one_wins() {
    let folder = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| Keys::create_if_absent(folder.path()).unwrap());
        }
    });
    let keys = Keys::in_folder(folder.path());
    let token = keys.issuer(ISSUER).unwrap().issue(&officer(), now(), HOUR).unwrap();
    keys.verifier(ISSUER).unwrap().verify(&token, now()).unwrap();
}
