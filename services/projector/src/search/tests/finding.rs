//! Words in every script and form, the best match first.

use contract::Find;
use domain::Aggregate::{Engagement, Matter};
use serde_json::json;

use super::{found, register, titles, words};
use crate::search::testing::Searched;
use crate::testing::{column, insider, json as body, subject};

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
