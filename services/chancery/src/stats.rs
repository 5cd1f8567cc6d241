//! `chancery stats`: how many records there are, by what.

use clap::builder::PossibleValuesParser;
use domain::Aggregate;
use serde_json::Value;

use crate::access::Access;
use crate::failure::Failure;
use crate::filters::{Filters, Fresh, push};
use crate::ink::Ink;
use crate::known::{Known, Today};
use crate::list::collection;
use crate::{out, table, words};

/// Count records by month, party, kind, topic, status, outcome or strength
///
///   chancery stats engagements --party PK --from 2025
///   chancery stats engagements --by outcome,month
///   chancery stats commitments --by strength
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Stats {
    /// Which collection
    #[arg(value_name = "COLLECTION", value_parser = collection, default_value = "engagements")]
    aggregate: Aggregate,

    /// What to count by; repeatable [default: all that the collection has]
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = PossibleValuesParser::new(BY))]
    by: Vec<String>,

    #[command(flatten)]
    filters: Filters,

    /// Every one of these words stands in it
    #[arg(long, value_name = "WORDS", help_heading = "Which")]
    text: Option<String>,

    /// How many groups of each at most, the largest
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 12, help_heading = "How much")]
    limit: usize,

    #[command(flatten)]
    today: Today,

    #[command(flatten)]
    fresh: Fresh,

    #[command(flatten)]
    access: Access,
}

/// Sections, in the order in which they are shown.
const BY: [&str; 7] = ["outcome", "strength", "status", "kind", "party", "topic", "month"];

impl Stats {
    /// Prints a table for each thing that is counted by.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let mut query = self.filters.query();
        push(&mut query, "aggregate", Some(&self.aggregate));
        for by in &self.by {
            push(&mut query, "by", Some(by));
        }
        push(&mut query, "text", self.text.as_ref());
        push(&mut query, "limit", Some(&self.limit));
        self.today.add_to(&mut query);
        self.fresh.add_to(&mut query);
        let client = self.access.open()?;
        let answer = client.get("v1/statistics", &query).await?;
        if self.access.json {
            return out::say_json(&answer.body);
        }
        let total = answer.body["total"].as_u64().unwrap_or_default();
        let things = if total == 1 { self.aggregate.as_str() } else { self.aggregate.collection() };
        let at = Known::default().said(answer.position);
        let headline = format!("{total} {things}{at}");
        let sections = BY.iter().filter_map(|by| section(by, &answer.body, out::width()));
        out::say(&std::iter::once(headline).chain(sections).collect::<Vec<_>>().join("\n\n"))
    }
}

/// A table of what is counted by one thing; nothing if it was not counted by that, or nothing was found.
fn section(by: &str, answer: &Value, width: u16) -> Option<String> {
    let mut groups = answer[by].as_array()?.iter().collect::<Vec<_>>();
    // The largest are given; months are read in their order.
    if by == "month" {
        groups.sort_by_key(|group| group["key"].as_str().unwrap_or_default());
    }
    let count = |group: &Value| group["count"].as_u64().unwrap_or_default();
    let most = groups.iter().map(|group| count(group)).max().unwrap_or_default();
    let digits = most.to_string().len();
    let row = |group: &&Value| {
        let counted = format!("{:>digits$}", count(group));
        let share = Ink::Faint.on(&bar(count(group), most));
        let mut row = vec![name(by, group), counted, share];
        if by == "strength" {
            row.extend(["open", "fulfilled", "withdrawn"].map(|field| words::plain(&group[field])));
        }
        row
    };
    let mut rows = groups.iter().map(row).collect::<Vec<_>>();
    for (what, rest) in [("others", "other"), ("undated", "undated"), ("none", "none")] {
        let rest = words::plain(&answer[format!("{by}_{rest}")]);
        if !rest.is_empty() && rest != "0" {
            rows.push(vec![Ink::Faint.on(what), format!("{rest:>digits$}")]);
        }
    }
    if rows.is_empty() {
        return None;
    }
    // Only where several things are counted does a column need a heading.
    let headings: &[&str] =
        if by == "strength" { &["", "count", "share", "open", "fulfilled", "withdrawn"] } else { &[] };
    Some(format!("{}\n{}", Ink::Bold.on(&format!("By {by}")), table::fitted(width, headings, rows)))
}

/// What a group is called.
fn name(by: &str, group: &Value) -> String {
    let (key, name) = (words::plain(&group["key"]), words::plain(&group["name"]));
    match by {
        _ if !name.is_empty() && name != key && !key.contains(':') => format!("{name} ({key})"),
        _ if !name.is_empty() => name,
        "outcome" => outcome(&key),
        "strength" | "status" => key.replace('_', " "),
        _ => key,
    }
}

fn outcome(key: &str) -> String {
    let said = match key {
        "held_in_time" => "held when it was expected",
        "held_late" => "held later than expected",
        "held_early" => "held earlier than expected",
        "overdue_open" => "overdue, nothing recorded since",
        "not_held" => "did not take place",
        "open" => "still to come",
        other => return other.replace('_', " "),
    };
    said.to_owned()
}

/// How wide the longest bar is.
const BAR: u64 = 24;

/// A bar in eighths of a character; something is always there.
fn bar(count: u64, most: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (count * BAR * 8).checked_div(most).unwrap_or_default();
    let eighths = if count > 0 { eighths.max(1) } else { eighths };
    let whole = usize::try_from(eighths / 8).unwrap_or_default();
    let part = usize::try_from(eighths % 8).unwrap_or_default();
    format!("{}{}", "█".repeat(whole), EIGHTHS[part])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_are_tables_with_bars() {
        let answer = json!({"aggregate": "commitment", "total": 12, "position": 40,
            "strength": [
                {"key": "both_agreed", "count": 8, "fulfilled": 2, "withdrawn": 1, "open": 5},
                {"key": "offered", "count": 4, "fulfilled": 0, "withdrawn": 0, "open": 4}],
            "party": [{"key": "PK", "name": "Pakistan", "count": 10}, {"key": "person:tarik ali khan", "name": "Tarik Ali Khan", "count": 1}],
            "party_other": 3,
            "month": [{"key": "2025-05", "count": 3}, {"key": "2025-04", "count": 2}], "month_undated": 7,
            "topic": [], "topic_none": 12, "kind": []});
        let sections = BY.iter().filter_map(|by| section(by, &answer, 80)).collect::<Vec<_>>();
        insta::assert_snapshot!(crate::ink::rendered(&sections.join("\n\n"), false));
    }

    #[test]
    fn a_bar_shows_the_smallest_count() {
        assert_eq!(bar(1, 1_000_000), "▏");
        assert_eq!(bar(1, 2), "█".repeat(12));
        assert_eq!((bar(0, 5), bar(0, 0)), (String::new(), String::new()));
    }
}
