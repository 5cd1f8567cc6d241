//! Connections: how many, how long a head may take to arrive, and how they end.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::Gateway;

/// A pause after a connection that could not be taken: when files run out, asking again at once only burns time.
const PAUSE: Duration = Duration::from_millis(50);

/// How many streams one HTTP/2 connection may have open.
const STREAMS: u32 = 256;

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
            () = shutdown.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(stream, Arc::clone(gateway), router.clone());
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
}

async fn connection(stream: TcpStream, gateway: Arc<Gateway>, router: Router) {
    // Small answers should not wait for more; a socket that refuses works all the same.
    let _ = stream.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(gateway.read_within);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    builder.http2().keep_alive_interval(gateway.read_within).keep_alive_timeout(gateway.read_within);
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(serving);
    gateway.metrics.connections.inc();
    let mut stopping = false;
    loop {
        tokio::select! {
            served = serving.as_mut() => {
                if let Err(error) = served {
                    tracing::debug!(%error, "a connection ended early");
                }
                break;
            }
            () = gateway.shell.shutdown.cancelled(), if !stopping => {
                stopping = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
    gateway.metrics.connections.dec();
}
