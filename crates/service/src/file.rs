//! Files that are there in full or not at all, such as keys.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// Makes a folder that only its owner can look into, with those above it; leaves one that is there as it is.
///
/// # Errors
/// When it cannot be made.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes a file, and never over another: when one is there, that stays. Several processes may do this at once. It
/// is on disk when this returns.
///
/// # Errors
/// When it cannot be written.
pub fn create(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let draft = Draft::write(file, bytes, mode)?;
    match fs::hard_link(&draft.0, file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_folder(file),
    }
}

/// Writes a file in the place of what may be there. It is on disk when this returns.
///
/// # Errors
/// When it cannot be written; then there is what was there before, or what was to be written.
pub fn replace(file: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let draft = Draft::write(file, bytes, mode)?;
    fs::rename(&draft.0, file)?;
    sync_folder(file)
}

/// Reads a file that is for nobody but its owner, such as a key.
///
/// # Errors
/// When it cannot be read, or others than its owner may read it ([`io::ErrorKind::PermissionDenied`]).
pub fn read_secret(file: &Path) -> io::Result<String> {
    let mode = fs::metadata(file)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let exposed = format!("it can be read by others (mode {mode:03o}): chmod 600, or make a new key");
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, exposed));
    }
    fs::read_to_string(file)
}

/// Removed when it is dropped: a draft that is left behind would be a second copy of a key.
struct Draft(PathBuf);

impl Draft {
    fn write(file: &Path, bytes: &[u8], mode: u32) -> io::Result<Self> {
        let draft = Self(file.with_extension(format!("{}.tmp", Uuid::new_v4().simple())));
        let mut written: File = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft.0)?;
        written.write_all(bytes)?;
        written.sync_all()?;
        Ok(draft)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // One that was renamed is gone.
        let _ = fs::remove_file(&self.0);
    }
}

fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_created_stays_and_what_is_replaced_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        make_folder(&inner).unwrap();
        let file = inner.join("file.key");
        for bytes in [b"one", b"two"] {
            create(&file, bytes, 0o600).unwrap();
            assert_eq!(fs::read(&file).unwrap(), b"one");
        }
        replace(&file, b"three", 0o600).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"three");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o077, 0);
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_secret_that_others_can_read_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.key");
        fs::write(&file, "secret").unwrap();
        for (mode, is_read) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read_secret(&file).is_ok(), is_read, "{mode:o}");
        }
    }
}
