//! What a brief says besides what was reported: periods of the law, what was retracted.

use serde_json::json;
use system_tests::{holds, missing};

use crate::{settled, whole};

#[tokio::test]
async fn a_brief_tells_of_periods_of_the_law_and_of_what_was_retracted() {
    let system = whole().await;
    let client = system.client();
    let events = json!([
        {"type": "instrument.signed", "subject": "instrument/~treaty", "data": {"title": "Extradition treaty",
            "kind": "treaty", "parties": ["PK", "US"], "occurred": "2025-07-20",
            "citations": [{"source": "https://example.org/a", "locator": "p. 1"}]}},
        {"id": "call", "type": "engagement.held", "subject": "engagement/~call", "data": {"title": "Call of ministers",
            "kind": "call", "participants": ["PK", "US"], "occurred": "2025-07-21"}},
    ]);
    client.submit(&events).await.ok();
    let retracted = json!({"type": "engagement.retracted", "subject": "engagement/~call",
        "data": {"event": "~call", "reason": "A hoax"}});
    settled(&client, client.submit(&retracted).await.position()).await;
    let period = json!({"text": "Extradition treaty", "due": {"edtf": "2025-08-04"},
        "clock": {"name": "Text to the Department of State", "authority": "*22 CFR 181.7*", "days": 15}});
    let mut overdue = period.clone();
    overdue["late_days"] = json!(1);
    for (today, section, line) in [("2025-08-04", "coming", period), ("2025-08-05", "lapsed", overdue)] {
        let brief = client.get(&format!("/v1/briefs/PK/US?today={today}")).await.ok();
        assert!(holds(&brief[section], &json!([line])), "{section} of {brief:#}");
        let shows = json!({"last_met": [], "disputed": [
            {"what": "retracted", "whole": true, "text": "Call of ministers", "reason": "A hoax"}]});
        let now = client.get("/v1/briefs/PK/US").await.ok();
        assert!(holds(&now, &shows), "{:?} of {now:#}", missing(&now, &shows));
    }
    let text = client.get("/v1/briefs/PK/US?today=2025-08-05&format=md").await.ok();
    let text = text.as_str().expect("a text");
    for said in ["1 day late", "15 days from 20 July 2025: 22 CFR", "retracted as a whole", "p. 1"] {
        assert!(text.replace('\\', "").contains(said), "no {said} in {text}");
    }
}

#[tokio::test]
async fn a_position_that_is_far_away_is_refused_as_a_mistake() {
    let system = whole().await;
    let client = system.client();
    let answer = client.get("/v1/engagements?min_position=1000000000000").await;
    assert_eq!(answer.problem().0, 400, "{:#}", answer.body);
}
