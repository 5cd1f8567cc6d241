//! Which log a registrar records in, remembered beside it: a log that was lost and made anew is empty, and would
//! take every event again from the first.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use eventlog::Identity;

/// The log is another than the one that was recorded in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the log was made at {found}, the one recorded in so far at {expected}: bring that one back, or remove {} to \
     begin with this one",
    .file.display()
)]
pub(crate) struct OtherLog {
    expected: String,
    found: String,
    file: PathBuf,
}

/// Compares the log with the one that is remembered under `data`; remembers it if there is none.
///
/// # Errors
/// When the file cannot be read or written.
pub(crate) fn recognise(data: &Path, log: &Identity) -> io::Result<Result<(), OtherLog>> {
    let folder = data.join("registrar");
    let file = folder.join("log");
    let found = log.to_string();
    match fs::read_to_string(&file) {
        Ok(text) if text.trim() == found => Ok(Ok(())),
        Ok(text) => Ok(Err(OtherLog { expected: text.trim().to_owned(), found, file })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => remember(&folder, &file, &found).map(Ok),
        Err(error) => Err(error),
    }
}

/// It is on disk when this returns.
fn remember(folder: &Path, file: &Path, log: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let new = folder.join("log.new");
    let mut written = File::create(&new)?;
    writeln!(written, "{log}")?;
    written.sync_all()?;
    fs::rename(&new, file)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_log_is_told_from_the_one_before() {
        let data = tempfile::tempdir().unwrap();
        let log = |second| Identity { created: jiff::Timestamp::from_second(second).unwrap() };
        for _ in 0..2 {
            assert_eq!(recognise(data.path(), &log(1)).unwrap(), Ok(()));
        }
        let other = recognise(data.path(), &log(2)).unwrap().unwrap_err();
        let file = data.path().join("registrar/log");
        assert!(other.to_string().contains(&format!("remove {}", file.display())), "{other}");
        fs::remove_file(file).unwrap();
        assert_eq!(recognise(data.path(), &log(2)).unwrap(), Ok(()));
    }
}
