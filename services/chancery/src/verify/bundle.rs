//! The evidence of a record.

use std::path::PathBuf;

use serde_json::{Value, json};
use transparency::checkpoint::Trust;
use transparency::evidence::{Bundle, Event, Fault, Proved};

use super::stamps::{self, Stamps};
use super::trust::{checkpoint, refuse, signers};
use crate::failure::Failure;
use crate::{out, table, words};

pub(super) fn verify(file: &[u8], trust: &Trust, tsa: &[PathBuf], json: bool) -> Result<(), Failure> {
    let bundle = match Bundle::parse(file) {
        Ok(bundle) => bundle,
        Err(faults) => return wrong("this is no evidence to rely on", &faults, json),
    };
    let what = format!("the evidence of {} does not hold", bundle.subject);
    let proved = match bundle.verify(trust) {
        Ok(proved) => proved,
        Err(faults) => return wrong(&what, &faults, json),
    };
    let stamps = stamps::check(&bundle.checkpoint, &bundle.timestamps, tsa)?;
    if !stamps.faults.is_empty() {
        return refuse(&what, &stamps.faults, json);
    }
    if json {
        out::say_json(&as_json(&bundle, &proved, &stamps))
    } else {
        out::say(&text(&bundle, &proved, &stamps))
    }
}

fn wrong(what: &str, faults: &[Fault], json: bool) -> Result<(), Failure> {
    let told = faults.iter().map(|fault| {
        let Fault { place, version, problem } = fault;
        (fault.to_string(), json!({"place": place, "version": version, "detail": problem.to_string()}))
    });
    refuse(what, &told.collect::<Vec<_>>(), json)
}

fn leaf(event: &Event) -> Value {
    serde_json::from_str(&event.leaf).unwrap_or_default()
}

fn as_json(bundle: &Bundle, proved: &Proved<'_>, stamps: &Stamps) -> Value {
    let event = |event: &Event| {
        let leaf = leaf(event);
        json!({"version": event.version, "position": event.position(), "redacted": event.event.is_none(),
            "type": leaf["type"], "recordedtime": leaf["recordedtime"], "actor": leaf["actor"],
            "agency": leaf["agency"], "source": leaf["source"], "id": leaf["id"]})
    };
    json!({"proved": true, "subject": bundle.subject, "versions": bundle.versions, "shown": proved.shown,
        "redacted": proved.redacted, "checkpoint": checkpoint(&bundle.checkpoint, &proved.signed),
        "timestamps": stamps.json(),
        "events": bundle.events.iter().map(event).collect::<Vec<_>>()})
}

fn text(bundle: &Bundle, proved: &Proved<'_>, stamps: &Stamps) -> String {
    let (head, origin) = (proved.head, bundle.checkpoint.checkpoint().origin());
    let mut rows = vec![
        ("record", bundle.subject.clone()),
        ("events", format!("{} as recorded, {} redacted", proved.shown, proved.redacted)),
        ("log", format!("{origin}, {}, root {}", words::count(head.size, "event"), head.root)),
    ];
    rows.extend(signers(&bundle.checkpoint, &proved.signed));
    rows.extend(stamps.rows());
    let beyond = match bundle.versions {
        1 => "this one".to_owned(),
        all => format!("these {all}"),
    };
    rows.push(("not proved", format!("that the record has no events beyond {beyond}")));
    let rows = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]);
    let events = bundle.events.iter().map(|event| {
        let leaf = leaf(event);
        let shown = if event.event.is_some() { "" } else { "redacted" };
        let by = format!("{} ({})", words::plain(&leaf["actor"]), words::plain(&leaf["agency"]));
        let what = words::short_type(&leaf["type"]);
        let places = [event.version.to_string(), event.position().to_string()];
        [&places[..], &[words::moment(&leaf["recordedtime"]), what, by, shown.to_owned()]].concat()
    });
    let headings = ["v", "position", "recorded", "what", "by", ""];
    format!("PROVED\n\n{}\n\n{}", table::table(&[], rows), table::table(&headings, events))
}
