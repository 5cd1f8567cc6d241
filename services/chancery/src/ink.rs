//! Styles of text, which travel through layout as characters of no width.
//!
//! A table or a paragraph is broken into lines by how wide its words are. Escape sequences would count, so that
//! a style is written as a tag character (Unicode block Tags, which no terminal shows and which has no width)
//! and becomes an escape sequence only where the line is written: or nothing, where there is no terminal. What
//! comes from the register is [`clean`]ed of such characters, and of all that a terminal would obey.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};

use crate::bidi;

/// How something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// What a reader looks for.
    Bold,
    /// What is there to be copied or looked up.
    Faint,
    /// What is late.
    Bad,
    /// What will be.
    Soon,
    /// What went well.
    Good,
    /// What was searched for: where there are no colours, in guillemets.
    Match,
}

const FIRST: u32 = 0xE_0041;
const END: char = '\u{E007F}';
const ALL: [Ink; 6] = [Ink::Bold, Ink::Faint, Ink::Bad, Ink::Soon, Ink::Good, Ink::Match];

impl Ink {
    /// The text in this style: each word by itself, so that a line may end between them.
    pub(crate) fn on(self, text: &str) -> String {
        let (mut inked, mut inside) = (String::with_capacity(text.len() + 8), false);
        for letter in text.chars() {
            match (inside, letter.is_whitespace()) {
                (false, false) => inked.push(self.begin()),
                (true, true) => inked.push(END),
                _ => {}
            }
            inside = !letter.is_whitespace();
            inked.push(letter);
        }
        if inside {
            inked.push(END);
        }
        inked
    }

    fn begin(self) -> char {
        let index = ALL.iter().position(|ink| *ink == self).and_then(|index| u32::try_from(index).ok());
        char::from_u32(FIRST + index.unwrap_or_default()).unwrap_or(END)
    }

    fn begun(letter: char) -> Option<Self> {
        ALL.into_iter().find(|ink| ink.begin() == letter)
    }

    fn style(self) -> Style {
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        match self {
            Self::Bold => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Bad => colour(AnsiColor::Red).bold(),
            Self::Soon => colour(AnsiColor::Yellow),
            Self::Good => colour(AnsiColor::Green),
            Self::Match => colour(AnsiColor::Yellow).bold(),
        }
    }
}

/// The text as it is written, line by line: with escape sequences or without.
pub(crate) fn rendered(text: &str, coloured: bool) -> String {
    text.split('\n').map(|line| one_line(&bidi::isolated(line), coloured)).collect::<Vec<_>>().join("\n")
}

fn one_line(line: &str, coloured: bool) -> String {
    let (mut out, mut open, mut before) = (String::with_capacity(line.len()), None::<Ink>, ' ');
    for (at, letter) in line.char_indices() {
        let goes_on = |ink: Ink| line[at..].starts_with(&[END, ' ', ink.begin()].iter().collect::<String>());
        // A word that was too long for its column ends in the next line; two spaces are between columns.
        let is_gap = letter == ' ' && before == ' ';
        if is_gap || (letter == END && !open.is_some_and(goes_on)) {
            close(&mut out, open.take(), coloured);
        }
        match Ink::begun(letter) {
            Some(ink) if open == Some(ink) => {}
            Some(ink) if coloured => out.push_str(&ink.style().render().to_string()),
            Some(Ink::Match) => out.push('«'),
            Some(_) => {}
            None if letter == END => {}
            None => out.push(letter),
        }
        open = Ink::begun(letter).or(open);
        before = letter;
    }
    close(&mut out, open, coloured);
    out
}

fn close(out: &mut String, open: Option<Ink>, coloured: bool) {
    match open {
        Some(ink) if coloured => out.push_str(&ink.style().render_reset().to_string()),
        Some(Ink::Match) => out.push('»'),
        _ => {}
    }
}

/// A text of the register without what a terminal would obey, what turns the direction of the rest of a line,
/// and our own marks.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    let is_fine = |letter: char| letter == '\n' || !(letter.is_control() || turns(letter) || is_tag(letter));
    if text.chars().all(is_fine) {
        return Cow::Borrowed(text);
    }
    let shown = |letter: char| match letter {
        '\t' => Some(' '),
        letter if is_fine(letter) => Some(letter),
        letter if letter.is_control() && letter != '\r' => Some(char::REPLACEMENT_CHARACTER),
        _ => None,
    };
    Cow::Owned(text.chars().filter_map(shown).collect())
}

fn is_tag(letter: char) -> bool {
    ('\u{E0000}'..='\u{E007F}').contains(&letter)
}

/// Embeddings, overrides and isolates (UAX #9, 2.1 to 2.4). Marks, which are of one place, stay.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_escape_sequences_where_there_are_colours() {
        let text = format!("a {} b {}", Ink::Bold.on("big word"), Ink::Match.on("found"));
        assert_eq!(rendered(&text, false), "a big word b «found»");
        let coloured = "a \u{1b}[1mbig word\u{1b}[0m b \u{1b}[1m\u{1b}[33mfound\u{1b}[0m";
        assert_eq!(rendered(&text, true), coloured);
    }

    #[test]
    fn a_word_that_is_broken_over_lines_colours_no_other_column() {
        let begun = Ink::Bold.on("word").trim_end_matches(END).to_owned();
        assert_eq!(rendered(&format!("{begun}  next"), true), "\u{1b}[1mword \u{1b}[0m next");
        assert_eq!(rendered(&begun, true), "\u{1b}[1mword\u{1b}[0m");
    }

    #[test]
    fn a_terminal_obeys_nothing_that_was_recorded() {
        let recorded = format!("red\u{1b}[31m\r\u{7}\t{}\u{202E}x", Ink::Bad.on("y"));
        assert_eq!(clean(&recorded), "red\u{fffd}[31m\u{fffd} yx");
        assert!(matches!(clean("two\nlines"), Cow::Borrowed(_)));
    }
}
