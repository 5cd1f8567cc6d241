//! `chancery search`: records in which words stand, with the places where they do.

use domain::Aggregate;
use serde_json::Value;

use crate::access::Access;
use crate::failure::Failure;
use crate::filters::{Amount, Filters, Fresh, push};
use crate::ink::{Ink, clean};
use crate::known::Known;
use crate::page::Items;
use crate::{out, paragraph, words};

/// Search titles, names in every spelling, topics, what was said and notes
///
/// Every word must be found; '"some words"' finds them in a row, and 'word*' what begins so. Best match
/// first, unless an order is given.
///
///   chancery search counterterrorism dialogue
///   chancery search canola --aggregate commitment --party CA
///   chancery search وزیر تجارت --newest
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Search {
    /// What to look for
    #[arg(value_name = "WORDS", required = true)]
    words: Vec<String>,

    /// Only records of this kind: engagement, instrument, commitment, matter, party or source
    #[arg(long, value_name = "AGGREGATE", help_heading = "Which")]
    aggregate: Option<Aggregate>,

    #[command(flatten)]
    filters: Filters,

    #[command(flatten)]
    amount: Amount,

    /// Latest first instead of best match first
    #[arg(long, help_heading = "How much", conflicts_with = "oldest")]
    newest: bool,

    /// Earliest first instead of best match first
    #[arg(long, help_heading = "How much")]
    oldest: bool,

    #[command(flatten)]
    fresh: Fresh,

    #[command(flatten)]
    access: Access,
}

impl Search {
    /// Prints the records with what matches.
    ///
    /// # Errors
    /// The register's refusal, or that it does not answer.
    pub(crate) async fn run(&self) -> Result<(), Failure> {
        let mut query = self.filters.query();
        push(&mut query, "q", Some(&self.words.join(" ")));
        push(&mut query, "aggregate", self.aggregate.as_ref());
        push(&mut query, "order", self.newest.then_some(&"newest"));
        push(&mut query, "order", self.oldest.then_some(&"oldest"));
        self.fresh.add_to(&mut query);
        let client = self.access.open()?;
        let found = Items::fetch(&client, "v1/search", &query, self.amount.limit).await?;
        if self.access.json {
            return out::say_json(&found.json());
        }
        let width = out::prose_width().into();
        let texts = found.items.iter().map(|item| entry(item, width)).collect::<Vec<_>>();
        if !texts.is_empty() {
            out::say(&texts.join("\n\n"))?;
        }
        out::say(&found.footer("record", "records", &Known::default().said(found.position)))
    }
}

/// A record with what matches, below each other.
fn entry(item: &Value, width: usize) -> String {
    let field = |name: &str| words::plain(&item[name]);
    let kind = if item["strength"].is_null() { field("kind") } else { words::code(&item["strength"]) };
    let when = Some(words::when(&item["due"])).filter(|due| !due.is_empty()).map(|due| format!("due {due}"));
    let when = when.unwrap_or_else(|| words::when(&item["when"]));
    let about = words::apart(&[field("aggregate"), words::code(&item["status"]), kind, when]);
    let mut highlights =
        item["highlights"].as_array().into_iter().flatten().map(highlight).collect::<Vec<_>>();
    // The title is shown in any case; what only repeats it is not.
    let title = highlights.iter().find(|(field, _)| field == "title").map(|(_, text)| text.clone());
    highlights.retain(|(field, text)| field != "title" && title.as_ref() != Some(text));
    let title = title.unwrap_or_else(|| Ink::Bold.on(&field("title")));
    let mut lines = paragraph::wrapped(&title, width, "", "");
    lines.push(about);
    lines.push(Ink::Faint.on(&field("subject")));
    for (field, text) in highlights {
        let field = Ink::Faint.on(&format!("{field}:"));
        lines.extend(paragraph::wrapped(&format!("{field} {text}"), width, "  ", "    "));
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// In which field something was found, and what.
fn highlight(highlight: &Value) -> (String, String) {
    (words::code(&highlight["field"]), marked(highlight["text"].as_str().unwrap_or_default()))
}

/// The text of a piece of HTML in which nothing is marked up but what matches, by `<mark>`.
fn marked(html: &str) -> String {
    let mut parts = html.split("<mark>");
    let mut text = plain(parts.next().unwrap_or_default());
    for part in parts {
        let (found, rest) = part.split_once("</mark>").unwrap_or((part, ""));
        text.push_str(&Ink::Match.on(&plain(found)));
        text.push_str(&plain(rest));
    }
    text
}

/// The text of a piece of escaped HTML, on one line.
fn plain(html: &str) -> String {
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")];
    let text = entities.iter().fold(html.to_owned(), |text, (entity, letter)| text.replace(entity, letter));
    clean(&text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ink::rendered;

    #[test]
    fn what_matches_is_shown_where_it_stands() {
        let item = json!({"subject": "engagement/1", "aggregate": "engagement", "title": "Counterterrorism dialogue",
        "kind": "dialogue", "status": "expected", "when": {"edtf": "2025-06"}, "score": 1.5, "highlights": [
            {"field": "title", "text": "<mark>Counterterrorism</mark> dialogue"},
            {"field": "utterances", "text": "to hold the <mark>counterterrorism</mark> dialogue &amp; &lt;more&gt;"},
        ]});
        insta::assert_snapshot!(rendered(&entry(&item, 40), false));
    }

    #[test]
    fn what_was_escaped_twice_stays_escaped_once() {
        assert_eq!(plain("&amp;lt;b&amp;gt; it&#39;s"), "&lt;b&gt; it's");
        assert_eq!(rendered(&marked("a <mark>b</mark> <mark>c"), false), "a «b c»");
    }
}
