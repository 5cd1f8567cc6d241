//! The fields of the index, and what of a record stands in each.

use domain::{Mention, Subject};
use jiff::civil::Date;
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{Index, TantivyDocument, Term};
use uuid::Uuid;

use super::index::Changed;
use super::rank::newest;
use super::words::Cutter;
use crate::head::Head;
use crate::key::{Key, Parts};

/// The form of the index. Another one is built anew from the rows.
pub(super) const SCHEMA: u32 = 3;

/// Tokenizers, by the names that the index knows them by.
const WORDS: &str = "words";
const STEMS: &str = "stems";
const RAW: &str = "raw";

/// Columns: numbers of every document, texts that are counted. By one of them the documents of a segment are sorted.
pub(super) const NEWEST: &str = "newest";
pub(super) const MARKING: &str = "marking";
pub(super) const FIRST: &str = "first";
pub(super) const CHANGED: &str = "changed";
pub(super) const EARLIEST: &str = "earliest";
pub(super) const LATEST: &str = "latest";
pub(super) const LAST_DAY: &str = "last_day";
pub(super) const AGGREGATE: &str = "aggregate";
pub(super) const ID: [&str; 2] = ["id_high", "id_low"];
pub(super) const PARTY: &str = "party";
pub(super) const KIND: &str = "kind";
pub(super) const TOPIC: &str = "topic";
pub(super) const STATUS: &str = "status";
pub(super) const OUTCOME: &str = "outcome";
pub(super) const STRENGTH: &str = "strength";

/// Between the parts of a facet; no text of the register contains it.
pub(super) const BETWEEN: char = '\u{1}';

/// Where words and facets are looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// Titles, aliases and the names of a party on record.
    pub(super) title: Field,
    /// Every text.
    pub(super) body: Field,
    /// What the words of every text are inflected from.
    pub(super) stems: Field,
    /// What records are filtered by.
    pub(super) facet: Field,
    /// The position of a record's first event: what a document is known by.
    pub(super) first: Field,
}

/// The schema.
pub(super) fn schema() -> Schema {
    let mut schema = Schema::builder();
    let text = |tokenizer: &str, option| {
        let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_fieldnorms(false);
        TextOptions::default().set_indexing_options(indexing.set_index_option(option))
    };
    schema.add_text_field("title", text(WORDS, IndexRecordOption::WithFreqsAndPositions));
    schema.add_text_field("body", text(WORDS, IndexRecordOption::WithFreqsAndPositions));
    schema.add_text_field("stems", text(STEMS, IndexRecordOption::Basic));
    schema.add_text_field("facet", text(RAW, IndexRecordOption::Basic));
    schema.add_u64_field(FIRST, INDEXED | FAST);
    for name in [NEWEST, CHANGED, MARKING, AGGREGATE, ID[0], ID[1]] {
        schema.add_u64_field(name, FAST);
    }
    for name in [EARLIEST, LATEST, LAST_DAY] {
        schema.add_i64_field(name, FAST);
    }
    for name in [PARTY, KIND, TOPIC, STATUS, OUTCOME, STRENGTH] {
        schema.add_text_field(name, TextOptions::default().set_fast(RAW));
    }
    schema.build()
}

/// Has the index know how texts are cut.
pub(super) fn register(tokenizers: &TokenizerManager) {
    tokenizers.register(WORDS, Cutter::words());
    tokenizers.register(STEMS, Cutter::stems());
}

impl Fields {
    /// Of an index, whose tokenizers are set.
    pub(super) fn of(index: &Index) -> tantivy::Result<Self> {
        register(index.tokenizers());
        Self::of_schema(&index.schema())
    }

    pub(super) fn of_schema(schema: &Schema) -> tantivy::Result<Self> {
        Ok(Self {
            title: schema.get_field("title")?,
            body: schema.get_field("body")?,
            stems: schema.get_field("stems")?,
            facet: schema.get_field("facet")?,
            first: schema.get_field(FIRST)?,
        })
    }

    /// What a record's document is known by.
    pub(super) fn key(&self, head: &Head) -> Term {
        Term::from_field_u64(self.first, head.first)
    }

    /// A record's document.
    pub(super) fn document(
        &self,
        schema: &Schema,
        Changed { head, texts, position }: &Changed,
    ) -> tantivy::Result<TantivyDocument> {
        let mut document = TantivyDocument::default();
        for (field, text) in &texts.texts {
            document.add_text(self.body, text);
            document.add_text(self.stems, text);
            let is_party = head.summary.aggregate == "party" && field == "names";
            if is_party || matches!(field.as_str(), "title" | "aliases") {
                document.add_text(self.title, text);
            }
        }
        for facet in facets(head) {
            document.add_text(self.facet, facet);
        }
        let summary = &head.summary;
        let mut number = |name: &str, value: u64| -> tantivy::Result<()> {
            document.add_u64(schema.get_field(name)?, value);
            Ok(())
        };
        let [letter, id @ ..] = address(&summary.subject);
        let day = summary.earliest.or(summary.latest).map(number_of);
        number(NEWEST, newest(day, head.first))?;
        number(FIRST, head.first)?;
        number(CHANGED, *position)?;
        number(MARKING, head.marking.into())?;
        number(AGGREGATE, letter.into())?;
        let (high, low) = Uuid::from_bytes(id).as_u64_pair();
        number(ID[0], high)?;
        number(ID[1], low)?;
        let days = [(EARLIEST, summary.earliest), (LATEST, summary.latest), (LAST_DAY, texts.last_day)];
        for (name, day) in days {
            if let Some(day) = day {
                document.add_i64(schema.get_field(name)?, number_of(day));
            }
        }
        let topics = summary.topics.iter().flat_map(|topic| above(topic));
        let topics = topics.collect::<std::collections::BTreeSet<_>>();
        let called = summary.parties.iter().enumerate().map(|(nth, key)| {
            let name = summary.names.get(nth).unwrap_or(key);
            facet(key, name)
        });
        let called = called.collect::<Vec<_>>();
        let counted = [
            (PARTY, called.iter().map(String::as_str).collect::<Vec<_>>()),
            (TOPIC, topics.into_iter().collect()),
            (KIND, summary.kind.iter().map(String::as_str).collect()),
            (STATUS, vec![&summary.status]),
            (OUTCOME, texts.outcome.iter().map(String::as_str).collect()),
            (STRENGTH, summary.strength.iter().map(String::as_str).collect()),
        ];
        for (name, values) in counted {
            let field = schema.get_field(name)?;
            values.into_iter().for_each(|value| document.add_text(field, value));
        }
        Ok(document)
    }
}

fn address(subject: &Subject) -> [u8; 17] {
    let key = Key::table(b'.').subject(subject);
    key.as_ref()[1..].try_into().expect("a letter and sixteen bytes")
}

/// The record that the columns of a document name.
pub(super) fn subject(letter: u64, high: u64, low: u64) -> Option<Subject> {
    let letter = u8::try_from(letter).ok()?;
    let id = Uuid::from_u64_pair(high, low);
    Parts(&[&[letter][..], id.as_bytes()].concat()).subject()
}

/// A day as a number: days since the first of January 1970.
pub(super) fn number_of(day: Date) -> i64 {
    let since = day - jiff::civil::date(1970, 1, 1);
    since.get_days().into()
}

/// A dotted code and every code above it.
fn above(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices('.').map(|(at, _)| &code[..at]).chain([code])
}

/// A facet of one part.
pub(super) fn facet(name: &str, value: &str) -> String {
    format!("{name}{BETWEEN}{value}")
}

/// How a party takes part: at all, or as whose a commitment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Any,
    Owner,
    Beneficiary,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Any => "party",
            Self::Owner => "owner",
            Self::Beneficiary => "beneficiary",
        }
    }

    /// Of a party by its key.
    pub(super) fn key(self, key: &str) -> String {
        facet(self.name(), key)
    }

    /// Of a party by its record.
    pub(super) fn record(self, id: &Subject) -> String {
        facet(self.name(), &id.to_string())
    }

    /// Of a party as it is mentioned.
    pub(super) fn mention(self, mention: &Mention) -> String {
        let country = mention.country.map(|country| country.to_string()).unwrap_or_default();
        let id = mention.id.map(|id| id.to_string()).unwrap_or_default();
        format!("{}{country}{BETWEEN}{id}", self.mentions(&mention.key))
    }

    /// What every mention under a key begins with.
    pub(super) fn mentions(self, key: &str) -> String {
        format!("{} as{BETWEEN}{key}{BETWEEN}", self.name())
    }

    /// What a mention's facet says of it, behind what it begins with.
    pub(super) fn read(key: &str, rest: &str) -> Option<Mention> {
        let (country, id) = rest.split_once(BETWEEN)?;
        Some(Mention { key: key.to_owned(), country: country.parse().ok(), id: id.parse().ok() })
    }
}

fn facets(head: &Head) -> Vec<String> {
    let summary = &head.summary;
    let below =
        |name: &'static str, code: &str| above(code).map(|code| facet(name, code)).collect::<Vec<_>>();
    let mut facets = vec![facet("aggregate", &summary.aggregate), facet("status", &summary.status)];
    facets.extend(summary.parties.iter().map(|key| Part::Any.key(key)));
    facets.extend(head.countries.iter().map(|code| facet("country", code)));
    facets.extend(summary.topics.iter().flat_map(|code| below("topic", code)));
    facets.extend(summary.kind.iter().flat_map(|code| below("kind", code)));
    facets.extend(summary.strength.iter().map(|strength| facet("strength", strength)));
    let parts =
        [(Part::Any, &head.mentions), (Part::Owner, &head.owners), (Part::Beneficiary, &head.beneficiaries)];
    for (part, mentions) in parts {
        for mention in mentions {
            facets.push(part.mention(mention));
            facets.extend(mention.id.map(|id| part.record(&id)));
            if part != Part::Any {
                facets.push(part.key(&mention.key));
            }
        }
    }
    facets.sort_unstable();
    facets.dedup();
    facets
}
