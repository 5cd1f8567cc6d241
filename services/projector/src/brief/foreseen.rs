//! What is coming, and what should have come.

use contract::brief::{Clock, Line, words};
use domain::value::{Attendance, Participant, Place, When};
use jiff::civil::Date;
use serde_json::Value;

use super::clocks::Started;
use super::compose::{
    Composer, all, days, late, list, name, other_accounts, owned, plain, read, shortened, text_of, when,
};
use super::gather::Item;
use super::part::Part;
use super::undertakings::{owned_by, promised};

/// What is foreseen and what falls due, the next first; what has no date comes last.
pub(super) fn coming(composer: &mut Composer<'_>) -> Vec<Line> {
    let today = composer.today();
    let mut found =
        composer.of(Part::Foreseen).into_iter().map(|item| (item, Foreseen::Engagement)).collect::<Vec<_>>();
    let due = dues(composer).into_iter().filter(|(_, due)| late(Some(due), today).is_none());
    found.extend(due.map(|(item, due)| (item, Foreseen::Due(due))));
    let developments = awaited(composer).into_iter();
    let developments =
        developments.filter(|(_, awaited)| late(when(awaited, "window").as_ref(), today).is_none());
    found.extend(developments.map(|(item, awaited)| (item, Foreseen::Development(awaited))));
    let clocks = clocks(composer).into_iter().filter(|(_, clock)| late(Some(&clock.when), today).is_none());
    found.extend(clocks.map(|(item, clock)| (item, Foreseen::Clock(clock))));
    found.sort_by_key(|(item, foreseen)| {
        let (first, last) = days(foreseen.window(&item.view).as_ref());
        // What may be any day now has begun to be awaited long ago, and is still next.
        let next = first.or(last).map(|day| day.max(today));
        (next.is_none(), next, last)
    });
    written("coming", found, composer)
}

/// What was foreseen for a day that has passed, and what fell due: the latest first. Then what was called off.
pub(super) fn lapsed(composer: &mut Composer<'_>) -> Vec<Line> {
    let today = composer.today();
    let mut found =
        composer.of(Part::Lapsed).into_iter().map(|item| (item, Foreseen::Engagement)).collect::<Vec<_>>();
    let due = dues(composer).into_iter().filter(|(_, due)| late(Some(due), today).is_some());
    found.extend(due.map(|(item, due)| (item, Foreseen::Due(due))));
    let developments = awaited(composer).into_iter();
    let developments =
        developments.filter(|(_, awaited)| late(when(awaited, "window").as_ref(), today).is_some());
    found.extend(developments.map(|(item, awaited)| (item, Foreseen::Development(awaited))));
    let clocks = clocks(composer).into_iter().filter(|(_, clock)| late(Some(&clock.when), today).is_some());
    found.extend(clocks.map(|(item, clock)| (item, Foreseen::Clock(clock))));
    found.sort_by_key(|(item, foreseen)| late(foreseen.window(&item.view).as_ref(), today));
    let called_off = composer.of(Part::CalledOff).into_iter().map(|item| (item, Foreseen::Engagement));
    found.extend(called_off);
    written("lapsed", found, composer)
}

/// Something that is or was to come.
enum Foreseen<'g> {
    Engagement,
    Due(When),
    Development(&'g Value),
    Clock(&'g Started),
}

impl Foreseen<'_> {
    fn window(&self, view: &Value) -> Option<When> {
        match self {
            Self::Engagement => when(view, "window"),
            Self::Due(due) => Some(due.clone()),
            Self::Development(awaited) => when(awaited, "window"),
            Self::Clock(clock) => Some(clock.when.clone()),
        }
    }
}

fn written<'g>(
    name: &str,
    mut found: Vec<(&'g Item, Foreseen<'g>)>,
    composer: &mut Composer<'g>,
) -> Vec<Line> {
    composer.cut(name, &mut found);
    found.into_iter().map(|(item, foreseen)| line(item, &foreseen, composer)).collect()
}

fn line<'g>(item: &'g Item, foreseen: &Foreseen<'g>, composer: &mut Composer<'g>) -> Line {
    let (view, today) = (&item.view, composer.today());
    match foreseen {
        Foreseen::Engagement => engagement(item, composer),
        Foreseen::Due(due) => {
            let mut line = promised(item, composer);
            (line.when, line.strength, line.other_accounts) = (None, None, vec![]);
            line.late_days = late(Some(due), today);
            line.due = Some(due.clone());
            line
        }
        Foreseen::Development(awaited) => {
            let events = text_of(awaited, "event");
            let mut line = composer.line(item, text_of(view, "title").unwrap_or_default(), events.as_slice());
            line.details
                .extend(text_of(awaited, "description").or(text_of(awaited, "status")).map(shortened));
            line.when = when(awaited, "window");
            line.late_days = late(line.when.as_ref(), today);
            line
        }
        Foreseen::Clock(Started { rule, since, when, events }) => {
            let events = events.iter().map(String::as_str).collect::<Vec<_>>();
            let mut line = composer.line(item, text_of(view, "title").unwrap_or_default(), &events);
            line.late_days = late(Some(when), today);
            line.due = Some(when.clone());
            line.clock = Some(Clock {
                name: rule.name.clone(),
                authority: rule.authority.clone(),
                since: since.clone(),
                days: rule.days,
            });
            line
        }
    }
}

fn engagement<'g>(item: &'g Item, composer: &mut Composer<'g>) -> Line {
    let view = &item.view;
    let mut line = composer.line(item, text_of(view, "title").unwrap_or_default(), &[]);
    line.when = when(view, "window");
    line.other_accounts = other_accounts(view, "window");
    let is_open = !matches!(line.status.as_str(), "cancelled" | "not_held");
    line.late_days = late(line.when.as_ref(), composer.today()).filter(|_| is_open);
    line.details.extend(read::<Place>(view, "place").map(|place| owned(&place.name)));
    line.details.extend(when(view, "first_window").map(|first| {
        let first = words::of_when(&first);
        format!("First foreseen for {first}.")
    }));
    line.details.extend(who_comes(view, composer));
    let last = list(view, "course").last().and_then(|step| text_of(step, "reason"));
    line.details.extend(last.map(shortened));
    line
}

/// Whose taking part is less or more than expected.
fn who_comes(view: &Value, composer: &Composer<'_>) -> Vec<String> {
    let participants = all::<Participant>(view, "participants");
    let said = participants.iter().filter_map(|one| {
        let attendance = one.attendance?;
        let is_plain =
            matches!(attendance, Attendance::Expected | Attendance::Attended | Attendance::Unknown);
        let is_of_both = composer.gathered.sides.of_participant(one) != contract::brief::Side::Other;
        let says = match attendance {
            Attendance::Discussed => "taking part was discussed".to_owned(),
            other => plain(&other.to_string()),
        };
        (!is_plain && is_of_both).then(|| format!("{}: {says}.", name(&one.party)))
    });
    said.collect()
}

/// Open undertakings of others with a day by which they are to be fulfilled: those of the two have their sections.
fn dues<'g>(composer: &Composer<'g>) -> Vec<(&'g Item, When)> {
    let is_known = |due: &When| days(Some(due)).1.is_some();
    let items = composer.of(Part::Undertakings).into_iter().filter(|item| owned_by(item, composer).is_none());
    items.filter_map(|item| Some((item, when(&item.view, "due").filter(is_known)?))).collect()
}

/// Periods of which the rule gives a number of days. Those without one run without running out: what is said of
/// the record names them.
fn clocks<'g>(composer: &Composer<'g>) -> Vec<(&'g Item, &'g Started)> {
    let running = composer.running();
    running.into_iter().filter(|(_, clock)| clock.rule.days.is_some()).collect()
}

/// Developments that are still to come, or were to be when they were recorded, each the last of its matter.
fn awaited<'g>(composer: &Composer<'g>) -> Vec<(&'g Item, &'g Value)> {
    let is_awaited = |told: &&Value| {
        let last: Option<Date> = days(when(told, "window").as_ref()).1;
        last.is_some() && told.get("occurred").is_none()
    };
    let items = composer.of(Part::Matters).into_iter();
    items
        .filter_map(|item| Some((item, list(&item.view, "developments").last().filter(is_awaited)?)))
        .collect()
}
