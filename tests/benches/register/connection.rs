//! A client for one keep-alive connection, HTTP/1.1 (RFC 9112), that costs the machine as little as it can: what
//! it spends is taken from what is measured.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The gateway closes a connection on which nothing was asked for 10 s: one that rested while the other side was
/// measured is opened anew.
const RESTED: Duration = Duration::from_secs(5);

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    used: Instant,
    host: String,
    token: String,
    request: Vec<u8>,
    answer: Vec<u8>,
}

/// What came back; valid until the next request.
pub(crate) struct Answer<'c> {
    pub(crate) status: u16,
    /// The log position that it reflects, if it says one.
    position: Option<u64>,
    pub(crate) body: &'c [u8],
}

impl Connection {
    pub(crate) async fn open(host: &str, token: &str) -> anyhow::Result<Self> {
        let stream = connect(host).await?;
        let (host, token) = (host.to_owned(), token.to_owned());
        let (request, answer) = (Vec::new(), Vec::with_capacity(16 << 10));
        Ok(Self { stream, used: Instant::now(), host, token, request, answer })
    }

    /// Opens as many as asked for.
    pub(crate) async fn several(count: usize, host: &str, token: &str) -> anyhow::Result<Vec<Self>> {
        let mut connections = Vec::with_capacity(count);
        for _ in 0..count {
            connections.push(Self::open(host, token).await?);
        }
        Ok(connections)
    }

    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answer<'_>> {
        self.send("GET", path, "").await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> anyhow::Result<Answer<'_>> {
        self.send("POST", path, body).await
    }

    /// The log position that the answer to a question reflects; none: it is not answered.
    pub(crate) async fn position(&mut self, path: &str) -> anyhow::Result<Option<u64>> {
        let answer = self.get(path).await?;
        Ok(answer.position.filter(|_| answer.status == 200))
    }

    async fn send(&mut self, method: &str, path: &str, body: &str) -> anyhow::Result<Answer<'_>> {
        use std::io::Write as _;
        if self.used.elapsed() > RESTED {
            self.stream = connect(&self.host).await?;
        }
        self.used = Instant::now();
        let Self { host, token, request, .. } = self;
        request.clear();
        write!(request, "{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n")?;
        if !body.is_empty() {
            write!(request, "content-type: application/json\r\ncontent-length: {}\r\n", body.len())?;
        }
        write!(request, "\r\n{body}")?;
        self.stream.write_all(&self.request).await?;
        self.receive().await
    }

    async fn receive(&mut self) -> anyhow::Result<Answer<'_>> {
        self.answer.clear();
        let head = loop {
            self.more().await?;
            if let Some(end) = self.answer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = std::str::from_utf8(&self.answer[..head])?;
        let status = text.get(9..12).and_then(|digits| digits.parse().ok()).context("a status line")?;
        let length = header(text, "content-length").context("an answer without content-length")?;
        let position = header(text, "chancery-position").and_then(|position| position.parse().ok());
        let end = head + length.parse::<usize>()?;
        while self.answer.len() < end {
            self.more().await?;
        }
        ensure!(self.answer.len() == end, "more came than was asked for");
        Ok(Answer { status, position, body: &self.answer[head..] })
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        match self.stream.read_buf(&mut self.answer).await? {
            0 => bail!("the connection was closed"),
            _ => Ok(()),
        }
    }
}

async fn connect(host: &str) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(host).await.with_context(|| format!("{host} takes no connection"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

impl Answer<'_> {
    /// # Errors
    /// When it is another status; says what the body says.
    pub(crate) fn expect(self, status: u16) -> anyhow::Result<Self> {
        ensure!(self.status == status, "{} instead of {status}: {}", self.status, self.body.escape_ascii());
        Ok(self)
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
