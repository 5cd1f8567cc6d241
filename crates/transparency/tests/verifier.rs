//! Ours against `verify.py`, which was written from the standards alone: it must take what we make, and
//! nothing that was changed. Needs `python3`. Where there is none these tests fail and say so, unless
//! `WITHOUT_PYTHON` is set.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic, in its helpers too")]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use transparency::checkpoint::{Checkpoint, Cosigner, Signed};
use transparency::leaf::leaf;
use transparency::note::{KeyName, Note, Signer};
use transparency::proof::Proof;
use transparency::tiles::write_bundle;
use transparency::tree::{self, Frontier, Head, Node};
use transparency::{Hash, canonical::canonical, leaf_hash};

const HOLDS: i32 = 0;
const DOES_NOT_HOLD: i32 = 1;
const UNREADABLE: i32 = 2;

/// The verifier, and files to give it.
struct Verifier {
    folder: TempDir,
}

impl Verifier {
    /// `None` where there is no Python and it was said that this is fine.
    #[expect(clippy::print_stderr, reason = "what was not checked is said")]
    fn find() -> Option<Self> {
        let found =
            Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
        if !found {
            let allowed = std::env::var_os("WITHOUT_PYTHON").is_some();
            assert!(allowed, "NOT CHECKED: python3 is not here; set WITHOUT_PYTHON to do without");
            eprintln!("NOT CHECKED against a second implementation: python3 is not here");
            return None;
        }
        Some(Self { folder: TempDir::new().unwrap() })
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Its exit code and what it says to standard output.
    fn run<A: AsRef<str>>(&self, arguments: impl IntoIterator<Item = A>) -> (i32, String) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify/verify.py");
        let arguments = arguments.into_iter().map(|argument| argument.as_ref().to_owned());
        let output = Command::new("python3").arg("-B").arg(script).args(arguments).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    fn code<A: AsRef<str>>(&self, arguments: impl IntoIterator<Item = A>) -> i32 {
        self.run(arguments).0
    }
}

fn name(text: &str) -> KeyName {
    KeyName::new(text).unwrap()
}

fn signer() -> Signer {
    Signer::from_seed(name("a.example/log"), &[1; 32])
}

fn cosigner(number: u8) -> Cosigner {
    Cosigner::from_seed(name(&format!("w{number}.example")), &[number; 32])
}

/// A log of these leaves: its nodes and its checkpoint, cosigned by the witnesses 2 and 3.
fn log(leaves: &[Vec<u8>]) -> (std::collections::BTreeMap<Node, Hash>, Signed) {
    let mut frontier = Frontier::default();
    let nodes = leaves.iter().flat_map(|leaf| frontier.append(leaf_hash(leaf)).unwrap()).collect();
    let mut signed = Signed::sign(Checkpoint::new("a.example/log", frontier.head()).unwrap(), &signer());
    for number in [2, 3] {
        let cosignature = cosigner(number).cosign(signed.checkpoint(), 1_700_000_000).unwrap();
        signed.attach(cosignature).unwrap();
    }
    (nodes, signed)
}

fn trust(witnesses: &[u8], quorum: usize) -> Vec<String> {
    let mut arguments = vec!["--key".to_owned(), signer().verifier().to_string()];
    for number in witnesses {
        arguments.extend(["--witness".into(), cosigner(*number).verifier().to_string()]);
    }
    arguments.extend(["--quorum".into(), quorum.to_string()]);
    arguments
}

fn event(number: usize) -> String {
    let data = r#"{"n":[1.0,1e21,-0.5,0.1],"b":"\ud83d\ude02","a":{}}"#;
    let salts = format!(r#""datasalt":"{number:032x}","proposalhash":"{:032x}""#, number + 7);
    format!(r#"{{"specversion":"1.0","id":"{number}","title":"Gespräch \u20ac",{salts},"data":{data}}}"#)
}

#[test]
fn notes_are_taken_and_changed_ones_are_not() {
    let Some(verifier) = Verifier::find() else { return };
    let key = signer().verifier().to_string();
    let note = Note::sign("what — is said\n\nhere\n", &signer()).unwrap();
    let (code, text) = verifier.run(["note", &verifier.file("note", note.to_string()), "--key", &key]);
    assert_eq!((code, text.as_str()), (HOLDS, note.text()));
    let changed = verifier.file("note", note.to_string().replace("here", "hers"));
    assert_eq!(verifier.code(["note", &changed, "--key", &key]), DOES_NOT_HOLD);
    let unended = verifier.file("note", note.to_string().trim_end());
    assert_eq!(verifier.code(["note", &unended, "--key", &key]), UNREADABLE);
}

#[test]
fn checkpoints_are_taken_with_enough_witnesses() {
    let Some(verifier) = Verifier::find() else { return };
    let (_, signed) = log(&[b"leaf".to_vec()]);
    let head = signed.checkpoint().head();
    let ask = |text: String, trust: Vec<String>| {
        let file = verifier.file("checkpoint", text);
        verifier.run(["checkpoint".to_owned(), file].into_iter().chain(trust))
    };
    let expected = format!("{} {}\n", head.size, head.root);
    assert_eq!(ask(signed.to_string(), trust(&[], 0)), (HOLDS, expected.clone()));
    assert_eq!(ask(signed.to_string(), trust(&[2, 3, 4], 2)), (HOLDS, expected));
    assert_eq!(ask(signed.to_string(), trust(&[2, 3, 4], 3)).0, DOES_NOT_HOLD);
    // One of the witnesses' times is changed, in the first bytes behind the key's identifier.
    let changed = signed.to_string().replace("AAAABlU/EA", "AAAABlU/EB");
    assert_ne!(changed, signed.to_string());
    assert_eq!(ask(changed.clone(), trust(&[2, 3], 0)).0, DOES_NOT_HOLD);
    assert_eq!(ask(changed, trust(&[], 0)).0, HOLDS);
}

#[test]
fn proofs_of_many_shapes_are_taken_and_those_of_other_leaves_are_not() {
    let Some(verifier) = Verifier::find() else { return };
    let leaves = (0..300).map(|number| format!("leaf {number}").into_bytes()).collect::<Vec<_>>();
    for (index, size) in
        [(0, 1), (0, 2), (2, 3), (6, 7), (3, 8), (255, 256), (256, 257), (100, 300), (299, 300)]
    {
        let (nodes, checkpoint) = log(&leaves[..size]);
        let read = |node: Node| nodes.get(&node).copied().ok_or(node);
        let size = u64::try_from(size).unwrap();
        let hashes = tree::inclusion_proof(&read, index, size).unwrap();
        let proof = Proof { extra: Some(b"x".to_vec()), index, hashes, checkpoint };
        let file = verifier.file("proof", proof.to_string());
        let right = verifier.file("right", format!("leaf {index}"));
        let wrong = verifier.file("wrong", format!("leaf {}", index + 1));
        let ask = |leaf: &str| {
            let arguments = ["proof", &file, "--leaf", leaf].map(str::to_owned);
            verifier.code(arguments.into_iter().chain(trust(&[2, 3], 2)))
        };
        assert_eq!((ask(&right), ask(&wrong)), (HOLDS, DOES_NOT_HOLD), "{index} of {size}");
    }
}

#[test]
fn consistency_of_many_shapes_is_taken_and_of_other_trees_is_not() {
    let Some(verifier) = Verifier::find() else { return };
    let leaves = (0..300).map(|number| format!("leaf {number}").into_bytes()).collect::<Vec<_>>();
    let (nodes, _) = log(&leaves);
    let read = |node: Node| nodes.get(&node).copied().ok_or(node);
    let head = |size| Head { size, root: tree::root(&read, size).unwrap() };
    for (old, new) in [(0, 5), (1, 2), (3, 7), (4, 7), (6, 8), (7, 7), (255, 256), (256, 300), (299, 300)] {
        let proof = tree::consistency_proof(&read, old, new).unwrap();
        let ask = |old: Head, new: Head| {
            let mut arguments = vec!["consistency".to_owned()];
            for (option, value) in [
                ("--old", old.size.to_string()),
                ("--old-root", old.root.to_string()),
                ("--new", new.size.to_string()),
                ("--new-root", new.root.to_string()),
            ] {
                arguments.extend([option.to_owned(), value]);
            }
            arguments.push("--".into());
            arguments.extend(proof.iter().map(ToString::to_string));
            verifier.code(arguments)
        };
        assert_eq!(ask(head(old), head(new)), HOLDS, "{old} {new}");
        let forged = Head { root: leaf_hash(b"forged"), ..head(old) };
        assert_eq!(ask(forged, head(new)), DOES_NOT_HOLD, "{old} {new}");
    }
}

#[test]
fn leaves_of_events_are_the_same() {
    let Some(verifier) = Verifier::find() else { return };
    let event = event(5);
    let file = verifier.file("event", &event);
    let (code, made) = verifier.run(["leaf", &file]);
    assert_eq!((code, made.as_bytes()), (HOLDS, &leaf(event.as_bytes()).unwrap()[..]));
    let (code, made) = verifier.run(["canonical", &file]);
    assert_eq!((code, made), (HOLDS, canonical(event.as_bytes()).unwrap()));
    for wrong in [r#"{"a":1,"a":1}"#, r#"["\ud800"]"#, "[NaN]", "[1e999]", "[9007199254740993]", "[1,]"] {
        assert_eq!(verifier.code(["canonical", &verifier.file("wrong", wrong)]), UNREADABLE, "{wrong}");
        assert!(canonical(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn a_whole_log_is_taken_by_its_bundles_and_by_its_events() {
    let Some(verifier) = Verifier::find() else { return };
    let events = (0..300).map(event).collect::<Vec<_>>();
    let leaves = events.iter().map(|event| leaf(event.as_bytes()).unwrap()).collect::<Vec<_>>();
    let (_, checkpoint) = log(&leaves);
    let checkpoint = verifier.file("checkpoint", checkpoint.to_string());
    let ask = |command: &str, files: &[String]| {
        let arguments = [command.to_owned(), checkpoint.clone()].into_iter();
        verifier.code(arguments.chain(files.iter().cloned()).chain(trust(&[2], 1)))
    };
    let bundles: Vec<_> = leaves.chunks(256).map(|leaves| write_bundle(leaves).unwrap()).collect();
    let files = [verifier.file("000", &bundles[0]), verifier.file("001", &bundles[1])];
    assert_eq!(ask("entries", &files), HOLDS);
    assert_eq!(ask("entries", &files[..1]), DOES_NOT_HOLD);
    let mut changed = bundles[0].clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(ask("entries", &[verifier.file("changed", &changed), files[1].clone()]), DOES_NOT_HOLD);
    let export = events.join("\n");
    assert_eq!(ask("events", &[verifier.file("events", &export)]), HOLDS);
    // One digit of one number in the data of one event.
    let changed = export.replacen(":[1.0,", ":[1.1,", 1);
    assert_eq!(ask("events", &[verifier.file("events", changed)]), DOES_NOT_HOLD);
}
