//! From the generator into a log.

use std::sync::mpsc::{Receiver, sync_channel};

use eventlog::{Append, AppendError, Batch, EventLog};

use super::{Generator, Size};

/// Events of one group: what the log takes at once.
const GROUP: usize = 1_000;

/// Groups that are made ahead.
const AHEAD: usize = 4;

/// Appends a generated register to an empty log, group by group; `progress` is told how many events it has.
/// Gives how many it has in the end.
///
/// # Errors
/// When the log does not take a group; it must be empty.
pub async fn load(log: &EventLog, size: Size, mut progress: impl FnMut(u64)) -> Result<u64, AppendError> {
    let groups = groups(size);
    let mut last = 0;
    loop {
        let next = tokio::task::block_in_place(|| groups.recv());
        let Ok(group) = next else { return Ok(last) };
        let batch = Batch::new(group).expect("a group is as the log takes it");
        last = log.append(batch).await?.last;
        progress(last);
    }
}

/// A thread makes them while others are written.
fn groups(size: Size) -> Receiver<Vec<Append>> {
    let (made, groups) = sync_channel(AHEAD);
    std::thread::spawn(move || {
        let mut generator = Generator::new(size);
        loop {
            let group = generator.by_ref().take(GROUP).collect::<Vec<_>>();
            // Nobody takes any more if the log has failed.
            if group.is_empty() || made.send(group).is_err() {
                return;
            }
        }
    });
    groups
}
