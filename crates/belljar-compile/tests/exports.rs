//! What a tool in TypeScript exports by default.

use belljar_compile::{Source, compile};

fn error(text: &str) -> Option<String> {
    compile(&Source { file: "tool.ts", bytes: text.as_bytes() }).err().map(|error| error.to_string())
}

#[test]
fn two_default_exports_are_an_error_of_the_second() {
    let value = "export default (x: number) => x;\n";
    for other in ["export default function run() {}\n", "export default async () => 1;\n"] {
        for text in [format!("{other}{value}"), format!("{value}{other}")] {
            let said = error(&text).unwrap();
            assert!(said.contains("tool.ts:2:1") && said.contains("default export"), "{text}: {said}");
        }
    }
}

#[test]
fn signatures_and_interfaces_are_no_second_export() {
    let overloads =
        "export default function run(a: string): string;\nexport default function run(a: number): number;\n";
    let body = "export default function run(a: unknown) { return a; }\n";
    assert_eq!(error(&format!("{overloads}{body}")), None);
    for alone in [overloads, "export default interface I {}\n"] {
        let said = error(alone).unwrap();
        assert!(said.contains("no default export"), "{alone}: {said}");
    }
}
