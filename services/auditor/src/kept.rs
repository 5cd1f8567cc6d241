//! The last checkpoint that was signed, on disk: `signed/checkpoint` under the data folder; and the last that enough
//! witnesses had cosigned, `signed/cosigned`.
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
    cosigned: PathBuf,
}

impl Kept {
    pub(crate) fn under(data: &Path) -> Self {
        let folder = data.join("signed");
        Self { file: folder.join("checkpoint"), cosigned: folder.join("cosigned"), folder }
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(crate) fn cosigned(&self) -> &Path {
        &self.cosigned
    }

    /// What is there, unread.
    pub(crate) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        if_there(&self.file)
    }

    /// What is there of witnesses, unread.
    pub(crate) fn read_cosigned(&self) -> io::Result<Option<Vec<u8>>> {
        if_there(&self.cosigned)
    }

    /// It is on disk when this returns.
    pub(crate) fn write(&self, signed: &Signed) -> io::Result<()> {
        file::make_folder(&self.folder)?;
        file::replace(&self.file, signed.to_string().as_bytes(), 0o600)
    }

    /// It is on disk when this returns.
    pub(crate) fn write_cosigned(&self, cosigned: &Signed) -> io::Result<()> {
        file::make_folder(&self.folder)?;
        file::replace(&self.cosigned, cosigned.to_string().as_bytes(), 0o600)
    }
}

fn if_there(file: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
