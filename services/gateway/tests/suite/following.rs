//! Streams of events, with a log in memory in place of the read model.

use std::sync::Mutex;
use std::time::Duration;

use contract::following::{Message, Parser};
use contract::{Access, Principal, Problem, ProblemKind, subjects};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use service::{Clock, Reply};
use testkit::{PATIENCE, eventually, http_client};
use tokio::sync::Notify;
use tokio::time::timeout;
use uuid::Uuid;

use crate::edge::{Edge, officer, places, refused};
use crate::reads::entries;

/// A log that answers who follows it: readers of the level of an event see it.
#[derive(Default)]
pub(crate) struct Log {
    events: Mutex<Vec<Value>>,
    more: Notify,
}

impl Log {
    /// Records events under these markings.
    fn record(&self, markings: &[&str]) {
        markings.iter().for_each(|marking| self.push(marking, "engagement.held", ""));
    }

    fn push(&self, marking: &str, kind: &str, text: &str) {
        self.push_about("CA", marking, kind, (text, &[]));
    }

    /// Records an event that sets these right.
    fn push_recalling(&self, party: &str, marking: &str, positions: &[u64]) {
        self.push_about(party, marking, "engagement.corrected", ("", positions));
    }

    fn push_about(&self, party: &str, marking: &str, kind: &str, (text, recalls): (&str, &[u64])) {
        let mut events = self.events.lock().unwrap();
        let position = events.len() + 1;
        let recalls = recalls.iter().map(|position| {
            let facets = &events[usize::try_from(position - 1).unwrap()]["facets"];
            json!({"position": position, "uid": uid(*position), "type": "", "facets": facets})
        });
        let recalls = recalls.collect::<Vec<_>>();
        events.push(json!({
            "position": position, "subject": "engagement/018f0000-0000-7000-8000-000000000002",
            "type": format!("chancery.{kind}.v1"), "facets": {"parties": [party], "marking": marking},
            "forms": [{"sequence": position.to_string(), "text": text}], "recalls": recalls,
        }));
        drop(events);
        self.more.notify_waiters();
    }

    /// As a read model answers.
    pub(crate) async fn answer(&self, question: &Value) -> Reply {
        let min_position = question["min_position"].as_u64().unwrap_or_default();
        let follow = &question["query"];
        let end = || self.events.lock().unwrap().len() as u64;
        if follow["after"].as_u64().is_some_and(|after| after > end()) {
            return Problem::new(ProblemKind::InvalidQuery, "there is no such position").into();
        }
        let come = async {
            loop {
                let more = self.more.notified();
                if end() >= min_position {
                    return;
                }
                more.await;
            }
        };
        if timeout(Duration::from_millis(300), come).await.is_err() {
            return Problem::new(ProblemKind::NotYet, "it has not come yet").into();
        }
        let after = follow["after"].as_u64().unwrap_or(u64::MAX);
        let readers = follow["readers"].as_array().unwrap();
        // As large as they are here, no more of them fit one answer.
        let limit = usize::try_from(follow["limit"].as_u64().unwrap()).unwrap().min(20);
        let events = self.events.lock().unwrap();
        let behind = events.iter().skip(usize::try_from(after).unwrap_or(usize::MAX));
        let told = behind.take(limit).map(|event| {
            let marking = event["facets"]["marking"].as_str().unwrap().split("//").next();
            let sees = |reader: &Value| marking == Some("OFFICIAL") || reader["level"].as_str() == marking;
            let seen = readers.iter().map(|reader| sees(reader).then_some(0)).collect::<Vec<_>>();
            let mut event = event.clone();
            event["seen"] = json!(seen);
            event
        });
        let told = told.collect::<Vec<_>>();
        let through =
            told.get(limit - 1).map_or(events.len() as u64, |last| last["position"].as_u64().unwrap());
        Reply::ok(json!({"through": through, "events": told}).to_string()).at(through)
    }
}

/// The address of the event at a position.
fn uid(position: u64) -> Uuid {
    Uuid::from_u128(position.into())
}

/// A stream that is open.
struct Stream {
    response: Response,
    parser: Parser,
    waiting: Vec<Message>,
}

impl Stream {
    async fn open(edge: &Edge, path: &str) -> Self {
        Self::of(edge.request(Method::GET, path)).await
    }

    async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.timeout(Duration::from_secs(600)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        Self { response, parser: Parser::default(), waiting: vec![] }
    }

    /// The next event; none: the stream has ended.
    async fn next(&mut self) -> Option<Message> {
        while self.waiting.is_empty() {
            let piece = timeout(PATIENCE, self.response.chunk()).await.expect("something comes");
            self.waiting = self.parser.take(&piece.unwrap()?);
        }
        Some(self.waiting.remove(0))
    }

    async fn ids(&mut self, count: usize) -> Vec<u64> {
        let mut ids = vec![];
        while ids.len() < count {
            ids.push(self.next().await.expect("it has not ended").id.parse().unwrap());
        }
        ids
    }

    /// Until this is the place to resume from.
    async fn beats(&mut self, id: &str) {
        while self.parser.last_id() != id {
            let piece = timeout(PATIENCE, self.response.chunk()).await.expect("something comes");
            self.waiting.extend(self.parser.take(&piece.unwrap().expect("it has not ended")));
        }
    }
}

fn cleared(level: &str) -> Principal {
    Principal { level: level.into(), ..officer() }
}

#[tokio::test]
async fn events_come_as_they_are_recorded() {
    let edge = Edge::start().await;
    edge.log.record(&["OFFICIAL"]);
    let mut stream = Stream::open(&edge, "/v1/stream").await;
    let headers = stream.response.headers();
    assert_eq!(headers["content-type"], "text/event-stream");
    assert_eq!(
        (&headers["chancery-position"], &headers["cache-control"]),
        (&"1".parse().unwrap(), &"no-store".parse().unwrap())
    );
    stream.beats("1").await;
    assert_eq!(stream.parser.retry(), Some(Duration::from_secs(1)));
    edge.log.push("OFFICIAL", "engagement.cancelled", "");
    let message = stream.next().await.unwrap();
    assert_eq!((&*message.event, &*message.id), ("chancery.engagement.cancelled.v1", "2"));
    assert_eq!(serde_json::from_str::<Value>(&message.data).unwrap(), json!({"sequence": "2", "text": ""}));
    // Browsers hand events that have a name to listeners for that name alone.
    let mut plain = Stream::open(&edge, "/v1/stream?named=false&after=1").await;
    assert_eq!(plain.next().await.unwrap(), Message { event: String::new(), ..message });
}

#[tokio::test]
async fn a_stream_goes_on_behind_any_position() {
    let edge = Edge::start().await;
    edge.log.record(&["OFFICIAL"; 30]);
    let mut early = Stream::open(&edge, "/v1/stream?after=0").await;
    assert_eq!(early.ids(30).await, (1..=30).collect::<Vec<_>>());
    let resumed = edge.request(Method::GET, "/v1/stream?after=3").header("last-event-id", "28");
    assert_eq!(Stream::of(resumed).await.ids(2).await, [29, 30], "what was seen last counts");
    edge.log.record(&["OFFICIAL"; 2]);
    assert_eq!(early.ids(2).await, [31, 32]);
    let mut recent = Stream::open(&edge, "/v1/stream?after=30").await;
    assert_eq!(recent.ids(2).await, [31, 32]);
}

#[tokio::test]
async fn what_is_not_there_or_not_understood_is_refused() {
    let edge = Edge::start().await;
    edge.log.record(&["OFFICIAL"]);
    let (status, problem) = refused(edge.get("/v1/stream?after=2").await).await;
    assert_eq!((status, &problem["type"]), (400, &json!("/problems/invalid-query")));
    let odd = edge.request(Method::GET, "/v1/stream").header("last-event-id", "yesterday").send().await;
    assert_eq!(refused(odd.unwrap()).await.0, 400);
    let wrong =
        "/v1/stream?after=x&named=perhaps&country=Canada&type=held&level=LOW&colour=red&party=CA&party=PK";
    let (status, problem) = refused(edge.get(wrong).await).await;
    assert_eq!(status, 400);
    assert_eq!(places(&problem), ["?country", "?type", "?level", "?after", "?named", "?colour"]);
    let json = edge.request(Method::GET, "/v1/stream").header("accept", "application/json").send().await;
    assert_eq!(refused(json.unwrap()).await.0, 406);
    let nobody = http_client().get(edge.url("/v1/stream")).send().await.unwrap();
    assert_eq!(refused(nobody).await.0, 401);
}

#[tokio::test]
async fn filter_and_clearance_hold_back_what_is_not_for_a_client() {
    let edge = Edge::start().await;
    let low = edge.token(&cleared("OFFICIAL"));
    let high = edge.token(&cleared("SECRET"));
    let open = |token: &str, path: &str| Stream::of(http_client().get(edge.url(path)).bearer_auth(token));
    let mut low = open(&low, "/v1/stream?after=0").await;
    let mut narrow = open(&high, "/v1/stream?after=0&level=SECRET&party=Canada").await;
    let mut nothing = open(&high, "/v1/stream?after=0&party=US").await;
    let mut high = open(&high, "/v1/stream?after=0").await;
    edge.log.record(&["OFFICIAL", "SECRET", "OFFICIAL"]);
    assert_eq!(high.ids(3).await, [1, 2, 3]);
    assert_eq!(low.ids(2).await, [1, 3]);
    assert_eq!(narrow.ids(1).await, [2]);
    edge.log.record(&["SECRET"]);
    assert_eq!((high.ids(1).await, narrow.ids(1).await), (vec![4], vec![4]));
    edge.log.record(&["OFFICIAL"]);
    assert_eq!(low.ids(1).await, [5]);
    drop(nothing.response);
    nothing = open(&edge.token(&cleared("SECRET")), "/v1/stream?after=5&party=CA").await;
    edge.log.record(&["OFFICIAL"]);
    assert_eq!(nothing.ids(1).await, [6]);
}

#[tokio::test]
async fn who_was_given_an_event_hears_of_what_sets_it_right() {
    let edge = Edge::start().await;
    let [low, high] = ["OFFICIAL", "SECRET"].map(|level| edge.token(&cleared(level)));
    let open = |token: &str, path: &str| Stream::of(http_client().get(edge.url(path)).bearer_auth(token));
    let mut given = open(&low, "/v1/stream?after=0&party=CA&named=false").await;
    let mut narrow = open(&low, "/v1/stream?after=0&party=US").await;
    edge.log.record(&["OFFICIAL", "OFFICIAL"]);
    assert_eq!(given.ids(2).await, [1, 2]);
    // It says that it has seen both, which anybody could.
    let mut late = open(&low, "/v1/stream?after=2&party=CA").await;
    let mut cleared = open(&high, "/v1/stream?after=2&party=CA").await;
    // Not for their filter any more; then not for their eyes; of what nobody here was given, nothing.
    edge.log.push_recalling("FR", "OFFICIAL", &[1]);
    edge.log.push_recalling("FR", "SECRET", &[1, 2]);
    edge.log.push_recalling("FR", "SECRET", &[4]);
    edge.log.push_about("US", "OFFICIAL", "engagement.held", ("", &[]));
    edge.log.record(&["OFFICIAL"]);
    let corrected = given.next().await.unwrap();
    assert_eq!((&*corrected.id, &*corrected.data), ("3", r#"{"sequence":"3","text":""}"#));
    let recall = given.next().await.unwrap();
    assert_eq!((&*recall.event, &*recall.id), ("recall", "4"));
    let told = serde_json::from_str::<Value>(&recall.data).unwrap();
    assert_eq!(told, json!({"recalls": [uid(1), uid(2)]}), "nothing of the event that may not be seen");
    assert_eq!(given.next().await.unwrap().id, "7");
    assert_eq!(late.ids(2).await, [3, 7]);
    assert_eq!(cleared.ids(4).await, [3, 4, 5, 7]);
    assert_eq!(narrow.ids(1).await, [6]);
}

#[tokio::test]
async fn a_silent_stream_gives_signs_of_life_and_moves_on() {
    let edge = Edge::start_with(&["--http-stream-beat", "0.1"]).await;
    let mut stream = Stream::open(&edge, "/v1/stream?party=US").await;
    edge.log.record(&["OFFICIAL", "OFFICIAL"]);
    // Nothing of it is for this client, who need not look at it again.
    stream.beats("2").await;
    assert!(stream.waiting.is_empty());
}

#[tokio::test]
async fn what_is_marked_is_logged_before_it_goes_out() {
    let edge = Edge::start().await;
    let token = edge.token(&cleared("SECRET"));
    let request = http_client().get(edge.url("/v1/stream?after=0&party=CA")).bearer_auth(token);
    let mut stream = Stream::of(request.header("x-request-id", "r-9")).await;
    edge.log.record(&["OFFICIAL"]);
    assert_eq!(stream.ids(1).await, [1]);
    assert!(entries(&edge).await.is_empty(), "what is not marked is not logged");
    edge.log.record(&["SECRET"]);
    assert_eq!(stream.ids(1).await, [2]);
    let all = entries(&edge).await;
    let [Access { asked, request, marking, records, status, form, .. }] = all.as_slice() else {
        panic!("{all:#?}")
    };
    assert_eq!((&**asked, &**request), ("GET /v1/stream?after=0&party=CA", "r-9"));
    assert_eq!((marking.as_deref(), records.len(), *status), (Some("SECRET"), 1, 200));
    assert_eq!(form.as_deref(), Some("text/event-stream"));
    // What cannot be logged is not shown, and not passed over either.
    let context = async_nats::jetstream::new(edge.server.client().await);
    context.delete_stream(subjects::READS_STREAM).await.unwrap();
    edge.log.record(&["OFFICIAL"]);
    assert_eq!(stream.ids(1).await, [3]);
    edge.log.record(&["SECRET", "OFFICIAL"]);
    assert_eq!(stream.next().await, None);
    assert_eq!(stream.parser.last_id(), "3");
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let begin = "2025-06-01T12:00:00Z".parse::<Timestamp>().unwrap();
    let clock = Clock::fixed(begin);
    let edge = Edge::start_at(clock.clone(), &["--http-stream-beat", "0.1"]).await;
    let token = edge.keys.issuer(service::token::ISSUER).unwrap();
    let token = token.issue(&officer(), begin, Duration::from_secs(60)).unwrap();
    let mut stream = Stream::of(http_client().get(edge.url("/v1/stream")).bearer_auth(&token)).await;
    clock.set(begin + SignedDuration::from_secs(80));
    edge.log.record(&["OFFICIAL"]);
    assert_eq!(stream.ids(1).await, [1], "clocks may differ a little");
    clock.set(begin + SignedDuration::from_secs(91));
    assert_eq!(stream.next().await, None);
    let again = http_client().get(edge.url("/v1/stream")).bearer_auth(&token).send().await.unwrap();
    assert_eq!(refused(again).await.0, 401);
}

#[tokio::test]
async fn a_stop_ends_streams_and_says_when_to_come_again() {
    let edge = Edge::start().await;
    let mut stream = Stream::open(&edge, "/v1/stream").await;
    edge.log.record(&["OFFICIAL"]);
    assert_eq!(stream.ids(1).await, [1]);
    let (stopped, ended) = tokio::join!(edge.shell.stop(PATIENCE), stream.next());
    assert!(stopped);
    assert_eq!(ended, None);
    assert!(stream.parser.retry().is_some_and(|retry| (1_000..4_000).contains(&retry.as_millis())));
}

#[tokio::test]
async fn a_ticket_opens_a_stream_where_no_header_can_be_set_and_nothing_else() {
    let edge = Edge::start().await;
    let given = edge.request(Method::POST, "/v1/stream/tickets").send().await.unwrap();
    assert_eq!(
        (given.status().as_u16(), &given.headers()["cache-control"]),
        (201, &"no-store".parse().unwrap())
    );
    let ticket = given.json::<Value>().await.unwrap();
    let ticket = ticket["ticket"].as_str().unwrap();
    let path = |path: &str| edge.url(&format!("{path}?ticket={ticket}"));
    edge.log.record(&["OFFICIAL//REL PK"]);
    let mut stream = Stream::of(http_client().get(path("/v1/stream") + "&after=0")).await;
    assert_eq!(stream.ids(1).await, [1]);
    for elsewhere in ["/v1/events", "/v1/stream/tickets"] {
        let method = if elsewhere == "/v1/events" { Method::GET } else { Method::POST };
        let response = http_client().request(method, path(elsewhere)).send().await.unwrap();
        assert_eq!(refused(response).await.0, 401, "{elsewhere}");
    }
    let bearer = http_client().get(edge.url("/v1/stream")).bearer_auth(ticket).send().await.unwrap();
    assert_eq!(refused(bearer).await.0, 401, "a ticket is no token");
    let (forged, token) = (format!("{ticket}x"), edge.token(&officer()));
    for other in [forged, token] {
        let response =
            http_client().get(edge.url(&format!("/v1/stream?ticket={other}"))).send().await.unwrap();
        assert_eq!(refused(response).await.0, 401);
    }
    let all = entries(&edge).await;
    assert_eq!(
        all.iter().map(|entry| &*entry.asked).collect::<Vec<_>>(),
        ["GET /v1/stream?ticket=…&after=0"]
    );
}

#[tokio::test]
async fn nobody_takes_all_the_streams_there_are() {
    let edge = Edge::start_with(&["--http-streams", "2"]).await;
    let one = Stream::open(&edge, "/v1/stream").await;
    let (status, problem) = refused(edge.get("/v1/stream").await).await;
    assert_eq!((status, &problem["type"]), (429, &json!("/problems/too-many-requests")));
    let other = |name: &str| edge.token(&Principal { subject: name.into(), ..officer() });
    let open = |name: &str| http_client().get(edge.url("/v1/stream")).bearer_auth(other(name));
    let _two = Stream::of(open("second")).await;
    assert_eq!(refused(open("third").send().await.unwrap()).await.0, 503);
    drop(one);
    eventually("a place", PATIENCE, async || {
        (open("third").send().await.unwrap().status() == 200).then_some(())
    })
    .await;
}

/// A client that reads nothing is no burden; one that lags beyond what is kept is cut off, and resumes.
#[tokio::test]
async fn a_client_that_lags_is_cut_off_and_resumes() {
    const EVENTS: u64 = 1_500;
    let edge = Edge::start_with(&["--http-stream-beat", "0.2"]).await;
    let mut reading = Stream::open(&edge, "/v1/stream?after=0").await;
    let mut lagging = Stream::open(&edge, "/v1/stream?after=0").await;
    edge.log.record(&["OFFICIAL"]);
    assert_eq!((reading.ids(1).await, lagging.ids(1).await), (vec![1], vec![1]));
    let text = "x".repeat(40_000);
    // Sixty MB in all: more than the ring, and whatever lies between here and the client, can hold.
    for nth in 2..=EVENTS {
        edge.log.push("OFFICIAL", "engagement.held", &text);
        assert_eq!(reading.ids(1).await, [nth]);
    }
    let (mut seen, mut ended) = (1, false);
    while let Some(message) = lagging.next().await {
        seen += 1;
        assert_eq!(message.id, seen.to_string());
        if seen == EVENTS {
            ended = true;
            break;
        }
    }
    assert!(!ended, "it was cut off");
    let metrics = edge.shell.metrics.text();
    assert!(metrics.contains("\nchancery_http_streams_cut_total 1\n"), "{metrics}");
    let last = lagging.parser.last_id().to_owned();
    assert_eq!(last, seen.to_string());
    let resumed = edge.request(Method::GET, "/v1/stream").header("last-event-id", last);
    let left = EVENTS - seen;
    let rest = Stream::of(resumed).await.ids(usize::try_from(left).unwrap()).await;
    assert_eq!(rest, (seen + 1..=EVENTS).collect::<Vec<_>>());
}

/// Clients come and go while events are recorded: none misses any, or sees one twice.
#[tokio::test]
async fn clients_that_come_again_miss_nothing() {
    const EVENTS: u64 = 400;
    let edge = Edge::start().await;
    let record = async {
        for _ in 0..EVENTS {
            edge.log.record(&["OFFICIAL"]);
            tokio::task::yield_now().await;
        }
    };
    let follow = async |client: u64| {
        let (mut seen, mut last) = (vec![], "0".to_owned());
        while seen.len() < usize::try_from(EVENTS).unwrap() {
            let request = edge.request(Method::GET, "/v1/stream").header("last-event-id", &last);
            let mut stream = Stream::of(request).await;
            for _ in 0..1 + (client * 7 + seen.len() as u64) % 23 {
                if seen.len() < usize::try_from(EVENTS).unwrap() {
                    seen.extend(stream.ids(1).await);
                }
            }
            // What came and was not looked at comes again.
            last = seen.last().unwrap().to_string();
        }
        seen
    };
    let clients = futures_util::future::join_all((0..8).map(follow));
    let ((), clients) = tokio::join!(record, clients);
    for seen in clients {
        assert_eq!(seen, (1..=EVENTS).collect::<Vec<_>>());
    }
}

/// The read model goes away, and the server too.
#[tokio::test]
async fn a_stream_outlives_what_is_behind_it() {
    let mut edge = Edge::start_with(&["--http-stream-beat", "0.1"]).await;
    let mut stream = Stream::open(&edge, "/v1/stream").await;
    edge.log.record(&["OFFICIAL"]);
    assert_eq!(stream.ids(1).await, [1]);
    edge.server.kill().await;
    edge.log.record(&["OFFICIAL"]);
    edge.server.restart().await;
    edge.log.record(&["OFFICIAL"]);
    assert_eq!(stream.ids(2).await, [2, 3]);
    // A client that knows where to go on may wait for it inside.
    edge.silence().await;
    drop(stream);
    let resumed = edge.request(Method::GET, "/v1/stream").header("last-event-id", "2");
    let mut stream = Stream::of(resumed).await;
    stream.beats("2").await;
}
