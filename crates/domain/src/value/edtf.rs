//! Times that are only partly known: the Extended Date/Time Format (ISO 8601-2:2019, EDTF), levels 0 and 1.
//!
//! | what | for example |
//! |---|---|
//! | a year, month, day | `2025`, `2025-06`, `2025-04-13` |
//! | a date-time | `2025-04-13T10:30:00`, `2025-04-13T10:30:00Z`, `2025-04-13T10:30:00+05:00` |
//! | uncertain, approximate, both | `2004?`, `2004-06~`, `2004-06-11%` |
//! | digits unspecified | `201X`, `20XX`, `2004-XX`, `1985-04-XX`, `1985-XX-XX` |
//! | spring, summer, autumn, winter | `2025-21`, `2025-22`, `2025-23`, `2025-24` |
//! | it lasted from … to …, open or unknown | `2004/2006`, `2004-06-01/..`, `2004/` |
//! | level 2: some time by, after, between; one of | `[..2004]`, `[2004..]`, `[2004..2006]`, `[2004,2006]` |
//!
//! Left out: years before 0000 and after 9999, which nobody has engagements in.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::Expected;
use super::scalar::textual;

const FORMS: &str = "expected a time in EDTF such as 2025, 2025-06, 2025-04-13, 2025-04-13T10:30:00, 2004-06~, \
                     201X, 2004/2006 or [..2004]; words go into as_stated";

/// The most alternatives of a set.
const MOST: usize = 20;

/// A time as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edtf {
    text: Box<str>,
    bounds: Bounds,
}

impl Edtf {
    /// Reads a time.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> Result<Self, Expected> {
        Ok(Self { bounds: time(text)?, text: text.into() })
    }

    /// The time as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The earliest and the latest day that it may be.
    #[must_use]
    pub const fn bounds(&self) -> Bounds {
        self.bounds
    }
}

impl FromStr for Edtf {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Edtf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

textual!(Edtf);

/// The earliest and the latest day that something may be; `None` where it is open or unknown.
///
/// `?`, `~` and `%` do not widen them. Days are civil, as written: an offset does not shift them. Seasons are
/// those of the northern calendar: spring begins in March, winter in December of the year that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// The first day that it may be.
    pub earliest: Option<Date>,
    /// The last day that it may be.
    pub latest: Option<Date>,
}

impl Bounds {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { earliest: None, latest: None };

    /// Whether this is as fine as `other` or finer, and within it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let starts = other.earliest.is_none_or(|from| self.earliest.is_some_and(|at| at >= from));
        let ends = other.latest.is_none_or(|to| self.latest.is_some_and(|at| at <= to));
        starts && ends
    }

    /// Whether both can be true of one day.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |a: Option<Date>, b: Option<Date>| a.zip(b).is_some_and(|(a, b)| a < b);
        !before(self.latest, other.earliest) && !before(other.latest, self.earliest)
    }

    /// From the start of one to the end of another.
    fn spanning(from: Self, to: Self) -> Result<Self, Expected> {
        let backwards = from.earliest.zip(to.latest).is_some_and(|(from, to)| from > to);
        if backwards {
            return Err(Expected::new("expected an end that is not before the start"));
        }
        Ok(Self { earliest: from.earliest, latest: to.latest })
    }
}

fn time(text: &str) -> Result<Bounds, Expected> {
    if let Some(set) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return alternatives(set);
    }
    if let Some((from, to)) = text.split_once('/') {
        return interval(from, to);
    }
    if let Some((day, of_day)) = text.split_once('T') {
        return date_time(day, of_day);
    }
    date(text)
}

/// The inside of a set: `..b`, `a..`, `a..b`, `a,b`.
fn alternatives(set: &str) -> Result<Bounds, Expected> {
    if let Some((from, to)) = set.split_once("..") {
        let end = |text: &str| if text.is_empty() { Ok(Bounds::UNKNOWN) } else { date(text) };
        if from.is_empty() && to.is_empty() {
            return Err(Expected::new(FORMS));
        }
        return Bounds::spanning(end(from)?, end(to)?);
    }
    let dates = set.split(',').map(date).collect::<Result<Vec<_>, _>>()?;
    if !(2..=MOST).contains(&dates.len()) {
        return Err(Expected::new(format!("expected 2 to {MOST} dates in a set, such as [2004,2006]")));
    }
    Ok(Bounds {
        earliest: dates.iter().filter_map(|date| date.earliest).min(),
        latest: dates.iter().filter_map(|date| date.latest).max(),
    })
}

fn interval(from: &str, to: &str) -> Result<Bounds, Expected> {
    let end = |text: &str| if matches!(text, "" | "..") { Ok(Bounds::UNKNOWN) } else { date(text) };
    if from.contains('T') || to.contains('T') {
        return Err(Expected::new("expected an interval between dates, without times of day"));
    }
    let bounds = Bounds::spanning(end(from)?, end(to)?)?;
    if bounds == Bounds::UNKNOWN {
        return Err(Expected::new("expected an interval with a date at one end or both"));
    }
    Ok(bounds)
}

fn date_time(day: &str, of_day: &str) -> Result<Bounds, Expected> {
    let bounds = date(day)?;
    let is_day = day.len() == "2025-04-13".len() && bounds.earliest == bounds.latest;
    if is_day && is_time_of_day(of_day) {
        Ok(bounds)
    } else {
        Err(Expected::new(
            "expected a date-time such as 2025-04-13T10:30:00, 2025-04-13T10:30:00Z or 2025-04-13T10:30:00+05:00",
        ))
    }
}

/// `hh:mm:ss`, then nothing, `Z`, `±hh` or `±hh:mm`.
fn is_time_of_day(text: &str) -> bool {
    let Some((time, zone)) = text.split_at_checked("10:30:00".len()) else { return false };
    let offset = || zone.strip_prefix(['+', '-']).is_some_and(|offset| is_clock(offset, 1..=2));
    is_clock(time, 3..=3) && (matches!(zone, "" | "Z") || offset())
}

/// Colon-separated pairs of digits: an hour, then minutes and seconds.
fn is_clock(text: &str, pairs: std::ops::RangeInclusive<usize>) -> bool {
    let pair = |(i, pair): (usize, &str)| number(pair, 2).is_some_and(|n| n <= if i == 0 { 23 } else { 59 });
    pairs.contains(&text.split(':').count()) && text.split(':').enumerate().all(pair)
}

/// A date of level 0 or 1, qualified or not.
fn date(text: &str) -> Result<Bounds, Expected> {
    let text = text.strip_suffix(['?', '~', '%']).unwrap_or(text);
    let mut parts = text.split('-');
    let year = parts.next().unwrap_or_default();
    let (month, day, none) = (parts.next(), parts.next(), parts.next());
    if none.is_some() {
        return Err(Expected::new(FORMS));
    }
    let Some(month) = month else { return years(year) };
    let year = number(year, 4).ok_or_else(|| Expected::new(FORMS))?;
    match (month, day) {
        ("XX", None | Some("XX")) => span(year, 1, year, 12),
        (month, None | Some("XX")) => {
            let number = number(month, 2).ok_or_else(|| Expected::new(FORMS))?;
            match number {
                1..=12 => span(year, number, year, number),
                21..=23 if day.is_none() => span(year, (number - 20) * 3, year, (number - 20) * 3 + 2),
                24 if day.is_none() => span(year, 12, year + 1, 2),
                _ => Err(Expected::new(format!(
                    "expected a month from 01 to 12 or a season from 21 to 24, found {month}"
                ))),
            }
        }
        (month, Some(day)) => {
            let numbers = number(month, 2).zip(number(day, 2));
            let (month, day) = numbers.ok_or_else(|| Expected::new(FORMS))?;
            let date = civil(year, month, day)
                .ok_or_else(|| Expected::new(format!("there is no {text} in the calendar")))?;
            Ok(Bounds { earliest: Some(date), latest: Some(date) })
        }
    }
}

/// `2004`, `201X`, `20XX`.
fn years(text: &str) -> Result<Bounds, Expected> {
    let known = text.trim_end_matches('X');
    let unknown = text.len() - known.len();
    let first = number(known, 4_usize.saturating_sub(unknown)).filter(|_| unknown <= 2);
    let first = first.ok_or_else(|| Expected::new(FORMS))?;
    let width = [1, 10, 100][unknown];
    span(first * width, 1, first * width + width - 1, 12)
}

/// From the first day of a month to the last of another; the calendar ends with 9999.
fn span(year: u16, month: u16, last_year: u16, last_month: u16) -> Result<Bounds, Expected> {
    let earliest = civil(year, month, 1).ok_or_else(|| Expected::new(FORMS))?;
    let latest = civil(last_year, last_month, 1).map_or(Date::MAX, Date::last_of_month);
    Ok(Bounds { earliest: Some(earliest), latest: Some(latest) })
}

fn civil(year: u16, month: u16, day: u16) -> Option<Date> {
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// Exactly so many digits.
fn number(text: &str, digits: usize) -> Option<u16> {
    let form = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    form.then(|| text.parse().ok()).flatten()
}
