//! Parties: their names over time, the posts that persons hold.

use serde_json::{Map, Value, json};

use super::course::Course;
use super::view::{Telling, put_list};
use crate::value::{Lang, Name, fold};
use crate::vocabulary::{LANG, NAME, NAMES, OCCURRED, ORGANISATION, POST};
use crate::{Data, EventName};

pub(super) fn advance(course: &mut Course, event: EventName, data: &Data) {
    course.happened(data);
    if event == EventName::Registered {
        course.status = Some("registered");
    }
}

/// The name in use: the latest one in the language of the name that the party was registered under, else of the
/// first given. A name in another language, or of which only one says its language, is one more name.
pub(super) fn name<'t>(told: &Telling<'t>) -> Option<&'t Name> {
    let registered = || {
        let names = told.of(EventName::Registered).map(|told| told.data());
        names.filter_map(|data| Some((data.list(&NAMES).first()?, data.get(&LANG)))).next()
    };
    let named = || {
        let names = told.of(EventName::Named).map(|told| told.data());
        names.filter_map(|data| Some((data.get(&NAME)?, data.get(&LANG))))
    };
    let (usual, lang) = registered().or_else(|| named().next())?;
    let renamed = named().filter(|(_, other)| is_one_language(lang, *other)).last();
    Some(renamed.map_or(usual, |(name, _)| name))
}

/// Whether both are in one language, however it is written or spoken: `en` and `en-GB`.
fn is_one_language(a: Option<&Lang>, b: Option<&Lang>) -> bool {
    let language = |lang: &Lang| lang.as_str().split('-').next().unwrap_or_default().to_owned();
    a.map(language) == b.map(language)
}

/// What the view shows besides the description.
pub(super) fn show(told: &Telling<'_>, out: &mut Map<String, Value>) {
    if let Some(name) = name(told) {
        out.insert("name".to_owned(), json!(name));
    }
    put_list(out, "names", names(told));
    put_list(out, "posts", posts(told));
}

fn names(told: &Telling<'_>) -> Vec<Value> {
    let mut names = Vec::new();
    for account in told.accounts() {
        for name in account.data().list(&NAMES) {
            let mut row = account.fields(&[LANG.name]);
            row["name"] = json!(name);
            names.push(row);
        }
        if let Some(name) = account.data().get(&NAME) {
            let mut row = account.fields(&[LANG.name]);
            row["name"] = json!(name);
            if let Some(since) = account.data().get(&OCCURRED) {
                row["since"] = json!(since);
            }
            names.push(row);
        }
    }
    names
}

/// Posts taken up, each with when it was left.
fn posts(told: &Telling<'_>) -> Vec<Value> {
    let mut posts: Vec<(&Data, Value)> = Vec::new();
    for account in told.accounts() {
        let since = account.data().get(&OCCURRED);
        match account.event() {
            EventName::Appointed => {
                let mut row = account.fields(&[POST.name, ORGANISATION.name]);
                if let Some(since) = since {
                    row["since"] = json!(since);
                }
                posts.push((account.data(), row));
            }
            EventName::LeftPost => {
                let open = posts
                    .iter_mut()
                    .rev()
                    .find(|(post, row)| row.get("left").is_none() && is_one_post(post, account.data()));
                let left = json!(since.map_or_else(|| json!({}), |since| json!(since)));
                match open {
                    Some((_, row)) => row["left"] = left,
                    None => {
                        let mut row = account.fields(&[POST.name, ORGANISATION.name]);
                        row["left"] = left;
                        posts.push((account.data(), row));
                    }
                }
            }
            _ => {}
        }
    }
    posts.into_iter().map(|(_, row)| row).collect()
}

/// Whether leaving `left` ends having taken up `taken`: what is not stated may be any.
pub(super) fn is_one_post(taken: &Data, left: &Data) -> bool {
    let agrees = |a: Option<&Name>, b: Option<&Name>| {
        a.zip(b).is_none_or(|(a, b)| fold(a.as_str()) == fold(b.as_str()))
    };
    agrees(taken.get(&POST), left.get(&POST)) && agrees(taken.get(&ORGANISATION), left.get(&ORGANISATION))
}
