//! A brief in words: what Markdown and the page both show, in the order in which it is read.

use std::collections::BTreeMap;

use contract::brief::{
    Changed, Claim, Clock, Dispute, Document, Instrument, Line, MOST_COUNTED, Meeting, Saying, Side,
    Standing, words,
};
use domain::value::When;
use domain::vocabulary::Strength;

use super::note::Footnote;

/// A brief in words.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) marking: String,
    pub(super) title: String,
    /// As of when, as known when.
    pub(super) facts: Vec<String>,
    /// What comes before everything else: that somebody is unknown.
    pub(super) warnings: Vec<String>,
    pub(super) sections: Vec<Section>,
    /// What is not there, said aloud.
    pub(super) remarks: Vec<String>,
    pub(super) notes: Vec<Footnote>,
}

/// Lines under a heading.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) entries: Vec<Entry>,
}

/// One thing to know.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) new: bool,
    /// What must not be overlooked.
    pub(super) urgent: Option<String>,
    pub(super) text: String,
    /// A few words each.
    pub(super) tags: Vec<String>,
    /// Who, or which party, and what of it.
    pub(super) rows: Vec<(String, String)>,
    pub(super) details: Vec<String>,
    /// That nothing was recorded since.
    pub(super) quiet: Option<String>,
    /// Its own marking, where that is not the whole brief's.
    pub(super) marking: Option<String>,
    pub(super) notes: Vec<u32>,
}

impl Sheet {
    pub(super) fn of(document: &Document) -> Self {
        let mut facts = vec![format!("As of {}", words::of_date(document.today))];
        facts.push(match document.known_at {
            Some(position) => format!("as known at position {position} of the register"),
            None => format!("register at position {}", document.position),
        });
        if let Some(since) = document.since {
            facts.push(format!("new since position {since} is marked"));
        }
        let mut sections = Words { document }.sections();
        let empty = sections.iter().filter(|section| section.entries.is_empty());
        let empty = empty.map(|section| section.title.to_lowercase()).collect::<Vec<_>>();
        sections.retain(|section| !section.entries.is_empty());
        let nothing = (!empty.is_empty()).then(|| format!("Nothing on record under: {}.", empty.join(", ")));
        Self {
            marking: document.marking.clone(),
            title: format!("{}: brief for {}", document.them.name, document.us.name),
            facts,
            warnings: document.remarks.iter().map(|remark| sentence(remark)).collect(),
            sections,
            remarks: nothing.into_iter().chain(not_shown(&document.more)).collect(),
            notes: document.notes.iter().map(Footnote::of).collect(),
        }
    }
}

fn sentence(remark: &str) -> String {
    let mut chars = remark.chars();
    chars.next().map(|first| format!("{}{}.", first.to_uppercase(), chars.as_str())).unwrap_or_default()
}

fn not_shown(more: &BTreeMap<String, u32>) -> Option<String> {
    let counted = more.iter().map(|(name, count)| {
        let or_more = if *count >= MOST_COUNTED { " or more" } else { "" };
        format!("{count}{or_more} under {}", plain(name))
    });
    let counted = counted.collect::<Vec<_>>();
    (!counted.is_empty()).then(|| format!("More on record than is shown: {}.", counted.join(", ")))
}

struct Words<'d> {
    document: &'d Document,
}

impl Words<'_> {
    fn sections(&self) -> Vec<Section> {
        let document = self.document;
        let lines = |id, title, lines: &[Line]| Section {
            id,
            title,
            entries: lines.iter().map(|line| self.line(line)).collect(),
        };
        let met = document.last_met.iter().map(|meeting| self.meeting(meeting)).collect();
        let instruments = document.instruments.iter().map(|instrument| self.instrument(instrument)).collect();
        let disputed = document.disputed.iter().map(|dispute| self.dispute(dispute)).collect();
        vec![
            Section { id: "last-met", title: "Last met", entries: met },
            lines("they-offered", "They offered", &document.they_offered),
            lines("we-owe", "We owe", &document.we_owe),
            lines("both-agreed", "Both agreed", &document.both_agreed),
            Section { id: "instruments", title: "Instruments", entries: instruments },
            lines("they-will-raise", "They will raise", &document.they_will_raise),
            lines("we-want", "We want", &document.we_want),
            lines("good-news", "Good news to use", &document.good_news),
            lines("coming", "Coming", &document.coming),
            lines("lapsed", "Lapsed", &document.lapsed),
            lines("also-open", "Also open", &document.also_open),
            Section { id: "disputed", title: "Disputed and corrected", entries: disputed },
        ]
    }

    fn line(&self, line: &Line) -> Entry {
        let mut tags = line.clock.iter().map(|clock| clock.name.clone()).collect::<Vec<_>>();
        tags.extend_from_slice(&line.who);
        tags.extend(line.strength.map(|strength| of_strength(strength).to_owned()));
        tags.extend(of_status(line));
        tags.extend(line.when.as_ref().map(|when| of_time(when, &line.other_accounts)));
        tags.extend(line.due.as_ref().map(|due| match &line.clock {
            // Counted, not inferred from what somebody wrote; from when on is said below.
            Some(_) => format!("due {}", words::of_when(&When { inferred: false, ..due.clone() })),
            None => format!("due {}", words::of_when(due)),
        }));
        tags.extend(line.slip_days.map(of_slip));
        Entry {
            new: line.new,
            urgent: line.late_days.map(|days| format!("{} late", of_days(days))),
            text: line.text.clone(),
            tags: tags.into_iter().filter(|tag| !tag.is_empty()).collect(),
            rows: vec![],
            details: line.clock.iter().map(of_clock).chain(line.details.iter().cloned()).collect(),
            quiet: line.nothing_since.as_ref().map(|since| match &since.when {
                Some(when) if when.edtf.is_some() => {
                    format!("Nothing recorded since {}.", words::of_when(when))
                }
                _ => format!("Nothing recorded since entry, {}.", words::of_date(since.recorded)),
            }),
            marking: Some(&line.marking).filter(|marking| **marking != self.document.marking).cloned(),
            notes: line.notes.clone(),
        }
    }

    fn side(&self, side: Side) -> &str {
        match side {
            Side::Us => &self.document.us.name,
            Side::Them => &self.document.them.name,
            Side::Other => "Also",
        }
    }

    fn meeting(&self, meeting: &Meeting) -> Entry {
        let mut entry = self.line(&meeting.line);
        let dated = meeting.line.when.is_some();
        entry.tags.extend((!dated).then(|| "date not stated".to_owned()));
        entry.tags.extend(meeting.place.clone());
        for side in [Side::Them, Side::Us, Side::Other] {
            let of_side = meeting.who_met.iter().filter(|one| one.side == side);
            let who = of_side.map(|one| {
                [Some(&one.name), one.title.as_ref(), one.organisation.as_ref()]
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(", ")
            });
            let who = who.collect::<Vec<_>>().join("; ");
            if !who.is_empty() {
                entry.rows.push((self.side(side).to_owned(), who));
            }
        }
        entry.details.extend(meeting.others.map(|others| format!("And {others} more.")));
        if !meeting.topics.is_empty() {
            entry.details.push(format!("On {}.", meeting.topics.join("; ")));
        }
        entry.details.extend(meeting.said.iter().map(of_saying));
        entry
    }

    fn instrument(&self, instrument: &Instrument) -> Entry {
        let rows = instrument.standing.iter().map(|standing| (standing.party.clone(), of_standing(standing)));
        Entry { rows: rows.collect(), ..self.line(&instrument.line) }
    }

    fn dispute(&self, dispute: &Dispute) -> Entry {
        let what = match dispute.what {
            Changed::Contested => "accounts differ",
            Changed::Retracted if dispute.whole => "retracted as a whole",
            Changed::Retracted => "retracted",
            Changed::Withdrawn => "taken back",
            Changed::Corrected => "corrected",
        };
        let field = dispute.pointer.as_deref().map(of_field);
        let mut details = vec![];
        details.extend(match (&dispute.stands, dispute.what) {
            (Some(stands), Changed::Contested) => {
                let because =
                    dispute.because.as_deref().map_or(String::new(), |why| format!(" ({})", plain(why)));
                Some(format!("Stands{because}: {stands}."))
            }
            (Some(stands), Changed::Corrected) => Some(format!("Now: {stands}.")),
            (Some(stands), _) => Some(format!("Was recorded as {stands}.")),
            (None, _) => None,
        });
        details.extend(dispute.instead_of.iter().map(|claim| of_claim(claim, dispute.what)));
        details.extend(dispute.reason.as_ref().map(|reason| format!("Reason: {reason}")));
        let on = dispute.recorded.map(|day| format!("recorded {}", words::of_date(day)));
        Entry {
            new: dispute.new,
            text: dispute.text.clone(),
            tags: [Some(what.to_owned()), field, on].into_iter().flatten().collect(),
            details,
            notes: dispute.notes.clone(),
            ..Entry::default()
        }
    }
}

/// Which law, and how its days are counted.
fn of_clock(clock: &Clock) -> String {
    let days = clock.days.map(|days| of_days(days.into())).unwrap_or_default();
    format!("{days} from {}: {}.", words::of_when(&clock.since), clock.authority)
}

fn of_claim(claim: &Claim, what: Changed) -> String {
    let by =
        claim.agency.as_ref().map(|agency| format!(" ({})", words::of_agency(agency))).unwrap_or_default();
    match (&claim.value, what) {
        (Some(value), Changed::Corrected) => format!("Before: {value}."),
        (Some(value), _) => format!("Not chosen: {value}{by}."),
        (None, _) => format!("Objected to{by}."),
    }
}

fn of_saying(saying: &Saying) -> String {
    let act = match saying.act.as_str() {
        "emphasise" => " stressed",
        "commend" => " commended",
        "acknowledge" => " acknowledged",
        "deny" => " denied",
        "raise_concern" => " raised a concern",
        _ => "",
    };
    format!("{}{act}: {}", saying.who.join(" and "), saying.text)
}

fn of_standing(standing: &Standing) -> String {
    let steps = standing.steps.iter().map(|step| {
        let when = step.when.as_ref().map(|when| format!(" {}", words::of_when(when))).unwrap_or_default();
        format!("{}{when}", step.step)
    });
    let steps = steps.collect::<Vec<_>>().join(", ");
    if steps.is_empty() { "nothing yet".to_owned() } else { steps }
}

/// A time, and that others say otherwise.
fn of_time(when: &When, others: &[String]) -> String {
    let time = words::of_when(when);
    match others {
        [] => time,
        [other] => format!("{time} (another account: {other})"),
        others => format!("{time} (other accounts: {})", others.join("; ")),
    }
}

/// A field, named as people name it.
fn of_field(pointer: &str) -> String {
    let mut parts = pointer.split('/').filter(|part| part.parse::<usize>().is_err() && !part.is_empty());
    let first = parts.next().unwrap_or_default();
    let name = match parts.next_back().unwrap_or(first) {
        "occurred" => "date",
        "window" => "foreseen time",
        "due" => "day due",
        other => other,
    };
    let whose = match first {
        "participants" if name != first => "a participant's ",
        "utterances" if name != first => "of what was said: ",
        "owners" if name != first => "an owner's ",
        "beneficiaries" if name != first => "a beneficiary's ",
        "place" if name != first => "the place's ",
        _ => "",
    };
    format!("{whose}{}", plain(name))
}

/// Where something stands, if that is not what its section says.
fn of_status(line: &Line) -> Option<String> {
    const SAID: &[&str] = &["open", "position", "held", "fulfilled"];
    let is_said = SAID.contains(&line.status.as_str()) || line.kind.as_deref() == Some("concern");
    (!is_said).then(|| plain(&line.status))
}

const fn of_strength(strength: Strength) -> &'static str {
    match strength {
        Strength::Discussed => "position: discussed",
        Strength::ExpressedInterest => "position: interest expressed",
        Strength::ExpressedDesire => "position: desire expressed",
        Strength::ExpressedWillingness => "willingness expressed",
        Strength::ConveyedCommitment => "commitment conveyed",
        Strength::Agreed => "agreed",
        Strength::Signed => "signed",
    }
}

fn of_days(days: i32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

fn of_slip(days: i32) -> String {
    if days < 0 {
        format!("{} earlier than foreseen", of_days(-days))
    } else {
        format!("{} later than foreseen", of_days(days))
    }
}

/// `under_negotiation` is under negotiation.
fn plain(word: &str) -> String {
    word.replace('_', " ")
}
