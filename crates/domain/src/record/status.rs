//! Every status that a record may have, for those who ask by it.

use crate::Aggregate;

/// What any record may come to, whatever it is about.
const ANY: &[&str] = &["recorded", "retracted", "merged", "disposed"];

/// Every status that a record of this aggregate may have: its own, then those of any record.
pub fn statuses(aggregate: Aggregate) -> impl Iterator<Item = &'static str> {
    own(aggregate).iter().chain(ANY).copied()
}

#[rustfmt::skip]
const fn own(aggregate: Aggregate) -> &'static [&'static str] {
    match aggregate {
        Aggregate::Engagement => &[
            "proposed", "expected", "scheduled", "postponed", "cancelled", "under_way", "held", "not_held",
        ],
        Aggregate::Instrument => &[
            "proposed", "under_negotiation", "negotiation_suspended", "concluded", "initialled", "signed",
            "domestic_step_taken", "consent_expressed", "provisionally_applied", "in_force", "operative",
            "suspended", "expired", "terminated", "superseded",
        ],
        Aggregate::Commitment => &["open", "position", "fulfilled", "withdrawn"],
        Aggregate::Matter => &["open", "closed"],
        Aggregate::Party => &["registered"],
        Aggregate::Source => &["captured", "revised", "withdrawn"],
    }
}
