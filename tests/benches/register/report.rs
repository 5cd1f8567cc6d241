//! The table: ceiling, ours, their ratio, the goal.

use std::fmt;
use std::io::{self, Write as _};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

use crate::measure::Series;

/// What was asked of a ratio (ours to the ceiling).
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// Shown to explain another row.
    None,
}

impl Goal {
    fn is_met(self, ratio: f64) -> Option<bool> {
        match self {
            Self::AtLeast(least) => Some(ratio >= least),
            Self::AtMost(most) => Some(ratio <= most),
            Self::None => None,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(out, "≥ {least:.2}"),
            Self::AtMost(most) => write!(out, "≤ {most:.2}"),
            Self::None => Ok(()),
        }
    }
}

/// One comparison.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) work: String,
    pub(crate) unit: &'static str,
    pub(crate) ceiling: f64,
    pub(crate) ours: f64,
    pub(crate) goal: Goal,
    /// p50 and p99 in milliseconds, of the ceiling and of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) latency: Option<[[f64; 2]; 2]>,
}

impl Row {
    /// Rates of two series, and how long their steps took.
    pub(crate) fn of(work: String, unit: &'static str, [ceiling, ours]: [&Series; 2], goal: Goal) -> Self {
        let latency = [ceiling, ours].map(|series| [series.millis(0.5), series.millis(0.99)]);
        Self { work, unit, ceiling: ceiling.rate(), ours: ours.rate(), goal, latency: Some(latency) }
    }

    fn ratio(&self) -> f64 {
        self.ours / self.ceiling
    }

    fn cells(&self) -> [String; 8] {
        let Self { work, unit, ceiling, ours, goal, latency } = self;
        let ratio = self.ratio();
        let met = goal.is_met(ratio).map_or("", |met| if met { "met" } else { "missed" });
        let [of_ceiling, of_ours] = latency.map_or([String::new(), String::new()], |both| {
            both.map(|[half, most]| format!("{} / {}", figure(half), figure(most)))
        });
        let rate = |value| format!("{} {unit}", figure(value));
        let (ceiling, ours) = (rate(*ceiling), rate(*ours));
        [
            work.clone(),
            ceiling,
            ours,
            format!("{ratio:.2}"),
            goal.to_string(),
            met.to_owned(),
            of_ceiling,
            of_ours,
        ]
    }
}

/// Three digits that matter, thousands apart.
fn figure(value: f64) -> String {
    if value < 10.0 {
        return format!("{value:.2}");
    }
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: Vec<String>,
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(machine: Vec<String>) -> Self {
        machine.iter().for_each(progress);
        Self { machine, rows: Vec::new() }
    }

    /// Takes what was measured, and says it at once.
    pub(crate) fn add(&mut self, rows: impl IntoIterator<Item = Row>) {
        for row in rows {
            let [work, ceiling, ours, ratio, goal, met, of_ceiling, of_ours] = row.cells();
            progress(format_args!(
                "{work}: {ours} to {ceiling}, ratio {ratio} {goal} {met} [{of_ours} to {of_ceiling} ms]"
            ));
            self.rows.push(row);
        }
    }

    /// Prints to standard output, as a table or as JSON.
    pub(crate) fn print(&self, json: bool) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        if json {
            serde_json::to_writer_pretty(&mut out, self)?;
            writeln!(out)?;
            return Ok(());
        }
        for line in &self.machine {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "{}", self.table())?;
        Ok(())
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        table.set_header([
            "work",
            "ceiling",
            "ours",
            "ratio",
            "goal",
            "",
            "ceiling p50 / p99 ms",
            "ours p50 / p99 ms",
        ]);
        for row in &self.rows {
            table.add_row(row.cells());
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}

/// A line on standard error, so that nobody thinks it hangs.
pub(crate) fn progress(line: impl fmt::Display) {
    // Nobody may be listening.
    let _ = writeln!(io::stderr(), "… {line}");
}
