//! Prose in lines.

use unicode_width::UnicodeWidthStr;

/// The words in lines of a width; the first line begins with `first`, the others with `others`.
pub(crate) fn wrapped(text: &str, width: usize, first: &str, others: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.width() + 1 + word.width() > width {
            lines.push(std::mem::replace(&mut line, others.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    if !is_empty {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ink::Ink;

    #[test]
    fn lines_are_as_wide_as_their_words_and_no_wider() {
        let text = format!("one {} three 中文字 five", Ink::Bold.on("two"));
        let lines = wrapped(&text, 11, "- ", "  ").join("\n");
        assert_eq!(crate::ink::rendered(&lines, false), "- one two\n  three\n  中文字\n  five");
        assert!(wrapped(" ", 10, "- ", "").is_empty());
        assert_eq!(wrapped("unbreakable", 4, "", ""), ["unbreakable"]);
    }
}
