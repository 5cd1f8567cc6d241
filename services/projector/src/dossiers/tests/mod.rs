//! What the dossiers answer.

use contract::{Filters, List, Order, Paging, ProblemKind, Query};
use domain::Aggregate::{Commitment, Engagement, Matter, Party, Source};
use domain::Subject;
use prometheus_client::metrics::counter::Counter;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Dossiers;
use crate::testing::{AGENCY, Projected, Register, column, insider, json as body, list, reader, subject};

mod follow;
mod known;
mod registers;

async fn projected(register: &Register) -> Projected {
    Projected::new(Dossiers::new(Counter::default()), register).await
}

/// A visit, a meeting that is part of it, a secret matter about the meeting.
fn register() -> Register {
    let mut register = Register::default();
    let (visit, meeting) = (subject(Engagement, "visit"), subject(Engagement, "meeting"));
    let data = json!({"title": "Visit of the delegation", "kind": "visit", "participants": ["US"], "window": "2025-04"});
    register.record("engagement.expected", visit, "OFFICIAL", &data);
    let data = json!({"title": "Meeting on trade", "kind": "meeting", "participants": ["US", "Tarik Ali Khan"],
        "topics": ["trade.agriculture"], "occurred": "2025-04-13", "links": [{"rel": "part_of", "to": visit}]});
    register.record("engagement.held", meeting, "OFFICIAL", &data);
    let data = json!({"title": "Doubts", "kind": "issue", "parties": ["CA"],
        "links": [{"rel": "about", "to": meeting}]});
    register.record("matter.opened", subject(Matter, "doubts"), "SECRET", &data);
    register.record("engagement.held", visit, "OFFICIAL", &json!({"occurred": "2025-04-12/2025-04-14"}));
    register
}

#[tokio::test]
async fn a_record_is_answered_with_what_links_to_it() {
    let projected = projected(&register()).await;
    let visit = subject(Engagement, "visit");
    let reply = projected.query(&insider(), Query::Record { subject: visit }).await;
    assert_eq!((reply.status, reply.position, reply.record_version), (200, Some(4), Some(2)));
    let record = body(&reply);
    assert_eq!(record["subject"], visit.to_string());
    assert_eq!(record["status"], "held");
    assert_eq!(record["linked"][0]["rel"], "part_of");
    assert_eq!(record["linked"][0]["title"], "Meeting on trade");
    let none = projected.query(&insider(), Query::Record { subject: subject(Matter, "none") }).await;
    assert_eq!(none.status, 404);
}

#[tokio::test]
async fn a_history_is_paged_and_says_what_became_of_each_event() {
    let mut register = register();
    let visit = subject(Engagement, "visit");
    let first = contract::Recorded::parse(&register.entries[0].payload).unwrap().uid();
    let corrects = json!({"event": first, "reason": "a slip",
        "changes": [{"pointer": "/title", "new": "Visit of a delegation"}]});
    let correction = register.record("engagement.corrected", visit, "OFFICIAL", &corrects);
    let projected = projected(&register).await;
    let history = |after, limit| Query::History { subject: visit, after, limit };
    let page = projected.query(&insider(), history(0, 2)).await;
    assert_eq!(column(&page, "version"), [1, 2]);
    assert_eq!(column(&page, "position"), [1, 4]);
    let items = &body(&page)["items"];
    assert_eq!(items[0]["uid"], first.to_string());
    assert_eq!(items[0]["corrected_by"], json!([correction]));
    assert_eq!(items[0]["event"]["sequence"], "00000000000000000001");
    assert_eq!(items[0]["event"]["data"]["title"], "Visit of the delegation");
    assert_eq!(body(&page)["next"], "2");
    let rest = projected.query(&insider(), history(2, 2)).await;
    assert_eq!(column(&rest, "version"), [3]);
    assert_eq!(body(&rest)["next"], Value::Null);
    let event = projected.query(&insider(), Query::Event { uid: correction }).await;
    assert_eq!(body(&event)["event"]["type"], "chancery.engagement.corrected.v1");
}

#[tokio::test]
async fn the_hidden_is_not_there() {
    let projected = projected(&register()).await;
    let outsider = reader("OFFICIAL", &[], "US");
    let log = projected.query(&outsider, Query::Log { after: 0, limit: 10 }).await;
    assert_eq!(column(&log, "position"), [1, 2, 4]);
    let matters = projected.query(&outsider, Query::List(list(Matter))).await;
    assert_eq!(body(&matters)["items"], json!([]));
    let doubts = subject(Matter, "doubts");
    assert_eq!(projected.query(&outsider, Query::Record { subject: doubts }).await.status, 404);
    let meeting = projected.query(&outsider, Query::Record { subject: subject(Engagement, "meeting") }).await;
    assert_eq!(body(&meeting)["linked"], Value::Null);
    let seen = projected.query(&insider(), Query::Record { subject: subject(Engagement, "meeting") }).await;
    assert_eq!(body(&seen)["linked"][0]["title"], "Doubts");
}

#[tokio::test]
async fn every_filter_of_a_list_is_honoured() {
    let projected = projected(&register()).await;
    let both = ["Meeting on trade", "Visit of the delegation"];
    let all = || list(Engagement);
    let cases: Vec<(List, &[&str])> = vec![
        (all(), &both),
        (List { order: Order::Oldest, ..all() }, &["Visit of the delegation", "Meeting on trade"]),
        (List { filters: Filters { parties: vec!["us".into()], ..Filters::default() }, ..all() }, &both),
        (
            List {
                filters: Filters {
                    parties: vec!["US".into(), "Tarik Ali Khan".into()],
                    ..Filters::default()
                },
                ..all()
            },
            &both[..1],
        ),
        (List { filters: Filters { parties: vec!["CA".into()], ..Filters::default() }, ..all() }, &[]),
        (List { filters: Filters { country: Some("US".into()), ..Filters::default() }, ..all() }, &both),
        (
            List { filters: Filters { topic: Some("trade".into()), ..Filters::default() }, ..all() },
            &both[..1],
        ),
        (List { filters: Filters { topic: Some("trad".into()), ..Filters::default() }, ..all() }, &[]),
        (List { filters: Filters { kind: Some("visit".into()), ..Filters::default() }, ..all() }, &both[1..]),
        (List { filters: Filters { status: Some("held".into()), ..Filters::default() }, ..all() }, &both),
        (List { filters: Filters { status: Some("expected".into()), ..Filters::default() }, ..all() }, &[]),
        (
            List { filters: Filters { from: Some("2025-04-14".into()), ..Filters::default() }, ..all() },
            &both[1..],
        ),
        (
            List { filters: Filters { to: Some("2025-04-12".into()), ..Filters::default() }, ..all() },
            &both[1..],
        ),
    ];
    for (list, expected) in cases {
        let said = format!("{list:?}");
        let reply = projected.query(&insider(), Query::List(list)).await;
        assert_eq!(column(&reply, "title"), expected, "{said}");
    }
    let text = Filters { text: Some("delegation".into()), ..Filters::default() };
    for bad in [Filters { from: Some("soon".into()), ..Filters::default() }, text] {
        let bad = Query::List(List { filters: bad, ..all() });
        assert_eq!(projected.query(&insider(), bad).await.status, 400);
    }
}

#[tokio::test]
async fn pages_of_a_list_walk_everything_once_the_undated_last() {
    let mut register = Register::default();
    for i in 0..17 {
        let when = if i % 3 == 0 {
            json!({})
        } else {
            json!({"occurred": format!("2025-04-{:02}", 1 + i * 7 % 17)})
        };
        let mut data = json!({"kind": "meeting", "participants": ["US"], "title": format!("{i}")});
        data.as_object_mut().unwrap().extend(when.as_object().unwrap().clone());
        let marking = ["OFFICIAL", "OFFICIAL-SENSITIVE", "OFFICIAL//REL US"][i % 3];
        register.record("engagement.held", subject(Engagement, &i.to_string()), marking, &data);
    }
    let projected = projected(&register).await;
    for order in [Order::Newest, Order::Oldest] {
        let whole = List {
            order,
            filters: Filters { parties: vec!["US".into()], ..Filters::default() },
            ..list(Engagement)
        };
        let expected = column(&projected.query(&insider(), Query::List(whole.clone())).await, "title");
        assert_eq!(expected.len(), 17);
        let (mut walked, mut cursor) = (vec![], None);
        loop {
            let page = List { page: Paging { limit: 3, cursor }, ..whole.clone() };
            let reply = projected.query(&insider(), Query::List(page)).await;
            walked.extend(column(&reply, "title"));
            cursor = body(&reply)["next"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(walked, expected, "{order:?}");
    }
    let foreign = List { page: Paging { limit: 3, cursor: Some("bm9uZQ".into()) }, ..list(Engagement) };
    let refused = body(&projected.query(&insider(), Query::List(foreign)).await);
    assert_eq!(refused["type"], ProblemKind::InvalidQuery.uri());
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_counted_and_stops_nothing() {
    let mut register = register();
    let visit = subject(Engagement, "visit");
    register.record_garbage(visit);
    register.record("engagement.statement_issued", visit, "OFFICIAL", &json!({"issuers": ["ISPR"]}));
    let raw = Counter::default();
    let projected = Projected::new(Dossiers::new(raw.clone()), &register).await;
    assert_eq!(raw.get(), 1);
    let history = Query::History { subject: visit, after: 0, limit: 10 };
    let page = projected.query(&insider(), history).await;
    assert_eq!(column(&page, "version"), [1, 2, 3, 4]);
    assert_eq!(body(&page)["items"][2]["event"]["data_base64"], "bm8gZXZlbnQ=");
}

#[tokio::test]
async fn what_says_no_version_has_the_next() {
    let mut register = register();
    let (visit, begun) = (subject(Engagement, "visit"), subject(Engagement, "begun"));
    register.record_stray(visit);
    register.record_stray(visit);
    register.record_stray(begun);
    let raw = Counter::default();
    let projected = Projected::new(Dossiers::new(raw.clone()), &register).await;
    assert_eq!(projected.query(&insider(), Query::Record { subject: begun }).await.status, 404);
    register.record("engagement.statement_issued", visit, "OFFICIAL", &json!({"issuers": ["ISPR"]}));
    register.record("engagement.held", begun, "OFFICIAL", &json!({"occurred": "2025-04-12"}));
    register.record_stray(begun);
    let projected = projected.continued(Dossiers::new(raw.clone()), &register).await;
    assert_eq!(raw.get(), 4);
    for (subject, versions) in [(visit, vec![1, 2, 3, 4, 5]), (begun, vec![1, 2, 3])] {
        let page = projected.query(&insider(), Query::History { subject, after: 0, limit: 10 }).await;
        assert_eq!(column(&page, "version"), versions);
    }
    let record = projected.query(&insider(), Query::Record { subject: visit }).await;
    assert_eq!((body(&record)["status"].clone(), record.record_version), (json!("held"), Some(5)));
    assert_eq!(projected.query(&insider(), Query::Record { subject: begun }).await.status, 200);
}

#[tokio::test]
async fn a_large_record_is_folded_on_reading() {
    let mut register = Register::default();
    let long = subject(Commitment, "long");
    let data = json!({"text": "To report", "strength": "agreed", "owners": ["PK"]});
    register.record("commitment.made", long, "OFFICIAL", &data);
    for i in 0..30 {
        let note = format!("{i}: {}", "word ".repeat(600));
        register.record(
            "commitment.progressed",
            long,
            "OFFICIAL",
            &json!({"description": note, "notes": [note]}),
        );
    }
    let projected = projected(&register).await;
    let reply = projected.query(&insider(), Query::Record { subject: long }).await;
    assert!(reply.body.len() > 60_000, "{}", reply.body.len());
    assert_eq!(body(&reply)["version"], 31);
}

#[tokio::test]
async fn continuing_at_any_event_gives_the_rows_of_going_through() {
    let mut register = register();
    let visit = subject(Engagement, "visit");
    let first = contract::Recorded::parse(&register.entries[0].payload).unwrap().uid();
    register.record("engagement.retracted", visit, "OFFICIAL", &json!({"event": first, "reason": "no"}));
    register.record("engagement.marking_changed", visit, "OFFICIAL", &json!({"level": "SECRET"}));
    let whole = projected(&register).await.rows().await;
    let mut part = Register::default();
    let mut stepwise = projected(&part).await;
    for entry in register.entries.clone() {
        part.entries.push(entry);
        stepwise = stepwise.continued(Dossiers::new(Counter::default()), &part).await;
    }
    assert_eq!(stepwise.rows().await, whole);
}

/// Everything that can be asked of a register with this record and these events.
async fn all_told(projected: &Projected, reader: &contract::Principal, of: Subject, uids: &[Uuid]) -> String {
    let mut queries = uids.iter().map(|uid| Query::Event { uid: *uid }).collect::<Vec<_>>();
    queries.push(Query::Record { subject: of });
    queries.push(Query::History { subject: of, after: 0, limit: 100 });
    queries.push(Query::Log { after: 0, limit: 100 });
    queries.push(Query::List(list(of.aggregate)));
    let mut told = String::new();
    for query in queries {
        let said = format!("{query:?}");
        let reply = projected.query(reader, query).await;
        assert_eq!(reply.status, 200, "{said}");
        told += &body(&reply).to_string();
    }
    told
}

#[tokio::test]
async fn a_residue_is_all_that_is_told_of_a_disposed_record() {
    let mut register = Register::default();
    let call = subject(Engagement, "call");
    let data = json!({"title": "Call on canola", "kind": "call", "participants": ["CA"], "occurred": "2025-04-13",
        "topics": ["trade.agriculture"], "notes": ["canola"], "citations": [{"source": "https://canola.example/"}]});
    let held = register.record("engagement.held", call, "OFFICIAL", &data);
    let data = json!({"issuers": ["Canola Council"]});
    let issued = register.record("engagement.statement_issued", call, "OFFICIAL", &data);
    register.record_garbage(call);
    let data = json!({"how": "destroyed", "authority": "schedule 7", "reason": "time is up", "notes": ["of canola"]});
    let disposed = register.record("engagement.disposed", call, "OFFICIAL", &data);
    let projected = projected(&register).await;

    let told = all_told(&projected, &insider(), call, &[held, issued, disposed]).await;
    for gone in ["anola", "2025-04-13", "trade", "CA", "data_base64", "datasalt", "proposalhash"] {
        assert!(!told.contains(gone), "{gone}: {told}");
    }
    let history = projected.query(&insider(), Query::History { subject: call, after: 0, limit: 100 }).await;
    assert_eq!(column(&history, "version"), [1, 2, 3, 4]);
    let items = &body(&history)["items"];
    let event = &items[0]["event"];
    assert_eq!(items[0]["uid"], held.to_string());
    assert_eq!(event["type"], "chancery.engagement.held.v1");
    assert_eq!((&event["actor"], &event["agency"]), (&json!("officer"), &json!(AGENCY)));
    assert_eq!((&event["subject"], &event["sequence"]), (&json!(call), &json!("00000000000000000001")));
    assert!(event["recordedtime"].is_string() && event["data"].is_null(), "{event}");
    let left = json!({"how": "destroyed", "authority": "schedule 7", "reason": "time is up"});
    assert_eq!(items[3]["event"]["data"], left);
}

#[tokio::test]
async fn no_address_of_a_hidden_record_is_told() {
    let mut register = Register::default();
    let (open, secret) = (subject(Source, "open"), subject(Source, "secret"));
    register.record("source.captured", open, "OFFICIAL", &json!({"title": "Open"}));
    register.record("source.captured", secret, "SECRET", &json!({"title": "Secret"}));
    let (minister, hidden) = (subject(Party, "minister"), subject(Matter, "hidden"));
    register.record("party.registered", minister, "SECRET", &json!({"names": ["Minister"]}));
    register.record("matter.opened", hidden, "SECRET", &json!({"title": "Hidden"}));
    let matter = subject(Matter, "m");
    let data = json!({"title": "M", "by": [{"name": "Minister", "kind": "person", "id": minister}],
        "links": [{"rel": "about", "to": hidden}],
        "citations": [{"source": secret, "quote": "as they said"}, {"source": open}, {"source": secret}]});
    let opened = register.record("matter.opened", matter, "OFFICIAL", &data);
    let changes = json!([{"pointer": "/citations/1/source", "old": open, "new": secret}]);
    let data = json!({"event": opened, "changes": changes, "reason": "a slip"});
    let corrected = register.record("matter.corrected", matter, "OFFICIAL", &data);
    let merged = register.record("matter.merged_into", matter, "OFFICIAL", &json!({"record": hidden}));
    let projected = projected(&register).await;

    let uids = [opened, corrected, merged];
    let outsider = reader("OFFICIAL", &[], "US");
    let told = all_told(&projected, &outsider, matter, &uids).await;
    let insiders = all_told(&projected, &insider(), matter, &uids).await;
    for subject in [secret, minister, hidden] {
        assert!(!told.contains(&subject.to_string()), "{subject}: {told}");
        assert!(insiders.contains(&subject.to_string()));
    }
    let record = body(&projected.query(&outsider, Query::Record { subject: matter }).await);
    assert_eq!(record["citations"], json!([{"quote": "as they said", "event": opened}]));
    assert_eq!((&record["links"], &record["merged_into"]), (&Value::Null, &Value::Null));
    let event = body(&projected.query(&outsider, Query::Event { uid: opened }).await);
    let citations = json!([{"quote": "as they said"}, {"source": open}]);
    assert_eq!(event["event"]["data"]["citations"], citations);
    assert_eq!(event["event"]["data"]["by"], json!([{"name": "Minister", "kind": "person"}]));
    let event = body(&projected.query(&outsider, Query::Event { uid: merged }).await);
    assert_eq!(event["event"]["data"], json!({}));
}

#[tokio::test]
async fn a_summary_names_the_parties_as_stated_and_tells_what_was_promised() {
    let mut register = register();
    let promise = subject(Commitment, "promise");
    let data = json!({"text": "To report", "strength": "agreed", "owners": ["CA", "Tarik Ali Khan"],
        "beneficiaries": [{"name": "U.S. Congressional Delegation", "kind": "group"}], "due": "2025-12"});
    register.record("commitment.made", promise, "OFFICIAL", &data);
    let projected = projected(&register).await;
    let promises = projected.query(&insider(), Query::List(list(Commitment))).await;
    let item = &body(&promises)["items"][0];
    let keys = json!(["CA", "group:us congressional delegation", "person:tarik ali khan"]);
    assert_eq!(item["parties"], keys);
    assert_eq!(item["names"], json!(["Canada", "U.S. Congressional Delegation", "Tarik Ali Khan"]));
    assert_eq!(item["strength"], "agreed");
    assert_eq!(item["due"]["edtf"], "2025-12");
    assert_eq!(item["owners"], json!(["Canada", "Tarik Ali Khan"]));
    let meetings = projected.query(&insider(), Query::List(list(Engagement))).await;
    let meeting = &body(&meetings)["items"][0];
    assert!(["strength", "due", "owners"].iter().all(|name| meeting[name].is_null()), "{meeting}");
}

#[tokio::test]
async fn a_record_that_others_were_merged_into_says_which() {
    let mut register = register();
    let (visit, twin) = (subject(Engagement, "visit"), subject(Engagement, "twin"));
    let data = json!({"title": "The same visit", "kind": "visit", "participants": ["US"]});
    register.record("engagement.held", twin, "OFFICIAL", &data);
    let merged = register.record("engagement.merged_into", twin, "OFFICIAL", &json!({"record": visit}));
    let rels = |register: Register, reader| async move {
        let of = Query::Record { subject: visit };
        let record = body(&projected(&register).await.query(&reader, of).await);
        record["linked"].as_array().unwrap().iter().map(|linked| linked["rel"].clone()).collect::<Vec<_>>()
    };
    let outsider = || reader("OFFICIAL", &[], "US");
    let mut after = rels(register.clone(), outsider()).await;
    after.sort_by_key(Value::to_string);
    assert_eq!(after, ["merged_into", "part_of"]);
    let mut undone = register.clone();
    undone.record("engagement.retracted", twin, "OFFICIAL", &json!({"event": merged, "reason": "another"}));
    assert_eq!(rels(undone, outsider()).await, ["part_of"]);
    register.record("engagement.marking_changed", twin, "OFFICIAL", &json!({"level": "SECRET"}));
    assert_eq!(rels(register.clone(), outsider()).await, ["part_of"]);
    assert_eq!(rels(register, insider()).await.len(), 2);
}

#[tokio::test]
async fn a_record_of_ever_more_parties_has_a_row_that_fits() {
    let mut register = register();
    let visit = subject(Engagement, "visit");
    for i in 0..10 {
        let issuer =
            |j: usize| json!({"name": format!("\"{i} {j}\" {}", "of letters ".repeat(20)), "kind": "group"});
        let data = json!({"issuers": (0..100).map(issuer).collect::<Vec<_>>(), "form": i.to_string()});
        register.record("engagement.statement_issued", visit, "OFFICIAL", &data);
    }
    let projected = projected(&register).await;
    let page = projected
        .query(
            &insider(),
            Query::List(List {
                filters: Filters { kind: Some("visit".into()), ..Filters::default() },
                ..list(Engagement)
            }),
        )
        .await;
    let item = &body(&page)["items"][0];
    assert_eq!(item["version"], 12);
    assert_eq!((&item["parties"][0], &item["names"][0]), (&json!("PK"), &json!("Pakistan")));
    assert!(page.body.len() < 64 << 10, "{}", page.body.len());
}

#[tokio::test]
async fn an_id_used_for_two_records_addresses_the_first() {
    let mut register = Register::default();
    let (first, second) = (subject(Source, "first"), subject(Source, "second"));
    let uid = register.record("source.captured", first, "OFFICIAL", &json!({"title": "First"}));
    let mut again: Value = serde_json::from_slice(&register.entries[0].payload).unwrap();
    again["subject"] = json!(second);
    let kind = again["type"].as_str().unwrap().to_owned();
    register.push(second, &kind, serde_json::to_vec(&again).unwrap());
    let projected = projected(&register).await;
    let event = body(&projected.query(&insider(), Query::Event { uid }).await);
    assert_eq!(event["event"]["subject"], json!(first));
    assert_eq!(body(&projected.query(&insider(), Query::Record { subject: second }).await)["version"], 1);
}
