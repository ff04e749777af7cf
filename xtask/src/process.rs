//! Starting other programs, and saying which one failed.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Instant;

/// Why a command of xtask did not succeed, in a sentence for the person at the terminal.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure with this explanation.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// Prints the command, runs it with this terminal, and fails unless it exits with 0.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    eprintln!("$ {}", line(command));
    let status = start(command)?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{}` failed: {status}", line(command)))) }
}

/// Runs the command with this terminal and returns how it ended.
pub fn start(command: &mut Command) -> Result<ExitStatus, Failure> {
    command.status().map_err(|error| not_started(command, &error))
}

/// Runs the command quietly and returns its standard output, or nothing if it is missing or fails.
pub fn ask(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    if output.status.success() { String::from_utf8(output.stdout).ok() } else { None }
}

/// A part of a check.
pub type Stage = fn(&Path) -> Result<(), Failure>;

/// Runs all stages, also after one of them failed, says how long each took, and fails with the list of those that failed.
pub fn stages(root: &Path, stages: &[(&str, Stage)]) -> Result<(), Failure> {
    let timed = |(name, stage): &(&str, Stage)| {
        let began = Instant::now();
        let failed = stage(root).err().map(|failure| format!("{name}: {failure}"));
        eprintln!("[{name}: {} s]", began.elapsed().as_secs());
        failed
    };
    let failed: Vec<String> = stages.iter().filter_map(timed).collect();
    if failed.is_empty() { Ok(()) } else { Err(Failure::new(failed.join("\n       "))) }
}

fn not_started(command: &Command, error: &io::Error) -> Failure {
    Failure::new(format!("`{}` could not be started: {error}", command.get_program().display()))
}

fn line(command: &Command) -> String {
    let mut line = command.get_program().display().to_string();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
