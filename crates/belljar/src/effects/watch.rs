//! What was opened, compared with what stricter rules name: by identity, and by the name that its directory lists.
//!
//! A name is not a file. Some file systems take `PRIVATE`, `private` and `Private.` for one name, or composed and
//! decomposed letters; hard links and mounts give one file several places. A rule holds for all of them.

use std::path::{Path, PathBuf};

use belljar_core::effects::Trouble;
use belljar_core::{FilesAct, capability};
use belljar_policy::Place;
use cap_fs_ext::MetadataExt as _;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata};

/// A file or directory, whatever it is called: the device and its number there.
type Identity = (u64, u64);

/// Stricter rules of one act.
pub(super) struct Watch<'a> {
    act: &'a FilesAct,
    places: Vec<Watched<'a>>,
    /// Whether there are stricter rules at all; otherwise nothing is looked at.
    on: bool,
    /// Whether one of them is about more than a single file.
    wide: bool,
}

/// A place, or where it would be.
struct Watched<'a> {
    place: Place<'a>,
    real: PathBuf,
    identity: Identity,
    /// The name of a place that is not there yet; then `real` and `identity` are those of its directory.
    missing: Option<String>,
}

impl<'a> Watch<'a> {
    /// Looks up the places of rules that are stricter than what permitted the act.
    pub(super) fn new(act: &'a FilesAct, base: &Path) -> Self {
        let (places, patterns) = act.guard.places();
        let on = patterns || !places.is_empty();
        let mut wide = patterns;
        let places = places
            .into_iter()
            .filter_map(|place| {
                let path = base.join(place.host).join(&place.relative);
                let (real, missing) = match std::fs::canonicalize(&path) {
                    Ok(real) => (real, None),
                    Err(_) => {
                        (std::fs::canonicalize(path.parent()?).ok()?, Some(path.file_name()?.to_str()?.to_owned()))
                    }
                };
                let metadata = look(&real).ok()?;
                wide |= missing.is_none() && metadata.is_dir();
                Some(Watched { place, identity: identity(&metadata), real, missing })
            })
            .collect();
        Watch { act, places, on, wide }
    }

    /// The granted directory or file, by its real path: it may lie in such a place.
    pub(super) fn root(&self, real: &Path) -> Result<(), Trouble> {
        self.refuse(|watched| watched.missing.is_none() && real.starts_with(&watched.real))
    }

    /// A directory that was opened on the way, or is the one that was asked for.
    pub(super) fn entered(&self, dir: &Dir) -> Result<(), Trouble> {
        if !self.on {
            return Ok(());
        }
        self.opened(&dir.dir_metadata().map_err(|e| Trouble::Other(e.kind().to_string()))?)
    }

    /// What was opened, or is looked at or removed.
    pub(super) fn opened(&self, metadata: &Metadata) -> Result<(), Trouble> {
        if !self.on {
            return Ok(());
        }
        let own = identity(metadata);
        self.refuse(|watched| watched.missing.is_none() && watched.identity == own)?;
        if self.wide && metadata.is_file() && metadata.nlink() > 1 {
            return Err(Trouble::Refused(self.act.guard.ambiguous(&self.act.request)));
        }
        Ok(())
    }

    /// A name in a directory, which may be that of a place that is not there yet. Letters' case may not matter there.
    pub(super) fn named(&self, dir: &Dir, name: &str) -> Result<(), Trouble> {
        self.refuse(|watched| {
            watched.missing.as_ref().is_some_and(|missing| missing.eq_ignore_ascii_case(name))
                && dir.dir_metadata().is_ok_and(|metadata| identity(&metadata) == watched.identity)
        })
    }

    fn refuse(&self, is: impl Fn(&Watched<'_>) -> bool) -> Result<(), Trouble> {
        match self.places.iter().find(|watched| is(watched)) {
            Some(watched) => Err(Trouble::Refused(self.act.guard.found(&self.act.request, &watched.place))),
            None => Ok(()),
        }
    }

    /// Adds a name to a path, as its directory spells it.
    pub(super) fn spell(&self, path: &mut String, dir: &Dir, name: &str) {
        if self.on {
            if !path.ends_with('/') {
                path.push('/');
            }
            path.push_str(&spelling(dir, name));
        }
    }

    /// The path as the directories spell it.
    pub(super) fn listed(&self, path: &str) -> Result<(), Trouble> {
        if self.on && path != capability::path(&self.act.request) {
            return self.act.guard.listed(&self.act.request, path).map_err(Trouble::Refused);
        }
        Ok(())
    }
}

fn look(real: &Path) -> std::io::Result<Metadata> {
    if let Ok(dir) = Dir::open_ambient_dir(real, ambient_authority()) {
        return dir.dir_metadata();
    }
    let (parent, name) = real.parent().zip(real.file_name()).ok_or(std::io::ErrorKind::NotFound)?;
    Dir::open_ambient_dir(parent, ambient_authority())?.symlink_metadata(name)
}

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

/// The name under which a directory lists what it has under `name`; `name` itself where there is nothing, or no list.
fn spelling(dir: &Dir, name: &str) -> String {
    let Ok(metadata) = dir.symlink_metadata(name) else { return name.to_owned() };
    let own = identity(&metadata);
    if !may_be_spelled_otherwise(dir, name, own) {
        return name.to_owned();
    }
    let mut found = None;
    for entry in dir.entries().into_iter().flatten().flatten() {
        let Ok(listed) = entry.file_name().into_string() else { continue };
        if listed == name {
            return listed;
        }
        if found.is_none() && entry.metadata().is_ok_and(|metadata| identity(&metadata) == own) {
            found = Some(listed);
        }
    }
    found.unwrap_or_else(|| name.to_owned())
}

/// Whether the directory may take another name for this one. Reading all its names is slow where there are many, so it is
/// asked for the name in other letters first; names in which more than case can be folded are always looked up.
fn may_be_spelled_otherwise(dir: &Dir, name: &str, own: Identity) -> bool {
    if !name.is_ascii() || name.contains(['~', ':']) || name.ends_with(['.', ' ']) {
        return true;
    }
    let swap = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    let swapped: String = name.chars().map(swap).collect();
    swapped != name && dir.symlink_metadata(&swapped).is_ok_and(|metadata| identity(&metadata) == own)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_spelled_as_its_directory_lists_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Stra\u{df}e"), "x").unwrap();
        std::fs::write(folder.path().join("a~1"), "x").unwrap();
        // A second name of the same file does not take the first one's place.
        std::fs::hard_link(folder.path().join("a~1"), folder.path().join("A~1")).unwrap();
        let dir = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
        for name in ["Stra\u{df}e", "a~1", "A~1", "none"] {
            assert_eq!(spelling(&dir, name), name);
        }
    }
}
