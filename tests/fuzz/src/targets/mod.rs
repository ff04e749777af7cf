//! The targets: one file for each parser.

mod admission;
mod cell;
mod chain;
mod log;
mod pattern;
mod policy;
mod recording;
mod rule;
mod schema;
mod typescript;

use std::fs;
use std::path::{Path, PathBuf};

use crate::Target;

/// All targets, by name.
pub static TARGETS: &[Target] = &[
    admission::TARGET,
    cell::TARGET,
    log::TARGET,
    pattern::TARGET,
    policy::TARGET,
    recording::TARGET,
    rule::TARGET,
    schema::TARGET,
    typescript::TARGET,
];

/// The first line of an input, and the rest.
fn lines(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// The files below a folder of the repository whose names end so, of at most so many bytes: what people write.
fn repository(folder: &str, ending: &str, most: usize) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder), &mut found);
    found.sort();
    let files = found.iter().filter(|path| path.to_string_lossy().ends_with(ending));
    files.filter_map(|path| fs::read(path).ok()).filter(|bytes| bytes.len() <= most).collect()
}

fn gather(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { gather(&path, found) } else { found.push(path) }
    }
}
