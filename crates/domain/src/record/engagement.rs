//! Engagements: expected, scheduled, put off, held.

use serde_json::{Map, Value, json};

use super::course::Course;
use super::view::Telling;
use crate::accounts::is_one_party;
use crate::value::{Attendance, Participant, PartyKind, When};
use crate::vocabulary::{ENGAGEMENT_KIND, FORM, ISSUERS, MODE, Mode, OCCURRED, PARTICIPANTS, REFERENCE};
use crate::{Data, EventName};

/// The usual kinds; the set is open.
pub(super) const KINDS: &[&str] = &[
    "meeting",
    "call",
    "dialogue",
    "round",
    "summit",
    "conference",
    "ceremony",
    "briefing",
    "correspondence",
    "visit",
    "consultation",
    "negotiation",
    "forum",
    "reception",
    "exhibition",
];

/// How far in the plausible order.
pub(super) const fn stage(event: EventName) -> Option<u8> {
    Some(match event {
        EventName::Proposed => 1,
        EventName::Expected => 2,
        EventName::Scheduled | EventName::Postponed | EventName::Cancelled => 3,
        EventName::UnderWay => 4,
        EventName::Held | EventName::NotHeld => 5,
        _ => return None,
    })
}

pub(super) fn advance(course: &mut Course, event: EventName, data: &Data) {
    let Some(stage) = stage(event) else { return };
    if matches!(event, EventName::UnderWay | EventName::Held) {
        course.happened(data);
    }
    // What ended stays as it ended; what is reported late says how it once was.
    let revived = course.status == Some("postponed") && event == EventName::Expected;
    let cut_short = course.stage == 4 && event == EventName::Cancelled;
    if course.stage == 5 || (stage < course.stage && !revived && !cut_short) {
        return;
    }
    if event == EventName::Postponed && data.get(&crate::vocabulary::WINDOW).is_none() {
        course.window = None;
    }
    if event == EventName::Held {
        course.occurred = data.get(&OCCURRED).cloned();
    }
    course.status = Some(event.as_str());
}

/// What the view shows besides the description.
pub(super) fn show(told: &Telling<'_>, out: &mut Map<String, Value>) {
    if !out.contains_key(MODE.name)
        && let Some(mode) = usual_mode(out)
    {
        out.insert(MODE.name.to_owned(), json!(mode));
    }
    if let Some(participants) = attendance(told) {
        out.insert(PARTICIPANTS.name.to_owned(), json!(participants));
    }
    let statements = told
        .of(EventName::StatementIssued)
        .map(|told| told.fields(&[ISSUERS.name, FORM.name, REFERENCE.name, OCCURRED.name]));
    super::view::put_list(out, "statements", statements.collect());
    if let Some(days) = slip(told.course()) {
        out.insert("slip_days".to_owned(), json!(days));
    }
}

/// Who took part in what was held, where earlier events say no more than that somebody was expected.
fn attendance(told: &Telling<'_>) -> Option<Vec<Participant>> {
    let held = told.of(EventName::Held).next().filter(|_| told.course().status == Some("held"))?;
    let mut participants = told.described(&PARTICIPANTS)?.clone();
    settle(&mut participants, held.data().list(&PARTICIPANTS), true);
    Some(participants)
}

/// Nobody is expected any more at what was held. Whom its account names attended, and a state of whose side
/// somebody did; of others nothing is known. An account that names nobody is of those who were expected.
fn settle(participants: &mut [Participant], named: &[Participant], came: bool) {
    let side_came = |side: &Participant| {
        let mut all = named.iter().flat_map(Participant::everybody);
        side.party.kind == PartyKind::State
            && all.any(|one| one.side == side.side && one.attendance == Some(Attendance::Attended))
    };
    for participant in participants {
        let account = named.iter().find(|one| is_one_party(&one.party, &participant.party));
        if participant.attendance == Some(Attendance::Expected) {
            let attended = came && (named.is_empty() || account.is_some() || side_came(participant));
            participant.attendance = Some(if attended { Attendance::Attended } else { Attendance::Unknown });
        }
        let came = participant.attendance == Some(Attendance::Attended);
        settle(&mut participant.members, account.map_or(&[], |account| &account.members), came);
    }
}

fn usual_mode(view: &Map<String, Value>) -> Option<Mode> {
    let kind = view.get(ENGAGEMENT_KIND.name).and_then(Value::as_str).unwrap_or_default();
    match kind.split('.').next() {
        Some("call") => Some(Mode::Phone),
        Some("correspondence") => None,
        _ => Some(Mode::InPerson),
    }
}

/// Days between the first window and what happened; 0 within it, negative before it.
fn slip(course: &Course) -> Option<i32> {
    let happened = course.occurred.as_ref().map(When::bounds)?;
    let foreseen = course.first_window.as_ref().map(When::bounds)?;
    super::expectation::slip(foreseen, happened)
}
