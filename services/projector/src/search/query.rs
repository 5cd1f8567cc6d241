//! Answering what is asked of the search, from the index for what is found and the rows for what is shown.

use contract::{Ask, Filters, Find, List, Order, Paging, Problem, ProblemKind, Search, Sort};
use domain::{Aggregate, Levels, Subject};
use readmodel::{Projection, View};
use serde::Serialize;
use service::Reply;
use tantivy::query::{BooleanQuery, Occur, Query};

use super::collect::{Admitted, By, Firsts, Found, Rank};
use super::fields::{Part, number_of};
use super::highlight::{Highlight, Highlighter};
use super::index::{Error, Snapshot};
use super::matching::{Facets, GRADES, Grades};
use super::parse::Sought;
use super::projection::Texting;
use super::statistics;
use super::texts::Texts;
use crate::addresses;
use crate::cursor::Cursor;
use crate::filter::Span;
use crate::head::{Head, Summary};
use crate::markings::Visible;
use crate::page::Page;
use crate::parties::Bearers;

/// Answers a query.
///
/// # Errors
/// The problem that is served instead.
pub(crate) fn answer(
    ask: &Ask<Find>,
    levels: &Levels,
    view: &View<'_>,
    index: &Snapshot,
) -> Result<Reply, Problem> {
    if ask.known_at.is_some() {
        let detail = "known_at: searches, lists with text and statistics tell of what is known now";
        return Err(Problem::new(ProblemKind::InvalidQuery, detail));
    }
    let asked = Asked { view, index, visible: Visible::to(&ask.principal, levels, view) };
    let _watch = Watch(index);
    let body = match &ask.query {
        Find::Search(search) => asked.search(search),
        Find::List(list) => asked.list(list),
        Find::Statistics(statistics) => statistics::answer(&asked, statistics),
    };
    let body = body.inspect_err(|problem| {
        if problem.kind == ProblemKind::Unavailable {
            index.fail();
        }
    })?;
    Ok(Reply::ok(body).at(index.position))
}

/// What is damaged may also make its reader panic.
struct Watch<'i>(&'i Snapshot);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail();
        }
    }
}

/// The cursor of a query, if it continues another page.
///
/// # Errors
/// A problem when the cursor is not one of this query.
pub(crate) fn cursor(find: &Find) -> Result<Option<Cursor>, Problem> {
    let cursor = match find {
        Find::Search(Search { page, .. }) | Find::List(List { page, .. }) => page.cursor.as_deref(),
        Find::Statistics(_) => None,
    };
    cursor.map(|text| Cursor::read(text, &filters_of(find), Texting::SCHEMA)).transpose()
}

/// What a cursor is bound to: every filter and the order, not the length of the pages.
fn filters_of(find: &Find) -> Vec<u8> {
    let mut filters = find.clone();
    if let Find::Search(Search { page, .. }) | Find::List(List { page, .. }) = &mut filters {
        *page = Paging::default();
    }
    serde_json::to_vec(&filters).expect("texts and numbers are JSON")
}

/// The index failed: it is looked after, and made anew if need be.
pub(super) fn broken(error: &Error) -> Problem {
    tracing::debug!(%error, "the search index cannot be read");
    unreadable()
}

/// What is said to those whose question found the index damaged.
pub(crate) fn unreadable() -> Problem {
    Problem::new(ProblemKind::Unavailable, "the search index cannot be read and is made anew")
}

fn index_failed(error: tantivy::TantivyError) -> Problem {
    broken(&error.into())
}

/// One question, while it is answered.
pub(super) struct Asked<'v> {
    pub(super) view: &'v View<'v>,
    pub(super) index: &'v Snapshot,
    visible: Visible<'v>,
}

/// What documents must have besides the words.
pub(super) struct Narrowed {
    pub(super) facets: Facets,
    pub(super) admitted: Admitted,
}

impl Asked<'_> {
    pub(super) fn sees(&self, subject: &Subject) -> bool {
        self.head(subject).is_some()
    }

    /// The head of a record that the reader may see.
    pub(super) fn head(&self, subject: &Subject) -> Option<Head> {
        Head::get(subject, self.view).filter(|head| self.visible.has(head.marking))
    }

    /// What the filters that every question has come to.
    pub(super) fn narrowed(&self, filters: &Filters, aggregate: Option<&str>) -> Result<Narrowed, Problem> {
        let mut facets = Facets::default();
        facets.want("aggregate", aggregate);
        facets.want("country", filters.country.as_ref().map(|code| code.to_ascii_uppercase()).as_deref());
        facets.want("topic", filters.topic.as_deref());
        facets.want("kind", filters.kind.as_deref());
        facets.want("status", filters.status.as_deref());
        for party in &filters.parties {
            self.party(Part::Any, party, &mut facets)?;
        }
        let span = Span::read(filters.from.as_deref(), filters.to.as_deref())?;
        let (from, to) = (span.from.map(number_of), span.to.map(number_of));
        let mut admitted = Admitted { markings: vec![], from, to };
        for number in self.visible.numbers() {
            let number = usize::try_from(number).expect("a small number");
            admitted.markings.resize(admitted.markings.len().max(number + 1), false);
            admitted.markings[number] = true;
        }
        Ok(Narrowed { facets, admitted })
    }

    fn party(&self, part: Part, written: &str, facets: &mut Facets) -> Result<(), Problem> {
        let sought = Bearers::seen_by(&self.visible, self.view).sought(written);
        let index = (&self.index.searcher, &self.index.fields);
        facets.party(part, &sought, &|subject: &Subject| self.sees(subject), index)
    }

    fn search(&self, search: &Search) -> Result<Vec<u8>, Problem> {
        let sought = Sought::read(search.filters.text.as_deref().unwrap_or_default());
        if sought.is_empty() {
            return Err(Problem::new(ProblemKind::InvalidQuery, "q: expected a word to look for"));
        }
        let find = Find::Search(search.clone());
        let narrowed = self.narrowed(&search.filters, search.aggregate.as_deref())?;
        let mut finding = Finding::new(self, &find, &sought, narrowed, search.page.limit)?;
        let found = match search.order {
            Some(order) => finding.in_order(By::Day(order))?,
            None => finding.best_first()?,
        };
        let mut highlighter = Highlighter::new(&sought);
        let graded = search.order.is_none();
        Ok(finding.page(found, &search.page, |grade, head| {
            let texts = Texts::get(&head.summary.subject, self.view).unwrap_or_default();
            let score = graded.then(|| score(grade));
            let highlights = highlighter.of(&texts);
            self.shown(&head.summary, &Item { summary: &head.summary, score, highlights })
        }))
    }

    fn list(&self, list: &List) -> Result<Vec<u8>, Problem> {
        let sought = Sought::read(list.filters.text.as_deref().unwrap_or_default());
        let find = Find::List(list.clone());
        let mut narrowed = self.narrowed(&list.filters, Some(list.aggregate.as_str()))?;
        if list.aggregate == Aggregate::Commitment {
            narrowed.facets.want("strength", list.strength.as_deref());
            let parts = [(Part::Owner, &list.owner), (Part::Beneficiary, &list.beneficiary)];
            for (part, written) in parts {
                if let Some(written) = written {
                    self.party(part, written, &mut narrowed.facets)?;
                }
            }
        }
        let by = match list.sort {
            Sort::Valid => By::Day(list.order),
            Sort::Recorded => By::First(list.order),
        };
        let mut finding = Finding::new(self, &find, &sought, narrowed, list.page.limit)?;
        let found = finding.in_order(by)?;
        Ok(finding.page(found, &list.page, |_, head| self.shown(&head.summary, &head.summary)))
    }

    /// What is shown of a record: the parties in an instrument's table may be on record.
    fn shown(&self, summary: &Summary, item: &impl Serialize) -> Vec<u8> {
        let item = serde_json::to_vec(item).expect("texts and numbers are JSON");
        if summary.standing.is_empty() { item } else { addresses::shown(item, |to| self.sees(to)) }
    }
}

/// How well a record matches, for the eye: 1 at best.
fn score(grade: usize) -> f64 {
    const SCORES: [f64; GRADES] = [1.0, 0.8, 0.6, 0.4, 0.2];
    SCORES[grade]
}

/// A record that was found, as it is shown.
#[derive(Serialize)]
struct Item<'h> {
    #[serde(flatten)]
    summary: &'h Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    highlights: Vec<Highlight>,
}

/// A page that is being found.
struct Finding<'q> {
    asked: &'q Asked<'q>,
    find: &'q Find,
    sought: &'q Sought,
    narrowed: Narrowed,
    after: Option<(usize, Rank)>,
    /// One more than the page holds: whether there is one behind it.
    limit: usize,
}

impl<'q> Finding<'q> {
    fn new(
        asked: &'q Asked<'q>,
        find: &'q Find,
        sought: &'q Sought,
        narrowed: Narrowed,
        limit: u32,
    ) -> Result<Self, Problem> {
        let after = cursor(find)?.map(|cursor| Rank::of_place(cursor.place));
        Ok(Self { asked, find, sought, narrowed, after, limit: limit.clamp(1, 1_000) as usize + 1 })
    }

    /// Grade by grade, the latest of each first.
    fn best_first(&mut self) -> Result<Vec<(usize, Found)>, Problem> {
        let mut found = Vec::new();
        let mut grades = Grades::new(&self.asked.index.fields, self.sought);
        let behind = self.after.map_or(0, |(grade, _)| grade);
        for grade in behind..GRADES {
            let Some(query) = grades.just(grade) else { continue };
            let after = self.after.filter(|(of, _)| *of == grade).map(|(_, rank)| rank);
            let firsts = self.firsts(query, By::Day(Order::Newest), after, self.limit - found.len())?;
            found.extend(firsts.into_iter().map(|one| (grade, one)));
            if found.len() == self.limit {
                break;
            }
        }
        Ok(found)
    }

    fn in_order(&mut self, by: By) -> Result<Vec<(usize, Found)>, Problem> {
        let query = Grades::new(&self.asked.index.fields, self.sought).any();
        let found = self.firsts(query, by, self.after.map(|(_, rank)| rank), self.limit)?;
        Ok(found.into_iter().map(|one| (0, one)).collect())
    }

    fn firsts(
        &self,
        words: Box<dyn Query>,
        by: By,
        after: Option<Rank>,
        limit: usize,
    ) -> Result<Vec<Found>, Problem> {
        let index = self.asked.index;
        let mut clauses = vec![(Occur::Must, words)];
        clauses.extend(self.narrowed.facets.clauses(index.fields.facet));
        let query = BooleanQuery::new(clauses);
        let admitted = self.narrowed.admitted.clone();
        index.searcher.search(&query, &Firsts { admitted, by, after, limit }).map_err(index_failed)
    }

    /// What was found, as far as it fits a page; what has been hidden since is left out.
    fn page(
        &self,
        found: Vec<(usize, Found)>,
        paging: &Paging,
        mut item: impl FnMut(usize, &Head) -> Vec<u8>,
    ) -> Vec<u8> {
        let mut page = Page::new(paging.limit);
        let after = self.after.map(|(grade, rank)| rank.place(grade));
        let items = found.into_iter().map(|(grade, (rank, subject))| {
            let head = self.asked.head(&subject);
            (rank.place(grade), head.map(|head| item(grade, &head)))
        });
        let position = self.asked.index.position;
        let next = page.fill(after, items);
        let next = next
            .map(|place| Cursor { schema: Texting::SCHEMA, position, place }.write(&filters_of(self.find)));
        page.finish(next.as_deref(), position)
    }
}
