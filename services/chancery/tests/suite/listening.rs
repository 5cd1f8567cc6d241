//! A receiver to try webhooks out with.

use std::fs;
use std::process::Stdio;

use bytes::Bytes;
use serde_json::{Value, json};
use service::Clock;
use tempfile::TempDir;
use testkit::{Guarded, PATIENCE, eventually};
use webhook::{Meaning, Message, Poster, PosterSettings, PrivateKey, Reach, Secret, SigningKey};

use crate::register::program;

/// `chancery listen` on a port of its own.
struct Listening {
    program: Guarded,
    folder: TempDir,
    poster: Poster,
    url: url::Url,
}

impl Listening {
    async fn start(words: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file =
            |name| fs::File::create(folder.path().join(name)).map(Stdio::from).expect("it is writable");
        let mut command = program();
        command.args(["listen", "--listen", "127.0.0.1:0"]).args(words);
        command.stdout(file("out")).stderr(file("err"));
        let program = Guarded::spawn(&mut command, folder.path());
        let url = eventually("it to listen", PATIENCE, async || {
            let said = fs::read_to_string(folder.path().join("err")).expect("it was created");
            said.lines().next()?.strip_prefix("listening at ")?.parse().ok()
        });
        let allowed = vec!["127.0.0.0/8".parse().expect("a network")];
        let reach = Reach { allowed, allow_http: true };
        let poster = Poster::new(PosterSettings { reach, ..PosterSettings::default() }).expect("a client");
        Self { program, poster, url: url.await, folder }
    }

    /// Posts an event under an id; the status.
    async fn post(&self, id: &str, keys: &[SigningKey]) -> (u16, Meaning, String) {
        let event = json!({"subject": "matter/~steel", "data": {"title": "Tariffs on steel"}});
        let body = json!({"type": "matter.opened", "timestamp": "2025-05-01T10:00:00Z", "data": event});
        let (id, body) = (id.parse().expect("an id"), body.to_string());
        let headers = Message { id: &id, at: Clock::system().now(), body: body.as_bytes() }.headers(keys);
        let attempt = self.poster.post(&self.url, headers, Bytes::from(body)).await;
        (attempt.status().expect("it answers").as_u16(), attempt.meaning(), attempt.text())
    }

    /// Waits until it has ended by itself, and without complaint.
    async fn ends(&mut self) {
        let program = &mut self.program;
        eventually("it to end", PATIENCE, async || program.has_ended().then_some(())).await;
        assert_eq!(self.lines("err").len(), 1, "{:?}", self.lines("err"));
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join(name)).expect("it was created");
        text.lines().map(ToOwned::to_owned).collect()
    }
}

fn secret() -> (Secret, SigningKey) {
    let secret = Secret::random().expect("random bytes");
    (secret.clone(), secret.into())
}

#[tokio::test]
async fn what_verifies_is_printed_and_what_does_not_is_told_why() {
    let ((old, old_key), (new, new_key)) = (secret(), secret());
    let pair = PrivateKey::random().expect("random bytes");
    let public = pair.public().to_string();
    let words = ["--secret", &old.reveal(), "--secret", &new.reveal(), "--public-key", &public];
    let listening = Listening::start(&words).await;
    assert_eq!(listening.post("msg_1", &[old_key]).await.0, 204);
    assert_eq!(listening.post("msg_2", &[new_key]).await.0, 204);
    assert_eq!(listening.post("msg_1", &[pair.into()]).await.0, 204);
    let (status, meaning, why) = listening.post("msg_3", &[secret().1]).await;
    assert_eq!((status, meaning), (400, Meaning::Failed));
    assert!(why.starts_with("no signature is that of a key that is trusted"), "{why}");
    let line = "2025-05-01 10:00:00Z  matter.opened                     matter/~steel  Tariffs on steel";
    assert_eq!(listening.lines("out"), [line, line, &format!("{line}  (again)")]);
    assert!(listening.lines("err")[1].starts_with("refused: no signature"), "{:?}", listening.lines("err"));
}

#[tokio::test]
async fn failures_can_be_tried_out() {
    let (secret, key) = secret();
    let words =
        ["--secret", &secret.reveal(), "--fail-first", "1", "--status", "202", "--count", "2", "--json"];
    let mut listening = Listening::start(&words).await;
    let keys = [key];
    assert_eq!(listening.post("msg_1", &keys).await.0, 503);
    assert_eq!(listening.post("msg_1", &keys).await.0, 202);
    let lines = listening.lines("out");
    let told =
        lines.iter().map(|line| serde_json::from_str::<Value>(line).expect("JSON")).collect::<Vec<_>>();
    assert_eq!((&told[0]["answered"], &told[0]["again"]), (&json!(503), &json!(false)));
    assert_eq!((&told[1]["answered"], &told[1]["again"]), (&json!(202), &json!(true)));
    assert_eq!(told[1]["message"]["data"]["subject"], "matter/~steel");
    listening.ends().await;
}

#[tokio::test]
async fn it_ends_when_it_is_told_to() {
    let mut listening = Listening::start(&["--secret", &secret().0.reveal()]).await;
    listening.program.terminate();
    listening.ends().await;
}
