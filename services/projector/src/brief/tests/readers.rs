//! Between whom there are briefs, and for whom.

use super::*;

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
