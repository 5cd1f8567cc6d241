use proptest::prelude::*;

use super::*;
use crate::Hash;
use crate::note::{KeyError, KeyName, Note, NoteError, Signature, Signer, VerifyError};

/// The example of C2SP tlog-cosignature.
const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

fn name(text: &str) -> KeyName {
    KeyName::new(text).unwrap()
}

fn log() -> Signer {
    Signer::from_seed(name("agency.example/log"), &[1; 32])
}

fn witness(number: u8) -> Cosigner {
    Cosigner::from_seed(name(&format!("witness.example/{number}")), &[number; 32])
}

fn head(size: u64) -> Head {
    Head { size, root: crate::leaf_hash(b"root") }
}

fn signed() -> Signed {
    Signed::sign(Checkpoint::new("agency.example/log", head(7)).unwrap(), &log())
}

#[test]
fn the_example_of_the_standard_is_read_and_written() {
    let signed = Signed::parse(EXAMPLE.as_bytes()).unwrap();
    let checkpoint = signed.checkpoint();
    assert_eq!(checkpoint.origin(), "example.com/behind-the-sofa");
    assert_eq!(checkpoint.head().size, 20_852_163);
    assert_eq!(checkpoint.head().root.to_string(), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
    assert_eq!(signed.to_string(), EXAMPLE);
    // What the example's witness signed states the time of the standard's other example.
    let (time, signature) = signed.note().signatures()[1].bytes().split_first_chunk().unwrap();
    assert_eq!((u64::from_be_bytes(*time), signature.len()), (1_679_315_147, 64));
    let message = crate::note::cosigned(1_679_315_147, &checkpoint.to_string()).unwrap();
    let expected = "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    assert_eq!(message, expected);
}

#[test]
fn what_is_no_checkpoint_is_refused_with_its_line() {
    let good = Checkpoint::new("a", head(7)).unwrap().to_string();
    let cases = [
        (String::new(), CheckpointError::NotEnded),
        (good.trim_end().into(), CheckpointError::NotEnded),
        ("\n".into(), CheckpointError::Origin),
        (good.replace("a\n7", "\n7"), CheckpointError::Origin),
        ("a\n".into(), CheckpointError::Size),
        (good.replace("\n7\n", "\n07\n"), CheckpointError::Size),
        (good.replace("\n7\n", "\n-7\n"), CheckpointError::Size),
        (good.replace("\n7\n", "\n18446744073709551616\n"), CheckpointError::Size),
        ("a\n7\n".into(), CheckpointError::Root),
        (good.replace('=', ""), CheckpointError::Root),
        ("a\n7\nAAAA\n".into(), CheckpointError::Root),
        (format!("{good}\n"), CheckpointError::Extension { line: 4 }),
        (format!("{good}b\n\nc\n"), CheckpointError::Extension { line: 5 }),
        (format!("{good}b\rc\n"), CheckpointError::Extension { line: 4 }),
    ];
    for (text, error) in cases {
        assert_eq!(text.parse::<Checkpoint>(), Err(error), "{text:?}");
    }
    assert_eq!(Checkpoint::new("", head(7)), Err(CheckpointError::Origin));
    assert_eq!(Checkpoint::new("a\nb", head(7)), Err(CheckpointError::Origin));
    let with_more: Checkpoint = format!("{good}b\nc d\n").parse().unwrap();
    assert_eq!(with_more.extensions(), ["b", "c d"]);
    let largest: Checkpoint = good.replace("\n7\n", "\n18446744073709551615\n").parse().unwrap();
    assert_eq!(largest.head().size, u64::MAX);
}

#[test]
fn a_checkpoint_is_opened_by_whom_trusts_its_log_and_witnesses() {
    let mut signed = signed();
    let keys = [1, 2, 3].map(|number| witness(number).verifier().clone());
    let trust = Trust::in_log(log().verifier().clone());
    assert_eq!(signed.open(&trust).unwrap().log.len(), 1);
    let two_of_three = trust.clone().witnessed_by(keys.to_vec(), 2);
    assert_eq!(signed.open(&two_of_three), Err(TrustError::Quorum { found: 0, needed: 2 }));
    for (number, seconds) in [(1, 1_700_000_000), (1, 1_700_000_001), (3, 1_700_000_002)] {
        let cosignature = witness(number).cosign(signed.checkpoint(), seconds).unwrap();
        signed.attach(cosignature).unwrap();
        let opened = signed.open(&two_of_three);
        assert_eq!(opened.is_ok(), number == 3, "a witness that signed twice counts once");
    }
    let opened = signed.open(&two_of_three).unwrap();
    let times = opened.witnesses.iter().map(|witness| (witness.key, witness.seconds)).collect::<Vec<_>>();
    assert_eq!(times, [(&keys[0], Some(1_700_000_000)), (&keys[2], Some(1_700_000_002))]);
    let other = Trust { origin: "agency.example/other".into(), ..trust.clone() };
    assert_eq!(signed.open(&other), Err(TrustError::Origin { found: "agency.example/log".into() }));
    let other_key = Trust { log: vec![keys[0].clone()], ..trust };
    assert!(signed.open(&other_key).is_ok(), "any key of the log will do");
    let other_key = Trust { log: vec![witness(9).verifier().clone()], ..other_key };
    assert_eq!(signed.open(&other_key), Err(TrustError::NotByLog));
}

#[test]
fn a_note_key_is_no_witness() {
    let mut signed = signed();
    let neighbour = Signer::from_seed(name("witness.example/0"), &[9; 32]);
    signed.add(&neighbour).unwrap();
    let trust = Trust::in_log(log().verifier().clone()).witnessed_by(vec![neighbour.verifier().clone()], 1);
    assert_eq!(signed.open(&trust), Err(TrustError::Quorum { found: 0, needed: 1 }));
}

#[test]
fn a_witness_of_two_names_counts_once() {
    let mut signed = signed();
    let twins = ["one.example", "two.example"].map(|twin| Cosigner::from_seed(name(twin), &[5; 32]));
    for twin in &twins {
        signed.attach(twin.cosign(signed.checkpoint(), 1).unwrap()).unwrap();
    }
    let keys = twins.map(|twin| twin.verifier().clone()).to_vec();
    let trust = Trust::in_log(log().verifier().clone()).witnessed_by(keys, 2);
    assert_eq!(signed.open(&trust), Err(TrustError::Quorum { found: 1, needed: 2 }));
}

#[test]
fn a_cosignature_holds_for_its_time_and_checkpoint_alone() {
    let (signed, witness) = (signed(), witness(1));
    let trust = Trust::in_log(log().verifier().clone()).witnessed_by(vec![witness.verifier().clone()], 1);
    let invalid = TrustError::Signature(VerifyError::Invalid {
        name: witness.verifier().name().clone(),
        id: witness.verifier().id(),
    });
    let cosignature = witness.cosign(signed.checkpoint(), 1_700_000_000).unwrap();
    let mut good = signed.clone();
    good.attach(cosignature.clone()).unwrap();
    good.open(&trust).unwrap();
    for bit in 0..cosignature.bytes().len() * 8 {
        let mut bytes = cosignature.bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut spoiled = signed.clone();
        spoiled.attach(Signature::by(witness.verifier(), bytes)).unwrap();
        assert_eq!(spoiled.open(&trust).as_ref(), Err(&invalid), "bit {bit}");
    }
    for length in [0, 8, 71, 73] {
        let mut spoiled = signed.clone();
        spoiled.attach(Signature::by(witness.verifier(), vec![0; length])).unwrap();
        assert_eq!(spoiled.open(&trust).as_ref(), Err(&invalid), "{length} bytes");
    }
    let other = Checkpoint::new("agency.example/log", head(8)).unwrap();
    let mut moved = Signed::sign(other, &log());
    moved.attach(cosignature).unwrap();
    assert_eq!(moved.open(&trust), Err(invalid));
    for seconds in [0, 1 << 63, u64::MAX] {
        assert_eq!(witness.cosign(signed.checkpoint(), seconds), Err(InvalidTime { seconds }));
    }
}

#[test]
fn cosigning_keys_are_what_is_read_of_them_and_sign_no_notes() {
    let witness = witness(1);
    let text = witness.to_private_key();
    assert_eq!(text.parse::<Cosigner>().unwrap().to_private_key(), text);
    assert_eq!(text.parse::<Signer>().unwrap_err(), KeyError::Purpose(4));
    assert_eq!(log().to_private_key().parse::<Cosigner>().unwrap_err(), KeyError::Purpose(1));
    assert!(!format!("{witness:?}").contains("PRIVATE"));
}

#[test]
fn a_note_that_is_no_checkpoint_is_refused() {
    let note = Note::sign("hello\n", &log()).unwrap().to_string();
    assert_eq!(Signed::parse(note.as_bytes()), Err(CheckpointError::Size.into()));
    assert_eq!(Signed::parse(b"hello\n"), Err(NoteError::NotSigned.into()));
}

proptest! {
    #[test]
    fn a_checkpoint_is_what_is_read_of_it(
        origin in "[^\\x00-\\x1f]{1,20}", size: u64, root: [u8; 32],
        extensions in prop::collection::vec("[^\\x00-\\x1f]{1,20}", 0..3),
    ) {
        let mut checkpoint = Checkpoint::new(origin, Head { size, root: Hash::new(root) }).unwrap();
        checkpoint.extensions = extensions;
        let text = checkpoint.to_string();
        prop_assert_eq!(text.parse(), Ok(checkpoint.clone()));
        let signed = Signed::sign(checkpoint, &log());
        prop_assert_eq!(Signed::parse(signed.to_string().as_bytes()), Ok(signed));
    }

    #[test]
    fn what_was_read_is_written_as_it_was(place: prop::sample::Index, with in ".{0,4}") {
        let mut text = EXAMPLE.to_owned();
        let places = text.char_indices().map(|(place, _)| place).collect::<Vec<_>>();
        text.insert_str(*place.get(&places), &with);
        if let Ok(read) = Signed::parse(text.as_bytes()) {
            prop_assert_eq!(read.to_string(), text);
        }
    }
}
