//! The rule for markings: every answer to a reader is the answer of a register that never held what the reader
//! may not see.

use contract::following::{Filter, Follow};
use contract::{
    Agenda, Brief, Due, Filters, List, Order, Paging, Principal, Query, Recorded, Sort, Timeline,
};
use domain::Aggregate::{self, Commitment, Engagement, Instrument, Matter, Party, Source};
use domain::Subject;
use prometheus_client::metrics::counter::Counter;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::calendar::Expectations;
use crate::dossiers::Dossiers;
use crate::search;
use crate::testing::{
    Projected, Register, calendar, insider, json as body, list, overdue, reader, subject, timeline,
};
use crate::timeline::Happenings;

const MARKINGS: [&str; 5] =
    ["OFFICIAL", "SECRET", "OFFICIAL//EYES", "OFFICIAL//REL US", "OFFICIAL-SENSITIVE//REL NONE"];

/// One event: of which record, and what.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    record: usize,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Happened { day: u8, party: usize, links_to: Option<usize> },
    Marked { level: usize },
    Retracted { nth: usize },
    Corrected { nth: usize, day: u8, to: usize },
    Contested { nth: usize, to: usize },
    Adjudicated { nth: usize, chosen: usize },
    Released { to: usize },
    Merged { into: usize },
    Disposed,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let happened = (0..28_u8, 0..3_usize, prop::option::of(0..RECORDS))
        .prop_map(|(day, party, links_to)| What::Happened { day, party, links_to });
    let marked = (0..2_usize).prop_map(|level| What::Marked { level });
    let retracted = (0..4_usize).prop_map(|nth| What::Retracted { nth });
    let corrected =
        (0..4_usize, 1..28_u8, 0..RECORDS).prop_map(|(nth, day, to)| What::Corrected { nth, day, to });
    let contested = (0..4_usize, 0..RECORDS).prop_map(|(nth, to)| What::Contested { nth, to });
    let adjudicated = (0..4_usize, 0..4_usize).prop_map(|(nth, chosen)| What::Adjudicated { nth, chosen });
    let released = (0..2_usize).prop_map(|to| What::Released { to });
    let merged = (0..RECORDS).prop_map(|into| What::Merged { into });
    let what = prop_oneof![
        16 => happened, 2 => marked, 2 => retracted, 2 => corrected, 2 => contested, 2 => adjudicated,
        1 => released, 2 => merged, 1 => Just(What::Disposed),
    ];
    (0..RECORDS, what).prop_map(|(record, what)| Step { record, what })
}

/// Engagements, matters, sources, an instrument, a commitment, and parties whom the others may name.
pub(crate) const RECORDS: usize = 11;

pub(crate) fn record(i: usize) -> Subject {
    let aggregate = [
        Engagement, Engagement, Engagement, Matter, Matter, Source, Party, Party, Instrument, Commitment,
        Source,
    ][i];
    subject(aggregate, &i.to_string())
}

impl Step {
    /// Records the step; control events of a record that has none yet are left out.
    pub(crate) fn take(&self, markings: &[usize], register: &mut Register) {
        let of = record(self.record);
        let marking = MARKINGS[markings[self.record]];
        let aggregate = of.aggregate.as_str();
        let earlier = register.entries.iter().filter(|entry| entry.subject == of).collect::<Vec<_>>();
        let uid = |nth: &usize| Recorded::parse(&earlier[nth % earlier.len()].payload).unwrap().uid();
        let (event, data) = match &self.what {
            What::Happened { day, party, links_to } => {
                (happening(of.aggregate, *day), happened(of, *day, *party, links_to.map(record)))
            }
            What::Marked { level } if !earlier.is_empty() => {
                let level = ["OFFICIAL", "SECRET"][*level];
                ("marking_changed", json!({"level": level, "review_on": "2025-02-15", "reason": "review"}))
            }
            What::Retracted { nth } if !earlier.is_empty() => {
                ("retracted", json!({"event": uid(nth), "reason": "did not happen"}))
            }
            What::Corrected { nth, day, to } if !earlier.is_empty() => (
                "corrected",
                json!({"event": uid(nth), "changes": changes(*day, record(*to)), "reason": "a slip"}),
            ),
            What::Contested { nth, to } if !earlier.is_empty() => {
                let by = json!([{"name": "High Commissioner", "kind": "person", "id": record(6 + to % 2)}]);
                ("contested", json!({"event": uid(nth), "pointer": "/by", "alternative": by}))
            }
            What::Adjudicated { nth, chosen } if !earlier.is_empty() => {
                ("adjudicated", json!({"event": uid(nth), "chosen": uid(chosen), "reason": "the minutes"}))
            }
            What::Released { to } if !earlier.is_empty() => (
                "release_authorised",
                json!({"to": if *to == 0 { "US" } else { "CA" }, "reason": "asked for"}),
            ),
            What::Merged { into } if !earlier.is_empty() => ("merged_into", json!({"record": record(*into)})),
            What::Disposed if !earlier.is_empty() => ("disposed", json!({"how": "destroyed"})),
            _ => return,
        };
        register.record(&format!("{aggregate}.{event}"), of, marking, &data);
    }
}

/// Another day, and another party or source to which nobody may be led.
fn changes(day: u8, to: Subject) -> Value {
    let mut changes = vec![json!({"pointer": "/occurred", "new": format!("2025-02-{day:02}")})];
    match to.aggregate {
        Party => changes
            .push(json!({"pointer": "/by", "new": [{"name": "T. A. Khan", "kind": "person", "id": to}]})),
        Source => changes.push(json!({"pointer": "/citations", "new": [{"source": to, "locator": "p. 1"}]})),
        _ => changes.push(json!({"pointer": "/links", "new": [{"rel": "about", "to": to}]})),
    }
    Value::Array(changes)
}

fn happening(aggregate: Aggregate, day: u8) -> &'static str {
    match aggregate {
        Engagement if day % 7 == 3 => "statement_issued",
        Instrument => ["signed", "consent_expressed", "entered_into_force", "negotiation_reviewed"]
            [usize::from(day % 4)],
        Commitment => ["made", "progressed", "fulfilled", "due_changed"][usize::from(day % 4)],
        Engagement if day % 4 == 1 => "expected",
        Engagement => "held",
        Matter => "development_recorded",
        Party => "named",
        _ => "revised",
    }
}

fn happened(of: Subject, day: u8, party: usize, to: Option<Subject>) -> Value {
    let country = ["CA", "PK"][usize::from(day % 2)];
    if of.aggregate == Party {
        let name = ["Tarik Ali Khan", "T. A. Khan", "High Commissioner"][party];
        return json!({"name": name, "kind": "person", "country": country});
    }
    let mut data = json!({"title": format!("{} {day}", of.aggregate)});
    let mut party = json!(["US", "CA", "Tarik Ali Khan"][party]);
    if let Some(id) = to.filter(|to| to.aggregate == Party) {
        party = json!({"name": "High Commissioner", "kind": "person", "country": country, "id": id});
    } else if party == "Tarik Ali Khan" && !day.is_multiple_of(3) {
        party = json!({"name": party, "kind": "person", "country": country});
    }
    match of.aggregate {
        Engagement => data["participants"] = json!([party]),
        Matter | Instrument => data["parties"] = json!([party]),
        Commitment => data["owners"] = json!([party]),
        _ => data["by"] = json!([party]),
    }
    match (of.aggregate, happening(of.aggregate, day)) {
        (_, "statement_issued") => {
            data["issuers"] = json!([party]);
            data["utterances"] = json!([{"speakers": [party], "text": "Trade matters."}]);
        }
        (_, "consent_expressed") => {
            data["party"] = party.clone();
            data["kind"] = json!("ratification");
        }
        (_, "made") => {
            data["text"] = json!(format!("Promise {day}"));
            data["strength"] = json!(["agreed", "expressed_interest"][usize::from(day / 4 % 2)]);
            data["beneficiaries"] = json!(["PK"]);
            data["due"] = json!("2025-02-20");
        }
        (_, "due_changed") => data["due"] = json!("2025-03"),
        _ => {}
    }
    if matches!(of.aggregate, Commitment) {
        data.as_object_mut().unwrap().remove("title");
    }
    if of.aggregate == Engagement && day.is_multiple_of(2) {
        data["window"] = json!(format!("2025-02-{:02}", day / 2 + 1));
    } else if of.aggregate == Engagement {
        data["window"] = json!("2025-02");
    }
    if day > 0 {
        data["occurred"] = json!(format!("2025-02-{day:02}"));
    }
    if let Some(to) = to {
        data["links"] = json!([{"rel": "about", "to": to}]);
        if to.aggregate == Source {
            data["citations"] = json!([{"source": to}, {"source": to, "quote": "as they said"}]);
        }
    }
    data
}

/// The same log with something unreadable in the place of every event of a hidden record.
fn without(register: &Register, hidden: &[Subject]) -> Register {
    let mut without = Register::default();
    for entry in &register.entries {
        if hidden.contains(&entry.subject) {
            without.record_garbage(subject(Aggregate::Source, "unreadable"));
        } else {
            without.entries.push(entry.clone());
        }
    }
    without
}

/// Everything that can be asked, the pages followed to their end.
async fn answers(register: &Register, reader: &Principal) -> Vec<(String, u16, Value)> {
    let dossiers = Projected::new(Dossiers::new(Counter::default()), register).await;
    let happenings = Projected::new(Happenings::new(Counter::default()), register).await;
    let expectations = Projected::new(Expectations::new(Counter::default()), register).await;
    let mut answers = vec![];
    let uids = register.entries.iter().filter_map(|entry| Recorded::parse(&entry.payload).ok());
    let mut queries = uids.map(|recorded| Query::Event { uid: recorded.uid() }).collect::<Vec<_>>();
    for subject in (0..RECORDS).map(record) {
        queries.push(Query::Record { subject });
        queries.push(Query::History { subject, after: 0, limit: 3 });
        queries.push(Query::Accounts { subject });
    }
    queries.push(Query::Log { after: 0, limit: 1_000 });
    let half = register.entries.len() as u64 / 2;
    let follow =
        |after| Follow { after, limit: 1_000, readers: vec![reader.clone()], filter: Filter::default() };
    queries.extend([None, Some(0), Some(half)].map(|after| Query::Follow(follow(after))));
    for query in queries {
        for known_at in [None, Some(half)] {
            let reply = dossiers.query_at(reader, known_at, query.clone()).await;
            let mut told = body(&reply);
            // That what was said before may no longer be so is for who keeps it, and told to nobody.
            told.as_object_mut().unwrap().remove("unsettles");
            // So is what sets right something that the reader may have received once.
            if let (Query::Follow(_), Some(events)) = (&query, told["events"].as_array_mut()) {
                events.retain(|event| event["seen"] != json!([null]));
            }
            answers.push((format!("{query:?}"), reply.status, told));
        }
    }
    briefs(&dossiers, register.entries.len() as u64, reader, &mut answers).await;
    let on_record = record(6).to_string();
    let parties: [&[&str]; 6] =
        [&[], &["US"], &["Tarik Ali Khan", "CA"], &["T. A. Khan"], &["High Commissioner"], &[&on_record]];
    answers.extend(search::testing::everything(register, reader, &parties).await);
    for parties in parties {
        let parties = parties.iter().map(|party| (*party).to_owned()).collect::<Vec<_>>();
        for query in lists(&parties) {
            for known_at in [None, Some(half)] {
                pages_of_list(&dossiers, reader, known_at, query.clone(), &mut answers).await;
            }
        }
        for query in timelines(&parties) {
            for known_at in [None, Some(half)] {
                pages_of_timeline(&happenings, reader, known_at, query.clone(), &mut answers).await;
            }
        }
        for query in agendas(&parties) {
            for known_at in [None, Some(half)] {
                pages_of_agenda(&expectations, reader, known_at, query.clone(), &mut answers).await;
            }
        }
    }
    answers
}

/// Lists of what these parties take part in, narrowed in each way.
fn lists(parties: &[String]) -> Vec<List> {
    let of = |aggregate, filters: Filters, order, sort| List {
        filters: Filters { parties: parties.to_vec(), ..filters },
        order,
        sort,
        page: Paging { limit: 2, cursor: None },
        ..list(aggregate)
    };
    let (none, some) = (Filters::default, |text: &str| Some(text.to_owned()));
    let mut lists = vec![
        of(Engagement, Filters { country: some("CA"), ..none() }, Order::Newest, Sort::Valid),
        of(Engagement, Filters { status: some("held"), ..none() }, Order::Oldest, Sort::Recorded),
        of(Matter, Filters { from: some("2025-02-10"), ..none() }, Order::Newest, Sort::Valid),
    ];
    for aggregate in [Engagement, Matter, Source, Party] {
        lists.push(of(aggregate, none(), Order::Oldest, Sort::Valid));
        lists.push(of(aggregate, none(), Order::Newest, Sort::Recorded));
    }
    lists
}

async fn pages_of_list(
    dossiers: &Projected,
    reader: &Principal,
    known_at: Option<u64>,
    mut query: List,
    answers: &mut Vec<(String, u16, Value)>,
) {
    loop {
        let reply = dossiers.query_at(reader, known_at, Query::List(query.clone())).await;
        answers.push((format!("{query:?} at {known_at:?}"), reply.status, body(&reply)));
        query.page.cursor = body(&reply)["next"].as_str().map(str::to_owned);
        if query.page.cursor.is_none() {
            return;
        }
    }
}

/// Timelines of these parties, narrowed in each way.
fn timelines(parties: &[String]) -> Vec<Timeline> {
    let of = |filters: Filters, order| Timeline {
        filters: Filters { parties: parties.to_vec(), ..filters },
        order,
        page: Paging { limit: 3, cursor: None },
        ..timeline()
    };
    let (none, some) = (Filters::default, |text: &str| Some(text.to_owned()));
    vec![
        of(none(), Order::Oldest),
        of(none(), Order::Newest),
        of(Filters { country: some("CA"), ..none() }, Order::Oldest),
        of(Filters { status: some("held"), from: some("2025-02-10"), ..none() }, Order::Newest),
        of(Filters { text: some("engagement"), to: some("2025-02-20"), ..none() }, Order::Oldest),
    ]
}

/// Of parties that records mention together: who is of a country speaks for it.
async fn briefs(
    dossiers: &Projected,
    last: u64,
    reader: &Principal,
    answers: &mut Vec<(String, u16, Value)>,
) {
    let on_record = record(6).to_string();
    for (us, them) in [("CA", "Tarik Ali Khan"), ("PK", "T. A. Khan"), ("US", "CA"), ("CA", &*on_record)] {
        for known_at in [None, Some(last / 2)] {
            let today = jiff::civil::date(2025, 2, 14);
            let brief = Brief { us: us.into(), them: them.into(), since: Some(last / 3), today };
            let query = Query::Brief(brief);
            let reply = dossiers.query_at(reader, known_at, query.clone()).await;
            answers.push((format!("{query:?} at {known_at:?}"), reply.status, body(&reply)));
        }
    }
}

async fn pages_of_timeline(
    happenings: &Projected,
    reader: &Principal,
    known_at: Option<u64>,
    mut query: Timeline,
    answers: &mut Vec<(String, u16, Value)>,
) {
    loop {
        let reply = happenings.timeline_at(reader, known_at, query.clone()).await;
        answers.push((format!("{query:?} at {known_at:?}"), reply.status, body(&reply)));
        query.page.cursor = body(&reply)["next"].as_str().map(str::to_owned);
        if query.page.cursor.is_none() {
            return;
        }
    }
}

/// What is foreseen of these parties, and what of it is overdue, late, or runs out.
pub(crate) fn agendas(parties: &[String]) -> Vec<Agenda> {
    let (none, some) = (Filters::default, |text: &str| Some(text.to_owned()));
    let of = |filters: Filters| Filters { parties: parties.to_vec(), ..filters };
    let page = Paging { limit: 3, cursor: None };
    let mut asked = vec![calendar(of(none())), calendar(of(Filters { country: some("CA"), ..none() }))];
    asked.push(calendar(of(Filters { status: some("expected"), text: some("engagement"), ..none() })));
    asked.push(calendar(of(Filters { from: some("2025-02-10"), to: some("2025-02-20"), ..none() })));
    asked.iter_mut().for_each(|calendar| calendar.page = page.clone());
    let mut late = ["2025-02-12", "2025-03-01"].map(overdue);
    late.iter_mut().for_each(|overdue| overdue.filters.parties = parties.to_vec());
    late[0].page = page;
    late[1].due = vec![Due::Review, Due::Engagement];
    late[1].order = Order::Newest;
    asked.into_iter().map(Agenda::Calendar).chain(late.map(Agenda::Overdue)).collect()
}

async fn pages_of_agenda(
    expectations: &Projected,
    reader: &Principal,
    known_at: Option<u64>,
    mut query: Agenda,
    answers: &mut Vec<(String, u16, Value)>,
) {
    loop {
        let reply = expectations.agenda_at(reader, known_at, query.clone()).await;
        answers.push((format!("{query:?} at {known_at:?}"), reply.status, body(&reply)));
        let next = body(&reply)["next"].as_str().map(str::to_owned);
        let is_last = next.is_none();
        match &mut query {
            Agenda::Calendar(calendar) => calendar.page.cursor = next,
            Agenda::Overdue(overdue) => overdue.page.cursor = next,
        }
        if is_last {
            return;
        }
    }
}

async fn hidden_from(reader: &Principal, register: &Register) -> Vec<Subject> {
    let dossiers = Projected::new(Dossiers::new(Counter::default()), register).await;
    let mut hidden = vec![];
    for subject in (0..RECORDS).map(record) {
        let query = || Query::Record { subject };
        if dossiers.query(reader, query()).await.status == 404
            && dossiers.query(&insider(), query()).await.status == 200
        {
            hidden.push(subject);
        }
    }
    hidden
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_a_reader_may_not_see_leaves_no_trace(
        steps in prop::collection::vec(step(), 1..30),
        markings in prop::collection::vec(0..MARKINGS.len(), RECORDS),
        who in 0..3_usize,
    ) {
        let mut register = Register::default();
        steps.iter().for_each(|step| step.take(&markings, &mut register));
        let reader = [reader("OFFICIAL", &[], "US"), reader("SECRET", &[], "CA"), reader("OFFICIAL", &["EYES"], "FR")]
            [who].clone();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let hidden = hidden_from(&reader, &register).await;
            let shown = answers(&register, &reader).await;
            let uids = register.entries.iter().filter(|entry| hidden.contains(&entry.subject));
            let uids = uids.map(|entry| Recorded::parse(&entry.payload).unwrap().uid());
            let hidden_uids = uids.map(|uid| format!("{:?}", Query::Event { uid })).collect::<Vec<_>>();
            // A hidden event is as unknown as one that never was; the shorter register does not know to ask.
            let (of_hidden, shown) = shown.into_iter().partition::<Vec<_>, _>(|(query, ..)| hidden_uids.contains(query));
            assert!(of_hidden.iter().all(|(_, status, _)| *status == 404));
            // Not even a link names it.
            let told = shown.iter().filter(|(_, status, _)| *status == 200);
            let told = told.map(|(_, _, body)| body.to_string()).collect::<String>();
            assert!(hidden.iter().all(|subject| !told.contains(&subject.id.to_string())));
            assert_eq!(shown, answers(&without(&register, &hidden), &reader).await);
        });
    }
}
