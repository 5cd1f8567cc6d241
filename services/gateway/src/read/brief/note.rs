//! Footnotes in words.

use contract::brief::{Note, Passage, words};

/// A footnote in words.
#[derive(Debug)]
pub(super) struct Footnote {
    pub(super) n: u32,
    pub(super) text: String,
    /// A web address, if there is one to follow.
    pub(super) url: Option<String>,
}

impl Footnote {
    pub(super) fn of(note: &Note) -> Self {
        let is_first_hand = note.source.as_deref() == Some("first-hand");
        let parts = [
            is_first_hand.then(|| "First-hand".to_owned()),
            note.publisher
                .as_deref()
                .map(|by| if is_first_hand { words::of_agency(by) } else { by.to_owned() }),
            note.title.as_ref().map(|title| format!("“{title}”")),
            note.date.as_ref().map(words::of_when),
            of_passages(&note.passages),
            note.withdrawn.then(|| "since withdrawn by its publisher".to_owned()),
        ];
        let mut text =
            parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        let url = note.url.clone().filter(|url| is_web(url));
        if text.is_empty() {
            text.push_str(url.as_deref().unwrap_or("A source that is not named"));
        }
        if let Some(grade) = only(&note.passages, |passage| passage.grade).flatten() {
            text.push_str(&format!("; graded {grade}"));
        }
        Self { n: note.n, text, url }
    }
}

/// Where in it. What is the same of all places, whom it has them from and how they are graded, is said once.
fn of_passages(passages: &[Passage]) -> Option<String> {
    let via = only(passages, |passage| passage.via.clone());
    let grade = only(passages, |passage| passage.grade);
    let places = passages.iter().map(|passage| {
        let own_via = via.is_none().then(|| of_via(&passage.via)).flatten();
        let own_grade = passage.grade.filter(|_| grade.is_none()).map(|grade| format!("graded {grade}"));
        [passage.locator.clone(), own_via, own_grade].into_iter().flatten().collect::<Vec<_>>().join(", ")
    });
    let places = places.filter(|place| !place.is_empty()).collect::<Vec<_>>().join("; ");
    let parts = [Some(places).filter(|places| !places.is_empty()), via.as_deref().and_then(of_via)];
    let said = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    (!said.is_empty()).then_some(said)
}

fn of_via(via: &[String]) -> Option<String> {
    (!via.is_empty()).then(|| format!("via {}", via.join(", from ")))
}

/// What is the same of all, if it is.
fn only<T: PartialEq>(passages: &[Passage], of: impl Fn(&Passage) -> T) -> Option<T> {
    let mut all = passages.iter().map(of);
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// Only what a browser asks the web for: never a script.
fn is_web(url: &str) -> bool {
    let begins = url.starts_with("https://") || url.starts_with("http://");
    begins && !url.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"".contains(c))
}
