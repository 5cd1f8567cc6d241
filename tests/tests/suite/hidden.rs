//! What a reader may not see takes part in no answer: every question to a register that holds it is answered as by
//! one that never did.

use contract::Principal;
use serde_json::{Value, json};
use system_tests::{AGENCY, Client, OFFICER, Past, System, holds, principal, sample};

use crate::{log_of, settled, whole};

/// Every question; each may be asked as known at any time.
const QUESTIONS: &[&str] = &[
    "engagements",
    "engagements?party=CA",
    "engagements?party=PK&party=CA",
    "engagements?country=CA",
    "engagements?topic=mining",
    "engagements?kind=meeting",
    "engagements?status=expected",
    "engagements?from=2025&to=2025",
    "engagements?text=trade",
    "engagements?sort=recorded",
    "engagements?party=Jam%20Kamal%20Khan",
    "commitments",
    "commitments?owner=CA",
    "commitments?beneficiary=PK",
    "commitments?strength=agreed",
    "instruments?party=CA",
    "instruments?kind=investment_treaty",
    "matters?kind=issue",
    "parties",
    "parties?text=commerce",
    "sources",
    "timeline",
    "timeline?party=CA",
    "timeline?topic=mining",
    "calendar?today=2025-01-01",
    "calendar?today=2025-01-01&party=CA",
    "overdue?today=2027-01-01",
    "overdue?today=2027-01-01&party=CA",
    "overdue?today=2027-01-01&state=late",
    "briefs/PK/CA?today=2025-05-01",
    "briefs/PK/US?today=2025-05-01",
    "briefs/CA/PK?today=2025-05-01",
    "briefs/PK/US?today=2027-01-01",
    "search?q=trade",
    "search?q=mining",
    "search?q=canola",
    "search?q=cooperation&order=newest",
    "search?q=%22investment%20treaty%22",
    "search?q=pakistan&party=CA",
    "statistics",
    "statistics?party=CA",
    "statistics?aggregate=commitment",
    "statistics?aggregate=instrument",
    "statistics?aggregate=matter",
    "statistics?by=party&by=topic",
    "events",
];

#[tokio::test]
async fn every_answer_is_that_of_a_register_without_what_is_hidden() {
    let (with, without) = tokio::join!(register(true), register(false));
    let (reader, same) = (uncleared(&with), uncleared(&without));
    let officer = with.client();
    let mut bites = Vec::new();
    for question in QUESTIONS.iter().map(|question| format!("/v1/{question}")).chain(addresses(&same).await) {
        let asked = [reader.get(&question).await, same.get(&question).await, officer.get(&question).await];
        let [hidden, never, all] = asked.map(|answer| plain(answer.ok()));
        assert!(hidden == never, "{question}: with what is hidden {hidden:#}\nwithout {never:#}");
        if all != hidden {
            bites.push(question);
        }
    }
    let tame = QUESTIONS.iter().filter(|question| !bites.iter().any(|bite| bite.ends_with(*question)));
    let tame = tame.collect::<Vec<_>>();
    assert!(tame.len() < QUESTIONS.len() / 4, "many questions would not show what is hidden: {tame:?}");
}

#[tokio::test]
async fn an_address_that_is_hidden_leads_nowhere() {
    let system = register(true).await;
    let (reader, officer) = (uncleared(&system), system.client());
    let hidden = officer.find("engagements", "party=CA&kind=meeting", &json!({})).await;
    let id = hidden["id"].as_str().expect("an id");
    for path in
        ["", "/events", "/accounts", "?known_at=1000", "/events?known_at=1000", "/accounts?known_at=1000"]
    {
        let path = format!("/v1/engagements/{id}{path}");
        assert_eq!(officer.get(&path).await.status, 200, "{path}");
        assert_eq!(reader.get(&path).await.problem().0, 404, "{path}");
    }
    // Nor does a party that only hidden records name.
    for path in ["engagements?party=Tarik%20Ali%20Khan", "search?q=Tarik"] {
        let page = reader.get(&format!("/v1/{path}")).await.ok();
        assert!(holds(&page, &json!({"items": [], "next": null})) && page["items"] == json!([]), "{page:#}");
    }
}

/// The report on the visit is open but for one record; that on Canada is hidden as a whole, and was there first.
async fn register(with_hidden: bool) -> System {
    let mut system = whole().await;
    let log = log_of(&mut system).await;
    let (mut past, mut last) = (Past::default(), 0);
    if with_hidden {
        let mut hidden = sample::read("report-b");
        for event in hidden.as_array_mut().expect("a list of events") {
            event["marking"] = json!("SECRET");
        }
        past.record(&log, OFFICER, "2025-04-12T08:00:00Z", &hidden).await;
    }
    last = last.max(past.record(&log, OFFICER, "2025-04-14T08:00:00Z", &sample::read("report-a")).await);
    if with_hidden {
        let hidden = json!([
            {
                "id": "hidden/agreed", "type": "commitment.made", "subject": "commitment/~hidden", "marking": "OFFICIAL",
                "data": {"text": "To share what the dialogue finds", "strength": "agreed", "owners": ["US", "PK"], "due": "2025-09"},
            },
            {
                "id": "hidden/raised", "type": "commitment.marking_changed", "subject": "commitment/~hidden",
                "data": {"level": "SECRET", "reason": "Reviewed", "review_on": "2026-05-01"},
            },
        ]);
        last = last.max(past.record(&log, OFFICER, "2025-04-15T08:00:00Z", &hidden).await);
    }
    settled(&system.client(), last).await;
    system
}

fn uncleared(system: &System) -> Client {
    system.client_as(&Principal { level: "OFFICIAL".to_owned(), ..principal(AGENCY, "PK") })
}

/// The routes of every record that is there, each with its history and accounts.
async fn addresses(client: &Client) -> Vec<String> {
    let mut addresses = Vec::new();
    for collection in ["engagements", "instruments", "commitments", "matters", "parties", "sources"] {
        let page = client.get(&format!("/v1/{collection}")).await.ok();
        for item in page["items"].as_array().expect("a page has items") {
            let record = format!("/v1/{collection}/{}", item["id"].as_str().expect("an id"));
            addresses.extend(["", "/events", "/accounts"].map(|part| format!("{record}{part}")));
        }
    }
    assert!(addresses.len() >= 20, "{addresses:?}");
    addresses
}

/// Without what tells only how many events there are, which is no secret.
fn plain(mut answer: Value) -> Value {
    strip(&mut answer);
    answer
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in ["position", "sequence", "datasalt", "proposalhash"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}
