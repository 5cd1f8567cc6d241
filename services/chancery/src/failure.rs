//! How a command fails: what is said on standard error, and the exit code.

use std::fmt::Write;
use std::io;
use std::process::ExitCode;

use contract::Problem;

/// The register refused, or something went wrong here.
const FAILED: u8 = 1;
/// The command line says something that cannot be done (`EX_USAGE`).
const USAGE: u8 = 64;
/// The register does not answer, or cannot now (`EX_UNAVAILABLE`).
const UNAVAILABLE: u8 = 69;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line cannot be followed.
    Usage(String),
    /// The register says no.
    Refused(Box<Problem>),
    /// The register cannot be reached.
    Unreachable(String),
    /// What was to be verified does not hold; everything that is wrong, unless that was said already.
    Unproved(String),
    /// Whoever read our output has enough.
    Unread,
    /// Anything else.
    Other(anyhow::Error),
}

impl Failure {
    /// The exit code.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => USAGE,
            Self::Unreachable(_) => UNAVAILABLE,
            Self::Refused(problem) if matches!(problem.status, 429 | 502 | 503 | 504) => UNAVAILABLE,
            Self::Refused(_) | Self::Unproved(_) | Self::Other(_) => FAILED,
            Self::Unread => 0,
        })
    }

    /// What is said to people: every mistake with its place.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Usage(detail) | Self::Unreachable(detail) => format!("error: {detail}"),
            Self::Refused(problem) => refusal(problem),
            Self::Unproved(text) => text.clone(),
            Self::Unread => String::new(),
            Self::Other(error) => format!("error: {error:#}"),
        }
    }
}

fn refusal(problem: &Problem) -> String {
    let mut text = format!("refused: {}", problem.title);
    // With one mistake, the detail repeats it.
    if problem.errors.len() != 1 && !problem.detail.is_empty() {
        let _ = write!(text, ": {}", problem.detail);
    }
    for error in &problem.errors {
        let place = place(&error.pointer);
        let _ = write!(text, "\n  {place}: {}", error.detail);
    }
    text
}

/// Where a mistake is: a place in what was sent, or the flag of a query parameter.
fn place(pointer: &str) -> String {
    match pointer.strip_prefix('?') {
        Some("q") => "WORDS".to_owned(),
        Some(parameter) => format!("--{}", parameter.replace('_', "-")),
        None if pointer.is_empty() => "(the whole)".to_owned(),
        None => pointer.to_owned(),
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::Unread } else { Self::Other(error.into()) }
    }
}

#[cfg(test)]
mod tests {
    use contract::{InputError, ProblemKind};

    use super::*;

    #[test]
    fn every_mistake_is_shown_with_its_place() {
        let mistake = |pointer: &str| InputError { detail: "is required".into(), pointer: pointer.into() };
        let two = Failure::from(Problem::invalid(vec![mistake("/data/text"), mistake("/data/owners")]));
        let text =
            "refused: Invalid input: 2 mistakes\n  /data/text: is required\n  /data/owners: is required";
        assert_eq!(two.text(), text);
        let one = Failure::from(Problem::invalid(vec![mistake("/type")]));
        assert_eq!(one.text(), "refused: Invalid input\n  /type: is required");
    }

    #[test]
    fn a_wrong_parameter_is_named_by_its_flag() {
        assert_eq!(
            ["?known_at", "?q", "/type", ""].map(place),
            ["--known-at", "WORDS", "/type", "(the whole)"]
        );
    }

    #[test]
    fn what_may_pass_by_itself_has_a_code_of_its_own() {
        let code = |kind| Failure::from(Problem::new(kind, "")).code();
        assert_eq!(code(ProblemKind::Unavailable), ExitCode::from(UNAVAILABLE));
        assert_eq!(code(ProblemKind::NotFound), ExitCode::from(FAILED));
    }
}
