//! What a brief makes of two reports.

use super::notes::every_line_has_a_footnote;
use super::*;

#[tokio::test]
async fn the_founding_report_makes_a_brief_on_canada() {
    let document = of(&reports(), brief("PK", "CA")).await;
    assert_eq!((document.us.name.as_str(), document.them.name.as_str()), ("Pakistan", "Canada"));
    assert_eq!((document.marking.as_str(), document.position), ("OFFICIAL", 33));
    let [met] = &document.last_met[..] else { panic!("{:#?}", document.last_met) };
    let who = met.who_met.iter().map(|one| (one.name.as_str(), one.title.as_deref().unwrap(), one.side));
    let expected = [
        ("Tarik Ali Khan", "High Commissioner", Side::Them),
        ("Jam Kamal Khan", "Commerce Minister", Side::Us),
    ];
    assert_eq!(who.collect::<Vec<_>>(), expected);
    assert_eq!(
        texts(&document.they_offered),
        [
            "To support Pakistan in mining by building capacity.",
            "To support Pakistan in mining with technical assistance.",
            "To bring businesses of both countries together in mining.",
        ]
    );
    assert_eq!(document.we_owe, []);
    assert_eq!(
        texts(&document.both_agreed),
        [
            "To work on regulatory and procedural bottlenecks, so that imports of canola arrive on time.",
            "To keep up the momentum of the negotiations, so that more Canadian investment comes.",
        ]
    );
    let undertakings = document.they_offered.iter().chain(&document.both_agreed);
    assert!(undertakings.clone().all(|line| line.nothing_since.is_some() && line.late_days.is_none()));
    assert_eq!(
        texts(&document.we_want),
        [
            "To diversify Pakistan's partners and to attract investment in sectors that add value and export.",
            "To develop mining projects of small and medium scale.",
        ]
    );
    let [treaty] = &document.instruments[..] else { panic!("{:#?}", document.instruments) };
    assert_eq!(treaty.line.text, "Pakistan–Canada bilateral investment treaty");
    assert_eq!(treaty.line.status, "under_negotiation");
    assert_eq!(texts(&document.they_will_raise), ["Canadian investments in Pakistan's renewable energy"]);
    assert_eq!(texts(&document.good_news), ["Canadian canola exports to Pakistan"]);
    assert_eq!(document.good_news[0].status, "shipments arrived");
    let [conference] = &document.coming[..] else { panic!("{:#?}", document.coming) };
    assert!(conference.text.contains("(PDAC)") && conference.late_days.is_none());
    assert_eq!(conference.details, ["Toronto", "Pakistan: taking part was discussed."]);
    assert_eq!(texts(&document.also_open), ["Reko Diq copper-gold mine"]);
    every_line_has_a_footnote(&document);
}

#[tokio::test]
async fn what_should_have_come_has_lapsed() {
    let mut register = reports();
    let document = of(&register, brief("PK", "US")).await;
    assert_eq!(texts(&document.lapsed), ["US–Pakistan counterterrorism dialogue"]);
    assert_eq!(document.lapsed[0].late_days, Some(32));
    assert_eq!(document.we_want.len(), 1);
    assert_eq!(document.they_offered.len(), 1);
    let standing = &document.instruments[0].standing;
    assert_eq!(
        standing.iter().map(|party| party.party.as_str()).collect::<Vec<_>>(),
        ["Pakistan", "United States"]
    );
    assert!(document.last_met.iter().any(|met| met.who_met.iter().any(|one| one.name == "Asim Munir")));

    let dialogue = subject(Engagement, "us-pk-counterterrorism-dialogue-2025");
    let position = register.entries.len() as u64;
    register.record("engagement.held", dialogue, "OFFICIAL", &json!({"occurred": "2025-08-12"}));
    let projected = projected(&register).await;
    let now = Brief { since: Some(position), today: date(2025, 8, 20), ..brief("PK", "US") };
    let now = written(&asked(&projected, &insider(), now, None).await);
    assert_eq!(now.lapsed, []);
    let held = now.last_met.iter().find(|met| met.line.subject == dialogue).unwrap();
    assert_eq!((held.line.slip_days, held.line.new), (Some(43), true));
    assert!(now.last_met.iter().filter(|met| met.line.new).count() == 1);
    let then = written(&asked(&projected, &insider(), brief("PK", "US"), Some(position)).await);
    assert_eq!((then.position, then.known_at), (position, Some(position)));
    assert_eq!(Document { known_at: None, ..then }, document);
}

#[tokio::test]
async fn what_somebody_conveyed_is_theirs_and_what_states_agreed_is_of_both() {
    let projected = projected(&reports()).await;
    let state = written(&asked(&projected, &insider(), brief("PK", "CA"), None).await);
    let envoy = written(&asked(&projected, &insider(), brief("PK", "Tarik Ali Khan"), None).await);
    assert_eq!(texts(&envoy.they_offered), texts(&state.they_offered));
    assert_eq!(texts(&envoy.both_agreed), texts(&state.both_agreed));
    assert_eq!((texts(&envoy.we_owe), &envoy.remarks[..]), (vec![], &[][..]));
}
