//! What a ring hands out is what was told, in order, without a gap, and never what was unsettled since.

use contract::following::{Filter, Following};
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// An answer about what stands between two positions: an event each, which these readers see by turns.
fn batch(after: u64, through: u64, readers: &[u64]) -> Batch<Box<str>> {
    let forms = |position: u64| json!([{"at": position}]);
    let events = (after + 1..=through).map(|position| {
        let seen = readers.iter().map(|reader| sees(*reader, position).then_some(0)).collect::<Vec<_>>();
        json!({"position": position, "subject": "matter/018f0000-0000-7000-8000-000000000002",
            "type": "chancery.matter.opened.v1", "facets": {"marking": "OFFICIAL"},
            "forms": forms(position), "seen": seen})
    });
    let answer = json!({"through": through, "events": events.collect::<Vec<_>>()}).to_string();
    assert!(serde_json::from_str::<Following<'_>>(&answer).is_ok());
    Batch::read(after, readers.into(), answer.as_bytes(), &Levels::default()).unwrap().0
}

fn sees(reader: u64, position: u64) -> bool {
    position.is_multiple_of(reader + 1)
}

fn positions(batches: &[Arc<Batch<Box<str>>>], position: u64, reader: u64) -> Vec<u64> {
    let filter = Filter::default();
    let heard = batches.iter().flat_map(|batch| batch.heard(position, reader, &filter).collect::<Vec<_>>());
    let at = |heard: Heard<'_, Box<str>>| match heard {
        Heard::Wanted(shown) => {
            assert_eq!(&**shown.form, json!({"at": shown.position}).to_string());
            shown.position
        }
        Heard::Recall(recall) => panic!("nothing is recalled: {recall:?}"),
    };
    heard.map(at).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Push { more: u64, first: u64, unsettles: bool },
    Take { client: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..6_u64, 0..3_u64, prop::bool::weighted(0.1)).prop_map(|(more, first, unsettles)| Step::Push {
            more,
            first,
            unsettles
        }),
        (0..4_usize).prop_map(|client| Step::Take { client }),
    ]
}

proptest! {
    #[test]
    fn nothing_is_missed_and_nothing_comes_twice(steps in prop::collection::vec(step(), 1..80), start in 0..5_u64) {
        let mut ring = Ring::default();
        ring.begin(start);
        let (mut end, mut unsettled) = (start, start);
        let mut clients = [(0_u64, start, vec![]), (1, start, vec![]), (2, start + 2, vec![]), (9, start, vec![])];
        for step in steps {
            match step {
                Step::Push { more, first, unsettles } => {
                    // Reader 0 came later than the others, some of the time.
                    ring.push(batch(end, end + more, &[first.min(1), 1, 2]), unsettles);
                    if unsettles {
                        unsettled = end;
                    }
                    end += more;
                }
                Step::Take { client } => {
                    let (reader, position, taken) = &mut clients[client];
                    match ring.behind(*position, *reader) {
                        Behind::Nothing => prop_assert!(*position >= end),
                        Behind::Here(batches) => {
                            prop_assert!(*position >= unsettled, "what was unsettled is not handed out");
                            taken.extend(positions(&batches, *position, *reader));
                            let through = batches.last().unwrap().through;
                            prop_assert!(through > *position);
                            *position = through;
                        }
                        Behind::Elsewhere => {
                            // A page of the read model.
                            taken.extend((*position + 1..=end).filter(|at| sees(*reader, *at)));
                            *position = end;
                        }
                        other => panic!("{other:?}"),
                    }
                }
            }
        }
        for (nth, (reader, position, taken)) in clients.into_iter().enumerate() {
            let from = if nth == 2 { start + 2 } else { start };
            let all = (from + 1..=position).filter(|at| sees(reader, *at)).collect::<Vec<_>>();
            prop_assert_eq!(taken, all);
        }
    }
}

#[test]
fn who_lags_beyond_its_room_has_lost_something() {
    let mut ring = Ring::default();
    ring.begin(0);
    let most = MOST_EVENTS as u64;
    ring.push(batch(0, most, &[1]), false);
    assert!(matches!(ring.behind(0, 1), Behind::Here(_)));
    ring.push(batch(most, most + 1, &[1]), false);
    assert!(matches!(ring.behind(0, 1), Behind::Lost));
    assert!(matches!(ring.behind(most, 1), Behind::Here(_)));
    assert!(matches!(ring.behind(most + 1, 1), Behind::Nothing));
    ring.rest();
    assert!(matches!(ring.behind(0, 1), Behind::Nothing));
}

#[test]
fn a_client_takes_no_more_at_once_than_fits_one_write() {
    let mut ring = Ring::default();
    ring.begin(0);
    (0..100).for_each(|nth| ring.push(batch(nth * 20, nth * 20 + 20, &[1]), false));
    let Behind::Here(batches) = ring.behind(10, 1) else { panic!("it is here") };
    let events = batches.iter().map(|batch| batch.events.len()).sum::<usize>();
    assert!((AT_ONCE..AT_ONCE + 20).contains(&events), "{events}");
}
