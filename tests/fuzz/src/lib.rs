//! Fuzzes every parser that meets what strangers wrote.
//!
//! A *target* is a parser with a property that must hold for whatever bytes it is given. An *engine* of this crate makes
//! the bytes: it changes inputs that are known, keeps those that reach new code, and changes these in turn. Nothing but a
//! stable toolchain is needed: rustc writes the counters of what was reached into Belljar's own crates, if it is asked
//! to ([`coverage`]), and without them the same engine tries changes at random.
//!
//! `cargo xtask fuzz` runs the targets one after the other; an ordinary test replays what they found (`corpus/`).
//!
//! What it is not: a proof, or a search for faults of memory, which these crates cannot have without unsafe code. Links that
//! carry a tool are read by the page, in TypeScript: `www/tests/share.test.mjs` tries changed ones.

#![expect(clippy::panic, reason = "a property that is broken ends in a panic")]

pub mod campaign;
pub mod coverage;
pub mod mutation;
pub mod random;
pub mod targets;

/// A parser, and what must hold of it.
pub struct Target {
    /// Its name, which is also that of its folder in the corpus.
    pub name: &'static str,
    /// Panics unless the property holds for these bytes.
    pub check: fn(&[u8]),
    /// Words of its language, which changes put in.
    pub words: &'static [&'static str],
    /// Inputs that are made, beside those of the corpus.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Bytes of an input at most: more would be slower and reach nothing else.
    pub most: usize,
}
