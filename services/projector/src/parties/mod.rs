//! Parties as they are asked for: by a name, by a key, by their record.
//!
//! A record mentions a party by name, perhaps with its country or its record. Who is asked for by one name is
//! found under the others that their record bears, too:
//!
//! - a mention with a record is of that party; one without is of the only party of its kind that bears the name and
//!   may be of its country. Several such: it is of none, and is found only as it is written;
//! - a party's record lends its names to those who see it. Others meet what they would if it were not there: a
//!   hidden bearer makes no name ambiguous, and a mention of a hidden record is one without.
//!
//! A record that was merged into another bears no names.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use domain::value::{CountryCode, fold, party_keys};
use domain::{Aggregate, Mention, Subject};
use readmodel::{Overlay, Rows, View};
use uuid::Uuid;

use crate::head::Head;
use crate::key::{Key, Parts};
use crate::markings::Visible;

/// Marking, a name's key, a party's record → its country.
const NAMES: u8 = b'a';

/// Keeps the names that a party's record bears.
pub(crate) fn keep(old: Option<&Head>, new: &Head, rows: &mut Overlay<'_>) {
    if new.summary.subject.aggregate != Aggregate::Party {
        return;
    }
    let (stood, stands) = (old.map(borne).unwrap_or_default(), borne(new));
    for key in stood.keys().filter(|key| !stands.contains_key(*key)) {
        rows.remove(key.clone());
    }
    for (key, country) in stands.iter().filter(|(key, country)| stood.get(*key) != Some(country)) {
        rows.put(key.clone(), country).expect("two letters fit");
    }
}

fn borne(head: &Head) -> BTreeMap<Vec<u8>, String> {
    let country = |mention: &Mention| mention.country.map(|country| country.to_string()).unwrap_or_default();
    let row = |mention: &Mention| {
        let key = prefix(head.marking, &mention.key).subject(&head.summary.subject);
        (key.into(), country(mention))
    };
    own(head).map(row).collect()
}

/// How a party's record mentions the party itself, unless another stands for it.
fn own(head: &Head) -> impl Iterator<Item = &Mention> {
    let own = head.mentions.iter().filter(|mention| mention.id == Some(head.summary.subject));
    own.filter(|_| head.summary.status != "merged")
}

fn prefix(marking: u32, name: &str) -> Key {
    Key::table(NAMES).version(marking).text(name)
}

/// The records of parties that a reader may see.
pub(crate) struct Bearers<'v> {
    visible: &'v Visible<'v>,
    markings: Vec<u32>,
    rows: &'v View<'v>,
}

impl<'v> Bearers<'v> {
    pub(crate) fn seen_by(visible: &'v Visible<'v>, rows: &'v View<'v>) -> Self {
        Self { visible, markings: visible.numbers().collect(), rows }
    }

    /// What is meant by what somebody wrote.
    pub(crate) fn sought(&self, written: &str) -> Sought {
        let written = written.trim();
        let of_id = || Some(Subject { aggregate: Aggregate::Party, id: written.parse::<Uuid>().ok()? });
        if let Some(id) = written.parse::<Subject>().ok().or_else(of_id) {
            // A record that may not be seen is not asked for either.
            return Sought { keys: vec![], parties: self.party(id).into_iter().collect() };
        }
        let keys = party_keys(written);
        let names = keys.iter().cloned().chain([format!("state:{}", fold(written))]);
        let bearers = names.filter_map(|name| match self.of_name(&name)[..] {
            [(only, _)] => Some(only),
            _ => None,
        });
        let bearers = bearers.collect::<BTreeSet<_>>();
        Sought { keys, parties: bearers.into_iter().filter_map(|id| self.party(id)).collect() }
    }

    fn party(&self, id: Subject) -> Option<Known> {
        let head = Head::get(&id, self.rows).filter(|head| self.visible.has(head.marking))?;
        let rivals = |name: &str| {
            let others = self.of_name(name).into_iter().filter(|(other, _)| *other != id);
            others.map(|(_, country)| country).collect::<Vec<_>>()
        };
        let names = own(&head).map(|mention| (mention.key.clone(), rivals(&mention.key)));
        Some(Known { id, country: own(&head).find_map(|mention| mention.country), names: names.collect() })
    }

    /// Who bears a name, and their countries.
    fn of_name(&self, name: &str) -> Vec<(Subject, Option<CountryCode>)> {
        let of_marking = |marking: &u32| {
            let prefix = prefix(*marking, name);
            let rows = self.rows.scan_prefix(prefix.as_ref()).filter_map(|(key, country)| {
                let country = std::str::from_utf8(&country).ok()?.parse().ok();
                Some((Parts(key.get(prefix.as_ref().len()..)?).subject()?, country))
            });
            rows.collect::<Vec<_>>()
        };
        self.markings.iter().flat_map(of_marking).collect()
    }
}

/// Whom a filter asks for.
#[derive(Clone, Debug)]
pub(crate) struct Sought {
    /// The keys of what was written.
    keys: Vec<String>,
    /// The parties on record that are meant.
    parties: Vec<Known>,
}

impl Sought {
    /// What a record that mentions them stands under in an index.
    pub(crate) fn facets(&self) -> BTreeSet<String> {
        let names_and_id =
            |party: &Known| party.names.keys().cloned().chain([party.id.to_string()]).collect::<Vec<_>>();
        self.keys.iter().cloned().chain(self.parties.iter().flat_map(names_and_id)).collect()
    }

    /// Whether a record mentions them, to one who sees some records of parties.
    pub(crate) fn is_in(&self, head: &Head, sees: &impl Fn(&Subject) -> bool) -> bool {
        let is_mentioned = |party: &Known| head.mentions.iter().any(|mention| party.is(mention, sees));
        self.keys.iter().any(|key| head.summary.parties.contains(key))
            || self.parties.iter().any(is_mentioned)
    }

    /// The keys of what was written: who mentions one is found.
    pub(crate) fn keys(&self) -> &[String] {
        &self.keys
    }

    /// The parties on record that are meant: who refers to one is found.
    pub(crate) fn records(&self) -> impl Iterator<Item = Subject> {
        self.parties.iter().map(|party| party.id)
    }

    /// The names that they bear: who mentions one may be found, if [`is`](Self::is) says so.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.parties.iter().flat_map(|party| party.names.keys())
    }

    /// Whether one of these mentions is of them.
    pub(crate) fn is_among(&self, mentions: &[Mention], sees: &impl Fn(&Subject) -> bool) -> bool {
        mentions.iter().any(|mention| self.is(mention, sees))
    }

    /// Whether a mention is of them, to one who sees some records of parties.
    pub(crate) fn is(&self, mention: &Mention, sees: &impl Fn(&Subject) -> bool) -> bool {
        self.keys.contains(&mention.key) || self.parties.iter().any(|party| party.is(mention, sees))
    }

    /// Whether nobody can be meant: an address at which there is nothing to see.
    pub(crate) const fn is_nobody(&self) -> bool {
        self.keys.is_empty() && self.parties.is_empty()
    }

    /// The record of the party, if one is meant.
    pub(crate) fn on_record(&self) -> Option<Subject> {
        self.parties.first().map(|party| party.id)
    }

    /// The state that is meant, if one is.
    pub(crate) fn state(&self) -> Option<CountryCode> {
        let names = self.parties.iter().flat_map(|party| party.names.keys());
        self.keys.iter().chain(names).find_map(|key| key.parse().ok())
    }
}

/// A party on record.
#[derive(Clone, Debug)]
struct Known {
    id: Subject,
    country: Option<CountryCode>,
    /// Its names, each with the countries of others that bear it.
    names: BTreeMap<String, Vec<Option<CountryCode>>>,
}

impl Known {
    fn is(&self, mention: &Mention, sees: &impl Fn(&Subject) -> bool) -> bool {
        let may_be_of =
            |country: Option<CountryCode>| mention.country.zip(country).is_none_or(|(a, b)| a == b);
        let is_only = |rivals: &Vec<Option<CountryCode>>| !rivals.iter().any(|country| may_be_of(*country));
        match mention.id.filter(|id| *id == self.id || sees(id)) {
            Some(id) => id == self.id,
            None => may_be_of(self.country) && self.names.get(&mention.key).is_some_and(is_only),
        }
    }
}
