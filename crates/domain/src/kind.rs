//! What happened: an event's type, `chancery.<aggregate>.<event>.v1`.

use std::fmt;
use std::str::FromStr;

use crate::value::words::words;
use crate::{Aggregate, vocabulary};

const PREFIX: &str = "chancery.";
const VERSION: &str = ".v1";

words! {
    /// What happened, in the past tense. Which aggregate takes which of them, the [vocabulary] says.
    pub enum EventName {
        /// Somebody proposed it.
        Proposed => "proposed",
        /// It is thought to take place.
        Expected => "expected",
        /// A time was fixed; again: another time.
        Scheduled => "scheduled",
        /// It was put off.
        Postponed => "postponed",
        /// It was called off.
        Cancelled => "cancelled",
        /// It did not take place.
        NotHeld => "not_held",
        /// It is going on.
        UnderWay => "under_way",
        /// It took place.
        Held => "held",
        /// Who takes part, or how, changed.
        ParticipantsAmended => "participants_amended",
        /// A statement, readout or communiqué was given out.
        StatementIssued => "statement_issued",
        /// Negotiations began.
        NegotiationOpened => "negotiation_opened",
        /// Negotiations were taken stock of.
        NegotiationReviewed => "negotiation_reviewed",
        /// Negotiations were interrupted.
        NegotiationSuspended => "negotiation_suspended",
        /// Negotiations went on.
        NegotiationResumed => "negotiation_resumed",
        /// The text is settled.
        NegotiationConcluded => "negotiation_concluded",
        /// The text was initialled.
        Initialled => "initialled",
        /// It was signed.
        Signed => "signed",
        /// A party took a step that its own law asks for.
        DomesticStepTaken => "domestic_step_taken",
        /// A party consented to be bound.
        ConsentExpressed => "consent_expressed",
        /// It is applied before it is in force.
        ProvisionallyApplied => "provisionally_applied",
        /// It entered into force, for one party or as a whole.
        EnteredIntoForce => "entered_into_force",
        /// It was registered with a depositary or organisation.
        Registered => "registered",
        /// It was changed.
        Amended => "amended",
        /// A party gave notice that it leaves.
        WithdrawalNotified => "withdrawal_notified",
        /// Its operation was interrupted.
        Suspended => "suspended",
        /// It ended.
        Terminated => "terminated",
        /// Another one took its place.
        Superseded => "superseded",
        /// It was undertaken or wished for.
        Made => "made",
        /// Those to whom it was made accepted it.
        Accepted => "accepted",
        /// Something was done about it.
        Progressed => "progressed",
        /// It is due at another time.
        DueChanged => "due_changed",
        /// It was done.
        Fulfilled => "fulfilled",
        /// It was taken back.
        Withdrawn => "withdrawn",
        /// It came up.
        Opened => "opened",
        /// Something happened in it.
        DevelopmentRecorded => "development_recorded",
        /// It is settled.
        Closed => "closed",
        /// It came up again.
        Reopened => "reopened",
        /// It has this name, or has it from now on.
        Named => "named",
        /// A person took up a post.
        Appointed => "appointed",
        /// A person left a post.
        LeftPost => "left_post",
        /// It was taken in.
        Captured => "captured",
        /// It appeared changed.
        Revised => "revised",
        /// An event was described wrongly.
        Corrected => "corrected",
        /// An event did not happen.
        Retracted => "retracted",
        /// An event is objected to.
        Contested => "contested",
        /// Between accounts of an event one was chosen.
        Adjudicated => "adjudicated",
        /// Another record stands for the same.
        MergedInto => "merged_into",
        /// The record's marking changed, but for its releasability.
        MarkingChanged => "marking_changed",
        /// The record may be released to more.
        ReleaseAuthorised => "release_authorised",
        /// The record may be released to fewer.
        ReleaseRevoked => "release_revoked",
        /// The record must not be disposed of.
        HoldPlaced => "hold_placed",
        /// A hold ended.
        HoldLifted => "hold_lifted",
        /// How long the record is kept was settled.
        RetentionAssigned => "retention_assigned",
        /// The record was destroyed or transferred.
        Disposed => "disposed",
    }
}

impl EventName {
    /// Whether it is about what the register holds, not about the world.
    #[must_use]
    pub const fn is_control(self) -> bool {
        use EventName as E;
        matches!(
            self,
            E::Corrected
                | E::Retracted
                | E::Contested
                | E::Adjudicated
                | E::MergedInto
                | E::MarkingChanged
                | E::ReleaseAuthorised
                | E::ReleaseRevoked
                | E::HoldPlaced
                | E::HoldLifted
                | E::RetentionAssigned
                | E::Disposed
        )
    }
}

impl EventName {
    /// Whether it is about how a record is kept: who may see it, for how long it is kept, what became of it. That is
    /// still to be told when nothing of the record's content is left.
    #[must_use]
    pub const fn is_custody(self) -> bool {
        use EventName as E;
        matches!(
            self,
            E::MarkingChanged
                | E::ReleaseAuthorised
                | E::ReleaseRevoked
                | E::HoldPlaced
                | E::HoldLifted
                | E::RetentionAssigned
                | E::Disposed
        )
    }
}

/// An event's type: what happened, to what kind of record. Only those of the vocabulary exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKind {
    aggregate: Aggregate,
    event: EventName,
}

impl EventKind {
    /// The type, if the vocabulary has it.
    #[must_use]
    pub fn new(aggregate: Aggregate, event: EventName) -> Option<Self> {
        let kind = Self { aggregate, event };
        vocabulary::row_of(aggregate, event).map(|_| kind)
    }

    /// Every type there is.
    pub fn all() -> impl Iterator<Item = Self> {
        Aggregate::ALL.into_iter().flat_map(|aggregate| {
            vocabulary::rows(aggregate).map(move |row| Self { aggregate, event: row.event })
        })
    }

    /// The kind of record that it happens to.
    #[must_use]
    pub const fn aggregate(self) -> Aggregate {
        self.aggregate
    }

    /// What happened.
    #[must_use]
    pub const fn event(self) -> EventName {
        self.event
    }

    /// The short form: `engagement.held`.
    #[must_use]
    pub fn short(self) -> String {
        format!("{}.{}", self.aggregate, self.event)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{PREFIX}{}.{}{VERSION}", self.aggregate, self.event)
    }
}

impl FromStr for EventKind {
    type Err = UnknownEventKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownEventKind::new(text);
        let short = match text.strip_prefix(PREFIX) {
            Some(rest) => rest.strip_suffix(VERSION).ok_or_else(unknown)?,
            None => text,
        };
        let (aggregate, event) = short.split_once('.').ok_or_else(unknown)?;
        let aggregate = aggregate.parse().map_err(|_| unknown())?;
        event.parse().ok().and_then(|event| Self::new(aggregate, event)).ok_or_else(unknown)
    }
}

/// The vocabulary has no such event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{found}” is no event type: expected {expected}")]
pub struct UnknownEventKind {
    found: String,
    expected: String,
}

impl UnknownEventKind {
    fn new(text: &str) -> Self {
        let found = text.chars().take(80).collect();
        let aggregate = text.trim_start_matches(PREFIX).split('.').next().and_then(|name| name.parse().ok());
        let expected = match aggregate {
            None => "<aggregate>.<event>, such as engagement.held".to_owned(),
            Some(aggregate) => {
                let events = vocabulary::rows(aggregate).map(|row| row.event.as_str());
                format!("{aggregate}.<event> with one of {}", events.collect::<Vec<_>>().join(", "))
            }
        };
        Self { found, expected }
    }
}

/// What an event of the log says it is; what this version of the program does not know is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// In the vocabulary.
    Known(EventKind),
    /// Written by a later version, perhaps.
    Unknown(String),
}

impl Kind {
    /// Reads a stored type.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Unknown(text.to_owned()), Self::Known)
    }

    /// The type, if it is known.
    #[must_use]
    pub const fn known(&self) -> Option<EventKind> {
        match self {
            Self::Known(kind) => Some(*kind),
            Self::Unknown(_) => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(kind) => kind.fmt(out),
            Self::Unknown(text) => out.write_str(text),
        }
    }
}

impl From<EventKind> for Kind {
    fn from(kind: EventKind) -> Self {
        Self::Known(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_back_in_both_forms() {
        for kind in EventKind::all() {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(kind.short().parse(), Ok(kind));
        }
    }

    #[test]
    fn an_unknown_type_is_told_which_there_are() {
        let error = "source.held".parse::<EventKind>().expect_err("sources are not held");
        assert!(error.to_string().contains("captured, revised, withdrawn"), "{error}");
        for text in ["held", "chancery.engagement.held", "chancery.engagement.held.v2", "visit.held", ""] {
            assert!(text.parse::<EventKind>().is_err(), "{text}");
        }
    }
}
