//! What compiling a source may take. Whoever compiles runs strangers' text: each limit protects its stack, its memory
//! or its time, and is looked at before the work or while it grows.

/// Brackets that may be open at a time. Protects the parser's stack, and the engine's.
pub(super) const NESTING: usize = 1_000;

/// Tokens that could stand inside one another: the parser and what goes through its tree recurse once or more for
/// each. Protects [`STACK`]; see `nesting.rs` for how they are counted.
pub(super) const NESTED_TOKENS: usize = 25_000;

/// Bytes of stack for compiling: what [`NESTED_TOKENS`] levels take, and twice that. Only what is used of it costs
/// memory.
#[cfg(not(target_family = "wasm"))]
pub(super) const STACK: usize = 256 << 20;

/// Bytes of text that all constant strings of enums may be computed to, steps in between included. Protects memory:
/// 500 bytes of source can double a text forty times.
#[cfg(feature = "typescript")]
pub(super) const ENUM_TEXT: usize = 2 << 20;

/// Blocks that one enum or namespace may be spread over. Protects time: names are looked for in all of them.
#[cfg(feature = "typescript")]
pub(super) const BLOCKS: usize = 64;

/// Steps that evaluating types may take: one for each type looked at, member copied and alternative compared.
/// Protects time and memory: types are a programming language.
pub(super) const TYPE_STEPS: usize = 500_000;

/// Types inside one another while they are evaluated. Protects the stack.
pub(super) const TYPE_DEPTH: usize = 200;

/// Bytes of a schema made from types, counted while it is written; a manifest takes no larger one.
pub(super) const SCHEMA_BYTES: usize = 64 << 10;

/// Bytes of the values in a `tool` constant, counted while they are put together: constants can be spread into one
/// another.
pub(super) const MANIFEST_BYTES: usize = 1 << 20;

/// Places that are named where a schema says less than its type.
pub(super) const NOTES: usize = 16;
