//! Counting what matches in a segment, some documents at a time, column by column.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use contract::By;
use tantivy::DocId;
use tantivy::columnar::{Column, StrColumn};

use super::columns::{Admitted, Columns};
use super::fields::{BETWEEN, number_of};
use super::index::Snapshot;
use super::matches::Wanted;
use super::rank::day_of;

/// Documents whose columns are read together.
const TOGETHER: usize = 1_024;

/// What was counted.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) total: u64,
    /// Records of no topic, if topics are counted.
    pub(super) no_topic: u64,
    pub(super) groups: HashMap<By, BTreeMap<String, Group>>,
    /// The markings that were looked for and met.
    pub(super) markings: BTreeSet<u64>,
}

/// Records that have something in common.
#[derive(Clone, Default)]
pub(super) struct Group {
    pub(super) count: u64,
    pub(super) fulfilled: u64,
    pub(super) withdrawn: u64,
    pub(super) open: u64,
    /// What they call a party, and how many of them do.
    names: BTreeMap<String, u64>,
}

impl Group {
    /// What most of them call the party.
    pub(super) fn name(&self) -> Option<&str> {
        let most = self.names.iter().max_by_key(|(_, count)| **count);
        most.map(|(name, _)| name.as_str())
    }

    fn has_status(&mut self, status: &str, count: u64) {
        match status {
            "fulfilled" => self.fulfilled += count,
            "withdrawn" => self.withdrawn += count,
            "open" => self.open += count,
            _ => {}
        }
    }
}

/// Counts what takes part.
pub(super) struct Counting {
    pub(super) wanted: Wanted,
    pub(super) admitted: Admitted,
    pub(super) by: Vec<By>,
    pub(super) today: Option<jiff::civil::Date>,
    /// Markings, of which it is to be said whether something so marked was counted.
    pub(super) marked: BTreeSet<u64>,
}

impl Counting {
    pub(super) fn of(&self, index: &Snapshot) -> tantivy::Result<Counts> {
        let weighed = self.wanted.in_index(&index.searcher)?;
        let mut counts = Counts::default();
        let mut markings = vec![];
        for (segment, columns) in index.searcher.segment_readers().iter().zip(&*index.columns) {
            let mut matches = weighed.in_segment(segment)?;
            let mut sections = self.by.iter().map(|by| self.section(*by, columns)).collect::<Vec<_>>();
            let mut some = Vec::with_capacity(TOGETHER);
            let mut document = matches.from(0);
            while document < columns.documents {
                if self.admitted.admits(columns, document) && matches.has(document)? {
                    some.push(document);
                }
                document = matches.next();
                if some.len() == TOGETHER || document >= columns.documents {
                    counts.total += some.len() as u64;
                    sections.iter_mut().for_each(|section| section.count(&some));
                    if !self.marked.is_empty() {
                        firsts_of(&columns.marking, &some, &mut markings);
                        let met = markings.iter().flatten().filter(|marking| self.marked.contains(marking));
                        counts.markings.extend(met);
                    }
                    some.clear();
                }
            }
            sections.into_iter().for_each(|section| section.into_groups(&mut counts));
        }
        Ok(counts)
    }

    fn section<'c>(&self, by: By, columns: &'c Columns) -> Section<'c> {
        let texts = match by {
            By::Month => return Section::Months(Months::of(columns)),
            By::Party => &columns.party,
            By::Kind => &columns.kind,
            By::Topic => &columns.topic,
            By::Status => &columns.status,
            By::Outcome => &columns.outcome,
            By::Strength => &columns.strength,
        };
        let (besides, kinds) = match (by, self.today, &columns.status) {
            (By::Outcome, Some(today), _) => (Besides::Over(&columns.last_day, number_of(today)), 2),
            (By::Strength, _, Some(status)) => (Besides::Status(status), status.num_terms() + 1),
            _ => (Besides::Nothing, 1),
        };
        Section::Texts(Texts::of(by, texts.as_ref(), besides, kinds))
    }
}

/// What is counted by one thing.
enum Section<'c> {
    Months(Months<'c>),
    Texts(Texts<'c>),
}

impl Section<'_> {
    fn count(&mut self, documents: &[DocId]) {
        match self {
            Self::Months(months) => months.count(documents),
            Self::Texts(texts) => texts.count(documents),
        }
    }

    fn into_groups(self, counts: &mut Counts) {
        match self {
            Self::Months(months) => months.into_groups(counts),
            Self::Texts(texts) => texts.into_groups(counts),
        }
    }
}

/// The first value of each of some documents.
fn firsts_of<T: PartialOrd + Copy + std::fmt::Debug + Send + Sync + 'static>(
    column: &Column<T>,
    documents: &[DocId],
    values: &mut Vec<Option<T>>,
) {
    values.clear();
    values.resize(documents.len(), None);
    column.first_vals(documents, values);
}

/// Days, nearly all of them within some centuries.
struct Months<'c> {
    column: &'c Column<u64>,
    from: i64,
    near: Vec<u64>,
    far: HashMap<i64, u64>,
    values: Vec<Option<u64>>,
}

impl<'c> Months<'c> {
    fn of(columns: &'c Columns) -> Self {
        /// Some centuries.
        const NEAR: i64 = 200_000;
        let undated = columns.first_undated();
        let day = |document: DocId| columns.newest.first(document).and_then(day_of);
        let ends = undated.checked_sub(1).and_then(|last| Some((day(last)?, day(0)?)));
        let (from, to) = ends.unwrap_or((0, -1));
        let days = (to - from + 1).clamp(0, NEAR);
        let near = vec![0; usize::try_from(days).expect("some centuries")];
        Self { column: &columns.newest, from, near, far: HashMap::new(), values: vec![] }
    }

    fn count(&mut self, documents: &[DocId]) {
        firsts_of(self.column, documents, &mut self.values);
        for day in self.values.iter().filter_map(|newest| day_of((*newest)?)) {
            match usize::try_from(day - self.from).ok().and_then(|day| self.near.get_mut(day)) {
                Some(count) => *count += 1,
                None => *self.far.entry(day).or_default() += 1,
            }
        }
    }

    fn into_groups(self, counts: &mut Counts) {
        let groups = counts.groups.entry(By::Month).or_default();
        let near = (self.from..).zip(self.near).filter(|(_, count)| *count > 0);
        for (day, count) in near.chain(self.far) {
            groups.entry(month(day)).or_default().count += count;
        }
    }
}

/// The month of a day: `2025-04`.
fn month(day: i64) -> String {
    let span = jiff::Span::new().try_days(day);
    let day = span.and_then(|span| jiff::civil::date(1970, 1, 1).checked_add(span));
    day.map_or_else(|_| String::new(), |day| format!("{:04}-{:02}", day.year(), day.month()))
}

/// What else matters of a document that has a text.
enum Besides<'c> {
    Nothing,
    /// Whether its last day lies before another.
    Over(&'c Column<i64>, i64),
    Status(&'c StrColumn),
}

/// Texts by their numbers in the segment, each with what else matters.
struct Texts<'c> {
    by: By,
    column: Option<&'c StrColumn>,
    besides: Besides<'c>,
    /// How many there are besides of each text.
    kinds: usize,
    tallies: Vec<u64>,
    no_topic: u64,
    documents: Vec<DocId>,
    rows: Vec<u32>,
    texts: Vec<u64>,
    others: Vec<Option<u64>>,
    days: Vec<Option<i64>>,
}

impl<'c> Texts<'c> {
    fn of(by: By, column: Option<&'c StrColumn>, besides: Besides<'c>, kinds: usize) -> Self {
        let tallies = vec![0; column.map_or(0, |column| column.num_terms()) * kinds];
        let (documents, rows, texts, others, days) = Default::default();
        Self { by, column, besides, kinds, tallies, no_topic: 0, documents, rows, texts, others, days }
    }

    fn count(&mut self, documents: &[DocId]) {
        let Some(column) = self.column else {
            // Of no record in the segment is there any.
            self.no_topic += documents.len() as u64;
            return;
        };
        self.documents.clear();
        self.rows.clear();
        column.ords().row_ids_for_docs(documents, &mut self.documents, &mut self.rows);
        self.texts.clear();
        self.texts.resize(self.rows.len(), 0);
        column.ords().values.get_vals(&self.rows, &mut self.texts);
        if self.by == By::Topic {
            let with = self.documents.chunk_by(|one, other| one == other).count();
            self.no_topic += documents.len().saturating_sub(with) as u64;
        }
        match self.besides {
            Besides::Nothing => self.others.clear(),
            Besides::Over(last_day, today) => {
                firsts_of(last_day, &self.documents, &mut self.days);
                let over = self.days.iter().map(|day| Some(u64::from(day.is_some_and(|day| day < today))));
                self.others.clear();
                self.others.extend(over);
            }
            Besides::Status(status) => firsts_of(status.ords(), &self.documents, &mut self.others),
        }
        let others = self.others.iter().copied().chain(std::iter::repeat(Some(0)));
        for (text, other) in self.texts.iter().zip(others) {
            let other = other.map_or(self.kinds - 1, number);
            if let Some(tally) = self.tallies.get_mut(number(*text).saturating_mul(self.kinds) + other) {
                *tally += 1;
            }
        }
    }

    fn into_groups(self, counts: &mut Counts) {
        if self.by == By::Topic {
            counts.no_topic += self.no_topic;
        }
        let groups = counts.groups.entry(self.by).or_default();
        let there = self.tallies.iter().enumerate().filter(|(_, count)| **count > 0);
        let there = there.map(|(nth, count)| ((nth / self.kinds) as u64, (nth % self.kinds) as u64, *count));
        let there = there.collect::<Vec<_>>();
        let numbers = there.iter().map(|(text, ..)| *text).collect();
        let texts = self.column.map(|column| texts_of(column, numbers)).unwrap_or_default();
        for (text, other, count) in there {
            let Some(text) = texts.get(&text) else { continue };
            let (key, name) = text.split_once(BETWEEN).unwrap_or((text, ""));
            let key = match self.by {
                By::Outcome if other == 1 && matches!(key, "open" | "postponed") => "overdue_open",
                _ => key,
            };
            let group = groups.entry(key.to_owned()).or_default();
            group.count += count;
            if let Besides::Status(status) = self.besides {
                group.has_status(&text_of(status, other).unwrap_or_default(), count);
            }
            if self.by == By::Party {
                *group.names.entry(name.to_owned()).or_default() += count;
            }
        }
    }
}

fn number(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn text_of(column: &StrColumn, number: u64) -> Option<String> {
    let mut text = String::new();
    column.ord_to_str(number, &mut text).ok().filter(|is_there| *is_there).map(|_| text)
}

/// Texts by their ascending numbers, all in one pass: each by itself would be unpacked with its neighbours.
fn texts_of(column: &StrColumn, mut numbers: Vec<u64>) -> HashMap<u64, String> {
    numbers.dedup();
    let mut texts = HashMap::with_capacity(numbers.len());
    let mut next = numbers.iter();
    let read = column.dictionary().sorted_ords_to_term_cb(&numbers, |text| {
        let text = std::str::from_utf8(text).unwrap_or_default();
        texts.extend(next.next().map(|number| (*number, text.to_owned())));
    });
    if let Err(error) = read {
        tracing::error!(%error, "the texts of a column cannot be read");
    }
    texts
}
