//! What the registers of each kind of record show and are narrowed by.

use contract::{Filters, List, Query};
use domain::Aggregate::{Commitment, Engagement, Instrument, Matter, Party, Source};
use serde_json::{Value, json};

use super::projected;
use crate::testing::{Projected, Register, column, insider, json as body, list, reader, subject};

async fn first(projected: &Projected, reader: &contract::Principal, list: List) -> Value {
    body(&projected.query(reader, Query::List(list)).await)["items"][0].clone()
}

#[tokio::test]
async fn commitments_are_found_by_whose_they_are_for_whom_and_how_firm() {
    let mut register = Register::default();
    let council = subject(Party, "council");
    let data = json!({"names": ["Canola Council", "Conseil du canola"], "kind": "organisation"});
    register.record("party.registered", council, "OFFICIAL", &data);
    for (title, strength, owners, beneficiaries) in [
        ("reports", "agreed", json!(["CA"]), json!(["PK"])),
        ("visits", "expressed_desire", json!(["PK"]), json!(["CA"])),
        ("buys", "agreed", json!([{"name": "Canola Council", "kind": "organisation"}]), json!(["CA", "PK"])),
        (
            "shows",
            "signed",
            json!([{"name": "The Council", "kind": "organisation", "id": council}]),
            json!([]),
        ),
    ] {
        let data =
            json!({"text": title, "strength": strength, "owners": owners, "beneficiaries": beneficiaries});
        register.record("commitment.made", subject(Commitment, title), "OFFICIAL", &data);
    }
    let projected = projected(&register).await;
    let some = |text: &str| Some(text.to_owned());
    let all = || list(Commitment);
    let party = |text: &str| Filters { parties: vec![text.to_owned()], ..Filters::default() };
    let cases = [
        (List { owner: some("ca"), ..all() }, vec!["reports"]),
        (List { owner: some("Canada"), ..all() }, vec!["reports"]),
        (List { beneficiary: some("CA"), ..all() }, vec!["buys", "visits"]),
        (List { owner: some("Conseil du canola"), ..all() }, vec!["shows", "buys"]),
        (List { owner: some(&council.to_string()), beneficiary: some("PK"), ..all() }, vec!["buys"]),
        (List { owner: some("nobody"), ..all() }, vec![]),
        (List { strength: some("agreed"), filters: party("PK"), ..all() }, vec!["buys", "reports"]),
        (List { strength: some("agreed"), owner: some("PK"), ..all() }, vec![]),
        (
            List {
                filters: Filters { status: some("position"), ..Filters::default() },
                strength: some("expressed_desire"),
                ..all()
            },
            vec!["visits"],
        ),
    ];
    for (list, expected) in cases {
        let said = format!("{list:?}");
        let reply = projected.query(&insider(), Query::List(list)).await;
        assert_eq!(column(&reply, "title"), expected, "{said}");
    }
    let item = first(&projected, &insider(), List { owner: some("CA"), ..all() }).await;
    assert_eq!((&item["owners"], &item["beneficiaries"]), (&json!(["Canada"]), &json!(["Pakistan"])));
}

#[tokio::test]
async fn an_instrument_shows_where_each_party_stands() {
    let mut register = Register::default();
    let (treaty, party) = (subject(Instrument, "treaty"), subject(Party, "secret"));
    register.record(
        "party.registered",
        party,
        "SECRET",
        &json!({"names": ["The Bank"], "kind": "organisation"}),
    );
    let bank = json!({"name": "The Bank", "kind": "organisation", "id": party});
    let data = json!({"title": "Treaty", "kind": "treaty", "binding": "yes", "parties": ["CA", bank]});
    register.record("instrument.negotiation_opened", treaty, "OFFICIAL", &data);
    let data = json!({"occurred": "2025-04-13"});
    register.record("instrument.signed", treaty, "OFFICIAL", &data);
    let projected = projected(&register).await;
    let item = first(&projected, &insider(), list(Instrument)).await;
    let record = body(&projected.query(&insider(), Query::Record { subject: treaty }).await);
    assert_eq!(item["binding"], "yes");
    assert_eq!(item["standing"], record["standing"]);
    assert_eq!(item["standing"][0]["signed"]["occurred"]["edtf"], "2025-04-13");
    assert_eq!(item["standing"][1]["party"]["id"], json!(party));
    let seen = first(&projected, &reader("OFFICIAL", &[], "US"), list(Instrument)).await;
    assert_eq!(seen["standing"][1]["party"], json!({"name": "The Bank", "kind": "organisation"}));
}

#[tokio::test]
async fn a_party_shows_its_names_over_time_and_its_posts() {
    let mut register = Register::default();
    let minister = subject(Party, "minister");
    let data = json!({"names": ["Tariq Khan"], "kind": "person"});
    register.record("party.registered", minister, "OFFICIAL", &data);
    let data = json!({"name": "Tarik Ali Khan", "occurred": "2025-02"});
    register.record("party.named", minister, "OFFICIAL", &data);
    let data = json!({"post": "Minister", "organisation": "Ministry of Trade", "occurred": "2025-03-01"});
    register.record("party.appointed", minister, "OFFICIAL", &data);
    let projected = projected(&register).await;
    let item = first(&projected, &insider(), list(Party)).await;
    let names = item["names_over_time"].as_array().unwrap();
    assert_eq!(names.iter().map(|name| &name["name"]).collect::<Vec<_>>(), ["Tariq Khan", "Tarik Ali Khan"]);
    assert_eq!(names[1]["since"]["edtf"], "2025-02");
    assert_eq!(item["posts"][0]["post"], "Minister");
    assert_eq!(item["posts"][0]["since"]["edtf"], "2025-03-01");
    assert!(names.iter().chain([&item["posts"][0]]).all(|row| row["event"].is_null()));
}

#[tokio::test]
async fn a_source_says_how_many_rely_on_it() {
    let mut register = Register::default();
    let (paper, call, doubt) =
        (subject(Source, "paper"), subject(Engagement, "call"), subject(Matter, "doubt"));
    register.record("source.captured", paper, "OFFICIAL", &json!({"title": "Paper"}));
    let data = json!({"title": "Call", "kind": "call", "citations": [{"source": paper}]});
    let held = register.record("engagement.held", call, "OFFICIAL", &data);
    register.record("engagement.held", call, "OFFICIAL", &data);
    register.record("matter.opened", doubt, "OFFICIAL", &json!({"title": "Doubt", "citations": [paper]}));
    let outsider = reader("OFFICIAL", &[], "US");
    let relied_on = |register: Register, reader: contract::Principal| async move {
        first(&projected(&register).await, &reader, list(Source)).await["relied_on"].clone()
    };
    assert_eq!(relied_on(register.clone(), insider()).await, 2);
    register.record("matter.marking_changed", doubt, "OFFICIAL", &json!({"level": "SECRET"}));
    assert_eq!(relied_on(register.clone(), insider()).await, 2);
    assert_eq!(relied_on(register.clone(), outsider.clone()).await, 1);
    register.record("engagement.retracted", call, "OFFICIAL", &json!({"event": held, "reason": "no"}));
    assert_eq!(relied_on(register.clone(), outsider.clone()).await, 1, "the other account cites it too");
    register.record("engagement.disposed", call, "OFFICIAL", &json!({"how": "destroyed"}));
    assert_eq!(relied_on(register.clone(), outsider).await, 0);
    assert_eq!(relied_on(register, insider()).await, 1);
}

#[tokio::test]
async fn a_source_is_dated_by_its_publication_else_by_its_update() {
    let mut register = Register::default();
    for (title, dates) in [
        ("undated", json!({})),
        ("kept up", json!({"updated": "2025-04-13"})),
        ("published", json!({"published": "2025-09-02", "updated": "2025-11-01"})),
    ] {
        let mut data = json!({"title": title});
        data.as_object_mut().unwrap().extend(dates.as_object().unwrap().clone());
        register.record("source.captured", subject(Source, title), "OFFICIAL", &data);
    }
    let projected = projected(&register).await;
    let ask = |filters| Query::List(List { filters, ..list(Source) });
    let answer = body(&projected.query(&insider(), ask(Filters::default())).await);
    let items = answer["items"].as_array().unwrap().iter();
    let dates = items.map(|item| (item["title"].as_str().unwrap(), item["when"]["edtf"].as_str()));
    let expected = [("published", Some("2025-09-02")), ("kept up", Some("2025-04-13")), ("undated", None)];
    assert_eq!(dates.collect::<Vec<_>>(), expected);
    let since = Filters { from: Some("2025-05".to_owned()), ..Filters::default() };
    assert_eq!(column(&projected.query(&insider(), ask(since)).await, "title"), ["published"]);
}
