//! Where a run's artifacts go: new files in a folder; never over, through or into what is there.
//!
//! What a tool writes must not become what Belljar or a person reads as theirs. So a file is made by an open that fails if
//! anything has its name, link or not, below a handle of the folder. With `--overwrite`, a file is replaced that an earlier
//! run of the same tool made here and nobody has changed since, which a list in the folder proves. The tool cannot write
//! that list as an artifact: artifacts' names do not begin with a dot.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use belljar::{Artifact, Identity, hex};
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, OpenOptions};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Failure;
use crate::show::{tell, visible};

/// The list of the artifacts that Belljar wrote into a folder.
const LIST: &str = ".belljar-artifacts.json";

/// Bytes of that list (4 MiB): bounds what is read of a file that may be anything.
const LIST_BYTES: u64 = 4 << 20;

/// Artifacts that the list remembers (4,096); the oldest names are forgotten, and are then not replaced.
const LISTED: usize = 4096;

/// What is known of an artifact that lies in the folder.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Made {
    /// The identity of the tool that made it.
    identity: String,
    /// Where that tool lay.
    tool: String,
    /// The SHA-256 of its bytes.
    sha256: String,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct List {
    version: u32,
    artifacts: BTreeMap<String, Made>,
}

/// The folder for a run's artifacts.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    overwrite: bool,
    identity: String,
    tool: String,
    /// Places that this command reads or writes.
    taken: Vec<PathBuf>,
}

impl Folder {
    /// Before the run: `tool` is where the tool lies, `taken` what else this command reads or writes.
    ///
    /// # Errors
    ///
    /// If the folder is one that Belljar reads.
    pub(crate) fn new(
        path: &Path,
        overwrite: bool,
        identity: Identity,
        tool: &Path,
        taken: Vec<PathBuf>,
        kv: Option<&Path>,
    ) -> Result<Self, Failure> {
        let at = std::fs::canonicalize(path).ok();
        let tool = std::fs::canonicalize(tool).unwrap_or_else(|_| tool.to_owned());
        let within = |folder: &Path| at.as_deref().is_some_and(|at| at.starts_with(folder));
        if tool.is_dir() && within(&tool) {
            return Err(Failure::usage(format!(
                "--artifacts {}: it lies in the tool's own folder, which is built from what is there; name another",
                path.display()
            )));
        }
        if kv.and_then(|kv| std::fs::canonicalize(kv).ok()).is_some_and(|kv| within(&kv)) {
            return Err(Failure::usage(format!(
                "--artifacts {}: it is the folder of the keys (--kv); name another",
                path.display()
            )));
        }
        let tool = tool.display().to_string();
        Ok(Folder { path: path.to_owned(), overwrite, identity: identity.to_string(), tool, taken })
    }

    /// Writes all of them, or none and says why.
    pub(crate) fn save(&self, artifacts: &[Artifact]) -> Result<(), Failure> {
        if artifacts.is_empty() {
            return Ok(());
        }
        std::fs::create_dir_all(&self.path)
            .map_err(|e| Failure::usage(format!("cannot make the folder {}: {e}", self.path.display())))?;
        let dir = Dir::open_ambient_dir(&self.path, ambient_authority())
            .map_err(|e| Failure::usage(format!("cannot open the folder {}: {e}", self.path.display())))?;
        let mut list = self.list(&dir)?;
        let mut files = Vec::new();
        let mut made = Vec::new();
        for artifact in artifacts {
            match self.place(&dir, &list, &artifact.name) {
                Ok((file, new)) => {
                    files.push((file, new));
                    if new {
                        made.push(artifact.name.as_str());
                    }
                }
                Err(why) => {
                    undo(&dir, &made, &files, artifacts);
                    return Err(Failure::usage(format!(
                        "no artifact was kept: {}: {why}",
                        self.path.join(&artifact.name).display()
                    )));
                }
            }
        }
        for (at, artifact) in artifacts.iter().enumerate() {
            let written = files.get_mut(at).map_or(Ok(()), |(file, _)| file.write_all(&artifact.bytes));
            if let Err(e) = written {
                undo(&dir, &made, &files, artifacts);
                return Err(Failure::fault(format!("no artifact was kept: {}: {e}", artifact.name)));
            }
        }
        for ((_, new), artifact) in files.iter().zip(artifacts) {
            if !new {
                dir.rename(beside(&artifact.name), &dir, &artifact.name)
                    .map_err(|e| Failure::fault(format!("cannot replace {}: {e}", artifact.name)))?;
            }
            let sha256 = hash(&artifact.bytes);
            let by = Made { identity: self.identity.clone(), tool: self.tool.clone(), sha256 };
            list.artifacts.insert(artifact.name.clone(), by);
            tell!("artifact {}", visible(&self.path.join(&artifact.name).display().to_string()));
        }
        self.keep(&dir, list)
    }

    /// A new file for an artifact: at its own name, or beside a file that may be replaced (then false).
    fn place(&self, dir: &Dir, list: &List, name: &str) -> Result<(File, bool), String> {
        if self.is_taken(name) {
            return Err("this command reads or writes a file there".into());
        }
        match dir.open_with(name, &new_file()) {
            Ok(file) => return Ok((file, true)),
            Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => return Err(e.to_string()),
            Err(_) => {}
        }
        if !self.overwrite {
            return Err(
                "there is something of that name, which is not replaced; name another folder, or say --overwrite if \
                        an earlier run of this tool made it"
                    .into(),
            );
        }
        let made = list.artifacts.get(name).filter(|made| made.identity == self.identity || made.tool == self.tool);
        let Some(made) = made else {
            return Err(format!(
                "--overwrite replaces what an earlier run of this tool made; {LIST} does not name it as that"
            ));
        };
        let mut file = dir.open_with(name, &existing()).map_err(|e| format!("it cannot be looked at: {e}"))?;
        let metadata = file.metadata().map_err(|e| e.to_string())?;
        let mut hasher = Sha256::new();
        let alike = metadata.is_file() && one_name(&metadata) && std::io::copy(&mut file, &mut hasher).is_ok();
        if !alike || digits(hasher) != made.sha256 {
            return Err("it was changed since an earlier run made it, so it is not replaced".into());
        }
        let file = dir.open_with(beside(name), &new_file()).map_err(|e| format!("{}: {e}", beside(name)))?;
        Ok((file, false))
    }

    /// Whether this command reads or writes a file of this name in the folder, now or later.
    fn is_taken(&self, name: &str) -> bool {
        let at = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        self.taken.iter().any(|place| {
            let folded =
                place.file_name().is_some_and(|taken| taken.to_string_lossy().to_lowercase() == name.to_lowercase());
            folded && place.parent() == Some(&at)
        })
    }

    /// What earlier runs made here.
    fn list(&self, dir: &Dir) -> Result<List, Failure> {
        let mut file = match dir.open_with(LIST, &existing()) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(List { version: 1, ..List::default() }),
            Err(e) => return Err(self.unusable(&e)),
        };
        let mut text = String::new();
        if !file.metadata().is_ok_and(|found| found.is_file()) {
            return Err(self.unusable(&"it is no file"));
        }
        Read::by_ref(&mut file).take(LIST_BYTES).read_to_string(&mut text).map_err(|e| self.unusable(&e))?;
        let list: List = serde_json::from_str(&text).map_err(|e| self.unusable(&e))?;
        if list.version == 1 { Ok(list) } else { Err(self.unusable(&"it is of another version of Belljar")) }
    }

    fn unusable(&self, why: &dyn std::fmt::Display) -> Failure {
        let path = self.path.join(LIST);
        Failure::usage(format!(
            "no artifact was kept: {} cannot be used: {why}; remove it (nothing that is there is replaced then), or name \
             another folder",
            path.display()
        ))
    }

    fn keep(&self, dir: &Dir, mut list: List) -> Result<(), Failure> {
        while list.artifacts.len() > LISTED {
            list.artifacts.pop_first();
        }
        let failed =
            |e: &dyn std::fmt::Display| Failure::fault(format!("cannot write {}: {e}", self.path.join(LIST).display()));
        let text = serde_json::to_string_pretty(&list).map_err(|e| failed(&e))?;
        let mut file = dir.open_with(beside(LIST), &new_file()).map_err(|e| failed(&e))?;
        file.write_all(text.as_bytes()).map_err(|e| failed(&e))?;
        dir.rename(beside(LIST), dir, LIST).map_err(|e| failed(&e))
    }
}

/// A file that must not be there, link or not.
fn new_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).follow(FollowSymlinks::No);
    options
}

/// A file that is there; neither a link is followed nor a pipe waited for.
fn existing() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).follow(FollowSymlinks::No).nonblock(true);
    options
}

/// Where the new contents of a file stand until they take its place. It begins with a dot, so that it is no artifact's.
fn beside(name: &str) -> String {
    // The name may be as long as a name can be; its hash is not.
    format!(".belljar-new-{}-{}", std::process::id(), &hash(name.as_bytes())[..16])
}

fn hash(bytes: &[u8]) -> String {
    digits(Sha256::new_with_prefix(bytes))
}

fn digits(hasher: Sha256) -> String {
    let digest: [u8; 32] = hasher.finalize().into();
    hex(&digest)
}

/// Takes back what was made before something went wrong. What cannot be removed stays, empty or in part.
fn undo(dir: &Dir, made: &[&str], files: &[(File, bool)], artifacts: &[Artifact]) {
    for name in made {
        let _ = dir.remove_file(name);
    }
    for ((_, new), artifact) in files.iter().zip(artifacts) {
        if !new {
            let _ = dir.remove_file(beside(&artifact.name));
        }
    }
}

/// Whether a file has this one name: another name of it may be somebody else's.
#[cfg(unix)]
fn one_name(metadata: &cap_std::fs::Metadata) -> bool {
    cap_std::fs::MetadataExt::nlink(metadata) == 1
}

/// Whether a file has this one name: it cannot be asked here.
#[cfg(not(unix))]
fn one_name(_: &cap_std::fs::Metadata) -> bool {
    true
}
