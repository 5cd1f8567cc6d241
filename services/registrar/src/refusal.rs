//! Refusals with their place in what was sent.

use std::error::Error;

use contract::{InputError, Problem, ProblemKind};
use domain::read::Issue;
use eventlog::AppendError;

/// Where an event stands in the submission. Pointers begin with its index if a list was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    index: Option<usize>,
}

impl Place {
    /// The place of the event at `index`.
    pub(crate) fn new(index: usize, listed: bool) -> Self {
        Self { index: listed.then_some(index) }
    }

    /// A pointer into the event: `/data/kind`, in a list `/3/data/kind`.
    pub(crate) fn pointer(self, within: &str) -> String {
        self.index.map_or_else(|| within.to_owned(), |index| format!("/{index}{within}"))
    }

    /// A mistake in an envelope's field.
    pub(crate) fn mistake(self, field: &str, detail: impl Into<String>) -> InputError {
        InputError { pointer: self.pointer(field), detail: detail.into() }
    }

    /// Mistakes in `data`.
    pub(crate) fn issues(self, issues: Vec<Issue>) -> impl Iterator<Item = InputError> {
        issues.into_iter().map(move |issue| self.mistake(&format!("/data{}", issue.pointer), issue.detail))
    }

    /// A refusal of another kind that has a place all the same.
    pub(crate) fn refuse(self, kind: ProblemKind, field: &str, detail: impl Into<String>) -> Problem {
        let mistake = self.mistake(field, detail);
        let detail = mistake.to_string();
        Problem { errors: vec![mistake], ..Problem::new(kind, detail) }
    }
}

/// The log did not answer a read.
pub(crate) fn unread(error: &eventlog::Error) -> Problem {
    if error.is_transient() {
        tracing::warn!(error = %chain(error), "the log does not answer");
        return Problem::new(ProblemKind::Unavailable, "the log does not answer");
    }
    internal(error)
}

/// The log did not take an append, for certain.
pub(crate) fn not_taken(error: &AppendError) -> Problem {
    match error {
        _ if error.is_transient() => {
            tracing::warn!(error = %chain(error), "the log does not take events");
            Problem::new(ProblemKind::Unavailable, "the log does not take events now")
        }
        _ => internal(error),
    }
}

/// Something that is not the caller's fault.
pub(crate) fn internal(error: &dyn Error) -> Problem {
    tracing::error!(error = %chain(error), "a submission failed");
    Problem::new(ProblemKind::Internal, "the operator's log says more")
}

/// The bucket of keys did not answer, or is not what it should be.
pub(crate) fn no_key(error: &sealing::Error) -> Problem {
    if error.is_transient() {
        tracing::warn!(error = %chain(error), "the keys of sealed records cannot be had");
        return Problem::new(ProblemKind::Unavailable, "the keys of sealed records cannot be had now");
    }
    internal(error)
}

/// What a record says is sealed, and there is no key to open it with.
pub(crate) fn closed() -> Problem {
    tracing::error!("a submission is about a sealed record that has no key: was the bucket of keys lost?");
    Problem::new(ProblemKind::Unavailable, "what a sealed record says cannot be read now")
}

/// The deadline came first; nothing was recorded.
pub(crate) fn late() -> Problem {
    Problem::new(ProblemKind::Unavailable, "the register could not do it in time; nothing was recorded")
}

/// Others were always faster; nothing was recorded.
pub(crate) fn contended() -> Problem {
    Problem::new(ProblemKind::Unavailable, "others keep changing these records; nothing was recorded")
}

/// The log may have taken an append.
pub(crate) fn outcome_unknown() -> Problem {
    Problem::new(ProblemKind::OutcomeUnknown, "the log did not answer; send it again with the same ids")
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
