//! What an event says: its fields, typed, in one normal form.
//!
//! Proposals are read strictly, every mistake named at once. What is stored is read tolerantly: a field that
//! this version does not know or cannot read is kept as it is.

mod defaults;

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::read::{Context, Issue, Object, Reader, Reference};
use crate::vocabulary::{self, Content, Field, Kept, Key, Type, Vocabulary};
use crate::{Aggregate, EventKind, EventName};

/// An event's fields, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// In the order of their names.
    fields: Vec<(&'static str, Content)>,
    /// What could not be read, as it is.
    unread: BTreeMap<String, Value>,
}

/// Reads a proposal's `data` by the vocabulary: shorthand is expanded, defaults are filled in.
///
/// # Errors
/// Every mistake, each with its place within `data`.
pub fn read_data(
    kind: EventKind,
    data: &Value,
    context: &Context,
    vocabulary: &Vocabulary,
) -> Result<(Data, Vec<Reference>), Vec<Issue>> {
    let mut reader = Reader::new(context);
    let read = reader.object(data, |object| {
        let read = Data { fields: read_fields(kind, object), unread: BTreeMap::new() };
        check_together(kind, &read, object, vocabulary);
        read
    });
    let references = reader.finish()?;
    let mut data = read.unwrap_or_default();
    defaults::fill(kind, &mut data, context);
    Ok((data, references))
}

fn read_fields(kind: EventKind, object: &mut Object<'_, '_, '_>) -> Vec<(&'static str, Content)> {
    let read = vocabulary::proposed(kind).filter_map(|field| {
        let content = read_field(field, object)?;
        // That there are no caveats any more is something to say; other empty lists are as if left out.
        (!content.is_empty() || field.kept == Type::Caveats).then_some((field.name, content))
    });
    read.collect()
}

fn read_field(field: &Field, object: &mut Object<'_, '_, '_>) -> Option<Content> {
    let value = object.raw(field.name);
    object.reader().within(field.name, |reader| match value {
        None if field.required => reader.expected("is required"),
        None => None,
        Some(value) => match field.kept.read(value, reader) {
            Some(content) if field.required && content.is_empty() => reader.expected("expected at least one"),
            content => content,
        },
    })
}

/// What no field can say alone.
fn check_together(kind: EventKind, data: &Data, object: &mut Object<'_, '_, '_>, vocabulary: &Vocabulary) {
    let present = |object: &mut Object<'_, '_, '_>, names: &[&'static str]| {
        names.iter().any(|name| object.raw(name).is_some())
    };
    match (kind.aggregate(), kind.event()) {
        (Aggregate::Source, EventName::Captured) if !present(object, &["title", "url", "sha256"]) => {
            object.reader().expected::<()>("expected one of title, url, sha256");
        }
        (_, EventName::MarkingChanged) if !present(object, &["level", "caveats", "review_on"]) => {
            object.reader().expected::<()>("expected one of level, caveats, review_on");
        }
        (_, EventName::MarkingChanged) => {
            let unknown =
                data.get(&vocabulary::LEVEL).filter(|level| !vocabulary.levels.knows(level.as_str()));
            if let Some(level) = unknown {
                let detail = format!("“{level}” is none of the levels of this register");
                object.reader().within("level", |reader| reader.expected::<()>(detail));
            }
        }
        _ => {}
    }
}

impl Data {
    /// Reads what is stored. Old versions of an event become today's here.
    #[must_use]
    pub fn parse(kind: EventKind, stored: &RawValue) -> Self {
        let Ok(raw) = serde_json::from_str::<BTreeMap<String, &RawValue>>(stored.get()) else {
            return Self::unread(stored);
        };
        let known = vocabulary::fields(kind);
        let mut data = Self { fields: Vec::with_capacity(raw.len()), unread: BTreeMap::new() };
        for (name, value) in raw {
            let field = known.binary_search_by_key(&name.as_str(), |field| field.name).map(|at| known[at]);
            match field.ok().and_then(|field| Some((field.name, field.kept.parse(value)?))) {
                Some(field) => data.fields.push(field),
                None => drop(data.unread.insert(name, serde_json::from_str(value.get()).unwrap_or_default())),
            }
        }
        data
    }

    /// Keeps what is stored of a type that this version does not know.
    #[must_use]
    pub fn unread(stored: &RawValue) -> Self {
        let fields = serde_json::from_str::<BTreeMap<String, Value>>(stored.get());
        Self { fields: Vec::new(), unread: fields.unwrap_or_default() }
    }

    /// What a field holds.
    #[must_use]
    pub fn get<T: Kept>(&self, key: &Key<T>) -> Option<&T> {
        self.content(key.name).and_then(T::of)
    }

    /// The items of a field that holds a list.
    #[must_use]
    pub fn list<T>(&self, key: &Key<Vec<T>>) -> &[T]
    where
        Vec<T>: Kept,
    {
        self.get(key).map_or(&[], Vec::as_slice)
    }

    /// What the field of this name holds, whatever its type.
    #[must_use]
    pub fn content(&self, name: &str) -> Option<&Content> {
        self.position(name).ok().map(|at| &self.fields[at].1)
    }

    /// Every field that could be read, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Content)> {
        self.fields.iter().map(|(name, content)| (*name, content))
    }

    /// Its JSON, an object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        // Field names are text and values have no maps with other keys: that cannot fail.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Puts a field in or replaces it.
    pub(crate) fn set(&mut self, name: &'static str, content: Content) {
        match self.position(name) {
            Ok(at) => self.fields[at].1 = content,
            Err(at) => self.fields.insert(at, (name, content)),
        }
    }

    /// Fills in what nobody says of those who take part.
    pub(crate) fn fill_attendance(&mut self, kind: EventKind) {
        defaults::fill_attendance(kind, self);
    }

    /// Takes a field out.
    pub(crate) fn unset(&mut self, name: &str) {
        if let Ok(at) = self.position(name) {
            self.fields.remove(at);
        }
        self.unread.remove(name);
    }

    pub(crate) fn content_mut(&mut self, name: &str) -> Option<&mut Content> {
        self.position(name).ok().map(|at| &mut self.fields[at].1)
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.fields.binary_search_by_key(&name, |(name, _)| name)
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len() + self.unread.len()))?;
        for (name, content) in &self.fields {
            map.serialize_entry(name, content)?;
        }
        for (name, value) in &self.unread {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
