//! What corrections and retractions make of earlier events.

use std::sync::Arc;

use serde_json::Value;

use super::Entry;
use super::amendment::{amended, value_at};
use super::state::find;
use crate::vocabulary::{CHANGES, EVENT, Pointer};
use crate::{Event, EventName};

/// One place that was corrected.
#[derive(Clone, Debug)]
pub(super) struct Correction {
    /// The event that corrects.
    pub(super) event: usize,
    /// The event that is corrected.
    pub(super) target: usize,
    pub(super) pointer: Pointer,
    pub(super) old: Option<Value>,
    pub(super) new: Option<Value>,
}

/// What a correction changed, as it was applied.
#[derive(Clone, Copy, Debug)]
pub struct Corrected<'r> {
    /// The event that corrects.
    pub by: &'r Event,
    /// The event that is corrected.
    pub of: &'r Event,
    /// Where in its data.
    pub pointer: &'r Pointer,
    /// What stood there; none: nothing.
    pub old: Option<&'r Value>,
    /// What stands there since; none: nothing.
    pub new: Option<&'r Value>,
}

/// Gives every event the standing that later ones leave it; says what was corrected, oldest first.
pub(super) fn all(entries: &mut [Entry]) -> Vec<Correction> {
    entries.iter_mut().for_each(Entry::reset);
    retract(entries);
    let mut corrections = Vec::new();
    for index in 0..entries.len() {
        if entries[index].stands() {
            correct(entries, index, &mut corrections);
        }
    }
    corrections
}

/// From the last event back: a retraction that is itself retracted retracts nothing.
fn retract(entries: &mut [Entry]) {
    for index in (0..entries.len()).rev() {
        let by = Arc::clone(&entries[index].event);
        if !entries[index].stands() || !is(&by, EventName::Retracted) {
            continue;
        }
        if let Some(target) = target_before(entries, &by, index) {
            entries[target].retracted_by = Some(by.uid);
        }
    }
}

fn correct(entries: &mut [Entry], index: usize, corrections: &mut Vec<Correction>) {
    let by = Arc::clone(&entries[index].event);
    if !is(&by, EventName::Corrected) {
        return;
    }
    let Some(target) = target_before(entries, &by, index) else { return };
    let Some(kind) = entries[target].event.kind.known() else { return };
    entries[target].corrected_by.push(by.uid);
    for change in by.data.list(&CHANGES) {
        let new = change.new.as_ref().map(|new| &new.0);
        let old = value_at(entries[target].data(), &change.pointer);
        // What was admitted can be applied, unless what it builds on was itself taken back.
        let Ok(data) = amended(kind, entries[target].data(), &change.pointer, new, &by.source) else {
            continue;
        };
        entries[target].amend(data, change.pointer.field(), by.version);
        let (pointer, new) = (change.pointer.clone(), new.cloned());
        corrections.push(Correction { event: index, target, pointer, old, new });
    }
}

fn is(event: &Event, name: EventName) -> bool {
    event.kind.known().is_some_and(|kind| kind.event() == name)
}

/// The earlier event that this one is about.
fn target_before(entries: &[Entry], by: &Event, index: usize) -> Option<usize> {
    let target = find(entries, by.data.get(&EVENT)?.0)?;
    (target < index).then_some(target)
}
