//! A case as its author writes it: a folder with `case.toml`. The format is in `tests/README.md`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::web::Page;

/// A case directory, read.
#[derive(Clone, Debug)]
pub struct Case {
    /// The folder's path below the folder that was searched, with `/` between its parts.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// What `case.toml` says.
    pub file: CaseFile,
}

/// `case.toml`. A key that is not known is an error: a misspelt expectation would expect nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaseFile {
    /// The tool, a path relative to the case's folder.
    pub tool: String,
    /// A file with the input, relative to the case's folder.
    pub input: Option<String>,
    /// The input itself, instead of a file.
    pub input_text: Option<String>,
    /// The policy file, relative to the case's folder; without one nothing is granted.
    pub policy: Option<String>,
    /// A folder with the tools that it can call, relative to the case's folder.
    pub tools: Option<String>,
    /// How often the tool is run, with the same keys and files; expectations are about the last run.
    #[serde(default = "once")]
    pub runs: u32,
    /// The hosts that can run it; empty for all.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Why it is not run in a browser that runs the tool again for each request, but only in one that lets the tool wait.
    pub not_again: Option<String>,
    /// Why the case fails today. It then *must* fail, so that a mended bug is noticed.
    pub known_failure: Option<String>,
    /// What the person says to each question in turn; without any, nobody can be asked.
    #[serde(default)]
    pub answers: Vec<Reply>,
    /// The values of the policy's secrets. Nothing that is seen of a run may hold one.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// Takes the place of the policy's `[limits]`.
    #[serde(default)]
    pub limits: toml::Table,
    /// What its servers answer; `{web}` and `{other}` in its texts are where they are.
    #[serde(default)]
    pub web: Vec<Page>,
    /// What must be seen.
    pub expect: Expect,
    /// Symbolic links made in the copy of `files/`.
    #[serde(default)]
    pub symlink: Vec<Symlink>,
    /// Named pipes made in the copy of `files/`.
    #[serde(default)]
    pub fifo: Vec<Fifo>,
    /// Many trials made from one tool.
    pub generate: Option<Generate>,
    /// What it proves of the host's work for a guest: a row of the table in `docs/security.md`.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test makes the table"))]
    pub proves: Option<Proves>,
}

/// A row of the table of `docs/security.md`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "a test makes the table"))]
pub struct Proves {
    /// What a guest can make the host do.
    pub work: String,
    /// The limit that bounds it.
    pub limit: String,
}

/// What must be seen; what is left out may be anything.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expect {
    /// The exit code of `belljar run`, or several of which one must be seen.
    #[serde(default)]
    pub exit: Exits,
    /// A file with the output; compared as JSON values.
    pub output: Option<String>,
    /// The output's exact text.
    pub output_text: Option<String>,
    /// Texts that the message must contain.
    #[serde(default)]
    pub message_contains: Texts,
    /// The word that the tool gives with a failure of its own.
    pub code: Option<String>,
    /// Texts that the call stack must contain.
    #[serde(default)]
    pub stack_contains: Texts,
    /// A file with the log's entries in short form, one a line.
    pub log: Option<String>,
    /// Texts of which each must be in some entry of the log.
    #[serde(default)]
    pub log_contains: Texts,
    /// The console's lines.
    pub console: Option<Vec<String>>,
    /// Artifacts: each name with the file that holds the expected bytes. There must be no others.
    pub artifacts: Option<BTreeMap<String, String>>,
    /// Files after the last run, relative to `files/`, with their text; `false` if there must be none.
    #[serde(default)]
    pub files_after: BTreeMap<String, After>,
    /// The exact fuel.
    pub fuel: Option<u64>,
    /// What its servers were asked in the last run, in turn: method and path.
    pub asked: Option<Vec<String>>,
}

/// A file after the run.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum After {
    /// It holds this text.
    Text(String),
    /// Whether there is one.
    Exists(bool),
}

/// One exit code or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Exits {
    /// Exactly this one.
    One(u8),
    /// Any of these.
    Any(Vec<u8>),
}

impl Default for Exits {
    fn default() -> Self {
        Self::One(0)
    }
}

impl Exits {
    /// Whether `code` is expected.
    pub fn contains(&self, code: u8) -> bool {
        match self {
            Self::One(one) => *one == code,
            Self::Any(several) => several.contains(&code),
        }
    }
}

/// One text or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Texts {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for Texts {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Texts {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// What the person says to a question.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// Yes, this once.
    Once,
    /// Yes, for everything under the same rule in this run.
    Rule,
    /// Yes, to this in the place of what was asked: the form of docs/wire.md.
    Edited(Edited),
    /// Yes, for everything under the same rule, until a moment that has passed: no host takes it.
    Late,
    /// No.
    No,
    /// No, to everything under the same rule in this run.
    Never,
    /// Nothing, so that the question is withdrawn.
    Silence,
    /// No, for this reason.
    Because(String),
    /// No, to everything under the same rule in this run, for this reason.
    NeverBecause(String),
    /// This, to a question of the tool's own.
    Said(String),
}

/// A request as the person changed it.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Edited {
    /// What is asked for, in the words of a rule; `{web}` and `{other}` are where the case's servers are.
    pub request: String,
    /// Names and values of its header fields in turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<Vec<String>>,
    /// What it carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What it carries, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
}

/// A symbolic link.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symlink {
    /// Where it is, relative to `files/`.
    pub path: String,
    /// What it says; may lead anywhere.
    pub target: String,
}

/// A named pipe.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fifo {
    /// Where it is, relative to `files/`.
    pub path: String,
}

/// How trials are made from one tool.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "kind")]
pub enum Generate {
    /// One trial for each byte of `of`, a `.wasm` or `.wat` file, with that byte inverted.
    CorruptEveryByte {
        /// The file, relative to the case's folder.
        of: String,
    },
}

fn once() -> u32 {
    1
}

/// A case directory that cannot be read, and why.
#[derive(Clone, Debug)]
pub struct Unreadable {
    /// The case's name.
    pub name: String,
    /// Why, with line and column where there are any.
    pub reason: String,
}

/// Finds the cases below `root`, in the order of their names.
pub fn find(root: &Path) -> Result<Vec<Result<Case, Unreadable>>, String> {
    let mut folders = Vec::new();
    walk(root, &mut folders).map_err(|error| format!("{} cannot be searched: {error}", root.display()))?;
    let mut named: Vec<(String, PathBuf)> = folders.into_iter().map(|folder| (name(root, &folder), folder)).collect();
    named.sort();
    Ok(named.into_iter().map(|(name, folder)| read(name, folder)).collect())
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if folder.join("case.toml").is_file() {
        found.push(folder.to_path_buf());
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), found)?;
        }
    }
    Ok(())
}

fn name(root: &Path, folder: &Path) -> String {
    let below = folder.strip_prefix(root).unwrap_or(folder);
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    if parts.is_empty() { folder.display().to_string() } else { parts.join("/") }
}

fn read(name: String, folder: PathBuf) -> Result<Case, Unreadable> {
    let text = match fs::read_to_string(folder.join("case.toml")) {
        Ok(text) => text,
        Err(error) => return Err(Unreadable { name, reason: format!("case.toml: {error}") }),
    };
    match toml::from_str(&text) {
        Ok(file) => Ok(Case { name, folder, file }),
        Err(error) => Err(Unreadable { name, reason: format!("case.toml: {error}") }),
    }
}

impl std::fmt::Display for Exits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One(one) => write!(f, "{one}"),
            Self::Any(several) => write!(f, "one of {several:?}"),
        }
    }
}
