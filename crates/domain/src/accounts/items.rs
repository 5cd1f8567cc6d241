//! Lists to which other accounts and later news add: items are the same or new.

use super::{Differences, Told};
use crate::Label;
use crate::value::{
    Attendance, Citation, CountryCode, Link, Name, Note, Participant, PartyRef, Role, Text, Topic, Utterance,
    Weight,
};
use crate::vocabulary::{Identifier, MatterParty, MatterRole};

/// An item of a list to which other accounts and later news add items.
trait Item: Clone {
    /// Whether both are about the same.
    fn is_same(&self, other: &Self) -> bool;

    /// Takes what another account of the same item adds.
    fn confirm_item(&mut self, _other: &Self, _at: &mut Differences) {}

    /// Takes later news of the same item.
    fn renew_item(&mut self, _later: &Self) {}
}

fn confirm_items<T: Item>(items: &mut Vec<T>, others: &[T], at: &mut Differences) {
    for other in others {
        match items.iter().position(|item| item.is_same(other)) {
            Some(found) => at.within(found, |at| items[found].confirm_item(other, at)),
            None => items.push(other.clone()),
        }
    }
}

fn renew_items<T: Item>(items: &mut Vec<T>, later: &[T]) {
    for new in later {
        match items.iter_mut().find(|item| item.is_same(new)) {
            Some(found) => found.renew_item(new),
            None => items.push(new.clone()),
        }
    }
}

macro_rules! lists {
    ($($item:ty),+ $(,)?) => {$(
        impl Told for Vec<$item> {
            fn confirm(&mut self, other: &Self, at: &mut Differences) {
                confirm_items(self, other, at);
            }

            fn renew(&mut self, later: &Self) {
                renew_items(self, later);
            }
        }
    )+};
}

macro_rules! items_by_equality {
    ($($item:ty),+ $(,)?) => {$(
        impl Item for $item {
            fn is_same(&self, other: &Self) -> bool {
                self == other
            }
        }
    )+};
}

lists! {
    Text, Name, PartyRef, Participant, MatterParty, Topic, Identifier, Link, Utterance, Citation, Note,
    CountryCode, Label,
}
items_by_equality! { Text, Name, Identifier, Link, Utterance, Citation, Note, CountryCode, Label }

/// One party: by its record, else as a state by its code, else by its folded name and kind, where it is not
/// of another country.
pub(crate) fn is_one_party(a: &PartyRef, b: &PartyRef) -> bool {
    match a.id.zip(b.id) {
        Some((a, b)) => a == b,
        None => {
            let abroad = a.country.zip(b.country).is_some_and(|(a, b)| a != b);
            !abroad && a.key() == b.key()
        }
    }
}

fn complete_party(party: &mut PartyRef, other: &PartyRef) {
    party.id = party.id.or(other.id);
    party.country = party.country.or(other.country);
}

impl Item for PartyRef {
    fn is_same(&self, other: &Self) -> bool {
        is_one_party(self, other)
    }

    fn confirm_item(&mut self, other: &Self, _: &mut Differences) {
        complete_party(self, other);
    }

    fn renew_item(&mut self, later: &Self) {
        complete_party(self, later);
    }
}

impl Item for MatterParty {
    fn is_same(&self, other: &Self) -> bool {
        let vague = |role| role == MatterRole::Party;
        is_one_party(&self.party, &other.party)
            && (self.role == other.role || vague(self.role) || vague(other.role))
    }

    fn confirm_item(&mut self, other: &Self, _: &mut Differences) {
        self.renew_item(other);
    }

    fn renew_item(&mut self, later: &Self) {
        complete_party(&mut self.party, &later.party);
        if self.role == MatterRole::Party {
            self.role = later.role;
        }
    }
}

impl Item for Topic {
    fn is_same(&self, other: &Self) -> bool {
        self.code == other.code
    }

    fn confirm_item(&mut self, other: &Self, _: &mut Differences) {
        self.renew_item(other);
    }

    /// That it was a main topic is more than that it came up.
    fn renew_item(&mut self, later: &Self) {
        if later.weight == Weight::Main {
            self.weight = Weight::Main;
        }
        if self.label.is_none() {
            self.label.clone_from(&later.label);
        }
    }
}

impl Item for Participant {
    fn is_same(&self, other: &Self) -> bool {
        is_one_party(&self.party, &other.party)
    }

    fn confirm_item(&mut self, other: &Self, at: &mut Differences) {
        complete_participant(self, other);
        match (self.role, other.role) {
            (a, b) if a == b || is_usual(b) => {}
            (a, b) if is_usual(a) => self.role = b,
            (a, b) => at.within("role", |at| at.note(&a, &b)),
        }
        match (self.attendance, other.attendance) {
            (a, b) if a == b || !is_known(b) || says_less(b, a) => {}
            (a, b) if !is_known(a) || says_less(a, b) => self.attendance = b,
            (a, b) => at.within("attendance", |at| at.note(&a, &b)),
        }
        at.within("members", |at| confirm_items(&mut self.members, &other.members, at));
    }

    fn renew_item(&mut self, later: &Self) {
        complete_participant(self, later);
        if !is_usual(later.role) {
            self.role = later.role;
        }
        if is_known(later.attendance) && !says_less(later.attendance, self.attendance) {
            self.attendance = later.attendance;
        }
        renew_items(&mut self.members, &later.members);
    }
}

/// Titles and organisations are words: two ways to put them do not contradict each other.
fn complete_participant(participant: &mut Participant, other: &Participant) {
    complete_party(&mut participant.party, &other.party);
    participant.title = participant.title.take().or_else(|| other.title.clone());
    participant.organisation = participant.organisation.take().or_else(|| other.organisation.clone());
    participant.on_behalf_of = participant.on_behalf_of.take().or_else(|| other.on_behalf_of.clone());
    participant.side = participant.side.take().or_else(|| other.side.clone());
    participant.size = participant.size.or(other.size);
}

fn is_usual(role: Role) -> bool {
    matches!(role, Role::Participant | Role::Member)
}

fn is_known(attendance: Option<Attendance>) -> bool {
    !matches!(attendance, None | Some(Attendance::Unknown))
}

/// Whether `expected`, which nobody need have said, says less than what is known: that somebody accepted or
/// declined, say.
fn says_less(usual: Option<Attendance>, known: Option<Attendance>) -> bool {
    use Attendance as A;
    usual == Some(A::Expected) && matches!(known, Some(A::Accepted | A::Declined | A::Absent))
}
