//! Somebody who takes messages, in whatever manner.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use webhook::{Attempt, Message, Poster, PosterSettings, Reach, Secret, SigningKey};

/// What it does once it has a request.
#[derive(Clone)]
pub(crate) enum Manner {
    /// Writes this, and waits for more.
    Says(Vec<u8>),
    /// Writes this, and hangs up.
    Ends(Vec<u8>),
    /// Writes this again and again.
    Floods(Vec<u8>),
}

/// What a receiver has seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    pub(crate) requests: Vec<(HeaderMap, Vec<u8>)>,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

impl Receiver {
    pub(crate) async fn start(manner: Manner) -> Self {
        Self::at("127.0.0.1:0", manner).await
    }

    pub(crate) async fn at(address: impl tokio::net::ToSocketAddrs, manner: Manner) -> Self {
        let listener = TcpListener::bind(address).await.expect("there is a free port");
        let receiver = Self { address: listener.local_addr().expect("it is bound"), seen: Arc::default() };
        let seen = Arc::clone(&receiver.seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen.lock().expect("no panic").connections += 1;
                tokio::spawn(answer(stream, manner.clone(), Arc::clone(&seen)));
            }
        });
        receiver
    }

    pub(crate) fn url(&self) -> url::Url {
        format!("http://{}/hook", self.address).parse().expect("a URL")
    }

    pub(crate) fn requests(&self) -> Vec<(HeaderMap, Vec<u8>)> {
        self.seen.lock().expect("no panic").requests.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().expect("no panic").connections
    }

    /// How many connections came, all of them: they are taken in order, and one of our own is the last.
    pub(crate) async fn all_connections(&self) -> usize {
        let before = self.connections();
        let mut own = TcpStream::connect(self.address).await.expect("it listens");
        own.write_all(b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n").await.expect("it listens");
        let mut one = [0];
        // An answer or an end: it was taken.
        let _ = own.read(&mut one).await;
        let after = self.connections();
        assert!(after > before, "our own was counted");
        after - 1
    }
}

async fn answer(mut stream: TcpStream, manner: Manner, seen: Arc<Mutex<Seen>>) {
    let mut read = Vec::new();
    while let Some(request) = request(&mut stream, &mut read).await {
        seen.lock().expect("no panic").requests.push(request);
        let (Manner::Says(bytes) | Manner::Ends(bytes) | Manner::Floods(bytes)) = &manner;
        let mut written = stream.write_all(bytes).await;
        match manner {
            Manner::Says(_) => {}
            Manner::Ends(_) => return,
            Manner::Floods(_) => {
                while written.is_ok() {
                    written = stream.write_all(&[b'x'; 1 << 12]).await;
                }
            }
        }
        if written.is_err() {
            return;
        }
    }
}

/// One request with its body; `None` at the end.
async fn request(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<(HeaderMap, Vec<u8>)> {
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let headers = headers(std::str::from_utf8(&read[..end]).expect("ASCII"));
            let length = headers.get("content-length").map_or("0", |length| length.to_str().expect("ASCII"));
            let whole = end + 4 + length.parse::<usize>().expect("a number");
            if read.len() >= whole {
                let body = read[end + 4..whole].to_vec();
                read.drain(..whole);
                return Some((headers, body));
            }
        }
        if stream.read_buf(read).await.ok()? == 0 {
            return None;
        }
    }
}

fn headers(head: &str) -> HeaderMap {
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let field = |(name, value): (&str, &str)| {
        let name = name.to_lowercase().parse::<HeaderName>().expect("a name");
        (name, HeaderValue::from_str(value).expect("a value"))
    };
    fields.map(field).collect()
}

/// An answer with this status line and this body.
pub(crate) fn says(status: &str, more: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{more}\r\n{body}", body.len()).into_bytes()
}

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub(crate) const BODY: &str = r#"{"test": 2432232314}"#;

/// What reaches these networks beside what is public.
pub(crate) fn settings(allowed: &[&str]) -> PosterSettings {
    let allowed = allowed.iter().map(|network| network.parse().expect("a network")).collect();
    PosterSettings {
        reach: Reach { allowed, allow_http: true },
        attempt_within: Duration::from_secs(5),
        ..PosterSettings::default()
    }
}

pub(crate) fn poster(allowed: &[&str]) -> Poster {
    Poster::new(settings(allowed)).expect("a client")
}

/// One attempt with a message that is signed.
pub(crate) async fn post(poster: &Poster, url: &url::Url) -> Attempt {
    let secret = SigningKey::from(SECRET.parse::<Secret>().expect("a secret"));
    let id = "msg_1".parse().expect("an id");
    let at = jiff::Timestamp::from_second(1_614_265_330).expect("a moment");
    let headers = Message { id: &id, at, body: BODY.as_bytes() }.headers(&[secret]);
    poster.post(url, headers, Bytes::from_static(BODY.as_bytes())).await
}
