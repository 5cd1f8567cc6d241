//! The small encodings that the formats share: base64, hexadecimal, decimal numbers. Each value has one text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Hash;

/// Standard base64 with padding (RFC 4648, section 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads [`base64`]; nothing else is taken, neither missing padding nor set bits behind the last byte.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Two lower-case digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// Reads [`hex`] of exactly `N` bytes; upper case is not taken.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

/// Reads an ASCII decimal without sign and without leading zeros.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    if digits && canonical { text.parse().ok() } else { None }
}

/// The lines before a checkpoint, each ended by a newline.
pub(crate) struct Lines<'b> {
    rest: &'b [u8],
    line: usize,
}

impl<'b> Lines<'b> {
    pub(crate) const fn of(rest: &'b [u8]) -> Self {
        Self { rest, line: 0 }
    }

    /// The number of the line that was read last, from 1.
    pub(crate) const fn line(&self) -> usize {
        self.line
    }

    /// What was not read yet.
    pub(crate) const fn rest(&self) -> &'b [u8] {
        self.rest
    }

    /// Reads hashes up to a blank line, and the blank line. Fails with the number of the line that is
    /// neither, or one hash too many.
    pub(crate) fn hashes(&mut self, most: usize) -> Result<Vec<Hash>, usize> {
        let mut hashes = Vec::new();
        loop {
            let line = self.next();
            match line {
                Some("") => return Ok(hashes),
                Some(line) if hashes.len() < most => hashes.push(line.parse().map_err(|_| self.line)?),
                _ => return Err(self.line),
            }
        }
    }
}

impl<'b> Iterator for Lines<'b> {
    type Item = &'b str;

    /// The next line; `None` where there is none that is ended and is UTF-8.
    fn next(&mut self) -> Option<&'b str> {
        self.line += 1;
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        let line = std::str::from_utf8(&self.rest[..end]).ok()?;
        self.rest = &self.rest[end + 1..];
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_has_one_text() {
        assert_eq!(decimal("0"), Some(0));
        assert_eq!(decimal("18446744073709551615"), Some(u64::MAX));
        for wrong in ["", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "18446744073709551616", "١"] {
            assert_eq!(decimal(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn hexadecimal_has_one_text() {
        assert_eq!(hex(&[0, 0x9f, 0xa0]), "009fa0");
        assert_eq!(from_hex("009fa0"), Some([0, 0x9f, 0xa0]));
        for wrong in ["", "009fa", "009fa00", "009FA0", "009fg0", "00 9fa0"] {
            assert_eq!(from_hex::<3>(wrong), None, "{wrong:?}");
        }
    }
}
