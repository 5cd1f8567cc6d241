//! Reading loose JSON into values: every mistake is named by its JSON pointer (RFC 6901), all of them at once.
//!
//! A value object implements [`Shape`]: it takes what people write (shorthand included) and gives back the
//! one normal form, or records an [`Issue`] and gives nothing. An [`Object`] reads fields by name and names
//! those that nobody asked for.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Subject;

/// The longest list that is read; a longer one is refused, not cut.
pub const LONGEST_LIST: usize = 500;

/// A value that can be read from loose JSON and written in its normal form.
pub trait Shape: Serialize + DeserializeOwned {
    /// Reads the value; on a mistake records what was expected with the reader and gives nothing.
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self>;
}

/// What defaults and references depend on.
#[derive(Clone, Debug)]
pub struct Context {
    /// The event's source: `~KEY` references are resolved within it.
    pub source: String,
    /// The recorder's own party, an ISO 3166-1 alpha-2 code.
    pub party: String,
    /// The language of texts that name none (BCP 47).
    pub language: Option<String>,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Where, relative to what was read: a JSON pointer.
    pub pointer: String,
    /// What was expected.
    pub detail: String,
}

/// A reference by the producer's own key: it must be recorded or stand in the same submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Where it stands.
    pub pointer: String,
    /// What it refers to.
    pub to: Subject,
}

/// Collects the mistakes and references of one input.
pub struct Reader<'c> {
    context: &'c Context,
    pointer: String,
    issues: Vec<Issue>,
    references: Vec<Reference>,
}

impl<'c> Reader<'c> {
    /// Begins at the root of an input.
    #[must_use]
    pub const fn new(context: &'c Context) -> Self {
        Self { context, pointer: String::new(), issues: Vec::new(), references: Vec::new() }
    }

    /// What defaults and references depend on.
    #[must_use]
    pub const fn context(&self) -> &'c Context {
        self.context
    }

    /// Records that something else was expected here; gives nothing, so that a [`Shape`] can end with it.
    pub fn expected<T>(&mut self, what: impl Into<String>) -> Option<T> {
        self.issues.push(Issue { pointer: self.pointer.clone(), detail: what.into() });
        None
    }

    /// Remembers that this place refers to a record by the producer's key.
    pub fn refers_to(&mut self, to: Subject) {
        self.references.push(Reference { pointer: self.pointer.clone(), to });
    }

    /// Reads what stands under `segment` of the present place.
    pub fn within<T>(&mut self, segment: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
        let value = read(self);
        self.pointer.truncate(length);
        value
    }

    /// Reads an object's fields; `None` if it is none. Unknown fields are mistakes.
    pub fn object<T>(&mut self, input: &Value, read: impl FnOnce(&mut Object<'_, '_, 'c>) -> T) -> Option<T> {
        let Value::Object(fields) = input else { return self.expected("expected an object") };
        let mut object = Object { reader: self, fields, known: Vec::with_capacity(fields.len()) };
        let value = read(&mut object);
        object.end();
        Some(value)
    }

    /// Reads a list; a lone value counts as a list of one.
    pub fn list<T>(
        &mut self,
        input: &Value,
        mut read: impl FnMut(&Value, &mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Value::Array(items) = input else { return read(input, self).map(|item| vec![item]) };
        if items.len() > LONGEST_LIST {
            return self.expected(format!("expected at most {LONGEST_LIST} items, found {}", items.len()));
        }
        let read_all = items
            .iter()
            .enumerate()
            .map(|(i, item)| self.within(&i.to_string(), |reader| read(item, reader)));
        // All items are read before the first mistake ends it: every mistake is named.
        read_all.collect::<Vec<_>>().into_iter().collect()
    }

    /// What was found: the references if there was no mistake, else every mistake.
    ///
    /// # Errors
    /// Every mistake, in the order of reading.
    pub fn finish(self) -> Result<Vec<Reference>, Vec<Issue>> {
        if self.issues.is_empty() { Ok(self.references) } else { Err(self.issues) }
    }
}

/// The fields of an object while it is read.
pub struct Object<'r, 'v, 'c> {
    reader: &'r mut Reader<'c>,
    fields: &'v Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'v, 'c> Object<'_, 'v, 'c> {
    /// The reader, for mistakes about the object as a whole.
    pub const fn reader(&mut self) -> &mut Reader<'c> {
        self.reader
    }

    /// A field's raw value; `null` counts as absent.
    pub fn raw(&mut self, name: &'static str) -> Option<&'v Value> {
        self.known.push(name);
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// Reads a field if it is there.
    pub fn optional<T: Shape>(&mut self, name: &'static str) -> Option<T> {
        let value = self.raw(name)?;
        self.reader.within(name, |reader| T::read(value, reader))
    }

    /// Reads a field that must be there.
    pub fn required<T: Shape>(&mut self, name: &'static str) -> Option<T> {
        if self.raw(name).is_none() {
            return self.reader.within(name, |reader| reader.expected("is required"));
        }
        self.optional(name)
    }

    /// Reads a field that holds a list; absent is empty, a lone value is a list of one.
    pub fn list<T: Shape>(&mut self, name: &'static str) -> Option<Vec<T>> {
        let Some(value) = self.raw(name) else { return Some(Vec::new()) };
        self.reader.within(name, |reader| reader.list(value, T::read))
    }

    fn end(self) {
        for name in self.fields.keys().filter(|name| !self.known.contains(&name.as_str())) {
            let expected = format!("unknown field; expected one of {}", self.known.join(", "));
            self.reader.within(name, |reader| reader.expected::<()>(expected));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn context() -> Context {
        Context { source: "urn:agency:pk".into(), party: "PK".into(), language: None }
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        let context = context();
        let mut reader = Reader::new(&context);
        reader.object(&json!({"a/b": 1, "members": [{}, 7]}), |object| {
            let members = object.raw("members").expect("it is there");
            object.reader().within("members", |reader| {
                reader.list(members, |member, reader| reader.object(member, |_| ()))
            })
        });
        let issues = reader.finish().expect_err("two mistakes");
        let places = issues.iter().map(|issue| issue.pointer.as_str()).collect::<Vec<_>>();
        assert_eq!(places, ["/members/1", "/a~1b"]);
    }

    #[test]
    fn a_list_too_long_is_refused() {
        let context = context();
        let mut reader = Reader::new(&context);
        let long = Value::Array(vec![json!(1); LONGEST_LIST + 1]);
        assert!(reader.list(&long, |_, _| Some(())).is_none());
        assert_eq!(reader.finish().expect_err("one mistake").len(), 1);
    }
}
