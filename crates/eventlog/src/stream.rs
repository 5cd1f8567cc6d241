//! The stream that is the log: how it is set up, and what is refused.

use std::fmt;

use async_nats::jetstream::stream::{Config, Info, PersistenceMode, RetentionPolicy, StorageType};
use async_nats::{Client, ServerInfo};
use contract::subjects::{DELIVERIES, DELIVERY_STREAM, EVERY_EVENT, READS, READS_STREAM, STREAM};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use tokio::time::Instant;

use crate::Error;
use crate::leader::{Leader, patiently};

/// The oldest server that flushes a batch to disk once and keeps guards inside batches intact.
pub const OLDEST_SERVER: &str = "2.15.1";

const OLDEST: [u64; 3] = [2, 15, 1];

/// Which stream this is: when it was created. A stream that took its place was created at another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity {
    /// When the stream was created.
    pub created: Timestamp,
}

impl Identity {
    pub(crate) fn of(info: &Info) -> Result<Self, Error> {
        let created = Timestamp::from_nanosecond(info.created.unix_timestamp_nanos());
        Ok(Self { created: created.map_err(Error::unavailable)? })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.created.fmt(out)
    }
}

/// A stream as it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it is called.
    pub stream: &'static str,
    /// What it listens on.
    pub subject: &'static str,
    /// What it holds.
    pub description: &'static str,
}

/// The log.
pub(crate) const LOG: Plan =
    Plan { stream: STREAM, subject: EVERY_EVENT, description: "Every event of the register, for ever" };

/// The log of reads.
pub const READS_PLAN: Plan = Plan {
    stream: READS_STREAM,
    subject: READS,
    description: "Who was shown marked material, and what left the register",
};

/// What was delivered to whom. The last line of each subscription is how it stands.
pub const DELIVERIES_PLAN: Plan = Plan {
    stream: DELIVERY_STREAM,
    subject: DELIVERIES,
    description: "What was delivered to which subscriber, and what became of it",
};

/// No limits, nothing that removes, and batches.
pub(crate) fn config(plan: Plan, replicas: usize) -> Config {
    Config {
        name: plan.stream.to_owned(),
        description: Some(plan.description.to_owned()),
        subjects: vec![plan.subject.to_owned()],
        max_bytes: -1,
        max_messages: -1,
        max_messages_per_subject: -1,
        max_message_size: -1,
        max_consumers: -1,
        retention: RetentionPolicy::Limits,
        storage: StorageType::File,
        num_replicas: replicas,
        deny_delete: true,
        deny_purge: true,
        allow_direct: true,
        allow_atomic_publish: true,
        ..Config::default()
    }
}

/// Makes the stream if there is none, or checks the one that is there.
pub(crate) async fn open(
    client: &Client,
    leader: &Leader,
    plan: Plan,
    replicas: usize,
    deadline: Instant,
) -> Result<Identity, Error> {
    let info = patiently(deadline, || async move {
        let server = client.try_server_info().ok_or_else(|| Error::unavailable("not connected yet"))?;
        check_server(&server)?;
        match leader.info().await? {
            Some(info) => Ok(info),
            None => leader.create(&config(plan, replicas)).await,
        }
    })
    .await?;
    check(&info.config, plan, replicas)?;
    Identity::of(&info)
}

/// Names everything in a stream's configuration that could lose history or acknowledge too early.
pub(crate) fn check(found: &Config, plan: Plan, replicas: usize) -> Result<(), Error> {
    let listens = format!("it does not listen on {} alone", plan.subject);
    let faults = [
        (found.subjects == [plan.subject], listens.as_str()),
        (found.deny_delete, "events can be deleted (deny_delete is off)"),
        (found.deny_purge, "events can be purged (deny_purge is off)"),
        (found.max_bytes <= 0, "its size is limited (max_bytes)"),
        (found.max_messages <= 0, "the number of its events is limited (max_msgs)"),
        (found.max_messages_per_subject <= 0, "the events of a record are limited (max_msgs_per_subject)"),
        (found.max_age.is_zero(), "events expire (max_age)"),
        (found.max_message_size <= 0, "the size of an event is limited (max_msg_size)"),
        (found.retention == RetentionPolicy::Limits, "events go once they are consumed (retention)"),
        (!found.allow_rollup, "events can replace others (allow_rollup_hdrs)"),
        (!found.allow_message_ttl, "events can expire (allow_msg_ttl)"),
        (!found.allow_message_counter, "events are replaced by sums (allow_msg_counter)"),
        (!found.allow_batch_publish, "events can be appended unguarded (allow_batched)"),
        (found.mirror.is_none() && found.sources.is_none(), "it copies another stream (mirror, sources)"),
        (found.subject_transform.is_none(), "it changes subjects (subject_transform)"),
        (!found.sealed && !found.no_ack, "it takes or acknowledges nothing (sealed, no_ack)"),
        (found.persist_mode != Some(PersistenceMode::Async), "it acknowledges too early (persist_mode)"),
        (found.storage == StorageType::File, "it is not kept on disk (storage)"),
        (found.allow_direct, "reads go through the leader alone (allow_direct is off)"),
        (found.allow_atomic_publish, "batches are off (allow_atomic)"),
        (found.num_replicas >= replicas, "it has fewer replicas than asked for (num_replicas)"),
    ];
    let faults: Vec<_> =
        faults.iter().filter(|(holds, _)| !holds).map(|(_, text)| text.to_string()).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::Unprotected { stream: plan.stream, faults }) }
}

/// Refuses a server that is older than [`OLDEST_SERVER`], or whose version cannot be read.
pub(crate) fn check_server(info: &ServerInfo) -> Result<(), Error> {
    let found = &info.version;
    let too_old = || Error::TooOld { found: found.clone() };
    // A pre-release comes before its release: 2.15.1-RC.2 is older than 2.15.1.
    let (numbers, is_final) =
        found.split_once('-').map_or((found.as_str(), true), |(numbers, _)| (numbers, false));
    let numbers = numbers.trim_start_matches('v').split('.').map(str::parse);
    let numbers = numbers.collect::<Result<Vec<u64>, _>>().map_err(|_| too_old())?;
    let is_new = numbers.len() == OLDEST.len() && (&numbers[..], is_final) >= (&OLDEST[..], true);
    if is_new { Ok(()) } else { Err(too_old()) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn server(version: &str) -> Result<(), Error> {
        check_server(&ServerInfo { version: version.to_owned(), ..ServerInfo::default() })
    }

    #[test]
    fn a_server_that_is_too_old_is_refused_with_its_version() {
        for old in ["2.15.0", "2.14.9", "2.9.25", "1.30.0", "2.15.1-RC.2", "2.15", "", "devel"] {
            let message = server(old).unwrap_err().to_string();
            assert_eq!(message, format!("nats-server {old} is too old: the log needs 2.15.1 or newer"));
        }
    }

    #[test]
    fn newer_servers_are_taken() {
        for new in ["2.15.1", "v2.15.1", "2.15.2-beta.1", "2.16.0", "2.100.0", "3.0.0"] {
            assert!(server(new).is_ok(), "{new}");
        }
    }

    #[test]
    fn the_least_server_is_said_the_same_way_twice() {
        assert_eq!(OLDEST.map(|number| number.to_string()).join("."), OLDEST_SERVER);
    }

    #[test]
    fn what_we_set_up_passes_our_own_check() {
        assert!(check(&config(LOG, 3), LOG, 3).is_ok());
        assert!(check(&config(LOG, 3), LOG, 1).is_ok());
    }

    #[test]
    fn every_fault_is_named() {
        let mut loosened = config(LOG, 1);
        loosened.deny_delete = false;
        loosened.max_age = Duration::from_secs(1);
        loosened.max_messages = 3;
        let Err(Error::Unprotected { faults, .. }) = check(&loosened, LOG, 3) else { panic!("it was taken") };
        let names = faults.iter().filter_map(|fault| fault.split_once('(')).map(|(_, name)| name);
        let names = names.collect::<Vec<_>>();
        assert_eq!(names, ["deny_delete is off)", "max_msgs)", "max_age)", "num_replicas)"]);
    }
}
