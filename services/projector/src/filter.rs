//! Which records a list or a timeline shows.

use std::collections::BTreeSet;

use contract::{Filters, InputError, Problem, ProblemKind};
use domain::value::fold;
use domain::{Edtf, Mention, Subject};
use jiff::civil::Date;

use crate::head::{Head, Summary};
use crate::parties::{Bearers, Sought};

/// Filters, read and ready to be compared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) parties: Vec<Sought>,
    pub(crate) country: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) aggregate: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) owner: Option<Sought>,
    pub(crate) beneficiary: Option<Sought>,
    pub(crate) strength: Option<String>,
    pub(crate) span: Span,
    /// Folded words.
    pub(crate) words: Vec<String>,
}

impl Filter {
    /// Reads what a list or a timeline is narrowed by.
    ///
    /// # Errors
    /// A problem when a bound is no EDTF.
    pub(crate) fn read(filters: &Filters, bearers: &Bearers<'_>) -> Result<Self, Problem> {
        let words = filters.text.as_deref().map(fold).unwrap_or_default();
        Ok(Self {
            parties: filters.parties.iter().map(|party| bearers.sought(party)).collect(),
            country: filters.country.as_ref().map(|code| code.to_ascii_uppercase()),
            topic: filters.topic.clone(),
            kind: filters.kind.clone(),
            status: filters.status.clone(),
            span: Span::read(filters.from.as_deref(), filters.to.as_deref())?,
            words: words.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
            ..Self::default()
        })
    }

    /// The facets under which an index has what is admitted: one of each set.
    pub(crate) fn facets(&self) -> Vec<BTreeSet<String>> {
        // A state that is a party does not stand under its country besides.
        let countries = self.country.iter();
        let countries = countries.map(|country| [format!("country:{country}"), country.clone()].into());
        let topics = self.topic.iter().map(|topic| [format!("topic:{topic}")].into());
        let kinds = self.kind.iter().map(|kind| [format!("kind:{kind}")].into());
        self.parties.iter().map(Sought::facets).chain(countries).chain(topics).chain(kinds).collect()
    }

    /// The same for the index of the lists, which has more of them.
    pub(crate) fn list_facets(&self) -> Vec<BTreeSet<String>> {
        let words = [("status", &self.status), ("strength", &self.strength)].into_iter();
        let words = words.filter_map(|(name, word)| Some([format!("{name}:{}", word.as_ref()?)].into()));
        let sides = [("owner", &self.owner), ("beneficiary", &self.beneficiary)].into_iter();
        let sides = sides.filter_map(|(name, party)| {
            let keys = party.as_ref()?.facets().into_iter();
            Some(keys.map(|key| format!("{name}:{key}")).collect())
        });
        self.facets().into_iter().chain(words).chain(sides).collect()
    }

    /// Whether all that a head can tell is as asked, to one who sees some records of parties; dates are compared
    /// apart.
    pub(crate) fn admits(&self, head: &Head, sees: impl Fn(&Subject) -> bool) -> bool {
        let Head { countries, owners, beneficiaries, summary, .. } = head;
        let is_of = |sought: &Option<Sought>, side: &[Mention]| {
            sought.as_ref().is_none_or(|party| party.is_among(side, &sees))
        };
        let below = |prefix: &String, name: &String| is_or_is_below(name, prefix);
        self.parties.iter().all(|party| party.is_in(head, &sees))
            && self.country.as_ref().is_none_or(|country| countries.contains(country))
            && self.topic.as_ref().is_none_or(|topic| summary.topics.iter().any(|code| below(topic, code)))
            && self.aggregate.as_ref().is_none_or(|aggregate| *aggregate == summary.aggregate)
            && self.kind.as_ref().is_none_or(|kind| summary.kind.iter().any(|is| below(kind, is)))
            && self.status.as_ref().is_none_or(|status| *status == summary.status)
            && self.strength.as_ref().is_none_or(|strength| summary.strength.as_ref() == Some(strength))
            && is_of(&self.owner, owners)
            && is_of(&self.beneficiary, beneficiaries)
    }

    /// Whether every word stands in the title or a name.
    pub(crate) fn is_said_of(&self, summary: &Summary) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let said = [&summary.title].into_iter().chain(&summary.names).map(|text| fold(text));
        let said = said.collect::<Vec<_>>();
        let words = said.iter().flat_map(|text| text.split(' ')).collect::<BTreeSet<_>>();
        self.words.iter().all(|word| words.contains(word.as_str()))
    }
}

/// Days asked for: what ended before them or began after them is left out, and what has no date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
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
}
