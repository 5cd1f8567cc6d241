//! Lives of what comes of engagements: promises, instruments, matters, sources; and of the parties.

use domain::Aggregate;
use serde_json::{Value, json};

use super::engagements::{Engagement, Teller};
use super::plan::{BEGINNING, DAY, Plan, day, marking};
use super::words;
use super::world::{Party, STATES};

const STRENGTHS: &[&str] = &[
    "agreed",
    "expressed_willingness",
    "expressed_interest",
    "agreed",
    "conveyed_commitment",
    "expressed_desire",
    "signed",
    "discussed",
];
const INSTRUMENTS: &[&str] =
    &["mou", "mou", "agreement", "treaty", "investment_treaty", "protocol", "joint_declaration"];
const MATTERS: &[&str] = &["issue", "trade_flow", "project", "programme", "indicator", "background"];
const COURSES: &[&str] = &["raised", "under discussion", "in progress", "delayed", "resumed", "suspended"];

impl Teller<'_> {
    /// The report that an engagement is known from.
    pub(super) fn source(&mut self, engagement: &Engagement, number: u32, at: i64) -> Plan {
        let mut plan = Plan::new(Aggregate::Source, number, engagement.plan.marking);
        let kind = *self.random.pick(&["news", "press_release", "readout", "cable", "minutes"]);
        let (title, language) = words::sentence(&mut self.random);
        let publisher = format!("{} Gazette", STATES[engagement.sides[self.random.index(2)]]);
        let data = json!({
            "kind": kind, "title": title, "language": language, "publisher": publisher,
            "published": day(at).to_string(), "url": format!("https://example.org/{number}"),
        });
        plan.then(at, "captured", &data);
        match self.random.below(100) {
            0..6 => plan.then(at + 3 * DAY, "revised", &json!({"updated": day(at + 3 * DAY).to_string()})),
            6 => plan.then(at + 9 * DAY, "withdrawn", &json!({"reason": "Withdrawn by its publisher"})),
            _ => 0,
        };
        plan
    }

    /// Something that was promised or wished for.
    pub(super) fn commitment(&mut self, engagement: &Engagement, number: &str, at: i64) -> Plan {
        let mut plan = Plan::new(Aggregate::Commitment, number, marking(&mut self.random));
        let strength = *self.random.pick(STRENGTHS);
        let owner = engagement.sides[self.random.index(2)];
        let other = engagement.sides[usize::from(owner == engagement.sides[0])];
        let (text, _) = words::sentence(&mut self.random);
        let due = at + self.random.between(30, 700) * DAY;
        let mut data = json!({
            "text": text, "strength": strength, "owners": [STATES[owner]], "beneficiaries": [STATES[other]],
            "topics": words::topics(&mut self.random, engagement.topic), "by": [self.speaker(owner)],
            "occurred": day(at).to_string(), "citations": self.cited(engagement),
            "links": Plan::link("arises_from", engagement.plan.subject),
        });
        if self.random.percent(20) {
            data["owners"] = json!([STATES[owner], STATES[other]]);
        }
        let is_position = matches!(strength, "discussed" | "expressed_interest" | "expressed_desire");
        if !is_position && self.random.percent(65) {
            data["due"] = json!(day(due).to_string());
        }
        plan.then(at, "made", &data);
        if !is_position {
            self.promise_kept(&mut plan, at, due);
        }
        plan
    }

    fn promise_kept(&mut self, plan: &mut Plan, made: i64, due: i64) {
        let mut at = made;
        for _ in 0..self.random.below(3) {
            at += self.random.between(10, 120) * DAY;
            plan.then(at, "progressed", &json!({"description": words::sentence(&mut self.random).0}));
        }
        if self.random.percent(15) {
            let due = json!({"due": day(due + 90 * DAY).to_string(), "reason": "Funds came late"});
            plan.then(at + DAY, "due_changed", &due);
        }
        match self.random.below(100) {
            0..45 => {
                let done = at.max(due + self.random.between(-60, 90) * DAY);
                plan.then(done, "fulfilled", &json!({"occurred": day(done).to_string()}));
            }
            45..50 => drop(plan.then(at + 5 * DAY, "withdrawn", &json!({"reason": "No longer wanted"}))),
            _ => {}
        }
    }

    /// From a proposal to its entry into force, or some of the way.
    pub(super) fn instrument(&mut self, engagement: &Engagement, number: u32, at: i64) -> Plan {
        let mut plan = Plan::new(Aggregate::Instrument, number, marking(&mut self.random));
        let kind = *self.random.pick(INSTRUMENTS);
        let [ours, theirs] = engagement.sides.map(|side| STATES[side]);
        let mut parties = vec![ours];
        for _ in 0..if self.random.percent(10) { 5 } else { 0 } {
            parties.push(STATES[self.world.partner(&mut self.random)]);
        }
        parties.push(theirs);
        parties.sort_unstable();
        parties.dedup();
        let topic = engagement.topic.replace(['.', '_'], " ");
        let title = format!("{} of {ours} and {theirs} on {topic}", kind.replace('_', " "));
        let binding = !matches!(kind, "mou" | "joint_declaration");
        let described = json!({
            "kind": kind, "title": title, "parties": parties, "subject": topic,
            "links": Plan::link("at", engagement.plan.subject), "citations": self.cited(engagement),
        });
        let mut at = at;
        if binding {
            plan.then(at, "negotiation_opened", &with(described.clone(), "occurred", at));
            for _ in 0..self.random.below(4) {
                at += self.random.between(60, 300) * DAY;
                let finding = words::sentence(&mut self.random).0;
                plan.then(
                    at,
                    "negotiation_reviewed",
                    &json!({"finding": finding, "occurred": day(at).to_string()}),
                );
            }
            if self.random.percent(45) {
                return plan;
            }
            at += 60 * DAY;
            plan.then(at, "negotiation_concluded", &with(json!({"how": "agreed"}), "occurred", at));
            at += 30 * DAY;
        }
        let signed = if binding { json!({}) } else { described };
        let mut signed = with(signed, "occurred", at);
        signed["signed_by_sides"] = json!(parties);
        plan.then(at, "signed", &signed);
        if binding {
            self.consents(&mut plan, &parties, at);
        }
        plan
    }

    fn consents(&mut self, plan: &mut Plan, parties: &[&str], signed: i64) {
        let mut at = signed;
        for party in parties {
            at += self.random.between(20, 200) * DAY;
            if self.random.percent(40) {
                let data = json!({"party": party, "step": "laid before parliament", "occurred": day(at).to_string()});
                plan.then(at, "domestic_step_taken", &data);
                at += 40 * DAY;
            }
            if self.random.percent(80) {
                let data = json!({"party": party, "kind": "ratification", "occurred": day(at).to_string()});
                plan.then(at, "consent_expressed", &data);
            }
        }
        if self.random.percent(70) {
            at += 30 * DAY;
            plan.then(at, "entered_into_force", &with(json!({}), "occurred", at));
            let number = format!("I-{}", at / DAY);
            plan.then(at + DAY, "registered", &json!({"register": "UN Treaty Series", "number": number}));
        }
    }

    /// Something that goes on for years.
    pub(super) fn matter(&mut self, engagement: &Engagement, number: u32, at: i64) -> Plan {
        let mut plan = Plan::new(Aggregate::Matter, number, marking(&mut self.random));
        let kind = *self.random.pick(MATTERS);
        let [ours, theirs] = engagement.sides.map(|side| STATES[side]);
        let roles = match kind {
            "trade_flow" => ["importer", "exporter"],
            "issue" => ["party", "raised_by"],
            _ => ["party", "party"],
        };
        let topic = engagement.topic.replace(['.', '_'], " ");
        let mut data = json!({
            "kind": kind, "title": format!("{} in {topic} between {ours} and {theirs}", kind.replace('_', " ")),
            "parties": [{"party": ours, "role": roles[0]}, {"party": theirs, "role": roles[1]}],
            "topics": words::topics(&mut self.random, engagement.topic),
            "links": Plan::link("arises_from", engagement.plan.subject),
        });
        let mut at = at;
        for _ in 0..self.random.between(4, 40) {
            data["status"] = json!(self.random.pick(COURSES));
            data["description"] = json!(words::sentence(&mut self.random).0);
            data["occurred"] = json!(day(at).to_string());
            if self.random.percent(15) {
                let value = self.random.between(1, 900).to_string();
                data["amounts"] = json!([{"value": value, "comparator": "about", "currency": "USD"}]);
            }
            plan.then(at, "development_recorded", &data);
            data = json!({"citations": self.cited(engagement)});
            at += self.random.between(10, 110) * DAY;
        }
        if self.random.percent(30) {
            plan.then(at, "closed", &json!({"reason": "Settled"}));
        }
        plan
    }

    /// A party's own record: its names and posts.
    pub(super) fn party(&mut self, party: &Party) -> Plan {
        let mut plan = Plan::new(Aggregate::Party, party.number, "OFFICIAL");
        let mut at = BEGINNING + i64::try_from(party.number).unwrap_or_default() * 600;
        let name = if party.kind == "state" { format!("{} (state)", party.name) } else { party.name.clone() };
        let registered = json!({"kind": party.kind, "country": party.country, "names": [name]});
        plan.then(at, "registered", &registered);
        if let Some((alias, lang)) = &party.alias {
            plan.then(at + 3600, "named", &json!({"name": alias, "lang": lang}));
        }
        if party.kind == "person" {
            let ministry = format!("Ministry of {}", party.country);
            for nth in 0..self.random.between(1, 4) {
                at += self.random.between(1, 700) * DAY;
                let post =
                    json!({"post": party.post, "organisation": ministry, "occurred": day(at).to_string()});
                plan.then(at, if nth % 2 == 0 { "appointed" } else { "left_post" }, &post);
            }
        }
        plan
    }
}

fn with(mut data: Value, name: &str, at: i64) -> Value {
    data[name] = json!(day(at).to_string());
    data
}
