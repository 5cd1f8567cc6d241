//! What a receiver's answer means.

use http::StatusCode;

/// What is to be done after an answer (Standard Webhooks, "Delivery success and failure").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It has the message.
    Delivered,
    /// It has not, and is tried again. A redirection is one of these: it is not followed.
    Failed,
    /// It has not because it is asked too much, and is left in peace for longer.
    Slow,
    /// It wants nothing more, ever.
    Gone,
}

impl Meaning {
    /// What a status means.
    #[must_use]
    pub fn of(status: StatusCode) -> Self {
        match status {
            status if status.is_success() => Self::Delivered,
            StatusCode::GONE => Self::Gone,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
                Self::Slow
            }
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_alone_is_success() {
        for status in (100..1000).filter_map(|status| StatusCode::from_u16(status).ok()) {
            let expected = match status.as_u16() {
                200..300 => Meaning::Delivered,
                410 => Meaning::Gone,
                429 | 502 | 504 => Meaning::Slow,
                _ => Meaning::Failed,
            };
            assert_eq!(Meaning::of(status), expected, "{status}");
        }
    }
}
