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

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;
    use proptest::prelude::*;

    use super::*;

    fn bounds(text: &str) -> (Option<Date>, Option<Date>) {
        let time = Edtf::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(time.to_string(), text);
        (time.bounds().earliest, time.bounds().latest)
    }

    #[test]
    fn what_is_partly_known_has_bounds() {
        for (text, from, to) in [
            ("2025", day(2025, 1, 1), day(2025, 12, 31)),
            ("0000", day(0, 1, 1), day(0, 12, 31)),
            ("2025-06", day(2025, 6, 1), day(2025, 6, 30)),
            ("2024-02", day(2024, 2, 1), day(2024, 2, 29)),
            ("1900-02", day(1900, 2, 1), day(1900, 2, 28)),
            ("2024-02-29", day(2024, 2, 29), day(2024, 2, 29)),
            ("2025-04-13T23:59:59", day(2025, 4, 13), day(2025, 4, 13)),
            ("2025-04-13T00:00:00Z", day(2025, 4, 13), day(2025, 4, 13)),
            ("2025-04-13T10:30:00+05", day(2025, 4, 13), day(2025, 4, 13)),
            ("2025-04-13T10:30:00-03:30", day(2025, 4, 13), day(2025, 4, 13)),
            ("1984?", day(1984, 1, 1), day(1984, 12, 31)),
            ("2004-06~", day(2004, 6, 1), day(2004, 6, 30)),
            ("2004-06-11%", day(2004, 6, 11), day(2004, 6, 11)),
            ("201X", day(2010, 1, 1), day(2019, 12, 31)),
            ("20XX", day(2000, 1, 1), day(2099, 12, 31)),
            ("2004-XX", day(2004, 1, 1), day(2004, 12, 31)),
            ("1985-04-XX", day(1985, 4, 1), day(1985, 4, 30)),
            ("1985-XX-XX", day(1985, 1, 1), day(1985, 12, 31)),
            ("2001-21", day(2001, 3, 1), day(2001, 5, 31)),
            ("2001-22?", day(2001, 6, 1), day(2001, 8, 31)),
            ("2001-23", day(2001, 9, 1), day(2001, 11, 30)),
            ("2003-24", day(2003, 12, 1), day(2004, 2, 29)),
            ("9999-24", day(9999, 12, 1), day(9999, 12, 31)),
            ("1964/2008", day(1964, 1, 1), day(2008, 12, 31)),
            ("2004-02-01~/2005-02", day(2004, 2, 1), day(2005, 2, 28)),
            ("2004-06/2004-06-11", day(2004, 6, 1), day(2004, 6, 11)),
            ("[1984-02..1985-05-03]", day(1984, 2, 1), day(1985, 5, 3)),
            ("[1670,1667-12,1668]", day(1667, 12, 1), day(1670, 12, 31)),
        ] {
            assert_eq!(bounds(text), (Some(from), Some(to)), "{text}");
        }
    }

    #[test]
    fn open_and_unknown_ends_have_no_bound() {
        assert_eq!(bounds("1985-04-12/.."), (Some(day(1985, 4, 12)), None));
        assert_eq!(bounds("1985-04-12/"), (Some(day(1985, 4, 12)), None));
        assert_eq!(bounds("../1985"), (None, Some(day(1985, 12, 31))));
        assert_eq!(bounds("/1985"), (None, Some(day(1985, 12, 31))));
        assert_eq!(bounds("[..1985-12]"), (None, Some(day(1985, 12, 31))));
        assert_eq!(bounds("[1985-12..]"), (Some(day(1985, 12, 1)), None));
    }

    #[test]
    fn what_is_not_of_it_is_refused() {
        let forms = "- T / .. ../.. [] [..] [2004] [2004 2004] {2004,2005}
            25 02025 20255 -2025 +2025 Y17000 XXXX 2XXX 20X5 201X-06 201x ２０２５
            2025-6 2025-00 2025-13 2025-20 2025-25 2025-21-01 2025-XX-01 2025-1X 20250413
            2025-02-30 2023-02-29 2025-04-00 2025-04-1X 2025-04-13-01
            2004?? ?2004 2004-?06 2004-06-(01)~
            2025-04-13T 2025-04-13T10:30 2025-04-13T24:00:00 2025-04-13T10:60:00 2025-04-13T10:30:60
            2025-04-13T10:30:00.5 2025-04-13T10:30:00z 2025-04-13T10:30:00+5 2025-04-13T10:30:00?
            2025-04T10:30:00 2025-04-XXT10:30:00 T10:30:00
            2008/1964 2004-06-11/2004-05 2004/2005/2006 2004/P1Y 2025-04-13T10:00:00/2025-04-13T11:00:00
            [2006..2004] [2004..2005..2006] [2004,] [2004/2006] [2025-04-13T10:30:00,2006] [..2004,2005]";
        let spaced = ["", " ", "Sunday", "13 April 2025", "2025-04-13 10:30:00", "[2004, 2006]", "2025\n"];
        for text in forms.split_whitespace().chain(spaced) {
            assert!(Edtf::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_was_expected() {
        let refusal = |text| Edtf::parse(text).expect_err(text).to_string();
        assert_eq!(refusal("2025-02-30"), "there is no 2025-02-30 in the calendar");
        assert!(refusal("2025-13").ends_with("a season from 21 to 24, found 13"));
        assert!(refusal("Sunday").ends_with("words go into as_stated"));
        assert!(refusal("2008/1964").contains("not before the start"));
    }

    #[test]
    fn finer_is_within_and_other_is_not() {
        let of = |text| Edtf::parse(text).expect(text).bounds();
        assert!(of("2025-06-11").is_within(&of("2025-06")));
        assert!(of("2025-06").is_within(&of("[2025..]")));
        assert!(!of("2025").is_within(&of("2025-06")));
        assert!(!of("2025/..").is_within(&of("2025")));
        assert!(of("2025-06").is_within(&Bounds::UNKNOWN));
        assert!(of("2025-06").overlaps(&of("[..2025]")));
        assert!(!of("2025-06").overlaps(&of("2025-07/..")));
    }

    fn any_date() -> impl Strategy<Value = (String, Date, Date)> {
        let qualifier = prop::sample::select(vec!["", "?", "~", "%"]);
        (1i16..=9998, 1i8..=12, 1i8..=31, 0..5, qualifier).prop_map(|(y, m, d, form, q)| {
            let month = day(y, m, 1);
            let d = d.min(month.days_in_month());
            let (text, from, to) = match form {
                0 => (format!("{y:04}"), day(y, 1, 1), day(y, 12, 31)),
                1 => (format!("{y:04}-{m:02}"), month, month.last_of_month()),
                2 => (format!("{y:04}-{m:02}-{d:02}"), day(y, m, d), day(y, m, d)),
                3 => (format!("{y:04}-{m:02}-XX"), month, month.last_of_month()),
                _ => (format!("{:03}X", y / 10), day(y / 10 * 10, 1, 1), day(y / 10 * 10 + 9, 12, 31)),
            };
            (format!("{text}{q}"), from, to)
        })
    }

    proptest! {
        #[test]
        fn any_date_has_its_bounds((text, from, to) in any_date()) {
            prop_assert_eq!(bounds(&text), (Some(from), Some(to)));
        }

        #[test]
        fn two_dates_are_bounded_by_the_first_and_the_last_day((a, a0, a1) in any_date(), (b, b0, b1) in any_date()) {
            prop_assert_eq!(bounds(&format!("[{a},{b}]")), (Some(a0.min(b0)), Some(a1.max(b1))));
            prop_assert_eq!(bounds(&format!("{a}/..")), (Some(a0), None));
            prop_assert_eq!(bounds(&format!("/{b}")), (None, Some(b1)));
            for text in [format!("{a}/{b}"), format!("[{a}..{b}]")] {
                prop_assert_eq!(Edtf::parse(&text).is_ok(), a0 <= b1);
                if a0 <= b1 {
                    prop_assert_eq!(bounds(&text), (Some(a0), Some(b1)));
                }
            }
        }

        #[test]
        fn nothing_makes_it_panic(text in "[0-9X?~%T:Z+./,\\[\\]é-]{0,24}") {
            if let Ok(time) = Edtf::parse(&text) {
                let Bounds { earliest, latest } = time.bounds();
                prop_assert!(earliest.zip(latest).is_none_or(|(from, to)| from <= to));
                prop_assert_eq!(serde_json::to_value(&time).expect("text"), serde_json::Value::from(text));
            }
        }
    }
}
