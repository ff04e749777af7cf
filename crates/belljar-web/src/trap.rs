//! Why a guest ended, read out of a browser's error: engines have no codes for it, only words.

use belljar_core::Trap;

/// What instantiating broke on, by an engine's words for it: a segment is outside of a table or of a memory.
pub(crate) fn segment(message: &str) -> Trap {
    if message.contains("table") || message.contains("element") { Trap::Table } else { Trap::Memory }
}

/// The trap of an error message, in the words of V8, SpiderMonkey or JavaScriptCore.
pub(crate) fn trap(message: &str) -> Trap {
    let message = message.to_ascii_lowercase();
    let has = |text: &str| message.contains(text);
    if has("unreachable") {
        Trap::Unreachable
    } else if has("by zero") {
        Trap::DivisionByZero
    // "Unrepresentable" ends in "table", which comes later.
    } else if has("unrepresentable") || has("overflow") || has("conversion") || has("trunc") {
        Trap::Overflow
    } else if has("table") || has("out of bounds call_indirect") {
        if has("signature") || has("null") { Trap::Indirect } else { Trap::Table }
    } else if has("signature") || has("null function") || has("indirect call") {
        Trap::Indirect
    } else if has("memory access") || has("index out of bounds") {
        Trap::Memory
    } else {
        Trap::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What V8, SpiderMonkey and JavaScriptCore say.
    #[test]
    fn engines_words_are_understood() {
        for (words, what) in [
            ("unreachable", Trap::Unreachable),
            ("unreachable executed", Trap::Unreachable),
            ("Unreachable code should not be executed", Trap::Unreachable),
            ("memory access out of bounds", Trap::Memory),
            ("Out of bounds memory access", Trap::Memory),
            ("index out of bounds", Trap::Memory),
            ("table index is out of bounds", Trap::Table),
            ("Out of bounds table access", Trap::Table),
            ("Out of bounds call_indirect", Trap::Table),
            ("call_indirect to a null table entry", Trap::Indirect),
            ("null function or function signature mismatch", Trap::Indirect),
            ("indirect call to null", Trap::Indirect),
            ("indirect call signature mismatch", Trap::Indirect),
            ("call_indirect to a signature that does not match", Trap::Indirect),
            ("Division by zero", Trap::DivisionByZero),
            ("divide by zero", Trap::DivisionByZero),
            ("integer divide by zero", Trap::DivisionByZero),
            ("remainder by zero", Trap::DivisionByZero),
            ("float unrepresentable in integer range", Trap::Overflow),
            ("invalid conversion to integer", Trap::Overflow),
            ("Out of bounds Trunc operation", Trap::Overflow),
            ("integer overflow", Trap::Overflow),
            ("divide result unrepresentable", Trap::Overflow),
            ("something new", Trap::Other),
        ] {
            assert_eq!(trap(words), what, "{words}");
        }
        assert_eq!(segment("table initializer is out of bounds"), Trap::Table);
        assert_eq!(segment("data segment 0 is out of bounds"), Trap::Memory);
    }
}
