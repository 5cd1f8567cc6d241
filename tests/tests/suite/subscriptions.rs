//! Managing subscriptions, over the whole register.

use contract::{Principal, Role};
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{AGENCY, Answer, Client, System, principal};

use crate::PROGRAM;

const ROLES: &[&str] = &["registrar", "projector", "notifier", "gateway"];
const PATH: &str = "/v1/subscriptions";

fn manager(agency: &str, party: &str) -> Principal {
    let roles = [Role::Reader, Role::Recorder, Role::SubscriberManager].into();
    Principal { roles, ..principal(agency, party) }
}

/// A register, and who manages subscriptions there: of one agency and of another.
async fn managed() -> (System, Client, Client) {
    let system = System::start(PROGRAM, &[ROLES]).await;
    let ours = system.client_as(&manager(AGENCY, "PK"));
    let others = system.client_as(&manager("urn:agency:ca", "CA"));
    (system, ours, others)
}

fn wanted() -> Value {
    json!({
        "name": "Visits", "channel": {"type": "webhook", "url": "https://1.1.1.1/hook"},
        "filter": {"party": ["CA"], "kind": "visit"}, "payload": "thin",
    })
}

async fn create(client: &Client, wanted: &Value) -> Answer {
    client.send(Method::POST, PATH, &[], Some(wanted)).await
}

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().expect("a tag is ASCII").to_owned()
}

#[tokio::test]
async fn a_subscription_is_its_agencys_and_its_secret_is_told_once() {
    let (system, ours, others) = managed().await;
    let created = create(&ours, &wanted()).await;
    let location = created.headers["location"].to_str().expect("a path").to_owned();
    let secret = created.clone().ok()["secret"].as_str().expect("it is told once").to_owned();
    assert!(secret.starts_with("whsec_"));
    let pair = json!({"channel": wanted()["channel"], "scheme": "v1a"});
    let pair = create(&ours, &pair).await.ok();
    assert!(pair.get("secret").is_none(), "{pair:#}");

    let found = ours.get(&location).await;
    assert_eq!(tag(&found).split('-').next(), tag(&created).split('-').next(), "the revision is the same");
    let found = found.ok();
    let mut same = created.body.clone();
    same.as_object_mut().expect("an object").remove("secret");
    assert_eq!(found, same);
    assert_eq!(found["filter"], json!({"party": ["CA"], "kind": ["visit"]}));
    assert_eq!((&found["status"], &found["owner"]), (&json!("active"), &json!(AGENCY)));
    assert_eq!(found["reader"], json!({"party": "PK", "level": "TOP SECRET", "caveats": []}));
    assert_eq!(found["keys"], json!([{"scheme": "v1"}]));

    let listed = ours.get(PATH).await.ok();
    assert_eq!(
        listed["items"],
        json!([found, ours.get(&format!("{PATH}/{}", pair["id"].as_str().unwrap_or_default())).await.ok()])
    );
    assert!(listed["items"][1]["keys"][0]["public_key"].as_str().is_some_and(|key| key.starts_with("whpk_")));
    let page = ours.get(&format!("{PATH}?limit=1")).await.ok();
    let rest =
        ours.get(&format!("{PATH}?limit=1&cursor={}", page["next"].as_str().unwrap_or_default())).await.ok();
    assert_eq!(json!([page["items"][0], rest["items"][0]]), listed["items"]);
    assert!(rest.get("next").is_none());

    // To others it is as if there were none.
    assert_eq!(others.get(PATH).await.ok(), json!({"items": []}));
    let none = format!("{PATH}/{}", uuid::Uuid::nil());
    for method in [Method::GET, Method::DELETE] {
        let (hidden, absent) = (
            others.send(method.clone(), &location, &[], None).await,
            others.send(method, &none, &[], None).await,
        );
        assert_eq!((hidden.status, &hidden.body), (404, &absent.body));
    }
    for text in [system.log_of(0), listed.to_string(), page.to_string()] {
        assert!(!text.contains(&secret[6..]) && !text.contains("whsk_"), "{text}");
    }

    let stale = ours.send(Method::DELETE, &location, &[("if-match", "\"1\"")], None).await;
    assert_eq!(stale.problem().0, 412);
    let deleted = ours.send(Method::DELETE, &location, &[("if-match", &tag(&created))], None).await;
    assert_eq!(deleted.status, 204);
    assert_eq!(ours.get(&location).await.status, 404);
    assert_eq!(ours.send(Method::DELETE, &location, &[], None).await.status, 404);
    assert_eq!(ours.get(PATH).await.ok()["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn every_mistake_is_named_in_one_answer() {
    let (_system, ours, _) = managed().await;
    let wrong = json!({
        "name": 7, "channel": {"type": "webhook", "url": "http://169.254.169.254/latest"},
        "filter": {"party": ["CA", ""], "country": "Canada"}, "scheme": "v9", "after": 1_000_000,
    });
    let refused = create(&ours, &wrong).await;
    let (status, kind, mut places) = refused.problem();
    places.sort_unstable();
    assert_eq!((status, kind), (422, "invalid-input"));
    let expected = ["/after", "/channel/url", "/filter/country", "/filter/party/1", "/name", "/scheme"];
    assert_eq!(places, expected, "{:#}", refused.body);
    for url in
        ["https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://[::ffff:169.254.169.254]/"]
    {
        let refused = create(&ours, &json!({"channel": {"type": "webhook", "url": url}})).await;
        assert_eq!(refused.problem(), (422, "invalid-input", vec!["/channel/url"]), "{url}");
    }
    assert_eq!(ours.get(PATH).await.ok()["items"], json!([]));
}

#[tokio::test]
async fn an_agency_has_as_many_as_it_may() {
    let (mut system, ours, others) = managed().await;
    system.set_flags(&["--subscriptions-per-agency", "2"]);
    system.stop(0).await;
    system.start_again(0).await;
    for expected in [201, 201, 409] {
        assert_eq!(create(&ours, &wanted()).await.status, expected);
    }
    assert_eq!(create(&others, &wanted()).await.status, 201);
}
