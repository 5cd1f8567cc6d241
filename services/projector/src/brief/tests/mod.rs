//! What briefs say.

mod clocks;
mod notes;
mod readers;
mod reports;
mod retracted;
mod sections;

use contract::brief::{Changed, Document, Line, Side, words};
use contract::{Brief, Principal, ProblemKind, Query};
use domain::Aggregate::{Commitment, Engagement, Instrument, Matter, Party, Source};
use domain::Subject;
use jiff::civil::{Date, date};
use prometheus_client::metrics::counter::Counter;
use serde_json::{Value, json};
use service::Reply;

use crate::dossiers::Dossiers;
use crate::testing::{AGENCY, Projected, Register, insider, reader, subject};

const REPORT_A: &str = include_str!("../../../../../tests/samples/report-a.json");
const REPORT_B: &str = include_str!("../../../../../tests/samples/report-b.json");

const TODAY: Date = date(2025, 8, 1);

async fn projected(register: &Register) -> Projected {
    Projected::new(Dossiers::new(Counter::default()), register).await
}

fn brief(us: &str, them: &str) -> Brief {
    Brief { us: us.into(), them: them.into(), since: None, today: TODAY }
}

async fn asked(projected: &Projected, principal: &Principal, brief: Brief, known_at: Option<u64>) -> Reply {
    projected.query_at(principal, known_at, Query::Brief(brief)).await
}

async fn of(register: &Register, brief: Brief) -> Document {
    let reply = asked(&projected(register).await, &insider(), brief, None).await;
    written(&reply)
}

fn written(reply: &Reply) -> Document {
    assert_eq!(reply.status, 200, "{:?}", reply.body);
    serde_json::from_slice(&reply.body).unwrap()
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

fn reports() -> Register {
    let mut register = Register::default();
    for report in [REPORT_A, REPORT_B] {
        for event in serde_json::from_str::<Vec<Value>>(report).unwrap() {
            let subject = Subject::resolve(event["subject"].as_str().unwrap(), AGENCY).unwrap();
            register.record(event["type"].as_str().unwrap(), subject, "OFFICIAL", &event["data"]);
        }
    }
    register
}
