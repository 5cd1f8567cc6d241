//! Footnotes in words.

use contract::brief::{Note, words};

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
            note.locator.clone(),
            (!note.via.is_empty()).then(|| format!("via {}", note.via.join(", from "))),
            note.withdrawn.then(|| "since withdrawn by its publisher".to_owned()),
        ];
        let mut text =
            parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        let url = note.url.clone().filter(|url| is_web(url));
        if text.is_empty() {
            text.push_str(url.as_deref().unwrap_or("A source that is not named"));
        }
        if let Some(grade) = note.grade {
            text.push_str(&format!("; graded {grade}"));
        }
        Self { n: note.n, text, url }
    }
}

/// Only what a browser asks the web for: never a script.
fn is_web(url: &str) -> bool {
    let begins = url.starts_with("https://") || url.starts_with("http://");
    begins && !url.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"".contains(c))
}
