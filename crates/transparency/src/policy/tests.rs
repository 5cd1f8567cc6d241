use super::*;
use crate::checkpoint::Cosigner;
use crate::note::Signer;

fn log(seed: u8) -> Verifier {
    Signer::from_seed(KeyName::new("a.example/log").unwrap(), &[seed; 32]).verifier().clone()
}

fn witness(seed: u8) -> Verifier {
    let name = KeyName::new(format!("w{seed}.example")).unwrap();
    Cosigner::from_seed(name, &[seed; 32]).verifier().clone()
}

fn read(text: &str) -> Result<Policy, PolicyError> {
    text.parse()
}

#[test]
fn a_policy_names_logs_witnesses_and_how_many_must_have_cosigned() {
    let (old, new, [a, b, c]) = (log(1), log(2), [3, 4, 5].map(witness));
    let text = format!(
        "# of the ministry\n\nlog {old} https://a.example/\n\tlog {new}\nwitness a {a} http://a\nwitness b {b}\n\
         witness c  {c}\t\n  # two of them\ngroup two 2 a c\ngroup \u{212a} any b\nquorum two\n"
    );
    let policy = read(&text).unwrap();
    assert_eq!(policy.witnesses.len(), 3);
    assert_eq!(policy.witnesses[0].url.as_deref(), Some("http://a"));
    assert_eq!(policy.counted_keys().collect::<Vec<_>>(), [&a, &c]);
    let trust = policy.trust("a.example/log").unwrap();
    assert_eq!((trust.log, trust.witnesses, trust.quorum), (vec![old, new], vec![a, c], 2));
    assert_eq!(policy.trust("b.example/log"), None);

    let [w, x] = [6, 7].map(witness);
    for (last, counted, required) in [
        ("quorum none", 2, 0),
        ("quorum w", 1, 1),
        ("group all-of-them all w x\nquorum all-of-them", 2, 2),
        ("group one any w x\nquorum one", 2, 1),
    ] {
        let policy = read(&format!("witness w {w}\nwitness x {x}\n{last}")).unwrap();
        assert_eq!((policy.counted.len(), policy.required), (counted, required), "{last}");
    }
}

#[test]
fn what_is_no_policy_is_refused_with_its_line() {
    let (l, w, x) = (log(1), witness(2), witness(3));
    let known = format!("witness w {w}\nwitness x {x}\n");
    let unknown = |name: &str| Mistake::Unknown(name.into());
    let cases = [
        ("", None, Mistake::NoQuorum),
        ("quorum w x\n", Some(3), Mistake::Form),
        ("group g any\n", Some(3), Mistake::Form),
        ("trust w\n", Some(3), Mistake::Form),
        ("quorum w\r\n", Some(3), Mistake::Control('\r')),
        ("quorum y\n", Some(3), unknown("y")),
        ("group g 1 w y\n", Some(3), unknown("y")),
        ("group g 1 none\n", Some(3), unknown("none")),
        ("group w 1 x\n", Some(3), Mistake::Name("w".into())),
        ("group none 1 x\n", Some(3), Mistake::Name("none".into())),
        ("group g 0 w\n", Some(3), Mistake::Threshold),
        ("group g 3 w x\n", Some(3), Mistake::Threshold),
        ("group g 01 w x\n", Some(3), Mistake::Threshold),
        ("group g 1 w w\n", Some(3), Mistake::Twice("w".into())),
        ("group g 1 w\ngroup h 1 w\n", Some(4), Mistake::Twice("w".into())),
        ("group g 1 w\ngroup h 1 g\n", Some(4), Mistake::Nested("g".into())),
        ("quorum none\nquorum none\n", Some(4), Mistake::SecondQuorum),
        ("log no-key\n", Some(3), Mistake::Key(KeyError::Shape)),
        (&format!("log {w}\n"), Some(3), Mistake::Key(KeyError::Purpose(4))),
        (&format!("witness y {l}\n"), Some(3), Mistake::Key(KeyError::Purpose(1))),
        (&format!("witness y {w}\n"), Some(3), Mistake::Duplicate(w.name().clone())),
        (&format!("log {l}\nlog {l}\n"), Some(4), Mistake::Duplicate(l.name().clone())),
    ];
    for (text, line, mistake) in cases {
        assert_eq!(read(&format!("{known}{text}")), Err(PolicyError { line, mistake }), "{text:?}");
    }
}
