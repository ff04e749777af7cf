//! A command of WASI preview 1 becomes a core module of the world.
//!
//! It is joined with an adapter (`guests/wasi`), whose functions answer what it imports from `wasi_snapshot_preview1`. Both have one memory:
//! the adapter's part begins at 0, the command's at [`BASE`]. Joining adds that number to the immediate offset of each access of the
//! command, moves its data, and puts functions in place of `memory.size`, `memory.grow`, `memory.copy`, `memory.fill` and
//! `memory.init`. An effective address is computed in 33 bits, so that none of the command's leads below [`BASE`].

mod emit;
mod helpers;
mod lift;
mod reach;
mod survey;
#[cfg(test)]
mod tests;

use belljar_admit::Refusal;
use thiserror::Error;
use wasm_encoder::reencode;

use survey::Facts;

/// The adapter, as `cargo xtask build` makes it.
const ADAPTER: &[u8] = include_bytes!(env!("BELLJAR_WASI"));

/// Where the command's address 0 is (2 MiB). `guests/wasi` has the same number.
const BASE: u32 = 2 << 20;

const PAGE: u32 = 1 << 16;

/// Pages of the joined memory at most: one less than 32 bits can address, so that an access at the largest offset always traps.
const PAGES: u32 = 65_535;

/// The module from which a command imports.
pub(crate) const PREVIEW_1: &str = "wasi_snapshot_preview1";

/// The export by which a command is run.
const START: &str = "_start";

/// A command cannot be joined.
#[derive(Clone, Debug, Error)]
pub(crate) enum JoinError {
    /// It is not what tools may be made of.
    #[error("{why}{}", mend(.why))]
    Refused {
        /// Why.
        why: Refusal,
    },
    /// It has no `_start`.
    #[error(
        "it is a library for WASI (a reactor), and exports no \"_start\" that could be run: link it as a command, with a main \
         function, that reads JSON from standard input and writes JSON to standard output"
    )]
    Reactor,
    /// It imports a function that is not there.
    #[error("it imports {0:?} from {PREVIEW_1:?}, which WASI preview 1 does not have")]
    Unknown(String),
    /// A function that it imports, or `_start`, has another type.
    #[error("{0:?} has another type in it than in WASI preview 1")]
    WrongType(String),
    /// It imports something that is no function.
    #[error(
        "it imports {name:?} from {module:?}, which is no function: link it as a whole, with a memory and tables of its own"
    )]
    NoFunction {
        /// The import's module.
        module: String,
        /// Its name.
        name: String,
    },
    /// Its memory is too large.
    #[error("its memory begins with {0} pages of 64 KiB; a command has at most {most}", most = PAGES - BASE / PAGE)]
    Pages(u64),
    /// A data segment lies where no memory is.
    #[error("a data segment of it begins at {0:#x}, beyond what a command's memory can have")]
    Data(u32),
    /// It is damaged.
    #[error("it is not valid WebAssembly: {0}")]
    Invalid(String),
    /// The adapter does not fit, which is a fault of the build.
    #[error("the adapter for WASI is not as it should be: {0}")]
    Adapter(&'static str),
}

/// What to do about a feature that is not admitted.
fn mend(refusal: &Refusal) -> &'static str {
    let feature = match refusal {
        Refusal::TooMuch { what: "memories", .. } => "multiple memories",
        Refusal::Feature { feature, .. } => feature,
        _ => return "",
    };
    match feature {
        "threads" | "shared-everything threads" => {
            "; compile it without threads: for wasm32-wasip1, not wasm32-wasip1-threads, and without -pthread or -matomics"
        }
        "memory64" => "; compile it for 32-bit addresses: wasm32-wasip1, not wasm64",
        "multiple memories" => "; link it with one memory",
        "exceptions" | "legacy exceptions" => {
            "; compile it without them: -fno-exceptions in C++ and no setjmp, panic = \"abort\" in Rust"
        }
        "tail calls" => "; compile it without them: -mno-tail-call in C, -C target-feature=-tail-call in Rust",
        "relaxed SIMD" => "; compile it without them: -mno-relaxed-simd in C, -C target-feature=-relaxed-simd in Rust",
        "garbage collection" | "typed function references" | "external references" => {
            "; languages whose compilers need them have no form that runs here"
        }
        _ => "; compile it without that feature",
    }
}

impl From<wasmparser::Error> for JoinError {
    fn from(error: wasmparser::Error) -> Self {
        JoinError::Invalid(error.to_string())
    }
}

impl From<reencode::Error<JoinError>> for JoinError {
    fn from(error: reencode::Error<JoinError>) -> Self {
        match error {
            reencode::Error::UserError(error) => error,
            error => JoinError::Invalid(error.to_string()),
        }
    }
}

/// Whether a core module is a program for WASI preview 1: it imports from it, or it has a `_start` and is no tool.
pub(crate) fn is_program(module: &[u8]) -> bool {
    if !wasmparser::Parser::is_core_wasm(module) {
        return false;
    }
    let Ok((imports, exports)) = survey::names(module) else { return false };
    imports.contains(&PREVIEW_1) || exports.contains(&START) && !exports.contains(&"run")
}

/// The functions of WASI preview 1 that a core module imports, if it is a program for it; nothing if it is anything else.
pub fn wasi_imports(module: &[u8]) -> Option<Vec<String>> {
    is_program(module).then(|| survey::imported_from(module, PREVIEW_1))
}

/// Joins a command, whose tool has this name, with the adapter: a core module of the world `belljar:tool`.
///
/// # Errors
///
/// Why it cannot be, and how to mend that.
pub(crate) fn join(command: &[u8], name: &str) -> Result<Vec<u8>, JoinError> {
    belljar_admit::check_module(command).map_err(|why| JoinError::Refused { why })?;
    emit::join(&Facts::of(ADAPTER)?, &Facts::of(command)?, name)
}
