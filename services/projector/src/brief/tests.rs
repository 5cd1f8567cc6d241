//! What briefs say.

use std::collections::BTreeSet;

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

const REPORT_A: &str = include_str!("../../../../tests/samples/report-a.json");
const REPORT_B: &str = include_str!("../../../../tests/samples/report-b.json");

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

#[tokio::test]
async fn the_founding_report_makes_a_brief_on_canada() {
    let document = of(&reports(), brief("PK", "CA")).await;
    assert_eq!((document.us.name.as_str(), document.them.name.as_str()), ("Pakistan", "Canada"));
    assert_eq!((document.marking.as_str(), document.position), ("OFFICIAL", 33));
    let [met] = &document.last_met[..] else { panic!("{:#?}", document.last_met) };
    let who = met.who_met.iter().map(|one| (one.name.as_str(), one.title.as_deref().unwrap(), one.side));
    let expected = [
        ("Tarik Ali Khan", "High Commissioner", Side::Them),
        ("Jam Kamal Khan", "Commerce Minister", Side::Us),
    ];
    assert_eq!(who.collect::<Vec<_>>(), expected);
    assert_eq!(
        texts(&document.they_offered),
        [
            "To support Pakistan in mining by building capacity.",
            "To support Pakistan in mining with technical assistance.",
            "To bring businesses of both countries together in mining.",
        ]
    );
    assert_eq!(document.we_owe, []);
    assert_eq!(
        texts(&document.both_agreed),
        [
            "To work on regulatory and procedural bottlenecks, so that imports of canola arrive on time.",
            "To keep up the momentum of the negotiations, so that more Canadian investment comes.",
        ]
    );
    let undertakings = document.they_offered.iter().chain(&document.both_agreed);
    assert!(undertakings.clone().all(|line| line.nothing_since.is_some() && line.late_days.is_none()));
    assert_eq!(
        texts(&document.we_want),
        [
            "To diversify Pakistan's partners and to attract investment in sectors that add value and export.",
            "To develop mining projects of small and medium scale.",
        ]
    );
    let [treaty] = &document.instruments[..] else { panic!("{:#?}", document.instruments) };
    assert_eq!(treaty.line.text, "Pakistan–Canada bilateral investment treaty");
    assert_eq!(treaty.line.status, "under_negotiation");
    assert_eq!(texts(&document.they_will_raise), ["Canadian investments in Pakistan's renewable energy"]);
    assert_eq!(texts(&document.good_news), ["Canadian canola exports to Pakistan"]);
    assert_eq!(document.good_news[0].status, "shipments arrived");
    let [conference] = &document.coming[..] else { panic!("{:#?}", document.coming) };
    assert!(conference.text.contains("(PDAC)") && conference.late_days.is_none());
    assert_eq!(conference.details, ["Toronto", "Pakistan: taking part was discussed."]);
    assert_eq!(texts(&document.also_open), ["Reko Diq copper-gold mine"]);
    every_line_has_a_footnote(&document);
}

fn every_line_has_a_footnote(document: &Document) {
    let sections = [
        &document.they_offered,
        &document.both_agreed,
        &document.they_will_raise,
        &document.we_want,
        &document.good_news,
        &document.coming,
    ];
    let lines = sections
        .into_iter()
        .flatten()
        .chain(document.last_met.iter().map(|met| &met.line))
        .chain(document.instruments.iter().map(|one| &one.line));
    for line in lines {
        assert!(!line.notes.is_empty(), "{} has no footnote", line.text);
        for n in &line.notes {
            let note = &document.notes[usize::try_from(*n).unwrap() - 1];
            assert_eq!((note.n, note.publisher.as_deref()), (*n, Some("Arab News")));
            assert!(note.locator.is_some() && note.grade.is_some(), "{note:?}");
        }
    }
    assert!(document.notes.len() < 12, "one number for each citation: {:#?}", document.notes);
}

#[tokio::test]
async fn what_should_have_come_has_lapsed() {
    let mut register = reports();
    let document = of(&register, brief("PK", "US")).await;
    assert_eq!(texts(&document.lapsed), ["US–Pakistan counterterrorism dialogue"]);
    assert_eq!(document.lapsed[0].late_days, Some(32));
    assert_eq!(document.we_want.len(), 1);
    assert_eq!(document.they_offered.len(), 1);
    let standing = &document.instruments[0].standing;
    assert_eq!(
        standing.iter().map(|party| party.party.as_str()).collect::<Vec<_>>(),
        ["Pakistan", "United States"]
    );
    assert!(document.last_met.iter().any(|met| met.who_met.iter().any(|one| one.name == "Asim Munir")));

    let dialogue = subject(Engagement, "us-pk-counterterrorism-dialogue-2025");
    let position = register.entries.len() as u64;
    register.record("engagement.held", dialogue, "OFFICIAL", &json!({"occurred": "2025-08-12"}));
    let projected = projected(&register).await;
    let now = Brief { since: Some(position), today: date(2025, 8, 20), ..brief("PK", "US") };
    let now = written(&asked(&projected, &insider(), now, None).await);
    assert_eq!(now.lapsed, []);
    let held = now.last_met.iter().find(|met| met.line.subject == dialogue).unwrap();
    assert_eq!((held.line.slip_days, held.line.new), (Some(43), true));
    assert!(now.last_met.iter().filter(|met| met.line.new).count() == 1);
    let then = written(&asked(&projected, &insider(), brief("PK", "US"), Some(position)).await);
    assert_eq!((then.position, then.known_at), (position, Some(position)));
    assert_eq!(Document { known_at: None, ..then }, document);
}

#[tokio::test]
async fn the_late_come_first_and_a_new_day_is_no_other_debt() {
    let mut register = Register::default();
    let mut promise = |key: &str, due: Option<&str>, owners: &[&str]| {
        let mut data = json!({"text": key, "strength": "agreed", "owners": owners, "beneficiaries": ["PK", "CA"],
            "occurred": "2025-01-10"});
        if let Some(due) = due {
            data["due"] = json!(due);
        }
        register.record("commitment.made", subject(Commitment, key), "OFFICIAL", &data);
    };
    promise("later", Some("2025-12"), &["CA"]);
    promise("some time", None, &["CA"]);
    promise("late", Some("2025-07-01"), &["CA"]);
    promise("later still", Some("2025-02"), &["CA"]);
    promise("of a ministry", Some("2025-09-30"), &["PK"]);
    let heard = json!({"description": "A draft was sent.", "occurred": "2025-06-02"});
    register.record("commitment.progressed", subject(Commitment, "late"), "OFFICIAL", &heard);
    let document = of(&register, brief("PK", "CA")).await;
    assert_eq!(texts(&document.they_offered), ["later still", "late", "later", "some time"]);
    let late = document.they_offered.iter().map(|line| line.late_days).collect::<Vec<_>>();
    assert_eq!(late, [Some(154), Some(31), None, None]);
    let [still, heard, ..] = &document.they_offered[..] else { panic!() };
    assert!(still.nothing_since.is_some() && heard.nothing_since.is_none());
    assert_eq!(heard.details, ["Progress, 2 June 2025: A draft was sent."]);
    assert_eq!(texts(&document.we_owe), ["of a ministry"]);
    assert_eq!((texts(&document.coming), texts(&document.lapsed)), (vec![], vec![]), "each once");
}

#[tokio::test]
async fn a_brief_is_as_secret_as_what_it_holds() {
    let mut register = Register::default();
    let about = |title: &str| {
        json!({"title": title, "kind": "issue",
        "parties": [{"party": "CA", "role": "raised_by"}, {"party": "PK"}], "citations": ["source/~cable"]})
    };
    register.record(
        "source.captured",
        subject(Source, "cable"),
        "OFFICIAL//EYES",
        &json!({"title": "Cable", "publisher": "Mission"}),
    );
    let envoy = json!({"names": ["Envoy", "A. Envoy"], "kind": "person"});
    register.record("party.registered", subject(Party, "envoy"), "SECRET", &envoy);
    register.record("matter.opened", subject(Matter, "visas"), "OFFICIAL//REL CA,PK,US", &about("Visas"));
    register.record("matter.opened", subject(Matter, "tariffs"), "SECRET//REL PK,US", &about("Tariffs"));
    let projected = projected(&register).await;
    let all = written(&asked(&projected, &insider(), brief("PK", "CA"), None).await);
    assert_eq!(all.marking, "SECRET//EYES//REL PK,US");
    assert_eq!(all.notes[0].publisher.as_deref(), Some("Mission"));
    let outsider = reader("OFFICIAL", &[], "CA");
    let some = written(&asked(&projected, &outsider, brief("PK", "CA"), None).await);
    assert_eq!(
        (some.marking.as_str(), texts(&some.they_will_raise)),
        ("OFFICIAL//REL CA,PK,US", vec!["Visas"])
    );
    assert!(!serde_json::to_string(&some).unwrap().contains("Mission"));
    let named = written(&asked(&projected, &insider(), brief("PK", "Envoy"), None).await);
    assert_eq!(named.marking, "SECRET", "the name is from a record");
}

#[tokio::test]
async fn what_is_not_agreed_on_is_said() {
    let mut register = Register::default();
    let call = subject(Engagement, "call");
    let held =
        json!({"kind": "call", "title": "Call", "participants": ["PK", "CA"], "occurred": "2025-03-01"});
    let first = register.record("engagement.held", call, "OFFICIAL", &held);
    let again = json!({"occurred": "2025-03-02", "restates": first});
    register.record("engagement.held", call, "OFFICIAL", &again);
    let corrected = json!({"event": first, "reason": "a slip", "changes": [{"pointer": "/title", "new": "Call of ministers"}]});
    register.record("engagement.corrected", call, "OFFICIAL", &corrected);
    let taken_back = subject(Commitment, "visas");
    let promise = json!({"text": "Visas on arrival", "strength": "agreed", "owners": ["CA"], "beneficiaries": ["PK"], "occurred": "2025-03-01"});
    register.record("commitment.made", taken_back, "OFFICIAL", &promise);
    register.record("commitment.withdrawn", taken_back, "OFFICIAL", &json!({"reason": "an election"}));
    let document = of(&register, brief("PK", "CA")).await;
    let [contest, withdrawn, correction] = &document.disputed[..] else { panic!("{:#?}", document.disputed) };
    assert_eq!((contest.what, contest.pointer.as_deref()), (Changed::Contested, Some("/occurred")));
    assert_eq!(
        (contest.stands.as_deref(), contest.because.as_deref()),
        (Some("1 March 2025"), Some("first_report"))
    );
    assert_eq!(document.last_met[0].line.other_accounts, ["2 March 2025"], "said where it is read");
    assert_eq!(contest.instead_of[0].value.as_deref(), Some("2 March 2025"));
    assert_eq!((withdrawn.what, withdrawn.reason.as_deref()), (Changed::Withdrawn, Some("an election")));
    assert_eq!(
        (correction.what, correction.stands.as_deref()),
        (Changed::Corrected, Some("Call of ministers"))
    );
    assert_eq!(document.they_offered, []);
}

#[tokio::test]
async fn any_two_parties_have_a_brief_but_not_one() {
    let mut register = Register::default();
    let envoy = subject(Party, "envoy");
    let names = json!({"names": ["Tarik Ali Khan"], "kind": "person", "country": "CA"});
    register.record("party.registered", envoy, "OFFICIAL", &names);
    let with = |who: &str| {
        json!({"kind": "meeting", "title": format!("Meeting with {who}"), "occurred": "2025-03-01",
        "participants": [{"name": who, "kind": "person", "country": "CA"}, {"name": "Ministry of Commerce", "kind": "organisation", "country": "PK"}]})
    };
    register.record("engagement.held", subject(Engagement, "1"), "OFFICIAL", &with("Tarik Ali Khan"));
    register.record("engagement.held", subject(Engagement, "2"), "OFFICIAL", &with("Somebody Else"));
    let projected = projected(&register).await;
    for (us, them, met) in [
        ("PK", "CA", 2),
        ("pk", "Tarik Ali Khan", 1),
        ("PK", &envoy.to_string(), 1),
        ("Ministry of Commerce", "Canada", 2),
        ("organisation:Ministry of Commerce", "Tarik Ali Khan", 1),
        ("PK", "FR", 0),
        ("PK", "Nobody at all", 0),
    ] {
        let document = written(&asked(&projected, &insider(), brief(us, them), None).await);
        assert_eq!(document.last_met.len(), met, "{us} and {them}");
    }
    let nowhere = subject(Party, "nobody").to_string();
    for (them, kind) in [("pakistan", ProblemKind::InvalidQuery), (&nowhere, ProblemKind::NotFound)] {
        let reply = asked(&projected, &insider(), brief("PK", them), None).await;
        assert_eq!(serde_json::from_slice::<contract::Problem>(&reply.body).unwrap().kind, kind);
    }
}

#[tokio::test]
async fn instruments_say_where_each_party_stands() {
    let mut register = Register::default();
    let treaty = subject(Instrument, "treaty");
    let signed =
        json!({"title": "Treaty", "kind": "treaty", "parties": ["PK", "CA"], "occurred": "2025-02-01"});
    register.record("instrument.signed", treaty, "OFFICIAL", &signed);
    let consent = json!({"party": "CA", "kind": "ratification", "occurred": "2025-05-01"});
    register.record("instrument.consent_expressed", treaty, "OFFICIAL", &consent);
    let document = of(&register, brief("PK", "CA")).await;
    let standing = document.instruments[0].standing.iter().map(|party| {
        let steps = party.steps.iter().map(|step| step.step.as_str()).collect::<Vec<_>>();
        (party.side, steps)
    });
    let expected = [(Side::Us, vec!["signed"]), (Side::Them, vec!["signed", "ratification"])];
    assert_eq!(standing.collect::<Vec<_>>(), expected);
    let [news] = &document.good_news[..] else { panic!("{:#?}", document.good_news) };
    assert_eq!((news.status.as_str(), &news.details[..]), ("signed", &["See Instruments.".to_owned()][..]));
    assert_eq!(words::of_when(news.when.as_ref().unwrap()), "1 February 2025");
    let treaty = &document.instruments[0].line;
    assert_eq!(
        (treaty.status.as_str(), &treaty.when),
        ("consent_expressed", &None),
        "no date of another event"
    );
}

#[tokio::test]
async fn what_does_not_fit_is_counted() {
    let mut register = Register::default();
    for number in 1..=40 {
        let held = json!({"kind": "call", "participants": ["PK", "CA"], "occurred": format!("2025-01-{:02}", 1 + number % 28)});
        register.record("engagement.held", subject(Engagement, &number.to_string()), "OFFICIAL", &held);
    }
    let document = of(&register, brief("PK", "CA")).await;
    assert_eq!((document.last_met.len(), document.more["meetings"]), (4, 10));
}

#[tokio::test]
async fn what_somebody_conveyed_is_theirs_and_what_states_agreed_is_of_both() {
    let projected = projected(&reports()).await;
    let state = written(&asked(&projected, &insider(), brief("PK", "CA"), None).await);
    let envoy = written(&asked(&projected, &insider(), brief("PK", "Tarik Ali Khan"), None).await);
    assert_eq!(texts(&envoy.they_offered), texts(&state.they_offered));
    assert_eq!(texts(&envoy.both_agreed), texts(&state.both_agreed));
    assert_eq!((texts(&envoy.we_owe), &envoy.remarks[..]), (vec![], &[][..]));
}

#[tokio::test]
async fn who_is_unknown_is_said_and_a_hidden_party_is_as_unknown() {
    let mut register = Register::default();
    let envoy = json!({"names": ["Envoy"], "kind": "person"});
    register.record("party.registered", subject(Party, "envoy"), "SECRET", &envoy);
    let met = json!({"kind": "call", "title": "Call", "participants": ["PK", {"name": "Visitor", "kind": "person"}], "occurred": "2025-03-01"});
    register.record("engagement.held", subject(Engagement, "1"), "OFFICIAL", &met);
    let projected = projected(&register).await;
    for (them, sees, remark) in [
        ("Canda", true, Some("no party on record bears the name “Canda”")),
        ("XX", true, Some("no party on record bears the name “XX”")),
        ("CA", true, None),
        ("france", true, None),
        ("Visitor", true, None),
        ("Envoy", true, None),
        ("Envoy", false, Some("no party on record bears the name “Envoy”")),
    ] {
        let principal = if sees { insider() } else { reader("OFFICIAL", &[], "PK") };
        let document = written(&asked(&projected, &principal, brief("PK", them), None).await);
        assert_eq!(document.remarks.first().map(String::as_str), remark, "{them}");
    }
}

#[tokio::test]
async fn what_has_no_date_was_not_met_last() {
    let mut register = Register::default();
    for (key, occurred) in [("1", Some("2025-01-01")), ("2", Some("2025-03-01")), ("3", None)] {
        let mut held = json!({"kind": "call", "title": key, "participants": ["PK", "CA"]});
        held["occurred"] = json!(occurred.map_or(json!({"as_stated": "lately"}), |day| json!(day)));
        register.record("engagement.held", subject(Engagement, key), "OFFICIAL", &held);
    }
    let document = of(&register, brief("PK", "CA")).await;
    let met = document.last_met.iter().map(|met| met.line.text.as_str()).collect::<Vec<_>>();
    assert_eq!(met, ["2", "1", "3"]);
    assert!(document.last_met.iter().all(|met| met.who_met.is_empty()), "no party is its own member");
}

#[tokio::test]
async fn every_footnote_is_referred_to() {
    for them in ["CA", "US"] {
        let document = of(&reports(), brief("PK", them)).await;
        let numbers = document.notes.iter().map(|note| note.n).collect::<Vec<_>>();
        assert_eq!(numbers, (1..=u32::try_from(numbers.len()).unwrap()).collect::<Vec<_>>());
        let json = serde_json::to_value(&document).unwrap();
        let referred = numbers_in(&json);
        assert!(numbers.iter().all(|n| referred.contains(n)), "{numbers:?} of {referred:?}");
    }
}

/// What is referred to anywhere.
fn numbers_in(value: &Value) -> BTreeSet<u32> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("notes").and_then(Value::as_array).into_iter().flatten();
            let own = own.filter_map(Value::as_u64).filter_map(|n| n.try_into().ok());
            own.chain(fields.values().flat_map(numbers_in)).collect()
        }
        Value::Array(items) => items.iter().flat_map(numbers_in).collect(),
        _ => BTreeSet::new(),
    }
}

#[tokio::test]
async fn a_delegation_comes_before_its_members() {
    let mut register = Register::default();
    let member = json!({"name": "Jack Bergman", "kind": "person", "country": "US"});
    let delegation = json!({"name": "Delegation", "kind": "group", "country": "US", "members": [member]});
    let held = json!({"kind": "visit", "title": "Visit", "participants": ["PK", delegation], "occurred": "2025-03-01"});
    register.record("engagement.held", subject(Engagement, "1"), "OFFICIAL", &held);
    let document = of(&register, brief("PK", "US")).await;
    let who = document.last_met[0].who_met.iter().map(|one| one.name.as_str()).collect::<Vec<_>>();
    assert_eq!(who, ["Delegation", "Jack Bergman"]);
}
