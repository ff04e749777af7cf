//! The schemas of types against a table of what TypeScript accepts and refuses.

#![expect(clippy::panic, reason = "these are tests, helpers included")]

use belljar_admit::schema::Schema;
use belljar_compile::{Source, compile};
use serde_json::Value;

fn values(text: &str) -> Vec<Value> {
    let mut values = Vec::new();
    for text in text.split(';').map(str::trim).filter(|text| !text.is_empty()) {
        values.push(serde_json::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}")));
    }
    values
}

#[test]
fn types_accept_and_refuse_what_typescript_does() {
    let (mut declared, mut rows) = (String::new(), 0);
    for line in include_str!("types.txt").lines() {
        if line.starts_with('#') {
            continue;
        }
        if let Some(prelude) = line.strip_prefix("P: ") {
            declared.push_str(prelude);
            declared.push('\n');
            continue;
        }
        let mut parts = line.split(" ~");
        let (ty, good, bad) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        rows += 1;
        let source = format!("{declared}export default (input: {ty}) => 1;\n");
        let compiled =
            compile(&Source { file: "tool.ts", bytes: source.as_bytes() }).unwrap_or_else(|e| panic!("{ty}: {e}"));
        let schema = compiled.manifest.input.unwrap_or(Value::Bool(true));
        let check = Schema::compile(&schema).unwrap_or_else(|e| panic!("{ty}: {schema}: {e}"));
        for value in values(good) {
            assert!(check.check(&value).is_ok(), "{ty} refuses {value}: {schema}");
        }
        for value in values(bad) {
            assert!(check.check(&value).is_err(), "{ty} accepts {value}: {schema}");
        }
    }
    assert!(rows > 100, "{rows}");
}

#[test]
fn what_json_cannot_carry_is_said_with_its_place() {
    for (ty, said) in [
        ("{ d: Date }", "new Date(text)"),
        ("{ m: Map<string, number> }", "new Map"),
        ("{ s?: Set<string> }", "new Set"),
        ("{ n: bigint }", "bigint"),
        ("{ f: (x: number) => void }", "a function"),
        ("{ b: Uint8Array }", "base64"),
        ("{ x: Elsewhere }", "Elsewhere is not declared"),
    ] {
        let source = format!("export default (input: {ty}) => 1;\n");
        let compiled = compile(&Source { file: "tool.ts", bytes: source.as_bytes() }).unwrap();
        let warning = compiled.warnings.first().unwrap_or_else(|| panic!("{ty}: nothing is said"));
        assert!(warning.message.contains(said), "{ty}: {warning}");
        assert!(warning.place.is_some(), "{ty}");
    }
}
