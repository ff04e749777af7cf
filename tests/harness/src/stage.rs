//! The place where a case runs: a fresh folder for every case, so that cases cannot see each other.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;

use crate::case::Case;

/// A fresh copy of a case's `files/`, with the links and pipes that version control cannot hold.
#[derive(Debug)]
pub struct Stage {
    folder: TempDir,
}

impl Stage {
    /// Copies and makes everything. Fails if the case names something unusable.
    pub fn set(case: &Case) -> Result<Self, String> {
        let folder = TempDir::with_prefix("belljar-case-").map_err(|error| format!("no temporary folder: {error}"))?;
        let stage = Self { folder };
        fs::create_dir(stage.files()).map_err(|error| format!("no files folder: {error}"))?;
        let files = case.folder.join("files");
        if files.is_dir() {
            copy(&files, &stage.files()).map_err(|error| format!("{} cannot be copied: {error}", files.display()))?;
        }
        for link in &case.file.symlink {
            let path = stage.inside(&link.path)?;
            link_to(&link.target, &path).map_err(|error| format!("symlink {}: {error}", link.path))?;
        }
        for fifo in &case.file.fifo {
            let path = stage.inside(&fifo.path)?;
            pipe(&path).map_err(|error| format!("fifo {}: {error}", fifo.path))?;
        }
        Ok(stage)
    }

    /// The copy of `files/`: what relative paths in the policy are relative to.
    pub fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    /// A folder beside it, for what the host keeps between the runs of a case.
    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn inside(&self, path: &str) -> Result<PathBuf, String> {
        let relative = Path::new(path);
        if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(format!("{path:?} must be a plain path below files/"));
        }
        let path = self.files().join(relative);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
        }
        Ok(path)
    }
}

/// Copies a folder with everything in it; symbolic links stay what they are.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            link_to(&fs::read_link(entry.path())?, &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link_to(target: impl AsRef<Path>, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(unix)]
fn pipe(path: &Path) -> io::Result<()> {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    Ok(rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0)?)
}

#[cfg(not(unix))]
fn link_to(_: impl AsRef<Path>, _: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "cases with symbolic links run on Unix"))
}

#[cfg(not(unix))]
fn pipe(_: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "cases with named pipes run on Unix"))
}
