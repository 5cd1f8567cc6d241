//! Changing one place of what an event says: corrections and adjudications.

use serde_json::Value;

use crate::read::{Context, Issue, Reader};
use crate::vocabulary::{self, Content, Pointer};
use crate::{Data, EventKind};

/// What stands at a place.
pub(super) fn value_at(data: &Data, pointer: &Pointer) -> Option<Value> {
    let mut parts = pointer.parts();
    let Some(field) = parts.next() else { return Some(data.to_json()) };
    let mut value = serde_json::to_value(data.content(&field)?).ok()?;
    for part in parts {
        value = match value {
            Value::Object(mut fields) => fields.remove(&part)?,
            Value::Array(mut items) => {
                let at = part.parse().ok().filter(|at| *at < items.len())?;
                items.swap_remove(at)
            }
            _ => return None,
        };
    }
    Some(value)
}

/// What an event says with another value, or none, at a place. The result is in normal form.
///
/// # Errors
/// Every mistake, each with its place in the event's `data`.
pub(super) fn amended(
    kind: EventKind,
    data: &Data,
    pointer: &Pointer,
    new: Option<&Value>,
    source: &str,
) -> Result<Data, Vec<Issue>> {
    let mistake = |detail: &str| vec![Issue { pointer: pointer.to_string(), detail: detail.to_owned() }];
    let name = pointer.field();
    let Some(field) = vocabulary::fields(kind).iter().find(|field| field.name == name) else {
        return Err(mistake("the event has no such field"));
    };
    let mut value = data.content(&name).and_then(|content| serde_json::to_value(content).ok());
    let rest = pointer.parts().skip(1).collect::<Vec<_>>();
    replace(&mut value, &rest, new).map_err(mistake)?;
    let mut data = data.clone();
    data.unset(&name);
    let Some(value) = value else {
        return if field.required { Err(mistake("is required")) } else { Ok(data) };
    };
    let context = Context { source: source.to_owned(), party: String::new(), language: None };
    let mut reader = Reader::new(&context);
    let content = reader.within(field.name, |reader| field.kept.read(&value, reader));
    reader.finish()?;
    match content {
        Some(content) if content.is_empty() && field.required => Err(mistake("expected at least one")),
        Some(content) if !content.is_empty() => {
            data.set(field.name, content);
            data.fill_attendance(kind);
            Ok(data)
        }
        _ => Ok(data),
    }
}

/// The normal form of a value that is to stand at a place; itself, if it cannot stand there.
pub(super) fn normal(kind: EventKind, data: &Data, pointer: &Pointer, value: &Value, source: &str) -> Value {
    let amended = amended(kind, data, pointer, Some(value), source).ok();
    amended.and_then(|data| value_at(&data, pointer)).unwrap_or_else(|| value.clone())
}

/// The places of a field at which another value stands after than before.
pub(super) fn changed_places(field: &Pointer, before: &Content, after: &Content) -> Vec<Pointer> {
    // Values are written as JSON text, numbers, lists and objects with text keys: that cannot fail.
    let [before, after] = [before, after].map(|content| serde_json::to_value(content).unwrap_or_default());
    let mut places = Vec::new();
    compare(field, Some(&before), &after, &mut places);
    places
}

fn compare(at: &Pointer, before: Option<&Value>, after: &Value, places: &mut Vec<Pointer>) {
    match (before, after) {
        (Some(before), after) if before == after => {}
        (Some(Value::Object(before)), Value::Object(after)) => {
            for (name, value) in after {
                compare(&at.within(name), before.get(name), value, places);
            }
            if before.keys().any(|name| !after.contains_key(name)) {
                places.push(at.clone());
            }
        }
        (Some(Value::Array(before)), Value::Array(after)) if before.len() <= after.len() => {
            for (index, value) in after.iter().enumerate() {
                compare(&at.within(index), before.get(index), value, places);
            }
        }
        _ => places.push(at.clone()),
    }
}

/// Puts `new` where `path` leads within `value`.
fn replace(value: &mut Option<Value>, path: &[String], new: Option<&Value>) -> Result<(), &'static str> {
    let Some((part, rest)) = path.split_first() else {
        *value = new.cloned();
        return Ok(());
    };
    match value {
        Some(Value::Object(fields)) => {
            let mut inner = fields.remove(part);
            replace(&mut inner, rest, new)?;
            if let Some(inner) = inner {
                fields.insert(part.clone(), inner);
            }
            Ok(())
        }
        Some(Value::Array(items)) => replace_item(items, part, rest, new),
        _ => Err("there is no such place in the event"),
    }
}

fn replace_item(
    items: &mut Vec<Value>,
    part: &str,
    rest: &[String],
    new: Option<&Value>,
) -> Result<(), &'static str> {
    let end = items.len();
    let at = if part == "-" { Some(end) } else { part.parse().ok().filter(|at| *at <= end) };
    let Some(at) = at else { return Err("the list has no such item") };
    let mut inner = items.get(at).cloned();
    if inner.is_none() && !rest.is_empty() {
        return Err("the list has no such item");
    }
    replace(&mut inner, rest, new)?;
    match inner {
        Some(inner) if at == end => items.push(inner),
        Some(inner) => items[at] = inner,
        None if at < end => drop(items.remove(at)),
        None => {}
    }
    Ok(())
}
