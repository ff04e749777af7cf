//! The types of `belljar:tool@0.1.0`, in the order of `wit/tool/tool.wit`, where their meaning is written.

use crate::canonical::{CoreType, Flat, Lift, Lower, align_to, enumeration, join, max, max_count, record, variant};
use crate::memory::{Fault, Memory, Place, Writer};
use crate::primitives::Element;

/// Names a started request.
pub type Ticket = u32;

/// Nanoseconds since 1970-01-01T00:00:00Z.
pub type Moment = u64;

record! {
    /// Why a request was refused.
    Denial {
        /// The capability asked for.
        capability: String,
        /// What was asked.
        request: String,
        /// The rule that decided.
        rule: String,
    }
}

variant! {
    /// Why a request has no response.
    Failure {
        /// The policy, or a person, refused it.
        Denied(Denial),
        /// A budget is used up; the text names it.
        Exhausted(String),
        /// There is no such key, file or tool.
        NotFound(String),
        /// The request does not fit what it names.
        Invalid(String),
        /// Larger than the limit that the text names.
        TooLarge(String),
        /// The deadline passed first.
        TimedOut(String),
        /// Anything else, in words.
        Other(String),
    }
}

enumeration! {
    /// The level of a console line.
    Level {
        /// For the tool's author.
        Debug,
        /// For information.
        Info,
        /// The ordinary level.
        Log,
        /// Something is odd.
        Warn,
        /// Something is wrong.
        Error,
    }
}

impl Level {
    /// The level's name in the log.
    pub fn name(self) -> &'static str {
        ["debug", "info", "log", "warn", "error"][self as usize]
    }
}

record! {
    /// A key with its value.
    KvItem {
        /// The key.
        key: String,
        /// The value.
        value: Vec<u8>,
    }
}

record! {
    /// A change of a key that holds what is expected.
    KvChange {
        /// The key.
        key: String,
        /// What it must hold; nothing if it must not be there.
        expected: Option<Vec<u8>>,
        /// What it holds then; nothing if it is to be gone.
        value: Option<Vec<u8>>,
    }
}

record! {
    /// A part of the keys with a prefix.
    KvRange {
        /// What they begin with.
        prefix: String,
        /// Only those behind this one.
        after: String,
        /// At most so many.
        most: u32,
    }
}

variant! {
    /// A request to the key-value store. The last two have functions of their own in the world, so that what `start` takes is
    /// what it was.
    KvRequest {
        /// The value of a key.
        Get(String),
        /// Stores a value.
        Set(KvItem),
        /// Deletes a key.
        Delete(String),
        /// The keys with a prefix.
        List(String),
        /// Changes a key that holds what is expected: `start-replace`.
        Replace(KvChange),
        /// A part of the keys with a prefix: `start-page`.
        Page(KvRange),
    }
}

variant! {
    /// The answer of the key-value store.
    KvResponse {
        /// For `get`.
        Value(Option<Vec<u8>>),
        /// For `set` and `delete`.
        Done(()),
        /// For `list` and `start-page`.
        Keys(Vec<String>),
        /// For `start-replace`: whether it was changed.
        Replaced(bool),
    }
}

record! {
    /// Part of a file.
    FileRange {
        /// Absolute path in the tool's view.
        path: String,
        /// First byte.
        offset: u64,
        /// How many bytes at most; everything if absent.
        length: Option<u64>,
    }
}

enumeration! {
    /// How a file is written.
    WriteMode {
        /// Fails if the file exists.
        Create,
        /// Creates or replaces.
        Replace,
        /// Creates or appends.
        Append,
    }
}

record! {
    /// Bytes for a file.
    FileWriting {
        /// Absolute path in the tool's view.
        path: String,
        /// What is written.
        bytes: Vec<u8>,
        /// How.
        mode: WriteMode,
    }
}

enumeration! {
    /// What a directory entry is.
    FileKind {
        /// A regular file.
        File,
        /// A directory.
        Directory,
        /// Anything else: never opened.
        Other,
    }
}

record! {
    /// A directory entry.
    FileEntry {
        /// Its name.
        name: String,
        /// What it is.
        kind: FileKind,
        /// Its size in bytes; 0 unless it is a file.
        size: u64,
    }
}

record! {
    /// A part of a directory's entries.
    FilePortion {
        /// Absolute path of the directory in the tool's view.
        path: String,
        /// Only names behind this one.
        after: String,
        /// At most so many.
        most: u32,
    }
}

variant! {
    /// A request to the files below the granted directories. The last one has a function of its own in the world.
    FilesRequest {
        /// Reads.
        Read(FileRange),
        /// Writes.
        Write(FileWriting),
        /// Lists a directory.
        List(String),
        /// Describes one entry.
        Stat(String),
        /// Removes a file or an empty directory.
        Remove(String),
        /// Makes a directory.
        MakeDirectory(String),
        /// Lists a part of a directory: `start-page`.
        Page(FilePortion),
    }
}

variant! {
    /// The answer about files.
    FilesResponse {
        /// For `read`.
        Bytes(Vec<u8>),
        /// For `write`, `remove` and `make-directory`.
        Done(()),
        /// For `list` and `start-page`.
        Entries(Vec<FileEntry>),
        /// For `stat`.
        Stat(FileEntry),
    }
}

record! {
    /// A header field.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    }
}

enumeration! {
    /// What becomes of a redirect.
    HttpRedirect {
        /// It is followed, each hop judged as a request of its own.
        Follow,
        /// It is the response.
        Manual,
        /// It is a failure.
        Error,
    }
}

record! {
    /// An HTTP request.
    HttpRequest {
        /// Its method.
        method: String,
        /// Its URL.
        url: String,
        /// Its header fields.
        headers: Vec<Header>,
        /// Its body.
        body: Option<Vec<u8>>,
        /// What becomes of a redirect.
        redirect: HttpRedirect,
    }
}

record! {
    /// An HTTP response.
    HttpResponse {
        /// The status code.
        status: u16,
        /// Where it came from, after redirects.
        url: String,
        /// Its header fields.
        headers: Vec<Header>,
        /// Its body.
        body: Vec<u8>,
    }
}

record! {
    /// A call of another tool.
    ToolRequest {
        /// The tool's name.
        name: String,
        /// JSON text.
        input: String,
    }
}

record! {
    /// Another tool's answer.
    ToolResponse {
        /// JSON text.
        output: String,
    }
}

record! {
    /// A question to the person.
    HumanRequest {
        /// What is asked.
        question: String,
        /// Answers to choose from; empty for free text.
        choices: Vec<String>,
    }
}

record! {
    /// The person's answer.
    HumanResponse {
        /// The answer.
        answer: String,
    }
}

enumeration! {
    /// How a run ended without an output, as the guest sees it.
    FaultKind {
        /// The tool says that it cannot do its work.
        Failed,
        /// The tool broke.
        Crashed,
        /// A refused capability ended it.
        Denied,
        /// A used-up budget for requests ended it.
        Exhausted,
        /// The program could not be loaded.
        Unloadable,
    }
}

record! {
    /// What a guest returns instead of an output.
    ToolFault {
        /// How it ended.
        kind: FaultKind,
        /// A short word for programs to branch on.
        code: String,
        /// What a person should know.
        message: String,
        /// The tool's own call stack, a frame a line.
        stack: String,
    }
}

variant! {
    /// What a tool asks for: the arguments of `start` of one of the capabilities.
    Request {
        /// Keys and values.
        Kv(KvRequest),
        /// Files.
        Files(FilesRequest),
        /// HTTP.
        Http(HttpRequest),
        /// Another tool.
        Tools(ToolRequest),
        /// A person.
        Human(HumanRequest),
    }
}

variant! {
    /// What a tool gets: what `take` of one of the capabilities returns.
    Response {
        /// Keys and values.
        Kv(KvResponse),
        /// Files.
        Files(FilesResponse),
        /// HTTP.
        Http(HttpResponse),
        /// Another tool.
        Tools(ToolResponse),
        /// A person.
        Human(HumanResponse),
    }
}

impl Element for FileEntry {}
impl Element for Header {}
