//! The record of deliveries against a naive look through the journal.

use std::collections::{BTreeMap, BTreeSet};

use contract::delivery::{Attempt, Because, Line, Outcome, Received, Recipient};
use contract::subscription::Deliveries as Asked;
use contract::{Paging, subjects};
use futures_util::{Stream, StreamExt, stream};
use jiff::Timestamp;
use proptest::prelude::*;
use readmodel::{Log, LogError, Reader, Settings};
use serde_json::Value;
use testkit::PATIENCE;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Attempts, query};

const SUBSCRIPTIONS: usize = 3;
const EVENTS: usize = 5;

#[derive(Clone)]
struct Lines(Vec<eventlog::Line>);

impl Log for Lines {
    type Entry = eventlog::Line;

    fn origin(&self) -> String {
        "memory".into()
    }

    async fn head(&self) -> Result<u64, LogError> {
        Ok(self.0.len() as u64)
    }

    fn tail(&self, after: u64) -> impl Stream<Item = Result<eventlog::Line, LogError>> + Send + Unpin {
        let lines = self.0.iter().skip(usize::try_from(after).unwrap()).cloned().map(Ok);
        stream::iter(lines.collect::<Vec<_>>()).chain(stream::pending())
    }
}

fn subscription(nth: usize) -> Uuid {
    Uuid::from_u128(100 + nth as u128)
}

fn event(nth: usize) -> Received {
    Received { event: Uuid::from_u128(nth as u128), position: 10 + nth as u64 }
}

fn recipient(host: usize) -> Recipient {
    Recipient {
        subject: "officer".into(),
        agency: "urn:agency:pk".into(),
        party: "PK".into(),
        channel: "webhook".into(),
        host: Some(format!("host{host}.example")),
    }
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let outcome = prop::sample::select(vec![Outcome::Delivered, Outcome::Failed, Outcome::Dead]);
    let because = prop::sample::select(vec![
        None,
        None,
        Some(Because::Replay),
        Some(Because::Recall),
        Some(Because::Notice),
    ]);
    let recalls = prop::collection::vec((0..EVENTS).prop_map(event), 1..3);
    (0..EVENTS, outcome, because, recalls).prop_map(|(nth, outcome, because, recalls)| {
        let is_notice = because == Some(Because::Notice);
        let recalls = if is_notice { recalls } else { vec![] };
        let Received { event, position } = recalls.first().copied().unwrap_or_else(|| event(nth));
        let position = if is_notice { 50 } else { position };
        Attempt {
            webhook_id: format!("msg_{event}"),
            event,
            position,
            kind: "chancery.engagement.held.v1".into(),
            number: 1,
            time: Timestamp::UNIX_EPOCH,
            took_ms: 20,
            outcome,
            status: Some(200),
            response: None,
            because,
            recalls,
        }
    })
}

fn lines() -> impl Strategy<Value = Vec<(usize, Line)>> {
    let attempts = prop::collection::vec(attempt(), 0..4);
    let line =
        (0..SUBSCRIPTIONS, prop::option::of(0..3_usize), attempts).prop_map(|(nth, host, attempts)| {
            (nth, Line { to: host.map(recipient), attempts, ..Line::default() })
        });
    prop::collection::vec(line, 1..30)
}

fn written(lines: &[(usize, Line)]) -> Lines {
    let line = |(position, (nth, line)): (u64, &(usize, Line))| eventlog::Line {
        position,
        subject: subjects::deliveries(subscription(*nth)),
        payload: serde_json::to_vec(line).unwrap().into(),
        stored: Timestamp::UNIX_EPOCH,
    };
    Lines((1..).zip(lines).map(line).collect())
}

/// To which host, and why.
type Told = (Option<String>, Option<Because>);

/// What a look through all lines finds of a subscription.
#[derive(Default)]
struct Model {
    attempts: Vec<(Attempt, bool)>,
    received: BTreeSet<u64>,
    /// Of each event: who it was sent to and why.
    receipts: BTreeMap<u64, Vec<Told>>,
}

fn model(nth: usize, lines: &[(usize, Line)]) -> Model {
    let (mut model, mut host) = (Model::default(), None);
    for (_, line) in lines.iter().filter(|(other, _)| *other == nth) {
        host = line.to.clone().map_or(host, |to| to.host);
        for attempt in &line.attempts {
            let ends = attempt.outcome != Outcome::Failed;
            for (other, is_dead) in &mut model.attempts {
                *is_dead &= !(ends && other.position == attempt.position);
            }
            model.attempts.push((attempt.clone(), attempt.outcome == Outcome::Dead));
            let is_notice = attempt.because == Some(Because::Notice);
            if attempt.outcome == Outcome::Delivered {
                model.received.extend((!is_notice).then_some(attempt.position));
                let mut about = if is_notice { attempt.recalls.clone() } else { vec![] };
                about.extend(
                    (!is_notice).then_some(Received { event: attempt.event, position: attempt.position }),
                );
                about.sort_by_key(|about| about.position);
                about.dedup();
                for Received { position, .. } in about {
                    let receipts = model.receipts.entry(position).or_default();
                    receipts.push((host.clone(), attempt.because));
                }
            }
        }
    }
    model
}

async fn walk(
    reader: &Reader,
    limit: u32,
    page: impl Fn(Paging, &readmodel::View<'_>) -> Value + Copy + Send + 'static,
) -> Vec<Value> {
    let (mut items, mut cursor) = (vec![], None);
    loop {
        let paging = Paging { cursor, limit };
        let mut found = reader.read(move |view| page(paging, view)).await.unwrap();
        items.append(found["items"].as_array_mut().unwrap());
        match found["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return items,
        }
    }
}

async fn compare(reader: &Reader, lines: &[(usize, Line)]) {
    let models = (0..SUBSCRIPTIONS).map(|nth| model(nth, lines)).collect::<Vec<_>>();
    for (nth, model) in models.iter().enumerate() {
        let id = subscription(nth);
        for outcome in [None, Some(Outcome::Delivered), Some(Outcome::Failed), Some(Outcome::Dead)] {
            for event in [None, Some(event(1).event)] {
                let found = walk(reader, 2, move |page, view| {
                    query::attempts(&Asked { id, outcome, event, page }, view).unwrap()
                });
                let meant = model.attempts.iter().rev().filter(|(attempt, is_dead)| {
                    outcome.is_none_or(|outcome| {
                        outcome == attempt.outcome && (outcome != Outcome::Dead || *is_dead)
                    }) && event.is_none_or(|event| event == attempt.event)
                });
                let expected = meant.map(|(attempt, _)| serde_json::to_value(attempt).unwrap());
                assert_eq!(found.await, expected.collect::<Vec<_>>(), "{outcome:?} {event:?}");
            }
        }
        let all = (0..60).collect::<Vec<_>>();
        let received = reader.read(move |view| query::received(id, &all, view)).await.unwrap();
        assert_eq!(received, model.received.iter().copied().collect::<Vec<_>>());
    }
    for position in 0..60 {
        let found =
            walk(reader, 2, move |page, view| query::recipients(position, &page, view).unwrap()).await;
        let found = found.into_iter().map(|receipt| {
            assert_eq!(receipt["at"], "1970-01-01T00:00:00.02Z");
            let id = serde_json::from_value::<Uuid>(receipt["subscription"].clone()).unwrap();
            let because = serde_json::from_value::<Option<Because>>(receipt["because"].clone()).unwrap();
            (id, receipt["host"].as_str().map(str::to_owned), because)
        });
        let expected = models.iter().enumerate().flat_map(|(nth, model)| {
            let receipts = model.receipts.get(&position).into_iter().flatten();
            receipts.map(move |(host, because)| (subscription(nth), host.clone(), *because))
        });
        assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "position {position}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_on_record_is_what_a_look_through_the_journal_finds(lines in lines()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let (reader, runner) = readmodel::open(folder.path(), Attempts, Settings::default()).await.unwrap();
            let stop = CancellationToken::new();
            let running = tokio::spawn(runner.run(written(&lines), stop.clone()));
            reader.wait_for(lines.len() as u64, Instant::now() + PATIENCE).await.unwrap();
            compare(&reader, &lines).await;
            stop.cancel();
            running.await.unwrap().unwrap();
        });
    }
}

#[test]
fn lines_of_others_and_lines_that_cannot_be_read_are_passed_over() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let (reader, runner) = readmodel::open(folder.path(), Attempts, Settings::default()).await.unwrap();
        let mut lines = written(&[(0, Line::default()), (0, Line::default())]);
        lines.0[0].payload = "no JSON".into();
        lines.0[1].subject = "elsewhere".into();
        let stop = CancellationToken::new();
        let running = tokio::spawn(runner.run(lines, stop.clone()));
        reader.wait_for(2, Instant::now() + PATIENCE).await.unwrap();
        compare(&reader, &[]).await;
        stop.cancel();
        running.await.unwrap().unwrap();
    });
}
