//! Several nats-servers that replicate to each other.

use std::ops::{Index, IndexMut};
use std::time::Duration;

use crate::server::TRIES;
use crate::{NatsServer, PATIENCE, eventually, port};

/// Servers of one cluster, connected by routes. Each can be killed and restarted alone.
pub struct Cluster {
    servers: Vec<NatsServer>,
}

impl Cluster {
    /// Starts `size` servers and waits until JetStream has a leader that every one of them reaches.
    ///
    /// # Panics
    /// When there is no nats-server, or they do not form a cluster.
    pub async fn start(size: usize) -> Self {
        let mut log = String::new();
        for _ in 0..TRIES {
            let mut cluster = Self::prepare(size);
            // All at once: a server that finds no other at its start waits long before it looks again.
            cluster.servers.iter_mut().for_each(NatsServer::begin);
            match cluster.first_failure().await {
                None => {
                    cluster.has_leader().await;
                    return cluster;
                }
                Some(failure) => log = failure,
            }
        }
        panic!("nats-server does not start:\n{log}");
    }

    fn prepare(size: usize) -> Self {
        let ports = (0..size).map(|_| port::free()).collect::<Vec<_>>();
        let routes = ports.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect::<Vec<_>>();
        let routes = routes.join(", ");
        let server = |port: &u16| {
            let route = format!("host: \"127.0.0.1\", port: {port}, routes: [{routes}]");
            NatsServer::prepare(port::free(), &format!("cluster {{ name: \"test\", {route} }}"))
        };
        Self { servers: ports.iter().map(server).collect() }
    }

    async fn first_failure(&mut self) -> Option<String> {
        for server in &mut self.servers {
            if !server.is_ready().await {
                return Some(server.log());
            }
        }
        None
    }

    /// Every server's address, for a client that may use any of them.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.servers.iter().map(|server| server.url().to_owned()).collect()
    }

    /// A client that is connected to one of the servers and moves to another when that one goes.
    ///
    /// # Panics
    /// When no server takes the connection.
    pub async fn client(&self) -> async_nats::Client {
        async_nats::connect(self.urls()).await.expect("servers that run take connections")
    }

    async fn has_leader(&self) {
        for server in &self.servers {
            let mut jetstream = async_nats::jetstream::new(server.client().await);
            // What is asked before there is a leader is never answered.
            jetstream.set_timeout(Duration::from_millis(100));
            eventually("a JetStream leader", PATIENCE, async || jetstream.query_account().await.ok()).await;
        }
    }
}

impl Index<usize> for Cluster {
    type Output = NatsServer;

    fn index(&self, index: usize) -> &NatsServer {
        &self.servers[index]
    }
}

impl IndexMut<usize> for Cluster {
    fn index_mut(&mut self, index: usize) -> &mut NatsServer {
        &mut self.servers[index]
    }
}
