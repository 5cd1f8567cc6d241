//! Tables that fit where they are shown.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width};

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
    for (column, heading) in table.column_iter_mut().zip(headings) {
        column.set_padding((0, 2));
        // What is copied from a table must not be broken over lines, nor what is a number or a bar.
        match heading {
            "event" | "record" | "v" | "position" | "days" | "count" | "share" => {
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

    /// As wide as a table of one cell of it.
    fn comfy_table_width(text: &str) -> u16 {
        let mut table = Table::new();
        table.add_row([text]);
        table.column_max_content_widths()[0]
    }
}
