//! Counting what matches in a segment, some documents at a time, column by column.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use contract::By;
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocId, SegmentReader};

use super::columns::{Admitted, Columns};
use super::fields::{BETWEEN, number_of};
use super::index::Snapshot;
use super::matches::Weighed;
use super::matching::{Facets, Grades};
use super::parse::Sought;
use super::rank::day_of;
use super::tallied::{OfSegment, Tally};

/// Documents whose columns are read together.
const TOGETHER: usize = 1_024;

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) total: u64,
    /// Records of no topic, if topics are counted.
    pub(super) no_topic: u64,
    pub(super) groups: HashMap<By, BTreeMap<String, Group>>,
    /// By the numbers of their markings.
    pub(super) markings: BTreeMap<u64, u64>,
}

/// Records that have something in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) count: u64,
    pub(super) fulfilled: u64,
    pub(super) withdrawn: u64,
    pub(super) open: u64,
    /// What they call a party, and how many of them do.
    names: BTreeMap<String, u64>,
}

impl Counts {
    /// Counts others besides.
    fn add(&mut self, others: &Self) {
        self.change(others, |count, other| *count += other);
    }

    /// Takes off what was counted and is no more.
    fn take_off(&mut self, others: &Self) {
        self.change(others, |count, other| *count = count.saturating_sub(other));
        self.markings.retain(|_, count| *count > 0);
        for groups in self.groups.values_mut() {
            groups.retain(|_, group| group.count > 0);
            groups.values_mut().for_each(|group| group.names.retain(|_, count| *count > 0));
        }
    }

    fn change(&mut self, others: &Self, change: fn(&mut u64, u64)) {
        change(&mut self.total, others.total);
        change(&mut self.no_topic, others.no_topic);
        for (marking, count) in &others.markings {
            change(self.markings.entry(*marking).or_default(), *count);
        }
        for (by, others) in &others.groups {
            let groups = self.groups.entry(*by).or_default();
            for (key, other) in others {
                match groups.get_mut(key) {
                    Some(group) => group.change(other, change),
                    None => groups.entry(key.clone()).or_default().change(other, change),
                }
            }
        }
    }

    /// How many groups it has.
    pub(super) fn size(&self) -> u64 {
        self.groups.values().map(|groups| groups.len() as u64).sum()
    }
}

impl Group {
    fn change(&mut self, other: &Self, change: fn(&mut u64, u64)) {
        change(&mut self.count, other.count);
        change(&mut self.fulfilled, other.fulfilled);
        change(&mut self.withdrawn, other.withdrawn);
        change(&mut self.open, other.open);
        for (name, count) in &other.names {
            match self.names.get_mut(name) {
                Some(own) => change(own, *count),
                None => change(self.names.entry(name.clone()).or_default(), *count),
            }
        }
    }

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

/// What is counted, and by what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) sought: Sought,
    pub(super) facets: Facets,
    pub(super) admitted: Admitted,
    pub(super) by: Vec<By>,
    pub(super) today: Option<jiff::civil::Date>,
}

impl Question {
    /// Counts what takes part, as far as it was not counted before.
    pub(super) fn count(&self, index: &Snapshot) -> tantivy::Result<Arc<Counts>> {
        let segments = index.searcher.segment_readers();
        let before = index.tallied.of(self);
        if let Some(before) = before.as_ref().filter(|before| before.is_of(segments)) {
            return Ok(before.all.clone());
        }
        let wanted = Grades::new(&index.fields, &self.sought).any(&self.facets);
        let weighed = wanted.in_index(&index.searcher)?;
        let mut all = Counts::default();
        let mut counted = Vec::with_capacity(segments.len());
        for (segment, columns) in segments.iter().zip(&*index.columns) {
            let known = before.as_ref().and_then(|before| before.in_segment(segment));
            let of_segment = self.in_segment(segment, columns, &weighed, known)?;
            all.add(&of_segment.counts);
            counted.push(of_segment);
        }
        let all = Arc::new(all);
        index.tallied.keep(self.clone(), Arc::new(Tally { segments: counted, all: all.clone() }));
        Ok(all)
    }

    fn in_segment(
        &self,
        segment: &SegmentReader,
        columns: &Columns,
        weighed: &Weighed,
        known: Option<&OfSegment>,
    ) -> tantivy::Result<OfSegment> {
        let is_there = |document| segment.alive_bitset().is_none_or(|alive| alive.is_alive(document));
        let Some(known) = known else {
            let counts = self.those(is_there, segment, columns, weighed)?;
            return Ok(OfSegment::new(segment, counts));
        };
        if known.is_of(segment) {
            return Ok(known.clone());
        }
        let has_gone = |document| known.has_counted(document) && !is_there(document);
        let mut counts = Counts::clone(&known.counts);
        counts.take_off(&self.those(has_gone, segment, columns, weighed)?);
        Ok(OfSegment::new(segment, counts))
    }

    /// Counts some documents of a segment.
    fn those(
        &self,
        are_meant: impl Fn(DocId) -> bool,
        segment: &SegmentReader,
        columns: &Columns,
        weighed: &Weighed,
    ) -> tantivy::Result<Counts> {
        let (mut counts, mut markings) = (Counts::default(), vec![]);
        let mut matches = weighed.in_segment(segment)?;
        let mut sections = self.by.iter().map(|by| self.section(*by, columns)).collect::<Vec<_>>();
        let mut some = Vec::with_capacity(TOGETHER);
        let mut document = matches.from(0);
        while document < columns.documents {
            if are_meant(document)
                && self.admitted.admits(columns, document)
                && !matches.leaves_out(document)?
            {
                some.push(document);
            }
            document = matches.next();
            if some.len() == TOGETHER || document >= columns.documents {
                counts.total += some.len() as u64;
                sections.iter_mut().for_each(|section| section.count(&some));
                firsts_of(&columns.marking, &some, &mut markings);
                for marking in markings.iter().flatten() {
                    *counts.markings.entry(*marking).or_default() += 1;
                }
                some.clear();
            }
        }
        sections.into_iter().for_each(|section| section.into_groups(&mut counts));
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
