//! On whose behalf a request is made. It comes from a signed token at the edge and travels in every request.

use std::collections::BTreeSet;

use domain::{Label, Levels};
use serde::{Deserialize, Serialize};

use crate::{Problem, ProblemKind};

/// Who asks: verified at the edge, trusted inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Principal {
    /// The person or system, as the token's issuer names it.
    pub subject: String,
    /// The agency, a URI: what this principal may record is under it.
    pub agency: String,
    /// The one party acted for: an ISO 3166-1 alpha-2 code.
    pub party: String,
    /// What the principal may do.
    pub roles: BTreeSet<Role>,
    /// The highest level the principal may see: a name from the configured levels.
    pub level: String,
    /// The caveats the principal holds.
    #[serde(default)]
    pub caveats: BTreeSet<String>,
}

impl Principal {
    /// Who shows no token: may do nothing that needs a role, and sees nothing that has a marking.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self {
            subject: String::new(),
            agency: String::new(),
            party: String::new(),
            roles: BTreeSet::new(),
            level: String::new(),
            caveats: BTreeSet::new(),
        }
    }

    /// What decides over what they may see, and nothing else: whoever is cleared alike sees the same.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self { subject: String::new(), roles: BTreeSet::new(), ..self.clone() }
    }

    /// Whether the principal holds the role.
    #[must_use]
    pub fn holds(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Refuses who is no auditor cleared for the highest level: what shows something of every record, whatever its
    /// marking, is for those alone. `what` that is, begins the refusal.
    ///
    /// # Errors
    /// [`ProblemKind::Forbidden`].
    pub fn requires_whole_sight(&self, levels: &Levels, what: &str) -> Result<(), Problem> {
        let highest = levels.iter().last().map(Label::as_str);
        if self.holds(Role::Auditor) && highest == Some(self.level.as_str()) {
            return Ok(());
        }
        let highest = highest.unwrap_or_default();
        let detail =
            format!("{what} show something of every record: for the role auditor with clearance {highest}");
        Err(Problem::new(ProblemKind::Forbidden, detail))
    }

    /// Whether `source` is the principal's agency or below it (`<agency>/…`, `<agency>#…`, `<agency>:…`).
    #[must_use]
    pub fn owns(&self, source: &str) -> bool {
        source
            .strip_prefix(&self.agency)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#', ':']))
    }
}

/// What a principal may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Ask.
    Reader,
    /// Record events.
    Recorder,
    /// Approve releases and disposals.
    Approver,
    /// See who read what, and prove.
    Auditor,
    /// Manage an agency's subscriptions.
    SubscriberManager,
    /// Operate the register.
    Administrator,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agency_owns_what_is_below_it_and_not_its_namesake() {
        let principal = Principal {
            subject: "officer".into(),
            agency: "urn:agency:pk".into(),
            party: "PK".into(),
            roles: [Role::Recorder].into(),
            level: "OFFICIAL".into(),
            caveats: BTreeSet::new(),
        };
        assert!(principal.owns("urn:agency:pk"));
        assert!(principal.owns("urn:agency:pk:commerce"));
        assert!(!principal.owns("urn:agency:pkx"));
    }
}
