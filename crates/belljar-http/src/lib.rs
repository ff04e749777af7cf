//! One outbound HTTP request that was judged already: it is sent as it is, once, and its answer is bounded.
//!
//! A [`Client`] decides nothing about policy, follows no redirect, retries nothing, and knows no proxy, cookie, cache or
//! stored password. What it guards is what only the moment of connecting can show:
//!
//! * **Addresses.** A host is looked up once. If one of its addresses is private, special or this machine's own, nothing is
//!   connected to. A connection leads to an address that was checked, and its other end is compared with it. Literal
//!   addresses go the same way. The one exception is an address that the policy names ([`Hop::named`]).
//! * **Bounds.** Every time, size and number of [`Bounds`] ends the request when it is passed. What a response would
//!   decode to is counted while it is decoded.
//! * **Errors.** They say whether the server may have seen anything of the request ([`SendError::sent`]), and hold no
//!   header's value and nothing of a body.
//!
//! Everything happens within the future that [`Client::send`] returns; dropping it closes the connection. Only a look-up by
//! the system may go on until the system gives up. A connection serves one request: none is shared between tools,
//! policies or tenants.
//!
//! ```
//! use belljar_http::{Bounds, Cause, Client, Hop, Options, Refused};
//! use belljar_policy::Url;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Options::default())?;
//! let hop = Hop {
//!     method: "GET".into(),
//!     url: Url::parse("http://169.254.169.254/latest/meta-data/")?,
//!     headers: vec![("accept".into(), "text/plain".into())],
//!     body: None,
//!     named: false,
//!     bounds: Bounds::default(),
//! };
//! let error = client.send(hop).await.unwrap_err();
//! assert!(matches!(error.cause, Cause::Address { why: Refused::Special, .. }));
//! assert!(!error.sent);
//! # Ok(()) }
//! ```
#![forbid(unsafe_code)]

mod act;
mod body;
mod dial;
mod error;
mod exchange;
mod headers;
mod hop;
mod resolve;
mod stream;
mod target;
mod tls;

#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, StatusCode};
use rustls::ClientConfig;
use tokio::time::timeout;

pub use error::{Cause, Coding, EncodingFault, Part, Phase, ProtocolFault, Refused, RequestFault, SendError, TlsFault};
pub use exchange::{MAX_RESPONSE_HEADERS, MAX_TARGET, USER_AGENT};
pub use headers::{HeaderFault, MAX_REQUEST_HEADER_BYTES, MAX_REQUEST_HEADERS, check_headers};
pub use hop::{Bounds, Hop, Reply};
pub use resolve::{Addresses, MAX_LOOKUPS, Resolve, SystemResolver};
pub use target::{MAX_ADDRESSES, MAX_TRIES};
pub use tls::ClientError;

use dial::{Dial, Tcp};
use exchange::Exchange;
use stream::{Stream, Watch};
use target::{Guard, LOOPBACK, Place, Target};

/// What a client trusts and whom it asks.
#[derive(Clone)]
pub struct Options {
    /// Whether the authorities that browsers trust are trusted. They are compiled in, so they are the same everywhere.
    pub web_roots: bool,
    /// Certificates of further authorities: the contents of PEM files, each with one certificate or more.
    pub extra_roots: Vec<Vec<u8>>,
    /// Who looks names up.
    pub resolver: Arc<dyn Resolve>,
    /// Ports at which this program listens itself. No rule gives a tool a way to them on this machine.
    pub own_ports: Vec<u16>,
}

impl Default for Options {
    /// The authorities that browsers trust, and the system's resolver.
    fn default() -> Self {
        Options {
            web_roots: true,
            extra_roots: Vec::new(),
            resolver: Arc::new(SystemResolver::default()),
            own_ports: Vec::new(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("web_roots", &self.web_roots)
            .field("extra_roots", &self.extra_roots.len())
            .field("own_ports", &self.own_ports)
            .finish_non_exhaustive()
    }
}

/// Sends hops. It is made once; a clone costs nothing and is the same client.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    tls: Arc<ClientConfig>,
    resolver: Arc<dyn Resolve>,
    own_ports: Vec<u16>,
    dial: Box<dyn Dial>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("own_ports", &self.inner.own_ports).finish_non_exhaustive()
    }
}

impl Client {
    /// A client.
    ///
    /// # Errors
    ///
    /// Certificates that cannot be read, or nobody who is trusted.
    pub fn new(options: Options) -> Result<Self, ClientError> {
        Self::with(options, Box::new(Tcp))
    }

    fn with(options: Options, dial: Box<dyn Dial>) -> Result<Self, ClientError> {
        let tls = tls::config(options.web_roots, &options.extra_roots)?;
        let Options { resolver, own_ports, .. } = options;
        Ok(Client { inner: Arc::new(Inner { tls, resolver, own_ports, dial }) })
    }

    /// Sends one request and reads its whole response. It needs a Tokio runtime with I/O and time.
    ///
    /// # Errors
    ///
    /// Whatever is no response: see [`Cause`]. A status of 400 or more is a response, and so is a redirect.
    pub async fn send(&self, hop: Hop) -> Result<Reply, SendError> {
        let watch = Arc::new(Watch::default());
        let whole = hop.bounds.whole;
        let sent = Box::pin(within(Phase::Whole, whole, self.inner.perform(hop, &watch))).await;
        sent.map_err(|cause| SendError { cause, sent: watch.sent() })
    }
}

impl Inner {
    async fn perform(&self, mut hop: Hop, watch: &Arc<Watch>) -> Result<Reply, Cause> {
        // All that can be refused without the network is refused before it is used.
        let target = Target::of(&hop.url).map_err(Cause::Request)?;
        let name = target.tls.then(|| tls::server_name(&target.place)).transpose().map_err(Cause::Tls)?;
        let request = exchange::request(&mut hop)?;
        let is_head = *request.method() == Method::HEAD;
        let bounds = &hop.bounds;

        let addresses = self.addresses(&target, hop.named, bounds.connect).await?;
        let (stream, peer) = dial::connect(&*self.dial, &addresses, bounds.connect).await?;
        let stream: Box<dyn Stream> = match name {
            None => Box::new(stream),
            Some(name) => {
                let handshake = async { tls::handshake(&self.tls, name, stream).await.map_err(Cause::Tls) };
                Box::new(within(Phase::Tls, bounds.connect, handshake).await?)
            }
        };

        let mut exchange = Exchange::open(stream, Arc::clone(watch), bounds).await?;
        let head = exchange.head(request, bounds);
        let (head, received_header_bytes) = within(Phase::Headers, bounds.headers, head).await?;
        let (head, incoming) = head.into_parts();
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Cause::Protocol(ProtocolFault::Upgrade));
        }
        let has_body = !is_head && !matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let (body, encoded) = if has_body {
            body::framing(head.version, &head.headers).map_err(Cause::Protocol)?;
            let read = body::read(exchange, incoming, body::coding(&head.headers), bounds);
            within(Phase::Body, bounds.body, read).await?
        } else {
            (Vec::new(), 0)
        };
        let headers = exchange::received(&head.headers, has_body);
        Ok(Reply { status: head.status.as_u16(), headers, body, encoded, received_header_bytes, peer })
    }

    /// The addresses to be tried, each of which was checked.
    async fn addresses(
        &self,
        target: &Target,
        named: bool,
        limit: Duration,
    ) -> Result<Vec<std::net::SocketAddr>, Cause> {
        let (addresses, named) = match &target.place {
            Place::Literal(address) => (vec![*address], named),
            Place::Local(name) if !named => return Err(Cause::Local(headers::shown(name))),
            Place::Local(_) => (LOOPBACK.to_vec(), true),
            Place::Name(name) => {
                let lookup = async { self.resolver.resolve(name).await };
                let lookup = async { lookup.await.map_err(|error| Cause::Resolve(headers::shown(&error.to_string()))) };
                // A rule that names a name names no address.
                (within(Phase::Resolve, limit, lookup).await?, false)
            }
        };
        // The system answers at once, but may have thousands of interfaces to list.
        let own = tokio::task::spawn_blocking(target::own_addresses).await;
        let own = own.map_err(|_| Cause::Interfaces(std::io::ErrorKind::Other))?;
        let own = own.map_err(|error| Cause::Interfaces(error.kind()))?;
        Guard { own: &own, own_ports: &self.own_ports }.choose(&addresses, target.port, named)
    }
}

/// What a future comes to, if it does so in time.
async fn within<T>(phase: Phase, limit: Duration, future: impl Future<Output = Result<T, Cause>>) -> Result<T, Cause> {
    timeout(limit, future).await.unwrap_or(Err(Cause::Time(phase, limit)))
}
