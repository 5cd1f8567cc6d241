//! What a record is found by.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::view::Telling;
use crate::value::{CountryCode, Name, Participant, PartyKind, PartyRef, Place};
use crate::vocabulary::{
    BENEFICIARIES, BY, COUNTRY, ISSUERS, MATTER_PARTIES, NAME, NAMES, OWNERS, PARTICIPANTS, PARTIES, PARTY,
    PLACE, SIGNATORIES, SIGNED_BY_SIDES, TOPICS,
};
use crate::{Aggregate, Subject, value};

/// What a record is found by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Its parties: the code of a state, else `<kind>:<folded name>`. Whose side somebody is on is a party too.
    pub parties: BTreeSet<String>,
    /// What each of them is called: the name as first stated; of a state that is only somebody's side, its own.
    pub names: BTreeMap<String, String>,
    /// What is said of each to tell it from others of the same name. A party's own record mentions itself under
    /// every name that it has.
    pub mentions: BTreeSet<Mention>,
    /// ISO 3166-1 alpha-2 codes of its parties and places.
    pub countries: BTreeSet<String>,
    /// Dotted codes of its topics.
    pub topics: BTreeSet<String>,
    /// What sort of thing it is.
    pub kind: Option<String>,
}

/// A party as a record refers to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mention {
    /// The key, as in [`Facets::parties`].
    pub key: String,
    /// The country that it is said to belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// The party's record, if the reference names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Subject>,
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
        if let Some(country) = party.country {
            self.countries.insert(country.to_string());
        }
        let mention = Mention { key: party.key(), country: party.country, id: party.id };
        self.mention(mention, party.name.as_str());
    }

    fn mention(&mut self, mention: Mention, name: &str) {
        self.parties.insert(mention.key.clone());
        self.names.entry(mention.key.clone()).or_insert_with(|| name.to_owned());
        self.mentions.insert(mention);
    }

    fn participant(&mut self, participant: &Participant) {
        for one in participant.everybody() {
            self.party(&one.party);
            one.on_behalf_of.iter().for_each(|party| self.party(party));
            match one.side.as_ref().map(|side| (side, side.as_str().parse::<CountryCode>())) {
                Some((_, Ok(state))) => {
                    let mention = Mention { key: state.to_string(), country: Some(state), id: None };
                    self.mention(mention, state.name().as_str());
                }
                Some((side, Err(_))) => {
                    let key = format!("{}:{}", PartyKind::Group, value::fold(side.as_str()));
                    self.mention(Mention { key, country: None, id: None }, side.as_str());
                }
                None => {}
            }
        }
    }

    /// A party is found by each of its names.
    fn named(&mut self, told: &Telling<'_>) {
        let kind = told.kind().unwrap_or("person");
        let country = told.described(&COUNTRY).copied();
        let id = Some(told.subject());
        let names = told.accounts().flat_map(|account| {
            account.data().list(&NAMES).iter().chain(account.data().get(&NAME)).collect::<Vec<_>>()
        });
        let names = names.map(Name::as_str).collect::<Vec<_>>();
        for name in &names {
            let key = format!("{kind}:{}", value::fold(name));
            self.mention(Mention { key, country, id }, name);
        }
        if let Some(state) = country.filter(|_| kind == "state") {
            let name = names.first().map_or_else(|| state.name().to_string(), |name| (*name).to_owned());
            self.mention(Mention { key: state.to_string(), country, id }, &name);
        }
    }
}
