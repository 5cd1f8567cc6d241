//! A brief: what a desk needs before two parties meet, as it is served in JSON. Other forms are made from it.
//!
//! What is unknown is left out; a list is there also when it is empty. Texts are in the words of the register; nothing is worded here that a
//! reader could not find in the record that the line names.

pub mod words;

use std::collections::BTreeMap;

use domain::Subject;
use domain::value::{Grade, When};
use domain::vocabulary::Strength;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A brief for one party on another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Whom it is for.
    pub us: Party,
    /// Whom it is about.
    pub them: Party,
    /// As restrictive as all that it contains together.
    pub marking: String,
    /// The day on which it is read: what is late is late by then.
    pub today: Date,
    /// The log position that it reflects.
    pub position: u64,
    /// It is as the register knew things at this position; absent: all it knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<u64>,
    /// What was recorded after this position is marked as new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// What is to be known of the brief itself, such as that nobody on record bears a name.
    #[serde(default)]
    pub remarks: Vec<String>,
    /// Where both sides met, the last time first; what has no date stands behind.
    #[serde(default)]
    pub last_met: Vec<Meeting>,
    /// Undertakings of theirs, the latest overdue first.
    #[serde(default)]
    pub they_offered: Vec<Line>,
    /// Undertakings of ours.
    #[serde(default)]
    pub we_owe: Vec<Line>,
    /// Undertakings of both.
    #[serde(default)]
    pub both_agreed: Vec<Line>,
    /// Instruments between both, and where each party stands.
    #[serde(default)]
    pub instruments: Vec<Instrument>,
    /// Open issues that they raised, their positions, the concerns that they voiced.
    #[serde(default)]
    pub they_will_raise: Vec<Line>,
    /// Our positions and concerns, and the open issues that we raised.
    #[serde(default)]
    pub we_want: Vec<Line>,
    /// What went well lately.
    #[serde(default)]
    pub good_news: Vec<Line>,
    /// What is foreseen, and what falls due of others than the two, whose undertakings stand in their own sections;
    /// periods that the law started in the [instruments](Self::instruments), each with its [`clock`](Line::clock).
    #[serde(default)]
    pub coming: Vec<Line>,
    /// What was foreseen and did not come, and periods of the law that ran out, as far as is recorded.
    #[serde(default)]
    pub lapsed: Vec<Line>,
    /// Other open matters of both.
    #[serde(default)]
    pub also_open: Vec<Line>,
    /// What is disputed, and what was corrected or taken back, in the records of this brief; and what was between
    /// both and was retracted as a whole within a year.
    #[serde(default)]
    pub disputed: Vec<Dispute>,
    /// How many more records there are than are shown: `meetings`, `undertakings`, `positions`, `instruments`,
    /// `matters`, `foreseen`, `lapsed`, `fulfilled`, `withdrawn`, `called_off`, `retracted`; of the brief's own
    /// lists, `good_news`, `disputed` and so on. Nobody counts beyond [`MOST_COUNTED`].
    #[serde(default)]
    pub more: BTreeMap<String, u32>,
    /// The sources, numbered from 1, each once.
    #[serde(default)]
    pub notes: Vec<Note>,
}

/// What [`Document::more`] counts to: this many, or more.
pub const MOST_COUNTED: u32 = 10;

/// One of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// A state's code, the address of a party's record, or what was asked for.
    pub key: String,
    /// What it is called.
    pub name: String,
}

/// One thing to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What there is to know.
    pub text: String,
    /// The record that says so.
    pub subject: Subject,
    /// What sort of thing it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Where it stands: the record's status, of a matter its latest development's.
    pub status: String,
    /// The record's marking.
    pub marking: String,
    /// How firmly it is undertaken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// Who said it, or whose it is, where that is not the party as a whole.
    #[serde(default)]
    pub who: Vec<String>,
    /// When it happened or is to happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// What other accounts say of that time, while nobody has decided.
    #[serde(default)]
    pub other_accounts: Vec<String>,
    /// By when it is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<When>,
    /// Days since the last day foreseen, while it is still open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_days: Option<i32>,
    /// Days by which it came later (or, below zero, earlier) than first foreseen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip_days: Option<i32>,
    /// An open undertaking of which nothing was recorded after it was given: since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nothing_since: Option<Since>,
    /// The period of the law that is due then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<Clock>,
    /// Something was recorded after `since`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub new: bool,
    /// More of it, each a sentence or a few words.
    #[serde(default)]
    pub details: Vec<String>,
    /// The numbers of its sources.
    #[serde(default)]
    pub notes: Vec<u32>,
}

/// Since when nothing was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// When it was given, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// The day on which it was recorded (UTC).
    pub recorded: Date,
}

/// A period that the law started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// What the rule is called.
    pub name: String,
    /// Who says so, and where.
    pub authority: String,
    /// When it began.
    pub since: When,
    /// How many days it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
}

/// An engagement in which both took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// What and when.
    #[serde(flatten)]
    pub line: Line,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Who was there, with the titles that they had then.
    #[serde(default)]
    pub who_met: Vec<Attendee>,
    /// How many more were there than are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<u32>,
    /// What it was about.
    #[serde(default)]
    pub topics: Vec<String>,
    /// What was said; of those before the last one less.
    #[serde(default)]
    pub said: Vec<Saying>,
}

/// Somebody who took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendee {
    /// As stated.
    pub name: String,
    /// As it then was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// As it then was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// On whose side.
    pub side: Side,
}

/// Whose side somebody is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Of whom the brief is for.
    Us,
    /// Of whom it is about.
    Them,
    /// Of neither.
    Other,
}

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saying {
    /// Who said it.
    pub who: Vec<String>,
    /// On whose side.
    pub side: Side,
    /// What was done by saying it: `state`, `emphasise`, …
    pub act: String,
    /// What was said.
    pub text: String,
}

/// An instrument between both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// What, and how far it has come.
    #[serde(flatten)]
    pub line: Line,
    /// Where each party stands that has done something yet.
    #[serde(default)]
    pub standing: Vec<Standing>,
}

/// Where a party stands with an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Who.
    pub party: String,
    /// On whose side.
    pub side: Side,
    /// What it has done, in the plausible order.
    pub steps: Vec<Step>,
}

/// What a party has done with an instrument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What: `signed`, `ratification`, `in_force`, the name of a step at home, …
    pub step: String,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
}

/// What is not agreed on, or was changed in the open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// What it is.
    pub what: Changed,
    /// Nothing of the record stands any more: it is on no other list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// The record.
    pub subject: Subject,
    /// What the record is called.
    pub text: String,
    /// Which of its fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<String>,
    /// Why it stands: `adjudicated`, `latest_correction` or `first_report`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// What others say, or what was said before it was corrected.
    #[serde(default)]
    pub instead_of: Vec<Claim>,
    /// Why it was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The event that says so.
    pub event: Uuid,
    /// The day on which that was recorded (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Date>,
    /// Something was recorded of this record after `since`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub new: bool,
    /// The numbers of its sources.
    #[serde(default)]
    pub notes: Vec<u32>,
}

/// What became of what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// Accounts differ.
    Contested,
    /// It did not happen, as was found later.
    Retracted,
    /// An undertaking was taken back.
    Withdrawn,
    /// It was described wrongly.
    Corrected,
}

/// What one account says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What it says; absent: it objects and says nothing instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Who recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
}

/// A footnote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its number.
    pub n: u32,
    /// What is cited: the record of a source, a web address, `first-hand`; absent where it may not be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Who published it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When it was published or last updated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<When>,
    /// Where in it, for all the lines that rely on it.
    #[serde(default)]
    pub passages: Vec<Passage>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The source has been withdrawn by who published it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
}

/// A place in a source, as it is cited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<String>,
    /// Whom the source has it from, the nearest first.
    #[serde(default)]
    pub via: Vec<String>,
    /// How far it is relied on: the Admiralty code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<Grade>,
}
