//! Looking up what a brief is made of: a few records of each sort, bounded whatever the register holds.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use contract::brief::Party;
use contract::{Brief, Order, Problem, ProblemKind};
use domain::value::CountryCode;
use domain::{Aggregate, Bounds, Marking, Record, Subject};
use jiff::civil::Date;
use serde_json::Value;

use super::clocks::{self, Started};
use super::compose::recorded;
use super::part::Part;
use super::quota::{Quota, Rest};
use super::sides::{Known, Sides};
use crate::addresses;
use crate::dossiers::{self, Asked};
use crate::filter::Span;
use crate::folds;
use crate::head::{Head, Summary};
use crate::history;
use crate::index::{Among, Finding, Target};
use crate::parties::Bearers;

/// Records that are looked at for one part, shown or not.
const LOOKED_AT: usize = 300;

/// Statuses beyond these are told apart when the record is read: each would be one more range to read.
const MOST_STATUSES: usize = 4;

/// Links to a meeting that are followed.
const MOST_LINKED: usize = 40;

/// Records that are added because they arose where both met.
const MOST_ARISEN: usize = 10;

/// What may arise where both met.
const ARISING: [Part; 3] = [Part::Undertakings, Part::Positions, Part::Matters];

/// Sources that are looked up.
const MOST_SOURCES: usize = 100;

/// What a brief is made of.
#[derive(Clone, Debug)]
pub(super) struct Gathered {
    pub(super) sides: Sides,
    pub(super) today: Date,
    pub(super) position: u64,
    pub(super) known_at: Option<u64>,
    pub(super) since: Option<u64>,
    /// Of the two: that nobody bears a name.
    pub(super) remarks: Vec<String>,
    pub(super) items: Vec<Item>,
    pub(super) sources: BTreeMap<Subject, Item>,
    /// How many of each part were not loaded.
    pub(super) more: BTreeMap<&'static str, u32>,
}

/// A record of the brief.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) part: Part,
    pub(super) subject: Subject,
    /// The record as its reader may see it.
    pub(super) view: Arc<Value>,
    /// Today's.
    pub(super) marking: Marking,
    /// The last day of its time; of what has none, the day on which it was first recorded.
    pub(super) day: Option<Date>,
    /// The position of its first event.
    pub(super) first: u64,
    /// Something was recorded after `since`.
    pub(super) new: bool,
    /// The periods that the law started in it and nothing has ended.
    pub(super) clocks: Vec<Started>,
}

/// Gathers.
///
/// # Errors
/// A problem when both parties are one, or one is asked for by an address at which there is nothing.
pub(super) fn gather(brief: &Brief, asked: &Asked<'_>) -> Result<Gathered, Problem> {
    let bearers = Bearers::seen_by(&asked.visible, asked.view);
    let sides = Sides { us: known(&brief.us, &bearers, asked)?, them: known(&brief.them, &bearers, asked)? };
    if sides.us.party == sides.them.party {
        return Err(Problem::new(ProblemKind::InvalidQuery, "a brief is about another than whom it is for"));
    }
    let gathered = Gathered {
        sides,
        today: brief.today,
        position: asked.position,
        known_at: asked.known_at,
        since: brief.since,
        remarks: vec![],
        items: vec![],
        sources: BTreeMap::new(),
        more: BTreeMap::new(),
    };
    let of_both = [&gathered.sides.them, &gathered.sides.us].map(Known::facets);
    let both = dossiers::among(asked, &of_both);
    let mut gathering = Gathering { gathered, asked, both, seen: BTreeSet::new() };
    gathering.gathered.remarks = [(&brief.us, 0), (&brief.them, 1)]
        .into_iter()
        .filter_map(|(written, which)| gathering.unknown(written.trim(), which))
        .collect();
    for part in Part::ALL {
        gathering.part(part);
    }
    gathering.arisen();
    gathering.retracted();
    gathering.sources();
    let Gathering { mut gathered, .. } = gathering;
    // The last day first; of one day, in the order of recording.
    gathered.items.sort_by_key(|item| (std::cmp::Reverse(item.day), item.first));
    Ok(gathered)
}

/// Who is meant by what was asked for.
fn known(written: &str, bearers: &Bearers<'_>, asked: &Asked<'_>) -> Result<Known, Problem> {
    let written = written.trim();
    let sought = bearers.sought(written);
    let code = written.to_ascii_uppercase().parse::<CountryCode>().ok();
    if let Some(code) = code.or_else(|| sought.state()) {
        return Ok(Known::state(code, Some(sought)));
    }
    // Parties bear the names that they bear today.
    let head = sought.on_record().and_then(|id| asked.head(&id).ok());
    let marking = head.as_deref().map(marking_of);
    let own = |head: &Head| {
        let own = head.mentions.iter().find(|mention| mention.id == Some(head.summary.subject));
        own.and_then(|mention| mention.country)
    };
    let speaks_for = head.as_deref().and_then(own);
    let party = match head {
        Some(head) => Party { key: head.summary.subject.to_string(), name: head.summary.title.clone() },
        None if sought.is_nobody() => {
            return Err(Problem::new(ProblemKind::NotFound, format!("there is no {written}")));
        }
        None => Party { key: written.to_owned(), name: written.to_owned() },
    };
    Ok(Known { speaks_for, party, state: None, sought: Some(sought), marking })
}

fn marking_of(head: &Head) -> Marking {
    head.summary.marking.parse().unwrap_or_else(|_| Marking::unreadable())
}

pub(super) struct Gathering<'a, 'v> {
    pub(super) gathered: Gathered,
    pub(super) asked: &'a Asked<'v>,
    /// What is of both.
    both: Among,
    seen: BTreeSet<Subject>,
}

impl<'v> Gathering<'_, 'v> {
    /// What to say of one of the two if no record names it that the reader may see.
    fn unknown(&self, written: &str, which: usize) -> Option<String> {
        const NAMING: [Aggregate; 5] = [
            Aggregate::Party,
            Aggregate::Engagement,
            Aggregate::Commitment,
            Aggregate::Instrument,
            Aggregate::Matter,
        ];
        let Sides { us, them } = &self.gathered.sides;
        let known = [us, them][which];
        // A country needs no record; a code that is left to users is nobody's before somebody uses it.
        let is_assigned = known.state.is_some_and(|code| code.name() != code.code_as_name());
        if is_assigned || known.marking.is_some() {
            return None;
        }
        let wanted = [known.facets()];
        let is_named = NAMING.iter().any(|aggregate| {
            let of = (*aggregate, None);
            dossiers::by_time(self.asked, of, &wanted, Order::Newest, Span::default(), true).next().is_some()
        });
        (!is_named).then(|| format!("no party on record bears the name “{written}”"))
    }

    /// Takes the first records of a part, of those with a date and of those without; counts some of the rest.
    fn part(&mut self, part: Part) {
        let (dated, undated) = part.most();
        let (mut dated, mut undated, mut rest) = (Quota::of(dated), Quota::of(undated), Rest::default());
        let mut looked_at = [0; 2];
        let mut found = self.of_part(part);
        while let Some((place, Target { subject, .. })) = found.next() {
            let (quota, looked_at) = match place.is_dated() {
                true => (&mut dated, &mut looked_at[0]),
                false => (&mut undated, &mut looked_at[1]),
            };
            self.asked.budget.spend(1);
            if self.asked.budget.is_spent() {
                break;
            }
            if quota.is_full(&rest) || *looked_at == LOOKED_AT {
                if !place.is_dated() {
                    break;
                }
                found.pass_to_undated();
                continue;
            }
            *looked_at += 1;
            let Some(head) = self.candidate(part, &subject) else { continue };
            if quota.takes(&mut rest) {
                self.take(part, &head);
            }
        }
        self.gathered.more.extend(rest.counted().map(|counted| (part.name(), counted)));
    }

    /// What may be of a part, in its order; what has no date last.
    fn of_part(&self, part: Part) -> Finding<'v> {
        let (aggregate, statuses) = part.kept();
        let mut wanted = vec![];
        if statuses.len() <= MOST_STATUSES {
            wanted.push(statuses.iter().map(|status| format!("status:{status}")).collect());
        }
        let (of, span) = ((aggregate, Some(&self.both)), part.span(self.gathered.today));
        let (_, undated) = part.most();
        dossiers::by_time(self.asked, of, &wanted, part.order(), span, undated > 0)
    }

    /// A record as it was known, if it belongs to a part.
    fn candidate(&self, part: Part, subject: &Subject) -> Option<Arc<Head>> {
        let (aggregate, statuses) = part.kept();
        if aggregate != subject.aggregate || self.seen.contains(subject) {
            return None;
        }
        let head = self.asked.known_head(subject).ok()?;
        let Summary { status, earliest, latest, .. } = &head.summary;
        let bounds = Bounds { earliest: *earliest, latest: *latest };
        let is_of_part = statuses.contains(&status.as_str())
            && part.has(bounds, self.gathered.today)
            && self.gathered.sides.are_both_in(&head.mentions);
        is_of_part.then_some(head)
    }

    /// Adds a record to the brief.
    pub(super) fn take(&mut self, part: Part, head: &Head) {
        if let Some(item) = self.item(part, head) {
            let Sides { us, them } = &mut self.gathered.sides;
            for known in [us, them] {
                known.learn(&head.mentions);
            }
            self.seen.insert(item.subject);
            self.gathered.items.push(item);
        }
    }

    /// A record with its view; the head is as it was known.
    fn item(&self, part: Part, head: &Head) -> Option<Item> {
        let Summary { subject, earliest, latest, .. } = head.summary;
        let (view, version) = self.view(head)?;
        let is_new = |since: u64| {
            let last = history::of_record(&subject, version.saturating_sub(1), self.asked.view).next();
            last.is_some_and(|(stands, _)| stands.position > since)
        };
        Some(Item {
            part,
            subject,
            marking: marking_of(head),
            day: latest.or(earliest).or_else(|| recorded(&view, "first")),
            first: head.first,
            new: self.gathered.since.is_some_and(is_new),
            clocks: if clocks::start_in(subject.aggregate) {
                clocks::of(self.folded(head)?.as_ref())
            } else {
                vec![]
            },
            view,
        })
    }

    /// A record as its reader may see it, and its version. What was folded is not written first, to be read again.
    fn view(&self, head: &Head) -> Option<(Arc<Value>, u32)> {
        let Some(then) = self.asked.known(head).ok()? else {
            return Some((self.asked.viewed(head)?, head.summary.version));
        };
        let Value::Object(mut view) = then.view() else { return None };
        view.insert("marking".to_owned(), head.summary.marking.as_str().into());
        addresses::hide(&mut view, |to| self.asked.may_see(to));
        let version = then.events().last().map_or(0, |last| last.event.version);
        Some((Arc::new(Value::Object(view)), version))
    }

    /// A record as it was known, folded.
    pub(super) fn folded(&self, head: &Head) -> Option<Rc<Record>> {
        let then = self.asked.known(head).ok()?;
        Some(then.unwrap_or_else(|| {
            let record = folds::fold(&head.summary.subject, self.asked.view);
            self.asked.budget.spend(record.events().len());
            Rc::new(record)
        }))
    }

    /// Adds undertakings, positions and matters of one side that arose where both met.
    fn arisen(&mut self) {
        let meetings = self.gathered.items.iter().filter(|item| item.part == Part::Meetings);
        let meetings = meetings.map(|item| item.subject).collect::<Vec<_>>();
        let linking = |meeting: &Subject| self.asked.linking(meeting).into_iter().take(MOST_LINKED);
        let linking = meetings.iter().flat_map(linking).map(|(from, _)| from).collect::<BTreeSet<_>>();
        let may_arise = |from: &Subject| {
            ARISING.iter().any(|part| part.kept().0 == from.aggregate) && !self.seen.contains(from)
        };
        let begun = |from: Subject| Some((self.asked.at_hand(&from)?.first, from));
        let mut linking = linking.into_iter().filter(may_arise).filter_map(begun).collect::<Vec<_>>();
        linking.sort_by_key(|(first, _)| std::cmp::Reverse(*first));
        // Heads are read of those alone that are taken, and of the few that belong nowhere.
        let arisen = linking.into_iter().filter_map(|(_, from)| self.arose(&from)).take(MOST_ARISEN);
        for (part, head) in arisen.collect::<Vec<_>>() {
            self.take(part, &head);
        }
    }

    /// What part a record is of that arose where both met, if it is of one of them.
    fn arose(&self, subject: &Subject) -> Option<(Part, Arc<Head>)> {
        let head = self.asked.known_head(subject).ok()?;
        let is_of = |part: &Part| {
            let (aggregate, statuses) = part.kept();
            aggregate == subject.aggregate && statuses.contains(&head.summary.status.as_str())
        };
        let part = ARISING.into_iter().find(is_of)?;
        let Sides { us, them } = &self.gathered.sides;
        head.mentions.iter().any(|mention| us.is(mention) || them.is(mention)).then_some((part, head))
    }

    /// Looks up what the records cite, as far as the reader may see it.
    fn sources(&mut self) {
        let cited = self.gathered.items.iter().flat_map(|item| item.view["citations"].as_array());
        let cited = cited.flatten().filter_map(|citation| citation["source"].as_str()?.parse().ok());
        for subject in cited.collect::<BTreeSet<Subject>>().into_iter().take(MOST_SOURCES) {
            if subject.aggregate == Aggregate::Source
                && let Ok(head) = self.asked.head(&subject)
                && let Some(item) = self.item(Part::Sources, &head)
            {
                self.gathered.sources.insert(subject, item);
            }
        }
    }
}
