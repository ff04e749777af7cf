//! The room in which cargo builds: what it can read there, and what it finds in its environment.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use belljar_confine::{Bounds, Room};
use serde::{Deserialize, Serialize};

/// What the process is told that becomes cargo.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Build {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) folder: PathBuf,
    /// What can be read and written there; nothing where a person trusts the build and the system has no walls.
    pub(super) walls: Option<Walls>,
    pub(super) memory: u64,
    pub(super) seconds: u64,
    pub(super) file: u64,
    pub(super) parent: u32,
}

/// A [`Room`] on its way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Walls {
    pub(super) read: Vec<PathBuf>,
    pub(super) write: Vec<PathBuf>,
    pub(super) devices: Vec<PathBuf>,
}

impl Build {
    /// Shuts this process in, and becomes the program. Returns only why that is not possible.
    pub(crate) fn begin(self) -> String {
        let bounds = Bounds { memory: self.memory, seconds: self.seconds, file: self.file };
        let shut = match self.walls {
            Some(Walls { read, write, devices }) => {
                belljar_confine::build(&bounds, &Room { read, write, devices }, self.parent)
            }
            None => belljar_confine::bound(&bounds, self.parent),
        };
        if let Err(error) = shut {
            return error.to_string();
        }
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().envs(self.environment).current_dir(&self.folder);
        command.stdin(Stdio::null());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            format!("{} cannot be started: {}", self.program.display(), command.exec())
        }
        #[cfg(not(unix))]
        match command.status() {
            Ok(status) => std::process::exit(status.code().unwrap_or(1)),
            Err(error) => format!("{} cannot be started: {error}", self.program.display()),
        }
    }
}

/// Folders and files of a Unix system that compilers and linkers need: programs and libraries, no one's data.
const SYSTEM: [&str; 13] = [
    "/bin",
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/bin",
    "/usr/include",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
];

/// What programs open without asking.
const DEVICES: [&str; 4] = ["/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"];

/// The room: the toolchain, the registry's crates, what is to be built, and the system's programs and libraries; and folders
/// to write to.
pub(super) fn walls(toolchain: &Path, cargo_home: Option<&Path>, sources: Vec<PathBuf>, write: Vec<PathBuf>) -> Walls {
    let mut read: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    read.push(toolchain.to_owned());
    // Not the folder itself: tokens lie in it.
    for part in ["registry/cache", "registry/index", "registry/src", "git/checkouts", "git/db"] {
        read.extend(cargo_home.map(|home| home.join(part)));
    }
    read.extend(sources);
    Walls { read, write, devices: DEVICES.iter().map(PathBuf::from).collect() }
}
