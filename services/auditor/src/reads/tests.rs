//! Pages of the log of reads against a naive look through it, over a real stream.

use std::time::Duration;

use contract::{Access, Carried, Outcome, Paging, Reads as Asked, Streamed, Streamer, kind};
use domain::{Aggregate, Subject};
use eventlog::{Journal, READS_PLAN, Writer};
use futures_util::future::join_all;
use jiff::Timestamp;
use readmodel::{Reader, Settings};
use serde_json::Value;
use testkit::{NatsServer, PATIENCE};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Reads, page, recipients};

const ENTRIES: usize = 240;

fn record(number: usize) -> Subject {
    Subject::of_key("urn:agency:pk", Aggregate::Matter, &number.to_string())
}

/// Where the events stand that an entry is about.
fn positions(number: usize) -> impl Iterator<Item = u64> {
    (0..number as u64 % 4).map(move |nth| 1_000 + nth + number as u64 % 3)
}

fn entry(number: usize) -> Access {
    Access {
        kind: [kind::READ, kind::READ, kind::EXPORT, "delivery"][number % 4].into(),
        time: Timestamp::UNIX_EPOCH,
        actor: format!("actor-{}", number % 3),
        agency: format!("urn:agency:{}", number % 2),
        party: "PK".into(),
        level: "SECRET".into(),
        caveats: [].into(),
        peer: None,
        forwarded_for: None,
        request: number.to_string(),
        asked: "GET /".into(),
        marking: Some("SECRET".into()),
        positions: positions(number).collect(),
        records: (0..number % 4).map(|nth| record(nth + number % 2)).collect(),
        outcome: if number.is_multiple_of(5) { Outcome::Refused } else { Outcome::Shown },
        status: 200,
        form: None,
        bytes: None,
    }
}

fn meets(asked: &Asked, entry: &Value) -> bool {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    let is = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == text(name));
    let logged = text("logged").parse::<Timestamp>().unwrap();
    let shows = |subject: Subject| {
        entry["records"].as_array().is_some_and(|all| all.contains(&subject.to_string().into()))
    };
    asked.subject.is_none_or(shows)
        && is(&asked.actor, "actor")
        && is(&asked.agency, "agency")
        && is(&asked.kind, "kind")
        && is(&asked.outcome, "outcome")
        && asked.from.is_none_or(|from| logged >= from)
        && asked.until.is_none_or(|until| logged <= until)
}

/// Every page of a question.
async fn walk(reader: &Reader, asked: &Asked, limit: u32) -> Vec<Value> {
    let (mut items, mut cursor) = (vec![], None);
    loop {
        let asked = Asked { page: Paging { cursor, limit }, ..asked.clone() };
        let mut page = reader.read(move |view| page(&asked, view)).await.unwrap().unwrap();
        let found = page["items"].as_array_mut().map(std::mem::take).unwrap();
        assert!(found.len() <= limit as usize);
        items.extend(found);
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return items,
        }
    }
}

#[tokio::test]
async fn every_question_finds_what_a_look_through_the_log_does() {
    let (server, folder) = (NatsServer::start().await, tempfile::TempDir::new().unwrap());
    let client = server.client().await;
    let journal = Journal::open(client.clone(), READS_PLAN, &eventlog::Settings::default()).await.unwrap();
    let writer = Writer::new(client, READS_PLAN, PATIENCE);
    let long = Access { records: (0..3_000).map(record).collect(), ..entry(1) };
    let lines = (0..ENTRIES).map(entry).chain([long]).map(|entry| serde_json::to_vec(&entry).unwrap());
    let lines = lines.chain([b"no JSON".to_vec()]);
    let written = join_all(lines.map(|line| writer.write(line.into()))).await;
    let mut places = written.into_iter().map(Result::unwrap).collect::<Vec<_>>();
    places.sort_unstable();
    let last = ENTRIES as u64 + 2;
    assert_eq!(places, (1..=last).collect::<Vec<_>>());

    let (reader, runner) = readmodel::open(folder.path(), Reads, Settings::default()).await.unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(runner.run(journal, stop.clone()));
    reader.wait_for(last, Instant::now() + Duration::from_secs(60)).await.unwrap();
    let all = walk(&reader, &Asked::default(), 500).await;
    assert_eq!(all.len() as u64, last);
    assert!(all.is_sorted_by(|a, b| a["position"].as_u64() > b["position"].as_u64()));
    assert!(all.iter().any(|entry| entry["unreadable"] == "no JSON"));
    assert!(all.iter().any(|entry| entry["more_records"] == 2_000), "a long entry is shortened");

    let time = |nth: usize| all[nth]["logged"].as_str().unwrap().parse::<Timestamp>().unwrap();
    let actors = [None, Some("actor-1".to_owned())];
    let kinds = [None, Some("delivery".to_owned())];
    let subjects = [None, Some(record(1)), Some(record(9_999))];
    let outcomes = [None, Some("refused".to_owned())];
    let times =
        [(None, None), (Some(time(200)), Some(time(50))), (Some(time(0)), None), (None, Some(time(240)))];
    for subject in subjects {
        for (actor, kind) in actors.iter().flat_map(|actor| kinds.iter().map(move |kind| (actor, kind))) {
            for (outcome, (from, until)) in
                outcomes.iter().flat_map(|one| times.iter().map(move |time| (one, *time)))
            {
                let asked = Asked {
                    subject,
                    actor: actor.clone(),
                    kind: kind.clone(),
                    outcome: outcome.clone(),
                    from,
                    until,
                    ..Asked::default()
                };
                let expected = all.iter().filter(|entry| meets(&asked, entry)).cloned().collect::<Vec<_>>();
                assert_eq!(walk(&reader, &asked, 7).await, expected, "{asked:?}");
            }
        }
    }
    let hidden = Asked { subject: Some(record(2_999)), ..Asked::default() };
    assert_eq!(walk(&reader, &hidden, 7).await.len(), 1, "also a record that a row has no room for is found");
    stop.cancel();
    running.await.unwrap().unwrap();
}

/// What streams were given that is not marked: the fourth line of ten is about that.
fn streamed(number: usize) -> Streamed {
    let streamer = |nth: usize| Streamer {
        actor: format!("actor-{number}-{nth}"),
        agency: "urn:agency:pk".into(),
        party: "PK".into(),
        request: "r".into(),
    };
    let part = |nth: usize| Carried {
        to: (0..nth + number % 3).map(|other| streamer(10 * nth + other)).collect(),
        positions: positions(number + nth).collect(),
        recalled: positions(nth).collect(),
    };
    Streamed { kind: kind::STREAM.into(), time: Timestamp::UNIX_EPOCH, parts: (0..3).map(part).collect() }
}

/// Who was given an event by a line, and whether they were only told that it is set right.
fn receivers(event: u64, number: usize) -> Vec<(String, bool)> {
    if number % 10 != 4 {
        let Access { actor, positions, .. } = entry(number);
        return positions
            .iter()
            .filter(|position| **position == event)
            .map(|_| (actor.clone(), false))
            .collect();
    }
    let parts = streamed(number).parts.into_iter().flat_map(|Carried { to, positions, recalled }| {
        to.into_iter().flat_map(move |Streamer { actor, .. }| {
            let given = positions.contains(&event).then(|| (actor.clone(), false));
            given.into_iter().chain(recalled.contains(&event).then_some((actor, true)))
        })
    });
    parts.collect()
}

#[tokio::test]
async fn who_was_given_an_event_is_found_and_what_is_not_marked_is_in_no_other_page() {
    let (server, folder) = (NatsServer::start().await, tempfile::TempDir::new().unwrap());
    let client = server.client().await;
    let journal = Journal::open(client.clone(), READS_PLAN, &eventlog::Settings::default()).await.unwrap();
    let writer = Writer::new(client, READS_PLAN, PATIENCE);
    for number in 0..60 {
        let line = match number % 10 {
            4 => serde_json::to_vec(&streamed(number)),
            _ => serde_json::to_vec(&entry(number)),
        };
        writer.write(line.unwrap().into()).await.unwrap();
    }
    let (reader, runner) = readmodel::open(folder.path(), Reads, Settings::default()).await.unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(runner.run(journal, stop.clone()));
    reader.wait_for(60, Instant::now() + Duration::from_secs(60)).await.unwrap();
    for event in 999..1_008 {
        let (mut found, mut cursor) = (vec![], None);
        loop {
            let paging = Paging { cursor, limit: 3 };
            let page = reader.read(move |view| recipients(event, &paging, view)).await.unwrap().unwrap();
            for item in page["items"].as_array().unwrap() {
                assert_eq!(item["channel"], "stream");
                found.push((item["subject"].as_str().unwrap().to_owned(), item["because"] == "notice"));
            }
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        let expected = (0..60).flat_map(|number| receivers(event, number)).collect::<Vec<_>>();
        assert_eq!(found, expected, "{event}");
    }
    assert_eq!(walk(&reader, &Asked::default(), 7).await.len(), 54);
    let streams = Asked { kind: Some(kind::STREAM.into()), ..Asked::default() };
    assert_eq!(walk(&reader, &streams, 7).await.len(), 6);
    stop.cancel();
    running.await.unwrap().unwrap();
}
