//! Words as they are looked for: folded, in any script, with their places in the text.
//!
//! A word is a run of letters, digits and vowel signs; [`fold`] makes one form of its accents, case and keyboard
//! variants. Two rules come on top:
//!
//! - an apostrophe or a dot inside a word (`l’investissement`, `O’Brien`, `U.S.`) makes it one word and its parts:
//!   `investissement`, `obrien`, `brien` and `us` are all found;
//! - a letter of a script without spaces between words (Han, Kana, Thai, …) is a word of its own, and several in a row
//!   are looked for as a phrase.
//!
//! What a word is inflected from is told by the stemmers of English and French, both for every word: nobody says
//! which language a title or a name is in.

use std::ops::Range;

use domain::value::fold;
use tantivy::tokenizer::{Language, RawTokenizer, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer};

/// The longest word that is indexed, in bytes: what is longer is no word.
const LONGEST: usize = 120;

/// A shorter stem tells too little of the word: `vis` is of `visas` as of `visit`.
const SHORTEST_STEM: usize = 4;

/// A word in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Where it stands, in bytes.
    pub(super) range: Range<usize>,
    /// Its whole, in one form.
    pub(super) whole: String,
    /// Its parts, in one form, if it has several; of a script without spaces, its letters.
    pub(super) parts: Vec<(Range<usize>, String)>,
    /// Whether only its parts are looked for.
    pub(super) letters: bool,
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, is_of_a_word(c)) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                words.extend(word(text, from..at));
                start = None;
            }
            _ => {}
        }
    }
    words
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || joins(c) || is_sign(c)
}

/// What may stand inside a word without ending it.
const fn joins(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '`' | '.')
}

/// Accents, points and vowel signs that stand by themselves; joiners.
const fn is_sign(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}'
        | '\u{670}' | '\u{6d6}'..='\u{6ed}' | '\u{200b}'..='\u{200f}')
}

/// Scripts that are written without spaces between words.
const fn is_word_by_itself(c: char) -> bool {
    matches!(c,
        '\u{e01}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3041}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

fn word(text: &str, range: Range<usize>) -> Option<Word> {
    let chunk = &text[range.clone()];
    let whole = form(chunk);
    if whole.is_empty() {
        return None;
    }
    let letters = chunk.chars().any(is_word_by_itself);
    let mut parts = Vec::new();
    let mut add = |part: Range<usize>| {
        let part = range.start + part.start..range.start + part.end;
        let word = form(&text[part.clone()]);
        // A letter that an apostrophe cuts off is no word: d’, l’, ’s.
        if !word.is_empty() && (letters || word.chars().nth(1).is_some()) {
            parts.push((part, word));
        }
    };
    if letters {
        runs_and_letters(chunk).for_each(&mut add);
    } else if chunk.contains(joins) {
        let mut from = 0;
        for (at, joint) in chunk.match_indices(joins) {
            add(from..at);
            from = at + joint.len();
        }
        add(from..chunk.len());
        if parts.len() == 1 && parts[0].1 == whole {
            parts.clear();
        }
    }
    Some(Word { range, whole, parts, letters })
}

/// Cuts before and after every letter that is a word by itself.
fn runs_and_letters(chunk: &str) -> impl Iterator<Item = Range<usize>> {
    let mut cuts = vec![0];
    for (at, c) in chunk.char_indices().filter(|(_, c)| is_word_by_itself(*c)) {
        cuts.extend([at, at + c.len_utf8()]);
    }
    cuts.push(chunk.len());
    cuts.dedup();
    (1..cuts.len()).map(move |end| cuts[end - 1]..cuts[end])
}

/// One form of a word: folded, with the variants of letters and digits that keyboards have for Arabic script.
fn form(word: &str) -> String {
    let folded = fold(word);
    let one = folded.chars().filter(|c| *c != ' ').map(|c| match c {
        'ه' | 'ھ' | 'ة' | 'ۃ' | 'ە' => 'ہ',
        '\u{660}'..='\u{669}' => digit(c, 0x660),
        '\u{6f0}'..='\u{6f9}' => digit(c, 0x6f0),
        other => other,
    });
    let mut form = one.collect::<String>();
    form.truncate(form.floor_char_boundary(LONGEST));
    form
}

fn digit(c: char, zero: u32) -> char {
    char::from_digit(c as u32 - zero, 10).unwrap_or(c)
}

/// What a word may be inflected from, each with its language, so that only stems of one language meet.
pub(super) struct Stems([TextAnalyzer; 2]);

impl Default for Stems {
    fn default() -> Self {
        let of =
            |language| TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(language)).build();
        Self([Language::English, Language::French].map(of))
    }
}

impl Clone for Stems {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Stems {
    pub(super) fn of(&mut self, word: &str) -> Vec<String> {
        if word.len() < SHORTEST_STEM || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return vec![word.to_owned()];
        }
        let stem = |(language, analyzer): (&str, &mut TextAnalyzer)| {
            let mut stream = analyzer.token_stream(word);
            let stem = stream.next().map(|token| token.text.as_str());
            let stem = stem.filter(|stem| stem.len() >= SHORTEST_STEM).unwrap_or(word);
            format!("{language}:{stem}")
        };
        ["en", "fr"].into_iter().zip(&mut self.0).map(stem).collect()
    }
}

/// Cuts texts for the index: into words, or into what they are inflected from.
#[derive(Clone)]
pub(super) struct Cutter {
    stems: Option<Stems>,
}

impl Cutter {
    pub(super) const fn words() -> Self {
        Self { stems: None }
    }

    pub(super) fn stems() -> Self {
        Self { stems: Some(Stems::default()) }
    }

    fn cut(&mut self, text: &str) -> Vec<(usize, String)> {
        let mut position = 0;
        let mut cut = Vec::new();
        for word in words(text) {
            let Word { whole, parts, letters, .. } = word;
            let first = position;
            position += parts.len().max(1);
            let whole = Some((first, whole)).filter(|_| !letters);
            cut.extend(whole);
            cut.extend(parts.into_iter().enumerate().map(|(nth, (_, part))| (first + nth, part)));
        }
        let Some(stems) = &mut self.stems else { return cut };
        let stem = |(at, word): (usize, String)| {
            stems.of(&word).into_iter().map(move |stem| (at, stem)).collect::<Vec<_>>()
        };
        cut.into_iter().flat_map(stem).collect()
    }
}

impl Tokenizer for Cutter {
    type TokenStream<'a> = Cut;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Cut {
        Cut { words: self.cut(text).into_iter(), token: Token::default() }
    }
}

/// The pieces of a text.
pub(super) struct Cut {
    words: std::vec::IntoIter<(usize, String)>,
    token: Token,
}

impl TokenStream for Cut {
    fn advance(&mut self) -> bool {
        let Some((position, text)) = self.words.next() else { return false };
        self.token.position = position;
        self.token.text = text;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        Cutter::words().cut(text).into_iter().map(|(_, word)| word).collect()
    }

    #[test]
    fn words_of_every_script_have_one_form() {
        assert_eq!(cut("Gen. José, the U.S.–Canada"), ["gen", "jose", "the", "us", "canada"]);
        assert_eq!(cut("l’investissement"), ["linvestissement", "investissement"]);
        assert_eq!(cut("O’Brien's"), ["obriens", "brien"]);
        assert_eq!(cut("وَزِیرِ تجارت"), cut("وزير تجارت"));
        assert_eq!(cut("معاہدہ ۲۰۲۵"), cut("معاهده 2025"));
        assert_eq!(cut("中国 2025年"), ["中", "国", "2025", "年"]);
        assert!(cut(" — … '").is_empty());
    }

    #[test]
    fn an_inflected_word_has_the_form_it_comes_from() {
        let mut stems = Stems::default();
        let mut is_one = |a: &str, b: &str| {
            let of_a = stems.of(a);
            stems.of(b).iter().any(|stem| of_a.contains(stem))
        };
        assert!(is_one("treaties", "treaty") && is_one("negotiating", "negotiations"));
        assert!(is_one("negociations", "negociation") && is_one("accords", "accord"));
        assert!(!is_one("canola", "canal"));
        assert!(!is_one("visas", "visit") && is_one("visits", "visit") && is_one("visas", "visas"));
        // A stem of one language is not one of the other, though they be written alike.
        assert!(stems.of("visas").iter().all(|stem| stem.starts_with("en:") || stem.starts_with("fr:")));
    }
}
