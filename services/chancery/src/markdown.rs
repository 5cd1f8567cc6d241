//! The register's Markdown, for a terminal.
//!
//! What its documents use of CommonMark and no more: headings, paragraphs, lists, tables, rules, footnotes, strong
//! and emphasised words, code, links, escapes. What is none of these is shown as it stands.

use contract::brief::words::MONTHS;

use crate::ink::{Ink, clean};
use crate::paragraph::wrapped;
use crate::table;

/// The document in lines of a width.
pub(crate) fn shown(text: &str, width: usize) -> String {
    let text = clean(text);
    let mut shown = Shown { lines: Vec::new(), width, is_headed: false };
    let mut lines = text.lines().peekable();
    let mut block = Vec::<&str>::new();
    while let Some(line) = lines.next() {
        let ends = |next: &&str| begins(next) || is_row(next) != is_row(line);
        let is_whole = stands_alone(line) || lines.peek().is_none_or(ends);
        block.push(line);
        if is_whole {
            shown.block(&std::mem::take(&mut block));
        }
    }
    let text = shown.lines.join("\n");
    text.trim_matches('\n').to_owned()
}

/// Whether no line continues this one.
fn stands_alone(line: &str) -> bool {
    let trimmed = line.trim_start();
    trimmed.is_empty() || trimmed.starts_with('#') || is_rule(trimmed)
}

/// Whether a line is no continuation of the block before it.
fn begins(line: &str) -> bool {
    let trimmed = line.trim_start();
    let begins = ["[^", ">"].iter().any(|begin| trimmed.starts_with(begin));
    begins || stands_alone(line) || marker(trimmed).is_some()
}

fn is_rule(line: &str) -> bool {
    line.len() >= 3 && ["-", "*", "_"].iter().any(|rule| line.replace(rule, "").is_empty())
}

fn is_row(line: &str) -> bool {
    line.trim_start().starts_with('|')
}

/// A list item's marker and what it is about.
fn marker(line: &str) -> Option<(&str, &str)> {
    let bullet = ["- ", "* ", "+ "].iter().find_map(|bullet| line.strip_prefix(bullet));
    let numbered = || {
        let digits = line.len() - line.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        let rest = line[digits..].strip_prefix(". ").filter(|_| digits > 0)?;
        Some((&line[..=digits], rest))
    };
    bullet.map(|rest| ("•", rest)).or_else(numbered)
}

/// What has been laid out.
struct Shown {
    lines: Vec<String>,
    width: usize,
    /// The last line is a section's heading.
    is_headed: bool,
}

impl Shown {
    fn block(&mut self, block: &[&str]) {
        let [first, ..] = block else { return };
        if !first.trim().is_empty() && !first.starts_with('#') {
            self.is_headed = false;
        }
        let trimmed = first.trim_start();
        let indent = " ".repeat(first.len() - trimmed.len());
        if trimmed.is_empty() {
            self.space();
        } else if is_row(first) {
            self.table(block);
        } else if is_rule(trimmed) {
            self.lines.push(Ink::Faint.on(&"─".repeat(self.width)));
        } else if let Some(heading) = trimmed.strip_prefix('#') {
            self.heading(heading);
        } else if let Some((number, text)) = trimmed.strip_prefix("[^").and_then(|rest| rest.split_once("]:"))
        {
            self.prose(block, text, &format!("{indent}[{number}] "));
        } else if let Some((bullet, text)) = marker(trimmed) {
            self.prose(block, text, &format!("{indent}{bullet} "));
        } else if let Some(text) = trimmed.strip_prefix('>') {
            self.prose(block, text, &format!("{indent}│ "));
        } else {
            self.prose(block, trimmed, &indent);
        }
    }

    /// One empty line, not several, and none below a section's heading.
    fn space(&mut self) {
        if !self.is_headed && self.lines.last().is_some_and(|last| !last.is_empty()) {
            self.lines.push(String::new());
        }
    }

    fn heading(&mut self, heading: &str) {
        let is_title = !heading.starts_with('#');
        let heading = heading.trim_start_matches('#').trim_end_matches('#').trim();
        self.is_headed = false;
        self.space();
        // Escapes and markers go; a heading is of one style.
        let text = crate::ink::rendered(&inline(heading), false);
        self.lines.push(Ink::Bold.on(&if is_title { text.to_uppercase() } else { text }));
        self.is_headed = !is_title;
    }

    /// Words in lines, of which those that end with two spaces or a backslash end there.
    fn prose(&mut self, block: &[&str], first: &str, lead: &str) {
        let rest = block.iter().skip(1).map(|line| line.trim_start());
        let others = " ".repeat(lead.chars().count());
        let (mut text, mut lead) = (String::new(), lead.to_owned());
        for line in std::iter::once(first).chain(rest) {
            let is_end = line.ends_with("  ") || line.ends_with('\\');
            text.push_str(line.trim_end().trim_end_matches('\\'));
            text.push(' ');
            if is_end {
                self.words(&std::mem::take(&mut text), &lead, &others);
                lead.clone_from(&others);
            }
        }
        self.words(&text, &lead, &others);
    }

    fn words(&mut self, text: &str, lead: &str, others: &str) {
        let lines = wrapped(&with_whole_dates(&inline(text)), self.width, lead, others);
        self.lines.extend(lines.into_iter().map(|line| line.replace(HELD, " ")));
    }

    fn table(&mut self, block: &[&str]) {
        let is_ruled = |line: &&&str| line.chars().all(|letter| "|-: ".contains(letter));
        let mut rows = block.iter().filter(|line| !is_ruled(line)).map(|line| cells(line));
        let headings = rows.next().unwrap_or_default();
        let headings = headings.iter().map(String::as_str).collect::<Vec<_>>();
        let width = u16::try_from(self.width).unwrap_or(u16::MAX);
        self.lines.extend(table::fitted(width, &headings, rows).lines().map(ToOwned::to_owned));
    }
}

/// As wide as a space, and no line ends at it: for private use, so that no document contains it.
const HELD: char = '\u{e000}';

/// A text in which no line ends within a date, such as 13 April 2025 or April 2025.
fn with_whole_dates(text: &str) -> String {
    let is_month = |word: &str| MONTHS.contains(&word.trim_matches(|letter: char| !letter.is_alphanumeric()));
    let digits = |word: &str| word.chars().take_while(char::is_ascii_digit).count();
    let is_day = |word: &str| {
        let day = word.trim_start_matches(|letter: char| !letter.is_alphanumeric());
        (1..=2).contains(&day.len()) && digits(day) == day.len()
    };
    let words = text.split(' ').collect::<Vec<_>>();
    let mut out = String::with_capacity(text.len());
    for (at, word) in words.iter().enumerate() {
        out.push_str(word);
        if let Some(next) = words.get(at + 1) {
            let is_within = is_month(next) && is_day(word) || is_month(word) && digits(next) == 4;
            out.push(if is_within { HELD } else { ' ' });
        }
    }
    out
}

/// A row's cells: a bar that is escaped is none.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('|');
    let line = line.strip_suffix('|').filter(|_| !line.ends_with("\\|")).unwrap_or(line);
    let hidden = line.replace("\\|", "\u{0}");
    hidden.split('|').map(|cell| inline(&cell.trim().replace('\u{0}', "|"))).collect()
}

/// The words of a line in their styles.
fn inline(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(letter) = rest.chars().next() {
        let taken = match letter {
            '\\' => escaped(rest),
            '*' | '_' => emphasised(rest, out.chars().last()),
            '`' => enclosed(rest, "`", "`").map(|(code, rest)| (code.to_owned(), rest)),
            '[' => link(rest),
            '&' => entity(rest),
            _ => None,
        };
        let (shown, after) = taken.unwrap_or_else(|| (letter.to_string(), &rest[letter.len_utf8()..]));
        out.push_str(&shown);
        rest = after;
    }
    out
}

fn escaped(text: &str) -> Option<(String, &str)> {
    let rest = &text[1..];
    let letter = rest.chars().next().filter(char::is_ascii_punctuation)?;
    Some((letter.to_string(), &rest[1..]))
}

/// Strong words are bold, emphasised ones plain. A marker within a word is none.
fn emphasised(text: &str, before: Option<char>) -> Option<(String, &str)> {
    if before.is_some_and(char::is_alphanumeric) && text.starts_with('_') {
        return None;
    }
    let strong = ["**", "__"].iter().find_map(|marker| enclosed(text, marker, marker));
    if let Some((words, rest)) = strong {
        return Some((Ink::Bold.on(&inline(words)), rest));
    }
    let marker = &text[..1];
    let (words, rest) = enclosed(text, marker, marker)?;
    Some((inline(words), rest))
}

/// What stands between two markers that touch it, and what comes after them.
fn enclosed<'t>(text: &'t str, open: &str, close: &str) -> Option<(&'t str, &'t str)> {
    let inner = text.strip_prefix(open)?;
    let mut end = 0;
    loop {
        end += inner[end..].find(close)?;
        if !inner[..end].ends_with('\\') {
            break;
        }
        end += close.len();
    }
    let (words, rest) = (&inner[..end], &inner[end + close.len()..]);
    (!words.is_empty() && words.trim() == words).then_some((words, rest))
}

/// A footnote's number, or a link's words with where it leads if they do not say so.
fn link(text: &str) -> Option<(String, &str)> {
    let (words, rest) = enclosed(text, "[", "]")?;
    if let Some(number) = words.strip_prefix('^') {
        return Some((Ink::Faint.on(&format!("[{number}]")), rest));
    }
    let (target, rest) = enclosed(rest, "(", ")")?;
    let target = target.trim_start_matches('<').trim_end_matches('>');
    let words = inline(words);
    let shown = if target.contains(&words) { target.to_owned() } else { format!("{words} <{target}>") };
    Some((shown, rest))
}

fn entity(text: &str) -> Option<(String, &str)> {
    let known =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&"), ("&nbsp;", " ")];
    let found = known.iter().find_map(|(name, letter)| Some((letter, text.strip_prefix(name)?)));
    found.map(|(letter, rest)| ((*letter).to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ink::rendered;

    fn plain(text: &str, width: usize) -> String {
        rendered(&shown(text, width), false)
    }

    #[test]
    fn a_document_is_laid_out_for_a_terminal() {
        let text = "# Brief: Pakistan on Canada\n\n**OFFICIAL** · as of position 45\n\n\n## They offered\n\n\
            - To send a *mission* before 2026,\n  **61 days late**; nothing recorded since[^1]\n\
            \x20 - and a list\n- Nothing \\*else\\* &amp; no more\n\n1. First\n10. Tenth\n\n\
            | Party | Signed |\n|---|---|\n| Canada | 2025\\|06 |\n| Pakistan |  |\n\n---\n\n\
            [^1]: Arab News, [a report](https://example.org/a_b_c), `B2`\n";
        insta::assert_snapshot!(plain(text, 48));
    }

    #[test]
    fn what_is_no_markup_stays() {
        for text in ["2 * 3 * 4", "snake_case_word", "[not a link]", "a & b", "**open", "5 < 6", "C:\\dir"] {
            assert_eq!(plain(text, 80), text);
        }
    }

    #[test]
    fn no_line_ends_within_a_date() {
        let text = "To send a mission by (13 April 2025), then in May 2026; may 2 people come on 5 of March?";
        for width in 18..60 {
            let shown = plain(text, width);
            for whole in ["(13 April 2025),", "May 2026;"] {
                assert!(shown.contains(whole), "{width}: {shown}");
            }
            assert_eq!(
                shown.split_whitespace().collect::<Vec<_>>(),
                text.split_whitespace().collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn strong_words_are_bold() {
        assert_eq!(rendered(&shown("**late**", 80), true), "\u{1b}[1mlate\u{1b}[0m");
    }
}
