//! What a tool can ask for.
//!
//! What the core has to say of one capability stands in its own file, in one form: that of a request, how it is shown, what the
//! policy says of it, what the host would do, and what of a response the tool may see. Here they are told apart, and nowhere else
//! but where a host performs an [`Act`].

pub(crate) mod files;
mod form;
pub(crate) mod http;
mod human;
mod kv;
mod said;
mod tools;

use std::sync::Arc;

use belljar_abi::{Failure, Header, Lower, Request, Response, Ticket, Writer, cell};
use belljar_policy::{Policy, Query};
use sha2::{Digest, Sha256};

use crate::edit::{Edit, Part};
use crate::outcome::Stop;
use crate::terms::Terms;
use form::Kind;

pub use crate::terms::SUPPORTED;
pub use files::request::{action, path};
pub use form::{Act, Answered, Ask, Capability};
pub(crate) use form::{Filter, Judge, Judged};
pub(crate) use human::accepts;
pub(crate) use said::said;

/// Does something with what is inside, whichever capability it is of.
macro_rules! each {
    ($of:ident, $value:expr, $inner:ident => $done:expr) => {
        match $value {
            $of::Kv($inner) => $done,
            $of::Files($inner) => $done,
            $of::Http($inner) => $done,
            $of::Tools($inner) => $done,
            $of::Human($inner) => $done,
        }
    };
}

impl Capability {
    /// The name in policies, in the log and of the WIT interface.
    pub fn name(self) -> &'static str {
        self.kind().name
    }

    pub(crate) fn kind(self) -> &'static Kind {
        match self {
            Capability::Kv => &kv::KIND,
            Capability::Files => &files::KIND,
            Capability::Http => &http::KIND,
            Capability::Tools => &tools::KIND,
            Capability::Human => &human::KIND,
        }
    }
}

impl Ask for Request {
    fn capability(&self) -> Capability {
        each!(Request, self, request => request.capability())
    }

    fn describe(&self) -> String {
        each!(Request, self, request => request.describe())
    }

    fn payload(&self) -> Option<&[u8]> {
        each!(Request, self, request => request.payload())
    }

    fn carries(&self) -> usize {
        each!(Request, self, request => request.carries())
    }

    fn part(&self) -> Option<u32> {
        each!(Request, self, request => request.part())
    }

    fn irreversible(&self) -> Option<&'static str> {
        each!(Request, self, request => request.irreversible())
    }

    fn acts(&self) -> bool {
        each!(Request, self, request => request.acts())
    }

    fn headers(&self) -> &[Header] {
        each!(Request, self, request => request.headers())
    }

    fn editable(&self) -> &'static [Part] {
        each!(Request, self, request => request.editable())
    }
}

impl Judge for Request {
    fn canonicalize(&mut self) -> Result<(), String> {
        each!(Request, self, request => request.canonicalize())
    }

    fn judge(&self, ticket: Ticket, terms: &Arc<Terms>) -> Result<Judged, Failure> {
        each!(Request, self, request => request.judge(ticket, terms))
    }

    fn edited(&self, edit: &Edit) -> Result<Self, String> {
        Ok(match self {
            Request::Kv(request) => Request::Kv(request.edited(edit)?),
            Request::Files(request) => Request::Files(request.edited(edit)?),
            Request::Http(request) => Request::Http(request.edited(edit)?),
            Request::Tools(request) => Request::Tools(request.edited(edit)?),
            Request::Human(request) => Request::Human(request.edited(edit)?),
        })
    }

    fn grant(&self, policy: &Policy) -> Option<String> {
        each!(Request, self, request => request.grant(policy))
    }

    fn exact(&self, policy: &Policy) -> Option<String> {
        each!(Request, self, request => request.exact(policy))
    }
}

impl Answered for Response {
    fn capability(&self) -> Capability {
        each!(Response, self, response => response.capability())
    }

    fn size(&self) -> u64 {
        each!(Response, self, response => response.size())
    }
}

impl Filter for Response {
    fn filter(self, part: Option<u32>, may: &dyn Fn(&Query<'_>) -> bool) -> Result<Self, Failure> {
        Ok(match self {
            Response::Kv(response) => Response::Kv(response.filter(part, may)?),
            Response::Files(response) => Response::Files(response.filter(part, may)?),
            Response::Http(response) => Response::Http(response.filter(part, may)?),
            Response::Tools(response) => Response::Tools(response.filter(part, may)?),
            Response::Human(response) => Response::Human(response.filter(part, may)?),
        })
    }
}

/// What a request carries that a person changed, if nothing else of it was changed.
fn content_alone<'a>(request: &impl Ask, edit: &'a Edit) -> Result<&'a [u8], String> {
    let what = request.describe();
    if edit.what != what {
        return Err(format!("what it carries can be changed, and nothing else: it stays \"{what}\""));
    }
    if !edit.headers.is_empty() {
        return Err("it has no header fields".into());
    }
    Ok(edit.content.as_deref().unwrap_or_default())
}

/// Plans the result of a request of that capability, as `take` returns it.
pub(crate) fn plan(result: Result<Response, Failure>, capability: Capability) -> Writer {
    fn answered<T: Lower>(response: T) -> Writer {
        Ok::<T, Failure>(response).plan()
    }
    match result {
        Ok(response) => each!(Response, response, response => answered(response)),
        Err(failure) => (capability.kind().failed)(failure),
    }
}

/// The whole request, in the form that the Canonical ABI gives it in memory, as [`belljar_abi::cell::pack`] writes it.
/// [`request_digest`] is its digest.
pub(crate) fn packed(request: &Request) -> Result<Vec<u8>, Stop> {
    cell::pack(request).map_err(|fault| Stop::Host(fault.to_string()))
}

/// The digest of a whole request: SHA-256 of the line `belljar request, version 2`, with its newline, and of the request in
/// the form that a recording has it.
pub fn request_digest(packed: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update("belljar request, version 2\n").chain_update(packed).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::question_digest;
    use belljar_abi::{FileRange, FilesRequest, HttpRedirect, HttpRequest, KvItem, KvRequest};

    fn read(path: &str) -> Request {
        Request::Files(FilesRequest::Read(FileRange { path: path.into(), offset: 0, length: None }))
    }

    #[test]
    fn a_request_has_one_form() {
        let mut padded = read(&format!("/data/{}id_rsa", "./".repeat(520)));
        assert_eq!(padded.canonicalize(), Ok(()));
        assert_eq!(padded, read("/data/id_rsa"));
        assert_eq!(padded.describe(), "read /data/id_rsa");
        let once = padded.clone();
        assert_eq!(padded.canonicalize(), Ok(()));
        assert_eq!(padded, once);
        for bad in ["/data/../x", "data", "/a\nb", "/a\\b"] {
            assert!(read(bad).canonicalize().is_err(), "{bad}");
        }
        let http = |method: &str, url: &str| {
            Request::Http(HttpRequest {
                method: method.into(),
                url: url.into(),
                headers: Vec::new(),
                body: None,
                redirect: HttpRedirect::Follow,
            })
        };
        let mut url = http("get", "HTTPS://A.example:443/x/../y");
        assert_eq!(url.canonicalize(), Ok(()));
        assert_eq!(url, http("GET", "https://a.example/y"));
        assert!(http("GET", "/relative").canonicalize().is_err());
        assert!(http("G T", "https://a.example").canonicalize().is_err());
    }

    #[test]
    fn no_two_requests_have_one_content() {
        let set =
            |key: &str, value: &[u8]| Request::Kv(KvRequest::Set(KvItem { key: key.into(), value: value.into() }));
        let part = Request::Files(FilesRequest::Read(FileRange { path: "/a".into(), offset: 1, length: None }));
        let all = [
            set("a", b"x"),
            set("a", b"y"),
            set("ax", b""),
            Request::Kv(KvRequest::Get("a".into())),
            Request::Kv(KvRequest::Delete("a".into())),
            read("/a"),
            part,
        ];
        let contents: std::collections::BTreeSet<_> =
            all.iter().map(|request| request_digest(&packed(request).unwrap())).collect();
        assert_eq!(contents.len(), all.len());
        assert_ne!(question_digest(&[0; 32], &[1; 32], None), question_digest(&[1; 32], &[0; 32], None));
    }

    #[test]
    fn what_cannot_be_seen_is_shown_by_its_number() {
        let key = Request::Kv(KvRequest::Get("a\u{202e}b\u{3164}*".into()));
        assert_eq!(key.describe(), "get a\\u{202e}b\\u{3164}\\*");
        assert_eq!(Request::Kv(KvRequest::List("no".into())).describe(), "list no*/**");
    }
}
