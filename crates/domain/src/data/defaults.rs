//! What is filled in when nobody says it: the least that must be accepted is one line.
//!
//! What can be worked out from the record when it is read (its title, the mode of a meeting) is not filled in
//! here: it would outlive a correction.

use super::Data;
use crate::read::Context;
use crate::value::{Attendance, Citation, CitedSource, CountryCode, Participant, PartyRef};
use crate::vocabulary::{self, Kept};
use crate::{Aggregate, EventKind, EventName};

pub(super) fn fill(kind: EventKind, data: &mut Data, context: &Context) {
    if kind.event().is_control() {
        return;
    }
    if kind.aggregate() != Aggregate::Source && data.list(&vocabulary::CITATIONS).is_empty() {
        let first_hand = vec![Citation::of(CitedSource::FirstHand)];
        data.set(vocabulary::CITATIONS.name, first_hand.held());
    }
    let mut participants = data.list(&vocabulary::PARTICIPANTS).to_vec();
    if participants.is_empty() {
        return;
    }
    if !matches!(kind.event(), EventName::ParticipantsAmended) {
        participants.extend(own_side(&participants, context));
    }
    data.set(vocabulary::PARTICIPANTS.name, participants.held());
    fill_attendance(kind, data);
}

/// Gives participants of whom nothing is said the attendance that is usual for the event.
pub(super) fn fill_attendance(kind: EventKind, data: &mut Data) {
    let mut participants = data.list(&vocabulary::PARTICIPANTS).to_vec();
    if participants.is_empty() {
        return;
    }
    for participant in &mut participants {
        participant.fill_attendance(attendance(kind.event()));
    }
    data.set(vocabulary::PARTICIPANTS.name, participants.held());
}

/// It takes two sides to meet: when only one is named and it is not the recorder's, the recorder's is the
/// other.
fn own_side(participants: &[Participant], context: &Context) -> Option<Participant> {
    let own = context.party.parse::<CountryCode>().ok()?;
    let mut sides = participants.iter().flat_map(Participant::everybody).filter_map(|one| one.side.as_ref());
    let first = sides.next();
    let is_own = |side: &crate::value::Name| side.as_str() == own.as_str();
    let one_other_side = first.is_none_or(|first| !is_own(first) && sides.all(|side| side == first));
    one_other_side.then(|| Participant::of(PartyRef::state(own)))
}

const fn attendance(event: EventName) -> Attendance {
    match event {
        EventName::Held | EventName::UnderWay => Attendance::Attended,
        // A statement tells of a meeting; whether it was held, other events say.
        EventName::StatementIssued => Attendance::Unknown,
        _ => Attendance::Expected,
    }
}
