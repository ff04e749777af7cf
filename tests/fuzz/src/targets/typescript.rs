//! A tool in TypeScript, as light as those that a host compiles where it is.
//!
//! What comes out is JavaScript that compiles. It is the same each time, an input that its schema accepts is accepted in the form
//! that the tool gets, and a stack trace is mapped whatever lines it names.

use belljar_compile::{Form, Source, compile, is_light};
use belljar_core::Contract;

use super::repository;
use crate::Target;

pub(super) const TARGET: Target = Target { name: "typescript", check, words: WORDS, seeds, most: 4 << 10 };

const WORDS: &[&str] = &[
    "export default ",
    "export const tool = ",
    "async ",
    "function f",
    "(input: ",
    "): ",
    "=> ",
    "{ ",
    " }",
    "(",
    ")",
    "[",
    "]",
    "string",
    "number",
    "unknown",
    "| null",
    "& { a: 1 }",
    "keyof ",
    "typeof ",
    "readonly ",
    "infer T",
    " extends ",
    "Record<string, T>",
    "Partial<T>",
    "interface I ",
    "type T = ",
    "enum E { A, B = 1 << 2 }",
    "const enum ",
    "namespace N ",
    "declare ",
    "abstract class C ",
    "class C ",
    "private ",
    "accessor a = 1;",
    "static { }",
    "constructor(private a: string) {}",
    "@d ",
    "import type { A } from \"a\";",
    "import a = N.b;",
    "export =",
    "as const",
    "satisfies T",
    "<T,>",
    "a!",
    "a?.b",
    "a ?? b",
    "`${a}`",
    "`a${",
    "/* */",
    "// \n",
    "/** doc */",
    "/a/v",
    "1n",
    "1_000",
    "\"input\"",
    "name: \"a\",",
    "description: \"a\",",
    "input: { type: \"object\" },",
    "wants: [\"kv a/**\"]",
    "await ",
    "yield ",
    "using a = ",
    "label: ",
    "for (const a of b) ",
    "super(",
    "new.target",
    "import.meta",
    "import(",
    "#a",
    "\u{2028}",
    "\u{feff}",
    "\\u{61}",
    "<a>",
    ";",
    "\n",
];

fn check(input: &[u8]) {
    let source = Source { file: "tool.ts", bytes: input };
    if !is_light(&source) {
        return;
    }
    let compiled = match compile(&source) {
        Ok(compiled) => compiled,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let Form::Program(program) = compiled.form else { panic!("a program becomes a component") };
    // Schemas that an author wrote are refused here, in words.
    match Contract::new(&compiled.manifest, program.identity, None) {
        Ok(contract) => inputs(&contract),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let again = compile(&source).map(|compiled| compiled.form);
    assert!(matches!(again, Ok(Form::Program(again)) if again.code == program.code), "it is compiled in two ways");
    for line in [0, 1, 2, 1 << 20, u32::MAX] {
        program.map_stack(&format!(
            "Error: a\n    at f ({}:{line}:{line})\n    at {}:{line}\n",
            program.module, program.module
        ));
    }
    let out = Source { file: "tool.js", bytes: program.code.as_bytes() };
    if is_light(&out) {
        let result = compile(&out);
        assert!(result.is_ok(), "what comes out is no JavaScript tool: {:?}\n{}", result.err(), program.code);
    }
}

/// What a tool gets is what it would get for that.
fn inputs(contract: &Contract) {
    for text in ["{}", "null", "1", "\"a\"", "[1]", "{\"a\":1,\"text\":\"b\"}"] {
        if let Ok(given) = contract.accept_input(text) {
            assert_eq!(contract.accept_input(&given).ok(), Some(given), "{text} is accepted in two forms");
        }
    }
}

/// The tools of the cases.
fn seeds() -> Vec<Vec<u8>> {
    repository("tests/cases", ".ts", 2 << 10)
}
