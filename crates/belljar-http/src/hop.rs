//! What is asked for, within which bounds, and what came back.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use belljar_policy::Url;

/// One request that was judged already.
#[derive(Clone)]
pub struct Hop {
    /// The method, as it is sent: a token of RFC 9110, not `CONNECT`, `TRACE` or `TRACK`.
    pub method: String,
    /// The URL that was judged. What it says after `#` is not sent.
    pub url: Url,
    /// Names and values that [`check_headers`](crate::check_headers) allows. Each character of a value is one byte
    /// (Latin-1), as in Fetch. Values of one name keep their order and are sent one after the other.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// Whether the policy names this very host, as a literal address or as `localhost`, and port. Only then a
    /// private address is reached, and only one that is written in the URL.
    pub named: bool,
    /// The limits.
    pub bounds: Bounds,
}

impl fmt::Debug for Hop {
    /// Without path, query, values and body: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Hop")
            .field("method", &self.method)
            .field("origin", &self.url.origin().ascii_serialization())
            .field("headers", &names)
            .field("body", &self.body.as_ref().map(Vec::len))
            .field("named", &self.named)
            .field("bounds", &self.bounds)
            .finish()
    }
}

/// What a hop may take. The first limit that is passed ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Time for the look-up, for the connection to each address, and for the handshake of TLS: for each of them.
    pub connect: Duration,
    /// Time from the first byte of the request until the response's headers are complete.
    pub headers: Duration,
    /// Time from there until the body is complete.
    pub body: Duration,
    /// Time for everything together.
    pub whole: Duration,
    /// Most bytes of the body as it is sent, without the frame of `chunked`.
    pub encoded_bytes: u64,
    /// Most bytes of the body after its content coding was taken off.
    pub decoded_bytes: u64,
    /// Most bytes of all heads together: status lines and headers, those of informational responses included.
    pub header_bytes: u64,
    /// Most headers of a response. Not more than [`MAX_RESPONSE_HEADERS`](crate::MAX_RESPONSE_HEADERS) are read ever.
    pub header_count: usize,
}

impl Default for Bounds {
    /// 10 seconds to connect, 30 for the headers, 60 for the body, 90 for everything; 8 MiB of body, encoded and decoded;
    /// 64 KiB and 128 headers.
    fn default() -> Self {
        Bounds {
            connect: Duration::from_secs(10),
            headers: Duration::from_secs(30),
            body: Duration::from_secs(60),
            whole: Duration::from_secs(90),
            encoded_bytes: 8 << 20,
            decoded_bytes: 8 << 20,
            header_bytes: 64 << 10,
            header_count: 128,
        }
    }
}

/// A whole response.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status, 200 to 999. Redirects are among them: they are not followed.
    pub status: u16,
    /// Names in lower case and values, whose characters stand for one byte each (Latin-1). Values of one name stand
    /// together, in their order. Headers of the connection are left out, and so are `content-encoding` and
    /// `content-length` where there is a body: it is decoded.
    pub headers: Vec<(String, String)>,
    /// The body without its content coding. Empty for `HEAD`, 204 and 304.
    pub body: Vec<u8>,
    /// How many bytes the body had as it was sent.
    pub encoded: u64,
    /// How many bytes status lines and headers had, those of informational responses included, with single spaces.
    pub received_header_bytes: u64,
    /// Whom the connection led to.
    pub peer: SocketAddr,
}

impl fmt::Debug for Reply {
    /// Without values and body: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("headers", &names)
            .field("body", &self.body.len())
            .field("encoded", &self.encoded)
            .field("received_header_bytes", &self.received_header_bytes)
            .field("peer", &self.peer)
            .finish()
    }
}
