//! What the calendar answers.

use contract::{Agenda, Calendar, Due, Filters, Order, Overdue, Paging, State};
use domain::Aggregate::{Commitment, Engagement, Instrument};
use domain::Subject;
use prometheus_client::metrics::counter::Counter;
use serde_json::{Value, json};
use service::Reply;

use super::Expectations;
use crate::testing::{
    Projected, Register, calendar, column, insider, json as body, overdue, reader, subject,
};

async fn projected(register: &Register) -> Projected {
    Projected::new(Expectations::new(Counter::default()), register).await
}

async fn foreseen(projected: &Projected, at: Option<u64>, query: Calendar) -> Reply {
    projected.agenda_at(&insider(), at, Agenda::Calendar(query)).await
}

async fn late(projected: &Projected, at: Option<u64>, query: Overdue) -> Reply {
    projected.agenda_at(&insider(), at, Agenda::Overdue(query)).await
}

fn record(register: &mut Register, kind: &str, subject: Subject, data: &Value) {
    register.record(kind, subject, "OFFICIAL", data);
}

/// The founding reports.
fn reports() -> Register {
    let mut register = Register::default();
    for report in ["report-a.json", "report-b.json"] {
        let file = format!("{}/../../tests/samples/{report}", env!("CARGO_MANIFEST_DIR"));
        let events = serde_json::from_slice::<Vec<Value>>(&std::fs::read(file).unwrap()).unwrap();
        for event in &events {
            let text = |name: &str| event[name].as_str().unwrap();
            let (aggregate, key) = text("subject").split_once("/~").unwrap();
            let of = subject(aggregate.parse().unwrap(), key);
            record(&mut register, text("type"), of, &event["data"]);
        }
    }
    register
}

#[tokio::test]
async fn the_dialogue_expected_in_june_is_overdue_in_august_and_late_once_it_was_held() {
    let mut register = reports();
    let before = register.entries.len() as u64;
    let dialogue = subject(Engagement, "us-pk-counterterrorism-dialogue-2025");
    record(&mut register, "engagement.held", dialogue, &json!({"occurred": "2025-08-12"}));
    let projected = projected(&register).await;

    let then = late(&projected, Some(before), overdue("2025-08-01")).await;
    assert_eq!(then.position, Some(before));
    let items = body(&then)["items"].clone();
    let [item] = items.as_array().unwrap().as_slice() else { panic!("{items:#}") };
    assert_eq!(item["title"], "US–Pakistan counterterrorism dialogue");
    let window = json!({"edtf": "2025-06", "as_stated": "in June", "inferred": true});
    assert_eq!((&item["when"], &item["latest"]), (&window, &json!("2025-06-30")));
    assert_eq!(
        (&item["state"], &item["days"], &item["due"]),
        (&json!("overdue"), &json!(32), &json!("engagement"))
    );
    assert_eq!(item["status"], "expected");

    let now = body(&late(&projected, None, overdue("2025-08-13")).await);
    let [item] = now["items"].as_array().unwrap().as_slice() else { panic!("{now:#}") };
    assert_eq!((&item["state"], &item["slip_days"], &item["days"]), (&json!("late"), &json!(43), &json!(43)));
    assert_eq!((&item["occurred"]["edtf"], &item["status"]), (&json!("2025-08-12"), &json!("held")));

    let june = Filters { from: Some("2025-06".into()), to: Some("2025-06-15".into()), ..Filters::default() };
    let june = |at| foreseen(&projected, at, calendar(june.clone()));
    assert_eq!(column(&june(Some(before)).await, "subject"), [json!(dialogue)]);
    assert_eq!(column(&june(None).await, "subject"), [Value::Null; 0]);
}

/// An engagement, a commitment, a treaty whose text is to be sent, a marking to be reviewed.
fn register() -> Register {
    let mut register = Register::default();
    let data = json!({"title": "Talks", "kind": "dialogue", "participants": ["US"], "window": "2025-06",
        "topics": ["security.counterterrorism"]});
    record(&mut register, "engagement.scheduled", subject(Engagement, "talks"), &data);
    let data =
        json!({"text": "To send experts.", "strength": "agreed", "owners": ["CA"], "due": "2025-07-10"});
    record(&mut register, "commitment.made", subject(Commitment, "experts"), &data);
    let data =
        json!({"title": "Treaty", "kind": "treaty", "parties": ["US", "PK"], "occurred": "2025-06-20"});
    record(&mut register, "instrument.signed", subject(Instrument, "treaty"), &data);
    let data = json!({"review_on": "2026-01-01", "reason": "Review."});
    record(&mut register, "instrument.marking_changed", subject(Instrument, "treaty"), &data);
    let data = json!({"occurred": "2025-06-25"});
    record(&mut register, "instrument.entered_into_force", subject(Instrument, "treaty"), &data);
    register
}

#[tokio::test]
async fn what_is_foreseen_stands_by_when_it_may_begin() {
    let projected = projected(&register()).await;
    let reply = foreseen(&projected, None, calendar(Filters::default())).await;
    assert_eq!(reply.position, Some(5));
    assert_eq!(column(&reply, "due"), ["engagement", "clock", "commitment", "review"]);
    assert_eq!(column(&reply, "earliest"), ["2025-06-01", "2025-07-05", "2025-07-10", "2026-01-01"]);
    let items = &body(&reply)["items"];
    assert_eq!(items[1]["clock"]["authority"], "22 CFR 181.7(a)(1), under 1 U.S.C. 112b (Case-Zablocki Act)");
    let clock = &items[1]["clock"];
    assert_eq!(
        (&clock["after"], &clock["since"], &clock["days"]),
        (&json!("signed"), &json!("2025-06-20"), &json!(15))
    );
    assert_eq!((&items[2]["strength"], &items[2]["owners"]), (&json!("agreed"), &json!(["Canada"])));
    let newest = Calendar { order: Order::Newest, ..calendar(Filters::default()) };
    assert_eq!(
        column(&foreseen(&projected, None, newest).await, "due"),
        ["review", "commitment", "clock", "engagement"]
    );
    // A clock without a number runs on, for those who ask for clocks.
    let clocks = Calendar { due: vec![Due::Clock], ..calendar(Filters::default()) };
    let clocks = foreseen(&projected, None, clocks).await;
    assert_eq!(column(&clocks, "latest"), [Value::Null, json!("2025-07-05")]);
}

#[tokio::test]
async fn every_filter_is_honoured() {
    let projected = projected(&register()).await;
    let text = |text: &str| Some(text.to_owned());
    let none = Filters::default;
    let parties = |parties: &[&str]| parties.iter().map(|party| (*party).to_owned()).collect();
    let cases: Vec<(Filters, &[&str])> = vec![
        (Filters { parties: parties(&["US"]), ..none() }, &["engagement", "clock", "review"]),
        (Filters { parties: parties(&["Canada"]), ..none() }, &["commitment"]),
        (Filters { parties: parties(&["US", "CA"]), ..none() }, &[]),
        (Filters { topic: text("security"), ..none() }, &["engagement"]),
        (Filters { kind: text("treaty"), ..none() }, &["clock", "review"]),
        (Filters { country: text("ca"), ..none() }, &["commitment"]),
        (Filters { status: text("scheduled"), ..none() }, &["engagement"]),
        (Filters { text: text("experts"), ..none() }, &["commitment"]),
        // A window meets every day of it.
        (Filters { from: text("2025-06-12"), to: text("2025-06-12"), ..none() }, &["engagement"]),
        (Filters { from: text("2025-07"), to: text("2025-07"), ..none() }, &["clock", "commitment"]),
        (Filters { from: text("2025-08"), to: text("2025-07"), ..none() }, &[]),
    ];
    for (filters, expected) in cases {
        let said = format!("{filters:?}");
        assert_eq!(column(&foreseen(&projected, None, calendar(filters)).await, "due"), expected, "{said}");
    }
    let due = Calendar { due: vec![Due::Review, Due::Commitment], ..calendar(none()) };
    assert_eq!(column(&foreseen(&projected, None, due).await, "due"), ["commitment", "review"]);
}

#[tokio::test]
async fn a_day_tells_what_is_overdue_and_what_runs_out() {
    let projected = projected(&register()).await;
    let states = async |query: Overdue| {
        let reply = late(&projected, None, query).await;
        let both = column(&reply, "state").into_iter().zip(column(&reply, "days"));
        both.map(|(state, days)| format!("{} {days}", state.as_str().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(states(overdue("2025-07-05")).await, ["overdue 5", "running_out 0", "running_out 5"]);
    assert_eq!(states(overdue("2025-06-30")).await, ["running_out 0", "running_out 5", "running_out 10"]);
    assert_eq!(states(Overdue { within: 4, ..overdue("2025-07-05") }).await, ["overdue 5", "running_out 0"]);
    let only = |state| Overdue { state: vec![state], ..overdue("2025-07-06") };
    assert_eq!(states(only(State::Overdue)).await, ["overdue 6", "overdue 1"]);
    assert_eq!(states(only(State::RunningOut)).await, ["running_out 4"]);
    assert_eq!(states(only(State::Late)).await, [""; 0]);
    let clocks = Overdue { due: vec![Due::Clock], ..overdue("2025-07-06") };
    assert_eq!(states(clocks).await, ["overdue 1"]);
    let newest = Overdue { order: Order::Newest, ..only(State::Overdue) };
    assert_eq!(states(newest).await, ["overdue 1", "overdue 6"]);
    let july = Filters { from: Some("2025-07".into()), ..Filters::default() };
    assert_eq!(states(Overdue { filters: july, ..only(State::Overdue) }).await, ["overdue 1"]);
}

#[tokio::test]
async fn what_ended_leaves_and_is_still_known_as_of_before() {
    let mut register = register();
    record(&mut register, "engagement.cancelled", subject(Engagement, "talks"), &json!({}));
    let done = json!({"occurred": "2025-07-30"});
    record(&mut register, "commitment.fulfilled", subject(Commitment, "experts"), &done);
    let sent =
        json!({"party": "US", "step": "Text sent to the Department of State", "occurred": "2025-07-01"});
    record(&mut register, "instrument.domestic_step_taken", subject(Instrument, "treaty"), &sent);
    let projected = projected(&register).await;
    let all = || calendar(Filters::default());
    assert_eq!(column(&foreseen(&projected, None, all()).await, "due"), ["review"]);
    assert_eq!(column(&foreseen(&projected, Some(7), all()).await, "due"), ["clock", "review"]);
    let before = foreseen(&projected, Some(5), all()).await;
    assert_eq!(column(&before, "due"), ["engagement", "clock", "commitment", "review"]);
    assert_eq!(column(&before, "version"), [1, 3, 1, 3]);
    assert_eq!(column(&foreseen(&projected, Some(2), all()).await, "due"), ["engagement", "commitment"]);
    let reply = late(&projected, None, overdue("2025-08-01")).await;
    assert_eq!(column(&reply, "slip_days"), [20]);
    assert_eq!(column(&reply, "due"), ["commitment"]);
}

#[tokio::test]
async fn a_record_that_is_marked_up_takes_all_that_it_foresees_along() {
    let mut register = register();
    let treaty = subject(Instrument, "treaty");
    let sent = json!({"party": "US", "step": "text_transmitted", "occurred": "2025-07-01"});
    record(&mut register, "instrument.domestic_step_taken", treaty, &sent);
    let outsider = reader("OFFICIAL", &[], "US");
    let ask = async |register: &Register, at| {
        let projected = projected(register).await;
        let query = Agenda::Calendar(calendar(Filters::default()));
        column(&projected.agenda_at(&outsider, at, query).await, "due")
    };
    assert_eq!(ask(&register, Some(5)).await, ["engagement", "clock", "commitment", "review"]);
    let level = json!({"level": "SECRET", "reason": "Sources."});
    record(&mut register, "instrument.marking_changed", treaty, &level);
    // Who may see what is as of today, also of the clock that had ended before.
    assert_eq!(ask(&register, Some(5)).await, ["engagement", "commitment"]);
    assert_eq!(ask(&register, None).await, ["engagement", "commitment"]);
}

#[tokio::test]
async fn a_disposed_record_leaves_no_trace() {
    let mut register = register();
    let talks = subject(Engagement, "talks");
    record(&mut register, "engagement.held", talks, &json!({"occurred": "2025-08-12"}));
    record(&mut register, "engagement.disposed", talks, &json!({"how": "destroyed"}));
    let projected = projected(&register).await;
    let before = foreseen(&projected, Some(5), calendar(Filters::default())).await;
    assert_eq!(column(&before, "due"), ["clock", "commitment", "review"]);
    assert!(
        !column(&late(&projected, None, overdue("2025-09-01")).await, "due").contains(&json!("engagement"))
    );
    let of_talks = crate::key::Key::begin().subject(&talks);
    let left = projected.rows().await.into_iter();
    let left = left.filter(|(key, _)| b"xiIS".contains(&key[0]) && key[1..].starts_with(of_talks.as_ref()));
    let left = left.map(|(_, row)| String::from_utf8_lossy(&row[4..]).into_owned()).collect::<Vec<_>>();
    assert_eq!(left, ["\0status:disposed\0"]);
}

#[tokio::test]
async fn pages_list_everything_once() {
    let mut register = Register::default();
    for day in 1..=28 {
        let data = json!({"kind": "call", "participants": ["CA"], "window": format!("2025-02-{day:02}")});
        record(&mut register, "engagement.expected", subject(Engagement, &day.to_string()), &data);
    }
    let projected = projected(&register).await;
    let mut query = overdue("2025-03-01");
    query.page.limit = 5;
    let mut seen = vec![];
    loop {
        let reply = late(&projected, None, query.clone()).await;
        seen.extend(column(&reply, "latest"));
        let Some(next) = body(&reply)["next"].as_str().map(str::to_owned) else { break };
        // The next page may be asked for on the next day.
        query = Overdue { page: Paging { cursor: Some(next), limit: 5 }, ..query };
    }
    assert_eq!(seen.len(), 28);
    assert!(seen.is_sorted_by(|a, b| a.as_str() < b.as_str()));
    let other = Calendar { page: query.page, ..calendar(Filters::default()) };
    assert_eq!(foreseen(&projected, None, other).await.status, 400);
}

#[tokio::test]
async fn a_restart_goes_on_behind_the_last_event() {
    let mut register = register();
    let projected = projected(&register).await;
    record(
        &mut register,
        "engagement.postponed",
        subject(Engagement, "talks"),
        &json!({"window": "2025-09"}),
    );
    let again = projected.continued(Expectations::new(Counter::default()), &register).await;
    let anew = self::projected(&register).await;
    assert_eq!(again.rows().await, anew.rows().await);
    let reply =
        foreseen(&again, None, calendar(Filters { kind: Some("dialogue".into()), ..Filters::default() }))
            .await;
    assert_eq!(body(&reply)["items"][0]["first_window"], json!({"edtf": "2025-06"}));
}
