//! A gateway that runs, and who it asks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::following::Log;
use contract::{Principal, Role, subjects};
use gateway::Settings;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use service::token::{ISSUER, Keys};
use service::{Clock, Endpoint, Reply, Shell};
use tempfile::TempDir;
use testkit::{NatsServer, PATIENCE, http_client};
use tokio::task::JoinHandle;

/// What was asked, on which subject.
pub(crate) type Asked = (&'static str, Value);

pub(crate) struct Edge {
    pub(crate) server: NatsServer,
    pub(crate) shell: Shell,
    pub(crate) settings: Settings,
    pub(crate) running: JoinHandle<anyhow::Result<()>>,
    pub(crate) keys: Keys,
    /// What followers are told.
    pub(crate) log: Arc<Log>,
    base: String,
    others: Shell,
    asked: Arc<Mutex<Vec<Asked>>>,
    planned: Arc<Mutex<VecDeque<Reply>>>,
    _folder: TempDir,
}

impl Edge {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A gateway with more flags.
    pub(crate) async fn start_with(flags: &[&str]) -> Self {
        Self::start_at(Clock::system(), flags).await
    }

    /// The same with a clock.
    pub(crate) async fn start_at(clock: Clock, flags: &[&str]) -> Self {
        let (server, folder) = (NatsServer::start().await, TempDir::new().unwrap());
        let keys = Keys::create_if_absent(&folder.path().join("keys")).unwrap();
        let mut shell = Shell::new("gateway", server.client().await, folder.path());
        shell.clock = clock;
        let settings = settings(flags);
        let running = tokio::spawn(gateway::run(settings.clone(), shell.clone()));
        let address = tokio::time::timeout(PATIENCE, settings.bound.address()).await.unwrap();
        let edge = Self {
            shell,
            settings,
            running,
            keys,
            log: Arc::default(),
            base: format!("http://{address}"),
            others: Shell::new("others", server.client().await, "unused"),
            asked: Arc::default(),
            planned: Arc::default(),
            _folder: folder,
            server,
        };
        edge.answer().await;
        edge
    }

    /// Everybody else: they note what they are asked and answer as planned, or with `{}`.
    async fn answer(&self) {
        for (name, subject) in [
            ("commands", subjects::COMMANDS),
            ("dossiers", subjects::DOSSIERS),
            ("timeline", subjects::TIMELINE),
            ("calendar", subjects::CALENDAR),
            ("search", subjects::SEARCH),
            ("audit", subjects::AUDIT),
            ("subscriptions", subjects::SUBSCRIPTIONS),
        ] {
            let (asked, planned) = (Arc::clone(&self.asked), Arc::clone(&self.planned));
            let log = Arc::clone(&self.log);
            let endpoint = Endpoint { name, subject, queue: name, in_flight: 64 };
            let handler = move |request: service::Request| {
                let question = serde_json::from_slice::<Value>(&request.body).unwrap();
                let (log, asked, planned) = (log.clone(), asked.clone(), planned.clone());
                async move {
                    if question["query"]["ask"] == "follow" {
                        return log.answer(&question).await;
                    }
                    asked.lock().unwrap().push((subject, question));
                    planned.lock().unwrap().pop_front().unwrap_or_else(|| Reply::ok("{}").at(1))
                }
            };
            self.others.serve(endpoint, handler).await.unwrap();
        }
    }

    /// Registrar and projector go away.
    pub(crate) async fn silence(&self) {
        assert!(self.others.stop(PATIENCE).await);
    }

    /// The next question is answered so.
    pub(crate) fn plan(&self, reply: Reply) {
        self.planned.lock().unwrap().push_back(reply);
    }

    /// What was asked since the last look.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// The one question since the last look.
    pub(crate) fn question(&self) -> Asked {
        let mut asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:#?}");
        asked.remove(0)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A request of an officer who may read and record.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        http_client().request(method, self.url(path)).bearer_auth(self.token(&officer()))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> RequestBuilder {
        let request = self.request(Method::POST, path).body(body.to_owned());
        request.header("content-type", "application/json")
    }

    pub(crate) fn token(&self, principal: &Principal) -> String {
        let issuer = self.keys.issuer(ISSUER).unwrap();
        issuer.issue(principal, Clock::system().now(), Duration::from_secs(600)).unwrap()
    }
}

fn settings(flags: &[&str]) -> Settings {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }
    let line = ["gateway", "--listen", "127.0.0.1:0"].iter().chain(flags);
    <Line as clap::Parser>::parse_from(line).settings
}

pub(crate) fn officer() -> Principal {
    Principal {
        subject: "officer".into(),
        agency: "urn:agency:pk".into(),
        party: "PK".into(),
        roles: [Role::Reader, Role::Recorder].into(),
        level: "OFFICIAL".into(),
        caveats: std::collections::BTreeSet::new(),
    }
}

/// A registrar's answer to one event.
pub(crate) fn recorded(status: u16) -> Reply {
    let event = json!({
        "uid": "018f0000-0000-7000-8000-000000000001",
        "id": "e-1",
        "subject": "engagement/018f0000-0000-7000-8000-000000000002",
        "version": 3,
        "position": 9,
        "anomalies": [],
    });
    let body = json!({"position": 9, "events": [event]});
    Reply::ok(body.to_string()).at(9).with_status(status)
}

/// Status, content type and body of a refusal.
pub(crate) async fn refused(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem = response.json::<Value>().await.unwrap();
    assert_eq!(problem["status"], status, "the body repeats the status");
    (status, problem)
}

/// Where each mistake is.
pub(crate) fn places(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().filter_map(|error| error["pointer"].as_str()).collect()
}
