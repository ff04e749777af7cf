//! What the runs of a tree have read, of which something may be in what they send.
//!
//! Belljar cannot know what a tool does with what it reads: it may send it turned round, encrypted, or as the number of its
//! requests. So a person who is asked whether something may be sent is told what was read before.

use std::collections::BTreeSet;
use std::fmt;

use belljar_abi::{FilesResponse, KvResponse, Request, Response};
use belljar_policy::Url;

use crate::limits;

/// One thing that was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Read {
    Files,
    Keys,
    /// Answers of a server.
    Answers(String),
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Read::Files => f.write_str("files"),
            Read::Keys => f.write_str("keys"),
            Read::Answers(host) => write!(f, "answers of {host}"),
        }
    }
}

fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

/// All that was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads(BTreeSet<Read>);

impl Reads {
    /// A tool is given this. Beyond [`limits::READS`] no more is told apart.
    pub(crate) fn add(&mut self, response: &Response) {
        let read = match response {
            Response::Kv(KvResponse::Done(()) | KvResponse::Value(None)) | Response::Files(FilesResponse::Done(())) => {
                return;
            }
            Response::Kv(_) => Read::Keys,
            Response::Files(_) => Read::Files,
            Response::Http(response) => match host(&response.url) {
                Some(host) => Read::Answers(host),
                None => return,
            },
            // What a called tool has read stands here already; a person knows what a person said.
            Response::Tools(_) | Response::Human(_) => return,
        };
        if self.0.len() < limits::READS {
            self.0.insert(read);
        }
    }

    /// What of it a request may carry elsewhere, in words: nothing if it sends nothing. A server knows its own answers.
    pub(crate) fn told(&self, request: &Request) -> Vec<String> {
        let Request::Http(request) = request else { return Vec::new() };
        let own = host(&request.url).map(Read::Answers);
        self.0.iter().filter(|read| own.as_ref() != Some(read)).map(Read::to_string).collect()
    }
}
