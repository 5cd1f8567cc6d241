//! What is disputed, and what was corrected or taken back, in the records of which the brief says something.

use contract::brief::{Changed, Claim, Dispute, words};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use uuid::Uuid;

use super::compose::{Composer, day, list, plain, shortened, text_of};
use super::gather::Item;
use super::part::Part;

/// The most of a value that is shown.
const LONGEST: usize = 160;

/// What nobody has decided first, then what was taken back, then corrections, the last first.
pub(super) fn disputed(composer: &mut Composer<'_>) -> Vec<Dispute> {
    let mut items = composer.shown.clone();
    items.extend(composer.of(Part::Withdrawn));
    items.extend(composer.of(Part::Retracted));
    let mut found = vec![];
    for item in items {
        found.extend(changes(item).into_iter().map(|change| (item, change)));
    }
    found.sort_by_key(|(_, change)| {
        let is_decided = change.because.as_deref() == Some("adjudicated");
        (change.what, is_decided, std::cmp::Reverse(change.recorded))
    });
    composer.cut("disputed", &mut found);
    let cited = found.into_iter().map(|(item, change)| {
        let event = change.event.to_string();
        let notes = composer.cite(item, &[&event]);
        Dispute { notes, ..change }
    });
    cited.collect()
}

fn changes(item: &Item) -> Vec<Dispute> {
    let view = &item.view;
    let contests = list(view, "contests").iter().filter_map(|contest| contested(item, contest));
    let retracted = |one: &Value| {
        let what = text_of(one, "type").map(|kind| plain(kind.rsplit('.').nth(1).unwrap_or(kind)));
        Some(Dispute { stands: what, ..changed(item, Changed::Retracted, one)? })
    };
    if item.part == Part::Retracted {
        // The last one left nothing: what led up to it matters no more.
        let recorded = |one: &&Value| text_of(one, "recorded")?.parse::<Timestamp>().ok();
        let last = list(view, "retractions").iter().max_by_key(recorded).and_then(retracted);
        return last.into_iter().map(|last| Dispute { whole: true, ..last }).collect();
    }
    let retractions = list(view, "retractions").iter().filter_map(retracted);
    let corrections = list(view, "corrections").iter().filter_map(|one| {
        let before = one.get("old").map(|old| Claim { value: Some(in_words(old)), agency: None });
        Some(Dispute {
            pointer: text_of(one, "pointer").map(str::to_owned),
            stands: one.get("new").map(in_words),
            because: Some("latest_correction".to_owned()),
            instead_of: before.into_iter().collect(),
            ..changed(item, Changed::Corrected, one)?
        })
    });
    let taken_back = list(view, "course").iter().filter(|step| text_of(step, "type") == Some("withdrawn"));
    let taken_back = taken_back.filter(|_| item.part == Part::Withdrawn);
    let taken_back = taken_back.filter_map(|step| changed(item, Changed::Withdrawn, step));
    contests.chain(retractions).chain(corrections).chain(taken_back).collect()
}

fn changed(item: &Item, what: Changed, by: &Value) -> Option<Dispute> {
    Some(Dispute {
        what,
        whole: false,
        subject: item.subject,
        text: shortened(text_of(&item.view, "title").unwrap_or_default()),
        pointer: None,
        stands: None,
        because: None,
        instead_of: vec![],
        reason: text_of(by, "reason").map(shortened),
        event: text_of(by, "event")?.parse::<Uuid>().ok()?,
        recorded: by.get("recorded").and_then(day),
        new: item.new,
        notes: vec![],
    })
}

fn contested(item: &Item, contest: &Value) -> Option<Dispute> {
    let standing = contest.get("standing")?;
    let claim = |claim: &Value| Claim {
        value: claim.get("value").map(in_words),
        agency: text_of(claim, "agency").map(str::to_owned),
    };
    let is_decided = contest.get("adjudicated_by").is_some();
    let because = text_of(contest, "because").or(is_decided.then_some("adjudicated"));
    let last = list(contest, "alternatives").last().and_then(|claim| claim.get("recorded")).and_then(day);
    let dispute = changed(item, Changed::Contested, standing)?;
    Some(Dispute {
        pointer: text_of(contest, "pointer").filter(|pointer| !pointer.is_empty()).map(str::to_owned),
        stands: standing.get("value").map(in_words),
        because: Some(because.unwrap_or("first_report").to_owned()),
        instead_of: list(contest, "alternatives").iter().map(claim).collect(),
        recorded: last.or(dispute.recorded),
        ..dispute
    })
}

/// A value as people read it: a time in words, a party by its name.
pub(super) fn in_words(value: &Value) -> String {
    let words = match value {
        Value::String(text) if is_time(text) => words::of_edtf(text),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            if let Some(edtf) = fields.get("edtf").and_then(Value::as_str) {
                return words::of_edtf(edtf);
            }
            let known = ["as_stated", "name", "text", "code", "title"];
            let known = known.iter().find_map(|name| fields.get(*name)?.as_str());
            known.map_or_else(|| value.to_string(), str::to_owned)
        }
        other => other.to_string(),
    };
    if words.chars().count() <= LONGEST {
        words
    } else {
        format!("{}…", words.chars().take(LONGEST - 1).collect::<String>())
    }
}

/// Whether a text is a day, or an interval of days: nobody would write a title so.
fn is_time(text: &str) -> bool {
    text.split('/').all(|day| day.parse::<Date>().is_ok_and(|known| known.to_string() == day))
}
