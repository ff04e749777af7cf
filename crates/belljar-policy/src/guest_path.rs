//! Paths as a tool names them.

use thiserror::Error;

/// Bytes of a path.
const PATH: usize = 4096;
/// Bytes of one segment.
const SEGMENT: usize = 255;

/// An absolute, normalised, `/`-separated path: no `.`, no `..`, no empty segments.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GuestPath(String);

/// A path that no file can have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the path {path:?} is refused: {reason}")]
pub struct PathError {
    path: String,
    reason: &'static str,
}

impl GuestPath {
    /// Reads a path; `//` and `/./` are folded, a trailing `/` is dropped, `..` is refused rather than resolved.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let fail = |reason| {
            let path = text.chars().take(200).collect();
            Err(PathError { path, reason })
        };
        if !text.starts_with('/') {
            return fail("it must start with \"/\"");
        }
        if text.len() > PATH {
            return fail("it is longer than 4096 bytes");
        }
        let mut path = String::with_capacity(text.len());
        for segment in text.split('/').filter(|s| !s.is_empty() && *s != ".") {
            if segment == ".." {
                return fail("\"..\" is not allowed; name the file directly");
            }
            if segment.len() > SEGMENT {
                return fail("a name in it is longer than 255 bytes");
            }
            if segment.contains('\\') {
                return fail("names are separated by \"/\", not by a backslash");
            }
            if segment.chars().any(char::is_control) {
                return fail("it holds a control character");
            }
            path.push('/');
            path.push_str(segment);
        }
        if path.is_empty() {
            path.push('/');
        }
        Ok(GuestPath(path))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The segments.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|s| !s.is_empty())
    }

    /// What remains below `prefix`; empty for the prefix itself.
    pub fn below(&self, prefix: &GuestPath) -> Option<&str> {
        if prefix.0 == "/" {
            return Some(&self.0[1..]);
        }
        let rest = self.0.strip_prefix(&prefix.0)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
    }
}

impl std::fmt::Display for GuestPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normal_or_refused() {
        for (text, expected) in [
            ("/data/a.txt", Some("/data/a.txt")),
            ("/data//a/./b/", Some("/data/a/b")),
            ("/", Some("/")),
            ("/...", Some("/...")),
            ("/%2e%2e/x", Some("/%2e%2e/x")),
            ("data", None),
            ("", None),
            ("/data/../etc", None),
            ("/..", None),
            ("/a\\..\\b", None),
            ("C:\\x", None),
            ("/a\0b", None),
            ("/a\nb", None),
        ] {
            assert_eq!(GuestPath::parse(text).ok().as_ref().map(GuestPath::as_str), expected, "{text:?}");
        }
        assert!(GuestPath::parse(&format!("/{}", "x".repeat(256))).is_err());
        assert!(GuestPath::parse(&"/x".repeat(2049)).is_err());
        let path = |text| GuestPath::parse(text).unwrap();
        assert_eq!(path("/data/a/b").below(&path("/data")), Some("a/b"));
        assert_eq!(path("/database").below(&path("/data")), None);
        assert_eq!(path("/data").below(&path("/data")), Some(""));
    }
}
