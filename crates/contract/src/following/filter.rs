//! Which events a follower wants to hear of.

use domain::value::{CountryCode, TopicCode, party_keys};
use domain::vocabulary::Code;
use domain::{Aggregate, EventKind, Label, Levels, Subject};
use serde::{Deserialize, Serialize};

use crate::Facets;

/// A filter as it is written: each member takes several words. In a query a member is a parameter that may be repeated.
///
/// Members narrow together; the words of one widen. Of `party` alone each must take part, as in lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wishes {
    /// Every one of these takes part in the record: codes or names of states, names of others, or keys such as
    /// `person:tarik ali khan`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub party: Vec<String>,
    /// One of the record's places or parties is of one of these countries: ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub country: Vec<String>,
    /// One of the record's topics is one of these or below it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topic: Vec<String>,
    /// The record is one of these sorts, by their singulars: `engagement`, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aggregate: Vec<String>,
    /// The record's kind is one of these or below it: `visit`, `visit.state`, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kind: Vec<String>,
    /// The event is of one of these types, in any version: `engagement.held`, or in full.
    #[serde(rename = "type", skip_serializing_if = "Vec::is_empty")]
    pub event: Vec<String>,
    /// The event is of one of these records: `engagement/UUID`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subject: Vec<String>,
    /// The record's level is one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub level: Vec<String>,
}

/// A word that is none of its member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {expected}, found “{found}”")]
pub struct Unfit {
    /// Of which member: `party`, `type`, …
    pub member: &'static str,
    /// What it was.
    pub found: String,
    /// What can stand there.
    pub expected: String,
}

/// Which events are wanted, ready to be compared. In JSON: [`Wishes`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wishes", into = "Wishes")]
pub struct Filter {
    /// As they were written.
    wishes: Wishes,
    /// Of each party the keys that it may have.
    parties: Vec<Vec<String>>,
    /// In capitals.
    countries: Vec<String>,
    aggregates: Vec<Aggregate>,
    /// Types without prefix and version.
    events: Vec<String>,
    subjects: Vec<Subject>,
}

impl Filter {
    /// Reads what is written.
    ///
    /// # Errors
    /// Every word that cannot be what it stands for: a filter that meets nothing is a mistake, not a silence.
    pub fn read(wishes: Wishes) -> Result<Self, Vec<Unfit>> {
        let mut unfit = Vec::new();
        let mut check = |member, words: &[String], read: &dyn Fn(&str) -> Result<(), String>| {
            for word in words {
                if let Err(expected) = read(word) {
                    unfit.push(Unfit { member, found: word.chars().take(80).collect(), expected });
                }
            }
        };
        check("party", &wishes.party, &is_party);
        check("country", &wishes.country, &|word| is::<CountryCode>(&word.to_ascii_uppercase()));
        check("topic", &wishes.topic, &is::<TopicCode>);
        check("aggregate", &wishes.aggregate, &|word| {
            let expected = || format!("expected one of {}", Aggregate::ALL.map(Aggregate::as_str).join(", "));
            is::<Aggregate>(word).map_err(|_| expected())
        });
        check("kind", &wishes.kind, &is::<Code>);
        check("type", &wishes.event, &|word| {
            is::<EventKind>(word).map_err(|_| "expected a type such as engagement.held".to_owned())
        });
        check("subject", &wishes.subject, &|word| {
            is::<Subject>(word).map_err(|_| "expected the address of a record, engagement/UUID".to_owned())
        });
        check("level", &wishes.level, &is::<Label>);
        if !unfit.is_empty() {
            return Err(unfit);
        }
        Ok(Self {
            parties: wishes.party.iter().map(|party| party_keys(party)).collect(),
            countries: wishes.country.iter().map(|code| code.to_ascii_uppercase()).collect(),
            aggregates: wishes.aggregate.iter().filter_map(|name| name.parse().ok()).collect(),
            events: wishes.event.iter().map(|name| short(name).to_owned()).collect(),
            subjects: wishes.subject.iter().filter_map(|subject| subject.parse().ok()).collect(),
            wishes,
        })
    }

    /// Reads what somebody of an agency has written, in a register with these levels. A record may be named by the
    /// agency's own key, `engagement/~KEY`.
    ///
    /// # Errors
    /// As [`read`](Self::read), and every level that the register does not have.
    pub fn read_as(agency: &str, levels: &Levels, mut wishes: Wishes) -> Result<Self, Vec<Unfit>> {
        for subject in &mut wishes.subject {
            *subject = of_key(subject, agency);
        }
        let unknown = wishes.level.iter().filter(|level| !levels.knows(level)).map(|level| {
            let known = levels.iter().map(Label::as_str).collect::<Vec<_>>().join(", ");
            let found = level.chars().take(80).collect();
            Unfit { member: "level", found, expected: format!("expected one of {known}") }
        });
        let unknown = unknown.collect::<Vec<_>>();
        match Self::read(wishes) {
            Ok(filter) if unknown.is_empty() => Ok(filter),
            Ok(_) => Err(unknown),
            Err(mut unfit) => {
                unfit.retain(|unfit| unfit.member != "level");
                unfit.extend(unknown);
                Err(unfit)
            }
        }
    }

    /// What was written.
    #[must_use]
    pub const fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    /// Whether an event is wanted: one of a record, of a type in full, with what the record is found by as it stands
    /// with the event.
    #[must_use]
    pub fn admits(&self, subject: &Subject, event: &str, facets: &Facets) -> bool {
        let Wishes { topic, kind, level, .. } = &self.wishes;
        let one_of = |wanted: &[String], has: &[String]| {
            wanted.is_empty() || wanted.iter().any(|wanted| has.contains(wanted))
        };
        let below = |wanted: &[String], has: &[String]| {
            let is_below = |name: &String| wanted.iter().any(|prefix| is_or_is_below(name, prefix));
            wanted.is_empty() || has.iter().any(is_below)
        };
        let marked = facets.marking.split("//").next().unwrap_or_default().trim();
        self.parties.iter().all(|keys| one_of(keys, &facets.parties))
            && one_of(&self.countries, &facets.countries)
            && below(topic, &facets.topics)
            && below(kind, facets.kind.as_slice())
            && (self.aggregates.is_empty() || self.aggregates.contains(&subject.aggregate))
            && (self.events.is_empty() || self.events.iter().any(|wanted| wanted == short(event)))
            && (self.subjects.is_empty() || self.subjects.contains(subject))
            && (level.is_empty() || level.iter().any(|wanted| wanted == marked))
    }
}

impl TryFrom<Wishes> for Filter {
    type Error = Unfit;

    fn try_from(wishes: Wishes) -> Result<Self, Unfit> {
        Self::read(wishes).map_err(|mut unfit| unfit.swap_remove(0))
    }
}

impl From<Filter> for Wishes {
    fn from(filter: Filter) -> Self {
        filter.wishes
    }
}

/// An address; that of a record by the agency's own key, `engagement/~KEY`, in full.
fn of_key(address: &str, agency: &str) -> String {
    let by_key = address.split_once("/~").filter(|(_, key)| !key.is_empty());
    let by_key = by_key.and_then(|(aggregate, key)| Some((aggregate.parse::<Aggregate>().ok()?, key)));
    by_key.map_or_else(
        || address.to_owned(),
        |(aggregate, key)| Subject::of_key(agency, aggregate, key).to_string(),
    )
}

/// A name or a key. An address is none: whether a party's record is mentioned depends on who may see that record.
fn is_party(word: &str) -> Result<(), String> {
    let is_address = word.parse::<Subject>().is_ok() || uuid::Uuid::try_parse(word.trim()).is_ok();
    if is_address || word.trim().is_empty() {
        return Err("expected the code or name of a state, or another party's name".to_owned());
    }
    Ok(())
}

fn is<T: std::str::FromStr<Err: std::fmt::Display>>(word: &str) -> Result<(), String> {
    word.parse::<T>().map(drop).map_err(|expected| {
        // Some forms say themselves what they found.
        let expected = expected.to_string();
        expected.split(", found ").next().unwrap_or_default().to_owned()
    })
}

/// `engagement.held` of `chancery.engagement.held.v1`, of any version.
#[must_use]
pub fn short(event: &str) -> &str {
    let event = event.strip_prefix("chancery.").unwrap_or(event);
    match event.rsplit_once(".v") {
        Some((short, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => short,
        _ => event,
    }
}

/// Whether a dotted name is `prefix` or below it.
fn is_or_is_below(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn subject() -> Subject {
        Subject::of_key("urn:agency:pk", Aggregate::Engagement, "visit")
    }

    fn visit() -> Facets {
        let all = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        Facets {
            parties: all(&["CA", "PK", "person:tarik ali khan"]),
            countries: all(&["CA", "PK"]),
            topics: all(&["trade.agriculture"]),
            kind: Some("visit.state".to_owned()),
            marking: "SECRET//CRYPTO//REL CA".to_owned(),
        }
    }

    fn filter(wishes: serde_json::Value) -> Filter {
        serde_json::from_value(wishes.clone()).unwrap_or_else(|error| panic!("{wishes}: {error}"))
    }

    #[test]
    fn each_member_narrows() {
        let admits = |wishes| filter(wishes).admits(&subject(), "chancery.engagement.held.v1", &visit());
        let here = subject().to_string();
        for wanted in [
            json!({}),
            json!({"party": ["canada", "Tarik Ali Khan"]}),
            json!({"party": ["person:Tarik  Ali Khan"]}),
            json!({"country": ["fr", "pk"]}),
            json!({"topic": ["trade"]}),
            json!({"topic": ["security", "trade.agriculture"]}),
            json!({"aggregate": ["matter", "engagement"]}),
            json!({"kind": ["visit"]}),
            json!({"type": ["engagement.held"]}),
            json!({"type": ["chancery.engagement.held.v1"]}),
            json!({"subject": [here]}),
            json!({"level": ["SECRET"]}),
        ] {
            assert!(admits(wanted.clone()), "{wanted}");
        }
        for other in [
            json!({"party": ["CA", "US"]}),
            json!({"party": ["group:tarik ali khan"]}),
            json!({"country": ["FR"]}),
            json!({"topic": ["trad"]}),
            json!({"aggregate": ["matter"]}),
            json!({"kind": ["visit.official"]}),
            json!({"type": ["engagement.cancelled"]}),
            json!({"subject": ["engagement/018f0000-0000-7000-8000-000000000002"]}),
            json!({"level": ["OFFICIAL", "TOP SECRET"]}),
        ] {
            assert!(!admits(other.clone()), "{other}");
        }
    }

    #[test]
    fn a_later_version_of_a_type_is_that_type() {
        let held = filter(json!({"type": ["chancery.engagement.held.v1"]}));
        assert!(held.admits(&subject(), "chancery.engagement.held.v2", &visit()));
        assert!(!held.admits(&subject(), "", &visit()));
    }

    #[test]
    fn what_cannot_be_is_named_all_of_it() {
        let wrong = json!({"party": ["party/018f0000-0000-7000-8000-000000000002"], "country": ["Canada"],
            "topic": ["?"], "aggregate": ["visit"], "kind": [".."], "type": ["held"], "subject": ["x"], "level": ["low"]});
        let unfit = Filter::read(serde_json::from_value(wrong).unwrap()).unwrap_err();
        let members = unfit.iter().map(|unfit| unfit.member).collect::<Vec<_>>();
        assert_eq!(members, ["party", "country", "topic", "aggregate", "kind", "type", "subject", "level"]);
        assert!(serde_json::from_value::<Filter>(json!({"colour": ["red"]})).is_err());
    }

    fn some(words: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
        let some = prop::sample::subsequence(words.to_vec(), 0..=words.len().min(2));
        some.prop_map(|words| words.into_iter().map(ToOwned::to_owned).collect())
    }

    fn wishes() -> impl Strategy<Value = Wishes> {
        let of_record = (some(&["CA", "PK", "US", "Tarik Ali Khan"]), some(&["CA", "PK", "FR"]));
        let about =
            (some(&["trade", "trade.agriculture", "security"]), some(&["visit", "visit.state", "call"]));
        let event = (some(&["engagement", "matter"]), some(&["engagement.held", "engagement.cancelled"]));
        (of_record, about, event, some(&["OFFICIAL", "SECRET"])).prop_map(
            |((party, country), (topic, kind), (aggregate, event), level)| Wishes {
                party,
                country,
                topic,
                aggregate,
                kind,
                event,
                subject: vec![],
                level,
            },
        )
    }

    fn facets() -> impl Strategy<Value = Facets> {
        let of_record = (some(&["CA", "PK", "person:tarik ali khan"]), some(&["CA", "PK"]));
        let kind = prop::option::of(prop::sample::select(vec!["visit.state", "call"]));
        let marking = prop::sample::select(vec!["OFFICIAL", "SECRET//REL CA"]);
        (of_record, some(&["trade.agriculture", "security.border"]), kind, marking).prop_map(
            |((parties, countries), topics, kind, marking)| Facets {
                parties,
                countries,
                topics,
                kind: kind.map(ToOwned::to_owned),
                marking: marking.to_owned(),
            },
        )
    }

    proptest! {
        #[test]
        fn a_filter_is_the_same_after_it_was_written_down(wishes in wishes()) {
            let filter = Filter::read(wishes).unwrap();
            let json = serde_json::to_string(&filter).unwrap();
            prop_assert_eq!(serde_json::from_str::<Filter>(&json).unwrap(), filter);
        }

        #[test]
        fn members_narrow_and_words_widen(a in wishes(), b in wishes(), facets in facets()) {
            let admits = |wishes: &Wishes| {
                Filter::read(wishes.clone()).unwrap().admits(&subject(), "chancery.engagement.held.v1", &facets)
            };
            // One member after the other is as all of them at once.
            let apart = [
                Wishes { party: a.party.clone(), ..Wishes::default() },
                Wishes { country: a.country.clone(), ..Wishes::default() },
                Wishes { topic: a.topic.clone(), ..Wishes::default() },
                Wishes { aggregate: a.aggregate.clone(), ..Wishes::default() },
                Wishes { kind: a.kind.clone(), ..Wishes::default() },
                Wishes { event: a.event.clone(), ..Wishes::default() },
                Wishes { level: a.level.clone(), ..Wishes::default() },
            ];
            prop_assert_eq!(admits(&a), apart.iter().all(admits));
            // Two words of one member are as either.
            let topics = |topic: Vec<String>| Wishes { topic, ..Wishes::default() };
            if !a.topic.is_empty() && !b.topic.is_empty() {
                let both = topics([a.topic.clone(), b.topic.clone()].concat());
                prop_assert_eq!(admits(&both), admits(&topics(a.topic.clone())) || admits(&topics(b.topic.clone())));
            }
            // Two parties are both.
            let parties = |party: Vec<String>| Wishes { party, ..Wishes::default() };
            let both = parties([a.party.clone(), b.party.clone()].concat());
            prop_assert_eq!(admits(&both), admits(&parties(a.party)) && admits(&parties(b.party)));
        }
    }
}
