//! Only footnotes to which something refers, numbered in the order in which they are read.

use std::collections::BTreeMap;

use contract::brief::Document;

/// Drops the others: a line may have been cut after its sources were numbered.
pub(super) fn to_only(document: &mut Document) {
    let mut numbers = BTreeMap::<u32, u32>::new();
    each(document, |n| {
        let next = u32::try_from(numbers.len() + 1).unwrap_or(u32::MAX);
        *n = *numbers.entry(*n).or_insert(next);
    });
    document.notes.retain_mut(|note| match numbers.get(&note.n) {
        Some(n) => {
            note.n = *n;
            true
        }
        None => false,
    });
    document.notes.sort_by_key(|note| note.n);
}

/// Every reference, as it is read.
fn each(document: &mut Document, mut refer: impl FnMut(&mut u32)) {
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
    lists.flatten().for_each(&mut refer);
}
