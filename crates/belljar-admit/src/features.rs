//! The features of WebAssembly that tools may use: an explicit list, the same on every host.

use wasmparser::{Validator, WasmFeatures as F};

/// What core modules may use. Everything else is refused, and refused by name.
pub(crate) fn admitted() -> F {
    F::MUTABLE_GLOBAL
        | F::SATURATING_FLOAT_TO_INT
        | F::SIGN_EXTENSION
        | F::REFERENCE_TYPES
        | F::MULTI_VALUE
        | F::BULK_MEMORY
        | F::SIMD
        | F::FLOATS
        | F::EXTENDED_CONST
}

/// Proposals that are not admitted, by the names that people know them by. Tail calls are among them because their
/// frames would have to be given back before the call.
const REFUSED: &[(F, &str)] = &[
    (F::THREADS, "threads"),
    (F::SHARED_EVERYTHING_THREADS, "shared-everything threads"),
    (F::MEMORY64, "memory64"),
    (F::MULTI_MEMORY, "multiple memories"),
    (F::RELAXED_SIMD, "relaxed SIMD"),
    (F::TAIL_CALL, "tail calls"),
    (F::EXCEPTIONS, "exceptions"),
    (F::LEGACY_EXCEPTIONS, "legacy exceptions"),
    (F::GC_TYPES, "external references"),
    (F::FUNCTION_REFERENCES, "typed function references"),
    (F::GC, "garbage collection"),
    (F::CUSTOM_PAGE_SIZES, "custom page sizes"),
    (F::MEMORY_CONTROL, "memory control"),
    (F::STACK_SWITCHING, "stack switching"),
    (F::WIDE_ARITHMETIC, "wide arithmetic"),
    (F::CUSTOM_DESCRIPTORS, "custom descriptors"),
    (F::COMPACT_IMPORTS, "compact imports"),
    (F::CM_ASYNC, "component-model async"),
    (F::CM_ASYNC_STACKFUL, "component-model async"),
    (F::CM_MORE_ASYNC_BUILTINS, "component-model async"),
    (F::CM_THREADING, "component-model threads"),
    (F::CM_ERROR_CONTEXT, "component-model error contexts"),
    (F::CM_VALUES, "component-model values"),
    (F::CM_NESTED_NAMES, "component-model nested names"),
    (F::CM_FIXED_LENGTH_LISTS, "component-model fixed-length lists"),
    (F::CM_MAP, "component-model maps"),
    (F::CM_GC, "component-model garbage collection"),
    (F::CM64, "component-model 64-bit memories"),
    (F::CM_IMPLEMENTS, "component-model implements"),
];

/// Bytes up to which a refused component is validated again and again to name the feature.
const NAMED_BYTES: usize = 1 << 20;

/// Which feature, if it were admitted, would make these bytes valid?
pub(crate) fn missing(bytes: &[u8], features: F) -> Option<&'static str> {
    if bytes.len() > NAMED_BYTES {
        return None;
    }
    let valid = |features: F| Validator::new_with_features(features).validate_all(bytes).is_ok();
    let some = REFUSED.iter().fold(F::empty(), |all, (feature, _)| all | *feature);
    if !valid(features | some) {
        return None;
    }
    // Proposals build on each other: the smallest set of them is that of the last one needed.
    let mut needed = features;
    for (feature, name) in REFUSED {
        needed |= *feature;
        if valid(features | *feature) || valid(needed) {
            return Some(name);
        }
    }
    None
}
