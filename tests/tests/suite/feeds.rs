//! `deploy/feeds`: an agency reads its feed through a server of its own, and nothing else.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions, Subscriber};
use futures_util::StreamExt;
use futures_util::future::join_all;
use tempfile::TempDir;
use testkit::{Guarded, PATIENCE, eventually, free_port, nats_server};

/// The subscription of the example.
const FEED: &str = "CHANCERY_FEED_5c1e8a345c1c5f7e9d0b0d6cf1f2a001";
const FEED_SUBJECT: &str = "chancery.feeds.5c1e8a34-5c1c-5f7e-9d0b-0d6cf1f2a001";
const OTHER: &str = "CHANCERY_FEED_5c1e8a345c1c5f7e9d0b0d6cf1f2a002";
const OTHER_SUBJECT: &str = "chancery.feeds.5c1e8a34-5c1c-5f7e-9d0b-0d6cf1f2a002";
const MASTER: &str = "CHANCERY";
const MASTER_SUBJECT: &str = "chancery.events.matter.steel";
const READER: &str = "reader";
const FROM_AGENCY: &str = "from the agency";

/// The register's server and the agency's, as `deploy/feeds` has them but for ports and folders.
struct Servers {
    hub: u16,
    leaf: u16,
    uplink: u16,
    agency: Option<Guarded>,
    _hub: Guarded,
    folder: TempDir,
}

impl Servers {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [hub, leaf, uplink] = [free_port(), free_port(), free_port()];
        let running = server(folder.path(), "hub", &[("4222", hub), ("7422", uplink)], "");
        let mut servers = Self { hub, leaf, uplink, agency: None, _hub: running, folder };
        servers.restart_agency();
        servers
    }

    /// Kills the agency's server if it runs, and starts it.
    fn restart_agency(&mut self) {
        self.agency = None;
        let uplink = format!("nats-leaf://trade:t1@127.0.0.1:{}", self.uplink);
        self.agency = Some(server(self.folder.path(), "agency", &[("4223", self.leaf)], &uplink));
    }

    /// The register's own connection.
    async fn register(&self) -> Client {
        connect(self.hub, as_user("register", "r1")).await
    }

    /// With the agency's credential at the register's server.
    async fn direct(&self) -> Client {
        connect(self.hub, as_user("trade", "t1")).await
    }

    /// At the agency's server, once that has reached the hub.
    async fn agency(&self) -> Client {
        let client = connect(self.leaf, ConnectOptions::new()).await;
        eventually("the agency's server to reach the hub", PATIENCE, async || feed(&client).await.ok()).await;
        client
    }
}

fn as_user(name: &str, password: &str) -> ConnectOptions {
    ConnectOptions::with_user_and_password(name.to_owned(), password.to_owned())
}

async fn connect(port: u16, options: ConnectOptions) -> Client {
    // What is not permitted is not answered.
    let options = options.request_timeout(Some(Duration::from_millis(500)));
    let connect = async || options.clone().connect(format!("127.0.0.1:{port}")).await.ok();
    eventually("the server to listen", PATIENCE, connect).await
}

/// One nats-server; its files are in a folder of its name.
fn server(folder: &Path, name: &str, ports: &[(&str, u16)], hub: &str) -> Guarded {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../deploy/feeds/{name}.conf"));
    let mut text = fs::read_to_string(example).expect("it is there");
    for (example, port) in ports {
        assert!(text.contains(example), "{name} listens at {example}");
        text = text.replace(example, &port.to_string());
    }
    let store = folder.join(name);
    text = text.replace("/var/lib/nats", store.to_str().expect("UTF-8"));
    let configuration = folder.join(format!("{name}.conf"));
    fs::write(&configuration, text).expect("the folder is writable");
    let mut command = Command::new(nats_server());
    command.arg("-c").arg(configuration).stdout(Stdio::null()).stderr(Stdio::null());
    command.envs([("REGISTER_PASSWORD", "r1"), ("TRADE_PASSWORD", "t1"), ("FEED_HUB", hub)]);
    Guarded::spawn(&mut command, &store)
}

/// The agency's consumer of its feed, as an agency asks for it.
async fn feed(client: &Client) -> Result<PullConsumer, async_nats::Error> {
    let jetstream = jetstream::with_prefix(client.clone(), "feed.API");
    Ok(jetstream.get_consumer_from_stream(READER, FEED).await?)
}

/// Takes so many messages, acknowledging each, and waits until the hub has it.
async fn take(client: &Client, count: usize) -> Vec<String> {
    let consumer = feed(client).await.expect("the consumer is there");
    let batch = consumer.fetch().max_messages(count).expires(PATIENCE).messages().await.expect("it may ask");
    let take = async |message: Result<jetstream::Message, async_nats::Error>| {
        let message = message.expect("a message");
        message.double_ack().await.expect("the hub takes it");
        String::from_utf8(message.payload.to_vec()).expect("UTF-8")
    };
    batch.then(take).collect().await
}

/// Streams as the register makes them, each with a consumer that is for whoever may.
async fn prepare(register: &Client) -> Context {
    let jetstream = jetstream::new(register.clone());
    for (name, subject) in [(FEED, FEED_SUBJECT), (OTHER, OTHER_SUBJECT), (MASTER, "chancery.events.>")] {
        let config = jetstream::stream::Config {
            name: name.into(),
            subjects: vec![subject.into()],
            ..Default::default()
        };
        let stream = jetstream.create_stream(config).await.expect("it may");
        let durable = Some(READER.to_owned());
        let config = Config { durable_name: durable, ack_wait: PATIENCE, ..Config::default() };
        stream.create_consumer(config).await.expect("it may");
    }
    for subject in [OTHER_SUBJECT, MASTER_SUBJECT] {
        publish(&jetstream, subject, "for others").await;
    }
    jetstream
}

async fn publish(jetstream: &Context, subject: &'static str, text: &'static str) {
    jetstream.publish(subject, text.into()).await.expect("it is sent").await.expect("it is stored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agency_reads_its_feed_through_its_own_server_and_goes_on_where_it_was() {
    let mut servers = Servers::start();
    let register = prepare(&servers.register().await).await;
    for event in ["1", "2", "3", "4", "5"] {
        publish(&register, FEED_SUBJECT, event).await;
    }
    assert_eq!(take(&servers.agency().await, 2).await, ["1", "2"]);
    servers.restart_agency();
    assert_eq!(take(&servers.agency().await, 2).await, ["3", "4"]);
    assert_eq!(take(&servers.direct().await, 1).await, ["5"]);
}

/// Everything that could tell the agency of something else, or change something.
fn forbidden() -> Vec<String> {
    let of_streams = ["INFO", "PURGE", "DELETE", "UPDATE", "CREATE", "MSG.GET", "MSG.DELETE", "SNAPSHOT"];
    let of_streams = of_streams.map(|verb| format!("STREAM.{verb}"));
    let of_streams = of_streams.into_iter().chain(["DIRECT.GET".to_owned(), "CONSUMER.NAMES".to_owned()]);
    let mut verbs = vec!["INFO".to_owned(), "STREAM.NAMES".to_owned(), "STREAM.LIST".to_owned()];
    for verb in of_streams {
        verbs.extend([FEED, OTHER, MASTER].map(|stream| format!("{verb}.{stream}")));
    }
    for verb in ["CREATE", "DURABLE.CREATE", "DELETE", "PAUSE"] {
        verbs.extend([FEED, OTHER, MASTER].map(|stream| format!("CONSUMER.{verb}.{stream}.{READER}")));
        verbs.push(format!("CONSUMER.{verb}.{FEED}.mine"));
    }
    for verb in ["INFO", "MSG.NEXT"] {
        verbs.extend([OTHER, MASTER].map(|stream| format!("CONSUMER.{verb}.{stream}.{READER}")));
    }
    verbs
}

/// Asks for all of it at once, and publishes where only the register may.
async fn try_everything(client: &Client, prefix: &str) {
    let ask = async |subject: String| {
        let answer = client.request(subject.clone(), "{}".into()).await;
        assert!(answer.is_err(), "{subject}: {answer:?}");
    };
    join_all(forbidden().into_iter().map(|verb| ask(format!("{prefix}.{verb}")))).await;
    let acknowledgement = "$JS.ACK.CHANCERY.reader.1.1.1.1.1";
    for subject in ["chancery.commands", MASTER_SUBJECT, FEED_SUBJECT, OTHER_SUBJECT, acknowledgement] {
        client.publish(subject, FROM_AGENCY.into()).await.expect("it is written");
    }
    // What is permitted is answered, behind all of that.
    assert!(feed(client).await.is_ok());
}

/// What a subscriber hears before this subject, which is published last.
async fn heard(told: &mut Subscriber, last: &str) -> Vec<(String, String)> {
    let mut heard = Vec::new();
    loop {
        let message = told.next().await.expect("it is subscribed");
        if message.subject.as_str() == last {
            return heard;
        }
        heard.push((message.subject.to_string(), String::from_utf8_lossy(&message.payload).into_owned()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agency_reaches_nothing_but_its_feed() {
    const LAST: &str = "chancery.last";
    let servers = Servers::start();
    let register = servers.register().await;
    let jetstream = prepare(&register).await;
    let (agency, direct) = (servers.agency().await, servers.direct().await);
    let mut told = register.subscribe("chancery.>").await.expect("it may");
    let mut overheard = agency.subscribe("chancery.>").await.expect("its own server lets it");
    // At its own server, `$JS.API` is a JetStream of its own.
    try_everything(&agency, "feed.API").await;
    try_everything(&direct, "feed.API").await;
    try_everything(&direct, "$JS.API").await;

    // What is asked for goes to the account that asked, whatever subject of the register's it names.
    let next = format!("feed.API.CONSUMER.MSG.NEXT.{FEED}.{READER}");
    for (client, handed) in [(&agency, 1), (&direct, 2)] {
        publish(&jetstream, FEED_SUBJECT, "fed").await;
        client
            .publish_with_reply(next.clone(), "chancery.commands", "1".into())
            .await
            .expect("it is written");
        eventually("the message to be handed over", PATIENCE, async || {
            let consumer: PullConsumer = jetstream.get_consumer_from_stream(READER, FEED).await.ok()?;
            (consumer.cached_info().num_ack_pending == handed).then_some(())
        })
        .await;
    }
    publish(&jetstream, MASTER_SUBJECT, "for others").await;
    register.publish(LAST, "".into()).await.expect("it is written");
    let own = [(FEED_SUBJECT, "fed"), (FEED_SUBJECT, "fed"), (MASTER_SUBJECT, "for others")];
    assert_eq!(
        heard(&mut told, LAST).await,
        own.map(|(subject, text)| (subject.to_owned(), text.to_owned()))
    );
    for (stream, messages) in [(FEED, 2), (OTHER, 1), (MASTER, 2)] {
        let mut stream = jetstream.get_stream(stream).await.expect("it is there");
        let state = &stream.info().await.expect("it is there").state;
        assert_eq!((state.messages, state.consumer_count), (messages, 1), "{state:?}");
    }
    // Behind an answer of the hub's, whatever it sent on is here.
    assert!(feed(&agency).await.is_ok());
    agency.publish(LAST, "".into()).await.expect("it is written");
    let overheard = heard(&mut overheard, LAST).await;
    assert!(overheard.iter().all(|(_, text)| text == FROM_AGENCY || text == "fed"), "{overheard:?}");
}
