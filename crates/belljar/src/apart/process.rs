//! A process with a deadline.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// What a process did.
pub(crate) struct Done {
    pub(crate) status: ExitStatus,
    pub(crate) output: Vec<u8>,
    pub(crate) messages: Vec<u8>,
}

/// Why there is nothing to look at.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// It could not be started, or not be spoken to.
    Unable(std::io::Error),
    /// It was killed at its deadline.
    Late,
    /// It said more than it may.
    Talkative,
}

/// Starts a process, hands it its input, and takes its output, at most `most` bytes, and the first `messages` bytes of its
/// messages, if those are piped. At the deadline, and whatever happens, it is killed with all of its group.
pub(crate) fn run(
    command: &mut Command,
    input: &[&[u8]],
    most: u64,
    messages: u64,
    deadline: Duration,
) -> Result<Done, Stopped> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(Stopped::Unable)?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let child = Arc::new(Mutex::new(child));
    let (finished, wait) = mpsc::channel::<()>();
    let watched = child.clone();
    let watch = thread::Builder::new().name("deadline".into()).spawn(move || {
        let late = wait.recv_timeout(deadline) == Err(RecvTimeoutError::Timeout);
        if late {
            kill(&watched);
        }
        late
    });
    let watch = watch.map_err(|error| {
        kill(&child);
        Stopped::Unable(error)
    })?;
    let said = stderr.map(|mut stderr| {
        thread::spawn(move || {
            let mut text = Vec::new();
            let _ = (&mut stderr).take(messages).read_to_end(&mut text);
            // The rest is let go, so that nobody waits for room in the pipe.
            let _ = std::io::copy(&mut stderr, &mut std::io::sink());
            text
        })
    });
    // A process that ends before it has read everything is judged by how it ended.
    if let Some(mut stdin) = stdin {
        let _ = input.iter().try_for_each(|part| stdin.write_all(part));
    }
    let mut output = Vec::new();
    let read = stdout.map_or(Ok(0), |stdout| stdout.take(most + 1).read_to_end(&mut output));
    let too_much = output.len() as u64 > most;
    if too_much || read.is_err() {
        kill(&child);
    }
    // Its output has ended; whether it has, the deadline still watches.
    let status = loop {
        let ended = child.lock().unwrap_or_else(PoisonError::into_inner).try_wait();
        match ended {
            Ok(Some(status)) => break Ok(status),
            Ok(None) => thread::sleep(Duration::from_micros(200)),
            Err(error) => break Err(error),
        }
    };
    drop(finished);
    kill_group(&child);
    let late = watch.join().unwrap_or(false);
    let messages = said.and_then(|said| said.join().ok()).unwrap_or_default();
    match (late, too_much, read, status) {
        (true, ..) => Err(Stopped::Late),
        (_, true, ..) => Err(Stopped::Talkative),
        (_, _, Err(error), _) | (.., Err(error)) => Err(Stopped::Unable(error)),
        (.., Ok(status)) => Ok(Done { status, output, messages }),
    }
}

fn kill(child: &Mutex<Child>) {
    kill_group(child);
    let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
}

/// Kills what the process has left behind. Its group bears its number, which the system gives to nobody else while one of
/// the group is left.
fn kill_group(child: &Mutex<Child>) {
    #[cfg(unix)]
    {
        let id = child.lock().unwrap_or_else(PoisonError::into_inner).id().cast_signed();
        if let Some(group) = rustix::process::Pid::from_raw(id) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
    #[cfg(not(unix))]
    let _ = child;
}
