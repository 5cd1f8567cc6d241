//! For tests: a register whose rows are indexed, asked as a reader would.

use std::path::Path;

use contract::{Ask, Filters, Find, Order, Paging, Principal, Problem, Search, Statistics};
use domain::{Aggregate, Levels};
use prometheus_client::metrics::counter::Counter;
use readmodel::{Reader, View};
use serde_json::Value;
use service::Reply;
use tempfile::TempDir;

use super::Told;
use super::index::{Snapshot, Writer, discard};
use super::indexer::{IN_A_COMMIT, changes};
use super::projection::Texting;
use super::query::count;
use crate::testing::{Projected, Register, json, list};

/// A register, projected and indexed.
pub(crate) struct Searched {
    pub(super) rows: Projected,
    pub(super) folder: TempDir,
    pub(super) index: Snapshot,
}

impl Searched {
    pub(crate) async fn new(register: &Register) -> Self {
        let rows = Projected::new(Texting::new(Counter::default()), register).await;
        let folder = tempfile::tempdir().unwrap();
        let index = indexed(folder.path(), &rows).await.snapshot().unwrap();
        Self { rows, folder, index }
    }

    /// Asks the search.
    pub(crate) async fn find(&self, principal: &Principal, query: Find) -> Reply {
        let ask = Ask { principal: principal.clone(), min_position: 0, known_at: None, query };
        self.ask(ask).await
    }

    /// As it is when more has been recorded.
    pub(super) async fn continued(self, register: &Register) -> Self {
        let Self { rows, folder, index } = self;
        drop(index);
        let rows = rows.continued(Texting::new(Counter::default()), register).await;
        let index = indexed(folder.path(), &rows).await.snapshot().unwrap();
        Self { rows, folder, index }
    }

    pub(super) async fn ask(&self, ask: Ask<Find>) -> Reply {
        answered(&self.rows.reader, &self.index, ask).await.unwrap_or_else(Reply::from)
    }
}

/// As it is served.
pub(super) async fn answered(reader: &Reader, index: &Snapshot, ask: Ask<Find>) -> Result<Reply, Problem> {
    let asked = index.clone();
    let answer = move |view: &View<'_>| super::answer(&ask, &Levels::default(), view, &asked);
    match reader.read(answer).await.unwrap()? {
        Told::All(reply) => Ok(reply),
        Told::ToCount(asking) => count(&asking, index),
    }
}

/// Brings the index in a folder to where the rows are.
pub(super) async fn indexed(folder: &Path, rows: &Projected) -> Writer {
    let folder = folder.join("index-7");
    let mut writer = Writer::open(&folder, "memory").unwrap();
    if writer.check()().is_err() {
        drop(writer);
        discard(&folder).unwrap();
        writer = Writer::open(&folder, "memory").unwrap();
    }
    writer.trust().unwrap();
    catch_up(&mut writer, &rows.reader).await;
    writer
}

/// Takes whatever has changed, in as many commits as that takes.
pub(super) async fn catch_up(writer: &mut Writer, rows: &Reader) {
    let mut taken = 0;
    loop {
        let after = writer.progress.seen;
        let changes = rows.read(move |view| changes(after, view)).await.unwrap();
        writer.take(&changes).unwrap();
        taken += changes.records.len();
        if taken >= IN_A_COMMIT || changes.complete.is_some() {
            writer.commit().unwrap();
            taken = 0;
        }
        if changes.complete.is_some() {
            return;
        }
    }
}

/// Whatever can be asked of the search with these sets of parties, the pages followed to their end.
pub(crate) async fn everything(
    register: &Register,
    reader: &Principal,
    parties: &[&[&str]],
) -> Vec<(String, u16, Value)> {
    let searched = Searched::new(register).await;
    let mut answers = vec![];
    for parties in parties {
        let parties = parties.iter().map(|party| (*party).to_owned()).collect::<Vec<_>>();
        let filters = |text: &str| Filters {
            parties: parties.clone(),
            text: Some(text.to_owned()),
            ..Filters::default()
        };
        let page = || Paging { cursor: None, limit: 2 };
        for (text, order) in [
            ("engagement", None),
            ("khan* -5", None),
            ("\"commissioner\"", Some(Order::Oldest)),
            ("matter", None),
        ] {
            let search = Search { filters: filters(text), order, page: page(), ..Search::default() };
            follow(&searched, reader, Find::Search(search), &mut answers).await;
        }
        for aggregate in Aggregate::ALL {
            let query = contract::List { filters: filters("khan"), page: page(), ..list(aggregate) };
            follow(&searched, reader, Find::List(query), &mut answers).await;
            let filters = Filters { text: None, ..filters("") };
            let query = Statistics { aggregate, filters, by: vec![], limit: 2, today: None };
            follow(&searched, reader, Find::Statistics(query), &mut answers).await;
        }
    }
    answers
}

async fn follow(
    searched: &Searched,
    reader: &Principal,
    mut query: Find,
    answers: &mut Vec<(String, u16, Value)>,
) {
    loop {
        let reply = searched.find(reader, query.clone()).await;
        let body = json(&reply);
        let next = body["next"].as_str().map(str::to_owned);
        answers.push((format!("{query:?}"), reply.status, body));
        match &mut query {
            Find::Search(Search { page, .. }) | Find::List(contract::List { page, .. }) if next.is_some() => {
                page.cursor = next;
            }
            _ => return,
        }
    }
}
