//! `chancery accounts`: what each reporter says of a happening, side by side, and what stands and why.

use serde_json::Value;

use crate::access::Access;
use crate::failure::Failure;
use crate::filters::{Fresh, Parameters};
use crate::ink::Ink;
use crate::known::Known;
use crate::named::Named;
use crate::{out, table, words};

/// Show the accounts of a record's happenings side by side, with what stands and why
///
///   chancery accounts engagement/~us-congress-visit-2025-04
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Accounts {
    /// Which record: engagement/UUID, or engagement/~KEY with your own key
    #[arg(value_name = "RECORD")]
    record: Named,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    fresh: Fresh,

    #[command(flatten)]
    access: Access,
}

impl Accounts {
    /// Prints a table for each happening, in which each account is a column.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let mut query = Parameters::new();
        self.known.add_to(&mut query);
        self.fresh.add_to(&mut query);
        let client = self.access.open()?;
        let answer = client.get(&format!("{}/accounts", self.record.path()), &query).await?;
        if self.access.json {
            return out::say_json(&answer.body);
        }
        let record = &answer.body;
        let field = |name: &str| words::plain(&record[name]);
        let at = self.known.said(answer.position);
        let about = format!("{}  version {}{at}", field("subject"), field("version"));
        let heading = format!("{}\n{}", Ink::Bold.on(&field("title")), Ink::Faint.on(&about));
        let happenings = record["happenings"].as_array().into_iter().flatten();
        let mut texts = vec![heading];
        texts.extend(happenings.map(|happening| told(happening, out::width())));
        if texts.len() == 1 {
            texts.push("nothing was reported of it".to_owned());
        }
        if let Some(more) = record["more"].as_u64().filter(|more| *more > 0) {
            texts.push(format!("{} not shown; see `chancery history`", words::count(more, "more happening")));
        }
        out::say(&texts.join("\n\n"))
    }
}

/// What stands, in a table.
const STANDS: &str = "✓ ";

/// How wide a column of an account must be to be read, and what is left to the columns beside them.
const LEAST: usize = 22;
const BESIDE: usize = 30;

/// A happening: its accounts in as many columns as there is room for, then the objections to it.
fn told(happening: &Value, width: u16) -> String {
    let field = |name: &str| words::plain(&happening[name]);
    let accounts = happening["accounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let count =
        if accounts.len() == 1 { "1 account".to_owned() } else { format!("{} accounts", accounts.len()) };
    let mut lines =
        vec![format!("{}: {count}", Ink::Bold.on(&words::short_type(&happening["type"]).replace('_', " ")))];
    let room = (usize::from(width).saturating_sub(BESIDE) / LEAST).max(1);
    for (index, some) in accounts.chunks(room).enumerate() {
        if index > 0 {
            lines.push(String::new());
        }
        let (headings, rows) = side_by_side(happening, some, index * room);
        let headings = headings.iter().map(String::as_str).collect::<Vec<_>>();
        lines.push(table::fitted(width, &headings, rows));
    }
    if accounts.is_empty() {
        lines.push(Ink::Faint.on(&field("of")));
    }
    lines.extend(happening["objections"].as_array().into_iter().flatten().map(objection));
    lines.join("\n")
}

fn side_by_side(happening: &Value, accounts: &[Value], before: usize) -> (Vec<String>, Vec<Vec<String>>) {
    let mut headings = vec![String::new()];
    headings.extend((1..=accounts.len()).map(|number| format!("account {}", before + number)));
    headings.push("why".to_owned());
    let of_each = |name: &str, said: &dyn Fn(&Value) -> String| {
        let mut row = vec![Ink::Faint.on(name)];
        row.extend(accounts.iter().map(said));
        row
    };
    let mut rows = vec![
        of_each("from", &reporter),
        of_each("recorded", &|account| words::moment(&account["recorded"])),
        of_each("relying on", &|account| value(&account["citations"])),
        of_each("event", &|account| Ink::Faint.on(&words::plain(&account["event"]))),
    ];
    rows.retain(|row| row.iter().skip(1).any(|cell| !cell.is_empty()));
    let fields = happening["fields"].as_array().into_iter().flatten();
    rows.extend(fields.map(|field| compared(field, accounts, &happening["accounts"])));
    (headings, rows)
}

fn reporter(account: &Value) -> String {
    let [actor, agency, source] = ["actor", "agency", "source"].map(|name| words::plain(&account[name]));
    let source = if source == agency { String::new() } else { source };
    let corrected =
        if account["corrected_by"].is_null() { String::new() } else { "corrected since".to_owned() };
    let lines = [agency, actor, source, corrected];
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// What each account says at a place, and why what stands there does.
fn compared(field: &Value, accounts: &[Value], all: &Value) -> Vec<String> {
    let pointer = words::plain(&field["pointer"]);
    let stands = &field["stands"];
    let alternatives = field["alternatives"].as_array().map(Vec::as_slice).unwrap_or_default();
    let says = |account: &Value| {
        let event = &account["event"];
        let alternative = alternatives.iter().find(|other| other["event"] == *event);
        let said = alternative.map(|other| &other["value"]).or_else(|| account["data"].pointer(&pointer));
        said.map(value).unwrap_or_default()
    };
    let cell = |account: &Value| {
        if account["event"] == stands["event"] {
            standing(stands)
        } else {
            Some(says(account)).filter(|said| !said.is_empty()).unwrap_or_else(|| "–".to_owned())
        }
    };
    let mut row = vec![place(&pointer)];
    row.extend(accounts.iter().map(cell));
    row.push(why(field, all));
    row
}

/// `/place/name` is read as `place name`; the whole as `all of it`.
fn place(pointer: &str) -> String {
    let place = pointer.trim_start_matches('/').replace(['/', '_'], " ");
    if place.is_empty() { "all of it".to_owned() } else { place }
}

/// What stands, marked.
fn standing(stands: &Value) -> String {
    let value = value(&stands["value"]);
    Ink::Good.on(&format!("{STANDS}{}", if value.is_empty() { "nothing" } else { &value }))
}

/// A value; of a list of more than words, each has a line.
fn value(value: &Value) -> String {
    match value {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().map(words::plain).collect::<Vec<_>>().join("\n")
        }
        other => words::plain(other),
    }
}

/// Why what stands does; and what stands, if none of the accounts says so.
fn why(field: &Value, accounts: &Value) -> String {
    let because = match field["because"].as_str() {
        Some("adjudicated") => "decided by an approver",
        Some("latest_correction") => "corrected last",
        Some("first_report") => "reported first",
        Some("confirmed") => "confirmed by others",
        Some("only_account") => "nobody says otherwise",
        _ => "",
    };
    let stands = &field["stands"];
    let mut events = accounts.as_array().into_iter().flatten().map(|account| &account["event"]);
    let is_said = events.any(|event| *event == stands["event"]);
    let value = if is_said { String::new() } else { format!("{}\n", standing(stands)) };
    let by = words::plain(&field["adjudicated_by"]);
    let by = if by.is_empty() { by } else { format!("\n{}", Ink::Faint.on(&by)) };
    format!("{value}{because}{by}")
}

fn objection(objection: &Value) -> String {
    let field = |name: &str| words::plain(&objection[name]);
    let alternative = Some(field("alternative")).filter(|text| !text.is_empty());
    let alternative = alternative.map(|text| format!(": should be {text}")).unwrap_or_default();
    let reason = Some(field("reason")).filter(|text| !text.is_empty());
    let reason = reason.map(|text| format!(" ({text})")).unwrap_or_default();
    let at = place(&field("pointer"));
    format!("contested by {} {}: {at}{alternative}{reason}", field("agency"), field("actor"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ink::rendered;

    fn happening() -> Value {
        json!({"type": "chancery.engagement.held.v1", "of": "a", "accounts": [
            {"event": "a", "agency": "urn:agency:pk", "actor": "officer", "recorded": "2025-04-14T10:00:00Z",
                "data": {"place": {"name": "Lahore"}, "mode": "in_person"}},
            {"event": "b", "agency": "urn:agency:ca", "actor": "desk", "recorded": "2025-04-15T10:00:00Z",
                "data": {"place": {"name": "Islamabad"}}},
        ], "fields": [
            {"pointer": "/place", "stands": {"event": "b", "value": {"name": "Islamabad"}}, "because": "adjudicated",
                "adjudicated_by": "c", "alternatives": [{"event": "a", "agency": "urn:agency:pk", "value": {"name": "Lahore"}}]},
            {"pointer": "/mode", "stands": {"event": "a", "value": "in_person"}, "because": "only_account", "alternatives": []},
            {"pointer": "/title", "stands": {"event": "d", "value": "A visit"}, "because": "latest_correction", "alternatives": []},
        ], "objections": [{"event": "e", "agency": "urn:agency:ca", "actor": "desk", "pointer": "/mode",
            "alternative": "virtual", "reason": "By telephone"}]})
    }

    #[test]
    fn accounts_are_columns_with_what_stands_marked() {
        insta::assert_snapshot!(rendered(&told(&happening(), 110), false));
    }

    #[test]
    fn where_there_is_no_room_accounts_are_below_each_other() {
        let text = rendered(&told(&happening(), 60), false);
        let (first, second) = text.split_once("ACCOUNT 2").expect("another table");
        assert!(first.contains("Lahore") && second.contains("✓ Islamabad"), "{text}");
    }
}
