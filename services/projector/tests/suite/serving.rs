//! What is asked over NATS is answered, waited for, shared.

use std::fs;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use contract::{Ask, Filters, Paging, ProblemKind, Query, Timeline, subjects};
use serde_json::Value;
use testkit::{PATIENCE, eventually};

use crate::register::insider;
use crate::support::{Projector, World, body, column, meeting, meetings};

fn all() -> Timeline {
    serde_json::from_str(r#"{"limit": 100}"#).unwrap()
}

#[tokio::test]
async fn a_small_history_is_answered_at_its_position() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let projector = Projector::ready(&world, data.path()).await;
    world.meet(0..3).await;
    let record = world.query(3, Query::Record { subject: meeting(1) }).await;
    assert_eq!((record.status, record.position, record.record_version), (200, Some(3), Some(1)));
    assert_eq!(body(&record)["title"], "day 1");
    let history = world.query(3, Query::History { subject: meeting(1), after: 0, limit: 10 }).await;
    assert_eq!(column(&history, "position"), [2]);
    let list = world.query(3, Query::List(meetings(10, None))).await;
    assert_eq!(column(&list, "title"), ["day 0", "day 1", "day 2"]);
    let timeline = world.timeline(3, all()).await;
    assert_eq!(column(&timeline, "position"), [3, 2, 1]);
    projector.stop().await;
}

#[tokio::test]
async fn what_was_just_recorded_is_found() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let projector = Projector::ready(&world, data.path()).await;
    for day in 0..5 {
        world.meet(day..day + 1).await;
        let found = world.search(world.head(), "day").await;
        assert_eq!((found.status, found.position), (200, Some(world.head())));
        assert_eq!(column(&found, "title").len(), usize::from(day) + 1);
    }
    projector.stop().await;
    // Killed or stopped, what is missing is added, and nothing twice.
    world.meet(5..7).await;
    let projector = Projector::ready(&world, data.path()).await;
    assert_eq!(column(&world.search(world.head(), "day").await, "title").len(), 7);
    assert!(projector.shell.metrics.text().contains("search_index_documents 7"));
    projector.stop().await;
}

/// Writes over the middle of every file of the search index.
fn damage(data: &std::path::Path) {
    let search = data.join("projector").join("search");
    let folders = fs::read_dir(search).unwrap().map(|folder| folder.unwrap().path());
    let index = folders.into_iter().find(|path| path.join("meta.json").exists()).expect("there is an index");
    for file in fs::read_dir(index).unwrap().map(|file| file.unwrap().path()) {
        let is_of_a_segment = file.extension().is_some_and(|own| own != "json" && own != "lock");
        if !is_of_a_segment {
            continue;
        }
        // In place: what is mapped into memory changes with it.
        let middle = fs::read(&file).unwrap();
        let quarter = middle.len() / 4;
        let middle = middle[quarter..quarter * 3].iter().map(|byte| byte ^ 0x5a).collect::<Vec<_>>();
        let opened = fs::OpenOptions::new().write(true).open(&file).unwrap();
        opened.write_all_at(&middle, quarter as u64).unwrap();
    }
}

#[tokio::test]
async fn an_index_that_is_damaged_while_it_answers_is_made_anew() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let projector = Projector::ready(&world, data.path()).await;
    world.meet(0..5).await;
    assert_eq!(column(&world.search(world.head(), "day").await, "title").len(), 5);
    damage(data.path());
    eventually("all is found again", PATIENCE, async || {
        let found = world.search(0, "day").await;
        // Until it is noticed, anything may be missing; then it is not there for a while.
        assert!(matches!(found.status, 200 | 503), "{}", body(&found));
        (found.status == 200 && column(&found, "title").len() == 5).then_some(())
    })
    .await;
    world.meet(5..6).await;
    assert_eq!(column(&world.search(world.head(), "day").await, "title").len(), 6);
    tokio::time::timeout(PATIENCE, projector.shell.readiness.ready()).await.expect("it is ready again");
    projector.stop().await;
    // Damaged while nobody runs.
    damage(data.path());
    let projector = Projector::ready(&world, data.path()).await;
    assert_eq!(column(&world.search(world.head(), "day").await, "title").len(), 6);
    projector.stop().await;
}

#[tokio::test]
async fn what_is_no_question_is_refused() {
    let world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let projector = Projector::ready(&world, data.path()).await;
    let malformed = world.send(subjects::DOSSIERS, b"{}".to_vec(), PATIENCE).await;
    assert_eq!(body(&malformed)["type"], ProblemKind::Malformed.uri());
    let cursor = world.query(0, Query::List(meetings(10, Some("nonsense".into())))).await;
    assert_eq!(body(&cursor)["type"], ProblemKind::InvalidQuery.uri());
    let edtf = world
        .timeline(
            0,
            Timeline { filters: Filters { from: Some("soon".into()), ..Filters::default() }, ..all() },
        )
        .await;
    assert_eq!(body(&edtf)["errors"][0]["pointer"], "?from");
    projector.stop().await;
}

#[tokio::test]
async fn a_position_is_waited_for_and_refused_in_time_if_it_does_not_come() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let projector = Projector::ready(&world, data.path()).await;
    world.meet(0..1).await;
    let ask = Ask {
        principal: insider(),
        min_position: 9,
        known_at: None,
        query: Query::Record { subject: meeting(0) },
    };
    let ask = serde_json::to_vec(&ask).unwrap();
    let refused = world.send(subjects::DOSSIERS, ask, Duration::from_millis(1_500)).await;
    assert_eq!(refused.status, 503);
    assert_eq!(body(&refused)["type"], ProblemKind::NotYet.uri());
    // Asked before it is recorded.
    let client = world.server.client().await;
    let early = Ask {
        principal: insider(),
        min_position: 2,
        known_at: None,
        query: Query::Record { subject: meeting(1) },
    };
    let early = serde_json::to_vec(&early).unwrap();
    let early = tokio::spawn(async move {
        service::ask(&client, subjects::DOSSIERS, early.into(), PATIENCE, "early").await.unwrap()
    });
    world.meet(1..2).await;
    assert_eq!(early.await.unwrap().status, 200);
    projector.stop().await;
}

#[tokio::test]
async fn a_position_far_beyond_the_log_is_refused_at_once() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let projector = Projector::ready(&world, data.path()).await;
    world.meet(0..1).await;
    let asked = std::time::Instant::now();
    let refused = world.query(1_000_000, Query::Record { subject: meeting(0) }).await;
    assert_eq!(body(&refused)["type"], ProblemKind::InvalidQuery.uri());
    assert!(asked.elapsed() < Duration::from_secs(5), "it was waited for: {:?}", asked.elapsed());
    projector.stop().await;
}

/// Waits for a position, each for itself; says how often it was refused for want of places.
async fn wait_in_crowds(
    client: async_nats::Client,
    subject: &'static str,
    ask: Vec<u8>,
    crowd: usize,
) -> usize {
    let waits = (0..crowd).map(|_| {
        let (client, ask) = (client.clone(), ask.clone());
        async move { service::ask(&client, subject, ask.into(), PATIENCE, "far").await.unwrap() }
    });
    let replies = futures_util::future::join_all(waits).await;
    let is_busy = |reply: &&service::Reply| body(reply)["type"] == ProblemKind::Unavailable.uri();
    replies.iter().filter(is_busy).count()
}

#[tokio::test]
async fn who_waits_for_what_is_to_come_takes_no_place_of_who_waits_for_what_is_written() {
    const CROWD: usize = 300;
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let projector = Projector::ready(&world, data.path()).await;
    world.meet(0..1).await;
    let client = world.server.client().await;
    let of_records = Query::Record { subject: meeting(0) };
    let of_records = Ask { principal: insider(), min_position: 10, known_at: None, query: of_records };
    let of_words = world.asked_for_words(10, "day");
    let crowds = [
        (subjects::DOSSIERS, serde_json::to_vec(&of_records).unwrap()),
        (subjects::SEARCH, serde_json::to_vec(&of_words).unwrap()),
    ];
    let crowds =
        crowds.map(|(subject, ask)| tokio::spawn(wait_in_crowds(client.clone(), subject, ask, CROWD)));
    let is_full = |endpoint: &str| {
        let refused = format!("requests_total{{endpoint=\"{endpoint}\",status=\"503\"}}");
        projector.shell.metrics.text().contains(&refused)
    };
    eventually("all places for what is to come are taken", PATIENCE, async || {
        (is_full("dossiers") && is_full("search")).then_some(())
    })
    .await;
    for day in 1..9 {
        world.meet(day..day + 1).await;
        let record = world.query(world.head(), Query::Record { subject: meeting(day) }).await;
        assert_eq!(record.status, 200, "{}", body(&record));
        let found = world.search(world.head(), "day").await;
        assert_eq!(found.status, 200, "{}", body(&found));
    }
    world.meet(9..10).await;
    for crowd in crowds {
        let refused = crowd.await.unwrap();
        assert!(refused > 0 && refused < CROWD, "{refused} of {CROWD} were refused, the others served");
    }
    projector.stop().await;
}

#[tokio::test]
async fn two_projectors_share_the_questions() {
    let mut world = World::new().await;
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let projectors = [Projector::ready(&world, one.path()).await, Projector::ready(&world, two.path()).await];
    world.meet(0..5).await;
    let answered = |projector: &Projector| {
        projector.shell.metrics.text().contains("requests_total{endpoint=\"dossiers\",status=\"200\"}")
    };
    eventually("answers of both", PATIENCE, async || {
        let reply = world.query(world.head(), Query::Record { subject: meeting(4) }).await;
        assert_eq!(reply.status, 200);
        projectors.iter().all(answered).then_some(())
    })
    .await;
    let [one, two] = projectors;
    one.stop().await;
    let alone = world.query(world.head(), Query::Record { subject: meeting(0) }).await;
    assert_eq!(alone.status, 200);
    two.stop().await;
}

#[tokio::test]
async fn pages_walk_everything_once_while_events_are_added() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    let projector = Projector::ready(&world, data.path()).await;
    world.meet(0..10).await;
    let (mut listed, mut happened) = (vec![], vec![]);
    let (mut list, mut timeline) =
        (Some(meetings(4, None)), Some(Timeline { page: Paging { limit: 3, cursor: None }, ..all() }));
    for added in 10..28 {
        if let Some(query) = list.take() {
            let page = world.query(world.head(), Query::List(query)).await;
            listed.extend(column(&page, "title"));
            list = body(&page)["next"].as_str().map(|next| meetings(4, Some(next.to_owned())));
        }
        if let Some(query) = timeline.take() {
            let page = world.timeline(world.head(), query.clone()).await;
            happened.extend(column(&page, "position"));
            let next = body(&page)["next"].as_str().map(str::to_owned);
            timeline = next.map(|next| Timeline { page: Paging { limit: 3, cursor: Some(next) }, ..query });
        }
        if list.is_none() && timeline.is_none() {
            break;
        }
        // Behind what the list has shown; before what the timeline, newest first, has.
        world.meet(added..added + 1).await;
    }
    let expected = (0..listed.len()).map(|day| Value::from(format!("day {day}"))).collect::<Vec<_>>();
    assert_eq!(listed, expected);
    assert!(listed.len() > 10, "what came behind the cursor is seen");
    assert_eq!(happened, (1..=10).rev().map(Value::from).collect::<Vec<_>>());
    projector.stop().await;
}
