//! A process shuts itself in before it touches what a stranger made.
//!
//! There are two rooms. In the *computing* room ([`compute`]) a process can read its standard input, write its standard
//! output, use memory and threads, and nothing else: no file, no network, no other process. In the *building* room
//! ([`build`]) it can start programs and use the files that it is given, and nothing else.
//!
//! On Linux the walls are Landlock (files), seccomp (system calls) and resource limits. Elsewhere there are only resource
//! limits where the system has them, and whoever started the process can kill it: [`compute`] says so by its
//! [`Walls`], and [`build`] refuses.
//!
//! It is not a container: the process keeps its user and sees the same kernel.
//!
//! ```no_run
//! use belljar_confine::{Bounds, compute};
//!
//! // First in `main` of a process that was started for this, before it has threads.
//! let bounds = Bounds { memory: 1 << 30, seconds: 30, file: 0 };
//! let walls = compute(&bounds)?;
//! println!("{walls:?}");
//! # Ok::<(), belljar_confine::Failed>(())
//! ```

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod descriptors;
#[cfg(target_os = "linux")]
mod files;
#[cfg(unix)]
mod resources;
#[cfg(unix)]
mod session;

use std::path::PathBuf;

use thiserror::Error;

/// What a process may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of memory that it may write to.
    pub memory: u64,
    /// Seconds of processor time, of all its threads together.
    pub seconds: u64,
    /// Bytes of one file that it writes.
    pub file: u64,
}

/// What a room for building has in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Files and folders that can be read, and programs that can be started from them. What is not there is left out.
    pub read: Vec<PathBuf>,
    /// Folders that can be written to as well.
    pub write: Vec<PathBuf>,
    /// Devices and files that can be read and written, but not replaced.
    pub devices: Vec<PathBuf>,
}

/// What stands around a process that computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walls {
    /// The system refuses it everything but memory, threads, and its standard input and output.
    Closed,
    /// Its memory and time are bounded where the system can do that, and it can be killed; what it could read, it still can.
    Killable,
}

/// Why a process could not be shut in.
#[derive(Debug, Error)]
#[error("the process cannot be shut in: {what}: {why}")]
pub struct Failed {
    what: &'static str,
    why: String,
}

impl Failed {
    fn new(what: &'static str, why: impl std::fmt::Display) -> Self {
        Failed { what, why: why.to_string() }
    }
}

/// Whether this system has the walls that [`build`] needs.
pub fn can_build() -> bool {
    #[cfg(target_os = "linux")]
    {
        files::supported() && calls::supported()
    }
    #[cfg(not(target_os = "linux"))]
    {
        false
    }
}

/// Shuts this process in to compute. It must not have threads yet.
///
/// # Errors
///
/// If the system has the means but refuses them.
pub fn compute(bounds: &Bounds) -> Result<Walls, Failed> {
    #[cfg(unix)]
    {
        session::lead(None)?;
        resources::bound(bounds)?;
    }
    #[cfg(not(unix))]
    let _ = bounds;
    #[cfg(target_os = "linux")]
    {
        descriptors::close_all_but_standard();
        // Either of the two keeps files away; network and processes are kept away by the second.
        if files::supported() {
            files::only(&Room::default())?;
        }
        if calls::supported() {
            calls::only_compute()?;
            return Ok(Walls::Closed);
        }
    }
    Ok(Walls::Killable)
}

/// Bounds this process, and all that it will start, without walls. `parent` is the process that started it, without which
/// it ends where the system can do that.
///
/// # Errors
///
/// If the system has the means but refuses them.
pub fn bound(bounds: &Bounds, parent: u32) -> Result<(), Failed> {
    #[cfg(unix)]
    {
        session::lead(Some(parent))?;
        resources::bound(bounds)
    }
    #[cfg(not(unix))]
    {
        let _ = (bounds, parent);
        Ok(())
    }
}

/// Shuts this process, and all that it will start, in to build. It must not have threads yet. `parent` is the process
/// that started it, without which it ends.
///
/// # Errors
///
/// If the system lacks the means or refuses them.
pub fn build(bounds: &Bounds, room: &Room, parent: u32) -> Result<(), Failed> {
    #[cfg(target_os = "linux")]
    {
        session::lead(Some(parent))?;
        resources::bound(bounds)?;
        descriptors::close_all_but_standard();
        if !files::supported() {
            return Err(Failed::new("files", "this kernel has no Landlock"));
        }
        files::only(room)?;
        calls::no_network()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (bounds, room, parent);
        Err(Failed::new("files", "this system has no Landlock"))
    }
}
