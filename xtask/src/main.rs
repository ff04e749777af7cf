//! The project's own commands: `cargo xtask COMMAND`.
//!
//! Everything that a person or CI does to this repository goes through here, so that there is one
//! way to do it: what is missing is installed or named, and all cargo builds share one profile.

mod bench;
mod build;
mod cases;
mod deny;
mod engines;
mod fuzz;
mod humaneval;
mod lint;
mod patches;
mod process;
mod programs;
mod python;
mod setup;
mod suite;
mod test;
mod types;
mod web;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use process::Failure;

/// Build, run, test and check Belljar.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Find what builds and tests need; install what can be installed, name the rest
    Setup,
    /// Build the `belljar` program
    Build,
    /// Build, then run a tool: `cargo xtask run TOOL [OPTION]…` is `belljar run TOOL [OPTION]…`
    Run {
        /// The tool and the options of `belljar run`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        arguments: Vec<String>,
    },
    /// Build the Python engine alone, out of CPython's sources: target/engines/python.wasm
    Python,
    /// Build the npm package of the browser's host, into web/dist
    Web,
    /// Build the page as a folder for any static host: target/site
    Site,
    /// Build the page and serve it on this machine: `cargo xtask start [OPTION]…` is `belljar serve [OPTION]…`
    Start {
        /// The options of `belljar serve`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Make the types of TypeScript anew from those of Rust: web/src/wire.ts
    Types,
    /// Everything that must pass: tests, the pure crates on wasm32, the cases
    Test {
        /// Only this stage, by the name that stands in brackets behind it; what it needs must be built
        #[arg(long)]
        only: Option<String>,
    },
    /// Run the case directories on a host
    Cases(Cases),
    /// A table of what is the same on both hosts: outputs, fuel, memory, logs, replays either way, tampering noticed
    Agree {
        /// The folder whose cases are run [default: tests/cases]
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Run HumanEval's 164 reference solutions as tools in Python
    Humaneval {
        /// The host that runs them: server, browser, browser-replay, or all, compared
        #[arg(long, default_value = "server")]
        host: String,
    },
    /// Fuzz every parser that meets what strangers wrote, one after the other
    Fuzz(Fuzz),
    /// Formatting, clippy and the dependency rules
    Lint,
    /// What Belljar costs, as ratios against bare wasmtime in the same run
    Bench {
        /// What the page costs instead: downloads against their budgets, and times in Chromium beside the server's
        #[arg(long)]
        browser: bool,
    },
}

#[derive(Args)]
struct Cases {
    #[arg(skip)]
    agree: bool,
    /// The host that runs the tools: server, browser, browser-replay (no guest is suspended), or all, compared
    #[arg(long, default_value = "server")]
    host: String,
    /// The folder whose cases are run [default: tests/cases]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Only cases whose path contains this text
    #[arg(long)]
    filter: Option<String>,
}

#[derive(Args)]
struct Fuzz {
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only the target of this name
    #[arg(long)]
    target: Option<String>,
    /// Another number, other changes
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let root = root();
    match act(&root, Cli::parse().command) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn act(root: &Path, command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Setup => {
            setup::run(root)?;
            suite::fetch(root)?;
        }
        Command::Build => drop(build::program(root)?),
        Command::Run { arguments } => return build::and_run(root, &arguments),
        Command::Python => {
            setup::run(root)?;
            engines::python_alone(root)?;
        }
        Command::Web => web::package(root)?,
        Command::Site => drop(web::site(root)?),
        Command::Start { arguments } => return web::start(root, &arguments),
        Command::Types => types::run(root)?,
        Command::Test { only: None } => test::run(root)?,
        Command::Test { only: Some(name) } => test::only(root, &name)?,
        Command::Cases(options) => cases::run(root, &options)?,
        Command::Agree { dir } => {
            cases::run(root, &Cases { host: "all".into(), dir, filter: None, agree: true })?;
        }
        Command::Humaneval { host } => humaneval::run(root, &host)?,
        Command::Fuzz(options) => fuzz::run(root, &options)?,
        Command::Lint => lint::run(root)?,
        Command::Bench { browser: false } => bench::run(root)?,
        Command::Bench { browser: true } => bench::browser(root)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The repository's root: the folder above this crate, wherever the command was typed.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
