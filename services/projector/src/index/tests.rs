//! The index against a model that looks at everything.

use std::collections::BTreeSet;

use contract::Order;
use domain::Aggregate::Matter;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use readmodel::{Entry, Projection, View};
use serde_json::json;

use super::{DAYS, Index, Posting, Selection, places};
use crate::filter::Span;
use crate::key::Place;
use crate::testing::{Projected, Register, subject};

const INDEX: Index = Index { rows: b'x', closed: b'y' };
const TIMES: u8 = 1;
const DUE: u8 = 2 | DAYS;
const FACETS: [&str; 4] = ["", "a", "b", "ab"];

/// What happens to a target at one position.
#[derive(Clone, Debug)]
enum Step {
    Stands { marking: u32, facets: Vec<usize>, begins: Option<i64>, lasts: Option<i64> },
    Leaves,
    Disposed,
}

fn step() -> impl Strategy<Value = Step> {
    let times = (prop::option::of(0..900_i64), prop::option::of(prop::sample::select(vec![0, 30, 366, 800])));
    let facets = prop::sample::subsequence((0..FACETS.len()).collect::<Vec<_>>(), 0..=FACETS.len());
    let stands = (1..4_u32, facets, times).prop_map(|(marking, facets, (begins, lasts))| Step::Stands {
        marking,
        facets,
        begins,
        lasts,
    });
    prop_oneof![8 => stands, 2 => Just(Step::Leaves), 1 => Just(Step::Disposed)]
}

/// The first and the last day of something; it may have either alone.
fn days(begins: Option<i64>, lasts: Option<i64>) -> (Option<Date>, Option<Date>) {
    let day = |days: i64| date(2020, 1, 1) + days.days();
    (begins.map(day), lasts.map(|lasts| day(begins.unwrap_or(0) + lasts)))
}

/// What became of one target: a posting from each position on.
#[derive(Clone, Debug, Default)]
struct Past {
    postings: Vec<(u64, Posting, Times)>,
    disposed: u64,
}

impl Past {
    fn now(&self) -> Option<&Posting> {
        self.postings.last().map(|(_, posting, _)| posting)
    }

    /// Takes a step of the target with this number.
    fn take(&mut self, step: &Step, number: u64, position: u64) {
        let marking = self.now().map_or(1, |now| now.marking);
        let nowhere = Posting { marking, facets: BTreeSet::new(), places: vec![] };
        let (posting, times) = match step {
            Step::Stands { marking, facets, begins, lasts } => {
                let times = days(*begins, *lasts);
                let mut places = places(TIMES, times.0, times.1, number);
                places.push((DUE, Place::new(times.1, number)));
                let facets = facets.iter().map(|facet| FACETS[*facet].to_owned()).collect();
                (Posting { marking: *marking, facets, places }, times)
            }
            Step::Leaves | Step::Disposed => (nowhere, (None, None)),
        };
        if matches!(step, Step::Disposed) {
            self.disposed = position;
        }
        self.postings.push((position, posting, times));
    }

    /// Where it stood as of a position in an order, with its times, if it was under one of these facets.
    fn stood(&self, facets: &BTreeSet<String>, order: u8, at: u64) -> Option<(Place, Times)> {
        let (position, posting, times) = self.postings.iter().rfind(|(position, ..)| *position <= at)?;
        let (_, place) = posting.places.iter().find(|(of, _)| *of == order)?;
        let is_known = *position >= self.disposed;
        (is_known && posting.facets.intersection(facets).next().is_some()).then_some((*place, *times))
    }
}

type Times = (Option<Date>, Option<Date>);

struct Script(Vec<(u64, Step)>, Vec<Past>);

impl Projection for Script {
    const NAME: &'static str = "script";
    const SCHEMA: u32 = 1;

    fn apply(&mut self, entry: &Entry, rows: &mut readmodel::Overlay<'_>) {
        let (number, step) = &self.0[usize::try_from(entry.position).unwrap() - 1];
        let past = &mut self.1[usize::try_from(*number).unwrap()];
        let old = past.now().cloned();
        past.take(step, *number, entry.position);
        let target = number.to_be_bytes();
        INDEX.update(&target, old.as_ref(), past.now(), entry.position, rows);
        if matches!(step, Step::Disposed) {
            INDEX.forget(&target, rows);
        }
    }
}

/// Something to look for.
#[derive(Clone, Debug)]
struct Sought {
    markings: Vec<u32>,
    wanted: Vec<BTreeSet<String>>,
    order: u8,
    newest: bool,
    from: Option<i64>,
    to: Option<i64>,
    after: Option<usize>,
}

fn sought() -> impl Strategy<Value = Sought> {
    let facets = prop::sample::subsequence(FACETS.to_vec(), 1..3);
    let set = facets.prop_map(|facets| facets.into_iter().map(str::to_owned).collect::<BTreeSet<_>>());
    let bound = || prop::option::of(-400..1_300_i64);
    (
        prop::sample::subsequence(vec![1, 2, 3], 0..=3),
        prop::collection::vec(set, 0..4),
        prop::sample::select(vec![TIMES, DUE]),
        any::<bool>(),
        (bound(), bound(), prop::option::of(0..4_usize)),
    )
        .prop_map(|(markings, wanted, order, newest, (from, to, after))| Sought {
            markings,
            wanted,
            order,
            newest,
            from,
            to,
            after,
        })
}

impl Sought {
    fn selection(&self, after: Option<Place>, at: Option<u64>) -> Selection<'_> {
        let day = |days: i64| date(2020, 1, 1) + days.days();
        Selection {
            markings: self.markings.clone(),
            wanted: &self.wanted,
            order: self.order,
            direction: if self.newest { Order::Newest } else { Order::Oldest },
            span: Span { from: self.from.map(day), to: self.to.map(day) },
            after,
            at,
        }
    }

    /// Every place of a target that is as sought as of a position, in order.
    fn naively(&self, pasts: &[Past], at: u64) -> Vec<(Place, Vec<u8>)> {
        let Selection { span, .. } = self.selection(None, None);
        let all = [BTreeSet::from([String::new()])];
        let wanted = if self.wanted.is_empty() { &all[..] } else { &self.wanted };
        let meets = |(place, (earliest, latest)): &(Place, Times)| match self.order {
            TIMES => span.meets(*earliest, *latest),
            _ => place.is_dated() && span.meets(*latest, *latest) || span == Span::default(),
        };
        let found = pasts.iter().enumerate().filter_map(|(number, past)| {
            past.now().filter(|now| self.markings.contains(&now.marking))?;
            let stood = wanted.iter().map(|facets| past.stood(facets, self.order, at));
            let stood = stood.collect::<Option<Vec<_>>>()?.pop().filter(meets)?;
            Some((stood.0, (number as u64).to_be_bytes().to_vec()))
        });
        let mut found = found.collect::<Vec<_>>();
        found.sort_by(|(a, _), (b, _)| {
            let dated = b.is_dated().cmp(&a.is_dated());
            dated.then(if self.newest { b.cmp(a) } else { a.cmp(b) })
        });
        found
    }

    /// What the index finds; of times, those that meet the span.
    fn found(
        &self,
        pasts: &[Past],
        at: Option<u64>,
        after: Option<Place>,
        view: &View<'_>,
    ) -> Vec<(Place, Vec<u8>)> {
        let selection = self.selection(after, at);
        let mut found = vec![];
        let mut last = None;
        for (place, target) in INDEX.find(view, &selection) {
            assert_ne!(last.replace(place), Some(place), "a place is looked at once");
            found.extend(target.map(|target| (place, target)));
        }
        let meets = |target: &[u8]| {
            let number = u64::from_be_bytes(target.try_into().unwrap());
            let past = &pasts[usize::try_from(number).unwrap()];
            let (.., times) = past.postings.iter().rfind(|(p, ..)| at.is_none_or(|at| *p <= at)).unwrap();
            selection.span.meets(times.0, times.1)
        };
        found.retain(|(_, target)| self.order == DUE || meets(target));
        found
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_is_found_is_what_stands_there_as_of_any_position(
        steps in prop::collection::vec((0..6_u64, step()), 1..40),
        sought in prop::collection::vec(sought(), 12),
    ) {
        let mut register = Register::default();
        let data = json!({"title": "Something"});
        for _ in &steps {
            register.record("matter.opened", subject(Matter, "any"), "OFFICIAL", &data);
        }
        let mut pasts = vec![Past::default(); 6];
        let script = Script(steps.clone(), pasts.clone());
        for ((number, step), position) in steps.iter().zip(1..) {
            pasts[usize::try_from(*number).unwrap()].take(step, *number, position);
        }
        let last = steps.len() as u64;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let projected = Projected::new(script, &register).await;
            let compare = move |view: &View<'_>| {
                for sought in &sought {
                    for at in (0..=last + 1).map(Some).chain([None]) {
                        let mut expected = sought.naively(&pasts, at.unwrap_or(last));
                        let seen = sought.after.filter(|after| *after < expected.len());
                        let rest = seen.map(|after| expected.split_off(after + 1));
                        let after = rest.as_ref().and_then(|_| expected.last()).map(|(place, _)| *place);
                        let expected = rest.unwrap_or(expected);
                        let found = sought.found(&pasts, at, after, view);
                        assert_eq!(found, expected, "{sought:?} at {at:?} of {pasts:?}");
                    }
                }
            };
            projected.reader.read(compare).await.unwrap();
        });
    }
}
