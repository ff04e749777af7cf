//! The process that compiles, and the one that becomes cargo.

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use belljar_compile::Source;
use belljar_confine::Bounds;

use super::wire::{self, Answer, Job};
use crate::prepared::Facts;
use crate::rust::Build;

/// Exit codes of a process that could not begin.
const OPEN: i32 = 97;
const MUDDLED: i32 = 98;

/// Shuts itself in, compiles one thing, and ends.
pub(super) fn compile(mut arguments: impl Iterator<Item = OsString>) -> i32 {
    let mut number = || arguments.next()?.to_str()?.parse::<u64>().ok();
    let (Some(memory), Some(seconds)) = (number(), number()) else { return MUDDLED };
    if !alone() || belljar_confine::compute(&Bounds { memory, seconds, file: 0 }).is_err() {
        return OPEN;
    }
    let Some((job, bytes)) = wire::read::<Job>(std::io::stdin().lock()) else { return MUDDLED };
    // What broke is told by the answer; the terminal is not the place.
    std::panic::set_hook(Box::new(|_| {}));
    let (answer, body) = catch_unwind(AssertUnwindSafe(|| serve(job, &bytes)))
        .unwrap_or_else(|_| (Answer::Failed("the compiler broke on this tool: please report it".into()), Vec::new()));
    let Ok(head) = wire::begin(&answer, body.len()) else { return MUDDLED };
    let mut out = std::io::stdout().lock();
    let written = out.write_all(&head).and_then(|()| out.write_all(&body)).and_then(|()| out.flush());
    if written.is_ok() { 0 } else { MUDDLED }
}

fn serve(job: Job, bytes: &[u8]) -> (Answer, Vec<u8>) {
    match job {
        Job::Source { file } => match belljar_compile::compile(&Source { file: &file, bytes }) {
            Ok(compiled) => wire::answer(compiled),
            Err(error) => (Answer::Wrong(error.0.into()), Vec::new()),
        },
        Job::Component => {
            let admitted = match belljar_admit::admit(bytes) {
                Ok(admitted) => admitted,
                Err(refusal) => return (Answer::Refused(refusal.to_string()), Vec::new()),
            };
            let code = crate::engine::engine(None)
                .map_err(|error| error.to_string())
                .and_then(|engine| engine.precompile_module(&admitted.core).map_err(|error| format!("{error:#}")));
            match code {
                Ok(code) => (Answer::Code(Facts::of(admitted)), code),
                Err(why) => (Answer::Failed(format!("the engine does not compile it: {why}")), Vec::new()),
            }
        }
    }
}

/// Shuts itself in as it is told on standard input, and becomes what it is told to run.
pub(super) fn build() -> i32 {
    let Some((build, _)) = wire::read::<Build>(std::io::stdin().lock()) else { return MUDDLED };
    if !alone() {
        return OPEN;
    }
    let error = build.begin();
    eprintln!("{error}");
    OPEN
}

/// Whether this thread is the only one: walls stand around the thread that builds them and those that it starts.
fn alone() -> bool {
    !cfg!(target_os = "linux") || std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1)
}
