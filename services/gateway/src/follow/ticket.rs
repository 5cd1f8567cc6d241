//! Tickets: who can set no header shows one in the address.
//!
//! An address ends up in logs and histories, so what stands in it opens streams and nothing else, and only for a few
//! minutes. A stream that was opened with a ticket ends when the token does for which the ticket was given. A ticket is a
//! token (JWT) signed with a key of the gateway's own: it holds across a restart, since a browser that resumes asks at
//! the same address. Its `iat` says since when it opens streams, its `exp` when the token ends.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use service::token::{Error, Issuer, Keys, Verified, Verifier};

/// The parameter that holds a ticket.
pub(crate) const PARAMETER: &str = "ticket";

/// How long a ticket opens streams: longer than a restart takes.
const VALID: SignedDuration = SignedDuration::from_mins(5);

/// Who signs tickets; nobody signs tokens by this name.
const ISSUER: &str = "chancery-stream-ticket";

pub(crate) struct Tickets {
    issuer: Issuer,
    verifier: Verifier,
}

impl Tickets {
    /// Signs with the keys of a folder, which are made if there are none.
    ///
    /// # Errors
    /// When they cannot be read or made.
    pub(crate) fn of(folder: &Path) -> anyhow::Result<Self> {
        let keys = Keys::create_if_absent(folder).context("there are no keys for tickets")?;
        Ok(Self { issuer: keys.issuer(ISSUER)?, verifier: keys.verifier(ISSUER)? })
    }

    /// A ticket for who has shown a token, and until when it opens streams.
    ///
    /// # Errors
    /// When the key does not sign.
    pub(crate) fn issue(&self, who: &Verified, now: Timestamp) -> Result<(String, Timestamp), Error> {
        let left = Duration::try_from(who.expires.duration_since(now)).unwrap_or_default();
        let ticket = self.issuer.issue(&who.principal, now, left)?;
        let end = now.saturating_add(VALID).unwrap_or(who.expires);
        Ok((ticket, end.min(who.expires)))
    }

    /// Whom a ticket names, if it opens streams now.
    ///
    /// # Errors
    /// As for a token.
    pub(crate) fn verify(&self, ticket: &str, now: Timestamp) -> Result<Arc<Verified>, Error> {
        let verified = self.verifier.verify(ticket, now)?;
        let end = verified.issued.saturating_add(VALID).unwrap_or(verified.expires);
        if end < now { Err(Error::Expired(end)) } else { Ok(verified) }
    }
}

/// The ticket of a query, as it stands there: no character of one needs an escape.
pub(crate) fn of_query(query: Option<&str>) -> Option<&str> {
    query?.split('&').find_map(|pair| pair.strip_prefix(PARAMETER)?.strip_prefix('='))
}

/// A path with its query that nobody can open a stream with.
pub(crate) fn hidden(path_and_query: &str) -> String {
    let Some((path, query)) = path_and_query.split_once('?') else { return path_and_query.to_owned() };
    let hide = |pair: &str| match pair.split_once('=') {
        Some((PARAMETER, _)) => format!("{PARAMETER}=…"),
        _ => pair.to_owned(),
    };
    format!("{path}?{}", query.split('&').map(hide).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use contract::{Principal, Role};

    use super::*;

    fn who(expires: Timestamp) -> Verified {
        let roles = [Role::Reader].into();
        let (level, subject) = ("OFFICIAL".to_owned(), "officer".to_owned());
        let agency = "urn:agency:pk".to_owned();
        let principal =
            Principal { subject, agency, roles, level, party: "PK".into(), ..Principal::anonymous() };
        Verified { principal, issued: expires - SignedDuration::from_hours(1), expires }
    }

    #[test]
    fn a_ticket_opens_streams_for_a_while_and_says_when_the_token_ends() {
        let folder = tempfile::tempdir().unwrap();
        let tickets = Tickets::of(folder.path()).unwrap();
        let now = "2025-06-01T12:00:00Z".parse::<Timestamp>().unwrap();
        let who = who(now + SignedDuration::from_hours(1));
        let (ticket, end) = tickets.issue(&who, now).unwrap();
        assert_eq!(end, now + VALID);
        let verified = tickets.verify(&ticket, end).unwrap();
        assert_eq!((&verified.principal, verified.expires), (&who.principal, who.expires));
        assert!(tickets.verify(&ticket, end + SignedDuration::from_secs(1)).is_err());
        // After a restart, too; elsewhere, or as a token, never.
        assert!(Tickets::of(folder.path()).unwrap().verify(&ticket, now).is_ok());
        assert!(Tickets::of(tempfile::tempdir().unwrap().path()).unwrap().verify(&ticket, now).is_err());
        let keys = Keys::in_folder(folder.path());
        assert!(keys.verifier(service::token::ISSUER).unwrap().verify(&ticket, now).is_err());
    }

    #[test]
    fn nothing_that_is_kept_holds_a_ticket() {
        assert_eq!(of_query(Some("party=CA&ticket=a.b.c")), Some("a.b.c"));
        assert_eq!(of_query(Some("tickets=a")), None);
        assert_eq!(hidden("/v1/stream?party=CA&ticket=a.b.c"), "/v1/stream?party=CA&ticket=…");
        assert_eq!(hidden("/v1/stream?party=CA"), "/v1/stream?party=CA");
        assert_eq!(hidden("/v1/stream"), "/v1/stream");
    }
}
