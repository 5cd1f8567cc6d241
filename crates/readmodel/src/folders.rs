//! Where a read model's databases are: `v<schema>` or `v<schema>.<generation>` each, and `CURRENT`, which names
//! the one that counts.
//!
//! `CURRENT` is replaced by a rename, so that a kill leaves the old or the new. A folder that it does not name
//! is a build under way or a leftover, and either can be lost. A build of the schema that counts has a later
//! generation: that its folder is there says that it was asked for.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::Error;

const CURRENT: &str = "CURRENT";

/// Which of a read model's databases one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Build {
    pub(crate) schema: u32,
    /// How often one of this schema was built anew on request.
    pub(crate) generation: u32,
}

impl Build {
    pub(crate) const fn first(schema: u32) -> Self {
        Self { schema, generation: 0 }
    }

    pub(crate) const fn next(self) -> Self {
        Self { schema: self.schema, generation: self.generation + 1 }
    }
}

impl fmt::Display for Build {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generation {
            0 => write!(out, "v{}", self.schema),
            generation => write!(out, "v{}.{generation}", self.schema),
        }
    }
}

impl FromStr for Build {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let numbers = name.strip_prefix('v').ok_or(())?;
        let (schema, generation) = numbers.split_once('.').unwrap_or((numbers, "0"));
        let number = |text: &str| text.parse().map_err(drop);
        Ok(Self { schema: number(schema)?, generation: number(generation)? })
    }
}

#[derive(Clone)]
pub(crate) struct Folders {
    root: PathBuf,
}

impl Folders {
    /// Makes the root if it is not there.
    pub(crate) fn open(root: &Path) -> Result<Self, Error> {
        fs::create_dir_all(root).map_err(|error| Error::Folder(root.to_owned(), error))?;
        Ok(Self { root: root.to_owned() })
    }

    pub(crate) fn of(&self, build: Build) -> PathBuf {
        self.root.join(build.to_string())
    }

    /// The one that counts; `None`: there is nothing yet.
    pub(crate) fn current(&self) -> Result<Option<Build>, Error> {
        let path = self.root.join(CURRENT);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim_end().parse().ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::Folder(path, error)),
        }
    }

    /// From now on this one counts. It is on disk when this returns.
    pub(crate) fn point_to(&self, build: Build) -> Result<(), Error> {
        let (new, path) = (self.root.join("CURRENT.new"), self.root.join(CURRENT));
        let write = || {
            let mut file = File::create(&new)?;
            writeln!(file, "{build}")?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            File::open(&self.root)?.sync_all()
        };
        write().map_err(|error| Error::Folder(path.clone(), error))
    }

    /// Begins a build, if it is not there. It is on disk when this returns: a build that was begun is ended,
    /// whatever happens in between.
    pub(crate) fn begin(&self, build: Build) -> Result<(), Error> {
        let folder = self.of(build);
        let begin = || {
            fs::create_dir_all(&folder)?;
            File::open(&self.root)?.sync_all()
        };
        begin().map_err(|error| Error::Folder(folder.clone(), error))
    }

    /// The latest build of a schema that is there.
    pub(crate) fn latest(&self, schema: u32) -> Result<Option<Build>, Error> {
        let builds = self.builds()?.into_iter().map(|(build, _)| build);
        Ok(builds.filter(|build| build.schema == schema).max())
    }

    /// Removes every database but these.
    pub(crate) fn keep_only(&self, builds: &[Build]) -> Result<(), Error> {
        for (build, folder) in self.builds()? {
            if !builds.contains(&build) {
                fs::remove_dir_all(&folder).map_err(|error| Error::Folder(folder, error))?;
            }
        }
        Ok(())
    }

    fn builds(&self) -> Result<Vec<(Build, PathBuf)>, Error> {
        let failed = |error| Error::Folder(self.root.clone(), error);
        let mut builds = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let build = entry.file_name().to_str().and_then(|name| name.parse().ok());
            builds.extend(build.map(|build| (build, entry.path())));
        }
        Ok(builds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_named_and_the_rest_goes() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::open(root.path()).unwrap();
        assert_eq!(folders.current().unwrap(), None);
        let [one, two, three] = [1, 2, 3].map(Build::first);
        let again = three.next();
        for build in [one, two, three, again] {
            folders.begin(build).unwrap();
        }
        folders.point_to(one).unwrap();
        folders.point_to(again).unwrap();
        assert_eq!(folders.current().unwrap(), Some(again));
        assert_eq!(folders.latest(3).unwrap(), Some(again));
        assert_eq!(folders.latest(4).unwrap(), None);
        folders.keep_only(&[again, two]).unwrap();
        let left = [one, two, three, again].map(|build| folders.of(build).exists());
        assert_eq!(left, [false, true, false, true]);
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for build in [Build::first(7), Build { schema: 7, generation: 12 }] {
            assert_eq!(build.to_string().parse(), Ok(build));
        }
        for other in ["CURRENT", "v", "v1.", "v1.2.3", "7", "vx"] {
            assert_eq!(other.parse::<Build>(), Err(()), "{other}");
        }
    }
}
