//! What a record is called when nobody says it.

use super::party;
use super::view::Telling;
use crate::Aggregate;
use crate::value::{Name, Participant, PartyRef};
use crate::vocabulary::{
    DESCRIPTION, MATTER_PARTIES, PARTICIPANTS, PARTIES, PUBLISHER, SHA256, TEXT, TITLE, URL,
};

/// The most characters of a text that make a title.
const LONGEST: usize = 120;

/// The most parties that a title names.
const MOST_NAMED: usize = 4;

/// The title as stated, else made from the kind and the parties.
pub(super) fn of(told: &Telling<'_>) -> String {
    if told.is_disposed() {
        return format!("Disposed {}", told.aggregate());
    }
    if let Some(stated) = told.described(&TITLE) {
        return stated.to_string();
    }
    let made = match told.aggregate() {
        Aggregate::Engagement => {
            let participants = told.described(&PARTICIPANTS).map_or(&[][..], Vec::as_slice);
            Some(of_kind(told, &names(participants.iter().map(name_of_participant))))
        }
        Aggregate::Instrument => {
            let parties = told.described(&PARTIES).map_or(&[][..], Vec::as_slice);
            Some(of_kind(told, &names(parties.iter().map(name_of))))
        }
        Aggregate::Matter => {
            let parties = told.described(&MATTER_PARTIES).map_or(&[][..], Vec::as_slice);
            let names = names(parties.iter().map(|party| name_of(&party.party)));
            let text = told.accounts().find_map(|account| account.data().get(&DESCRIPTION));
            text.filter(|_| told.kind().is_none())
                .map(|text| shortened(text.as_str()))
                .or_else(|| Some(of_kind(told, &names)))
        }
        Aggregate::Commitment => told.described(&TEXT).map(|text| shortened(text.as_str())),
        Aggregate::Party => party::name(told).map(Name::to_string),
        Aggregate::Source => {
            let publisher = told.described(&PUBLISHER).map(Name::to_string);
            let url = || told.described(&URL).map(ToString::to_string);
            publisher.or_else(url).or_else(|| told.described(&SHA256).map(ToString::to_string))
        }
    };
    made.unwrap_or_else(|| capitalised(told.aggregate().as_str()))
}

/// `Visit: Canada and Pakistan`.
fn of_kind(told: &Telling<'_>, names: &str) -> String {
    let kind = told.kind().unwrap_or_else(|| told.aggregate().as_str());
    let kind =
        if kind == "mou" { "Memorandum of understanding".to_owned() } else { capitalised(&words(kind)) };
    if names.is_empty() { kind } else { format!("{kind}: {names}") }
}

/// `visit.state` is a state visit; `trade_flow` a trade flow.
fn words(kind: &str) -> String {
    kind.split('.').rev().collect::<Vec<_>>().join(" ").replace('_', " ")
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names = names.collect::<Vec<_>>();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= MOST_NAMED => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} others", names[..MOST_NAMED - 1].join(", "), names.len() - MOST_NAMED + 1),
    }
}

fn name_of(party: &PartyRef) -> &str {
    party.name.as_str()
}

fn name_of_participant(participant: &Participant) -> &str {
    participant.party.name.as_str()
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let cut = line.chars().take(LONGEST - 1).collect::<String>();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    format!("{whole}…")
}
