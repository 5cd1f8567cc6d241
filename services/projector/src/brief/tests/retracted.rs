//! Records of which nothing stands.

use super::*;

#[tokio::test]
async fn what_was_retracted_as_a_whole_is_told_of_to_whom_it_named() {
    let mut register = Register::default();
    let call = subject(Engagement, "call");
    let held = json!({"kind": "call", "title": "Call of ministers", "participants": ["PK", "CA"], "occurred": "2023-11-01"});
    let first = register.record("engagement.held", call, "OFFICIAL", &held);
    let second = register.record("engagement.expected", call, "OFFICIAL", &json!({"window": "2023-12"}));
    register.record(
        "engagement.retracted",
        call,
        "OFFICIAL",
        &json!({"event": second, "reason": "a rumour"}),
    );
    let part = register.entries.len() as u64;
    register.record("engagement.retracted", call, "OFFICIAL", &json!({"event": first, "reason": "a hoax"}));
    let whole = register.entries.len() as u64;
    let secret = subject(Engagement, "secret");
    let met = register.record("engagement.held", secret, "SECRET", &held);
    register.record("engagement.retracted", secret, "SECRET", &json!({"event": met, "reason": "a slip"}));
    let projected = projected(&register).await;
    // Tests record in November 2023.
    let on = |them: &str| Brief { today: date(2024, 1, 1), ..brief("PK", them) };
    let outsider = reader("OFFICIAL", &[], "PK");
    for (principal, them, known_at, told) in [
        (insider(), "CA", None, vec!["a hoax", "a slip"]),
        (insider(), "CA", Some(whole), vec!["a hoax"]),
        (insider(), "CA", Some(part), vec!["a rumour"]),
        (insider(), "US", None, vec![]),
        (outsider, "CA", None, vec!["a hoax"]),
    ] {
        let document = written(&asked(&projected, &principal, on(them), known_at).await);
        let reasons = document.disputed.iter().filter_map(|dispute| dispute.reason.as_deref());
        assert_eq!(reasons.collect::<Vec<_>>(), told, "{them} {known_at:?}");
        for dispute in &document.disputed {
            assert_eq!((dispute.what, dispute.whole), (Changed::Retracted, known_at != Some(part)));
            assert_eq!(dispute.text, "Call of ministers");
        }
    }
    let years_later = Brief { today: date(2025, 8, 1), ..brief("PK", "CA") };
    let document = written(&asked(&projected, &insider(), years_later, None).await);
    assert_eq!(document.disputed, [], "lately means within a year");
}
