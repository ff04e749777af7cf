//! What a request to files names, and what it does.

use belljar_abi::FilesRequest;
use belljar_policy::FileAction;

/// The path in the tool's view that a request names.
pub fn path(request: &FilesRequest) -> &str {
    match request {
        FilesRequest::Read(range) => &range.path,
        FilesRequest::Write(writing) => &writing.path,
        FilesRequest::Page(portion) => &portion.path,
        FilesRequest::List(path)
        | FilesRequest::Stat(path)
        | FilesRequest::Remove(path)
        | FilesRequest::MakeDirectory(path) => path,
    }
}

/// What a request does.
pub fn action(request: &FilesRequest) -> FileAction {
    match request {
        FilesRequest::Read(_) => FileAction::Read,
        FilesRequest::Write(_) => FileAction::Write,
        FilesRequest::List(_) | FilesRequest::Page(_) => FileAction::List,
        FilesRequest::Stat(_) => FileAction::Stat,
        FilesRequest::Remove(_) => FileAction::Remove,
        FilesRequest::MakeDirectory(_) => FileAction::MakeDirectory,
    }
}
