//! What holds of every history.

use domain::{Aggregate, EventKind, EventName, Record};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::given::{Given, nothing};
use crate::samples::sample;

/// Data for an event: what it must have, some of what it may, references to earlier events.
fn data(kind: EventKind, seeds: &[u32], version: u32) -> Value {
    let mut data = serde_json::Map::new();
    for (at, field) in domain::vocabulary::proposed(kind).enumerate() {
        let seed = seeds[at % seeds.len()].wrapping_add(u32::try_from(at).unwrap_or_default());
        if !field.required && !seed.is_multiple_of(3) {
            continue;
        }
        let earlier = json!(format!("#{}", 1 + seed % version.max(1)));
        let value = match field.name {
            "event" | "restates" | "hold" | "chosen" if version == 0 => continue,
            "event" | "restates" | "hold" | "chosen" => earlier,
            name => sample(kind, name, seed),
        };
        data.insert(field.name.to_owned(), value);
    }
    Value::Object(data)
}

/// Proposes one event after another; those that are admitted are recorded.
fn history(aggregate: Aggregate, steps: &[(usize, [u32; 5], bool)]) -> Given {
    let kinds = EventKind::all().filter(|kind| kind.aggregate() == aggregate).collect::<Vec<_>>();
    let mut given = nothing(aggregate).marked("OFFICIAL//REL CA");
    for (kind, seeds, own) in steps {
        // A record that is disposed of takes nothing more: let that happen seldom.
        let kind = kinds[kind % kinds.len()];
        if kind.event() == EventName::Disposed && !seeds[0].is_multiple_of(8) {
            continue;
        }
        let data = data(kind, seeds, given.record.version());
        let Ok(event) = given.event(if *own { "pk" } else { "ca" }, &kind.short(), &data) else { continue };
        if let Ok(anomalies) = given.admit(&event) {
            given.record.apply(domain::Event { anomalies, ..event });
        }
    }
    given
}

fn steps() -> impl Strategy<Value = Vec<(usize, [u32; 5], bool)>> {
    proptest::collection::vec((any::<usize>(), any::<[u32; 5]>(), prop::bool::weighted(0.7)), 1..40)
}

fn aggregates() -> impl Strategy<Value = Aggregate> {
    proptest::sample::select(Aggregate::ALL.to_vec())
}

proptest! {
    #[test]
    fn every_admitted_history_folds_and_the_same_way_again(aggregate in aggregates(), steps in steps()) {
        let record = history(aggregate, &steps).record;
        let mut again = Record::new(record.subject());
        for entry in record.events() {
            again.apply(std::sync::Arc::clone(&entry.event));
            let _ = (again.view(), again.facets(), again.valid_time(), again.links().count());
            prop_assert!(domain::statuses(aggregate).any(|status| status == again.status()), "{}", again.status());
        }
        prop_assert_eq!(again.view(), record.view());
        prop_assert_eq!(again.facets(), record.facets());
        for (a, b) in again.events().iter().zip(record.events()) {
            prop_assert_eq!(a.retracted_by, b.retracted_by);
            prop_assert_eq!(&a.corrected_by, &b.corrected_by);
            prop_assert_eq!(&a.contested_by, &b.contested_by);
            prop_assert_eq!(a.data(), b.data());
        }
    }

    /// A retraction folds every event again, a retraction of that once more: what was folded step by step and
    /// what was folded from scratch come to the same.
    #[test]
    fn folding_by_steps_and_from_scratch_is_the_same(aggregate in aggregates(), steps in steps()) {
        let given = history(aggregate, &steps);
        prop_assume!(!given.record.is_disposed());
        let own = |given: &Given| given.record.events().iter().rposition(|entry| {
            entry.stands() && entry.event.agency == "urn:agency:pk"
                && entry.event.kind.known().is_some_and(|kind| !kind.event().is_control())
        });
        let Some(at) = own(&given) else { return Ok(()) };
        let retracted = format!("{aggregate}.retracted");
        let before = given.record.view();
        let next = given.record.version() + 1;
        let after = given.when(&retracted, json!({ "event": format!("#{}", at + 1) }))
            .when(&retracted, json!({ "event": format!("#{next}") }));
        prop_assert_eq!(said(after.record.view()), said(before));
    }

    #[test]
    fn a_correction_and_its_inverse_restore_the_view(aggregate in aggregates(), steps in steps(), seed: u32) {
        let given = history(aggregate, &steps);
        prop_assume!(!given.record.is_disposed());
        let target = given.record.events().iter().position(|entry| {
            entry.stands() && entry.event.agency == "urn:agency:pk" && entry.corrected_by.is_empty()
                && entry.event.kind.known().is_some_and(|kind| !kind.event().is_control())
        });
        let Some(target) = target else { return Ok(()) };
        let kind = given.record.events()[target].event.kind.known().expect("known");
        let was = given.record.events()[target].data().to_json();
        let field = ["occurred", "window", "reason", "by"][seed as usize % 4];
        let new = sample(kind, field, seed);
        let pointer = format!("/{field}");
        let event = format!("#{}", target + 1);
        let corrected = format!("{aggregate}.corrected");
        let old = was.get(field).cloned().unwrap_or_default();
        let change = json!({ "event": event, "changes": [{ "pointer": pointer, "old": old, "new": new }] });
        let proposed = given.event("pk", &corrected, &change).expect("well-formed");
        if let Err(issues) = given.admit(&proposed) {
            prop_assume!(issues.iter().any(|issue| issue.detail != "changes nothing"));
        }
        let there = given.clone().when(&corrected, change);
        let now = there.record.events()[target].data().to_json().get(field).cloned().unwrap_or_default();
        let back = there.when(&corrected, json!({ "event": event, "changes": [{ "pointer": pointer, "old": now, "new": old }] }));
        prop_assert_eq!(back.record.events()[target].data().to_json(), was);
        // Among accounts that differ a correction goes before the first report, even one that restores it.
        if given.record.view().get("contests").is_none() {
            prop_assert_eq!(said(back.record.view()), said(given.record.view()));
        }
    }
}

/// What a view says of the world, without how the register came to it.
fn said(mut view: Value) -> Value {
    let fields = view.as_object_mut().expect("an object");
    for name in ["version", "recorded", "corrections", "retractions", "anomalies"] {
        fields.remove(name);
    }
    view
}
