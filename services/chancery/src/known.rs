//! As of when the register is asked: what it knew, and which day it is.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use service::Clock;

use crate::filters::{Parameters, push};

/// As of what was recorded.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "As of when")]
pub(crate) struct Known {
    /// As the register knew it then: a log position, a time such as 2025-08-01T12:00:00Z, or a day,
    /// which means its end (UTC); what was recorded later is not seen
    #[arg(long, value_name = "WHEN")]
    known_at: Option<String>,
}

impl Known {
    pub(crate) fn add_to(&self, query: &mut Parameters) {
        push(query, "known_at", self.known_at.as_ref());
    }

    /// Whether another time than now is asked about.
    pub(crate) const fn is_given(&self) -> bool {
        self.known_at.is_some()
    }

    /// What an answer at the position reflects, in words.
    pub(crate) fn said(&self, position: Option<u64>) -> String {
        let at = position.map(|position| format!("position {position}"));
        let stated = self.known_at.as_deref().filter(|known| known.parse::<u64>().is_err());
        match (stated, at) {
            (Some(stated), Some(at)) => format!(" as known at {stated} ({at})"),
            (Some(stated), None) => format!(" as known at {stated}"),
            (None, Some(at)) if self.known_at.is_some() => format!(" as known at {at}"),
            (None, Some(at)) => format!(" at {at}"),
            (None, None) => String::new(),
        }
    }

    /// The day that is named, if one is.
    fn day(&self) -> Option<Date> {
        let known = self.known_at.as_deref()?;
        let of_time = |time: Timestamp| time.to_zoned_datetime(TimeZone::UTC).date();
        known.parse().map(of_time).or_else(|_| known.parse()).ok()
    }
}

/// As of which day things are late or near.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "As of when")]
pub(crate) struct Today {
    /// As if it were this day [default: the day of --known-at, else today (UTC)]
    #[arg(long, value_name = "DAY")]
    today: Option<Date>,
}

impl Today {
    /// The day. It is sent along, so that both sides mean the same one.
    pub(crate) fn day(&self, known: &Known) -> Date {
        let now = || Clock::system().now().to_zoned_datetime(TimeZone::UTC).date();
        self.today.or_else(|| known.day()).unwrap_or_else(now)
    }

    /// The day, if one is named.
    pub(crate) fn add_to(&self, query: &mut Parameters) {
        push(query, "today", self.today.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> Known {
        Known { known_at: Some(text.to_owned()) }
    }

    #[test]
    fn an_answer_says_what_it_reflects() {
        assert_eq!(Known::default().said(Some(7)), " at position 7");
        assert_eq!(known("7").said(Some(6)), " as known at position 6");
        assert_eq!(known("2025-08-01").said(Some(7)), " as known at 2025-08-01 (position 7)");
    }

    #[test]
    fn today_is_as_given_or_the_day_of_what_was_known() {
        let today = |today: Option<&str>, at: &str| {
            Today { today: today.map(|day| day.parse().unwrap()) }.day(&known(at)).to_string()
        };
        assert_eq!(today(Some("2025-08-02"), "2025-08-01"), "2025-08-02");
        assert_eq!(today(None, "2025-08-01"), "2025-08-01");
        assert_eq!(today(None, "2025-08-01T23:00:00-04:00"), "2025-08-02");
    }
}
