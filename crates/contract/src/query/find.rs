//! What the search is asked.

use domain::Aggregate;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Filters, List, Order, Paging, as_text};

/// What the search answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Find {
    /// Full text, best match first.
    Search(Search),
    /// The records of a collection, where a list has words to look for.
    List(List),
    /// Counts.
    Statistics(Statistics),
}

/// Records in which words stand, with the places where they do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Only records of this aggregate, by its singular.
    #[serde(default)]
    pub aggregate: Option<String>,
    /// What is looked for is its `text`; the rest narrows it.
    pub filters: Filters,
    /// By valid time in this order; none: best match first.
    #[serde(default)]
    pub order: Option<Order>,
    /// Which page.
    #[serde(flatten)]
    pub page: Paging,
}

/// How many records there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// Of which collection; in JSON the aggregate's singular.
    #[serde(with = "as_text")]
    pub aggregate: Aggregate,
    /// What is counted.
    #[serde(default)]
    pub filters: Filters,
    /// Counted by these; none: by all that the aggregate has.
    #[serde(default)]
    pub by: Vec<By>,
    /// How many groups of each at most, the largest first.
    pub limit: u32,
    /// The day as of which what is open is overdue; none: nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub today: Option<Date>,
}

/// What records are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The month in which its valid time begins.
    Month,
    /// Each of its parties.
    Party,
    /// Its kind.
    Kind,
    /// Each of its topics, and those above it.
    Topic,
    /// Its status.
    Status,
    /// Engagements: what became of what was foreseen.
    Outcome,
    /// Commitments: how firm they are, and how many of those were fulfilled.
    Strength,
}
