use proptest::prelude::*;

use super::*;
use crate::subscription::Scheme;

fn who() -> Principal {
    Principal { agency: "urn:agency:pk".to_owned(), ..Principal::anonymous() }
}

fn wanted(value: &Value) -> Result<Wanted, Vec<InputError>> {
    Wanted::read(value, &who(), &Levels::default())
}

fn places(mistakes: Vec<InputError>) -> Vec<String> {
    mistakes.into_iter().map(|mistake| mistake.pointer).collect()
}

fn least() -> Value {
    json!({"channel": {"type": "webhook", "url": "https://hooks.example/pk"}})
}

#[test]
fn what_is_not_said_is_usual() {
    let Wanted { terms, scheme, after } = wanted(&least()).unwrap();
    assert_eq!((scheme, after, terms.payload, terms.paused), (Scheme::V1, None, Payload::Full, false));
    assert_eq!((terms.name.as_str(), terms.filter), ("", Filter::default()));
}

#[test]
fn every_mistake_has_its_place() {
    let wrong = json!({
        "name": "two\nlines", "channel": {"type": "webhook", "url": "hooks", "days": 3},
        "filter": {"party": ["CA", 7, ""], "country": ["CA", "Canada"], "level": ["OFFICIAL", "LOW"],
            "subject": ["engagement/~visit", "visit"], "type": "held", "colour": ["red"]},
        "payload": "thick", "scheme": "v2", "after": -1, "paused": "no", "owner": "urn:agency:ca",
    });
    let mut found = places(wanted(&wrong).unwrap_err());
    found.sort_unstable();
    let expected = [
        "/after",
        "/channel/days",
        "/channel/url",
        "/filter/colour",
        "/filter/country/1",
        "/filter/level/1",
        "/filter/party/1",
        "/filter/party/2",
        "/filter/subject/1",
        "/filter/type",
        "/name",
        "/owner",
        "/paused",
        "/payload",
        "/scheme",
    ];
    assert_eq!(found, expected);
    for (channel, place) in [
        (json!({"type": "feed"}), "/channel/days"),
        (json!({"type": "feed", "days": 0}), "/channel/days"),
        (json!({"type": "feed", "days": 367}), "/channel/days"),
        (json!({"type": "post"}), "/channel/type"),
        (json!({"type": "webhook"}), "/channel/url"),
        (json!({"type": "webhook", "url": "https://hooks.example/#a"}), "/channel/url"),
        (json!("https://hooks.example"), "/channel"),
        (Value::Null, "/channel"),
    ] {
        let mistakes = wanted(&json!({"channel": channel})).unwrap_err();
        assert_eq!(places(mistakes), [place], "{channel}");
    }
    assert_eq!(places(wanted(&json!([])).unwrap_err()), [""]);
}

#[test]
fn a_filter_has_a_size() {
    let words = |count: usize| json!(vec!["CA"; count]);
    let of = |count| {
        let mut value = least();
        value["filter"] = json!({"party": words(count), "country": words(1)});
        wanted(&value)
    };
    assert!(of(MOST_WORDS - 1).is_ok());
    assert_eq!(places(of(MOST_WORDS).unwrap_err()), ["/filter"]);
}

#[test]
fn a_record_can_be_named_by_ones_own_key() {
    let mut value = least();
    value["filter"] = json!({"subject": "engagement/~visit"});
    let filter = wanted(&value).unwrap().terms.filter;
    let subject = domain::Subject::of_key("urn:agency:pk", domain::Aggregate::Engagement, "visit");
    assert_eq!(filter.wishes().subject, [subject.to_string()]);
}

#[test]
fn a_patch_changes_what_it_names() {
    let before = wanted(&json!({
        "name": "ours", "channel": least()["channel"], "filter": {"party": ["CA"], "topic": ["trade"]},
    }));
    let before = before.unwrap().terms;
    let patched = |patch| before.patched(&patch, &who(), &Levels::default());
    assert_eq!(patched(json!({})).unwrap(), before);

    let after = patched(json!({"paused": true, "filter": {"party": null, "country": ["fr"]}})).unwrap();
    assert!(after.paused && after.name == "ours");
    assert_eq!(json!(after.filter), json!({"country": ["fr"], "topic": ["trade"]}));
    let after = patched(json!({"filter": null, "name": null})).unwrap();
    assert_eq!((after.filter, after.name.as_str()), (Filter::default(), ""));

    let feed = wanted(&json!({"channel": {"type": "feed", "days": 3}})).unwrap().terms;
    let longer = feed.patched(&json!({"channel": {"days": 4}}), &who(), &Levels::default());
    assert_eq!(places(longer.unwrap_err()), ["/channel/days"]);

    for (patch, place) in [
        (json!({"channel": null}), "/channel"),
        (json!({"channel": {"url": null}}), "/channel/url"),
        (json!({"channel": {"url": null, "type": "feed", "days": 3}}), "/channel/type"),
        (json!({"scheme": "v1a"}), "/scheme"),
        (json!({"owner": "urn:agency:ca"}), "/owner"),
        (json!([]), ""),
    ] {
        assert_eq!(places(patched(patch.clone()).unwrap_err()), [place], "{patch}");
    }
}

#[test]
fn keys_overlap_for_a_day_and_at_most_a_week() {
    let read = |value| Rotation::read(&value, &who());
    assert_eq!(read(json!({})), Ok(Rotation { scheme: None, overlap: 86_400 }));
    let rotation = read(json!({"scheme": "v1a", "overlap_seconds": 0}));
    assert_eq!(rotation, Ok(Rotation { scheme: Some(Scheme::V1a), overlap: 0 }));
    let mistakes = read(json!({"scheme": "rsa", "overlap_seconds": 604_801, "secret": "whsec_"}));
    assert_eq!(places(mistakes.unwrap_err()), ["/scheme", "/overlap_seconds", "/secret"]);
}

#[test]
fn a_span_is_of_positions_or_of_times() {
    let read = |value| Span::read(&value, &who());
    assert_eq!(read(json!({"after": 3})), Ok(Span::Positions { after: 3, through: None }));
    assert_eq!(read(json!({"after": 3, "through": 4})), Ok(Span::Positions { after: 3, through: Some(4) }));
    assert!(matches!(read(json!({"from": "2025-08-01T12:00:00Z"})), Ok(Span::Times { until: None, .. })));
    for (wrong, place) in [
        (json!({}), ""),
        (json!({"through": 4}), ""),
        (json!({"after": 1, "from": "2025-08-01T12:00:00Z"}), ""),
        (json!({"after": 4, "through": 3}), "/through"),
        (json!({"from": "2025-08-01T12:00:00Z", "until": "2025-08-01T11:00:00Z"}), "/until"),
        (json!({"from": "yesterday"}), "/from"),
    ] {
        assert_eq!(places(read(wrong.clone()).unwrap_err()), [place], "{wrong}");
    }
}

fn some(words: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(words.to_vec(), 0..=words.len())
}

prop_compose! {
    fn subscriptions()(
        name in r"[^\p{C}]{0,40}",
        (feed, days, path) in (any::<bool>(), 1..=MOST_DAYS, "[a-z0-9/%?=&]{0,20}"),
        (party, topic) in (some(&["CA", "Tarik Ali Khan", "person:x"]), some(&["trade", "security.border"])),
        (event, level) in (some(&["engagement.held", "matter.opened"]), some(&["OFFICIAL", "SECRET"])),
        (thin, paused, v1a, after) in (any::<bool>(), any::<bool>(), any::<bool>(), any::<Option<u64>>()),
    ) -> Value {
        let channel = if feed {
            json!({"type": "feed", "days": days})
        } else {
            json!({"type": "webhook", "url": format!("https://hooks.example/{path}")})
        };
        json!({
            "name": name, "channel": channel, "paused": paused, "after": after,
            "filter": {"party": party, "topic": topic, "type": event, "level": level},
            "payload": if thin { "thin" } else { "full" }, "scheme": if v1a { "v1a" } else { "v1" },
        })
    }
}

proptest! {
    #[test]
    fn what_is_read_and_written_is_read_the_same(value in subscriptions()) {
        let read = wanted(&value).unwrap();
        let written = json!(read);
        prop_assert_eq!(wanted(&written).unwrap(), read.clone());
        prop_assert_eq!(serde_json::from_value::<Wanted>(written).unwrap(), read);
    }

    #[test]
    fn a_patch_of_everything_is_as_if_it_was_set_up_so(one in subscriptions(), other in subscriptions()) {
        let terms = |value: &Value| wanted(value).unwrap().terms;
        let (before, after) = (terms(&one), terms(&other));
        let is_webhook = |terms: &Terms| matches!(terms.channel, Channel::Webhook { .. });
        prop_assume!(before.channel == after.channel || is_webhook(&before) && is_webhook(&after));
        let mut patch = json!(after);
        // Members that are not named stay.
        for member in MEMBERS {
            if patch["filter"].get(member).is_none() {
                patch["filter"][member] = Value::Null;
            }
        }
        prop_assert_eq!(before.patched(&patch, &who(), &Levels::default()).unwrap(), after);
    }

    #[test]
    fn whatever_is_written_is_read_or_refused(text in r#"[\[\]{}:,"a-z0-9. ]{0,60}"#) {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            let _ = wanted(&value);
            let _ = (Rotation::read(&value, &who()), Span::read(&value, &who()));
        }
    }
}
