//! Finding one's way in a text that is canonical already, without making values of it.

use super::read::DEEPEST;

/// The members of an object that is written canonically, names and values as they stand there; in order.
///
/// `None` for what is no such text, and for the few that are not looked through here although they are: with names
/// that are not plain ASCII, and with other numbers than integers below 10^15. Whoever gets none reads it
/// [whole](super::value).
pub(crate) fn members(json: &str) -> Option<Vec<(&str, &str)>> {
    let mut members = Vec::with_capacity(24);
    let mut scan = Scan { text: json, offset: 0 };
    scan.object(1, |name, value| members.push((name, value)))?;
    (scan.offset == json.len()).then_some(members)
}

struct Scan<'t> {
    text: &'t str,
    offset: usize,
}

impl<'t> Scan<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
    }

    /// Goes on behind `byte`, if it stands here.
    fn skip(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.offset += usize::from(here);
        here
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.skip(byte).then_some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'{' | b'[' if depth == DEEPEST => None,
            b'{' => self.object(depth + 1, |_, _| ()),
            b'[' => self.array(depth + 1),
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.integer(),
            _ => {
                let rest = &self.text.as_bytes()[self.offset..];
                let literal =
                    [&b"null"[..], b"true", b"false"].into_iter().find(|text| rest.starts_with(text));
                self.offset += literal?.len();
                Some(())
            }
        }
    }

    fn object(&mut self, depth: usize, mut member: impl FnMut(&'t str, &'t str)) -> Option<()> {
        self.expect(b'{')?;
        if self.skip(b'}') {
            return Some(());
        }
        let mut before = None;
        loop {
            let name = self.name()?;
            // Of ASCII, the order of bytes is that of UTF-16.
            if before.is_some_and(|before| before >= name) {
                return None;
            }
            self.expect(b':')?;
            let start = self.offset;
            self.value(depth)?;
            member(name, &self.text[start..self.offset]);
            before = Some(name);
            if !self.skip(b',') {
                return self.expect(b'}');
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.expect(b'[')?;
        if self.skip(b']') {
            return Some(());
        }
        loop {
            self.value(depth)?;
            if !self.skip(b',') {
                return self.expect(b']');
            }
        }
    }

    fn name(&mut self) -> Option<&'t str> {
        self.expect(b'"')?;
        let start = self.offset;
        let rest = &self.text.as_bytes()[start..];
        let plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        let length = rest.iter().position(|byte| !plain(byte))?;
        self.offset += length;
        self.expect(b'"')?;
        Some(&self.text[start..start + length])
    }

    fn string(&mut self) -> Option<()> {
        self.expect(b'"')?;
        loop {
            let rest = &self.text.as_bytes()[self.offset..];
            self.offset += rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
            match self.peek()? {
                b'"' => break,
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
        self.expect(b'"')
    }

    /// What must be escaped, in the one way in which it is.
    fn escape(&mut self) -> Option<()> {
        let rest = &self.text.as_bytes()[self.offset + 1..];
        let length = match rest {
            [b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'u', b'0', b'0', b'0', b'0'..=b'7' | b'b' | b'e' | b'f', ..]
            | [b'u', b'0', b'0', b'1', b'0'..=b'9' | b'a'..=b'f', ..] => 6,
            _ => return None,
        };
        self.offset += length;
        Some(())
    }

    fn integer(&mut self) -> Option<()> {
        let negative = self.skip(b'-');
        let rest = &self.text.as_bytes()[self.offset..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let leading = rest.first() == Some(&b'0');
        if digits == 0 || digits > 15 || (leading && (digits > 1 || negative)) {
            return None;
        }
        self.offset += digits;
        // A fraction or an exponent would follow; the caller expects something else here.
        Some(())
    }
}
