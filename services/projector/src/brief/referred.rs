//! Only footnotes to which something refers, each source once, numbered in the order in which they are read.

use std::collections::BTreeMap;

use contract::brief::{Document, Note};

use super::notes::are_of_one_source;

/// Drops the others: a line may have been cut after its sources were numbered. Makes what is cited of one source one
/// note.
pub(super) fn to_only(document: &mut Document) {
    let mut cited = std::mem::take(&mut document.notes).into_iter().map(|note| (note.n, note)).collect();
    let (mut notes, mut numbers) = (vec![], BTreeMap::new());
    each(document, |list| {
        for n in &mut *list {
            // What is referred to again has its number already.
            if let Some(note) = BTreeMap::remove(&mut cited, n) {
                numbers.insert(*n, numbered(note, &mut notes));
            }
            *n = numbers[n];
        }
        let mut known = vec![];
        list.retain(|n| {
            !known.contains(n) && {
                known.push(*n);
                true
            }
        });
    });
    document.notes = notes;
}

/// The number of a citation's source, which gets one if it has none yet.
fn numbered(note: Note, notes: &mut Vec<Note>) -> u32 {
    if let Some(known) = notes.iter_mut().find(|known| are_of_one(known, &note)) {
        for passage in note.passages {
            if !known.passages.contains(&passage) {
                known.passages.push(passage);
            }
        }
        return known.n;
    }
    let n = u32::try_from(notes.len() + 1).unwrap_or(u32::MAX);
    notes.push(Note { n, ..note });
    n
}

/// Whether both are of the same source. Sources that may not be seen are not known to be the same.
fn are_of_one(one: &Note, other: &Note) -> bool {
    one.source.is_some() && are_of_one_source(one, other)
}

/// Every list of references, as it is read.
fn each(document: &mut Document, mut refer: impl FnMut(&mut Vec<u32>)) {
    let lists = document.last_met.iter_mut().map(|meeting| &mut meeting.line.notes);
    let lines = [&mut document.they_offered, &mut document.we_owe, &mut document.both_agreed];
    let lists = lists.chain(lines.into_iter().flatten().map(|line| &mut line.notes));
    let lists = lists.chain(document.instruments.iter_mut().map(|instrument| &mut instrument.line.notes));
    let lines = [
        &mut document.they_will_raise,
        &mut document.we_want,
        &mut document.good_news,
        &mut document.coming,
        &mut document.lapsed,
        &mut document.also_open,
    ];
    let lists = lists.chain(lines.into_iter().flatten().map(|line| &mut line.notes));
    let lists = lists.chain(document.disputed.iter_mut().map(|dispute| &mut dispute.notes));
    lists.for_each(&mut refer);
}
