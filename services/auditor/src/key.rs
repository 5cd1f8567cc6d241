//! The key that signs checkpoints: `keys/checkpoint.key` under the data folder, made at the first start.
//!
//! The file is the text of a [`Signer`], which carries the name of the log. `checkpoint.vkey` beside it is what
//! others need to verify.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use service::file;
use transparency::note::{self, KeyName, Signer, Verifier};

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error("the key file {} cannot be read or written", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// Others than its owner may read it.
    #[error("the key file {} can be read by others (mode {mode:03o}): chmod 600, or make a new key", .file.display())]
    Exposed {
        /// Which.
        file: PathBuf,
        /// What its permissions are.
        mode: u32,
    },
    /// What is there is no key.
    #[error("{} holds no key that signs checkpoints", .0.display())]
    Form(PathBuf, #[source] note::KeyError),
    /// It is the key of another log.
    #[error("the key in {} is that of the log {found}, not of {asked}", .file.display())]
    Name {
        /// Which.
        file: PathBuf,
        /// Whose it is.
        found: KeyName,
        /// Whose it should be.
        asked: KeyName,
    },
    /// There is a key already, and nothing is written over a key.
    #[error("{} holds a key already: checkpoints that it signed bind this register", .0.display())]
    Exists(PathBuf),
    /// There is none.
    #[error("there is no key in {}", .0.display())]
    None(PathBuf),
    /// The system gives no randomness.
    #[error("no randomness for a new key")]
    Randomness(#[source] getrandom::Error),
}

impl KeyError {
    /// Whether trying again can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Randomness(_))
    }
}

/// Makes the key under a data folder, for the log of this name or one that no other register has. The auditor signs
/// with it from its first start on; whoever is to follow the log can be given the public half before.
///
/// # Errors
/// [`KeyError::Exists`] where there is one, or another [`KeyError`].
pub fn create(data: &Path, origin: Option<&KeyName>) -> Result<Verifier, KeyError> {
    let file = file_under(data);
    if file.exists() { Err(KeyError::Exists(file)) } else { Ok(open(data, origin)?.verifier().clone()) }
}

/// The public half of the key under a data folder. Nothing is made or written.
///
/// # Errors
/// [`KeyError::None`] where there is none, or another [`KeyError`].
pub fn verifier(data: &Path) -> Result<Verifier, KeyError> {
    let file = file_under(data);
    if file.exists() { Ok(read(&file)?.verifier().clone()) } else { Err(KeyError::None(file)) }
}

/// What others verify the log of reads by: the same key, under the name of its checkpoints.
#[must_use]
pub fn of_reads(log: &Verifier) -> Verifier {
    log.named(reads_name(log))
}

pub(crate) fn reads_name(log: &Verifier) -> KeyName {
    KeyName::new(format!("{}/reads", log.name())).expect("what is added is fit for a name")
}

/// Where the key under a data folder is.
#[must_use]
pub fn file_under(data: &Path) -> PathBuf {
    data.join("keys/checkpoint.key")
}

/// The key under a data folder; makes it if there is none, for the log of this name.
///
/// # Errors
/// [`KeyError`].
pub(crate) fn open(data: &Path, origin: Option<&KeyName>) -> Result<Signer, KeyError> {
    let folder = data.join("keys");
    let file = file_under(data);
    if !file.exists() {
        file::make_folder(&folder).map_err(at(&folder))?;
        let new = make(origin)?;
        file::create(&file, format!("{}\n", new.to_private_key()).as_bytes(), 0o600).map_err(at(&file))?;
    }
    let signer = read(&file)?;
    let found = signer.verifier().name();
    if let Some(asked) = origin.filter(|asked| *asked != found) {
        return Err(KeyError::Name { file, found: found.clone(), asked: asked.clone() });
    }
    let public = folder.join("checkpoint.vkey");
    let text = format!("{}\n", signer.verifier());
    if fs::read_to_string(&public).ok().as_deref() != Some(&text) {
        file::replace(&public, text.as_bytes(), 0o644).map_err(at(&public))?;
    }
    Ok(signer)
}

pub(crate) fn at(file: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let file = file.to_owned();
    move |error| KeyError::File(file, error)
}

/// Reads the key in a file that nobody else can read.
pub(crate) fn read(file: &Path) -> Result<Signer, KeyError> {
    let mode = fs::metadata(file).map_err(at(file))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed { file: file.to_owned(), mode });
    }
    let text = fs::read_to_string(file).map_err(at(file))?;
    text.trim_end().parse().map_err(|error| KeyError::Form(file.to_owned(), error))
}

/// A new key, for the log of this name or one that no other register has.
pub(crate) fn make(origin: Option<&KeyName>) -> Result<Signer, KeyError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(KeyError::Randomness)?;
    let named = |name| Signer::from_seed(name, &seed);
    if let Some(name) = origin {
        return Ok(named(name.clone()));
    }
    // Two registers of one machine are two logs.
    let mut id = [0; 4];
    getrandom::fill(&mut id).map_err(KeyError::Randomness)?;
    let name = |host: &str| KeyName::new(format!("{host}/chancery-{:08x}", u32::from_be_bytes(id)));
    let name = name(&host()).or_else(|_| name("localhost"));
    Ok(named(name.expect("it has no character that a name cannot have")))
}

/// What this machine is called, where that can be known.
fn host() -> String {
    let said = ["/proc/sys/kernel/hostname", "/etc/hostname"].into_iter();
    let said = said.filter_map(|file| fs::read_to_string(file).ok()).map(|text| text.trim().to_lowercase());
    said.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    fn name(text: &str) -> KeyName {
        KeyName::new(text).unwrap()
    }

    #[test]
    fn a_key_is_made_once_and_is_for_nobody_else_to_read() {
        let data = tempfile::tempdir().unwrap();
        let made = open(data.path(), Some(&name("example.org/log"))).unwrap();
        assert_eq!(made.verifier().name(), &name("example.org/log"));
        let again = open(data.path(), None).unwrap();
        assert_eq!(again.verifier(), made.verifier());
        let file = data.path().join("keys/checkpoint.key");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let public = fs::read_to_string(data.path().join("keys/checkpoint.vkey")).unwrap();
        assert_eq!(public.trim_end(), made.verifier().to_string());

        let other = open(data.path(), Some(&name("example.org/other")));
        assert!(matches!(other, Err(KeyError::Name { .. })), "{other:?}");
        for mode in [0o640, 0o604, 0o660, 0o644] {
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            let exposed = open(data.path(), None);
            assert!(matches!(exposed, Err(KeyError::Exposed { .. })), "{mode:o}: {exposed:?}");
        }
        fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
        assert!(open(data.path(), None).is_ok());
        fs::remove_file(&file).unwrap();
        fs::write(&file, "no key").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(open(data.path(), None), Err(KeyError::Form(..))));
    }

    #[test]
    fn a_key_that_was_made_beforehand_is_the_one_that_signs_and_stays() {
        let data = tempfile::tempdir().unwrap();
        assert!(matches!(verifier(data.path()), Err(KeyError::None(_))));
        let made = create(data.path(), Some(&name("example.org/log"))).unwrap();
        assert_eq!(verifier(data.path()).unwrap(), made);
        assert!(matches!(create(data.path(), None), Err(KeyError::Exists(_))));
        assert_eq!(open(data.path(), None).unwrap().verifier(), &made);
        fs::set_permissions(file_under(data.path()), Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(verifier(data.path()), Err(KeyError::Exposed { .. })));
    }

    #[test]
    fn logs_that_are_not_named_have_names_of_their_own() {
        let names = [(); 2].map(|()| {
            let data = tempfile::tempdir().unwrap();
            open(data.path(), None).unwrap().verifier().name().to_string()
        });
        assert!(names[0] != names[1] && names[0].contains("/chancery-"), "{names:?}");
    }
}
