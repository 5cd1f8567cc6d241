//! What proving costs, on a generated register: a proof against a point query, building the tree against reading the
//! stream raw, and verifying a whole export against hashing the same bytes on one core.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;
use system_tests::generate::Generator;
use tempfile::TempDir;

use crate::generated::Generated;
use crate::measure::Series;
use crate::options::Options;
use crate::query::{Asking, paths};
use crate::raw;
use crate::register::{PROGRAM, Register};
use crate::replay::run;
use crate::report::{Goal, Report, Row, progress};

/// Connections that ask at once.
const CONNECTIONS: usize = 4;

/// Records that are asked for, and whose first events are proved.
const RECORDS: u32 = 500;

/// What is asked of verifying, where hashing is not slower.
const EVENTS_A_SECOND: f64 = 200_000.0;

/// All three, one after the other.
pub(crate) async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let generated = Generated::start(options).await?;
    asking(options, &generated, report).await?;
    building(options, &generated, report).await?;
    verifying(options, &generated, report).await?;
    generated.stop().await;
    Ok(())
}

/// Proofs and point queries, in turns.
async fn asking(options: &Options, generated: &Generated, report: &mut Report) -> anyhow::Result<()> {
    let size = generated.size;
    let records = RECORDS.min(size.engagements / 2);
    let step = (size.engagements / records).max(1);
    let ids = (0..records).map(|nth| Generator::engagement(nth * step).id).collect::<Vec<_>>();
    let points = generated.there(paths(&ids).to_vec()).await?;
    let mut proofs = Vec::new();
    let mut connection = generated.connections(1).await?.remove(0);
    for path in &points {
        let answer = connection.get(&format!("{path}/events?limit=1")).await?.expect(200)?;
        let history = serde_json::from_slice::<Value>(answer.body)?;
        let uid = history["items"][0]["uid"].as_str().context("an event has a uid")?;
        proofs.push(format!("/v1/audit/events/{uid}/proof"));
    }
    let mut point = Asking::several(generated.connections(CONNECTIONS).await?, &Arc::new(points));
    let mut proof = Asking::several(generated.connections(CONNECTIONS).await?, &Arc::new(proofs));
    let (mut of_point, mut of_proof) = (Series::new(), Series::new());
    for round in 1..=options.rounds() {
        progress(format_args!("proofs, round {round}"));
        point = of_point.round(point, options.length()).await?;
        proof = of_proof.round(proof, options.length()).await?;
    }
    let goal = Goal::AtMost(5.0);
    report.add([Row {
        latency: Row::of(String::new(), "", [&of_point, &of_proof], goal).latency,
        work: "p99: proof of an event, against a point query".to_owned(),
        unit: "ms",
        ceiling: of_point.millis(0.99),
        ours: of_proof.millis(0.99),
        goal,
    }]);
    Ok(())
}

/// The tree out of the log, against reading the log.
async fn building(options: &Options, generated: &Generated, report: &mut Report) -> anyhow::Result<()> {
    let (register, events) = (generated.register(), generated.head);
    let (mut reading, mut building) = (Series::new(), Series::new());
    for round in 1..=options.rounds() {
        progress(format_args!("building a tree of {events}, round {round}"));
        let rate = |took: Duration| events as f64 / took.as_secs_f64();
        reading.add(rate(raw::read_stream(register.nats(), events).await?));
        let begun = Instant::now();
        run(auditor::Tree::default(), register.log().clone(), events).await?;
        building.add(rate(begun.elapsed()));
    }
    report.add([Row {
        work: format!("building the tree of {events} events, against reading them raw"),
        unit: "events/s",
        ceiling: reading.rate(),
        ours: building.rate(),
        goal: Goal::AtLeast(0.8),
        latency: None,
    }]);
    Ok(())
}

/// A whole export, against hashing its bytes on one core.
async fn verifying(options: &Options, generated: &Generated, report: &mut Report) -> anyhow::Result<()> {
    let (register, events) = (generated.register(), generated.head);
    let folder = TempDir::with_prefix("chancery-export-")?;
    let file = folder.path().join("log.ndjson");
    progress(format_args!("exporting {events} events"));
    let begun = Instant::now();
    tokio::task::block_in_place(|| export(register, &file))?;
    let (took, bytes) = (begun.elapsed(), file.metadata()?.len());
    progress(format_args!(
        "exported {bytes} bytes in {took:.0?}, {:.0}/s",
        events as f64 / took.as_secs_f64()
    ));
    let (mut hashing, mut verifying) = (Series::new(), Series::new());
    for round in 1..=options.rounds() {
        progress(format_args!("verifying an export of {events}, round {round}"));
        hashing.add(events as f64 / tokio::task::block_in_place(|| hash(&file))?.as_secs_f64());
        verifying.add(tokio::task::block_in_place(|| verify(register, &file))?);
    }
    let needed = hashing.rate().min(EVENTS_A_SECOND);
    report.add([Row {
        work: format!("verifying an export of {events} events ({} bytes each)", bytes / events.max(1)),
        unit: "events/s",
        ceiling: hashing.rate(),
        ours: verifying.rate(),
        goal: Goal::AtLeast(needed / hashing.rate()),
        latency: None,
    }]);
    Ok(())
}

fn export(register: &Register, file: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(PROGRAM);
    command.args(["export", "--url", &format!("http://{}", register.host()), "--output"]).arg(file);
    let done = command.env("CHANCERY_TOKEN", register.token()).status()?;
    ensure!(done.success(), "it is not exported: {done}");
    Ok(())
}

/// How long SHA-256 takes for every line, which are read as verifying reads them.
fn hash(file: &Path) -> anyhow::Result<Duration> {
    let mut lines = BufReader::with_capacity(1 << 20, File::open(file)?);
    let (mut line, mut last, begun) = (Vec::new(), None, Instant::now());
    while lines.read_until(b'\n', &mut line)? > 0 {
        last = Some(transparency::leaf_hash(&line));
        line.clear();
    }
    ensure!(last.is_some(), "the export is empty");
    Ok(begun.elapsed())
}

/// Events a second, as it says itself.
fn verify(register: &Register, file: &Path) -> anyhow::Result<f64> {
    let mut command = Command::new(PROGRAM);
    command.arg("verify").arg(file).arg("--json").arg("--key").arg(register.verifier_key());
    let done = command.output()?;
    ensure!(done.status.success(), "it is not proved: {}", String::from_utf8_lossy(&done.stderr));
    let told = serde_json::from_slice::<Value>(&done.stdout)?;
    told["events_per_second"].as_f64().context("it says how fast it was")
}
