//! The licences of what the engine is made of, as one text to be shipped with it.

use std::path::Path;

use super::sources::read;
use crate::process::Failure;

/// Whose they are, and where they stand: a file, or a comment at the beginning of one.
const PARTS: [(&str, &str); 6] = [
    ("CPython and its standard library", "cpython/LICENSE"),
    ("Expat", "cpython/Modules/expat/COPYING"),
    ("libmpdec", "cpython/Modules/_decimal/libmpdec/basearith.c"),
    ("HACL*", "cpython/Modules/_hacl/Hacl_Hash_SHA2.c"),
    ("zlib", "zlib/zlib.h"),
    ("Time zone database (the Python package tzdata)", "tzdata/tzdata-2025.2.dist-info/licenses/LICENSE"),
];

/// All of them.
pub fn text(sources: &Path) -> Result<String, Failure> {
    let mut all = String::from("The Python engine of Belljar is made of these works.\n");
    for (name, path) in PARTS {
        let whole = read(&sources.join(path))?;
        let text = if path.ends_with(".c") || path.ends_with(".h") { comment(&whole) } else { &whole };
        all.push_str(&format!("\n==== {name}\n\n{}\n", text.trim()));
    }
    Ok(all)
}

/// The first comment of a C file.
fn comment(source: &str) -> &str {
    let begin = source.find("/*").map_or(0, |at| at + 2);
    let end = source.find("*/").unwrap_or(source.len());
    source.get(begin..end).unwrap_or_default()
}
