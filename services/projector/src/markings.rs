//! Markings as small numbers, so that rows can be keyed by who may see them.
//!
//! A number stands for a marking together with the agency that owns the record. A reader sees some of the
//! numbers; everything under the others is not looked at.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use contract::{Principal, Problem};
use domain::{Clearance, Levels, Marking, Record, Subject};
use readmodel::{Direction, Overlay, Range, Rows, View};
use service::{Reply, Shown};

use crate::key::{Key, Parts};

/// Marking and owner → number.
const NUMBERS: u8 = b'k';

/// Number → marking and owner.
const NAMES: u8 = b'K';

/// The number of a record's marking, a new one if it has none.
pub(crate) fn of(record: &Record, rows: &mut Overlay<'_>) -> u32 {
    intern(&record.marking().to_string(), record.owner(), rows)
}

/// The number of a marking, a new one if it has none. Numbers follow the order in which markings first occur.
fn intern(marking: &str, owner: &str, rows: &mut Overlay<'_>) -> u32 {
    let name = Key::table(NUMBERS).text(marking).text(owner);
    if let Some(number) = rows.get(name.as_ref()).and_then(|row| Parts(&row).version()) {
        return number;
    }
    let last = rows.scan(&Range::prefix(&[NAMES]), Direction::Descending).next();
    let number = 1 + last.and_then(|(key, _)| Parts(&key[1..]).version()).unwrap_or(0);
    rows.put(name, number.to_be_bytes()).expect("a number fits");
    let names = serde_json::to_vec(&(marking, owner)).expect("texts are JSON");
    rows.put(Key::table(NAMES).version(number), names).expect("a marking and an agency fit");
    number
}

/// The numbers that a reader may see, found out as they are asked for.
pub(crate) struct Visible<'v> {
    reader: Clearance,
    levels: &'v Levels,
    rows: &'v View<'v>,
    known: RefCell<HashMap<u32, bool>>,
    /// By number: the marking, if it restricts anything.
    restricting: RefCell<HashMap<u32, Option<Marking>>>,
    /// What was put into the answer, in that order: records with the numbers of their markings.
    shown: RefCell<Vec<(Subject, u32)>>,
    /// What was asked for by its address and is hidden.
    refused: RefCell<Vec<(Subject, u32)>>,
}

impl<'v> Visible<'v> {
    pub(crate) fn to(principal: &Principal, levels: &'v Levels, rows: &'v View<'v>) -> Self {
        let reader = Clearance {
            level: principal.level.clone(),
            caveats: principal.caveats.clone(),
            party: principal.party.clone(),
            agency: principal.agency.clone(),
        };
        Self {
            reader,
            levels,
            rows,
            known: RefCell::default(),
            restricting: RefCell::default(),
            shown: RefCell::default(),
            refused: RefCell::default(),
        }
    }

    pub(crate) fn has(&self, number: u32) -> bool {
        let look = || {
            let names = self.rows.get(Key::table(NAMES).version(number).as_ref());
            names.is_some_and(|names| self.may_see(&names))
        };
        *self.known.borrow_mut().entry(number).or_insert_with(look)
    }

    /// Takes note that an answer shows something of a record. Whether that is marked material is said of the whole.
    pub(crate) fn shows(&self, subject: &Subject, marking: u32) {
        self.shown.borrow_mut().push((*subject, marking));
    }

    /// Only what was noted first fits the answer.
    pub(crate) fn keeps(&self, first: usize) {
        self.shown.borrow_mut().truncate(first);
    }

    /// Takes note that a record was asked for that the reader may not see.
    pub(crate) fn refuses(&self, subject: &Subject, marking: u32) {
        self.refused.borrow_mut().push((*subject, marking));
    }

    /// An answer that says which marked material it shows; a refusal, which it keeps from the reader.
    pub(crate) fn account_for(&self, answer: Result<Reply, Problem>) -> Result<Reply, Problem> {
        match answer {
            Ok(reply) => Ok(reply.showing(self.of(&self.shown.borrow()))),
            Err(problem) => match self.of(&self.refused.borrow()) {
                Some(kept) => Ok(Reply::from(problem).showing(Some(kept))),
                None => Err(problem),
            },
        }
    }

    /// The markings that the reader may see and that restrict anything, by their numbers.
    pub(crate) fn restricting_numbers(&self) -> BTreeMap<u64, Marking> {
        self.numbers().filter_map(|number| Some((number.into(), self.restricting(number)?))).collect()
    }

    pub(crate) const fn levels(&self) -> &'v Levels {
        self.levels
    }

    fn of(&self, noted: &[(Subject, u32)]) -> Option<Shown> {
        let marked = noted.iter().filter(|(_, number)| self.restricting(*number).is_some());
        let (records, numbers): (BTreeSet<_>, BTreeSet<_>) = marked.copied().unzip();
        let markings = numbers.into_iter().filter_map(|number| self.restricting(number)).collect::<Vec<_>>();
        let shown = Shown::joined(&markings, self.levels)?;
        Some(Shown { records: records.into_iter().collect(), ..shown })
    }

    /// A marking that restricts anything. What cannot be read restricts everything.
    fn restricting(&self, number: u32) -> Option<Marking> {
        let look = || {
            let names = self.rows.get(Key::table(NAMES).version(number).as_ref());
            let names = names.and_then(|names| serde_json::from_slice::<(String, String)>(&names).ok());
            let marking = names.and_then(|(marking, _)| marking.parse().ok());
            let marking = marking.unwrap_or_else(Marking::unreadable);
            self.levels.restricts(&marking).then_some(marking)
        };
        self.restricting.borrow_mut().entry(number).or_insert_with(look).clone()
    }

    /// All of them, in ascending order.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        let names = self.rows.scan_prefix(&[NAMES]);
        let seen = names.filter(|(_, names)| self.may_see(names));
        seen.filter_map(|(key, _)| Parts(&key[1..]).version())
    }

    /// What cannot be read is seen by nobody.
    fn may_see(&self, names: &[u8]) -> bool {
        let names = serde_json::from_slice::<(String, String)>(names).ok();
        let read = names.and_then(|(marking, owner)| Some((marking.parse::<Marking>().ok()?, owner)));
        read.is_some_and(|(marking, owner)| self.levels.may_see(&self.reader, &marking, &owner))
    }
}
