//! Stopped and started, rebuilt, given another log.

use std::path::Path;

use contract::Query;
use projector::{Dossiers, Happenings};
use readmodel::{Direction, Projection, Range, Row, Rows, View};
use serde_json::json;
use testkit::{PATIENCE, eventually};

use crate::support::{Projector, World, meeting};

/// Every row of a read model that nobody has open.
async fn rows<P: Projection + Default>(data: &Path) -> (u64, Vec<Row>) {
    let folder = data.join("projector").join(P::NAME);
    let (reader, _runner) =
        readmodel::open(&folder, P::default(), readmodel::Settings::default()).await.unwrap();
    let all = |view: &View<'_>| (view.position(), view.scan(&Range::all(), Direction::Ascending).collect());
    reader.read(all).await.unwrap()
}

#[tokio::test]
async fn a_stopped_projector_continues_and_equals_a_fresh_rebuild() {
    let mut world = World::new().await;
    let (old, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for round in 0..4 {
        world.meet(round * 3..round * 3 + 3).await;
        let slip = contract::Recorded::parse(&world.register.entries[0].payload).unwrap().uid();
        let changes = json!([{"pointer": "/title", "new": format!("the {round}th title")}]);
        let data = json!({"event": slip, "changes": changes, "reason": "a slip"});
        world.register.record("engagement.corrected", meeting(0), "OFFICIAL", &data);
        world.register.record_garbage(meeting(1));
        world.register.record_stray(meeting(1));
        world.append().await;
        let projector = Projector::start(&world, old.path()).await;
        eventually("an answer", PATIENCE, async || {
            let body = json!({"principal": crate::register::insider(), "min_position": world.head(),
                "query": {"ask": "record", "subject": meeting(0)}});
            let body = serde_json::to_vec(&body).unwrap().into();
            let asked =
                service::ask(&world.client, contract::subjects::DOSSIERS, body, PATIENCE, "test").await;
            asked.ok().filter(|reply| reply.status == 200)
        })
        .await;
        projector.stop().await;
    }
    let projector = Projector::ready(&world, fresh.path()).await;
    world.query(world.head(), Query::Record { subject: meeting(0) }).await;
    world.timeline(world.head(), serde_json::from_str(r#"{"limit": 1}"#).unwrap()).await;
    projector.stop().await;
    // The timeline of the old one may have been stopped before it had applied everything.
    let projector = Projector::ready(&world, old.path()).await;
    world.timeline(world.head(), serde_json::from_str(r#"{"limit": 1}"#).unwrap()).await;
    projector.stop().await;
    let (position, dossiers) = rows::<Dossiers>(old.path()).await;
    assert_eq!(position, world.head());
    assert_eq!((position, dossiers), rows::<Dossiers>(fresh.path()).await);
    assert_eq!(rows::<Happenings>(old.path()).await, rows::<Happenings>(fresh.path()).await);
}

#[tokio::test]
async fn another_log_makes_it_unready_and_nothing_is_answered() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    world.meet(0..3).await;
    let projector = Projector::ready(&world, data.path()).await;
    world.query(3, Query::Record { subject: meeting(0) }).await;
    projector.stop().await;

    let other = World::new().await;
    let projector = Projector::start(&other, data.path()).await;
    let refused = eventually("a refusal", PATIENCE, async || {
        let body = json!({"principal": crate::register::insider(),
            "query": {"ask": "record", "subject": meeting(0)}});
        let body = serde_json::to_vec(&body).unwrap().into();
        let asked = service::ask(&other.client, contract::subjects::DOSSIERS, body, PATIENCE, "test").await;
        asked.ok().filter(|reply| reply.status == 503)
    })
    .await;
    assert!(crate::support::body(&refused)["detail"].as_str().unwrap().contains("an operator must decide"));
    assert!(projector.shell.readiness.missing().contains(&"projector.dossiers".to_owned()));
    projector.stop().await;
}
