//! Header fields of requests that a tool cannot give: one list for the judging and for the sending.
//!
//! It follows the Fetch standard's forbidden request-headers, with the fields that belong to a connection (RFC 9110, section
//! 7.6.1), those by which some servers replace method, path, host or client, and Belljar's own. An underscore counts as a hyphen, because servers
//! behind CGI and its descendants cannot tell them apart.

use std::fmt;

/// Why a field is not a tool's to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reserved {
    /// It follows from the URL, from the body, or from what the host can decode.
    Host,
    /// It speaks of the connection and not of the request.
    Connection,
    /// It is what a browser says of a page.
    Browser,
    /// It is for cookies, which there are none of.
    Cookie,
    /// Servers take it for another method, path, host or client than the one that was judged.
    Override,
    /// It begins with `belljar-`: only Belljar says something with it.
    Belljar,
}

impl fmt::Display for Reserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reserved::Host => "it is set for each request by itself",
            Reserved::Connection => "it speaks of the connection, which a tool has no part in",
            Reserved::Browser => "only browsers set it",
            Reserved::Cookie => "there are no cookies here",
            Reserved::Override => "servers take it for another method, path, host or client than the policy has judged",
            Reserved::Belljar => "only Belljar sets it",
        })
    }
}

/// In small letters, with `-` for `_`.
const NAMES: [(&str, Reserved); 38] = [
    ("accept-charset", Reserved::Browser),
    ("accept-encoding", Reserved::Host),
    ("access-control-request-headers", Reserved::Browser),
    ("access-control-request-method", Reserved::Browser),
    ("access-control-request-private-network", Reserved::Browser),
    ("connection", Reserved::Connection),
    ("content-length", Reserved::Host),
    ("cookie", Reserved::Cookie),
    ("cookie2", Reserved::Cookie),
    ("date", Reserved::Browser),
    ("dnt", Reserved::Browser),
    ("early-data", Reserved::Connection),
    ("expect", Reserved::Connection),
    ("forwarded", Reserved::Override),
    ("host", Reserved::Host),
    ("http2-settings", Reserved::Connection),
    ("keep-alive", Reserved::Connection),
    ("origin", Reserved::Browser),
    ("permissions-policy", Reserved::Browser),
    ("referer", Reserved::Browser),
    ("set-cookie", Reserved::Cookie),
    ("set-cookie2", Reserved::Cookie),
    ("te", Reserved::Connection),
    ("trailer", Reserved::Connection),
    ("transfer-encoding", Reserved::Connection),
    ("upgrade", Reserved::Connection),
    ("via", Reserved::Connection),
    ("x-client-ip", Reserved::Override),
    ("x-host", Reserved::Override),
    ("x-http-host-override", Reserved::Override),
    ("x-http-method", Reserved::Override),
    ("x-http-method-override", Reserved::Override),
    ("x-method-override", Reserved::Override),
    ("x-original-host", Reserved::Override),
    ("x-original-url", Reserved::Override),
    ("x-real-ip", Reserved::Override),
    ("x-rewrite-url", Reserved::Override),
    ("x-wap-profile", Reserved::Override),
];

/// The same for all names that begin so.
const PREFIXES: [(&str, Reserved); 4] = [
    ("belljar-", Reserved::Belljar),
    ("proxy-", Reserved::Connection),
    ("sec-", Reserved::Browser),
    ("x-forwarded-", Reserved::Override),
];

/// Whether a name is one of HTTP: a token of RFC 9110.
///
/// ```
/// assert!(belljar_policy::is_header_name("X-Api-Key"));
/// assert!(!belljar_policy::is_header_name("a b"));
/// ```
pub fn is_header_name(text: &str) -> bool {
    let part = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
    !text.is_empty() && text.bytes().all(part)
}

/// Whether the value of a header field may have a character: those of a request are what HTTP carries.
pub(crate) fn is_in_value(c: char) -> bool {
    c == '\t' || !c.is_control() && c <= '\u{ff}'
}

/// Whether a character is taken off both ends of a value.
pub(crate) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Why a tool cannot give the header field of this name, however it is spelt; nothing if it can.
///
/// ```
/// use belljar_policy::{Reserved, reserved};
///
/// assert_eq!(reserved("Transfer_Encoding"), Some(Reserved::Connection));
/// assert_eq!(reserved("authorization"), None);
/// ```
pub fn reserved(name: &str) -> Option<Reserved> {
    let plain = name.to_ascii_lowercase().replace('_', "-");
    let exact = NAMES.iter().find(|(reserved, _)| plain == *reserved);
    let found = exact.or_else(|| PREFIXES.iter().find(|(prefix, _)| plain.starts_with(prefix)));
    found.map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_names_are_found_in_every_spelling() {
        let prefixed = ["proxy-x", "sec-fetch-site", "x-forwarded-host", "belljar-edited", "belljar-x"];
        for name in NAMES.iter().map(|(name, _)| *name).chain(prefixed) {
            for spelt in [name.to_owned(), name.to_uppercase(), name.replace('-', "_")] {
                assert!(reserved(&spelt).is_some(), "{spelt}");
            }
        }
        assert!(NAMES.is_sorted_by(|(one, _), (other, _)| one < other));
        for name in [
            "authorization",
            "range",
            "x-api-key",
            "user-agent",
            "secret",
            "teapot",
            "hosts",
            "accept",
            "if-match",
            "belljar",
        ] {
            assert_eq!(reserved(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_is_a_token() {
        for name in ["", " ", "a b", "a:", ":authority", "a\r\nb", "a\0", "ä", "a\n", "(", "a\u{200b}", "a,b"] {
            assert!(!is_header_name(name), "{name:?}");
        }
    }
}
