//! Who asks in tests.

use contract::{Principal, Role};

use crate::Author;

/// The agency that records unless a test says otherwise.
pub const AGENCY: &str = "urn:agency:pk";

/// Who records for [`AGENCY`].
pub const OFFICER: Author = Author { agency: AGENCY, party: "PK", actor: "officer", language: "en" };

/// Somebody of an agency who may read and record, cleared for everything that carries no caveat.
#[must_use]
pub fn principal(agency: &str, party: &str) -> Principal {
    Principal {
        subject: "officer".to_owned(),
        agency: agency.to_owned(),
        party: party.to_owned(),
        roles: [Role::Reader, Role::Recorder].into(),
        level: "TOP SECRET".to_owned(),
        caveats: [].into(),
    }
}
