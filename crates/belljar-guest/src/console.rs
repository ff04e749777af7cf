//! Lines for the person who runs the tool; they are part of the log.
//!
//! A tool that is a single file has `println!`, `print!`, `eprintln!`, `eprint!` and `dbg!` of this crate, which write here;
//! in a package, `use belljar::println;` does the same. Those of the standard library write nowhere.

use std::fmt::{Arguments, Display};
use std::sync::{Mutex, PoisonError};

use crate::world::belljar::tool::console::{Level, write};

/// Writes a line that only somebody who looks for errors wants to see.
pub fn debug(text: impl Display) {
    write(Level::Debug, &text.to_string());
}

/// Writes a line about the course of things.
pub fn info(text: impl Display) {
    write(Level::Info, &text.to_string());
}

/// Writes a line.
pub fn log(text: impl Display) {
    write(Level::Log, &text.to_string());
}

/// Writes a line about what may be wrong.
pub fn warn(text: impl Display) {
    write(Level::Warn, &text.to_string());
}

/// Writes a line about what is wrong.
pub fn error(text: impl Display) {
    write(Level::Error, &text.to_string());
}

/// What was printed without the end of its line, to the output and as an error.
static BEGUN: [Mutex<String>; 2] = [Mutex::new(String::new()), Mutex::new(String::new())];

const LEVELS: [Level; 2] = [Level::Log, Level::Error];

/// What [`println!`](crate::println) and its like expand to.
#[doc(hidden)]
pub fn print(error: bool, text: Arguments<'_>, ends: bool) {
    let mut begun = BEGUN[usize::from(error)].lock().unwrap_or_else(PoisonError::into_inner);
    begun.push_str(&text.to_string());
    if ends {
        begun.push('\n');
    }
    while let Some(end) = begun.find('\n') {
        let rest = begun.split_off(end + 1);
        let line = std::mem::replace(&mut *begun, rest);
        write(LEVELS[usize::from(error)], line.trim_end_matches(['\r', '\n']));
    }
}

/// Writes the lines that were begun.
pub(crate) fn flush() {
    for (begun, level) in BEGUN.iter().zip(LEVELS) {
        let line = std::mem::take(&mut *begun.lock().unwrap_or_else(PoisonError::into_inner));
        if !line.is_empty() {
            write(level, &line);
        }
    }
}

/// Writes a line to the console, as the standard library's macro does to a terminal.
#[macro_export]
macro_rules! println {
    () => { $crate::console::print(false, ::core::format_args!(""), true) };
    ($($part:tt)*) => { $crate::console::print(false, ::core::format_args!($($part)*), true) };
}

/// Writes to the console; the line is shown when it ends.
#[macro_export]
macro_rules! print {
    ($($part:tt)*) => { $crate::console::print(false, ::core::format_args!($($part)*), false) };
}

/// Writes a line to the console, as an error.
#[macro_export]
macro_rules! eprintln {
    () => { $crate::console::print(true, ::core::format_args!(""), true) };
    ($($part:tt)*) => { $crate::console::print(true, ::core::format_args!($($part)*), true) };
}

/// Writes to the console, as an error; the line is shown when it ends.
#[macro_export]
macro_rules! eprint {
    ($($part:tt)*) => { $crate::console::print(true, ::core::format_args!($($part)*), false) };
}

/// Writes an expression and its value to the console, and returns the value.
#[macro_export]
macro_rules! dbg {
    () => { $crate::console::debug(::core::format_args!("[{}:{}]", ::core::file!(), ::core::line!())) };
    ($value:expr $(,)?) => {
        match $value {
            value => {
                $crate::console::debug(::core::format_args!(
                    "[{}:{}] {} = {:#?}", ::core::file!(), ::core::line!(), ::core::stringify!($value), &value
                ));
                value
            }
        }
    };
    ($($value:expr),+ $(,)?) => { ($($crate::dbg!($value)),+,) };
}
