//! Standard output and standard error, and how lists are laid out on them.

use std::io::{self, IsTerminal, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width};
use serde_json::Value;

use crate::failure::Failure;

/// Where output goes to no terminal, tables are as wide as they need to be, up to this.
const WIDE: u16 = 160;

/// Writes a line to standard output.
///
/// # Errors
/// [`Failure::Unread`] when nobody reads it any more.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Writes indented JSON to standard output.
///
/// # Errors
/// [`Failure::Unread`] when nobody reads it any more.
pub(crate) fn say_json(value: &Value) -> Result<(), Failure> {
    say(&format!("{value:#}"))
}

/// Writes a line to standard error; what cannot be said there is lost.
pub(crate) fn complain(text: &str) {
    if !text.is_empty() {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

/// Rewrites the last line of standard error, where it is a terminal.
pub(crate) fn progress(text: &str) {
    let mut out = io::stderr().lock();
    if out.is_terminal() {
        let _ = write!(out, "\r\x1b[K{text}").and_then(|()| out.flush());
    }
}

/// Rows under headings, fitted to the terminal.
pub(crate) fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if !io::stdout().is_terminal() {
        table.set_width(WIDE);
    }
    if !headings.is_empty() {
        table.set_header(headings.iter().map(|heading| Cell::new(heading.to_uppercase())));
    }
    for row in rows {
        table.add_row(row);
    }
    for (column, heading) in table.column_iter_mut().zip(headings.iter().chain(std::iter::repeat(&""))) {
        column.set_padding((0, 2));
        // What is copied from a table must not be broken over lines.
        match *heading {
            "event" | "record" | "v" | "position" => {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
            heading => {
                let least = least_width(heading);
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
            }
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// What stands in the column unbroken, with its padding.
fn least_width(heading: &str) -> u16 {
    const PADDING: u16 = 2;
    PADDING
        + match heading {
            // `commitment/` and a UUID.
            heading if heading.ends_with("record") => 11 + 36,
            heading if heading.ends_with("event") => 36,
            // A date.
            "when" | "recorded" => 10,
            _ => 4,
        }
}
