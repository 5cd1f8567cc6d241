//! Where in a record's texts the words stand: pieces of them, safe to be shown as HTML.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use serde::Serialize;

use super::parse::{Clause, Sought};
use super::texts::Texts;
use super::words::{Stems, Word, words};

/// Pieces of one record, at most.
const MOST: usize = 5;

/// The longest piece, in characters, without marks and escapes.
const LONGEST: usize = 240;

/// Before the first word found, if the text does not begin there.
const BEFORE: usize = 60;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Highlight {
    field: String,
    text: String,
}

/// Finds what was looked for in texts.
pub(super) struct Highlighter<'q> {
    sought: &'q Sought,
    /// Which words are inflected from what is looked for.
    kin: Kin,
}

/// Words that are inflected from what others are. To take a word apart is dear, and most words of a text are met
/// again in the next one.
struct Kin {
    stems: Stems,
    /// What the others are inflected from.
    of: BTreeSet<String>,
    /// Their first letters, which no inflection changes.
    begin: BTreeSet<char>,
    known: HashMap<String, bool>,
}

impl Kin {
    fn new<'w>(words: impl Iterator<Item = &'w String>) -> Self {
        let (mut stems, mut begin, mut of) = (Stems::default(), BTreeSet::new(), BTreeSet::new());
        for word in words {
            begin.extend(word.chars().next());
            of.extend(stems.of(word));
        }
        Self { stems, of, begin, known: HashMap::new() }
    }

    fn has(&mut self, word: &str) -> bool {
        if !word.chars().next().is_some_and(|first| self.begin.contains(&first)) {
            return false;
        }
        if let Some(known) = self.known.get(word) {
            return *known;
        }
        let has = self.stems.of(word).iter().any(|stem| self.of.contains(stem));
        self.known.insert(word.to_owned(), has);
        has
    }
}

impl<'q> Highlighter<'q> {
    pub(super) fn new(sought: &'q Sought) -> Self {
        let forms = sought.wanted.iter().flat_map(|clause| match clause {
            Clause::Word(forms) => &forms[..],
            Clause::Phrase(_) | Clause::Prefix(_) => &[],
        });
        let single = forms.filter_map(|form| if let [word] = &form[..] { Some(word) } else { None });
        Self { sought, kin: Kin::new(single) }
    }

    /// The pieces with most of what was looked for, in the order of the texts.
    pub(super) fn of(&mut self, texts: &Texts) -> Vec<Highlight> {
        let mut pieces = Vec::new();
        for (nth, (field, text)) in texts.texts.iter().enumerate() {
            let marks = self.marks(text);
            if !marks.is_empty() {
                let text = piece(text, &marks);
                pieces.push((marks.len(), nth, Highlight { field: field.clone(), text }));
            }
        }
        // The first one, mostly the title, is shown in any case.
        pieces.sort_by_key(|(marks, nth, _)| (*nth != 0, usize::MAX - marks, *nth));
        pieces.truncate(MOST);
        pieces.sort_by_key(|(_, nth, _)| *nth);
        pieces.into_iter().map(|(.., piece)| piece).collect()
    }

    /// Where what was looked for stands, in order, apart from each other.
    fn marks(&mut self, text: &str) -> Vec<Range<usize>> {
        let found = words(text);
        let row = found.iter().flat_map(pieces).collect::<Vec<_>>();
        let mut marks = Vec::new();
        for clause in &self.sought.wanted {
            match clause {
                Clause::Word(forms) => forms.iter().for_each(|form| rows(&row, form, &mut marks)),
                Clause::Phrase(words) => rows(&row, words, &mut marks),
                Clause::Prefix(begun) => {
                    let begins = found.iter().filter(|word| word.whole.starts_with(begun.as_str()));
                    marks.extend(begins.map(|word| word.range.clone()));
                }
            }
        }
        for Word { range, whole, parts, .. } in &found {
            if self.kin.has(whole) {
                marks.push(range.clone());
            }
            marks.extend(parts.iter().filter(|(_, part)| self.kin.has(part)).map(|(range, _)| range.clone()));
        }
        apart(marks)
    }
}

/// What stands in a row in the index.
fn pieces(word: &Word) -> Vec<(Range<usize>, &str)> {
    if word.parts.is_empty() {
        return vec![(word.range.clone(), &word.whole)];
    }
    word.parts.iter().map(|(range, part)| (range.clone(), part.as_str())).collect()
}

fn rows(text: &[(Range<usize>, &str)], row: &[String], marks: &mut Vec<Range<usize>>) {
    let stands = text
        .windows(row.len().max(1))
        .filter(|window| window.iter().zip(row).all(|((_, word), wanted)| word == wanted));
    marks.extend(stands.map(|window| window[0].0.start..window[window.len() - 1].0.end));
}

fn apart(mut marks: Vec<Range<usize>>) -> Vec<Range<usize>> {
    marks.sort_by_key(|mark| (mark.start, usize::MAX - mark.end));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for mark in marks {
        match apart.last_mut() {
            Some(last) if mark.start < last.end => last.end = last.end.max(mark.end),
            _ => apart.push(mark),
        }
    }
    apart
}

/// The text around its first mark.
fn piece(text: &str, marks: &[Range<usize>]) -> String {
    let first = marks[0].start;
    let before = text[..first].char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
    let is_short = text.chars().count() <= LONGEST;
    let from = if is_short || before == 0 { 0 } else { next_word(text, before, first) };
    let to = text[from..].char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| from + at);
    let to = if to == text.len() { to } else { text[from..to].rfind(' ').map_or(to, |at| from + at) };
    let mut out = String::with_capacity(to - from + 40);
    if from > 0 {
        out.push('…');
    }
    let mut at = from;
    for mark in marks.iter().filter(|mark| mark.end <= to) {
        escape(&text[at..mark.start], &mut out);
        out.push_str("<mark>");
        escape(&text[mark.clone()], &mut out);
        out.push_str("</mark>");
        at = mark.end;
    }
    escape(&text[at..to.max(at)], &mut out);
    if to < text.len() {
        out.push('…');
    }
    out
}

fn next_word(text: &str, from: usize, to: usize) -> usize {
    text[from..to].find(' ').map_or(to, |at| from + at + 1)
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_inflection_changes_the_first_letter(word in "[a-z]{4,12}") {
            for stem in Stems::default().of(&word) {
                let (_, stem) = stem.split_once(':').unwrap();
                prop_assert!(stem.chars().next() == word.chars().next(), "{word}: {stem}");
            }
        }
    }

    fn shown(sought: &str, text: &str) -> String {
        let sought = Sought::read(sought);
        let texts = Texts { texts: vec![("notes".into(), text.into())], ..Texts::default() };
        let mut of = Highlighter::new(&sought).of(&texts);
        of.pop().map_or_else(String::new, |highlight| highlight.text)
    }

    #[test]
    fn what_is_found_is_marked_and_the_rest_escaped() {
        assert_eq!(
            shown("treaty", "<b>Treaties & \"co\""),
            "&lt;b&gt;<mark>Treaties</mark> &amp; &quot;co&quot;"
        );
        assert_eq!(shown("accord", "L’accord signé"), "L’<mark>accord</mark> signé");
        assert_eq!(
            shown("\"trade dialogue\"", "trade, Trade Dialogue"),
            "trade, <mark>Trade Dialogue</mark>"
        );
        assert_eq!(shown("neg*", "negotiated"), "<mark>negotiated</mark>");
        assert_eq!(shown("معاہدہ", "نیا مُعاهده"), "نیا <mark>مُعاهده</mark>");
        assert_eq!(shown("us", "the U.S. side"), "the <mark>U.S.</mark> side");
        assert_eq!(shown("canola", "potash"), "");
        assert_eq!(shown("visas", "Visit for visas"), "Visit for <mark>visas</mark>");
    }

    #[test]
    fn of_a_long_text_the_part_around_the_first_mark_is_shown() {
        let text = format!("{} canola {}", "before ".repeat(50), "after ".repeat(80));
        let shown = shown("canola", &text);
        assert!(shown.starts_with("…before") && shown.ends_with("after…"), "{shown}");
        assert!(shown.contains(" <mark>canola</mark> ") && shown.chars().count() < 280);
    }
}
