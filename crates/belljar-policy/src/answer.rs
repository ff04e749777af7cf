//! Answers that a policy gives in place of a server.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::assurance::Assurance;
use crate::header::{Reserved, is_header_name, reserved};
use crate::text::{basic, quoted};

/// An answer that a rule gives to an HTTP request: nothing is sent.
///
/// ```
/// use belljar_policy::{Effect, Policy, Query, Url};
///
/// let policy = Policy::parse(r#"
/// version = 1
/// [[http.rule]]
/// allow = "GET https://api.example.com/rates"
/// answer = { status = 200, headers = { content-type = "application/json" }, body = '{"eur":1}' }
/// "#)?;
/// let url = Url::parse("https://api.example.com/rates")?;
/// let decision = policy.decide(&Query::Http { method: "GET", url: &url, headers: &[] });
/// assert_eq!(decision.effect, Effect::Allow);
/// let answer = decision.answer.ok_or("none")?;
/// assert_eq!((answer.status, answer.body.as_str()), (200, "{\"eur\":1}"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntheticAnswer {
    /// From 200 to 599.
    pub status: u16,
    /// Names in small letters, once each and in order, and values of visible ASCII.
    pub headers: Vec<(String, String)>,
    /// The body, as UTF-8.
    pub body: String,
}

/// The part of an answer that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Status,
    /// A header field, by its place among those that were given.
    Header(usize),
    /// All of it together.
    Size,
}

impl SyntheticAnswer {
    /// Bytes of the header fields and the body, with the three digits of the status, at most (64 KiB).
    pub const MOST: usize = 64 << 10;

    pub(crate) fn new(status: u64, headers: Vec<(String, String)>, body: String) -> Result<Self, (Part, String)> {
        let known = |status: &u16| (200..600).contains(status);
        let Some(status) = u16::try_from(status).ok().filter(known) else {
            return Err((Part::Status, "the status of an answer is from 200 to 599".into()));
        };
        let mut named: Vec<(String, String)> = Vec::new();
        for (at, (name, value)) in headers.into_iter().enumerate() {
            let wrong = |why: String| Err((Part::Header(at), why));
            let name = name.to_ascii_lowercase();
            if !is_header_name(&name) {
                return wrong(format!("{name:?} is no name of a header field: that has letters, digits and hyphens"));
            }
            if let Some(why @ Reserved::Belljar) = reserved(&name) {
                return wrong(format!("the header field {name} cannot be set: {why}; leave it out"));
            }
            if named.iter().any(|(other, _)| *other == name) {
                return wrong(format!("the header field {name} is there already; write it once"));
            }
            if value.trim_matches(' ') != value || !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
                return wrong(format!(
                    "the value of the header field {name} has visible characters of ASCII, and no space around them"
                ));
            }
            named.push((name, value));
        }
        named.sort_unstable();
        let size = 3 + body.len() + named.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        if size > Self::MOST {
            let most = Self::MOST;
            return Err((Part::Size, format!("an answer has at most {most} bytes with its headers, not {size}")));
        }
        Ok(SyntheticAnswer { status, headers: named, body })
    }

    /// The answer as a table of TOML in one line: its one form.
    pub(crate) fn written(&self) -> String {
        let mut text = format!("{{ status = {}", self.status);
        if !self.headers.is_empty() {
            let fields: Vec<String> =
                self.headers.iter().map(|(name, value)| format!("{} = {}", basic(name), basic(value))).collect();
            text.push_str(&format!(", headers = {{ {} }}", fields.join(", ")));
        }
        text.push_str(&format!(", body = {} }}", basic(&self.body)));
        text
    }
}

/// For people and the log: the status, and the beginning of the SHA-256 of the rest, because a body may be long.
impl fmt::Display for SyntheticAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (sha256 ", self.status)?;
        // Half of it, which nobody finds twice.
        for byte in Sha256::digest(self.written().as_bytes()).iter().take(16) {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// What a person wrote for whoever meets a rule, besides what it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beside {
    pub(crate) reason: Option<Arc<str>>,
    pub(crate) instead: Option<Arc<str>>,
    pub(crate) answer: Option<Arc<SyntheticAnswer>>,
    /// The header field that carries the key of a request that must not be done twice.
    pub(crate) idempotency_key: Option<Arc<str>>,
    /// The weakest answer by which a person approves it.
    pub(crate) least: Assurance,
}

/// Behind the rule.
impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(answer) = &self.answer {
            write!(f, " answer {answer}")?;
        }
        if let Some(name) = &self.idempotency_key {
            write!(f, " idempotency-key {name}")?;
        }
        if self.least > Assurance::default() {
            write!(f, " least {}", self.least.name())?;
        }
        let said = [("reason", &self.reason), ("instead", &self.instead)];
        let said = said.into_iter().filter_map(|(key, text)| Some(format!("{key}: {}", quoted(text.as_deref()?))));
        let said = said.collect::<Vec<_>>().join("; ");
        if said.is_empty() { Ok(()) } else { write!(f, " ({said})") }
    }
}
