//! The time stamps of a checkpoint.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use timestamp::{Authorities, CertificateError, Stamp, VerifyError};
use transparency::checkpoint::Signed;

use crate::failure::Failure;
use crate::words;

/// What was found of the tokens over a checkpoint.
#[derive(Default)]
pub(super) struct Stamps {
    /// Those that hold.
    pub(super) proved: Vec<Stamp>,
    /// How many are by nobody whom we were told to trust.
    pub(super) others: usize,
    /// What does not hold.
    pub(super) faults: Vec<(String, Value)>,
}

/// Checks tokens against those who are trusted; where nobody is, none is looked at.
///
/// # Errors
/// That certificates are none.
pub(super) fn check(signed: &Signed, tokens: &[Vec<u8>], tsa: &[PathBuf]) -> Result<Stamps, Failure> {
    let usage = |file: &PathBuf, error: String| Failure::Usage(format!("--tsa: {}: {error}", file.display()));
    let mut stamps = Stamps::default();
    let mut pem = Vec::new();
    for file in tsa {
        let text = fs::read(file).map_err(|error| usage(file, error.to_string()))?;
        Authorities::from_pem(&text).map_err(|error| usage(file, error.to_string()))?;
        pem.extend([text, b"\n".to_vec()].concat());
    }
    let Ok(trusted) = Authorities::from_pem(&pem) else {
        stamps.others = tokens.len();
        return Ok(stamps);
    };
    let fault = |place: String, detail: String| {
        (format!("{detail} (at {place})"), json!({"place": place, "version": null, "detail": detail}))
    };
    for (number, token) in tokens.iter().enumerate() {
        match timestamp::verify(token, signed.note().text().as_bytes(), &trusted) {
            Ok(stamp) => stamps.proved.push(stamp),
            Err(VerifyError::Certificate(CertificateError::Untrusted(_))) => stamps.others += 1,
            Err(error) => {
                stamps.faults.push(fault(format!("/timestamps/{number}"), format!("time stamp: {error}")));
            }
        }
    }
    if stamps.proved.is_empty() && stamps.faults.is_empty() {
        let others = stamps.others;
        let detail = format!("no time stamp is by whom --tsa names ({others} are by others)");
        stamps.faults.push(fault("/timestamps".to_owned(), detail));
    }
    Ok(stamps)
}

impl Stamps {
    /// In words, for a list of what was found.
    pub(super) fn rows(&self) -> Vec<(&'static str, String)> {
        let proved = self.proved.iter();
        let mut rows = proved
            .map(|stamp| {
                ("stamped by", format!("{} at {} (no. {})", stamp.authority, stamp.time, stamp.serial))
            })
            .collect::<Vec<_>>();
        if self.others > 0 {
            rows.push((
                "besides",
                format!(
                    "{} by authorities that --tsa does not name",
                    words::count(self.others, "time stamp")
                ),
            ));
        }
        rows
    }

    /// The same as JSON.
    pub(super) fn json(&self) -> Value {
        let stamp = |stamp: &Stamp| json!({"authority": stamp.authority, "time": stamp.time, "policy": stamp.policy, "serial": stamp.serial});
        json!({"proved": self.proved.iter().map(stamp).collect::<Vec<_>>(), "others": self.others})
    }
}
