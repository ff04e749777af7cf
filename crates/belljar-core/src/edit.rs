//! A request as a person changed it: it is approved in the place of the one that the tool asked for.

use belljar_abi::{Header, HttpResponse, Request};
use serde::Serialize;

use crate::capability::Ask;

/// The header field of an answer that says to the tool which parts of its request a person changed.
pub const EDITED: &str = "belljar-edited";

/// A part of a request that a person can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "kebab-case"))]
pub enum Part {
    /// The URL of an HTTP request.
    Url,
    /// Its header fields.
    Headers,
    /// What a request carries: a body, a value, the bytes of a file, a called tool's input.
    Content,
}

impl Part {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Part::Url => "url",
            Part::Headers => "headers",
            Part::Content => "content",
        }
    }
}

/// A request as a person changed it, whole: what is not in it is not in the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// What is asked for, in the words of a rule.
    pub what: String,
    /// The header fields.
    pub headers: Vec<Header>,
    /// What it carries.
    pub content: Option<Vec<u8>>,
}

impl Edit {
    /// A request as it is.
    pub fn of(request: &Request) -> Self {
        let content = request.payload().map(<[u8]>::to_vec);
        Edit { what: request.describe(), headers: request.headers().to_vec(), content }
    }
}

/// The parts in which two requests of one capability differ.
pub(crate) fn differing(one: &Request, other: &Request) -> Vec<Part> {
    let differs = |part: &Part| match part {
        Part::Url => one.describe() != other.describe(),
        Part::Headers => one.headers() != other.headers(),
        Part::Content => one.payload() != other.payload(),
    };
    [Part::Url, Part::Headers, Part::Content].into_iter().filter(differs).collect()
}

/// Says in an answer which parts of the request were changed. No server says that in the host's place.
pub(crate) fn mark(response: &mut HttpResponse, changed: &[Part]) {
    response.headers.retain(|header| header.name != EDITED);
    if changed.is_empty() {
        return;
    }
    let words: Vec<&str> = changed.iter().map(|part| part.word()).collect();
    let at = response.headers.partition_point(|header| header.name.as_str() < EDITED);
    response.headers.insert(at, Header { name: EDITED.into(), value: words.join(", ") });
}
