//! Connections: how many, how long they may say nothing, and how they end.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Logs are few, and each keeps a connection or two.
const CONNECTIONS: usize = 256;

/// How long the head of a request may take, the first one included, and how long a connection may rest.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// A pause after a connection that could not be taken: when files run out, asking again at once only burns time.
const PAUSE: Duration = Duration::from_millis(50);

/// Takes connections until `stop`; those that are open then finish what they have begun, within `within`.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: &CancellationToken, within: Duration) {
    let (places, open) = (Arc::new(Semaphore::new(CONNECTIONS)), TaskTracker::new());
    loop {
        let next = async {
            // Fails only when closed, and nobody closes it.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(stream, router.clone(), stop.clone());
                drop(open.spawn(async move {
                    connection.await;
                    drop(place);
                }));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    open.close();
    if timeout(within, open.wait()).await.is_err() {
        tracing::warn!(connections = open.len(), "did not end in time and are cut");
    }
}

async fn connection(stream: TcpStream, router: Router, stop: CancellationToken) {
    // Small answers should not wait for more; a socket that refuses works all the same.
    let _ = stream.set_nodelay(true);
    let serving = Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut serving = pin!(serving);
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}
