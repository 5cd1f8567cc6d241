//! What the calendar is asked.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Filters, Order, Paging};

/// What the calendar answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Agenda {
    /// What is to come.
    Calendar(Calendar),
    /// What is late, was late or soon will be.
    Overdue(Overdue),
}

/// What is expected, scheduled or due, by the time foreseen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Only these; none: all.
    #[serde(default)]
    pub due: Vec<Due>,
    /// What it is narrowed by.
    #[serde(default)]
    pub filters: Filters,
    /// In which order.
    #[serde(default)]
    pub order: Order,
    /// Which page.
    #[serde(flatten)]
    pub page: Paging,
}

/// What was foreseen and did not come, came late, or runs out soon; what is longest overdue first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overdue {
    /// The day as of which things are late.
    pub today: Date,
    /// Days ahead within which something runs out.
    pub within: u16,
    /// Only these; none: all.
    #[serde(default)]
    pub state: Vec<State>,
    /// Only these; none: all.
    #[serde(default)]
    pub due: Vec<Due>,
    /// What it is narrowed by.
    #[serde(default)]
    pub filters: Filters,
    /// In which order of the last day foreseen.
    #[serde(default)]
    pub order: Order,
    /// Which page.
    #[serde(flatten)]
    pub page: Paging,
}

/// What something foreseen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// An engagement that is proposed, expected, scheduled or postponed to a known time.
    Engagement,
    /// A commitment with a day by which it is to be fulfilled.
    Commitment,
    /// A period that the law or the practice of a party starts.
    Clock,
    /// A marking that is to be reviewed.
    Review,
}

/// How something foreseen stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its last day has passed and nothing ended it.
    Overdue,
    /// Its last day is near and nothing ended it.
    RunningOut,
    /// It came after its last day.
    Late,
}
