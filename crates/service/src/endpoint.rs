//! Answering requests over NATS, by the NATS services API (ADR-32): others discover the endpoint, read its
//! statistics, and share its queue group.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use async_nats::service::{self, Service, ServiceExt, endpoint};
use async_nats::{Client, Message};
use contract::{Problem, ProblemKind};
use futures_util::{FutureExt, StreamExt};
use tracing::Instrument;

use crate::message::{Slot, Slots};
use crate::metrics::EndpointMetrics;
use crate::{Reply, Request, Shell};

/// Replies go to subjects under this one and nowhere else: whoever may ask could otherwise make a role write where
/// the role may and the asker may not, such as into the log.
const INBOXES: &str = "_INBOX.";

/// How long a round trip is waited for that may not be allowed to come back.
const ROUND_TRIP: Duration = Duration::from_secs(2);

/// Where and how a service answers.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// What it is called in discovery, logs and metrics: letters, digits, `-` and `_`.
    pub name: &'static str,
    /// The subject it listens on.
    pub subject: &'static str,
    /// The group whose members share the requests.
    pub queue: &'static str,
    /// How many requests are worked on at once; those beyond are refused as unavailable.
    pub in_flight: usize,
}

/// The endpoint could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the endpoint {endpoint} cannot be set up")]
pub struct ServeError {
    /// Which.
    pub endpoint: &'static str,
    /// Why.
    pub source: async_nats::Error,
}

impl Shell {
    /// Answers requests until the role stops; the server knows of it when this returns. What has arrived by then is still answered.
    ///
    /// Work that expired before it began is dropped: nobody waits for it. A handler that panics answers
    /// `internal`, and the others go on. A request whose reply would go elsewhere than to an inbox is dropped.
    ///
    /// # Errors
    /// [`ServeError`] when the subscription cannot be made.
    pub async fn serve<H, F>(&self, endpoint: Endpoint, handler: H) -> Result<(), ServeError>
    where
        H: Fn(Request) -> F + Send + Sync + 'static,
        F: Future<Output = Reply> + Send + 'static,
    {
        let failed = |source| ServeError { endpoint: endpoint.name, source };
        let service = self
            .client
            .service_builder()
            .description(format!("chancery {}", self.role))
            .start(format!("chancery-{}", endpoint.name), env!("CARGO_PKG_VERSION"))
            .await
            .map_err(failed)?;
        let builder = service.endpoint_builder().name(endpoint.name).queue_group(endpoint.queue);
        let requests = builder.add(endpoint.subject).await.map_err(failed)?;
        round_trip(&self.client).await;
        let served = Arc::new(Served {
            shell: self.clone(),
            slots: Slots::new(endpoint.in_flight),
            metrics: self.metrics.of_endpoint(endpoint.name),
            endpoint,
            handler,
            astray: Once::new(),
        });
        self.tasks.spawn(served.run(service, requests));
        Ok(())
    }
}

/// Returns when the server has read everything that was written before, such as a subscription.
///
/// The client's own flush ends with the socket. A server reads a connection in order, so any answer will do, also
/// that nobody answers; this is what every role that reads the log may ask.
async fn round_trip(client: &Client) {
    let request = async_nats::Request::new().timeout(Some(ROUND_TRIP));
    if let Err(error) = client.send_request("$JS.API.INFO", request).await {
        tracing::debug!(%error, "no account information");
    }
}

fn has_inbox(request: &Message) -> bool {
    request.reply.as_ref().is_some_and(|reply| reply.starts_with(INBOXES))
}

struct Served<H> {
    shell: Shell,
    slots: Arc<Slots>,
    metrics: EndpointMetrics,
    endpoint: Endpoint,
    handler: H,
    /// Whether the operator was told of a request that is not answered.
    astray: Once,
}

impl<H, F> Served<H>
where
    H: Fn(Request) -> F + Send + Sync + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    async fn run(self: Arc<Self>, service: Service, mut requests: endpoint::Endpoint) {
        let mut service = Some(service);
        loop {
            tokio::select! {
                biased;
                request = requests.next() => match request {
                    Some(request) => self.take(request).await,
                    None => break,
                },
                () = self.shell.shutdown.cancelled(), if service.is_some() => {
                    // Unsubscribes; the stream ends when what has arrived is taken.
                    if let Some(service) = service.take() {
                        let _ = service.stop().await;
                    }
                }
            }
        }
        tracing::debug!(endpoint = self.endpoint.name, "takes no more requests");
    }

    async fn take(self: &Arc<Self>, incoming: service::Request) {
        let arrived = Instant::now();
        if !has_inbox(&incoming.message) {
            self.metrics.expired.inc();
            self.astray.call_once(|| {
                let (endpoint, reply) = (self.endpoint.name, incoming.message.reply.as_deref());
                tracing::warn!(endpoint, reply, "a request without an inbox for its reply; such are dropped");
            });
            return;
        }
        let Some(slot) = self.slots.take() else {
            let busy = Problem::new(ProblemKind::Unavailable, "too many requests at once");
            self.respond(&incoming, &busy.into(), arrived).await;
            return;
        };
        self.shell.tasks.spawn(Arc::clone(self).answer(incoming, slot, arrived));
    }

    async fn answer(self: Arc<Self>, incoming: service::Request, slot: Arc<Slot>, arrived: Instant) {
        let request = Request::new(&incoming.message, arrived, Arc::clone(&slot));
        if request.remaining().is_zero() {
            self.metrics.expired.inc();
            return;
        }
        self.metrics.in_flight.inc();
        let span = tracing::info_span!("request", endpoint = self.endpoint.name, id = %request.request_id);
        let reply = AssertUnwindSafe((self.handler)(request)).catch_unwind().instrument(span).await;
        let reply = reply.unwrap_or_else(|_| {
            tracing::error!(endpoint = self.endpoint.name, "a handler panicked");
            Problem::new(ProblemKind::Internal, "the operator's log says more").into()
        });
        self.metrics.in_flight.dec();
        drop(slot);
        self.respond(&incoming, &reply, arrived).await;
    }

    async fn respond(&self, incoming: &service::Request, reply: &Reply, arrived: Instant) {
        self.metrics.answered(reply.status, arrived.elapsed());
        let sent = incoming.respond_with_headers(Ok(reply.body.clone()), reply.headers()).await;
        if let Err(error) = sent {
            tracing::warn!(endpoint = self.endpoint.name, %error, "a reply could not be sent");
        }
    }
}
