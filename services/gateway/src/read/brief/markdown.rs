//! A brief as Markdown, with footnotes as GitHub and Pandoc read them.

use std::fmt::Write;

use super::sheet::{Entry, Section, Sheet};

/// The text. What the register holds cannot become markup.
pub(super) fn text(sheet: &Sheet) -> String {
    let mut out = String::with_capacity(8 << 10);
    line(&mut out, format_args!("**{}**\n", plain(&sheet.marking)));
    line(&mut out, format_args!("# {}\n", plain(&sheet.title)));
    line(&mut out, format_args!("{}", plain(&sheet.facts.join("; "))));
    for warning in &sheet.warnings {
        line(&mut out, format_args!("\n**{}**", plain(warning)));
    }
    for Section { title, entries, .. } in &sheet.sections {
        line(&mut out, format_args!("\n## {title}\n"));
        entries.iter().for_each(|it| entry(&mut out, it));
    }
    if !sheet.remarks.is_empty() {
        line(&mut out, format_args!(""));
        sheet.remarks.iter().for_each(|remark| line(&mut out, format_args!("{}", plain(remark))));
    }
    line(&mut out, format_args!("\n**{}**\n", plain(&sheet.marking)));
    for note in &sheet.notes {
        let url = note.url.as_ref().map(|url| format!(" <{url}>")).unwrap_or_default();
        line(&mut out, format_args!("[^{}]: {}{url}", note.n, plain(&note.text)));
    }
    out
}

fn entry(out: &mut String, entry: &Entry) {
    let new = if entry.new { "**New:** " } else { "" };
    let urgent = entry.urgent.as_ref().map(|urgent| format!("**{urgent}:** ")).unwrap_or_default();
    let marking = entry.marking.as_ref().map(|marking| format!("({}) ", plain(marking))).unwrap_or_default();
    let notes = entry.notes.iter().map(|n| format!("[^{n}]")).collect::<String>();
    let tags = entry.tags.iter().map(|tag| plain(tag)).collect::<Vec<_>>().join("; ");
    let tags = if tags.is_empty() { tags } else { format!(" — {tags}") };
    line(out, format_args!("- {marking}{new}{urgent}**{}**{notes}{tags}", plain(&entry.text)));
    for (who, what) in &entry.rows {
        line(out, format_args!("  - {}: {}", plain(who), plain(what)));
    }
    for detail in &entry.details {
        line(out, format_args!("  - {}", plain(detail)));
    }
    if let Some(quiet) = &entry.quiet {
        line(out, format_args!("  - *{}*", plain(quiet)));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("memory can be written");
}

/// Text that stays text: on one line, and no character of it is markup.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '<' => plain.push_str("&lt;"),
            '&' if chars.peek().is_some_and(|next| next.is_alphanumeric() || *next == '#') => {
                plain.push_str("&amp;");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '>' | '#' | '|' | '~' | '!' | '$' | '^' => {
                plain.push('\\');
                plain.push(c);
            }
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}
