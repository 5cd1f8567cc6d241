//! What the timeline answers.

use contract::{Filters, Order, Timeline};
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
    let party = |party: &str| Timeline {
        filters: Filters { parties: vec![party.into()], ..Filters::default() },
        ..timeline()
    };
    let cases: Vec<(Timeline, &[u64])> = vec![
        (party("US"), &[2, 1]),
        (party("Canada"), &[3]),
        (
            Timeline {
                filters: Filters { parties: vec!["US".into(), "CA".into()], ..Filters::default() },
                ..timeline()
            },
            &[],
        ),
        (
            Timeline {
                filters: Filters { topic: Some("security".into()), ..Filters::default() },
                ..timeline()
            },
            &[2, 1],
        ),
        (Timeline { aggregate: Some("matter".into()), ..timeline() }, &[3]),
        (
            Timeline {
                filters: Filters { from: Some("2025-07".into()), ..Filters::default() },
                ..timeline()
            },
            &[2],
        ),
        (
            Timeline { filters: Filters { to: Some("2025-07".into()), ..Filters::default() }, ..timeline() },
            &[1],
        ),
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
async fn a_record_that_is_marked_up_leaves_with_all_its_events() {
    let mut register = register();
    let outsider = reader("OFFICIAL", &[], "US");
    let before = projected(&register).await.timeline(&outsider, timeline()).await;
    assert_eq!(column(&before, "position"), [2, 1, 3]);
    let level = json!({"level": "SECRET", "reason": "sources"});
    register.record("engagement.marking_changed", subject(Engagement, "talks"), "OFFICIAL", &level);
    let after = projected(&register).await.timeline(&outsider, timeline()).await;
    assert_eq!(column(&after, "position"), [3]);
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
    let reply = projected(&register).await.timeline(&insider(), timeline()).await;
    assert_eq!(column(&reply, "position"), [3]);
}
