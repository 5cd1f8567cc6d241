//! Killed between any two steps: what is done by then is all that a kill leaves.

use std::path::Path;

use eventlog::EventLog;
use readmodel::Projection;
use testkit::{PATIENCE, eventually};
use tokio::task::JoinHandle;

use super::*;
use crate::testing::{World, on_file};
use crate::{FOLDER, Tree, key};

/// An auditor that is led step by step.
struct Led {
    signing: Signing<EventLog>,
    stop: CancellationToken,
    follows: JoinHandle<Result<(), readmodel::Error>>,
}

impl Led {
    async fn start(world: &World, data: &Path) -> Self {
        let folder = data.join(FOLDER).join(Tree::NAME);
        let opened = readmodel::open(&folder, Tree::default(), readmodel::Settings::default()).await;
        let (reader, runner) = opened.unwrap();
        let stop = CancellationToken::new();
        let publication = Publication::open(world.server.client().await).await.unwrap();
        let parts = Parts {
            name: "the log",
            keys: Keys::open(data, None).unwrap(),
            reader,
            log: world.log.clone(),
            published: publication.checkpoints(),
            kept: Kept::checkpoint(data),
            cosigned: Some((Kept::cosigned(data), publication)),
            standing: Standing::new(),
            metrics: OfLog::default(),
        };
        let follows = tokio::spawn(runner.run(world.log.clone(), stop.clone()));
        Self { signing: Signing::new(parts), stop, follows }
    }

    /// Waits until the tree has everything.
    async fn catch_up(&self, world: &World) {
        let mut state = self.signing.parts.reader.state();
        state.wait_for(|state| *state == State::Following).await.unwrap();
        let all = world.messages.len() as u64;
        self.signing.parts.reader.wait_for(all, Instant::now() + PATIENCE).await.unwrap();
    }

    /// The first so many steps, then the end.
    async fn die_after(mut self, steps: usize, world: &World) {
        self.catch_up(world).await;
        let signing = &mut self.signing;
        if steps > 0 {
            signing.recall().await.unwrap();
        }
        let head = if steps > 1 { signing.prove().await.unwrap() } else { None };
        if let Some(head) = head {
            if steps > 2 {
                signing.keep(head).await.unwrap();
            }
            if steps > 3 {
                signing.publish().await.unwrap();
            }
            if steps > 4 {
                signing.serve(head);
            }
        }
        self.end().await;
    }

    async fn end(self) {
        self.stop.cancel();
        self.follows.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn killed_between_any_two_steps_it_goes_on_where_it_was() {
    for first in 0..=5 {
        for second in [0, 3, 4, 5] {
            let mut world = World::new().await;
            let data = tempfile::tempdir().unwrap();
            world.record(3).await;
            Led::start(&world, data.path()).await.die_after(first, &world).await;
            world.record(2).await;
            Led::start(&world, data.path()).await.die_after(second, &world).await;
            world.is_whole().await;
            let mut led = Led::start(&world, data.path()).await;
            led.catch_up(&world).await;
            eventually("what is signed to be served", PATIENCE, async || {
                led.signing.step().await.unwrap();
                led.signing.is_proved.then_some(())
            })
            .await;
            let last = on_file(data.path()).unwrap();
            assert_eq!(last.checkpoint().head(), world.head(5), "{first} {second}");
            let published = world.published().await;
            assert_eq!(published.last(), Some(&last), "{first} {second}");
            world.is_whole().await;
            led.end().await;
        }
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_not_published() {
    let mut world = World::new().await;
    let data = tempfile::tempdir().unwrap();
    world.record(1).await;
    // A file where the folder should be: nothing can be kept.
    std::fs::write(data.path().join("signed"), "").unwrap();
    let mut led = Led::start(&world, data.path()).await;
    led.catch_up(&world).await;
    let trouble = led.signing.step().await.unwrap_err();
    assert!(matches!(trouble, Trouble::File(..)) && trouble.is_transient(), "{trouble:?}");
    assert!(world.published().await.is_empty());
    std::fs::remove_file(data.path().join("signed")).unwrap();
    led.signing.step().await.unwrap();
    assert!(led.signing.is_proved);
    assert_eq!(world.published().await.len(), 1);
    led.end().await;
}

#[tokio::test]
async fn who_publishes_at_the_same_time_with_the_same_key_agrees() {
    let mut world = World::new().await;
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    key::open(one.path(), None).unwrap();
    std::fs::create_dir(two.path().join("keys")).unwrap();
    std::fs::copy(one.path().join("keys/checkpoint.key"), two.path().join("keys/checkpoint.key")).unwrap();
    let mut both = [Led::start(&world, one.path()).await, Led::start(&world, two.path()).await];
    for count in 1..5 {
        world.record(count).await;
        for led in &mut both {
            led.catch_up(&world).await;
            let published =
                eventually("a step that is done", PATIENCE, async || match led.signing.step().await {
                    Ok(()) => Some(led.signing.is_proved),
                    Err(trouble) => {
                        assert!(trouble.is_transient(), "{trouble}");
                        None
                    }
                });
            assert!(published.await);
        }
        world.is_whole().await;
    }
    assert_eq!(world.published().await.last().map(|last| last.checkpoint().head()), Some(world.head(10)));
    for led in both {
        led.end().await;
    }
}
