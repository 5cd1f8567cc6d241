//! Parties: their names over time, the posts that persons hold.

use serde_json::{Map, Value, json};

use super::course::Course;
use super::view::{Happening, Telling, put_list};
use crate::value::{Lang, Name, When, fold};
use crate::vocabulary::{LANG, NAME, NAMES, OCCURRED, ORGANISATION, POST};
use crate::{Data, EventName};

pub(super) fn advance(course: &mut Course, event: EventName, data: &Data) {
    course.happened(data);
    if event == EventName::Registered {
        course.status = Some("registered");
    }
}

/// A name with the time from which it was used.
struct Called<'t> {
    name: &'t Name,
    lang: Option<&'t Lang>,
    /// Of names that were given later; those of the registration were there before.
    since: Option<&'t When>,
    is_given: bool,
    told: Happening<'t>,
}

/// Every name: those of the registration, then those given later, by when they were given. One of which nobody
/// says when is as late as what was recorded before it.
fn called<'t>(told: &Telling<'t>) -> Vec<Called<'t>> {
    let mut all: Vec<Called<'t>> = Vec::new();
    for told in told.accounts() {
        let data = told.data();
        let (lang, since) = (data.get(&LANG), data.get(&OCCURRED));
        for name in data.list(&NAMES) {
            let at = all.iter().position(|called| called.is_given).unwrap_or(all.len());
            all.insert(at, Called { name, lang, since: None, is_given: false, told });
        }
        if let Some(name) = data.get(&NAME) {
            let at = place(since, all.iter().map(|called| called.since));
            all.insert(at, Called { name, lang, since, is_given: true, told });
        }
    }
    all
}

/// Where something belongs that began then, among what is in the order of its beginning.
fn place<'t>(
    since: Option<&When>,
    others: impl DoubleEndedIterator<Item = Option<&'t When>> + ExactSizeIterator,
) -> usize {
    let (count, first_day) = (others.len(), since.and_then(|when| when.bounds().earliest));
    let begins_later = |other: &Option<&When>| {
        let other = other.and_then(|when| when.bounds().earliest);
        other.zip(first_day).is_some_and(|(other, own)| other > own)
    };
    count - others.rev().take_while(begins_later).count()
}

/// The name in use: the latest one in the language of the name that the party was registered under, else of the
/// first given. A name in another language, or of which only one says its language, is one more name.
pub(super) fn name<'t>(told: &Telling<'t>) -> Option<&'t Name> {
    let all = called(told);
    let registered = all.iter().find(|called| !called.is_given);
    let usual = registered.or_else(|| all.iter().min_by_key(|called| called.told.first()))?;
    let mut given = all.iter().filter(|called| called.is_given && is_one_language(usual.lang, called.lang));
    Some(given.next_back().unwrap_or(usual).name)
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

/// The names over time. A name is used until another is given in its language. Of several names of a registration
/// that is the first: the others are other ways to put it.
fn names(told: &Telling<'_>) -> Vec<Value> {
    let all = called(told);
    let rows = all.iter().enumerate().map(|(at, called)| {
        let mut row = called.told.fields(&[LANG.name]);
        row["name"] = json!(called.name);
        if let Some(since) = called.since {
            row["since"] = json!(since);
        }
        let is_same = |other: &&Called<'_>| is_one_language(called.lang, other.lang);
        let is_other_spelling = !called.is_given && all[..at].iter().any(|other| is_same(&other));
        let mut later = all[at + 1..].iter().filter(|later| later.is_given && !is_other_spelling);
        if let Some(next) = later.find(is_same) {
            row["until"] = when(next.since);
        }
        row
    });
    rows.collect()
}

/// Posts by when they were taken up, each with when it was left.
fn posts(told: &Telling<'_>) -> Vec<Value> {
    let mut posts: Vec<Post<'_>> = Vec::new();
    for account in told.accounts() {
        let data = account.data();
        let day = data.get(&OCCURRED);
        let shown = account.fields(&[POST.name, ORGANISATION.name]);
        match account.event() {
            EventName::Appointed => {
                let at = place(day, posts.iter().map(|post| post.since));
                posts.insert(at, Post { data, since: day, left: None, shown });
            }
            EventName::LeftPost => {
                let open = posts.iter_mut().rev().find(|post| post.is_left_by(data));
                match open {
                    Some(post) => post.left = Some(day),
                    None => posts.push(Post { data, since: None, left: Some(day), shown }),
                }
            }
            _ => {}
        }
    }
    posts.into_iter().map(Post::show).collect()
}

/// A post that somebody holds or held.
struct Post<'t> {
    data: &'t Data,
    since: Option<&'t When>,
    /// That it was left, and when if that is known.
    left: Option<Option<&'t When>>,
    shown: Value,
}

impl Post<'_> {
    /// Whether leaving `left` can be the end of it: it was not left yet, and not taken up later.
    fn is_left_by(&self, left: &Data) -> bool {
        let began = self.since.and_then(|when| when.bounds().earliest);
        let ended = left.get(&OCCURRED).and_then(|when| when.bounds().latest);
        let later = began.zip(ended).is_some_and(|(began, ended)| began > ended);
        self.left.is_none() && !later && is_one_post(self.data, left)
    }

    fn show(self) -> Value {
        let mut shown = self.shown;
        if let Some(since) = self.since {
            shown["since"] = json!(since);
        }
        if let Some(left) = self.left {
            shown["left"] = when(left);
        }
        shown
    }
}

/// A time, or that there is one that nobody states.
fn when(when: Option<&When>) -> Value {
    when.map_or_else(|| json!({}), |when| json!(when))
}

/// Whether leaving `left` ends having taken up `taken`: what is not stated may be any.
pub(super) fn is_one_post(taken: &Data, left: &Data) -> bool {
    let agrees = |a: Option<&Name>, b: Option<&Name>| {
        a.zip(b).is_none_or(|(a, b)| fold(a.as_str()) == fold(b.as_str()))
    };
    agrees(taken.get(&POST), left.get(&POST)) && agrees(taken.get(&ORGANISATION), left.get(&ORGANISATION))
}
