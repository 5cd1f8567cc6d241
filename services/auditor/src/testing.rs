//! A server, and a log that is made event by event: for tests here and in `tests/`.

use std::path::Path;

use async_nats::jetstream::{self, consumer::pull::OrderedConfig};
use contract::subjects::CHECKPOINT_STREAM;
use contract::{Facets, Recorded, Salt};
use domain::{Aggregate, Subject};
use eventlog::{Append, Batch, EventLog};
use testkit::NatsServer;
use transparency::checkpoint::Signed;
use transparency::tree::{Frontier, Head};
use transparency::{leaf, leaf_hash};

pub(crate) struct World {
    pub(crate) server: NatsServer,
    pub(crate) client: async_nats::Client,
    pub(crate) log: EventLog,
    /// What stands in the log: on which subject, what.
    pub(crate) messages: Vec<(Subject, Vec<u8>)>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = NatsServer::start().await;
        let client = server.client().await;
        let log = EventLog::open(client.clone(), eventlog::Settings::default()).await.unwrap();
        Self { server, client, log, messages: Vec::new() }
    }

    /// Records so many events, each of a record of its own.
    pub(crate) async fn record(&mut self, count: usize) {
        for _ in 0..count {
            let number = self.messages.len();
            let subject = subject(number);
            self.append(subject, serde_json::to_vec(&event(number)).unwrap()).await;
        }
    }

    pub(crate) async fn append(&mut self, subject: Subject, message: Vec<u8>) {
        let expected = self.messages.iter().rposition(|(other, _)| *other == subject);
        let append = Append {
            subject,
            expected: expected.map_or(0, |index| index as u64 + 1),
            kind: "chancery.matter.opened.v1".to_owned(),
            version: 1,
            facets: Facets::default(),
            payload: message.clone().into(),
        };
        self.log.append(Batch::new(vec![append]).unwrap()).await.unwrap();
        self.messages.push((subject, message));
    }

    /// The tree of the first events, made without the auditor.
    pub(crate) fn head(&self, size: usize) -> Head {
        let mut tree = Frontier::default();
        for (subject, message) in &self.messages[..size] {
            tree.append(leaf_hash(&leaf::of_message(&subject.to_string(), message))).unwrap();
        }
        tree.head()
    }

    /// Everything that was published, in order.
    pub(crate) async fn published(&self) -> Vec<Signed> {
        use futures_util::StreamExt;
        let context = jetstream::new(self.client.clone());
        let mut stream = context.get_stream(CHECKPOINT_STREAM).await.unwrap();
        let count = stream.info().await.unwrap().state.messages;
        if count == 0 {
            return Vec::new();
        }
        let consumer = stream.create_consumer(OrderedConfig::default()).await.unwrap();
        let messages = consumer.messages().await.unwrap().take(usize::try_from(count).unwrap());
        let messages = messages.map(|message| Signed::parse(&message.unwrap().payload).unwrap());
        messages.collect().await
    }

    /// Of each size there is one checkpoint, and it is of the tree that the log makes.
    pub(crate) async fn is_whole(&self) {
        let heads =
            self.published().await.iter().map(|signed| signed.checkpoint().head()).collect::<Vec<_>>();
        assert!(heads.windows(2).all(|pair| pair[0].size < pair[1].size), "{heads:?}");
        for head in heads {
            assert_eq!(head, self.head(usize::try_from(head.size).unwrap()));
        }
    }
}

pub(crate) fn subject(number: usize) -> Subject {
    Subject::of_key("urn:agency:pk", Aggregate::Matter, &number.to_string())
}

pub(crate) fn event(number: usize) -> Recorded {
    let time = jiff::Timestamp::from_second(1_700_000_000).unwrap();
    let data = format!("{{\"title\":\"Matter {number}\"}}");
    Recorded {
        specversion: "1.0".into(),
        id: number.to_string(),
        source: "urn:agency:pk".into(),
        kind: "chancery.matter.opened.v1".into(),
        subject: subject(number),
        time,
        datacontenttype: "application/json".into(),
        recordedtime: time,
        agency: "urn:agency:pk".into(),
        actor: "officer".into(),
        onbehalfof: None,
        marking: "OFFICIAL".into(),
        anomalies: None,
        datasalt: Salt([1; 16]),
        proposalhash: Salt([2; 16]),
        correlationid: None,
        causationid: None,
        traceparent: None,
        data: serde_json::value::RawValue::from_string(data).unwrap(),
    }
}

/// What is on file under a data folder.
pub(crate) fn on_file(data: &Path) -> Option<Signed> {
    let bytes = std::fs::read(data.join("signed/checkpoint")).ok()?;
    Some(Signed::parse(&bytes).unwrap())
}
