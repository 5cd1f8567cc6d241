//! What narrows a search or a list, and what cannot be asked.

use contract::{Ask, Filters, Find, List, Order, ProblemKind, Search, Sort};
use domain::Aggregate::{Commitment, Engagement, Source};
use serde_json::json;

use super::{register, titles, words};
use crate::search::testing::Searched;
use crate::testing::{Register, insider, json as body, list, subject};

#[tokio::test]
async fn searches_and_lists_are_narrowed_as_elsewhere() {
    let searched = Searched::new(&register()).await;
    let some = |text: &str| Some(text.to_owned());
    let narrowed =
        |filters: Filters| Search { filters: Filters { text: some("canola"), ..filters }, ..words("") };
    for (filters, count) in [
        (Filters { parties: vec!["CA".into(), "US".into()], ..Filters::default() }, 1),
        (Filters { country: some("pk"), ..Filters::default() }, 2),
        (Filters { topic: some("trade"), ..Filters::default() }, 1),
        (Filters { kind: some("meeting"), ..Filters::default() }, 1),
        (Filters { status: some("held"), ..Filters::default() }, 2),
        (Filters { from: some("2025-04-14"), ..Filters::default() }, 1),
        (Filters { to: some("2025-04"), ..Filters::default() }, 1),
        (Filters { parties: vec!["Nobody".into()], ..Filters::default() }, 0),
    ] {
        let said = format!("{filters:?}");
        let reply = searched.find(&insider(), Find::Search(narrowed(filters))).await;
        assert_eq!(titles(&reply).len(), count, "{said}");
    }
    let query = List {
        filters: Filters { text: some("canola"), ..Filters::default() },
        order: Order::Oldest,
        ..list(Engagement)
    };
    let reply = searched.find(&insider(), Find::List(query.clone())).await;
    assert_eq!(titles(&reply), ["Canola dialogue", "Secret canola talks"]);
    assert!(body(&reply)["items"][0]["highlights"].is_null());
    let recorded = List { sort: Sort::Recorded, order: Order::Newest, ..query };
    let reply = searched.find(&insider(), Find::List(recorded)).await;
    assert_eq!(titles(&reply), ["Secret canola talks", "Canola dialogue"]);
}

#[tokio::test]
async fn what_a_commitment_is_of_narrows_a_list() {
    let mut register = Register::default();
    let data = json!({"text": "To open the market for canola", "strength": "agreed", "owners": ["CA"],
        "beneficiaries": [{"name": "Canola Council", "kind": "organisation"}]});
    register.record("commitment.made", subject(Commitment, "market"), "OFFICIAL", &data);
    let searched = Searched::new(&register).await;
    let of = |owner: Option<&str>, beneficiary: Option<&str>, strength: Option<&str>| List {
        filters: Filters { text: Some("market".into()), ..Filters::default() },
        owner: owner.map(str::to_owned),
        beneficiary: beneficiary.map(str::to_owned),
        strength: strength.map(str::to_owned),
        ..list(Commitment)
    };
    for (query, count) in [
        (of(Some("Canada"), Some("canola council"), Some("agreed")), 1),
        (of(Some("canola council"), None, None), 0),
        (of(None, Some("CA"), None), 0),
        (of(None, None, Some("signed")), 0),
    ] {
        let reply = searched.find(&insider(), Find::List(query)).await;
        assert_eq!(titles(&reply).len(), count);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    let searched = Searched::new(&register()).await;
    let ask = Ask {
        principal: insider(),
        min_position: 0,
        known_at: Some(1),
        query: Find::Search(words("canola")),
    };
    let refused = body(&searched.ask(ask).await);
    assert_eq!(refused["type"], ProblemKind::InvalidQuery.uri());
    assert!(refused["detail"].as_str().unwrap().starts_with("known_at"));
    for text in ["", " - \"\" *", "…"] {
        let refused = body(&searched.find(&insider(), Find::Search(words(text))).await);
        assert_eq!(refused["type"], ProblemKind::InvalidQuery.uri());
    }
    let all = searched.find(&insider(), Find::List(list(Source))).await;
    assert_eq!(body(&all)["items"], json!([]));
}
