//! The vocabulary at a glance: every event of every aggregate, with the fields that it takes.
//!
//! Rows and fields are only ever added, never taken away or made stricter: what was once recorded stays
//! readable.

mod content;
mod fields;
mod parts;
mod words;

use std::sync::LazyLock;

pub use content::{Content, Kept, Type};
pub use fields::*;
pub use parts::{Change, Code, Identifier, Json, MatterParty, Pointer, Series};
pub use words::{
    AmendmentKind, Binding, Conclusion, ConsentKind, Disposal, InstrumentKind, MatterKind, MatterRole, Mode,
    RetentionAction, SourceKind, Strength, Termination,
};

use crate::value::Topics;
use crate::{Aggregate, Clocks, EventKind, EventName, Levels};

/// What a deployment may configure: the levels of markings, the top levels of topics, the clocks.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// The top levels of topics that are known.
    pub topics: Topics,
    /// The levels of markings, in order.
    pub levels: Levels,
    /// The periods that events start.
    pub clocks: Clocks,
}

/// An event of an aggregate with its own fields.
#[derive(Debug)]
pub struct Row {
    /// What happened.
    pub event: EventName,
    /// The fields that it has besides the descriptive and the common ones, or must have.
    pub own: &'static [Field],
    /// What a second one is.
    pub again: Again,
}

/// What a second event of one type in a record is, if it does not say so itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It happened again.
    Happened,
    /// It happens once: another account of the first.
    Restated,
    /// It happens once for each of what these fields hold.
    RestatedOf(&'static [&'static str]),
}

impl Row {
    const fn once(self) -> Self {
        Self { again: Again::Restated, ..self }
    }

    const fn once_each(self, fields: &'static [&'static str]) -> Self {
        Self { again: Again::RestatedOf(fields), ..self }
    }
}

/// What any event may carry.
pub const COMMON: &[Field] = &[
    OCCURRED.may(),
    WINDOW.may(),
    BY.may(),
    REASON.may(),
    LINKS.may(),
    UTTERANCES.may(),
    CITATIONS.may(),
    NOTES.may(),
    RESTATES.may(),
];

/// What any event of the aggregate may carry: it describes the record.
#[must_use]
#[rustfmt::skip]
pub const fn descriptive(aggregate: Aggregate) -> &'static [Field] {
    match aggregate {
        Aggregate::Engagement => const { &[
            TITLE.may(), ENGAGEMENT_KIND.may(), PLACE.may(), MODE.may(), PARTICIPANTS.may(), TOPICS.may(),
            SERIES.may(),
        ] },
        Aggregate::Instrument => const { &[
            TITLE.may(), INSTRUMENT_KIND.may(), BINDING.may(), ALIASES.may(), PARTIES.may(), SUBJECT.may(),
            AMOUNTS.may(),
        ] },
        Aggregate::Commitment => const { &[
            TEXT.may(), STRENGTH.may(), OWNERS.may(), BENEFICIARIES.may(), DUE.may(), CONDITIONS.may(),
            TOPICS.may(), AMOUNTS.may(),
        ] },
        Aggregate::Matter => const { &[
            TITLE.may(), MATTER_KIND.may(), MATTER_PARTIES.may(), PLACE.may(), TOPICS.may(), COMMODITY.may(),
        ] },
        Aggregate::Party => const { &[PARTY_KIND.may(), COUNTRY.may(), IDENTIFIERS.may()] },
        Aggregate::Source => const { &[
            SOURCE_KIND.may(), PUBLISHER.may(), TITLE.may(), PUBLISHED.may(), UPDATED.may(), DATELINE.may(),
            CREDITS.may(), LANGUAGE.may(), MEDIA_TYPE.may(), SHA256.may(), URL.may(),
        ] },
    }
}

#[rustfmt::skip]
const ENGAGEMENT: &[Row] = &[
    row(EventName::Proposed, &[]).once(),
    row(EventName::Expected, &[]),
    row(EventName::Scheduled, &[]),
    row(EventName::Postponed, &[]),
    row(EventName::Cancelled, &[]).once(),
    row(EventName::NotHeld, &[]).once(),
    row(EventName::UnderWay, &[]),
    row(EventName::Held, &[]).once(),
    row(EventName::ParticipantsAmended, &[PARTICIPANTS.must()]),
    row(EventName::StatementIssued, &[ISSUERS.must(), FORM.may(), REFERENCE.may()]),
];

#[rustfmt::skip]
const INSTRUMENT: &[Row] = &[
    row(EventName::Proposed, &[]).once(),
    row(EventName::NegotiationOpened, &[]),
    row(EventName::NegotiationReviewed, &[FINDING.may()]),
    row(EventName::NegotiationSuspended, &[]),
    row(EventName::NegotiationResumed, &[]),
    row(EventName::NegotiationConcluded, &[HOW_CONCLUDED.may(), OPEN_FOR_SIGNATURE.may()]).once(),
    row(EventName::Initialled, &[]).once(),
    row(EventName::Signed, &[SIGNATORIES.may(), SIGNED_BY_SIDES.may(), COUNT.may()]).once(),
    row(EventName::DomesticStepTaken, &[PARTY.must(), STEP.must()]).once_each(&["party", "step"]),
    row(EventName::ConsentExpressed, &[PARTY.must(), CONSENT_KIND.must(), DECLARATIONS.may()]).once_each(&["party"]),
    row(EventName::ProvisionallyApplied, &[PARTY.may()]),
    row(EventName::EnteredIntoForce, &[PARTY.may()]).once_each(&["party"]),
    row(EventName::Registered, &[REGISTER.must(), NUMBER.may(), REFERENCE.may()]).once_each(&["register"]),
    row(EventName::Amended, &[AMENDMENT_KIND.may()]),
    row(EventName::WithdrawalNotified, &[PARTY.must()]).once_each(&["party"]),
    row(EventName::Suspended, &[PARTY.may()]),
    row(EventName::Terminated, &[HOW_TERMINATED.may()]).once(),
    row(EventName::Superseded, &[SUPERSEDED_BY.may()]).once(),
];

#[rustfmt::skip]
const COMMITMENT: &[Row] = &[
    row(EventName::Made, &[TEXT.must(), STRENGTH.must(), OWNERS.must()]).once(),
    row(EventName::Accepted, &[]),
    row(EventName::Progressed, &[DESCRIPTION.may()]),
    row(EventName::DueChanged, &[DUE.must()]),
    row(EventName::Fulfilled, &[IN_PART.may()]).once_each(&["in_part"]),
    row(EventName::Withdrawn, &[]).once(),
];

#[rustfmt::skip]
const MATTER: &[Row] = &[
    row(EventName::Opened, &[]).once(),
    row(EventName::DevelopmentRecorded, &[STATUS.may(), DESCRIPTION.may(), AMOUNTS.may(), QUANTITIES.may()]),
    row(EventName::Closed, &[]),
    row(EventName::Reopened, &[]),
];

#[rustfmt::skip]
const PARTY_EVENTS: &[Row] = &[
    row(EventName::Registered, &[NAMES.must(), LANG.may()]).once(),
    row(EventName::Named, &[NAME.must(), LANG.may()]),
    row(EventName::Appointed, &[POST.must(), ORGANISATION.may()]),
    row(EventName::LeftPost, &[POST.may(), ORGANISATION.may()]),
];

#[rustfmt::skip]
const SOURCE: &[Row] = &[
    row(EventName::Captured, &[]).once(),
    row(EventName::Revised, &[]),
    row(EventName::Withdrawn, &[]).once(),
];

/// What may happen to a record of any aggregate, in the register.
#[rustfmt::skip]
const CONTROL: &[Row] = &[
    row(EventName::Corrected, &[EVENT.must(), CHANGES.must(), AUTHORITY.may()]),
    row(EventName::Retracted, &[EVENT.must(), AUTHORITY.may()]),
    row(EventName::Contested, &[EVENT.must(), POINTER.may(), ALTERNATIVE.may()]),
    row(EventName::Adjudicated, &[EVENT.must(), POINTER.may(), CHOSEN.must(), AUTHORITY.may()]),
    row(EventName::MergedInto, &[RECORD.must()]),
    row(EventName::MarkingChanged, &[LEVEL.may(), CAVEATS.may(), REVIEW_ON.may(), AUTHORITY.may()]),
    row(EventName::ReleaseAuthorised, &[RELEASE_TO.must(), AUTHORITY.may()]),
    row(EventName::ReleaseRevoked, &[RELEASE_TO.must(), AUTHORITY.may()]),
    row(EventName::HoldPlaced, &[AUTHORITY.may()]),
    row(EventName::HoldLifted, &[HOLD.may(), AUTHORITY.may()]),
    row(EventName::RetentionAssigned, &[CLASS.may(), TRIGGER.may(), ACTION.may(), RETENTION_DUE.may(), AUTHORITY.may()]),
    row(EventName::Disposed, &[HOW_DISPOSED.may(), AUTHORITY.may(), REQUESTER.may()]),
];

const fn row(event: EventName, own: &'static [Field]) -> Row {
    Row { event, own, again: Again::Happened }
}

/// Every event of an aggregate, its own first, then record control.
pub fn rows(aggregate: Aggregate) -> impl Iterator<Item = &'static Row> {
    let own = match aggregate {
        Aggregate::Engagement => ENGAGEMENT,
        Aggregate::Instrument => INSTRUMENT,
        Aggregate::Commitment => COMMITMENT,
        Aggregate::Matter => MATTER,
        Aggregate::Party => PARTY_EVENTS,
        Aggregate::Source => SOURCE,
    };
    own.iter().chain(CONTROL)
}

/// An event type's row, if the vocabulary has it.
#[must_use]
pub fn row_of(aggregate: Aggregate, event: EventName) -> Option<&'static Row> {
    rows(aggregate).find(|row| row.event == event)
}

/// Every field that a stored event of this type may have, by name. What is its own hides what is descriptive.
#[must_use]
pub fn fields(kind: EventKind) -> &'static [Field] {
    static FIELDS: LazyLock<Vec<(EventKind, Vec<Field>)>> = LazyLock::new(|| {
        let mut all = EventKind::all().map(|kind| (kind, assemble(kind))).collect::<Vec<_>>();
        all.sort_unstable_by_key(|(kind, _)| *kind);
        all
    });
    let found = FIELDS.binary_search_by_key(&kind, |(kind, _)| *kind);
    found.map_or(&[], |at| FIELDS[at].1.as_slice())
}

/// The fields that a proposal of this type may have. Record control takes its own and the common ones: what
/// describes a record belongs to the event that tells it, and changes by a correction. (Where a stored one has
/// others, they stay readable.)
pub fn proposed(kind: EventKind) -> impl Iterator<Item = &'static Field> {
    let own = row_of(kind.aggregate(), kind.event()).map_or(&[][..], |row| row.own);
    let is_taken = move |name| own.iter().chain(COMMON).any(|field| field.name == name);
    fields(kind).iter().filter(move |field| !kind.event().is_control() || is_taken(field.name))
}

/// Whether the field of this event describes the record.
#[must_use]
pub fn describes(kind: EventKind, name: &str) -> bool {
    let of_record = descriptive(kind.aggregate()).iter().find(|field| field.name == name);
    let of_event = fields(kind).iter().find(|field| field.name == name);
    of_record.zip(of_event).is_some_and(|(a, b)| a.kept == b.kept)
}

fn assemble(kind: EventKind) -> Vec<Field> {
    let own = row_of(kind.aggregate(), kind.event()).map_or(&[][..], |row| row.own);
    let mut fields = own.to_vec();
    for field in descriptive(kind.aggregate()).iter().chain(COMMON) {
        if fields.iter().all(|known| known.name != field.name) {
            fields.push(*field);
        }
    }
    fields.sort_unstable_by_key(|field| field.name);
    fields
}
