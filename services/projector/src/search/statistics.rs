//! Counts of what a reader may see, in one walk through what matches.

use std::collections::{BTreeMap, HashMap};

use contract::{By, Problem, Statistics};
use domain::{Aggregate, Subject};
use serde::Serialize;
use serde_json::{Map, Value, json};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::query::{BooleanQuery, Occur};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::collect::{Admitted, Door};
use super::fields::{
    self, AGGREGATE, DAY, FIRST, ID, KIND, LAST_DAY, OUTCOME, PARTY, STATUS, STRENGTH, TOPIC,
};
use super::matching::Grades;
use super::parse::Sought;
use super::query::{Asked, broken};

/// Everything that can be counted by.
const ALL: [By; 7] = [By::Month, By::Party, By::Kind, By::Topic, By::Status, By::Outcome, By::Strength];

/// Answers with counts.
pub(super) fn answer(asked: &Asked<'_>, statistics: &Statistics) -> Result<Vec<u8>, Problem> {
    let Statistics { aggregate, filters, by, limit, today } = statistics;
    let sought = Sought::read(filters.text.as_deref().unwrap_or_default());
    let narrowed = asked.narrowed(filters, Some(aggregate.as_str()))?;
    let index = asked.index;
    let mut clauses = vec![(Occur::Must, Grades::new(&index.fields, &sought).any())];
    clauses.extend(narrowed.facets.clauses(index.fields.facet));
    let of_all = |by: &By| match by {
        By::Outcome => *aggregate == Aggregate::Engagement,
        By::Strength => *aggregate == Aggregate::Commitment,
        _ => true,
    };
    let wanted = if by.is_empty() { ALL.into_iter().filter(of_all).collect() } else { by.clone() };
    let counting =
        Counting { admitted: narrowed.admitted, by: wanted.clone(), today: today.map(fields::number_of) };
    let counted = index.searcher.search(&BooleanQuery::new(clauses), &counting);
    let Counts { total, no_topic, mut groups } = counted.map_err(|error| broken(&error.into()))?;
    let mut body = Map::new();
    body.insert("aggregate".into(), json!(aggregate.as_str()));
    body.insert("total".into(), json!(total));
    body.insert("position".into(), json!(index.position));
    let limit = usize::try_from(*limit).unwrap_or(usize::MAX).max(1);
    for by in wanted {
        let groups = groups.remove(&by).unwrap_or_default();
        let undated = total.saturating_sub(groups.values().map(|group| group.count).sum());
        if by == By::Month && undated > 0 {
            body.insert("month_undated".into(), json!(undated));
        }
        if by == By::Topic && no_topic > 0 {
            body.insert("topic_none".into(), json!(no_topic));
        }
        section(asked, by, groups, limit, &mut body);
    }
    Ok(serde_json::to_vec(&body).expect("texts and numbers are JSON"))
}

/// The largest groups; of months, in their order.
fn section(
    asked: &Asked<'_>,
    by: By,
    groups: BTreeMap<String, Group>,
    limit: usize,
    body: &mut Map<String, Value>,
) {
    let mut groups = groups.into_iter().collect::<Vec<_>>();
    groups.sort_by(|(a_key, a), (b_key, b)| b.count.cmp(&a.count).then_with(|| a_key.cmp(b_key)));
    let others = groups.split_off(groups.len().min(limit));
    if by == By::Month {
        groups.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    let shown = groups.iter().map(|(key, group)| {
        let mut row = json!({"key": key, "count": group.count});
        match by {
            By::Party => row["name"] = name(asked, key, group.first.1).unwrap_or_else(|| key.clone()).into(),
            By::Strength => {
                row["fulfilled"] = group.fulfilled.into();
                row["withdrawn"] = group.withdrawn.into();
                row["open"] = group.open.into();
            }
            _ => {}
        }
        row
    });
    let name = serde_json::to_value(by).expect("a word is JSON");
    let name = name.as_str().unwrap_or_default();
    body.insert(name.to_owned(), shown.collect());
    if !others.is_empty() {
        let others = others.iter().map(|(_, group)| group.count).sum::<u64>();
        body.insert(format!("{name}_other"), others.into());
    }
}

/// What a party is called in a record that names it.
fn name(asked: &Asked<'_>, key: &str, of: Option<Subject>) -> Option<String> {
    let summary = asked.head(&of?)?.summary;
    let at = summary.parties.iter().position(|party| party == key)?;
    summary.names.get(at).cloned()
}

/// What was counted.
#[derive(Default)]
struct Counts {
    total: u64,
    /// Records of no topic, if topics are counted.
    no_topic: u64,
    groups: HashMap<By, BTreeMap<String, Group>>,
}

/// Records that have something in common.
#[derive(Clone, Copy, Default, Serialize)]
struct Group {
    count: u64,
    fulfilled: u64,
    withdrawn: u64,
    open: u64,
    /// The first of them that was recorded.
    first: (u64, Option<Subject>),
}

impl Group {
    fn add(&mut self, other: &Self) {
        if self.count == 0 || other.first.0 < self.first.0 {
            self.first = other.first;
        }
        self.count += other.count;
        self.fulfilled += other.fulfilled;
        self.withdrawn += other.withdrawn;
        self.open += other.open;
    }
}

/// Counts what it is shown.
struct Counting {
    admitted: Admitted,
    by: Vec<By>,
    today: Option<i64>,
}

impl Collector for Counting {
    type Fruit = Counts;
    type Child = CountingOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<CountingOfSegment> {
        let columns = segment.fast_fields();
        let section = |by: &By| {
            let name = match by {
                By::Month => return Ok((*by, Section::days(&columns.i64(DAY)?))),
                By::Party => PARTY,
                By::Kind => KIND,
                By::Topic => TOPIC,
                By::Status => STATUS,
                By::Outcome => OUTCOME,
                By::Strength => STRENGTH,
            };
            let others = match by {
                By::Outcome => 2,
                By::Strength => columns.str(STATUS)?.map_or(0, |status| status.num_terms()) + 1,
                _ => 1,
            };
            let column = columns.str(name)?;
            let groups = column.as_ref().map_or(0, |column| column.num_terms()) * others;
            Ok((*by, Section::Texts { column, others, tallies: vec![Tally::default(); groups] }))
        };
        Ok(CountingOfSegment {
            door: self.admitted.door(segment)?,
            day: columns.i64(DAY)?,
            last_day: columns.i64(LAST_DAY)?,
            first: columns.u64(FIRST)?,
            status: columns.str(STATUS)?,
            address: [columns.u64(AGGREGATE)?, columns.u64(ID[0])?, columns.u64(ID[1])?],
            today: self.today,
            total: 0,
            no_topic: 0,
            sections: self.by.iter().map(section).collect::<tantivy::Result<_>>()?,
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<Counts>) -> tantivy::Result<Counts> {
        let mut all = Counts::default();
        for Counts { total, no_topic, groups } in fruits {
            all.total += total;
            all.no_topic += no_topic;
            for (by, groups) in groups {
                let of = all.groups.entry(by).or_default();
                groups.into_iter().for_each(|(key, group)| of.entry(key).or_default().add(&group));
            }
        }
        Ok(all)
    }
}

/// What is counted by one thing: days, nearly all within some centuries; or texts by their numbers in the segment,
/// each with what else matters.
enum Section {
    Days { from: i64, near: Vec<u64>, far: HashMap<i64, u64> },
    Texts { column: Option<StrColumn>, others: usize, tallies: Vec<Tally> },
}

impl Section {
    fn days(column: &Column<i64>) -> Self {
        /// Some centuries.
        const NEAR: i64 = 200_000;
        let from = column.min_value();
        let days = column.max_value().saturating_sub(from).saturating_add(1).clamp(0, NEAR);
        let near = vec![0; usize::try_from(days).expect("some centuries")];
        Self::Days { from, near, far: HashMap::new() }
    }
}

/// Records of a group in one segment, and the first of them that was recorded.
#[derive(Clone, Copy, Default)]
struct Tally {
    count: u64,
    first: u64,
    document: DocId,
}

struct CountingOfSegment {
    door: Door,
    day: Column<i64>,
    last_day: Column<i64>,
    first: Column<u64>,
    status: Option<StrColumn>,
    address: [Column<u64>; 3],
    today: Option<i64>,
    total: u64,
    no_topic: u64,
    sections: Vec<(By, Section)>,
}

impl SegmentCollector for CountingOfSegment {
    type Fruit = Counts;

    fn collect(&mut self, document: DocId, _: Score) {
        if !self.door.admits(document) {
            return;
        }
        self.total += 1;
        let first = self.first.first(document).unwrap_or_default();
        for (by, section) in &mut self.sections {
            match section {
                Section::Days { from, near, far } => {
                    let Some(day) = self.day.first(document) else { continue };
                    match usize::try_from(day - *from).ok().and_then(|day| near.get_mut(day)) {
                        Some(count) => *count += 1,
                        None => *far.entry(day).or_default() += 1,
                    }
                }
                Section::Texts { column: Some(column), others, tallies } => {
                    let other = match by {
                        By::Outcome => {
                            let last = self.last_day.first(document);
                            usize::from(last.zip(self.today).is_some_and(|(last, today)| last < today))
                        }
                        By::Strength => {
                            let status =
                                self.status.as_ref().and_then(|status| status.term_ords(document).next());
                            status.and_then(|status| usize::try_from(status).ok()).unwrap_or(*others - 1)
                        }
                        _ => 0,
                    };
                    if *by == By::Topic && column.term_ords(document).next().is_none() {
                        self.no_topic += 1;
                    }
                    for text in column.term_ords(document) {
                        let group = usize::try_from(text).unwrap_or(usize::MAX).saturating_mul(*others);
                        let Some(tally) = tallies.get_mut(group.saturating_add(other)) else { continue };
                        if tally.count == 0 || first < tally.first {
                            (tally.first, tally.document) = (first, document);
                        }
                        tally.count += 1;
                    }
                }
                // Of no record in the segment is there any.
                Section::Texts { .. } => self.no_topic += u64::from(*by == By::Topic),
            }
        }
    }

    fn harvest(self) -> Counts {
        let [letter, high, low] = &self.address;
        let subject =
            |document| fields::subject(letter.first(document)?, high.first(document)?, low.first(document)?);
        let mut groups = HashMap::<By, BTreeMap<String, Group>>::new();
        for (by, section) in self.sections {
            let of = groups.entry(by).or_default();
            match section {
                Section::Days { from, near, far } => {
                    let near = (from..).zip(near).filter(|(_, count)| *count > 0);
                    for (day, count) in near.chain(far) {
                        of.entry(month(day)).or_default().add(&Group { count, ..Group::default() });
                    }
                }
                Section::Texts { column, others, tallies } => {
                    let groups = tallies.into_iter().enumerate().filter(|(_, tally)| tally.count > 0);
                    let groups = groups.collect::<Vec<_>>();
                    let numbers = groups.iter().map(|(group, _)| (group / others) as u64).collect();
                    let texts = column.as_ref().map(|column| texts_of(column, numbers)).unwrap_or_default();
                    for (group, Tally { count, first, document }) in groups {
                        let (text, besides) = ((group / others) as u64, (group % others) as u64);
                        let Some(key) = texts.get(&text).cloned() else { continue };
                        let mut group =
                            Group { count, first: (first, subject(document)), ..Group::default() };
                        let key = match by {
                            By::Outcome if besides == 1 && matches!(key.as_str(), "open" | "postponed") => {
                                "overdue_open".to_owned()
                            }
                            By::Strength => {
                                let status = self.status.as_ref().and_then(|status| text_of(status, besides));
                                group.has_status(status.as_deref().unwrap_or_default());
                                key
                            }
                            _ => key,
                        };
                        of.entry(key).or_default().add(&group);
                    }
                }
            }
        }
        Counts { total: self.total, no_topic: self.no_topic, groups }
    }
}

impl Group {
    fn has_status(&mut self, status: &str) {
        match status {
            "fulfilled" => self.fulfilled = self.count,
            "withdrawn" => self.withdrawn = self.count,
            "open" => self.open = self.count,
            _ => {}
        }
    }
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

/// The month of a day: `2025-04`.
fn month(day: i64) -> String {
    let span = jiff::Span::new().try_days(day);
    let day = span.and_then(|span| jiff::civil::date(1970, 1, 1).checked_add(span));
    day.map_or_else(|_| String::new(), |day| format!("{:04}-{:02}", day.year(), day.month()))
}
