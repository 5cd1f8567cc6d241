//! What was signed last, on disk, a file for each: `signed/checkpoint` under the data folder; `signed/cosigned`, the last
//! that enough witnesses had cosigned; `signed/reads`, that of the log of reads.
//!
//! It is what keeps the auditor from ever signing another history, so it is written before a checkpoint is
//! published, and lies apart from what NATS keeps and from the tree, which may be thrown away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use service::file;
use transparency::checkpoint::Signed;

#[derive(Clone, Debug)]
pub(crate) struct Kept {
    folder: PathBuf,
    file: PathBuf,
}

impl Kept {
    pub(crate) fn checkpoint(data: &Path) -> Self {
        Self::under(data, "checkpoint")
    }

    pub(crate) fn cosigned(data: &Path) -> Self {
        Self::under(data, "cosigned")
    }

    pub(crate) fn reads(data: &Path) -> Self {
        Self::under(data, "reads")
    }

    fn under(data: &Path, name: &str) -> Self {
        let folder = data.join("signed");
        Self { file: folder.join(name), folder }
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// What is there, unread.
    pub(crate) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(&self.file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// It is on disk when this returns.
    pub(crate) fn write(&self, signed: &Signed) -> io::Result<()> {
        file::make_folder(&self.folder)?;
        file::replace(&self.file, signed.to_string().as_bytes(), 0o600)
    }
}
