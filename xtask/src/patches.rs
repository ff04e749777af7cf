//! Patches of C sources: a copy of what was fetched, changed before it is compiled.
//!
//! The sources of QuickJS-ng come with the crate `rquickjs-sys`, as `Cargo.lock` pins it; those of CPython are pinned in
//! `guests/python/sources.txt`. Patches are unified diffs, applied
//! in the order of their names. A hunk must fit to the letter, at its line: a new version of the crate needs new patches.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::Failure;

/// Copies the C sources of the folder `from` and applies the patches of the folder `patches`. The copy's place depends on
/// what is in it, so that a compiler that is given another one compiles anew.
pub fn apply(from: &Path, patches: &Path, into: &Path) -> Result<PathBuf, Failure> {
    let mut sources = files(from, &["c", "h"])?;
    for (name, patch) in files(patches, &["patch"])? {
        let failed = |problem: String| Failure::new(format!("{}: {problem}", patches.join(&name).display()));
        for (file, hunks) in parse(&patch).map_err(failed)? {
            let file = Path::new(&file).file_name().unwrap_or_default();
            let source = sources.iter_mut().find(|(name, _)| file == name.as_str());
            let (_, text) = source.ok_or_else(|| failed(format!("there is no file {file:?}")))?;
            *text = patched(text, &hunks).map_err(|problem| failed(format!("{}: {problem}", file.display())))?;
        }
    }
    let folder = into.join(format!("{:016x}", digest(&sources)));
    let stamp = folder.join("complete");
    if !stamp.exists() {
        fs::create_dir_all(&folder).map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
        for (name, text) in &sources {
            write(&folder.join(name), text)?;
        }
        write(&stamp, "")?;
    }
    Ok(folder)
}

/// Applies the patches of the folder `patches` to the files below the folder `sources`.
pub fn change(sources: &Path, patches: &Path) -> Result<(), Failure> {
    for (name, patch) in files(patches, &["patch"])? {
        let failed = |problem: String| Failure::new(format!("{}: {problem}", patches.join(&name).display()));
        for (file, hunks) in parse(&patch).map_err(failed)? {
            let path = sources.join(&file);
            let text = fs::read_to_string(&path).map_err(|error| failed(format!("{file}: {error}")))?;
            let changed = patched(&text, &hunks).map_err(|problem| failed(format!("{file}: {problem}")))?;
            write(&path, &changed)?;
        }
    }
    Ok(())
}

/// The files of a folder with one of these extensions, by name.
pub fn files(folder: &Path, extensions: &[&str]) -> Result<Vec<(String, String)>, Failure> {
    let failed = |path: &Path, error| Failure::new(format!("{}: {error}", path.display()));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        let (Some(name), Some(extension)) = (path.file_name(), path.extension()) else { continue };
        if extensions.iter().any(|wanted| extension == *wanted) {
            let text = fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
            found.push((name.to_string_lossy().into_owned(), text));
        }
    }
    found.sort();
    Ok(found)
}

/// A change of one place: the line where it begins, counted from 1, and the lines of the diff.
struct Hunk<'a> {
    line: usize,
    lines: Vec<&'a str>,
}

/// The changes of each file, by its path.
fn parse(patch: &str) -> Result<Vec<(String, Vec<Hunk<'_>>)>, String> {
    let mut files: Vec<(String, Vec<Hunk<'_>>)> = Vec::new();
    // How many lines of the old and the new file the hunk still has.
    let (mut old, mut new) = (0, 0);
    for line in patch.lines() {
        if old > 0 || new > 0 {
            let hunk = files.last_mut().and_then(|(_, hunks)| hunks.last_mut()).ok_or("it has lines without a hunk")?;
            match line.as_bytes().first() {
                Some(b'+') => new -= 1,
                Some(b'-') => old -= 1,
                Some(b' ') | None => (old, new) = (old - 1, new - 1),
                _ => return Err(format!("a hunk has the line {line:?}")),
            }
            hunk.lines.push(line);
        } else if let Some(name) = line.strip_prefix("+++ ") {
            let name = name.split('\t').next().unwrap_or(name);
            files.push((name.strip_prefix("b/").unwrap_or(name).to_owned(), Vec::new()));
        } else if let Some(range) = line.strip_prefix("@@ -") {
            let wrong = || format!("a hunk begins with {line:?}");
            let (before, rest) = range.split_once(" +").ok_or_else(wrong)?;
            let (after, _) = rest.split_once(" @@").ok_or_else(wrong)?;
            let count = |range: &str| match range.split_once(',') {
                Some((_, count)) => count.parse::<i64>().ok(),
                None => Some(1),
            };
            let begin = before.split(',').next().and_then(|begin| begin.parse().ok()).ok_or_else(wrong)?;
            (old, new) = (count(before).ok_or_else(wrong)?, count(after).ok_or_else(wrong)?);
            let (_, hunks) = files.last_mut().ok_or("it has a hunk without a file")?;
            hunks.push(Hunk { line: begin, lines: Vec::new() });
        }
    }
    if old != 0 || new != 0 { Err("its last hunk is cut short".into()) } else { Ok(files) }
}

/// The text with the changes.
fn patched(text: &str, hunks: &[Hunk<'_>]) -> Result<String, String> {
    let lines: Vec<&str> = text.lines().collect();
    let (mut result, mut at) = (String::with_capacity(text.len()), 0);
    let mut put = |line: &str| {
        result.push_str(line);
        result.push('\n');
    };
    for hunk in hunks {
        let begin = hunk.line.saturating_sub(1);
        lines.get(at..begin).ok_or("its hunks are not in order")?.iter().for_each(|line| put(line));
        at = begin;
        for line in &hunk.lines {
            let (kind, rest) = line.split_at_checked(1).unwrap_or((" ", ""));
            if kind == "+" {
                put(rest);
                continue;
            }
            if lines.get(at) != Some(&rest) {
                return Err(format!("line {} is not {rest:?}", at + 1));
            }
            if kind == " " {
                put(rest);
            }
            at += 1;
        }
    }
    lines.get(at..).unwrap_or_default().iter().for_each(|line| put(line));
    Ok(result)
}

/// FNV-1a: it tells versions apart, and nothing depends on its strength.
pub fn digest(sources: &[(String, String)]) -> u64 {
    let bytes = sources.iter().flat_map(|(name, text)| name.bytes().chain([0]).chain(text.bytes()).chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str =
        "What it is for.\n\n--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n@@ -5 +5,2 @@ f\n e\n+f\n";

    fn apply(text: &str) -> Result<String, String> {
        let files = parse(PATCH)?;
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].0, "x.c");
        patched(text, &files[0].1)
    }

    #[test]
    fn hunks_are_applied() {
        assert_eq!(apply("a\nb\nc\nd\ne\n").as_deref(), Ok("a\nB\nc\nd\ne\nf\n"));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert_eq!(apply("a\nx\nc\nd\ne\n"), Err("line 2 is not \"b\"".into()));
        assert_eq!(apply("a\nb\nc\nd\n"), Err("line 5 is not \"e\"".into()));
        assert!(parse(&PATCH[..PATCH.len() - 3]).is_err());
    }
}
