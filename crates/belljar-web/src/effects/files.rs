//! Files below granted directories, in a folder that the page holds in memory: what a person dropped into it, and what
//! the tool wrote. There are no links and no special files in it, so there is nothing to follow.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use belljar_core::abi::{Failure, FileEntry, FileKind, FileRange, FileWriting, FilesRequest, FilesResponse, WriteMode};
use belljar_core::files::{self, Trouble};
use belljar_core::limits::TRANSFER;
use belljar_core::{FilesAct, Permit, Receipt, Response};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

/// Bytes that one folder may hold (256 MiB): it lies in the page's memory.
const FOLDER: u64 = 256 << 20;

#[derive(Debug)]
enum Node {
    File(Vec<u8>),
    Directory(BTreeMap<String, Node>),
}

/// A folder of files in the page's memory, shared by the page and the runs that it grants it to.
#[wasm_bindgen]
#[derive(Clone, Debug)]
pub struct Folder(Rc<RefCell<Node>>);

impl Default for Folder {
    fn default() -> Self {
        Folder(Rc::new(RefCell::new(Node::Directory(BTreeMap::new()))))
    }
}

#[wasm_bindgen]
impl Folder {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Folder {
        Folder::default()
    }

    /// Puts a file, and the directories that it is in.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<(), JsError> {
        let steps = steps(path);
        let Some((name, parents)) = steps.split_last() else { return Err(JsError::new("a file needs a name")) };
        let mut root = self.0.borrow_mut();
        if root.size().saturating_add(bytes.len() as u64) > FOLDER {
            return Err(JsError::new(&format!("the folder is full: it holds at most {FOLDER} bytes")));
        }
        let mut node = &mut *root;
        for step in parents {
            let Node::Directory(entries) = node else {
                return Err(JsError::new(&format!("{path}: a file stands where a directory belongs")));
            };
            node = entries.entry((*step).to_owned()).or_insert_with(|| Node::Directory(BTreeMap::new()));
        }
        let Node::Directory(entries) = node else {
            return Err(JsError::new(&format!("{path}: a file stands where a directory belongs")));
        };
        if matches!(entries.get(*name), Some(Node::Directory(_))) {
            return Err(JsError::new(&format!("{path} is a directory")));
        }
        entries.insert((*name).to_owned(), Node::File(bytes.to_vec()));
        Ok(())
    }

    /// Makes a directory, and those that it is in.
    #[wasm_bindgen(js_name = makeDirectory)]
    pub fn make_directory(&self, path: &str) -> Result<(), JsError> {
        let mut root = self.0.borrow_mut();
        let mut node = &mut *root;
        for step in steps(path) {
            let Node::Directory(entries) = node else {
                return Err(JsError::new(&format!("{path}: a file stands where a directory belongs")));
            };
            node = entries.entry(step.to_owned()).or_insert_with(|| Node::Directory(BTreeMap::new()));
        }
        Ok(())
    }

    /// The file's bytes, if there is one.
    pub fn get(&self, path: &str) -> Option<Uint8Array> {
        let root = self.0.borrow();
        match steps(path).iter().try_fold(&*root, |node, step| node.child(step)) {
            Some(Node::File(bytes)) => Some(Uint8Array::from(bytes.as_slice())),
            _ => None,
        }
    }

    /// Bytes of a file, or of a directory with what is in it; nothing if it does not exist.
    pub fn size(&self, path: &str) -> Option<f64> {
        let root = self.0.borrow();
        steps(path).iter().try_fold(&*root, |node, step| node.child(step)).map(|node| node.size() as f64)
    }

    /// Removes a file, or a directory with what is in it; whether there was one.
    pub fn remove(&self, path: &str) -> bool {
        let steps = steps(path);
        let Some((name, parents)) = steps.split_last() else { return false };
        let mut root = self.0.borrow_mut();
        let parent = parents.iter().try_fold(&mut *root, |node, step| node.child_mut(step));
        match parent {
            Some(Node::Directory(entries)) => entries.remove(*name).is_some(),
            _ => false,
        }
    }

    /// The paths of all files, in their order.
    pub fn list(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.0.borrow().walk("", &mut paths);
        paths
    }
}

impl Node {
    fn child(&self, name: &str) -> Option<&Node> {
        match self {
            Node::Directory(entries) => entries.get(name),
            Node::File(_) => None,
        }
    }

    fn child_mut(&mut self, name: &str) -> Option<&mut Node> {
        match self {
            Node::Directory(entries) => entries.get_mut(name),
            Node::File(_) => None,
        }
    }

    fn size(&self) -> u64 {
        match self {
            Node::File(bytes) => bytes.len() as u64,
            Node::Directory(entries) => entries.values().map(Node::size).sum(),
        }
    }

    fn walk(&self, path: &str, paths: &mut Vec<String>) {
        match self {
            Node::File(_) => paths.push(path.to_owned()),
            Node::Directory(entries) => {
                for (name, node) in entries {
                    node.walk(&if path.is_empty() { name.clone() } else { format!("{path}/{name}") }, paths);
                }
            }
        }
    }

    fn entry(&self, name: &str) -> FileEntry {
        match self {
            Node::File(bytes) => FileEntry { name: name.to_owned(), kind: FileKind::File, size: bytes.len() as u64 },
            Node::Directory(_) => FileEntry { name: name.to_owned(), kind: FileKind::Directory, size: 0 },
        }
    }
}

/// The names of a path, without those that name nothing.
fn steps(path: &str) -> Vec<&str> {
    path.split('/').filter(|step| !matches!(*step, "" | ".")).collect()
}

/// Spends a permit.
pub(crate) fn perform(permit: Permit<FilesAct>, folder: &Folder) -> (Receipt, Result<Response, Failure>) {
    let (act, receipt) = permit.spend();
    let path = files::path(&act.request);
    let done = act_on(&act, &mut folder.0.borrow_mut()).map_err(|failed| match failed {
        Failed::Trouble(trouble) => trouble.with(path),
        Failed::NoSuchGrant => {
            Failure::Other(format!("the granted directory {} cannot be opened: there is no such folder", act.host))
        }
        Failed::Refused(failure) => failure,
    });
    (receipt, done.map(Response::Files))
}

enum Failed {
    Trouble(Trouble),
    NoSuchGrant,
    Refused(Failure),
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Failed::Trouble(trouble)
    }
}

/// A stricter rule may name the same file in a folder that is granted under another name. Here names are exact and a file
/// has one place.
fn watch(act: &FilesAct) -> Result<(), Failed> {
    let mut place = steps(&act.host);
    place.extend(steps(&act.relative));
    let (places, _) = act.guard.places();
    for refused in &places {
        let mut names = steps(refused.host);
        names.extend(steps(&refused.relative));
        if place.starts_with(&names) {
            return Err(Failed::Refused(act.guard.found(&act.request, refused)));
        }
    }
    Ok(())
}

fn act_on(act: &FilesAct, root: &mut Node) -> Result<FilesResponse, Failed> {
    // What is granted may be a part of the folder; what it may hold is the whole folder's.
    let held = if matches!(act.request, FilesRequest::Write(_)) { root.size() } else { 0 };
    watch(act)?;
    let mut dir = root;
    let host = steps(&act.host);
    // A grant may be a single file.
    let single = host.split_last().filter(|_| {
        let found = host.iter().try_fold(&*dir, |node, step| node.child(step));
        matches!(found, Some(Node::File(_)))
    });
    let folders = single.map_or(host.as_slice(), |(_, folders)| folders);
    for step in folders {
        match dir.child_mut(step) {
            Some(node @ Node::Directory(_)) => dir = node,
            _ => return Err(Failed::NoSuchGrant),
        }
    }
    let guest = files::path(&act.request);
    let shown = |path: &str| path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    if let Some((name, _)) = single {
        if !act.relative.is_empty() {
            return Err(Trouble::NotADirectory(shown(guest.strip_suffix(&act.relative).unwrap_or(guest))).into());
        }
        return match &act.request {
            FilesRequest::Read(range) => read(dir, name, range),
            FilesRequest::Write(writing) => write(dir, name, writing, held),
            FilesRequest::Stat(_) => {
                Ok(FilesResponse::Stat(dir.child(name).ok_or(Trouble::Missing)?.entry(&shown(guest))))
            }
            FilesRequest::List(_) => Err(Trouble::NotADirectory(shown(guest)).into()),
            FilesRequest::Remove(_) => Err(Trouble::Granted.into()),
            FilesRequest::MakeDirectory(_) => Err(Trouble::Exists.into()),
        };
    }
    let (parents, name) = match act.relative.rsplit_once('/') {
        Some((parents, name)) => (parents, name),
        None => ("", act.relative.as_str()),
    };
    for step in parents.split('/').filter(|step| !step.is_empty()) {
        match dir.child_mut(step) {
            Some(node @ Node::Directory(_)) => dir = node,
            Some(Node::File(_)) => return Err(Trouble::NotADirectory(step.to_owned()).into()),
            None => return Err(Trouble::Missing.into()),
        }
    }
    let itself = name.is_empty();
    match &act.request {
        FilesRequest::Read(range) => read(dir, name, range),
        FilesRequest::Write(writing) => write(dir, name, writing, held),
        FilesRequest::List(_) => list(if itself { Some(&*dir) } else { dir.child(name) }, name),
        FilesRequest::Stat(path) => {
            let shown = if itself { path.rsplit('/').next().unwrap_or_default() } else { name };
            let node = if itself { Some(&*dir) } else { dir.child(name) };
            Ok(FilesResponse::Stat(node.ok_or(Trouble::Missing)?.entry(shown)))
        }
        FilesRequest::Remove(_) => {
            if itself {
                return Err(Trouble::Granted.into());
            }
            match dir.child(name) {
                None => return Err(Trouble::Missing.into()),
                Some(Node::Directory(entries)) if !entries.is_empty() => return Err(Trouble::NotEmpty.into()),
                Some(_) => {}
            }
            if let Node::Directory(entries) = dir {
                entries.remove(name);
            }
            Ok(FilesResponse::Done(()))
        }
        FilesRequest::MakeDirectory(_) => {
            if itself || dir.child(name).is_some() {
                return Err(Trouble::Exists.into());
            }
            if let Node::Directory(entries) = dir {
                entries.insert(name.to_owned(), Node::Directory(BTreeMap::new()));
            }
            Ok(FilesResponse::Done(()))
        }
    }
}

fn read(dir: &Node, name: &str, range: &FileRange) -> Result<FilesResponse, Failed> {
    let bytes = match dir.child(name) {
        _ if name.is_empty() => return Err(Trouble::IsADirectory.into()),
        Some(Node::File(bytes)) => bytes,
        Some(Node::Directory(_)) => return Err(Trouble::IsADirectory.into()),
        None => return Err(Trouble::Missing.into()),
    };
    let rest = (bytes.len() as u64).saturating_sub(range.offset);
    let length = range.length.unwrap_or(rest).min(rest);
    if length > TRANSFER {
        return Err(Trouble::TooLarge(rest).into());
    }
    // Both fit: they are at most the file's length.
    let start = range.offset.min(bytes.len() as u64) as usize;
    Ok(FilesResponse::Bytes(bytes.get(start..start + length as usize).unwrap_or_default().to_vec()))
}

fn write(dir: &mut Node, name: &str, writing: &FileWriting, held: u64) -> Result<FilesResponse, Failed> {
    if name.is_empty() {
        return Err(Trouble::IsADirectory.into());
    }
    let replaced = match (dir.child(name), writing.mode) {
        (Some(node), WriteMode::Replace) => node.size(),
        _ => 0,
    };
    if held.saturating_sub(replaced).saturating_add(writing.bytes.len() as u64) > FOLDER {
        return Err(Trouble::Full(FOLDER).into());
    }
    let Node::Directory(entries) = dir else { return Err(Trouble::Missing.into()) };
    match (entries.get_mut(name), writing.mode) {
        (Some(Node::Directory(_)), WriteMode::Create) | (Some(Node::File(_)), WriteMode::Create) => {
            return Err(Trouble::Exists.into());
        }
        (Some(Node::Directory(_)), _) => return Err(Trouble::IsADirectory.into()),
        (Some(Node::File(bytes)), WriteMode::Append) => bytes.extend_from_slice(&writing.bytes),
        (_, WriteMode::Create | WriteMode::Replace | WriteMode::Append) => {
            entries.insert(name.to_owned(), Node::File(writing.bytes.clone()));
        }
    }
    Ok(FilesResponse::Done(()))
}

fn list(node: Option<&Node>, name: &str) -> Result<FilesResponse, Failed> {
    match node {
        Some(Node::Directory(entries)) if entries.len() > files::ENTRIES => Err(Trouble::TooMany.into()),
        Some(Node::Directory(entries)) => {
            Ok(FilesResponse::Entries(entries.iter().map(|(name, node)| node.entry(name)).collect()))
        }
        Some(Node::File(_)) => Err(Trouble::NotADirectory(name.to_owned()).into()),
        None => Err(Trouble::Missing.into()),
    }
}
