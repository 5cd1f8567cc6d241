//! What is looked for, as people write it.
//!
//! `canola "trade dialogue" neg* -visit`: every word, the phrase word by word, a word that begins so, and not what has
//! the last. Nothing that is written is a mistake: a quotation mark without its fellow reaches to the end, signs alone
//! say nothing, and of more than enough words the first count.

use super::words::{Word, words};

/// Words and phrases that are looked for at once.
const MOST: usize = 24;

/// Fewer letters begin too many words.
const SHORTEST_PREFIX: usize = 2;

/// What is written between others in nearly every text, and says nothing unless it is quoted.
const PASSED_OVER: &[&str] = &[
    "a", "an", "the", "of", "in", "on", "at", "to", "for", "and", "or", "by", "with", "le", "la", "les",
    "de", "du", "des", "et", "un", "une", "en", "au", "aux", "کا", "کی", "کے", "اور", "میں", "سے", "پر",
];

/// One thing that is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Clause {
    /// Any of these in a row; one alone may be inflected.
    Word(Vec<Vec<String>>),
    /// These in a row, as they are.
    Phrase(Vec<String>),
    /// What begins so.
    Prefix(String),
}

/// Everything that is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Sought {
    pub(super) wanted: Vec<Clause>,
    pub(super) unwanted: Vec<Clause>,
}

impl Sought {
    pub(super) fn read(text: &str) -> Self {
        let mut sought = Self::default();
        let (mut passed_over, mut rest) = (vec![], text.trim_start());
        while !rest.is_empty() && sought.wanted.len() + sought.unwanted.len() < MOST {
            let bare = rest.strip_prefix(['-', '−']).filter(|bare| !bare.starts_with(char::is_whitespace));
            let is_unwanted = bare.is_some();
            let (piece, is_quoted, behind) = piece(bare.unwrap_or(rest));
            let clauses = if is_quoted { phrase(piece).into_iter().collect() } else { clauses(piece) };
            rest = behind.trim_start();
            for clause in clauses {
                match clause {
                    clause if is_unwanted => sought.unwanted.push(clause),
                    clause if !is_quoted && is_passed_over(&clause) => passed_over.push(clause),
                    clause => sought.wanted.push(clause),
                }
            }
        }
        if sought.wanted.is_empty() {
            sought.wanted = passed_over;
        }
        sought
    }

    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    /// All wanted words in a row, if they are plain ones and there are several.
    pub(super) fn in_a_row(&self) -> Option<Clause> {
        let plain = |clause: &Clause| match clause {
            Clause::Word(forms) => forms.first().cloned(),
            Clause::Phrase(_) | Clause::Prefix(_) => None,
        };
        let row = self.wanted.iter().map(plain).collect::<Option<Vec<_>>>()?.concat();
        (self.wanted.len() > 1).then_some(Clause::Phrase(row))
    }
}

/// The first word or quotation, whether it is one, and what is behind it.
fn piece(text: &str) -> (&str, bool, &str) {
    const OPENING: [char; 4] = ['"', '“', '«', '„'];
    const CLOSING: [char; 4] = ['"', '”', '»', '“'];
    if let Some(quoted) = text.strip_prefix(OPENING) {
        let (inside, behind) = quoted.split_once(CLOSING).unwrap_or((quoted, ""));
        return (inside, true, behind);
    }
    let end = text.find(|c: char| c.is_whitespace() || OPENING.contains(&c)).unwrap_or(text.len());
    (&text[..end], false, &text[end..])
}

fn clauses(piece: &str) -> Vec<Clause> {
    let found = words(piece);
    if let Some(begun) = piece.strip_suffix('*')
        && let [Word { whole, letters: false, .. }] = &words(begun)[..]
        && whole.chars().count() >= SHORTEST_PREFIX
    {
        return vec![Clause::Prefix(whole.clone())];
    }
    match &found[..] {
        [] => vec![],
        [one] => vec![Clause::Word(forms(one))],
        // Words with signs between them stand in a row: Pakistan–Canada.
        _ => phrase(piece).into_iter().collect(),
    }
}

/// A word as a whole, or its parts in a row.
fn forms(word: &Word) -> Vec<Vec<String>> {
    let parts = word.parts.iter().map(|(_, part)| part.clone()).collect::<Vec<_>>();
    let whole = Some(vec![word.whole.clone()]).filter(|_| !word.letters);
    whole.into_iter().chain(Some(parts).filter(|parts| !parts.is_empty())).collect()
}

fn phrase(piece: &str) -> Option<Clause> {
    let in_a_row = |word: Word| {
        let parts = word.parts.into_iter().map(|(_, part)| part).collect::<Vec<_>>();
        if parts.is_empty() { vec![word.whole] } else { parts }
    };
    let row = words(piece).into_iter().flat_map(in_a_row).collect::<Vec<_>>();
    (!row.is_empty()).then_some(Clause::Phrase(row))
}

fn is_passed_over(clause: &Clause) -> bool {
    let Clause::Word(forms) = clause else { return false };
    matches!(&forms[..], [form] if matches!(&form[..], [word] if PASSED_OVER.contains(&word.as_str())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(word: &str) -> Clause {
        Clause::Word(vec![vec![word.to_owned()]])
    }

    fn row(words: &[&str]) -> Clause {
        Clause::Phrase(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn words_phrases_beginnings_and_what_is_not_to_be() {
        let sought = Sought::read("the Canola “Trade Dialogue” neg* -visit Pakistan-Canada -\"état\" - &");
        let wanted = [
            word("canola"),
            row(&["trade", "dialogue"]),
            Clause::Prefix("neg".into()),
            row(&["pakistan", "canada"]),
        ];
        assert_eq!(sought, Sought { wanted: wanted.into(), unwanted: vec![word("visit"), row(&["etat"])] });
        assert_eq!(
            Sought::read("l'accord").wanted,
            [Clause::Word(vec![vec!["laccord".into()], vec!["accord".into()]])]
        );
        assert_eq!(Sought::read("of").wanted, [word("of")]);
        assert_eq!(Sought::read("\"open end").wanted, [row(&["open", "end"])]);
        assert!(Sought::read(" \"\" - * ()").is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_a_mistake(text in ".{0,60}") {
            let sought = Sought::read(&text);
            prop_assert!(sought.wanted.len() + sought.unwanted.len() <= MOST + 30);
        }
    }
}
