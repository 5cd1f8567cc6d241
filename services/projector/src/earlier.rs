//! The rule for `known_at`: an answer as of a position is the answer of a register that ended there. Who may see
//! what, and what was disposed of, are as of today; so are the names that parties' records bear.

use contract::{Filters, List, Order, Query, Sort, Timeline};
use domain::Aggregate::{Engagement, Matter, Source};
use prometheus_client::metrics::counter::Counter;
use proptest::prelude::*;
use serde_json::Value;

use crate::calendar::Expectations;
use crate::dossiers::Dossiers;
use crate::hidden::{RECORDS, Step, What, agendas, record, step};
use crate::testing::{Projected, Register, insider, json as body, list, timeline};
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

/// What is asked of the dossiers.
fn questions() -> Vec<Query> {
    let (none, some) = (Filters::default, |text: &str| Some(text.to_owned()));
    let of = |aggregate, filters, sort| Query::List(List { filters, sort, ..list(aggregate) });
    let mut questions = vec![
        Query::Log { after: 0, limit: 100 },
        of(Engagement, none(), Sort::Valid),
        of(Matter, Filters { parties: vec!["US".into()], ..none() }, Sort::Recorded),
        of(Engagement, Filters { country: some("CA"), ..none() }, Sort::Valid),
        of(Engagement, Filters { status: some("held"), from: some("2025-02-10"), ..none() }, Sort::Valid),
        of(Source, Filters { status: some("retracted"), ..none() }, Sort::Recorded),
    ];
    for subject in (0..RECORDS).map(record) {
        questions.push(Query::Record { subject });
        questions.push(Query::History { subject, after: 0, limit: 100 });
        questions.push(Query::Accounts { subject });
    }
    questions
}

/// Without the markings, which are today's, what is counted of today only, and cursors: they say the position
/// of the read model.
fn without_today(mut answer: Value) -> Value {
    let items = answer["items"].as_array_mut().map(Vec::as_mut_slice).unwrap_or_default();
    let items = items.iter_mut().filter_map(Value::as_object_mut);
    items.for_each(|item| item.retain(|name, _| name != "marking" && name != "relied_on"));
    if let Some(answer) = answer.as_object_mut() {
        answer.retain(|name, _| name != "marking" && name != "next");
    }
    answer
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn as_of_a_position_is_as_of_a_register_that_ended_there(
        steps in prop::collection::vec(step(), 1..25),
    ) {
        let mut register = Register::default();
        let lasting = steps.iter().filter(|step: &&Step| !matches!(step.what, What::Disposed));
        lasting.for_each(|step| step.take(&[0; RECORDS], &mut register));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let whole = Projected::new(Happenings::new(Counter::default()), &register).await;
            let told = Projected::new(Dossiers::new(Counter::default()), &register).await;
            let foreseen = Projected::new(Expectations::new(Counter::default()), &register).await;
            let mut earlier = Register::default();
            for entry in &register.entries {
                earlier.entries.push(entry.clone());
                let at = entry.position;
                let then = Projected::new(Happenings::new(Counter::default()), &earlier).await;
                let then_told = Projected::new(Dossiers::new(Counter::default()), &earlier).await;
                for query in questions() {
                    let expected = then_told.query(&insider(), query.clone()).await;
                    let answer = told.query_at(&insider(), Some(at), query.clone()).await;
                    assert_eq!(answer.status, expected.status, "{query:?} as of {at}");
                    assert_eq!(answer.record_version, expected.record_version, "{query:?} as of {at}");
                    let [expected, answer] = [expected, answer].map(|reply| without_today(body(&reply)));
                    assert_eq!(answer, expected, "{query:?} as of {at}");
                }
                let then_foreseen = Projected::new(Expectations::new(Counter::default()), &earlier).await;
                for query in agendas(&[]) {
                    let expected = then_foreseen.agenda_at(&insider(), None, query.clone()).await;
                    let answer = foreseen.agenda_at(&insider(), Some(at), query.clone()).await;
                    let [expected, answer] = [expected, answer].map(|reply| without_today(body(&reply)));
                    assert_eq!(answer, expected, "{query:?} as of {at}");
                }
                for query in timelines() {
                    let expected = body(&then.timeline(&insider(), query.clone()).await);
                    let answer = body(&whole.timeline_at(&insider(), Some(at), query.clone()).await);
                    assert_eq!(answer, expected, "{query:?} as of {at}");
                }
            }
        });
    }
}
