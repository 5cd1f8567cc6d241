//! What is found, by whom, and after what.

mod counting;
mod finding;
mod index;
mod narrowing;
mod paging;

use contract::{Filters, Find, Paging, Search};
use domain::Aggregate::{Engagement, Instrument, Party};
use serde_json::json;

use super::testing::Searched;
use crate::testing::{Register, column, insider, subject};

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
