//! Instruments: negotiated, signed, consented to, in force; a table of where each party stands.

use serde_json::{Map, Value, json};

use super::course::Course;
use super::view::{Telling, put_list};
use crate::accounts::is_one_party;
use crate::value::PartyRef;
use crate::vocabulary::{
    BINDING, Binding, CONSENT_KIND, DECLARATIONS, HOW_TERMINATED, INSTRUMENT_KIND, InstrumentKind, OCCURRED,
    PARTIES, PARTY, SIGNATORIES, SIGNED_BY_SIDES, STEP, SUBJECT, Termination,
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
    put_list(out, "standing", standing(told));
}

/// Where each party stands.
fn standing(told: &Telling<'_>) -> Vec<Value> {
    let mut parties = told.described(&PARTIES).cloned().unwrap_or_default();
    for account in told.accounts() {
        let signed = account.data().list(&SIGNED_BY_SIDES);
        for party in account.data().get(&PARTY).into_iter().chain(signed) {
            if parties.iter().all(|known| !is_one_party(known, party)) {
                parties.push(party.clone());
            }
        }
    }
    let rows = parties.iter().filter_map(|party| row(told, party));
    rows.collect()
}

/// One party's row; nothing if it has done nothing yet.
fn row(told: &Telling<'_>, party: &PartyRef) -> Option<Value> {
    let mut row = Map::new();
    let mut steps = Vec::new();
    for account in told.accounts() {
        let data = account.data();
        if !concerns(data, account.event(), party) {
            continue;
        }
        let name = match account.event() {
            EventName::Signed => "signed",
            EventName::DomesticStepTaken => {
                steps.push(account.fields(&[STEP.name, OCCURRED.name]));
                continue;
            }
            EventName::ConsentExpressed => "consent",
            EventName::ProvisionallyApplied => "provisionally_applied",
            EventName::EnteredIntoForce => "in_force",
            EventName::Suspended => "suspended",
            EventName::WithdrawalNotified => "withdrawal",
            _ => continue,
        };
        let fields: &[_] = match account.event() {
            EventName::ConsentExpressed => &[CONSENT_KIND.name, DECLARATIONS.name, OCCURRED.name],
            _ => &[OCCURRED.name],
        };
        row.insert(name.to_owned(), account.fields(fields));
    }
    put_list(&mut row, "domestic_steps", steps);
    if row.is_empty() {
        return None;
    }
    row.insert("party".to_owned(), json!(party));
    Some(Value::Object(row))
}

/// Whether an event says something of this party: by its name, or because it says it of all.
fn concerns(data: &Data, event: EventName, party: &PartyRef) -> bool {
    if event != EventName::Signed {
        return data.get(&PARTY).is_none_or(|other| is_one_party(other, party));
    }
    let sides = data.list(&SIGNED_BY_SIDES);
    let signatories = data.list(&SIGNATORIES);
    let by_side = sides.iter().any(|side| is_one_party(side, party));
    let by_person = signatories.iter().any(|signatory| {
        let acts_for = |side: &PartyRef| is_one_party(side, party);
        let of_side = signatory.side.as_ref().is_some_and(|side| side.as_str() == party.key());
        signatory.on_behalf_of.as_ref().map_or(of_side, acts_for)
    });
    by_side || by_person || (sides.is_empty() && signatories.is_empty())
}
