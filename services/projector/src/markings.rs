//! Markings as small numbers, so that rows can be keyed by who may see them.
//!
//! A number stands for a marking together with the agency that owns the record. A reader sees some of the
//! numbers; everything under the others is not looked at.

use std::cell::RefCell;
use std::collections::HashMap;

use contract::Principal;
use domain::{Clearance, Levels, Marking, Record};
use readmodel::{Direction, Overlay, Range, Rows, View};

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
}

impl<'v> Visible<'v> {
    pub(crate) fn to(principal: &Principal, levels: &'v Levels, rows: &'v View<'v>) -> Self {
        let reader = Clearance {
            level: principal.level.clone(),
            caveats: principal.caveats.clone(),
            party: principal.party.clone(),
            agency: principal.agency.clone(),
        };
        Self { reader, levels, rows, known: RefCell::default() }
    }

    pub(crate) fn has(&self, number: u32) -> bool {
        let look = || {
            let names = self.rows.get(Key::table(NAMES).version(number).as_ref());
            names.is_some_and(|names| self.may_see(&names))
        };
        *self.known.borrow_mut().entry(number).or_insert_with(look)
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
