//! Instruments: negotiated, signed, consented to, in force.

use serde_json::{Map, Value};

use super::course::Course;
use super::standing;
use super::view::{Telling, put_list};
use crate::vocabulary::{
    BINDING, Binding, HOW_TERMINATED, INSTRUMENT_KIND, InstrumentKind, PARTY, SUBJECT, Termination,
};
use crate::{Data, EventName};

/// The stage of the signature: what comes after it, each party does for itself.
pub(super) const SIGNED: u8 = 5;

/// How far in the plausible order.
pub(super) const fn stage(event: EventName) -> Option<u8> {
    Some(match event {
        EventName::Proposed => 1,
        EventName::NegotiationOpened
        | EventName::NegotiationReviewed
        | EventName::NegotiationSuspended
        | EventName::NegotiationResumed => 2,
        EventName::NegotiationConcluded => 3,
        EventName::Initialled => 4,
        EventName::Signed => SIGNED,
        EventName::DomesticStepTaken => 6,
        EventName::ConsentExpressed | EventName::ProvisionallyApplied => 7,
        EventName::EnteredIntoForce | EventName::Suspended => 8,
        EventName::Terminated | EventName::Superseded => 9,
        _ => return None,
    })
}

pub(super) fn advance(course: &mut Course, event: EventName, data: &Data) {
    course.happened(data);
    let Some(stage) = stage(event) else { return };
    if stage < course.stage {
        return;
    }
    let of_one_party = data.get(&PARTY).is_some();
    let status = match event {
        EventName::NegotiationOpened | EventName::NegotiationResumed => "under_negotiation",
        EventName::NegotiationReviewed if course.status == Some("negotiation_suspended") => return,
        EventName::NegotiationReviewed => "under_negotiation",
        EventName::NegotiationConcluded => "concluded",
        EventName::EnteredIntoForce if of_one_party && course.status == Some("suspended") => return,
        EventName::EnteredIntoForce => "in_force",
        EventName::Suspended if of_one_party => return,
        EventName::Terminated if data.get(&HOW_TERMINATED) == Some(&Termination::Expired) => "expired",
        // What a party does at home says where that party stands, not the instrument.
        EventName::DomesticStepTaken if course.status.is_some() => return,
        other => other.as_str(),
    };
    course.status = Some(status);
}

/// Whether it binds in law, as stated or else as its kind usually does.
pub(super) fn is_binding(binding: Option<&Binding>, kind: Option<&InstrumentKind>) -> Option<bool> {
    match binding {
        Some(Binding::Yes) => Some(true),
        Some(Binding::No) => Some(false),
        Some(Binding::Unknown) => None,
        None => kind.and_then(|kind| kind.is_usually_binding()),
    }
}

/// The status in the words of its kind: what does not bind is operative, not in force.
pub(super) fn status(told: &Telling<'_>, status: &'static str) -> &'static str {
    let binding = is_binding(told.described(&BINDING), told.described(&INSTRUMENT_KIND));
    if status == "in_force" && binding == Some(false) { "operative" } else { status }
}

/// What the view shows besides the description.
pub(super) fn show(told: &Telling<'_>, out: &mut Map<String, Value>) {
    // `subject` is the record's address in every view.
    if let Some(subject) = out.remove(SUBJECT.name) {
        out.insert("subject_matter".to_owned(), subject);
    }
    let list = |event| told.of(event).map(|told| told.own()).collect::<Vec<_>>();
    put_list(out, "reviews", list(EventName::NegotiationReviewed));
    put_list(out, "registrations", list(EventName::Registered));
    put_list(out, "amendments", list(EventName::Amended));
    for (name, event) in [
        ("concluded", EventName::NegotiationConcluded),
        ("signed", EventName::Signed),
        ("terminated", EventName::Terminated),
        ("superseded", EventName::Superseded),
    ] {
        if let Some(first) = list(event).into_iter().next() {
            out.insert(name.to_owned(), first);
        }
    }
    let of_all = told.of(EventName::EnteredIntoForce).find(|told| told.data().get(&PARTY).is_none());
    if let Some(all) = of_all {
        out.insert("entered_into_force".to_owned(), all.own());
    }
    put_list(out, "standing", standing::of(told));
}
