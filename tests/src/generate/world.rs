//! The parties: states, their ministries and those who hold posts. Names are made of syllables and are nobody's.

use domain::{Aggregate, Subject};
use serde_json::{Value, json};

use super::random::{Random, Zipf};
use crate::AGENCY;

/// States, the busy ones first. The first is ours.
pub(super) const STATES: &[&str] = &[
    "PK", "US", "CN", "SA", "AE", "GB", "TR", "IR", "AF", "CA", "QA", "DE", "RU", "JP", "FR", "KZ", "UZ",
    "AZ", "MY", "ID", "IN", "KR", "IT", "EG", "JO", "OM", "KW", "BH", "LK", "BD", "NP", "MV", "AU", "BR",
    "ZA", "NG", "KE", "ET", "TN", "MA", "DZ", "ES", "NL", "BE", "CH", "AT", "SE", "NO", "FI", "DK", "PL",
    "HU", "RO", "BG", "GR", "PT", "IE", "CZ", "TJ", "TM", "KG", "MN", "VN", "TH", "PH", "SG", "BN", "MM",
    "KH", "LA", "NZ", "AR", "CL", "MX", "PE", "CO", "CU", "VE", "UA", "BY", "GE", "AM", "RS", "BA", "HR",
    "SI", "SK", "LT", "LV", "EE", "IQ", "SY", "LB", "YE", "LY", "SD", "SN", "GH", "CI", "TZ", "UG", "RW",
    "MU", "ZM", "MZ", "NA", "GM", "MR",
];

const SYLLABLES: &[(&str, &str)] = &[
    ("ka", "کا"),
    ("ro", "رو"),
    ("mi", "می"),
    ("len", "لین"),
    ("ta", "تا"),
    ("su", "سو"),
    ("dar", "دار"),
    ("ve", "وے"),
    ("na", "نا"),
    ("zil", "زل"),
    ("ho", "ہو"),
    ("bri", "بری"),
    ("sha", "شا"),
    ("gul", "گل"),
    ("per", "پر"),
    ("yun", "ین"),
    ("fa", "فا"),
    ("lo", "لو"),
    ("jem", "جیم"),
    ("qi", "قی"),
];

const MINISTRIES: &[&str] = &[
    "Ministry of Foreign Affairs",
    "Ministry of Commerce",
    "Ministry of Interior",
    "Ministry of Defence",
    "Ministry of Energy",
    "Ministry of Finance",
    "Board of Investment",
    "Chamber of Commerce",
    "Development Agency",
    "Ministry of Agriculture",
    "Ministry of Education",
    "Space Agency",
    "Central Bank",
    "Ministry of Health",
    "Water Authority",
    "Railways",
    "Mining Corporation",
    "Export Council",
];

const POSTS: &[&str] = &[
    "Foreign Minister",
    "Commerce Minister",
    "Ambassador",
    "Foreign Secretary",
    "Interior Minister",
    "High Commissioner",
    "Minister of Energy",
    "Special Envoy",
    "Finance Minister",
    "Consul General",
];

/// Somebody with a record.
#[derive(Clone, Debug)]
pub(super) struct Party {
    pub(super) number: usize,
    pub(super) kind: &'static str,
    pub(super) country: &'static str,
    pub(super) name: String,
    /// Another spelling, with its language.
    pub(super) alias: Option<(String, &'static str)>,
    /// What a person is.
    pub(super) post: &'static str,
}

/// Everybody.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) parties: Vec<Party>,
    /// The numbers of each state's organisations and persons.
    people: Vec<[Vec<usize>; 2]>,
    partners: Zipf,
}

impl World {
    /// So many parties: states, then organisations, then persons.
    pub(super) fn new(random: &Random, count: usize) -> Self {
        let states = (count / 14).clamp(4, STATES.len()).min(count);
        let organisations = (count - states) / 3;
        let mut random = random.of(1);
        let zipf = Zipf::new(states);
        let mut world = Self {
            parties: Vec::with_capacity(count),
            people: vec![Default::default(); states],
            partners: Zipf::new(states.saturating_sub(1).max(1)),
        };
        for number in 0..count {
            let at = number.checked_sub(states);
            let state = match at {
                None => number,
                // Each has one of each kind before the busy ones have more.
                Some(at) if at % organisations.max(1) < states && at < organisations + states => at % states,
                Some(_) => zipf.pick(&mut random),
            };
            let party = match at {
                None => Party::state(number),
                Some(at) if at < organisations => Party::organisation(&mut random, number, state),
                Some(_) => Party::person(&mut random, number, state),
            };
            match party.kind {
                "organisation" => world.people[state][0].push(number),
                "person" => world.people[state][1].push(number),
                _ => {}
            }
            world.parties.push(party);
        }
        world
    }

    pub(super) fn states(&self) -> usize {
        self.people.len()
    }

    /// A state that is not ours, the busy ones more often.
    pub(super) fn partner(&self, random: &mut Random) -> usize {
        (1 + self.partners.pick(random)).min(self.states() - 1)
    }

    pub(super) fn organisation(&self, random: &mut Random, state: usize) -> Option<&Party> {
        self.one(random, &self.people[state][0])
    }

    pub(super) fn person(&self, random: &mut Random, state: usize) -> Option<&Party> {
        self.one(random, &self.people[state][1])
    }

    /// Those of a state are busy to different degrees, too.
    fn one(&self, random: &mut Random, numbers: &[usize]) -> Option<&Party> {
        let end = 1 + random.index(numbers.len());
        let number = numbers.get(random.index(end))?;
        self.parties.get(*number)
    }
}

impl Party {
    fn state(number: usize) -> Self {
        let country = STATES[number];
        Self { number, kind: "state", country, name: country.to_owned(), alias: None, post: "" }
    }

    fn organisation(random: &mut Random, number: usize, state: usize) -> Self {
        let country = STATES[state];
        let (place, script) = syllables(random, 2);
        let ministry = MINISTRIES[number % MINISTRIES.len()];
        // Most are known by a name of their own; some share one across countries.
        let name = if random.percent(60) { format!("{ministry} {place}") } else { ministry.to_owned() };
        let alias = (country == "PK").then(|| (format!("وزارت {script}"), "ur"));
        Self { number, kind: "organisation", country, name, alias, post: "" }
    }

    fn person(random: &mut Random, number: usize, state: usize) -> Self {
        let country = STATES[state];
        let ((first, first_script), (last, last_script)) = (syllables(random, 2), syllables(random, 3));
        let name = format!("{first} {last}");
        let alias = match random.below(10) {
            _ if country == "PK" => Some((format!("{first_script} {last_script}"), "ur")),
            0..3 => Some((format!("{first} {}", last.replace(['i', 'y'], "ee")), "en")),
            _ => None,
        };
        Self { number, kind: "person", country, name, alias, post: *random.pick(POSTS) }
    }

    /// The key of its record.
    pub(super) fn key(&self) -> String {
        format!("party/{}", self.number)
    }

    /// As others refer to it; by its record if they know it.
    pub(super) fn reference(&self, by_record: bool) -> Value {
        let Self { kind, country, name, .. } = self;
        if *kind == "state" {
            return json!(country);
        }
        let mut reference = json!({"name": name, "kind": kind, "country": country});
        if by_record {
            reference["id"] = json!(Subject::of_key(AGENCY, Aggregate::Party, &self.key()).to_string());
        }
        reference
    }
}

fn syllables(random: &mut Random, count: usize) -> (String, String) {
    let (mut latin, mut script) = (String::new(), String::new());
    for _ in 0..count {
        let (one, other) = random.pick(SYLLABLES);
        latin.push_str(one);
        script.push_str(other);
    }
    let mut letters = latin.chars();
    let capital = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    (capital + letters.as_str(), script)
}
