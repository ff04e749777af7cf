//! Which sources may be compiled where nothing can stop it.

use crate::Source;

/// Bytes of a source that is light (64 KiB): what the compiler takes is in proportion to them, some milliseconds and some
/// tens of megabytes for the longest.
const BYTES: usize = 64 << 10;

/// Brackets, and operators that nest without brackets, one after the other, that a light source opens: the compiler
/// recurses, and each level costs stack.
const NESTING: usize = 500;

/// Whether a source is small and plain enough that compiling it takes next to nothing, as can be seen without compiling.
///
/// What is computed while compiling (values of enums, types) has bounds of its own in the compiler. A host compiles such a source where it is, and every other one in a place that it can stop.
///
/// ```
/// use belljar_compile::{Source, is_light};
/// assert!(is_light(&Source { file: "a.ts", bytes: b"export default (x: number) => x + 1" }));
/// assert!(!is_light(&Source { file: "a.js", bytes: " ".repeat(100_000).as_bytes() }));
/// ```
pub fn is_light(source: &Source<'_>) -> bool {
    let bytes = source.bytes;
    if matches!(crate::Language::of_path(source.file), Ok(crate::Language::Python)) {
        // It is taken as it is; its engine reads it, under glass.
        return true;
    }
    if bytes.starts_with(b"\0asm") {
        // It is checked and wrapped, in one go.
        return bytes.len() <= 4 * BYTES;
    }
    if bytes.len() > BYTES {
        return false;
    }
    nesting(bytes) <= NESTING
}

/// How deep a source can nest at most: open brackets, and prefix operators since the last thing that ends them. What stands
/// in strings counts, too.
fn nesting(bytes: &[u8]) -> usize {
    let (mut open, mut chain, mut deepest) = (0usize, 0usize, 0usize);
    for byte in bytes {
        match byte {
            b'(' | b'[' | b'{' | b'<' => open += 1,
            b')' | b']' | b'}' | b'>' => open = open.saturating_sub(1),
            b'!' | b'~' | b'+' | b'-' | b'?' | b'=' | b'*' | b'`' => chain += 1,
            b';' => chain = 0,
            _ => {}
        }
        deepest = deepest.max(open + chain);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::is_light;
    use crate::Source;

    fn light(text: &str) -> bool {
        is_light(&Source { file: "tool.ts", bytes: text.as_bytes() })
    }

    #[test]
    fn what_nests_deep_is_not_light() {
        for deep in ["[", "(", "{", "!", "-", "a=", "a?b:", "a=>", "x**", "Array<", "`${"] {
            assert!(!light(&deep.repeat(2_000)), "{deep}");
            assert!(light(&deep.repeat(40)), "{deep}");
        }
    }

    #[test]
    fn ordinary_tools_are_light() {
        let line = "const a = b.map((x) => x + 1).filter((x) => x !== 2);\n";
        assert!(light(&line.repeat(500)));
    }
}
