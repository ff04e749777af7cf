//! Why a guest ended, read out of the engine's error.

use belljar_core::Stop;
use wasmtime::Trap;

/// Why a call into the guest ended it.
pub(crate) enum Death {
    Stop(Stop),
    Trap(belljar_core::Trap),
}

/// Reads the reason out of wasmtime's error.
pub(crate) fn death(error: &wasmtime::Error) -> Death {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return Death::Stop(stop.clone());
    }
    let Some(trap) = error.downcast_ref::<Trap>() else {
        return Death::Stop(Stop::Host(format!("{error:#}")));
    };
    Death::Trap(match trap {
        Trap::StackOverflow => return Death::Stop(Stop::Stack),
        Trap::UnreachableCodeReached => belljar_core::Trap::Unreachable,
        Trap::MemoryOutOfBounds => belljar_core::Trap::Memory,
        Trap::TableOutOfBounds => belljar_core::Trap::Table,
        Trap::IndirectCallToNull | Trap::BadSignature => belljar_core::Trap::Indirect,
        // A conversion of what is too large is an overflow to this engine, and one of no number is not; browsers tell neither apart.
        Trap::IntegerOverflow | Trap::BadConversionToInteger => belljar_core::Trap::Overflow,
        Trap::IntegerDivisionByZero => belljar_core::Trap::DivisionByZero,
        _ => belljar_core::Trap::Other,
    })
}
