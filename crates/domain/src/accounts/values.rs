//! Values that stand or fall as a whole: equal, finer, or something else.

use serde::Serialize;

use super::{Differences, Told, is_one_party};
use crate::value::{
    Amount, Commodity, CountryCode, EventRef, Lang, Name, PartyKind, PartyRef, Place, Quantity, Sha256, Text,
    Url, When, fold,
};
use crate::vocabulary::{
    AmendmentKind, Binding, Change, Code, Conclusion, ConsentKind, Disposal, InstrumentKind, Json,
    MatterKind, Mode, Pointer, RetentionAction, Series, SourceKind, Strength, Termination,
};
use crate::{Label, Subject};

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
