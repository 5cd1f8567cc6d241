//! The data folder: for nobody else to read, and for one process at a time to run a private server in.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use rustix::fs::Mode;

/// Makes the folder if absent and shuts it to other users of the machine, with all that is made from now on:
/// read models hold what is recorded whatever its marking, and whoever can open a lock can hold it.
///
/// # Errors
/// When the folder cannot be made, or is another user's.
pub(crate) fn keep_from_others(folder: &Path) -> Result<()> {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    fs::set_permissions(folder, Permissions::from_mode(0o700))
        .with_context(|| format!("{} cannot be shut to other users", folder.display()))
}

/// The folder, held as long as this lives.
pub(super) struct Folder(#[expect(dead_code, reason = "the lock goes when the file is closed")] File);

impl Folder {
    /// Holds the folder.
    ///
    /// # Errors
    /// When another process holds it.
    pub(super) fn hold(folder: &Path) -> Result<Self> {
        let path = folder.join("lock");
        let unusable = || format!("{} cannot be locked", path.display());
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).with_context(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = fs::read_to_string(&path).unwrap_or_default();
                bail!("{} is in use by another `chancery serve`, process {}", folder.display(), pid.trim());
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(unusable),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).with_context(unusable)?;
        Ok(Self(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_can_look_into_the_folder_or_what_is_made_in_it() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("data");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        keep_from_others(&folder).unwrap();
        let _held = Folder::hold(&folder).unwrap();
        for path in [folder.clone(), folder.join("lock")] {
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} has {mode:o}", path.display());
        }
    }

    #[test]
    fn a_folder_is_held_once() {
        let folder = tempfile::tempdir().unwrap();
        let held = Folder::hold(folder.path()).unwrap();
        let refused = Folder::hold(folder.path()).err().unwrap().to_string();
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        drop(held);
        Folder::hold(folder.path()).unwrap();
    }
}
