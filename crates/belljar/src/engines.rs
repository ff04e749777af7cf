//! The language engines: components of the world `belljar:engine`, which `cargo xtask build` makes.
//!
//! The one for JavaScript is part of the program. The one for Python is seven times as large, and a file beside it. Which file that is does
//! not matter: it must have the hash that this version was built with.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use belljar_compile::Engine;
use sha2::{Digest, Sha256};

use crate::error::LoadError;

/// The component of the JavaScript engine.
static JS: &[u8] = include_bytes!(env!("BELLJAR_JS_ENGINE"));

/// The SHA-256 of each, in hexadecimal.
const JS_HASH: &str = env!("BELLJAR_JS_ENGINE_HASH");
const PYTHON_HASH: &str = env!("BELLJAR_PYTHON_ENGINE_HASH");

/// The file of the Python engine.
const PYTHON_FILE: &str = "python.wasm";

/// The environment variable that names it.
const PYTHON_VARIABLE: &str = "BELLJAR_PYTHON";

/// The SHA-256 of an engine's component.
pub(crate) fn hash(engine: Engine) -> [u8; 32] {
    let digits = match engine {
        Engine::JavaScript => JS_HASH,
        Engine::Python => PYTHON_HASH,
    };
    let mut hash = [0; 32];
    for (byte, digits) in hash.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0);
    }
    hash
}

/// What messages call an engine.
pub(crate) fn name(engine: Engine) -> &'static str {
    match engine {
        Engine::JavaScript => "the JavaScript engine",
        Engine::Python => "the Python engine",
    }
}

/// Where engines are that are no part of the program.
pub(crate) struct Engines {
    /// The file that was named.
    pub(crate) python: Option<PathBuf>,
}

impl Engines {
    /// An engine's component.
    pub(crate) fn component(&self, engine: Engine) -> Result<Cow<'static, [u8]>, LoadError> {
        match engine {
            Engine::JavaScript => Ok(Cow::Borrowed(JS)),
            Engine::Python => self.python().map(Cow::Owned),
        }
    }

    fn python(&self) -> Result<Vec<u8>, LoadError> {
        let named = self.python.clone().or_else(|| std::env::var_os(PYTHON_VARIABLE).map(PathBuf::from));
        if let Some(path) = named {
            return match std::fs::read(&path) {
                Ok(bytes) if is_ours(&bytes) => Ok(bytes),
                Ok(_) => Err(LoadError::NoEngine {
                    why: format!("{} is not the one of this version, whose SHA-256 is {PYTHON_HASH}", path.display()),
                }),
                Err(source) => Err(LoadError::Unreadable { path, source }),
            };
        }
        let places = places(std::env::current_exe().ok().as_deref());
        let found = places.iter().find_map(|path| std::fs::read(path).ok().filter(|bytes| is_ours(bytes)));
        found.ok_or_else(|| LoadError::NoEngine {
            why: match places.iter().find(|path| path.is_file()) {
                Some(path) => {
                    format!("{} is of another version; this one's SHA-256 is {PYTHON_HASH}", path.display())
                }
                None => format!(
                    "put {PYTHON_FILE} of this release beside the program, or name it in {PYTHON_VARIABLE}; from a checkout, \
                     `cargo xtask python` makes it"
                ),
            },
        })
    }
}

/// Where the engine may lie: beside the program, below `lib` beside its folder, and where `cargo xtask` makes it.
fn places(program: Option<&Path>) -> Vec<PathBuf> {
    let Some(folder) = program.and_then(Path::parent) else { return Vec::new() };
    let mut places = vec![folder.join(PYTHON_FILE)];
    places.extend(folder.parent().map(|above| above.join("lib/belljar").join(PYTHON_FILE)));
    places.extend(folder.ancestors().skip(1).take(2).map(|above| above.join("engines").join(PYTHON_FILE)));
    places
}

fn is_ours(bytes: &[u8]) -> bool {
    Sha256::digest(bytes).as_slice() == hash(Engine::Python)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_looked_for_beside_the_program() {
        let places = places(Some(Path::new("/opt/belljar/bin/belljar")));
        assert_eq!(places[0], Path::new("/opt/belljar/bin/python.wasm"));
        assert_eq!(places[1], Path::new("/opt/belljar/lib/belljar/python.wasm"));
    }

    #[test]
    fn another_engine_is_not_taken() {
        let file = std::env::temp_dir().join(format!("belljar-no-engine-{}", std::process::id()));
        std::fs::write(&file, b"\0asm").unwrap();
        let engines = Engines { python: Some(file.clone()) };
        let error = engines.component(Engine::Python).unwrap_err();
        assert!(error.to_string().contains("is not the one of this version"), "{error}");
        std::fs::remove_file(&file).unwrap();
        assert!(matches!(engines.component(Engine::Python), Err(LoadError::Unreadable { .. })));
    }
}
