//! Whom a token is for.

use std::collections::BTreeSet;
use std::time::Duration;

use contract::{Principal, Role};
use jiff::{SignedDuration, Timestamp};
use service::token::claims;

/// The holder of a token. The defaults are a stand-in for trying the register out on one machine.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Whom the token is for")]
pub(crate) struct Holder {
    /// The person or system
    #[arg(long = "subject", env = "CHANCERY_SUBJECT", value_name = "NAME",
        value_parser = claims::subject, default_value = "officer")]
    pub(crate) subject: String,

    /// The agency, a URI: what the holder records is in its name
    #[arg(long, env = "CHANCERY_AGENCY", value_name = "URI",
        value_parser = claims::agency, default_value = "urn:agency:pk")]
    pub(crate) agency: String,

    /// The one party acted for, an ISO 3166-1 alpha-2 code
    #[arg(long, env = "CHANCERY_PARTY", value_name = "CODE",
        value_parser = claims::party, default_value = "PK")]
    pub(crate) party: String,

    /// What the holder may do; repeatable
    #[arg(long = "role", value_name = "ROLE", value_parser = role, value_delimiter = ',',
        default_value = "reader,recorder,approver,auditor,subscriber_manager")]
    pub(crate) roles: Vec<Role>,

    /// The highest level the holder may see
    #[arg(long, value_name = "LEVEL", value_parser = claims::clearance, default_value = "TOP SECRET")]
    pub(crate) clearance: String,

    /// A caveat that the holder may see; repeatable
    #[arg(long = "caveat", value_name = "CAVEAT", value_parser = claims::caveat)]
    pub(crate) caveats: Vec<String>,

    /// How long the token is valid, such as 8h or 30d
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "12h")]
    pub(crate) ttl: Duration,
}

impl Holder {
    /// Who that is to the register.
    pub(crate) fn principal(&self) -> Principal {
        Principal {
            subject: self.subject.clone(),
            agency: self.agency.clone(),
            party: self.party.clone(),
            roles: self.roles.iter().copied().collect(),
            level: self.clearance.clone(),
            caveats: self.caveats.iter().cloned().collect::<BTreeSet<_>>(),
        }
    }

    /// When a token that is made now ends.
    pub(crate) fn end(&self, now: Timestamp) -> Timestamp {
        SignedDuration::try_from(self.ttl)
            .ok()
            .and_then(|ttl| now.checked_add(ttl).ok())
            .unwrap_or(Timestamp::MAX)
    }
}

fn role(text: &str) -> Result<Role, String> {
    let expected = "reader, recorder, approver, auditor, subscriber_manager or administrator";
    serde_json::from_value(text.into()).map_err(|_| format!("expected {expected}"))
}

/// A duration as people write it.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let span = text.parse::<jiff::Span>().map_err(|_| "expected a duration such as 8h or 30d".to_owned())?;
    let whole =
        span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|error| error.to_string())?;
    Duration::try_from(whole).map_err(|_| "expected a duration that is not negative".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_people_write_them() {
        assert_eq!(duration("8h"), Ok(Duration::from_secs(8 * 3600)));
        assert_eq!(duration("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert!(duration("-1h").is_err() && duration("soon").is_err());
    }
}
