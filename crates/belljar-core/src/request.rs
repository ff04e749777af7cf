//! Requests and responses of all capabilities, and how they are named for people and in the log.

use belljar_abi::{
    FilesRequest, FilesResponse, HttpRequest, HttpResponse, HumanRequest, HumanResponse, KvRequest, KvResponse,
    ToolRequest, ToolResponse,
};
use sha2::{Digest, Sha256};

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

    /// What is asked, in the words of a policy's rule where there is one: "get notes/today".
    pub fn describe(&self) -> String {
        match self {
            Request::Kv(KvRequest::Get(key)) => format!("get {key}"),
            Request::Kv(KvRequest::Set(item)) => format!("set {}", item.key),
            Request::Kv(KvRequest::Delete(key)) => format!("delete {key}"),
            Request::Kv(KvRequest::List(prefix)) => format!("list {prefix}"),
            Request::Files(FilesRequest::Read(range)) => format!("read {}", range.path),
            Request::Files(FilesRequest::Write(writing)) => format!("write {}", writing.path),
            Request::Files(FilesRequest::List(path)) => format!("list {path}"),
            Request::Files(FilesRequest::Stat(path)) => format!("stat {path}"),
            Request::Files(FilesRequest::Remove(path)) => format!("remove {path}"),
            Request::Files(FilesRequest::MakeDirectory(path)) => format!("make-directory {path}"),
            Request::Http(request) => format!("{} {}", request.method, request.url),
            Request::Tools(request) => format!("call {}", request.name),
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

    /// SHA-256 that binds an approval to exactly this request.
    pub fn digest(&self) -> [u8; 32] {
        // Debug output of these types is a faithful rendering of every field.
        Sha256::digest(format!("{self:?}").as_bytes()).into()
    }
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
