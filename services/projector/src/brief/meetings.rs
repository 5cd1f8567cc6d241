//! Where both met: who was there, what it was about, what was said.

use contract::brief::{Attendee, Meeting, Saying, Side};
use domain::value::{Act, Attendance, Participant, PartyKind, Place, Topic, Utterance, Weight};
use serde_json::Value;

use super::compose::{
    Composer, all, days, list, name, other_accounts, owned, plain, read, shortened, text_of, when,
};
use super::gather::Item;
use super::part::Part;

/// Who is named of a meeting; of those before the last one fewer.
const MOST_NAMED: usize = 8;
const MOST_NAMED_BEFORE: usize = 4;

const MOST_TOPICS: usize = 8;
const MOST_SAID: usize = 3;
const MOST_SAID_BEFORE: usize = 1;

/// The engagements in which both took part, the last first; then those without a date, the last recorded
/// first.
pub(super) fn last_met(composer: &mut Composer<'_>) -> Vec<Meeting> {
    let mut items = composer.of(Part::Meetings);
    // What has no date cannot be called the last one.
    items.sort_by_key(|item| days(when(&item.view, "occurred").as_ref()) == (None, None));
    let meetings = items.into_iter().enumerate();
    meetings.map(|(before, item)| meeting(item, before == 0, composer)).collect()
}

fn meeting<'g>(item: &'g Item, is_last: bool, composer: &mut Composer<'g>) -> Meeting {
    let view = &item.view;
    let mut line = composer.line(item, text_of(view, "title").unwrap_or_default(), &[]);
    line.when = when(view, "occurred");
    line.other_accounts = other_accounts(view, "occurred");
    line.slip_days =
        view["slip_days"].as_i64().and_then(|days| days.try_into().ok()).filter(|days| *days != 0);
    let mut who_met = attendees(view, composer);
    let most = if is_last { MOST_NAMED } else { MOST_NAMED_BEFORE };
    let others = u32::try_from(who_met.len().saturating_sub(most)).ok().filter(|others| *others > 0);
    who_met.truncate(most);
    let topics = all::<Topic>(view, "topics");
    let (main, mentioned) = topics.iter().partition::<Vec<_>, _>(|topic| topic.weight == Weight::Main);
    let topics = main.into_iter().chain(mentioned).map(topic).take(MOST_TOPICS).collect();
    let mut said = said(view, composer);
    said.truncate(if is_last { MOST_SAID } else { MOST_SAID_BEFORE });
    let place = read::<Place>(view, "place").map(|place| owned(&place.name));
    Meeting { line, place, who_met, others, topics, said }
}

/// Who was there: them first, then us, then others; a delegation before its members. The two are not named as their
/// own members.
fn attendees(view: &Value, composer: &Composer<'_>) -> Vec<Attendee> {
    let participants = all::<Participant>(view, "participants");
    let with_group = |one| Participant::everybody(one).map(|member| (one, member)).collect::<Vec<_>>();
    let everybody = participants.iter().flat_map(with_group);
    let was_there = |(_, one): &(&Participant, &Participant)| {
        matches!(
            one.attendance,
            None | Some(Attendance::Attended | Attendance::Unknown | Attendance::Expected)
        )
    };
    let found = everybody.filter(was_there).map(|(group, one)| {
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
        let is_person = group.party.kind == PartyKind::Person;
        ((rank, !is_person && group.members.is_empty()), attendee)
    });
    let mut ranked = found.collect::<Vec<_>>();
    ranked.sort_by_key(|(rank, _)| *rank);
    let states =
        [&composer.gathered.sides.us, &composer.gathered.sides.them].map(|known| known.party.name.clone());
    ranked.into_iter().map(|(_, one)| one).filter(|one| !states.contains(&one.name)).collect()
}

/// What somebody chose to call it, else its code.
fn topic(topic: &Topic) -> String {
    let label = topic.label.as_ref().map(|label| label.as_str().to_owned());
    label.unwrap_or_else(|| in_reading_order(&topic.code.to_string()))
}

/// `security.regional` is regional security, `defence.cooperation` is defence cooperation.
fn in_reading_order(code: &str) -> String {
    const OF_ADJECTIVES: &[&str] = &["al", "ic", "ary", "ive", "ous", "able"];
    let mut parts = code.split('.').collect::<Vec<_>>();
    parts.sort_by_key(|part| !OF_ADJECTIVES.iter().any(|ending| part.ends_with(ending)));
    plain(&parts.join(" "))
}

/// What they said, then what both or we did; courtesies are left out.
fn said(view: &Value, composer: &Composer<'_>) -> Vec<Saying> {
    let mut said = sayings(view, composer);
    said.retain(|saying| !["thank", "welcome", "raise_concern"].contains(&saying.act.as_str()));
    said.sort_by_key(|saying| (saying.side != Side::Them, saying.act == "commend"));
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

#[cfg(test)]
mod tests {
    use super::in_reading_order;

    #[test]
    fn topics_are_read_forwards() {
        for (code, words) in [
            ("security.regional", "regional security"),
            ("defence.cooperation", "defence cooperation"),
            ("trade.market_access", "trade market access"),
            ("mining", "mining"),
        ] {
            assert_eq!(in_reading_order(code), words);
        }
    }
}
