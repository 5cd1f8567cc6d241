//! Where a read model's databases are: `v<schema>/` each, and `CURRENT`, which names the one that counts.
//!
//! `CURRENT` is replaced by a rename, so that a kill leaves the old or the new. A folder that it does not name
//! is a build under way or a leftover, and either can be lost.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Error;

const CURRENT: &str = "CURRENT";

pub(crate) struct Folders {
    root: PathBuf,
}

impl Folders {
    /// Makes the root if it is not there.
    pub(crate) fn open(root: &Path) -> Result<Self, Error> {
        fs::create_dir_all(root).map_err(|error| Error::Folder(root.to_owned(), error))?;
        Ok(Self { root: root.to_owned() })
    }

    pub(crate) fn of(&self, schema: u32) -> PathBuf {
        self.root.join(format!("v{schema}"))
    }

    /// The schema that counts; `None`: there is nothing yet.
    pub(crate) fn current(&self) -> Result<Option<u32>, Error> {
        let path = self.root.join(CURRENT);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(schema_of(text.trim_end())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::Folder(path, error)),
        }
    }

    /// From now on this schema counts. It is on disk when this returns.
    pub(crate) fn point_to(&self, schema: u32) -> Result<(), Error> {
        let (new, path) = (self.root.join("CURRENT.new"), self.root.join(CURRENT));
        let write = || {
            let mut file = File::create(&new)?;
            writeln!(file, "v{schema}")?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            File::open(&self.root)?.sync_all()
        };
        write().map_err(|error| Error::Folder(path.clone(), error))
    }

    /// Removes every database but these.
    pub(crate) fn keep_only(&self, schemas: &[u32]) -> Result<(), Error> {
        let failed = |error| Error::Folder(self.root.clone(), error);
        for entry in fs::read_dir(&self.root).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let schema = entry.file_name().to_str().and_then(schema_of);
            if schema.is_some_and(|schema| !schemas.contains(&schema)) {
                fs::remove_dir_all(entry.path()).map_err(|error| Error::Folder(entry.path(), error))?;
            }
        }
        Ok(())
    }
}

fn schema_of(name: &str) -> Option<u32> {
    name.strip_prefix('v')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_named_and_the_rest_goes() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::open(root.path()).unwrap();
        assert_eq!(folders.current().unwrap(), None);
        for schema in 1..=3 {
            fs::create_dir(folders.of(schema)).unwrap();
        }
        folders.point_to(1).unwrap();
        folders.point_to(3).unwrap();
        assert_eq!(folders.current().unwrap(), Some(3));
        folders.keep_only(&[3, 2]).unwrap();
        let left = [1, 2, 3].map(|schema| folders.of(schema).exists());
        assert_eq!(left, [false, true, true]);
    }
}
