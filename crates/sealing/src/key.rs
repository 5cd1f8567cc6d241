//! The key of a record.

use std::fmt;

use zeroize::Zeroizing;

/// 256 random bits that seal what is recorded of one record. Overwritten in memory when it is dropped.
pub struct Key(Zeroizing<[u8; Self::SIZE]>);

impl Key {
    /// How many bytes a key has.
    pub const SIZE: usize = 32;

    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; Self::SIZE]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// The key in `bytes`, as the bucket keeps it; `None` unless they are 32.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::SIZE] {
        &self.0
    }
}

/// Says nothing of the key: it stands in no log line.
impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key")
    }
}
