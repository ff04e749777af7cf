//! What of the standard library the engine has: all but what has no meaning under glass.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::sources;
use crate::process::Failure;

/// Processes, terminals, servers, packaging, tests, other systems.
const LEFT_OUT: &str = "__hello__ __phello__ _aix_support _android_support _apple_support _ios_support _osx_support _pyrepl \
     antigravity bdb bz2 cProfile cmd code codeop compileall ctypes curses dbm doctest ensurepip fileinput ftplib getpass idlelib \
     imaplib lib2to3 lzma mailbox modulefinder multiprocessing nturl2path pdb pickletools poplib profile pstats pty py_compile \
     pyclbr pydoc pydoc_data rlcompleter site site-packages smtplib socketserver sqlite3 ssl tabnanny this tkinter \
     trace tty turtle turtledemo venv webbrowser wsgiref xmlrpc zipapp";

/// Those of packages that stay.
const PARTS_LEFT_OUT: &str = "asyncio.windows_events asyncio.windows_utils asyncio.proactor_events asyncio.selector_events \
     asyncio.__main__ concurrent.futures.process importlib._bootstrap importlib._bootstrap_external json.__main__ \
     sysconfig.__main__ unittest.__main__ zipfile.__main__ http.client http.cookiejar http.server urllib.robotparser";

/// The encodings that need no tables, or small ones.
const ENCODINGS: &str = "__init__ aliases ascii base64_codec charmap cp1250 cp1251 cp1252 cp437 hex_codec idna iso8859_1 iso8859_15 \
     latin_1 punycode quopri_codec raw_unicode_escape rot_13 undefined unicode_escape utf_16 utf_16_be utf_16_le utf_32 \
     utf_32_be utf_32_le utf_7 utf_8 utf_8_sig uu_codec";

/// What CPython begins with, under the names by which it asks for it.
const BOOTSTRAP: [(&str, &str); 3] = [
    ("_frozen_importlib", "importlib/_bootstrap.py"),
    ("_frozen_importlib_external", "importlib/_bootstrap_external.py"),
    ("zipimport", "zipimport.py"),
];

/// A module to be frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Whether it is a package.
    pub package: bool,
    /// Its source.
    pub path: PathBuf,
}

/// What CPython begins with.
pub fn bootstrap(lib: &Path) -> Vec<Module> {
    let module = |(name, path): (&str, &str)| Module { name: name.to_owned(), package: false, path: lib.join(path) };
    BOOTSTRAP.map(module).into()
}

/// The modules of the library and of ours, which take the place of the library's.
pub fn modules(lib: &Path, ours: &Path) -> Result<Vec<Module>, Failure> {
    let mut found = Vec::new();
    below(lib, "", &mut found)?;
    found.retain(|module| is_kept(&module.name));
    let mut own = Vec::new();
    below(ours, "", &mut own)?;
    found.retain(|module| own.iter().all(|other| other.name != module.name));
    found.extend(own);
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn is_kept(name: &str) -> bool {
    let has = |list: &str, name: &str| list.split_whitespace().any(|word| word == name);
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    let second = parts.next().unwrap_or("__init__");
    let is_core = BOOTSTRAP.iter().any(|(other, _)| *other == name);
    !(has(LEFT_OUT, first) || has(PARTS_LEFT_OUT, name) || is_core || first == "encodings" && !has(ENCODINGS, second))
}

/// All modules below a folder whose names begin so.
fn below(folder: &Path, prefix: &str, found: &mut Vec<Module>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", folder.display()));
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() {
            below(&path, &format!("{prefix}{name}."), found)?;
        } else if let Some(stem) = name.strip_suffix(".py") {
            match (stem, prefix.strip_suffix('.')) {
                ("__init__", Some(name)) => found.push(Module { name: name.to_owned(), package: true, path }),
                ("__init__", None) => {}
                (stem, _) => found.push(Module { name: format!("{prefix}{stem}"), package: false, path }),
            }
        }
    }
    Ok(())
}

/// A module in Python that holds the time zones as `ZONES`, a dictionary of names and bytes.
pub fn zones(tzdata: &Path) -> Result<String, Failure> {
    let names = sources::read(&tzdata.join("zones"))?;
    let mut text = String::from("ZONES = {\n");
    for name in names.lines().filter(|name| !name.is_empty() && !name.starts_with("right/")) {
        let path = tzdata.join("zoneinfo").join(name);
        let bytes = fs::read(&path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        let _ = write!(text, "{name:?}: b\"");
        for byte in bytes {
            let _ = write!(text, "\\x{byte:02x}");
        }
        text.push_str("\",\n");
    }
    text.push_str("}\n");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::is_kept;

    #[test]
    fn what_has_no_meaning_under_glass_is_left_out() {
        for name in ["json", "json.decoder", "encodings.utf_8", "encodings", "asyncio.tasks", "urllib.parse", "codecs"]
        {
            assert!(is_kept(name), "{name}");
        }
        for name in ["ctypes", "ctypes.util", "encodings.big5", "sqlite3", "importlib._bootstrap"] {
            assert!(!is_kept(name), "{name}");
        }
    }
}
