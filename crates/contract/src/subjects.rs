//! NATS subjects, built and parsed here and nowhere else.
//!
//! Everything in a subject comes from a closed set or is a UUID, so nothing a caller writes can reach one.

use domain::{InvalidSubject, Subject};
use uuid::Uuid;

/// The stream that holds every event, for ever, in order.
pub const STREAM: &str = "CHANCERY";

/// What the stream listens on: every event of every record.
pub const EVERY_EVENT: &str = "chancery.events.>";

/// Submissions, answered by registrars.
pub const COMMANDS: &str = "chancery.commands";

/// Queries of records, histories, lists and the log, answered by projectors.
pub const DOSSIERS: &str = "chancery.queries.dossiers";

/// Queries over valid time, answered by projectors.
pub const TIMELINE: &str = "chancery.queries.timeline";

/// Queries about what is foreseen, answered by projectors.
pub const CALENDAR: &str = "chancery.queries.calendar";

/// Full text and counts, answered by projectors.
pub const SEARCH: &str = "chancery.queries.search";

/// Everything that a projector answers.
pub const QUERIES: [&str; 4] = [DOSSIERS, TIMELINE, CALENDAR, SEARCH];

/// Checkpoints, tiles and proofs, answered by auditors.
pub const AUDIT: &str = "chancery.queries.audit";

/// The stream of the checkpoints that an auditor has signed.
pub const CHECKPOINT_STREAM: &str = "CHANCERY_CHECKPOINTS";

/// Where a checkpoint is published once it is signed: what the stream listens on.
pub const CHECKPOINTS: &str = "chancery.checkpoints";

/// The stream of the log of reads: who was shown marked material, and what was taken out of the register.
pub const READS_STREAM: &str = "CHANCERY_READS";

/// Where a read is logged before its answer leaves: what the stream listens on.
pub const READS: &str = "chancery.reads";

/// What is asked of notifiers: managing subscriptions, and what was delivered.
pub const SUBSCRIPTIONS: &str = "chancery.subscriptions";

/// The stream of subscriptions, with what deliveries are signed with: a key-value bucket.
pub const SUBSCRIPTION_STREAM: &str = "KV_CHANCERY_SUBSCRIPTIONS";

/// What that stream listens on.
pub const SUBSCRIPTION_KEYS: &str = "$KV.CHANCERY_SUBSCRIPTIONS.>";

/// What it holds of subscriptions themselves.
pub const EVERY_SUBSCRIPTION: &str = "$KV.CHANCERY_SUBSCRIPTIONS.subscription.*";

/// The stream of what was delivered to whom.
pub const DELIVERY_STREAM: &str = "CHANCERY_DELIVERIES";

/// What that stream listens on: every attempt of every subscription.
pub const DELIVERIES: &str = "chancery.deliveries.*";

/// What the streams of feeds listen on.
pub const EVERY_FEED: &str = "chancery.feeds.*";

/// The stream of what others say of checkpoints, and of the checkpoints of the log of reads.
pub const ATTESTATION_STREAM: &str = "CHANCERY_ATTESTATIONS";

/// What that stream listens on.
pub const ATTESTATIONS: &str = "chancery.attestations.>";

/// Where a checkpoint is published once enough witnesses have cosigned it, and again with each that comes later.
pub const COSIGNED: &str = "chancery.attestations.cosigned";

/// Where a checkpoint of the log of reads is published once it is signed.
pub const READS_SIGNED: &str = "chancery.attestations.reads";

/// Where a checkpoint is published once an authority has stamped it with a time; behind this, what the authority is
/// called here.
pub const STAMPED: &str = "chancery.attestations.stamped.";

/// The stream of the keys that sealed events are encrypted with, apart from the log: a key-value bucket, which tools
/// for these can list.
pub const KEY_STREAM: &str = "KV_CHANCERY_KEYS";

/// What that stream listens on.
pub const KEYS: &str = "$KV.CHANCERY_KEYS.>";

/// What it holds of records that are about to be disposed of.
pub const DISPOSING: &str = "$KV.CHANCERY_KEYS.disposing.>";

const SUBSCRIPTION: &str = "$KV.CHANCERY_SUBSCRIPTIONS.subscription.";
const NOTIFIER: &str = "$KV.CHANCERY_SUBSCRIPTIONS.notifier.";
const LEASE: &str = "$KV.CHANCERY_SUBSCRIPTIONS.lease.";
const DELIVERY: &str = "chancery.deliveries.";
const FEED: &str = "chancery.feeds.";
const FEED_STREAM: &str = "CHANCERY_FEED_";
const EVENTS: &str = "chancery.events.";
const KEY: &str = "$KV.CHANCERY_KEYS.";
const ABOUT: &str = "$KV.CHANCERY_KEYS.disposing.";

/// A key of the bucket of subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionKey {
    /// A subscription.
    Subscription(Uuid),
    /// Which notifier delivers for a subscription.
    Lease(Uuid),
    /// A notifier, which lives for as long as this changes.
    Notifier(Uuid),
}

/// The one literal subject of a record: `chancery.events.<aggregate>.<uuid>`.
#[must_use]
pub fn of_record(subject: &Subject) -> String {
    format!("{EVENTS}{}.{}", subject.aggregate, subject.id)
}

/// The record of a message's subject.
///
/// # Errors
/// [`InvalidSubject`] when the text is not of the form that [`of_record`] builds.
pub fn record_of(text: &str) -> Result<Subject, InvalidSubject> {
    behind(EVENTS, text)
}

/// Where the key of a record stands: `$KV.CHANCERY_KEYS.<aggregate>.<uuid>`.
#[must_use]
pub fn key_of(subject: &Subject) -> String {
    format!("{KEY}{}.{}", subject.aggregate, subject.id)
}

/// Where it stands that a record is about to be disposed of.
#[must_use]
pub fn disposing(subject: &Subject) -> String {
    format!("{ABOUT}{}.{}", subject.aggregate, subject.id)
}

/// The record that is about to be disposed of.
///
/// # Errors
/// [`InvalidSubject`] when the text is not of the form that [`disposing`] builds.
pub fn record_disposing(text: &str) -> Result<Subject, InvalidSubject> {
    behind(ABOUT, text)
}

/// Where a subscription stands.
#[must_use]
pub fn subscription(id: Uuid) -> String {
    format!("{SUBSCRIPTION}{id}")
}

/// Where it stands which notifier delivers for a subscription.
#[must_use]
pub fn lease(id: Uuid) -> String {
    format!("{LEASE}{id}")
}

/// Where a notifier gives signs of life.
#[must_use]
pub fn notifier(id: Uuid) -> String {
    format!("{NOTIFIER}{id}")
}

/// What a message of the bucket of subscriptions is about; none: nothing that is known.
#[must_use]
pub fn read_subscription_key(text: &str) -> Option<SubscriptionKey> {
    let of = |prefix: &str| Uuid::try_parse(text.strip_prefix(prefix)?).ok();
    let subscription = || of(SUBSCRIPTION).map(SubscriptionKey::Subscription);
    let lease = || of(LEASE).map(SubscriptionKey::Lease);
    subscription().or_else(lease).or_else(|| of(NOTIFIER).map(SubscriptionKey::Notifier))
}

/// Where it is written what was delivered for a subscription: the last line there is how it stands.
#[must_use]
pub fn deliveries(id: Uuid) -> String {
    format!("{DELIVERY}{id}")
}

/// Where a feed's events go.
#[must_use]
pub fn feed(id: Uuid) -> String {
    format!("{FEED}{id}")
}

/// The stream that holds a feed's events.
#[must_use]
pub fn feed_stream(id: Uuid) -> String {
    format!("{FEED_STREAM}{}", id.simple())
}

/// The subscription whose key, lease or deliveries a message is of; none: it is of no subscription.
#[must_use]
pub fn subscription_of(text: &str) -> Option<Uuid> {
    let id = [SUBSCRIPTION, LEASE, DELIVERY].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    Uuid::try_parse(id).ok()
}

fn behind(prefix: &str, text: &str) -> Result<Subject, InvalidSubject> {
    let invalid = || InvalidSubject::Form(text.to_owned());
    let (aggregate, id) =
        text.strip_prefix(prefix).and_then(|rest| rest.split_once('.')).ok_or_else(invalid)?;
    let id = Uuid::try_parse(id).map_err(|_| invalid())?;
    Ok(Subject { aggregate: aggregate.parse()?, id })
}

#[cfg(test)]
mod tests {
    use domain::Aggregate;

    use super::*;

    #[test]
    fn a_record_reads_back_from_its_subject() {
        let record = Subject::of_key("urn:agency:pk", Aggregate::Instrument, "mou");
        assert_eq!(record_of(&of_record(&record)), Ok(record));
        assert_eq!(record_disposing(&disposing(&record)), Ok(record));
        assert!(record_disposing(&key_of(&record)).is_err());
    }

    #[test]
    fn a_subscription_reads_back_from_each_of_its_subjects() {
        let id = Uuid::from_u128(7);
        for subject in [subscription(id), lease(id), deliveries(id)] {
            assert_eq!(subscription_of(&subject), Some(id), "{subject}");
        }
        assert_eq!(subscription_of("chancery.deliveries.7"), None);
        assert_eq!(read_subscription_key(&subscription(id)), Some(SubscriptionKey::Subscription(id)));
        assert_eq!(read_subscription_key(&lease(id)), Some(SubscriptionKey::Lease(id)));
        assert_eq!(read_subscription_key(&notifier(id)), Some(SubscriptionKey::Notifier(id)));
        assert_eq!(read_subscription_key(&deliveries(id)), None);
    }

    #[test]
    fn other_subjects_are_no_records() {
        for text in ["chancery.events.engagement", "chancery.events.visit.1", "other.engagement.1", ""] {
            assert!(record_of(text).is_err(), "{text}");
        }
    }
}
