//! Footnotes: each citation once, numbered in the order in which they are read. Those of one source become one note
//! when the document is there, and its lines are what they will be.

use std::collections::BTreeMap;

use contract::brief::{Note, Passage};
use domain::Subject;
use serde_json::Value;

use super::compose::{list, read, shortened, text_of, when};
use super::gather::Item;

/// The most footnotes of one line.
const MOST_OF_A_LINE: usize = 3;

/// The footnotes of a document.
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: Vec<Note>,
}

impl Notes {
    /// The numbers of what a record cites in these events, or in all if none is named or none of them cites; and
    /// the sources that the document now names.
    pub(super) fn of<'g>(
        &mut self,
        item: &Item,
        events: &[&str],
        sources: &'g BTreeMap<Subject, Item>,
    ) -> (Vec<u32>, Vec<&'g Item>) {
        let all = list(&item.view, "citations");
        let is_of =
            |citation: &&Value| text_of(citation, "event").is_some_and(|event| events.contains(&event));
        let chosen = all.iter().filter(is_of).collect::<Vec<_>>();
        let chosen = if chosen.is_empty() { all.iter().collect() } else { chosen };
        let (mut numbers, mut named) = (vec![], vec![]);
        for citation in chosen {
            let source = text_of(citation, "source").and_then(|source| source.parse::<Subject>().ok());
            let source = source.and_then(|subject| sources.get(&subject));
            if numbers.len() == MOST_OF_A_LINE {
                break;
            }
            let n = self.number(note(citation, source, &item.view));
            if numbers.contains(&n) {
                continue;
            }
            numbers.push(n);
            named.extend(source);
        }
        (numbers, named)
    }

    pub(super) fn written(self) -> Vec<Note> {
        self.notes
    }

    fn number(&mut self, note: Note) -> u32 {
        let is_it = |known: &&Note| known.passages == note.passages && are_of_one_source(known, &note);
        if let Some(known) = self.notes.iter().find(is_it) {
            return known.n;
        }
        let n = u32::try_from(self.notes.len() + 1).unwrap_or(u32::MAX);
        self.notes.push(Note { n, ..note });
        n
    }
}

/// Whether both say the same of a source, wherever in it.
pub(super) fn are_of_one_source(one: &Note, other: &Note) -> bool {
    fn said(note: &Note) -> impl PartialEq {
        let Note { source, publisher, title, date, url, withdrawn, .. } = note;
        (source, publisher, title, date, url, withdrawn)
    }
    said(one) == said(other)
}

/// A citation as a footnote that has no number yet.
fn note(citation: &Value, source: Option<&Item>, record: &Value) -> Note {
    let passage = Passage {
        locator: text_of(citation, "locator").map(str::to_owned),
        via: read(citation, "via").unwrap_or_default(),
        grade: read(citation, "grade"),
    };
    let mut note = Note {
        n: 0,
        source: None,
        publisher: None,
        title: None,
        date: None,
        passages: if passage == Passage::default() { vec![] } else { vec![passage] },
        url: None,
        withdrawn: false,
    };
    let cited = text_of(citation, "source");
    if let Some(Item { subject, view, .. }) = source {
        let publisher = text_of(view, "publisher");
        note.source = Some(subject.to_string());
        note.publisher = publisher.map(str::to_owned);
        note.title = text_of(view, "title").filter(|title| Some(*title) != publisher).map(shortened);
        note.date = when(view, "published").or_else(|| when(view, "updated"));
        note.url = text_of(view, "url").map(str::to_owned);
        note.withdrawn = text_of(view, "status") == Some("withdrawn");
    } else if let Some(web) = cited.filter(|cited| cited.parse::<Subject>().is_err()) {
        if web.contains("://") {
            note.url = Some(web.to_owned());
        } else {
            // First-hand: whose hand says how far to trust it.
            note.publisher = text_of(record, "agency").map(str::to_owned);
        }
        note.source = Some(web.to_owned());
    }
    note
}
