//! Events as they go over a stream (WHATWG HTML, section 9.2.5).

use bytes::{BufMut, Bytes, BytesMut};
use following::Form;
use serde_json::json;
use uuid::Uuid;

/// One event, written once for all who see it so.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    bytes: Bytes,
    /// Where what follows the name begins.
    unnamed: usize,
}

impl Form for Frame {
    /// A name that would not stay on its line is left out.
    fn of(position: u64, name: &str, event: &str) -> Self {
        let mut bytes = BytesMut::with_capacity(event.len() + name.len() + 48);
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) {
            bytes.put_slice(b"event: ");
            bytes.put_slice(name.as_bytes());
            bytes.put_u8(b'\n');
        }
        let unnamed = bytes.len();
        bytes.put_slice(format!("id: {position}\n").as_bytes());
        // Outside of its texts, where none can stand, JSON is the same on several lines as on one.
        for line in event.split(['\n', '\r']) {
            bytes.put_slice(b"data: ");
            bytes.put_slice(line.as_bytes());
            bytes.put_u8(b'\n');
        }
        bytes.put_u8(b'\n');
        Self { bytes: bytes.freeze(), unnamed }
    }

    fn size(&self) -> usize {
        self.bytes.len()
    }
}

impl Frame {
    /// Its bytes, with its name or without.
    pub(crate) fn bytes(&self, named: bool) -> Bytes {
        if named { self.bytes.clone() } else { self.bytes.slice(self.unnamed..) }
    }
}

/// That events which were given are set right by what stands at a position and may not be seen.
pub(crate) fn recall(position: u64, uids: &[Uuid]) -> Bytes {
    format!("event: recall\nid: {position}\ndata: {}\n\n", json!({ "recalls": uids })).into()
}

/// Several frames in one piece.
pub(crate) fn joined(mut frames: Vec<Bytes>) -> Bytes {
    if frames.len() == 1 {
        return frames.swap_remove(0);
    }
    let mut all = BytesMut::with_capacity(frames.iter().map(Bytes::len).sum());
    frames.iter().for_each(|frame| all.put_slice(frame));
    all.freeze()
}

/// How a stream begins: where it begins, and after how long to come again.
pub(crate) fn greeting(position: u64, retry_ms: u64) -> Bytes {
    format!(": chancery\nretry: {retry_ms}\nid: {position}\n\n").into()
}

/// A sign of life of a stream that has been silent. It moves the place from which a client resumes, and no event
/// comes of it.
pub(crate) fn beat(position: u64) -> Bytes {
    format!(":\nid: {position}\n\n").into()
}

/// How a stream ends, why, and after how long to come again.
pub(crate) fn farewell(why: &str, retry_ms: u64) -> Bytes {
    format!(": {why}\nretry: {retry_ms}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_fields_each_on_a_line() {
        let frame = Frame::of(7, "chancery.engagement.held.v1", r#"{"id":"a"}"#);
        let whole = "event: chancery.engagement.held.v1\nid: 7\ndata: {\"id\":\"a\"}\n\n";
        assert_eq!(frame.bytes(true), whole);
        assert_eq!(frame.bytes(false), "id: 7\ndata: {\"id\":\"a\"}\n\n");
        assert_eq!(joined(vec![frame.bytes(true), frame.bytes(true)]), whole.repeat(2));
    }

    #[test]
    fn a_recall_says_which_events_and_nothing_else() {
        let uid = Uuid::from_u128(7);
        let expected = format!("event: recall\nid: 9\ndata: {{\"recalls\":[\"{uid}\"]}}\n\n");
        assert_eq!(recall(9, &[uid]), expected);
    }

    #[test]
    fn nothing_that_a_stranger_wrote_begins_a_line() {
        let frame = Frame::of(7, "a\nid: 9", "{\n\"id\":\r\"a\"}");
        assert_eq!(frame.bytes(true), "id: 7\ndata: {\ndata: \"id\":\ndata: \"a\"}\n\n");
    }
}
