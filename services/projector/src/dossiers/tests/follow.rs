//! What followers are told: what everybody else is told, under the markings of today.

use contract::following::{Filter, Follow, Following, Wishes};
use contract::{Principal, Query, Recorded};
use domain::Aggregate::{Engagement, Party};
use prometheus_client::metrics::counter::Counter;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::dossiers::Dossiers;
use crate::hidden::{RECORDS, record, step};
use crate::testing::{Projected, Register, insider, json as body, reader, subject};

/// Who follows: every two of them see something else.
fn readers() -> Vec<Principal> {
    vec![
        insider(),
        reader("OFFICIAL", &[], "US"),
        reader("SECRET", &[], "CA"),
        reader("OFFICIAL", &["EYES"], "FR"),
    ]
}

/// What a reader is told, event by event, and where that ended.
type Told = (Vec<(u64, String)>, u64, bool);

async fn followed(projected: &Projected, follow: Follow, nth: usize) -> Told {
    let reply = projected.query(&insider(), Query::Follow(follow)).await;
    let following = serde_json::from_slice::<Following<'_>>(&reply.body).unwrap();
    let told = following.events.iter().filter_map(|told| {
        let form = told.forms[usize::from(told.seen[nth]?)];
        Some((told.position, form.get().to_owned()))
    });
    (told.collect(), following.through, following.unsettles)
}

fn follow(after: Option<u64>, limit: u32) -> Follow {
    Follow { after, limit, readers: readers(), filter: Filter::default() }
}

/// What the log and each event's own address say.
async fn served(projected: &Projected, reader: &Principal, register: &Register) -> Vec<(u64, String)> {
    let log = projected.query(reader, Query::Log { after: 0, limit: 1_000 }).await;
    let mut served = vec![];
    for item in body(&log)["items"].as_array().unwrap() {
        let position = item["position"].as_u64().unwrap();
        let entry = &register.entries[usize::try_from(position).unwrap() - 1];
        let uid = Recorded::parse(&entry.payload).unwrap().uid();
        let one = projected.query(reader, Query::Event { uid }).await;
        assert_eq!((one.status, &body(&one)), (200, item));
        served.push((position, item["event"].clone()));
    }
    served.into_iter().map(|(position, event)| (position, event.to_string())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn followers_are_told_what_an_event_s_own_address_tells_them(
        steps in prop::collection::vec(step(), 1..40),
        markings in prop::collection::vec(0..5_usize, RECORDS),
        limit in 1..7_u32,
    ) {
        let mut register = Register::default();
        steps.iter().for_each(|step| step.take(&markings, &mut register));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let projected = Projected::new(Dossiers::new(Counter::default()), &register).await;
            let head = register.entries.len() as u64;
            for (nth, reader) in readers().iter().enumerate() {
                let expected = served(&projected, reader, &register).await;
                let (mut told, mut after) = (vec![], 0);
                while after < head {
                    let (page, through, _) = followed(&projected, follow(Some(after), limit), nth).await;
                    assert!(through > after, "it goes on");
                    assert!(page.iter().all(|(position, _)| (after + 1..=through).contains(position)));
                    told.extend(page);
                    after = through;
                }
                let told = told.into_iter().map(|(position, event)| {
                    (position, serde_json::from_str::<Value>(&event).unwrap().to_string())
                });
                assert_eq!(told.collect::<Vec<_>>(), expected);
                assert_eq!(followed(&projected, follow(None, 5), nth).await, (vec![], head, false));
            }
        });
    }

    /// Who was told something that may not be said any more is told that it has changed.
    #[test]
    fn what_is_said_anew_otherwise_was_unsettled(
        steps in prop::collection::vec(step(), 2..40),
        markings in prop::collection::vec(0..5_usize, RECORDS),
    ) {
        let mut register = Register::default();
        steps.iter().for_each(|step| step.take(&markings, &mut register));
        let half = register.entries.len() / 2;
        let mut before = register.clone();
        before.entries.truncate(half);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let [then, now] = [&before, &register].map(|register| Projected::new(Dossiers::new(Counter::default()), register));
            let (then, now) = (then.await, now.await);
            let half = half as u64;
            let (_, _, unsettles) = followed(&now, follow(Some(half), 1_000), 0).await;
            for nth in 0..readers().len() {
                let (said, ..) = followed(&then, follow(Some(0), 1_000), nth).await;
                let (again, ..) = followed(&now, follow(Some(0), 1_000), nth).await;
                // Neither an event nor an address in it.
                let still = |position: &u64, id: &str| {
                    again.iter().any(|(other, event)| other == position && event.contains(id))
                };
                let ids = (0..RECORDS).map(|nth| record(nth).id.to_string()).chain([String::new()]);
                let gone = ids.flat_map(|id| said.iter().map(move |told| (told, id.clone())));
                let mut gone = gone.filter(|((_, event), id)| event.contains(id));
                assert!(unsettles || gone.all(|((position, _), id)| still(position, &id)), "{said:#?}\n{again:#?}");
            }
        });
    }
}

#[tokio::test]
async fn a_filter_looks_at_the_record_as_it_stood() {
    let mut register = Register::default();
    let visit = subject(Engagement, "visit");
    let with = |who: &str| json!({"kind": "visit", "participants": [who], "occurred": "2025-02-01"});
    let held = register.record("engagement.held", visit, "OFFICIAL", &with("CA"));
    register.record("engagement.held", subject(Engagement, "other"), "OFFICIAL", &with("US"));
    register.record("engagement.retracted", visit, "OFFICIAL", &json!({"event": held, "reason": "no"}));
    register.record(
        "party.named",
        subject(Party, "khan"),
        "OFFICIAL",
        &json!({"name": "Khan", "kind": "person"}),
    );
    let projected = Projected::new(Dossiers::new(Counter::default()), &register).await;
    let positions = async |wishes: Wishes| {
        let filter = Filter::read(wishes).unwrap();
        let follow = Follow { filter: filter.clone(), ..follow(Some(0), 10) };
        let reply = projected.query(&insider(), Query::Follow(follow)).await;
        let following = serde_json::from_slice::<Following<'_>>(&reply.body).unwrap();
        // What sets an event right is told whatever is wanted.
        let wanted = following.events.iter().filter(|told| {
            let is_wanted = filter.admits(&told.subject, &told.kind, &told.facets);
            assert!(is_wanted || !told.recalls.is_empty());
            is_wanted
        });
        wanted.map(|told| told.position).collect::<Vec<_>>()
    };
    let party = |name: &str| Wishes { party: vec![name.to_owned()], ..Wishes::default() };
    assert!(positions(party("Canada")).await.contains(&1));
    assert_eq!(positions(party("US")).await, [2]);
    assert_eq!(positions(party("Khan")).await, [4]);
    let of_type = Wishes { event: vec!["engagement.retracted".to_owned()], ..Wishes::default() };
    assert_eq!(positions(of_type).await, [3]);
}

#[tokio::test]
async fn what_sets_an_event_right_is_told_whatever_is_wanted_and_whoever_may_see_it() {
    let mut register = Register::default();
    let visit = subject(Engagement, "visit");
    let with = |who: &str| json!({"kind": "visit", "participants": [who], "occurred": "2025-02-01"});
    let held = register.record("engagement.held", visit, "OFFICIAL", &with("CA"));
    let changes = json!([{"pointer": "/participants", "new": [{"code": "FR", "name": "France"}]}]);
    let corrected = json!({"event": held, "changes": changes, "reason": "a slip"});
    register.record("engagement.corrected", visit, "OFFICIAL", &corrected);
    register.record("engagement.held", visit, "OFFICIAL", &with("CA"));
    let marked = |level: &str| json!({"level": level, "reason": "review"});
    register.record("engagement.marking_changed", visit, "OFFICIAL", &marked("SECRET"));
    register.record("engagement.retracted", visit, "OFFICIAL", &json!({"event": held, "reason": "no"}));
    let before = Projected::new(Dossiers::new(Counter::default()), &register).await;
    register.record("engagement.marking_changed", visit, "OFFICIAL", &marked("OFFICIAL"));
    let after = Projected::new(Dossiers::new(Counter::default()), &register).await;
    register.record(
        "engagement.merged_into",
        visit,
        "OFFICIAL",
        &json!({"record": subject(Engagement, "other")}),
    );
    register.record("engagement.disposed", visit, "OFFICIAL", &json!({"how": "destroyed"}));
    let disposed = Projected::new(Dossiers::new(Counter::default()), &register).await;

    // Of each event: who sees it, and what it sets right.
    let told = async |projected: &Projected| {
        let wishes = Wishes { party: vec!["Atlantis".to_owned()], ..Wishes::default() };
        let readers = vec![reader("OFFICIAL", &[], "US"), reader("SECRET", &[], "US")];
        let filter = Filter::read(wishes).unwrap();
        let follow = Follow { after: Some(0), limit: 100, readers, filter };
        let reply = projected.query(&insider(), Query::Follow(follow)).await;
        let following = serde_json::from_slice::<Following<'_>>(&reply.body).unwrap();
        let event = |told: &contract::following::Told<'_>| {
            let sees = told.seen.iter().map(Option::is_some).collect::<Vec<_>>();
            assert_eq!(told.forms.is_empty(), !sees.contains(&true));
            let recalls = told.recalls.iter().map(|recalled| recalled.position).collect::<Vec<_>>();
            (told.position, [sees[0], sees[1]], recalls)
        };
        following.events.iter().map(event).collect::<Vec<_>>()
    };
    let of = |sees: [bool; 2]| move |(position, recalls): (u64, &[u64])| (position, sees, recalls.to_vec());
    let secret = [(2, &[1][..]), (4, &[1, 2, 3]), (5, &[1])].map(of([false, true]));
    assert_eq!(told(&before).await, secret);
    let open = [(2, &[1][..]), (4, &[1, 2, 3]), (5, &[1])].map(of([true, true]));
    assert_eq!(told(&after).await, open, "what is seen by more sets nothing right");
    let residue = [(7, &[1, 2, 3, 4, 5, 6][..]), (8, &[1, 2, 3, 4, 5, 6, 7])].map(of([true, true]));
    assert_eq!(told(&disposed).await, residue);

    let follow = Follow { after: Some(0), limit: 100, readers: readers(), filter: Filter::default() };
    let reply = after.query(&insider(), Query::Follow(follow)).await;
    let events = &body(&reply)["events"];
    let recalled = &events[1]["recalls"][0];
    assert_eq!(recalled["facets"], events[0]["facets"], "by what it was found when it was told");
    assert_eq!((&recalled["uid"], &recalled["type"]), (&json!(held), &json!("chancery.engagement.held.v1")));
}
