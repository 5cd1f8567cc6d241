//! Writing what the log keeps.

use bytes::Bytes;
use contract::{Facets, Problem, ProblemKind, Recorded, Salt};
use domain::{Event, Record};
use serde_json::value::{RawValue, to_raw_value};
use transparency::canonical::canonical;

use crate::draft::Draft;

/// The largest envelope: what a tile of a transparency log takes as one leaf.
const LARGEST: usize = 65_535;

/// Writes the envelope of an admitted event, which may be sealed before it is recorded.
///
/// # Errors
/// Too large, naming the event.
pub(crate) fn write(draft: &Draft, event: &Event, salt: Salt, is_sealed: bool) -> Result<Bytes, Problem> {
    let Draft { proposed, .. } = draft;
    let recorded = Recorded {
        specversion: "1.0".into(),
        id: draft.id.clone(),
        source: draft.source.clone(),
        kind: event.kind.to_string(),
        subject: draft.subject,
        time: event.time,
        datacontenttype: "application/json".into(),
        recordedtime: event.recorded,
        agency: event.agency.clone(),
        actor: event.actor.clone(),
        onbehalfof: event.on_behalf_of.clone(),
        marking: event.marking.to_string(),
        anomalies: Recorded::anomalies_text(&event.anomalies),
        datasalt: salt,
        proposalhash: draft.fingerprint,
        correlationid: proposed.correlationid.clone(),
        causationid: proposed.causationid.clone(),
        traceparent: proposed.traceparent.clone(),
        data: written(event),
    };
    let payload = serde_json::to_vec(&recorded).expect("an envelope is strings and raw JSON");
    let (taken, how) = match is_sealed {
        true => (sealing::sealed_length(payload.len(), recorded.data.get().len()), " when it is sealed"),
        false => (payload.len(), ""),
    };
    if taken > LARGEST {
        let detail = format!("event “{}” takes {taken} bytes{how}, more than {LARGEST}", draft.id);
        return Err(draft.place.refuse(ProblemKind::TooLarge, "", detail));
    }
    Ok(payload.into())
}

/// The data as it is hashed: whoever makes the leaf finds it in the form that it needs.
fn written(event: &Event) -> Box<RawValue> {
    let data = to_raw_value(&event.data).expect("data is strings, numbers, lists and objects");
    // What has no canonical form is recorded all the same.
    canonical(data.get().as_bytes()).ok().and_then(|text| RawValue::from_string(text).ok()).unwrap_or(data)
}

/// What a live filter needs to know of the record: of one that is sealed, no more than who may see it.
pub(crate) fn facets(record: &Record, is_sealed: bool) -> Facets {
    if is_sealed {
        return Facets { marking: record.marking().to_string(), ..Facets::default() };
    }
    let facets = record.facets();
    Facets {
        parties: facets.parties.into_iter().collect(),
        countries: facets.countries.into_iter().collect(),
        topics: facets.topics.into_iter().collect(),
        kind: facets.kind,
        marking: record.marking().to_string(),
    }
}
