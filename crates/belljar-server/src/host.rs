//! Which host a request may name.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses a request that names a host other than this machine's loopback interface.
pub(crate) async fn loopback_only(request: Request, next: Next) -> Response {
    let named = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let named = named.or_else(|| request.uri().host());
    if named.is_some_and(is_loopback) {
        next.run(request).await
    } else {
        let text =
            "Belljar listens on this machine only: open it as http://127.0.0.1 or http://localhost, with its port.\n";
        (StatusCode::FORBIDDEN, text).into_response()
    }
}

/// Whether an authority (`host` or `host:port`) is a loopback one.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(address, _)| address),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for good in ["127.0.0.1", "127.0.0.1:7357", "localhost:80", "LOCALHOST", "[::1]", "[::1]:7357", "127.9.9.9:1"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in ["", "example.com", "127.0.0.1.example.com", "localhost.example.com:80", "[::2]", "10.0.0.1", "[127"]
        {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
