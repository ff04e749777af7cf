//! WASI preview 1, answered with what the world `belljar:tool` has.
//!
//! A command of any toolchain asks for descriptors, directories and clocks. This crate answers each call with requests of the
//! world, so that a host, its policy and its log see `files read /data/a.txt` and know nothing of WASI.
//!
//! The mapping is in the modules of this crate. In which form it meets a program is the business of one module, `form`, which says
//! where the program's memory is, what its standard input holds, where its standard output goes, and how it ends. There are two:
//!
//! * `command`: a core module that `belljar-compile` joins to a command;
//! * `linked`, with the feature of that name: a static library that is linked into an interpreter in the place of WASI's imports.
//!
//! There is one preopened directory, `/`, with descriptor 3. There are no arguments but the tool's name, and no environment.
#![cfg_attr(target_family = "wasm", no_std)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(target_family = "wasm")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

pub mod errno;
pub mod json;
pub mod lines;
pub mod path;

#[cfg(all(target_family = "wasm", not(feature = "linked")))]
mod command;
#[cfg(target_family = "wasm")]
mod descriptors;
#[cfg(target_family = "wasm")]
mod directory;
#[cfg(target_family = "wasm")]
mod files;
#[cfg(all(target_family = "wasm", feature = "linked"))]
mod linked;
#[cfg(target_family = "wasm")]
mod memory;
#[cfg(target_family = "wasm")]
mod preview1;
#[cfg(target_family = "wasm")]
mod room;
#[cfg(target_family = "wasm")]
mod single;
#[cfg(target_family = "wasm")]
mod world;

#[cfg(all(target_family = "wasm", not(feature = "linked")))]
use command as form;
#[cfg(all(target_family = "wasm", feature = "linked"))]
use linked as form;
