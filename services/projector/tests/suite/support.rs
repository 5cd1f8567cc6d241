//! A server, a log with events, and projectors that run on it.

use std::path::Path;
use std::time::Duration;

use contract::{Ask, Filters, Find, List, Order, Paging, Query, Search, Sort, Timeline, subjects};
use domain::{Aggregate, Subject};
use eventlog::{Append, Batch, EventLog};
use projector::Settings;
use serde::Serialize;
use serde_json::{Value, json};
use service::{Reply, Shell};
use testkit::{NatsServer, PATIENCE, eventually};
use tokio::task::JoinHandle;

use crate::register::{Register, insider, subject};

/// A server, and what has been recorded on it.
pub(crate) struct World {
    pub(crate) server: NatsServer,
    pub(crate) log: EventLog,
    pub(crate) client: async_nats::Client,
    pub(crate) register: Register,
    appended: usize,
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = NatsServer::start().await;
        let client = server.client().await;
        let log = EventLog::open(client.clone(), eventlog::Settings::default()).await.unwrap();
        Self { server, log, client, register: Register::default(), appended: 0 }
    }

    /// Records meetings with the United States, one a day.
    pub(crate) async fn meet(&mut self, days: std::ops::Range<u8>) {
        for day in days {
            let data = json!({"title": format!("day {day}"), "kind": "meeting", "participants": ["US"],
                "occurred": format!("2025-03-{:02}", day + 1)});
            self.register.record("engagement.held", meeting(day), "OFFICIAL", &data);
        }
        self.append().await;
    }

    /// Appends what was recorded since the last time.
    pub(crate) async fn append(&mut self) {
        let entries = &self.register.entries;
        for (i, entry) in entries.iter().enumerate().skip(self.appended) {
            let earlier = entries[..i].iter().rev().find(|earlier| earlier.subject == entry.subject);
            let append = Append {
                subject: entry.subject,
                expected: earlier.map_or(0, |earlier| earlier.position),
                kind: entry.kind.clone(),
                version: entry.version,
                facets: entry.facets.clone(),
                payload: entry.payload.clone(),
            };
            self.log.append(Batch::new(vec![append]).unwrap()).await.unwrap();
        }
        self.appended = entries.len();
    }

    pub(crate) fn head(&self) -> u64 {
        self.appended as u64
    }

    /// Asks the dossiers, which must reflect a position.
    pub(crate) async fn query(&self, min_position: u64, query: Query) -> Reply {
        self.ask(subjects::DOSSIERS, Ask { principal: insider(), min_position, known_at: None, query }).await
    }

    /// Asks the timeline.
    pub(crate) async fn timeline(&self, min_position: u64, query: Timeline) -> Reply {
        self.ask(subjects::TIMELINE, Ask { principal: insider(), min_position, known_at: None, query }).await
    }

    /// Asks the search for words.
    pub(crate) async fn search(&self, min_position: u64, words: &str) -> Reply {
        self.ask(subjects::SEARCH, self.asked_for_words(min_position, words)).await
    }

    /// What the search is asked for words.
    pub(crate) fn asked_for_words(&self, min_position: u64, words: &str) -> Ask<Find> {
        let query = Search {
            filters: Filters { text: Some(words.into()), ..Filters::default() },
            page: Paging { cursor: None, limit: 50 },
            ..Search::default()
        };
        Ask { principal: insider(), min_position, known_at: None, query: Find::Search(query) }
    }

    async fn ask<Q: Serialize>(&self, subject: &'static str, ask: Ask<Q>) -> Reply {
        let body = serde_json::to_vec(&ask).unwrap();
        self.send(subject, body, Duration::from_secs(20)).await
    }

    pub(crate) async fn send(&self, subject: &'static str, body: Vec<u8>, within: Duration) -> Reply {
        service::ask(&self.client, subject, body.into(), within, "test").await.unwrap()
    }
}

pub(crate) fn meeting(day: u8) -> Subject {
    subject(Aggregate::Engagement, &day.to_string())
}

pub(crate) fn meetings(limit: u32, cursor: Option<String>) -> List {
    List {
        aggregate: Aggregate::Engagement,
        filters: Filters { parties: vec!["US".into()], ..Filters::default() },
        owner: None,
        beneficiary: None,
        strength: None,
        sort: Sort::Valid,
        order: Order::Oldest,
        page: Paging { cursor, limit },
    }
}

/// A projector that runs.
pub(crate) struct Projector {
    pub(crate) shell: Shell,
    run: JoinHandle<anyhow::Result<()>>,
}

impl Projector {
    pub(crate) async fn start(world: &World, data: &Path) -> Self {
        let shell = Shell::new("projector", world.server.client().await, data);
        let run = tokio::spawn(projector::run(Settings::default(), shell.clone()));
        Self { shell, run }
    }

    /// Starts and waits until it answers.
    pub(crate) async fn ready(world: &World, data: &Path) -> Self {
        let projector = Self::start(world, data).await;
        let readiness = projector.shell.readiness.clone();
        // Its first steps may not have been taken yet: then there is no latch.
        eventually("the metrics of a read model", PATIENCE, async || {
            projector.shell.metrics.text().contains("read_model_position{").then_some(())
        })
        .await;
        tokio::time::timeout(PATIENCE, readiness.ready()).await.expect("it becomes ready");
        projector
    }

    pub(crate) async fn stop(self) {
        assert!(self.shell.stop(PATIENCE).await, "it drains in time");
        self.run.await.unwrap().unwrap();
    }
}

pub(crate) fn body(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

/// One member of every item.
pub(crate) fn column(reply: &Reply, member: &str) -> Vec<Value> {
    let body = body(reply);
    let items = body["items"].as_array().unwrap_or_else(|| panic!("no page: {body}"));
    items.iter().map(|item| item[member].clone()).collect()
}
