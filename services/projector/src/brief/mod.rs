//! Briefs: what a desk needs before two parties meet, on one page if it can be.
//!
//! [`gather`] looks up the records in which both take part, a few of each sort, as they are or as they were known
//! at a position. [`compose`] judges them: who offered what, what is late, what is good news. It is a pure
//! function of what was gathered.
//!
//! A record is of both when it mentions both: a state by anyone of its country, since a minister or an agency
//! speaks for a state. Undertakings and matters that arose where both met are of both, too.

mod changes;
mod clocks;
mod compose;
mod foreseen;
mod gather;
mod instruments;
mod matters;
mod meetings;
mod notes;
mod part;
mod quota;
mod referred;
mod retracted;
mod sides;
#[cfg(test)]
mod tests;
mod undertakings;
mod words;

use contract::{Brief, Problem, ProblemKind};
use domain::Levels;
use service::Reply;

use crate::dossiers::Asked;

/// Answers a brief.
///
/// # Errors
/// A problem when both parties are one, or one is asked for by an address at which there is nothing.
pub(crate) fn answer(brief: &Brief, asked: &Asked<'_>, levels: &Levels) -> Result<Reply, Problem> {
    let gathered = gather::gather(brief, asked)?;
    let (document, named) = compose::compose(&gathered, levels);
    named.into_iter().chain(gathered.sides.on_record()).for_each(|subject| asked.shows(&subject));
    let body = serde_json::to_vec(&document).map_err(|error| {
        Problem::new(ProblemKind::Internal, format!("the brief cannot be written: {error}"))
    })?;
    Ok(Reply::ok(body))
}
