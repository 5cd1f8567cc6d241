//! Events from files.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde_json::{Deserializer, Value};

use crate::failure::Failure;

/// Lines that travel together: each group is recorded wholly or not at all, and flushed to disk once.
const GROUP: usize = 100;

/// What is sent in one request.
#[derive(Debug, PartialEq)]
pub(super) struct Submission {
    /// Where it comes from, for who reads a refusal; `None` where there is no doubt.
    pub(super) origin: Option<String>,
    /// One event, or an array of events.
    pub(super) events: Value,
}

impl Submission {
    pub(super) const fn of_one(event: Value) -> Self {
        Self { origin: None, events: event }
    }

    /// How many events it has.
    pub(super) fn len(&self) -> usize {
        self.events.as_array().map_or(1, Vec::len)
    }
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// When it cannot be read, or is no JSON.
pub(super) fn read(file: &Path) -> Result<Vec<Submission>, Failure> {
    let name = file.display().to_string();
    let text = if name == "-" {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    let text = text.map_err(|error| Failure::Usage(format!("{name} cannot be read: {error}")))?;
    parse(&name, &text)
}

fn parse(name: &str, text: &str) -> Result<Vec<Submission>, Failure> {
    let mut values = Vec::new();
    let mut stream = Deserializer::from_str(text).into_iter::<Value>();
    loop {
        let begin = stream.byte_offset();
        let Some(value) = stream.next() else { break };
        let line = line_of(text, begin);
        match value {
            Ok(value) => values.push((line, value)),
            Err(error) => return Err(Failure::Usage(format!("{name} is no JSON: {error}"))),
        }
    }
    match values.as_slice() {
        [] => Err(Failure::Usage(format!("{name} holds no event"))),
        [_] => Ok(values
            .into_iter()
            .map(|(_, events)| Submission { origin: Some(name.to_owned()), events })
            .collect()),
        several if several.iter().any(|(_, value)| value.is_array()) => {
            let expected = "expected one array, or objects only";
            Err(Failure::Usage(format!("{name} holds several values and arrays among them: {expected}")))
        }
        several => Ok(several.chunks(GROUP).map(|group| grouped(name, group)).collect()),
    }
}

fn grouped(name: &str, group: &[(usize, Value)]) -> Submission {
    let line = |event: Option<&(usize, Value)>| event.map_or(0, |(line, _)| *line);
    let origin = format!("{name}, lines {} to {}", line(group.first()), line(group.last()));
    Submission { origin: Some(origin), events: group.iter().map(|(_, event)| event.clone()).collect() }
}

/// The line of the first thing from `offset` on that is no space.
fn line_of(text: &str, offset: usize) -> usize {
    let rest = &text[offset..];
    let begin = offset + rest.len() - rest.trim_start().len();
    1 + text[..begin].bytes().filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(text: &str) -> Vec<usize> {
        parse("f", text).unwrap().iter().map(Submission::len).collect()
    }

    #[test]
    fn one_object_and_one_array_are_one_submission_each() {
        assert_eq!(lengths(r#"{"type":"a"}"#), [1]);
        assert_eq!(lengths("[{},\n{},\n{}]"), [3]);
    }

    #[test]
    fn lines_travel_in_groups_that_know_their_place() {
        let text = "{}\n\n".repeat(250);
        assert_eq!(lengths(&text), [100, 100, 50]);
        let last = parse("f", &text).unwrap().pop().unwrap();
        assert_eq!(last.origin.unwrap(), "f, lines 401 to 499");
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for wrong in ["", "{", "[]\n{}", "{} x"] {
            assert!(matches!(parse("f", wrong), Err(Failure::Usage(_))), "{wrong}");
        }
    }
}
