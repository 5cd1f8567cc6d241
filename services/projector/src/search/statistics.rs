//! Counts of what a reader may see.

use std::collections::BTreeMap;

use contract::{By, Problem, Statistics};
use domain::{Aggregate, Levels, Marking};
use serde_json::{Map, Value, json};
use service::{Reply, Shown};

use super::counting::{Group, Question};
use super::index::Snapshot;
use super::parse::Sought;
use super::query::{Asked, Narrowed, broken};

/// Everything that can be counted by.
const ALL: [By; 7] = [By::Month, By::Party, By::Kind, By::Topic, By::Status, By::Outcome, By::Strength];

/// What is to be counted: all that the rows have to say of it, so that they are not held up while it is.
pub(crate) struct Asking {
    aggregate: Aggregate,
    limit: usize,
    question: Question,
    /// By their numbers, the markings that restrict anything.
    marked: BTreeMap<u64, Marking>,
    levels: Levels,
}

impl Asking {
    pub(super) fn new(asked: &Asked<'_>, statistics: &Statistics) -> Result<Self, Problem> {
        let Statistics { aggregate, filters, by, limit, today } = statistics;
        let sought = Sought::read(filters.text.as_deref().unwrap_or_default());
        let narrowed = asked.narrowed(filters, Some(aggregate.as_str()), asked.index)?;
        let of_all = |by: &By| match by {
            By::Outcome => *aggregate == Aggregate::Engagement,
            By::Strength => *aggregate == Aggregate::Commitment,
            _ => true,
        };
        let by = if by.is_empty() { ALL.into_iter().filter(of_all).collect() } else { by.clone() };
        let Narrowed { facets, admitted } = narrowed;
        Ok(Self {
            aggregate: *aggregate,
            limit: usize::try_from(*limit).unwrap_or(usize::MAX).max(1),
            question: Question { sought, facets, admitted, by, today: *today },
            marked: asked.visible.restricting_numbers(),
            levels: asked.visible.levels().clone(),
        })
    }

    /// Counts, and writes what was counted.
    pub(super) fn answer(&self, index: &Snapshot) -> Result<Reply, Problem> {
        let counts = self.question.count(index).map_err(|error| broken(&error.into()))?;
        let none = BTreeMap::new();
        let mut body = Map::new();
        body.insert("aggregate".into(), json!(self.aggregate.as_str()));
        body.insert("total".into(), json!(counts.total));
        body.insert("position".into(), json!(index.position));
        for by in &self.question.by {
            let groups = counts.groups.get(by).unwrap_or(&none);
            let undated = counts.total.saturating_sub(groups.values().map(|group| group.count).sum());
            if *by == By::Month && undated > 0 {
                body.insert("month_undated".into(), json!(undated));
            }
            if *by == By::Topic && counts.no_topic > 0 {
                body.insert("topic_none".into(), json!(counts.no_topic));
            }
            section(*by, groups, self.limit, &mut body);
        }
        let met = counts.markings.keys().filter_map(|number| self.marked.get(number));
        let shown = Shown::joined(met, &self.levels);
        let body = serde_json::to_vec(&body).expect("texts and numbers are JSON");
        Ok(Reply::ok(body).at(index.position).showing(shown))
    }
}

/// The largest groups; of months, in their order.
fn section(by: By, groups: &BTreeMap<String, Group>, limit: usize, body: &mut Map<String, Value>) {
    let mut groups = groups.iter().collect::<Vec<_>>();
    groups.sort_unstable_by(|(a_key, a), (b_key, b)| b.count.cmp(&a.count).then_with(|| a_key.cmp(b_key)));
    let others = groups.split_off(groups.len().min(limit));
    if by == By::Month {
        groups.sort_by_key(|(month, _)| *month);
    }
    let shown = groups.iter().map(|(key, group)| {
        let mut row = json!({"key": key, "count": group.count});
        match by {
            By::Party => row["name"] = group.name().unwrap_or(key).into(),
            By::Strength => {
                row["fulfilled"] = group.fulfilled.into();
                row["withdrawn"] = group.withdrawn.into();
                row["open"] = group.open.into();
            }
            _ => {}
        }
        row
    });
    let name = serde_json::to_value(by).expect("a word is JSON");
    let name = name.as_str().unwrap_or_default();
    body.insert(name.to_owned(), shown.collect());
    if !others.is_empty() {
        let others = others.iter().map(|(_, group)| group.count).sum::<u64>();
        body.insert(format!("{name}_other"), others.into());
    }
}
