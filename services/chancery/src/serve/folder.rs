//! The data folder, which one process at a time may run a private server in.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// The folder, held as long as this lives.
pub(super) struct Folder(#[expect(dead_code, reason = "the lock goes when the file is closed")] File);

impl Folder {
    /// Holds the folder; makes it if absent.
    ///
    /// # Errors
    /// When another process holds it.
    pub(super) fn hold(folder: &Path) -> Result<Self> {
        // What is recorded is not for everyone on the machine.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(|| format!("{} cannot be made", folder.display()))?;
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
    fn a_folder_is_held_once() {
        let folder = tempfile::tempdir().unwrap();
        let held = Folder::hold(folder.path()).unwrap();
        let refused = Folder::hold(folder.path()).err().unwrap().to_string();
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        drop(held);
        Folder::hold(folder.path()).unwrap();
    }
}
