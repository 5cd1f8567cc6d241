//! The rule for `known_at`: an answer as of a position is the answer of a register that ended there. Who may see
//! what, and what was disposed of, are as of today; so are the names that parties' records bear.

use contract::{Filters, Order, Timeline};
use prometheus_client::metrics::counter::Counter;
use proptest::prelude::*;

use crate::hidden::{Step, What, step};
use crate::testing::{Projected, Register, insider, json as body, timeline};
use crate::timeline::Happenings;

/// What is asked as of every position.
fn timelines() -> Vec<Timeline> {
    let (none, some) = (Filters::default, |text: &str| Some(text.to_owned()));
    let of = |filters, order| Timeline { filters, order, ..timeline() };
    vec![
        of(none(), Order::Oldest),
        of(Filters { parties: vec!["US".into()], ..none() }, Order::Newest),
        of(Filters { country: some("CA"), ..none() }, Order::Newest),
        of(Filters { status: some("held"), from: some("2025-02-10"), ..none() }, Order::Newest),
        of(Filters { text: some("matter"), to: some("2025-02-20"), ..none() }, Order::Oldest),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn as_of_a_position_is_as_of_a_register_that_ended_there(
        steps in prop::collection::vec(step(), 1..25),
    ) {
        let mut register = Register::default();
        let lasting = steps.iter().filter(|step: &&Step| !matches!(step.what, What::Disposed));
        lasting.for_each(|step| step.take(&[0; 8], &mut register));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let whole = Projected::new(Happenings::new(Counter::default()), &register).await;
            let mut earlier = Register::default();
            for entry in &register.entries {
                earlier.entries.push(entry.clone());
                let at = entry.position;
                let then = Projected::new(Happenings::new(Counter::default()), &earlier).await;
                for query in timelines() {
                    let expected = body(&then.timeline(&insider(), query.clone()).await);
                    let answer = body(&whole.timeline_at(&insider(), Some(at), query.clone()).await);
                    assert_eq!(answer, expected, "{query:?} as of {at}");
                }
            }
        });
    }
}
