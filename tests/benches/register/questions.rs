//! Every question that the register answers, against a point query in the same run: on a generated register, with
//! busy and ordinary parties, common and rare words.
//!
//! A round is short and the two take turns, so that what else the machine does is shared by both.

use std::sync::Arc;

use system_tests::generate::{Generator, Size};

use crate::connection::Connection;
use crate::generated::Generated;
use crate::measure::Series;
use crate::options::Options;
use crate::query::{Asking, paths};
use crate::report::{Goal, Report, Row, progress};

/// Connections that ask at once.
const CONNECTIONS: usize = 4;

/// Records that the point query asks for.
const RECORDS: u32 = 5_000;

/// The day as of which things are late: the register ends before.
const TODAY: &str = "2025-11-24";

/// Of the point query's p99.
const GOAL: Goal = Goal::AtMost(10.0);

/// One question in its variants.
struct Question {
    work: &'static str,
    paths: Vec<String>,
}

/// What is asked, in turns with the point query.
pub(crate) async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let generated = Generated::start(options).await?;
    let size = generated.size;
    let records = RECORDS.min(size.engagements / 2);
    let step = (size.engagements / records).max(1);
    let ids = (0..records).map(|nth| Generator::engagement(nth * step).id).collect::<Vec<_>>();
    let points = generated.there(paths(&ids).to_vec()).await?;
    progress(format_args!("{} records are asked for by their address", points.len()));
    let known = points.iter().take(500).map(|path| format!("{path}?known_at={}", generated.head / 2));
    let known = generated.there(known.collect()).await?;
    let points = Arc::new(points);
    let mut point = Asking::several(generated.connections(CONNECTIONS).await?, &points);
    let mut of_point = Series::new();
    point = of_point.round(point, options.length()).await?;
    let mut measured = Vec::new();
    for Question { work, paths } in questions(size, generated.head, known) {
        if !options.asks(work) {
            continue;
        }
        if !generated.answers(work, &paths).await? {
            continue;
        }
        let connections = generated.connections(CONNECTIONS).await?;
        let mut asking = Asking::several(connections, &Arc::new(paths));
        let mut series = Series::new();
        for _ in 0..options.rounds() {
            point = of_point.round(point, options.length().mul_f64(0.25)).await?;
            asking = series.round(asking, options.length()).await?;
        }
        progress(format_args!(
            "{work}: p50 {:.2} ms, p99 {:.2} ms, {:.1} times the point query's so far",
            series.millis(0.5),
            series.millis(0.99),
            series.millis(0.99) / of_point.millis(0.99)
        ));
        measured.push((work, series));
    }
    report.add(measured.iter().map(|(work, series)| compared(work, &of_point, series)));
    generated.stop().await;
    Ok(())
}

fn compared(work: &str, point: &Series, ours: &Series) -> Row {
    Row {
        latency: Row::of(String::new(), "", [point, ours], GOAL).latency,
        work: format!("p99: {work}, against a point query"),
        unit: "ms",
        ceiling: point.millis(0.99),
        ours: ours.millis(0.99),
        goal: GOAL,
    }
}

/// A question's name and how it may be put.
type Put = (&'static str, Vec<String>);

fn questions(size: Size, head: u64, known: Vec<String>) -> Vec<Question> {
    let generator = Generator::new(Size { events: 0, ..size });
    let states = generator.states();
    let (us, busy, ordinary) = (states[0], &states[1..5.min(states.len())], ordinary(states));
    let (name, urdu) = generator.two_spellings();
    let half = head / 2;
    let mut all = by_party(us, busy, &ordinary, [encoded(&name), encoded(&urdu)]);
    all.extend(by_what(us, busy, &ordinary));
    all.push(("record as known at", known));
    all.push(("list as known at", each(busy, |code| format!("{LIST}party={code}&known_at={half}"))));
    all.extend(over_time(us, busy, &ordinary, half));
    all.extend(in_words(us, busy, &ordinary, &encoded(&urdu)));
    all.into_iter().map(|(work, paths)| Question { work, paths }).collect()
}

const LIST: &str = "/v1/engagements?";

fn each(codes: &[&str], format: impl Fn(&str) -> String) -> Vec<String> {
    codes.iter().map(|code| format(code)).collect()
}

fn by_party(us: &str, busy: &[&str], ordinary: &[&str], spellings: [String; 2]) -> Vec<Put> {
    let with_us = |code: &str| format!("{LIST}party={us}&party={code}");
    vec![
        ("list, every record", vec![LIST.to_owned()]),
        ("list by our own party", vec![format!("{LIST}party={us}")]),
        ("list by a busy party", each(busy, |code| format!("{LIST}party={code}"))),
        ("list by an ordinary party", each(ordinary, |code| format!("{LIST}party={code}"))),
        ("list by a person's name", spellings.map(|name| format!("{LIST}party={name}")).to_vec()),
        ("list by two parties, a busy pair", each(busy, with_us)),
        ("list by two parties, an ordinary pair", each(ordinary, with_us)),
        ("list by two parties that hardly meet", pairs(ordinary, LIST)),
    ]
}

fn by_what(us: &str, busy: &[&str], ordinary: &[&str]) -> Vec<Put> {
    let both = &[busy, ordinary].concat();
    let of = |values: &[&str], name: &str| each(values, |value| format!("{LIST}{name}={value}"));
    vec![
        ("list by country", each(both, |code| format!("{LIST}country={code}"))),
        (
            "list by topic and what is below it",
            of(&["trade", "energy", "security", "trade.agriculture"], "topic"),
        ),
        ("list by kind and what is below it", of(&["visit", "meeting", "summit", "visit.state"], "kind")),
        ("list by status", of(&["expected", "postponed", "held", "cancelled", "under_way"], "status")),
        ("list by time", times(LIST)),
        (
            "list by party, topic, status and time",
            each(both, |code| format!("{LIST}party={code}&topic=trade&status=held&from=2019&to=2020-06")),
        ),
        ("list by words", of(&["cooperation", "annex+00042", "permits+delay", "trade"], "text")),
        (
            "list by time recorded",
            vec![format!("{LIST}sort=recorded"), format!("{LIST}sort=recorded&party={us}")],
        ),
        (
            "list of commitments by owner and strength",
            each(both, |code| format!("/v1/commitments?owner={code}&strength=agreed&status=open")),
        ),
        (
            "list of instruments by party and kind",
            each(both, |code| format!("/v1/instruments?party={code}&kind=treaty")),
        ),
    ]
}

fn over_time(us: &str, busy: &[&str], ordinary: &[&str], half: u64) -> Vec<Put> {
    let both = &[busy, ordinary].concat();
    let calendar = format!("/v1/calendar?today={TODAY}");
    let overdue = format!("/v1/overdue?today={TODAY}");
    let brief = |code: &str| format!("/v1/briefs/{us}/{code}?today={TODAY}");
    let then = |code: &str| format!("/v1/briefs/{us}/{code}?today=2020-06-01&known_at={half}");
    vec![
        ("timeline of a party", each(both, |code| format!("/v1/timeline?party={code}"))),
        ("timeline of two parties", each(busy, |code| format!("/v1/timeline?party={us}&party={code}"))),
        ("timeline of two that hardly meet", pairs(ordinary, "/v1/timeline?")),
        ("timeline as known at", each(busy, |code| format!("/v1/timeline?party={code}&known_at={half}"))),
        ("calendar", vec![calendar.clone(), format!("{calendar}&due=commitment")]),
        ("calendar of a party", each(both, |code| format!("{calendar}&party={code}"))),
        ("calendar as known at", vec![format!("/v1/calendar?today=2020-06-01&known_at={half}")]),
        ("overdue", vec![overdue.clone(), format!("{overdue}&state=overdue")]),
        ("overdue of a party", each(both, |code| format!("{overdue}&party={code}"))),
        ("overdue, those that came late", vec![format!("{overdue}&state=late")]),
        ("brief, a busy pair", each(busy, brief)),
        ("brief, an ordinary pair", each(ordinary, brief)),
        ("brief as known at", each(busy, then)),
    ]
}

fn in_words(us: &str, busy: &[&str], ordinary: &[&str], urdu: &str) -> Vec<Put> {
    const SEARCH: &str = "/v1/search?q=";
    let both = &[busy, ordinary].concat();
    let of = |texts: &[&str], before: &str| each(texts, |text| format!("{before}{text}"));
    let trade = encoded("تجارتی تعاون");
    vec![
        ("search, a rare word", of(&["00042", "00177", "01234", "annex+00815"], SEARCH)),
        ("search, a common word", of(&["cooperation", "trade", "delegation", "progress"], SEARCH)),
        ("search, a phrase", of(&["%22market+access%22", "%22single+point+of+contact%22"], SEARCH)),
        ("search in Urdu", of(&[&trade, urdu], SEARCH)),
        ("search in French", of(&["%C3%A9nerg%C3%A9tique", "mobilite+etudiants"], SEARCH)),
        (
            "search with filters",
            each(both, |code| format!("{SEARCH}cooperation&from=2018&to=2021&party={us}&party={code}")),
        ),
        ("search by time", of(&["cooperation", "permits"], "/v1/search?order=newest&q=")),
        ("statistics", of(&["engagement", "commitment", "instrument"], "/v1/statistics?aggregate=")),
        ("statistics of a party", of(both, "/v1/statistics?party=")),
    ]
}

/// Some that are neither busy nor hardly there.
fn ordinary<'s>(states: &[&'s str]) -> Vec<&'s str> {
    let middle = &states[states.len() / 3..];
    middle.iter().copied().step_by((middle.len() / 8).max(1)).collect()
}

fn pairs(codes: &[&str], before: &str) -> Vec<String> {
    let pairs = codes.iter().zip(codes.iter().skip(1));
    pairs.map(|(one, other)| format!("{before}party={one}&party={other}")).collect()
}

fn times(list: &str) -> Vec<String> {
    let ranges = [
        "from=2019-03&to=2019-03",
        "from=2018&to=2018",
        "from=2024-11-01",
        "to=2016-06",
        "from=2020-24&to=2020-24",
    ];
    ranges.iter().map(|range| format!("{list}{range}")).collect()
}

/// As a query takes it.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    let write = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(write).collect()
}

impl Generated {
    /// Whether a question is answered in all its variants; says what comes.
    async fn answers(&self, work: &str, paths: &[String]) -> anyhow::Result<bool> {
        let mut connection: Connection = self.connections(1).await?.remove(0);
        let (mut bytes, mut items) = (0, 0);
        for path in paths {
            let answer = connection.get(path).await?;
            if answer.status != 200 {
                let (status, body) = (answer.status, answer.body.escape_ascii());
                progress(format_args!("{work}: left out, {path} answers {status}: {body}"));
                return Ok(false);
            }
            bytes += answer.body.len();
            let body = serde_json::from_slice::<serde_json::Value>(answer.body)?;
            items += body["items"].as_array().map_or(0, Vec::len);
        }
        let count = paths.len();
        progress(format_args!("{work}: {count} variants, {items} items, {} bytes on average", bytes / count));
        Ok(true)
    }

    /// Those records that have been recorded: the last ones may not have.
    pub(crate) async fn there(&self, paths: Vec<String>) -> anyhow::Result<Vec<String>> {
        let mut connection = self.connections(1).await?.remove(0);
        let mut there = Vec::with_capacity(paths.len());
        for path in paths {
            if connection.get(&path).await?.status == 200 {
                there.push(path);
            }
        }
        anyhow::ensure!(!there.is_empty(), "no record is there");
        Ok(there)
    }
}
