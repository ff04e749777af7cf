//! Compiled code, kept on disk by hash.
//!
//! An entry's name is the hash of the tool's component, the version of admission and everything about the
//! engine that compiled code depends on. Its contents are authenticated with a key that only this folder
//! holds, because loading compiled code trusts it like a program: a foreign or damaged file is not loaded
//! but made anew. The folder is the user's own; one that somebody else could change, or the way to it, is not used.

use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use wasmtime::Engine;

use crate::error::Error;

/// Bytes of the authentication code before an entry's contents.
const MAC: usize = 32;

#[derive(Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
    key: [u8; 32],
}

impl Cache {
    /// Opens or makes the folder. Fails if somebody else could change it.
    pub(crate) fn open(dir: &Path) -> Result<Self, Error> {
        let io = |what, path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { what, path, source }
        };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir).map_err(io("cannot make the cache folder", dir))?;
        #[cfg(unix)]
        crate::owner::own_folder(dir).map_err(|why| Error::Io {
            what: "will not use a cache folder that somebody else could change:",
            path: dir.to_owned(),
            source: std::io::Error::other(why),
        })?;
        let path = dir.join("key");
        let key = match read_own(&path).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) {
            Some(key) => key,
            None => {
                let mut key = [0; 32];
                getrandom::fill(&mut key).map_err(|e| Error::Engine(format!("the system gives no randomness: {e}")))?;
                write_private(dir, &path, &[&key]).map_err(io("cannot write", &path))?;
                // Two processes may have started at once: the file decides.
                read_own(&path).and_then(|bytes| bytes.try_into().ok()).unwrap_or(key)
            }
        };
        Ok(Cache { dir: dir.to_owned(), key })
    }

    /// The name of the entry for a component.
    pub(crate) fn name(engine: &Engine, identity: &[u8; 32]) -> String {
        let mut hasher = Blake3(blake3::Hasher::new());
        hasher.0.update(identity);
        hasher.0.update(&belljar_admit::VERSION.to_le_bytes());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        hasher.0.finalize().to_hex().to_string()
    }

    /// The contents of an entry, if it is there and authentic.
    pub(crate) fn get(&self, name: &str) -> Option<Vec<u8>> {
        let mut bytes = read_own(&self.dir.join(name))?;
        let (mac, contents) = bytes.split_first_chunk::<MAC>()?;
        if blake3::Hash::from(*mac) != self.mac(name, &[contents]) {
            return None;
        }
        bytes.drain(..MAC);
        Some(bytes)
    }

    /// Keeps an entry. Failing to is no error: the next process compiles again.
    pub(crate) fn put(&self, name: &str, parts: &[&[u8]]) {
        let mac = self.mac(name, parts);
        let mut all: Vec<&[u8]> = vec![mac.as_bytes()];
        all.extend(parts);
        let _ = write_private(&self.dir, &self.dir.join(name), &all);
    }

    fn mac(&self, name: &str, parts: &[&[u8]]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(name.as_bytes());
        for part in parts {
            hasher.update(part);
        }
        hasher.finalize()
    }
}

/// The contents of a file, if it is the user's own: no link, no pipe, and nobody else may write to it. Anything else is as
/// good as not there, and is replaced.
fn read_own(path: &Path) -> Option<Vec<u8>> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    let mut file = options.open(path).ok()?;
    let found = file.metadata().ok()?;
    #[cfg(unix)]
    if !crate::owner::own(&found) {
        return None;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).ok()?);
    (found.is_file() && file.read_to_end(&mut bytes).is_ok()).then_some(bytes)
}

/// Writes a file whole or not at all, readable by its owner only.
fn write_private(dir: &Path, path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.persist(path).map(drop).map_err(|e| e.error)
}

/// Lets `Hash` implementations feed a stable hash.
struct Blake3(blake3::Hasher);

impl Hasher for Blake3 {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    fn finish(&self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.0.finalize().as_bytes()[..8]);
        u64::from_le_bytes(first)
    }
}
