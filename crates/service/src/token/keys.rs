//! A machine's own signing key: two PEM files in a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, KeypairBytes};

use super::{Error, Issuer, Verifier};

/// Where the keys of a machine are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The private key (PKCS #8, PEM), readable by its owner alone.
    pub private: PathBuf,
    /// The public key (SPKI, PEM).
    pub public: PathBuf,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read or written.
    #[error("the key file {file} cannot be read or written")]
    File {
        /// Which.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The system gives no randomness.
    #[error("no randomness for a new key")]
    Randomness(#[source] getrandom::Error),
    /// A key cannot be written as PEM, or what is there is none.
    #[error("the key in {file} is no Ed25519 key in PEM")]
    Form {
        /// Which file.
        file: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl KeysError {
    /// Whether trying again can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Randomness(_))
    }
}

impl Keys {
    /// The keys of a folder, whether they are there or not.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { private: folder.join("token.pem"), public: folder.join("token.pub.pem") }
    }

    /// The keys of a folder; makes what is missing. Several processes may do this at once: one key wins.
    ///
    /// # Errors
    /// [`KeysError`] when a file cannot be read or written, or is no key.
    pub fn create_if_absent(folder: &Path) -> Result<Self, KeysError> {
        let keys = Self::in_folder(folder);
        if !keys.private.exists() {
            crate::file::make_folder(folder).map_err(|source| at(folder, source))?;
            let mut secret_key = [0; 32];
            getrandom::fill(&mut secret_key).map_err(KeysError::Randomness)?;
            // Without the public half: version 1 of PKCS #8, which older tools read too.
            let key = KeypairBytes { secret_key, public_key: None };
            let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| form(&keys.private, error))?;
            create(&keys.private, pem.as_bytes(), 0o600)?;
        }
        if !keys.public.exists() {
            let pem = read(&keys.private)?;
            let key = String::from_utf8_lossy(&pem);
            let key = SigningKey::from_pkcs8_pem(&key).map_err(|error| form(&keys.private, error))?;
            let public = key.verifying_key().to_public_key_pem(LineEnding::LF);
            let public = public.map_err(|error| form(&keys.public, error))?;
            create(&keys.public, public.as_bytes(), 0o644)?;
        }
        Ok(keys)
    }

    /// Signs with the private key.
    ///
    /// # Errors
    /// [`KeysError`] when the file cannot be read or holds no key.
    pub fn issuer(&self, name: &str) -> Result<Issuer, KeysError> {
        Issuer::from_pem(name, &read(&self.private)?).map_err(|error: Error| form(&self.private, error))
    }

    /// Trusts the public key.
    ///
    /// # Errors
    /// [`KeysError`] when the file cannot be read or holds no key.
    pub fn verifier(&self, issuer: &str) -> Result<Verifier, KeysError> {
        Verifier::from_pem(issuer, &read(&self.public)?).map_err(|error: Error| form(&self.public, error))
    }
}

fn create(file: &Path, bytes: &[u8], mode: u32) -> Result<(), KeysError> {
    crate::file::create(file, bytes, mode).map_err(|source| at(file, source))
}

fn read(file: &Path) -> Result<Vec<u8>, KeysError> {
    fs::read(file).map_err(|source| at(file, source))
}

fn at(file: &Path, source: io::Error) -> KeysError {
    KeysError::File { file: file.display().to_string(), source }
}

fn form(file: &Path, source: impl std::error::Error + Send + Sync + 'static) -> KeysError {
    KeysError::Form { file: file.display().to_string(), source: Box::new(source) }
}
