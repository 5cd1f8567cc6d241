//! A record is merged only into one that stands for itself.

use contract::{Principal, Problem, ProblemKind, Submit};
use domain::{Aggregate, Subject};
use serde_json::{Value, json};
use service::Clock;

use crate::register::{AGENCY, Register, held, officer, one, pointers, refused, several};

fn merged(from: &str, into: &str) -> Value {
    json!({"type": "engagement.merged_into", "id": format!("{from}-{into}"),
        "subject": format!("engagement/~{from}"), "data": {"record": into}})
}

/// The register's name for a record, which needs not be there.
fn id(key: &str) -> String {
    Subject::of_key(AGENCY, Aggregate::Engagement, key).to_string()
}

async fn refuse(register: &Register, event: Value) -> Problem {
    let problem = refused(&register.send(event).await, ProblemKind::InvalidInput);
    assert_eq!(pointers(&problem), ["/data/record"], "{problem:?}");
    problem
}

#[tokio::test]
async fn mergers_make_no_circle() {
    // Two, so that each knows of the other's mergers only by the log.
    let register = Register::with(2, Clock::system()).await;
    for key in ["a", "b", "c"] {
        register.record(held(key, key)).await;
    }
    register.record(merged("b", &id("a"))).await;
    for _ in 0..4 {
        let problem = refuse(&register, merged("a", &id("b"))).await;
        assert!(problem.detail.contains(&format!("merged into {}", id("a"))), "{problem:?}");
        refuse(&register, merged("c", &id("b"))).await;
    }
    // A retry of what is recorded is no second merger.
    assert_eq!(register.send(merged("b", &id("a"))).await.status, 200);
    register.record(merged("a", &id("c"))).await;
    refuse(&register, merged("c", &id("a"))).await;
    refuse(&register, merged("c", &id("c"))).await;
    assert_eq!(register.head().await, 5);
}

#[tokio::test]
async fn a_merger_that_was_retracted_is_none() {
    let register = Register::start().await;
    for key in ["a", "b"] {
        register.record(held(key, key)).await;
    }
    let uid = register.record(merged("b", &id("a"))).await.events[0].uid;
    register
        .record(json!({"type": "engagement.retracted", "subject": "engagement/~b",
            "data": {"event": uid, "reason": "two calls after all"}}))
        .await;
    register.record(merged("a", &id("b"))).await;
}

#[tokio::test]
async fn events_of_one_submission_make_no_circle_either() {
    let register = Register::start().await;
    let circle = vec![held("a", "a"), held("b", "b"), merged("a", &id("b")), merged("b", &id("a"))];
    let problem = refused(&register.ask(&several(circle)).await, ProblemKind::InvalidInput);
    assert_eq!(pointers(&problem), ["/3/data/record"]);
    register.record_all(vec![held("a", "a"), held("b", "b"), merged("a", &id("b"))]).await;
}

#[tokio::test]
async fn what_is_hidden_is_not_there_to_merge_into() {
    let register = Register::start().await;
    register.record(held("a", "a")).await;
    let mut secret = held("b", "b");
    secret["marking"] = json!("OFFICIAL//DESK");
    register.record(secret).await;
    let uncleared = || Principal { caveats: [].into(), ..officer() };
    for [hidden, absent] in [["b", "none"].map(id), ["engagement/~b", "engagement/~none"].map(str::to_owned)]
    {
        let ask = |into: &str| Submit { principal: uncleared(), ..one(merged("a", into)) };
        let [hidden, absent] = [register.ask(&ask(&hidden)).await, register.ask(&ask(&absent)).await];
        let hidden = refused(&hidden, ProblemKind::InvalidInput);
        assert_eq!(pointers(&hidden), ["/data/record"]);
        assert_eq!(hidden, refused(&absent, ProblemKind::InvalidInput));
    }
    register.record(merged("a", &id("b"))).await;
    register.record(held("c", "c")).await;
    // Nor is it named as that into which another was merged.
    let ask = Submit { principal: uncleared(), ..one(merged("c", &id("a"))) };
    let problem = refused(&register.ask(&ask).await, ProblemKind::InvalidInput);
    assert!(!problem.detail.contains(&id("b")), "{problem:?}");
}
