//! Periods that the law starts.

use super::*;

/// A treaty that was signed on a day; the report of it is cited.
fn signed(register: &mut Register, key: &str, parties: &[&str], on: &str) -> Subject {
    let treaty = subject(Instrument, key);
    let signed = json!({"title": key, "kind": "treaty", "parties": parties, "occurred": on,
        "citations": [{"source": "https://example.org/signed", "locator": "p. 1"}]});
    register.record("instrument.signed", treaty, "OFFICIAL", &signed);
    treaty
}

fn clocks(lines: &[Line]) -> Vec<(&str, Option<String>, Option<i32>)> {
    let due = |line: &Line| line.due.as_ref().map(|due| due.edtf.as_ref().unwrap().to_string());
    lines.iter().map(|line| (line.text.as_str(), due(line), line.late_days)).collect()
}

#[tokio::test]
async fn a_period_that_runs_is_coming_and_one_that_ran_out_has_lapsed() {
    let mut register = Register::default();
    signed(&mut register, "of July", &["PK", "US"], "2025-07-20");
    signed(&mut register, "of May", &["PK", "US"], "2025-05-01");
    let sent = signed(&mut register, "sent", &["PK", "US"], "2025-07-21");
    let step =
        json!({"party": "US", "step": "text sent to the Department of State", "occurred": "2025-07-22"});
    register.record("instrument.domestic_step_taken", sent, "OFFICIAL", &step);
    let document = of(&register, brief("PK", "US")).await;
    assert_eq!(clocks(&document.coming), [("of July", Some("2025-08-04".to_owned()), None)]);
    assert_eq!(clocks(&document.lapsed), [("of May", Some("2025-05-16".to_owned()), Some(77))]);
    for line in document.coming.iter().chain(&document.lapsed) {
        let clock = line.clock.as_ref().unwrap();
        assert_eq!((clock.name.as_str(), clock.days), ("Text to the Department of State", Some(15)));
        assert!(clock.authority.contains("22 CFR 181.7"), "{clock:?}");
        assert_eq!(line.notes, [1], "what tells of the signature is cited");
    }
    let to_come = Brief { today: date(2025, 8, 5), ..brief("PK", "US") };
    let document = of(&register, to_come).await;
    assert_eq!((document.coming.len(), document.lapsed.len()), (0, 2));
}

#[tokio::test]
async fn a_period_is_told_of_to_whom_it_concerns() {
    let mut register = Register::default();
    signed(&mut register, "of three", &["PK", "US", "CA"], "2025-07-20");
    let projected = projected(&register).await;
    for (us, them, coming) in [("PK", "US", 1), ("US", "CA", 1), ("PK", "CA", 0)] {
        let document = written(&asked(&projected, &insider(), brief(us, them), None).await);
        assert_eq!((document.instruments.len(), document.coming.len()), (1, coming), "{us} and {them}");
    }
}

#[tokio::test]
async fn what_was_not_known_yet_starts_and_ends_no_period() {
    let mut register = Register::default();
    let treaty = subject(Instrument, "treaty");
    let initialled =
        json!({"title": "treaty", "kind": "treaty", "parties": ["PK", "US"], "occurred": "2025-07-01"});
    register.record("instrument.initialled", treaty, "OFFICIAL", &initialled);
    signed(&mut register, "treaty", &["PK", "US"], "2025-07-20");
    let step = json!({"party": "US", "step": "text_transmitted", "occurred": "2025-07-22"});
    register.record("instrument.domestic_step_taken", treaty, "OFFICIAL", &step);
    let projected = projected(&register).await;
    for (known_at, coming) in [(Some(1), 0), (Some(2), 1), (None, 0)] {
        let document = written(&asked(&projected, &insider(), brief("PK", "US"), known_at).await);
        assert_eq!((document.instruments.len(), document.coming.len()), (1, coming), "{known_at:?}");
    }
}

#[tokio::test]
async fn a_period_without_a_number_of_days_is_told_of_where_the_instrument_is() {
    let mut register = Register::default();
    let treaty = signed(&mut register, "treaty", &["PK", "CA"], "2025-01-20");
    let enters = json!({"occurred": "2025-02-01"});
    register.record("instrument.entered_into_force", treaty, "OFFICIAL", &enters);
    let document = of(&register, brief("PK", "CA")).await;
    assert_eq!((&document.coming[..], &document.lapsed[..]), (&[][..], &[][..]));
    let details = &document.instruments[0].line.details;
    let expected = "Running since 1 February 2025: Registration with the United Nations \
        (Charter of the United Nations, Article 102(1)).";
    assert_eq!(details, &[expected]);
}
