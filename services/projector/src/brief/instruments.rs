//! Instruments between both, and where each party stands.

use contract::brief::{Instrument, Standing, Step, words};
use domain::value::{PartyRef, When};
use serde_json::Value;

use super::clocks::Started;
use super::compose::{Composer, list, name, plain, shortened, text_of, when};
use super::gather::Item;
use super::part::Part;

/// What a party may have done, in the plausible order.
const STEPS: [&str; 7] =
    ["signed", "domestic_steps", "consent", "provisionally_applied", "in_force", "suspended", "withdrawal"];

/// Those that are not settled yet first.
pub(super) fn between(composer: &mut Composer<'_>) -> Vec<Instrument> {
    let mut items = composer.of(Part::Instruments);
    items.sort_by_key(|item| matches!(text_of(&item.view, "status"), Some("in_force" | "operative")));
    items.into_iter().map(|item| instrument(item, composer)).collect()
}

fn instrument<'g>(item: &'g Item, composer: &mut Composer<'g>) -> Instrument {
    let view = &item.view;
    let mut line = composer.line(item, text_of(view, "title").unwrap_or_default(), &[]);
    line.when = of_status(view);
    line.details = details(view);
    line.details.extend(open_ended(item, composer));
    let standing = list(view, "standing").iter().filter_map(|row| {
        let party = serde_json::from_value::<PartyRef>(row.get("party")?.clone()).ok()?;
        let steps = STEPS.iter().flat_map(|step| steps(row, step)).collect();
        Some(Standing { side: composer.gathered.sides.of_party(&party), party: name(&party), steps })
    });
    let standing = standing.collect();
    Instrument { line, standing }
}

/// When it came to stand where it stands; of what each party did, where it stands says more.
fn of_status(view: &Value) -> Option<When> {
    let step = match text_of(view, "status")? {
        "signed" => "signed",
        "concluded" => "concluded",
        "in_force" => "entered_into_force",
        _ => return None,
    };
    when(view.get(step)?, "occurred")
}

/// What was last found of negotiations, what it is about, how it ended.
fn details(view: &Value) -> Vec<String> {
    let mut details = vec![];
    let on = |step: &Value| when(step, "occurred").map(|when| format!("{}: ", words::of_when(&when)));
    let review = list(view, "reviews").last().filter(|_| view.get("concluded").is_none());
    if let Some((review, finding)) = review.and_then(|review| Some((review, text_of(review, "finding")?))) {
        details.push(format!("{}{}", on(review).unwrap_or_default(), shortened(finding)));
    }
    if let Some(concluded) = view.get("concluded").filter(|_| view.get("signed").is_none()) {
        let how = text_of(concluded, "how").map(|how| format!(" ({})", plain(how))).unwrap_or_default();
        details.push(format!("{}Negotiations concluded{how}.", on(concluded).unwrap_or_default()));
    }
    if let Some(signed) = view.get("signed") {
        let count = signed.get("count").and_then(Value::as_u64).filter(|count| *count > 1);
        details.extend(count.map(|count| format!("{count} of them.")));
    }
    details
}

/// Periods of which the law gives no number of days: nobody can say that they are over.
fn open_ended(item: &Item, composer: &Composer<'_>) -> Vec<String> {
    let running = composer.running().into_iter();
    let of_item = running.filter(|(of, clock)| of.subject == item.subject && clock.rule.days.is_none());
    let said = of_item.map(|(_, Started { rule, since, .. })| {
        format!("Running since {}: {} ({}).", words::of_when(since), rule.name, rule.authority)
    });
    said.collect()
}

fn steps(row: &Value, name: &str) -> Vec<Step> {
    let step = |name: &str, step: &Value| Step { step: plain(name), when: when(step, "occurred") };
    match row.get(name) {
        None => vec![],
        Some(Value::Array(steps)) => {
            steps.iter().map(|at_home| step(text_of(at_home, "step").unwrap_or(name), at_home)).collect()
        }
        Some(one) if name == "consent" => vec![step(text_of(one, "kind").unwrap_or(name), one)],
        Some(one) if name == "withdrawal" => vec![step("withdrawal notified", one)],
        Some(one) => vec![step(name, one)],
    }
}
