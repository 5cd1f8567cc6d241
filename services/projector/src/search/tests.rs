//! What is found, by whom, and after what.

use std::fs;
use std::path::{Path, PathBuf};

use contract::{Ask, By, Filters, Find, List, Order, Paging, ProblemKind, Search, Sort, Statistics};
use domain::Aggregate::{Commitment, Engagement, Instrument, Matter, Party, Source};
use prometheus_client::metrics::counter::Counter;
use serde_json::{Value, json};

use super::projection::Texting;
use super::testing::{Searched, indexed};
use crate::testing::{Register, column, insider, json as body, list, reader, subject};

fn register() -> Register {
    let mut register = Register::default();
    let data = json!({"title": "Canola dialogue", "kind": "meeting.ministerial", "participants": ["CA", "US"],
        "occurred": "2025-04-13", "topics": ["trade.agriculture"],
        "notes": ["They spoke of potash & <lentils>, and negotiations on canola were long."]});
    register.record("engagement.held", subject(Engagement, "canola"), "OFFICIAL", &data);
    let data = json!({"title": "Visite d’État", "kind": "visit.state", "participants": ["FR"], "occurred": "2025-06",
        "utterances": [{"speakers": ["FR"], "act": "state", "lang": "fr",
            "text": "L’investissement et les négociations commerciales avancent."}]});
    register.record("engagement.held", subject(Engagement, "visite"), "OFFICIAL", &data);
    let data = json!({"title": "تجارتی معاہدہ", "kind": "treaty", "parties": ["PK", "CA"], "aliases": ["Canola treaty"]});
    register.record("instrument.proposed", subject(Instrument, "treaty"), "OFFICIAL", &data);
    let data = json!({"names": ["Tarik Ali Khan", "طارق علی خان"], "kind": "person", "country": "CA"});
    register.record("party.registered", subject(Party, "khan"), "OFFICIAL", &data);
    let data = json!({"title": "Secret canola talks", "kind": "call", "participants": ["PK", "CA"], "occurred": "2025-05-01"});
    register.record("engagement.held", subject(Engagement, "secret"), "SECRET", &data);
    register
}

fn words(text: &str) -> Search {
    Search {
        filters: Filters { text: Some(text.into()), ..Filters::default() },
        page: Paging { cursor: None, limit: 50 },
        ..Search::default()
    }
}

fn titles(reply: &service::Reply) -> Vec<String> {
    column(reply, "title").iter().map(|title| title.as_str().unwrap().to_owned()).collect()
}

async fn found(searched: &Searched, text: &str) -> Vec<String> {
    titles(&searched.find(&insider(), Find::Search(words(text))).await)
}

#[tokio::test]
async fn words_are_found_in_every_script_and_form() {
    let searched = Searched::new(&register()).await;
    for (text, expected) in [
        ("canola", &["Secret canola talks", "Canola dialogue", "تجارتی معاہدہ"][..]),
        ("negotiation", &["Canola dialogue"]),
        ("négociation", &["Visite d’État"]),
        ("investissement", &["Visite d’État"]),
        ("ETAT", &["Visite d’État"]),
        ("visites", &["Visite d’État"]),
        ("visas", &[]),
        ("مُعاهده", &["تجارتی معاہدہ"]),
        ("tarik khan", &["Tarik Ali Khan"]),
        ("طارق", &["Tarik Ali Khan"]),
        ("agriculture", &["Canola dialogue"]),
        ("\"canola dialogue\"", &["Canola dialogue"]),
        ("\"dialogue canola\"", &[]),
        ("canol* -talks", &["Canola dialogue", "تجارتی معاہدہ"]),
        ("canola -dialogue -secret", &["تجارتی معاہدہ"]),
        ("canola potash", &["Canola dialogue"]),
        ("the canola", &["Secret canola talks", "Canola dialogue", "تجارتی معاہدہ"]),
        ("nonsense", &[]),
    ] {
        let mut found = found(&searched, text).await;
        let mut expected = expected.to_vec();
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{text}");
    }
    assert_eq!(found(&searched, "canola").await[2], "تجارتی معاہدہ", "the undated come last");
}

#[tokio::test]
async fn the_best_come_first_and_what_was_found_is_marked() {
    let mut register = register();
    let note = json!({"title": "Potash", "opened": "2025-12-01", "notes": ["dialogue on canola"]});
    register.record(
        "matter.opened",
        subject(Matter, "potash"),
        "OFFICIAL",
        &json!({"title": note["title"], "notes": note["notes"]}),
    );
    let searched = Searched::new(&register).await;
    let reply = searched.find(&insider(), Find::Search(words("canola dialogue"))).await;
    assert_eq!(titles(&reply), ["Canola dialogue", "Potash"]);
    let scores = column(&reply, "score");
    assert!(scores[0].as_f64() > scores[1].as_f64(), "{scores:?}");
    let item = &body(&reply)["items"][0];
    let highlight = json!({"field": "title", "text": "<mark>Canola</mark> <mark>dialogue</mark>"});
    assert_eq!(item["highlights"][0], highlight);
    let notes =
        item["highlights"].as_array().unwrap().iter().find(|piece| piece["field"] == "notes").unwrap();
    assert!(notes["text"].as_str().unwrap().contains("potash &amp; &lt;lentils&gt;"), "{notes}");
    assert_eq!((&item["status"], &item["version"]), (&json!("held"), &json!(1)));
}

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

#[tokio::test]
async fn what_is_hidden_is_neither_found_nor_counted() {
    let searched = Searched::new(&register()).await;
    let outsider = reader("OFFICIAL", &[], "US");
    let reply = searched.find(&outsider, Find::Search(words("canola"))).await;
    assert_eq!(titles(&reply), ["Canola dialogue", "تجارتی معاہدہ"]);
    let statistics = counts(&searched, &outsider).await;
    assert_eq!((&statistics["total"], &statistics["party"][0]["key"]), (&json!(2), &json!("CA")));
}

async fn counts(searched: &Searched, reader: &contract::Principal) -> Value {
    let query =
        Statistics { aggregate: Engagement, filters: Filters::default(), by: vec![], limit: 50, today: None };
    body(&searched.find(reader, Find::Statistics(query)).await)
}

#[tokio::test]
async fn engagements_are_counted() {
    let mut register = register();
    let expected = |register: &mut Register, key: &str| {
        let data = json!({"kind": "dialogue", "participants": ["CA"], "window": "2025-06"});
        register.record("engagement.expected", subject(Engagement, key), "OFFICIAL", &data);
    };
    expected(&mut register, "late");
    expected(&mut register, "open");
    let data = json!({"occurred": "2025-08-12"});
    register.record("engagement.held", subject(Engagement, "late"), "OFFICIAL", &data);
    let searched = Searched::new(&register).await;
    let told = counts(&searched, &insider()).await;
    assert_eq!(told["total"], 5);
    assert_eq!(told["outcome"], json!([{"key": "held_late", "count": 1}, {"key": "open", "count": 1}]));
    assert_eq!(told["party"][0], json!({"key": "CA", "name": "Canada", "count": 4}));
    assert_eq!(told["kind"][0], json!({"key": "dialogue", "count": 2}));
    assert_eq!(
        told["topic"],
        json!([{"key": "trade", "count": 1}, {"key": "trade.agriculture", "count": 1}])
    );
    assert_eq!(told["topic_none"], 4);
    let months = ["2025-04", "2025-05", "2025-06", "2025-08"];
    let keys = told["month"].as_array().unwrap().iter().map(|month| month["key"].clone()).collect::<Vec<_>>();
    assert_eq!(keys, months);
    let query = Statistics {
        aggregate: Engagement,
        filters: Filters { parties: vec!["CA".into()], ..Filters::default() },
        by: vec![By::Outcome, By::Party],
        limit: 1,
        today: Some(jiff::civil::date(2025, 8, 1)),
    };
    let told = body(&searched.find(&insider(), Find::Statistics(query)).await);
    assert_eq!(told["outcome"], json!([{"key": "held_late", "count": 1}]));
    assert_eq!(
        (&told["outcome_other"], &told["party_other"], &told["total"]),
        (&json!(1), &json!(4), &json!(4))
    );
}

#[tokio::test]
async fn commitments_are_counted_by_strength() {
    let mut register = Register::default();
    for (key, strength) in [("a", "agreed"), ("b", "agreed"), ("c", "discussed")] {
        let data = json!({"text": key.repeat(5), "strength": strength, "owners": ["CA"]});
        register.record("commitment.made", subject(Commitment, key), "OFFICIAL", &data);
    }
    register.record("commitment.fulfilled", subject(Commitment, "a"), "OFFICIAL", &json!({}));
    let searched = Searched::new(&register).await;
    let query = Statistics {
        aggregate: Commitment,
        filters: Filters::default(),
        by: vec![By::Strength, By::Month],
        limit: 9,
        today: None,
    };
    let told = body(&searched.find(&insider(), Find::Statistics(query)).await);
    assert_eq!((&told["month"], &told["month_undated"]), (&json!([]), &json!(3)));
    let agreed = json!({"key": "agreed", "count": 2, "fulfilled": 1, "withdrawn": 0, "open": 1});
    let discussed = json!({"key": "discussed", "count": 1, "fulfilled": 0, "withdrawn": 0, "open": 0});
    assert_eq!(told["strength"], json!([agreed, discussed]));
}

#[tokio::test]
async fn what_was_disposed_of_corrected_or_retracted_is_not_found() {
    let mut register = register();
    let canola = subject(Engagement, "canola");
    let held = contract::Recorded::parse(&register.entries[0].payload).unwrap().uid();
    let searched = Searched::new(&register).await;
    assert_eq!(found(&searched, "lentils").await.len(), 1);
    let data = json!({"event": held, "changes": [{"pointer": "/title", "new": "Rapeseed dialogue"}], "reason": "a slip"});
    register.record("engagement.corrected", canola, "OFFICIAL", &data);
    let searched = Searched::new(&register).await;
    assert_eq!(found(&searched, "\"canola dialogue\"").await, Vec::<String>::new());
    assert_eq!(found(&searched, "rapeseed").await, ["Rapeseed dialogue"]);
    register.record("engagement.disposed", canola, "OFFICIAL", &json!({"how": "destroyed"}));
    let searched = Searched::new(&register).await;
    assert_eq!(found(&searched, "rapeseed").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_disposed_of_is_in_no_file_of_the_index() {
    let mut register = register();
    let searched = Searched::new(&register).await;
    let holds_it = |searched: &Searched| {
        let files = fs::read_dir(searched.folder.path().join("index")).unwrap();
        files.into_iter().any(|file| {
            let bytes = fs::read(file.unwrap().path()).unwrap_or_default();
            bytes.windows(7).any(|bytes| bytes == b"lentils" || bytes == b"entils\x00")
        })
    };
    register.record(
        "engagement.disposed",
        subject(Engagement, "canola"),
        "OFFICIAL",
        &json!({"how": "destroyed"}),
    );
    let Searched { rows, folder, index } = searched;
    drop(index);
    let rows = rows.continued(Texting::new(Counter::default()), &register).await;
    let index = indexed(folder.path(), &rows).await.snapshot();
    let deleted =
        index.searcher.segment_readers().iter().map(tantivy::SegmentReader::num_deleted_docs).sum::<u32>();
    assert_eq!(deleted, 0);
    let searched = Searched { rows, folder, index };
    assert!(!holds_it(&searched));
    assert_eq!(found(&searched, "lentils").await, Vec::<String>::new());
}

/// Turns the middle of every file with such an ending, in a new file: the old one may be mapped into memory.
fn damage(index: &Path, endings: &[&str]) {
    let files = fs::read_dir(index).unwrap().map(|file| file.unwrap().path());
    let of = |path: &PathBuf| endings.iter().any(|ending| path.extension().is_some_and(|own| own == *ending));
    let files = files.filter(of).collect::<Vec<_>>();
    assert!(files.len() >= endings.len(), "{files:?}");
    for path in files {
        let mut bytes = fs::read(&path).unwrap();
        let quarter = bytes.len() / 4;
        bytes[quarter..quarter * 3].iter_mut().for_each(|byte| *byte ^= 0x5a);
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
    }
}

#[tokio::test]
async fn an_index_that_was_lost_or_damaged_is_made_again() {
    let mut register = register();
    let mut searched = Searched::new(&register).await;
    let before = found(&searched, "canola").await;
    let index = searched.folder.path().join("index");
    for round in 0..5 {
        match round {
            0 => fs::remove_dir_all(&index).unwrap(),
            1 => fs::write(index.join("meta.json"), b"{").unwrap(),
            2 => damage(&index, &["term"]),
            3 => damage(&index, &["term", "idx", "pos", "store", "fast", "fieldnorm"]),
            // Of one that was left half way, what is seen and not complete is told apart.
            _ => {}
        }
        searched.index = indexed(searched.folder.path(), &searched.rows).await.snapshot();
        assert_eq!(found(&searched, "canola").await, before);
        assert_eq!(searched.index.position, register.entries.len() as u64);
        assert_eq!(searched.index.documents(), 5);
    }
    // More was projected while nobody indexed.
    let data = json!({"title": "Canola once more", "kind": "call", "participants": ["CA"]});
    register.record("engagement.held", subject(Engagement, "more"), "OFFICIAL", &data);
    register.record(
        "engagement.statement_issued",
        subject(Engagement, "canola"),
        "OFFICIAL",
        &json!({"issuers": ["CA"]}),
    );
    let Searched { rows, folder, index } = searched;
    drop(index);
    let rows = rows.continued(Texting::new(Counter::default()), &register).await;
    let index = indexed(folder.path(), &rows).await.snapshot();
    assert_eq!((index.position, index.documents()), (7, 6));
    let searched = Searched { rows, folder, index };
    assert_eq!(found(&searched, "canola").await.len(), before.len() + 1);
}

#[tokio::test]
async fn continuing_at_any_event_gives_the_rows_of_going_through() {
    let register = register();
    let whole = Searched::new(&register).await.rows.rows().await;
    let mut part = Register::default();
    let mut stepwise = crate::testing::Projected::new(Texting::new(Counter::default()), &part).await;
    for entry in register.entries.clone() {
        part.entries.push(entry);
        stepwise = stepwise.continued(Texting::new(Counter::default()), &part).await;
    }
    assert_eq!(stepwise.rows().await, whole);
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
