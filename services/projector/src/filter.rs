//! Which records a list or a timeline shows.

use contract::{InputError, Problem, ProblemKind};
use domain::Edtf;
use domain::value::{CountryCode, fold};
use jiff::civil::Date;

use crate::head::Head;

/// Filters, read and ready to be compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// For every party asked for, the keys it may have.
    pub(crate) parties: Vec<Vec<String>>,
    pub(crate) country: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) aggregate: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) span: Span,
    /// Folded words.
    pub(crate) words: Vec<String>,
}

impl Filter {
    /// Whether all that a head can tell is as asked; dates are compared apart.
    pub(crate) fn admits(&self, head: &Head) -> bool {
        let Head { countries, summary, .. } = head;
        let has = |keys: &Vec<String>| keys.iter().any(|key| summary.parties.contains(key));
        let below = |prefix: &String, name: &String| is_or_is_below(name, prefix);
        self.parties.iter().all(has)
            && self.country.as_ref().is_none_or(|country| countries.contains(country))
            && self.topic.as_ref().is_none_or(|topic| summary.topics.iter().any(|code| below(topic, code)))
            && self.aggregate.as_ref().is_none_or(|aggregate| *aggregate == summary.aggregate)
            && self.kind.as_ref().is_none_or(|kind| summary.kind.iter().any(|is| below(kind, is)))
            && self.status.as_ref().is_none_or(|status| *status == summary.status)
    }
}

/// The keys that a party may have, as people write it: a state by code or name, others by name, anyone by key.
pub(crate) fn keys_of_party(written: &str) -> Vec<String> {
    let written = written.trim();
    if let Ok(code) = written.to_ascii_uppercase().parse::<CountryCode>() {
        return vec![code.to_string()];
    }
    if let Some((kind, name)) = written.split_once(':') {
        return vec![format!("{kind}:{}", fold(name))];
    }
    let state = CountryCode::named(written).map(|code| code.to_string());
    let name = fold(written);
    let others = ["organisation", "person", "group"].map(|kind| format!("{kind}:{name}"));
    state.into_iter().chain(others).collect()
}

/// Days asked for: what ended before them or began after them is left out, and what has no date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    from: Option<Date>,
    to: Option<Date>,
}

impl Span {
    /// Reads two EDTF texts: from the first day of one to the last of the other.
    ///
    /// # Errors
    /// A problem when a text is no EDTF.
    pub(crate) fn read(from: Option<&str>, to: Option<&str>) -> Result<Self, Problem> {
        let bounds = |name: &str, text: Option<&str>| {
            let read = text.map(|text| Edtf::parse(text).map(|edtf| edtf.bounds()));
            read.transpose().map_err(|error| {
                let detail = format!("“{}”: {error}", text.unwrap_or_default());
                let mistake = InputError { detail: detail.clone(), pointer: format!("?{name}") };
                let problem = Problem::new(ProblemKind::InvalidQuery, format!("{name}: {detail}"));
                Problem { errors: vec![mistake], ..problem }
            })
        };
        let from = bounds("from", from)?.and_then(|bounds| bounds.earliest);
        let to = bounds("to", to)?.and_then(|bounds| bounds.latest);
        Ok(Self { from, to })
    }

    /// Whether something between these bounds may lie in it; a bound that is open reaches everywhere.
    pub(crate) fn meets(self, earliest: Option<Date>, latest: Option<Date>) -> bool {
        if earliest.is_none() && latest.is_none() {
            return self == Self::default();
        }
        let ends_before = self.from.zip(latest).is_some_and(|(from, latest)| latest < from);
        let begins_after = self.to.zip(earliest).is_some_and(|(to, earliest)| earliest > to);
        !ends_before && !begins_after
    }
}

/// Whether a dotted name is `prefix` or below it.
fn is_or_is_below(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_span_keeps_what_may_lie_in_it() {
        let span = Span::read(Some("2025-04"), Some("2025-06")).unwrap();
        let day = |month, day| Some(date(2025, month, day));
        assert!(span.meets(day(4, 1), day(4, 1)));
        assert!(span.meets(day(1, 1), day(12, 31)));
        assert!(span.meets(None, day(6, 1)));
        assert!(!span.meets(day(7, 1), day(7, 1)));
        assert!(!span.meets(day(3, 31), day(3, 31)));
        assert!(!span.meets(None, None));
        assert!(Span::default().meets(None, None));
        assert!(Span::read(Some("yesterday"), None).is_err());
    }

    #[test]
    fn below_a_topic_is_behind_a_dot() {
        assert!(is_or_is_below("trade.agriculture", "trade"));
        assert!(is_or_is_below("trade", "trade"));
        assert!(!is_or_is_below("tradewinds", "trade"));
    }

    #[test]
    fn a_party_is_found_as_people_write_it() {
        assert_eq!(keys_of_party("ca"), ["CA"]);
        assert_eq!(keys_of_party("Canada")[0], "CA");
        assert!(keys_of_party("Tarik Ali Khan").contains(&"person:tarik ali khan".to_owned()));
        assert_eq!(keys_of_party("person:Tarik Ali Khan"), ["person:tarik ali khan"]);
    }
}
