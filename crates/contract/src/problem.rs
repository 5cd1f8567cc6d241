//! How anything is refused: problem details for HTTP APIs (RFC 9457), the same inside as outside.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A refusal, as it is served: `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{title}: {detail}")]
pub struct Problem {
    /// The kind, as a URI reference: `/problems/<slug>`.
    #[serde(rename = "type")]
    pub kind: ProblemKind,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This occurrence in words.
    pub detail: String,
    /// Every mistake, each with its place.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub errors: Vec<InputError>,
    /// Seconds after which a retry may help.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A refusal of this kind.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let retry_after = matches!(kind.status(), 429 | 503).then_some(1);
        Self {
            kind,
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: detail.into(),
            errors: Vec::new(),
            retry_after,
        }
    }

    /// Every mistake of an input at once.
    #[must_use]
    pub fn invalid(errors: Vec<InputError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.to_string(),
            several => format!("{} mistakes", several.len()),
        };
        Self { errors, ..Self::new(ProblemKind::InvalidInput, detail) }
    }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputError {
    /// What was expected.
    pub detail: String,
    /// Where: a JSON pointer (RFC 6901) into what was sent.
    pub pointer: String,
}

/// The place first, unless the mistake is about the whole.
impl fmt::Display for InputError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pointer.is_empty() {
            write!(out, "{}: ", self.pointer)?;
        }
        out.write_str(&self.detail)
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $slug:literal, $status:literal, $title:literal;)+) => {
        /// Every kind of refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum ProblemKind {
            $($(#[doc = $doc])+ #[serde(rename = $slug)] $name,)+
        }

        impl ProblemKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The URI reference that stands in `type`.
            #[must_use]
            pub const fn uri(self) -> &'static str {
                match self { $(Self::$name => $slug,)+ }
            }

            /// The kind in words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What it means and what to do, for the page behind the URI.
            #[must_use]
            pub const fn explanation(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+),)+ }
            }
        }
    };
}

kinds! {
    /// The request cannot be read: not JSON, not UTF-8, or not the form that its Content-Type says.
    Malformed = "/problems/malformed", 400, "Malformed request";
    /// A query parameter is unknown or has a value that cannot be read.
    InvalidQuery = "/problems/invalid-query", 400, "Invalid query";
    /// No token, or one that is expired, not yet valid or not signed by a key this register trusts.
    Unauthenticated = "/problems/unauthenticated", 401, "A valid token is needed";
    /// The token does not allow this: a role is missing, or the source is another agency's.
    Forbidden = "/problems/forbidden", 403, "Not allowed";
    /// There is no such thing, or you may not see it.
    NotFound = "/problems/not-found", 404, "Not found";
    /// The route exists, the method does not.
    MethodNotAllowed = "/problems/method-not-allowed", 405, "Method not allowed";
    /// The register answers JSON, and CloudEvents where the route says so; the Accept header asks for neither.
    NotAcceptable = "/problems/not-acceptable", 406, "Not acceptable";
    /// The request did not arrive in full in time.
    RequestTimeout = "/problems/request-timeout", 408, "Request timeout";
    /// An event with this source and id was recorded before, with other content. Nothing was recorded.
    Conflict = "/problems/conflict", 409, "Recorded before with other content";
    /// There are as many of these as one agency may have, such as subscriptions. Delete one, or ask the operator for more.
    LimitReached = "/problems/limit-reached", 409, "Limit reached";
    /// A replay of this subscription was asked for before and is not over. Look at the subscription's health, and ask again when it is.
    ReplayUnderWay = "/problems/replay-under-way", 409, "A replay is under way";
    /// The record does not have the version that `expectedversion` or `If-Match` asked for, or the subscription was changed since it had the ETag in `If-Match`. Nothing was recorded or changed.
    PreconditionFailed = "/problems/precondition-failed", 412, "The record has another version";
    /// The request, or one event in it, is larger than the register takes. Nothing was recorded.
    TooLarge = "/problems/too-large", 413, "Too large";
    /// The register reads JSON: application/json, application/cloudevents+json, application/cloudevents-batch+json.
    UnsupportedMediaType = "/problems/unsupported-media-type", 415, "Unsupported media type";
    /// What was sent breaks the vocabulary's rules; each mistake is listed with its place. Nothing was recorded.
    InvalidInput = "/problems/invalid-input", 422, "Invalid input";
    /// The rules flag the event as implausible, and strict handling was asked for. Nothing was recorded.
    Implausible = "/problems/implausible", 422, "Implausible";
    /// The caller asks more often than agreed.
    TooManyRequests = "/problems/too-many-requests", 429, "Too many requests";
    /// The register failed in a way that is its own fault; the operator's log says more.
    Internal = "/problems/internal", 500, "Internal error";
    /// A part of the register does not answer now. Retrying may help.
    Unavailable = "/problems/unavailable", 503, "Unavailable";
    /// The read model has not reached the position asked for in time. Retrying may help.
    NotYet = "/problems/not-yet", 503, "Not there yet";
    /// What was asked for is marked or leaves the register, and nobody is shown such a thing before that is logged. The log of reads cannot be written now. Retrying may help.
    NotLogged = "/problems/not-logged", 503, "The read cannot be logged";
    /// It is not known whether the submission was recorded. Sending it again with the same ids is safe. Of a subscription it is not known whether it was set up or changed: look before you ask again.
    OutcomeUnknown = "/problems/outcome-unknown", 503, "Outcome unknown";
}
