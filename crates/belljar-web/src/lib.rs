//! Belljar's host in a web page.
//!
//! The page holds a run's [`belljar_core::Run`] and performs what it permits; the guest lives in a *cell*, a worker in a
//! sandboxed frame of opaque origin, which can only send messages. Everything that the cell says is judged in the page.
//!
//! The crate is built into several WebAssembly modules, one for each feature: `host` for the page, `cell` for the worker,
//! `admission`, `javascript`, `python`, `typescript` and `wasm`, of which a page loads what it needs: a tool that was prepared needs
//! none. JavaScript holds opaque handles to what they export; the
//! package in `web/` gives them the interface that people use.
//!
//! It decides nothing: policies, budgets, logs and the meaning of the guest's calls are [`belljar_core`]'s.

#[cfg(feature = "admission")]
mod admission;
#[cfg(feature = "host")]
mod call;
#[cfg(feature = "cell")]
mod cell;
#[cfg(feature = "compile")]
mod compiler;
#[cfg(feature = "host")]
mod effects;
#[cfg(feature = "host")]
mod listener;
#[cfg(feature = "host")]
mod policy;
#[cfg(feature = "host")]
mod recording;
#[cfg(feature = "host")]
mod report;
#[cfg(feature = "host")]
mod run;
#[cfg(feature = "wasm")]
mod snapshot;
#[cfg(feature = "host")]
mod start;
#[cfg(feature = "host")]
mod tool;
#[cfg(feature = "cell")]
mod trap;
#[cfg(feature = "host")]
mod verify;
