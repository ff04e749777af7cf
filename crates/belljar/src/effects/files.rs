//! Files below granted directories, opened step by step from the directory's handle.
//!
//! No path is ever joined as text and no symbolic link is followed, so there is nothing to race against: a
//! name that becomes a link between two steps is refused by the system itself. What was opened is compared with what
//! stricter rules name. A grant may also be a single file.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use belljar_core::abi::{Failure, FileEntry, FileKind, FileRange, FileWriting, FilesRequest, FilesResponse, WriteMode};
use belljar_core::files::{self, ENTRIES, Trouble};
use belljar_core::limits::TRANSFER;
use belljar_core::{FilesAct, Permit, Receipt, Response};
use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, OpenOptions};

use super::watch::Watch;

/// Spends a permit. `base` is where relative directories of the policy start.
pub(crate) fn perform(permit: Permit<FilesAct>, base: &Path) -> (Receipt, Result<Response, Failure>) {
    let (act, receipt) = permit.spend();
    (receipt, act_on(&act, base).map(Response::Files))
}

fn act_on(act: &FilesAct, base: &Path) -> Result<FilesResponse, Failure> {
    let guest = files::path(&act.request);
    let host = base.join(&act.host);
    let unopened = |e: std::io::Error| {
        Failure::Other(format!("the granted directory {} cannot be opened: {}", act.host, reason(&e)))
    };
    let real = std::fs::canonicalize(&host).map_err(unopened)?;
    if std::fs::metadata(&real).map_err(unopened)?.is_dir() {
        let root = Dir::open_ambient_dir(&real, ambient_authority()).map_err(unopened)?;
        return below(act, base, &real, root);
    }
    // A single file: the name in its directory.
    if let Some(step) = act.relative.split('/').next().filter(|step| !step.is_empty()) {
        let file = guest.strip_suffix(&act.relative).unwrap_or(guest).trim_end_matches('/');
        return Err(Trouble::NotADirectory(file.rsplit('/').next().unwrap_or(step).to_owned()).with(guest));
    }
    let lost = || Trouble::Other("its name on this machine is not UTF-8".into()).with(guest);
    let (Some(parent), Some(name)) = (real.parent(), real.file_name()) else { return Err(lost()) };
    let name = name.to_str().ok_or_else(lost)?;
    match &act.request {
        FilesRequest::Remove(path) => return Err(Trouble::Granted.with(path)),
        FilesRequest::MakeDirectory(path) => return Err(Trouble::Exists.with(path)),
        FilesRequest::List(path) => {
            let shown = path.rsplit('/').next().unwrap_or_default();
            return Err(Trouble::NotADirectory(shown.to_owned()).with(path));
        }
        FilesRequest::Read(_) | FilesRequest::Write(_) | FilesRequest::Stat(_) => {}
    }
    let dir = Dir::open_ambient_dir(parent, ambient_authority()).map_err(unopened)?;
    let watch = Watch::new(act, base);
    watch.root(&real)?;
    match perform_on(act, &watch, &dir, name)? {
        FilesResponse::Stat(entry) => {
            let name = guest.rsplit('/').next().unwrap_or_default().to_owned();
            Ok(FilesResponse::Stat(FileEntry { name, ..entry }))
        }
        response => Ok(response),
    }
}

/// Acts in a granted directory.
fn below(act: &FilesAct, base: &Path, real: &Path, root: Dir) -> Result<FilesResponse, Failure> {
    let guest = files::path(&act.request);
    let watch = Watch::new(act, base);
    watch.root(real)?;
    let (parents, name) = match act.relative.rsplit_once('/') {
        Some((parents, name)) => (parents, name),
        None => ("", act.relative.as_str()),
    };
    let mut listed = guest.strip_suffix(&act.relative).unwrap_or(guest).to_owned();
    let mut dir = root;
    for step in parents.split('/').filter(|step| !step.is_empty()) {
        watch.spell(&mut listed, &dir, step);
        dir = dir.open_dir_nofollow(step).map_err(|e| explain(&e, guest, &dir, step))?;
        watch.entered(&dir)?;
    }
    if !name.is_empty() {
        watch.spell(&mut listed, &dir, name);
    }
    watch.listed(&listed)?;
    perform_on(act, &watch, &dir, name)
}

/// Acts on a name in a directory; on the directory itself if it is empty.
fn perform_on(act: &FilesAct, watch: &Watch<'_>, dir: &Dir, name: &str) -> Result<FilesResponse, Failure> {
    match &act.request {
        FilesRequest::Read(range) => read(watch, dir, name, range),
        FilesRequest::Write(writing) => write(watch, dir, name, writing),
        FilesRequest::List(path) => {
            if name.is_empty() {
                list(dir, path)
            } else {
                let inner = dir.open_dir_nofollow(name).map_err(|e| explain(&e, path, dir, name))?;
                watch.entered(&inner)?;
                list(&inner, path)
            }
        }
        FilesRequest::Stat(path) => {
            let (name, metadata) = if name.is_empty() {
                (path.rsplit('/').next().unwrap_or_default(), dir.dir_metadata())
            } else {
                (name, dir.symlink_metadata(name))
            };
            let metadata = metadata.map_err(|e| explain(&e, path, dir, name))?;
            watch.opened(&metadata)?;
            Ok(FilesResponse::Stat(entry(name.to_owned(), &metadata)))
        }
        FilesRequest::Remove(path) => {
            if name.is_empty() {
                return Err(Trouble::Granted.with(path));
            }
            let metadata = dir.symlink_metadata(name).map_err(|e| explain(&e, path, dir, name))?;
            watch.opened(&metadata)?;
            let removed = if metadata.is_dir() { dir.remove_dir(name) } else { dir.remove_file(name) };
            removed.map(|()| FilesResponse::Done(())).map_err(|e| explain(&e, path, dir, name))
        }
        FilesRequest::MakeDirectory(path) => {
            if name.is_empty() {
                return Err(Trouble::Exists.with(path));
            }
            dir.create_dir(name).map(|()| FilesResponse::Done(())).map_err(|e| explain(&e, path, dir, name))
        }
    }
}

/// Opens without following links and without blocking, so that a pipe or device cannot hold the host.
fn open(dir: &Dir, name: &str, path: &str, options: &mut OpenOptions) -> Result<(File, Metadata), Failure> {
    if name.is_empty() {
        return Err(Trouble::IsADirectory.with(path));
    }
    let options = options.follow(FollowSymlinks::No).nonblock(true);
    let file = dir.open_with(name, options).map_err(|e| explain(&e, path, dir, name))?;
    let metadata = file.metadata().map_err(|e| explain(&e, path, dir, name))?;
    if metadata.is_file() {
        Ok((file, metadata))
    } else {
        Err(if metadata.is_dir() { Trouble::IsADirectory } else { Trouble::Special }.with(path))
    }
}

fn read(watch: &Watch<'_>, dir: &Dir, name: &str, range: &FileRange) -> Result<FilesResponse, Failure> {
    let path = &range.path;
    let (mut file, metadata) = open(dir, name, path, OpenOptions::new().read(true))?;
    watch.opened(&metadata)?;
    let rest = metadata.len().saturating_sub(range.offset);
    let length = range.length.unwrap_or(rest).min(rest);
    if length > TRANSFER {
        return Err(Trouble::TooLarge(rest).with(path));
    }
    let fail = |e: std::io::Error| Trouble::Other(reason(&e)).with(path);
    if range.offset > 0 {
        file.seek(SeekFrom::Start(range.offset)).map_err(fail)?;
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(length).read_to_end(&mut bytes).map_err(fail)?;
    Ok(FilesResponse::Bytes(bytes))
}

fn write(watch: &Watch<'_>, dir: &Dir, name: &str, writing: &FileWriting) -> Result<FilesResponse, Failure> {
    let path = &writing.path;
    let mut options = OpenOptions::new();
    options.write(true);
    match writing.mode {
        WriteMode::Create => options.create_new(true),
        WriteMode::Replace => options.create(true),
        WriteMode::Append => options.create(true).append(true),
    };
    let (mut file, metadata) = open(dir, name, path, &mut options)?;
    watch.opened(&metadata)?;
    let fail = |e: std::io::Error| Trouble::Other(reason(&e)).with(path);
    if writing.mode == WriteMode::Replace {
        // Only now: what was opened is known to be a regular file.
        file.set_len(0).map_err(fail)?;
    }
    file.write_all(&writing.bytes).map_err(fail)?;
    Ok(FilesResponse::Done(()))
}

fn list(dir: &Dir, path: &str) -> Result<FilesResponse, Failure> {
    let fail = |e: std::io::Error| Trouble::Other(reason(&e)).with(path);
    let mut entries = Vec::new();
    for found in dir.entries().map_err(fail)? {
        let found = found.map_err(fail)?;
        // A name that is not UTF-8 cannot be asked for, so it is not shown.
        let Ok(name) = found.file_name().into_string() else { continue };
        if entries.len() == ENTRIES {
            return Err(Trouble::TooMany.with(path));
        }
        // An entry that vanished meanwhile is not there.
        if let Ok(metadata) = found.metadata() {
            entries.push(entry(name, &metadata));
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(FilesResponse::Entries(entries))
}

fn entry(name: String, metadata: &Metadata) -> FileEntry {
    let kind = if metadata.is_file() {
        FileKind::File
    } else if metadata.is_dir() {
        FileKind::Directory
    } else {
        FileKind::Other
    };
    FileEntry { name, kind, size: if kind == FileKind::File { metadata.len() } else { 0 } }
}

/// A failure in words that name the tool's path, never the host's.
fn explain(error: &std::io::Error, path: &str, dir: &Dir, name: &str) -> Failure {
    if dir.symlink_metadata(name).is_ok_and(|m| m.is_symlink()) {
        return Trouble::Link(name.to_owned()).with(path);
    }
    let trouble = match error.kind() {
        ErrorKind::NotFound => Trouble::Missing,
        ErrorKind::AlreadyExists => Trouble::Exists,
        ErrorKind::NotADirectory => Trouble::NotADirectory(name.to_owned()),
        ErrorKind::IsADirectory => Trouble::IsADirectory,
        ErrorKind::DirectoryNotEmpty => Trouble::NotEmpty,
        _ => Trouble::Other(reason(error)),
    };
    trouble.with(path)
}

/// The system's words without the host's paths.
fn reason(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => std::io::Error::from(error.kind()).to_string(),
        None => error.to_string(),
    }
}
