use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::checkpoint::Checkpoint;
use crate::leaf::leaf;
use crate::leaf_hash;
use crate::note::{KeyName, Signer};
use crate::tree::{Frontier, Node, inclusion_proof};

fn envelope(number: u64) -> String {
    let envelope = json!({"id": number.to_string(), "subject": "matter/a", "actor": "officer",
        "data": {"title": "Gespräch"}, "datasalt": format!("{number:032x}"),
        "proposalhash": format!("{:032x}", number + 7)});
    crate::canonical::canonical(envelope.to_string().as_bytes()).unwrap()
}

/// An export of so many events, as lines: every fifth redacted, every seventh hidden.
fn export(size: u64) -> (Header, Vec<String>) {
    let (mut frontier, mut store, mut leaves) = (Frontier::default(), BTreeMap::new(), Vec::new());
    for number in 0..size {
        let leaf = leaf(envelope(number).as_bytes()).unwrap();
        store.extend(frontier.append(leaf_hash(&leaf)).unwrap());
        leaves.push(String::from_utf8(leaf).unwrap());
    }
    let read = |node: Node| store.get(&node).copied().ok_or(node);
    let signer = Signer::from_seed(KeyName::new("a.example/log").unwrap(), &[1; 32]);
    let header = Header {
        checkpoint: Signed::sign(Checkpoint::new("a.example/log", frontier.head()).unwrap(), &signer),
        timestamps: Vec::new(),
    };
    let mut lines = vec![header.to_string()];
    for number in 0..header.blocks() {
        let (first, width) = (number * 256, width(number, size));
        let tile = (first..first + u64::from(width)).map(|index| store[&Node::leaf(index)]).collect();
        let proof = Block::proof_of(width, &inclusion_proof(&read, first, size).unwrap());
        lines.push(Block { number, proof, tile }.to_string());
        lines.extend((first..first + u64::from(width)).map(|index| match index {
            index if index % 7 == 6 => "null".to_owned(),
            index if index % 5 == 4 => leaves[usize::try_from(index).unwrap()].clone(),
            index => envelope(index),
        }));
    }
    (header, lines)
}

#[test]
fn a_header_may_have_time_stamps() {
    let (plain, _) = export(3);
    assert!(!plain.to_string().contains("timestamps"));
    let stamped = Header { timestamps: vec![b"one".to_vec(), b"another".to_vec()], ..plain.clone() };
    assert_eq!(Header::parse(stamped.to_string().as_bytes()), Ok(stamped.clone()));
    assert!(Header::is_one(stamped.to_string().as_bytes()));
    for wrong in ["[]", "[1]", "\"MII\"", "[\"?\"]", "null"] {
        let text =
            plain.to_string().replace("\"checkpoint\"", &format!("\"timestamps\":{wrong},\"checkpoint\""));
        assert_eq!(Header::parse(text.as_bytes()), Err(Problem::Header), "{wrong}");
    }
}

/// Checks every block that there is, as they stand in the file.
fn checked(header: &Header, lines: &[String]) -> Checked {
    let mut all = Checked::default();
    let starts = (1..lines.len()).filter(|at| lines[*at].as_bytes().starts_with(BLOCK)).collect::<Vec<_>>();
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(lines.len());
        let events = lines[start + 1..end].iter().map(String::as_bytes);
        let head = header.checkpoint.checkpoint().head();
        let block = check(&head, number as u64, *start as u64 + 1, lines[*start].as_bytes(), events);
        all.shown += block.shown;
        all.redacted += block.redacted;
        all.hidden += block.hidden;
        all.faults.extend(block.faults);
    }
    all
}

fn faults(header: &Header, lines: &[String]) -> Vec<String> {
    checked(header, lines).faults.iter().map(ToString::to_string).collect()
}

#[test]
fn exports_of_all_sizes_hold() {
    for size in [1, 2, 3, 255, 256, 257, 258, 511, 512, 513, 700, 1025, 1300] {
        let (header, lines) = export(size);
        assert_eq!(Header::parse(lines[0].as_bytes()).unwrap(), header);
        assert!(Header::is_one(lines[0].as_bytes()) && !Header::is_one(lines[1].as_bytes()));
        let checked = checked(&header, &lines);
        assert!(checked.faults.is_empty(), "{size}: {:?}", checked.faults);
        let hidden = (0..size).filter(|index| index % 7 == 6).count() as u64;
        assert_eq!((checked.hidden, checked.hidden + checked.redacted + checked.shown), (hidden, size));
    }
    assert_eq!(export(0).1.len(), 1);
}

#[test]
fn what_was_done_to_an_event_is_named_with_line_and_position() {
    let (header, lines) = export(600);
    // Line 3 has the event at position 1; line 260 the second block's line.
    let mut changed = lines.clone();
    changed[2] = changed[2].replace("officer", "Officer");
    let found = faults(&header, &changed);
    assert!(
        found.len() == 1 && found[0].starts_with("line 3: event at position 1: it was altered: its leaf")
    );

    let mut changed = lines.clone();
    changed[263] = changed[263].replace("\"datasalt\":\"", "\"datasalt\":\"z");
    let found = faults(&header, &changed);
    assert!(
        found[0].starts_with("line 264: event at position 261: it was altered: no recorded"),
        "{found:?}"
    );

    let mut changed = lines.clone();
    changed.swap(3, 9);
    let found = faults(&header, &changed);
    let moved = |line, position, of| {
        format!("line {line}: event at position {position}: in its place stands the event of position {of}")
    };
    assert_eq!(found, [moved(4, 2, 8), moved(10, 8, 2)]);

    let mut changed = lines.clone();
    changed.remove(4);
    assert_eq!(faults(&header, &changed), ["line 5: event at position 3: it is missing"]);

    let mut changed = lines.clone();
    changed.insert(4, envelope(1000));
    assert_eq!(faults(&header, &changed), ["line 5: this line is not in the log, or not here"]);
    changed.remove(10);
    let found = faults(&header, &changed);
    assert!(found.iter().any(|fault| fault.starts_with("line 5: ")), "{found:?}");

    // Something else in front of what is hidden.
    let mut changed = lines;
    changed[8] = envelope(6);
    assert!(faults(&header, &changed).is_empty());
    changed[8] = envelope(7);
    assert!(faults(&header, &changed)[0].contains("in its place stands the event of position 8"));
}

#[test]
fn a_block_that_is_not_the_log_s_is_named() {
    let (header, lines) = export(600);
    let change = |change: &dyn Fn(&mut Block)| {
        let mut lines = lines.clone();
        let mut block = Block::parse(lines[258].as_bytes()).unwrap();
        change(&mut block);
        lines[258] = block.to_string();
        faults(&header, &lines)
    };
    let one =
        |found: Vec<String>, text: &str| assert!(found.len() == 1 && found[0].contains(text), "{found:?}");
    one(change(&|block| block.tile[3] = leaf_hash(b"another")), "line 259: block 1 is not proved");
    one(change(&|block| block.proof[0] = leaf_hash(b"another")), "block 1 is not proved");
    one(change(&|block| block.proof.truncate(0)), "block 1 is not proved");
    one(change(&|block| block.tile.truncate(255)), "has 255 hashes, and the log has 256 events there");
    one(change(&|block| block.number = 2), "block 2 stands in the place of block 1");
    // A whole export of another log under this checkpoint.
    let (_, other) = export(601);
    let mut mixed = lines.clone();
    mixed[1] = other[1].clone();
    one(faults(&header, &mixed), "line 2: block 0 is not proved");
}

#[test]
fn what_is_no_line_of_a_block_is_refused() {
    let line = Block { number: 3, proof: vec![Hash::EMPTY_ROOT], tile: vec![Hash::EMPTY_ROOT] }.to_string();
    assert_eq!(Block::parse(line.as_bytes()).unwrap().to_string(), line);
    for (old, new) in
        [("block", "blocks"), ("3", "-3"), ("3", "3.5"), ("FU=", "FU"), ("[\"47", "[1,\"47"), ("]", "")]
    {
        assert_eq!(Block::parse(line.replacen(old, new, 1).as_bytes()), Err(Problem::Block), "{old} {new}");
    }
    let (header, _) = export(1);
    let text = header.to_string();
    assert_eq!(
        Header::parse(text.replace("\"version\":1", "\"version\":2").as_bytes()),
        Err(Problem::Header)
    );
    let broken = Header::parse(text.replace("a.example/log\\n1", "a.example/log\\n01").as_bytes());
    assert!(matches!(broken, Err(Problem::Checkpoint(_))), "{broken:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flipped_bit_is_found_in_its_line(at: prop::sample::Index, place: prop::sample::Index, bit in 0..8_u8) {
        let (header, lines) = export(300);
        let at = at.index(lines.len() - 1) + 1;
        let mut bytes = lines[at].clone().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        // What is no UTF-8 is no line here; the program gives bytes.
        let Ok(changed) = String::from_utf8(bytes) else { return Ok(()) };
        let mut all = lines;
        all[at] = changed;
        let found = checked(&header, &all).faults;
        prop_assert!(!found.is_empty(), "{}", all[at]);
    }

    #[test]
    fn reading_is_total(line: Vec<u8>, text in "\\PC{0,40}") {
        for line in [&line[..], text.as_bytes()] {
            let _ = (Header::parse(line), Block::parse(line));
            let head = Head { size: 1, root: Hash::EMPTY_ROOT };
            let _ = check(&head, 0, 1, line, [line]);
        }
    }
}
