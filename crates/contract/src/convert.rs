//! Between the envelope of the log and the events of the domain, in this one place.

use domain::{Anomaly, Data, Event, Kind, Marking};

use crate::Recorded;

/// The level of a marking that cannot be read. No register has it, so nobody is cleared for it.
const UNREADABLE: &str = "UNREADABLE MARKING";

impl Recorded {
    /// The event as the domain sees it: the `version`th of its record, at this `position` of the log.
    ///
    /// Old versions of an event become today's here, and what this version does not know is kept as it is.
    #[must_use]
    pub fn event(&self, version: u32, position: u64) -> Event {
        let kind = Kind::parse(&self.kind);
        let data = match kind.known() {
            Some(known) => Data::parse(known, &self.data),
            None => Data::unread(&self.data),
        };
        Event {
            uid: self.uid(),
            version,
            position,
            kind,
            time: self.time,
            recorded: self.recordedtime,
            source: self.source.clone(),
            agency: self.agency.clone(),
            actor: self.actor.clone(),
            on_behalf_of: self.onbehalfof.clone(),
            marking: marking(&self.marking),
            anomalies: self.anomalies.as_deref().map(read_anomalies).unwrap_or_default(),
            data,
        }
    }

    /// Anomalies as the envelope has them; none: the attribute is left out.
    #[must_use]
    pub fn anomalies_text(anomalies: &[Anomaly]) -> Option<String> {
        let one = |Anomaly { code, pointer, .. }: &Anomaly| match pointer {
            None => code.to_string(),
            // A space would end it; in a pointer it can only stand within a name.
            Some(pointer) => format!("{code}:{}", pointer.replace(' ', "%20")),
        };
        let texts = anomalies.iter().map(one).collect::<Vec<_>>();
        (!texts.is_empty()).then(|| texts.join(" "))
    }
}

fn marking(text: &str) -> Marking {
    text.parse().unwrap_or_else(|_| Marking::of(UNREADABLE.parse().expect("it has the form of a level")))
}

/// The words of a rule are not stored: its code stands for them.
fn read_anomalies(text: &str) -> Vec<Anomaly> {
    let one = |text: &str| {
        let (code, pointer) = text.split_once(':').map_or((text, None), |(code, at)| (code, Some(at)));
        Anomaly {
            code: code.to_owned().into(),
            pointer: pointer.map(|pointer| pointer.replace("%20", " ")),
            detail: code.replace('-', " "),
        }
    };
    text.split(' ').filter(|text| !text.is_empty()).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anomalies_read_back_but_for_their_words() {
        let anomaly = |code: &'static str, pointer: Option<&str>| Anomaly {
            code: code.into(),
            pointer: pointer.map(str::to_owned),
            detail: code.replace('-', " "),
        };
        let anomalies = vec![anomaly("late", None), anomaly("unknown-topic", Some("/topics/0/a b"))];
        let text = Recorded::anomalies_text(&anomalies).expect("there are some");
        assert_eq!(text, "late unknown-topic:/topics/0/a%20b");
        assert_eq!(read_anomalies(&text), anomalies);
        assert_eq!(Recorded::anomalies_text(&[]), None);
    }

    #[test]
    fn a_marking_that_cannot_be_read_is_above_all() {
        let levels = domain::Levels::default();
        let strictest = "TOP SECRET".parse().expect("it is a marking");
        assert!(levels.dominates(&marking("top secret?"), &strictest));
        assert!(!levels.dominates(&strictest, &marking("")));
    }
}
