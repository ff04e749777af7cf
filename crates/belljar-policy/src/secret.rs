//! Secrets: what the host puts into requests on their way out. A policy says which, where and for whom, and never its value.

use std::fmt;

use url::Url;

use crate::header::{Reserved, is_header_name, reserved};
use crate::http::private;

/// Characters of a name (64).
const NAME: usize = 64;

/// A secret that the host puts into requests to one origin. Its value is never in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Where the host finds its value: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The origin whose requests get it, as the URL standard writes it.
    pub origin: String,
    /// Where in a request it stands.
    pub place: SecretPlace,
}

/// Where in a request a secret stands. What a tool itself puts there is replaced.
///
/// ```
/// use belljar_policy::SecretPlace;
///
/// let place: SecretPlace = "header authorization: Bearer {}".parse()?;
/// assert_eq!(place, SecretPlace::Header { name: "authorization".into(), value: "Bearer {}".into() });
/// assert!("header authorization: Bearer".parse::<SecretPlace>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretPlace {
    /// A header field: its name in small letters, and its value with `{}` where the secret stands, once.
    Header {
        /// The name.
        name: String,
        /// The value.
        value: String,
    },
    /// A parameter of the query, by its name.
    Query {
        /// The name.
        key: String,
    },
    /// The field `authorization` with the scheme Basic (RFC 7617): `USER:PASSWORD`, with `{}` for one of both.
    Basic {
        /// User name and password.
        credentials: String,
    },
    /// A text in a body of JSON, by a JSON Pointer (RFC 6901). What it is in has to be there.
    Body {
        /// The pointer.
        pointer: String,
    },
}

impl std::str::FromStr for SecretPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let rest = rest.trim();
        match kind {
            "header" => header(rest),
            "query" if !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic() && !"&=#".contains(c)) => {
                Ok(SecretPlace::Query { key: rest.to_owned() })
            }
            "query" => Err("name the parameter: \"query api_key\"".into()),
            "basic" if holes(rest) == 1 && rest.contains(':') && visible(rest) => {
                Ok(SecretPlace::Basic { credentials: rest.to_owned() })
            }
            "basic" => Err("write user and password, one of them as {}: \"basic user:{}\"".into()),
            "body" if is_pointer(rest) => Ok(SecretPlace::Body { pointer: rest.to_owned() }),
            "body" => Err("write a JSON Pointer: \"body /auth/key\"".into()),
            _ => Err(format!(
                "a secret stands in \"header NAME: VALUE\", \"query NAME\", \"basic USER:PASSWORD\" or \"body /POINTER\", with {{}} \
                 for its value, not in {text:?}"
            )),
        }
    }
}

impl fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretPlace::Header { name, value } => write!(f, "header {name}: {value}"),
            SecretPlace::Query { key } => write!(f, "query {key}"),
            SecretPlace::Basic { credentials } => write!(f, "basic {credentials}"),
            SecretPlace::Body { pointer } => write!(f, "body {pointer}"),
        }
    }
}

impl SecretPlace {
    /// What two secrets cannot both be in.
    fn slot(&self) -> (&'static str, &str) {
        match self {
            SecretPlace::Header { name, .. } => ("header", name),
            SecretPlace::Basic { .. } => ("header", "authorization"),
            SecretPlace::Query { key } => ("query", key),
            SecretPlace::Body { pointer } => ("body", pointer),
        }
    }
}

impl Secret {
    /// A secret, checked.
    ///
    /// # Errors
    ///
    /// What is wrong, and what would be right: a name, an origin or a place that is none; an origin of `http`, which everybody on
    /// the way could read, unless it is on this machine or in a private network.
    pub fn new(name: &str, origin: &str, place: &str) -> Result<Self, SecretError> {
        if name.is_empty()
            || name.len() > NAME
            || !name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c))
        {
            let why = format!("a secret's name has at most {NAME} letters, digits, hyphens, underscores and dots");
            return Err(SecretError::Name(why));
        }
        if !origin.is_ascii() {
            let why = "an origin is in ASCII: write the form that DNS has, which begins with \"xn--\"";
            return Err(SecretError::Origin(why.into()));
        }
        let url = Url::parse(origin).map_err(|error| SecretError::Origin(format!("not an origin: {error}")))?;
        let is_one = !url.host_str().unwrap_or("*").contains('*');
        let is_plain = is_one && url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !matches!(url.scheme(), "https" | "http")
            || !is_plain
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(SecretError::Origin("an origin is like \"https://api.github.com\"".into()));
        }
        if url.scheme() == "http" && !private(&url) {
            let why = "a secret goes to an origin of https: by http everybody on the way can read it";
            return Err(SecretError::Origin(why.into()));
        }
        let place = place.parse().map_err(SecretError::Place)?;
        Ok(Secret { name: name.to_owned(), origin: url.origin().ascii_serialization(), place })
    }

    /// Whether requests to this URL get it.
    pub fn is_for(&self, url: &Url) -> bool {
        url.origin().ascii_serialization() == self.origin
    }

    /// Whether both would stand in the same place of a request.
    pub(crate) fn collides(&self, other: &Self) -> bool {
        self.origin == other.origin && self.place.slot() == other.place.slot()
    }
}

/// What is wrong with a secret, by the key of the policy that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretError {
    /// `name`.
    Name(String),
    /// `for`.
    Origin(String),
    /// `in`.
    Place(String),
}

fn header(text: &str) -> Result<SecretPlace, String> {
    let (name, value) = text.split_once(':').unwrap_or_default();
    let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
    if !is_header_name(&name) || holes(&value) != 1 || !visible(&value) {
        return Err("write name and value, with {} for the secret: \"header authorization: Bearer {}\"".into());
    }
    // A session in a cookie is a secret, too; what belongs to a connection is nobody's.
    match reserved(&name) {
        None => Ok(SecretPlace::Header { name, value }),
        Some(Reserved::Cookie) if name == "cookie" => Ok(SecretPlace::Header { name, value }),
        Some(why) => Err(format!("the header field {name} cannot be set: {why}")),
    }
}

fn holes(text: &str) -> usize {
    text.matches("{}").count()
}

fn visible(text: &str) -> bool {
    text.chars().all(|c| c == ' ' || c.is_ascii_graphic())
}

/// Whether it is a JSON Pointer to something inside a value.
fn is_pointer(text: &str) -> bool {
    let escapes = text.match_indices('~').all(|(at, _)| matches!(text.as_bytes().get(at + 1), Some(b'0' | b'1')));
    text.starts_with('/') && escapes && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for text in [
            "header authorization: Bearer {}",
            "header x-api-key: {}",
            "header cookie: session={}; a=b",
            "query api_key",
            "basic user:{}",
            "basic {}:",
            "body /auth/key",
            "body /a~1b/~0",
        ] {
            assert_eq!(text.parse::<SecretPlace>().map(|place| place.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("header  X-Key :{}".parse(), Ok(SecretPlace::Header { name: "x-key".into(), value: "{}".into() }));
        for text in [
            "",
            "header",
            "header x",
            "header x: y",
            "header x: {} {}",
            "header a b: {}",
            "header host: {}",
            "header te: {}",
            "header x: {}\r\ny: z",
            "header x: {}é",
            "header sec-x: {}",
            "header belljar-edited: {}",
            "header Belljar_Edited: {}",
            "query",
            "query a b",
            "query a&b",
            "query a=b",
            "basic user",
            "basic {}",
            "basic {}:{}",
            "body",
            "body key",
            "body /a~2",
            "body /a~",
            "cookie a",
            "bearer {}",
        ] {
            assert!(text.parse::<SecretPlace>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_secret_goes_to_one_safe_origin() {
        for (origin, written) in [
            ("https://api.github.com", Some("https://api.github.com")),
            ("https://API.github.com:443/", Some("https://api.github.com")),
            ("https://a.example:8443", Some("https://a.example:8443")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("http://localhost:1", Some("http://localhost:1")),
            ("http://[::1]:1", Some("http://[::1]:1")),
            ("http://a.example", None),
            ("https://a.example/x", None),
            ("https://a.example?x", None),
            ("https://a.example#x", None),
            ("https://user@a.example", None),
            ("ftp://a.example", None),
            ("a.example", None),
            ("https://*.a.example", None),
            ("https://bücher.example", None),
            ("", None),
        ] {
            let secret = Secret::new("a", origin, "query k");
            assert_eq!(secret.ok().map(|secret| secret.origin), written.map(str::to_owned), "{origin}");
        }
        for name in ["", "a b", "a/b", "ä", &"a".repeat(65)] {
            assert!(matches!(Secret::new(name, "https://a.example", "query k"), Err(SecretError::Name(_))), "{name}");
        }
    }

    #[test]
    fn it_is_for_its_origin_and_no_other() {
        let secret = Secret::new("a", "https://a.example", "query k").unwrap();
        for (url, is_for) in [
            ("https://a.example/x?y", true),
            ("https://a.example:443/", true),
            ("https://a.example:444/", false),
            ("http://a.example/", false),
            ("https://a.example.evil.test/", false),
            ("https://b.a.example/", false),
            ("https://a.example@evil.test/", false),
        ] {
            assert_eq!(secret.is_for(&Url::parse(url).unwrap()), is_for, "{url}");
        }
    }

    #[test]
    fn two_do_not_stand_in_one_place() {
        let secret = |place: &str| Secret::new("a", "https://a.example", place).unwrap();
        assert!(secret("basic a:{}").collides(&secret("header Authorization: x{}")));
        assert!(secret("query a").collides(&secret("query a")));
        assert!(!secret("query a").collides(&secret("body /a")));
    }
}
