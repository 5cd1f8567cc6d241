//! The index against a model that looks at everything.

use std::collections::BTreeSet;

use contract::Order;
use domain::Aggregate::Matter;
use domain::Subject;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use readmodel::{Memory, Projection, View};
use serde_json::json;

use super::{DAYS, Entry, Held, Index, Posting, Selection, Target, find, places};
use crate::filter::Span;
use crate::key::Place;
use crate::testing::{Projected, Register, subject};

const INDEX: Index = Index { rows: b'x' };
const TIMES: u8 = 1;
const DUE: u8 = 2 | DAYS;
const FACETS: [&str; 4] = ["", "a", "b", "ab"];

/// Records, and entries of each.
const RECORDS: usize = 5;
const ENTRIES: usize = 2;

/// What happens to a record at one position.
#[derive(Clone, Debug)]
enum Step {
    Stands { marking: u32, facets: Vec<usize> },
    Placed { entry: usize, begins: Option<i64>, lasts: Option<i64>, tags: u8 },
    Displaced { entry: usize },
    Disposed { marking: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    let facets = prop::sample::subsequence((0..FACETS.len()).collect::<Vec<_>>(), 0..=FACETS.len());
    let stands = (1..4_u32, facets).prop_map(|(marking, facets)| Step::Stands { marking, facets });
    let lasts = prop::option::of(prop::sample::select(vec![0, 30, 366, 800]));
    let placed = (0..ENTRIES, prop::option::of(0..900_i64), lasts, 0..4_u8);
    let placed = placed.prop_map(|(entry, begins, lasts, tags)| Step::Placed { entry, begins, lasts, tags });
    let displaced = (0..ENTRIES).prop_map(|entry| Step::Displaced { entry });
    let disposed = (1..4_u32).prop_map(|marking| Step::Disposed { marking });
    prop_oneof![6 => stands, 8 => placed, 2 => displaced, 1 => disposed]
}

type Times = (Option<Date>, Option<Date>);

/// The first and the last day of something; it may have either alone.
fn days(begins: Option<i64>, lasts: Option<i64>) -> Times {
    let day = |days: i64| date(2020, 1, 1) + days.days();
    (begins.map(day), lasts.map(|lasts| day(begins.unwrap_or(0) + lasts)))
}

fn number_of(record: usize) -> Subject {
    subject(Matter, &record.to_string())
}

/// What became of one record, by position.
#[derive(Clone, Debug, Default)]
struct Past {
    postings: Vec<(u64, Posting)>,
    entries: [Vec<(u64, Entry, Times)>; ENTRIES],
}

impl Past {
    /// Takes a step of the record; gives what is to be written, and whether what was is forgotten.
    fn take(&mut self, step: &Step, record: usize, position: u64) {
        if self.postings.is_empty() && !matches!(step, Step::Stands { .. } | Step::Disposed { .. }) {
            self.postings.push((position, Posting { marking: 1, facets: BTreeSet::from([String::new()]) }));
        }
        match step {
            Step::Stands { marking, facets } => {
                let facets = facets.iter().map(|facet| FACETS[*facet].to_owned()).collect();
                self.postings.push((position, Posting { marking: *marking, facets }));
            }
            Step::Placed { entry, begins, lasts, tags } => {
                let times = days(*begins, *lasts);
                let number = (record * ENTRIES + entry) as u64;
                let mut places = places(TIMES, times.0, times.1, number);
                places.push((DUE, Place::new(times.1, number)));
                self.entries[*entry].push((position, Entry { tags: *tags, last: times.1, places }, times));
            }
            Step::Displaced { entry } => {
                self.entries[*entry].push((position, Entry::default(), (None, None)));
            }
            Step::Disposed { marking } => {
                let facets = BTreeSet::from([String::new()]);
                *self = Self {
                    postings: vec![(position, Posting { marking: *marking, facets })],
                    ..Self::default()
                };
            }
        }
    }

    /// Where an entry stood as of a position in an order, if it is as sought.
    fn stood(&self, entry: usize, sought: &Sought, at: u64) -> Option<Place> {
        let selection = sought.selection(None, None);
        let (_, now) = self.postings.last()?;
        let (_, then) = self.postings.iter().rfind(|(position, _)| *position <= at)?;
        let (_, entry, (earliest, latest)) =
            self.entries[entry].iter().rfind(|(position, ..)| *position <= at)?;
        let (_, place) = entry.places.iter().find(|(order, _)| *order == sought.order)?;
        let all = [BTreeSet::from([String::new()])];
        let wanted = if sought.wanted.is_empty() { &all[..] } else { &sought.wanted };
        let is_as_sought = sought.markings.contains(&now.marking)
            && wanted.iter().all(|facets| then.facets.intersection(facets).next().is_some())
            && sought.tags.iter().all(|any| entry.tags & any != 0)
            && (sought.and_undated && !place.is_dated()
                || match sought.order {
                    TIMES => selection.span.meets(*earliest, *latest),
                    _ => {
                        place.is_dated() && selection.span.meets(*latest, *latest)
                            || selection.span == Span::default()
                    }
                });
        is_as_sought.then_some(*place)
    }
}

/// Writes what each step changes.
struct Script(Vec<(usize, Step)>, Vec<Past>);

impl Projection for Script {
    type Entry = readmodel::Entry;

    const NAME: &'static str = "script";
    const SCHEMA: u32 = 1;

    fn memory() -> Option<Box<dyn Memory>> {
        Some(Held::of(INDEX))
    }

    fn apply(&mut self, entry: &readmodel::Entry, rows: &mut readmodel::Overlay<'_>) {
        let (record, step) = &self.0[usize::try_from(entry.position).unwrap() - 1];
        let (subject, past) = (number_of(*record), &mut self.1[*record]);
        past.take(step, *record, entry.position);
        if matches!(step, Step::Disposed { .. }) {
            INDEX.forget(&subject, rows);
        }
        let is_now = |position: u64| position == entry.position;
        for (position, posting) in past.postings.iter().filter(|(position, _)| is_now(*position)) {
            INDEX.post(&subject, posting, *position, rows);
        }
        for (number, entries) in (0..).zip(&past.entries) {
            for (position, entry, _) in entries.iter().filter(|(position, ..)| is_now(*position)) {
                INDEX.place(&Target { subject, number }, entry, *position, rows);
            }
        }
    }
}

/// Something to look for.
#[derive(Clone, Debug)]
struct Sought {
    markings: Vec<u32>,
    wanted: Vec<BTreeSet<String>>,
    tags: Vec<u8>,
    order: u8,
    newest: bool,
    from: Option<i64>,
    to: Option<i64>,
    and_undated: bool,
    after: Option<usize>,
}

fn sought() -> impl Strategy<Value = Sought> {
    let facets = prop::sample::subsequence(FACETS.to_vec(), 1..3);
    let set = facets.prop_map(|facets| facets.into_iter().map(str::to_owned).collect::<BTreeSet<_>>());
    let bound = || prop::option::of(-400..1_300_i64);
    (
        prop::sample::subsequence(vec![1, 2, 3], 0..=3),
        prop::collection::vec(set, 0..4),
        prop::collection::vec(1..4_u8, 0..2),
        prop::sample::select(vec![TIMES, DUE]),
        any::<bool>(),
        (bound(), bound(), any::<bool>(), prop::option::of(0..4_usize)),
    )
        .prop_map(|(markings, wanted, tags, order, newest, (from, to, and_undated, after))| Sought {
            markings,
            wanted,
            tags,
            order,
            newest,
            from,
            to,
            and_undated,
            after,
        })
}

impl Sought {
    fn selection(&self, after: Option<Place>, at: Option<u64>) -> Selection<'_> {
        let day = |days: i64| date(2020, 1, 1) + days.days();
        Selection {
            markings: self.markings.clone(),
            wanted: &self.wanted,
            among: None,
            aggregate: None,
            tags: &self.tags,
            order: self.order,
            direction: if self.newest { Order::Newest } else { Order::Oldest },
            span: Span { from: self.from.map(day), to: self.to.map(day) },
            and_undated: self.and_undated,
            after,
            at,
        }
    }

    /// Every entry that is as sought as of a position, in order.
    fn naively(&self, pasts: &[Past], at: u64) -> Vec<(Place, Target)> {
        let mut found = vec![];
        for (record, past) in pasts.iter().enumerate() {
            for (entry, number) in (0..ENTRIES).zip(0..) {
                let target = Target { subject: number_of(record), number };
                found.extend(past.stood(entry, self, at).map(|place| (place, target)));
            }
        }
        found.sort_by(|(a, _), (b, _)| {
            let dated = b.is_dated().cmp(&a.is_dated());
            dated.then(if self.newest { b.cmp(a) } else { a.cmp(b) })
        });
        found
    }
}

/// Compares every question as of every position.
fn compare(sought: &[Sought], pasts: &[Past], last: u64, view: &View<'_>) {
    for sought in sought {
        for at in (0..=last + 1).map(Some).chain([None]) {
            let mut expected = sought.naively(pasts, at.unwrap_or(last));
            let seen = sought.after.filter(|after| *after < expected.len());
            let rest = seen.map(|after| expected.split_off(after + 1));
            let after = rest.as_ref().and_then(|_| expected.last()).map(|(place, _)| *place);
            let expected = rest.unwrap_or(expected);
            let found = find(view, &sought.selection(after, at)).collect::<Vec<_>>();
            assert_eq!(found, expected, "{sought:?} at {at:?} of {pasts:?}");
            let undated = expected.into_iter().filter(|(place, _)| !place.is_dated()).collect::<Vec<_>>();
            let mut found = find(view, &sought.selection(after, at));
            // The first may have been looked at, and is not told of again.
            let first = found.next().filter(|(place, _)| !place.is_dated());
            found.pass_to_undated();
            let expected = if first.is_some() { &[] } else { &undated[..] };
            assert_eq!(found.collect::<Vec<_>>(), expected, "the undated, {sought:?} at {at:?} of {pasts:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_is_found_is_what_stands_there_as_of_any_position_and_after_a_restart(
        steps in prop::collection::vec((0..RECORDS, step()), 1..40),
        sought in prop::collection::vec(sought(), 12),
    ) {
        let mut register = Register::default();
        let data = json!({"title": "Something"});
        for _ in &steps {
            register.record("matter.opened", subject(Matter, "any"), "OFFICIAL", &data);
        }
        let none = vec![Past::default(); RECORDS];
        let mut pasts = none.clone();
        for ((record, step), position) in steps.iter().zip(1..) {
            pasts[*record].take(step, *record, position);
        }
        let last = steps.len() as u64;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let projected = Projected::new(Script(steps.clone(), none.clone()), &register).await;
            let ask = |pasts: Vec<Past>, sought: Vec<Sought>| {
                move |view: &View<'_>| compare(&sought, &pasts, last, view)
            };
            projected.reader.read(ask(pasts.clone(), sought.clone())).await.unwrap();
            let projected = projected.continued(Script(steps, none), &register).await;
            projected.reader.read(ask(pasts, sought)).await.unwrap();
        });
    }
}
