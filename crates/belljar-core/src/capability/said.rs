//! Requests read back from what a log says of them.

use belljar_abi::{
    FileRange, FileWriting, FilesRequest, HttpRedirect, HttpRequest, HumanRequest, KvChange, KvItem, KvRequest,
    Request, ToolRequest, WriteMode,
};
use belljar_policy::{beginning, literal};

use super::{Ask, Judge};

/// The request that is described so, as far as rules look at it: what it carries, its header fields, ranges and modes are not in a
/// description. Nothing if no request is, or if the description was cut.
pub(crate) fn said(capability: &str, what: &str) -> Option<Request> {
    let (word, rest) = what.split_once(' ')?;
    let name = || literal(rest).ok();
    let mut request = match (capability, word) {
        ("kv", "get") => Request::Kv(KvRequest::Get(name()?)),
        ("kv", "set") => Request::Kv(KvRequest::Set(KvItem { key: name()?, value: Vec::new() })),
        ("kv", "delete") => Request::Kv(KvRequest::Delete(name()?)),
        ("kv", "get,set" | "get,delete") => {
            let value = (word == "get,set").then(Vec::new);
            Request::Kv(KvRequest::Replace(KvChange { key: name()?, expected: None, value }))
        }
        ("kv", "list") => {
            let prefixes = [rest.strip_suffix("*/**"), rest.strip_suffix("**")];
            let prefixes = prefixes.into_iter().flatten().filter_map(|prefix| literal(prefix).ok());
            let prefix = prefixes.into_iter().find(|prefix| beginning(prefix) == rest)?;
            Request::Kv(KvRequest::List(prefix))
        }
        ("files", word) => Request::Files(files(word, name()?)?),
        ("http", method) => Request::Http(HttpRequest {
            method: literal(method).ok()?,
            url: rest.to_owned(),
            headers: Vec::new(),
            body: None,
            redirect: HttpRedirect::Follow,
        }),
        ("tools", "call") => Request::Tools(ToolRequest { name: name()?, input: String::new() }),
        ("human", "ask") => Request::Human(HumanRequest { question: rest.to_owned(), choices: Vec::new() }),
        _ => return None,
    };
    request.canonicalize().ok()?;
    (request.describe() == what).then_some(request)
}

fn files(word: &str, path: String) -> Option<FilesRequest> {
    let all = [
        FilesRequest::Read(FileRange { path: path.clone(), offset: 0, length: None }),
        FilesRequest::Write(FileWriting { path: path.clone(), bytes: Vec::new(), mode: WriteMode::Create }),
        FilesRequest::List(path.clone()),
        FilesRequest::Stat(path.clone()),
        FilesRequest::Remove(path.clone()),
        FilesRequest::MakeDirectory(path),
    ];
    all.into_iter().find(|request| super::files::request::action(request).word() == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_described_is_read_back() {
        for (capability, what) in [
            ("kv", "get notes/a\\*b"),
            ("kv", "set a\\u{202e} b"),
            ("kv", "delete a"),
            ("kv", "get,set notes/a\\*b"),
            ("kv", "get,delete a b"),
            ("kv", "list **"),
            ("kv", "list notes/**"),
            ("kv", "list no*/**"),
            ("kv", "list a\\**/**"),
            ("files", "read /d/a b"),
            ("files", "write /d"),
            ("files", "list /"),
            ("files", "stat /d"),
            ("files", "remove /d"),
            ("files", "make-directory /d"),
            ("http", "GET https://a.example/?a=%20*"),
            ("http", "M\\*X https://a.example/"),
            ("tools", "call word-count"),
            ("human", "ask Which?"),
        ] {
            let request = said(capability, what).unwrap_or_else(|| panic!("{capability} {what}"));
            assert_eq!((request.capability().name(), request.describe().as_str()), (capability, what));
        }
        for (capability, what) in [
            ("kv", "get "),
            ("kv", "get a*"),
            ("kv", "get aaaa… [99 bytes cut]"),
            ("kv", "list a"),
            ("kv", "take a"),
            ("files", "read d"),
            ("files", "read /d/../e"),
            ("http", "get https://a.example/"),
            ("http", "GET https://a.example"),
            ("http", "GET https://a.example/#x"),
            ("http", "GET"),
            ("mail", "send a"),
        ] {
            assert_eq!(said(capability, what), None, "{capability} {what}");
        }
    }
}
