//! Who received an event over a stream, as far as the log of reads says it.

use contract::delivery::{Because, Receipt, Recipient, channel};
use contract::{Access, Carried, Paging, Streamed, Streamer, kind};
use readmodel::{Direction, Range, Rows, View};
use serde_json::{Value, json};

use super::query::NoCursor;
use super::{at, position_key, position_prefix};

/// What one page looks at: commits wait meanwhile.
const LOOKED_AT: usize = 2_000;

/// The most items of a page.
const LONGEST: u32 = 1_000;

/// `{"items": [`[`Receipt`]` …], "next": cursor, "position": place of the last entry}`, in the order of the log of reads.
pub(crate) fn recipients(event: u64, asked: &Paging, view: &View<'_>) -> Result<Value, NoCursor> {
    let cursor = asked.cursor.as_deref().map(|text| read(text).ok_or(NoCursor)).transpose()?;
    let (first, mut skip) = cursor.unwrap_or_default();
    let range = Range::prefix(&position_prefix(event)).after(&position_key(event, first.saturating_sub(1)));
    let limit = asked.limit.clamp(1, LONGEST) as usize;
    let (mut items, mut next, mut looked_at) = (Vec::new(), None, 0);
    let places = view.scan(&range, Direction::Ascending);
    for place in places.filter_map(|(key, _)| key.last_chunk().copied().map(u64::from_be_bytes)) {
        if looked_at == LOOKED_AT {
            next = Some(format!("{place}.0"));
            break;
        }
        looked_at += 1;
        let receipts = at(place, view).map(|(_, row)| receipts(event, &row[8..])).unwrap_or_default();
        let room = limit - items.len();
        let skipped = if place == first { std::mem::take(&mut skip) } else { 0 };
        let left = receipts.len().saturating_sub(skipped);
        items.extend(receipts.into_iter().skip(skipped).take(room).map(|receipt| json!(receipt)));
        if left > room {
            next = Some(format!("{place}.{}", skipped + room));
            break;
        }
    }
    let mut page = json!({"items": items, "position": view.position()});
    if let Some(next) = next {
        page["next"] = next.into();
    }
    Ok(page)
}

/// `<place>.<how many receipts of that were shown>`.
fn read(cursor: &str) -> Option<(u64, usize)> {
    let (place, shown) = cursor.split_once('.')?;
    Some((place.parse().ok()?, shown.parse().ok()?))
}

/// The receipts of an event that an entry tells of.
fn receipts(event: u64, entry: &[u8]) -> Vec<Receipt> {
    if let Ok(Streamed { kind, time, parts }) = serde_json::from_slice(entry)
        && kind == kind::STREAM
    {
        let told = |part: &Carried| {
            let given = part.positions.contains(&event).then_some(None);
            let recalled = part.recalled.contains(&event).then_some(Some(Because::Notice));
            [given, recalled]
        };
        let of = |part: Carried| {
            let told = told(&part);
            let receipts = part.to.into_iter().flat_map(move |streamer| {
                let receipt = move |because| receipt(&streamer, time, because);
                told.into_iter().flatten().map(receipt)
            });
            receipts.collect::<Vec<_>>()
        };
        return parts.into_iter().flat_map(of).collect();
    }
    let Ok(Access { time, actor, agency, party, request, .. }) = serde_json::from_slice(entry) else {
        return vec![];
    };
    vec![receipt(&Streamer { actor, agency, party, request }, time, None)]
}

fn receipt(streamer: &Streamer, at: jiff::Timestamp, because: Option<Because>) -> Receipt {
    let Streamer { actor, agency, party, request } = streamer.clone();
    let channel = channel::STREAM.to_owned();
    Receipt {
        to: Some(Recipient { subject: actor, agency, party, channel, host: None }),
        subscription: None,
        request: Some(request),
        at,
        because,
    }
}
