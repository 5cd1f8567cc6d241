//! Markings: who may see what. A lattice of levels, caveats and releasability.
//!
//! In an envelope a marking is `LEVEL//CAVEAT//REL CA,PK`; `REL NONE` is releasable to nobody outside the
//! agency that owns it. Anything unknown counts as most restrictive.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::read::{Reader, Shape};
use crate::value::scalar::{self, textual};
use crate::value::{CountryCode, Expected};

/// Who may see a thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Marking {
    /// A name from the configured [`Levels`].
    pub level: Label,
    /// What a reader must hold besides, all of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub caveats: BTreeSet<Label>,
    /// The parties that it is releasable to; absent: all; empty: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub releasable_to: Option<BTreeSet<CountryCode>>,
}

impl Marking {
    /// A level alone.
    #[must_use]
    pub const fn of(level: Label) -> Self {
        Self { level, caveats: BTreeSet::new(), releasable_to: None }
    }

    /// What stands in for a marking that cannot be read: no clearance reaches it.
    #[must_use]
    pub fn unreadable() -> Self {
        Self { releasable_to: Some(BTreeSet::new()), ..Self::of(Label("?".into())) }
    }
}

/// The normal form, or the text of an envelope.
impl Shape for Marking {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        if input.is_string() {
            return scalar::parse(input, reader);
        }
        reader.object(input, |marking| {
            let level = marking.required("level");
            let caveats = marking.list("caveats");
            let releasable_to = match marking.raw("releasable_to") {
                None => Some(None),
                Some(_) => marking.list("releasable_to").map(|to| Some(to.into_iter().collect())),
            };
            let caveats = caveats?.into_iter().collect();
            Some(Self { level: level?, caveats, releasable_to: releasable_to? })
        })?
    }
}

impl FromStr for Marking {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split("//").map(str::trim).peekable();
        let mut marking = Self::of(parts.next().unwrap_or_default().parse()?);
        while let Some(part) = parts.next() {
            match part.strip_prefix("REL ") {
                Some(to) if parts.peek().is_none() => marking.releasable_to = Some(parties(to)?),
                Some(_) => return Err(Expected::new("expected nothing after REL")),
                None => {
                    marking.caveats.insert(part.parse()?);
                }
            }
        }
        Ok(marking)
    }
}

fn parties(text: &str) -> Result<BTreeSet<CountryCode>, Expected> {
    match text.trim() {
        "NONE" => Ok(BTreeSet::new()),
        codes => codes.split(',').map(|code| code.trim().parse()).collect(),
    }
}

impl fmt::Display for Marking {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.level)?;
        for caveat in &self.caveats {
            write!(out, "//{caveat}")?;
        }
        let Some(parties) = &self.releasable_to else { return Ok(()) };
        let codes = parties.iter().map(CountryCode::as_str).collect::<Vec<_>>();
        write!(out, "//REL {}", if codes.is_empty() { "NONE".to_owned() } else { codes.join(",") })
    }
}

/// The name of a level or caveat: capitals, digits, spaces and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(Box<str>);

impl Label {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner =
            |c: char| c == ' ' || c == '-' || c.is_numeric() || (c.is_alphabetic() && !c.is_lowercase());
        let edges = text.starts_with(char::is_alphanumeric) && text.ends_with(char::is_alphanumeric);
        let is_release = text == "REL" || text.starts_with("REL ");
        if edges && text.len() <= 60 && text.chars().all(inner) && !is_release {
            Ok(Self(text.into()))
        } else {
            Err(Expected::new(
                "expected the name of a level or caveat in capitals, as in OFFICIAL or OFFICIAL//CAVEAT//REL CA,PK",
            ))
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

textual!(Label);

/// What a reader is cleared for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearance {
    /// The highest level the reader may see.
    pub level: String,
    /// The caveats the reader holds.
    pub caveats: BTreeSet<String>,
    /// The one party the reader acts for, an ISO 3166-1 alpha-2 code.
    pub party: String,
    /// The reader's agency.
    pub agency: String,
}

/// The levels in use, from the least to the most restrictive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels(Vec<Label>);

impl Default for Levels {
    fn default() -> Self {
        let shipped = ["OFFICIAL", "OFFICIAL-SENSITIVE", "SECRET", "TOP SECRET"];
        Self(shipped.map(|level| Label(level.into())).into())
    }
}

impl Levels {
    /// Levels by name, from the least to the most restrictive.
    ///
    /// # Errors
    /// What was expected, if a name has not the form of one, there are none, or one stands twice.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Self, Expected> {
        let levels = names.into_iter().map(str::parse).collect::<Result<Vec<Label>, _>>()?;
        let distinct = levels.iter().collect::<BTreeSet<_>>();
        if levels.is_empty() || distinct.len() < levels.len() {
            return Err(Expected::new("expected at least one level, and none of them twice"));
        }
        Ok(Self(levels))
    }

    /// The levels, from the least to the most restrictive.
    pub fn iter(&self) -> impl Iterator<Item = &Label> {
        self.0.iter()
    }

    /// Whether the level is one of these.
    #[must_use]
    pub fn knows(&self, level: &str) -> bool {
        self.rank(level).is_some()
    }

    /// The marking that restricts nothing: the least level alone.
    #[must_use]
    pub fn least(&self) -> Marking {
        Marking::of(self.0[0].clone())
    }

    /// Whether a marking keeps anything from anybody: a level above the least, a caveat, a limit to whom it may be
    /// released. What is so marked is **marked material**, of which each read is logged.
    #[must_use]
    pub fn restricts(&self, marking: &Marking) -> bool {
        !self.dominates(&self.least(), marking)
    }

    /// The marking of what is made of two things: as restrictive as either.
    #[must_use]
    pub fn join(&self, a: &Marking, b: &Marking) -> Marking {
        let level = if self.height(&a.level) < self.height(&b.level) { &b.level } else { &a.level };
        let releasable_to = match (&a.releasable_to, &b.releasable_to) {
            (Some(a), Some(b)) => Some(a & b),
            (a, b) => a.as_ref().or(b.as_ref()).cloned(),
        };
        Marking { level: level.clone(), caveats: &a.caveats | &b.caveats, releasable_to }
    }

    /// Whether `a` is at least as restrictive as `b` in every respect.
    #[must_use]
    pub fn dominates(&self, a: &Marking, b: &Marking) -> bool {
        let releasable = match (&a.releasable_to, &b.releasable_to) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(a), Some(b)) => a.is_subset(b),
        };
        self.height(&a.level) >= self.height(&b.level) && a.caveats.is_superset(&b.caveats) && releasable
    }

    /// Whether a reader may see what is so marked and belongs to the `owner` agency.
    ///
    /// The owner's readers need no release; level and caveats bind them like everybody.
    #[must_use]
    pub fn may_see(&self, reader: &Clearance, marking: &Marking, owner: &str) -> bool {
        let cleared = match (self.rank(&reader.level), self.rank(marking.level.as_str())) {
            (Some(clearance), Some(level)) => clearance >= level,
            _ => false,
        };
        let holds = |caveat: &Label| reader.caveats.contains(caveat.as_str());
        let released = |to: &BTreeSet<CountryCode>| to.iter().any(|party| party.as_str() == reader.party);
        let releasable = reader.agency == owner || marking.releasable_to.as_ref().is_none_or(released);
        cleared && marking.caveats.iter().all(holds) && releasable
    }

    fn rank(&self, level: &str) -> Option<usize> {
        self.0.iter().position(|known| known.as_str() == level)
    }

    /// Known levels in their order, then unknown ones: above all, by name among themselves.
    fn height<'l>(&self, level: &'l Label) -> (usize, Option<&'l Label>) {
        self.rank(level.as_str()).map_or((self.0.len(), Some(level)), |rank| (rank, None))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::value::reading::{mistakes, normal};

    fn marking(text: &str) -> Marking {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn reader(level: &str, caveats: &[&str], party: &str) -> Clearance {
        Clearance {
            level: level.into(),
            caveats: caveats.iter().map(ToString::to_string).collect(),
            party: party.into(),
            agency: "urn:agency:other".into(),
        }
    }

    #[test]
    fn a_marking_reads_back_as_it_prints() {
        for text in
            ["OFFICIAL", "TOP SECRET//CRYPTO//EYES ONLY", "SECRET//REL CA,PK", "OFFICIAL-SENSITIVE//REL NONE"]
        {
            assert_eq!(marking(text).to_string(), text);
        }
        assert_eq!(marking("SECRET // B//A // REL PK, CA").to_string(), "SECRET//A//B//REL CA,PK");
        for wrong in [
            "",
            "secret",
            "SECRET/",
            "SECRET//",
            "SECRET//REL",
            "SECRET//REL pk",
            "SECRET//REL PK//A",
            "REL PK",
        ] {
            assert!(wrong.parse::<Marking>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_object_says_the_same_as_the_text() {
        let object = json!({"level": "SECRET", "caveats": ["CRYPTO"], "releasable_to": ["CA", "PK"]});
        assert_eq!(normal::<Marking>(&object), object);
        assert_eq!(normal::<Marking>(&json!("SECRET//CRYPTO//REL PK,CA")), object);
        let nobody = json!({"level": "SECRET", "releasable_to": []});
        assert_eq!(normal::<Marking>(&nobody), nobody);
        assert_eq!(mistakes::<Marking>(&json!({"caveats": ["rel"], "releasable_to": "all"})).len(), 3);
    }

    #[test]
    fn a_reader_needs_level_caveats_and_release() {
        let levels = Levels::default();
        let sees = |reader: &Clearance, text: &str| levels.may_see(reader, &marking(text), "urn:agency:pk");
        let canadian = reader("SECRET", &["CRYPTO"], "CA");
        for text in ["OFFICIAL", "SECRET//CRYPTO//REL CA,PK"] {
            assert!(sees(&canadian, text), "{text}");
        }
        for text in ["TOP SECRET", "SECRET//EYES ONLY", "OFFICIAL//REL PK", "OFFICIAL//REL NONE", "UNHEARD"] {
            assert!(!sees(&canadian, text), "{text}");
        }
        assert!(!sees(&reader("UNHEARD", &[], "CA"), "OFFICIAL"));
        assert!(!levels.may_see(&canadian, &Marking::unreadable(), "urn:agency:other"));
    }

    #[test]
    fn the_owner_needs_no_release_but_level_and_caveats() {
        let levels = Levels::default();
        let owner = reader("SECRET", &[], "PK");
        let sees = |text: &str| levels.may_see(&owner, &marking(text), &owner.agency);
        assert!(sees("SECRET//REL NONE"));
        assert!(!sees("TOP SECRET") && !sees("OFFICIAL//CRYPTO"));
    }

    #[test]
    fn two_disjoint_releases_give_nobody() {
        let joined = Levels::default().join(&marking("OFFICIAL//REL CA"), &marking("SECRET//A//REL PK"));
        assert_eq!(joined.to_string(), "SECRET//A//REL NONE");
    }

    #[test]
    fn levels_are_named_once_each() {
        assert!(Levels::new(["PUBLIC", "RESTRICTED"]).is_ok_and(|levels| levels.knows("PUBLIC")));
        assert!(Levels::new([]).is_err() && Levels::new(["A", "A"]).is_err() && Levels::new(["a"]).is_err());
    }

    fn any_marking() -> impl Strategy<Value = Marking> {
        let level = prop::sample::select(vec!["OFFICIAL", "SECRET", "TOP SECRET", "UNHEARD", "UNKNOWN"]);
        let caveats = prop::sample::subsequence(vec!["A", "B", "C"], 0..=3);
        let parties = prop::option::of(prop::sample::subsequence(vec!["CA", "PK", "US"], 0..=3));
        (level, caveats, parties).prop_map(|(level, caveats, parties)| Marking {
            level: level.parse().unwrap(),
            caveats: caveats.into_iter().map(|c| c.parse().unwrap()).collect(),
            releasable_to: parties.map(|to| to.into_iter().map(|p| p.parse().unwrap()).collect()),
        })
    }

    fn any_reader() -> impl Strategy<Value = Clearance> {
        let level = prop::sample::select(vec!["OFFICIAL", "SECRET", "TOP SECRET", "UNHEARD"]);
        let caveats = prop::sample::subsequence(vec!["A", "B", "C"], 0..=3);
        let party = prop::sample::select(vec!["CA", "PK", "US", "FR"]);
        (level, caveats, party).prop_map(|(level, caveats, party)| reader(level, &caveats, party))
    }

    proptest! {
        #[test]
        fn join_is_a_least_upper_bound(a in any_marking(), b in any_marking(), c in any_marking()) {
            let levels = Levels::default();
            let join = |a: &Marking, b: &Marking| levels.join(a, b);
            prop_assert_eq!(join(&a, &a), a.clone());
            prop_assert_eq!(join(&a, &b), join(&b, &a));
            prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
            prop_assert_eq!(join(&levels.least(), &a), a.clone());
            let ab = join(&a, &b);
            prop_assert!(levels.dominates(&ab, &a) && levels.dominates(&ab, &b));
            prop_assert_eq!(levels.dominates(&c, &a) && levels.dominates(&c, &b), levels.dominates(&c, &ab));
        }

        #[test]
        fn dominance_is_an_order(a in any_marking(), b in any_marking(), c in any_marking()) {
            let levels = Levels::default();
            let over = |a: &Marking, b: &Marking| levels.dominates(a, b);
            prop_assert!(over(&a, &a));
            prop_assert!(!(over(&a, &b) && over(&b, &a)) || a == b);
            prop_assert!(!(over(&a, &b) && over(&b, &c)) || over(&a, &c));
            prop_assert_eq!(over(&a, &b), levels.join(&a, &b) == a);
        }

        #[test]
        fn who_sees_the_whole_sees_its_parts(a in any_marking(), b in any_marking(), r in any_reader(), own in any::<bool>()) {
            let levels = Levels::default();
            let owner = if own { r.agency.as_str() } else { "urn:agency:pk" };
            let sees = |marking: &Marking| levels.may_see(&r, marking, owner);
            prop_assert_eq!(sees(&levels.join(&a, &b)), sees(&a) && sees(&b));
        }

        #[test]
        fn the_text_says_it_all(a in any_marking()) {
            prop_assert_eq!(a.to_string().parse(), Ok(a));
        }
    }
}
