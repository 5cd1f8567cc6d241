//! What was known at an earlier position.

use contract::{Filters, List, Order, Paging, Query, Sort};
use domain::Aggregate::{Engagement, Matter, Source};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{projected, register};
use crate::testing::{Projected, Register, column, insider, json as body, list, reader, subject};

async fn at(projected: &Projected, query: Query, known_at: u64) -> service::Reply {
    projected.query_at(&insider(), Some(known_at), query).await
}

fn titles(filters: Filters) -> Query {
    Query::List(List { filters, ..list(Engagement) })
}

#[tokio::test]
async fn a_time_is_the_last_position_that_was_recorded_by_then() {
    let mut register = Register::default();
    for (i, second) in [10, 30, 20, 40].into_iter().enumerate() {
        register.record(
            "source.captured",
            subject(Source, &i.to_string()),
            "OFFICIAL",
            &json!({"title": "S"}),
        );
        let entry = register.entries.last_mut().unwrap();
        let mut event: Value = serde_json::from_slice(&entry.payload).unwrap();
        event["recordedtime"] = json!(Timestamp::from_second(second).unwrap());
        entry.payload = serde_json::to_vec(&event).unwrap().into();
    }
    let projected = projected(&register).await;
    // The clock went back after the second event: what was known at 20 is the first alone.
    for (second, position) in [(9, 0), (10, 1), (20, 1), (29, 1), (30, 3), (39, 3), (40, 4), (1 << 33, 4)] {
        let query = Query::Position { at: Timestamp::from_second(second).unwrap() };
        let reply = projected.query(&insider(), query).await;
        assert_eq!(body(&reply), json!({"position": position}), "{second}");
    }
}

#[tokio::test]
async fn a_record_is_told_of_as_it_was_known() {
    let visit = subject(Engagement, "visit");
    let record = || Query::Record { subject: visit };
    let mut register = register();
    let projected_before = projected(&register).await;
    let before = projected_before.query(&insider(), record()).await;
    let held = contract::Recorded::parse(&register.entries[3].payload).unwrap().uid();
    let data = json!({"event": held, "reason": "it was put off"});
    register.record("engagement.retracted", visit, "OFFICIAL", &data);
    register.record("engagement.marking_changed", visit, "OFFICIAL", &json!({"level": "SECRET"}));
    let projected = projected(&register).await;

    let then = at(&projected, record(), 4).await;
    assert_eq!((then.status, then.position, then.record_version), (200, Some(4), Some(2)));
    let mut expected = body(&before);
    expected["marking"] = json!("SECRET");
    assert_eq!(body(&then), expected, "only the marking is today's");
    assert_eq!(body(&at(&projected, record(), 3).await)["status"], "expected");
    assert_eq!(body(&at(&projected, record(), 5).await)["status"], "expected");
    let now = projected.query(&insider(), record()).await;
    for position in [6, 7, u64::MAX] {
        let reply = at(&projected, record(), position).await;
        assert_eq!((reply.position, &reply.body), (Some(6), &now.body));
    }
    let early = at(&projected, record(), 0).await;
    assert_eq!((early.status, early.position), (404, None));
    let outsider = reader("OFFICIAL", &[], "US");
    assert_eq!(projected.query_at(&outsider, Some(4), record()).await.status, 404);
}

#[tokio::test]
async fn a_history_ends_at_what_was_known_with_what_had_become_of_it() {
    let visit = subject(Engagement, "visit");
    let mut register = register();
    let held = contract::Recorded::parse(&register.entries[3].payload).unwrap().uid();
    let data = json!({"event": held, "reason": "it was put off"});
    let retraction = register.record("engagement.retracted", visit, "OFFICIAL", &data);
    let data = json!({"event": retraction, "reason": "it was not"});
    register.record("engagement.retracted", visit, "OFFICIAL", &data);
    let projected = projected(&register).await;
    let history = || Query::History { subject: visit, after: 0, limit: 10 };
    for (position, versions, retracted) in [
        (3, vec![1], Value::Null),
        (4, vec![1, 2], Value::Null),
        (5, vec![1, 2, 3], json!(retraction)),
        (6, vec![1, 2, 3, 4], Value::Null),
    ] {
        let reply = at(&projected, history(), position).await;
        assert_eq!(column(&reply, "version"), versions);
        assert_eq!(reply.record_version, versions.last().copied());
        assert_eq!(body(&reply)["position"], position);
        assert_eq!(body(&reply)["items"][1]["retracted_by"], retracted, "{position}");
        let log = at(&projected, Query::Log { after: 0, limit: 10 }, position).await;
        assert_eq!(column(&log, "position"), (1..=position).collect::<Vec<_>>());
        if position > 3 {
            assert_eq!(body(&log)["items"][3], body(&reply)["items"][1]);
        }
        let event = at(&projected, Query::Event { uid: retraction }, position).await;
        assert_eq!(event.status, if position < 5 { 404 } else { 200 });
    }
}

#[tokio::test]
async fn links_are_those_that_were_known() {
    let mut register = register();
    let (visit, twin, source) =
        (subject(Engagement, "visit"), subject(Engagement, "twin"), subject(Source, "s"));
    register.record("source.captured", source, "OFFICIAL", &json!({"title": "S"}));
    let data = json!({"title": "Twin", "kind": "visit", "participants": ["US"], "citations": [{"source": source}],
        "links": [{"rel": "about", "to": visit}]});
    let twins = register.record("engagement.held", twin, "OFFICIAL", &data);
    let data =
        json!({"title": "Another", "citations": [{"source": source}, {"source": source, "locator": "p. 2"}]});
    register.record("matter.opened", subject(Matter, "another"), "SECRET", &data);
    let data = json!({"event": twins, "reason": "there was none"});
    register.record("engagement.retracted", twin, "OFFICIAL", &data);
    register.record("engagement.marking_changed", twin, "OFFICIAL", &json!({"level": "SECRET"}));
    let projected = projected(&register).await;
    let rels = |reply: service::Reply| {
        let linked = body(&reply)["linked"].as_array().cloned().unwrap_or_default();
        let told = |linked: &Value| {
            format!("{} {}", linked["rel"].as_str().unwrap(), linked["title"].as_str().unwrap())
        };
        let mut rels = linked.iter().map(told).collect::<Vec<_>>();
        rels.sort();
        rels
    };
    let of = |subject| Query::Record { subject };
    for (position, visits, sources) in [
        (5, vec!["part_of Meeting on trade"], vec![]),
        (6, vec!["about Twin", "part_of Meeting on trade"], vec!["cites Twin"]),
        (7, vec!["about Twin", "part_of Meeting on trade"], vec!["cites Another", "cites Twin"]),
        (8, vec!["part_of Meeting on trade"], vec!["cites Another"]),
    ] {
        assert_eq!(rels(at(&projected, of(visit), position).await), visits, "{position}");
        assert_eq!(rels(at(&projected, of(source), position).await), sources, "{position}");
    }
    let outsider = reader("OFFICIAL", &[], "US");
    let seen = projected.query_at(&outsider, Some(7), of(visit)).await;
    assert_eq!(rels(seen), ["part_of Meeting on trade"], "markings are today's");
    let sources = Query::List(list(Source));
    assert_eq!(column(&projected.query(&insider(), sources.clone()).await, "relied_on"), [1]);
    assert_eq!(column(&projected.query(&outsider, sources).await, "relied_on"), [0]);
}

#[tokio::test]
async fn of_what_was_disposed_of_only_the_residue_is_told() {
    let mut register = register();
    let (visit, meeting) = (subject(Engagement, "visit"), subject(Engagement, "meeting"));
    register.record("engagement.disposed", meeting, "OFFICIAL", &json!({"how": "destroyed"}));
    let projected = projected(&register).await;
    let then = at(&projected, Query::Record { subject: meeting }, 4).await;
    assert_eq!((then.status, then.position), (200, Some(4)));
    assert!(!String::from_utf8_lossy(&then.body).contains("trade"));
    assert_eq!(at(&projected, Query::Record { subject: meeting }, 1).await.status, 404);
    let history = at(&projected, Query::History { subject: meeting, after: 0, limit: 9 }, 4).await;
    assert_eq!(column(&history, "version"), [1]);
    assert!(!String::from_utf8_lossy(&history.body).contains("trade"));
    assert_eq!(body(&at(&projected, Query::Record { subject: visit }, 4).await)["linked"], Value::Null);
    let trade = titles(Filters { topic: Some("trade".into()), ..Filters::default() });
    assert_eq!(body(&at(&projected, trade, 4).await)["items"], json!([]));
}

#[tokio::test]
async fn a_list_is_what_it_was() {
    let mut register = register();
    let visit = subject(Engagement, "visit");
    let data = json!({"title": "Visit of a delegation", "occurred": "2025-05-02", "participants": ["CA"]});
    register.record("engagement.held", visit, "OFFICIAL", &data);
    register.record("engagement.marking_changed", visit, "OFFICIAL", &json!({"level": "SECRET"}));
    let projected = projected(&register).await;
    let status = |status: &str| titles(Filters { status: Some(status.into()), ..Filters::default() });
    for (position, expected, held) in [
        (0, vec![], vec![]),
        (1, vec!["Visit of the delegation"], vec![]),
        (3, vec!["Visit of the delegation"], vec!["Meeting on trade"]),
        (4, vec![], vec!["Meeting on trade", "Visit of the delegation"]),
    ] {
        let reply = at(&projected, status("expected"), position).await;
        assert_eq!(column(&reply, "title"), expected, "{position}");
        assert_eq!((reply.position, &body(&reply)["position"]), (Some(position), &json!(position)));
        assert_eq!(column(&at(&projected, status("held"), position).await, "title"), held, "{position}");
    }
    let then = body(&at(&projected, status("expected"), 1).await);
    assert_eq!((&then["items"][0]["marking"], &then["items"][0]["version"]), (&json!("SECRET"), &json!(1)));
    let outsider = reader("OFFICIAL", &[], "US");
    let hidden = projected.query_at(&outsider, Some(1), status("expected")).await;
    assert_eq!(body(&hidden)["items"], json!([]));
}

#[tokio::test]
async fn lists_go_by_the_time_of_recording_too_and_survive_new_events() {
    let mut register = Register::default();
    let meet = |register: &mut Register, i: usize| {
        let data = json!({"title": i.to_string(), "kind": "meeting", "participants": ["US"],
            "occurred": format!("2025-04-{:02}", 1 + i * 7 % 17)});
        register.record("engagement.held", subject(Engagement, &i.to_string()), "OFFICIAL", &data);
    };
    (0..9).for_each(|i| meet(&mut register, i));
    let before = projected(&register).await;
    let filters =
        Filters { parties: vec!["US".into()], from: Some("2025-04-02".into()), ..Filters::default() };
    let recorded = |order| List { sort: Sort::Recorded, order, filters: filters.clone(), ..list(Engagement) };
    let newest = before.query(&insider(), Query::List(recorded(Order::Newest))).await;
    assert_eq!(column(&newest, "title"), ["8", "7", "6", "5", "4", "3", "2", "1"]);
    let mut query = recorded(Order::Oldest);
    query.page = Paging { limit: 3, cursor: None };
    let first = before.query(&insider(), Query::List(query.clone())).await;
    assert_eq!(column(&first, "title"), ["1", "2", "3"]);
    query.page.cursor = body(&first)["next"].as_str().map(str::to_owned);
    // One more is recorded, and another moves from behind the cursor to before it.
    meet(&mut register, 9);
    let data = json!({"title": "moved", "occurred": "2025-04-01"});
    register.record("engagement.held", subject(Engagement, "1"), "OFFICIAL", &data);
    let after = projected(&register).await;
    query.page.limit = 100;
    let rest = after.query(&insider(), Query::List(query.clone())).await;
    assert_eq!(column(&rest, "title"), ["4", "5", "6", "7", "8"]);
    assert_eq!((rest.position, &body(&rest)["position"]), (Some(9), &json!(9)), "a walk is of one position");
    let ask =
        contract::Ask { principal: insider(), min_position: 10, known_at: None, query: Query::List(query) };
    let answer =
        move |view: &readmodel::View<'_>| crate::dossiers::answer(&ask, &domain::Levels::default(), view);
    let later = after.reader.read(answer).await.unwrap().unwrap();
    assert_eq!(column(&later, "title"), ["4", "5", "6", "7", "8", "9"], "unless a later one is asked for");
}

#[tokio::test]
async fn a_walk_meets_once_what_moves_meanwhile() {
    let mut register = Register::default();
    for i in 1..8 {
        let data = json!({"title": i.to_string(), "kind": "meeting", "participants": ["US"], "window": format!("2025-04-0{i}")});
        register.record("engagement.expected", subject(Engagement, &i.to_string()), "OFFICIAL", &data);
    }
    let whole = List { order: Order::Oldest, page: Paging { limit: 2, cursor: None }, ..list(Engagement) };
    let first = projected(&register).await.query(&insider(), Query::List(whole.clone())).await;
    assert_eq!(column(&first, "title"), ["1", "2"]);
    for (i, day) in [(1, "2025-05-01"), (6, "2025-03-01")] {
        let data = json!({"occurred": day});
        register.record("engagement.held", subject(Engagement, &i.to_string()), "OFFICIAL", &data);
    }
    let projected = projected(&register).await;
    let (mut walked, mut cursor) = (vec![], body(&first)["next"].as_str().map(str::to_owned));
    while cursor.is_some() {
        let page = List { page: Paging { limit: 2, cursor }, ..whole.clone() };
        let reply = projected.query(&insider(), Query::List(page)).await;
        walked.extend(column(&reply, "title"));
        cursor = body(&reply)["next"].as_str().map(str::to_owned);
    }
    assert_eq!(walked, ["3", "4", "5", "6", "7"]);
}
