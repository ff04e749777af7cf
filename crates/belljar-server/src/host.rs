//! Which host a request may name, and which path.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses a request that names a host other than this machine's loopback interface, or not exactly one (RFC 9112,
/// section 3.2).
pub(crate) async fn loopback_only(request: Request, next: Next) -> Response {
    let mut named = request.headers().get_all(header::HOST).iter();
    let one = named.next().filter(|_| named.next().is_none()).and_then(|value| value.to_str().ok());
    let Some(named) = one else {
        return (StatusCode::BAD_REQUEST, "A request names exactly one host.\n").into_response();
    };
    // A target in absolute form names a host, too.
    let target = request.uri().authority().is_none_or(|authority| is_loopback(authority.as_str()));
    if target && is_loopback(named) {
        next.run(request).await
    } else {
        let text =
            "Belljar listens on this machine only: open it as http://127.0.0.1 or http://localhost, with its port.\n";
        (StatusCode::FORBIDDEN, text).into_response()
    }
}

/// Refuses a path that could be taken for another host by whoever follows a redirect to it.
pub(crate) async fn plain_paths(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let decoded = path
        .to_ascii_lowercase()
        .replace("%2f", "/")
        .replace("%5c", "\\")
        .replace("%09", "")
        .replace("%0a", "")
        .replace("%0d", "");
    if !path.starts_with('/') || decoded.contains("//") || decoded.contains('\\') {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    }
    next.run(request).await
}

/// Whether an authority (`host` or `host:port`, RFC 3986) is a loopback one, and nothing else.
fn is_loopback(authority: &str) -> bool {
    let Ok(parsed) = authority.parse::<Authority>() else { return false };
    let host = parsed.host();
    // What the parser leaves out of the host must be the port: no user, nothing behind a bracket.
    let port = match authority.strip_prefix(host) {
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok() && !port.starts_with('+')),
        None => false,
    };
    let address = host.strip_prefix('[').map_or(Some(host), |rest| rest.strip_suffix(']'));
    let named = host.eq_ignore_ascii_case("localhost");
    port && (named || address.and_then(|host| host.parse::<IpAddr>().ok()).is_some_and(|address| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for good in ["127.0.0.1", "127.0.0.1:7357", "localhost:80", "LOCALHOST", "[::1]", "[::1]:7357", "127.9.9.9:1"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in [
            "",
            "example.com",
            "127.0.0.1.example.com",
            "localhost.example.com:80",
            "[::2]",
            "10.0.0.1",
            "[127",
            "localhost:x@evil.test",
            "[::1]evil.test",
            "user@localhost",
            "localhost:",
            "localhost:99999",
            "localhost:+1",
            "localhost:80:80",
            "localhost,evil.test",
            "localhost evil.test",
            "[::1]:",
            "[::1]:x",
            "::1",
            "[localhost]",
            "localhost/",
            "localhost#",
            "localhost.",
            "127.1",
            "0x7f.0.0.1",
            "[::1%25lo]",
            "127.0.0.1\\@evil.test",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
