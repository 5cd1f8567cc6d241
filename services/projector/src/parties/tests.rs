//! Who is found by which name, by whom.

use contract::{Filters, List, Principal, Query, Timeline};
use domain::Aggregate::{Engagement, Party};
use domain::Subject;
use prometheus_client::metrics::counter::Counter;
use serde_json::{Value, json};

use crate::dossiers::Dossiers;
use crate::testing::{Projected, Register, column, insider, list, reader, subject, timeline};
use crate::timeline::Happenings;
use domain::value::party_keys;

const LONG: &str = "Inter-Services Public Relations";

fn ispr() -> Subject {
    subject(Party, "ispr")
}

fn registered(names: &[&str], country: &str) -> Value {
    json!({"names": names, "kind": "organisation", "country": country})
}

/// Meetings of those that are called the same and are not, and of one that is called otherwise and is.
fn register(marking: &str) -> Register {
    let mut register = Register::default();
    register.record("party.registered", ispr(), marking, &registered(&[LONG, "ISPR"], "PK"));
    let meetings = [
        ("called", json!({"name": "ISPR", "kind": "organisation"})),
        ("of its country", json!({"name": "ISPR", "kind": "organisation", "country": "PK"})),
        ("of another", json!({"name": "ISPR", "kind": "organisation", "country": "CA"})),
        ("of another kind", json!({"name": "ISPR", "kind": "group"})),
        ("on record", json!({"name": "The media wing", "kind": "organisation", "id": ispr()})),
    ];
    for (title, participant) in meetings {
        let data = json!({"title": title, "kind": "meeting", "participants": [participant]});
        register.record("engagement.held", subject(Engagement, title), "OFFICIAL", &data);
    }
    register
}

/// What lists and the timeline show of a party; both must show the same.
async fn found(register: &Register, reader: &Principal, party: &str) -> Vec<String> {
    let dossiers = Projected::new(Dossiers::new(Counter::default()), register).await;
    let happenings = Projected::new(Happenings::new(Counter::default()), register).await;
    let parties = vec![party.to_owned()];
    let listed =
        List { filters: Filters { parties: parties.clone(), ..Filters::default() }, ..list(Engagement) };
    let listed = column(&dossiers.query(reader, Query::List(listed)).await, "title");
    let query = Timeline {
        filters: Filters { parties, ..Filters::default() },
        aggregate: Some("engagement".into()),
        ..timeline()
    };
    let shown = column(&happenings.timeline(reader, query).await, "title");
    assert_eq!(listed, shown, "{party}");
    let mut titles = listed.iter().map(|title| title.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    titles.sort();
    titles
}

#[tokio::test]
async fn a_party_is_found_by_each_of_its_names_and_by_its_record() {
    let register = register("OFFICIAL");
    let its = ["called", "of its country", "on record"];
    for asked in
        [LONG, "organisation:inter services public relations", &ispr().to_string(), &ispr().id.to_string()]
    {
        assert_eq!(found(&register, &insider(), asked).await, its, "{asked}");
    }
    // Asked by what others are called, too, those are found with it.
    let all = ["called", "of another", "of another kind", "of its country", "on record"];
    assert_eq!(found(&register, &insider(), "ISPR").await, all);
    assert_eq!(found(&register, &insider(), "The media wing").await, ["on record"]);
    let none: [&str; 0] = [];
    assert_eq!(found(&register, &insider(), "party/~ispr").await, none);
    assert_eq!(found(&register, &insider(), &subject(Party, "nobody").to_string()).await, none);
}

#[tokio::test]
async fn what_is_ambiguous_stays_unresolved() {
    let mut register = register("OFFICIAL");
    let other = subject(Party, "other");
    register.record("party.registered", other, "SECRET", &registered(&["ISPR", "Institute"], "CA"));
    // Two bear the short name: it no longer leads from the long one to those who are called by it.
    assert_eq!(found(&register, &insider(), LONG).await, ["of its country", "on record"]);
    assert_eq!(found(&register, &insider(), "Institute").await, ["of another"]);
    // Who cannot see the other does not notice.
    let outsider = reader("OFFICIAL", &[], "US");
    assert_eq!(found(&register, &outsider, LONG).await, ["called", "of its country", "on record"]);
    // One of the two stands for the same as the first: it bears its name no more.
    register.record("party.merged_into", other, "SECRET", &json!({"record": ispr()}));
    assert_eq!(found(&register, &insider(), LONG).await, ["called", "of its country", "on record"]);
}

#[tokio::test]
async fn a_hidden_party_lends_its_names_to_nobody() {
    let register = register("SECRET");
    let outsider = reader("OFFICIAL", &[], "US");
    let none: [&str; 0] = [];
    for asked in [LONG, &ispr().to_string(), &ispr().id.to_string()] {
        assert_eq!(found(&register, &outsider, asked).await, none, "{asked}");
        assert_eq!(found(&register, &insider(), asked).await.len(), 3, "{asked}");
    }
    let mut shown = self::register("OFFICIAL");
    assert_eq!(found(&shown, &outsider, LONG).await.len(), 3);
    shown.record("party.marking_changed", ispr(), "OFFICIAL", &json!({"level": "SECRET"}));
    assert_eq!(found(&shown, &outsider, LONG).await, none);
}

#[test]
fn a_party_is_found_as_people_write_it() {
    assert_eq!(party_keys("ca"), ["CA"]);
    assert_eq!(party_keys("Canada")[0], "CA");
    assert!(party_keys("Tarik Ali Khan").contains(&"person:tarik ali khan".to_owned()));
    assert_eq!(party_keys("person:Tarik Ali Khan"), ["person:tarik ali khan"]);
}
