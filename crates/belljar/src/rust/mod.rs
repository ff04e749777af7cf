//! Tools in Rust: cargo builds them, they describe themselves under glass, and become components.

mod advice;
mod cargo;
mod describe;
mod room;
mod sdk;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use belljar_admit::{Manifest, WorldKind, WrapError};
use serde_json::Value;

use self::cargo::{Site, What};
use crate::Belljar;
use crate::error::LoadError;
use crate::prepared::Maker;
use crate::tool::{Identity, Tool};

pub(crate) use room::Build;

/// What a library lacks that is no tool.
const NO_TOOL: &str =
    "it has no function with #[belljar::tool]: write `#[belljar::tool] fn run(input: Input) -> Output`";

/// Whether a path is a tool in Rust: a single file, or a folder with a Cargo package.
pub(crate) fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "rs") || path.join("Cargo.toml").is_file()
}

impl Belljar {
    pub(crate) fn load_rust(&self, path: &Path) -> Result<Tool, LoadError> {
        let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
        let failed = |message| LoadError::Build { path: path.to_owned(), message };
        let single = path.is_file();
        if !single && !self.trusts_builds {
            return Err(failed(
                "a Cargo package is built by cargo, which runs its build scripts and macros on this machine, outside the \
                 glass; say --trust-build if you trust the package and what it depends on"
                    .into(),
            ));
        }
        if !self.trusts_builds && !belljar_confine::can_build() {
            return Err(failed(
                "this system has no Landlock, by which the compiler would be kept from reading other files for the tool; \
                 say --trust-build if you trust the tool"
                    .into(),
            ));
        }
        let place = self.compilers.place.as_ref().ok_or_else(|| {
            failed(
                "building Rust takes a process that is shut in: call belljar::compile_server() first in the program's \
                 main, or name the program belljar-compiler with Builder::compiler"
                    .into(),
            )
        })?;
        let source = if single {
            let source = fs::read(path).map_err(unreadable)?;
            belljar_compile::check_rust(&path.display().to_string(), &source)?;
            // What the tool prints is to be seen; it is text, or it had been refused.
            Some(belljar_compile::rust_with_console(&String::from_utf8_lossy(&source)).into_bytes())
        } else {
            None
        };
        let folder = self.builds.as_ref().ok_or_else(|| failed("there is no folder to build in: set HOME".into()))?;
        private_folder(folder)?;
        // One build at a time: they share a folder, so that what all tools use is compiled once.
        let lock = File::create(folder.join("lock")).and_then(|lock| lock.lock().map(|()| lock));
        let lock = lock.map_err(|error| failed(format!("cannot lock {}: {error}", folder.display())))?;
        let first = !folder.join("target").exists();
        let time = if first { "; the first one on this machine takes half a minute" } else { "" };
        self.tell(&format!("building the Rust tool with cargo{time}"));
        let (package, name) = if let Some(source) = source {
            let file = path.file_name().and_then(|name| name.to_str()).filter(|name| plain(name)).unwrap_or("tool.rs");
            (sdk::package(folder, file, &source)?, belljar_compile::name(&path.display().to_string()))
        } else {
            (path.to_owned(), package_name(path).map_err(failed)?)
        };
        let what = if single { What::File } else { What::Package };
        let site = Site { builds: folder, place, time: self.build_time };
        let core = cargo::build(&package, &what, &site).map_err(|said| failed(advice::instead(&said, single)))?;
        drop(lock);
        self.load_core(&core, &name, path)
    }

    /// Asks the tool what it is, then loads it as what it says.
    fn load_core(&self, core: &[u8], name: &str, path: &Path) -> Result<Tool, LoadError> {
        let failed = |message| LoadError::Build { path: path.to_owned(), message };
        let bare = belljar_admit::wrap(core, WorldKind::Tool, None).map_err(|error| match error {
            WrapError::Missing { .. } => failed(NO_TOOL.into()),
            other => failed(other.to_string()),
        })?;
        let hash = Identity::of(&bare).0;
        let file = path.display().to_string();
        let code = self.prepare(&file, &bare, &hash, Maker::Anybody, "compiling the tool for this machine, once")?;
        if code.exports.describe.is_none() {
            return Err(failed(NO_TOOL.into()));
        }
        let text = self.describe(&code, hash).map_err(LoadError::Describe)?;
        let mut said: Value = serde_json::from_str(&text).map_err(|error| LoadError::Describe(error.to_string()))?;
        if let Value::Object(fields) = &mut said {
            fields.entry("name").or_insert_with(|| name.into());
        }
        let manifest = Manifest::parse(&said.to_string()).map_err(|error| LoadError::Describe(error.to_string()))?;
        let component = belljar_admit::embed_manifest(bare, &manifest).map_err(|error| failed(error.to_string()))?;
        // The code is that of the component without its manifest: nothing is compiled twice.
        let identity = Identity::of(&component);
        Tool::of_component(component, identity, manifest, code, None, Vec::new())
    }
}

/// A file name that means the same in a manifest and in messages.
fn plain(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')) && name != ".rs"
}

/// The package's name, from its manifest.
fn package_name(folder: &Path) -> Result<String, String> {
    let text = fs::read_to_string(folder.join("Cargo.toml")).map_err(|error| format!("Cargo.toml: {error}"))?;
    let manifest: toml::Table = text.parse().map_err(|error| format!("Cargo.toml: {error}"))?;
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(|name| name.as_str());
    name.map(|name| belljar_compile::name(&format!("{name}.rs"))).ok_or_else(|| "Cargo.toml names no package".into())
}

/// Makes the folder in which tools are built; what lies in it becomes code that is run.
fn private_folder(folder: &Path) -> Result<(), LoadError> {
    let mut maker = fs::DirBuilder::new();
    maker.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
    maker.create(folder).map_err(|error| LoadError::Host(format!("cannot make {}: {error}", folder.display())))?;
    #[cfg(unix)]
    crate::owner::own_folder(folder).map_err(|why| {
        let folder = folder.display();
        LoadError::Host(format!("will not build in {folder}, which somebody else could change: {why}"))
    })?;
    Ok(())
}

/// Where tools are built unless a folder is given: beside the compiled code.
pub(crate) fn usual_folder(cache: Option<PathBuf>) -> Option<PathBuf> {
    cache.map(|code| code.with_file_name("rust"))
}
