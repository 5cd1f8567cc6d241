//! What the timeline answers.

use contract::{Filters, Order, Paging, Timeline};
use domain::Aggregate::{Engagement, Matter};
use prometheus_client::metrics::counter::Counter;
use serde_json::json;

use super::Happenings;
use crate::testing::{Projected, Register, column, insider, json as body, reader, subject, timeline};

async fn projected(register: &Register) -> Projected {
    Projected::new(Happenings::new(Counter::default()), register).await
}

fn register() -> Register {
    let mut register = Register::default();
    let talks = subject(Engagement, "talks");
    let data = json!({"title": "Talks", "kind": "dialogue", "participants": ["US"], "window": "2025-06",
        "topics": ["security.counterterrorism"]});
    register.record("engagement.expected", talks, "OFFICIAL", &data);
    register.record("engagement.held", talks, "OFFICIAL", &json!({"occurred": "2025-08-12"}));
    let data =
        json!({"title": "Canola", "kind": "trade_flow", "parties": ["CA"], "topics": ["trade.agriculture"]});
    register.record("matter.opened", subject(Matter, "canola"), "OFFICIAL", &data);
    register
}

#[tokio::test]
async fn events_stand_by_valid_time_the_undated_last() {
    let projected = projected(&register()).await;
    let newest = projected.timeline(&insider(), timeline()).await;
    assert_eq!(newest.position, Some(3));
    assert_eq!(column(&newest, "position"), [2, 1, 3]);
    let oldest = projected.timeline(&insider(), Timeline { order: Order::Oldest, ..timeline() }).await;
    assert_eq!(column(&oldest, "position"), [1, 2, 3]);
    let item = &body(&newest)["items"][0];
    assert_eq!(item["type"], "chancery.engagement.held.v1");
    assert_eq!(item["title"], "Talks");
    assert_eq!(item["status"], "held");
    assert_eq!(item["when"]["edtf"], "2025-08-12");
    assert_eq!(item["earliest"], "2025-08-12");
}

#[tokio::test]
async fn every_filter_is_honoured() {
    let projected = projected(&register()).await;
    let narrowed = |filters| Timeline { filters, ..timeline() };
    let party = |parties: &[&str]| {
        let parties = parties.iter().map(|party| (*party).to_owned()).collect();
        narrowed(Filters { parties, ..Filters::default() })
    };
    let text = |text: &str| Some(text.to_owned());
    let none = Filters::default;
    let cases: Vec<(Timeline, &[u64])> = vec![
        (party(&["US"]), &[2, 1]),
        (party(&["Canada"]), &[3]),
        (party(&["US", "CA"]), &[]),
        (narrowed(Filters { topic: text("security"), ..none() }), &[2, 1]),
        (narrowed(Filters { topic: text("security.counter"), ..none() }), &[]),
        (Timeline { aggregate: Some("matter".into()), ..timeline() }, &[3]),
        (narrowed(Filters { from: text("2025-07"), ..none() }), &[2]),
        (narrowed(Filters { to: text("2025-07"), ..none() }), &[1]),
        (narrowed(Filters { country: text("ca"), ..none() }), &[3]),
        (narrowed(Filters { kind: text("dialogue"), ..none() }), &[2, 1]),
        (narrowed(Filters { kind: text("dialogue"), country: text("CA"), ..none() }), &[]),
        (narrowed(Filters { status: text("held"), ..none() }), &[2, 1]),
        (narrowed(Filters { status: text("expected"), ..none() }), &[]),
        (narrowed(Filters { text: text("the TALKS"), ..none() }), &[]),
        (narrowed(Filters { text: text("talks"), ..none() }), &[2, 1]),
        (narrowed(Filters { text: text("canada"), ..none() }), &[3]),
    ];
    for (query, expected) in cases {
        let said = format!("{query:?}");
        assert_eq!(column(&projected.timeline(&insider(), query).await, "position"), expected, "{said}");
    }
}

#[tokio::test]
async fn retracted_events_leave_and_corrected_ones_move() {
    let mut register = register();
    let talks = subject(Engagement, "talks");
    let uid = |i: usize| contract::Recorded::parse(&register.entries[i].payload).unwrap().uid();
    let (expected, held) = (uid(0), uid(1));
    register.record("engagement.retracted", talks, "OFFICIAL", &json!({"event": expected, "reason": "no"}));
    let changes = json!([{"pointer": "/occurred", "new": "2024-08-12"}]);
    let data = json!({"event": held, "changes": changes, "reason": "the year"});
    register.record("engagement.corrected", talks, "OFFICIAL", &data);
    let projected = projected(&register).await;
    let reply = projected.timeline(&insider(), timeline()).await;
    assert_eq!(column(&reply, "position"), [2, 3]);
    assert_eq!(column(&reply, "earliest")[0], "2024-08-12");
}

#[tokio::test]
async fn what_was_recorded_later_is_not_seen() {
    let mut register = register();
    let talks = subject(Engagement, "talks");
    let uid = |i: usize| contract::Recorded::parse(&register.entries[i].payload).unwrap().uid();
    let (expected, held) = (uid(0), uid(1));
    let changes = json!([{"pointer": "/occurred", "new": "2024-08-12"}]);
    let data = json!({"event": held, "changes": changes, "reason": "the year"});
    register.record("engagement.corrected", talks, "OFFICIAL", &data);
    register.record("engagement.retracted", talks, "OFFICIAL", &json!({"event": expected, "reason": "no"}));
    register.record("engagement.retracted", talks, "OFFICIAL", &json!({"event": held, "reason": "no"}));
    let projected = projected(&register).await;
    let cases: [(u64, &[u64], &[&str]); 7] = [
        (0, &[], &[]),
        (1, &[1], &["2025-06-01"]),
        (2, &[2, 1], &["2025-08-12", "2025-06-01"]),
        (3, &[2, 1, 3], &["2025-08-12", "2025-06-01"]),
        (4, &[1, 2, 3], &["2025-06-01", "2024-08-12"]),
        (5, &[2, 3], &["2024-08-12"]),
        (9, &[3], &[]),
    ];
    for (at, positions, days) in cases {
        let reply = projected.timeline_at(&insider(), Some(at), timeline()).await;
        assert_eq!(reply.position, Some(at.min(6)));
        assert_eq!(body(&reply)["position"], at.min(6));
        assert_eq!(column(&reply, "position"), positions, "as of {at}");
        assert_eq!(column(&reply, "earliest")[..days.len()], *days, "as of {at}");
    }
    let filters = Filters { status: Some("expected".into()), ..Filters::default() };
    let query = Timeline { filters, ..timeline() };
    let reply = projected.timeline_at(&insider(), Some(1), query.clone()).await;
    assert_eq!(column(&reply, "status"), ["expected"]);
    assert_eq!(column(&projected.timeline_at(&insider(), Some(2), query).await, "status"), [""; 0]);
}

#[tokio::test]
async fn a_record_that_is_marked_up_leaves_with_all_its_events() {
    let mut register = register();
    let outsider = reader("OFFICIAL", &[], "US");
    let before = projected(&register).await.timeline(&outsider, timeline()).await;
    assert_eq!(column(&before, "position"), [2, 1, 3]);
    let level = json!({"level": "SECRET", "reason": "sources"});
    register.record("engagement.marking_changed", subject(Engagement, "talks"), "OFFICIAL", &level);
    let projected = projected(&register).await;
    assert_eq!(column(&projected.timeline(&outsider, timeline()).await, "position"), [3]);
    // As of before, too: who may see what is as of today.
    let before = projected.timeline_at(&outsider, Some(3), timeline()).await;
    assert_eq!(column(&before, "position"), [3]);
    let before = projected.timeline_at(&insider(), Some(3), timeline()).await;
    assert_eq!(column(&before, "position"), [2, 1, 3]);
}

#[tokio::test]
async fn a_second_account_is_no_second_happening() {
    let mut register = register();
    let talks = subject(Engagement, "talks");
    // Finer, then in contradiction, then decided: one row, which moves.
    register.record(
        "engagement.held",
        subject(Engagement, "call"),
        "OFFICIAL",
        &json!({"occurred": "2025-03"}),
    );
    register.record(
        "engagement.held",
        subject(Engagement, "call"),
        "OFFICIAL",
        &json!({"occurred": "2025-03-09"}),
    );
    let held = contract::Recorded::parse(&register.entries[1].payload).unwrap().uid();
    let other = register.record("engagement.held", talks, "OFFICIAL", &json!({"occurred": "2025-09-12"}));
    let reply = projected(&register).await.timeline(&insider(), timeline()).await;
    assert_eq!(column(&reply, "position"), [2, 1, 4, 3]);
    assert_eq!(column(&reply, "earliest")[..3], ["2025-08-12", "2025-06-01", "2025-03-09"]);
    let data = json!({"event": held, "pointer": "/occurred", "chosen": other});
    register.record("engagement.adjudicated", talks, "OFFICIAL", &data);
    let reply = projected(&register).await.timeline(&insider(), timeline()).await;
    assert_eq!(column(&reply, "position"), [2, 1, 4, 3]);
    assert_eq!(column(&reply, "earliest")[0], "2025-09-12");
    // Without the first account, the second is the first.
    register.record("engagement.retracted", talks, "OFFICIAL", &json!({"event": held, "reason": "no"}));
    let whole = projected(&register).await;
    let reply = whole.timeline(&insider(), timeline()).await;
    assert_eq!(column(&reply, "position"), [6, 1, 4, 3]);

    let mut part = Register::default();
    let mut stepwise = projected(&part).await;
    for entry in register.entries.clone() {
        part.entries.push(entry);
        stepwise = stepwise.continued(Happenings::new(Counter::default()), &part).await;
    }
    assert_eq!(stepwise.rows().await, whole.rows().await);
}

#[tokio::test]
async fn a_disposed_record_has_no_place_in_time() {
    let mut register = register();
    let data = json!({"how": "destroyed", "authority": "schedule 7"});
    register.record("engagement.disposed", subject(Engagement, "talks"), "OFFICIAL", &data);
    let projected = projected(&register).await;
    assert_eq!(column(&projected.timeline(&insider(), timeline()).await, "position"), [3]);
    let before = projected.timeline_at(&insider(), Some(3), timeline()).await;
    assert_eq!(column(&before, "position"), [3]);
    // What was is gone, not only passed over: all that is left is what the residue stands under.
    let of_talks = crate::key::Key::begin().subject(&subject(Engagement, "talks"));
    let left = projected.rows().await.into_iter();
    let left = left.filter(|(key, _)| b"viIS".contains(&key[0]) && key[1..].starts_with(of_talks.as_ref()));
    assert_eq!(left.map(|(key, row)| (key[0], row[4..].to_vec())).collect::<Vec<_>>(), [(b'v', vec![0])]);
}

#[tokio::test]
async fn a_walk_is_of_one_position() {
    let mut register = Register::default();
    for i in 1..6 {
        let data = json!({"title": i.to_string(), "kind": "meeting", "participants": ["US"],
            "occurred": format!("2025-04-0{i}")});
        register.record("engagement.held", subject(Engagement, &i.to_string()), "OFFICIAL", &data);
    }
    let whole = Timeline { order: Order::Oldest, page: Paging { limit: 2, cursor: None }, ..timeline() };
    let first = projected(&register).await.timeline(&insider(), whole.clone()).await;
    let uid = contract::Recorded::parse(&register.entries[3].payload).unwrap().uid();
    let changes = json!([{"pointer": "/occurred", "new": "2025-03-04"}]);
    let data = json!({"event": uid, "changes": changes, "reason": "a slip"});
    register.record("engagement.corrected", subject(Engagement, "4"), "OFFICIAL", &data);
    let cursor = body(&first)["next"].as_str().map(str::to_owned);
    let rest = Timeline { page: Paging { limit: 9, cursor }, ..whole };
    let rest = projected(&register).await.timeline(&insider(), rest).await;
    assert_eq!((column(&rest, "title"), rest.position), (vec![json!("3"), json!("4"), json!("5")], Some(5)));
}
