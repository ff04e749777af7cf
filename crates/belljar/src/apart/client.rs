//! Having things compiled by another process.

use std::process::{Command, Stdio};
use std::time::Duration;

use belljar_compile::{CompileError, Compiled};

use super::process::{self, Done, Stopped};
use super::wire::{self, Answer, Job};
use super::{BUILD, COMPILE, Place};
use crate::error::LoadError;
use crate::limits;
use crate::prepared::Facts;

/// Where strangers' code is compiled, and what that may take.
#[derive(Clone, Debug)]
pub(crate) struct Compilers {
    pub(crate) place: Option<Place>,
    pub(crate) time: Duration,
    pub(crate) memory: u64,
}

impl Compilers {
    /// Compiles a source file.
    pub(crate) fn source(&self, file: &str, bytes: &[u8]) -> Result<Compiled, LoadError> {
        let memory = self.memory.saturating_add(limits::COMPILE_STACK);
        let (answer, body) = self.ask(file, &Job::Source { file: file.to_owned() }, bytes, memory)?;
        match answer {
            Answer::Wrong(remark) => Err(LoadError::Compile(CompileError(remark.into()))),
            Answer::Failed(why) => Err(not_compiled(file, why)),
            made => wire::compiled(made, body, file, bytes).ok_or_else(|| strange(file)),
        }
    }

    /// Admits a component, and compiles it to machine code.
    pub(crate) fn component(&self, file: &str, component: &[u8]) -> Result<(Facts, Vec<u8>), LoadError> {
        match self.ask(file, &Job::Component, component, self.memory)? {
            (Answer::Code(facts), code) if facts.sound() => Ok((facts, code)),
            (Answer::Refused(why), _) => Err(LoadError::RefusedApart { file: file.to_owned(), why }),
            (Answer::Failed(why), _) => Err(not_compiled(file, why)),
            _ => Err(strange(file)),
        }
    }

    /// Starts a process for one thing.
    fn ask(&self, file: &str, job: &Job, body: &[u8], memory: u64) -> Result<(Answer, Vec<u8>), LoadError> {
        let Some(place) = &self.place else {
            let why = "it is too large to be compiled inside this program, where nothing could stop that; let the program \
                       compile in a process of its own: call belljar::compile_server() first in its main, or name the \
                       program belljar-compiler with Builder::compiler";
            return Err(not_compiled(file, why.into()));
        };
        let head = wire::begin(job, body.len()).map_err(|error| LoadError::Host(error.to_string()))?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(limits::COMPILE_THREADS);
        // Of all its threads together, and one more for what is lost between them: the clock on the wall comes first.
        let seconds = (self.time.as_secs() + 1).saturating_mul(threads as u64);
        let mut command = place.command(COMPILE);
        command.args([memory.to_string(), seconds.to_string()]);
        command.env("RAYON_NUM_THREADS", threads.to_string()).stderr(Stdio::null());
        let most = limits::ANSWER_HEAD + limits::ANSWER_BODY;
        let done = match process::run(&mut command, &[&head, body], most, 0, self.time) {
            Ok(done) => done,
            Err(Stopped::Late) => return Err(self.too_long(file)),
            Err(Stopped::Talkative) => return Err(not_compiled(file, "its compiled form is too large".into())),
            Err(Stopped::Unable(error)) => {
                return Err(LoadError::Host(format!("no process can be started to compile in: {error}")));
            }
        };
        match wire::read(done.output.as_slice()) {
            Some(answer) if done.status.success() => Ok(answer),
            _ => Err(self.ended(file, &done)),
        }
    }

    fn too_long(&self, file: &str) -> LoadError {
        let why = format!(
            "compiling it took more than {:?}, the limit for it; a tool that needs longer is compiled with \
             --compile-time (Builder::compile_time)",
            self.time
        );
        not_compiled(file, why)
    }

    /// Why a process ended without an answer.
    fn ended(&self, file: &str, done: &Done) -> LoadError {
        #[cfg(unix)]
        {
            use std::os::unix::process::ExitStatusExt;
            match done.status.signal() {
                // The system's limit on processor time.
                Some(9 | 24) => return self.too_long(file),
                // An allocation that failed ends a process by SIGABRT, a stack that cannot grow by SIGSEGV.
                Some(6 | 11) => {
                    let why = format!(
                        "compiling it took more than {} MiB of memory, the limit for it; a tool that needs more is \
                         compiled with --compile-memory (Builder::compile_memory)",
                        self.memory >> 20
                    );
                    return not_compiled(file, why);
                }
                _ => {}
            }
        }
        LoadError::Host(format!("the process that was to compile {file} ended without an answer ({})", done.status))
    }
}

impl Place {
    /// This program's start, with nothing of this process's environment.
    fn command(&self, kind: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(kind).env_clear();
        // Windows starts nothing without it.
        if let Some(root) = std::env::var_os("SystemRoot").filter(|_| cfg!(windows)) {
            command.env("SystemRoot", root);
        }
        command
    }

    /// The start of a process that becomes cargo.
    pub(crate) fn builder(&self) -> Command {
        let mut command = self.command(BUILD);
        command.stderr(Stdio::piped());
        command
    }
}

fn not_compiled(file: &str, why: String) -> LoadError {
    LoadError::NotCompiled { file: file.to_owned(), why }
}

fn strange(file: &str) -> LoadError {
    LoadError::Host(format!("the process that compiled {file} gave an answer that makes no sense"))
}
