//! What a schema, a pattern and a check may take. Each limit protects whoever compiles or checks: neither may hang,
//! overflow its stack or fill its memory, whatever the schema and the value are.

/// Levels of arrays and objects in a schema's text: what a parser of JSON admits.
pub(crate) const SCHEMA_DEPTH: usize = 128;

/// Levels of arrays and objects in a value: what a parser of JSON admits.
pub(crate) const VALUE_DEPTH: usize = 128;

/// Schemas inside one another during a check, references followed included: five for each level of a value. Protects
/// the stack, of which a page gives WebAssembly less than 1 MiB.
pub(crate) const CHECK_DEPTH: usize = 640;

/// Steps of one check: roughly one for every rule applied, element compared and byte of text matched. Protects
/// against schemas that branch exponentially.
pub(crate) const CHECK_STEPS: u64 = 10_000_000;

/// Steps that matching patterns may take in one check, beyond [`STEPS_A_BYTE`].
pub(crate) const PATTERN_STEPS: u64 = 1_000_000;

/// Steps that matching a text takes from no budget, for each of its bytes: what patterns that do not go astray need.
pub(crate) const STEPS_A_BYTE: u64 = 16;

/// How many violations are reported at most.
pub(crate) const REPORTED: usize = 8;

/// Bytes of a value that a message quotes.
pub(crate) const QUOTED: usize = 300;

/// Levels of a value below which defaults are not filled in.
pub(crate) const DEFAULTS_DEPTH: usize = 64;

/// Bytes of JSON that defaults may add to a value, counted before each is put in. Protects memory: a default within
/// the items of a default is put in as often as there are items.
pub(crate) const DEFAULTS_BYTES: usize = 1 << 20;

/// Steps that filling in defaults may take: one for each value looked at and property looked up.
pub(crate) const DEFAULTS_STEPS: usize = 10_000_000;

/// Bytes of the places of all schemas within a schema, written out. Protects memory: every place repeats the names
/// above it.
pub(crate) const PLACES: usize = 16 << 20;

/// Bytes of a pattern's text.
pub(crate) const PATTERN_BYTES: usize = 1 << 16;

/// Groups inside one another in a pattern.
pub(crate) const PATTERN_DEPTH: usize = 64;

/// The largest count in a pattern's braces.
pub(crate) const REPETITIONS: u32 = 1000;

/// Instructions of one compiled pattern (of 32 bytes at most), together with the parts of its tree gone through to write them.
pub(crate) const PATTERN_PROGRAM: usize = 1 << 15;

/// Instructions of all patterns of a schema.
pub(crate) const SCHEMA_PROGRAMS: usize = 1 << 18;

/// Bits of a match's memory that are laid out flat (2 MiB); larger ones are stored where they are used.
pub(crate) const FLAT_MEMORY: usize = 1 << 24;
