//! `chancery list`: the records of a collection that meet every filter.

use domain::Aggregate;
use serde_json::Value;

use crate::access::Access;
use crate::failure::Failure;
use crate::filters::{Amount, Filters, Fresh, Parameters, push};
use crate::ink::Ink;
use crate::known::Known;
use crate::page::Items;
use crate::{out, table, words};

/// List records: engagements, instruments, commitments, matters, parties or sources
///
///   chancery list engagements --party PK --party CA --topic trade
///   chancery list instruments --country CA --status under_negotiation
///   chancery list commitments --owner US --strength agreed --status open
///   chancery list engagements --sort recorded --known-at 2025-06-15
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct List {
    /// Which collection
    #[arg(value_name = "COLLECTION", value_parser = collection)]
    aggregate: Aggregate,

    #[command(flatten)]
    filters: Filters,

    /// Every one of these words stands in it
    #[arg(long, value_name = "WORDS", help_heading = "Which")]
    text: Option<String>,

    #[command(flatten)]
    promised: Promised,

    #[command(flatten)]
    amount: Amount,

    /// By the time when it happened or is to happen, or by when it was recorded
    #[arg(long, value_name = "TIME", value_parser = ["valid", "recorded"], help_heading = "How much")]
    sort: Option<String>,

    /// Earliest first
    #[arg(long, help_heading = "How much")]
    oldest: bool,

    #[command(flatten)]
    known: Known,

    #[command(flatten)]
    fresh: Fresh,

    #[command(flatten)]
    access: Access,
}

/// What only commitments have.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Which commitments")]
struct Promised {
    /// Who owes it
    #[arg(long, value_name = "PARTY")]
    owner: Option<String>,

    /// To whom it is owed
    #[arg(long, value_name = "PARTY")]
    beneficiary: Option<String>,

    /// How firm it is, such as agreed or expressed_willingness
    #[arg(long, value_name = "STRENGTH")]
    strength: Option<String>,
}

impl List {
    /// Prints the records.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let query = self.query()?;
        let client = self.access.open()?;
        let name = self.aggregate.collection();
        let found = Items::fetch(&client, &format!("v1/{name}"), &query, self.amount.limit).await?;
        if self.access.json {
            return out::say_json(&found.json());
        }
        if !found.items.is_empty() {
            out::say(&listed(self.aggregate, &found.items, out::width()))?;
        }
        out::say(&found.footer(self.aggregate.as_str(), name, &self.known.said(found.position)))
    }

    fn query(&self) -> Result<Parameters, Failure> {
        let mut query = self.filters.query();
        push(&mut query, "text", self.text.as_ref());
        let Promised { owner, beneficiary, strength } = &self.promised;
        for (name, value) in [("owner", owner), ("beneficiary", beneficiary), ("strength", strength)] {
            if value.is_some() && self.aggregate != Aggregate::Commitment {
                let collection = self.aggregate.collection();
                return Err(Failure::Usage(format!("--{name} is of commitments; {collection} have none")));
            }
            push(&mut query, name, value.as_ref());
        }
        push(&mut query, "sort", self.sort.as_ref());
        push(&mut query, "order", self.oldest.then_some(&"oldest"));
        self.known.add_to(&mut query);
        self.fresh.add_to(&mut query);
        Ok(query)
    }
}

/// Where there is less room than this, what would be a column of its own stands below the title.
const ROOM: u16 = 110;

/// The records in a table, with what a reader wants to know of each such record.
fn listed(aggregate: Aggregate, items: &[Value], width: u16) -> String {
    let headings: &[&str] = match aggregate {
        Aggregate::Engagement | Aggregate::Matter => &["when", "status", "title and record"],
        Aggregate::Instrument => &["when", "status", "title and record", "where each party stands"],
        Aggregate::Commitment => &["due", "status", "commitment and record"],
        Aggregate::Party => &["name and record", "other names", "posts"],
        Aggregate::Source => &["when", "title and record", "relied on by"],
    };
    let rows = items.iter().map(|item| row(aggregate, item));
    if width >= ROOM || headings.iter().all(|heading| !ASIDE.contains(heading)) {
        return table::fitted(width, headings, rows);
    }
    let rows = rows.map(|row| below_each_other(headings, row)).collect::<Vec<_>>();
    let headings = headings.iter().copied().filter(|heading| !ASIDE.contains(heading)).collect::<Vec<_>>();
    table::fitted(width, &headings, rows)
}

/// What else is told of a record, where there is room for it.
const ASIDE: [&str; 4] = ["where each party stands", "other names", "posts", "relied on by"];

/// The row with what is told aside in the cell of the title, above the address.
fn below_each_other(headings: &[&str], row: Vec<String>) -> Vec<String> {
    let (aside, mut cells) =
        headings.iter().zip(row).partition::<Vec<_>, _>(|(heading, _)| ASIDE.contains(heading));
    if let Some((_, entry)) = cells.last_mut() {
        let (title, address) = entry.rsplit_once('\n').unwrap_or(("", entry));
        let aside = aside.into_iter().map(|(heading, cell)| match *heading {
            "relied on by" if !cell.is_empty() => format!("relied on by {cell}"),
            _ => cell,
        });
        let lines = std::iter::once(title.to_owned()).chain(aside).chain([address.to_owned()]);
        *entry = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    }
    cells.into_iter().map(|(_, cell)| cell).collect()
}

fn row(aggregate: Aggregate, item: &Value) -> Vec<String> {
    let field = |name: &str| words::plain(&item[name]);
    let when = words::when_or_undated(&item["when"]);
    let status = lines([words::code(&item["status"]), field("kind")]);
    let title = |about: String| words::entry(&field("title"), &[about], &field("subject"));
    match aggregate {
        Aggregate::Engagement | Aggregate::Matter => vec![when, status, title(String::new())],
        Aggregate::Instrument => {
            let standing = item["standing"].as_array().into_iter().flatten().map(words::standing);
            vec![when, status, title(String::new()), standing.collect::<Vec<_>>().join("\n")]
        }
        Aggregate::Commitment => {
            let due = Some(words::when(&item["due"])).filter(|due| !due.is_empty());
            let due = due.unwrap_or_else(|| Ink::Faint.on("no day"));
            let firm = [words::code(&item["status"]), words::code(&item["strength"])];
            vec![due, lines(firm), title(owed(item))]
        }
        Aggregate::Party => {
            let now = field("title");
            let names = item["names_over_time"].as_array().into_iter().flatten();
            let names = names.filter(|name| name["name"] != item["title"]).map(words::spelling);
            let posts = item["posts"].as_array().into_iter().flatten().map(words::post);
            let address = words::entry(&now, &[field("kind")], &field("subject"));
            vec![address, names.collect::<Vec<_>>().join("\n"), posts.collect::<Vec<_>>().join("\n")]
        }
        Aggregate::Source => {
            let relied = item["relied_on"].as_u64().map(|number| words::count(number, "record"));
            vec![when, title(status.replace('\n', " · ")), relied.unwrap_or_default()]
        }
    }
}

/// Who owes it to whom.
fn owed(item: &Value) -> String {
    let [owners, to] = ["owners", "beneficiaries"].map(|name| words::plain(&item[name]));
    match (owners.is_empty(), to.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!("owed to {to}"),
        (false, true) => format!("owed by {owners}"),
        (false, false) => format!("owed by {owners} to {to}"),
    }
}

fn lines<const N: usize>(lines: [String; N]) -> String {
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A collection, or one of its things.
pub(crate) fn collection(text: &str) -> Result<Aggregate, String> {
    let names = Aggregate::ALL.map(Aggregate::collection).join(", ");
    let found = Aggregate::from_collection(text).or_else(|| text.parse().ok());
    found.ok_or_else(|| format!("expected one of {names}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ink::rendered;

    fn shown(aggregate: Aggregate, item: Value) -> String {
        let shown = |width| rendered(&listed(aggregate, std::slice::from_ref(&item), width), false);
        format!("{}\n\n{}", shown(110), shown(80))
    }

    #[test]
    fn each_collection_shows_what_is_asked_of_it() {
        let instrument = json!({"subject": "instrument/019a0000-0000-7000-8000-000000000001", "title": "Investment treaty",
            "kind": "treaty", "status": "under_negotiation", "when": {"edtf": "2025"}, "standing": [
                {"party": {"name": "Canada"}, "signed": {"occurred": {"edtf": "2025-05-02"}}},
                {"party": {"name": "Pakistan"}}]});
        let commitment = json!({"subject": "commitment/019a0000-0000-7000-8000-000000000002", "title": "To exchange data",
            "status": "open", "strength": "both_agreed", "due": {"edtf": "2026-12"}, "owners": ["PK", "CA"],
            "beneficiaries": ["US"]});
        let party = json!({"subject": "party/019a0000-0000-7000-8000-000000000003", "title": "Jam Kamal Khan", "kind": "person",
            "status": "registered", "names_over_time": [{"name": "Jam Kamal Khan", "lang": "en"}, {"name": "جام کمال خان", "lang": "ur"}],
            "posts": [{"post": "Commerce Minister", "organisation": {"name": "Ministry of Commerce"}, "since": {"edtf": "2024"}}]});
        let source = json!({"subject": "source/019a0000-0000-7000-8000-000000000004", "title": "Ministers meet", "kind": "news",
            "status": "captured", "when": {"edtf": "2025-04-14"}, "relied_on": 12});
        let tables = [
            shown(Aggregate::Instrument, instrument),
            shown(Aggregate::Commitment, commitment),
            shown(Aggregate::Party, party),
            shown(Aggregate::Source, source),
        ];
        insta::assert_snapshot!(tables.join("\n\n"));
    }
}
