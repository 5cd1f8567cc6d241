//! What was known when: every question can be asked as of a position, a time or a day, and says which position it
//! reflects. What was recorded later is not seen.

use serde_json::{Value, json};
use system_tests::{Client, OFFICER, Past, System, holds, missing, sample};

use crate::{log_of, settled, whole};

/// A register to which three things came to be known on days apart.
struct Then {
    _system: System,
    client: Client,
    /// The last position of each day.
    days: [u64; 3],
    visit: String,
}

/// 14 April: the report. 20 April: a name is corrected, and that Canada is met. 13 August: the dialogue was held.
async fn then() -> Then {
    let mut system = whole().await;
    let (client, log) = (system.client(), log_of(&mut system).await);
    let mut past = Past::default();
    let first = past.record(&log, OFFICER, "2025-04-14T08:00:00Z", &sample::read("report-a")).await;
    let correction = json!([{
        "id": "correction", "type": "engagement.corrected", "subject": "engagement/~us-congress-visit-2025-04",
        "data": {
            "event": "~report-a/visit", "reason": "Misspelt",
            "changes": [{"pointer": "/participants/0/members/1/name", "new": "Thomas Suozzi"}],
        },
    }]);
    past.record(&log, OFFICER, "2025-04-20T08:00:00Z", &correction).await;
    let second = past.record(&log, OFFICER, "2025-04-20T09:30:00Z", &sample::read("report-b")).await;
    let held = json!([{
        "id": "held", "type": "engagement.held", "subject": "engagement/~us-pk-counterterrorism-dialogue-2025",
        "data": {"occurred": "2025-08-12"},
    }]);
    let third = past.record(&log, OFFICER, "2025-08-13T08:00:00Z", &held).await;
    settled(&client, third).await;
    let visit = client.find("engagements", "party=US&kind=visit", &json!({})).await;
    let visit = visit["id"].as_str().expect("an id").to_owned();
    Then { _system: system, client, days: [first, second, third], visit }
}

impl Then {
    /// Asks as of the end of a day, in every way of saying so; all say the same, and which position they reflect.
    async fn ask(&self, question: &str, day: usize) -> Value {
        let position = self.days[day];
        let said = ["2025-04-14", "2025-04-20", "2025-08-13"][day];
        let sign = if question.contains('?') { '&' } else { '?' };
        let mut answers = Vec::new();
        for moment in [position.to_string(), said.to_owned(), format!("{said}T23:59:59Z")] {
            let answer = self.client.get(&format!("/v1/{question}{sign}known_at={moment}")).await;
            assert_eq!(answer.position(), position, "{question} as known at {moment}");
            answers.push(answer.ok());
        }
        assert!(answers.windows(2).all(|two| two[0] == two[1]), "{question}: {answers:#?}");
        answers.swap_remove(0)
    }

    async fn shows(&self, question: &str, day: usize, shows: Value) {
        let answer = self.ask(question, day).await;
        assert!(
            holds(&answer, &shows),
            "{question}, day {day}: {:?} of {answer:#}",
            missing(&answer, &shows)
        );
    }

    /// How many items it has.
    async fn count(&self, question: &str, day: usize) -> usize {
        let answer = self.ask(question, day).await;
        answer["items"].as_array().unwrap_or_else(|| panic!("no page: {answer:#}")).len()
    }
}

#[tokio::test]
async fn a_record_and_its_history_are_as_they_were_known() {
    let then = then().await;
    let visit = format!("engagements/{}", then.visit);
    let member = |name: &str| json!([{"members": [{}, {"name": name}, {}]}]);
    then.shows(
        &visit,
        0,
        json!({"participants": member("Thomas Souzzi"), "corrections": null, "version": 1}),
    )
    .await;
    then.shows(
        &visit,
        1,
        json!({"participants": member("Thomas Suozzi"), "corrections": [{}], "version": 2}),
    )
    .await;
    let history = format!("{visit}/events");
    assert_eq!(then.count(&history, 0).await, 1);
    then.shows(&history, 0, json!({"items": [{"corrected_by": null}]})).await;
    assert_eq!(then.count(&history, 1).await, 2);
    then.shows(&history, 2, json!({"items": [{"corrected_by": ["**"]}, {}]})).await;
    // Before anything was known of it there is no such record.
    let before = then.client.get(&format!("/v1/{visit}?known_at=2025-04-13")).await;
    assert_eq!(before.problem().0, 404);
    // Between the two of that day, by the second.
    let between = then.client.get(&format!("/v1/{visit}?known_at=2025-04-20T08:30:00Z")).await;
    assert_eq!(between.position(), then.days[0] + 1);
    assert!(holds(&between.ok(), &json!({"version": 2})));
}

#[tokio::test]
async fn lists_and_the_timeline_are_as_they_were_known() {
    let then = then().await;
    for question in
        ["engagements?party=CA", "timeline?party=CA", "commitments?owner=CA", "instruments?party=CA"]
    {
        assert_eq!(then.count(question, 0).await, 0, "{question}");
        assert!(then.count(question, 1).await > 0, "{question}");
    }
    for (question, days) in [
        ("engagements?status=expected&party=US", [1, 1, 0]),
        ("engagements?status=held&kind=dialogue", [0, 0, 1]),
        ("engagements?from=2025-06&to=2025-06", [1, 1, 0]),
        ("engagements?from=2025-08-12&to=2025-08-12", [0, 0, 1]),
        ("timeline?party=US&aggregate=engagement&from=2025-08-12&to=2025-08-12", [0, 0, 1]),
        ("engagements?sort=recorded&kind=visit", [1, 1, 1]),
    ] {
        for (day, count) in days.into_iter().enumerate() {
            assert_eq!(then.count(question, day).await, count, "{question}, day {day}");
        }
    }
}

#[tokio::test]
async fn the_calendar_and_what_is_overdue_are_as_they_were_known() {
    let then = then().await;
    let calendar = "calendar?today=2025-05-01&party=US";
    let dialogue = json!({"items": [{"title": "*counterterrorism dialogue*", "due": "engagement"}]});
    then.shows(calendar, 0, dialogue.clone()).await;
    then.shows(calendar, 1, dialogue).await;
    assert_eq!(then.count(calendar, 2).await, 0);
    let overdue = "overdue?today=2025-08-20&party=US";
    then.shows(overdue, 0, json!({"items": [{"state": "overdue", "days": 51}]})).await;
    then.shows(overdue, 1, json!({"items": [{"state": "overdue", "slip_days": null}]})).await;
    then.shows(overdue, 2, json!({"items": [{"state": "late", "slip_days": 43}]})).await;
}

#[tokio::test]
async fn a_brief_is_as_it_was_known() {
    let then = then().await;
    let canada = "briefs/PK/CA?today=2025-05-01";
    let nothing = then.ask(canada, 0).await;
    for section in ["last_met", "they_offered", "both_agreed", "notes"] {
        assert_eq!(nothing[section], json!([]), "{section}: {nothing:#}");
    }
    then.shows(canada, 1, json!({"last_met": [{}], "they_offered": [{}, {}, {}], "both_agreed": [{}, {}]}))
        .await;
    let states = "briefs/PK/US?today=2025-09-01";
    then.shows(states, 1, json!({"lapsed": [{"text": "*counterterrorism dialogue*"}]})).await;
    then.shows(states, 2, json!({"last_met": [{"text": "*counterterrorism dialogue*"}]})).await;
    assert_eq!(then.ask(states, 2).await["lapsed"], json!([]));
    // What was recorded since is marked as new.
    let since =
        then.client.get(&format!("/v1/briefs/PK/US?today=2025-09-01&since={}", then.days[1])).await.ok();
    assert!(
        holds(&since, &json!({"last_met": [{"text": "*counterterrorism dialogue*", "new": true}]})),
        "{since:#}"
    );
}
