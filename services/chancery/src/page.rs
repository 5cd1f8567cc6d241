//! What the commands that ask have in common: records by name, filters, pages.

use domain::Aggregate;
use serde_json::{Value, json};

use crate::client::Client;
use crate::failure::Failure;

/// The largest page that the register gives.
const PAGE: usize = 500;

/// A record as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) aggregate: Aggregate,
    id: String,
}

impl Named {
    /// The recorder's own key, if that is how the record is named.
    pub(crate) fn key(&self) -> Option<&str> {
        self.id.strip_prefix('~')
    }

    /// Where the record is in the API.
    pub(crate) fn path(&self) -> String {
        let id = percent_encoded(&self.id);
        format!("v1/{}/{id}", self.aggregate.collection())
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}", self.aggregate, self.id)
    }
}

impl std::str::FromStr for Named {
    type Err = String;

    /// `<aggregate>/<uuid>` or `<aggregate>/~KEY`. Whether there is one, the register says.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = || format!("expected <aggregate>/<uuid> or <aggregate>/~KEY, found {text:?}");
        let (aggregate, id) = text.split_once('/').ok_or_else(expected)?;
        let aggregate = aggregate.parse().or_else(|_| Aggregate::from_collection(aggregate).ok_or(()));
        let named = Self { aggregate: aggregate.map_err(|()| expected())?, id: id.to_owned() };
        let is_key = id.strip_prefix('~').is_some_and(|key| !key.is_empty());
        if is_key || uuid::Uuid::try_parse(id).is_ok() { Ok(named) } else { Err(expected()) }
    }
}

fn percent_encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Which and how many.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Which")]
pub(crate) struct Filters {
    /// Who takes part: a state's code or another's name; repeatable: all of them
    #[arg(long, short, value_name = "PARTY")]
    party: Vec<String>,

    /// A topic, or one below it
    #[arg(long, short, value_name = "CODE")]
    topic: Option<String>,

    /// Happening on or after this (EDTF, such as 2025-04)
    #[arg(long, value_name = "DATE")]
    from: Option<String>,

    /// Happening on or before this (EDTF)
    #[arg(long, value_name = "DATE")]
    to: Option<String>,

    /// Earliest first
    #[arg(long)]
    oldest: bool,

    /// How many at most
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,

    /// Wait until the register has worked through the log up to here
    #[arg(long, value_name = "POSITION")]
    min_position: Option<u64>,
}

impl Filters {
    pub(crate) fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = self.party.iter().map(|party| ("party", party.clone())).collect::<Vec<_>>();
        push(&mut query, "topic", self.topic.as_ref());
        push(&mut query, "from", self.from.as_ref());
        push(&mut query, "to", self.to.as_ref());
        push(&mut query, "order", self.oldest.then_some(&"oldest"));
        push(&mut query, "min_position", self.min_position.as_ref());
        query
    }
}

/// Adds a parameter, if there is a value.
pub(crate) fn push<T: ToString>(
    query: &mut Vec<(&'static str, String)>,
    name: &'static str,
    value: Option<&T>,
) {
    query.extend(value.map(|value| (name, value.to_string())));
}

/// Items of as many pages as it takes, and whether there are more.
pub(crate) struct Items {
    pub(crate) items: Vec<Value>,
    pub(crate) position: Option<u64>,
    pub(crate) more: bool,
}

impl Items {
    /// Asks for pages until there are `limit` items or no more.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn fetch(
        client: &Client,
        path: &str,
        query: &[(&'static str, String)],
        limit: usize,
    ) -> Result<Self, Failure> {
        let mut found = Self { items: Vec::new(), position: None, more: false };
        let mut cursor = None::<String>;
        loop {
            let mut query = query.to_vec();
            query.push(("limit", (limit - found.items.len()).clamp(1, PAGE).to_string()));
            push(&mut query, "cursor", cursor.as_ref());
            let mut answer = client.get(path, &query).await?;
            found.position = answer.position;
            if let Value::Array(items) = answer.body["items"].take() {
                found.items.extend(items);
            }
            cursor = text(&answer.body["next"]);
            found.more = cursor.is_some();
            if !found.more || found.items.len() >= limit {
                return Ok(found);
            }
        }
    }

    /// The answer as JSON.
    pub(crate) fn json(self) -> Value {
        json!({"items": self.items, "position": self.position, "more": self.more})
    }

    /// What stands below a table of some `things`, of which one is a `thing`.
    pub(crate) fn footer(&self, thing: &str, things: &str) -> String {
        let at = self.position.map(|position| format!(" at position {position}")).unwrap_or_default();
        match (self.items.len(), self.more) {
            (0, _) => format!("no {things}{at}"),
            (1, false) => format!("\n1 {thing}{at}"),
            (count, false) => format!("\n{count} {things}{at}"),
            (1, true) => format!("\nthe first {thing}{at}; --limit shows more"),
            (count, true) => format!("\nthe first {count} {things}{at}; --limit shows more"),
        }
    }
}

/// A cursor, which may be a number.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_named_by_number_or_key() {
        let named = "engagement/~visit 1/é".parse::<Named>().unwrap();
        assert_eq!(named.path(), "v1/engagements/~visit%201%2F%C3%A9");
        assert_eq!(named, "engagements/~visit 1/é".parse().unwrap());
        for wrong in ["engagement", "visit/~a", "engagement/~", "engagement/1"] {
            assert!(wrong.parse::<Named>().is_err(), "{wrong}");
        }
    }
}
