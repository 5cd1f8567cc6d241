//! What headers say of a submission: `If-Match`, `Idempotency-Key`, `Prefer`.

use contract::{InputError, Problem, ProblemKind};
use http::header::IF_MATCH;
use http::{HeaderMap, HeaderName};

use super::body::Submission;
use crate::etag;
use crate::refusal::Refusal;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const PREFER: HeaderName = HeaderName::from_static("prefer");

const LONGEST_KEY: usize = 255;

/// Whether `Prefer: handling=strict` (RFC 7240) was sent.
pub(crate) fn is_strict(headers: &HeaderMap) -> bool {
    let given = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    given
        .flat_map(|text| text.split([',', ';']))
        .map(|preference| preference.replace([' ', '"'], "").to_ascii_lowercase())
        .any(|preference| preference == "handling=strict")
}

/// Fills in the id and the expected version that headers give.
pub(crate) fn apply(headers: &HeaderMap, submission: &mut Submission) -> Result<(), Refusal> {
    if let Some(key) = idempotency_key(headers)? {
        name(submission, &key);
    }
    let Some(version) = if_match(headers)? else { return Ok(()) };
    let [event] = submission.events.as_mut_slice() else {
        let detail = "If-Match goes with one event: say expectedversion in each of several";
        return Err(Refusal::new(ProblemKind::Malformed, detail));
    };
    if event.expectedversion.is_some_and(|expected| expected != version) {
        let pointer = if submission.listed { "/0/expectedversion" } else { "/expectedversion" };
        let detail = format!("expected {version}, as If-Match says");
        return Err(Problem::invalid(vec![InputError { pointer: pointer.to_owned(), detail }]).into());
    }
    event.expectedversion = Some(version);
    Ok(())
}

/// The key itself for one event, `KEY/INDEX` in a list: a retry of the same list meets the same ids.
fn name(submission: &mut Submission, key: &str) {
    let listed = submission.listed;
    for (index, event) in submission.events.iter_mut().enumerate().filter(|(_, event)| event.id.is_none()) {
        event.id = Some(if listed { format!("{key}/{index}") } else { key.to_owned() });
    }
}

/// A text, with or without the quotes of a structured field.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let fits = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        return Ok(Some(key.to_owned()));
    }
    let detail = format!("Idempotency-Key: expected 1 to {LONGEST_KEY} visible ASCII characters");
    Err(Refusal::new(ProblemKind::Malformed, detail))
}

/// One entity tag as a record's `ETag` gives it, or the version alone: `"3-…"`, `"3"`. The number counts: what
/// others link to the record is no matter to one who writes.
fn if_match(headers: &HeaderMap) -> Result<Option<u32>, Refusal> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    etag::version(value).map(Some).ok_or_else(|| {
        let detail = "If-Match: expected the one ETag that the record was answered with, such as \"3\"";
        Refusal::new(ProblemKind::Malformed, detail)
    })
}
