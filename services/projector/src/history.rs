//! The events of each record as the log has them: one row an event, and where each stands in the log.

use std::borrow::Cow;
use std::io::Write;

use domain::{EventName, Kind, Subject};
use jiff::Timestamp;
use readmodel::{Entry, Overlay, Range, Rows, Value};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use crate::key::{Key, Parts};

/// Record, version, position → the envelope as recorded.
const EVENTS: u8 = b'h';

/// Position → record, version, and by when everything up to there was recorded.
const POSITIONS: u8 = b'p';

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stands {
    pub(crate) subject: Subject,
    pub(crate) version: u32,
    pub(crate) position: u64,
}

impl Stands {
    /// Where the log's next event stands. One that says no version counts as the next of its record.
    pub(crate) fn of(entry: &Entry, rows: &impl Rows) -> Self {
        let (subject, position) = (entry.subject, entry.position);
        let next = || last(&subject, rows).map_or(1, |last| last.version + 1);
        let version = if entry.version == 0 { next() } else { entry.version };
        Self { subject, version, position }
    }

    fn key(&self) -> Key {
        Key::table(EVENTS).subject(&self.subject).version(self.version).position(self.position)
    }

    fn of_key(key: &[u8]) -> Option<Self> {
        let mut parts = Parts(key.get(1..)?);
        let subject = parts.subject()?;
        Some(Self { subject, version: parts.version()?, position: parts.position()? })
    }

    fn of_position(position: u64, value: &[u8]) -> Option<Self> {
        let mut parts = Parts(value);
        Some(Self { subject: parts.subject()?, version: parts.version()?, position })
    }
}

/// Where a record's last event stands.
pub(crate) fn last(subject: &Subject, rows: &impl Rows) -> Option<Stands> {
    let range = Range::prefix(Key::table(EVENTS).subject(subject).as_ref());
    let last = rows.scan(&range, readmodel::Direction::Descending).next();
    last.and_then(|(key, _)| Stands::of_key(&key))
}

/// Keeps an event: of one that was sealed what it says, or what is left of it if nothing opens it.
pub(crate) fn keep(stands: &Stands, entry: &Entry, rows: &mut Overlay<'_>) {
    let payload = kept(entry);
    // The register admits no envelope beyond 65,535 bytes; a stranger's is known of, not kept.
    let kept = rows.put(stands.key(), payload.as_ref()).or_else(|_| rows.put(stands.key(), b"{}"));
    kept.expect("two bytes fit");
}

/// An event's envelope as it is kept.
pub(crate) fn kept(entry: &Entry) -> Cow<'_, [u8]> {
    let envelope = entry.envelope();
    let closed = if sealing::is_sealed(envelope) { sealing::close(envelope) } else { None };
    closed.map_or(Cow::Borrowed(envelope), Cow::Owned)
}

/// Takes the content of what was sealed out of a record's events; says whether there was any. What is left is what
/// is kept of events whose key was destroyed before they were read.
pub(crate) fn close(subject: &Subject, rows: &mut Overlay<'_>) -> bool {
    let opened = of_record(subject, 0, rows).filter(|(_, payload)| sealing::is_opened(payload));
    let closed = opened.map(|(stands, payload)| (stands, sealing::close(&payload))).collect::<Vec<_>>();
    for (stands, closed) in &closed {
        let closed = closed.as_deref().unwrap_or(b"{}");
        rows.put(stands.key(), closed).expect("what is left is shorter than what there was");
    }
    !closed.is_empty()
}

/// Keeps where in the log an event stands that was recorded at a time. Clocks may go back, the log does not: what
/// is kept is the latest time of recording up to there.
pub(crate) fn keep_position(stands: &Stands, recorded: Timestamp, rows: &mut Overlay<'_>) {
    let before = recorded_by(stands.position.saturating_sub(1), rows);
    let latest = before.unwrap_or(i64::MIN).max(nanoseconds(recorded));
    let row = Key::begin().subject(&stands.subject).version(stands.version).bytes(&latest.to_be_bytes());
    rows.put(Key::table(POSITIONS).position(stands.position), row).expect("a subject and two numbers fit");
}

/// Nanoseconds since 1970; times centuries away are as far as these reach.
fn nanoseconds(time: Timestamp) -> i64 {
    let nanoseconds = time.as_nanosecond();
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}

/// The latest time of recording up to a position.
fn recorded_by(position: u64, rows: &impl Rows) -> Option<i64> {
    let row = rows.get(Key::table(POSITIONS).position(position).as_ref())?;
    row.last_chunk().copied().map(i64::from_be_bytes)
}

/// The last of the positions up to `last` by which nothing was recorded after a time; 0: there is none.
pub(crate) fn position_at(time: Timestamp, last: u64, rows: &impl Rows) -> u64 {
    let time = nanoseconds(time);
    let (mut by_then, mut end) = (0, last);
    while by_then < end {
        let middle = by_then + (end - by_then).div_ceil(2);
        if recorded_by(middle, rows).is_none_or(|latest| latest <= time) {
            by_then = middle;
        } else {
            end = middle - 1;
        }
    }
    by_then
}

/// A record's events behind a version, in order.
pub(crate) fn of_record<'r>(
    subject: &Subject,
    after: u32,
    rows: &'r impl Rows,
) -> impl Iterator<Item = (Stands, Value)> + 'r {
    let prefix = Key::table(EVENTS).subject(subject);
    let last = prefix.clone().version(after).position(u64::MAX);
    let range = Range::prefix(prefix.as_ref()).after(last.as_ref());
    let events = rows.scan(&range, readmodel::Direction::Ascending);
    events.filter_map(|(key, payload)| Some((Stands::of_key(&key)?, payload)))
}

/// The log behind a position, in order.
pub(crate) fn of_log<'r>(after: u64, rows: &'r impl Rows) -> impl Iterator<Item = Stands> + 'r {
    let range = Range::prefix(&[POSITIONS]).after(Key::table(POSITIONS).position(after).as_ref());
    rows.scan(&range, readmodel::Direction::Ascending).filter_map(|(key, value)| {
        let position = Parts(key.get(1..)?).position()?;
        Stands::of_position(position, &value)
    })
}

/// Where the event at a position stands.
pub(crate) fn at(position: u64, rows: &impl Rows) -> Option<Stands> {
    Stands::of_position(position, &rows.get(Key::table(POSITIONS).position(position).as_ref())?)
}

/// An event's envelope.
pub(crate) fn payload(stands: &Stands, rows: &impl Rows) -> Option<Value> {
    rows.get(stands.key().as_ref())
}

/// The CloudEvent that is served: the envelope with its `sequence`, the position as twenty digits. What is no
/// JSON object is shown as `data_base64`.
pub(crate) fn served(stands: &Stands, payload: &[u8]) -> Vec<u8> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let is_object = serde_json::from_slice::<&RawValue>(payload).is_ok_and(|raw| raw.get().starts_with('{'));
    let mut served = Vec::with_capacity(payload.len() + 40);
    write!(served, "{{\"sequence\":\"{:020}\"", stands.position).expect("memory can be written");
    let rest = payload.trim_ascii_start().get(1..).filter(|_| is_object).map(<[u8]>::trim_ascii_start);
    match rest {
        Some(b"}") => served.push(b'}'),
        Some(rest) => {
            served.push(b',');
            served.extend(rest);
        }
        None => write!(
            served,
            ",\"subject\":\"{}\",\"data_base64\":\"{}\"}}",
            stands.subject,
            STANDARD.encode(payload)
        )
        .expect("memory can be written"),
    }
    served
}

/// The CloudEvent that is served once its record was disposed of: who recorded what type of event when, and of
/// the disposal how, why and by which authority. Nothing that was derived from the rest either: anomalies quote
/// it, and a hash or its salt would let guesses be tried.
pub(crate) fn residue(stands: &Stands, payload: &[u8]) -> Vec<u8> {
    const WHO_AND_WHEN: &[&str] = &[
        "specversion",
        "id",
        "source",
        "type",
        "time",
        "recordedtime",
        "agency",
        "actor",
        "onbehalfof",
        "marking",
    ];
    const OF_THE_DISPOSAL: &[&str] = &["how", "authority", "reason", "requester"];
    /// Of what was sealed and is destroyed: what its proof is about. The salt was destroyed with it.
    const OF_THE_SEALED: &[&str] = &["datahash", "sealedhash"];
    let mut event = serde_json::from_slice::<Map<String, Json>>(payload).unwrap_or_default();
    let is_destroyed = OF_THE_SEALED.iter().all(|name| event.contains_key(*name));
    let disposal = event.remove("data").filter(|_| event.get("type").is_some_and(is_disposal));
    event.retain(|name, _| {
        let name = name.as_str();
        WHO_AND_WHEN.contains(&name) || is_destroyed && OF_THE_SEALED.contains(&name)
    });
    if is_destroyed {
        event.insert("destroyed".to_owned(), true.into());
    }
    if let Some(Json::Object(mut data)) = disposal {
        data.retain(|name, _| OF_THE_DISPOSAL.contains(&name.as_str()));
        event.insert("datacontenttype".to_owned(), "application/json".into());
        event.insert("data".to_owned(), Json::Object(data));
    }
    event.insert("sequence".to_owned(), format!("{:020}", stands.position).into());
    event.insert("subject".to_owned(), stands.subject.to_string().into());
    serde_json::to_vec(&event).expect("JSON is JSON")
}

fn is_disposal(kind: &Json) -> bool {
    let kind = kind.as_str().map(Kind::parse);
    kind.and_then(|kind| kind.known()).is_some_and(|kind| kind.event() == EventName::Disposed)
}
