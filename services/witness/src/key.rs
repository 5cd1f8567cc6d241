//! The key that cosigns: `keys/witness.key` under the data folder, made at the first start.
//!
//! The file is the text of a [`Cosigner`], which carries the name of the witness. `witness.vkey` beside it is what
//! others need to verify.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use service::file;
use transparency::checkpoint::Cosigner;
use transparency::note::{self, KeyName};

/// Why there is no key to cosign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error("the key file {} cannot be used", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// What is there is no key.
    #[error("{} holds no key that cosigns", .0.display())]
    Form(PathBuf, #[source] note::KeyError),
    /// It is the key of another witness.
    #[error("the key in {} is that of the witness {found}, not of {asked}", .file.display())]
    Name {
        /// Which.
        file: PathBuf,
        /// Whose it is.
        found: KeyName,
        /// Whose it should be.
        asked: KeyName,
    },
    /// The system gives no randomness.
    #[error("no randomness for a new key")]
    Randomness(#[source] getrandom::Error),
}

/// The key under a data folder; makes it if there is none, for the witness of this name.
///
/// # Errors
/// [`KeyError`].
pub(crate) fn open(data: &Path, name: Option<&KeyName>) -> Result<Cosigner, KeyError> {
    let folder = data.join("keys");
    let (secret, public) = (folder.join("witness.key"), folder.join("witness.vkey"));
    let at = |file: &Path| {
        let file = file.to_owned();
        move |error| KeyError::File(file, error)
    };
    if !secret.exists() {
        file::make_folder(&folder).map_err(at(&folder))?;
        let new = format!("{}\n", make(name)?.to_private_key());
        file::create(&secret, new.as_bytes(), 0o600).map_err(at(&secret))?;
    }
    let text = file::read_secret(&secret).map_err(at(&secret))?;
    let cosigner = text.trim_end().parse::<Cosigner>();
    let cosigner = cosigner.map_err(|error| KeyError::Form(secret.clone(), error))?;
    let found = cosigner.verifier().name();
    if let Some(asked) = name.filter(|asked| *asked != found) {
        return Err(KeyError::Name { file: secret, found: found.clone(), asked: asked.clone() });
    }
    let text = format!("{}\n", cosigner.verifier());
    if fs::read_to_string(&public).ok().as_deref() != Some(&text) {
        file::replace(&public, text.as_bytes(), 0o644).map_err(at(&public))?;
    }
    Ok(cosigner)
}

fn make(name: Option<&KeyName>) -> Result<Cosigner, KeyError> {
    let mut bytes = [[0; 32], [0; 32]];
    for part in &mut bytes {
        getrandom::fill(part).map_err(KeyError::Randomness)?;
    }
    let [seed, [a, b, c, d, ..]] = bytes;
    let id = u32::from_be_bytes([a, b, c, d]);
    let named = |host: &str| KeyName::new(format!("{host}/witness-{id:08x}"));
    let name = match name {
        Some(name) => name.clone(),
        None => named(&host())
            .or_else(|_| named("localhost"))
            .expect("it has no character that a name cannot have"),
    };
    Ok(Cosigner::from_seed(name, &seed))
}

/// What this machine is called, where that can be known.
fn host() -> String {
    let said = ["/proc/sys/kernel/hostname", "/etc/hostname"].into_iter();
    let said = said.filter_map(|file| fs::read_to_string(file).ok()).map(|text| text.trim().to_lowercase());
    said.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_for_nobody_else_to_read() {
        let data = tempfile::tempdir().unwrap();
        let name = KeyName::new("example.org/witness").unwrap();
        let made = open(data.path(), Some(&name)).unwrap();
        assert_eq!(made.verifier().name(), &name);
        assert_eq!(open(data.path(), None).unwrap().verifier(), made.verifier());
        let file = data.path().join("keys/witness.key");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let public = fs::read_to_string(data.path().join("keys/witness.vkey")).unwrap();
        assert_eq!(public.trim_end(), made.verifier().to_string());
        let other = KeyName::new("example.org/other").unwrap();
        assert!(matches!(open(data.path(), Some(&other)), Err(KeyError::Name { .. })));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(open(data.path(), None), Err(KeyError::File(..))));
        // The key of a log is no key of a witness.
        fs::remove_file(&file).unwrap();
        let log = transparency::note::Signer::from_seed(name, &[1; 32]).to_private_key();
        file::create(&file, log.as_bytes(), 0o600).unwrap();
        assert!(matches!(open(data.path(), None), Err(KeyError::Form(..))));
    }
}
