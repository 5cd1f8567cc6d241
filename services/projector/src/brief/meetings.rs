//! Where both met: who was there, what it was about, what was said.

use contract::brief::{Attendee, Meeting, Saying, Side};
use domain::value::{Act, Attendance, Participant, PartyKind, Place, Topic, Utterance, Weight};
use serde_json::Value;

use super::compose::{Composer, all, list, name, owned, plain, read, shortened, text_of, when};
use super::gather::{Item, Part};

/// Who is named of a meeting; of those before the last one fewer.
const MOST_NAMED: usize = 8;
const MOST_NAMED_BEFORE: usize = 4;

const MOST_TOPICS: usize = 8;
const MOST_SAID: usize = 3;

/// The engagements in which both took part, the last first. What has no date stands by when it was recorded.
pub(super) fn last_met(composer: &mut Composer<'_>) -> Vec<Meeting> {
    let items = composer.of(Part::Meetings);
    let meetings = items.into_iter().enumerate();
    meetings.map(|(before, item)| meeting(item, before == 0, composer)).collect()
}

fn meeting<'g>(item: &'g Item, is_last: bool, composer: &mut Composer<'g>) -> Meeting {
    let view = &item.view;
    let mut line = composer.line(item, text_of(view, "title").unwrap_or_default(), &[]);
    line.when = when(view, "occurred");
    line.slip_days =
        view["slip_days"].as_i64().and_then(|days| days.try_into().ok()).filter(|days| *days != 0);
    let mut who_met = attendees(view, composer);
    let most = if is_last { MOST_NAMED } else { MOST_NAMED_BEFORE };
    let others = u32::try_from(who_met.len().saturating_sub(most)).ok().filter(|others| *others > 0);
    who_met.truncate(most);
    let topics = all::<Topic>(view, "topics");
    let (main, mentioned) = topics.iter().partition::<Vec<_>, _>(|topic| topic.weight == Weight::Main);
    let topics = main.into_iter().chain(mentioned).map(topic).take(MOST_TOPICS).collect();
    let said = if is_last { said(view, composer) } else { vec![] };
    let place = read::<Place>(view, "place").map(|place| owned(&place.name));
    Meeting { line, place, who_met, others, topics, said }
}

/// Who was there: them first, then us, then others; people before the states and groups that they stand for.
fn attendees(view: &Value, composer: &Composer<'_>) -> Vec<Attendee> {
    let participants = all::<Participant>(view, "participants");
    let everybody = participants.iter().flat_map(Participant::everybody);
    let was_there = |one: &&Participant| {
        matches!(
            one.attendance,
            None | Some(Attendance::Attended | Attendance::Unknown | Attendance::Expected)
        )
    };
    let mut found = everybody.filter(was_there).map(|one| {
        let side = composer.gathered.sides.of_participant(one);
        let rank = match side {
            Side::Them => 0,
            Side::Us => 1,
            Side::Other => 2,
        };
        let attendee = Attendee {
            name: name(&one.party),
            title: one.title.as_ref().map(owned),
            organisation: one.organisation.as_ref().map(owned),
            side,
        };
        ((rank, one.party.kind != PartyKind::Person), attendee)
    });
    let mut ranked = found.by_ref().collect::<Vec<_>>();
    ranked.sort_by_key(|(rank, _)| *rank);
    // A state is said by the people who are there for it.
    let states =
        [&composer.gathered.sides.us, &composer.gathered.sides.them].map(|known| known.party.name.clone());
    let spoken_for =
        |side: Side| ranked.iter().any(|((_, is_no_person), one)| !is_no_person && one.side == side);
    let needed = |one: &Attendee| !(states.contains(&one.name) && spoken_for(one.side));
    ranked.iter().map(|(_, one)| one).filter(|one| needed(one)).cloned().collect()
}

/// What somebody chose to call it, else its code.
fn topic(topic: &Topic) -> String {
    let label = topic.label.as_ref().map(|label| label.as_str().to_owned());
    label.unwrap_or_else(|| plain(&topic.code.to_string().replace('.', ", ")))
}

/// What they said, then what both or we did; courtesies are left out.
fn said(view: &Value, composer: &Composer<'_>) -> Vec<Saying> {
    let mut said = sayings(view, composer);
    said.retain(|saying| !["thank", "welcome", "raise_concern"].contains(&saying.act.as_str()));
    said.sort_by_key(|saying| (saying.side != Side::Them, saying.act == "commend"));
    said.truncate(MOST_SAID);
    said
}

/// Everything that was said in a record.
pub(super) fn sayings(view: &Value, composer: &Composer<'_>) -> Vec<Saying> {
    let utterances = list(view, "utterances").iter().filter_map(|one| {
        // With its event beside it.
        serde_json::from_value::<Utterance>(one.clone()).ok()
    });
    let sayings = utterances.map(|utterance| {
        let sides = utterance.speakers.iter().map(|speaker| composer.gathered.sides.of_party(speaker));
        let sides = sides.collect::<Vec<_>>();
        let side = match (sides.contains(&Side::Us), sides.contains(&Side::Them)) {
            (false, true) => Side::Them,
            (true, false) => Side::Us,
            _ => Side::Other,
        };
        Saying {
            who: utterance.speakers.iter().map(name).collect(),
            side,
            act: act(utterance.act),
            text: shortened(utterance.text.as_str()),
        }
    });
    sayings.collect()
}

fn act(act: Act) -> String {
    act.to_string()
}
