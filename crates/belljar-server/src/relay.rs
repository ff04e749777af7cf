//! The relay: one route by which the page that is served here has single requests sent, after they were judged again.
//!
//! Who may use it is checked before a byte of a message is read: the page of this very server, by `Origin` and `Sec-Fetch-Site`,
//! and whoever has the token. What is done is bounded before it is done. What a message means is
//! [`belljar_core::relay`]'s to say.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use belljar_core::{Terms, relay};
use belljar_http::{Client, Options};
use belljar_policy::Policy;
use http_body_util::{BodyExt as _, Limited};
use serde_json::json;
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::token::Token;

/// Where it is, beside the page.
const PATH: &str = "/relay";

/// The field that carries the token. No page of another origin can send it without being asked about it first (CORS), which
/// this server does not answer.
const TOKEN: HeaderName = HeaderName::from_static("belljar-token");

/// What says how a browser came to send a request. Scripts cannot set it.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The form of messages and answers.
const FORM: &str = "application/octet-stream";

/// Requests at a time (16): each holds a message and an answer, of at most 18 MiB each. More are refused at once.
const AT_ONCE: usize = 16;

/// Requests in a minute (600). The page's core counts those of each run; this bounds a page that does not.
const IN_A_MINUTE: u32 = 600;

/// How long a message may take to come (30 s).
const MESSAGE_TIME: Duration = Duration::from_secs(30);

/// Why there is no relay.
#[derive(Debug, Error)]
pub enum RelayError {
    /// The policy says what a relay does not do.
    #[error("the policy of the relay: {0}")]
    Policy(belljar_policy::Finding),
    /// Requests cannot be sent.
    #[error("requests cannot be sent: {0}")]
    Client(#[from] belljar_http::ClientError),
}

/// A relay, which is off unless one is given to [`crate::serve`].
#[derive(Clone, Debug)]
pub struct Relay {
    ceiling: Arc<Terms>,
    token: Arc<Token>,
}

impl Relay {
    /// A relay that lets through what the policy allows, for whoever has the token.
    ///
    /// # Errors
    ///
    /// If the policy says what a relay does not do.
    pub fn new(policy: Policy, token: Token) -> Result<Self, RelayError> {
        let ceiling = relay::ceiling(policy).map_err(RelayError::Policy)?;
        Ok(Relay { ceiling, token: Arc::new(token) })
    }

    /// The route. The server itself, which listens at `port`, is none of those that are reached.
    pub(crate) fn router(self, port: u16) -> Result<Router, RelayError> {
        let client = Client::new(Options { own_ports: vec![port], ..Options::default() })?;
        let (places, minute) = (Semaphore::new(AT_ONCE), Mutex::new((Instant::now(), 0)));
        let desk = Arc::new(Desk { relay: self, client, places, minute });
        Ok(Router::new().route(PATH, get(describe).post(perform)).with_state(desk))
    }
}

/// What requests are served with.
struct Desk {
    relay: Relay,
    client: Client,
    places: Semaphore,
    /// When the minute began, and the requests since.
    minute: Mutex<(Instant, u32)>,
}

impl Desk {
    /// Why a request is not of the page that is served here. The token is what counts; the rest is there in case it is lost.
    fn refuses(&self, headers: &HeaderMap, needs_origin: bool) -> Option<Response> {
        let is_own = match (only(headers, &header::ORIGIN), only(headers, &header::HOST)) {
            (Some(origin), Some(host)) => is_origin_of(origin, host),
            (None, Some(_)) => !needs_origin && !headers.contains_key(header::ORIGIN),
            _ => false,
        };
        if !is_own || only(headers, &SITE) != Some("same-origin") {
            return Some(answer(StatusCode::FORBIDDEN, "The relay serves the page of this server only.\n"));
        }
        if !only(headers, &TOKEN).is_some_and(|given| self.relay.token.is(given)) {
            let text = "The relay wants its token: open the page by the address that the server printed.\n";
            return Some(answer(StatusCode::UNAUTHORIZED, text));
        }
        None
    }

    /// Whether there is room for one request more in this minute.
    fn counts(&self) -> bool {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.0.elapsed() >= Duration::from_secs(60) {
            *minute = (Instant::now(), 0);
        }
        minute.1 = minute.1.saturating_add(1);
        minute.1 <= IN_A_MINUTE
    }
}

/// Says that there is a relay, and what its policy lets through.
async fn describe(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    if let Some(refused) = desk.refuses(&headers, false) {
        return refused;
    }
    let says = json!({ "version": 1, "policy": desk.relay.ceiling.policy().describe() });
    dressed(([(header::CONTENT_TYPE, "application/json")], says.to_string()).into_response())
}

/// Judges and performs one hop. If who asked is gone, it ends with this future.
async fn perform(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if let Some(refused) = desk.refuses(&head.headers, true) {
        return refused;
    }
    if only(&head.headers, &header::CONTENT_TYPE) != Some(FORM) {
        return answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, "A message is of application/octet-stream.\n");
    }
    let length = only(&head.headers, &header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    match length {
        None => return answer(StatusCode::LENGTH_REQUIRED, "A message says its length.\n"),
        Some(length) if length > relay::MESSAGE => {
            return answer(StatusCode::PAYLOAD_TOO_LARGE, "The message is larger than one of the relay.\n");
        }
        Some(_) => {}
    }
    let Ok(_place) = desk.places.try_acquire() else {
        return later(StatusCode::SERVICE_UNAVAILABLE, "The relay has too many requests at once.\n");
    };
    if !desk.counts() {
        return later(StatusCode::TOO_MANY_REQUESTS, "The relay had too many requests in this minute.\n");
    }
    let message = match tokio::time::timeout(MESSAGE_TIME, collect(body)).await {
        Ok(Some(message)) => message,
        Ok(None) => return answer(StatusCode::BAD_REQUEST, "The message did not come whole.\n"),
        Err(_) => return answer(StatusCode::REQUEST_TIMEOUT, "The message took too long to come.\n"),
    };
    let bytes = match relay::judge(&message, &desk.relay.ceiling) {
        Ok(hop) => {
            drop(message);
            let (time, late) = (hop.time(), hop.late());
            let performed = tokio::time::timeout(time, relay::perform(hop, &desk.client)).await;
            performed.unwrap_or_else(|_| relay::answered(Err(late)))
        }
        Err(failure) => relay::answered(Err(failure)),
    };
    dressed(([(header::CONTENT_TYPE, FORM)], bytes).into_response())
}

async fn collect(body: Body) -> Option<Vec<u8>> {
    let most = usize::try_from(relay::MESSAGE).unwrap_or(usize::MAX);
    Limited::new(body, most).collect().await.ok().map(|body| body.to_bytes().into())
}

/// The value of a field that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none()).and_then(|value| value.to_str().ok())
}

/// Whether an origin is of the host that a request names. The scheme may differ: TLS can end before this server.
fn is_origin_of(origin: &str, host: &str) -> bool {
    let (Ok(uri), Ok(host)) = (origin.parse::<Uri>(), host.parse::<Authority>()) else { return false };
    let Some(own) = uri.authority() else { return false };
    let usual = match uri.scheme_str() {
        Some("https") => 443,
        Some("http") => 80,
        _ => return false,
    };
    // An origin is nothing but that.
    let is_plain = origin.split_once("://").is_some_and(|(_, rest)| rest == own.as_str());
    let port = |authority: &Authority| authority.port_u16().unwrap_or(usual);
    is_plain && !origin.contains('@') && own.host().eq_ignore_ascii_case(host.host()) && port(own) == port(&host)
}

fn answer(status: StatusCode, text: &'static str) -> Response {
    dressed((status, text).into_response())
}

/// The same for what may be tried again.
fn later(status: StatusCode, text: &'static str) -> Response {
    let mut response = answer(status, text);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// No other page reads it, takes it for something else, or keeps it.
fn dressed(mut response: Response) -> Response {
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_that_of_the_host_or_none() {
        for (origin, host) in [
            ("http://127.0.0.1:7357", "127.0.0.1:7357"),
            ("http://localhost", "LOCALHOST:80"),
            ("https://tools.example", "tools.example"),
            ("http://[::1]:1", "[::1]:1"),
        ] {
            assert!(is_origin_of(origin, host), "{origin} {host}");
        }
        for (origin, host) in [
            ("null", "127.0.0.1:7357"),
            ("", "127.0.0.1:7357"),
            ("http://127.0.0.1:7358", "127.0.0.1:7357"),
            ("http://127.0.0.1", "127.0.0.1:7357"),
            ("http://evil.test", "tools.example"),
            ("http://tools.example.evil.test", "tools.example"),
            ("http://tools.example@evil.test", "tools.example"),
            ("http://evil@tools.example", "tools.example"),
            ("http://tools.example/", "tools.example"),
            ("http://tools.example/x", "tools.example"),
            ("file://tools.example", "tools.example"),
            ("tools.example", "tools.example"),
        ] {
            assert!(!is_origin_of(origin, host), "{origin} {host}");
        }
    }
}
