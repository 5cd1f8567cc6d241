//! Answers that come in pages.

use serde_json::{Value, json};

use crate::client::Client;
use crate::failure::Failure;
use crate::filters::{Parameter, push};
use crate::out::Progress;

/// The largest page that the register gives.
const PAGE: usize = 500;

/// Items of as many pages as it takes, and whether there are more.
pub(crate) struct Items {
    pub(crate) items: Vec<Value>,
    pub(crate) position: Option<u64>,
    pub(crate) more: bool,
    /// Why they are not proved, where that is said.
    pub(crate) unproved: Option<String>,
}

impl Items {
    /// Asks for pages until there are `limit` items or no more.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn fetch(
        client: &Client,
        path: &str,
        query: &[Parameter],
        limit: usize,
    ) -> Result<Self, Failure> {
        let mut found = Self { items: Vec::new(), position: None, more: false, unproved: None };
        let mut cursor = None::<String>;
        let mut progress = Progress::default();
        loop {
            let mut query = query.to_vec();
            query.push(("limit", (limit - found.items.len()).clamp(1, PAGE).to_string()));
            push(&mut query, "cursor", cursor.as_ref());
            let mut answer = client.get(path, &query).await?;
            found.position = answer.position;
            if let Value::Array(items) = answer.body["items"].take() {
                found.items.extend(items);
            }
            found.unproved = text(&answer.body["unproved"]);
            cursor = text(&answer.body["next"]);
            found.more = cursor.is_some();
            if !found.more || found.items.len() >= limit {
                return Ok(found);
            }
            progress.say(&format!("{} of at most {limit} found so far …", found.items.len()));
        }
    }

    /// The answer as JSON.
    pub(crate) fn json(self) -> Value {
        let mut all = json!({"items": self.items, "position": self.position, "more": self.more});
        if let Some(unproved) = self.unproved {
            all["unproved"] = unproved.into();
        }
        all
    }

    /// What stands below a table of some `things`, of which one is a `thing`; `at` says what the answer reflects.
    pub(crate) fn footer(&self, thing: &str, things: &str, at: &str) -> String {
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
