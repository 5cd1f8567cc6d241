//! The protocol, to the byte (C2SP tlog-witness).

use std::collections::BTreeMap;

use tempfile::TempDir;
use testkit::http_client;
use transparency::Hash;
use transparency::note::Signer;
use transparency::witness::Answer;

use crate::support::{Log, ORIGIN, Running, signer};

#[tokio::test]
async fn every_request_has_the_answer_of_the_standard() {
    let folder = TempDir::new().unwrap();
    let witness = Running::start(&folder).await;
    let (log, forked) = (Log::new(ORIGIN, 20), Log::forked(ORIGIN, 20, 5, 1));
    assert_eq!(witness.last(ORIGIN).await, None);
    let (status, kind, body) = witness.post(log.request(0, 7).to_string()).await;
    assert_eq!((status, kind.as_str()), (200, "text/plain; charset=utf-8"), "{body}");
    assert!(body.starts_with(&format!("— {} ", witness.key.name())) && body.ends_with('\n'), "{body}");
    let last = witness.last(ORIGIN).await.unwrap();
    assert_eq!(last.note().verify([&witness.key]).unwrap().len(), 1);
    assert_eq!(last.note().verify([signer(ORIGIN, 1).verifier()]).unwrap().len(), 1);

    let conflict = (409, "text/x.tlog.size".to_owned(), "7\n".to_owned());
    assert_eq!(witness.post(log.request(0, 9).to_string()).await, conflict);
    assert_eq!(witness.post(log.request(8, 9).to_string()).await, conflict);
    // A smaller tree than was cosigned, and another one of the same size.
    assert_eq!(witness.post(log.request(5, 6).to_string()).await, conflict);
    assert_eq!(witness.ask(&forked.request(7, 7)).await, Answer::Inconsistent);
    assert_eq!(witness.ask(&forked.request(7, 9)).await, Answer::Inconsistent);
    let mut backwards = log.request(5, 7);
    backwards.old = 9;
    assert_eq!(witness.ask(&backwards).await, Answer::Malformed);
    assert_eq!(witness.ask(&Log::new("c.example/log", 3).request(0, 3)).await, Answer::UnknownLog);
    let text = log.request(7, 9).to_string().replace("\n9\n", "\n8\n");
    assert_eq!(witness.post(text).await.0, 403);
    for malformed in ["", "old 7\n", "old 07\n\n", &log.request(7, 9).to_string().replace("old", "new")] {
        assert_eq!(witness.post(malformed.to_owned()).await.0, 400, "{malformed:?}");
    }
    assert_eq!(witness.post("x".repeat(70_000)).await.0, 413);
    let (client, url) = (http_client(), &witness.url);
    assert_eq!(client.get(format!("{url}/add-checkpoint")).send().await.unwrap().status(), 405);
    assert_eq!(client.get(format!("{url}/0/checkpoint")).send().await.unwrap().status(), 404);
    // Nothing of all this was remembered.
    assert_eq!(witness.last(ORIGIN).await.unwrap().checkpoint().head(), log.head(7));
    assert!(matches!(witness.ask(&log.request(7, 7)).await, Answer::Cosigned(_)), "once more the same");
    assert!(matches!(witness.ask(&log.request(7, 20)).await, Answer::Cosigned(_)));
    // Another log has a memory of its own.
    assert!(matches!(witness.ask(&Log::new("b.example/log", 3).request(0, 3)).await, Answer::Cosigned(_)));
    witness.stop().await;
}

#[tokio::test]
async fn what_else_is_signed_below_a_checkpoint_is_not_kept() {
    let folder = TempDir::new().unwrap();
    let witness = Running::start(&folder).await;
    let mut request = Log::new(ORIGIN, 3).request(0, 3);
    for seed in 10..30 {
        request.checkpoint.add(&signer("stranger.example", seed)).unwrap();
    }
    assert!(matches!(witness.ask(&request).await, Answer::Cosigned(_)));
    assert_eq!(witness.last(ORIGIN).await.unwrap().note().signatures().len(), 2);
    // A signature in the log's name that does not hold makes all of it worthless.
    let mut request = Log::new(ORIGIN, 3).request(0, 3);
    let other: Signer = signer(ORIGIN, 1);
    let stolen = transparency::note::Note::sign("another text\n", &other).unwrap().signatures()[0].clone();
    request.checkpoint.attach(stolen).unwrap();
    assert_eq!(witness.ask(&request).await, Answer::NotByLog);
    witness.stop().await;
}

/// Two histories that part at 10, offered at the same time, again and again and in any order: of each size at most one
/// tree is cosigned, and everything that is cosigned is of one history.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_at_the_same_time_never_make_it_cosign_two_histories() {
    let folder = TempDir::new().unwrap();
    let witness = std::sync::Arc::new(Running::start(&folder).await);
    let histories = [0, 1].map(|salt| std::sync::Arc::new(Log::forked(ORIGIN, 40, 10, salt)));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..16_u64 {
        let (witness, log) = (witness.clone(), histories[usize::from(number % 2 == 1)].clone());
        tasks.spawn(async move {
            let (mut cosigned, mut old) = (Vec::new(), 0);
            for step in 0..40_u64 {
                let new = (old + 1 + (number * 7 + step * 3) % 4).min(40);
                match witness.ask(&log.request(old, new)).await {
                    Answer::Cosigned(signatures) => {
                        let mut signed = log.signed(new);
                        signed.attach(signatures[0].clone()).unwrap();
                        signed.note().verify([&witness.key]).unwrap();
                        cosigned.push(log.head(new));
                        old = new;
                    }
                    Answer::Conflict { size } => old = size,
                    Answer::Inconsistent => {}
                    other => panic!("{other:?}"),
                }
            }
            cosigned
        });
    }
    let cosigned = tasks.join_all().await.concat();
    let mut roots = BTreeMap::<u64, Hash>::new();
    for head in cosigned {
        assert_eq!(
            *roots.entry(head.size).or_insert(head.root),
            head.root,
            "two trees of {} leaves",
            head.size
        );
    }
    assert!(roots.len() > 5, "{roots:?}");
    let of = |log: &Log| {
        roots.iter().filter(|(size, _)| **size > 10).all(|(size, root)| log.head(*size).root == *root)
    };
    assert!(of(&histories[0]) != of(&histories[1]), "one history alone");
    let last = witness.last(ORIGIN).await.unwrap().checkpoint().head();
    assert_eq!(roots.last_key_value(), Some((&last.size, &last.root)));
}
