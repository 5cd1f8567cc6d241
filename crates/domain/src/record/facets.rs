//! What a record is found by.

use std::collections::BTreeSet;

use super::view::Telling;
use crate::value::{CountryCode, Participant, PartyRef, Place};
use crate::vocabulary::{
    BENEFICIARIES, BY, COUNTRY, ISSUERS, MATTER_PARTIES, NAME, NAMES, OWNERS, PARTICIPANTS, PARTIES, PARTY,
    PLACE, SIGNATORIES, SIGNED_BY_SIDES, TOPICS,
};
use crate::{Aggregate, value};

/// What a record is found by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Its parties: the code of a state, else `<kind>:<folded name>`. Whose side somebody is on is a party too.
    pub parties: BTreeSet<String>,
    /// ISO 3166-1 alpha-2 codes of its parties and places.
    pub countries: BTreeSet<String>,
    /// Dotted codes of its topics.
    pub topics: BTreeSet<String>,
    /// What sort of thing it is.
    pub kind: Option<String>,
}

pub(super) fn of(told: &Telling<'_>) -> Facets {
    let mut facets = Facets { kind: told.kind().map(str::to_owned), ..Facets::default() };
    for topic in told.described(&TOPICS).into_iter().flatten() {
        facets.topics.insert(topic.code.to_string());
    }
    for participant in told.described(&PARTICIPANTS).into_iter().flatten() {
        facets.participant(participant);
    }
    for key in [&PARTIES, &OWNERS, &BENEFICIARIES] {
        told.described(key).into_iter().flatten().for_each(|party| facets.party(party));
    }
    for party in told.described(&MATTER_PARTIES).into_iter().flatten() {
        facets.party(&party.party);
    }
    if let Some(Place { country: Some(country), .. }) = told.described(&PLACE) {
        facets.countries.insert(country.to_string());
    }
    if let Some(country) = told.described(&COUNTRY) {
        facets.countries.insert(country.to_string());
    }
    for account in told.accounts() {
        let data = account.data();
        for key in [&BY, &ISSUERS, &SIGNED_BY_SIDES] {
            data.list(key).iter().for_each(|party| facets.party(party));
        }
        data.get(&PARTY).into_iter().for_each(|party| facets.party(party));
        data.list(&SIGNATORIES).iter().for_each(|signatory| facets.participant(signatory));
    }
    if told.aggregate() == Aggregate::Party {
        facets.named(told);
    }
    facets
}

impl Facets {
    fn party(&mut self, party: &PartyRef) {
        self.parties.insert(party.key());
        if let Some(country) = party.country {
            self.countries.insert(country.to_string());
        }
    }

    fn participant(&mut self, participant: &Participant) {
        for one in participant.everybody() {
            self.party(&one.party);
            one.on_behalf_of.iter().for_each(|party| self.party(party));
            if let Some(side) = &one.side {
                let state = side.as_str().parse::<CountryCode>().is_ok();
                let key =
                    if state { side.to_string() } else { format!("group:{}", value::fold(side.as_str())) };
                self.parties.insert(key);
            }
        }
    }

    /// A party is found by each of its names.
    fn named(&mut self, told: &Telling<'_>) {
        let kind = told.kind().unwrap_or("person");
        if let Some(country) = told.described(&COUNTRY).filter(|_| kind == "state") {
            self.parties.insert(country.to_string());
        }
        for account in told.accounts() {
            for name in account.data().list(&NAMES).iter().chain(account.data().get(&NAME)) {
                self.parties.insert(format!("{kind}:{}", value::fold(name.as_str())));
            }
        }
    }
}
