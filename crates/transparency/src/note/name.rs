//! Names of keys.

use std::fmt;
use std::str::FromStr;

/// The name of a key (C2SP signed-note, "Format"): not empty, without Unicode spaces, plus signs and ASCII
/// control characters. A URL without its scheme by convention, `example.com/log42`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`InvalidName`] if it is empty or has a character that no name may have.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidName> {
        let name = name.into();
        let refused = |character: char| character.is_whitespace() || character == '+' || character < ' ';
        match name.find(refused) {
            Some(offset) => Err(InvalidName::Character { offset }),
            None if name.is_empty() => Err(InvalidName::Empty),
            None => Ok(Self(name)),
        }
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = InvalidName;

    fn from_str(name: &str) -> Result<Self, InvalidName> {
        Self::new(name)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for KeyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, out)
    }
}

/// The text is no name of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// There is nothing.
    #[error("a key's name is not empty")]
    Empty,
    /// A space, a plus sign or a control character.
    #[error("a key's name has no spaces, plus signs and control characters (byte {offset})")]
    Character {
        /// Where, in bytes.
        offset: usize,
    },
}
