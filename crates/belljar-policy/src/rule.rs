//! One rule: what it is about, and its text.

use thiserror::Error;

use crate::glob::Glob;
use crate::guest_path::GuestPath;
use crate::http::HttpRule;
use crate::text::{escape, literal};
use crate::words::{self, Verbs};

/// Bytes of a key.
const KEY: usize = 512;

/// What a rule does with a request that it matches. The order is that of strength: deny wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It may be performed.
    Allow,
    /// A person is asked.
    Ask,
    /// It is refused.
    Deny,
}

impl Effect {
    /// The key in a policy file.
    pub fn name(self) -> &'static str {
        match self {
            Effect::Allow => "allow",
            Effect::Ask => "ask",
            Effect::Deny => "deny",
        }
    }
}

/// What is done with a key. The word of a rule `read` stands for getting and listing, `write` for setting and deleting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KvAction {
    /// Its value is read.
    Get,
    /// It is named in a list.
    List,
    /// Its value is set.
    Set,
    /// It is removed.
    Delete,
}

impl KvAction {
    /// The word of requests and rules.
    pub fn word(self) -> &'static str {
        ["get", "list", "set", "delete"][self as usize]
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What is done with a file. The word of a rule `read` stands for reading, listing and describing, `write` for writing,
/// removing and making directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAction {
    /// Its bytes are read.
    Read,
    /// A directory's entries are listed.
    List,
    /// It is described.
    Stat,
    /// It is written.
    Write,
    /// It is removed.
    Remove,
    /// A directory is made.
    MakeDirectory,
}

impl FileAction {
    /// The word of requests and rules.
    pub fn word(self) -> &'static str {
        ["read", "list", "stat", "write", "remove", "make-directory"][self as usize]
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Whether it leaves everything as it is.
    pub fn only_looks(self) -> bool {
        matches!(self, FileAction::Read | FileAction::List | FileAction::Stat)
    }
}

/// A rule that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the rule {rule:?} is not understood: {reason}")]
pub struct RuleError {
    /// The rule's text.
    pub rule: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Verbs {
    pub(crate) fn of_key(self, action: KvAction) -> bool {
        self.covers(action.bit())
    }

    pub(crate) fn of_file(self, action: FileAction) -> bool {
        self.covers(action.bit())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Kv(Verbs, Glob),
    /// A directory or file of the host as one of the tool.
    Mount(Verbs, String, GuestPath),
    /// Files by their path in the tool's view.
    Files(Verbs, Paths),
    Http(HttpRule),
    Tool(Glob),
}

/// A pattern for paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paths {
    pub(crate) glob: Glob,
    /// For what must hold however a file system spells a name, and for all that is below.
    pub(crate) covering: Glob,
}

impl Paths {
    fn new(glob: Glob) -> Self {
        Paths { covering: glob.with_below().folded(), glob }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) effect: Effect,
    /// The section of a policy file that it stands in.
    pub(crate) section: String,
    /// What stands there, in the one form that there is for each rule.
    pub(crate) written: String,
    /// Both, for people and the log.
    pub(crate) text: String,
    pub(crate) subject: Subject,
}

impl Subject {
    /// Reads the rule of a section: `kv`, `files`, `http` or `tools`.
    pub(crate) fn parse(section: &str, effect: Effect, text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty".into());
        }
        match section {
            "kv" => {
                let (verbs, pattern) = words::KV.split(text)?;
                let glob = Glob::parse(pattern)?;
                if glob.is_longer_than(KEY) {
                    return Err(format!("a key has at most {KEY} bytes, so none matches it"));
                }
                Ok(Subject::Kv(verbs, glob))
            }
            "files" => {
                let (verbs, rest) = words::FILES.split_mount(text)?;
                match rest.rsplit_once(" as ") {
                    Some((host, guest)) => mount(verbs, host.trim(), guest.trim()),
                    None => match rest.strip_prefix('/') {
                        Some(pattern) => paths(pattern).map(|paths| Subject::Files(verbs, paths)),
                        None if effect == Effect::Allow => Err(format!(
                            "an allowed folder says how the tool sees it: {:?}",
                            // Without a word, the smaller grant is named.
                            match words::FILES.named(verbs).as_str() {
                                "*" if text == rest => format!("files read {rest} as {}", seen(rest)),
                                named => format!("files {named} {rest} as {}", seen(rest)),
                            }
                        )),
                        None => Err(format!(
                            "it names a path as the tool sees it, which starts with \"/\": {:?}",
                            format!("files {} /{}", words::FILES.named(verbs), rest.trim_start_matches("./"))
                        )),
                    },
                }
            }
            "http" => HttpRule::parse(text).map(Subject::Http),
            "tools" => {
                let (_, pattern) = words::TOOLS.split(text)?;
                let glob = Glob::parse(pattern)?;
                let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.');
                if glob.samples().count() != 1 || glob.samples().flatten().any(|name| !name.chars().all(plain)) {
                    return Err(
                        "a tool's name has lower-case letters, digits, hyphens, dots and underscores only".into()
                    );
                }
                Ok(Subject::Tool(glob))
            }
            "read" | "write" | "get" | "set" | "list" | "delete" | "stat" | "remove" | "make-directory" => {
                let right =
                    if text.contains(" as ") || text.contains("./") || text.starts_with('/') { "files" } else { "kv" };
                Err(format!("the capability comes first: {:?}", format!("{right} {section} {text}")))
            }
            "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "PATCH" => {
                Err(format!("the capability comes first: {:?}", format!("http {section} {text}")))
            }
            _ => Err(format!("there is no capability {section:?}; there are http, kv, files and tools")),
        }
    }

    /// The rule in the one form that there is for it, without its capability.
    pub(crate) fn text(&self) -> String {
        match self {
            Subject::Kv(verbs, glob) => words::KV.join(*verbs, &glob.to_string()),
            Subject::Mount(verbs, host, guest) => words::FILES.join_mount(*verbs, host, &escape(guest.as_str())),
            Subject::Files(verbs, paths) => words::FILES.join(*verbs, &format!("/{}", paths.glob)),
            Subject::Http(rule) => rule.to_string(),
            Subject::Tool(glob) => glob.to_string(),
        }
    }
}

fn mount(verbs: Verbs, host: &str, guest: &str) -> Result<Subject, String> {
    if host.is_empty() {
        return Err("the directory before \"as\" is missing".into());
    }
    if host.chars().any(char::is_control) {
        return Err("the directory before \"as\" holds a control character".into());
    }
    if host.starts_with('~') {
        return Err(format!(
            "\"~\" is the shell's word for your home folder and means nothing in quotes: write the whole path, or \"./{host}\" \
             for a folder of that name"
        ));
    }
    if host.contains("://") {
        return Err("a folder is named by its path, not by a URL".into());
    }
    if host.contains('*') {
        let folder = host.trim_end_matches(['*', '/']);
        let folder = if folder.is_empty() { "." } else { folder };
        return Err(format!(
            "a folder is granted with all that is in it, without a pattern: write {:?}, and refuse what it must not have \
             with deny",
            format!("files {} {folder} as {guest}", words::FILES.named(verbs))
        ));
    }
    let guest = literal(guest).map_err(|_| {
        format!("the tool sees a folder under one plain path, such as {:?}", seen(guest.trim_end_matches(['*', '/'])))
    })?;
    let guest = GuestPath::parse(&guest).map_err(|e| e.to_string())?;
    Ok(Subject::Mount(verbs, host.to_owned(), guest))
}

/// A pattern for paths that requests can have.
fn paths(pattern: &str) -> Result<Paths, String> {
    // The root itself.
    if pattern.is_empty() {
        return Ok(Paths::new(Glob::parse("**")?));
    }
    let glob = Glob::parse(pattern)?;
    for name in glob.samples().flatten() {
        // The rules for requests say why.
        GuestPath::parse(&format!("/{name}")).map_err(|error| format!("no request has such a path: {error}"))?;
        if name.is_empty() || name == "." {
            return Err("no request has such a path: a name in it is empty or \".\"; leave it out".into());
        }
    }
    if glob.is_longer_than(4096) {
        return Err("no request has such a path: it is longer than 4096 bytes".into());
    }
    Ok(Paths::new(glob))
}

/// How a tool may see a folder, for messages.
fn seen(host: &str) -> String {
    let mut names =
        host.split(['/', '\\']).filter(|name| !matches!(*name, "" | "." | ".." | "~") && !name.contains([':', '*']));
    match names.next_back() {
        Some(name) => format!("/{name}"),
        None => "/data".into(),
    }
}

/// What a tool asks for in its manifest: the grammar of rules, without directories of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The capability.
    pub capability: String,
    /// The rest, as written.
    pub text: String,
}

impl Wish {
    /// Reads a wish such as "http GET https://api.github.com/**", "kv notes/**" or "files read /data".
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let error = |reason: String| RuleError { rule: text.to_owned(), reason };
        let (capability, rest) = text
            .trim()
            .split_once(' ')
            .ok_or_else(|| error("write the capability, then what: \"kv notes/**\"".into()))?;
        Subject::parse(capability, Effect::Ask, rest).map_err(error)?;
        Ok(Wish { capability: capability.to_owned(), text: rest.trim().to_owned() })
    }
}
