//! How briefs look.

use contract::brief::{Changed, Dispute, Document};
use serde_json::{Value, json};

use super::sheet::Sheet;
use super::{html, markdown};

const SUBJECT: &str = "commitment/018f0000-0000-7000-8000-000000000002";

fn line(text: &str) -> Value {
    json!({"text": text, "subject": SUBJECT, "status": "open", "marking": "OFFICIAL", "strength": "agreed",
        "nothing_since": {"when": {"edtf": "2025-04-13"}, "recorded": "2025-04-14"}, "due": {"edtf": "2025-07"},
        "late_days": 1, "new": true, "notes": [1, 2]})
}

fn document(them: &str, text: &str) -> Document {
    let met = json!({"text": "Call", "subject": SUBJECT, "status": "held", "marking": "OFFICIAL", "place": "Ottawa",
        "who_met": [{"name": "Tarik Ali Khan", "title": "High Commissioner", "side": "them"}], "topics": ["mining"]});
    let standing = json!([{"party": "Canada", "side": "them", "steps": [{"step": "signed", "when": {"edtf": "2025-02"}}]}]);
    let mut treaty = line("Treaty");
    treaty["standing"] = standing;
    let mut period = line("Extradition treaty");
    period["clock"] = json!({"name": "Text to the Department of State", "authority": "22 CFR 181.7(a)(1)",
        "since": {"edtf": "2025-07-16"}, "days": 15});
    period["due"] = json!({"edtf": "2025-07-31", "inferred": true});
    let brief = json!({
        "us": {"key": "PK", "name": "Pakistan"}, "them": {"key": "CA", "name": them},
        "marking": "SECRET//REL CA,PK", "today": "2025-08-01", "position": 33, "since": 12,
        "last_met": [met], "they_offered": [line(text)], "instruments": [treaty],
        "lapsed": [period],
        "more": {"meetings": 10},
        "notes": [
            {"n": 1, "source": "source/018f0000-0000-7000-8000-000000000003", "publisher": text, "passages": [
                {"locator": "p. 1", "via": ["ISPR"], "grade": "B2"}, {"locator": "p. 2", "via": ["ISPR"], "grade": "C3"}]},
            {"n": 2, "source": "javascript:alert(1)", "url": "javascript:alert(1)"},
        ],
    });
    serde_json::from_value(brief).unwrap()
}

#[test]
fn a_page_says_all_that_a_minister_asks_for() {
    let sheet = Sheet::of(&document("Canada", "To lend a hand."));
    let page = html::page(&sheet).unwrap();
    let text = markdown::text(&sheet);
    for said in [
        "SECRET//REL CA,PK",
        "Canada: brief for Pakistan",
        "As of 1 August 2025; register at position 33; new since position 12 is marked",
        "1 day late",
        "To lend a hand.",
        "due July 2025",
        "Nothing recorded since 13 April 2025.",
        "Tarik Ali Khan, High Commissioner",
        "signed February 2025",
        "p. 1, graded B2; p. 2, graded C3, via ISPR",
        "Nothing on record under: we owe, both agreed, they will raise, we want, good news to use, coming",
        "10 or more under meetings",
        "Text to the Department of State",
        "due 31 July 2025",
        "15 days from 16 July 2025: 22 CFR 181.7(a)(1).",
    ] {
        assert!(page.contains(said), "{said}: {page}");
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(page.matches("SECRET//REL CA,PK").count(), 3, "title, top and bottom");
    assert!(text.contains("**To lend a hand.**[^1][^2]") && text.contains("[^1]: To lend a hand."));
}

#[test]
fn nothing_of_the_register_becomes_markup() {
    let evil =
        "</p><script>alert(1)</script>\n# Heading [x](javascript:alert(1)) *bold* `code` & \"quoted\" '";
    let sheet = Sheet::of(&document(evil, evil));
    let page = html::page(&sheet).unwrap();
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains("href=\"javascript:"), "{page}");
    let text = markdown::text(&sheet);
    assert!(!text.contains("<script") && !text.contains("\n# Heading") && !text.contains("[x]("), "{text}");
}

#[test]
fn words_of_any_direction_stand_on_their_own() {
    let page = html::page(&Sheet::of(&document("Canada", "کینولا کی درآمد"))).unwrap();
    assert!(page.contains("<bdi class=\"text\">کینولا کی درآمد</bdi>"));
}

#[test]
fn a_sheet_speaks_in_words() {
    let mut document = document("Canda", "To lend a hand.");
    let dispute = |pointer: &str| {
        let dispute = json!({"what": "contested", "subject": SUBJECT, "text": "Call", "pointer": pointer,
            "stands": "1 March 2025", "because": "first_report", "event": "018f0000-0000-7000-8000-000000000009",
            "instead_of": [{"value": "2 March 2025", "agency": "urn:agency:pk"}]});
        serde_json::from_value::<Dispute>(dispute).unwrap()
    };
    document.remarks = vec!["no party on record bears the name “Canda”".to_owned()];
    document.disputed = vec![dispute("/occurred"), dispute("/participants/0/members/1/name")];
    document.disputed.push(Dispute { what: Changed::Retracted, whole: true, ..dispute("/x") });
    document.they_offered[0].when = serde_json::from_value(json!({"edtf": "2025-04-13"})).unwrap();
    document.they_offered[0].other_accounts = vec!["14 April 2025".to_owned()];
    document.notes[0].source = Some("first-hand".to_owned());
    document.notes[0].publisher = Some("urn:agency:pk".to_owned());
    let sheet = Sheet::of(&document);
    let (page, text) = (html::page(&sheet).unwrap(), markdown::text(&sheet));
    for said in [
        "No party on record bears the name “Canda”.",
        "accounts differ",
        "retracted as a whole",
        "date",
        "a participant's name",
        "Not chosen: 2 March 2025 (Pakistan).",
        "13 April 2025 (another account: 14 April 2025)",
        "First-hand, Pakistan",
    ] {
        assert!(page.replace("&#39;", "'").contains(said), "{said}: {page}");
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(page.contains("New:</span> <span class=\"urgent\">1 day late:</span> "), "{page}");
    for unsaid in ["(inferred)", "urn:agency", "occurred", "members/1"] {
        assert!(!text.contains(unsaid), "{unsaid}: {text}");
    }
    assert!(text.find("Canda”.").unwrap() < text.find("## Last met").unwrap(), "at the top");
}
