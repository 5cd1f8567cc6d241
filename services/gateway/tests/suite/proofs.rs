//! Checkpoints, tiles and proofs: who may ask, what is asked, how long it is kept.

use contract::subjects::{AUDIT, DOSSIERS};
use contract::{Principal, Problem, ProblemKind, Role};
use reqwest::Response;
use serde_json::json;
use service::Reply;
use testkit::http_client;

use crate::edge::{Edge, officer, refused};

const UID: &str = "018f0000-0000-7000-8000-000000000002";

const PUBLIC: [&str; 3] = ["/checkpoint", "/tile/0/x001/234.p/7", "/v1/audit/consistency?from=1"];

async fn bare(edge: &Edge, path: &str) -> Response {
    http_client().get(edge.url(path)).send().await.unwrap()
}

async fn as_someone(edge: &Edge, who: Principal, path: &str) -> Response {
    http_client().get(edge.url(path)).bearer_auth(edge.token(&who)).send().await.unwrap()
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn checkpoints_and_hash_tiles_are_for_every_token() {
    let edge = Edge::start().await;
    let roleless = Principal { roles: [].into(), ..officer() };
    for path in PUBLIC {
        assert_eq!(refused(bare(&edge, path).await).await.0, 401, "{path}");
        assert_eq!(as_someone(&edge, roleless.clone(), path).await.status(), 200, "{path}");
    }
    let asked = edge.asked().into_iter().map(|(subject, question)| {
        assert_eq!((subject, &question["principal"]), (AUDIT, &serde_json::to_value(&roleless).unwrap()));
        question["query"].clone()
    });
    let expected = [
        json!({"ask": "checkpoint", "witnessed": false}),
        json!({"ask": "tile", "path": "tile/0/x001/234.p/7"}),
        json!({"ask": "consistency", "from": 1, "to": null}),
    ];
    assert_eq!(asked.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_setting_shows_them_to_everybody_but_entries() {
    let edge = Edge::start_with(&["--public-checkpoints"]).await;
    for path in PUBLIC {
        assert_eq!(bare(&edge, path).await.status(), 200, "{path}");
    }
    let nobody = serde_json::to_value(Principal::anonymous()).unwrap();
    assert!(edge.asked().iter().all(|(_, question)| question["principal"] == nobody));
    for path in ["/tile/entries/000", "/v1/audit/leaves/x", "/v1/engagements", "/v1/audit/events/x/proof"] {
        assert_eq!(refused(bare(&edge, path).await).await.0, 401, "{path}");
    }
    // Nobody is made to wait by who cannot be told from others.
    assert_eq!(refused(bare(&edge, "/checkpoint?min_position=9").await).await.0, 400);
    let wrong = http_client().get(edge.url("/checkpoint")).bearer_auth("wrong").send().await.unwrap();
    assert_eq!(refused(wrong).await.0, 401);
    assert!(edge.asked().is_empty());
}

#[tokio::test]
async fn tiles_are_kept_for_ever_and_checkpoints_are_not() {
    let edge = Edge::start().await;
    let tile = edge.get("/tile/0/000").await;
    assert_eq!(header(&tile, "cache-control"), "private, max-age=31536000, immutable");
    assert_eq!(header(&tile, "content-type"), "application/octet-stream");
    let checkpoint = edge.get("/checkpoint").await;
    assert_eq!(header(&checkpoint, "cache-control"), "private, no-cache");
    assert_eq!(header(&checkpoint, "content-type"), "text/plain; charset=utf-8");
    edge.plan(Problem::new(ProblemKind::NotFound, "not yet").into());
    let missing = edge.get("/tile/0/999").await;
    assert_eq!((missing.status().as_u16(), header(&missing, "cache-control")), (404, "private, no-cache"));
    let public = Edge::start_with(&["--public-checkpoints"]).await;
    let tile = bare(&public, "/tile/1/000.p/3").await;
    assert_eq!(header(&tile, "cache-control"), "public, max-age=31536000, immutable");
    let auditor = Principal { roles: [Role::Auditor].into(), ..officer() };
    let entries = as_someone(&public, auditor, "/tile/entries/000").await;
    assert_eq!(header(&entries, "cache-control"), "private, max-age=31536000, immutable");
}

#[tokio::test]
async fn entries_need_the_role_and_an_event_s_proof_its_sight() {
    let edge = Edge::start().await;
    let (status, _) = refused(edge.get("/tile/entries/000").await).await;
    assert_eq!(status, 403);
    assert!(edge.asked().is_empty());

    let paths =
        [(format!("/v1/audit/events/{UID}/proof"), "proof"), (format!("/v1/audit/leaves/{UID}"), "leaf")];
    for (path, ask) in &paths {
        edge.plan(Reply::ok(r#"{"version":1,"position":41,"event":{}}"#).at(50));
        edge.plan(Reply::ok("as it is").at(50));
        let response = edge.get(&format!("{path}?min_position=40")).await;
        assert_eq!(response.text().await.unwrap(), "as it is");
        let [(first, seen), (second, asked)] = &edge.asked()[..] else { panic!("two questions") };
        assert_eq!((*first, *second), (DOSSIERS, AUDIT));
        assert_eq!(seen["query"], json!({"ask": "event", "uid": UID}));
        assert_eq!((&asked["query"]["ask"], &asked["query"]["position"]), (&json!(ask), &json!(41)));
        assert_eq!(asked["min_position"], 40);
        // Who may not see it is told what the dossiers say, and the auditor is not asked.
        edge.plan(Problem::new(ProblemKind::NotFound, "there is no event").into());
        assert_eq!(refused(edge.get(path).await).await.0, 404);
        assert_eq!(edge.asked().len(), 1);
    }
    for wrong in ["?format=xml", "?from=1"] {
        assert_eq!(refused(edge.get(&format!("{}{wrong}", paths[0].0)).await).await.0, 400, "{wrong}");
    }
    assert_eq!(refused(edge.get("/v1/audit/consistency?to=3").await).await.0, 400);
}
