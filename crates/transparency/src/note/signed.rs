//! Reading, writing, signing and verifying notes.

use std::fmt;

use super::{KeyId, KeyName, Signature, SignatureError, Signer, Verifier};

/// The most bytes that a note may have: what Go's `sumdb/note` takes.
pub const MAX_SIZE: usize = 1_000_000;

/// The most signatures that a note may have: what Go's `sumdb/note` takes. At least 16 must be.
pub const MAX_SIGNATURES: usize = 100;

/// A text with signatures, which are verified or not: see [`Note::verify`].
///
/// Displayed as it is read, to the byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// Reads a note (C2SP signed-note, "Format"). Nothing is verified.
    ///
    /// # Errors
    /// [`NoteError`], with the place.
    pub fn parse(note: &[u8]) -> Result<Self, NoteError> {
        let note = checked(note)?;
        let (text, lines) = note.rfind("\n\n").map_or(("", ""), |end| (&note[..=end], &note[end + 2..]));
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NotSigned)?;
        let first = text.lines().count() + 2;
        let mut signatures = Vec::new();
        for (line, text) in (first..).zip(lines.split('\n')) {
            if signatures.len() == MAX_SIGNATURES {
                return Err(NoteError::TooManySignatures { line });
            }
            signatures.push(text.parse().map_err(|source| NoteError::Signature { line, source })?);
        }
        Ok(Self { text: text.into(), signatures })
    }

    /// Signs a text, which ends in a newline.
    ///
    /// # Errors
    /// [`NoteError`] if it is no text for a note.
    pub fn sign(text: impl Into<String>, signer: &Signer) -> Result<Self, NoteError> {
        let text = text.into();
        checked(text.as_bytes())?;
        if !text.ends_with('\n') {
            return Err(NoteError::NotEnded);
        }
        let signature = signer.sign(&text);
        Ok(Self { text, signatures: vec![signature] })
    }

    /// The text, with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, in their order; at least one.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Signs with another key as well.
    ///
    /// # Errors
    /// [`NoteError::TooManySignatures`].
    pub fn add(&mut self, signer: &Signer) -> Result<(), NoteError> {
        self.attach(signer.sign(&self.text))
    }

    /// Adds a signature that was made elsewhere. It is not verified. One that is there already is not added
    /// again.
    ///
    /// # Errors
    /// [`NoteError::TooManySignatures`].
    pub fn attach(&mut self, signature: Signature) -> Result<(), NoteError> {
        if self.signatures.contains(&signature) {
            return Ok(());
        }
        if self.signatures.len() >= MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures {
                line: self.text.lines().count() + 2 + self.signatures.len(),
            });
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Verifies every signature that says it is from a known key (C2SP signed-note, "Signatures"). Others are
    /// ignored. Answers each key that signed once, by its first signature.
    ///
    /// # Errors
    /// [`VerifyError::Invalid`] if a known key's signature does not hold: the whole note is not to be
    /// trusted.
    /// [`VerifyError::Unsigned`] if no known key signed.
    pub fn verify<'k>(
        &self,
        known: impl IntoIterator<Item = &'k Verifier>,
    ) -> Result<Vec<Verified<'k>>, VerifyError> {
        let known = known.into_iter().collect::<Vec<_>>();
        let mut verified: Vec<Verified<'k>> = Vec::new();
        for signature in &self.signatures {
            for key in known.iter().copied().filter(|key| signature.is_from(key)) {
                let invalid = || VerifyError::Invalid { name: key.name().clone(), id: key.id() };
                let seconds = key.check(&self.text, signature.bytes()).ok_or_else(invalid)?;
                if !verified.iter().any(|earlier| earlier.key == key) {
                    verified.push(Verified { key, seconds });
                }
            }
        }
        if verified.is_empty() { Err(VerifyError::Unsigned) } else { Ok(verified) }
    }
}

/// Checks what holds for all of a note: its size, UTF-8, no control characters but the newline.
fn checked(note: &[u8]) -> Result<&str, NoteError> {
    if note.len() > MAX_SIZE {
        return Err(NoteError::TooLarge { size: note.len() });
    }
    let text = std::str::from_utf8(note).map_err(|error| NoteError::Utf8 { offset: error.valid_up_to() })?;
    match text.find(|character| character < ' ' && character != '\n') {
        Some(offset) => Err(NoteError::Control { offset }),
        None => Ok(text),
    }
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(out, "{signature}"))
    }
}

/// A known key whose signature of a note holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified<'k> {
    /// The key.
    pub key: &'k Verifier,
    /// Of a cosignature: when it was made, in Unix seconds.
    pub seconds: Option<u64>,
}

/// The bytes are no note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is larger than [`MAX_SIZE`].
    #[error("a note of {size} bytes is too large")]
    TooLarge {
        /// How many bytes it has.
        size: usize,
    },
    /// It is not UTF-8.
    #[error("a note is UTF-8, and byte {offset} is not")]
    Utf8 {
        /// Where, in bytes.
        offset: usize,
    },
    /// It has a control character.
    #[error("a note has no control characters but newlines (byte {offset})")]
    Control {
        /// Where, in bytes.
        offset: usize,
    },
    /// The text does not end in a newline.
    #[error("the text of a note ends in a newline")]
    NotEnded,
    /// There is no blank line with whole signature lines behind it.
    #[error("expected signatures behind the last blank line, each ended by a newline")]
    NotSigned,
    /// A line is no signature.
    #[error("line {line} is no signature")]
    Signature {
        /// Which line, from 1.
        line: usize,
        /// Why.
        source: SignatureError,
    },
    /// There are more than [`MAX_SIGNATURES`].
    #[error("too many signatures, from line {line}")]
    TooManySignatures {
        /// The first line too many, from 1.
        line: usize,
    },
}

/// A note is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No key that is known signed it.
    #[error("no known key signed")]
    Unsigned,
    /// A signature in a known key's name does not hold.
    #[error("the signature of {name} ({id}) does not hold")]
    Invalid {
        /// The key's name.
        name: KeyName,
        /// The key's identifier.
        id: KeyId,
    },
}
