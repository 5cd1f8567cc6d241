//! The first time stamp that covers a position: of all that do, it says most of when what stands there existed.
//!
//! Every token stands on the stream for ever; their sizes never fall along an authority's subject, which is asked by halves.

use contract::subjects::STAMPED;

use super::report::{Report, Stamped};
use crate::publication::{Publication, PublicationError};

/// What each authority stamped first of checkpoints that cover a position.
///
/// # Errors
/// When the stream does not answer.
pub(crate) async fn first(
    publication: &Publication,
    told: &Report,
    position: u64,
) -> Result<Report, PublicationError> {
    let mut report = told.clone();
    for authority in &mut report.authorities {
        authority.stamped = of_one(publication, &format!("{STAMPED}{}", authority.name), position).await?;
    }
    report.stamped = report.authorities.iter().filter_map(|one| Some(one.stamped.as_ref()?.size)).max();
    Ok(report)
}

async fn of_one(
    publication: &Publication,
    subject: &str,
    position: u64,
) -> Result<Option<Stamped>, PublicationError> {
    let Some((last, bytes)) = publication.last_place(subject).await? else { return Ok(None) };
    let Some(mut found) = covering(&bytes, position) else { return Ok(None) };
    let (mut begin, mut end) = (1, last);
    while begin < end {
        let middle = begin + (end - begin) / 2;
        match publication.attested_from(subject, middle).await? {
            Some((place, bytes)) if place < end => match covering(&bytes, position) {
                Some(earlier) => (found, end) = (earlier, middle),
                None => begin = place + 1,
            },
            _ => end = middle,
        }
    }
    Ok(Some(found))
}

/// What cannot be read covers nothing.
fn covering(bytes: &[u8], position: u64) -> Option<Stamped> {
    serde_json::from_slice::<Stamped>(bytes).ok().filter(|stamped| stamped.size >= position)
}
