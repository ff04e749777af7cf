//! A tree of directories in memory, as acts see it. There are no links and no special files in it, names are exact, and a
//! file has one place, so that a path is an identity.

use belljar_abi::{FileEntry, FileKind, WriteMode};

use super::tree::{Entries, MemoryTree, Node, steps};
use crate::effects::tree::{Directory, Granted, Part, Tree};
use crate::effects::trouble::Trouble;
use crate::permit::FilesAct;

impl Tree for MemoryTree {
    type Directory<'a> = MemoryDirectory<'a>;

    async fn open<'a>(&'a self, act: &'a FilesAct) -> Result<Granted<MemoryDirectory<'a>>, Trouble> {
        refuse_stricter(act)?;
        let host = steps(&act.host);
        let root = self.root();
        let (path, file) = match (root.at(&host), host.split_last()) {
            (Some(Node::Directory(_)), _) => (host.as_slice(), None),
            (Some(Node::File(_)), Some((name, parents))) => (parents, Some((*name).to_owned())),
            _ => return Err(Trouble::Unopened("there is no such folder".into())),
        };
        let path = path.iter().map(|&step| step.to_owned()).collect();
        Ok(Granted { directory: MemoryDirectory { tree: self, path }, file })
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
