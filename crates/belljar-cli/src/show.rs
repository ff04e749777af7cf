//! Text of others on a terminal.

use std::borrow::Cow;
use std::fmt::Arguments;
use std::io::{ErrorKind, IsTerminal, Write};

pub(crate) use belljar_text::{one_line, visible};

use crate::Failure;

/// Writes a line to standard output.
macro_rules! say {
    ($($line:tt)*) => { $crate::show::say_line(format_args!($($line)*)) };
}

/// Writes a line to standard error.
macro_rules! tell {
    ($($line:tt)*) => { $crate::show::tell_line(format_args!($($line)*)) };
}

pub(crate) use {say, tell};

/// Writes a line to standard output, as [`write`].
pub(crate) fn say_line(line: Arguments<'_>) -> Result<(), Failure> {
    write(format!("{line}\n").as_bytes())
}

/// Writes to standard output. Who reads only the beginning of a pipe has not done anything wrong.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Failure::fault(format!("cannot write the output: {error}"))),
    }
}

/// Writes a line to standard error. A run does not end because nobody hears of it any more.
pub(crate) fn tell_line(line: Arguments<'_>) {
    let _nobody_hears = std::io::stderr().lock().write_all(format!("{line}\n").as_bytes());
}

/// JSON text for standard output: exact for a file or a pipe; on a terminal, what hides is written as JSON's own escapes,
/// which is the same value.
pub(crate) fn json_for_output(text: &str) -> Cow<'_, str> {
    if std::io::stdout().is_terminal() { Cow::Owned(belljar_text::json(text)) } else { Cow::Borrowed(text) }
}
