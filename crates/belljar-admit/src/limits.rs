//! Admission's own limits, lower than the engines', so that every host refuses the same modules.

/// Bytes of a component (32 MiB): bounds the time and memory of admission itself.
pub const COMPONENT_BYTES: usize = 32 << 20;

/// Functions of a core module: bounds compile time and the size of engines' tables.
pub const FUNCTIONS: u32 = 50_000;

/// Bytes of one function's body (1 MiB): optimizing compilers are not linear in it.
pub const BODY_BYTES: usize = 1 << 20;

/// Locals of one function, parameters included: each costs stack in unoptimized code.
pub const LOCALS: u32 = 5_000;

/// Nesting of blocks in one function: bounds recursion in compilers.
pub const NESTING: u32 = 1_000;

/// Targets of one `br_table`.
pub const BR_TABLE: u32 = 16_384;

/// Types of a core module.
pub const TYPES: u32 = 10_000;

/// Globals of a core module.
pub const GLOBALS: u32 = 10_000;

/// Imports or exports of a core module.
pub const NAMES: u32 = 1_000;

/// Bytes of one import's or export's name.
pub const NAME_BYTES: usize = 256;

/// Element or data segments of a core module.
pub const SEGMENTS: u32 = 100_000;

/// Tables of a core module.
pub const TABLES: u32 = 4;

/// Elements of a table, at its start and ever (100,000).
pub const TABLE_ELEMENTS: u32 = 100_000;

/// Custom sections of a component and its module.
pub const CUSTOM_SECTIONS: u32 = 256;

/// Parameters or results of a function.
pub const ARITY: usize = 64;

/// The call stack of a run, in slots of eight bytes. A function that calls others takes [`FRAME_SLOTS`] and its
/// locals and operands; a function that calls nothing takes none, and cannot nest.
pub const STACK_SLOTS: i64 = 512 << 10;

/// Slots of a frame besides its locals and operands: return address, saved registers, spills.
pub const FRAME_SLOTS: u32 = 12;
