//! Evidence bears the time of an authority that others wrote, and proves it offline.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use testkit::TimeStampAuthority;

use crate::proving::{elsewhere, independently, key};
use crate::register::Register;

const P_256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";

fn base64(token: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(token).expect("base64")
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_bears_a_time_stamp_and_a_wrong_one_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("it is writable");
        path.to_str().expect("UTF-8").to_owned()
    };
    let authority = TimeStampAuthority::new(P_256);
    let tsa = file("tsa.pem", authority.certificate().as_bytes());
    let other = file("other.pem", TimeStampAuthority::new(P_256).certificate().as_bytes());
    let expired = authority.certificate_of("-startdate 20200101000000Z -enddate 20210101000000Z");
    let expired = file("expired.pem", expired.as_bytes());
    let line = format!("authority clock http://{} tsa.pem\n", authority.listen().await);
    let authorities = file("authorities", line.as_bytes()).leak();
    let flags = ["--timestamps", authorities, "--timestamps-every", "1"];
    let register = Register::start_with(Box::leak(Box::new(flags))).await;
    let record = ["record", "held", "call", "--with", "CA", "--key", "call", "--json"];
    register.run(&record).json();
    let evidence = register.file("evidence.json", "");
    let done = register.run(&["export", "--evidence", "engagement/~call", "--stamped", "-o", &evidence]);
    assert_eq!(done.code, Some(0), "{done:?}");

    let key = key(&register);
    let verify = |file: &str, tsa: &str| elsewhere(&["verify", file, "--key", &key, "--tsa", tsa]);
    let done = verify(&evidence, &tsa);
    assert!(
        done.code == Some(0) && done.out.contains("stamped by") && done.out.contains("Clock at "),
        "{done:?}"
    );
    let done = elsewhere(&["verify", &evidence, "--key", &key]);
    assert!(done.code == Some(0) && done.out.contains("1 time stamp by authorities"), "{done:?}");
    independently("bundle", &evidence, &key, 0);
    let done = verify(&evidence, &other);
    assert!(done.code == Some(1) && done.err.contains("no time stamp is by whom --tsa names"), "{done:?}");
    let done = verify(&evidence, &expired);
    assert!(done.code == Some(1) && done.err.contains("Root was not valid at the time"), "{done:?}");
    let done = verify(&evidence, &evidence);
    assert!(done.code == Some(64) && done.err.contains("--tsa"), "{done:?}");
    a_whole_export_bears_it(&register, &key, &tsa, &other);

    // Others verify it as well: the token is of the checkpoint's text.
    let bundle = serde_json::from_slice::<Value>(&fs::read(&evidence).expect("it is there")).expect("JSON");
    let (text, _) = bundle["checkpoint"].as_str().expect("text").split_once("\n\n").expect("signatures");
    let (text, token) = (format!("{text}\n"), bundle["timestamps"][0].as_str().expect("a token"));
    let (data, token_file) = (file("text", text.as_bytes()), file("token", &base64(token)));
    let words = ["ts", "-verify", "-data", &data, "-in", &token_file, "-token_in", "-CAfile", &tsa];
    let openssl = Command::new("openssl").args(words).output().expect("there is an openssl");
    assert!(openssl.status.success(), "{openssl:?}");

    let wrong = |stamps: Value, says: &str| {
        let mut bundle = bundle.clone();
        bundle["timestamps"] = stamps;
        let done = verify(&file("wrong.json", bundle.to_string().as_bytes()), &tsa);
        assert!(done.code == Some(1) && done.err.contains(says), "{says}: {done:?}");
    };
    let flipped = token.replacen('A', "B", 1);
    wrong(json!([token, flipped]), "time stamp: ");
    wrong(json!(["AAAA"]), "time stamp: the token cannot be read");
    wrong(json!(["not base64"]), "a list of time stamps");
}

fn a_whole_export_bears_it(register: &Register, key: &str, tsa: &str, other: &str) {
    let whole = register.file("log.ndjson", "");
    let done = register.run(&["export", "--stamped", "-o", &whole]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let verify = |file: &str, tsa: &str| elsewhere(&["verify", file, "--key", key, "--tsa", tsa]);
    let done = verify(&whole, tsa);
    assert!(done.code == Some(0) && done.out.contains("Clock at "), "{done:?}");
    independently("export", &whole, key, 0);
    let done = verify(&whole, other);
    assert!(done.code == Some(1) && done.err.contains("no time stamp is by whom --tsa names"), "{done:?}");
    let text = fs::read_to_string(&whole).expect("it is there");
    let (before, stamps) = text.split_once("\"timestamps\":[\"").expect("a time stamp");
    let altered = format!("{before}\"timestamps\":[\"{}", stamps.replacen('A', "B", 1));
    let done = verify(&register.file("altered.ndjson", &altered), tsa);
    assert!(done.code == Some(1) && done.err.contains("time stamp: "), "{done:?}");
    let without = format!("{before}{}", stamps.split_once("],").expect("more").1);
    let done = verify(&register.file("without.ndjson", &without), tsa);
    assert!(done.code == Some(1) && done.err.contains("no time stamp"), "{done:?}");
}
