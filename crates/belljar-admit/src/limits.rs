//! Admission's own limits: lower than the engines', so that every host refuses the same modules, and checked from
//! headers before anything is validated, compiled or copied.

/// Bytes of a component (32 MiB): bounds the time and memory of admission itself.
pub const COMPONENT_BYTES: usize = 32 << 20;

/// Core modules in a component: the tool's, and what wrapping adds: two for imports, one for `_initialize`.
pub const MODULES: u32 = 4;

/// Entries of one of a component's own sections (types, imports, instances, aliases, canonical functions, exports):
/// its wrapping is small, and the validator's work grows with the product of some of them.
pub const COMPONENT_ITEMS: u32 = 1_000;

/// Bytes of all of a component that is not its core modules (1 MiB; custom sections apart): bounds nested types.
pub const WRAPPING_BYTES: usize = 1 << 20;

/// Custom sections of a component and its modules together.
pub const CUSTOM_SECTIONS: u32 = 256;

/// Bytes of a manifest (256 KiB): bounds parsing of JSON.
pub const MANIFEST_BYTES: usize = 256 << 10;

/// Bytes of the positions that a component carries for its stack traces (4 MiB, four times what the longest source
/// needs): a host keeps them while it maps a trace.
pub const POSITIONS_BYTES: usize = 4 << 20;

/// Types of a core module: engines intern them across modules.
pub const TYPES: u32 = 10_000;

/// Parameters, or results, of a function: they travel over the native stack.
pub const ARITY: usize = 64;

/// Imports of a core module; the world has far fewer functions.
pub const IMPORTS: u32 = 100;

/// Exports of a core module: a host looks names up.
pub const EXPORTS: u32 = 1_000;

/// Bytes of one import's or export's name.
pub const NAME_BYTES: usize = 256;

/// Functions of a core module: bounds compile time and the size of engines' tables.
pub const FUNCTIONS: u32 = 50_000;

/// Bytes of one function's body (1 MiB): optimizing compilers are not linear in it.
pub const BODY_BYTES: usize = 1 << 20;

/// Bytes of one function's body once it is rewritten (7 MiB): engines take little more.
pub const WRITTEN_BODY_BYTES: usize = 7 << 20;

/// Bytes of a core module once it is rewritten (64 MiB): what a page hands to a cell at once.
pub const WRITTEN_BYTES: usize = 64 << 20;

/// Locals of one function besides its parameters: each costs stack, and a compiler's work grows with locals times
/// blocks.
pub const LOCALS: u32 = 10_000;

/// Operands of one function at a time: each may cost a slot of the native stack.
pub const OPERANDS: u32 = 10_000;

/// Nesting of blocks in one function: bounds recursion in compilers.
pub const NESTING: u32 = 1_000;

/// What one function may be for a compiler: values that are alive, and places where control parts or joins, as
/// `meter::work` counts them. Bounds the time and memory that an optimizing compiler takes for it: measured with Cranelift,
/// a unit is at most some two microseconds and half a kilobyte. The largest function of the JavaScript engine is 0.1 M.
pub const FUNCTION_WORK: u64 = 1_000_000;

/// The same for all of a core module together. The JavaScript engine is 1 M, ordinary code two to three units an operator.
pub const WORK: u64 = 12_000_000;

/// What [`FUNCTION_WORK`] is called in a refusal.
pub const FUNCTION_WORK_NAME: &str =
    "units of work for a compiler in one function (locals and operands, times the blocks through which they are alive)";

/// What [`WORK`] is called in a refusal.
pub const WORK_NAME: &str = "units of work for a compiler in all of its functions (locals and operands, times the blocks through which they are alive)";

/// Targets of one `br_table`: bounds jump tables.
pub const BR_TABLE: u32 = 16_384;

/// Globals of a core module: part of each instance.
pub const GLOBALS: u32 = 10_000;

/// Memories of a core module.
pub const MEMORIES: u32 = 1;

/// Pages of 64 KiB that a memory may begin with: all that 32 bits can address. A run's own limit is lower.
pub const PAGES: u64 = 65_536;

/// Tables of a core module: part of each instance.
pub const TABLES: u32 = 4;

/// Elements of a table, at its start and ever: instances are initialized by copying them.
pub const TABLE_ELEMENTS: u32 = 100_000;

/// Element segments, or data segments, of a core module: instantiation walks through them.
pub const SEGMENTS: u32 = 10_000;

/// Elements of all element segments together: instantiation copies them, unmetered.
pub const SEGMENT_ELEMENTS: u32 = 400_000;

/// The call stack of a run, in slots of eight bytes (704 KiB): what the worker of a browser has, whose frames are the
/// largest, so that a run ends at the same call everywhere. A function that calls others takes [`FRAME_SLOTS`], its locals
/// and operands, and once more its parameters and results, which callers hand over on the stack; small functions that
/// call nothing take none.
pub const STACK_SLOTS: i64 = 88 << 10;

/// The call stack of what serves the Canonical ABI, `cabi_realloc` above all (192 KiB): while a guest waits on a stack of
/// its own, a browser calls it on the worker's, which is half as large.
pub const HELPER_SLOTS: i64 = 24 << 10;

/// Slots of a frame besides its locals and operands: return address, saved registers, spills.
pub const FRAME_SLOTS: u32 = 12;

/// The export by which a guest asks how many slots of its stack are left, `() -> i32`: the meter puts the number in place
/// of each call of it by name. What the function itself returns is seen only where nothing is metered.
pub const LEFT_EXPORT: &str = "belljar_stack_left";

/// What a guest hands to `refill`, instead of its counter, when its stack is used up.
pub const DEEP: i64 = i64::MIN;

/// What a guest hands to `refill`, instead of its counter, when what serves the Canonical ABI calls an import.
pub const LEFT: i64 = i64::MIN + 1;

/// Slots that functions may take without accounting for them, together with all that they call: bounds what stands
/// on top of the accounted stack.
pub const UNCHECKED_SLOTS: u32 = 1_000;

/// Operators that a function may have without a check at its entry, together with all that it calls: bounds how late
/// the end of the budget is noticed.
pub const UNCHECKED_OPERATORS: u32 = 200;

/// Calls in one function up to which it is looked at whether what it calls is small.
pub const KNOWN_CALLS: usize = 64;
