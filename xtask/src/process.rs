//! Starting other programs, and saying which one failed.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
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

/// Runs all stages, also after one of them failed, and says how long each took; what failed, a sentence each.
pub fn stages(root: &Path, stages: &[(&str, Stage)]) -> Vec<String> {
    let timed = |(name, stage): &(&str, Stage)| {
        let began = Instant::now();
        let failed = stage(root).err().map(|failure| format!("{name}: {failure}"));
        eprintln!("[{name}: {} s]", began.elapsed().as_secs());
        failed
    };
    stages.iter().filter_map(timed).collect()
}

/// Runs stages beside each other, as many as there are processors, each as a program with these arguments. What each says is
/// shown when it has ended, so that it stands together; what failed, a sentence each.
pub fn beside<'a, const N: usize>(
    program: &Path,
    names: &[&'a str],
    arguments: impl Fn(&'a str) -> [&'a str; N] + Sync,
) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let work = || {
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            let began = Instant::now();
            let ran = said(program, &arguments(name));
            let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
            let (good, text) = ran.unwrap_or_else(|error| (false, error.to_string()));
            eprintln!("{text}[{name}: {} s]", began.elapsed().as_secs());
            if !good {
                failed.push(format!("{name}: what it said stands above"));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a program; whether it succeeded, and all that it said, in order.
fn said(program: &Path, arguments: &[&str]) -> io::Result<(bool, String)> {
    let (mut reader, writer) = io::pipe()?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // The writers that this process holds, without which there is an end.
    drop(command);
    let mut text = Vec::new();
    reader.read_to_end(&mut text)?;
    Ok((child.wait()?.success(), String::from_utf8_lossy(&text).into_owned()))
}

/// Fails with the list of what failed, if anything did.
pub fn summary(failed: &[String]) -> Result<(), Failure> {
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
