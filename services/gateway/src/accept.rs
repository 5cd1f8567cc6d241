//! Which of the offered media types the caller wants (RFC 9110, section 12.5.1).

use contract::ProblemKind;
use http::HeaderMap;
use http::header::ACCEPT;

use crate::refusal::Refusal;

pub(crate) const JSON: &str = "application/json";
pub(crate) const CLOUDEVENT: &str = "application/cloudevents+json";
pub(crate) const CLOUDEVENTS: &str = "application/cloudevents-batch+json";
pub(crate) const ICALENDAR: &str = "text/calendar";
pub(crate) const EVENT_STREAM: &str = "text/event-stream";
pub(crate) const HTML: &str = "text/html";

/// The offered type with the highest weight; among equals the first offered.
pub(crate) fn choose(headers: &HeaderMap, offered: &[&'static str]) -> Result<&'static str, Refusal> {
    let wanted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let wanted = wanted.flat_map(|text| text.split(',')).map(Range::read).collect::<Vec<_>>();
    if wanted.is_empty() {
        return Ok(offered[0]);
    }
    let mut best = None;
    for &kind in offered {
        let weight = weight(kind, &wanted);
        if weight > best.map_or(0, |(_, weight)| weight) {
            best = Some((kind, weight));
        }
    }
    best.map(|(kind, _)| kind).ok_or_else(|| {
        Refusal::new(ProblemKind::NotAcceptable, format!("this is served as {}", offered.join(" or ")))
    })
}

struct Range<'t> {
    kind: &'t str,
    /// In thousandths.
    weight: u16,
}

impl<'t> Range<'t> {
    fn read(text: &'t str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Self { kind, weight: weight.map_or(1000, thousandths) }
    }

    /// How closely it fits: 0 not at all, 3 exactly.
    fn fit(&self, kind: &str) -> u8 {
        let family = self.kind.strip_suffix("/*").filter(|family| *family != "*");
        if self.kind.eq_ignore_ascii_case(kind) {
            3
        } else if family.is_some_and(|family| kind.split('/').next() == Some(family)) {
            2
        } else {
            u8::from(self.kind == "*/*")
        }
    }
}

/// `0.8` is 800; what cannot be read counts in full.
fn thousandths(text: &str) -> u16 {
    let Some(fraction) = text.strip_prefix("0.").or_else(|| (text == "0").then_some("0")) else {
        return 1000;
    };
    format!("{fraction:0<3}").get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(1000)
}

/// The weight of the range that fits most closely.
fn weight(kind: &str, wanted: &[Range<'_>]) -> u16 {
    let closest = wanted.iter().filter(|range| range.fit(kind) > 0).max_by_key(|range| range.fit(kind));
    closest.map_or(0, |range| range.weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        choose(&headers, &[JSON, CLOUDEVENTS]).ok()
    }

    #[test]
    fn the_closest_range_decides() {
        assert_eq!(choose(&HeaderMap::new(), &[JSON, HTML]).ok(), Some(JSON));
        assert_eq!(chosen("*/*"), Some(JSON));
        assert_eq!(chosen("text/html, application/*;q=0.5"), Some(JSON));
        assert_eq!(chosen("application/cloudevents-batch+json"), Some(CLOUDEVENTS));
        assert_eq!(
            chosen("application/json;q=0.2, application/cloudevents-batch+json;q=0.9"),
            Some(CLOUDEVENTS)
        );
        assert_eq!(chosen("application/json;q=0, */*"), Some(CLOUDEVENTS));
        assert_eq!(chosen("text/html"), None);
    }
}
