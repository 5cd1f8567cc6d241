//! What became of a submission that was not refused.

use contract::Submitted;

/// What became of a submission that was not refused.
#[derive(Debug)]
pub(crate) struct Answer {
    /// For the caller.
    pub(crate) submitted: Submitted,
    /// How it is counted, and whether anything was recorded.
    pub(crate) outcome: Outcome,
}

/// How a submission that was not refused ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// At least one event is new.
    Recorded,
    /// All were recorded before.
    Duplicate,
    /// It would be admitted.
    DryRun,
}

impl Outcome {
    /// How it is counted.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Duplicate => "duplicate",
            Self::DryRun => "dry-run",
        }
    }
}
