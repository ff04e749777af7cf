//! How a rule for files is read.

use crate::glob::Glob;
use crate::guest_path::GuestPath;
use crate::rule::Effect;
use crate::subject::{Files, Paths, Subject};
use crate::text::literal;
use crate::words::{Verbs, Words};

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

pub(super) fn parse(effect: Effect, text: &str) -> Result<Subject, String> {
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
