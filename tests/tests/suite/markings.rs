//! What a reader may not see is nowhere: not in records, histories, lists, the timeline, the log or links.

use contract::Principal;
use serde_json::json;
use system_tests::{AGENCY, Client, System, principal};

use crate::whole;

#[tokio::test]
async fn what_a_reader_may_not_see_is_nowhere() {
    let system = whole().await;
    let officer = system.client();
    let events = json!([
        {
            "id": "open", "type": "engagement.held", "subject": "engagement/~open", "marking": "OFFICIAL",
            "data": {"kind": "meeting", "title": "An open meeting", "participants": ["CA"], "occurred": "2026-01-10"},
        },
        {
            "id": "hidden", "type": "engagement.held", "subject": "engagement/~hidden", "marking": "SECRET",
            "data": {
                "kind": "meeting", "title": "A hidden meeting", "participants": ["CA"], "occurred": "2026-01-11",
                "links": [{"rel": "after", "to": "engagement/~open"}],
            },
        },
        {
            "id": "limited", "type": "engagement.held", "subject": "engagement/~limited",
            "marking": "OFFICIAL//REL PK",
            "data": {"kind": "meeting", "title": "A limited meeting", "participants": ["CA"], "occurred": "2026-01-12"},
        },
    ]);
    let recorded = officer.submit(&events).await;
    let position = recorded.position();
    let subjects = recorded.ok()["events"].as_array().expect("events").clone();
    let id = |index: usize| subjects[index]["subject"].as_str().expect("a subject").replace('/', "s/");
    let uid = |index: usize| subjects[index]["uid"].as_str().expect("a uid").to_owned();

    let all = ["A hidden meeting", "A limited meeting", "An open meeting"];
    assert_eq!(titles(&officer, position).await, all);

    let foreign = reader(&system, "urn:agency:ca", "CA", "SECRET");
    assert_eq!(titles(&foreign, position).await, ["A hidden meeting", "An open meeting"]);

    let uncleared = reader(&system, AGENCY, "PK", "OFFICIAL");
    assert_eq!(titles(&uncleared, position).await, ["A limited meeting", "An open meeting"]);

    let everything = format!("/v1/events?min_position={position}");
    for (client, hidden) in [(&uncleared, 1), (&foreign, 2)] {
        let paths = [
            format!("/v1/{}", id(hidden)),
            format!("/v1/{}/events", id(hidden)),
            format!("/v1/events/{}", uid(hidden)),
        ];
        for path in paths {
            let answer = client.get(&path).await;
            assert_eq!((answer.problem().0, answer.problem().1), (404, "not-found"), "{path}");
        }
        let log = client.get(&everything).await.ok().to_string();
        assert!(!log.contains(&uid(hidden)) && !log.contains(all[hidden - 1]), "{log}");
        assert!(log.contains(&uid(0)), "{log}");
    }
    let open = format!("/v1/{}", id(0));
    assert!(officer.get(&open).await.ok().to_string().contains("A hidden meeting"), "an incoming link");
    assert!(!uncleared.get(&open).await.ok().to_string().contains("A hidden meeting"), "an incoming link");
}

#[tokio::test]
async fn the_marking_of_today_governs_what_was_recorded_before() {
    let system = whole().await;
    let (officer, uncleared) = (system.client(), reader(&system, AGENCY, "PK", "OFFICIAL"));
    let first = json!({
        "type": "engagement.held", "subject": "engagement/~raised",
        "data": {"kind": "call", "title": "A raised call", "participants": ["CA"]},
    });
    let recorded = officer.submit(&first).await;
    let position = recorded.position();
    let event = recorded.ok()["events"][0].clone();
    assert_eq!(titles(&uncleared, position).await, ["A raised call"]);

    let raise = |level: &str| {
        let data = json!({"level": level, "reason": "Reviewed"});
        json!({"type": "engagement.marking_changed", "subject": "engagement/~raised", "data": data})
    };
    let position = officer.submit(&raise("SECRET")).await.position();
    assert!(titles(&uncleared, position).await.is_empty());
    let subject = event["subject"].as_str().expect("a subject").replace('/', "s/");
    let uid = event["uid"].as_str().expect("a uid");
    for path in [format!("/v1/{subject}"), format!("/v1/{subject}/events"), format!("/v1/events/{uid}")] {
        assert_eq!(uncleared.get(&path).await.problem().0, 404, "{path}");
    }
    assert!(!uncleared.get("/v1/events").await.ok().to_string().contains(uid));
    assert_eq!(titles(&officer, position).await, ["A raised call"]);

    let position = officer.submit(&raise("OFFICIAL")).await.position();
    assert_eq!(titles(&uncleared, position).await, ["A raised call"]);
}

#[tokio::test]
async fn a_caveat_must_be_held() {
    let system = whole().await;
    let holder = Principal { caveats: ["WISTERIA".to_owned()].into(), ..principal(AGENCY, "PK") };
    let (holder, other) = (system.client_as(&holder), system.client());
    let event = json!({
        "type": "engagement.held", "marking": "OFFICIAL//WISTERIA",
        "data": {"kind": "call", "title": "A hidden meeting", "participants": ["CA"]},
    });
    let position = holder.submit(&event).await.position();
    assert_eq!(titles(&holder, position).await.len(), 1);
    assert!(titles(&other, position).await.is_empty());
    let refused = other.submit(&event).await;
    assert!(refused.status == 403 || refused.status == 422, "a marking its author may not use: {refused:?}");
}

fn reader(system: &System, agency: &str, party: &str, level: &str) -> Client {
    system.client_as(&Principal { level: level.to_owned(), ..principal(agency, party) })
}

/// The titles in the list and the timeline, which must agree.
async fn titles(client: &Client, position: u64) -> Vec<String> {
    let mut pages = Vec::new();
    for path in ["/v1/engagements?party=CA&min_position=", "/v1/timeline?party=CA&min_position="] {
        let page = client.get(&format!("{path}{position}")).await.ok();
        let items = page["items"].as_array().expect("a page has items").iter();
        let mut titles =
            items.map(|item| item["title"].as_str().expect("a title").to_owned()).collect::<Vec<_>>();
        titles.sort();
        pages.push(titles);
    }
    assert_eq!(pages[0], pages[1], "list and timeline");
    pages.remove(0)
}
