//! A sealed record that was destroyed: whoever saw it live, whoever was behind when its key went, and whoever builds
//! the read model anew have the same rows, byte for byte.

use std::collections::BTreeSet;

use domain::{Aggregate, EventKind, Subject};
use prometheus_client::metrics::counter::Counter;
use readmodel::{Entry, Projection};
use sealing::Key;
use serde_json::{Value, json};

use crate::calendar::Expectations;
use crate::digests::corpus;
use crate::dossiers::Dossiers;
use crate::search::Texting;
use crate::testing::{Projected, Register, subject};
use crate::timeline::Happenings;

/// Events in the log, sealed but for what is of custody, each with its content.
fn sealed(mut register: Register) -> Register {
    let key = Key::random().unwrap();
    for entry in &mut register.entries {
        let custody = entry.kind.parse::<EventKind>().is_ok_and(|kind| kind.event().is_custody());
        if !custody && let Ok(sealed) = sealing::seal(&entry.payload, &key) {
            entry.opened = Some(sealing::open(&sealed, &key).unwrap().into());
            entry.payload = sealed.into();
        }
    }
    register
}

/// Events of which those after the first few can no longer be opened.
fn opened_until(register: &Register, first: usize) -> Register {
    let mut register = register.clone();
    register.entries.iter_mut().skip(first).for_each(|entry| entry.opened = None);
    register
}

fn disposal(data: &Value) -> Vec<u8> {
    let zeros = "0".repeat(32);
    let envelope = json!({
        "specversion": "1.0", "id": "disposal", "source": "urn:agency:pk", "type": "", "subject": "",
        "time": "2025-11-01T10:00:00Z", "datacontenttype": "application/json",
        "recordedtime": "2025-11-01T10:00:00Z", "agency": "urn:agency:pk", "actor": "approver",
        "marking": "OFFICIAL", "datasalt": zeros, "proposalhash": zeros, "data": data,
    });
    envelope.to_string().into_bytes()
}

/// Disposes of every record that there is.
fn all_disposed(mut register: Register) -> Register {
    for of in register.entries.iter().map(|entry| entry.subject).collect::<BTreeSet<_>>() {
        let kind = format!("chancery.{}.disposed.v1", of.aggregate);
        let mut envelope =
            serde_json::from_slice::<Value>(&disposal(&json!({"how": "destroyed", "authority": "an act"})))
                .unwrap();
        (envelope["type"], envelope["subject"]) = (kind.clone().into(), of.to_string().into());
        envelope["id"] = of.to_string().into();
        register.push(of, &kind, envelope.to_string().into_bytes());
    }
    register
}

async fn rows<P: Projection<Entry = Entry>>(projection: P, register: &Register) -> Vec<readmodel::Row> {
    Projected::new(projection, register).await.rows().await
}

async fn is_the_same<P: Projection<Entry = Entry>>(new: fn() -> P, live: &Register, word: Option<&str>) {
    let seen = rows(new(), live).await;
    let length = live.entries.len();
    for first in [0, 1, length / 3, length / 2, length - 2] {
        let later = rows(new(), &opened_until(live, first)).await;
        let differ = seen.iter().zip(&later).position(|(one, other)| one != other);
        let shown = differ.map(|at| {
            [&seen[at], &later[at]]
                .map(|(key, row)| format!("{}: {}", key.escape_ascii(), String::from_utf8_lossy(row)))
        });
        assert!(seen == later, "{} with {first} events opened: {shown:#?}", P::NAME);
    }
    if let Some(word) = word {
        let stands = |bytes: &[u8]| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        assert!(!seen.iter().any(|(key, row)| stands(key) || stands(row)), "{word} in the {}", P::NAME);
    }
}

async fn are_the_same(live: &Register, word: Option<&str>) {
    is_the_same(|| Dossiers::new(Counter::default()), live, word).await;
    is_the_same(|| Happenings::new(Counter::default()), live, word).await;
    is_the_same(|| Expectations::new(Counter::default()), live, word).await;
    is_the_same(|| Texting::new(Counter::default()), live, word).await;
}

#[tokio::test]
async fn of_every_event_there_is_the_same_is_left_whenever_the_key_went() {
    let mut register = corpus();
    let is_disposal = |entry: &Entry| entry.kind.ends_with(".disposed.v1");
    let entries = register.entries.iter().filter(|entry| !is_disposal(entry)).cloned().collect::<Vec<_>>();
    register = Register::default();
    for entry in entries {
        register.push(entry.subject, &entry.kind, entry.payload.to_vec());
    }
    are_the_same(&sealed(all_disposed(register)), None).await;
}

fn story() -> (Register, Subject) {
    let mut register = Register::default();
    let (meeting, source) = (subject(Aggregate::Engagement, "m"), subject(Aggregate::Source, "s"));
    let source_data = json!({"title": "Of a quetzal", "publisher": "Quetzal News"});
    register.record("source.captured", source, "OFFICIAL", &source_data);
    let data = json!({"title": "quetzal", "kind": "meeting", "participants": ["US", {"name": "quetzal", "kind": "person"}],
        "window": "2025-06", "links": [{"rel": "about", "to": source}], "citations": [{"source": source}],
        "notes": ["quetzal"]});
    let first = register.record("engagement.expected", meeting, "OFFICIAL", &data);
    register.record("engagement.marking_changed", meeting, "OFFICIAL", &json!({"level": "SECRET"}));
    let changes = json!([{"pointer": "/title", "new": "quetzals"}]);
    register.record(
        "engagement.corrected",
        meeting,
        "SECRET",
        &json!({"event": first, "changes": changes, "reason": "more than one quetzal"}),
    );
    register.record(
        "engagement.retracted",
        meeting,
        "SECRET",
        &json!({"event": first, "reason": "no quetzal"}),
    );
    let held = json!({"title": "quetzal", "occurred": "2025-06-03", "participants": ["US"]});
    register.record("engagement.held", meeting, "SECRET", &held);
    register.record("engagement.retention_assigned", meeting, "SECRET", &json!({"action": "destroy"}));
    (register, meeting)
}

#[tokio::test]
async fn no_row_tells_what_a_destroyed_record_said() {
    let (register, meeting) = story();
    let told = rows(Dossiers::new(Counter::default()), &sealed(register.clone())).await;
    assert!(
        told.iter().any(|(_, row)| row.windows(7).any(|window| window == b"quetzal")),
        "it was told before"
    );
    let live = sealed(all_disposed(register));
    are_the_same(&live, Some("quetzal")).await;

    let dossiers = Projected::new(Dossiers::new(Counter::default()), &live).await;
    let insider = crate::testing::insider();
    let record = dossiers.query(&insider, contract::Query::Record { subject: meeting }).await;
    let record = crate::testing::json(&record);
    assert_eq!((&record["status"], &record["marking"]), (&json!("disposed"), &json!("SECRET")));
    assert_eq!(record["retention"]["action"], "destroy");
    let history = contract::Query::History { subject: meeting, after: 0, limit: 100 };
    let history = dossiers.query(&insider, history).await;
    let events = crate::testing::column(&history, "event");
    assert_eq!((events[0]["destroyed"].as_bool(), events[0].get("data")), (Some(true), None));
    assert_eq!(events[0]["datahash"].as_str().map(str::len), Some(64));
    assert!(events[1].get("destroyed").is_none(), "how it was kept stood in plain");
}
