//! The two founding reports, fact by fact: each row of the two tables is found over HTTP, by a question that
//! somebody would ask, and shows what the row says.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use system_tests::sample;

use crate::{record, whole};

/// The table: some rows need more than one question.
const FACTS: &str = include_str!("facts.json");

/// The number of a fact, the collection and query that find its record, and what the record must show.
#[derive(Deserialize)]
pub(crate) struct Fact {
    pub(crate) row: String,
    pub(crate) collection: String,
    pub(crate) query: String,
    pub(crate) shows: Value,
}

/// Every fact of both reports.
pub(crate) fn table() -> Vec<Fact> {
    serde_json::from_str(FACTS).expect("the table has this form")
}

#[tokio::test]
async fn every_fact_of_both_reports_is_found() {
    let system = whole().await;
    let client = system.client();
    record(&client, "report-a").await;
    record(&client, "report-b").await;
    let (mut found, mut missed) = (BTreeSet::new(), Vec::new());
    for Fact { row, collection, query, shows } in table() {
        match client.look_for(&collection, &query, &shows).await {
            Ok(_) => drop(found.insert(row)),
            Err(instead) => missed.push(format!("{row}: {instead}")),
        }
    }
    assert!(missed.is_empty(), "{} not found\n{}", missed.len(), missed.join("\n"));
    let rows = (1..=22).map(|n| format!("A{n}")).chain((1..=23).map(|n| format!("B{n}")));
    let rows = rows.collect::<Vec<_>>();
    assert_eq!(rows.len(), 45);
    let absent = rows.iter().filter(|row| !found.contains(*row)).collect::<Vec<_>>();
    assert!(absent.is_empty(), "rows nobody looked for: {absent:?}");
    assert_eq!(found.len(), 45);
}

#[tokio::test]
async fn recording_a_report_again_records_nothing() {
    let system = whole().await;
    let client = system.client();
    for name in ["report-a", "report-b"] {
        let first = client.submit(&sample::read(name)).await;
        assert_eq!(first.status, 201, "{:#}", first.body);
        let again = client.submit(&sample::read(name)).await;
        assert_eq!(again.status, 200, "{:#}", again.body);
        let uids = |body: &Value| {
            body["events"].as_array().map(|all| all.iter().map(|e| e["uid"].clone()).collect::<Vec<_>>())
        };
        assert_eq!(uids(&first.body), uids(&again.body));
        assert_eq!(first.position(), again.position());
    }
}
