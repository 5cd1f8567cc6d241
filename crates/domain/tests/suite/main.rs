//! Given what was recorded, when this is proposed, then that follows: every event and every rule of the domain.

mod accounts;
mod commitments;
mod control;
mod custody;
mod engagements;
mod foreseen;
mod given;
mod hard;
mod instruments;
mod matters;
mod parties;
mod plausible;
mod properties;
mod restating;
mod samples;
mod sources;
mod stored;
mod stories;
