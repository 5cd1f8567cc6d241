//! Reading JSON (RFC 8259) as strictly as canonical JSON needs.

use super::Json;

/// How deep arrays and objects may lie in each other: as deep as `serde_json` reads.
pub(super) const DEEPEST: usize = 128;

/// Reads one JSON text.
pub(crate) fn value(json: &[u8]) -> Result<Json, Error> {
    let text = std::str::from_utf8(json)
        .map_err(|error| Error { offset: error.valid_up_to(), problem: Problem::Utf8 })?;
    let mut reader = Reader { text, offset: 0 };
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.offset < text.len() { Err(reader.error(Problem::Syntax)) } else { Ok(value) }
}

/// What has no canonical form, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (byte {offset})")]
pub struct Error {
    /// Where, in bytes.
    pub offset: usize,
    /// Why.
    pub problem: Problem,
}

/// Why a text has no canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not UTF-8.
    #[error("JSON is UTF-8")]
    Utf8,
    /// It is not JSON (RFC 8259).
    #[error("this is no JSON")]
    Syntax,
    /// Arrays and objects lie too deep.
    #[error("arrays and objects are more than {DEEPEST} deep")]
    TooDeep,
    /// An object has two members of one name (RFC 7493, section 2.3).
    #[error("an object has two members of this name")]
    Duplicate,
    /// Half of a surrogate pair, which is no character (RFC 7493, section 2.1).
    #[error("half of a surrogate pair is no character")]
    Surrogate,
    /// No 64-bit float is as large (RFC 8785, section 3.2.2.3).
    #[error("the number is too large")]
    TooLarge,
    /// An integer of 2^53 or more, not as ECMAScript writes its 64-bit float (RFC 7493, section 2.2).
    #[error("an integer of 2^53 or more would be rounded; it should be a string")]
    Rounded,
}

struct Reader<'t> {
    text: &'t str,
    offset: usize,
}

impl Reader<'_> {
    fn error(&self, problem: Problem) -> Error {
        Error { offset: self.offset, problem }
    }

    fn rest(&self) -> &[u8] {
        &self.text.as_bytes()[self.offset..]
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn skip_space(&mut self) {
        let space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.offset += self.rest().iter().take_while(space).count();
    }

    /// Goes on behind `byte`, if it stands here.
    fn skip(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.offset += usize::from(here);
        here
    }

    fn expect(&mut self, byte: u8) -> Result<(), Error> {
        if self.skip(byte) { Ok(()) } else { Err(self.error(Problem::Syntax)) }
    }

    fn value(&mut self, depth: usize) -> Result<Json, Error> {
        self.skip_space();
        match self.peek() {
            Some(b'[' | b'{') if depth == DEEPEST => Err(self.error(Problem::TooDeep)),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.literal(),
        }
    }

    fn literal(&mut self) -> Result<Json, Error> {
        let literals = [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
        for (text, value) in literals {
            if self.rest().starts_with(text.as_bytes()) {
                self.offset += text.len();
                return Ok(value);
            }
        }
        Err(self.error(Problem::Syntax))
    }

    fn array(&mut self, depth: usize) -> Result<Json, Error> {
        self.expect(b'[')?;
        let mut values = Vec::new();
        self.skip_space();
        if self.skip(b']') {
            return Ok(Json::Array(values));
        }
        loop {
            values.push(self.value(depth)?);
            self.skip_space();
            if !self.skip(b',') {
                break;
            }
        }
        self.expect(b']')?;
        Ok(Json::Array(values))
    }

    fn object(&mut self, depth: usize) -> Result<Json, Error> {
        self.expect(b'{')?;
        let mut members = Vec::new();
        self.skip_space();
        if self.skip(b'}') {
            return Ok(Json::Object(members));
        }
        let mut places = Vec::new();
        loop {
            self.skip_space();
            let offset = self.offset;
            let name = self.string()?;
            self.skip_space();
            self.expect(b':')?;
            members.push((name, self.value(depth)?));
            places.push(offset);
            self.skip_space();
            if !self.skip(b',') {
                break;
            }
        }
        self.expect(b'}')?;
        sorted(members, &places).map(Json::Object)
    }

    fn string(&mut self) -> Result<String, Error> {
        self.expect(b'"')?;
        let mut text = String::new();
        loop {
            let plain = self.rest().iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count();
            // Cut at ASCII, so between characters.
            text.push_str(&self.text[self.offset..self.offset + plain]);
            self.offset += plain;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => text.push(self.escape()?),
                _ => return Err(self.error(Problem::Syntax)),
            }
        }
        self.offset += 1;
        Ok(text)
    }

    fn escape(&mut self) -> Result<char, Error> {
        let start = self.offset;
        self.expect(b'\\')?;
        let character = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(start),
            _ => return Err(self.error(Problem::Syntax)),
        };
        self.offset += 1;
        Ok(character)
    }

    /// Reads `uXXXX`, and the `\uXXXX` behind it if the two are a pair.
    fn unicode(&mut self, start: usize) -> Result<char, Error> {
        let surrogate = Error { offset: start, problem: Problem::Surrogate };
        let first = self.unit()?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        if first >= 0xdc00 || !self.rest().starts_with(b"\\u") {
            return Err(surrogate);
        }
        self.offset += 1;
        let second = self.unit()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(surrogate);
        }
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or(surrogate)
    }

    fn unit(&mut self) -> Result<u32, Error> {
        self.expect(b'u')?;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            unit = unit << 4 | digit.ok_or_else(|| self.error(Problem::Syntax))?;
            self.offset += 1;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<Json, Error> {
        let start = self.offset;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        let mut is_integer = true;
        if self.skip(b'.') {
            is_integer = false;
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            is_integer = false;
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        let text = &self.text[start..self.offset];
        let problem = |problem| Error { offset: start, problem };
        // The standard library rounds to the nearest float, ties to even, as ECMAScript does.
        let value = text.parse::<f64>().map_err(|_| problem(Problem::Syntax))?;
        if !value.is_finite() {
            return Err(problem(Problem::TooLarge));
        }
        if is_integer && !is_kept(text, value) {
            return Err(problem(Problem::Rounded));
        }
        Ok(Json::Number(value))
    }

    fn digits(&mut self) -> Result<(), Error> {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.offset += count;
        if count == 0 { Err(self.error(Problem::Syntax)) } else { Ok(()) }
    }
}

/// Whether no other integer is taken for that float: below 2^53 each has its own, beyond only the one that
/// has the float's digits is taken.
fn is_kept(text: &str, value: f64) -> bool {
    // 2^53 itself is where 2^53 + 1 would end up.
    value.abs() < 9_007_199_254_740_992.0 || ryu_js::Buffer::new().format_finite(value) == text
}

/// Puts members into canonical order.
fn sorted(members: Vec<(String, Json)>, places: &[usize]) -> Result<Vec<(String, Json)>, Error> {
    let mut members = members.into_iter().zip(places).collect::<Vec<_>>();
    // Stable: of two members of a name, the later one is named.
    members.sort_by(|((one, _), _), ((other, _), _)| Json::order(one, other));
    let duplicates = members.windows(2).filter(|pair| pair[0].0.0 == pair[1].0.0).map(|pair| *pair[1].1);
    match duplicates.min() {
        Some(offset) => Err(Error { offset, problem: Problem::Duplicate }),
        None => Ok(members.into_iter().map(|(member, _)| member).collect()),
    }
}
