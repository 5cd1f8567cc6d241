//! The calendar for calendar programs.

use reqwest::Method;
use serde_json::{Value, json};
use service::Reply;

use crate::edge::{Edge, refused};

const ID: &str = "018f0000-0000-7000-8000-000000000002";

/// A page of the calendar.
fn foreseen(next: Option<&str>, items: &[Value]) -> Reply {
    Reply::ok(json!({"items": items, "next": next, "position": 7}).to_string()).at(7)
}

fn talks() -> Value {
    json!({
        "due": "engagement", "subject": format!("engagement/{ID}"), "id": ID, "aggregate": "engagement",
        "title": "Talks; on trade, and more", "kind": "dialogue", "status": "expected", "version": 2,
        "when": {"edtf": "2025-06", "as_stated": "in June"}, "earliest": "2025-06-01", "latest": "2025-06-30",
        "parties": ["CA"], "names": ["Canada"], "topics": ["trade"], "marking": "OFFICIAL//REL CA,PK",
    })
}

#[tokio::test]
async fn a_calendar_program_is_given_what_is_foreseen() {
    let edge = Edge::start().await;
    let clock = json!({"code": "us-text-to-state", "name": "Text to the Department of State", "rule": "In 15 days.",
        "authority": "22 CFR 181.7", "after": "signed", "since": "2025-06-01", "days": 15});
    let sent = json!({
        "due": "clock", "subject": format!("instrument/{ID}"), "id": ID, "aggregate": "instrument",
        "title": "Treaty", "status": "signed", "when": {"edtf": "2025-06-16"}, "earliest": "2025-06-16",
        "latest": "2025-06-16", "marking": "OFFICIAL", "version": 1, "clock": clock,
    });
    edge.plan(foreseen(Some("more"), &[talks()]));
    edge.plan(foreseen(None, &[sent]));
    let response = edge.get("/v1/calendar.ics?today=2025-05-01&party=CA").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/calendar; charset=utf-8");
    assert_eq!(response.headers()["chancery-position"], "7");
    let text = response.text().await.unwrap();
    assert!(
        text.lines().all(|line| line.len() <= 75)
            && text.matches("\r\n").count() == text.matches('\n').count()
    );
    let unfolded = text.replace("\r\n ", "");
    let lines = unfolded.lines().filter(|line| !line.starts_with("DTSTAMP") && !line.starts_with("URL"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
    let url = unfolded.lines().find(|line| line.starts_with("URL")).unwrap();
    assert!(url.ends_with(&format!("/v1/engagements/{ID}")), "{url}");
    let questions = edge.asked();
    let [(_, first), (_, second)] = questions.as_slice() else { panic!("{questions:#?}") };
    assert_eq!(first["query"]["filters"], json!({"parties": ["CA"], "from": "2025-05-01"}));
    assert_eq!((&second["query"]["cursor"], &second["query"]["ask"]), (&json!("more"), &json!("calendar")));
}

#[tokio::test]
async fn a_calendar_is_no_longer_than_programs_bear_and_says_so() {
    let edge = Edge::start().await;
    let page = vec![talks(); 500];
    for _ in 0..10 {
        edge.plan(foreseen(Some("more"), &page));
    }
    let text = edge.get("/v1/calendar.ics").await.text().await.unwrap();
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 5_000);
    assert!(text.replace("\r\n ", "").contains("X-WR-CALDESC:The first 5000 of what is foreseen"));
    assert_eq!(edge.asked().len(), 10);
}

#[tokio::test]
async fn a_calendar_program_needs_a_token_and_asks_for_a_calendar() {
    let edge = Edge::start().await;
    let anonymous = testkit::http_client().get(edge.url("/v1/calendar.ics")).send().await.unwrap();
    assert_eq!(anonymous.status(), 401);
    let request = edge.request(Method::GET, "/v1/calendar.ics").header("accept", "application/json");
    assert_eq!(refused(request.send().await.unwrap()).await.0, 406);
    assert_eq!(refused(edge.get("/v1/calendar.ics?limit=5").await).await.0, 400);
}
