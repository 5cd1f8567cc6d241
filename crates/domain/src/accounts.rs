//! How two accounts of one value compare, and what later news does to it.
//!
//! A second account of the same adds what the first left out, confirms what is equal or finer, and
//! contradicts the rest. Later news replaces. A default that nobody stated contradicts nothing.

use serde::Serialize;
use serde_json::Value;

use crate::value::{
    Amount, Attendance, Citation, Commodity, CountryCode, EventRef, Lang, Link, Name, Note, Participant,
    PartyKind, PartyRef, Place, Quantity, Role, Sha256, Text, Topic, Url, Utterance, Weight, When, fold,
};
use crate::vocabulary::{
    AmendmentKind, Binding, Change, Code, Conclusion, ConsentKind, Disposal, Identifier, InstrumentKind,
    Json, MatterKind, MatterParty, MatterRole, Mode, Pointer, RetentionAction, Series, SourceKind, Strength,
    Termination,
};
use crate::{Label, Subject};

/// A value of which there may be several accounts, and later news.
pub trait Told {
    /// Takes what another account of the same adds; notes what it contradicts.
    fn confirm(&mut self, other: &Self, at: &mut Differences);

    /// Takes later news.
    fn renew(&mut self, later: &Self);
}

/// Where two accounts contradict each other.
#[derive(Debug)]
pub struct Differences {
    at: Pointer,
    found: Vec<Difference>,
}

/// One place where two accounts contradict each other.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) pointer: Pointer,
    pub(crate) standing: Value,
    pub(crate) other: Value,
}

impl Differences {
    /// None yet, of this field.
    pub(crate) fn of(field: &str) -> Self {
        Self { at: Pointer::root().within(field), found: Vec::new() }
    }

    pub(crate) fn into_found(self) -> Vec<Difference> {
        self.found
    }

    fn note(&mut self, standing: &impl Serialize, other: &impl Serialize) {
        // Values are written as JSON text, numbers, lists and objects with text keys: that cannot fail.
        let json = |value: Result<Value, _>| value.unwrap_or_default();
        let (standing, other) = (json(serde_json::to_value(standing)), json(serde_json::to_value(other)));
        self.found.push(Difference { pointer: self.at.clone(), standing, other });
    }

    fn within(&mut self, part: impl std::fmt::Display, compare: impl FnOnce(&mut Self)) {
        let inner = self.at.within(part);
        let outer = std::mem::replace(&mut self.at, inner);
        compare(self);
        self.at = outer;
    }
}

/// What a second account says, seen from the first.
enum Agreement {
    /// The same, or less of it.
    Nothing,
    /// The same, more exactly.
    Finer,
    /// Something else.
    Other,
}

/// A value that stands or falls as a whole.
trait Whole: Clone + PartialEq + Serialize {
    fn compare(&self, other: &Self) -> Agreement {
        if self == other { Agreement::Nothing } else { Agreement::Other }
    }
}

impl<T: Whole> Told for T {
    fn confirm(&mut self, other: &Self, at: &mut Differences) {
        match self.compare(other) {
            Agreement::Nothing => {}
            Agreement::Finer => self.clone_from(other),
            Agreement::Other => at.note(self, other),
        }
    }

    fn renew(&mut self, later: &Self) {
        // What says the same less exactly is no news.
        if !matches!(self.compare(later), Agreement::Nothing) {
            self.clone_from(later);
        }
    }
}

macro_rules! equal_or_not {
    ($($type:ty),+ $(,)?) => { $(impl Whole for $type {})+ };
}

equal_or_not! {
    Lang, Mode, PartyKind, CountryCode, Sha256, Url, Conclusion, ConsentKind, AmendmentKind, Termination,
    Strength, MatterKind, EventRef, Subject, Pointer, Json, Label, RetentionAction, Disposal, bool, u32,
}

impl Whole for When {
    fn compare(&self, other: &Self) -> Agreement {
        match (&self.edtf, &other.edtf) {
            (_, None) if self.as_stated.is_some() || self.edtf.is_some() => Agreement::Nothing,
            (None, _) => Agreement::Finer,
            (Some(a), Some(b)) if a == b => Agreement::Nothing,
            _ => {
                let (a, b) = (self.bounds(), other.bounds());
                match (b.is_within(&a), a.is_within(&b)) {
                    // The same days by other means: two times of one day, say.
                    (true, true) => Agreement::of_times(self, other),
                    (true, false) => Agreement::Finer,
                    (false, true) => Agreement::Nothing,
                    (false, false) => Agreement::Other,
                }
            }
        }
    }
}

impl Agreement {
    fn of_times(standing: &When, other: &When) -> Self {
        let has_time = |when: &When| when.edtf.as_ref().is_some_and(|edtf| edtf.as_str().contains('T'));
        match (has_time(standing), has_time(other)) {
            (false, true) => Self::Finer,
            (true, true) => Self::Other,
            _ => Self::Nothing,
        }
    }
}

impl Whole for Text {
    fn compare(&self, other: &Self) -> Agreement {
        same_words(self.as_str(), other.as_str())
    }
}

impl Whole for Name {
    fn compare(&self, other: &Self) -> Agreement {
        same_words(self.as_str(), other.as_str())
    }
}

fn same_words(standing: &str, other: &str) -> Agreement {
    if fold(standing) == fold(other) { Agreement::Nothing } else { Agreement::Other }
}

impl Whole for Code {
    fn compare(&self, other: &Self) -> Agreement {
        match (self.is_within(other), other.is_within(self)) {
            (true, _) => Agreement::Nothing,
            (false, true) => Agreement::Finer,
            (false, false) => Agreement::Other,
        }
    }
}

impl Whole for Commodity {
    fn compare(&self, other: &Self) -> Agreement {
        match (self.as_str(), other.as_str()) {
            (a, b) if a.starts_with(b) => Agreement::Nothing,
            (a, b) if b.starts_with(a) => Agreement::Finer,
            _ => Agreement::Other,
        }
    }
}

impl Whole for InstrumentKind {
    fn compare(&self, other: &Self) -> Agreement {
        unless_vague(self, other, &Self::Other)
    }
}

impl Whole for SourceKind {
    fn compare(&self, other: &Self) -> Agreement {
        unless_vague(self, other, &Self::Other)
    }
}

impl Whole for Binding {
    fn compare(&self, other: &Self) -> Agreement {
        unless_vague(self, other, &Self::Unknown)
    }
}

fn unless_vague<T: PartialEq>(standing: &T, other: &T, vague: &T) -> Agreement {
    if standing == other || other == vague {
        Agreement::Nothing
    } else if standing == vague {
        Agreement::Finer
    } else {
        Agreement::Other
    }
}

impl Whole for Place {
    fn compare(&self, other: &Self) -> Agreement {
        let abroad = |a: &Self, b: &Self| a.country.zip(b.country).is_some_and(|(a, b)| a != b);
        if abroad(self, other) {
            return Agreement::Other;
        }
        let same = fold(self.name.as_str()) == fold(other.name.as_str());
        match other.kind.cmp(&self.kind) {
            // A venue is finer than a city, a city than a country.
            std::cmp::Ordering::Less => Agreement::Finer,
            std::cmp::Ordering::Greater => Agreement::Nothing,
            std::cmp::Ordering::Equal if !same => Agreement::Other,
            std::cmp::Ordering::Equal => {
                let adds = (self.country.is_none() && other.country.is_some())
                    || (self.subdivision.is_none() && other.subdivision.is_some());
                if adds { Agreement::Finer } else { Agreement::Nothing }
            }
        }
    }
}

impl Whole for Series {
    fn compare(&self, other: &Self) -> Agreement {
        match (fold(self.name.as_str()) == fold(other.name.as_str()), &self.edition, &other.edition) {
            (true, None, Some(_)) => Agreement::Finer,
            (true, Some(a), Some(b)) if a != b => Agreement::Other,
            (true, _, _) => Agreement::Nothing,
            (false, _, _) => Agreement::Other,
        }
    }
}

impl Whole for PartyRef {
    fn compare(&self, other: &Self) -> Agreement {
        if is_one_party(self, other) { Agreement::Nothing } else { Agreement::Other }
    }
}

/// Sums stand as a whole: one more or less makes another statement.
impl Whole for Vec<Amount> {}
impl Whole for Vec<Quantity> {}
impl Whole for Vec<Change> {}

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
            (a, b) if a == b || !is_known(b) => {}
            (a, b) if !is_known(a) => self.attendance = b,
            (a, b) => at.within("attendance", |at| at.note(&a, &b)),
        }
        at.within("members", |at| confirm_items(&mut self.members, &other.members, at));
    }

    fn renew_item(&mut self, later: &Self) {
        complete_participant(self, later);
        if !is_usual(later.role) {
            self.role = later.role;
        }
        if is_known(later.attendance) {
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
