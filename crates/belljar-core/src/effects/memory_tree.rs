//! A tree of directories in memory. There are no links and no special files in it, names are exact, and a file has one
//! place, so that a path is an identity.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use belljar_abi::{FileEntry, FileKind, WriteMode};
use thiserror::Error;

use super::tree::{Directory, Grant, Part, Tree};
use super::trouble::Trouble;
use crate::permit::FilesAct;

/// A tree that vanishes with it. The host puts into it what tools shall find, and gets what they wrote.
#[derive(Debug)]
pub struct MemoryTree {
    root: Mutex<Node>,
    most: u64,
}

/// Why something was not put into a tree.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PutError {
    /// The path has no name in it.
    #[error("a file needs a name")]
    Nameless,
    /// The tree holds no more than so many bytes.
    #[error("the folder is full: it holds at most {0} bytes")]
    Full(u64),
    /// The way to this path leads through a file.
    #[error("{0}: a file stands where a directory belongs")]
    File(String),
    /// This path is a directory.
    #[error("{0} is a directory")]
    Directory(String),
}

type Entries = BTreeMap<String, Node>;

#[derive(Debug)]
enum Node {
    File(Vec<u8>),
    Directory(Entries),
}

impl MemoryTree {
    /// An empty one, whose files have at most so many bytes together.
    pub fn new(most: u64) -> Self {
        MemoryTree { root: Mutex::new(Node::Directory(Entries::new())), most }
    }

    /// Puts a file, and the directories that it is in.
    ///
    /// # Errors
    ///
    /// The path leads through a file or to a directory, or the tree is full.
    pub fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), PutError> {
        let steps = steps(path);
        let (name, parents) = steps.split_last().ok_or(PutError::Nameless)?;
        let mut root = self.root();
        let others = root.size() - root.at(&steps).map_or(0, Node::size);
        if !self.fits(others, &bytes) {
            return Err(PutError::Full(self.most));
        }
        let entries = root.make(parents).ok_or_else(|| PutError::File(path.to_owned()))?;
        match entries.get_mut(*name) {
            Some(Node::Directory(_)) => return Err(PutError::Directory(path.to_owned())),
            Some(Node::File(old)) => *old = bytes,
            None => drop(entries.insert((*name).to_owned(), Node::File(bytes))),
        }
        Ok(())
    }

    /// Makes a directory, and those that it is in.
    ///
    /// # Errors
    ///
    /// The path leads through a file or to one.
    pub fn make_directory(&self, path: &str) -> Result<(), PutError> {
        self.root().make(&steps(path)).map(drop).ok_or_else(|| PutError::File(path.to_owned()))
    }

    /// The file's bytes, if there is one.
    pub fn get(&self, path: &str) -> Option<Vec<u8>> {
        match self.root().at(&steps(path)) {
            Some(Node::File(bytes)) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// Bytes of a file, or of a directory with what is in it; nothing if it does not exist.
    pub fn size(&self, path: &str) -> Option<u64> {
        self.root().at(&steps(path)).map(Node::size)
    }

    /// Removes a file, or a directory with what is in it; whether there was one.
    pub fn remove(&self, path: &str) -> bool {
        let steps = steps(path);
        let Some((name, parents)) = steps.split_last() else { return false };
        match self.root().at_mut(parents) {
            Some(Node::Directory(entries)) => entries.remove(*name).is_some(),
            _ => false,
        }
    }

    /// The paths of all files, in their order.
    pub fn list(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.root().walk("", &mut paths);
        paths
    }

    fn root(&self) -> MutexGuard<'_, Node> {
        self.root.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a file may be written beside all others, which have so many bytes.
    fn fits(&self, others: u64, bytes: &[u8]) -> bool {
        others.saturating_add(bytes.len() as u64) <= self.most
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

    fn at(&self, steps: &[impl AsRef<str>]) -> Option<&Node> {
        steps.iter().try_fold(self, |node, step| node.child(step.as_ref()))
    }

    fn at_mut(&mut self, steps: &[impl AsRef<str>]) -> Option<&mut Node> {
        steps.iter().try_fold(self, |node, step| node.child_mut(step.as_ref()))
    }

    /// The directory at the end of some steps, made with those on the way; nothing if one of them is a file.
    fn make(&mut self, steps: &[&str]) -> Option<&mut Entries> {
        let entries = match self {
            Node::Directory(entries) => entries,
            Node::File(_) => return None,
        };
        steps.iter().try_fold(entries, |entries, step| {
            match entries.entry((*step).to_owned()).or_insert_with(|| Node::Directory(Entries::new())) {
                Node::Directory(inner) => Some(inner),
                Node::File(_) => None,
            }
        })
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
        let (kind, size) = match self {
            Node::File(bytes) => (FileKind::File, bytes.len() as u64),
            Node::Directory(_) => (FileKind::Directory, 0),
        };
        FileEntry { name: name.to_owned(), kind, size }
    }
}

/// The names of a path, without those that name nothing.
fn steps(path: &str) -> Vec<&str> {
    path.split('/').filter(|step| !matches!(*step, "" | ".")).collect()
}

impl Tree for MemoryTree {
    type Directory<'a> = MemoryDirectory<'a>;

    async fn open<'a>(&'a self, act: &'a FilesAct) -> Result<Grant<MemoryDirectory<'a>>, Trouble> {
        refuse_stricter(act)?;
        let host = steps(&act.host);
        let root = self.root();
        let (path, file) = match (root.at(&host), host.split_last()) {
            (Some(Node::Directory(_)), _) => (host.as_slice(), None),
            (Some(Node::File(_)), Some((name, parents))) => (parents, Some((*name).to_owned())),
            _ => return Err(Trouble::Unopened("there is no such folder".into())),
        };
        let path = path.iter().map(|&step| step.to_owned()).collect();
        Ok(Grant { directory: MemoryDirectory { tree: self, path }, file })
    }
}

/// A stricter rule may name the same file in a directory that is granted under another name.
fn refuse_stricter(act: &FilesAct) -> Result<(), Trouble> {
    let mut own = steps(&act.host);
    own.extend(steps(&act.relative));
    for place in act.guard.places().0 {
        let mut named = steps(place.host);
        named.extend(steps(&place.relative));
        if own.starts_with(&named) {
            return Err(Trouble::Refused(act.guard.found(&act.request, &place)));
        }
    }
    Ok(())
}

/// A directory of a [`MemoryTree`], by its path.
#[derive(Debug)]
pub struct MemoryDirectory<'a> {
    tree: &'a MemoryTree,
    path: Vec<String>,
}

impl MemoryDirectory<'_> {
    /// Acts on what is in the directory, which somebody may have removed meanwhile.
    fn with<T>(&self, act: impl FnOnce(&mut Entries) -> Result<T, Trouble>) -> Result<T, Trouble> {
        match self.tree.root().at_mut(&self.path) {
            Some(Node::Directory(entries)) => act(entries),
            _ => Err(Trouble::Missing),
        }
    }
}

impl Directory for MemoryDirectory<'_> {
    async fn enter(mut self, name: &str) -> Result<Self, Trouble> {
        self.with(|entries| match entries.get(name) {
            Some(Node::Directory(_)) => Ok(()),
            Some(Node::File(_)) => Err(Trouble::NotADirectory(name.to_owned())),
            None => Err(Trouble::Missing),
        })?;
        self.path.push(name.to_owned());
        Ok(self)
    }

    async fn judge(&self, _: Option<&str>) -> Result<(), Trouble> {
        // A path is an identity here: it was judged when the grant was opened.
        Ok(())
    }

    async fn stat(&self, name: Option<&str>) -> Result<FileEntry, Trouble> {
        self.with(|entries| match name {
            Some(name) => entries.get(name).map(|node| node.entry(name)).ok_or(Trouble::Missing),
            None => Ok(FileEntry { name: String::new(), kind: FileKind::Directory, size: 0 }),
        })
    }

    async fn read(&self, name: &str, part: Part) -> Result<Vec<u8>, Trouble> {
        self.with(|entries| match entries.get(name) {
            Some(Node::File(bytes)) => {
                let part = part.of(bytes.len() as u64)?;
                // Both ends fit: they are at most the file's length.
                Ok(bytes.get(part.start as usize..part.end as usize).unwrap_or_default().to_vec())
            }
            Some(Node::Directory(_)) => Err(Trouble::IsADirectory),
            None => Err(Trouble::Missing),
        })
    }

    async fn write(&self, name: &str, bytes: &[u8], mode: WriteMode) -> Result<(), Trouble> {
        let mut root = self.tree.root();
        let held = root.size();
        let Some(Node::Directory(entries)) = root.at_mut(&self.path) else { return Err(Trouble::Missing) };
        let room = |others| if self.tree.fits(others, bytes) { Ok(()) } else { Err(Trouble::Full(self.tree.most)) };
        match (entries.get_mut(name), mode) {
            (Some(_), WriteMode::Create) => return Err(Trouble::Exists),
            (Some(Node::Directory(_)), _) => return Err(Trouble::IsADirectory),
            (Some(Node::File(old)), WriteMode::Append) => {
                room(held)?;
                old.extend_from_slice(bytes);
            }
            (Some(Node::File(old)), WriteMode::Replace) => {
                room(held - old.len() as u64)?;
                *old = bytes.to_vec();
            }
            (None, _) => {
                room(held)?;
                entries.insert(name.to_owned(), Node::File(bytes.to_vec()));
            }
        }
        Ok(())
    }

    async fn list(&self, most: usize) -> Result<Vec<FileEntry>, Trouble> {
        self.with(|entries| Ok(entries.iter().take(most).map(|(name, node)| node.entry(name)).collect()))
    }

    async fn remove(&self, name: &str) -> Result<(), Trouble> {
        self.with(|entries| match entries.get(name) {
            None => Err(Trouble::Missing),
            Some(Node::Directory(inner)) if !inner.is_empty() => Err(Trouble::NotEmpty),
            Some(_) => {
                entries.remove(name);
                Ok(())
            }
        })
    }

    async fn make_directory(&self, name: &str) -> Result<(), Trouble> {
        self.with(|entries| {
            if entries.contains_key(name) {
                return Err(Trouble::Exists);
            }
            entries.insert(name.to_owned(), Node::Directory(Entries::new()));
            Ok(())
        })
    }
}
