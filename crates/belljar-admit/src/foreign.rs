//! What a refused file is, where it was made for something else than Belljar: told by its imports and by what its makers
//! leave in it. Nothing is admitted because of it; it only names the way out.

use wasmparser::{Parser, Payload};

/// Imports that are looked at.
const IMPORTS: usize = 10_000;

/// Bytes that are searched for the names of tools which put interpreters into components (64 MiB).
const SEARCHED: usize = 64 << 20;

/// What this is and what to do instead, in a sentence; nothing if it is nothing that is known.
pub(crate) fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let component = Parser::is_component(bytes);
    if component {
        if contains(bytes, b"componentize_py") || contains(bytes, b"componentize-py") || contains(bytes, b"libpython3")
        {
            return Some(PYTHON);
        }
        if contains(bytes, b"starlingmonkey")
            || contains(bytes, b"StarlingMonkey")
            || contains(bytes, b"componentize-js")
        {
            return Some(JAVASCRIPT);
        }
        if contains(bytes, b"dotnet.") || contains(bytes, b"componentize-dotnet") {
            return Some(DOTNET);
        }
    }
    let (mut found, mut looked) = (None, 0);
    for payload in Parser::new(0).parse_all(bytes) {
        let Ok(payload) = payload else { break };
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports().flatten() {
                    looked += 1;
                    found = found.or_else(|| of_import(import.module, import.name));
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section.into_iter().flatten() {
                    looked += 1;
                    if import.name.name.starts_with("wasi:") {
                        found = Some(PREVIEW_2);
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.into_iter().flatten() {
                    looked += 1;
                    if export.name.name.starts_with("wasi:") {
                        found = Some(PREVIEW_2);
                    }
                }
            }
            _ => {}
        }
        if looked > IMPORTS {
            break;
        }
        // What a component imports says more than its modules do.
        if found == Some(PREVIEW_2) || found.is_some() && !component {
            break;
        }
    }
    found
}

fn of_import(module: &str, name: &str) -> Option<&'static str> {
    match (module, name) {
        ("wasi_unstable", _) => Some(UNSTABLE),
        ("wasi_snapshot_preview1" | "wasi", _) => Some(PREVIEW_1),
        ("gojs" | "go", _) => Some(GO),
        ("env", "abort" | "seed" | "trace" | "console.log") => Some(ASSEMBLYSCRIPT),
        ("env", "memory" | "__linear_memory" | "__memory_base" | "__stack_pointer") => Some(IMPORTED_MEMORY),
        ("env" | "a", name) if EMSCRIPTEN.iter().any(|prefix| name.starts_with(prefix)) => Some(EMSCRIPTED),
        (module, _) if module.starts_with("__wbindgen") || module == "wbg" || module.ends_with("_bg.js") => {
            Some(WASM_BINDGEN)
        }
        (module, _) if module.starts_with("wasi:") => Some(PREVIEW_2),
        _ => None,
    }
}

const EMSCRIPTEN: [&str; 7] = ["emscripten_", "_emscripten_", "invoke_", "_emval_", "_embind_", "__syscall_", "__cxa_"];

const PREVIEW_1: &str = "this component holds a program for WASI preview 1 in wrapping of its own: run the module itself, as the toolchain \
                         writes it for wasm32-wasip1";
const UNSTABLE: &str = "this is a program for WASI before preview 1 (wasi_unstable): compile it with a toolchain of today, for wasm32-wasip1";
const PREVIEW_2: &str = "this is a component for WASI preview 2 (it uses wasi: interfaces): a tool imports interfaces of \
                         belljar:tool only. Compile it for WASI preview 1 (wasm32-wasip1) as a command, which reads JSON from standard \
                         input and writes JSON to standard output, or write a function: in Rust #[belljar::tool] in a .rs file, in \
                         another language the world of wit/tool/tool.wit";
const PYTHON: &str = "this is Python, put into a component with its interpreter by componentize-py: such components consist of many \
                      modules, which do not run here. Write the tool in TypeScript, JavaScript or Rust";
const JAVASCRIPT: &str = "this is JavaScript, put into a component with an engine by componentize-js (jco): Belljar has an engine \
                          of its own. Run the .js or .ts file itself";
const DOTNET: &str = "this is .NET, put into a component with its runtime, which does not run here. Write the tool in TypeScript, \
                      JavaScript or Rust";
const GO: &str = "this is Go for a JavaScript host (GOOS=js), which needs Go's wasm_exec.js. Write the tool in TypeScript, \
                  JavaScript or Rust";
const ASSEMBLYSCRIPT: &str = "this is AssemblyScript, whose runtime asks for functions of its usual hosts. Compile it with \
                              `--use abort=` (and `--use seed=`, `--use trace=`), so that it asks for none";
const IMPORTED_MEMORY: &str = "it takes its memory from its host, as for dynamic linking: link it as a whole, with a memory of its own \
                               that it exports as \"memory\"";
const EMSCRIPTED: &str = "this is made by Emscripten for its own JavaScript: a tool has no such host. Compile it without Emscripten's \
                          runtime, for the world of wit/tool/tool.wit";
const WASM_BINDGEN: &str = "a crate in it asks JavaScript for something by wasm-bindgen, and there is no JavaScript around a tool. \
                            Leave out what brings it in (see `cargo tree -i wasm-bindgen`): the feature `js` or `wasm_js` of \
                            getrandom, uuid or rand, `wasmbind` of chrono (take chrono with default-features = false), js-sys, \
                            web-sys, instant. Randomness is in belljar::random, the time in belljar::clock";

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    let searched = bytes.get(..SEARCHED).unwrap_or(bytes);
    let Some((first, rest)) = word.split_first() else { return false };
    let mut from = 0;
    while let Some(at) = searched.get(from..).and_then(|part| part.iter().position(|byte| byte == first)) {
        from += at + 1;
        if searched.get(from..).is_some_and(|part| part.starts_with(rest)) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_for_others_is_named() {
        for (text, expected) in [
            (
                r#"(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))))"#,
                PREVIEW_1,
            ),
            (r#"(module (import "wasi_unstable" "fd_write" (func)))"#, UNSTABLE),
            (r#"(module (import "env" "abort" (func (param i32 i32 i32 i32))))"#, ASSEMBLYSCRIPT),
            (r#"(module (import "__wbindgen_placeholder__" "__wbindgen_describe" (func (param i32))))"#, WASM_BINDGEN),
            (r#"(module (import "env" "memory" (memory 1)))"#, IMPORTED_MEMORY),
            (r#"(module (import "env" "__syscall_openat" (func)))"#, EMSCRIPTED),
            (r#"(module (import "gojs" "runtime.wasmExit" (func (param i32))))"#, GO),
            (r#"(component (import "wasi:cli/environment@0.2.3" (instance)))"#, PREVIEW_2),
            (
                r#"(component (core module (import "wasi_snapshot_preview1" "x" (func))) (import "wasi:io/streams@0.2.0" (instance)))"#,
                PREVIEW_2,
            ),
            (r#"(component (core module (@custom "producers" "componentize-py 0.17")))"#, PYTHON),
        ] {
            assert_eq!(foreign(&wat::parse_str(text).unwrap()), Some(expected), "{text}");
        }
        for text in [
            r#"(module (import "belljar:tool/clock@0.1.0" "now" (func (result i64))))"#,
            r#"(module (import "env" "f" (func)))"#,
            "(component)",
        ] {
            assert_eq!(foreign(&wat::parse_str(text).unwrap()), None, "{text}");
        }
        assert_eq!(foreign(b"garbage"), None);
    }
}
