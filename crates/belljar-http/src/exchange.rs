//! One request and its response over one connection, which serves nothing else.

use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use url::Position;

use crate::error::{Cause, Part, ProtocolFault, RequestFault};
use crate::headers::{decode, encode_into};
use crate::hop::{Bounds, Hop};
use crate::stream::{Stream, Watch, Watched};
use crate::tls;

/// Most headers of a response that are read, whatever the bounds say: the parser reserves room for them in advance.
pub const MAX_RESPONSE_HEADERS: usize = 4096;

/// Most bytes of path and query.
pub const MAX_TARGET: usize = 32 << 10;

/// What is sent as `user-agent` unless the tool gives its own.
pub const USER_AGENT: &str = concat!("belljar/", env!("CARGO_PKG_VERSION"));

/// The least that the parser takes as the size of its buffer.
const LEAST_BUFFER: usize = 8192;

/// The request as it is sent: what the hop says, and what follows from it.
pub(crate) fn request(hop: &mut Hop) -> Result<Request<Full<Bytes>>, Cause> {
    let method = Method::from_bytes(hop.method.as_bytes())
        .ok()
        .filter(|method| *method != Method::CONNECT && *method != Method::TRACE && method.as_str() != "TRACK")
        .filter(|method| method.as_str().len() <= 32)
        .ok_or(Cause::Request(RequestFault::Method))?;
    let target = &hop.url[Position::BeforePath..Position::AfterQuery];
    let uri = Some(target).filter(|target| target.len() <= MAX_TARGET && target.starts_with('/'));
    let uri = uri.and_then(|target| hyper::http::uri::PathAndQuery::try_from(target).ok());
    // What was judged is sent to the byte, or not at all.
    let uri = uri.filter(|parsed| parsed.as_str() == target).ok_or(Cause::Request(RequestFault::Target))?;

    let mut headers = HeaderMap::new();
    let host = &hop.url[Position::BeforeHost..Position::AfterPort];
    let host = HeaderValue::from_str(host).map_err(|_| Cause::Request(RequestFault::Host))?;
    headers.insert(header::HOST, host);
    encode_into(&mut headers, &hop.headers).map_err(Cause::Headers)?;
    headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static(USER_AGENT));
    // As in Fetch: a range is one of the bytes as they are stored.
    let coding = if headers.contains_key(header::RANGE) { "identity" } else { "gzip, br" };
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(coding));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let wants_length = matches!(method.as_str(), "POST" | "PUT" | "PATCH");
    if hop.body.is_some() || wants_length {
        let length = hop.body.as_ref().map_or(0, Vec::len);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    let mut request = Request::new(Full::new(Bytes::from(hop.body.take().unwrap_or_default())));
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from(uri);
    *request.headers_mut() = headers;
    Ok(request)
}

/// A connection that is used up by one request. It moves only while it is polled and closes when it is dropped.
pub(crate) struct Exchange {
    connection: Option<Wire>,
    sender: SendRequest<Full<Bytes>>,
    pub(crate) watch: Arc<Watch>,
    /// How it ended, if that says more than the response does.
    ended: Option<Cause>,
}

type Wire = Pin<Box<Connection<TokioIo<Watched<Box<dyn Stream>>>, Full<Bytes>>>>;

impl Exchange {
    pub(crate) async fn open(stream: Box<dyn Stream>, watch: Arc<Watch>, bounds: &Bounds) -> Result<Self, Cause> {
        watch.allow(bounds.header_bytes);
        let count = bounds.header_count.min(MAX_RESPONSE_HEADERS);
        let buffer = usize::try_from(bounds.header_bytes).unwrap_or(usize::MAX).saturating_add(LEAST_BUFFER);
        let io = TokioIo::new(Watched::new(stream, Arc::clone(&watch)));
        let opened = Builder::new().max_headers(count).max_buf_size(buffer).handshake(io).await;
        let (sender, connection) = opened.map_err(|error| cause(&error, count))?;
        Ok(Exchange { connection: Some(Box::pin(connection)), sender, watch, ended: None })
    }

    /// Sends the request and returns the response's head, and how many bytes all heads had.
    pub(crate) async fn head(
        &mut self,
        mut request: Request<Full<Bytes>>,
        bounds: &Bounds,
    ) -> Result<(Response<Incoming>, u64), Cause> {
        let informational = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&informational);
        hyper::ext::on_informational(&mut request, move |response| {
            counter.fetch_add(head_bytes(response.status(), None, response.headers()), Ordering::Relaxed);
        });
        let mut response = pin!(self.sender.send_request(request));
        let (connection, ended) = (&mut self.connection, &mut self.ended);
        let count = bounds.header_count.min(MAX_RESPONSE_HEADERS);
        let watch = &self.watch;
        let head = poll_fn(|cx| {
            if let Poll::Ready(head) = response.as_mut().poll(cx) {
                return Poll::Ready(head.map_err(|error| cause(&error, count)));
            }
            if move_on(connection, ended, count, cx)
                && let Poll::Ready(head) = response.as_mut().poll(cx)
            {
                return Poll::Ready(head.map_err(|error| cause(&error, count)));
            }
            match watch.exhausted() {
                true => Poll::Ready(Err(Cause::TooLarge(Part::HeaderBytes, bounds.header_bytes))),
                false => Poll::Pending,
            }
        });
        let head = head.await?;
        let reason = head.extensions().get::<hyper::ext::ReasonPhrase>().map(|reason| reason.as_bytes().len());
        let bytes = head_bytes(head.status(), reason, head.headers());
        let bytes = bytes.saturating_add(informational.load(Ordering::Relaxed));
        Ok((head, bytes))
    }

    /// Moves the connection on. Whether something may have changed for who waits for it.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        move_on(&mut self.connection, &mut self.ended, MAX_RESPONSE_HEADERS, cx)
    }

    /// Why it ended, if it did not end well.
    pub(crate) fn ended(&mut self) -> Option<Cause> {
        self.ended.take()
    }
}

/// Polls the connection, if it has not ended.
fn move_on(wire: &mut Option<Wire>, ended: &mut Option<Cause>, count: usize, cx: &mut Context<'_>) -> bool {
    let Some(connection) = wire else { return false };
    if let Poll::Ready(end) = connection.as_mut().poll(cx) {
        *wire = None;
        *ended = end.err().map(|error| cause(&error, count));
    }
    true
}

/// The bytes of a head: status line, headers, empty line.
fn head_bytes(status: StatusCode, reason: Option<usize>, headers: &HeaderMap) -> u64 {
    let reason = reason.or_else(|| status.canonical_reason().map(str::len)).unwrap_or(0);
    let line = "HTTP/1.1 200 \r\n".len() + reason;
    let fields: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum();
    (line + fields + "\r\n".len()) as u64
}

/// Headers that speak of the connection (RFC 9110, section 7.6.1).
const OF_CONNECTION: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// The headers as a tool gets them; without those that no longer hold once a body is decoded.
pub(crate) fn received(headers: &HeaderMap, has_body: bool) -> Vec<(String, String)> {
    let hidden = |name: &HeaderName| {
        OF_CONNECTION.contains(&name.as_str())
            || has_body && (name == header::CONTENT_ENCODING || name == header::CONTENT_LENGTH)
    };
    headers
        .iter()
        .filter(|(name, _)| !hidden(name))
        .map(|(name, value)| (name.as_str().to_owned(), decode(value)))
        .collect()
}

/// What an error of the client library means. Nothing of a message is in it: the library's texts are fixed.
pub(crate) fn cause(error: &hyper::Error, count: usize) -> Cause {
    // The library tells this apart for servers alone. It is about the number: bytes are counted before the parser has them.
    // (A content-length of u64::MAX ends up here as well.)
    if error.is_parse() && error.to_string() == "message head is too large" {
        return Cause::TooLarge(Part::HeaderCount, count as u64);
    }
    if error.is_parse() {
        return Cause::Protocol(ProtocolFault::Malformed(error.to_string()));
    }
    if error.is_incomplete_message() {
        return Cause::Protocol(ProtocolFault::Closed);
    }
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(error) = inner.downcast_ref::<io::Error>() {
            return match tls::fault_within(error) {
                Some(fault) => Cause::Tls(fault),
                None if error.kind() == io::ErrorKind::UnexpectedEof => Cause::Protocol(ProtocolFault::Truncated),
                None => Cause::Protocol(ProtocolFault::Connection(error.kind())),
            };
        }
        if let Some(error) = inner.downcast_ref::<hyper::Error>() {
            return cause(error, count);
        }
        source = inner.source();
    }
    match error.is_closed() || error.is_canceled() {
        true => Cause::Protocol(ProtocolFault::Closed),
        false => Cause::Protocol(ProtocolFault::Malformed(error.to_string())),
    }
}
