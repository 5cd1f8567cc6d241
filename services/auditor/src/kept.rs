//! The last checkpoint that was signed, on disk: `signed/checkpoint` under the data folder.
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
    pub(crate) fn under(data: &Path) -> Self {
        let folder = data.join("signed");
        Self { file: folder.join("checkpoint"), folder }
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
