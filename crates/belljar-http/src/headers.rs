//! Headers that a tool gives, and headers that a server sends.

use std::fmt;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

/// Most headers of a request that a tool gives.
pub const MAX_REQUEST_HEADERS: usize = 128;

/// Most bytes of them: names and values together.
pub const MAX_REQUEST_HEADER_BYTES: usize = 64 << 10;

/// Most characters of a name in a message.
const SHOWN: usize = 64;

/// Why a header cannot be sent. It names the header, never its value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderFault {
    /// More than [`MAX_REQUEST_HEADERS`].
    #[error("a request has at most {MAX_REQUEST_HEADERS} headers, and this one has {0}")]
    Count(usize),
    /// More than [`MAX_REQUEST_HEADER_BYTES`].
    #[error("a request's headers have at most {MAX_REQUEST_HEADER_BYTES} bytes, and these have {0}")]
    Bytes(usize),
    /// A name that is no token of RFC 9110. It is made visible and shortened.
    #[error("{0:?} is not the name of a header")]
    Name(String),
    /// A value with a control character or with one above U+00FF. The header's name.
    #[error("the value of the header {0:?} has a control character or one above U+00FF, which no header holds")]
    Value(String),
    /// A header that a tool cannot give.
    #[error("the header {name:?} cannot be set: {why}")]
    Forbidden {
        /// Its name, in lower case.
        name: String,
        /// Why.
        why: Reason,
    },
}

/// Why a header cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// It follows from the URL, from the body, or from what the host can decode.
    Host,
    /// It speaks of the connection and not of the request.
    Connection,
    /// It is what a browser says of a page.
    Browser,
    /// Servers take it for another method, path or host than the one that was judged.
    Override,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Host => "it is set for each request by itself",
            Reason::Connection => "it speaks of the connection, which a tool has no part in",
            Reason::Browser => "only browsers set it",
            Reason::Override => "servers take it for another method, path or host than the policy has judged",
        })
    }
}

/// In lower case, with `-` for `_`.
const FORBIDDEN: [(&str, Reason); 24] = [
    ("accept-encoding", Reason::Host),
    ("content-length", Reason::Host),
    ("host", Reason::Host),
    ("connection", Reason::Connection),
    ("early-data", Reason::Connection),
    ("expect", Reason::Connection),
    ("http2-settings", Reason::Connection),
    ("keep-alive", Reason::Connection),
    ("te", Reason::Connection),
    ("trailer", Reason::Connection),
    ("transfer-encoding", Reason::Connection),
    ("upgrade", Reason::Connection),
    ("cookie2", Reason::Browser),
    ("set-cookie", Reason::Browser),
    ("set-cookie2", Reason::Browser),
    ("forwarded", Reason::Override),
    ("x-host", Reason::Override),
    ("x-http-host-override", Reason::Override),
    ("x-http-method", Reason::Override),
    ("x-http-method-override", Reason::Override),
    ("x-method-override", Reason::Override),
    ("x-original-host", Reason::Override),
    ("x-original-url", Reason::Override),
    ("x-rewrite-url", Reason::Override),
];

/// The same for all names that begin so.
const FORBIDDEN_PREFIXES: [(&str, Reason); 3] =
    [("proxy-", Reason::Connection), ("sec-", Reason::Browser), ("x-forwarded-", Reason::Override)];

/// Whether a tool's headers can be sent: names are tokens, values hold no line break, their number and size are bounded,
/// and none is among those that only the host sets.
///
/// The list follows the Fetch standard's forbidden request-headers as far as they make sense on a server, with the headers
/// that belong to a connection (RFC 9110, section 7.6.1) and those by which some servers replace method, path or host. An
/// underscore counts as a hyphen, because servers behind CGI and its descendants cannot tell them apart.
///
/// # Errors
///
/// The first header that cannot be sent, and why.
pub fn check_headers(headers: &[(String, String)]) -> Result<(), HeaderFault> {
    if headers.len() > MAX_REQUEST_HEADERS {
        return Err(HeaderFault::Count(headers.len()));
    }
    let bytes = headers.iter().fold(0_usize, |sum, (name, value)| sum.saturating_add(name.len() + value.len()));
    if bytes > MAX_REQUEST_HEADER_BYTES {
        return Err(HeaderFault::Bytes(bytes));
    }
    for (name, value) in headers {
        encode(name, value)?;
    }
    Ok(())
}

/// The headers as they are sent.
pub(crate) fn encode_into(map: &mut HeaderMap, headers: &[(String, String)]) -> Result<(), HeaderFault> {
    check_headers(headers)?;
    for (name, value) in headers {
        let (name, value) = encode(name, value)?;
        map.try_append(name, value).map_err(|_| HeaderFault::Count(headers.len()))?;
    }
    Ok(())
}

fn encode(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), HeaderFault> {
    let field = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderFault::Name(shown(name)))?;
    let plain = field.as_str().replace('_', "-");
    let exact = FORBIDDEN.iter().find(|(forbidden, _)| plain == *forbidden);
    let found = exact.or_else(|| FORBIDDEN_PREFIXES.iter().find(|(prefix, _)| plain.starts_with(prefix)));
    if let Some((_, why)) = found {
        return Err(HeaderFault::Forbidden { name: shown(field.as_str()), why: *why });
    }
    let bytes: Option<Vec<u8>> = value.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
    Ok((field, value.ok_or_else(|| HeaderFault::Value(shown(name)))?))
}

/// A value's bytes as the characters of the same numbers: Fetch's isomorphic decoding.
pub(crate) fn decode(value: &HeaderValue) -> String {
    value.as_bytes().iter().map(|byte| char::from(*byte)).collect()
}

/// A stranger's text, made visible and shortened.
pub(crate) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).flat_map(char::escape_default).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str) -> Result<(), HeaderFault> {
        check_headers(&[(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn headers_of_the_host_and_of_the_connection_are_refused_in_every_spelling() {
        let prefixed = ["Proxy-Authorization", "proxy-x", "SEC-FETCH-SITE", "X-Forwarded-Host", "x_forwarded_for"];
        let underscored = FORBIDDEN.iter().map(|(name, _)| name.replace('-', "_"));
        let names = FORBIDDEN.iter().map(|(name, _)| (*name).to_owned()).chain(underscored);
        for name in names.chain(prefixed.map(str::to_owned)) {
            for name in [name.clone(), name.to_uppercase()] {
                assert!(matches!(check(&name, "x"), Err(HeaderFault::Forbidden { .. })), "{name}");
            }
        }
        for name in ["authorization", "Cookie", "range", "x-api-key", "origin", "user-agent", "secret", "teapot"] {
            assert_eq!(check(name, "x"), Ok(()), "{name}");
        }
    }

    #[test]
    fn what_is_no_name_and_no_value_is_refused_and_values_are_not_told() {
        for name in ["", " ", "a b", "a:", ":authority", "a\r\nb", "a\0", "ä", "a\n", "(", "a\u{200b}"] {
            assert!(matches!(check(name, "hidden"), Err(HeaderFault::Name(_))), "{name:?}");
        }
        for value in
            ["hidden\r\nhost: x", "hidden\n", "\rhidden", "hidden\0", "hidden\u{7f}", "hidden\u{1f}", "hidden✓"]
        {
            let error = check("a", value).unwrap_err();
            assert!(matches!(&error, HeaderFault::Value(name) if name == "a"), "{value:?}");
            assert!(!format!("{error} {error:?}").contains("hidden"));
        }
        for value in ["", "a\tb", "é", "a, b"] {
            assert_eq!(check("a", value), Ok(()), "{value:?}");
        }
    }

    #[test]
    fn number_and_size_are_bounded() {
        let many = |count: usize, value: &str| vec![("a".to_owned(), value.to_owned()); count];
        assert_eq!(check_headers(&many(MAX_REQUEST_HEADERS, "")), Ok(()));
        let count = MAX_REQUEST_HEADERS + 1;
        assert_eq!(check_headers(&many(count, "")), Err(HeaderFault::Count(count)));
        assert_eq!(check("a", &"x".repeat(MAX_REQUEST_HEADER_BYTES - 1)), Ok(()));
        let bytes = MAX_REQUEST_HEADER_BYTES + 1;
        assert_eq!(check("a", &"x".repeat(bytes - 1)), Err(HeaderFault::Bytes(bytes)));
    }
}
