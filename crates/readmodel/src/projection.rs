//! What a read model is: a function from events to rows.

use crate::{Memory, Overlay, Positioned};

/// Turns events into rows.
///
/// The rows must follow from the events alone, in their order: not from the clock, not from how events fell
/// into batches, not from what `self` remembers. `self` may hold caches that can be lost at any time; so a
/// rebuild gives the same rows, byte for byte.
pub trait Projection: Send + 'static {
    /// Names the read model: its folder, its metrics.
    const NAME: &'static str;

    /// Rises with every change of the rows' form or content.
    const SCHEMA: u32;

    /// What its log consists of.
    type Entry: Positioned;

    /// Earlier schemas whose rows the queries of today can still read; they serve while a rebuild runs.
    const READABLE: &'static [u32] = &[];

    /// A second projection of the same kind, with nothing in its caches: it builds the read model anew while this
    /// one goes on. `None`: it cannot be built anew while it serves.
    fn another(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// What is kept in memory beside the rows, empty; `None`: nothing.
    fn memory() -> Option<Box<dyn Memory>>
    where
        Self: Sized,
    {
        None
    }

    /// Applies one event. What cannot be read becomes a raw row; nothing is refused here, for what is in the
    /// log has happened.
    fn apply(&mut self, entry: &Self::Entry, rows: &mut Overlay<'_>);
}
