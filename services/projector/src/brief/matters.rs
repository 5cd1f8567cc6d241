//! Matters, judged: what each side will raise, what is good news, what is open besides.

use contract::brief::{Line, Side, words};
use domain::value::{PartyRef, When};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::compose::{Composer, all, days, list, read, recorded, room, shortened, text_of, when};
use super::gather::Item;
use super::meetings::sayings;
use super::part::Part;
use super::sides::Whose;
use super::undertakings::{positions, promised};
use super::words::is_good;

/// Good news is no older than this.
const LATELY_DAYS: i32 = 366;

/// Meetings in which concerns are looked for.
const MEETINGS: usize = 2;

/// What is said of a matter besides its title.
const MOST_DETAILS: usize = 3;

#[derive(Deserialize)]
struct Concerned {
    party: PartyRef,
    #[serde(default)]
    role: String,
}

/// What a matter is to the brief.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Raised(Whose),
    Good,
    Other,
}

/// Open issues that they raised, then their concerns, then their positions.
pub(super) fn they_will_raise(composer: &mut Composer<'_>) -> Vec<Line> {
    let mut lines = raised(Whose::is_theirs, composer);
    lines.extend(concerns(Side::Them, composer));
    lines.extend(positions(Whose::is_theirs, composer));
    composer.cut("they_will_raise", &mut lines);
    lines
}

/// The issues that we raised, our concerns, our positions.
pub(super) fn we_want(composer: &mut Composer<'_>) -> Vec<Line> {
    let mut lines = raised(Whose::is_ours, composer);
    lines.extend(concerns(Side::Us, composer));
    lines.extend(positions(Whose::is_ours, composer));
    composer.cut("we_want", &mut lines);
    lines
}

/// Flows that run again and developments that went well; what was fulfilled, signed or came into force lately.
pub(super) fn good_news(composer: &mut Composer<'_>) -> Vec<Line> {
    let mut lines = sorted(|sort| sort == Sort::Good, composer);
    for item in composer.of(Part::Fulfilled) {
        let done = list(&item.view, "fulfilments").last().and_then(|done| when(done, "occurred"));
        if room(&lines) && is_lately(done.as_ref(), &item.view, composer.today()) {
            let mut line = promised(item, composer);
            line.when = done;
            lines.push(line);
        }
    }
    for item in composer.of(Part::Instruments) {
        if room(&lines)
            && let Some((what, done)) = achieved(&item.view)
            && is_lately(done.as_ref(), &item.view, composer.today())
        {
            let mut line = composer.line(item, text_of(&item.view, "title").unwrap_or_default(), &[]);
            what.clone_into(&mut line.status);
            line.details.push("See Instruments.".to_owned());
            line.when = done;
            lines.push(line);
        }
    }
    composer.cut("good_news", &mut lines);
    lines
}

/// The other open matters of both.
pub(super) fn also_open(composer: &mut Composer<'_>) -> Vec<Line> {
    let mut lines = sorted(|sort| sort == Sort::Other, composer);
    composer.cut("also_open", &mut lines);
    lines
}

fn raised(is_whose: impl Fn(Whose) -> bool, composer: &mut Composer<'_>) -> Vec<Line> {
    sorted(|sort| matches!(sort, Sort::Raised(whose) if is_whose(whose)), composer)
}

fn sorted(wanted: impl Fn(Sort) -> bool, composer: &mut Composer<'_>) -> Vec<Line> {
    let items = composer.of(Part::Matters);
    let items = items.into_iter().filter(|item| wanted(sort(&item.view, composer))).collect::<Vec<_>>();
    items.into_iter().map(|item| matter(item, composer)).collect()
}

/// Who brought it up, or against whom it is; else whether it goes well.
fn sort(view: &Value, composer: &Composer<'_>) -> Sort {
    let sides = &composer.gathered.sides;
    let concerned = all::<Concerned>(view, "parties");
    let whose = |role: &str| {
        sides.whose(
            concerned.iter().filter(|concerned| concerned.role == role).map(|concerned| &concerned.party),
        )
    };
    if let Some(whose) = whose("raised_by") {
        return Sort::Raised(whose);
    }
    match whose("against") {
        Some(Whose::Ours) => return Sort::Raised(Whose::Theirs),
        Some(Whose::Theirs) => return Sort::Raised(Whose::Ours),
        Some(Whose::Both) | None => {}
    }
    let is_news = !matches!(text_of(view, "kind"), Some("background" | "indicator" | "issue"));
    if is_news && text_of(view, "situation").is_some_and(is_good) { Sort::Good } else { Sort::Other }
}

fn matter<'g>(item: &'g Item, composer: &mut Composer<'g>) -> Line {
    let view = &item.view;
    // One with only a window is still to come.
    let happened = |told: &&Value| told.get("occurred").is_some() || told.get("window").is_none();
    let told = list(view, "developments").iter().filter(happened).rev().take(2).collect::<Vec<_>>();
    let events = told.iter().filter_map(|told| text_of(told, "event")).collect::<Vec<_>>();
    let mut line = composer.line(item, text_of(view, "title").unwrap_or_default(), &events);
    if let Some(situation) = text_of(view, "situation") {
        situation.clone_into(&mut line.status);
    }
    line.when = told.first().and_then(|told| when(told, "occurred"));
    line.details = told.iter().filter_map(|told| development(told)).collect();
    if line.details.is_empty() {
        line.details.extend(text_of(view, "description").map(shortened));
    }
    let theirs = sayings(view, composer).into_iter().filter(|saying| saying.side == Side::Them);
    line.details.extend(theirs.map(|saying| format!("{}: {}", saying.who.join(", "), saying.text)));
    line.details.truncate(MOST_DETAILS);
    line
}

fn development(told: &Value) -> Option<String> {
    let description = text_of(told, "description").or(text_of(told, "status"))?;
    let on = when(told, "occurred").filter(|when| when.edtf.is_some());
    let on = on.map(|when| format!("{}: ", words::of_when(&when))).unwrap_or_default();
    Some(format!("{on}{}", shortened(description)))
}

/// Concerns voiced when both last met: who voiced them once will do so again.
fn concerns(side: Side, composer: &mut Composer<'_>) -> Vec<Line> {
    let mut lines = vec![];
    for item in composer.of(Part::Meetings).into_iter().take(MEETINGS) {
        for saying in sayings(&item.view, composer) {
            if saying.act != "raise_concern" || saying.side != side {
                continue;
            }
            let mut line = composer.line(item, saying.text, &[]);
            line.kind = Some("concern".to_owned());
            line.status = "raised".to_owned();
            line.who = saying.who;
            line.when = when(&item.view, "occurred");
            lines.push(line);
        }
    }
    lines
}

/// The best that became of an instrument.
fn achieved(view: &Value) -> Option<(&'static str, Option<When>)> {
    let is_over = matches!(text_of(view, "status"), Some("suspended" | "withdrawal_notified"));
    let of = |name: &str, says: &'static str| {
        let step = view.get(name).filter(|_| !is_over)?;
        Some((says, read(step, "occurred")))
    };
    of("entered_into_force", "in_force").or_else(|| of("signed", "signed"))
}

/// Whether something happened within a year before today; of what has no date, whether it was recorded then.
fn is_lately(happened: Option<&When>, view: &Value, today: Date) -> bool {
    let (first, last) = days(happened);
    let day = last.or(first).or_else(|| recorded(view, "last"));
    day.is_some_and(|day| day <= today && day >= today.saturating_sub(LATELY_DAYS.days()))
}
