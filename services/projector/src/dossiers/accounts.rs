//! The accounts of each happening of a record side by side.

use contract::Problem;
use domain::Subject;
use serde_json::{Value, json};
use service::Reply;

use super::query::Asked;
use crate::{addresses, folds};

/// An answer ends before it grows beyond this: 1 MiB, as pages do.
const LARGEST: usize = 1 << 20;

pub(super) fn accounts(asked: &Asked<'_>, subject: &Subject) -> Result<Reply, Problem> {
    let head = asked.head(subject)?;
    let record = match asked.known(&head)? {
        Some(then) => then,
        None => folds::fold(subject, asked.view).into(),
    };
    let (happenings, left_out) = fitting(record.accounts());
    let mut body = json!({
        "subject": subject,
        "title": record.title(),
        // Who may see it is as of today.
        "marking": head.summary.marking,
        "version": record.version(),
        "position": asked.position,
        "happenings": happenings,
    });
    if left_out > 0 {
        body["more"] = json!(left_out);
    }
    asked.visible.shows(subject, head.marking);
    let body = serde_json::to_vec(&body).expect("JSON is JSON");
    let body = addresses::shown(body, |to| asked.may_see(to));
    Ok(Reply::ok(body).of_version(record.version()))
}

/// As many happenings as fit, and how many do not; what is told by several or objected to goes before the rest.
fn fitting(happenings: Vec<Value>) -> (Vec<Value>, usize) {
    let sizes = happenings.iter().map(|happening| happening.to_string().len() + 1).collect::<Vec<_>>();
    let mut first = (0..happenings.len()).collect::<Vec<_>>();
    first.sort_by_key(|at| !is_disputed(&happenings[*at]));
    let mut size = 0;
    let fit = first.into_iter().take_while(|at| {
        size += sizes[*at];
        size <= LARGEST
    });
    let mut fit = fit.collect::<Vec<_>>();
    fit.sort_unstable();
    let left_out = happenings.len() - fit.len();
    let kept = happenings.into_iter().enumerate().filter(|(at, _)| fit.binary_search(at).is_ok());
    (kept.map(|(_, happening)| happening).collect(), left_out)
}

fn is_disputed(happening: &Value) -> bool {
    happening.get("objections").is_some()
        || happening["accounts"].as_array().is_some_and(|told| told.len() > 1)
}

#[cfg(test)]
mod tests {
    use contract::Query;
    use domain::Aggregate::{Engagement, Source};
    use prometheus_client::metrics::counter::Counter;

    use super::*;
    use crate::dossiers::Dossiers;
    use crate::testing::{Projected, Register, insider, json as body, reader, subject};

    #[tokio::test]
    async fn what_was_recorded_later_or_is_hidden_is_not_compared() {
        let mut register = Register::default();
        let (meeting, cable) = (subject(Engagement, "meeting"), subject(Source, "cable"));
        register.record("source.captured", cable, "SECRET", &json!({"title": "A cable"}));
        let data = json!({"occurred": "2025-04-13", "citations": [{"source": cable, "locator": "p. 2"}]});
        register.record("engagement.held", meeting, "OFFICIAL", &data);
        register.record("engagement.held", meeting, "OFFICIAL", &json!({"occurred": "2025-04-14"}));
        let dossiers = Projected::new(Dossiers::new(Counter::default()), &register).await;
        let ask = |subject| Query::Accounts { subject };

        let answer = body(&dossiers.query(&insider(), ask(meeting)).await);
        assert_eq!((&answer["version"], &answer["position"]), (&json!(2), &json!(3)));
        let accounts = |answer: &Value| answer["happenings"][0]["accounts"].clone();
        assert_eq!(accounts(&answer)[0]["citations"][0]["source"], json!(cable));
        assert_eq!(accounts(&answer).as_array().map(Vec::len), Some(2));
        assert_eq!(answer["happenings"][0]["fields"][0]["because"], "first_report");

        let then = body(&dossiers.query_at(&insider(), Some(2), ask(meeting)).await);
        assert_eq!((&then["version"], &then["position"]), (&json!(1), &json!(2)));
        assert_eq!(then["happenings"][0]["fields"][0]["because"], "only_account");
        assert_eq!(dossiers.query_at(&insider(), Some(1), ask(meeting)).await.status, 404);

        let stranger = reader("OFFICIAL", &[], "CA");
        assert_eq!(dossiers.query(&stranger, ask(cable)).await.status, 404);
        let shown = body(&dossiers.query(&stranger, ask(meeting)).await);
        assert_eq!(accounts(&shown)[0]["citations"], json!([{"locator": "p. 2"}]));
        assert!(!shown.to_string().contains(&cable.id.to_string()));
    }

    #[test]
    fn what_is_disputed_is_shown_before_what_is_not() {
        let long = "x".repeat(400 << 10);
        let happening = |of: u8, accounts: &[&str]| json!({ "of": of, "accounts": accounts, "data": long });
        let all = vec![happening(1, &["a"]), happening(2, &["a"]), happening(3, &["a", "b"])];
        let (kept, left_out) = fitting(all.clone());
        let kept = kept.iter().map(|happening| happening["of"].clone()).collect::<Vec<_>>();
        assert_eq!((kept, left_out), (vec![json!(1), json!(3)], 1));
        assert_eq!(fitting(all[..2].to_vec()).1, 0);
    }
}
