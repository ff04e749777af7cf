//! Rules for files.

mod compare;
mod folders;

use super::{About, Kind, Query, Subject};
use crate::glob::Glob;
use crate::guest_path::GuestPath;
use crate::policy::Policy;
use crate::rule::Effect;
use crate::text::{escape, fold, literal};
use crate::words::{Verbs, Words};

pub(crate) use compare::compare_places;
pub use folders::{Mount, Place};

pub(super) const KIND: Kind =
    Kind { name: "files", parse, bar: |_, _| None, request, suggest, missing: |_| None, compare: compare::compare };

pub(crate) const WORDS: Words = Words {
    section: "files",
    words: &[
        ("read", 0b00_0111),
        ("write", 0b11_1000),
        ("list", 0b00_0010),
        ("stat", 0b00_0100),
        ("remove", 0b01_0000),
        ("make-directory", 0b10_0000),
    ],
    habits: &[
        ("r", "read"),
        ("get", "read"),
        ("open", "read"),
        ("load", "read"),
        ("ls", "list"),
        ("dir", "list"),
        ("readdir", "list"),
        ("exists", "stat"),
        ("info", "stat"),
        ("w", "write"),
        ("set", "write"),
        ("put", "write"),
        ("save", "write"),
        ("append", "write"),
        ("create", "write"),
        ("edit", "write"),
        ("modify", "write"),
        ("delete", "remove"),
        ("del", "remove"),
        ("rm", "remove"),
        ("unlink", "remove"),
        ("mkdir", "make-directory"),
        ("makedirectory", "make-directory"),
    ],
    example: "read ./data as /data",
};

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

/// The files that a rule is about, and what it is about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Files {
    /// A directory or file of the host as one of the tool.
    Mount(Verbs, String, GuestPath),
    /// Files by their path in the tool's view.
    Paths(Verbs, Paths),
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

fn parse(effect: Effect, text: &str) -> Result<Subject, String> {
    let (verbs, rest) = WORDS.split_mount(text)?;
    let files = match rest.rsplit_once(" as ") {
        Some((host, guest)) => mount(verbs, host.trim(), guest.trim()),
        None => match rest.strip_prefix('/') {
            Some(pattern) => paths(pattern).map(|paths| Files::Paths(verbs, paths)),
            None if effect == Effect::Allow => Err(format!(
                "an allowed folder says how the tool sees it: {:?}",
                // Without a word, the smaller grant is named.
                match WORDS.named(verbs).as_str() {
                    "*" if text == rest => format!("files read {rest} as {}", seen(rest)),
                    named => format!("files {named} {rest} as {}", seen(rest)),
                }
            )),
            None => Err(format!(
                "it names a path as the tool sees it, which starts with \"/\": {:?}",
                format!("files {} /{}", WORDS.named(verbs), rest.trim_start_matches("./"))
            )),
        },
    };
    files.map(Subject::Files)
}

fn mount(verbs: Verbs, host: &str, guest: &str) -> Result<Files, String> {
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
            format!("files {} {folder} as {guest}", WORDS.named(verbs))
        ));
    }
    let guest = literal(guest).map_err(|_| {
        format!("the tool sees a folder under one plain path, such as {:?}", seen(guest.trim_end_matches(['*', '/'])))
    })?;
    let guest = GuestPath::parse(&guest).map_err(|e| e.to_string())?;
    Ok(Files::Mount(verbs, host.to_owned(), guest))
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

impl Files {
    fn is_about(&self, action: FileAction) -> bool {
        let (Files::Mount(verbs, ..) | Files::Paths(verbs, _)) = self;
        verbs.covers(action.bit())
    }

    /// What it is about them, and all names that it holds for.
    fn covering(&self) -> (Verbs, Glob) {
        match self {
            Files::Mount(verbs, _, guest) => (*verbs, inside(guest).folded()),
            Files::Paths(verbs, paths) => (*verbs, paths.covering.clone()),
        }
    }
}

/// A pattern for all that is in a folder, and the folder itself.
pub(crate) fn inside(guest: &GuestPath) -> Glob {
    let names = escape(guest.as_str().trim_matches('/'));
    let text = if names.is_empty() { "**".to_owned() } else { format!("{names}/**") };
    // A path is shorter than what a pattern may have; if not, it is taken to be everywhere.
    Glob::parse(&text).unwrap_or_else(|_| Glob::everything())
}

impl About for Files {
    fn text(&self) -> String {
        match self {
            Files::Mount(verbs, host, guest) => WORDS.join_mount(*verbs, host, &escape(guest.as_str())),
            Files::Paths(verbs, paths) => WORDS.join(*verbs, &format!("/{}", paths.glob)),
        }
    }

    fn matches(&self, policy: &Policy, effect: Effect, query: &Query<'_>) -> bool {
        let Query::Files { action, path } = query else { return false };
        self.is_about(*action)
            && match self {
                Files::Mount(_, _, guest) => {
                    // The innermost directory alone counts, except that a refusal covers what is inside, and that refusals
                    // and questions hold for names that some file system takes for the directory's.
                    let inner = || policy.resolve(path).is_some_and(|(mount, _)| mount.guest == *guest);
                    let outer = || match (effect, path.below(guest).is_some()) {
                        (Effect::Allow, _) | (Effect::Ask, true) => false,
                        (Effect::Deny, true) => true,
                        (_, false) => below_folded(path, guest),
                    };
                    inner() || outer()
                }
                Files::Paths(_, paths) => {
                    let path = path.as_str().trim_start_matches('/');
                    match effect {
                        Effect::Allow => paths.glob.matches(path),
                        _ => paths.covering.matches_folded(path),
                    }
                }
            }
    }

    fn meets(&self, other: &Self) -> bool {
        let ((a, one), (b, other)) = (self.covering(), other.covering());
        a.meets(b) && one.meets(&other)
    }
}

/// Whether a path is a directory's or below it for some file system.
fn below_folded(path: &GuestPath, directory: &GuestPath) -> bool {
    let mut names = path.segments();
    directory.segments().all(|segment| names.next().is_some_and(|name| fold(name) == fold(segment)))
}

fn request(query: &Query<'_>) -> Option<String> {
    match query {
        Query::Files { action, path } => Some(format!("files {} {}", action.word(), escape(path.as_str()))),
        _ => None,
    }
}

fn suggest(policy: &Policy, query: &Query<'_>) -> Option<String> {
    match query {
        Query::Files { path, .. } if policy.resolve(path).is_some() => request(query),
        Query::Files { action, path } => folder(*action, path),
        _ => None,
    }
}

/// The rule for the folder that a path is in.
fn folder(action: FileAction, path: &GuestPath) -> Option<String> {
    let word = if action.only_looks() { "read" } else { "write" };
    let names: Vec<&str> = path.segments().collect();
    let names = match names.as_slice() {
        _ if action == FileAction::List => names.as_slice(),
        [parents @ .., _] if !parents.is_empty() => parents,
        // A name at the root may be the folder that is meant.
        all => all,
    };
    let (host, guest) = match names {
        [] => (".".to_owned(), "/".to_owned()),
        names => (format!("./{}", names.join("/")), format!("/{}", names.join("/"))),
    };
    // The place on this machine is written as it is, so it must be one that can be read.
    (escape(&host) == host).then(|| format!("files {word} {host} as {guest}"))
}
