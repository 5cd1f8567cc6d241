//! Pages, walked to the end while others record, list everything once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use system_tests::Client;

use crate::{settled, whole};

/// How many records there are before the walk.
const RECORDS: usize = 180;

/// Questions, with what tells their items apart.
const WALKS: [(&str, &str); 9] = [
    ("engagements?party=CA&limit=7", "subject"),
    ("engagements?order=oldest&topic=trade&limit=9", "subject"),
    ("engagements?sort=recorded&kind=dialogue&limit=7", "subject"),
    ("engagements?sort=recorded&order=oldest&limit=11", "subject"),
    ("engagements?text=dialogue&limit=7", "subject"),
    ("timeline?party=CA&party=PK&limit=13", "uid"),
    ("calendar?today=2030-01-01&limit=7", "subject"),
    ("search?q=dialogue&limit=7", "subject"),
    ("search?q=dialogue&order=oldest&party=CA&limit=7", "subject"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_list_everything_once_while_events_are_added() {
    let system = whole().await;
    let client = system.client();
    let first = (0..RECORDS).map(dialogue).collect::<Vec<_>>();
    let recorded = client.submit(&json!(first)).await;
    settled(&client, recorded.position()).await;
    let subjects = recorded.ok()["events"].as_array().expect("events").clone();
    let subjects = subjects.iter().map(|event| text(&event["subject"])).collect::<Vec<_>>();

    let done = AtomicBool::new(false);
    let walk = async {
        for (question, key) in WALKS {
            let seen = walked(&client, question, key).await;
            let twice = seen.iter().filter(|(_, item)| item.1 > 1).collect::<Vec<_>>();
            assert!(twice.is_empty(), "{question}: {twice:#?}");
            let listed = seen.values().map(|(subject, _)| subject).collect::<Vec<_>>();
            let absent = subjects.iter().filter(|subject| !listed.contains(subject)).collect::<Vec<_>>();
            assert!(
                absent.is_empty(),
                "{question}: {} of {RECORDS} are not listed: {absent:?}",
                absent.len()
            );
        }
        done.store(true, Ordering::Relaxed);
    };
    let add = async {
        let mut number = RECORDS;
        while !done.load(Ordering::Relaxed) {
            // A new record, and news of an old one that moves nothing.
            let statement = json!({
                "type": "engagement.statement_issued", "subject": format!("engagement/~{}", number % RECORDS),
                "data": {"issuers": ["CA"], "notes": ["A statement on trade"]},
            });
            client.submit(&json!([dialogue(number), statement])).await.ok();
            number += 1;
        }
        number
    };
    let ((), added) = tokio::join!(walk, add);
    assert!(added > RECORDS, "events were added meanwhile");
}

/// Every item by its key, with its record and how often it came.
async fn walked(client: &Client, question: &str, key: &str) -> BTreeMap<String, (String, usize)> {
    let mut seen = BTreeMap::<String, (String, usize)>::new();
    let mut path = format!("/v1/{question}");
    loop {
        let page = client.get(&path).await.ok();
        for item in page["items"].as_array().expect("a page has items") {
            assert!(item[key].is_string(), "{question}: no {key} in {item:#}");
            seen.entry(text(&item[key])).or_insert_with(|| (text(&item["subject"]), 0)).1 += 1;
        }
        let Some(next) = page["next"].as_str() else { return seen };
        path = format!("/v1/{question}&cursor={next}");
    }
}

fn dialogue(number: usize) -> Value {
    json!({
        "type": "engagement.scheduled", "subject": format!("engagement/~{number}"),
        "data": {
            "kind": "dialogue", "title": format!("Dialogue {number}"), "participants": ["CA", "PK"],
            "topics": ["trade"], "window": format!("20{:02}-{:02}", 30 + number % 50, 1 + number % 12),
        },
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
