//! Text that people write: trimmed, not empty, of bounded length, without control characters.

use std::fmt;
use std::str::FromStr;

use super::Expected;
use super::scalar::textual;

/// What was said or noted, in as many lines as it takes.
pub type Text = Bounded<8_000, true>;

/// A name, title or label: one line.
pub type Name = Bounded<300, false>;

/// Text of at most `MAX` characters, in one line or in `LINES`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bounded<const MAX: usize, const LINES: bool>(Box<str>);

impl<const MAX: usize, const LINES: bool> Bounded<MAX, LINES> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize, const LINES: bool> FromStr for Bounded<MAX, LINES> {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Lines end in a line feed alone, whatever machine they come from.
        let text = text.trim().replace("\r\n", "\n");
        if text.is_empty() {
            return Err(Expected::new("expected some text, found none"));
        }
        let length = text.chars().count();
        if length > MAX {
            return Err(Expected::new(format!("expected at most {MAX} characters, found {length}")));
        }
        // The two overrides make a text look other than it is.
        let allowed = |c: char| match c {
            '\n' | '\t' => LINES,
            '\u{202d}' | '\u{202e}' => false,
            c => !c.is_control(),
        };
        if let Some(control) = text.chars().find(|c| !allowed(*c)) {
            let kind = if LINES { "text" } else { "one line of text" };
            return Err(Expected::new(format!(
                "expected {kind}, found the control character U+{:04X}",
                u32::from(control)
            )));
        }
        Ok(Self(text.into()))
    }
}

impl<const MAX: usize, const LINES: bool> AsRef<str> for Bounded<MAX, LINES> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize, const LINES: bool> fmt::Display for Bounded<MAX, LINES> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl<const MAX: usize, const LINES: bool> fmt::Debug for Bounded<MAX, LINES> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, out)
    }
}

textual!(Text, Name);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_its_lines_end_alike() {
        assert_eq!("  both sides\r\nagreed ".parse::<Text>().unwrap().as_str(), "both sides\nagreed");
    }

    #[test]
    fn what_is_no_text_says_why() {
        let of = |text: &str| text.parse::<Name>().expect_err("a mistake").to_string();
        assert_eq!(of(" \n "), "expected some text, found none");
        assert_eq!(of("two\nlines"), "expected one line of text, found the control character U+000A");
        assert_eq!(of(&"é".repeat(301)), "expected at most 300 characters, found 301");
        assert!("é".repeat(300).parse::<Name>().is_ok());
        for wrong in ["a\u{0}", "a\u{7f}", "\u{202e}nahK"] {
            assert!(wrong.parse::<Text>().is_err());
        }
    }
}
