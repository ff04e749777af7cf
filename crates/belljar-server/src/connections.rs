//! Accepting connections, with bounds on how many there are and how long a request may take to come.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// How long a request's header may take to come (10 s), from the first byte or from the end of the request before: a
/// connection that only trickles, or waits, is closed.
const HEADER_TIME: Duration = Duration::from_secs(10);

/// Bytes of a connection's buffer (64 KiB), and so of a request's header.
const BUFFER: usize = 64 << 10;

/// Header lines of a request.
const HEADERS: usize = 64;

/// Connections at a time (256); others wait to be accepted.
const CONNECTIONS: usize = 256;

/// How long open connections are waited for when the server stops (5 s).
const FINISH: Duration = Duration::from_secs(5);

/// Serves until `stop` is ready; answers that are under way then are finished.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME).max_buf_size(BUFFER).max_headers(HEADERS);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, stream) = tokio::select! {
            () = &mut stop => break,
            (place, accepted) = accepted => match accepted {
                Ok((stream, _)) => (place, stream),
                Err(_) => {
                    // The peer is gone again, or this process has too many files open: others may go first.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A peer that breaks the protocol or goes away has only itself to tell.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(FINISH, graceful.shutdown()).await;
}
