//! Counts, of what the reader may see.

use contract::{By, Filters, Find, Statistics};
use domain::Aggregate::{Commitment, Engagement};
use serde_json::{Value, json};

use super::{register, titles, words};
use crate::search::testing::Searched;
use crate::testing::{Register, insider, json as body, reader, subject};

async fn counts(searched: &Searched, reader: &contract::Principal) -> Value {
    let query =
        Statistics { aggregate: Engagement, filters: Filters::default(), by: vec![], limit: 50, today: None };
    body(&searched.find(reader, Find::Statistics(query)).await)
}

#[tokio::test]
async fn what_is_hidden_is_neither_found_nor_counted() {
    let searched = Searched::new(&register()).await;
    let outsider = reader("OFFICIAL", &[], "US");
    let reply = searched.find(&outsider, Find::Search(words("canola"))).await;
    assert_eq!(titles(&reply), ["Canola dialogue", "تجارتی معاہدہ"]);
    let statistics = counts(&searched, &outsider).await;
    assert_eq!((&statistics["total"], &statistics["party"][0]["key"]), (&json!(2), &json!("CA")));
}

#[tokio::test]
async fn engagements_are_counted() {
    let mut register = register();
    let expected = |register: &mut Register, key: &str| {
        let data = json!({"kind": "dialogue", "participants": ["CA"], "window": "2025-06"});
        register.record("engagement.expected", subject(Engagement, key), "OFFICIAL", &data);
    };
    expected(&mut register, "late");
    expected(&mut register, "open");
    let data = json!({"occurred": "2025-08-12"});
    register.record("engagement.held", subject(Engagement, "late"), "OFFICIAL", &data);
    let searched = Searched::new(&register).await;
    let told = counts(&searched, &insider()).await;
    assert_eq!(told["total"], 5);
    assert_eq!(told["outcome"], json!([{"key": "held_late", "count": 1}, {"key": "open", "count": 1}]));
    assert_eq!(told["party"][0], json!({"key": "CA", "name": "Canada", "count": 4}));
    assert_eq!(told["kind"][0], json!({"key": "dialogue", "count": 2}));
    assert_eq!(
        told["topic"],
        json!([{"key": "trade", "count": 1}, {"key": "trade.agriculture", "count": 1}])
    );
    assert_eq!(told["topic_none"], 4);
    let months = ["2025-04", "2025-05", "2025-06", "2025-08"];
    let keys = told["month"].as_array().unwrap().iter().map(|month| month["key"].clone()).collect::<Vec<_>>();
    assert_eq!(keys, months);
    let query = Statistics {
        aggregate: Engagement,
        filters: Filters { parties: vec!["CA".into()], ..Filters::default() },
        by: vec![By::Outcome, By::Party],
        limit: 1,
        today: Some(jiff::civil::date(2025, 8, 1)),
    };
    let told = body(&searched.find(&insider(), Find::Statistics(query)).await);
    assert_eq!(told["outcome"], json!([{"key": "held_late", "count": 1}]));
    assert_eq!(
        (&told["outcome_other"], &told["party_other"], &told["total"]),
        (&json!(1), &json!(4), &json!(4))
    );
}

#[tokio::test]
async fn commitments_are_counted_by_strength() {
    let mut register = Register::default();
    for (key, strength) in [("a", "agreed"), ("b", "agreed"), ("c", "discussed")] {
        let data = json!({"text": key.repeat(5), "strength": strength, "owners": ["CA"]});
        register.record("commitment.made", subject(Commitment, key), "OFFICIAL", &data);
    }
    register.record("commitment.fulfilled", subject(Commitment, "a"), "OFFICIAL", &json!({}));
    let searched = Searched::new(&register).await;
    let query = Statistics {
        aggregate: Commitment,
        filters: Filters::default(),
        by: vec![By::Strength, By::Month],
        limit: 9,
        today: None,
    };
    let told = body(&searched.find(&insider(), Find::Statistics(query)).await);
    assert_eq!((&told["month"], &told["month_undated"]), (&json!([]), &json!(3)));
    let agreed = json!({"key": "agreed", "count": 2, "fulfilled": 1, "withdrawn": 0, "open": 1});
    let discussed = json!({"key": "discussed", "count": 1, "fulfilled": 0, "withdrawn": 0, "open": 0});
    assert_eq!(told["strength"], json!([agreed, discussed]));
}
