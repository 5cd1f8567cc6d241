//! Query parameters, read strictly: what is unknown, given twice or unreadable is named, all of it at once.

use std::fmt::Display;
use std::str::FromStr;

use contract::{Filters, InputError, Order, Paging, Problem, ProblemKind, Sort};
use domain::value::{CountryCode, TopicCode};
use domain::vocabulary::Code;
use domain::{Aggregate, Edtf};
use jiff::Timestamp;
use jiff::civil::Date;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;

/// The longest value that is read.
const LONGEST: usize = 1024;

/// How many parameters are read.
const MOST: usize = 64;

/// The parameters of one request; each is taken by name, and [`finish`](Self::finish) says what was wrong.
#[derive(Debug, Default)]
pub(crate) struct Params {
    given: Vec<(String, String)>,
    known: Vec<&'static str>,
    mistakes: Vec<InputError>,
}

impl Params {
    pub(crate) fn read(query: Option<&str>) -> Self {
        let mut params = Self { given: Vec::new(), known: Vec::new(), mistakes: Vec::new() };
        let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        for (index, pair) in pairs.enumerate() {
            if index == MOST {
                params.mistake("", format!("expected at most {MOST} parameters"));
                break;
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decoded(name), decoded(value)) {
                (Some(name), Some(value)) => params.add(name, value),
                (name, _) => params.mistake(&name.unwrap_or_default(), "expected percent-encoded UTF-8"),
            }
        }
        params
    }

    fn add(&mut self, name: String, value: String) {
        if value.is_empty() {
            self.mistake(&name, "expected a value");
        } else if value.len() > LONGEST {
            self.mistake(&name, format!("expected at most {LONGEST} bytes"));
        }
        // Also when wrong: it was given, so it must be known.
        self.given.push((name, value));
    }

    /// Every value of a parameter that may be repeated.
    pub(crate) fn every(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        self.given.iter().filter(|(given, _)| given == name).map(|(_, value)| value.clone()).collect()
    }

    /// The value of a parameter that may be given once.
    pub(crate) fn one(&mut self, name: &'static str) -> Option<String> {
        let mut values = self.every(name);
        if values.len() > 1 {
            self.mistake(name, "expected once");
        }
        values.pop()
    }

    /// A value of a type; `expected` says what it looks like.
    pub(crate) fn parsed<T: FromStr>(&mut self, name: &'static str, expected: impl Display) -> Option<T> {
        let text = self.one(name)?;
        let value = text.parse().ok();
        if value.is_none() && !text.is_empty() {
            self.mistake(name, format!("expected {expected}"));
        }
        value
    }

    /// A text that must have a form; it is passed on as it was given. The form says itself what was expected.
    pub(crate) fn formed<E: Display>(
        &mut self,
        name: &'static str,
        check: impl FnOnce(&str) -> Result<(), E>,
    ) -> Option<String> {
        let text = self.one(name)?;
        // That a value is missing was said before.
        if !text.is_empty()
            && let Err(expected) = check(&text)
        {
            let expected = expected.to_string();
            // Some forms say themselves what they found.
            let found =
                if expected.contains(", found ") { String::new() } else { format!(", found “{text}”") };
            self.mistake(name, format!("{expected}{found}"));
        }
        Some(text)
    }

    /// What lists of every sort are narrowed by; a status is one of the aggregate, if that is known.
    pub(crate) fn filters(&mut self, aggregate: Option<Aggregate>) -> Filters {
        Filters {
            parties: self.every("party"),
            country: self.formed("country", is_country),
            topic: self.formed("topic", is::<TopicCode>),
            kind: self.formed("kind", is::<Code>),
            status: self.formed("status", |text| is_status(aggregate, text)),
            from: self.formed("from", is::<Edtf>),
            to: self.formed("to", is::<Edtf>),
            text: self.one("text"),
        }
    }

    pub(crate) fn page(&mut self) -> Paging {
        Paging { cursor: self.one("cursor"), limit: self.limit() }
    }

    /// How many items a page may have.
    pub(crate) fn limit(&mut self) -> u32 {
        const DEFAULT: u32 = 50;
        const MOST: u32 = 500;
        let limit = self.parsed("limit", format!("a number from 1 to {MOST}"));
        if limit.is_some_and(|limit| !(1..=MOST).contains(&limit)) {
            self.mistake("limit", format!("expected a number from 1 to {MOST}"));
        }
        limit.unwrap_or(DEFAULT)
    }

    pub(crate) fn min_position(&mut self) -> u64 {
        self.parsed("min_position", "a log position").unwrap_or(0)
    }

    pub(crate) fn order(&mut self) -> Order {
        self.order_or(Order::Newest)
    }

    pub(crate) fn order_or(&mut self, usual: Order) -> Order {
        match self.one("order").as_deref() {
            Some("oldest") => Order::Oldest,
            Some("newest") => Order::Newest,
            None | Some("") => usual,
            Some(_) => {
                self.mistake("order", "expected oldest or newest");
                usual
            }
        }
    }

    pub(crate) fn sort(&mut self) -> Sort {
        match self.one("sort").as_deref() {
            Some("recorded") => Sort::Recorded,
            None | Some("valid" | "") => Sort::Valid,
            Some(_) => {
                self.mistake("sort", "expected valid or recorded");
                Sort::Valid
            }
        }
    }

    /// An aggregate by its singular.
    pub(crate) fn aggregate(&mut self) -> Option<Aggregate> {
        let names = Aggregate::ALL.map(Aggregate::as_str).join(", ");
        self.parsed("aggregate", format!("one of {names}"))
    }

    pub(crate) fn date(&mut self, name: &'static str) -> Option<Date> {
        self.parsed(name, "a day, such as 2025-08-01")
    }

    /// A moment of the register: a log position, a time, or a day, which means its end (UTC).
    pub(crate) fn moment(&mut self, name: &'static str) -> Option<Moment> {
        self.parsed(name, "a log position, a time such as 2025-08-01T12:00:00Z, or a day")
    }

    /// A time, or a day (UTC), of which the edge is meant.
    pub(crate) fn time(&mut self, name: &'static str, edge: Edge) -> Option<Timestamp> {
        const EXPECTED: &str = "a time such as 2025-08-01T12:00:00Z, or a day";
        let text = self.one(name)?;
        let day = |text: &str| {
            let day = text.parse::<Date>().ok()?;
            match edge {
                Edge::Start => day.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok().map(|day| day.timestamp()),
                Edge::End => end_of(day).ok(),
            }
        };
        let time = text.parse().ok().or_else(|| day(&text));
        if time.is_none() && !text.is_empty() {
            self.mistake(name, format!("expected {EXPECTED}"));
        }
        time
    }

    /// Each value of a parameter that may be repeated, of a closed set.
    pub(crate) fn several<T: DeserializeOwned>(&mut self, name: &'static str, expected: &str) -> Vec<T> {
        let mut read = Vec::new();
        for text in self.every(name) {
            match serde_json::from_value(text.into()) {
                Ok(value) => read.push(value),
                Err(_) => self.mistake(name, format!("expected one of {expected}")),
            }
        }
        read
    }

    pub(crate) fn flag(&mut self, name: &'static str) -> bool {
        self.parsed(name, "true or false").unwrap_or(false)
    }

    /// Where a page begins that is counted by number: `after`, or `cursor` with what the last page said.
    pub(crate) fn after<N: FromStr + Default>(&mut self) -> N {
        let (after, cursor) = (self.parsed("after", "a number"), self.parsed("cursor", "a number"));
        if after.is_some() && cursor.is_some() {
            self.mistake("cursor", "expected either after or cursor");
        }
        after.or(cursor).unwrap_or_default()
    }

    pub(crate) fn mistake(&mut self, name: &str, detail: impl Into<String>) {
        self.mistakes.push(InputError { pointer: format!("?{name}"), detail: detail.into() });
    }

    /// Refuses if anything was wrong or unknown.
    pub(crate) fn finish(mut self) -> Result<(), Refusal> {
        self.known.sort_unstable();
        let mut unknown = self.given.iter().map(|(name, _)| name).collect::<Vec<_>>();
        unknown.retain(|name| !self.known.contains(&name.as_str()));
        unknown.dedup();
        let expected = match self.known.as_slice() {
            [] => "unknown parameter; none is expected here".to_owned(),
            known => format!("unknown parameter; expected one of {}", known.join(", ")),
        };
        let unknown = unknown.into_iter().map(|name| (name.clone(), expected.clone())).collect::<Vec<_>>();
        for (name, expected) in unknown {
            self.mistake(&name, expected);
        }
        let detail = match self.mistakes.as_slice() {
            [] => return Ok(()),
            [only] => only.to_string(),
            several => format!("{} mistakes", several.len()),
        };
        let problem = Problem::new(ProblemKind::InvalidQuery, detail);
        Err(Problem { errors: self.mistakes, ..problem }.into())
    }
}

/// A moment of the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Position(u64),
    Time(Timestamp),
}

impl Moment {
    /// The last day of which anything was known then, if that says a day.
    pub(crate) fn day(self) -> Option<Date> {
        match self {
            Self::Position(_) => None,
            Self::Time(time) => Some(time.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()),
        }
    }
}

impl FromStr for Moment {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(position) = text.parse() {
            return Ok(Self::Position(position));
        }
        if let Ok(time) = text.parse() {
            return Ok(Self::Time(time));
        }
        Ok(Self::Time(end_of(text.parse()?)?))
    }
}

/// The last moment of a day (UTC).
fn end_of(day: Date) -> Result<Timestamp, jiff::Error> {
    let next = day.tomorrow()?.to_zoned_datetime(jiff::tz::TimeZone::UTC)?.timestamp();
    Ok(next - jiff::SignedDuration::from_nanos(1))
}

/// Which edge of a day is meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edge {
    Start,
    End,
}

/// Whether a text is such a value: one that cannot be is a mistake, not a question without answers.
fn is<T: FromStr>(text: &str) -> Result<(), T::Err> {
    text.parse::<T>().map(drop)
}

/// In small letters, too, as the read model takes them.
fn is_country(text: &str) -> Result<(), <CountryCode as FromStr>::Err> {
    is::<CountryCode>(&text.to_ascii_uppercase())
}

fn is_status(aggregate: Option<Aggregate>, text: &str) -> Result<(), String> {
    let of = |aggregate: &Aggregate| domain::statuses(*aggregate);
    let aggregates = aggregate.map_or(Aggregate::ALL.to_vec(), |aggregate| vec![aggregate]);
    let mut known = aggregates.iter().flat_map(of).collect::<Vec<_>>();
    if known.contains(&text) {
        return Ok(());
    }
    known.sort_unstable();
    known.dedup();
    Err(format!("expected one of {}", known.join(", ")))
}

/// A form's encoding (`application/x-www-form-urlencoded`): a plus is a space.
fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    fn is_refused(params: Params) -> bool {
        params.finish().is_err_and(|refusal| refusal.into_response().status() == 400)
    }

    #[test]
    fn values_are_decoded() {
        let mut params = Params::read(Some("party=CA&party=Tarik+Ali%20Khan&limit=7&order=oldest"));
        assert_eq!(params.every("party"), ["CA", "Tarik Ali Khan"]);
        assert_eq!((params.limit(), params.order(), params.min_position()), (7, Order::Oldest, 0));
        assert!(params.finish().is_ok());
    }

    #[test]
    fn every_mistake_is_named() {
        let mut params =
            Params::read(Some("limit=501&order=up&min_position=x&a=%ff&country=&kind=1&kind=2&no"));
        params.limit();
        params.order();
        params.min_position();
        params.one("country");
        params.one("kind");
        let count = params.mistakes.len();
        assert_eq!(count, 7, "{:#?}", params.mistakes);
        assert!(is_refused(params));
    }

    #[test]
    fn what_was_found_is_said_once() {
        let mut params = Params::read(Some("firm=offered&edge=up"));
        params.formed("firm", |_| Err("expected one of agreed, found “offered”"));
        params.formed("edge", |_| Err("expected an edge"));
        let details = params.mistakes.iter().map(|mistake| mistake.detail.as_str()).collect::<Vec<_>>();
        assert_eq!(details, ["expected one of agreed, found “offered”", "expected an edge, found “up”"]);
    }

    #[test]
    fn what_is_unknown_is_refused() {
        assert!(is_refused(Params::read(Some("colour=red"))));
        assert!(Params::read(None).finish().is_ok());
    }
}
