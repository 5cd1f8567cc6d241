//! A register as it might be after ten years: generated, the same from the same seed, event by event.
//!
//! Records live side by side: an engagement is foreseen, put off, held, told in statements and second accounts,
//! corrected; promises, instruments and matters come of it and go on for years. A few states are busy and most
//! are not (Zipf); so are topics and people. Everything is admitted by the rules as a registrar would admit it,
//! and what it makes are the envelopes of a log that begins with it.
//!
//! Only records that are still to get events are in memory.

mod engagements;
mod load;
mod others;
mod plan;
mod random;
mod words;
mod world;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::vec::IntoIter;

use contract::Salt;
use domain::{Aggregate, EventKind, Marking, Subject, Vocabulary};
use eventlog::Append;
use jiff::Timestamp;

use self::engagements::Teller;
pub use self::load::load;
use self::plan::{BEGINNING, DAY, END, Plan, Step};
use self::random::{Random, Zipf};
use self::words::TOPICS;
use self::world::{STATES, World};
use crate::AGENCY;
use crate::recording::{Proposal, Recording};

/// How large a register is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many engagements there are, if the events suffice for them.
    pub engagements: u32,
    /// How many parties have a record.
    pub parties: u32,
    /// How many events there are at most.
    pub events: u64,
    /// What everything follows from.
    pub seed: u64,
}

impl Size {
    /// The register that the goals are set for.
    pub const FULL: Self = Self { engagements: 100_000, parties: 2_000, events: 1_000_000, seed: 1 };

    /// The same in small.
    #[must_use]
    pub fn of_events(events: u64) -> Self {
        let engagements = u32::try_from(events / 10).unwrap_or(u32::MAX).max(1);
        let parties = u32::try_from(events / 500).unwrap_or(u32::MAX).clamp(60, 2_000);
        Self { engagements, parties, events, ..Self::FULL }
    }
}

/// The events of a generated register, in order, from the first position on.
pub struct Generator {
    size: Size,
    world: World,
    topics: Zipf,
    random: Random,
    vocabulary: Vocabulary,
    /// The engagement that begins next.
    next: u32,
    /// Which record is next, by time.
    queue: BinaryHeap<Reverse<(i64, u64)>>,
    lives: HashMap<u64, Life>,
    begun: u64,
    position: u64,
}

/// A record that is still to get events.
struct Life {
    recording: Recording,
    key: String,
    marking: Marking,
    steps: std::iter::Peekable<IntoIter<Step>>,
}

impl Generator {
    /// Begins with the parties.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let random = Random::new(size.seed);
        let world = World::new(&random, size.parties as usize);
        let mut generator = Self {
            size,
            world,
            topics: Zipf::new(TOPICS.len()),
            random,
            vocabulary: Vocabulary::default(),
            next: 0,
            queue: BinaryHeap::new(),
            lives: HashMap::new(),
            begun: 0,
            position: 0,
        };
        for number in 0..generator.world.parties.len() {
            let party = generator.world.parties[number].clone();
            let plan = generator.teller(1 << 40 | number as u64).party(&party);
            generator.begin(plan);
        }
        generator
    }

    /// The engagement of a number, counted from 0.
    #[must_use]
    pub fn engagement(number: u32) -> Subject {
        Subject::of_key(AGENCY, Aggregate::Engagement, &format!("engagement/{number}"))
    }

    /// The codes of the states that take part, the busiest first; the first is ours.
    #[must_use]
    pub fn states(&self) -> &'static [&'static str] {
        &STATES[..self.world.states()]
    }

    /// The names of somebody with two spellings, one of them in Urdu.
    ///
    /// # Panics
    /// When there are so few parties that nobody has.
    #[must_use]
    pub fn two_spellings(&self) -> (String, String) {
        let two = |party: &world::Party| {
            let (alias, lang) = party.alias.clone()?;
            (lang == "ur").then(|| (party.name.clone(), alias))
        };
        self.world.parties.iter().find_map(two).expect("one of ours has two")
    }

    fn teller(&self, number: u64) -> Teller<'_> {
        Teller { world: &self.world, topics: &self.topics, random: self.random.of(number) }
    }

    fn begin(&mut self, mut plan: Plan) {
        plan.steps.retain(|step| step.at <= END);
        let Some(first) = plan.steps.first() else { return };
        self.queue.push(Reverse((first.at, self.begun)));
        let life = Life {
            recording: Recording::new(plan.subject),
            key: plan.key,
            marking: plan.marking.parse().expect("the plans hold markings"),
            steps: plan.steps.into_iter().peekable(),
        };
        self.lives.insert(self.begun, life);
        self.begun += 1;
    }

    /// When something is first known of the next engagement: spread over the years, once the parties are there.
    fn due(&self) -> Option<i64> {
        const LEAD: i64 = 15 * DAY;
        let part = i64::from(self.next) * (END - BEGINNING - LEAD) / i64::from(self.size.engagements);
        (self.next < self.size.engagements).then_some(BEGINNING + LEAD + part)
    }

    /// Begins the next engagement and what comes of it.
    fn engage(&mut self, born: i64) {
        let number = self.next;
        self.next += 1;
        let mut teller = self.teller(u64::from(number));
        let engagement = teller.engagement(number, born);
        let mut plans = Vec::new();
        if let Some(held) = engagement.held {
            plans.push(teller.source(&engagement, number, held - 3600));
            for nth in 0..teller.random.below(3) {
                let at = held + teller.random.between(1, 72) * 3600;
                plans.push(teller.commitment(&engagement, &format!("{number}.{nth}"), at));
            }
            if teller.random.percent(9) {
                let at = held + teller.random.between(2, 40) * 3600;
                plans.push(teller.instrument(&engagement, number, at));
            }
            if teller.random.percent(13) {
                let at = held + teller.random.between(2, 40) * 3600;
                plans.push(teller.matter(&engagement, number, at));
            }
        }
        plans.push(engagement.plan);
        plans.into_iter().for_each(|plan| self.begin(plan));
    }

    fn record(&mut self, at: i64, number: u64) -> Append {
        let life = self.lives.get_mut(&number).expect("what is queued lives");
        let step = life.steps.next().expect("what is queued goes on");
        let subject = life.recording.record().subject();
        self.position += 1;
        let mut salts = self.random.of(self.position | 1 << 50);
        let mut salt = || {
            let halves = u128::from(salts.next()) << 64 | u128::from(salts.next());
            Salt(halves.to_be_bytes())
        };
        let proposal = Proposal {
            id: format!("{}/{}", life.key, life.recording.record().version() + 1),
            kind: kind(subject.aggregate, step.event),
            author: step.by.author(),
            marking: &life.marking,
            recorded: Timestamp::from_second(at).expect("it lies in this century"),
            data: &serde_json::from_str(&step.data).expect("the plans hold JSON"),
            salts: [salt(), salt()],
        };
        let taken = life.recording.take(&proposal, self.position, &self.vocabulary);
        let (append, _) =
            taken.unwrap_or_else(|issues| panic!("{} is refused: {issues:#?}\n{}", proposal.id, step.data));
        match life.steps.peek() {
            Some(next) => self.queue.push(Reverse((next.at, number))),
            None => drop(self.lives.remove(&number)),
        }
        append
    }
}

impl Iterator for Generator {
    type Item = Append;

    fn next(&mut self) -> Option<Append> {
        if self.position == self.size.events {
            return None;
        }
        loop {
            let waiting = self.queue.peek().map(|Reverse((at, _))| *at);
            match self.due() {
                Some(born) if waiting.is_none_or(|waiting| born <= waiting) => self.engage(born),
                _ => break,
            }
        }
        let Reverse((at, number)) = self.queue.pop()?;
        Some(self.record(at, number))
    }
}

fn kind(aggregate: Aggregate, event: &str) -> EventKind {
    format!("{aggregate}.{event}").parse().expect("the plans hold events of the vocabulary")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    const SMALL: Size = Size { engagements: 400, parties: 80, events: 4_000, seed: 7 };

    #[test]
    fn a_seed_gives_the_same_bytes_and_another_others() {
        let bytes = |seed| {
            let generator = Generator::new(Size { events: 1_500, seed, ..SMALL });
            generator.map(|append| (append.subject, append.expected, append.payload)).collect::<Vec<_>>()
        };
        assert!(bytes(1) == bytes(1));
        assert!(bytes(1) != bytes(2));
    }

    /// What is refused panics: that this ends shows that all is admitted.
    #[test]
    fn everything_is_admitted_and_follows_what_went_before() {
        let (mut last, mut kinds, mut markings) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let (mut times, mut count) = (Timestamp::MIN, 0);
        for (append, position) in Generator::new(SMALL).zip(1_u64..) {
            let (version, before) =
                last.insert(append.subject, (append.version, position)).unwrap_or_default();
            assert_eq!((append.version, append.expected), (version + 1, before));
            let event = contract::Recorded::parse(&append.payload).unwrap();
            assert_eq!(event.subject, append.subject);
            assert!(event.recordedtime >= times);
            times = event.recordedtime;
            kinds.insert(append.kind);
            markings.insert(append.facets.marking);
            count += 1;
        }
        assert!(kinds.len() > 30, "{kinds:#?}");
        assert!(markings.len() > 5, "{markings:#?}");
        assert!(count > 3_000, "{count} events");
        let engagements = last.keys().filter(|subject| subject.aggregate == Aggregate::Engagement).count();
        assert!(engagements > 300, "{engagements}");
    }
}
