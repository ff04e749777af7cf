//! Requests and responses of all capabilities, and how they are named for people and in the log.

use belljar_abi::cell::{self, Event};
use belljar_abi::{
    FilesRequest, FilesResponse, HttpRequest, HttpResponse, HumanRequest, HumanResponse, KvRequest, KvResponse,
    ToolRequest, ToolResponse,
};
use belljar_policy::{GuestPath, Url, beginning, escape};
use sha2::{Digest, Sha256};

use crate::contract::{hex, sha256};
use crate::limits;
use crate::outcome::Stop;
use crate::run::human;

/// A capability whose requests are started, then taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Keys and values.
    Kv,
    /// Files below granted directories.
    Files,
    /// HTTP requests.
    Http,
    /// Calls of other tools.
    Tools,
    /// Questions to the person.
    Human,
}

impl Capability {
    /// All of them.
    pub const ALL: [Capability; 5] =
        [Capability::Kv, Capability::Files, Capability::Http, Capability::Tools, Capability::Human];

    /// The name in policies, in the log and of the WIT interface.
    pub fn name(self) -> &'static str {
        ["kv", "files", "http", "tools", "human"][self as usize]
    }
}

/// What a tool asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Keys and values.
    Kv(KvRequest),
    /// Files.
    Files(FilesRequest),
    /// HTTP.
    Http(HttpRequest),
    /// Another tool.
    Tools(ToolRequest),
    /// A question.
    Human(HumanRequest),
}

impl Request {
    /// Which capability it is for.
    pub fn capability(&self) -> Capability {
        match self {
            Request::Kv(_) => Capability::Kv,
            Request::Files(_) => Capability::Files,
            Request::Http(_) => Capability::Http,
            Request::Tools(_) => Capability::Tools,
            Request::Human(_) => Capability::Human,
        }
    }

    /// Gives it the one form in which it is judged, shown, logged, approved and performed: a path without `.` and empty
    /// names, a URL as the WHATWG standard writes it. What it is in that form is what happens.
    pub(crate) fn canonicalize(&mut self) -> Result<(), String> {
        match self {
            Request::Kv(KvRequest::List(prefix)) => key_fits(prefix, true),
            Request::Kv(KvRequest::Get(key) | KvRequest::Delete(key)) => key_fits(key, false),
            Request::Kv(KvRequest::Set(item)) => key_fits(&item.key, false),
            Request::Files(files) => {
                let path = match files {
                    FilesRequest::Read(range) => &mut range.path,
                    FilesRequest::Write(writing) => &mut writing.path,
                    FilesRequest::List(path)
                    | FilesRequest::Stat(path)
                    | FilesRequest::Remove(path)
                    | FilesRequest::MakeDirectory(path) => path,
                };
                *path = GuestPath::parse(path).map_err(|error| error.to_string())?.to_string();
                Ok(())
            }
            Request::Http(http) => {
                let token = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
                if http.method.is_empty() || http.method.len() > 32 || !http.method.bytes().all(token) {
                    return Err("the method is not one of HTTP".into());
                }
                http.method.make_ascii_uppercase();
                http.url = Url::parse(&http.url).map_err(|error| format!("the URL is not valid: {error}"))?.into();
                Ok(())
            }
            Request::Tools(call) => {
                let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.');
                if call.name.is_empty() || call.name.len() > limits::TOOL_NAME || !call.name.chars().all(plain) {
                    let most = limits::TOOL_NAME;
                    return Err(format!(
                        "a tool's name has 1 to {most} lower-case letters, digits, hyphens, dots and underscores"
                    ));
                }
                Ok(())
            }
            Request::Human(human) => human::fits(human),
        }
    }

    /// What is asked, in the words of a policy's rule where there is one: "get notes/today". Characters that cannot be
    /// seen are written by their numbers, as [`belljar_policy::escape`] does, so that the text can be read, and pasted as
    /// a rule behind the capability's name.
    pub fn describe(&self) -> String {
        match self {
            Request::Kv(KvRequest::Get(key)) => format!("get {}", escape(key)),
            Request::Kv(KvRequest::Set(item)) => format!("set {}", escape(&item.key)),
            Request::Kv(KvRequest::Delete(key)) => format!("delete {}", escape(key)),
            Request::Kv(KvRequest::List(prefix)) => format!("list {}", beginning(prefix)),
            Request::Files(files) => {
                format!("{} {}", crate::files::action(files).word(), escape(crate::files::path(files)))
            }
            Request::Http(request) => format!("{} {}", escape(&request.method), seen(&request.url)),
            Request::Tools(request) => format!("call {}", escape(&request.name)),
            Request::Human(request) => format!("ask {}", request.question),
        }
    }

    /// The bytes that the request carries besides its description.
    pub fn payload(&self) -> Option<&[u8]> {
        match self {
            Request::Kv(KvRequest::Set(item)) => Some(&item.value),
            Request::Files(FilesRequest::Write(writing)) => Some(&writing.bytes),
            Request::Http(request) => request.body.as_deref(),
            Request::Tools(request) => Some(request.input.as_bytes()),
            _ => None,
        }
    }

    /// The whole request: the value `belljar_abi::cell::Event` in the form that the Canonical ABI gives it in memory, as
    /// [`belljar_abi::cell::pack`] writes it. [`request_digest`] is its digest.
    pub(crate) fn packed(&self) -> Result<Vec<u8>, Stop> {
        let event = match self.clone() {
            Request::Kv(request) => Event::Kv(request),
            Request::Files(request) => Event::Files(request),
            Request::Http(request) => Event::Http(request),
            Request::Tools(request) => Event::Tools(request),
            Request::Human(request) => Event::Human(request),
        };
        cell::pack(&event).map_err(|fault| Stop::Host(fault.to_string()))
    }
}

/// The digest of a whole request: SHA-256 of the line `belljar request, version 2`, with its newline, and of the request in
/// the form that a recording has it.
pub fn request_digest(packed: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update("belljar request, version 2\n").chain_update(packed).finalize().into()
}

/// The digest to which the answer to a question is bound: SHA-256 of three lines, each with a newline, which are
/// `belljar question, version 1`, the hash of the log's entry of the request, and that of the whole request, in hexadecimal.
/// The entry's hash is the question's own `prev`: it vouches for the tool, the policy, the rule, the ticket and everything
/// before.
pub fn question_digest(prev: &[u8; 32], content: &[u8; 32]) -> [u8; 32] {
    sha256(format!("belljar question, version 1\n{}\n{}\n", hex(prev), hex(content)).as_bytes())
}

/// Characters as which a text is shown, those that cannot be seen counted as the most that they take.
pub(crate) fn shown_characters(text: &str) -> usize {
    text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric() { 1 } else { 10 }).sum()
}

/// A URL as the standard writes it is ASCII, but for its fragment and what is no URL.
fn seen(url: &str) -> String {
    let mut text = String::with_capacity(url.len());
    for c in url.chars() {
        if c.is_ascii_graphic() {
            text.push(c);
        } else {
            text.push_str(&escape(&c.to_string()));
        }
    }
    text
}

fn key_fits(key: &str, prefix: bool) -> Result<(), String> {
    if key.is_empty() && !prefix {
        return Err("a key must not be empty".into());
    }
    if key.len() > limits::KEY {
        return Err(format!("a key of {} bytes; at most {} are allowed", key.len(), limits::KEY));
    }
    if key.chars().any(char::is_control) {
        return Err("a key must not contain control characters".into());
    }
    Ok(())
}

/// What a tool gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// Keys and values.
    Kv(KvResponse),
    /// Files.
    Files(FilesResponse),
    /// HTTP.
    Http(HttpResponse),
    /// Another tool.
    Tools(ToolResponse),
    /// A question.
    Human(HumanResponse),
}

impl Response {
    /// Which capability it is of.
    pub fn capability(&self) -> Capability {
        match self {
            Response::Kv(_) => Capability::Kv,
            Response::Files(_) => Capability::Files,
            Response::Http(_) => Capability::Http,
            Response::Tools(_) => Capability::Tools,
            Response::Human(_) => Capability::Human,
        }
    }

    /// How many bytes of content it carries.
    pub fn size(&self) -> u64 {
        let size = match self {
            Response::Kv(KvResponse::Value(value)) => value.as_ref().map_or(0, Vec::len),
            Response::Kv(KvResponse::Done(())) | Response::Files(FilesResponse::Done(())) => 0,
            Response::Kv(KvResponse::Keys(keys)) => keys.iter().map(String::len).sum(),
            Response::Files(FilesResponse::Bytes(bytes)) => bytes.len(),
            Response::Files(FilesResponse::Entries(entries)) => entries.iter().map(|e| e.name.len() + 9).sum(),
            Response::Files(FilesResponse::Stat(entry)) => entry.name.len() + 9,
            Response::Http(response) => {
                response.body.len() + response.headers.iter().map(|h| h.name.len() + h.value.len()).sum::<usize>()
            }
            Response::Tools(response) => response.output.len(),
            Response::Human(response) => response.answer.len(),
        };
        size as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use belljar_abi::{FileRange, HttpRequest, KvItem};

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
            Request::Http(HttpRequest { method: method.into(), url: url.into(), headers: Vec::new(), body: None })
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
            all.iter().map(|request| request_digest(&request.packed().unwrap())).collect();
        assert_eq!(contents.len(), all.len());
        assert_ne!(question_digest(&[0; 32], &[1; 32]), question_digest(&[1; 32], &[0; 32]));
    }

    #[test]
    fn what_cannot_be_seen_is_shown_by_its_number() {
        let key = Request::Kv(KvRequest::Get("a\u{202e}b\u{3164}*".into()));
        assert_eq!(key.describe(), "get a\\u{202e}b\\u{3164}\\*");
        assert_eq!(Request::Kv(KvRequest::List("no".into())).describe(), "list no*/**");
    }
}
