//! The log of reads: who is shown marked material, or takes something out, is on record before the answer leaves.
//!
//! Every reply from inside says which marked material it shows ([`service::Shown`]); a request gathers what its replies
//! say ([`Disclosure`]), and what is around every request writes the one entry for it. So no route can forget to. An
//! answer without marked material that is no export costs nothing.
//!
//! A stream is logged as it goes: each part of it that shows marked material has its entry before it goes out.
//!
//! **What cannot be logged is not shown**: the answer is then the problem `not-logged` (503). A refusal of marked
//! material is logged, too, but nobody waits for that: by how long it takes, or by its failing, a reader could tell what
//! is hidden from what is not there.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use axum::body::HttpBody as _;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use contract::{Access, Outcome, Principal, ProblemKind, Streamer, kind};
use domain::{Levels, Marking, Subject};
use eventlog::Writer;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, Uri};
use prometheus_client::metrics::counter::Counter;
use service::{Clock, Reply, Shell};

use crate::accept::EVENT_STREAM;
use crate::follow::hidden;
use crate::refusal::Refusal;

/// The longest question that is kept.
const LONGEST: usize = 4096;

/// The longest word of a peer on for whom it asks.
const LONGEST_PEER: usize = 256;

/// Who says that it asks for whom.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Says why a read is made, if it is made to carry something away: `export`.
const PURPOSE: &str = "chancery-purpose";

/// The address at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What the answer to a request discloses, as far as its replies have said.
#[derive(Debug, Default)]
pub(crate) struct Disclosure(Mutex<Disclosed>);

#[derive(Clone, Debug, Default)]
struct Disclosed {
    marking: Option<Marking>,
    records: Vec<Subject>,
    /// It is logged whatever it shows, as this.
    kind: Option<&'static str>,
}

impl Disclosure {
    /// Takes what a reply says of itself.
    pub(crate) fn add(&self, reply: &Reply, levels: &Levels) {
        let Some(shown) = &reply.shown else { return };
        // What cannot be read restricts everything.
        let marking = shown.marking.parse().unwrap_or_else(|_| Marking::unreadable());
        let mut disclosed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let joined = disclosed.marking.take().map(|before| levels.join(&before, &marking));
        disclosed.marking = Some(joined.unwrap_or(marking));
        disclosed.records.extend(&shown.records);
    }

    /// The answer is to be logged as this, whether anything in it is marked or not.
    pub(crate) fn is(&self, kind: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).kind = Some(kind);
    }

    fn take(&self) -> Option<Disclosed> {
        let disclosed = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        (disclosed.marking.is_some() || disclosed.kind.is_some()).then_some(disclosed)
    }
}

/// A request, as its entry tells of it.
pub(crate) struct Asking {
    request_id: String,
    asked: String,
    peer: Option<SocketAddr>,
    forwarded_for: Option<String>,
    exports: bool,
}

impl Asking {
    pub(crate) fn new(
        request_id: &str,
        (method, uri): (&Method, &Uri),
        peer: Option<Peer>,
        headers: &HeaderMap,
    ) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            request_id: request_id.to_owned(),
            asked: cut(
                &format!("{method} {}", hidden(uri.path_and_query().map_or("", |path| path.as_str()))),
                LONGEST,
            ),
            peer: peer.map(|Peer(address)| address),
            forwarded_for: header(FORWARDED_FOR).map(|text| cut(text, LONGEST_PEER)),
            exports: header(PURPOSE).is_some_and(|purpose| purpose.eq_ignore_ascii_case(kind::EXPORT)),
        }
    }

    /// Whose stream it opens.
    pub(crate) fn streamer(&self, who: &Principal) -> Streamer {
        Streamer {
            actor: who.subject.clone(),
            agency: who.agency.clone(),
            party: who.party.clone(),
            request: self.request_id.clone(),
        }
    }

    /// Whether the caller says that the answer is to be carried away.
    pub(crate) const fn exports(&self) -> bool {
        self.exports
    }

    fn entry(&self, who: &Principal, disclosed: Disclosed, answered: Answered<'_>, clock: &Clock) -> Access {
        let Disclosed { marking, mut records, kind } = disclosed;
        records.sort_unstable();
        records.dedup();
        let Answered { status, form, bytes } = answered;
        Access {
            kind: kind.unwrap_or(kind::READ).into(),
            time: clock.now(),
            actor: who.subject.clone(),
            agency: who.agency.clone(),
            party: who.party.clone(),
            level: who.level.clone(),
            caveats: who.caveats.clone(),
            peer: self.peer.map(|address| address.to_string()),
            forwarded_for: self.forwarded_for.clone(),
            request: self.request_id.clone(),
            asked: self.asked.clone(),
            marking: marking.map(|marking| marking.to_string()),
            records,
            positions: vec![],
            outcome: Outcome::of_status(status),
            status,
            form: form.map(str::to_owned),
            bytes,
        }
    }
}

/// What an entry tells of an answer, or of a part of one.
struct Answered<'r> {
    status: u16,
    form: Option<&'r str>,
    bytes: Option<u64>,
}

impl<'r> Answered<'r> {
    fn with(response: &'r Response) -> Self {
        let form = response.headers().get(CONTENT_TYPE).and_then(|form| form.to_str().ok());
        let bytes = response.body().size_hint().exact();
        Self { status: response.status().as_u16(), form, bytes }
    }
}

/// The log, as the gateway writes it.
#[derive(Clone)]
pub(crate) struct Reads {
    writer: Writer,
    shell: Shell,
    /// Answers that were not shown, refusals that were not logged, and parts of streams that are not on record, since an
    /// entry could not be written.
    pub(crate) unlogged: Counter,
}

impl Reads {
    pub(crate) const fn new(writer: Writer, shell: Shell, unlogged: Counter) -> Self {
        Self { writer, shell, unlogged }
    }

    /// The answer, once its entry is on disk if there has to be one; else a refusal.
    pub(crate) async fn answered(
        &self,
        who: &Principal,
        asking: Asking,
        disclosure: &Disclosure,
        response: Response,
    ) -> Response {
        let Some(disclosed) = disclosure.take() else { return response };
        let entry = asking.entry(who, disclosed, Answered::with(&response), &self.shell.clock);
        if entry.kind == kind::READ && entry.outcome == Outcome::Refused {
            let reads = self.clone();
            self.shell.tasks.spawn(async move { reads.write(&entry).await });
            return response;
        }
        if self.write(&entry).await {
            return response;
        }
        let detail = "what was asked for is shown only once that is logged, which cannot be done now";
        Refusal::new(ProblemKind::NotLogged, detail).into_response()
    }

    /// Whether a part of a stream may go out: its entry is on disk. It is told by the marked records that it shows and
    /// their markings joined, by the positions of all its events and by its length.
    pub(crate) async fn delivered(
        &self,
        who: &Principal,
        asking: &Asking,
        (marking, records): (Marking, Vec<Subject>),
        (positions, bytes): (Vec<u64>, u64),
    ) -> bool {
        let kind = asking.exports.then_some(kind::EXPORT);
        let disclosed = Disclosed { marking: Some(marking), records, kind };
        let answered = Answered { status: 200, form: Some(EVENT_STREAM), bytes: Some(bytes) };
        let entry = asking.entry(who, disclosed, answered, &self.shell.clock);
        self.write(&Access { positions, ..entry }).await
    }

    /// Writes a line about what has gone out; says whether it is on disk.
    pub(crate) async fn append(&self, line: Bytes) -> bool {
        self.writer.write(line).await.is_ok()
    }

    /// Some of what has gone out will not be on record.
    pub(crate) fn lost(&self, lines: usize) {
        self.unlogged.inc_by(lines as u64);
        tracing::error!(lines, "what streams were given cannot be recorded");
    }

    async fn write(&self, entry: &Access) -> bool {
        let line = serde_json::to_vec(entry).expect("texts and numbers are JSON");
        let Err(error) = self.writer.write(line.into()).await else { return true };
        self.unlogged.inc();
        tracing::error!(id = entry.request, %error, "a read cannot be logged");
        false
    }
}

/// At most so many bytes, in whole characters.
fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(most)])
}
