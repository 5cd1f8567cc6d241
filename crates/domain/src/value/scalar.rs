//! Values that are one JSON scalar: text with a form of its own, numbers, truth.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::{Error, Visitor};
use serde_json::Value;

use crate::Subject;
use crate::read::{Reader, Shape};

/// What was expected where something else stood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Expected(Cow<'static, str>);

impl Expected {
    /// Says what was expected.
    pub(crate) fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Self(what.into())
    }
}

impl From<Expected> for String {
    fn from(expected: Expected) -> Self {
        expected.0.into_owned()
    }
}

/// Implements serde for a type that is written as text, by its `FromStr` and `Display`.
macro_rules! serde_textual {
    ($($name:ty),+ $(,)?) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::value::scalar::deserialize(deserializer)
            }
        }
    )+};
}

/// Implements [`Shape`] too, for a type that is read as it is written.
macro_rules! textual {
    ($($name:ty),+ $(,)?) => {$(
        impl $crate::read::Shape for $name {
            fn read(input: &serde_json::Value, reader: &mut $crate::read::Reader<'_>) -> Option<Self> {
                $crate::value::scalar::parse(input, reader)
            }
        }

        $crate::value::scalar::serde_textual!($name);
    )+};
}

pub(crate) use {serde_textual, textual};

/// Reads a JSON string by the type's own parser.
pub(crate) fn parse<T: FromStr<Err: Into<String>>>(input: &Value, reader: &mut Reader<'_>) -> Option<T> {
    match text(input, reader)?.trim().parse() {
        Ok(value) => Some(value),
        Err(error) => reader.expected(error),
    }
}

/// The text of a JSON string.
pub(crate) fn text<'v>(input: &'v Value, reader: &mut Reader<'_>) -> Option<&'v str> {
    match input {
        Value::String(text) => Some(text),
        _ => reader.expected("expected a string"),
    }
}

/// Deserializes by the type's own parser, without a copy of the text.
pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    struct Parsed<T>(PhantomData<T>);

    impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Parsed<T> {
        type Value = T;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a string")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Parsed(PhantomData))
}

impl Shape for bool {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        input.as_bool().or_else(|| reader.expected("expected true or false"))
    }
}

impl Shape for u32 {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        let number = input.as_u64().and_then(|number| Self::try_from(number).ok());
        number.or_else(|| reader.expected("expected a whole number, not negative"))
    }
}

/// `<aggregate>/<uuid>`, or the producer's own `<aggregate>/~KEY`, which is a reference to be checked.
impl Shape for Subject {
    fn read(input: &Value, reader: &mut Reader<'_>) -> Option<Self> {
        let text = text(input, reader)?.trim();
        match Self::resolve(text, &reader.context().source) {
            Ok(subject) => {
                if text.contains("/~") {
                    reader.refers_to(subject);
                }
                Some(subject)
            }
            Err(error) => reader.expected(error.to_string()),
        }
    }
}
