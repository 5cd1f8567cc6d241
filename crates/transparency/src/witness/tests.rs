use proptest::prelude::*;

use super::*;
use crate::checkpoint::{Checkpoint, Cosigner, Signed, Trust};
use crate::note::{KeyName, Signer};
use crate::tree::{self, Frontier, Head, Node};
use crate::{Hash, leaf_hash};

/// The examples of C2SP tlog-witness.
const REQUEST: &str = "old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
";
const RESPONSE: &str = "— witness.example/w1 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==
— witness.example/w1 I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==
— witness.example/w2 AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==
";

fn signer(origin: &str, seed: u8) -> Signer {
    Signer::from_seed(KeyName::new(origin).unwrap(), &[seed; 32])
}

/// A log with some leaves.
struct Log(std::collections::BTreeMap<Node, Hash>);

impl Log {
    fn of(size: u64, salt: u8) -> Self {
        let mut frontier = Frontier::default();
        Self(
            (0..size)
                .flat_map(|index| {
                    frontier.append(leaf_hash(&[&[salt], &index.to_be_bytes()[..]].concat())).unwrap()
                })
                .collect(),
        )
    }

    fn head(&self, size: u64) -> Head {
        Head { size, root: tree::root(&self.reader(), size).unwrap() }
    }

    fn reader(&self) -> impl Fn(Node) -> Result<Hash, Node> + '_ {
        |node| self.0.get(&node).copied().ok_or(node)
    }

    fn request(&self, old: u64, new: u64) -> AddCheckpoint {
        let checkpoint = Checkpoint::new("a.example/log", self.head(new)).unwrap();
        let checkpoint = Signed::sign(checkpoint, &signer("a.example/log", 1));
        AddCheckpoint { old, proof: tree::consistency_proof(&self.reader(), old, new).unwrap(), checkpoint }
    }
}

#[test]
fn the_examples_of_the_standard_are_read_and_written() {
    let request = AddCheckpoint::parse(REQUEST.as_bytes()).unwrap();
    assert_eq!((request.old, request.proof.len()), (20_852_014, 4));
    assert_eq!(request.checkpoint.checkpoint().head().size, 20_852_163);
    assert_eq!(request.to_string(), REQUEST);
    let answer = Answer::parse(200, RESPONSE.as_bytes()).unwrap();
    assert_eq!(answer.body(), RESPONSE);
    let Answer::Cosigned(signatures) = answer else { panic!("{answer:?}") };
    assert_eq!(signatures.len(), 3);
    assert_eq!(signatures[2].name().as_str(), "witness.example/w2");
    // SHA-256 of the origin, by sha256sum.
    let path = "5fd2dc0beb4ce54da5050cf6d5c75248b023abad441c3cecde3976fbe9da4fe4/checkpoint";
    assert_eq!(checkpoint_path("example.com/behind-the-sofa"), path);
}

#[test]
fn what_is_no_request_is_refused_with_its_line() {
    let hash = "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n";
    let (head, tail) = REQUEST.split_once("\n\n").unwrap();
    let with = |hashes: usize| format!("old 5\n{}\n{tail}", hash.repeat(hashes));
    let cases = [
        (String::new(), RequestError::Old),
        (REQUEST.replace("old ", "old"), RequestError::Old),
        (REQUEST.replace("old 2", "old 02"), RequestError::Old),
        (REQUEST.replace("old 2", "Old 2"), RequestError::Old),
        (REQUEST.replace("old 20852014\n", "old 20852014 \n"), RequestError::Old),
        (REQUEST.replace("=\n5+p", "\n5+p"), RequestError::Hash { line: 3 }),
        (head.into(), RequestError::Hash { line: 5 }),
        (format!("{head}\n"), RequestError::Hash { line: 6 }),
        (with(64), RequestError::Hash { line: 65 }),
    ];
    for (body, error) in cases {
        assert_eq!(AddCheckpoint::parse(body.as_bytes()), Err(error), "{body:?}");
    }
    assert_eq!(AddCheckpoint::parse(with(63).as_bytes()).unwrap().proof.len(), 63);
    let unsigned = format!("{head}\n\n");
    assert!(matches!(AddCheckpoint::parse(unsigned.as_bytes()), Err(RequestError::Checkpoint(_))));
}

#[test]
fn every_answer_is_what_is_read_of_it() {
    let signatures = vec![RESPONSE.lines().next().unwrap().parse().unwrap()];
    let answers = [
        (200, Answer::Cosigned(signatures)),
        (400, Answer::Malformed),
        (403, Answer::NotByLog),
        (404, Answer::UnknownLog),
        (409, Answer::Conflict { size: 20_852_163 }),
        (422, Answer::Inconsistent),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status(), status);
        assert_eq!(Answer::parse(status, answer.body().as_bytes()), Ok(answer));
    }
    let conflict = Answer::Conflict { size: 0 };
    assert_eq!((conflict.body().as_str(), conflict.content_type()), ("0\n", "text/x.tlog.size"));
}

#[test]
fn what_is_no_answer_is_refused() {
    let cases = [
        (500, "", InvalidAnswer::Status(500)),
        (200, "", InvalidAnswer::Signature { line: 1 }),
        (200, "\n", InvalidAnswer::Signature { line: 1 }),
        (200, RESPONSE.trim_end(), InvalidAnswer::Signature { line: 1 }),
        (200, &format!("{RESPONSE}\n"), InvalidAnswer::Signature { line: 4 }),
        (409, "12", InvalidAnswer::Size),
        (409, "012\n", InvalidAnswer::Size),
        (409, "", InvalidAnswer::Size),
    ];
    for (status, body, error) in cases {
        assert_eq!(Answer::parse(status, body.as_bytes()), Err(error), "{status} {body:?}");
    }
}

#[test]
fn a_witness_follows_a_log_and_nothing_else() {
    let (log, forked) = (Log::of(20, 0), Log::of(20, 1));
    let trust = Trust::in_log(signer("a.example/log", 1).verifier().clone());
    let decide = |request: &AddCheckpoint, latest: &Head| examine(request, Some(&trust), latest);
    let mut latest = Head::EMPTY;
    for size in [0, 0, 1, 7, 7, 8, 20] {
        latest = decide(&log.request(latest.size, size), &latest).unwrap();
        assert_eq!(latest, log.head(size));
    }
    let latest = log.head(7);
    let conflict = Err(Answer::Conflict { size: 7 });
    assert_eq!(decide(&log.request(0, 20), &latest), conflict);
    assert_eq!(decide(&log.request(8, 20), &latest), conflict);
    assert_eq!(decide(&log.request(3, 5), &latest), conflict);
    assert_eq!(decide(&forked.request(7, 20), &latest), Err(Answer::Inconsistent));
    assert_eq!(decide(&forked.request(7, 7), &latest), Err(Answer::Inconsistent));
    let mut backwards = log.request(0, 5);
    backwards.old = 7;
    assert_eq!(decide(&backwards, &latest), Err(Answer::Malformed));
    let mut no_proof = log.request(7, 20);
    no_proof.proof.clear();
    assert_eq!(decide(&no_proof, &latest), Err(Answer::Inconsistent));
    for old in [0, 7] {
        let mut needless = log.request(old, 7);
        needless.proof.push(leaf_hash(b""));
        assert_eq!(decide(&needless, &log.head(old)), Err(Answer::Inconsistent));
    }
    let empty = Checkpoint::new("a.example/log", Head { size: 0, root: leaf_hash(b"") }).unwrap();
    let checkpoint = Signed::sign(empty, &signer("a.example/log", 1));
    let request = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint };
    assert_eq!(decide(&request, &Head::EMPTY), Err(Answer::Inconsistent));
}

#[test]
fn a_witness_asks_for_the_logs_signature_first() {
    let log = Log::of(20, 0);
    let request = log.request(7, 20);
    assert_eq!(examine(&request, None, &log.head(7)), Err(Answer::UnknownLog));
    let other = Trust::in_log(signer("b.example/log", 1).verifier().clone());
    assert_eq!(examine(&request, Some(&other), &log.head(7)), Err(Answer::UnknownLog));
    let other_key = Trust::in_log(signer("a.example/log", 2).verifier().clone());
    // Said before the wrong size is.
    assert_eq!(examine(&request, Some(&other_key), &log.head(8)), Err(Answer::NotByLog));
    let trust = Trust::in_log(signer("a.example/log", 1).verifier().clone());
    let text = request.to_string().replace("\n20\n", "\n19\n");
    let changed = AddCheckpoint::parse(text.as_bytes()).unwrap();
    assert_eq!(examine(&changed, Some(&trust), &log.head(7)), Err(Answer::NotByLog));
}

#[test]
fn a_log_takes_a_witness_up_on_its_answer() {
    let log = Log::of(20, 0);
    let witness = Cosigner::from_seed(KeyName::new("w.example").unwrap(), &[3; 32]);
    let request = AddCheckpoint::parse(log.request(0, 20).to_string().as_bytes()).unwrap();
    let cosignature = witness.cosign(request.checkpoint.checkpoint(), 1_700_000_000).unwrap();
    let answer = Answer::Cosigned(vec![cosignature]);
    let Ok(Answer::Cosigned(signatures)) = Answer::parse(200, answer.body().as_bytes()) else { panic!() };
    let mut checkpoint = request.checkpoint;
    for signature in signatures {
        checkpoint.attach(signature).unwrap();
    }
    let trust = Trust::in_log(signer("a.example/log", 1).verifier().clone());
    let trust = trust.witnessed_by(vec![witness.verifier().clone()], 1);
    assert_eq!(checkpoint.open(&trust).unwrap().witnesses[0].seconds, Some(1_700_000_000));
}

proptest! {
    #[test]
    fn what_was_read_is_written_as_it_was(place: prop::sample::Index, with: Vec<u8>, bytes: Vec<u8>, status: u16) {
        let mut body = REQUEST.as_bytes().to_vec();
        let place = place.index(body.len());
        body.splice(place..(place + with.len() / 2).min(body.len()), with);
        if let Ok(request) = AddCheckpoint::parse(&body) {
            prop_assert_eq!(request.to_string().into_bytes(), body);
        }
        prop_assert!(AddCheckpoint::parse(&bytes).is_err());
        for status in [200, 409, status] {
            let _ = Answer::parse(status, &bytes);
        }
    }
}
