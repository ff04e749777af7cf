//! Directories of this machine: opened step by step, each from the handle of the one before.
//!
//! No path is ever joined as text and no symbolic link is followed, so there is nothing to race against: a
//! name that becomes a link between two steps is refused by the system itself. What was opened is compared with what
//! stricter rules name.

use std::io::{Error, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use belljar_core::abi::{Failure, FileEntry, FileKind, WriteMode};
use belljar_core::capability::path;
use belljar_core::effects::{Directory, Granted, Part, Tree, Trouble, files};
use belljar_core::{FilesAct, Permit, Receipt, Response};
use cap_fs_ext::{DirExt, FollowSymlinks, MetadataExt as _, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata, OpenOptions};
use tokio::runtime::Handle;

use super::watch::Watch;

/// Spends a permit, on a thread of [`tokio::task::spawn_blocking`]: a path has many steps, and a hop to such a thread for each
/// would cost more than the steps. `base` is where relative directories of the policy start.
pub(crate) fn perform(permit: Permit<FilesAct>, base: &Path) -> (Receipt, Result<Response, Failure>) {
    Handle::current().block_on(files::perform(permit, &Machine { base }))
}

/// The directories of this machine. Its futures block, and never wait.
struct Machine<'a> {
    base: &'a Path,
}

impl Tree for Machine<'_> {
    type Directory<'a>
        = Opened<'a>
    where
        Self: 'a;

    async fn open<'a>(&'a self, act: &'a FilesAct) -> Result<Granted<Opened<'a>>, Trouble> {
        let unopened = |error: Error| match error.kind() {
            // In the words of folders in memory.
            ErrorKind::NotFound => Trouble::Unopened("there is no such folder".into()),
            _ => Trouble::Unopened(reason(&error)),
        };
        let real = std::fs::canonicalize(self.base.join(&act.host)).map_err(unopened)?;
        let watch = Watch::new(act, self.base);
        watch.root(&real)?;
        if std::fs::metadata(&real).map_err(unopened)?.is_dir() {
            let dir = Dir::open_ambient_dir(&real, ambient_authority()).map_err(unopened)?;
            let guest = path(&act.request);
            let listed = guest.strip_suffix(&act.relative).unwrap_or(guest).to_owned();
            return Ok(Granted { directory: Opened { dir, watch, listed }, file: None });
        }
        // A single file: the name in its directory.
        let lost = || Trouble::Other("its name on this machine is not UTF-8".into());
        let (parent, name) = real.parent().zip(real.file_name()).ok_or_else(lost)?;
        let name = name.to_str().ok_or_else(lost)?.to_owned();
        let dir = Dir::open_ambient_dir(parent, ambient_authority()).map_err(unopened)?;
        Ok(Granted { directory: Opened { dir, watch, listed: String::new() }, file: Some(name) })
    }
}

/// An open directory.
struct Opened<'a> {
    dir: Dir,
    watch: Watch<'a>,
    /// Its path in the tool's view, as the directories on the way spell it.
    listed: String,
}

impl Opened<'_> {
    /// Opens a file without following links and without blocking, so that a pipe or device cannot hold the host.
    fn file(&self, name: &str, options: &mut OpenOptions) -> Result<(File, Metadata), Trouble> {
        let options = options.follow(FollowSymlinks::No).nonblock(true);
        let file = self.dir.open_with(name, options).map_err(|error| match self.dir.symlink_metadata(name) {
            // The system has several words for what cannot be opened without waiting: a socket, a pipe that nobody reads.
            Ok(found) if !found.is_file() && !found.is_dir() && !found.is_symlink() => Trouble::Special,
            _ => self.explain(&error, name),
        })?;
        let metadata = file.metadata().map_err(|e| self.explain(&e, name))?;
        if !metadata.is_file() {
            return Err(if metadata.is_dir() { Trouble::IsADirectory } else { Trouble::Special });
        }
        self.watch.opened(&metadata)?;
        Ok((file, metadata))
    }

    /// Puts a new file in the place of one, so that whoever reads it sees the old content or the new one, whole. Whether that was
    /// possible: a file of several names, of another owner or in a directory that takes no new ones is written where it is.
    ///
    /// # Errors
    ///
    /// The content could not be written, as on a full disk: the file is as it was.
    fn exchange(&self, name: &str, old: &Metadata, bytes: &[u8]) -> Result<bool, Trouble> {
        let mut chance = [0; 8];
        if old.nlink() > 1 || getrandom::fill(&mut chance).is_err() {
            return Ok(false);
        }
        let beside = format!(".belljar-{:016x}", u64::from_le_bytes(chance));
        let mut options = OpenOptions::new();
        let Ok(mut file) = self.dir.open_with(&beside, options.write(true).create_new(true)) else { return Ok(false) };
        let is_alike = file.metadata().is_ok_and(|new| owner(&new) == owner(old))
            && file.set_permissions(old.permissions()).is_ok();
        let done = if is_alike {
            let written = file.write_all(bytes).map_err(|e| other(&e));
            written.map(|()| self.dir.rename(&beside, &self.dir, name).is_ok())
        } else {
            Ok(false)
        };
        if !matches!(done, Ok(true)) {
            let _ = self.dir.remove_file(&beside);
        }
        done
    }

    /// What an error with a name in this directory means.
    fn explain(&self, error: &Error, name: &str) -> Trouble {
        if self.dir.symlink_metadata(name).is_ok_and(|m| m.is_symlink()) {
            return Trouble::Link(name.to_owned());
        }
        match error.kind() {
            ErrorKind::NotFound => Trouble::Missing,
            ErrorKind::AlreadyExists => Trouble::Exists,
            ErrorKind::NotADirectory => Trouble::NotADirectory(name.to_owned()),
            ErrorKind::IsADirectory => Trouble::IsADirectory,
            ErrorKind::DirectoryNotEmpty => Trouble::NotEmpty,
            _ => other(error),
        }
    }
}

impl Directory for Opened<'_> {
    async fn enter(mut self, name: &str) -> Result<Self, Trouble> {
        self.watch.spell(&mut self.listed, &self.dir, name);
        self.dir = self.dir.open_dir_nofollow(name).map_err(|e| self.explain(&e, name))?;
        self.watch.entered(&self.dir)?;
        Ok(self)
    }

    async fn judge(&self, name: Option<&str>) -> Result<(), Trouble> {
        let mut listed = self.listed.clone();
        if let Some(name) = name {
            self.watch.named(&self.dir, name)?;
            self.watch.spell(&mut listed, &self.dir, name);
        }
        self.watch.listed(&listed)
    }

    async fn stat(&self, name: Option<&str>) -> Result<FileEntry, Trouble> {
        let (name, metadata) = match name {
            Some(name) => (name, self.dir.symlink_metadata(name)),
            None => (".", self.dir.dir_metadata()),
        };
        let metadata = metadata.map_err(|e| self.explain(&e, name))?;
        self.watch.opened(&metadata)?;
        Ok(entry(name.to_owned(), &metadata))
    }

    async fn read(&self, name: &str, part: Part) -> Result<Vec<u8>, Trouble> {
        let (mut file, metadata) = self.file(name, OpenOptions::new().read(true))?;
        let part = part.of(metadata.len())?;
        if part.start > 0 {
            file.seek(SeekFrom::Start(part.start)).map_err(|e| other(&e))?;
        }
        let length = part.end - part.start;
        let mut bytes = Vec::with_capacity(length as usize);
        file.take(length).read_to_end(&mut bytes).map_err(|e| other(&e))?;
        Ok(bytes)
    }

    async fn write(&self, name: &str, bytes: &[u8], mode: WriteMode) -> Result<(), Trouble> {
        let mut options = OpenOptions::new();
        options.write(true);
        match mode {
            WriteMode::Create => options.create_new(true),
            WriteMode::Replace => options.create(true),
            WriteMode::Append => options.create(true).append(true),
        };
        let (mut file, metadata) = self.file(name, &mut options)?;
        if mode == WriteMode::Replace {
            // Only now: what was opened is known to be a regular file that no rule forbids.
            if metadata.len() > 0 && self.exchange(name, &metadata, bytes)? {
                return Ok(());
            }
            file.set_len(0).map_err(|e| other(&e))?;
        }
        file.write_all(bytes).map_err(|e| other(&e))
    }

    async fn list(&self, most: usize) -> Result<Vec<FileEntry>, Trouble> {
        let mut entries = Vec::new();
        for found in self.dir.entries().map_err(|e| other(&e))? {
            let found = found.map_err(|e| other(&e))?;
            // A name that is not UTF-8 cannot be asked for, so it is not shown. An entry that vanished meanwhile is not there.
            if let (Ok(name), Ok(metadata)) = (found.file_name().into_string(), found.metadata()) {
                if entries.len() == most {
                    break;
                }
                entries.push(entry(name, &metadata));
            }
        }
        Ok(entries)
    }

    async fn remove(&self, name: &str) -> Result<(), Trouble> {
        let metadata = self.dir.symlink_metadata(name).map_err(|e| self.explain(&e, name))?;
        self.watch.opened(&metadata)?;
        let removed = if metadata.is_dir() { self.dir.remove_dir(name) } else { self.dir.remove_file(name) };
        removed.map_err(|e| self.explain(&e, name))
    }

    async fn make_directory(&self, name: &str) -> Result<(), Trouble> {
        self.dir.create_dir(name).map_err(|e| self.explain(&e, name))
    }
}

/// Whose file it is.
#[cfg(unix)]
fn owner(metadata: &Metadata) -> (u32, u32) {
    use cap_std::fs::MetadataExt as _;
    (metadata.uid(), metadata.gid())
}

#[cfg(not(unix))]
fn owner(_: &Metadata) {}

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

fn other(error: &Error) -> Trouble {
    Trouble::Other(reason(error))
}

/// The system's words without the host's paths.
fn reason(error: &Error) -> String {
    match error.raw_os_error() {
        Some(_) => Error::from(error.kind()).to_string(),
        None => error.to_string(),
    }
}
