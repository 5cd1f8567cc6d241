//! Reading a stream of server-sent events (WHATWG HTML, section 9.2.6).

use std::time::Duration;

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Its name; empty: it has none.
    pub event: String,
    /// The last `id` of the stream with this event.
    pub id: String,
    /// Its lines.
    pub data: String,
}

/// Takes a stream as it comes, in pieces of any length.
#[derive(Clone, Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    /// The last byte was a carriage return: a line feed that follows belongs to it.
    returned: bool,
    begun: bool,
    event: String,
    data: String,
    has_data: bool,
    id: String,
    last_id: String,
    retry: Option<Duration>,
}

impl Parser {
    /// The events that are complete with this piece.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Message> {
        let mut messages = Vec::new();
        for &byte in bytes {
            let follows = std::mem::replace(&mut self.returned, byte == b'\r');
            match byte {
                b'\n' if follows => {}
                b'\n' | b'\r' => messages.extend(self.end_of_line()),
                _ => self.line.push(byte),
            }
        }
        messages
    }

    /// From where to resume: the last `id`, also one that came without an event. Empty: from nowhere.
    #[must_use]
    pub fn last_id(&self) -> &str {
        &self.last_id
    }

    /// After how long to come again, if the stream has said so.
    #[must_use]
    pub const fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn end_of_line(&mut self) -> Option<Message> {
        let line = std::mem::take(&mut self.line);
        let line = if std::mem::replace(&mut self.begun, true) {
            &line
        } else {
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line)
        };
        let line = String::from_utf8_lossy(line);
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "data" => {
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                self.data.push_str(value);
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry = value.parse().ok().map(Duration::from_millis).or(self.retry);
            }
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<Message> {
        self.last_id.clone_from(&self.id);
        let (event, data) = (std::mem::take(&mut self.event), std::mem::take(&mut self.data));
        let has_data = std::mem::replace(&mut self.has_data, false);
        has_data.then(|| Message { event, id: self.last_id.clone(), data })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(event: &str, id: &str, data: &str) -> Message {
        Message { event: event.into(), id: id.into(), data: data.into() }
    }

    #[test]
    fn a_stream_is_read_as_the_standard_says() {
        let mut parser = Parser::default();
        let stream = "\u{feff}: hello\nretry: 1500\nid: 3\n\nevent: held\ndata: a\ndata:b\n\n: beat\nid: 7\n\ndata\n\n\
                      data: last\r\nid: 8\r\n\r\nretry: x\nevent: cut\ndata: never";
        let expected = [message("held", "3", "a\nb"), message("", "7", ""), message("", "8", "last")];
        assert_eq!(parser.take(stream.as_bytes()), expected);
        assert_eq!((parser.last_id(), parser.retry()), ("8", Some(Duration::from_millis(1500))));
    }

    #[test]
    fn an_id_without_an_event_moves_where_to_resume() {
        let mut parser = Parser::default();
        assert_eq!(parser.take(b"id: 5\n"), []);
        assert_eq!(parser.last_id(), "", "not before its end");
        assert_eq!(parser.take(b"\n"), []);
        assert_eq!(parser.last_id(), "5");
    }

    proptest! {
        #[test]
        fn pieces_of_any_length_are_the_same_stream(stream in "(event: a|data: b|id: [0-9]|:|\r|\n|\r\n|\n\n){0,40}", cut in 0..80_usize) {
            let bytes = stream.as_bytes();
            let whole = Parser::default().take(bytes);
            let (mut parser, cut) = (Parser::default(), cut.min(bytes.len()));
            let mut pieces = parser.take(&bytes[..cut]);
            pieces.extend(parser.take(&bytes[cut..]));
            prop_assert_eq!(&pieces, &whole);
            let mut parser = Parser::default();
            prop_assert_eq!(bytes.chunks(1).flat_map(|byte| parser.take(byte)).collect::<Vec<_>>(), whole);
        }
    }
}
