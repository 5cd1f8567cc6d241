//! Standard output and standard error.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use anyhow::Context;
use comfy_table::Table;
use serde_json::Value;

use crate::failure::Failure;
use crate::ink;

/// Where output goes to no terminal, tables are as wide as they need to be, up to this.
const WIDE: u16 = 160;

/// How wide prose is at most: longer lines are hard to read.
const PROSE: u16 = 100;

/// Writes a text for people to standard output: in colours where a terminal is there that wants them.
///
/// # Errors
/// [`Failure::Unread`] when nobody reads it any more.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    let coloured = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
    say_raw(&ink::rendered(text, coloured))
}

/// Writes a text for programs to standard output, as it is.
///
/// # Errors
/// [`Failure::Unread`] when nobody reads it any more.
pub(crate) fn say_raw(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Writes indented JSON to standard output.
///
/// # Errors
/// [`Failure::Unread`] when nobody reads it any more.
pub(crate) fn say_json(value: &Value) -> Result<(), Failure> {
    say_raw(&format!("{value:#}"))
}

/// Writes a text to a file, or to standard output if there is none.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn leave(text: &str, file: Option<&Path>) -> Result<(), Failure> {
    let Some(file) = file else { return say_raw(text.trim_end_matches('\n')) };
    let name = file.display();
    std::fs::write(file, text).with_context(|| format!("{name} cannot be written"))?;
    complain(&format!("written to {name}"));
    Ok(())
}

/// How wide tables may be.
pub(crate) fn width() -> u16 {
    // It asks the terminal.
    Table::new().width().unwrap_or(WIDE)
}

/// How wide prose may be.
pub(crate) fn prose_width() -> u16 {
    width().min(PROSE)
}

/// Writes a line to standard error; what cannot be said there is lost.
pub(crate) fn complain(text: &str) {
    if !text.is_empty() {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

/// What long work says of itself in the last line of standard error, where that is a terminal. With the work it is
/// gone.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    shown: bool,
}

impl Progress {
    /// Says the first thing.
    pub(crate) fn of(text: &str) -> Self {
        let mut progress = Self::default();
        progress.say(text);
        progress
    }

    /// Says this instead of what was said before.
    pub(crate) fn say(&mut self, text: &str) {
        let mut out = io::stderr().lock();
        if out.is_terminal() {
            let _ = write!(out, "\r\x1b[K{text}").and_then(|()| out.flush());
            self.shown = true;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            self.say("");
        }
    }
}
