//! Compiling strangers' code in a process that can be killed.
//!
//! The process is this program again, or one that the embedder names. It shuts itself in before it reads a byte of what it
//! is to compile ([`belljar_confine`]), serves one tool, and ends. What comes back is checked as if it came from anybody;
//! `docs/adr/0024-compiling-apart.md` says what is left to trust.

pub(crate) mod client;
pub(crate) mod process;
mod server;
pub(crate) mod wire;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// The argument by which a program is started as a compiler.
const COMPILE: &str = "belljar:compile";
/// The argument by which a program is started to become cargo, shut in.
const BUILD: &str = "belljar:build";

/// Whether this program serves when it is started as a compiler.
static SERVES: AtomicBool = AtomicBool::new(false);

/// Lets this program start itself again to compile tools, in a process that can do nothing else and that can be killed.
///
/// Call it first in `main`, before there are threads (so not inside an async `main`). In the process that was started to
/// compile it does not return; everywhere else it returns at once. Without it, and without
/// [`Builder::compiler`](crate::Builder::compiler), a [`Belljar`](crate::Belljar) compiles only what cheap bounds prove
/// harmless (sources in TypeScript and JavaScript of ordinary size, small modules), and refuses the rest with a sentence.
///
/// ```
/// // The first line of `main`:
/// belljar::compile_server();
/// ```
pub fn compile_server() {
    SERVES.store(true, Ordering::Relaxed);
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().as_ref().and_then(|first| first.to_str()) {
        Some(COMPILE) => std::process::exit(server::compile(arguments)),
        Some(BUILD) => std::process::exit(server::build()),
        _ => {}
    }
}

/// The program that compiles.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    program: PathBuf,
}

impl Place {
    /// The program that an embedder named, or this one if it serves.
    pub(crate) fn find(named: Option<PathBuf>) -> Option<Self> {
        let itself = || {
            if !SERVES.load(Ordering::Relaxed) {
                return None;
            }
            // The file that runs, even if another has taken its name.
            let linux = PathBuf::from("/proc/self/exe");
            if cfg!(target_os = "linux") && linux.exists() { Some(linux) } else { std::env::current_exe().ok() }
        };
        named.or_else(itself).map(|program| Place { program })
    }
}
