//! Waits that end when something is so, not when some time has passed.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout_at};

/// Long enough for anything a test waits for on a loaded machine; a passing test never uses it up.
pub const PATIENCE: Duration = Duration::from_secs(30);

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Asks `probe` again and again until it answers something, and returns that.
///
/// The wait is for a level, not for an edge: what became so before the first look counts.
///
/// # Panics
/// When `deadline` passes first; the message says `what` was waited for.
pub async fn eventually<T>(what: &str, deadline: Duration, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + deadline;
    let mut pause = FIRST_PAUSE;
    loop {
        match timeout_at(end.into(), probe()).await {
            Ok(Some(found)) => return found,
            Ok(None) if Instant::now() < end => sleep(pause).await,
            Ok(None) | Err(_) => panic!("waited {deadline:?} in vain: {what}"),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_found_is_returned() {
        let mut looks = 0;
        let found = eventually("the third look", PATIENCE, async || {
            looks += 1;
            (looks == 3).then_some(looks)
        })
        .await;
        assert_eq!(found, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "in vain: godot")]
    async fn a_probe_that_hangs_is_cut_off() {
        eventually::<()>("godot", Duration::from_millis(20), async || std::future::pending().await).await;
    }
}
