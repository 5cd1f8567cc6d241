//! Following the register as a careful client does: when the stream breaks off, from the last place on.

use std::time::Duration;

use contract::following::{Message, Parser};
use reqwest::Response;
use tokio::time::{sleep, timeout};

use crate::Client;

/// Nothing that a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a client waits before it comes again, whatever the stream says: tests have no time.
const PAUSE: Duration = Duration::from_millis(50);

/// Somebody who follows.
pub struct Follower {
    client: Client,
    path: String,
    parser: Parser,
    stream: Option<Response>,
    waiting: std::collections::VecDeque<Message>,
    /// From where it goes on.
    last: String,
    /// How often it came again.
    pub again: usize,
}

impl Follower {
    /// Follows at a path, behind a position.
    #[must_use]
    pub fn new(client: Client, path: &str, after: u64) -> Self {
        let (path, parser) = (path.to_owned(), Parser::default());
        Self { client, path, parser, stream: None, waiting: [].into(), last: after.to_string(), again: 0 }
    }

    /// The next event.
    ///
    /// # Panics
    /// When none comes, or the register refuses.
    pub async fn next(&mut self) -> Message {
        timeout(PATIENCE, self.wait()).await.expect("an event comes")
    }

    /// The next events.
    ///
    /// # Panics
    /// When they do not come, or the register refuses.
    pub async fn take(&mut self, count: usize) -> Vec<Message> {
        let mut taken = Vec::with_capacity(count);
        while taken.len() < count {
            taken.push(self.next().await);
        }
        taken
    }

    /// Everything up to a position: it is behind that when the stream says so.
    ///
    /// # Panics
    /// When the stream does not come so far, or the register refuses.
    pub async fn until(&mut self, position: u64) -> Vec<Message> {
        let mut taken = Vec::new();
        let come = async {
            while self.waiting.is_empty() && self.place() < position {
                self.listen().await;
                taken.extend(self.waiting.drain(..));
            }
        };
        timeout(PATIENCE, come).await.expect("the stream comes so far");
        taken
    }

    /// Breaks the stream off; it goes on from the last event that was taken.
    pub fn leave(&mut self, last: u64) {
        (self.stream, self.parser, self.last) = (None, Parser::default(), last.to_string());
        self.waiting.clear();
    }

    fn place(&self) -> u64 {
        self.last.parse().unwrap_or_default()
    }

    async fn wait(&mut self) -> Message {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return message;
            }
            self.listen().await;
        }
    }

    /// Takes the next piece of the stream, or opens another.
    async fn listen(&mut self) {
        if let Some(stream) = &mut self.stream {
            if let Ok(Some(piece)) = stream.chunk().await {
                self.waiting.extend(self.parser.take(&piece));
                if !self.parser.last_id().is_empty() {
                    self.parser.last_id().clone_into(&mut self.last);
                }
            } else {
                (self.stream, self.parser) = (None, Parser::default());
                self.again += 1;
            }
            return;
        }
        match self.client.stream(&self.path, &self.last).await {
            Ok(response) if response.status() == 200 => self.stream = Some(response),
            Ok(response) => {
                let status = response.status().as_u16();
                assert!(status == 503, "refused: {status}: {}", response.text().await.unwrap_or_default());
                sleep(PAUSE).await;
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}
