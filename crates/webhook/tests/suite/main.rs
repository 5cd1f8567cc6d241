//! Posting to real machines, most of them unfriendly.

mod names;
mod posting;
mod receiver;
mod refusals;
mod tls;
