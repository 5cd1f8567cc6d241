//! Who may record what on which record.

use contract::{Principal, ProblemKind, Role, Submit};
use serde_json::{Value, json};

use crate::register::{Register, held, least, officer, one, pointers, refused, statement};

fn marked(marking: &str, event: Value) -> Value {
    let mut event = event;
    event["marking"] = json!(marking);
    event
}

#[tokio::test]
async fn a_record_gets_its_marking_from_its_first_event() {
    let register = Register::start().await;
    let first = register.record(marked("OFFICIAL-SENSITIVE//DESK", held("1", "call"))).await;
    register.record(statement("2", "call")).await;
    let events = register.read(&first.events[0].subject).await;
    for (entry, recorded) in events {
        assert_eq!(recorded.marking, "OFFICIAL-SENSITIVE//DESK");
        assert_eq!(entry.facets.marking, recorded.marking);
    }
    register.record(marked("OFFICIAL-SENSITIVE//DESK", statement("3", "call"))).await;
    // What asks for more than the record has would be shown too widely; who asks for less is mistaken about it.
    for other in ["OFFICIAL-SENSITIVE//DESK//REL CA", "OFFICIAL-SENSITIVE", "OFFICIAL"] {
        let event = marked(other, statement("4", "call"));
        let problem = refused(&register.send(event).await, ProblemKind::InvalidInput);
        assert_eq!(pointers(&problem), ["/marking"], "{other}");
    }
}

#[tokio::test]
async fn nobody_marks_above_their_own_clearance() {
    let register = Register::start().await;
    for marking in ["SECRET", "OFFICIAL//OTHER", "COSMIC"] {
        let problem = refused(&register.send(marked(marking, least())).await, ProblemKind::InvalidInput);
        assert_eq!(pointers(&problem), ["/marking"]);
    }
    register.record(held("1", "call")).await;
    let raise = |level: &str| {
        json!({"type": "engagement.marking_changed", "subject": "engagement/~call",
        "data": {"level": level, "reason": "it is sensitive"}})
    };
    refused(&register.send(raise("SECRET")).await, ProblemKind::InvalidInput);
    register.record(raise("OFFICIAL-SENSITIVE")).await;
}

#[tokio::test]
async fn what_one_may_not_see_is_not_there() {
    let register = Register::start().await;
    let made = register.record(marked("OFFICIAL-SENSITIVE//DESK", held("1", "call"))).await;
    let stranger = || Principal { caveats: [].into(), agency: "urn:agency:ca".into(), ..officer() };
    let mut event = statement("2", "call");
    event["subject"] = json!(made.events[0].subject.to_string());
    let submit = Submit { principal: stranger(), ..one(event.clone()) };
    let problem = refused(&register.ask(&submit).await, ProblemKind::NotFound);
    assert_eq!(pointers(&problem), ["/subject"]);
    event["data"] = json!({"issuers": ["CA"]});
    let cleared = Principal { caveats: ["DESK".into()].into(), ..stranger() };
    let reply = register.ask(&Submit { principal: cleared, ..one(event) }).await;
    assert_eq!(reply.status, 201);
}

#[tokio::test]
async fn a_release_needs_an_approver_who_is_not_the_author() {
    let register = Register::start().await;
    register.record(marked("OFFICIAL//REL NONE", held("1", "call"))).await;
    let release = || {
        json!({"type": "engagement.release_authorised", "subject": "engagement/~call",
        "data": {"to": ["CA"], "reason": "agreed"}})
    };
    refused(&register.send(release()).await, ProblemKind::Forbidden);
    let approver = |subject: &str| Principal {
        subject: subject.into(),
        roles: [Role::Recorder, Role::Approver].into(),
        ..officer()
    };
    let by = |subject: &str| Submit { principal: approver(subject), ..one(release()) };
    refused(&register.ask(&by("officer-1")).await, ProblemKind::InvalidInput);
    assert_eq!(register.ask(&by("officer-2")).await.status, 201);
}
