//! Tables that fit where they are shown.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width};
use unicode_width::UnicodeWidthStr;

use crate::ink::Ink;
use crate::out;

/// Rows under headings, fitted to the terminal.
pub(crate) fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    fitted(out::width(), headings, rows)
}

/// Rows under headings, fitted to a width; a column that says nothing is left out.
pub(crate) fn fitted(width: u16, headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rows = rows.into_iter().collect::<Vec<_>>();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let says = |column: &usize| rows.iter().any(|row| row.get(*column).is_some_and(|cell| !cell.is_empty()));
    let columns = (0..columns).filter(says).collect::<Vec<_>>();
    let headings = columns.iter().map(|column| headings.get(*column).copied().unwrap_or_default());
    let headings = headings.collect::<Vec<_>>();
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    // Styles are ours.
    table.force_no_tty().set_width(width);
    if headings.iter().any(|heading| !heading.is_empty()) {
        table.set_header(headings.iter().map(|heading| Cell::new(Ink::Faint.on(&heading.to_uppercase()))));
    }
    for row in &rows {
        table.add_row(columns.iter().map(|column| row.get(*column).map_or("", String::as_str)));
    }
    let words = columns.iter().map(|column| longest_word(rows.iter().filter_map(|row| row.get(*column))));
    let leasts = headings.iter().zip(words).map(|(heading, word)| least_width(heading).max(PADDING + word));
    let leasts = leasts.collect::<Vec<_>>();
    // Where not even words fit, they are broken, but for what is copied.
    let is_wide = leasts.iter().sum::<u16>() <= width;
    for ((column, heading), least) in table.column_iter_mut().zip(headings).zip(leasts) {
        column.set_padding((0, PADDING));
        // What is copied from a table must not be broken over lines, nor what is a number or a bar.
        column.set_constraint(match heading {
            "event" | "record" | "v" | "position" | "days" | "count" | "share" => {
                ColumnConstraint::ContentWidth
            }
            _ if is_wide => ColumnConstraint::LowerBoundary(Width::Fixed(least)),
            heading => ColumnConstraint::LowerBoundary(Width::Fixed(least_width(heading))),
        });
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Between columns.
const PADDING: u16 = 2;

/// The longest word of a column, as far as columns are made wide for words.
fn longest_word<'c>(cells: impl Iterator<Item = &'c String>) -> u16 {
    const MOST: usize = 12;
    let longest = cells.flat_map(|cell| cell.split_whitespace()).map(UnicodeWidthStr::width).max();
    longest.and_then(|width| u16::try_from(width.min(MOST)).ok()).unwrap_or_default()
}

/// What stands in the column unbroken, with its padding.
fn least_width(heading: &str) -> u16 {
    PADDING
        + match heading {
            // `commitment/` and a UUID.
            heading if heading.ends_with("record") => 11 + 36,
            heading if heading.ends_with("event") => 36,
            // A date.
            "when" | "recorded" | "due" | "foreseen" => 10,
            // `came` and a date.
            "how late" => 5 + 10,
            _ => 4,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ink::rendered;

    fn rows() -> Vec<Vec<String>> {
        let cell = |text: &str| text.to_owned();
        vec![
            vec![cell("2025-06"), cell("expected"), Ink::Bold.on("A dialogue on what is held in common")],
            vec![cell("2025-07"), cell("دوسرا اجلاس"), cell("متوقع ملاقات")],
        ]
    }

    #[test]
    fn tables_are_no_wider_than_where_they_are_shown() {
        let text = fitted(40, &["when", "status", "title"], rows());
        insta::assert_snapshot!(rendered(&text, false));
        for line in rendered(&text, true).lines() {
            let shown = anstream::adapter::strip_str(line).to_string();
            let width = comfy_table_width(&shown);
            assert!(width <= 40, "{width}: {shown}");
        }
    }

    #[test]
    fn where_there_is_room_no_word_is_broken() {
        let when = "2025-04-13 “earlier in the day” (inferred)".to_owned();
        let row = vec![when, "under negotiation".to_owned(), format!("{}/{}", "engagement", "0".repeat(36))];
        let text = fitted(80, &["when", "status", "title and record"], [row.clone()]);
        assert!(text.contains("negotiation") && text.contains("(inferred)"), "{text}");
        assert!(fitted(60, &["when", "status", "title and record"], [row]).contains(&"0".repeat(36)));
    }

    /// As wide as a table of one cell of it.
    fn comfy_table_width(text: &str) -> u16 {
        let mut table = Table::new();
        table.add_row([text]);
        table.column_max_content_widths()[0]
    }
}
