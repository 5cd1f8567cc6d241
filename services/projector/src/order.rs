//! A read model that is ordered to be built anew while it answers.

use domain::Aggregate::{Engagement, Source};
use prometheus_client::metrics::counter::Counter;
use readmodel::{Order, Projection};
use serde_json::json;
use testkit::PATIENCE;

use crate::testing::{Projected, Register, subject};
use crate::{Dossiers, Expectations, Happenings, Texting};

/// A register in which marks, links and names change.
fn register() -> Register {
    let mut register = Register::default();
    let source = subject(Source, "report");
    register.record("source.captured", source, "OFFICIAL", &json!({"title": "Talks"}));
    for i in 0..300 {
        let of = subject(Engagement, &(i % 40).to_string());
        let data = json!({"kind": "meeting", "participants": ["CA", "Tarik Ali Khan"], "citations": [source],
            "window": format!("2025-{:02}", i % 12 + 1), "notes": [format!("Note {i}.")]});
        let event = ["expected", "scheduled", "held"][i / 40 % 3];
        register.record(&format!("engagement.{event}"), of, "OFFICIAL", &data);
        if i % 50 == 49 {
            register.record("engagement.marking_changed", of, "OFFICIAL", &json!({"level": "SECRET"}));
        }
    }
    register
}

async fn is_built_anew<P: Projection<Entry = readmodel::Entry>>(projection: P) {
    let folder = tempfile::tempdir().unwrap();
    let projected = Projected::new(projection, &register()).await;
    let before = projected.rows().await;
    assert!(before.len() > 300);
    let mut order = Order::new(folder.path(), projected.reader.clone());
    let file = folder.path().join("REBUILD");
    std::fs::write(&file, "").unwrap();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while file.exists() {
        assert!(tokio::time::Instant::now() < deadline, "the new one answers in time");
        order.look().await;
        // No query fails meanwhile.
        assert_eq!(projected.rows().await.len(), before.len());
        tokio::task::yield_now().await;
    }
    assert!(!folder.path().join("REBUILD.failed").exists());
    let read = projected.reader.read(|view| (view.schema(), view.generation())).await;
    assert_eq!(read.unwrap(), (P::SCHEMA, 1));
    assert_eq!(projected.rows().await, before);
}

#[tokio::test]
async fn each_read_model_is_built_anew_on_order_and_equals_itself() {
    is_built_anew(Dossiers::new(Counter::default())).await;
    is_built_anew(Happenings::new(Counter::default())).await;
    is_built_anew(Expectations::new(Counter::default())).await;
    is_built_anew(Texting::new(Counter::default())).await;
}
