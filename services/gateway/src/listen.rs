//! Connections: how many, how long they may wait, and how they end.
//!
//! HTTP/1.1 only. Without TLS hardly a client speaks HTTP/2, and what stands before the gateway speaks 1.1 to it;
//! guessing the version would let a connection wait before any deadline has begun.
//!
//! A place is taken before any token is seen, so that each way to keep one has its end:
//! - a head must arrive in time, the first one too, and between two requests no longer is waited;
//! - a write that makes no progress ends the connection (`patient`);
//! - a stop lets answers that have begun go out, does not wait for first requests, and at its deadline cuts the rest.
//!
//! A client that is refused while it still sends reads the refusal only if what it sends is taken: for a short while
//! that is done, and thrown away.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::Gateway;
use crate::patient::Patient;
use crate::reads::Peer;

/// A pause after a connection that could not be taken: when files run out, asking again at once only burns time.
const PAUSE: Duration = Duration::from_millis(50);

/// How long, and how many bytes, are still taken from who has been answered: four times the largest submission.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 16 << 20;

/// Takes connections until the role stops; those that are open then finish what they have begun.
pub(crate) async fn serve(listener: TcpListener, gateway: &Arc<Gateway>, router: Router, connections: usize) {
    let places = Arc::new(Semaphore::new(connections));
    let shutdown = &gateway.shell.shutdown;
    loop {
        let next = async {
            // Fails only when closed, and nobody closes it.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = shutdown.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, Peer(peer), Arc::clone(gateway), router.clone());
                gateway.shell.tasks.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    let all = u32::try_from(connections).unwrap_or(u32::MAX);
    tokio::select! {
        _ = places.acquire_many(all) => {}
        () = gateway.shell.cut.cancelled() => {
            let left = connections - places.available_permits();
            tracing::warn!(connections = left, "did not end in time and are cut");
        }
    }
}

async fn connection(stream: TcpStream, peer: Peer, gateway: Arc<Gateway>, router: Router) {
    gateway.metrics.connections.inc();
    // Small answers should not wait for more; a socket that refuses works all the same.
    let _ = stream.set_nodelay(true);
    let (stream, end) = served(stream, peer, &gateway, router).await;
    match end {
        End::Done => {
            tokio::select! {
                () = linger(stream) => {}
                () = gateway.shell.shutdown.cancelled() => {}
            }
        }
        End::Failed => {}
        // What is not sent yet never will be: the kernel need not keep it.
        End::Cut => drop(stream.set_zero_linger()),
    }
    gateway.metrics.connections.dec();
}

/// How a connection came to its end.
enum End {
    Done,
    Failed,
    Cut,
}

async fn served(stream: TcpStream, peer: Peer, gateway: &Gateway, router: Router) -> (TcpStream, End) {
    let stream = Patient::new(stream, gateway.write_within);
    let heard = stream.heard();
    let routes = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        routes.call(request)
    });
    let mut serving = Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(gateway.read_within)
        .serve_connection(TokioIo::new(stream), service);
    let (mut shutdown, mut cut) =
        (pin!(gateway.shell.shutdown.cancelled()), pin!(gateway.shell.cut.cancelled()));
    let mut stopping = false;
    let mut end = loop {
        tokio::select! {
            served = &mut serving => match served {
                Ok(()) => break End::Done,
                Err(error) => {
                    tracing::debug!(%error, "a connection ended early");
                    break End::Failed;
                }
            },
            () = shutdown.as_mut(), if !stopping => {
                if !heard.load(Ordering::Relaxed) {
                    break End::Failed;
                }
                stopping = true;
                std::pin::Pin::new(&mut serving).graceful_shutdown();
            }
            () = cut.as_mut(), if stopping => break End::Cut,
        }
    };
    let stream = serving.into_parts().io.into_inner();
    if stream.gave_up() {
        end = End::Cut;
    }
    (stream.into_inner(), end)
}

/// The sending has ended: takes what the peer still sends.
async fn linger(stream: TcpStream) {
    let (mut taken, mut sink) = (stream.take(LINGER_BYTES), tokio::io::sink());
    // Whatever it meets, the connection is over.
    let _ = tokio::time::timeout(LINGER, tokio::io::copy(&mut taken, &mut sink)).await;
}
