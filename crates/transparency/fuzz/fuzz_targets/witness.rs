//! What logs and witnesses send each other: what is read is written as it was, and deciding on it is total.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transparency::checkpoint::Trust;
use transparency::tree::Head;
use transparency::witness::{AddCheckpoint, Answer, examine};

const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = AddCheckpoint::parse(bytes) {
        assert_eq!(request.to_string().as_bytes(), bytes);
        let trust = Trust::in_log(KEY.parse().expect("the key of the standard's example"));
        let _ = examine(&request, Some(&trust), &Head::EMPTY);
    }
    if let Ok(answer) = Answer::parse(200, bytes) {
        assert_eq!(answer.body().as_bytes(), bytes);
    }
    if let Ok(answer) = Answer::parse(409, bytes) {
        assert_eq!(answer.body().as_bytes(), bytes);
    }
});
