//! Who offered what, and what became of it.

use contract::brief::{Line, Since, words};
use domain::value::PartyRef;
use domain::vocabulary::Strength;
use jiff::civil::Date;
use serde_json::Value;

use super::compose::{
    Composer, all, days, late, list, name, other_accounts, read, recorded, shortened, text_of, when,
};
use super::gather::Item;
use super::part::Part;
use super::sides::Whose;

/// The open undertakings of one side or of both: what is longest overdue first, then what falls due next.
pub(super) fn of(whose: Whose, composer: &mut Composer<'_>) -> Vec<Line> {
    let is_of = |item: &&Item| owned_by(item, composer) == Some(whose);
    let mut items = composer.of(Part::Undertakings).into_iter().filter(is_of).collect::<Vec<_>>();
    items.sort_by_key(|item| urgency(&item.view, composer.today()));
    items.into_iter().map(|item| undertaking(item, composer)).collect()
}

/// The positions that are of one side, or of it and the other.
pub(super) fn positions(is_of: impl Fn(Whose) -> bool, composer: &mut Composer<'_>) -> Vec<Line> {
    let items = composer.of(Part::Positions);
    let items = items.into_iter().filter(|item| owned_by(item, composer).is_some_and(&is_of));
    let items = items.collect::<Vec<_>>();
    let lines = items.into_iter().map(|item| {
        let both = owned_by(item, composer) == Some(Whose::Both);
        let mut line = promised(item, composer);
        if both {
            line.details.push("A position of both.".to_owned());
        }
        line
    });
    lines.collect()
}

/// Whose a commitment is.
pub(super) fn owned_by(item: &Item, composer: &Composer<'_>) -> Option<Whose> {
    let owners = all::<PartyRef>(&item.view, "owners");
    composer.gathered.sides.whose_undertaking(&owners, &conveyed_by(&item.view))
}

/// Who gave it.
fn conveyed_by(view: &Value) -> Vec<PartyRef> {
    let made = list(view, "course").iter().find(|step| text_of(step, "type") == Some("made"));
    made.map(|made| all::<PartyRef>(made, "by")).unwrap_or_default()
}

/// What is late, latest last day first; then by when it is due; then what has no such day.
fn urgency(view: &Value, today: Date) -> (bool, Option<Date>) {
    let due = when(view, "due");
    let last = days(due.as_ref()).1;
    (late(due.as_ref(), today).is_none() && last.is_none(), last)
}

fn undertaking<'g>(item: &'g Item, composer: &mut Composer<'g>) -> Line {
    let view = &item.view;
    let mut line = promised(item, composer);
    line.due = when(view, "due");
    line.late_days = late(line.due.as_ref(), composer.today());
    if let Some(first) = when(view, "first_due") {
        line.details.push(format!("First due {}.", words::of_when(&first)));
    }
    if let Some(conditions) = text_of(view, "conditions") {
        line.details.push(format!("Condition: {}", shortened(conditions)));
    }
    line.details.extend(last_heard(view));
    // It was given; whatever else happened of it is something.
    if list(view, "course").len() <= 1 {
        let recorded = recorded(view, "first").unwrap_or(composer.today());
        line.nothing_since = Some(Since { when: when(view, "occurred"), recorded });
    }
    line
}

/// What every commitment has, firm or not.
pub(super) fn promised<'g>(item: &'g Item, composer: &mut Composer<'g>) -> Line {
    let view = &item.view;
    let text = text_of(view, "text").or(text_of(view, "title")).unwrap_or_default();
    let who = voices(view, composer);
    let mut line = composer.line(item, text, &[]);
    line.strength = read::<Strength>(view, "strength");
    line.when = when(view, "occurred");
    line.other_accounts = other_accounts(view, "occurred");
    line.who = who;
    line
}

/// Who said it, and whose it is, where that is not a state as a whole.
fn voices(view: &Value, composer: &Composer<'_>) -> Vec<String> {
    let by = conveyed_by(view);
    let owners = all::<PartyRef>(view, "owners");
    let sides = &composer.gathered.sides;
    let mut voices = vec![];
    for party in by.iter().chain(&owners).filter(|party| !sides.is_a_state_itself(party)) {
        let name = name(party);
        if !voices.contains(&name) {
            voices.push(name);
        }
    }
    voices
}

/// What was last recorded of it.
fn last_heard(view: &Value) -> Option<String> {
    let last = list(view, "course").last().filter(|_| list(view, "course").len() > 1)?;
    let on = when(last, "occurred").map(|when| format!(", {}", words::of_when(&when))).unwrap_or_default();
    let of = |name: &str| list(view, name).last().filter(|step| step.get("event") == last.get("event"));
    match text_of(last, "type")? {
        "progressed" => {
            let description = of("progress").and_then(|step| text_of(step, "description"))?;
            Some(format!("Progress{on}: {}", shortened(description)))
        }
        "fulfilled" => Some(format!("Fulfilled in part{on}.")),
        "accepted" => Some(format!("Accepted{on}.")),
        _ => None,
    }
}
