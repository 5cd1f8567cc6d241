use proptest::prelude::*;

use super::*;
use crate::encoding;

/// The example of C2SP signed-note, "Verifier keys".
const FOO: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const FOO_NOTE: &str = "This is an example message.\n\n\
    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/// The published keys and notes of the tests of Go's `sumdb/note`.
const PETER_PRIVATE: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n";
const BY_PETER: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const BY_ENOCH: &str = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn key(text: &str) -> Verifier {
    text.parse().unwrap()
}

fn parse(text: &str) -> Result<Note, NoteError> {
    Note::parse(text.as_bytes())
}

fn name(text: &str) -> KeyName {
    KeyName::new(text).unwrap()
}

#[test]
fn the_example_of_the_standard_verifies() {
    let foo = key(FOO);
    assert_eq!(foo.to_string(), FOO);
    let note = parse(FOO_NOTE).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.verify([&foo]), Ok(vec![Verified { key: &foo, seconds: None }]));
    assert_eq!(note.to_string(), FOO_NOTE);
}

#[test]
fn the_published_notes_of_go_are_made_and_verified() {
    let signer: Signer = PETER_PRIVATE.parse().unwrap();
    assert_eq!(signer.to_private_key(), PETER_PRIVATE);
    assert_eq!(signer.verifier().to_string(), PETER);
    let mut note = Note::sign(TEXT, &signer).unwrap();
    assert_eq!(note.to_string(), format!("{TEXT}\n{BY_PETER}"));
    // Go's second key is the one of a seed of zeros.
    let enoch = Signer::from_seed(name("EnochRoot"), &[0; 32]);
    assert_eq!(enoch.verifier().to_string(), ENOCH);
    note.add(&enoch).unwrap();
    let both = format!("{TEXT}\n{BY_PETER}{BY_ENOCH}");
    assert_eq!(note.to_string(), both);
    assert_eq!(parse(&both).unwrap(), note);
    let keys = [key(ENOCH), key(PETER)];
    let verified = note.verify(&keys).unwrap();
    assert_eq!(verified.iter().map(|verified| verified.key).collect::<Vec<_>>(), [&keys[1], &keys[0]]);
}

#[test]
fn unknown_keys_are_ignored_and_a_known_one_that_fails_rejects_the_note() {
    let (peter, enoch) = (key(PETER), key(ENOCH));
    let note = parse(&format!("{TEXT}\n{BY_PETER}{BY_ENOCH}")).unwrap();
    assert_eq!(note.verify([&peter]).unwrap().len(), 1);
    assert_eq!(note.verify([]), Err(VerifyError::Unsigned));
    assert_eq!(note.verify([&key(FOO)]), Err(VerifyError::Unsigned));
    let changed = parse(&format!("{TEXT}So be it.\n\n{BY_PETER}{BY_ENOCH}")).unwrap();
    let invalid = |key: &Verifier| Err(VerifyError::Invalid { name: key.name().clone(), id: key.id() });
    assert_eq!(changed.verify([&peter]), invalid(&peter));
    // One good signature does not make up for a bad one, before or behind it.
    let bad = BY_ENOCH.replace("HPn", "HPm").replace("+QQ=", "+QA=");
    assert_ne!(bad, BY_ENOCH);
    for text in [format!("{TEXT}\n{BY_PETER}{bad}"), format!("{TEXT}\n{bad}{BY_PETER}")] {
        let note = parse(&text).unwrap();
        assert_eq!(note.verify([&peter, &enoch]), invalid(&enoch));
        assert_eq!(note.verify([&peter]).unwrap().len(), 1);
    }
    // A second signature of a key that signed is verified too.
    let note = parse(&format!("{TEXT}\n{BY_ENOCH}{bad}")).unwrap();
    assert_eq!(note.verify([&enoch]), invalid(&enoch));
}

#[test]
fn a_key_of_the_same_name_or_identifier_but_not_both_is_unknown() {
    let other_name = Verifier::new(name("PeterNewman"), Algorithm::Ed25519, key(PETER).public()).unwrap();
    let other_type =
        Verifier::new(name("PeterNeumann"), Algorithm::Cosignature, key(PETER).public()).unwrap();
    let note = parse(&format!("{TEXT}\n{BY_PETER}")).unwrap();
    assert_eq!(note.verify([&other_name, &other_type]), Err(VerifyError::Unsigned));
}

#[test]
fn each_key_counts_once() {
    let enoch = key(ENOCH);
    let note = parse(&format!("{TEXT}\n{BY_ENOCH}{BY_ENOCH}")).unwrap();
    assert_eq!(note.verify([&enoch, &enoch]).unwrap().len(), 1);
}

#[test]
fn text_is_ended_by_the_last_blank_line() {
    for text in ["\n", "\n\n", "a\n\nb\n", "a\n\n", "— a b\n\n— c d\n"] {
        let note = Note::sign(text, &PETER_PRIVATE.parse().unwrap()).unwrap();
        let again = parse(&note.to_string()).unwrap();
        assert_eq!(again.text(), text);
        assert_eq!(again, note);
        again.verify([&key(PETER)]).unwrap();
    }
}

#[test]
fn what_is_no_note_is_refused_with_its_place() {
    let good = format!("{TEXT}\n{BY_PETER}");
    let signature = |line, source| NoteError::Signature { line, source };
    let cases: Vec<(String, NoteError)> = vec![
        (String::new(), NoteError::NotSigned),
        ("\n\n".into(), NoteError::NotSigned),
        (TEXT.into(), NoteError::NotSigned),
        (format!("{TEXT}{BY_PETER}"), NoteError::NotSigned),
        (good.trim_end().into(), NoteError::NotSigned),
        (format!("\n{BY_PETER}"), NoteError::NotSigned),
        (good.replace('\n', "\r\n"), NoteError::Control { offset: 56 }),
        (good.replace("know", "kn\tow"), NoteError::Control { offset: 74 }),
        (good.replace("know", "kn\0ow"), NoteError::Control { offset: 74 }),
        (good.replace('—', "–"), signature(4, SignatureError::Shape)),
        (good.replace("— ", "—"), signature(4, SignatureError::Shape)),
        (good.replace("— PeterNeumann ", "— PeterNeumann"), signature(4, SignatureError::Shape)),
        (
            good.replace("Neumann", "+"),
            signature(4, SignatureError::Name(InvalidName::Character { offset: 5 })),
        ),
        (
            good.replace("Neumann", "\u{a0}"),
            signature(4, SignatureError::Name(InvalidName::Character { offset: 5 })),
        ),
        (good.replace("— PeterNeumann", "— "), signature(4, SignatureError::Name(InvalidName::Empty))),
        (good.replace("AM=", "AM"), signature(4, SignatureError::Base64)),
        (good.replace("AM=", "AN="), signature(4, SignatureError::Base64)),
        (good.replace("AM=", "AM= "), signature(4, SignatureError::Base64)),
        (format!("{good}— x AAAA\n"), signature(5, SignatureError::Length)),
        (format!("{good}— x AAAAAA==\n"), signature(5, SignatureError::Length)),
        (format!("{good}{}", BY_ENOCH.repeat(100)), NoteError::TooManySignatures { line: 104 }),
        (format!("{}{good}", "a".repeat(MAX_SIZE)), NoteError::TooLarge { size: MAX_SIZE + good.len() }),
    ];
    for (text, error) in cases {
        assert_eq!(parse(&text), Err(error), "{text:?}");
    }
    assert_eq!(Note::parse(b"a\n\xff\n"), Err(NoteError::Utf8 { offset: 2 }));
    parse(&format!("{TEXT}\n{}", BY_PETER.repeat(100))).unwrap();
    assert_eq!(Note::sign("a", &PETER_PRIVATE.parse().unwrap()), Err(NoteError::NotEnded));
    let control = Note::sign("a\r\n", &PETER_PRIVATE.parse().unwrap());
    assert_eq!(control, Err(NoteError::Control { offset: 1 }));
}

#[test]
fn signatures_are_attached_once_and_not_without_end() {
    let mut note = parse(&format!("{TEXT}\n{}", BY_PETER.repeat(99))).unwrap();
    note.attach(BY_PETER.trim_end().parse().unwrap()).unwrap();
    note.attach(BY_ENOCH.trim_end().parse().unwrap()).unwrap();
    assert_eq!(note.signatures().len(), 100);
    let one_more = note.add(&Signer::from_seed(name("x"), &[1; 32]));
    assert_eq!(one_more, Err(NoteError::TooManySignatures { line: 104 }));
}

#[test]
fn what_is_no_key_is_refused() {
    let cases = [
        ("", KeyError::Shape),
        ("PeterNeumann", KeyError::Shape),
        ("PeterNeumann+c74f20a3", KeyError::Shape),
        ("+c74f20a3+ARpc", KeyError::Name(InvalidName::Empty)),
        ("a b+c74f20a3+ARpc", KeyError::Name(InvalidName::Character { offset: 1 })),
        ("PeterNeumann+c74f20a3+", KeyError::Length),
        ("PeterNeumann+c74f20a3+ARpc", KeyError::Length),
        ("PeterNeumann+c74f20a3+AR", KeyError::Base64),
        ("PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", KeyError::Algorithm(2)),
        (PETER, KeyError::Shape),
    ];
    for (text, error) in &cases[..cases.len() - 1] {
        assert_eq!(text.parse::<Verifier>().as_ref(), Err(error), "{text:?}");
    }
    for id in ["c74f20a4", "C74F20A3", "c74f20a", "0c74f20a3", ""] {
        assert_eq!(PETER.replace("c74f20a3", id).parse::<Verifier>(), Err(KeyError::Id));
        assert_eq!(PETER_PRIVATE.replace("c74f20a3", id).parse::<Signer>().unwrap_err(), KeyError::Id);
    }
    assert_eq!(PETER.parse::<Signer>().unwrap_err(), KeyError::NotPrivate);
    assert!(PETER_PRIVATE.parse::<Verifier>().is_err());
    // Under the point of order one, any signature of zeros verifies.
    let mut weak = [0; 32];
    weak[0] = 1;
    assert_eq!(Verifier::new(name("a"), Algorithm::Ed25519, &weak), Err(KeyError::PublicKey));
    // Not on the curve.
    weak[0] = 2;
    assert_eq!(Verifier::new(name("a"), Algorithm::Ed25519, &weak), Err(KeyError::PublicKey));
}

#[test]
fn no_private_key_is_shown_by_accident() {
    let signer: Signer = PETER_PRIVATE.parse().unwrap();
    let seed = PETER_PRIVATE.rsplit('+').next().unwrap();
    assert!(!format!("{signer:?}").contains(&seed[..8]));
    let wrong = PETER_PRIVATE.replace("c74f20a3", "c74f20a4").parse::<Signer>().unwrap_err();
    assert!(!format!("{wrong:?} {wrong}").contains(&seed[..8]));
}

fn any_name() -> impl Strategy<Value = KeyName> {
    "[^\\s+\\x00-\\x1f]{1,12}".prop_filter_map("a name", |name| KeyName::new(name).ok())
}

fn any_text() -> impl Strategy<Value = String> {
    "([^\\x00-\\x1f]{0,9}\n){1,6}"
}

proptest! {
    #[test]
    fn a_note_is_what_is_read_of_it(text in any_text(), name in any_name(), seed: [u8; 32], other: [u8; 32]) {
        let signer = Signer::from_seed(name.clone(), &seed);
        let mut note = Note::sign(text.as_str(), &signer).unwrap();
        note.add(&Signer::from_seed(name, &other)).unwrap();
        let again = parse(&note.to_string()).unwrap();
        prop_assert_eq!(&again, &note);
        prop_assert_eq!(again.verify([signer.verifier()]).unwrap().len(), 1);
    }

    #[test]
    fn keys_are_what_is_read_of_them(name in any_name(), seed: [u8; 32]) {
        let signer = Signer::from_seed(name, &seed);
        let again: Signer = signer.to_private_key().parse().unwrap();
        prop_assert_eq!(again.to_private_key(), signer.to_private_key());
        prop_assert_eq!(&signer.verifier().to_string().parse::<Verifier>().unwrap(), signer.verifier());
    }

    #[test]
    fn no_note_holds_with_a_bit_flipped(bit in 0..8_u32, place: prop::sample::Index) {
        let mut bytes = FOO_NOTE.as_bytes().to_vec();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let holds = Note::parse(&bytes).is_ok_and(|note| note.verify([&key(FOO)]).is_ok());
        prop_assert!(!holds);
    }

    #[test]
    fn what_was_read_is_written_as_it_was(bytes: Vec<u8>, place: prop::sample::Index, with: Vec<u8>) {
        prop_assert!(Note::parse(&bytes).is_err());
        let mut note = format!("{TEXT}\n{BY_PETER}{BY_ENOCH}").into_bytes();
        let place = place.index(note.len());
        note.splice(place..(place + with.len() / 2).min(note.len()), with);
        if let Ok(read) = Note::parse(&note) {
            prop_assert_eq!(read.to_string().into_bytes(), note);
        }
    }

    #[test]
    fn reading_keys_is_total(text in ".{0,80}", bytes: Vec<u8>) {
        let key = format!("a+00000000+{}", encoding::base64(&bytes));
        for text in [text, key] {
            let _ = text.parse::<Signature>();
            if let Ok(key) = text.parse::<Verifier>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }
}
