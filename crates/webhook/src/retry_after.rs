//! When a receiver wants to be asked again.

use std::time::Duration;

use http::{HeaderMap, header};
use jiff::Timestamp;

/// What a `Retry-After` says (RFC 9110, section 10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// So long after the answer.
    In(Duration),
    /// Not before.
    At(Timestamp),
}

impl RetryAfter {
    /// No receiver puts its messages off for longer than this at a time.
    pub const MOST: Duration = Duration::from_hours(24);

    /// What an answer's headers say; none where they say nothing that can be read.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        Self::read(headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim())
    }

    fn read(text: &str) -> Option<Self> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            // A number too large for us is a long time all the same.
            return Some(Self::In(Duration::from_secs(text.parse().unwrap_or(u64::MAX))));
        }
        let date = httpdate::parse_http_date(text).ok()?;
        // Such a date is of 1970 at the earliest; of the end of 9999, some are beyond what we count.
        Some(Self::At(Timestamp::try_from(date).unwrap_or(Timestamp::MAX)))
    }

    /// How long that is from now: nothing for what is past, and at most [`Self::MOST`].
    #[must_use]
    pub fn wait(self, now: Timestamp) -> Duration {
        let wait = match self {
            Self::In(wait) => wait,
            Self::At(then) => Duration::try_from(then.duration_since(now)).unwrap_or_default(),
        };
        wait.min(Self::MOST)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn wait(text: &'static str) -> Option<u64> {
        let now = "2026-11-06T08:49:07Z".parse().expect("a moment");
        let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(text))]);
        RetryAfter::of(&headers).map(|after| after.wait(now).as_secs())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(wait("0"), Some(0));
        assert_eq!(wait(" 120 "), Some(120));
        // One moment in the three forms that a recipient has to read.
        assert_eq!(wait("Fri, 06 Nov 2026 08:49:37 GMT"), Some(30));
        assert_eq!(wait("Friday, 06-Nov-26 08:49:37 GMT"), Some(30));
        assert_eq!(wait("Fri Nov  6 08:49:37 2026"), Some(30));
        assert_eq!(wait("Fri, 06 Nov 2026 08:49:06 GMT"), Some(0));
    }

    #[test]
    fn it_is_bounded() {
        let day = RetryAfter::MOST.as_secs();
        for long in ["86401", "99999999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            assert_eq!(wait(long), Some(day), "{long}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_nothing() {
        for wrong in ["", "soon", "-1", "1.5", "+3", "Fri, 06 Nov 2026", "5m"] {
            assert_eq!(wait(wrong), None, "{wrong:?}");
        }
        assert_eq!(RetryAfter::of(&HeaderMap::new()), None);
    }
}
