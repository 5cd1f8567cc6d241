use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::checkpoint::{Checkpoint, Cosigner, Trust};
use crate::leaf::leaf;
use crate::leaf_hash;
use crate::note::{KeyName, Signer};
use crate::tree::{Frontier, Head, Node, inclusion_proof};

const RECORD: &str = "engagement/0191d3c2-0000-7000-8000-000000000000";

fn signer(seed: u8) -> Signer {
    Signer::from_seed(KeyName::new("a.example/log").unwrap(), &[seed; 32])
}

fn trust() -> Trust {
    Trust::in_log(signer(1).verifier().clone())
}

fn envelope(number: u64) -> Value {
    let subject =
        if number.is_multiple_of(2) { RECORD } else { "matter/0191d3c2-0000-7000-8000-000000000001" };
    json!({"id": number.to_string(), "subject": subject, "actor": "officer", "data": {"title": "Gespräch"},
        "datasalt": format!("{number:032x}"), "proposalhash": format!("{:032x}", number + 7)})
}

/// A bundle of the record with every second event of a log of nine, the second one redacted.
fn bundle_by(signer: &Signer) -> Bundle {
    let envelopes = (0..9).map(|number| envelope(number).to_string()).collect::<Vec<_>>();
    let leaves = envelopes.iter().map(|envelope| leaf(envelope.as_bytes()).unwrap()).collect::<Vec<_>>();
    let (mut frontier, mut store) = (Frontier::default(), BTreeMap::new());
    leaves.iter().for_each(|leaf| store.extend(frontier.append(leaf_hash(leaf)).unwrap()));
    let mut checkpoint = Signed::sign(Checkpoint::new("a.example/log", frontier.head()).unwrap(), signer);
    let witness = Cosigner::from_seed(KeyName::new("w.example").unwrap(), &[2; 32]);
    checkpoint.attach(witness.cosign(checkpoint.checkpoint(), 1_700_000_000).unwrap()).unwrap();
    let read = |node: Node| store.get(&node).copied().ok_or(node);
    let events = (0..9).step_by(2).zip(1..).map(|(index, version)| Event {
        version,
        leaf: String::from_utf8(leaves[index].clone()).unwrap(),
        proof: Proof {
            extra: None,
            index: index as u64,
            hashes: inclusion_proof(&read, index as u64, 9).unwrap(),
            checkpoint: checkpoint.clone(),
        },
        event: (version != 2).then(|| envelopes[index].clone()),
    });
    Bundle {
        subject: RECORD.into(),
        versions: 5,
        events: events.collect(),
        checkpoint,
        timestamps: Vec::new(),
    }
}

fn bundle() -> Bundle {
    bundle_by(&signer(1))
}

/// Every fault of a file, in words.
fn faults(file: &str) -> Vec<String> {
    let faults = match Bundle::parse(file.as_bytes()) {
        Ok(bundle) => bundle.verify(&trust()).map(|_| ()).err().unwrap_or_default(),
        Err(faults) => faults,
    };
    faults.iter().map(ToString::to_string).collect()
}

/// The faults of a bundle that somebody changed as JSON.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut json = serde_json::from_str::<Value>(&bundle().to_string()).unwrap();
    change(&mut json);
    faults(&json.to_string())
}

#[test]
fn a_bundle_is_read_as_it_is_written_and_proves_its_events() {
    let bundle = bundle();
    let text = bundle.to_string();
    let read = Bundle::parse(text.as_bytes()).unwrap();
    assert_eq!(read.to_string().len(), text.len());
    let trust = trust();
    let proved = read.verify(&trust).unwrap();
    assert_eq!((proved.shown, proved.redacted, proved.head.size), (4, 1, 9));
    assert_eq!(proved.signed.log.len(), 1);
    // It may be written otherwise.
    let json = serde_json::from_str::<Value>(&text).unwrap();
    assert!(faults(&serde_json::to_string_pretty(&json).unwrap()).is_empty());
    // What is redacted is not there.
    assert_eq!(text.matches("Gespräch").count(), 4);
}

#[test]
fn time_stamps_are_carried_and_left_out_where_there_are_none() {
    assert!(!bundle().to_string().contains("timestamps"));
    let stamped = Bundle { timestamps: vec![b"one".to_vec(), b"another".to_vec()], ..bundle() };
    let read = Bundle::parse(stamped.to_string().as_bytes()).unwrap();
    assert_eq!(read, stamped);
    assert!(read.verify(&trust()).is_ok());
    for wrong in [json!("b25l"), json!(["b25"]), json!([1]), json!([])] {
        let found = changed(|json| json["timestamps"] = wrong.clone());
        assert_eq!(found.len(), 1, "{wrong}");
        assert!(found[0].ends_with("(at /timestamps)"), "{found:?}");
    }
}

#[test]
fn each_of_an_event_s_members_is_named_when_it_was_changed() {
    let found = changed(|json| json["events"][2]["event"]["data"]["title"] = json!("Gesprach"));
    let altered = "event 3 of the record: data (or datasalt or proposalhash) was altered: the log has another value \
        (at /events/2/event/data)";
    assert_eq!(found, [altered]);
    let found = changed(|json| json["events"][0]["event"]["actor"] = json!("other"));
    let altered =
        "event 1 of the record: actor was altered: the log has another value (at /events/0/event/actor)";
    assert_eq!(found, [altered]);
    let found = changed(|json| {
        let event = json["events"][3]["event"].as_object_mut().unwrap();
        event.remove("actor");
        event.insert("onbehalfof".into(), json!("PK"));
    });
    let [added, removed] = &found[..] else { panic!("{found:?}") };
    assert!(added.contains("onbehalfof was added") && removed.contains("actor was removed"), "{found:?}");
    let found = changed(|json| json["events"][1]["leaf"]["actor"] = json!("other"));
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("event 2 of the record: it is not in the log in this form"), "{found:?}");
    let found = changed(|json| json["events"][0]["leaf"]["actor"] = json!("other"));
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("the leaf was altered; the event beside it is in the log"), "{found:?}");
}

#[test]
fn an_event_that_is_missing_or_more_or_elsewhere_is_named() {
    let found = changed(|json| drop(json["events"].as_array_mut().unwrap().remove(2)));
    assert_eq!(
        found,
        ["event 3 of the record: it is missing: the bundle claims to hold the events 1 to 5 (at /events)"]
    );
    let found = changed(|json| drop(json["events"].as_array_mut().unwrap().pop()));
    assert!(found[0].starts_with("event 5 of the record: it is missing"), "{found:?}");
    let found = changed(|json| {
        let events = json["events"].as_array_mut().unwrap();
        let event = events[2].clone();
        events.push(event);
    });
    assert!(found.iter().any(|fault| fault.contains("there twice")), "{found:?}");
    let found = changed(|json| json["events"].as_array_mut().unwrap().swap(1, 3));
    assert!(found.iter().any(|fault| fault.contains("the order was changed")), "{found:?}");
    // Renumbered.
    let found = changed(|json| {
        let events = json["events"].as_array_mut().unwrap();
        events.swap(1, 3);
        (events[1]["version"], events[3]["version"]) = (json!(2), json!(4));
    });
    assert!(found.iter().any(|fault| fault.contains("the order was changed")), "{found:?}");
    // Contents swapped, places kept.
    let found = changed(|json| {
        let (one, other) = (json["events"][2]["event"].take(), json["events"][3]["event"].take());
        (json["events"][2]["event"], json["events"][3]["event"]) = (other, one);
    });
    assert!(
        found.iter().any(|fault| fault.starts_with("event 3") && fault.contains("id was altered")),
        "{found:?}"
    );
    let found = changed(|json| json["subject"] = json!("matter/0191d3c2-0000-7000-8000-000000000001"));
    assert_eq!(found.len(), 5);
    assert!(found[0].contains("the event is of the record engagement/"), "{found:?}");
    let found = changed(|json| json["events"][4]["position"] = json!(8));
    assert_eq!(found, ["event 5 of the record: the proof is of position 9 (at /events/4/position)"]);
}

#[test]
fn a_checkpoint_of_another_key_or_another_tree_is_refused() {
    let other = faults(&bundle_by(&signer(3)).to_string());
    assert_eq!(other.len(), 1);
    assert!(other[0].contains("the checkpoint is not to be trusted"), "{other:?}");
    // Signed by the right key, over another tree.
    let mut forged = bundle();
    let head = Head { size: 9, root: leaf_hash(b"another tree") };
    forged.checkpoint = Signed::sign(Checkpoint::new("a.example/log", head).unwrap(), &signer(1));
    let found = faults(&forged.to_string());
    assert!(found.iter().any(|fault| fault.contains("another checkpoint than the bundle's")), "{found:?}");
    let checkpoint = forged.checkpoint.clone();
    forged.events.iter_mut().for_each(|event| event.proof.checkpoint = checkpoint.clone());
    let found = faults(&forged.to_string());
    assert_eq!(found.len(), 5);
    assert!(found.iter().all(|fault| fault.contains("it is not in the log")), "{found:?}");
}

#[test]
fn what_is_no_bundle_is_refused_with_its_place() {
    assert!(faults("{}")[0].contains("expected the format"));
    assert!(faults("{\"a\":1,\"a\":2}")[0].contains("two members"));
    let found = changed(|json| json["events"][0]["note"] = json!("trust me"));
    assert_eq!(
        found,
        ["event 1 of the record: this member does not belong to the format (at /events/0/note)"]
    );
    let found = changed(|json| {
        json.as_object_mut().unwrap().remove("versions");
        json["keys"] = json!([]);
        json["events"][1]["proof"] = json!("no proof");
        json["events"][2] = json!(1);
    });
    let places = ["(at /versions)", "(at /keys)", "(at /events/1/proof)", "(at /events/2)"];
    assert!(found.iter().zip(places).all(|(fault, place)| fault.ends_with(place)), "{found:?}");
    assert_eq!(found.len(), 4);
}

#[test]
fn no_change_of_a_byte_goes_unseen_where_it_says_something() {
    let text = bundle().to_string();
    let about = text.find("\"about\"").unwrap()..text.find("\"subject\"").unwrap();
    let trust = trust();
    for place in (0..text.len()).step_by(3).filter(|place| !about.contains(place)) {
        let mut bytes = text.clone().into_bytes();
        bytes[place] ^= 1;
        let Ok(read) = Bundle::parse(&bytes) else { continue };
        // A cosignature of a witness that nobody trusts proves nothing, and is not looked at.
        let is_cosignature = read.checkpoint != bundle().checkpoint;
        assert!(read.verify(&trust).is_err() || is_cosignature, "byte {place} of {text}");
    }
}
