//! Where each party stands with an instrument.
//!
//! What is said of one party goes before what is said of the instrument as a whole. That the whole entered into
//! force, is applied provisionally or was suspended holds for those who had consented by then; the others stay
//! where they stand.

use serde_json::{Map, Value, json};

use super::instrument::is_binding;
use super::view::{Happening, Telling, put_list};
use crate::accounts::is_one_party;
use crate::value::{PartyRef, When};
use crate::vocabulary::{
    BINDING, CONSENT_KIND, DECLARATIONS, INSTRUMENT_KIND, OCCURRED, PARTIES, PARTY, SIGNATORIES,
    SIGNED_BY_SIDES, STEP,
};
use crate::{Data, EventName};

/// One row for each party, once one of them has done something: that the others have not is worth knowing.
pub(super) fn of(told: &Telling<'_>) -> Vec<Value> {
    let mut parties = told.described(&PARTIES).cloned().unwrap_or_default();
    for account in told.accounts() {
        let signed = account.data().list(&SIGNED_BY_SIDES);
        for party in account.data().get(&PARTY).into_iter().chain(signed) {
            if parties.iter().all(|known| !is_one_party(known, party)) {
                parties.push(party.clone());
            }
        }
    }
    let table = Table { told, is_of_two: parties.len() <= 2 };
    let rows = parties.iter().map(|party| table.row(party)).collect::<Vec<_>>();
    let is_empty = rows.iter().all(Map::is_empty);
    let named = rows.into_iter().zip(&parties).map(|(mut row, party)| {
        row.insert("party".to_owned(), json!(party));
        Value::Object(row)
    });
    if is_empty { Vec::new() } else { named.collect() }
}

struct Table<'a, 't> {
    told: &'a Telling<'t>,
    is_of_two: bool,
}

/// What the table says of something that happened, and with which fields.
const fn column(event: EventName) -> Option<(&'static str, &'static [&'static str])> {
    Some(match event {
        EventName::Signed => ("signed", &[OCCURRED.name]),
        EventName::DomesticStepTaken => ("domestic_steps", &[STEP.name, OCCURRED.name]),
        EventName::ConsentExpressed => ("consent", &[CONSENT_KIND.name, DECLARATIONS.name, OCCURRED.name]),
        EventName::ProvisionallyApplied => ("provisionally_applied", &[OCCURRED.name]),
        EventName::EnteredIntoForce => ("in_force", &[OCCURRED.name]),
        EventName::Suspended => ("suspended", &[OCCURRED.name]),
        EventName::WithdrawalNotified => ("withdrawal", &[OCCURRED.name]),
        _ => return None,
    })
}

impl Table<'_, '_> {
    /// What one party has done.
    fn row(&self, party: &PartyRef) -> Map<String, Value> {
        let mut row = Map::new();
        let mut steps = Vec::new();
        let mut own = Vec::new();
        for (at, account) in self.told.accounts().enumerate() {
            let Some((name, fields)) = column(account.event()) else { continue };
            let data = account.data();
            let is_own = data.get(&PARTY).is_some_and(|other| is_one_party(other, party));
            let concerns = match account.event() {
                EventName::Signed => signs(data, party),
                _ if data.get(&PARTY).is_some() => is_own,
                EventName::Suspended if row.contains_key("in_force") => true,
                _ => self.holds(at, &account, party),
            };
            if !concerns || (!is_own && own.contains(&name)) {
                continue;
            }
            if account.event() == EventName::DomesticStepTaken {
                steps.push(account.fields(fields));
                continue;
            }
            if is_own {
                own.push(name);
            }
            row.insert(name.to_owned(), account.fields(fields));
        }
        put_list(&mut row, "domestic_steps", steps);
        row
    }

    /// Whether what is said of the whole, `at` that place among what happened, holds for this party.
    ///
    /// Where nobody's consent is recorded, the signature is as good for what does not bind, and between two,
    /// of whom neither can be bound alone; where nobody's signature is either, it holds for the instrument's
    /// sides.
    fn holds(&self, at: usize, whole: &Happening<'_>, party: &PartyRef) -> bool {
        let of = |event| self.told.accounts().enumerate().filter(move |(_, told)| told.event() == event);
        let by_then =
            |(step_at, step): (usize, &Happening<'_>)| is_by_then((step_at, step.data()), (at, whole.data()));
        if of(EventName::ConsentExpressed).next().is_some() {
            let is_its = |data: &Data| data.get(&PARTY).is_some_and(|other| is_one_party(other, party));
            return of(EventName::ConsentExpressed)
                .any(|(at, consent)| is_its(consent.data()) && by_then((at, &consent)));
        }
        if of(EventName::Signed).next().is_some() {
            let binding = is_binding(self.told.described(&BINDING), self.told.described(&INSTRUMENT_KIND));
            return (self.is_of_two || binding == Some(false))
                && of(EventName::Signed)
                    .any(|(at, signed)| signs(signed.data(), party) && by_then((at, &signed)));
        }
        let sides = self.told.described(&PARTIES).map_or(&[][..], Vec::as_slice);
        sides.is_empty() || sides.iter().any(|side| is_one_party(side, party))
    }
}

/// Whether a step came no later than what is said of the whole: by their days, else by the order of recording.
fn is_by_then((step_at, step): (usize, &Data), (at, whole): (usize, &Data)) -> bool {
    let [step, whole] = [step, whole].map(|data| data.get(&OCCURRED).map(When::bounds));
    let step_after = step.zip(whole).and_then(|(a, b)| a.earliest.zip(b.latest)).map(|(a, b)| a > b);
    let step_before = step.zip(whole).and_then(|(a, b)| a.latest.zip(b.earliest)).map(|(a, b)| a <= b);
    step_after != Some(true) && (step_before == Some(true) || step_at < at)
}

/// Whether this party signed: named itself, or by who signed for it, or because nobody says who signed.
fn signs(data: &Data, party: &PartyRef) -> bool {
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
