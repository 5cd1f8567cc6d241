//! Who is who: which of the two somebody is, or speaks for.

use std::collections::BTreeSet;

use contract::brief::{Party, Side};
use domain::value::{CountryCode, Participant, PartyRef};
use domain::{Marking, Mention, Subject};

use crate::parties::Sought;

/// The two parties of a brief.
#[derive(Clone, Debug)]
pub(super) struct Sides {
    pub(super) us: Known,
    pub(super) them: Known,
}

impl Sides {
    /// Those of them that are known from a record of theirs.
    pub(super) fn on_record(&self) -> impl Iterator<Item = Subject> {
        let known = [&self.us, &self.them].into_iter().filter(|known| known.marking.is_some());
        known.filter_map(|known| known.party.key.parse().ok())
    }
}

/// One of them, and how it is known.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) party: Party,
    /// A state is everybody of its country.
    pub(super) state: Option<CountryCode>,
    /// Of whom is none: for which state it speaks, as far as is known.
    pub(super) speaks_for: Option<CountryCode>,
    pub(super) sought: Option<Sought>,
    /// That of the record from which its name is.
    pub(super) marking: Option<Marking>,
}

impl Known {
    /// A state, by its code.
    pub(super) fn state(code: CountryCode, sought: Option<Sought>) -> Self {
        let party = Party { key: code.to_string(), name: code.name().to_string() };
        Self { party, state: Some(code), speaks_for: None, sought, marking: None }
    }

    /// What records that mention this party, or one who speaks for it, stand under in the index.
    pub(super) fn facets(&self) -> BTreeSet<String> {
        let of_state = |state: CountryCode| [state.to_string(), format!("country:{state}")];
        let sought = self.sought.as_ref().map(Sought::facets).unwrap_or_default();
        sought.into_iter().chain(self.state.into_iter().flat_map(of_state)).collect()
    }

    /// For which state it speaks, if that is not known and one of these mentions says so.
    pub(super) fn learn(&mut self, mentions: &[Mention]) {
        if self.state.is_none() && self.speaks_for.is_none() {
            self.speaks_for = mentions.iter().find(|mention| self.is(mention)).and_then(|own| own.country);
        }
    }

    /// Whether a mention is of this party, or of one who speaks for it.
    pub(super) fn is(&self, mention: &Mention) -> bool {
        let of_state = |state: CountryCode| mention.country == Some(state) || mention.key == state.as_str();
        // Records that may not be seen are not named in what is asked about.
        self.state.is_some_and(of_state)
            || self.sought.as_ref().is_some_and(|sought| sought.is(mention, &|_| true))
    }
}

impl Sides {
    /// Whether a record that mentions these is of both.
    pub(super) fn are_both_in<'m>(&self, mentions: impl IntoIterator<Item = &'m Mention> + Clone) -> bool {
        [&self.us, &self.them]
            .iter()
            .all(|known| mentions.clone().into_iter().any(|mention| known.is(mention)))
    }

    /// On whose side a mention is: a ministry that the brief is about is not its state, which it is for.
    pub(super) fn of(&self, mention: &Mention) -> Side {
        let both = [(&self.us, Side::Us), (&self.them, Side::Them)];
        let (states, others) = both.into_iter().partition::<Vec<_>, _>(|(known, _)| known.state.is_some());
        let found = others.into_iter().chain(states).find(|(known, _)| known.is(mention));
        found.map_or(Side::Other, |(_, side)| side)
    }

    pub(super) fn of_party(&self, party: &PartyRef) -> Side {
        self.of(&Mention { key: party.key(), country: party.country, id: party.id })
    }

    /// Whose side is stated goes before whose citizen somebody is.
    pub(super) fn of_participant(&self, participant: &Participant) -> Side {
        let own = self.of_party(&participant.party);
        let stated = participant.side.as_ref().and_then(|side| side.as_str().parse::<CountryCode>().ok());
        let stated = stated.map(|state| Mention { key: state.to_string(), country: Some(state), id: None });
        let for_whom = || participant.on_behalf_of.as_ref().map(|party| self.of_party(party));
        let side = stated.map(|mention| self.of(&mention)).filter(|_| !self.is_named(&participant.party));
        [side, Some(own), for_whom()]
            .into_iter()
            .flatten()
            .find(|side| *side != Side::Other)
            .unwrap_or(Side::Other)
    }

    /// Whether a party is one of the two itself, and no state.
    fn is_named(&self, party: &PartyRef) -> bool {
        let mention = Mention { key: party.key(), country: party.country, id: party.id };
        [&self.us, &self.them].iter().any(|known| known.state.is_none() && known.is(&mention))
    }

    /// On whose side these are together.
    pub(super) fn whose<'p>(&self, parties: impl IntoIterator<Item = &'p PartyRef>) -> Option<Whose> {
        together(parties.into_iter().map(|party| self.of_party(party)))
    }

    /// Whose an undertaking is: of those who own it, or, of a party that is no state, of whom it conveyed. What the
    /// state owns for which such a party speaks is on its side.
    pub(super) fn whose_undertaking(&self, owners: &[PartyRef], by: &[PartyRef]) -> Option<Whose> {
        let owned = owners.iter().map(|party| match self.of_party(party) {
            Side::Other => self.of_key_behind(&party.key()),
            side => side,
        });
        let conveyed = by.iter().filter(|party| self.is_named(party)).map(|party| self.of_party(party));
        together(owned.chain(conveyed))
    }

    /// On whose side a state is, or on that of which of the two that speaks for it.
    pub(super) fn of_state(&self, state: CountryCode) -> Side {
        match self.of(&Mention { key: state.to_string(), country: Some(state), id: None }) {
            Side::Other => self.of_key_behind(state.as_str()),
            side => side,
        }
    }

    /// On the side of which of the two that is no state a state is.
    fn of_key_behind(&self, key: &str) -> Side {
        let is_behind = |known: &Known| known.speaks_for.is_some_and(|state| state.as_str() == key);
        match (is_behind(&self.us), is_behind(&self.them)) {
            (true, false) => Side::Us,
            (false, true) => Side::Them,
            _ => Side::Other,
        }
    }

    /// A name that stands for the party as a whole: it need not be said of what is its own.
    pub(super) fn is_a_state_itself(&self, party: &PartyRef) -> bool {
        let key = party.key();
        [&self.us, &self.them].iter().any(|known| known.party.key == key)
    }
}

fn together(sides: impl Iterator<Item = Side>) -> Option<Whose> {
    let sides = sides.collect::<Vec<_>>();
    match (sides.contains(&Side::Us), sides.contains(&Side::Them)) {
        (true, true) => Some(Whose::Both),
        (true, false) => Some(Whose::Ours),
        (false, true) => Some(Whose::Theirs),
        (false, false) => None,
    }
}

/// Whose something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Ours,
    Theirs,
    Both,
}

impl Whose {
    pub(super) const fn is_ours(self) -> bool {
        matches!(self, Self::Ours | Self::Both)
    }

    pub(super) const fn is_theirs(self) -> bool {
        matches!(self, Self::Theirs | Self::Both)
    }
}
