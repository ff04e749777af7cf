//! Lines for the person who runs the tool; they are part of the log.

use std::fmt::Display;

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
