//! The calendar for calendar programs: iCalendar (RFC 5545), one event for each thing foreseen.
//!
//! A window is an event of its days; what is due by a day stands on its last day. All of it is all-day: the register
//! knows days. A program that subscribes to an address sends no `Authorization` header: the token is required
//! nevertheless, since an address that lets anybody in would be a credential that is written down everywhere.

use axum::response::{IntoResponse, Response};
use contract::{Agenda, Calendar, Due, Order, Paging, kind, subjects};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use icalendar::{Class, Component, Event, EventLike, EventStatus, Property};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::asked::Asked;
use crate::accept::{ICALENDAR, choose};
use crate::refusal::{Refusal, answer};

/// Events of one calendar; programs get slow with more.
const MOST: usize = 5_000;

/// Pages that are asked for, each with this many items at most.
const PAGES: usize = 20;
const PAGE: u32 = 500;

/// All that is foreseen from today on, as far as it fits.
pub(crate) async fn calendar(mut asked: Asked) -> Result<Response, Refusal> {
    choose(&asked.headers, &[ICALENDAR])?;
    asked.is(kind::EXPORT);
    let today = asked.today();
    let mut filters = asked.params.filters(None);
    filters.from.get_or_insert_with(|| today.to_string());
    let due = super::agenda::due(&mut asked.params);
    let since = asked.settle().await?;
    let mut made = Made::new(asked.now(), base(&asked.headers));
    let mut page = Paging { cursor: None, limit: PAGE };
    let mut position = None;
    for _ in 0..PAGES {
        let calendar =
            Calendar { due: due.clone(), filters: filters.clone(), order: Order::Oldest, page: page.clone() };
        let reply = asked.put(since, subjects::CALENDAR, Agenda::Calendar(calendar)).await?;
        if reply.status != 200 {
            return Ok(answer(reply, HeaderValue::from_static(ICALENDAR)));
        }
        position = position.or(reply.position);
        let read = serde_json::from_slice::<Page>(&reply.body).map_err(super::events::unreadable)?;
        read.items.iter().for_each(|item| made.add(item));
        page.cursor = read.next;
        if page.cursor.is_none() || made.events >= MOST {
            break;
        }
    }
    let mut response = made.finish(page.cursor.is_some()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/calendar; charset=utf-8"));
    if let Some(position) = position {
        headers.insert(contract::headers::POSITION, position.into());
    }
    Ok(response)
}

/// Where the register is for the one who asks, if that is told.
fn base(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(http::header::HOST)?.to_str().ok()?;
    let host = host.parse::<http::uri::Authority>().ok()?;
    let is_secure = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    Some(format!("{}://{host}", if is_secure { "https" } else { "http" }))
}

/// A page of the calendar, as far as it is of interest here.
#[derive(Deserialize)]
struct Page {
    items: Vec<Item>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    due: Due,
    subject: domain::Subject,
    title: String,
    #[serde(default)]
    kind: Option<String>,
    status: String,
    when: domain::value::When,
    #[serde(default)]
    earliest: Option<Date>,
    #[serde(default)]
    latest: Option<Date>,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    clock: Option<Clock>,
    marking: String,
    version: u32,
}

#[derive(Deserialize)]
struct Clock {
    code: String,
    name: String,
    rule: String,
    authority: String,
}

impl Item {
    /// The first day and the last; of a deadline the last only.
    fn days(&self) -> Option<(Date, Date)> {
        let (first, last) = (self.earliest.or(self.latest)?, self.latest.or(self.earliest)?);
        match self.due {
            Due::Engagement => Some((first, last)),
            Due::Commitment | Due::Clock | Due::Review => Some((last, last)),
        }
    }

    /// The same for as long as the record foresees it, wherever it moves.
    fn uid(&self) -> Uuid {
        let what = self.clock.as_ref().map_or(self.due_word(), |clock| clock.code.as_str());
        Uuid::new_v5(&self.subject.id, format!("calendar:{what}").as_bytes())
    }

    const fn due_word(&self) -> &'static str {
        match self.due {
            Due::Engagement => "engagement",
            Due::Commitment => "commitment",
            Due::Clock => "clock",
            Due::Review => "review",
        }
    }

    fn summary(&self) -> String {
        let title = &self.title;
        match (self.due, &self.clock) {
            (Due::Commitment, _) => format!("Due: {title}"),
            (Due::Review, _) => format!("Marking to be reviewed: {title}"),
            (Due::Clock, Some(clock)) => format!("{}: {title}", clock.name),
            (Due::Engagement | Due::Clock, _) => title.clone(),
        }
    }

    fn description(&self) -> String {
        let mut lines = vec![self.marking.clone(), format!("Status: {}", self.status.replace('_', " "))];
        let edtf = self.when.edtf.iter().map(ToString::to_string);
        let stated = self.when.as_stated.iter().map(|words| format!("“{words}”"));
        lines.push(format!("When: {}", edtf.chain(stated).collect::<Vec<_>>().join(", ")));
        if !self.names.is_empty() {
            lines.push(format!("With: {}", self.names.join(", ")));
        }
        if let Some(Clock { rule, authority, .. }) = &self.clock {
            lines.extend([rule.clone(), authority.clone()]);
        }
        lines.join("\n")
    }
}

/// A calendar under construction.
struct Made {
    calendar: icalendar::Calendar,
    stamp: String,
    base: Option<String>,
    events: usize,
}

impl Made {
    fn new(now: Timestamp, base: Option<String>) -> Self {
        let mut calendar = icalendar::Calendar::empty();
        for (name, value) in [
            ("VERSION", "2.0"),
            ("PRODID", "-//Chancery//Register of diplomatic engagements//EN"),
            ("CALSCALE", "GREGORIAN"),
            ("METHOD", "PUBLISH"),
        ] {
            calendar.append_property(Property::new(name, value));
        }
        calendar.name("Chancery");
        Self { calendar, stamp: now.strftime("%Y%m%dT%H%M%SZ").to_string(), base, events: 0 }
    }

    /// Adds what has a day.
    fn add(&mut self, item: &Item) {
        let Some((first, last)) = item.days().filter(|_| self.events < MOST) else { return };
        // The end is the day behind the last.
        let behind = last.tomorrow().unwrap_or(last);
        let is_settled = item.due != Due::Engagement || item.status == "scheduled";
        let mut event = Event::with_uid(&item.uid().to_string());
        event
            .add_property("DTSTAMP", &self.stamp)
            .append_property(day("DTSTART", first))
            .append_property(day("DTEND", behind))
            .summary(&item.summary())
            .description(&item.description())
            .status(if is_settled { EventStatus::Confirmed } else { EventStatus::Tentative })
            .class(class(&item.marking))
            .sequence(item.version)
            .categories([item.due_word()].into_iter().chain(item.kind.as_deref()).chain(item.topics()));
        // A deadline takes nobody's time, and a month in which something is expected no whole month.
        event.add_property("TRANSP", if item.status == "scheduled" { "OPAQUE" } else { "TRANSPARENT" });
        if let Some(base) = &self.base {
            let subject = &item.subject;
            event.url(&format!("{base}/v1/{}/{}", subject.aggregate.collection(), subject.id));
        }
        self.calendar.push(event.done());
        self.events += 1;
    }

    fn finish(mut self, is_cut: bool) -> String {
        if is_cut {
            let events = self.events;
            let said = format!("The first {events} of what is foreseen; narrow it to see what comes later.");
            self.calendar.append_property(Property::new("X-WR-CALDESC", said));
        }
        self.calendar.to_string()
    }
}

impl Item {
    fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().map(String::as_str)
    }
}

fn day(name: &str, date: Date) -> Property {
    Property::new(name, date.strftime("%Y%m%d").to_string()).append_parameter(("VALUE", "DATE")).done()
}

/// Nothing of a register is for everybody; what is marked beyond the least of all levels still less.
fn class(marking: &str) -> Class {
    let least = domain::Levels::default().least().to_string();
    if marking == least { Class::Private } else { Class::Confidential }
}
