//! What stands in which section, and in which order.

use super::*;

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
