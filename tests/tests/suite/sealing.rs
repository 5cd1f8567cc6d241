//! A record that was sealed and destroyed: what it said is nowhere, and what was proved of it is proved still.

use std::fs;
use std::path::Path;
use std::time::Duration;

use contract::{Principal, Role};
use domain::Subject;
use sealing::{Found, Keys};
use serde_json::{Value, json};
use system_tests::{AGENCY, Client, System, principal, rows};
use tokio::time::timeout;

use crate::proofs::{HOLDS, Verifier};
use crate::{PROGRAM, log_of, settled};

/// A word that only this record says.
const WORD: &str = "quetzalcoatlus";

fn events() -> Value {
    json!([
        {
            "id": "held", "type": "engagement.held", "subject": "engagement/~secret",
            "data": {
                "kind": "meeting", "title": format!("On the {WORD}"), "participants": ["CA"],
                "occurred": "2026-01-10", "notes": [format!("The {WORD} is to be kept quiet.")],
            },
        },
        {
            "id": "retention", "type": "engagement.retention_assigned", "subject": "engagement/~secret",
            "data": {"class": "GA-12", "action": "destroy"},
        },
        {
            "id": "open", "type": "engagement.held", "subject": "engagement/~open",
            "data": {"kind": "call", "title": "An open call", "participants": ["CA"], "occurred": "2026-01-11"},
        },
    ])
}

fn approver() -> Principal {
    let roles = [Role::Reader, Role::Recorder, Role::Approver].into();
    Principal { subject: "approver".into(), roles, ..principal(AGENCY, "PK") }
}

/// Whether a text or key stands in any file below a folder.
fn stands_in(folder: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(folder).expect("a folder").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return stands_in(&path, bytes);
        }
        fs::read(&path).is_ok_and(|file| file.windows(bytes.len()).any(|window| window == bytes))
    })
}

/// Every place where the record could be told of.
fn places(record: &str, uid: &str) -> Vec<String> {
    let paths = [
        record.to_owned(),
        format!("{record}/events"),
        format!("{record}/accounts"),
        format!("{record}?known_at=1"),
        format!("{record}/events?known_at=1"),
        format!("/v1/events/{uid}"),
    ];
    let more = [
        "/v1/events?limit=100",
        "/v1/engagements?party=CA",
        "/v1/engagements?party=CA&known_at=2",
        "/v1/timeline?party=CA",
        "/v1/timeline?party=CA&known_at=2",
        "/v1/briefs/PK/CA",
        "/v1/briefs/PK/CA?known_at=2",
        "/v1/search?q=quiet",
    ];
    paths.into_iter().chain(more.map(str::to_owned)).collect()
}

async fn tells(client: &Client, path: &str) -> bool {
    let answer = client.get(path).await;
    assert!(answer.status == 200 || answer.status == 404, "{path}: {:#}", answer.body);
    String::from_utf8_lossy(&answer.bytes).contains(WORD)
}

/// The proof of the sealed event holds for its leaf, which is this one.
async fn is_proved(client: &Client, verifier: Option<&Verifier>, uid: &str, leaf: Option<&[u8]>) -> Vec<u8> {
    let found = client.get(&format!("/v1/audit/leaves/{uid}")).await;
    let proof = client.get(&format!("/v1/audit/events/{uid}/proof")).await;
    assert_eq!((found.status, proof.status), (200, 200), "{:#} {:#}", found.body, proof.body);
    assert!(leaf.is_none_or(|leaf| leaf == &found.bytes[..]), "the leaf is another");
    if let Some(verifier) = verifier {
        let files = [verifier.file("proof", &proof.bytes), verifier.file("leaf", &found.bytes)];
        assert_eq!(verifier.code(&["proof", &files[0], "--leaf", &files[1]]), HOLDS);
    }
    found.bytes.to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroyed_record_is_forgotten_everywhere_and_proved_for_ever() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut system = System::start_whole_on(PROGRAM, folder.path()).await;
    let verifier = Verifier::find(system.data(0));
    let (officer, second) = (system.client(), system.client_as(&approver()));
    let recorded = officer.submit(&events()).await;
    let position = recorded.position();
    let recorded = recorded.ok();
    settled(&officer, position).await;
    let subject = recorded["events"][0]["subject"].as_str().expect("a subject").to_owned();
    let uid = recorded["events"][0]["uid"].as_str().expect("a uid").to_owned();
    let record = format!("/v1/{}", subject.replacen('/', "s/", 1));

    // It is read as any other, and what stands in the log's files is neither its words nor in plain.
    for path in places(&record, &uid) {
        assert!(tells(&officer, &path).await || path.contains("known_at"), "{path}");
    }
    let nats = folder.path().join("nats");
    let keys = Keys::new(system.nats().client().await);
    let subject = subject.parse::<Subject>().expect("a subject");
    let Ok(Found::Key(key)) = keys.find(&subject).await else { panic!("it has no key") };
    assert!(!stands_in(&nats, WORD.as_bytes()), "it is in the log in plain");
    assert!(stands_in(&nats, b"An open call") && stands_in(&nats, key.as_bytes()));
    let leaf = is_proved(&officer, verifier.as_ref(), &uid, None).await;
    let mut envelope = officer.get(&format!("/v1/events/{uid}")).await.ok()["event"].take();
    envelope.as_object_mut().expect("an object").remove("sequence");
    let of_envelope = transparency::leaf::leaf(envelope.to_string().as_bytes()).expect("an envelope");
    assert_eq!(of_envelope, leaf, "who is shown the content makes the same leaf of it");

    let disposal = json!({"id": "disposal", "type": "engagement.disposed", "subject": "engagement/~secret",
        "data": {"authority": "Archives Act", "reason": "its time is over"}});
    let hold = json!({"id": "hold", "type": "engagement.hold_placed", "subject": "engagement/~secret",
        "data": {"reason": "a lawsuit"}});
    let lifted = json!({"id": "lifted", "type": "engagement.hold_lifted", "subject": "engagement/~secret",
        "data": {}});
    officer.submit(&hold).await.ok();
    assert_eq!(second.submit(&disposal).await.status, 422, "a hold refuses it");
    officer.submit(&lifted).await.ok();
    let disposed = second.submit(&disposal).await.position();
    settled(&officer, disposed).await;
    assert!(!stands_in(&nats, key.as_bytes()), "the key is in a file of the server's");
    is_forgotten(&officer, &record, &uid).await;
    is_proved(&officer, verifier.as_ref(), &uid, Some(&leaf)).await;
    let again = second.submit(&disposal).await;
    assert_eq!((again.status, again.position()), (200, disposed));

    // Killed and started again; then with every read model, and the tree, built anew.
    for anew in [false, true] {
        if anew {
            system.stop(0).await;
            for folder in ["projector", "auditor/tree"] {
                fs::remove_dir_all(system.data(0).join(folder)).expect("it was there");
            }
        } else {
            system.kill(0);
        }
        system.start_again(0).await;
        settled(&officer, disposed).await;
        is_forgotten(&officer, &record, &uid).await;
        is_proved(&officer, verifier.as_ref(), &uid, Some(&leaf)).await;
    }
    assert!(!stands_in(&system.data(0).join("projector"), WORD.as_bytes()), "built anew, it never was there");
}

async fn is_forgotten(client: &Client, record: &str, uid: &str) {
    for path in places(record, uid) {
        assert!(!tells(client, &path).await, "{path}");
    }
    let view = client.get(record).await.ok();
    assert_eq!(
        (&view["status"], &view["disposal"]["authority"]),
        (&json!("disposed"), &json!("Archives Act"))
    );
    let event = client.get(&format!("/v1/events/{uid}")).await.ok()["event"].take();
    assert_eq!(event["destroyed"], true, "{event:#}");
    assert!(event["datahash"].is_string() && event.get("data").is_none() && event.get("datasalt").is_none());
}

/// Kills of the registrar, each a little later after the disposal was sent.
const KILLS: u64 = 24;

const REGISTRAR: usize = 0;
const PROJECTOR: usize = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registrar_killed_at_a_disposal_leaves_the_key_or_the_next_destroys_it() {
    let mut system = System::start(PROGRAM, &[&["registrar"], &["projector"], &["gateway"]]).await;
    let (officer, second) = (system.client(), system.client_as(&approver()));
    let (log, nats) = (log_of(&mut system).await, system.nats().client().await);
    let (mut cut, mut head) = (0, 0);
    for nth in 0..KILLS {
        let subject = format!("engagement/~{nth}");
        let held = json!({"id": format!("held-{nth}"), "type": "engagement.held", "subject": subject, "sealed": true,
            "data": {"kind": "call", "title": format!("{WORD} {nth}"), "participants": ["CA"]}});
        let recorded = officer.submit_until_taken(&held).await.ok();
        let record = recorded["events"][0]["subject"].as_str().expect("a subject").parse::<Subject>();
        let record = record.expect("a subject");
        let disposal = json!({"id": format!("disposal-{nth}"), "type": "engagement.disposed", "subject": subject,
            "data": {"authority": "Archives Act"}});
        let headers = [("content-type", "application/json")];
        let mut sent = std::pin::pin!(second.try_post("/v1/events", &headers, disposal.to_string()));
        let before = timeout(Duration::from_micros(700 * nth), &mut sent).await;
        system.kill(REGISTRAR);
        // What was said before the kill is there in no time; the gateway would wait much longer for what was not.
        let answered = match before {
            Err(_) => timeout(Duration::from_millis(200), sent).await,
            answered => answered,
        };
        let acknowledged = matches!(answered, Ok(Ok(answer)) if answer.status < 300);
        system.start_again(REGISTRAR).await;
        let events = log.read(&record).await.expect("the log answers");
        let is_disposed = events.last().is_some_and(|last| last.kind.contains("disposed"));
        assert!(is_disposed || !acknowledged, "an acknowledged disposal is in the log");
        // A registrar that is ready has destroyed what was to be destroyed, and nothing else.
        let found = Keys::new(nats.clone()).find(&record).await.expect("the bucket answers");
        assert_eq!(matches!(found, Found::Destroyed), is_disposed, "{nth}: {found:?}");
        cut += u64::from(!acknowledged);
        head = second.submit_until_taken(&disposal).await.position();
        let found = Keys::new(nats.clone()).find(&record).await.expect("the bucket answers");
        assert!(matches!(found, Found::Destroyed), "{nth}: {found:?}");
    }
    assert!(cut > 0, "no kill came in between");

    // A projector that saw it all, and one that comes when every key is gone.
    settled(&officer, head).await;
    system.stop(PROJECTOR).await;
    let rebuilt = system.add(&["projector"]).await;
    settled(&officer, head).await;
    system.stop(rebuilt).await;
    for model in ["dossiers", "timeline", "calendar", "search"] {
        let [seen, fresh] =
            [PROJECTOR, rebuilt].map(|number| rows::read(&system.data(number).join("projector").join(model)));
        assert!(seen == fresh, "{model} differ:\n{}", rows::differences(&seen, &fresh).join("\n"));
        assert!(!seen.values().any(|row| String::from_utf8_lossy(row).contains(WORD)), "{model}");
    }
}
