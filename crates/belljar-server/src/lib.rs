//! Belljar over HTTP. Today that is the page, a folder of files that is sent with the headers that keep it apart, and a relay by
//! which that page has requests sent that a browser would not let it make. The relay is off unless one is given.
//!
//! It runs no tools: the page does, in the browser. What a relay may send the core says. The HTTP API and MCP are not built yet.
//!
//! ```no_run
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let page = belljar_server::Page::open("www/dist".as_ref())?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! println!("http://{}/", listener.local_addr()?);
//! belljar_server::serve(listener, page, None, std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod connections;
mod host;
mod page;
mod relay;
mod token;

pub use page::{Page, PageError};
pub use relay::{Relay, RelayError};
pub use token::{Token, TokenError};

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
/// If the listener's address cannot be told, or the relay cannot send requests.
pub async fn serve(
    listener: TcpListener,
    page: Page,
    relay: Option<Relay>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    let mut router: Router = page.router();
    if let Some(relay) = relay {
        router = router.merge(relay.router(address.port()).map_err(std::io::Error::other)?);
    }
    router = router.layer(middleware::from_fn(host::plain_paths));
    if address.ip().is_loopback() {
        router = router.layer(middleware::from_fn(host::loopback_only));
    }
    connections::serve(listener, router, stop).await;
    Ok(())
}
