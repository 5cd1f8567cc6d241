//! Following: what somebody who follows the register wants to hear of, and how they are told.
//!
//! A [`Filter`] is pure: it is read from words, and says of an event whether it is wanted. Streams, webhooks and feeds
//! have the same one. Whether a follower **may** hear of an event is no matter of the filter: that is asked of the read
//! model that knows today's markings ([`Follow`]), which answers with what each reader may be told ([`Told`]). A
//! [`Parser`] reads the stream that comes of it.

mod filter;
mod parse;
mod told;

pub use filter::{Filter, Unfit, Wishes, short};
pub use parse::{Message, Parser};
pub use told::{Follow, Following, Recalled, Told};
