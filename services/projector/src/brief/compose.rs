//! From what was gathered to the document. Pure: all the judgement of a brief is here and in the modules of its
//! sections.

use std::collections::BTreeMap;

use contract::brief::{Document, Line, Side};
use domain::value::{Name, PartyRef, When};
use domain::{Levels, Marking, Subject};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::changes::in_words;
use super::clocks::Started;
use super::gather::{Gathered, Item};
use super::notes::Notes;
use super::part::Part;
use super::sides::Whose;
use super::{changes, foreseen, instruments, matters, meetings, referred, undertakings};

/// The most lines of a list that is made from several parts.
const MOST_LINES: usize = 8;

/// The most characters of a text.
const LONGEST: usize = 280;

/// The document. Footnotes are numbered in the order in which it is read.
pub(super) fn compose(gathered: &Gathered, levels: &Levels) -> (Document, Vec<Subject>) {
    let named =
        [&gathered.sides.us, &gathered.sides.them].into_iter().filter_map(|known| known.marking.as_ref());
    let mut composer = Composer {
        gathered,
        levels,
        marking: named.fold(levels.least(), |marking, named| levels.join(&marking, named)),
        notes: Notes::default(),
        shown: vec![],
        named: vec![],
        more: gathered.more.iter().map(|(part, count)| ((*part).to_owned(), *count)).collect(),
    };
    let composer = &mut composer;
    let mut document = Document {
        us: gathered.sides.us.party.clone(),
        them: gathered.sides.them.party.clone(),
        marking: String::new(),
        today: gathered.today,
        position: gathered.position,
        known_at: gathered.known_at,
        since: gathered.since,
        remarks: gathered.remarks.clone(),
        last_met: meetings::last_met(composer),
        they_offered: undertakings::of(Whose::Theirs, composer),
        we_owe: undertakings::of(Whose::Ours, composer),
        both_agreed: undertakings::of(Whose::Both, composer),
        instruments: instruments::between(composer),
        they_will_raise: matters::they_will_raise(composer),
        we_want: matters::we_want(composer),
        good_news: matters::good_news(composer),
        coming: foreseen::coming(composer),
        lapsed: foreseen::lapsed(composer),
        also_open: matters::also_open(composer),
        disputed: changes::disputed(composer),
        more: BTreeMap::new(),
        notes: vec![],
    };
    document.marking = composer.marking.to_string();
    document.more = std::mem::take(&mut composer.more);
    document.notes = std::mem::take(&mut composer.notes).written();
    referred::to_only(&mut document);
    (document, std::mem::take(&mut composer.named))
}

/// A document under composition.
pub(super) struct Composer<'g> {
    pub(super) gathered: &'g Gathered,
    levels: &'g Levels,
    marking: Marking,
    notes: Notes,
    /// The records of which something is said.
    pub(super) shown: Vec<&'g Item>,
    /// The records that the document is made of, sources included.
    named: Vec<Subject>,
    more: BTreeMap<String, u32>,
}

impl<'g> Composer<'g> {
    pub(super) const fn today(&self) -> Date {
        self.gathered.today
    }

    pub(super) fn of(&self, part: Part) -> Vec<&'g Item> {
        self.gathered.items.iter().filter(|item| item.part == part).collect()
    }

    /// The clocks that run in the records of the brief and are somebody's business in it: everybody's, or of the two.
    pub(super) fn running(&self) -> Vec<(&'g Item, &'g Started)> {
        let sides = &self.gathered.sides;
        let items = self.gathered.items.iter();
        let all = items.flat_map(|item| item.clocks.iter().map(move |clock| (item, clock)));
        all.filter(|(_, clock)| clock.rule.party.is_none_or(|state| sides.of_state(state) != Side::Other))
            .collect()
    }

    /// A line about a record; what it relies on are the record's citations, or those of some of its events.
    pub(super) fn line(&mut self, item: &'g Item, text: impl Into<String>, events: &[&str]) -> Line {
        let view = &item.view;
        let notes = self.cite(item, events);
        Line {
            text: shortened(&text.into()),
            subject: item.subject,
            kind: text_of(view, "kind").map(str::to_owned),
            status: text_of(view, "status").unwrap_or_default().to_owned(),
            marking: item.marking.to_string(),
            strength: None,
            who: vec![],
            when: None,
            other_accounts: vec![],
            due: None,
            late_days: None,
            slip_days: None,
            nothing_since: None,
            clock: None,
            new: item.new,
            details: vec![],
            notes,
        }
    }

    /// The numbers of what is relied on. From here on the record is part of the document.
    pub(super) fn cite(&mut self, item: &'g Item, events: &[&str]) -> Vec<u32> {
        self.marking = self.levels.join(&self.marking, &item.marking);
        self.named.push(item.subject);
        if !self.shown.iter().any(|shown| shown.subject == item.subject) {
            self.shown.push(item);
        }
        let (notes, cited) = self.notes.of(item, events, &self.gathered.sources);
        for source in cited {
            self.marking = self.levels.join(&self.marking, &source.marking);
            self.named.push(source.subject);
        }
        notes
    }

    /// Cuts a list to what fits on a page, and counts the rest.
    pub(super) fn cut<T>(&mut self, name: &str, lines: &mut Vec<T>) {
        let rest = lines.len().saturating_sub(MOST_LINES);
        lines.truncate(MOST_LINES);
        if rest > 0 {
            let more = self.more.entry(name.to_owned()).or_default();
            *more += u32::try_from(rest).unwrap_or(u32::MAX);
        }
    }
}

/// How much of a list is looked at before it is cut: notes are given only to what is shown.
pub(super) fn room<T>(lines: &[T]) -> bool {
    lines.len() < MOST_LINES
}

pub(super) fn text_of<'v>(view: &'v Value, name: &str) -> Option<&'v str> {
    view.get(name)?.as_str()
}

/// A field, if it is there and can be read.
pub(super) fn read<'v, T: Deserialize<'v>>(view: &'v Value, name: &str) -> Option<T> {
    T::deserialize(view.get(name)?).ok()
}

/// The items of a list.
pub(super) fn list<'v>(view: &'v Value, name: &str) -> &'v [Value] {
    view.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Those items of a list that can be read.
pub(super) fn all<'v, T: Deserialize<'v>>(view: &'v Value, name: &str) -> Vec<T> {
    list(view, name).iter().filter_map(|item| T::deserialize(item).ok()).collect()
}

pub(super) fn when(view: &Value, name: &str) -> Option<When> {
    read(view, name)
}

/// What other accounts than the one that stands say of a time, while nobody has decided.
pub(super) fn other_accounts(view: &Value, field: &str) -> Vec<String> {
    let contests = list(view, "contests").iter();
    let open = contests.filter(|contest| contest.get("adjudicated_by").is_none());
    let of_field =
        open.filter(|contest| text_of(contest, "pointer").and_then(|at| at.strip_prefix('/')) == Some(field));
    let claims = of_field.flat_map(|contest| list(contest, "alternatives"));
    claims.filter_map(|claim| claim.get("value")).map(in_words).collect()
}

/// The first and the last day of a time.
pub(super) fn days(when: Option<&When>) -> (Option<Date>, Option<Date>) {
    when.map_or((None, None), |when| (when.bounds().earliest, when.bounds().latest))
}

/// Days from the last day of what was foreseen until today, if that has passed.
pub(super) fn late(foreseen: Option<&When>, today: Date) -> Option<i32> {
    let last = days(foreseen).1.filter(|last| *last < today)?;
    Some(last.until(today).map_or(0, |span| span.get_days()))
}

/// The day (UTC) on which the first or the last of a record was recorded.
pub(super) fn recorded(view: &Value, which: &str) -> Option<Date> {
    day(view.get("recorded")?.get(which)?)
}

/// The day (UTC) of a time of recording.
pub(super) fn day(recorded: &Value) -> Option<Date> {
    let recorded = recorded.as_str()?.parse::<Timestamp>().ok()?;
    Some(recorded.to_zoned_datetime(TimeZone::UTC).date())
}

pub(super) fn name(party: &PartyRef) -> String {
    party.name.as_str().to_owned()
}

pub(super) fn owned(name: &Name) -> String {
    name.as_str().to_owned()
}

/// `under_negotiation` is under negotiation.
pub(super) fn plain(word: &str) -> String {
    word.replace('_', " ")
}

/// A text that leaves room for others.
pub(super) fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= LONGEST {
        return text;
    }
    let cut = text.chars().take(LONGEST - 1).collect::<String>();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    format!("{whole}…")
}
