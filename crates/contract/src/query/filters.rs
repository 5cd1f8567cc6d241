//! What lists, timelines, calendars, searches and statistics are narrowed by, and how they are paged.

use serde::{Deserialize, Serialize};

/// Every one of these must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filters {
    /// Every one of these takes part: codes of states, names of others, addresses of their records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<String>,
    /// One of its places or parties is of this country: ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// One of its topics is this or below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Its kind is this or below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The record's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Its valid time ends on or after the first day of this (EDTF).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Its valid time begins on or before the last day of this (EDTF).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Every word stands in its title, names or text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Which page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paging {
    /// Where the last page ended, as it said in `next`.
    #[serde(default)]
    pub cursor: Option<String>,
    /// How many items at most; a page may hold fewer and still have one behind it.
    pub limit: u32,
}

/// Which comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Earliest first; what has no date comes last.
    Oldest,
    /// Latest first; what has no date comes last.
    #[default]
    Newest,
}
