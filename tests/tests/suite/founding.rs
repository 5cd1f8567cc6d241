//! What a minister's office asks about the two founding reports: the brief before a meeting, and what is overdue.

use serde_json::{Value, json};
use system_tests::{Answer, Client, OFFICER, Past, holds, missing, sample};

use crate::{log_of, record, settled, whole};

#[tokio::test]
async fn the_brief_on_canada_names_everything_with_its_footnote() {
    let system = whole().await;
    let client = system.client();
    record(&client, "report-a").await;
    record(&client, "report-b").await;
    let brief = client.get("/v1/briefs/PK/CA?today=2025-05-01").await.ok();
    let shows = json!({
        "us": {"key": "PK"}, "them": {"key": "CA"}, "marking": "OFFICIAL", "today": "2025-05-01",
        "last_met": [{"who_met": [
            {"name": "Jam Kamal Khan", "title": "Commerce Minister", "side": "us"},
            {"name": "Tarik Ali Khan", "title": "High Commissioner", "side": "them"},
        ]}],
        "they_offered": [
            {"text": "*capacity*", "strength": "expressed_willingness"}, {"text": "*technical assistance*"},
            {"text": "*businesses*together*"},
        ],
        "both_agreed": [
            {"text": "*bottlenecks*", "strength": "agreed", "nothing_since": {}}, {"text": "*momentum*"},
        ],
        "we_want": [{"text": "*diversify*"}, {"text": "*small and medium scale*"}],
        "instruments": [{"text": "*bilateral investment treaty*", "status": "under_negotiation"}],
        "they_will_raise": [{"text": "*renewable energy*"}],
        "good_news": [{"text": "*canola*"}],
        "coming": [{"text": "*PDAC*"}],
    });
    assert!(holds(&brief, &shows), "{:?} of {brief:#}", missing(&brief, &shows));
    assert_eq!(brief["we_owe"], json!([]), "{brief:#}");
    let lines =
        ["last_met", "they_offered", "both_agreed", "we_want", "instruments", "they_will_raise", "coming"];
    for line in lines.iter().chain(&["good_news"]).flat_map(|section| items(&brief[*section])) {
        let numbers = items(&line["notes"]);
        assert!(!numbers.is_empty(), "no footnote: {line:#}");
        for number in numbers {
            let note = items(&brief["notes"]).iter().find(|note| note["n"] == *number);
            let note = note.unwrap_or_else(|| panic!("no note {number}: {brief:#}"));
            assert!(holds(note, &json!({"publisher": "Arab News", "source": "*source/*"})), "{note:#}");
        }
    }
    // One report: one note, with every place that is relied on.
    let report = json!([{"passages": [{"grade": "B3"}, {"grade": "B2"}]}]);
    assert!(holds(&brief["notes"], &report) && items(&brief["notes"]).len() == 1, "{brief:#}");
    in_other_forms(&client).await;
}

/// For reading and for printing.
async fn in_other_forms(client: &Client) {
    for (format, content, begins) in [("md", "text/markdown", "**official"), ("html", "text/html", "<!")] {
        let answer = client.get(&format!("/v1/briefs/PK/CA?today=2025-05-01&format={format}")).await;
        assert!(content_type(&answer).starts_with(content), "{:?}", answer.headers);
        let text = answer.ok();
        let text = text.as_str().expect("a text");
        assert!(text.trim_start().to_lowercase().starts_with(begins), "{text}");
        for word in ["investment treaty", "canola", "PDAC", "OFFICIAL", "1 May 2025", "Arab News"] {
            assert!(text.contains(word), "no {word} in {text}");
        }
    }
}

fn content_type(answer: &Answer) -> &str {
    answer.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Recorded when it was news, so that it can be asked for as known on a day.
#[tokio::test]
async fn the_dialogue_expected_in_june_is_overdue_until_it_is_held() {
    let mut system = whole().await;
    let (client, log) = (system.client(), log_of(&mut system).await);
    let mut past = Past::default();
    past.record(&log, OFFICER, "2025-04-14T08:00:00Z", &sample::read("report-a")).await;
    let before = past.record(&log, OFFICER, "2025-04-20T08:00:00Z", &sample::read("report-b")).await;
    settled(&client, before).await;
    let today = "/v1/overdue?today=2025-08-01";
    let overdue = json!({
        "due": "engagement", "title": "*counterterrorism dialogue*", "state": "overdue", "days": 32,
        "when": {"edtf": "2025-06"}, "slip_days": null,
    });
    let item = one_of(&client.get(today).await.ok(), &overdue);
    assert!(items(&client.get("/v1/overdue?today=2025-06-30&state=overdue").await.ok()["items"]).is_empty());

    let held = json!([{
        "id": "held", "type": "engagement.held", "subject": item["subject"], "data": {"occurred": "2025-08-12"},
    }]);
    let after = past.record(&log, OFFICER, "2025-08-13T08:00:00Z", &held).await;
    settled(&client, after).await;
    let late = json!({"subject": item["subject"], "state": "late", "slip_days": 43, "occurred": {"edtf": "2025-08-12"}});
    for path in ["/v1/overdue?today=2025-09-01", "/v1/overdue?today=2025-09-01&state=late&party=US"] {
        one_of(&client.get(path).await.ok(), &late);
    }
    let still = client.get("/v1/overdue?today=2025-09-01&state=overdue").await.ok();
    assert!(items(&still["items"]).is_empty(), "{still:#}");

    // As known on the day, by the day or by the position; today is then that day.
    for path in [
        "/v1/overdue?known_at=2025-08-01".to_owned(),
        format!("/v1/overdue?known_at={before}&today=2025-08-01"),
    ] {
        let answer = client.get(&path).await;
        assert_eq!(answer.position(), before, "{path}");
        one_of(&answer.ok(), &overdue);
    }
    // On the day after, it was known to have been held.
    let answer = client.get("/v1/overdue?known_at=2025-08-13").await.ok();
    one_of(&answer, &late);
}

/// The one item that shows this.
fn one_of(page: &Value, shows: &Value) -> Value {
    let found = items(&page["items"]).iter().filter(|item| holds(item, shows)).collect::<Vec<_>>();
    assert_eq!(found.len(), 1, "{shows} in {page:#}");
    found[0].clone()
}

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}
