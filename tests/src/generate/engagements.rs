//! Lives of engagements, from foreseen to told in two accounts.

use domain::{Aggregate, Subject};
use serde_json::{Value, json};

use super::plan::{By, DAY, Plan, day, marking, window};
use super::random::{Random, Zipf};
use super::words::{self, TOPICS};
use super::world::{Party, STATES, World};
use crate::AGENCY;

const KINDS: &[&str] = &[
    "meeting",
    "call",
    "dialogue",
    "visit",
    "meeting",
    "round",
    "conference",
    "summit",
    "visit.state",
    "correspondence",
    "briefing",
    "ceremony",
    "consultation",
    "meeting",
    "visit.private",
];

/// What others follow from.
pub(super) struct Engagement {
    pub(super) plan: Plan,
    /// The states that meet.
    pub(super) sides: [usize; 2],
    pub(super) topic: &'static str,
    /// When it was recorded as held, if it was.
    pub(super) held: Option<i64>,
}

/// What an engagement is made of.
pub(super) struct Teller<'w> {
    pub(super) world: &'w World,
    pub(super) topics: &'w Zipf,
    pub(super) random: Random,
}

impl Teller<'_> {
    pub(super) fn topic(&mut self) -> &'static str {
        TOPICS[self.topics.pick(&mut self.random)]
    }

    /// The engagement of this number, of which something is first recorded then.
    pub(super) fn engagement(&mut self, number: u32, born: i64) -> Engagement {
        let plan = Plan::new(Aggregate::Engagement, number, marking(&mut self.random));
        let theirs = self.world.partner(&mut self.random);
        let ours = if self.random.percent(88) { 0 } else { self.world.partner(&mut self.random) };
        let topic = self.topic();
        let mut life = Engagement { plan, sides: [ours, theirs], topic, held: None };
        let described = self.description(&life);
        let happens = if self.random.percent(55) {
            self.foreseen(&mut life.plan, born, &described)
        } else {
            Some(born - self.random.between(0, 3) * DAY)
        };
        if let Some(happens) = happens {
            self.held(&mut life, [born, happens], &described);
            self.told_again(&mut life, number, happens);
        }
        self.kept(&mut life.plan, number);
        life
    }

    fn description(&mut self, life: &Engagement) -> Value {
        let kind = *self.random.pick(KINDS);
        let [ours, theirs] = life.sides.map(|side| STATES[side]);
        let host = life.sides[self.random.index(2)];
        let mut participants = vec![self.delegation(life.sides[0], "visitor")];
        if ours != theirs {
            participants.push(self.delegation(life.sides[1], "host"));
        }
        if self.random.percent(6) {
            for _ in 0..self.random.between(2, 7) {
                let other = self.world.partner(&mut self.random);
                participants.push(json!(STATES[other]));
            }
        }
        let mut described = json!({
            "kind": kind, "participants": participants,
            "place": {"name": format!("{} House", STATES[host]), "kind": "venue", "country": STATES[host]},
            "topics": words::topics(&mut self.random, life.topic),
        });
        if self.random.percent(60) {
            let topic = life.topic.replace(['.', '_'], " ");
            described["title"] =
                json!(format!("{} of {ours} and {theirs} on {topic}", kind.replace('.', " ")));
        }
        if self.random.percent(10) {
            described["series"] = json!({"name": format!("{ours}–{theirs} strategic dialogue")});
        }
        described
    }

    /// A state alone, somebody for it, or a delegation with its members.
    fn delegation(&mut self, state: usize, role: &str) -> Value {
        let (world, random) = (self.world, &mut self.random);
        let country = STATES[state];
        let shape = random.below(10);
        let Some(leader) = world.person(random, state).filter(|_| shape > 2) else { return json!(country) };
        if shape < 7 {
            let mut one = titled(leader, random.percent(20));
            one["role"] = json!(role);
            return one;
        }
        let mut members = vec![titled(leader, false)];
        members[0]["role"] = json!("lead");
        if let Some(member) = world.person(random, state).filter(|member| member.number != leader.number) {
            members.push(titled(member, false));
        }
        if let Some(ministry) = world.organisation(random, state) {
            members[0]["organisation"] = json!(ministry.name);
        }
        let name = format!("Delegation of {country}");
        json!({"name": name, "kind": "group", "country": country, "role": role, "members": members})
    }

    /// What is recorded before the day; nothing comes of it if it is called off or never heard of again.
    fn foreseen(&mut self, plan: &mut Plan, born: i64, described: &Value) -> Option<i64> {
        let mut happens = born + self.random.between(5, 150) * DAY;
        let mut first = described.clone();
        first["window"] = window(&mut self.random, happens);
        first["notes"] = json!([words::note(&mut self.random)]);
        let event = *self.random.pick(&["expected", "scheduled", "scheduled", "proposed"]);
        plan.then(born, event, &first);
        let mut at = born;
        for _ in 0..self.random.below(3) {
            at += self.random.between(2, 40) * DAY;
            happens = happens.max(at) + self.random.between(3, 60) * DAY;
            let put_off = self.random.percent(25);
            let event = if put_off { "postponed" } else { "scheduled" };
            let window = window(&mut self.random, happens);
            plan.then(at, event, &json!({"window": window, "reason": "The calendars of both sides"}));
        }
        if self.random.percent(30) {
            at += DAY;
            let participants = &described["participants"];
            plan.then(
                at,
                "participants_amended",
                &json!({"participants": participants, "reason": "Others come"}),
            );
        }
        match self.random.below(100) {
            0..8 => {
                plan.then(at.max(happens - DAY), "cancelled", &json!({"reason": "Called off by the host"}))
            }
            8..12 => plan.then(happens + DAY, "not_held", &json!({"reason": "It did not come about"})),
            12..24 => return None,
            _ => return Some(happens.max(at) + self.late()),
        };
        None
    }

    /// Most come in time, some much later.
    fn late(&mut self) -> i64 {
        if self.random.percent(15) { self.random.between(20, 200) * DAY } else { 0 }
    }

    fn held(&mut self, life: &mut Engagement, [born, happens]: [i64; 2], described: &Value) {
        let recorded = born.max(happens) + self.random.between(2, 72) * 3600;
        let mut data = described.clone();
        if !life.plan.steps.is_empty() {
            // What was said before is not said again.
            for name in ["kind", "title", "topics", "series"] {
                data.as_object_mut().expect("it is an object").remove(name);
            }
        }
        data["occurred"] = json!({"edtf": day(happens).to_string()});
        data["utterances"] = json!([self.said(life), self.said(life)]);
        data["notes"] = json!([words::note(&mut self.random)]);
        life.held = Some(life.plan.last().map_or(recorded, |last| recorded.max(last + 60)));
        data["citations"] = self.cited(life);
        life.plan.then(recorded, "held", &data);
        let mut at = life.held.unwrap_or(recorded);
        for nth in 0..self.random.between(1, 4) {
            at += self.random.between(1, 48) * 3600;
            let issuer = life.sides[usize::from(nth % 2 == 1)];
            let issuers = json!([self.speaker(issuer)]);
            let data = json!({
                "issuers": issuers, "form": "statement", "occurred": day(at).to_string(),
                "utterances": [self.said(life)], "citations": self.cited(life),
            });
            life.plan.then(at, "statement_issued", &data);
        }
    }

    fn said(&mut self, life: &Engagement) -> Value {
        let side = life.sides[self.random.index(2)];
        let speaker = self.speaker(side);
        words::utterance(&mut self.random, &[&speaker], life.topic)
    }

    pub(super) fn speaker(&mut self, state: usize) -> Value {
        let (world, random) = (self.world, &mut self.random);
        let by_record = random.percent(20);
        let one =
            if random.percent(50) { world.person(random, state) } else { world.organisation(random, state) };
        one.map_or_else(|| json!(STATES[state]), |party| party.reference(by_record))
    }

    /// The report of an engagement, recorded an hour before it, or the web.
    pub(super) fn cited(&mut self, life: &Engagement) -> Value {
        let number = life.plan.key.rsplit('/').next().unwrap_or_default();
        let source = Subject::of_key(AGENCY, Aggregate::Source, &format!("source/{number}"));
        let source =
            if life.held.is_some() { source.to_string() } else { "https://example.org/press".to_owned() };
        let grade = *self.random.pick(&["A1", "B2", "B2", "B3", "C3"]);
        json!([{"source": source, "locator": "third paragraph", "via": ["the spokesperson"], "grade": grade}])
    }

    /// Other accounts of it, what was wrong, what did not happen.
    fn told_again(&mut self, life: &mut Engagement, number: u32, happens: i64) {
        let Some(at) = life.plan.steps.iter().position(|step| step.event == "held") else { return };
        let (plan, random) = (&mut life.plan, &mut self.random);
        let held = plan.uid(at);
        let other = day(happens + DAY).to_string();
        let later =
            |random: &mut Random, plan: &Plan| plan.last().unwrap_or(happens) + random.between(1, 30) * DAY;
        if random.percent(7) {
            let when = later(random, plan);
            let data = json!({"restates": held, "occurred": other, "notes": [words::note(random)]});
            let by = if random.percent(50) { By::Canada } else { By::Britain };
            let account = plan.told_by(by, when, "held", &data);
            if random.percent(25) {
                let chosen = plan.uid(account);
                let when = later(random, plan);
                let data = json!({"event": held, "pointer": "/occurred", "chosen": chosen, "reason": "Seen by both"});
                plan.told_by(By::Approver, when, "adjudicated", &data);
            }
        } else if random.percent(3) {
            let data = json!({"event": held, "pointer": "/occurred", "alternative": {"edtf": other}, "reason": "Not then"});
            let when = later(random, plan);
            plan.told_by(By::Canada, when, "contested", &data);
        }
        if random.percent(6) {
            let changes = json!([{"pointer": "/place/name", "new": format!("Hall {number}")}]);
            let when = later(random, plan);
            plan.then(when, "corrected", &json!({"event": held, "changes": changes, "reason": "Misread"}));
        }
        if random.percent(3)
            && let Some(statement) = plan.steps.iter().rposition(|step| step.event == "statement_issued")
        {
            let data = json!({"event": plan.uid(statement), "reason": "It was never given out"});
            let when = later(random, plan);
            plan.then(when, "retracted", &data);
        }
    }

    /// How some are kept: marked anew, held, merged, disposed of.
    fn kept(&mut self, plan: &mut Plan, number: u32) {
        let random = &mut self.random;
        let Some(last) = plan.last() else { return };
        let at = last + random.between(30, 900) * DAY;
        match random.below(1000) {
            0..15 => {
                let level = *random.pick(&["OFFICIAL", "SECRET", "OFFICIAL-SENSITIVE"]);
                let review = day(at + 400 * DAY).to_string();
                plan.then(
                    at,
                    "marking_changed",
                    &json!({"level": level, "review_on": review, "reason": "Reviewed"}),
                );
            }
            15..18 => {
                plan.then(at, "hold_placed", &json!({"reason": "An inquiry"}));
            }
            18..22 if number > 0 => {
                let into =
                    Subject::of_key(AGENCY, Aggregate::Engagement, &format!("engagement/{}", number - 1));
                plan.then(
                    at,
                    "merged_into",
                    &json!({"record": into.to_string(), "reason": "The same meeting"}),
                );
            }
            22..25 => {
                let data = json!({"how": "destroyed", "requester": "archivist", "authority": "Schedule 4"});
                plan.told_by(By::Approver, at, "disposed", &data);
            }
            _ => {}
        }
    }
}

/// Somebody with their title of the time.
fn titled(person: &Party, by_record: bool) -> Value {
    let mut one = person.reference(by_record);
    one["title"] = json!(person.post);
    one
}
