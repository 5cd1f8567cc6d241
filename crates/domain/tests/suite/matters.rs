use domain::Aggregate;
use serde_json::json;

use crate::given::{Given, nothing};

fn matter() -> Given {
    nothing(Aggregate::Matter)
}

#[test]
fn opened() {
    matter()
        .when(
            "matter.opened",
            json!({ "kind": "issue", "parties": ["PK", { "party": "CA", "role": "raised_by" }] }),
        )
        .then(json!({
            "status": "open", "title": "Issue: Pakistan and Canada",
            "parties": [{ "party": { "country": "PK" }, "role": "party" }, { "role": "raised_by" }],
        }));
}

#[test]
fn development_recorded_needs_no_opening() {
    matter()
        .when(
            "matter.development_recorded",
            json!({
                "kind": "trade_flow", "commodity": "1205", "parties": [{ "party": "CA", "role": "exporter" }],
                "status": "suspended", "amounts": { "value": "1", "currency": "USD" },
            }),
        )
        .when(
            "matter.development_recorded",
            json!({ "status": "resumed", "quantities": { "value": "60000", "unit": "t" } }),
        )
        .when("matter.development_recorded", json!({ "status": "to grow", "window": "2026" }))
        .then(json!({
            "status": "open", "situation": "resumed", "commodity": "1205",
            "developments": [
                { "status": "suspended", "amounts": [{ "value": "1" }], "event": "#1" },
                { "status": "resumed", "quantities": [{ "unit": "t" }] },
                { "status": "to grow", "window": { "edtf": "2026" } },
            ],
        }));
}

#[test]
fn closed_and_reopened() {
    matter()
        .when("matter.opened", json!({}))
        .when("matter.closed", json!({}))
        .then(json!({ "status": "closed" }))
        .when("matter.reopened", json!({}))
        .then(json!({ "status": "open" }));
}
