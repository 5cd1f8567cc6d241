//! Values, and how they are written (RFC 8785, section 3.2).

use std::fmt::{self, Write};

/// A JSON value that has a canonical form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// Finite.
    Number(f64),
    String(String),
    Array(Vec<Self>),
    /// In canonical order, each name once.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Names in the order of their UTF-16 code units (RFC 8785, section 3.2.3).
    pub(super) fn order(one: &str, other: &str) -> std::cmp::Ordering {
        one.encode_utf16().cmp(other.encode_utf16())
    }

    /// Puts a member into its place among members in canonical order; answers what had the name before.
    pub(crate) fn put(members: &mut Vec<(String, Self)>, name: &str, value: Self) -> Option<Self> {
        match members.binary_search_by(|(other, _)| Self::order(other, name)) {
            Ok(place) => Some(std::mem::replace(&mut members[place].1, value)),
            Err(place) => {
                members.insert(place, (name.into(), value));
                None
            }
        }
    }

    /// Takes a member out of members in canonical order.
    pub(crate) fn take(members: &mut Vec<(String, Self)>, name: &str) -> Option<Self> {
        let place = members.binary_search_by(|(other, _)| Self::order(other, name)).ok()?;
        Some(members.remove(place).1)
    }
}

impl fmt::Display for Json {
    /// Writes the canonical form.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Number(value) => out.write_str(ryu_js::Buffer::new().format_finite(*value)),
            Self::String(value) => string(out, value),
            Self::Array(values) => list(out, ['[', ']'], values.iter(), |out, value| write!(out, "{value}")),
            Self::Object(members) => list(out, ['{', '}'], members.iter(), |out, (name, value)| {
                string(out, name)?;
                write!(out, ":{value}")
            }),
        }
    }
}

fn list<T>(
    out: &mut fmt::Formatter<'_>,
    [open, close]: [char; 2],
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    out.write_char(open)?;
    for (place, item) in items.enumerate() {
        if place > 0 {
            out.write_char(',')?;
        }
        write(out, item)?;
    }
    out.write_char(close)
}

/// Writes a string (RFC 8785, section 3.2.2.2).
fn string(out: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    out.write_char('"')?;
    let mut rest = text;
    while let Some(place) = rest.find(|character| character < ' ' || character == '"' || character == '\\') {
        let (plain, from) = rest.split_at(place);
        out.write_str(plain)?;
        match from.as_bytes()[0] {
            b'\x08' => out.write_str("\\b")?,
            b'\t' => out.write_str("\\t")?,
            b'\n' => out.write_str("\\n")?,
            b'\x0c' => out.write_str("\\f")?,
            b'\r' => out.write_str("\\r")?,
            byte @ (b'"' | b'\\') => write!(out, "\\{}", char::from(byte))?,
            byte => write!(out, "\\u{byte:04x}")?,
        }
        rest = &from[1..];
    }
    out.write_str(rest)?;
    out.write_char('"')
}
