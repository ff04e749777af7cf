//! Belljar over HTTP. Today that is the page: a folder of files, sent with the headers that keep it apart.
//!
//! It runs no tools and knows no policy: the page does both, in the browser. The HTTP API and MCP are not built yet.
//!
//! ```no_run
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let page = belljar_server::Page::open("www/dist".as_ref())?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! println!("http://{}/", listener.local_addr()?);
//! belljar_server::serve(listener, page, std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod connections;
mod host;
mod page;

pub use page::{Page, PageError};

use std::future::Future;

use axum::Router;
use axum::middleware;
use tokio::net::TcpListener;

/// Serves the page until `stop` is ready; connections that are open then are finished.
///
/// Where the listener's address is a loopback one, requests must name a loopback host: otherwise a name that an attacker
/// points at this machine would make the page theirs (DNS rebinding).
///
/// # Errors
///
/// If the listener's address cannot be told.
pub async fn serve(
    listener: TcpListener,
    page: Page,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let mut router: Router = page.router().layer(middleware::from_fn(host::plain_paths));
    if listener.local_addr()?.ip().is_loopback() {
        router = router.layer(middleware::from_fn(host::loopback_only));
    }
    connections::serve(listener, router, stop).await;
    Ok(())
}
