//! Files below granted directories: how a path is walked, and what a request means at its end.
//!
//! A path is walked name by name, from the granted directory on. It is never joined as text.

use belljar_abi::{Failure, FileEntry, FilePortion, FileRange, FileWriting, FilesRequest, FilesResponse, Response};

use super::tree::{Directory, Granted, Part, Tree};
use super::trouble::Trouble;
use crate::capability::path;
use crate::limits::FILES_ENTRIES;
use crate::permit::{FilesAct, Permit, Receipt};

/// Spends a permit.
pub async fn perform(permit: Permit<FilesAct>, tree: &impl Tree) -> (Receipt, Result<Response, Failure>) {
    let most = permit.most();
    let (act, receipt) = permit.spend();
    let done = act_on(&act, most, tree).await;
    (receipt, done.map(Response::Files).map_err(|trouble| trouble.with(&act)))
}

async fn act_on(act: &FilesAct, most: u64, tree: &impl Tree) -> Result<FilesResponse, Trouble> {
    let Granted { directory, file } = tree.open(act).await?;
    match file {
        Some(file) => in_single_file(act, most, &directory, &file).await,
        None => below(act, most, directory).await,
    }
}

/// Acts on a single file that is granted: its content can be used, its place in its directory cannot.
async fn in_single_file(
    act: &FilesAct,
    most: u64,
    directory: &impl Directory,
    file: &str,
) -> Result<FilesResponse, Trouble> {
    let guest = path(&act.request);
    if !act.relative.is_empty() {
        return Err(Trouble::NotADirectory(last(guest.strip_suffix(&act.relative).unwrap_or(guest))));
    }
    match &act.request {
        FilesRequest::Read(range) => read(directory, file, range, most).await,
        FilesRequest::Write(writing) => write(directory, file, writing).await,
        FilesRequest::Stat(_) => stat(directory, Some(file), guest).await,
        FilesRequest::List(_) | FilesRequest::Page(_) => Err(Trouble::NotADirectory(last(guest))),
        FilesRequest::Remove(_) => Err(Trouble::Granted),
        FilesRequest::MakeDirectory(_) => Err(Trouble::Exists),
    }
}

/// Acts in a granted directory, or on it.
async fn below(act: &FilesAct, most: u64, mut directory: impl Directory) -> Result<FilesResponse, Trouble> {
    let (parents, name) = act.relative.rsplit_once('/').unwrap_or(("", &act.relative));
    for step in parents.split('/').filter(|step| !step.is_empty()) {
        directory = directory.enter(step).await?;
    }
    let name = Some(name).filter(|name| !name.is_empty());
    directory.judge(name).await?;
    match (&act.request, name) {
        (FilesRequest::Read(range), Some(name)) => read(&directory, name, range, most).await,
        (FilesRequest::Write(writing), Some(name)) => write(&directory, name, writing).await,
        (FilesRequest::List(_), Some(name)) => list(&directory.enter(name).await?).await,
        (FilesRequest::Remove(_), Some(name)) => Ok(FilesResponse::Done(directory.remove(name).await?)),
        (FilesRequest::MakeDirectory(_), Some(name)) => Ok(FilesResponse::Done(directory.make_directory(name).await?)),
        (FilesRequest::Stat(guest), name) => stat(&directory, name, guest).await,
        (FilesRequest::List(_), None) => list(&directory).await,
        (FilesRequest::Page(portion), Some(name)) => page(&directory.enter(name).await?, portion).await,
        (FilesRequest::Page(portion), None) => page(&directory, portion).await,
        (FilesRequest::Read(_) | FilesRequest::Write(_), None) => Err(Trouble::IsADirectory),
        (FilesRequest::Remove(_), None) => Err(Trouble::Granted),
        (FilesRequest::MakeDirectory(_), None) => Err(Trouble::Exists),
    }
}

async fn read(directory: &impl Directory, name: &str, range: &FileRange, most: u64) -> Result<FilesResponse, Trouble> {
    let part = Part { offset: range.offset, length: range.length, most };
    Ok(FilesResponse::Bytes(directory.read(name, part).await?))
}

async fn write(directory: &impl Directory, name: &str, writing: &FileWriting) -> Result<FilesResponse, Trouble> {
    Ok(FilesResponse::Done(directory.write(name, &writing.bytes, writing.mode).await?))
}

/// What is granted has the name that the tool sees, whatever its own is.
async fn stat(directory: &impl Directory, name: Option<&str>, guest: &str) -> Result<FilesResponse, Trouble> {
    Ok(FilesResponse::Stat(FileEntry { name: last(guest), ..directory.stat(name).await? }))
}

async fn list(directory: &impl Directory) -> Result<FilesResponse, Trouble> {
    Ok(FilesResponse::Entries(entries(directory).await?))
}

/// The first entries behind a name.
async fn page(directory: &impl Directory, portion: &FilePortion) -> Result<FilesResponse, Trouble> {
    let mut entries = entries(directory).await?;
    // No name is empty.
    entries.drain(..entries.partition_point(|entry| entry.name <= portion.after));
    entries.truncate(portion.most as usize);
    Ok(FilesResponse::Entries(entries))
}

async fn entries(directory: &impl Directory) -> Result<Vec<FileEntry>, Trouble> {
    let mut entries = directory.list(FILES_ENTRIES + 1).await?;
    if entries.len() > FILES_ENTRIES {
        return Err(Trouble::TooMany(FILES_ENTRIES));
    }
    // The order of their bytes, which no directory's own order need be.
    entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// The last name of a path; empty for the root.
fn last(path: &str) -> String {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}
