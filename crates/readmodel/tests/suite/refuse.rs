//! A log that is not the one that was applied is refused, loudly.

use readmodel::{Entry, Error, Overlay, Projection, Settings, State};

use crate::support::{MemoryLog, Running};

async fn refused(folder: &std::path::Path, log: &MemoryLog) -> Error {
    let running = Running::start::<1>(folder, log).await;
    running.is(|state| matches!(state, State::Failed(_))).await;
    // What it has may be of another register.
    let read = running.reader.read(|view| view.position() > 0).await;
    assert!(running.reader.is_disowned() && matches!(read, Err(Error::Disowned(_))), "{read:?}");
    running.run.await.unwrap().unwrap_err()
}

#[tokio::test]
async fn another_stream_a_shorter_one_and_an_altered_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start::<1>(folder.path(), &MemoryLog::of(10)).await;
    running.reaches(10).await;
    running.stop().await.unwrap();

    let replaced = refused(folder.path(), &MemoryLog::created("2026-02-02T00:00:00Z", 20)).await;
    assert!(matches!(replaced, Error::OtherStream { .. }), "{replaced}");
    let shorter = refused(folder.path(), &MemoryLog::of(9)).await;
    assert!(matches!(shorter, Error::Shorter { position: 10, head: 9 }), "{shorter}");
    let log = MemoryLog::of(20);
    log.alter(10);
    let altered = refused(folder.path(), &log).await;
    assert!(matches!(altered, Error::Altered { position: 10 }), "{altered}");
    assert!(!altered.is_transient());

    let running = Running::start::<1>(folder.path(), &MemoryLog::of(20)).await;
    running.reaches(20).await;
    running.stop().await.unwrap();
}

#[tokio::test]
async fn an_event_altered_behind_an_interruption_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let log = MemoryLog::of(10);
    let running = Running::start::<1>(folder.path(), &log).await;
    running.reaches(10).await;
    log.alter(10);
    log.interrupt_at(11);
    log.grow(12);
    running.is(|state| matches!(state, State::Failed(_))).await;
    // It goes on answering from what it has.
    assert_eq!(running.rows().await.0, 10);
    let error = running.run.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Altered { position: 10 }), "{error}");
}

/// A mistake in the program.
struct Broken;

impl Projection for Broken {
    type Entry = Entry;

    const NAME: &'static str = "tally";
    const SCHEMA: u32 = 1;

    fn apply(&mut self, entry: &Entry, rows: &mut Overlay<'_>) {
        assert!(entry.position < 15, "a mistake in the program");
        rows.mark("x");
    }
}

#[tokio::test]
async fn a_projection_that_panics_fails_its_read_model_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start::<1>(folder.path(), &MemoryLog::of(10)).await;
    running.reaches(10).await;
    running.stop().await.unwrap();
    let running = Running::of(Broken, folder.path(), MemoryLog::of(20)).await;
    running.is(|state| matches!(state, State::Failed(_))).await;
    assert!(running.rows().await.0 < 15);
    assert!(matches!(running.run.await.unwrap(), Err(Error::Panicked)));
}

#[tokio::test]
async fn a_damaged_database_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start::<1>(folder.path(), &MemoryLog::of(2000)).await;
    running.reaches(2000).await;
    running.stop().await.unwrap();
    let database = folder.path().join("v1");
    let whole = ["db", "conf"].map(|file| (database.join(file), std::fs::read(database.join(file)).unwrap()));
    let damages: [fn(&mut Vec<u8>); 3] = [
        |bytes| bytes.iter_mut().for_each(|byte| *byte ^= 0x55),
        |bytes| bytes.truncate(bytes.len() / 2 + 3),
        |bytes| bytes.iter_mut().skip(200).step_by(7).for_each(|byte| *byte = 0xff),
    ];
    let mut refusals = 0;
    for (file, bytes) in &whole {
        for damage in damages {
            whole.iter().for_each(|(file, bytes)| std::fs::write(file, bytes).unwrap());
            let mut bytes = bytes.clone();
            damage(&mut bytes);
            std::fs::write(file, bytes).unwrap();
            // Some damage is no damage, or is cut off and projected again.
            let Err(refused) = readmodel::open(folder.path(), Broken, Settings::default()).await else {
                continue;
            };
            let text = refused.to_string();
            assert!(text.contains("v1") && text.contains("remove the folder"), "{refused:?}");
            refusals += 1;
        }
    }
    assert!(refusals > 0);
}

#[tokio::test]
async fn a_database_that_is_open_elsewhere_is_waited_for_then_refused() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start::<1>(folder.path(), &MemoryLog::of(10)).await;
    running.reaches(10).await;
    let Err(refused) = readmodel::open(folder.path(), Broken, Settings::default()).await else {
        panic!("it is open already");
    };
    assert!(matches!(refused, Error::Locked(..)), "{refused}");
    running.stop().await.unwrap();
}
