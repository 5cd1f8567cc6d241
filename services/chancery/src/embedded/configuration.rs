//! The server's configuration file: what it keeps, and who may do what.
//!
//! Each role is a user of its own, limited to what it asks and answers. None may update, delete, purge or restore
//! the stream, or delete a message; [`SET_UP`] alone may create it, and creating changes nothing that exists. The keys
//! of sealed records are read by those who show what is sealed; the registrar alone makes them and erases them.

use std::fmt::Write;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use contract::subjects::{
    ATTESTATION_STREAM, ATTESTATIONS, AUDIT, CHECKPOINT_STREAM, CHECKPOINTS, COMMANDS, DELIVERIES,
    DELIVERY_STREAM, DOSSIERS, EVERY_EVENT, EVERY_FEED, KEY_STREAM, KEYS, QUERIES, READS, READS_STREAM,
    STREAM, SUBSCRIPTION_KEYS, SUBSCRIPTION_STREAM, SUBSCRIPTIONS,
};

/// Creates the streams, before any role starts.
pub(crate) const SET_UP: &str = "set-up";

/// The roles that have a user, beside [`SET_UP`].
const REGISTRAR: &str = "registrar";
const PROJECTOR: &str = "projector";
const AUDITOR: &str = "auditor";
const NOTIFIER: &str = "notifier";
const GATEWAY: &str = "gateway";

/// The streams that auditors write.
const OF_AUDITORS: [&str; 2] = [CHECKPOINT_STREAM, ATTESTATION_STREAM];

/// The streams that notifiers write, beside the log of reads.
const OF_NOTIFIERS: [&str; 2] = [DELIVERY_STREAM, SUBSCRIPTION_STREAM];

const USERS: [&str; 6] = [SET_UP, REGISTRAR, PROJECTOR, AUDITOR, NOTIFIER, GATEWAY];

/// Who connects.
#[derive(Clone)]
pub(crate) struct User {
    /// The role.
    pub(crate) name: &'static str,
    /// Made anew at each start; written only into the configuration file.
    pub(crate) password: String,
}

/// Everything that the file says.
pub(super) struct Configuration {
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) users: Vec<User>,
}

impl Configuration {
    /// A server at this port with new passwords.
    pub(super) fn new(port: u16) -> Result<Self, getrandom::Error> {
        let user = |name| Ok(User { name, password: secret()? });
        let users = USERS.into_iter().map(user).collect::<Result<_, _>>()?;
        // The name tells our server from another that was quicker to take the port.
        Ok(Self { name: format!("chancery-{}", &secret()?[..8]), port, users })
    }

    /// Writes the file, readable by its owner alone.
    pub(super) fn write(&self, folder: &Path, file: &Path) -> io::Result<()> {
        if file.exists() {
            fs::remove_file(file)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        file.write_all(self.text(folder).as_bytes())
    }

    fn text(&self, folder: &Path) -> String {
        let (name, port) = (&self.name, self.port);
        let (store, pid, log) = (folder.join("store"), folder.join("server.pid"), folder.join("server.log"));
        let mut text = format!(
            "# Written by `chancery serve` at each start; changes are lost.\n\
             server_name: {name:?}\nhost: \"127.0.0.1\"\nport: {port}\nmax_payload: 8MB\n\
             pid_file: {pid:?}\nlog_file: {log:?}\nlogfile_size_limit: 10MB\nlogfile_max_num: 3\n\
             # An acknowledged event is on disk.\n\
             jetstream {{ store_dir: {store:?}, sync_interval: always }}\n\
             authorization {{ users = [\n"
        );
        for user in &self.users {
            let (publish, subscribe) = allowed(user.name);
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "  {{ user: {:?}, password: {:?}, permissions: {{\n    publish: {{ allow: {publish:?} }}\n    \
                 subscribe: {{ allow: {subscribe:?} }}\n  }} }}",
                user.name, user.password
            );
        }
        text.push_str("] }\n");
        text
    }
}

/// What a user may publish and subscribe to. Replies go to the gateway's inbox alone: by `allow_responses` they
/// would go wherever a question says, such as into the log.
fn allowed(user: &str) -> (Vec<String>, Vec<String>) {
    let mut publish = match user {
        SET_UP => [STREAM, READS_STREAM, KEY_STREAM]
            .into_iter()
            .chain(OF_AUDITORS)
            .chain(OF_NOTIFIERS)
            .map(|stream| format!("$JS.API.STREAM.CREATE.{stream}"))
            .collect(),
        REGISTRAR => {
            vec![EVERY_EVENT.to_owned(), KEYS.to_owned(), format!("$JS.API.STREAM.MSG.DELETE.{KEY_STREAM}")]
        }
        AUDITOR => {
            let read = OF_AUDITORS.map(|stream| format!("$JS.API.STREAM.MSG.GET.{stream}"));
            [CHECKPOINTS, ATTESTATIONS].map(ToOwned::to_owned).into_iter().chain(read).collect()
        }
        NOTIFIER => telling(),
        GATEWAY => [COMMANDS, AUDIT, SUBSCRIPTIONS, READS]
            .into_iter()
            .chain(QUERIES)
            .map(ToOwned::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    if !matches!(user, NOTIFIER | GATEWAY) {
        publish.extend(reading(STREAM));
    }
    if matches!(user, SET_UP | AUDITOR) {
        publish.extend(reading(READS_STREAM));
    }
    if matches!(user, NOTIFIER | GATEWAY) {
        publish.push(format!("$JS.API.STREAM.INFO.{READS_STREAM}"));
    }
    if matches!(user, SET_UP | NOTIFIER) {
        publish.extend(OF_NOTIFIERS.into_iter().flat_map(reading));
    }
    if matches!(user, SET_UP | AUDITOR) {
        publish.extend(OF_AUDITORS.map(|stream| format!("$JS.API.STREAM.INFO.{stream}")));
    }
    if matches!(user, SET_UP | REGISTRAR) {
        publish.push(format!("$JS.API.STREAM.INFO.{KEY_STREAM}"));
    }
    if matches!(user, REGISTRAR | PROJECTOR) {
        publish.push(format!("$JS.API.STREAM.MSG.GET.{KEY_STREAM}"));
    }
    if user == PROJECTOR {
        publish.push(format!("_INBOX.{NOTIFIER}.>"));
    }
    if matches!(user, REGISTRAR | PROJECTOR | AUDITOR | NOTIFIER) {
        publish.push(format!("_INBOX.{GATEWAY}.>"));
    }
    let mut subscribe = vec![format!("_INBOX.{user}.>")];
    match user {
        REGISTRAR => subscribe.extend([COMMANDS.to_owned(), "$SRV.>".to_owned()]),
        PROJECTOR => subscribe.extend(QUERIES.into_iter().chain(["$SRV.>"]).map(ToOwned::to_owned)),
        AUDITOR => subscribe.extend([AUDIT.to_owned(), "$SRV.>".to_owned()]),
        NOTIFIER => subscribe.extend([SUBSCRIPTIONS.to_owned(), "$SRV.>".to_owned()]),
        _ => {}
    }
    (publish, subscribe)
}

/// What telling subscribers asks for. What they may see, the read model says, not the log; what of it is marked, is
/// logged. Each feed has a stream with a consumer, whose name cannot be foreseen; so any stream may be made, which
/// changes none that is there, but of messages those of feeds alone may be read.
fn telling() -> Vec<String> {
    let told = [DELIVERIES, SUBSCRIPTION_KEYS, READS, DOSSIERS, EVERY_FEED].map(ToOwned::to_owned);
    let about = ["STREAM.CREATE.*", "STREAM.INFO.*", "CONSUMER.INFO.*.reader"].map(ToOwned::to_owned);
    let of_feeds = ["CONSUMER.CREATE.*.reader", "DIRECT.GET.*"].map(|verb| format!("{verb}.{EVERY_FEED}"));
    let asked = about.into_iter().chain(of_feeds).map(|verb| format!("$JS.API.{verb}"));
    told.into_iter().chain(asked).collect()
}

/// What reading a stream asks of JetStream.
fn reading(stream: &str) -> Vec<String> {
    let api = ["INFO", "STREAM.INFO.*", "STREAM.MSG.GET.*", "DIRECT.GET.*", "DIRECT.GET.*.>"];
    let consumer = ["CREATE.*", "CREATE.*.>", "INFO.*.>", "DELETE.*.>", "MSG.NEXT.*.>"];
    let consumer = consumer.map(|verb| format!("CONSUMER.{verb}"));
    let api = api.map(ToOwned::to_owned).into_iter().chain(consumer);
    let asked = api.map(|verb| format!("$JS.API.{}", verb.replacen('*', stream, 1)));
    asked.chain([format!("$JS.ACK.{stream}.>"), format!("$JS.FC.{stream}.>")]).collect()
}

/// 128 random bits in hexadecimal.
fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_may_change_or_remove_what_is_recorded() {
        for user in USERS {
            let (publish, _) = allowed(user);
            for verb in ["UPDATE", "DELETE", "PURGE", "RESTORE", "MSG.DELETE", "SNAPSHOT"] {
                let subject = format!("$JS.API.STREAM.{verb}");
                let keys = format!("$JS.API.STREAM.MSG.DELETE.{KEY_STREAM}");
                let may = |may: &String| may.starts_with(&subject) && (user != REGISTRAR || *may != keys);
                assert!(!publish.iter().any(may), "{user} may {verb}");
            }
            assert!(!publish.iter().any(|may| may == ">" || may == "$JS.>" || may == "$JS.API.>"), "{user}");
        }
    }

    #[test]
    fn a_stream_is_written_by_the_roles_that_have_something_to_write() {
        let writers: [(&str, &[&str]); 6] = [
            ("chancery.events", &[REGISTRAR]),
            ("chancery.checkpoints", &[AUDITOR]),
            ("chancery.attestations", &[AUDITOR]),
            ("chancery.deliveries", &[NOTIFIER]),
            ("$KV.CHANCERY_SUBSCRIPTIONS", &[NOTIFIER]),
            ("chancery.reads", &[NOTIFIER, GATEWAY]),
        ];
        for (subject, who) in writers {
            for user in USERS {
                let may = allowed(user).0.iter().any(|may| may.starts_with(subject));
                assert_eq!(may, who.contains(&user), "{user} {subject}");
            }
        }
    }

    #[test]
    fn keys_are_read_by_two_roles_and_written_by_one() {
        for user in USERS {
            let publish = allowed(user).0;
            let may = |subject: &str| publish.iter().any(|may| may.starts_with(subject));
            assert_eq!(may("$KV.CHANCERY_KEYS"), user == REGISTRAR, "{user}");
            let read = format!("$JS.API.STREAM.MSG.GET.{KEY_STREAM}");
            assert_eq!(may(&read), matches!(user, REGISTRAR | PROJECTOR), "{user}");
            assert!(!may(&format!("$JS.API.DIRECT.GET.{KEY_STREAM}")), "{user}");
            assert!(!may(&format!("$JS.API.CONSUMER.CREATE.{KEY_STREAM}")), "{user}");
        }
    }

    #[test]
    fn a_notifier_reads_neither_the_log_nor_any_keys() {
        let (publish, _) = allowed(NOTIFIER);
        for verb in ["STREAM.MSG.GET", "DIRECT.GET", "CONSUMER.CREATE", "CONSUMER.MSG.NEXT"] {
            for stream in [STREAM, READS_STREAM, KEY_STREAM, "*"] {
                let subject = format!("$JS.API.{verb}.{stream}");
                let may = |may: &&String| {
                    let rest = may.strip_prefix(&subject);
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                        && !may.ends_with(EVERY_FEED)
                };
                assert_eq!(publish.iter().find(may), None, "{subject}");
            }
        }
    }

    #[test]
    fn two_servers_share_no_password() {
        let [one, two] = [Configuration::new(1).unwrap(), Configuration::new(1).unwrap()];
        assert!(one.users.iter().all(|a| two.users.iter().all(|b| a.password != b.password)));
    }
}
