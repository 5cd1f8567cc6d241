//! Answering what is asked of the search, from the index for what is found and the rows for what is shown.

use std::collections::HashSet;
use std::sync::Arc;

use contract::{Ask, Filters, Find, List, Order, Paging, Problem, ProblemKind, Search, Sort};
use domain::{Aggregate, Levels, Subject};
use readmodel::{Projection, View};
use serde::Serialize;
use service::Reply;

use super::columns::Admitted;
use super::fields::{self, Part, number_of};
use super::firsts::{Firsts, Found};
use super::highlight::{Highlight, Highlighter};
use super::index::{Changed, Error, Snapshot};
use super::matches::Wanted;
use super::matching::{Facets, GRADES, Grades};
use super::parse::Sought;
use super::projection::Texting;
use super::rank::{By, Rank};
use super::statistics::Asking;
use super::texts::Texts;
use super::then::Then;
use crate::addresses;
use crate::cursor::Cursor;
use crate::filter::Span;
use crate::head::{Head, Summary};
use crate::history;
use crate::markings::Visible;
use crate::page::Page;
use crate::parties::Bearers;

/// The form of the places in cursors, which is that of rows and index together.
const PLACES: u32 = Texting::SCHEMA << 16 | fields::SCHEMA;

/// What the rows say to a query.
pub(crate) enum Told {
    /// The answer.
    All(Reply),
    /// What is to be counted, which needs no rows.
    ToCount(Box<Asking>),
}

/// Answers a query, or says what there is to be counted.
///
/// # Errors
/// The problem that is served instead.
pub(crate) fn answer(
    ask: &Ask<Find>,
    levels: &Levels,
    view: &View<'_>,
    index: &Snapshot,
) -> Result<Told, Problem> {
    if ask.known_at.is_some() {
        let detail = "known_at: searches, lists with text and statistics tell of what is known now";
        return Err(Problem::new(ProblemKind::InvalidQuery, detail));
    }
    let walk = cursor(&ask.query)?.map(|cursor| cursor.position);
    let walk = walk.filter(|position| *position >= ask.min_position);
    let asked = Asked { view, index, visible: Visible::to(&ask.principal, levels, view), walk };
    watched(index, || {
        let body = match &ask.query {
            Find::Search(search) => asked.search(search),
            Find::List(list) => asked.list(list),
            Find::Statistics(statistics) => {
                return Ok(Told::ToCount(Box::new(Asking::new(&asked, statistics)?)));
            }
        };
        let reply = body.map(|body| Reply::ok(body).at(index.position));
        asked.visible.account_for(reply).map(Told::All)
    })
}

/// Counts what is to be counted.
///
/// # Errors
/// The problem that is served instead.
pub(crate) fn count(asking: &Asking, index: &Snapshot) -> Result<Reply, Problem> {
    watched(index, || asking.answer(index))
}

/// Takes note if the index cannot be read.
fn watched<T>(index: &Snapshot, ask: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
    let _watch = Watch(index);
    ask().inspect_err(|problem| {
        if problem.kind == ProblemKind::Unavailable {
            index.fail();
        }
    })
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
    cursor.map(|text| Cursor::read(text, &filters_of(find), PLACES)).transpose()
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

/// One question, while it is answered.
pub(super) struct Asked<'v> {
    pub(super) view: &'v View<'v>,
    pub(super) index: &'v Snapshot,
    pub(super) visible: Visible<'v>,
    /// The position of a walk that has begun: its first page's. Who asks for a later one has a page of that.
    walk: Option<u64>,
}

/// What documents must have besides the words.
pub(super) struct Narrowed {
    pub(super) facets: Facets,
    pub(super) admitted: Admitted,
}

impl Asked<'_> {
    pub(super) fn sees(&self, subject: &Subject) -> bool {
        Head::at_hand(subject, self.view).is_some_and(|head| self.visible.has(head.marking))
    }

    /// The head of a record that the reader may see.
    pub(super) fn head(&self, subject: &Subject) -> Option<Arc<Head>> {
        Head::at_hand(subject, self.view).filter(|head| self.visible.has(head.marking))
    }

    /// What the filters that every question has come to.
    pub(super) fn narrowed(
        &self,
        filters: &Filters,
        aggregate: Option<&str>,
        index: &Snapshot,
    ) -> Result<Narrowed, Problem> {
        let mut facets = Facets::default();
        facets.want("aggregate", aggregate);
        facets.want("country", filters.country.as_ref().map(|code| code.to_ascii_uppercase()).as_deref());
        facets.want("topic", filters.topic.as_deref());
        facets.want("kind", filters.kind.as_deref());
        facets.want("status", filters.status.as_deref());
        for party in &filters.parties {
            self.party(Part::Any, party, index, &mut facets)?;
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

    fn party(&self, part: Part, written: &str, index: &Snapshot, facets: &mut Facets) -> Result<(), Problem> {
        let sought = Bearers::seen_by(&self.visible, self.view).sought(written);
        let index = (&index.searcher, &index.fields);
        facets.party(part, &sought, &|subject: &Subject| self.sees(subject), index)
    }

    fn search(&self, search: &Search) -> Result<Vec<u8>, Problem> {
        let sought = Sought::read(search.filters.text.as_deref().unwrap_or_default());
        if sought.is_empty() {
            return Err(Problem::new(ProblemKind::InvalidQuery, "q: expected a word to look for"));
        }
        let find = Find::Search(search.clone());
        let narrow = |index: &Snapshot| self.narrowed(&search.filters, search.aggregate.as_deref(), index);
        let then = self.then()?;
        let finding = Finding::new(self, &find, &sought, then.as_ref(), narrow)?;
        let found = match search.order {
            Some(order) => finding.in_order(By::Day(order))?,
            None => finding.best_first()?,
        };
        let mut highlighter = Highlighter::new(&sought);
        let graded = search.order.is_none();
        Ok(finding.page(found, |grade, head, texts| {
            let texts = texts.or_else(|| Texts::get(&head.summary.subject, self.view));
            let score = graded.then(|| score(grade));
            let highlights = highlighter.of(&texts.unwrap_or_default());
            self.shown(&head.summary, &Item { summary: &head.summary, score, highlights })
        }))
    }

    fn list(&self, list: &List) -> Result<Vec<u8>, Problem> {
        let sought = Sought::read(list.filters.text.as_deref().unwrap_or_default());
        let find = Find::List(list.clone());
        let narrow = |index: &Snapshot| {
            let mut narrowed = self.narrowed(&list.filters, Some(list.aggregate.as_str()), index)?;
            if list.aggregate == Aggregate::Commitment {
                narrowed.facets.want("strength", list.strength.as_deref());
                let parts = [(Part::Owner, &list.owner), (Part::Beneficiary, &list.beneficiary)];
                for (part, written) in parts {
                    if let Some(written) = written {
                        self.party(part, written, index, &mut narrowed.facets)?;
                    }
                }
            }
            Ok(narrowed)
        };
        let by = match list.sort {
            Sort::Valid => By::Day(list.order),
            Sort::Recorded => By::First(list.order),
        };
        let then = self.then()?;
        let finding = Finding::new(self, &find, &sought, then.as_ref(), narrow)?;
        let found = finding.in_order(by)?;
        Ok(finding.page(found, |_, head, _| self.shown(&head.summary, &head.summary)))
    }

    /// What has changed since the walk began.
    fn then(&self) -> Result<Option<Then>, Problem> {
        let then = self.walk.map(|position| Then::at(position, self)).transpose();
        then.map(Option::flatten).map_err(|error| broken(&error))
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

/// An index that is asked for a page.
struct Source<'q> {
    index: &'q Snapshot,
    narrowed: Narrowed,
    /// Records that are told of by another one.
    but: Option<&'q HashSet<u64>>,
}

/// A page that is being found.
struct Finding<'q> {
    asked: &'q Asked<'q>,
    find: &'q Find,
    sought: &'q Sought,
    /// The index, and that of what has changed since.
    sources: Vec<Source<'q>>,
    then: Option<&'q Then>,
    /// What the page is as of.
    position: u64,
    after: Option<(usize, Rank)>,
    paging: &'q Paging,
}

/// What was found: how well it matches, in which index, and where.
type Graded = (usize, usize, Found);

impl<'q> Finding<'q> {
    fn new(
        asked: &'q Asked<'q>,
        find: &'q Find,
        sought: &'q Sought,
        then: Option<&'q Then>,
        narrow: impl Fn(&Snapshot) -> Result<Narrowed, Problem>,
    ) -> Result<Self, Problem> {
        let of = |index: &'q Snapshot, but| Ok::<_, Problem>(Source { index, narrowed: narrow(index)?, but });
        let mut sources = vec![of(asked.index, then.map(|then| &then.changed))?];
        if let Some(then) = then {
            sources.push(of(&then.index, None)?);
        }
        let position = then.map_or(asked.index.position, |then| then.index.position);
        let after = cursor(find)?.map(|cursor| Rank::of_place(cursor.place));
        let (Find::Search(Search { page: paging, .. }) | Find::List(List { page: paging, .. })) = find else {
            unreachable!("counts have no pages")
        };
        Ok(Self { asked, find, sought, sources, then, position, after, paging })
    }

    /// One more than the page holds: whether there is one behind it.
    fn limit(&self) -> usize {
        self.paging.limit.clamp(1, 1_000) as usize + 1
    }

    /// Grade by grade, the latest of each first.
    fn best_first(&self) -> Result<Vec<Graded>, Problem> {
        let mut found = Vec::<Graded>::new();
        // On the first page whatever matches better has been found when the next grade is asked for.
        let (behind, is_first) = (self.after.map_or(0, |(grade, _)| grade), self.after.is_none());
        for grade in behind..GRADES {
            let after = self.after.filter(|(of, _)| *of == grade).map(|(_, rank)| rank);
            let limit = self.limit() - found.len();
            let of_grade = self.firsts(By::Day(Order::Newest), after, limit, &found, |source| {
                let mut grades = Grades::new(&source.index.fields, self.sought);
                grades.just(grade, &source.narrowed.facets, is_first)
            })?;
            found.extend(of_grade.into_iter().map(|(nth, one)| (grade, nth, one)));
            if found.len() == self.limit() {
                break;
            }
        }
        Ok(found)
    }

    fn in_order(&self, by: By) -> Result<Vec<Graded>, Problem> {
        let after = self.after.map(|(_, rank)| rank);
        let found = self.firsts(by, after, self.limit(), &[], |source| {
            Some(Grades::new(&source.index.fields, self.sought).any(&source.narrowed.facets))
        })?;
        Ok(found.into_iter().map(|(nth, one)| (0, nth, one)).collect())
    }

    /// The first of each index, without those that are found already.
    fn firsts(
        &self,
        by: By,
        after: Option<Rank>,
        limit: usize,
        found: &[Graded],
        wanted: impl Fn(&Source<'_>) -> Option<Wanted>,
    ) -> Result<Vec<(usize, Found)>, Problem> {
        let mut firsts = Vec::new();
        for (nth, source) in self.sources.iter().enumerate() {
            let Some(wanted) = wanted(source) else { continue };
            let found = found.iter().filter(|(_, of, _)| *of == nth).map(|(.., found)| found.address);
            let admitted = &source.narrowed.admitted;
            let asking = Firsts { admitted, by, after, limit, found: &found.collect(), but: source.but };
            let of_source = asking.among(&wanted, source.index).map_err(|error| broken(&error.into()))?;
            firsts.extend(of_source.into_iter().map(|one| (nth, one)));
        }
        firsts.sort_unstable_by_key(|(_, found)| found.rank);
        firsts.truncate(limit);
        Ok(firsts)
    }

    /// What was found, as far as it fits a page; what has been hidden since is left out.
    fn page(
        &self,
        found: Vec<Graded>,
        mut item: impl FnMut(usize, &Head, Option<Texts>) -> Vec<u8>,
    ) -> Vec<u8> {
        let mut page = Page::new(self.paging.limit);
        let after = self.after.map(|(grade, rank)| rank.place(grade));
        let items = found.into_iter().map(|(grade, _, Found { rank, subject, .. })| {
            let stands = self.stands(&subject);
            let item = stands.map(|(head, texts)| {
                self.asked.visible.shows(&subject, head.marking);
                item(grade, &head, texts)
            });
            (rank.place(grade), item)
        });
        let position = self.position;
        let next = page.fill(after, items);
        self.asked.visible.keeps(page.len());
        let next = next.map(|place| Cursor { schema: PLACES, position, place }.write(&filters_of(self.find)));
        page.finish(next.as_deref(), position)
    }

    /// A record that the reader may see, as it stood at the position, with its texts if they are not those of today.
    fn stands(&self, subject: &Subject) -> Option<(Arc<Head>, Option<Texts>)> {
        let today = self.asked.head(subject)?;
        if let Some((head, texts)) = self.then.and_then(|then| then.records.get(subject)) {
            return Some((Arc::new(head.clone()), Some(texts.clone())));
        }
        // The rows may be ahead of the index.
        let last = history::last(subject, self.asked.view).map_or(0, |last| last.position);
        if last <= self.position {
            return Some((today, None));
        }
        let Changed { head, texts, .. } = self.asked.as_of(&today, self.position)?;
        Some((Arc::new(head), Some(texts)))
    }
}
