//! Which logs are known, and by which keys.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use transparency::checkpoint::Trust;
use transparency::policy::{Policy, PolicyError};

/// The file of the logs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// It cannot be read.
    #[error("the logs in {} cannot be read", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// It is no policy.
    #[error("{} is no list of logs", .0.display())]
    Form(PathBuf, #[source] PolicyError),
    /// It names none.
    #[error("{} names no log", .0.display())]
    None(PathBuf),
}

/// Whom to trust for each log, by its origin.
///
/// # Errors
/// [`LogsError`].
pub(crate) fn read(file: &Path) -> Result<BTreeMap<String, Trust>, LogsError> {
    let text = fs::read_to_string(file).map_err(|error| LogsError::File(file.to_owned(), error))?;
    // A list of logs says nothing of witnesses; a policy that does has its own quorum.
    let policy = text.parse::<Policy>().or_else(|error| match error.line {
        None => format!("{text}\nquorum none\n").parse(),
        Some(_) => Err(error),
    });
    let policy = policy.map_err(|error| LogsError::Form(file.to_owned(), error))?;
    let mut logs = BTreeMap::<String, Trust>::new();
    for log in policy.logs {
        match logs.get_mut(&log.name) {
            Some(trust) => trust.log.push(log.key),
            None => drop(logs.insert(log.name, Trust::in_log(log.key))),
        }
    }
    if logs.is_empty() { Err(LogsError::None(file.to_owned())) } else { Ok(logs) }
}
