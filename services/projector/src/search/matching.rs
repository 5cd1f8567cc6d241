//! What is looked for, as the index is asked for it.

use std::ops::Bound;

use contract::Problem;
use domain::Subject;
use tantivy::query::{AllQuery, BooleanQuery, EmptyQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::fields::{Fields, Part, facet};
use super::having::HavingOneOf;
use super::matches::Wanted;
use super::parse::{Clause, Sought};
use super::words::Stems;
use crate::parties;

/// How well a record may match, the best first. Each is a question of its own, which needs no statistics: what a
/// reader may not see can have no part in the order, and the order of what was shown stays when more is recorded.
pub(super) const GRADES: usize = 5;

/// For each grade, those that between them hold whatever matches better.
const BETTER: [&[usize]; GRADES] = [&[], &[0], &[1], &[1, 2], &[3]];

/// What is looked for, graded.
pub(super) struct Grades<'q> {
    fields: &'q Fields,
    sought: &'q Sought,
    stems: Stems,
}

impl<'q> Grades<'q> {
    pub(super) fn new(fields: &'q Fields, sought: &'q Sought) -> Self {
        Self { fields, sought, stems: Stems::default() }
    }

    /// The records that match as well as that or better; `None`: no others than those that match better.
    fn at_least(&mut self, grade: usize) -> Option<Box<dyn Query>> {
        let Fields { title, body, .. } = *self.fields;
        match grade {
            0 => self.row(title),
            1 => self.all(&[title]),
            2 => self.row(body),
            3 => self.all(&[body]),
            _ => self.anyhow(),
        }
    }

    /// The records that match so well and have these facets, without those that match better, unless all of these
    /// are found already.
    pub(super) fn just(&mut self, grade: usize, facets: &Facets, are_found: bool) -> Option<Wanted> {
        let all = both(Some(self.at_least(grade)?), facets, self.fields);
        let mut none = self.unwanted();
        if !are_found {
            none.extend(BETTER[grade].iter().filter_map(|better| self.at_least(*better)));
        }
        Some(Wanted { all, none })
    }

    /// The records that match at all and have these facets.
    pub(super) fn any(&mut self, facets: &Facets) -> Wanted {
        Wanted { all: both(self.anyhow(), facets, self.fields), none: self.unwanted() }
    }

    fn unwanted(&self) -> Vec<Box<dyn Query>> {
        self.sought.unwanted.iter().map(|clause| exact(self.fields.body, clause)).collect()
    }

    fn row(&self, field: Field) -> Option<Box<dyn Query>> {
        Some(exact(field, &self.sought.in_a_row()?))
    }

    fn all(&self, fields: &[Field]) -> Option<Box<dyn Query>> {
        let wanted = self.sought.wanted.iter();
        let clauses =
            wanted.flat_map(|clause| fields.iter().map(|field| (Occur::Must, exact(*field, clause))));
        let clauses = clauses.collect::<Vec<_>>();
        (!clauses.is_empty()).then(|| Box::new(BooleanQuery::new(clauses)) as Box<dyn Query>)
    }

    /// Words may be inflected.
    fn anyhow(&mut self) -> Option<Box<dyn Query>> {
        let Fields { body, stems, .. } = *self.fields;
        let mut clauses = Vec::new();
        for clause in &self.sought.wanted {
            let mut found = exact(body, clause);
            if let Clause::Word(forms) = clause {
                let single =
                    forms.iter().filter_map(|form| if let [word] = &form[..] { Some(word) } else { None });
                let mut any = single
                    .flat_map(|word| self.stems.of(word))
                    .map(|stem| term(stems, &stem))
                    .collect::<Vec<_>>();
                // Who has a word has its stem: only what is looked for by its parts is not among those.
                if forms.iter().any(|form| form.len() > 1) {
                    any.push(found);
                }
                found = if any.len() == 1 { any.remove(0) } else { Box::new(BooleanQuery::union(any)) };
            }
            clauses.push((Occur::Must, found));
        }
        (!clauses.is_empty()).then(|| Box::new(BooleanQuery::new(clauses)) as Box<dyn Query>)
    }
}

/// Words and facets, as far as there are any: else everything.
fn both(words: Option<Box<dyn Query>>, facets: &Facets, fields: &Fields) -> Box<dyn Query> {
    let words = words.into_iter().map(|words| (Occur::Must, words));
    let mut all = words.chain(facets.clauses(fields.facet)).collect::<Vec<_>>();
    match all.len() {
        0 => Box::new(AllQuery),
        1 => all.remove(0).1,
        _ => Box::new(BooleanQuery::new(all)),
    }
}

fn term(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
}

fn exact(field: Field, clause: &Clause) -> Box<dyn Query> {
    match clause {
        Clause::Word(forms) => match &forms[..] {
            [form] => in_a_row(field, form),
            forms => Box::new(BooleanQuery::union(forms.iter().map(|form| in_a_row(field, form)).collect())),
        },
        Clause::Phrase(row) => in_a_row(field, row),
        Clause::Prefix(begun) => {
            let end = format!("{begun}{}", char::MAX);
            let [from, to] = [begun, &end].map(|text| Term::from_field_text(field, text));
            Box::new(RangeQuery::new(Bound::Included(from), Bound::Excluded(to)))
        }
    }
}

fn in_a_row(field: Field, row: &[String]) -> Box<dyn Query> {
    match row {
        [] => Box::new(EmptyQuery),
        [word] => term(field, word),
        row => {
            Box::new(PhraseQuery::new(row.iter().map(|word| Term::from_field_text(field, word)).collect()))
        }
    }
}

/// Facets, each of which a record must have: any one of several texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Facets(Vec<Vec<String>>);

impl Facets {
    pub(super) fn want(&mut self, name: &str, value: Option<&str>) {
        self.0.extend(value.map(|value| vec![facet(name, value)]));
    }

    /// A party, as it is meant: by what was written, by its record, by each mention that is of it and no other.
    pub(super) fn party(
        &mut self,
        part: Part,
        party: &parties::Sought,
        sees: &impl Fn(&Subject) -> bool,
        index: (&Searcher, &Fields),
    ) -> Result<(), Problem> {
        let mut facets = party.keys().iter().map(|key| part.key(key)).collect::<Vec<_>>();
        facets.extend(party.records().map(|id| part.record(&id)));
        for key in party.names() {
            let begins = part.mentions(key);
            let mentions = beginning(index.0, index.1.facet, &begins)
                .map_err(|error| super::query::broken(&error.into()))?;
            let of_party = |text: &String| {
                let mention = Part::read(key, text.strip_prefix(&begins)?);
                mention.filter(|mention| party.is(mention, sees))
            };
            facets.extend(mentions.into_iter().filter(|text| of_party(text).is_some()));
        }
        self.0.push(facets);
        Ok(())
    }

    fn clauses(&self, field: Field) -> impl Iterator<Item = (Occur, Box<dyn Query>)> {
        self.0.iter().map(move |any| {
            let query: Box<dyn Query> = match &any[..] {
                [] => Box::new(EmptyQuery),
                [only] => term(field, only),
                several => Box::new(HavingOneOf::new(field, several)),
            };
            (Occur::Must, query)
        })
    }
}

/// The texts of a field that begin so.
fn beginning(searcher: &Searcher, field: Field, begins: &str) -> std::io::Result<Vec<String>> {
    let mut found = Vec::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(field).map_err(std::io::Error::other)?;
        let end = format!("{begins}{}", char::MAX);
        let mut terms = index.terms().range().ge(begins).lt(&end).into_stream()?;
        while let Some((text, _)) = terms.next() {
            found.extend(std::str::from_utf8(text).map(str::to_owned));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
