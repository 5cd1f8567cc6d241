//! Several nats-servers that replicate to each other.

use std::ops::{Index, IndexMut};

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
        let ports = (0..size).map(|_| port::free()).collect::<Vec<_>>();
        let routes =
            ports.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect::<Vec<_>>().join(", ");
        let mut servers = Vec::with_capacity(size);
        for port in ports {
            let extra = format!(
                "cluster {{ name: \"test\", host: \"127.0.0.1\", port: {port}, routes: [{routes}] }}"
            );
            servers.push(NatsServer::start_with(&extra).await);
        }
        let cluster = Self { servers };
        cluster.has_leader().await;
        cluster
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
            let jetstream = async_nats::jetstream::new(server.client().await);
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
