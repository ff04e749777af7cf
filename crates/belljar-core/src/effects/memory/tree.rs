//! A tree of directories in memory, as its host sees it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use belljar_abi::{FileEntry, FileKind};
use thiserror::Error;

/// Directories and files that vanish with it. A clone has files of its own. The host puts into it what tools shall find, and gets what they wrote.
#[derive(Debug)]
pub struct MemoryTree {
    root: Mutex<Node>,
    /// Bytes that all files may have together.
    pub(super) most: u64,
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

pub(super) type Entries = BTreeMap<String, Node>;

#[derive(Clone, Debug)]
pub(super) enum Node {
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

    pub(super) fn root(&self) -> MutexGuard<'_, Node> {
        self.root.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a file may be written beside all others, which have so many bytes.
    pub(super) fn fits(&self, others: u64, bytes: &[u8]) -> bool {
        others.saturating_add(bytes.len() as u64) <= self.most
    }
}

impl Clone for MemoryTree {
    fn clone(&self) -> Self {
        MemoryTree { root: Mutex::new(self.root().clone()), most: self.most }
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

    pub(super) fn at(&self, steps: &[impl AsRef<str>]) -> Option<&Node> {
        steps.iter().try_fold(self, |node, step| node.child(step.as_ref()))
    }

    pub(super) fn at_mut(&mut self, steps: &[impl AsRef<str>]) -> Option<&mut Node> {
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

    pub(super) fn size(&self) -> u64 {
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

    pub(super) fn entry(&self, name: &str) -> FileEntry {
        let (kind, size) = match self {
            Node::File(bytes) => (FileKind::File, bytes.len() as u64),
            Node::Directory(_) => (FileKind::Directory, 0),
        };
        FileEntry { name: name.to_owned(), kind, size }
    }
}

/// The names of a path, without those that name nothing.
pub(super) fn steps(path: &str) -> Vec<&str> {
    path.split('/').filter(|step| !matches!(*step, "" | ".")).collect()
}
