//! Headers that a tool gives, and headers that a server sends.

use belljar_policy::{Reserved, reserved};
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
        why: Reserved,
    },
}

/// Whether a tool's headers can be sent: names are tokens, values hold no line break, their number and size are bounded,
/// and none is among those that only the host sets.
///
/// The list is [`belljar_policy::reserved`], without `cookie`: a person can have a session's secret put there.
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
    if let Some(why) = reserved(field.as_str()).filter(|_| field != hyper::header::COOKIE) {
        return Err(HeaderFault::Forbidden { name: shown(field.as_str()), why });
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
        for name in [
            "Host",
            "content_length",
            "Transfer-Encoding",
            "te",
            "Proxy-Authorization",
            "SEC-FETCH-SITE",
            "Set-Cookie",
            "x_forwarded_for",
            "X-Original-URL",
        ] {
            assert!(matches!(check(name, "x"), Err(HeaderFault::Forbidden { .. })), "{name}");
        }
        for name in ["authorization", "Cookie", "range", "x-api-key", "user-agent", "secret", "teapot"] {
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
