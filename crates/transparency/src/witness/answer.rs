//! What a witness answers.

use crate::encoding;
use crate::note::Signature;

/// An answer to `add-checkpoint`: HTTP status, content type and body (C2SP tlog-witness, "add-checkpoint").
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200: cosigned; at least one signature. Kept by the witness before it answers.
    Cosigned(Vec<Signature>),
    /// 400: the request cannot be read, or its old size is larger than the checkpoint's.
    Malformed,
    /// 403: no key that the witness trusts for this log signed the checkpoint, or a signature does not hold.
    NotByLog,
    /// 404: the witness does not know the log.
    UnknownLog,
    /// 409: the witness cosigned another size last than the log thinks.
    Conflict {
        /// The size that it cosigned last; 0 if none.
        size: u64,
    },
    /// 422: the trees are not consistent, or the proof does not say so.
    Inconsistent,
}

impl Answer {
    /// The content type of a [`Answer::Conflict`].
    pub const SIZE_TYPE: &str = "text/x.tlog.size";

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Cosigned(_) => 200,
            Self::Malformed => 400,
            Self::NotByLog => 403,
            Self::UnknownLog => 404,
            Self::Conflict { .. } => 409,
            Self::Inconsistent => 422,
        }
    }

    /// The content type.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => Self::SIZE_TYPE,
            _ => "text/plain; charset=utf-8",
        }
    }

    /// The body. Of a refusal other than a conflict the standard asks none; it says what is wrong.
    #[must_use]
    pub fn body(&self) -> String {
        match self {
            Self::Cosigned(signatures) => {
                signatures.iter().flat_map(|signature| [signature.to_string(), "\n".into()]).collect()
            }
            Self::Malformed => "malformed request, or an old size beyond the checkpoint's\n".into(),
            Self::NotByLog => "not signed by a trusted key of the log\n".into(),
            Self::UnknownLog => "unknown log\n".into(),
            Self::Conflict { size } => format!("{size}\n"),
            Self::Inconsistent => "the consistency proof does not hold\n".into(),
        }
    }

    /// Reads a witness's answer. Signatures are not verified:
    /// [attach](crate::checkpoint::Signed::attach) them and [open](crate::checkpoint::Signed::open) the
    /// checkpoint.
    ///
    /// # Errors
    /// [`InvalidAnswer`] if the status is none of the protocol, or the body is not what belongs to it.
    pub fn parse(status: u16, body: &[u8]) -> Result<Self, InvalidAnswer> {
        let text = || std::str::from_utf8(body).ok().and_then(|body| body.strip_suffix('\n'));
        match status {
            200 => {
                let lines = text().ok_or(InvalidAnswer::Signature { line: 1 })?.split('\n');
                let signature =
                    |(line, text): (_, &str)| text.parse().map_err(|_| InvalidAnswer::Signature { line });
                (1..).zip(lines).map(signature).collect::<Result<_, _>>().map(Self::Cosigned)
            }
            400 => Ok(Self::Malformed),
            403 => Ok(Self::NotByLog),
            404 => Ok(Self::UnknownLog),
            409 => {
                let size = text().and_then(encoding::decimal).ok_or(InvalidAnswer::Size)?;
                Ok(Self::Conflict { size })
            }
            422 => Ok(Self::Inconsistent),
            status => Err(InvalidAnswer::Status(status)),
        }
    }
}

/// What came is no answer of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAnswer {
    /// The protocol has no such status.
    #[error("no witness answers with the status {0}")]
    Status(u16),
    /// A line is no signature.
    #[error("line {line} is no signature")]
    Signature {
        /// Which line, from 1.
        line: usize,
    },
    /// A conflict does not say the size.
    #[error("expected a size, a decimal of at most 64 bits without leading zeros")]
    Size,
}
