//! The log against real servers: one that is alone and three that replicate.

mod append;
mod batch;
mod group;
mod restart;
mod setup;
mod support;
mod tail;
