//! Text from right to left within lines from left to right.
//!
//! A terminal that orders text by direction (UAX #9) takes the letters of two columns for one run, and swaps the
//! columns. Each run is isolated, which has no width; elsewhere the isolates do nothing.

const ISOLATE: char = '\u{2068}';
const POP: char = '\u{2069}';

/// The line with each of its runs from right to left isolated: they end with a column, where two spaces are.
pub(crate) fn isolated(line: &str) -> String {
    if !line.chars().any(is_right_to_left) {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len() + 16);
    let mut rest = line;
    while let Some(begin) = rest.find(is_right_to_left) {
        let (before, run) = rest.split_at(begin);
        let column = run.find("  ").unwrap_or(run.len());
        // Digits and stops after the last letter belong to the line; a letter of the other direction ends the run.
        let column = run[..column].find(is_left_to_right).unwrap_or(column);
        let last = run[..column].char_indices().rfind(|(_, letter)| is_right_to_left(*letter));
        let end = last.map_or(column, |(at, letter)| at + letter.len_utf8());
        out.push_str(before);
        out.push(ISOLATE);
        out.push_str(&run[..end]);
        out.push(POP);
        rest = &run[end..];
    }
    out + rest
}

/// Hebrew, Arabic, Syriac, Thaana, N'Ko and what stands between them, their presentation forms, and the blocks
/// of the supplementary plane that are from right to left.
fn is_right_to_left(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

fn is_left_to_right(letter: char) -> bool {
    letter.is_alphabetic() && !is_right_to_left(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_s_run_is_isolated() {
        assert_eq!(isolated("plain 1"), "plain 1");
        assert_eq!(
            isolated("2025  وزیر تجارت  کینیڈا 5."),
            "2025  \u{2068}وزیر تجارت\u{2069}  \u{2068}کینیڈا\u{2069} 5."
        );
        assert_eq!(isolated("a شام b دن"), "a \u{2068}شام\u{2069} b \u{2068}دن\u{2069}");
    }
}
