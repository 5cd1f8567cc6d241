//! `chancery correct`: changes what an event says, in the open.
//!
//! What stands at the place is asked for and sent along as `old`, so that nobody corrects what another has just
//! corrected without seeing it.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::access::Access;
use crate::client::Client;
use crate::failure::Failure;
use crate::named::Named;
use crate::page::Items;
use crate::record::{Report, identified, settle};
use crate::words;

/// More than a record may have.
const ALL: usize = 1_000_000;

/// Correct what an event says; it goes on to show what it said before
///
/// Which places an event has, `history --json` shows; a place is a JSON pointer into its data:
///
///   chancery correct engagement/~KEY --change '/title=A visit' --reason Misspelled
///   chancery correct engagement/~KEY --event v1 --change /place=Lahore --reason Misheard
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Correct {
    /// Which record: engagement/UUID, or engagement/~KEY with your own key
    #[arg(value_name = "RECORD")]
    record: Named,

    /// Which of its events: its uid, ~ID by the id that its producer gave it, or vN by its version
    /// [default: the one that says something at these places]
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,

    /// A place and what is to stand there, JSON or text; repeatable
    #[arg(long, value_name = "/POINTER=NEW", value_parser = change, required_unless_present = "remove")]
    change: Vec<(String, String)>,

    /// A place where nothing is to stand; repeatable
    #[arg(long, value_name = "/POINTER", value_parser = pointer)]
    remove: Vec<String>,

    /// Why
    #[arg(long)]
    reason: String,

    /// By which authority
    #[arg(long)]
    authority: Option<String>,

    /// Check everything and record nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    access: Access,
}

impl Correct {
    /// Records the correction, and prints what was recorded.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let client = self.access.open()?;
        let event = self.correction(&client).await?;
        let query = if self.dry_run { vec![("dry_run", "true".to_owned())] } else { Vec::new() };
        let answer = client.submit(&event, &query, false).await?;
        let mut report = Report::default();
        report.add(event, answer);
        settle(&client, &mut report, true).await;
        report.print(self.access.json, self.dry_run)
    }

    async fn correction(&self, client: &Client) -> Result<Value, Failure> {
        let path = format!("{}/events", self.record.path());
        let history = Items::fetch(client, &path, &[], ALL).await?.items;
        let standing = standing(&history);
        let target = self.target(&history, &standing)?;
        let uid = words::plain(&target["uid"]);
        let data = standing.get(uid.as_str()).unwrap_or(&Value::Null);
        let new = self.change.iter().map(|(pointer, text)| (pointer, Some(text)));
        let changes = new.chain(self.remove.iter().map(|pointer| (pointer, None)));
        let changes = changes.map(|(pointer, text)| {
            let old = data.pointer(pointer);
            let mut change = json!({"pointer": pointer});
            if let Some(old) = old {
                change["old"] = old.clone();
            }
            if let Some(text) = text {
                change["new"] = read(text, old);
            }
            change
        });
        let mut said = json!({"event": uid, "changes": changes.collect::<Vec<_>>(), "reason": self.reason});
        if let Some(authority) = &self.authority {
            said["authority"] = authority.as_str().into();
        }
        let subject = target["event"]["subject"].clone();
        let kind = format!("{}.corrected", self.record.aggregate);
        let mut event = json!({"type": kind, "subject": subject, "data": said});
        identified(&mut event);
        Ok(event)
    }

    /// The event that is named, or else the only one that says something at every place.
    fn target<'h>(
        &self,
        history: &'h [Value],
        standing: &HashMap<&str, Value>,
    ) -> Result<&'h Value, Failure> {
        let mut found = match &self.event {
            Some(name) => history.iter().filter(|item| is_named(item, name)).collect::<Vec<_>>(),
            None => history.iter().filter(|item| self.says(item, standing)).collect(),
        };
        let record = &self.record;
        match (found.len(), &self.event) {
            (1, _) => Ok(found.remove(0)),
            (0, Some(name)) => Err(Failure::Usage(format!("{record} has no event {name}"))),
            (0, None) => {
                let why = "no event of it says something there; see `chancery history --json`, and name one with --event";
                Err(Failure::Usage(format!("{record}: {why}")))
            }
            _ => {
                let line = |item: &&Value| {
                    let [version, uid] = ["version", "uid"].map(|name| words::plain(&item[name]));
                    format!("\n  v{version}  {uid}  {}", words::short_type(&item["event"]["type"]))
                };
                let events = found.iter().map(line).collect::<String>();
                Err(Failure::Usage(format!(
                    "{record} has several such events; say which with --event:{events}"
                )))
            }
        }
    }

    fn says(&self, item: &Value, standing: &HashMap<&str, Value>) -> bool {
        let data = item["uid"].as_str().and_then(|uid| standing.get(uid));
        let places = self.change.iter().map(|(pointer, _)| pointer).chain(&self.remove);
        let is_correction = words::short_type(&item["event"]["type"]).ends_with(".corrected");
        let stands = item["retracted_by"].is_null() && !is_correction;
        stands && data.is_some_and(|data| places.into_iter().all(|place| data.pointer(place).is_some()))
    }
}

fn is_named(item: &Value, name: &str) -> bool {
    let is = |value: &Value, name: &str| words::plain(value) == name;
    let by_id = name.strip_prefix('~').is_some_and(|id| is(&item["event"]["id"], id));
    let by_version = name.strip_prefix('v').is_some_and(|version| is(&item["version"], version));
    by_id || by_version || is(&item["uid"], &name.to_ascii_lowercase())
}

/// What each event says, corrections included, by its uid.
fn standing(history: &[Value]) -> HashMap<&str, Value> {
    let mut standing = HashMap::new();
    for item in history {
        let event = &item["event"];
        if let Some(uid) = item["uid"].as_str() {
            standing.insert(uid, event["data"].clone());
        }
        let is_correction = words::short_type(&event["type"]).ends_with(".corrected");
        if !is_correction || !item["retracted_by"].is_null() {
            continue;
        }
        let target = event["data"]["event"].as_str().and_then(|uid| standing.get_mut(uid));
        let changes = event["data"]["changes"].as_array();
        if let Some(data) = target {
            for change in changes.into_iter().flatten() {
                apply(data, change);
            }
        }
    }
    standing
}

/// Makes one change that the register has recorded.
fn apply(data: &mut Value, change: &Value) {
    let Some((parent, last)) = change["pointer"].as_str().and_then(|pointer| pointer.rsplit_once('/')) else {
        return;
    };
    let last = last.replace("~1", "/").replace("~0", "~");
    match (data.pointer_mut(parent), change.get("new")) {
        (Some(Value::Object(fields)), Some(new)) => drop(fields.insert(last, new.clone())),
        (Some(Value::Object(fields)), None) => drop(fields.remove(&last)),
        (Some(Value::Array(items)), new) => {
            let at = last.parse().unwrap_or(items.len());
            match new {
                Some(new) if at < items.len() => items[at] = new.clone(),
                Some(new) => items.push(new.clone()),
                None if at < items.len() => drop(items.remove(at)),
                None => {}
            }
        }
        _ => {}
    }
}

/// A text where a text stood; else JSON, if it is any.
fn read(text: &str, old: Option<&Value>) -> Value {
    match (serde_json::from_str::<Value>(text), old) {
        (_, Some(Value::String(_))) | (Err(_), _) => text.into(),
        (Ok(number @ Value::Number(_)), old) if !old.is_some_and(Value::is_number) => {
            number.to_string().into()
        }
        (Ok(value), _) => value,
    }
}

fn change(text: &str) -> Result<(String, String), String> {
    let (place, new) = text.split_once('=').ok_or("expected /POINTER=NEW")?;
    Ok((pointer(place)?, new.to_owned()))
}

fn pointer(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.len() > 1 && text.starts_with('/') {
        Ok(text.to_owned())
    } else {
        Err("expected a JSON pointer into the event's data, such as /title or /participants/0/name"
            .to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_is_what_was_said_and_corrected_since() {
        let correction = |uid: &str, changes: Value, retracted: Value| {
            let data = json!({"event": "a", "changes": changes});
            let event = json!({"type": "chancery.engagement.corrected.v1", "data": data});
            json!({"uid": uid, "event": event, "retracted_by": retracted})
        };
        let first =
            json!({"type": "chancery.engagement.held.v1", "data": {"title": "x", "n": ["p", "q"], "z": 1}});
        let changes =
            json!([{"pointer": "/title", "new": "y"}, {"pointer": "/n/0"}, {"pointer": "/n/-", "new": "r"}]);
        let history = [
            json!({"uid": "a", "event": first}),
            correction("b", changes, Value::Null),
            correction("c", json!([{"pointer": "/z"}]), json!("d")),
        ];
        assert_eq!(standing(&history)["a"], json!({"title": "y", "n": ["q", "r"], "z": 1}));
    }

    #[test]
    fn a_value_is_of_the_kind_that_stood_there() {
        assert_eq!(read("7", Some(&json!("6"))), json!("7"));
        assert_eq!(read("7", Some(&json!(6))), json!(7));
        assert_eq!(read("7", None), json!("7"));
        assert_eq!(read(r#"{"name":"x"}"#, Some(&json!({"name": "y"}))), json!({"name": "x"}));
        assert_eq!(read("plain", Some(&json!({"text": "y"}))), json!("plain"));
    }

    #[test]
    fn a_change_has_a_place() {
        assert_eq!(change("/title=a=b"), Ok(("/title".to_owned(), "a=b".to_owned())));
        assert!(change("title=a").is_err() && change("/title").is_err() && change("/=a").is_err());
    }

    #[test]
    fn an_event_is_named_in_three_ways() {
        let item = json!({"uid": "ab-c", "version": 2, "event": {"id": "r/1"}});
        assert!(["AB-C", "~r/1", "v2"].iter().all(|name| is_named(&item, name)));
        assert!(!["2", "r/1", "~", "v1"].iter().any(|name| is_named(&item, name)));
    }
}
