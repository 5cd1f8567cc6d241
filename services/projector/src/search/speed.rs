//! What questions cost over a large index: to be run by hand, in an optimised build.
//!
//! `SEARCH_DOCUMENTS=400000 SEARCH_FOLDER=DIR cargo test --release -p projector --lib search::speed -- --ignored --nocapture`
//!
//! The rows stay in the folder, so that the next run begins with them.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use contract::{By, Filters, Find, List, Order, Paging, Search, Sort, Statistics};
use domain::Aggregate;
use domain::Aggregate::{Commitment, Engagement};
use futures_util::{Stream, StreamExt, stream};
use prometheus_client::metrics::counter::Counter;
use readmodel::{Entry, Log, LogError, Reader};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::index::Writer;
use super::projection::Texting;
use super::testing::{answered, catch_up};
use crate::testing::{Register, insider, list, subject};

/// A log that makes up each of its events when it is read.
#[derive(Clone)]
struct MadeUp(u64);

impl Log for MadeUp {
    type Entry = Entry;

    fn origin(&self) -> String {
        "made up".into()
    }

    async fn head(&self) -> Result<u64, LogError> {
        Ok(self.0)
    }

    fn tail(&self, after: u64) -> impl Stream<Item = Result<Entry, LogError>> + Send + Unpin {
        let head = self.0;
        stream::iter((after + 1..=self.0).map(move |position| Ok(made_up(position, head))))
            .chain(stream::pending())
    }
}

/// Numbers that look drawn, the same for the same event.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// Small numbers far more often than large ones.
    fn skewed(&mut self, end: u64) -> u64 {
        let widest = self.below(end) + 1;
        let middle = self.below(widest) + 1;
        self.below(middle)
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[usize::try_from(self.below(texts.len() as u64)).unwrap()]
    }

    /// The first ones far more often than the others.
    fn mostly<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[usize::try_from(self.skewed(texts.len() as u64)).unwrap()]
    }

    fn words(&mut self, count: u64) -> String {
        const BEGIN: [&str; 5] = ["tra", "men", "cor", "lis", "vad"];
        const MIDDLE: [&str; 30] = [
            "bo", "ci", "du", "fa", "go", "hi", "ju", "ke", "lo", "mu", "na", "pe", "qui", "ro", "sa", "ti",
            "vo", "wa", "xe", "za", "bra", "cle", "dri", "flo", "gru", "pla", "spe", "sti", "tro", "ska",
        ];
        const END: [&str; 6] = ["ding", "tions", "ing", "ity", "ers", "ment"];
        let words = (0..count).map(|_| match self.below(40) {
            0 => "delegation".to_owned(),
            1 => "progress".to_owned(),
            _ => [self.one_of(&BEGIN), self.mostly(&MIDDLE), self.mostly(&END)].concat(),
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

const PARTIES: [&str; 40] = [
    "US", "CA", "CN", "GB", "FR", "DE", "IN", "SA", "AE", "TR", "IR", "RU", "JP", "KR", "IT", "ES", "BR",
    "MX", "ZA", "EG", "NG", "KE", "ET", "ID", "MY", "SG", "TH", "VN", "PH", "AU", "NZ", "SE", "NO", "DK",
    "FI", "PL", "CZ", "AT", "CH", "NL",
];

/// One of the events of ten years.
fn made_up(position: u64, head: u64) -> Entry {
    let mut drawn = Drawn(position.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let them = drawn.mostly(&PARTIES);
    let day = jiff::civil::date(2015, 1, 1)
        + jiff::Span::new().days(i64::try_from(position * 3_600 / head + drawn.below(60)).unwrap());
    let subjects = ["trade", "energy", "security", "culture", "health", "water", "transit", "mining"];
    let on = drawn.mostly(&subjects);
    let kind = ["cooperation", "talks", "market access", "permits", "dialogue", "annex", "visit"];
    let title = format!("{on} {} {} annex {position:05}", drawn.mostly(&kind), drawn.words(2));
    let marking = drawn.mostly(&["OFFICIAL", "SECRET", "OFFICIAL//REL US", "OFFICIAL//EYES"]);
    let mut register = Register::default();
    let key = position.to_string();
    let notes = (0..3).map(|_| drawn.words(25)).collect::<Vec<_>>();
    if position.is_multiple_of(4) {
        let data = json!({"text": format!("{title} {}", drawn.words(12)), "strength": drawn.one_of(&["agreed", "expressed_interest"]),
            "owners": [them], "beneficiaries": ["PK"], "occurred": day.to_string(), "notes": notes});
        register.record("commitment.made", subject(Commitment, &key), marking, &data);
    } else {
        let data = json!({"title": title, "kind": drawn.one_of(&["meeting.ministerial", "visit.state", "call"]),
            "participants": ["PK", them], "occurred": day.to_string(), "topics": [on],
            "notes": notes, "utterances": [{"speakers": [them], "text": drawn.words(30)}]});
        register.record("engagement.held", subject(Engagement, &key), marking, &data);
    }
    let entry = register.entries.remove(0);
    Entry { position, ..entry }
}

fn search(text: &str, order: Option<Order>, filters: Filters) -> Find {
    Find::Search(Search {
        filters: Filters { text: Some(text.into()), ..filters },
        order,
        page: Paging { cursor: None, limit: 50 },
        ..Search::default()
    })
}

fn questions() -> Vec<(String, Find)> {
    let none = Filters::default;
    let some = |text: &str| Some(text.to_owned());
    let mut all = vec![];
    for text in [
        "annex 00042",
        "cooperation",
        "trade",
        "delegation",
        "progress",
        "trade cooperation",
        "delegation progress",
        "\"market access\"",
        "coop*",
        "cooperation -trade",
    ] {
        all.push((format!("search {text}"), search(text, None, none())));
    }
    for them in ["US", "SE", "NL"] {
        let filters = Filters {
            from: some("2018"),
            to: some("2021"),
            parties: vec!["PK".into(), them.into()],
            ..none()
        };
        all.push((format!("filters PK {them}"), search("cooperation", None, filters)));
    }
    let late = Filters { from: some("2024-10"), ..none() };
    all.push(("late".into(), search("cooperation", None, late)));
    for text in ["cooperation", "permits", "delegation"] {
        for order in [Order::Newest, Order::Oldest] {
            all.push((format!("{order:?} {text}"), search(text, Some(order), none())));
        }
        for (sort, order) in
            [(Sort::Valid, Order::Newest), (Sort::Recorded, Order::Newest), (Sort::Recorded, Order::Oldest)]
        {
            let page = Paging { cursor: None, limit: 50 };
            let query = List {
                filters: Filters { text: some(text), ..none() },
                sort,
                order,
                page,
                ..list(Engagement)
            };
            all.push((format!("list {sort:?} {order:?} {text}"), Find::List(query)));
        }
    }
    all.extend(counts());
    all
}

fn counts() -> Vec<(String, Find)> {
    let none = Filters::default;
    let count = |aggregate: Aggregate, filters, by| {
        Find::Statistics(Statistics {
            aggregate,
            filters,
            by,
            limit: 50,
            today: Some(jiff::civil::date(2025, 1, 1)),
        })
    };
    let mut all = vec![("statistics engagement".to_owned(), count(Engagement, none(), vec![]))];
    all.push(("statistics by month".into(), count(Engagement, none(), vec![By::Month])));
    all.push(("statistics commitment".into(), count(Commitment, none(), vec![])));
    for party in ["US", "NL"] {
        all.push((
            format!("statistics {party}"),
            count(Engagement, Filters { parties: vec![party.into()], ..none() }, vec![]),
        ));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes of an optimised build, to read what questions cost"]
async fn over_a_large_index() {
    let set = |name: &str| std::env::var(name).ok();
    let documents = set("SEARCH_DOCUMENTS").and_then(|count| count.parse().ok()).unwrap_or(20_000);
    let temporary = tempfile::tempdir().unwrap();
    let folder = set("SEARCH_FOLDER").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let begun = Instant::now();
    let settings = readmodel::Settings { cache_bytes: 64 << 20, ..Default::default() };
    let (reader, runner) =
        readmodel::open(&folder.join("rows"), Texting::new(Counter::default()), settings).await.unwrap();
    let stop = CancellationToken::new();
    let run = tokio::spawn(runner.run(MadeUp(documents), stop.clone()));
    while reader.position() < documents {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("rows of {documents} events: {:.1} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let mut writer = Writer::open(&folder.join("index"), "made up").unwrap();
    println!("opened: {:.3} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    writer.check()().unwrap();
    println!("checked: {:.3} s", begun.elapsed().as_secs_f64());
    writer.trust().unwrap();
    let begun = Instant::now();
    catch_up(&mut writer, &reader).await;
    let index = writer.snapshot().unwrap();
    let segments = index.searcher.segment_readers().len();
    println!("indexed: {:.1} s, {segments} segments", begun.elapsed().as_secs_f64());
    let only = set("SEARCH_ONLY").unwrap_or_default();
    for (name, question) in questions().into_iter().filter(|(name, _)| name.contains(&only)) {
        ask(&name, &question, &reader, &index).await;
    }
    stop.cancel();
    run.await.unwrap().unwrap();
}

async fn ask(name: &str, question: &Find, reader: &Reader, index: &super::index::Snapshot) {
    let (mut times, mut bytes) = (vec![], 0);
    let begun = Instant::now();
    while times.len() < 100 && (times.len() < 5 || begun.elapsed() < Duration::from_secs(2)) {
        let ask =
            contract::Ask { principal: insider(), min_position: 0, known_at: None, query: question.clone() };
        let begun = Instant::now();
        bytes = answered(reader, index, ask).await.unwrap().body.len();
        times.push(begun.elapsed());
    }
    times.sort();
    let millis = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    println!("{name:40} {:8.2} ms, p90 {:8.2} ms, {bytes} bytes", millis(50), millis(90));
}
