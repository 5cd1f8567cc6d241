//! Which route answers what.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use contract::ProblemKind;
use domain::Aggregate;
use http::{Method, Uri};

use crate::around::around;
use crate::refusal::Refusal;
use crate::{Gateway, docs, follow, read, submit, subscriptions};

/// Every route with its methods and what it answers, for the index.
pub(crate) const ROUTES: &[(&str, &str, &str)] = &[
    ("POST", "/v1/events", "Submit one event or several, recorded wholly or not at all"),
    ("GET", "/v1/events", "The log, oldest first"),
    ("GET", "/v1/events/{uid}", "One event"),
    (
        "GET",
        "/v1/stream",
        "Events as they are recorded (server-sent events), narrowed by party, country, topic, aggregate, kind, type, subject and level; behind after or Last-Event-ID",
    ),
    (
        "POST",
        "/v1/stream/tickets",
        "A ticket for a few minutes: ?ticket= opens streams where no header can be set",
    ),
    (
        "POST",
        "/v1/subscriptions",
        "Set up a subscription: events go, signed, to an address of yours (Standard Webhooks); its secret is shown this once",
    ),
    ("GET", "/v1/subscriptions", "The subscriptions of your agency, with how they do"),
    ("GET", "/v1/subscriptions/{id}", "One subscription; If-Match of a change minds its revision alone"),
    (
        "PATCH",
        "/v1/subscriptions/{id}",
        "Change name, address, filter, payload or paused (JSON merge patch); paused: false also ends a pause that the register made",
    ),
    ("DELETE", "/v1/subscriptions/{id}", "End a subscription; what was delivered stays on record"),
    (
        "POST",
        "/v1/subscriptions/{id}/secrets",
        "Sign with a new key, shown this once, and for overlap_seconds (a day) with the old ones too",
    ),
    (
        "POST",
        "/v1/subscriptions/{id}/test",
        "Send one signed message of the type test now, and say what became of it",
    ),
    (
        "POST",
        "/v1/subscriptions/{id}/replay",
        "Tell again what was recorded: after and through (positions), or from and until (times)",
    ),
    ("GET", "/v1/subscriptions/{id}/deliveries", "What was sent and what became of it, the latest first"),
    ("GET", "/v1/subscriptions/{id}/dead-letters", "What was given up, the latest first"),
    ("GET", "/v1/{collection}", "The records of a collection that meet every filter"),
    (
        "GET",
        "/v1/{collection}/{id}",
        "One record, folded from its history; its ETag is \"version-hash\", and If-Match minds the version alone",
    ),
    ("GET", "/v1/{collection}/{id}/events", "A record's history: who recorded what, when"),
    (
        "GET",
        "/v1/{collection}/{id}/accounts",
        "Who tells what of each happening, side by side, with what of it stands and why",
    ),
    ("GET", "/v1/timeline", "Events over valid time"),
    (
        "GET",
        "/v1/briefs/{us}/{them}",
        "What we need to know before we meet them, in JSON, Markdown or HTML (Accept, or format=json|md|html)",
    ),
    ("GET", "/v1/calendar", "What is expected, scheduled or due, from today on"),
    ("GET", "/v1/calendar.ics", "The same for calendar programs (iCalendar); a token is required here too"),
    ("GET", "/v1/overdue", "What lapsed, runs out soon, or came late"),
    ("GET", "/v1/search", "Full text, best match first, with what was found marked"),
    ("GET", "/v1/statistics", "Counts by month, party, kind, topic, status, outcome and strength"),
    (
        "GET",
        "/checkpoint",
        "The latest signed checkpoint of the log (C2SP tlog-checkpoint); witnessed=true: that enough witnesses cosigned",
    ),
    (
        "GET",
        "/tile/{level}/{index}",
        "Hashes of the log's Merkle tree (C2SP tlog-tiles); /tile/entries/{index} for auditors cleared for everything",
    ),
    (
        "GET",
        "/v1/events/{uid}/recipients",
        "Who received an event, when, how and why, for auditors cleared for everything",
    ),
    ("GET", "/v1/audit/events/{uid}/proof", "That an event is in the log (C2SP tlog-proof; format=json)"),
    (
        "GET",
        "/v1/audit/consistency",
        "That the tree of the first `from` events is a beginning of that of `to`",
    ),
    (
        "GET",
        "/v1/audit/witnesses",
        "How many of the required witnesses have cosigned, and what each said last",
    ),
    (
        "GET",
        "/v1/audit/timestamps",
        "What time stamp authorities (RFC 3161) stamped last, or first of what covers `covering`: checkpoint, time and token",
    ),
    ("GET", "/v1/audit/leaves/{uid}", "What of an event is hashed into the tree: everything but its content"),
    (
        "GET",
        "/v1/audit/trail/{aggregate}/{id}",
        "Who did what to a record, when, from which sources, by which authority, and the checkpoint that covers it",
    ),
    (
        "GET",
        "/v1/audit/reads",
        "Who was shown marked material and what left the register, for auditors cleared for everything",
    ),
    (
        "GET",
        "/v1/audit/reads/checkpoint",
        "The latest checkpoint of the log of reads (C2SP tlog-checkpoint), for the same auditors",
    ),
    ("GET", "/v1/audit/reads/consistency", "That the log of reads has only grown, for the same auditors"),
    ("GET", "/problems/{slug}", "What a problem means"),
];

pub(crate) fn router(gateway: &Arc<Gateway>) -> Router {
    let mut router = Router::new()
        .route("/", get(docs::index))
        .route("/problems", get(docs::problems))
        .route("/problems/{slug}", get(docs::problem))
        .route("/v1/events", get(read::log).post(submit::submit))
        .route("/v1/events/{uid}", get(read::event))
        .route("/v1/events/{uid}/recipients", get(read::recipients))
        .route(follow::PATH, get(follow::stream))
        .route("/v1/stream/tickets", post(follow::ticket))
        .merge(of_subscriptions())
        .route("/v1/timeline", get(read::timeline))
        .route("/v1/briefs/{us}/{them}", get(read::brief))
        .route("/v1/calendar", get(read::calendar))
        .route("/v1/calendar.ics", get(read::calendar_ics))
        .route("/v1/overdue", get(read::overdue))
        .route("/v1/search", get(read::search))
        .route("/v1/statistics", get(read::statistics))
        .route("/checkpoint", get(read::checkpoint))
        .route("/tile/{*path}", get(read::tile))
        .route("/tile/entries/{*path}", get(read::entries))
        .route("/v1/audit/events/{uid}/proof", get(read::proof))
        .route("/v1/audit/consistency", get(read::consistency))
        .route("/v1/audit/witnesses", get(read::witnesses))
        .route("/v1/audit/timestamps", get(read::timestamps))
        .route("/v1/audit/leaves/{uid}", get(read::leaf))
        .route("/v1/audit/trail/{aggregate}/{id}", get(read::trail))
        .route("/v1/audit/reads", get(read::reads))
        .route("/v1/audit/reads/checkpoint", get(read::reads_checkpoint))
        .route("/v1/audit/reads/consistency", get(read::reads_consistency));
    for aggregate in Aggregate::ALL {
        let base = format!("/v1/{}", aggregate.collection());
        router = router
            .route(&base, get(move |asked| read::list(aggregate, asked)))
            .route(&format!("{base}/{{id}}"), get(move |asked| read::record(aggregate, asked)))
            .route(&format!("{base}/{{id}}/events"), get(move |asked| read::history(aggregate, asked)))
            .route(&format!("{base}/{{id}}/accounts"), get(move |asked| read::accounts(aggregate, asked)));
    }
    router
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        .layer(from_fn_with_state(Arc::clone(gateway), around))
        .with_state(Arc::clone(gateway))
}

fn of_subscriptions() -> Router<Arc<Gateway>> {
    let one = get(subscriptions::get).patch(subscriptions::change).delete(subscriptions::delete);
    Router::new()
        .route("/v1/subscriptions", get(subscriptions::list).post(subscriptions::create))
        .route("/v1/subscriptions/{id}", one)
        .route("/v1/subscriptions/{id}/secrets", post(subscriptions::rotate))
        .route("/v1/subscriptions/{id}/test", post(subscriptions::test))
        .route("/v1/subscriptions/{id}/replay", post(subscriptions::replay))
        .route("/v1/subscriptions/{id}/deliveries", get(subscriptions::deliveries))
        .route("/v1/subscriptions/{id}/dead-letters", get(subscriptions::dead_letters))
}

async fn no_route(uri: Uri) -> Response {
    let detail = format!("there is no route {}; GET / lists them", uri.path());
    Refusal::new(ProblemKind::NotFound, detail).into_response()
}

async fn no_method(method: Method, uri: Uri) -> Response {
    let detail = format!("{} does not take {method}", uri.path());
    Refusal::new(ProblemKind::MethodNotAllowed, detail).into_response()
}
