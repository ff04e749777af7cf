//! Starting other programs, and saying which one failed.

use std::env;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
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

/// This program's own place. What it builds may take the place, and nothing says later where it was.
pub fn own() -> Result<PathBuf, Failure> {
    env::current_exe().map_err(|error| Failure::new(format!("this program's own place is not known: {error}")))
}

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

/// Parts of a check that run one after the other, beside what this program does meanwhile.
pub struct Lane(JoinHandle<Vec<String>>);

impl Lane {
    /// Starts the parts, each as a program with these arguments. What each says is shown when it has ended, so that it stands
    /// together.
    pub fn start(program: &Path, parts: impl IntoIterator<Item = (&'static str, Vec<&'static str>)>) -> Lane {
        let (program, parts) = (program.to_owned(), parts.into_iter().collect::<Vec<_>>());
        Lane(thread::spawn(move || {
            let ran = |(name, arguments): &(&str, Vec<&str>)| {
                let began = Instant::now();
                let (good, text) = said(&program, arguments).unwrap_or_else(|error| (false, format!("{error}\n")));
                eprintln!("{text}[{name}: {} s]", began.elapsed().as_secs());
                (!good).then(|| format!("{name}: what it said stands above"))
            };
            parts.iter().filter_map(ran).collect()
        }))
    }

    /// Waits for all parts; what failed, a sentence each.
    pub fn end(self) -> Vec<String> {
        self.0.join().unwrap_or_else(|_| vec!["what ran beside the other parts panicked".to_owned()])
    }
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
