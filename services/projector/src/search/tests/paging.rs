//! Pages: each record once, and all of one position.

use contract::{Filters, Find, List, Order, Paging, ProblemKind, Search, Sort};
use domain::Aggregate::{Engagement, Matter};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::words;
use crate::hidden::{RECORDS, Step, What, step};
use crate::search::testing::Searched;
use crate::testing::{Register, column, insider, json as body, list, subject};

#[tokio::test]
async fn pages_follow_each_other() {
    let mut register = Register::default();
    for i in 0..23_u8 {
        let title = if i % 3 == 0 { "Canola talks" } else { "Talks" };
        let data = json!({"title": title, "kind": "call", "participants": ["CA"], "notes": ["on canola talks"],
            "occurred": format!("2025-03-{:02}", 1 + i % 7)});
        register.record("engagement.held", subject(Engagement, &i.to_string()), "OFFICIAL", &data);
    }
    let searched = Searched::new(&register).await;
    for order in [None, Some(Order::Oldest), Some(Order::Newest)] {
        let mut query = Search { order, page: Paging { cursor: None, limit: 4 }, ..words("canola talks") };
        let (mut seen, mut grades) = (vec![], vec![]);
        loop {
            let reply = searched.find(&insider(), Find::Search(query.clone())).await;
            seen.extend(column(&reply, "id").iter().map(Value::to_string));
            grades.extend(column(&reply, "score").iter().filter_map(Value::as_f64));
            query.page.cursor = body(&reply)["next"].as_str().map(str::to_owned);
            if query.page.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 23);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 23);
        assert!(grades.windows(2).all(|pair| pair[0] >= pair[1]));
        let foreign =
            Search { page: Paging { cursor: Some("nonsense".into()), limit: 1 }, ..words("canola") };
        let refused = body(&searched.find(&insider(), Find::Search(foreign)).await);
        assert_eq!(refused["type"], ProblemKind::InvalidQuery.uri());
    }
}

/// Searches and lists, by pages of one.
fn walks() -> Vec<Find> {
    let page = || Paging { cursor: None, limit: 1 };
    let search = |text: &str, order| Find::Search(Search { order, page: page(), ..words(text) });
    let list = |aggregate, text: &str, sort, order| {
        let filters = Filters { text: Some(text.to_owned()), ..Filters::default() };
        Find::List(List { filters, sort, order, page: page(), ..list(aggregate) })
    };
    vec![
        search("engagement", None),
        search("matter 5", None),
        search("khan*", Some(Order::Oldest)),
        search("engagement -7", Some(Order::Newest)),
        list(Engagement, "engagement", Sort::Valid, Order::Oldest),
        list(Engagement, "engagement", Sort::Recorded, Order::Newest),
        list(Matter, "khan", Sort::Valid, Order::Newest),
    ]
}

/// What is on the pages from one on, without the markings, which are today's.
async fn followed(searched: &Searched, mut query: Find, from: Option<String>) -> Vec<Value> {
    let (mut items, mut cursor) = (vec![], from);
    loop {
        match &mut query {
            Find::Search(Search { page, .. }) | Find::List(List { page, .. }) => page.cursor = cursor,
            Find::Statistics(_) => unreachable!("counts have no pages"),
        }
        let page = body(&searched.find(&insider(), query.clone()).await);
        items.extend(page["items"].as_array().unwrap().iter().cloned().map(|mut item| {
            item.as_object_mut().unwrap().remove("marking");
            item
        }));
        cursor = page["next"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return items;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_walk_is_of_the_position_of_its_first_page(
        before in prop::collection::vec(step(), 8..24),
        since in prop::collection::vec(step(), 1..16),
    ) {
        let mut register = Register::default();
        let lasting = |step: &&Step| !matches!(step.what, What::Disposed);
        before.iter().filter(lasting).for_each(|step| step.take(&[0; RECORDS], &mut register));
        let then = register.clone();
        since.iter().filter(lasting).for_each(|step| step.take(&[0; RECORDS], &mut register));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let searched = Searched::new(&then).await;
            let (mut expected, mut next) = (vec![], vec![]);
            for query in walks() {
                expected.push(followed(&searched, query.clone(), None).await);
                next.push(body(&searched.find(&insider(), query).await)["next"].as_str().map(str::to_owned));
            }
            let searched = searched.continued(&register).await;
            for ((query, expected), next) in walks().into_iter().zip(expected).zip(next) {
                let Some(next) = next else { continue };
                let items = followed(&searched, query.clone(), Some(next)).await;
                assert_eq!(items, expected[1..], "{query:?}");
            }
        });
    }
}

#[tokio::test]
async fn a_walk_goes_on_as_it_is_now_when_too_much_has_changed() {
    let mut register = Register::default();
    let held = |register: &mut Register, nth: u64, day: &str| {
        let data = json!({"title": "Canola talks", "kind": "call", "participants": ["CA"], "occurred": day});
        register.record("engagement.held", subject(Engagement, &nth.to_string()), "OFFICIAL", &data);
    };
    let count = crate::search::then::MOST as u64 + 1;
    (0..count).for_each(|nth| held(&mut register, nth, "2025-03-01"));
    let searched = Searched::new(&register).await;
    let mut query =
        Search { order: Some(Order::Oldest), page: Paging { cursor: None, limit: 1 }, ..words("canola") };
    let first = body(&searched.find(&insider(), Find::Search(query.clone())).await);
    query.page.cursor = first["next"].as_str().map(str::to_owned);
    (1..count).for_each(|nth| held(&mut register, nth, "2025-03-02"));
    let searched = searched.continued(&register).await;
    let second = body(&searched.find(&insider(), Find::Search(query.clone())).await);
    assert_eq!(second["position"], count);
    held(&mut register, 0, "2025-03-02");
    let searched = searched.continued(&register).await;
    let second = body(&searched.find(&insider(), Find::Search(query)).await);
    assert_eq!(second["position"], count * 2);
}
