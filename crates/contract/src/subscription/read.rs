//! Reading what an owner writes of a subscription: every mistake with its place, all of them at once.

use domain::Levels;
use domain::read::{Context, Object, Reader};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use url::Url;

use super::{Channel, Payload, Rotation, Span, Subscription, Terms, Wanted};
use crate::following::{Filter, Wishes};
use crate::{InputError, Principal};

/// The longest name, in characters.
const LONGEST_NAME: usize = 200;
/// The longest address, in bytes.
const LONGEST_URL: usize = 2048;
/// The longest word of a filter, in bytes.
const LONGEST_WORD: usize = 1024;
/// How many words a filter has.
const MOST_WORDS: usize = 100;
/// For how many days a feed keeps events.
const MOST_DAYS: u16 = 366;

/// What a filter is made of.
const MEMBERS: [&str; 8] = ["party", "country", "topic", "aggregate", "kind", "type", "subject", "level"];

impl Wanted {
    /// Reads a subscription as somebody sets it up.
    ///
    /// # Errors
    /// Every mistake with its place. Whether the address may be reached is not looked at.
    pub fn read(value: &Value, who: &Principal, levels: &Levels) -> Result<Self, Vec<InputError>> {
        read(who, |reader| {
            reader.object(value, |object| {
                let terms = terms(object, levels);
                let scheme = optional(object, "scheme", |value, reader| choice(value, "v1 or v1a", reader));
                let after =
                    optional(object, "after", |value, reader| choice(value, "a log position", reader));
                Some(Self { terms: terms?, scheme: scheme?.unwrap_or_default(), after: after? })
            })?
        })
    }
}

impl Terms {
    /// These as a JSON merge patch (RFC 7396) makes them.
    ///
    /// # Errors
    /// Every mistake with its place; also when a subscription would get another sort of channel.
    pub fn patched(&self, patch: &Value, who: &Principal, levels: &Levels) -> Result<Self, Vec<InputError>> {
        read(who, |reader| {
            let Value::Object(patch) = patch else { return reader.expected("expected an object") };
            let mut whole = json!(self);
            merge(&mut whole, patch);
            let patched = reader.object(&whole, |object| terms(object, levels))??;
            if std::mem::discriminant(&patched.channel) != std::mem::discriminant(&self.channel) {
                let detail = "a subscription keeps its sort of channel: set up another";
                return reader.within("channel", |reader| reader.within("type", |r| r.expected(detail)));
            }
            if matches!(self.channel, Channel::Feed { .. }) && patched.channel != self.channel {
                let detail = "for how long a feed keeps events stays: set up another";
                return reader.within("channel", |reader| reader.within("days", |r| r.expected(detail)));
            }
            Some(patched)
        })
    }
}

impl Rotation {
    /// How long the old keys sign, too, unless something else is said: a day.
    const USUAL_OVERLAP: u32 = 24 * 3600;
    /// And at most: a week.
    const LONGEST_OVERLAP: u32 = 7 * 24 * 3600;

    /// Reads how keys are to change.
    ///
    /// # Errors
    /// Every mistake with its place.
    pub fn read(value: &Value, who: &Principal) -> Result<Self, Vec<InputError>> {
        read(who, |reader| {
            reader.object(value, |object| {
                let scheme = optional(object, "scheme", |value, reader| choice(value, "v1 or v1a", reader));
                let overlap = optional(object, "overlap_seconds", |value, reader| {
                    let seconds = value.as_u64().and_then(|seconds| u32::try_from(seconds).ok());
                    let most = Self::LONGEST_OVERLAP;
                    let fits = seconds.filter(|seconds| *seconds <= most);
                    fits.or_else(|| reader.expected(format!("expected a number of seconds up to {most}")))
                });
                Some(Self { scheme: scheme?, overlap: overlap?.unwrap_or(Self::USUAL_OVERLAP) })
            })?
        })
    }
}

impl Span {
    /// Reads what is to be told again: `after` and `through`, or `from` and `until`.
    ///
    /// # Errors
    /// Every mistake with its place.
    pub fn read(value: &Value, who: &Principal) -> Result<Self, Vec<InputError>> {
        const TIME: &str = "a time such as 2025-08-01T12:00:00Z";
        read(who, |reader| {
            reader.object(value, |object| {
                let position =
                    |value: &Value, reader: &mut Reader<'_>| choice(value, "a log position", reader);
                let time = |value: &Value, reader: &mut Reader<'_>| choice(value, TIME, reader);
                let (after, through) =
                    (optional(object, "after", position), optional(object, "through", position));
                let (from, until) = (optional(object, "from", time), optional(object, "until", time));
                match (after?, through?, from?, until?) {
                    (Some(after), Some(through), None, None) if through < after => object
                        .reader()
                        .within("through", |reader| reader.expected("expected no less than after")),
                    (Some(after), through, None, None) => Some(Self::Positions { after, through }),
                    (None, None, Some(from), Some(until)) if until < from => object
                        .reader()
                        .within("until", |reader| reader.expected("expected no earlier than from")),
                    (None, None, Some(from), until) => Some(Self::Times { from, until }),
                    _ => object.reader().expected(
                        "expected positions, after and perhaps through, or times, from and perhaps until",
                    ),
                }
            })?
        })
    }
}

impl Subscription {
    /// What its owner may change.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms {
            name: self.name.clone(),
            channel: self.channel.clone(),
            filter: self.filter.clone(),
            payload: self.payload,
            paused: self.paused,
        }
    }

    /// Is from now on as its owner wants it.
    pub fn take(&mut self, terms: Terms) {
        let Terms { name, channel, filter, payload, paused } = terms;
        (self.name, self.channel, self.filter) = (name, channel, filter);
        (self.payload, self.paused) = (payload, paused);
    }
}

/// Reads with a reader of its own.
fn read<T>(who: &Principal, read: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Result<T, Vec<InputError>> {
    let context = Context { source: who.agency.clone(), party: who.party.clone(), language: None };
    let mut reader = Reader::new(&context);
    let value = read(&mut reader);
    let mistake = |pointer: String, detail: String| InputError { detail, pointer };
    match (value, reader.finish()) {
        (Some(value), Ok(_)) => Ok(value),
        (None, Ok(_)) => Err(vec![mistake(String::new(), "expected something else".to_owned())]),
        (_, Err(issues)) => {
            Err(issues.into_iter().map(|issue| mistake(issue.pointer, issue.detail)).collect())
        }
    }
}

/// What is there, or nothing of it; `None` after a mistake.
fn optional<'v, T>(
    object: &mut Object<'_, 'v, '_>,
    name: &'static str,
    read: impl FnOnce(&'v Value, &mut Reader<'_>) -> Option<T>,
) -> Option<Option<T>> {
    match object.raw(name) {
        None => Some(None),
        Some(value) => object.reader().within(name, |reader| read(value, reader)).map(Some),
    }
}

fn choice<T: DeserializeOwned>(value: &Value, expected: &str, reader: &mut Reader<'_>) -> Option<T> {
    T::deserialize(value).ok().or_else(|| reader.expected(format!("expected {expected}")))
}

fn terms(object: &mut Object<'_, '_, '_>, levels: &Levels) -> Option<Terms> {
    let name = optional(object, "name", name);
    let channel = match object.raw("channel") {
        Some(value) => object.reader().within("channel", |reader| channel(value, reader)),
        None => object.reader().within("channel", |reader| reader.expected("is required")),
    };
    let filter = optional(object, "filter", |value, reader| filter(value, levels, reader));
    let payload = optional(object, "payload", |value, reader| choice(value, "full or thin", reader));
    let paused = optional(object, "paused", |value, reader| choice(value, "true or false", reader));
    Some(Terms {
        name: name?.unwrap_or_default(),
        channel: channel?,
        filter: filter?.unwrap_or_default(),
        payload: payload?.unwrap_or(Payload::Full),
        paused: paused?.unwrap_or(false),
    })
}

fn name(value: &Value, reader: &mut Reader<'_>) -> Option<String> {
    let fits = |name: &&str| name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    let name = value.as_str().filter(fits).map(ToOwned::to_owned);
    name.or_else(|| reader.expected(format!("expected one line of at most {LONGEST_NAME} characters")))
}

fn channel(value: &Value, reader: &mut Reader<'_>) -> Option<Channel> {
    reader.object(value, |object| match object.raw("type").and_then(Value::as_str) {
        Some("webhook") => {
            let Some(value) = object.raw("url") else {
                return object.reader().within("url", |reader| reader.expected("is required"));
            };
            let url = object.reader().within("url", |reader| url(value, reader))?;
            Some(Channel::Webhook { url })
        }
        Some("feed") => {
            let days = object.raw("days");
            let days = days.and_then(Value::as_u64).and_then(|days| u16::try_from(days).ok());
            let expected = || format!("expected a number of days from 1 to {MOST_DAYS}");
            let days = days.filter(|days| (1..=MOST_DAYS).contains(days));
            let days = days.or_else(|| object.reader().within("days", |r| r.expected(expected())))?;
            Some(Channel::Feed { days })
        }
        _ => {
            // Which others belong there depends on it.
            let _ = (object.raw("url"), object.raw("days"));
            object.reader().within("type", |reader| reader.expected("expected webhook or feed"))
        }
    })?
}

/// An address of the web; whether anything is sent there, a notifier says.
fn url(value: &Value, reader: &mut Reader<'_>) -> Option<Url> {
    let Some(url) =
        value.as_str().filter(|url| url.len() <= LONGEST_URL).and_then(|url| Url::parse(url).ok())
    else {
        return reader.expected(format!("expected an address, https://…, of at most {LONGEST_URL} bytes"));
    };
    if url.fragment().is_some() {
        return reader.expected("expected an address without a fragment (#…): it would not be sent");
    }
    Some(url)
}

/// Each word is read by itself, so that each mistake has its place.
fn filter(value: &Value, levels: &Levels, reader: &mut Reader<'_>) -> Option<Filter> {
    let mut count = 0;
    let read = reader.object(value, |object| {
        let mut wishes = Map::new();
        for member in MEMBERS {
            let words = optional(object, member, |value, reader| {
                reader.list(value, |word, reader| {
                    count += 1;
                    self::word(member, word, levels, reader)
                })
            });
            if let Some(Some(words)) = words {
                wishes.insert(member.to_owned(), words.into());
            }
        }
        wishes
    })?;
    if count > MOST_WORDS {
        return reader.expected(format!("expected at most {MOST_WORDS} words, found {count}"));
    }
    // Whatever is wrong was said.
    Filter::read_as(&reader.context().source, levels, wishes(read)).ok()
}

fn word(member: &str, word: &Value, levels: &Levels, reader: &mut Reader<'_>) -> Option<String> {
    let text = word.as_str().filter(|text| (1..=LONGEST_WORD).contains(&text.len()));
    let Some(text) = text else {
        return reader.expected(format!("expected a text of 1 to {LONGEST_WORD} bytes"));
    };
    let alone = wishes(Map::from_iter([(member.to_owned(), json!([text]))]));
    match Filter::read_as(&reader.context().source, levels, alone) {
        Ok(_) => Some(text.to_owned()),
        Err(unfit) => unfit
            .into_iter()
            .find_map(|unfit| reader.expected(format!("{}, found “{}”", unfit.expected, unfit.found))),
    }
}

/// Lists of texts under names that are known.
fn wishes(members: Map<String, Value>) -> Wishes {
    serde_json::from_value(Value::Object(members)).unwrap_or_default()
}

/// RFC 7396, section 2.
fn merge(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, value) in patch {
        match value {
            Value::Null => drop(members.remove(name)),
            Value::Object(patch) => merge(members.entry(name).or_insert(Value::Null), patch),
            value => drop(members.insert(name.clone(), value.clone())),
        }
    }
}

#[cfg(test)]
mod tests;
