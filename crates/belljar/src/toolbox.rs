//! The tools that a tool can call, by name, each with a policy of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use belljar_policy::{Policy, PolicyError};
use thiserror::Error;

use crate::Belljar;
use crate::tool::Tool;

/// Why tools cannot be called.
#[derive(Debug, Error)]
pub enum ToolboxError {
    /// The folder cannot be read.
    #[error("the tools in {}: {source}", path.display())]
    Unreadable {
        /// The folder, or something in it.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A name that no tool can be called by.
    #[error(
        "{}: {name:?} is not a name by which a tool can be called: it has 1 to 64 lower-case letters, digits, hyphens, dots and \
         underscores; rename it", path.display()
    )]
    Name {
        /// What has the name.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// Two tools have one name.
    #[error("two tools have the name {name}: {} and {}; rename one", one.display(), other.display())]
    Twice {
        /// The name.
        name: String,
        /// One of them.
        one: PathBuf,
        /// The other one.
        other: PathBuf,
    },
    /// A policy cannot be used.
    #[error("{}: {error}", path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: PolicyError,
    },
}

/// Where a tool comes from.
#[derive(Debug)]
enum Source {
    File(PathBuf),
    Loaded(Tool),
}

#[derive(Debug)]
struct Entry {
    source: Source,
    policy: Policy,
    /// The tool, or why it cannot be loaded, once somebody has called it.
    loaded: Mutex<Option<Result<Tool, String>>>,
}

/// The tools that a tool can call.
///
/// A called tool runs under its own policy here and under that of its caller: it gets what both give.
///
/// ```
/// use std::sync::Arc;
///
/// use belljar::{Belljar, Policy, RunOptions, Toolbox};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let jar = Belljar::builder().no_cache().build()?;
/// let double = jar.load("double.js", b"export default (n) => 2 * n")?;
/// let mut tools = Toolbox::default();
/// tools.add("double", double, Policy::deny_all())?;
///
/// let four = jar.load("four.js", b"export default async () => belljar.tools.call('double', 2)")?;
/// let policy = Policy::parse("version = 1\n[tools]\nallow = [\"double\"]\n")?;
/// let options = RunOptions { tools: Arc::new(tools), ..RunOptions::with_policy(policy) };
/// assert_eq!(jar.run_blocking(&four, "{}", options)?.output.as_deref(), Some("4"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Toolbox(BTreeMap<String, Entry>);

/// The endings of files that are tools.
const ENDINGS: [&str; 9] = ["ts", "mts", "js", "mjs", "py", "rs", "wat", "wasm", "tsx"];

impl Toolbox {
    /// The tools in a folder: each file `NAME.ts`, `.js`, `.rs`, `.wat` or `.wasm` is one, and `NAME.policy.toml` beside it is its
    /// policy; without that it is granted nothing. A tool is loaded when it is first called.
    ///
    /// # Errors
    ///
    /// [`ToolboxError`].
    pub fn of_folder(folder: &Path) -> Result<Self, ToolboxError> {
        let unreadable = |path: &Path, source| ToolboxError::Unreadable { path: path.to_owned(), source };
        let mut tools = Toolbox::default();
        let entries = std::fs::read_dir(folder).map_err(|source| unreadable(folder, source))?;
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(|source| unreadable(folder, source))?.path());
        }
        paths.sort();
        for path in paths {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
            if !ENDINGS.contains(&ending) || stem.ends_with(".d") || !path.is_file() {
                continue;
            }
            let beside = folder.join(format!("{stem}.policy.toml"));
            let policy = match std::fs::read_to_string(&beside) {
                Ok(text) => Policy::parse(&text).map_err(|error| ToolboxError::Policy { path: beside, error })?,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Policy::deny_all(),
                Err(source) => return Err(unreadable(&beside, source)),
            };
            if let Some(Entry { source: Source::File(one), .. }) = tools.0.get(&stem) {
                return Err(ToolboxError::Twice { name: stem, one: one.clone(), other: path });
            }
            tools
                .insert(&stem, Source::File(path.clone()), policy)
                .map_err(|name| ToolboxError::Name { path, name })?;
        }
        Ok(tools)
    }

    /// Adds a tool under a name, in place of another of that name.
    ///
    /// # Errors
    ///
    /// If no tool can be called by the name.
    pub fn add(&mut self, name: &str, tool: Tool, policy: Policy) -> Result<(), ToolboxError> {
        let named = |name| ToolboxError::Name { path: PathBuf::from("a tool"), name };
        self.insert(name, Source::Loaded(tool), policy).map_err(named)
    }

    fn insert(&mut self, name: &str, source: Source, policy: Policy) -> Result<(), String> {
        if !belljar_policy::is_tool_name(name) {
            return Err(name.to_owned());
        }
        self.0.insert(name.to_owned(), Entry { source, policy, loaded: Mutex::default() });
        Ok(())
    }

    /// The names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The file that a tool is loaded from, if it is one of a folder.
    pub fn file(&self, name: &str) -> Option<&Path> {
        match &self.0.get(name)?.source {
            Source::File(path) => Some(path),
            Source::Loaded(_) => None,
        }
    }

    /// The policy of a tool.
    pub fn policy(&self, name: &str) -> Option<&Policy> {
        self.0.get(name).map(|entry| &entry.policy)
    }

    /// The tool of a name with its policy, loaded now if it was not before. The error is for whoever called it.
    pub(crate) fn find(&self, jar: &Belljar, name: &str) -> Result<(Tool, Policy), Missing> {
        let Some(entry) = self.0.get(name) else {
            let names: Vec<&str> = self.names().collect();
            return Err(Missing::NotThere(match &*names {
                [] => format!("{name}: there is no tool to call here; whoever runs this one names them (--tools DIR)"),
                names => format!("{name}: there is no tool of that name to call; there are {}", names.join(", ")),
            }));
        };
        let path = match &entry.source {
            Source::Loaded(tool) => return Ok((tool.clone(), entry.policy.clone())),
            Source::File(path) => path,
        };
        let mut loaded = entry.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let tool = loaded.get_or_insert_with(|| load(jar, path));
        let tool = tool.clone().map_err(|why| Missing::NotUsable(format!("{name}: {why}")))?;
        Ok((tool, entry.policy.clone()))
    }
}

/// Loads a tool of a folder. What is said of it names the file alone: where that is, no tool has to know.
fn load(jar: &Belljar, path: &Path) -> Result<Tool, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if crate::rust::is_rust(path) {
        let folder = path.parent().map_or(String::new(), |folder| format!("{}/", folder.display()));
        return jar.load_path(path).map_err(|error| error.to_string().replace(&folder, ""));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("{name}: {error}"))?;
    jar.load(&name, &bytes).map_err(|error| error.to_string())
}

/// Why a tool cannot be called.
pub(crate) enum Missing {
    NotThere(String),
    NotUsable(String),
}
