//! Questions on a terminal: what a person types, and when. A pseudo-terminal needs unsafe code in Rust and none in Python.
#![cfg(unix)]

use std::process::Command;

#[test]
fn a_person_answers_on_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let tool = folder.path().join("note.ts");
    let source = r#"export default async ({ line }) => {
        const lines = JSON.parse((await belljar.kv.get("notes/all")) ?? "[]");
        lines.push(line);
        await belljar.kv.set("notes/all", JSON.stringify(lines));
        return lines.length;
    };"#;
    std::fs::write(&tool, source).unwrap();
    let several = folder.path().join("several.ts");
    let source = r#"export default async () => {
        const set = (n) => belljar.kv.set(`notes/${n}`, "x").then(() => "kept", (error) => error.code);
        return Promise.all([0, 1, 2].map(set));
    };"#;
    std::fs::write(&several, source).unwrap();
    let keeps = folder.path().join("keeps.ts");
    let source = r#"export default async () => {
        await belljar.kv.set("notes/all", "milk");
        return belljar.kv.get("notes/all");
    };"#;
    std::fs::write(&keeps, source).unwrap();
    let belljar = env!("CARGO_BIN_EXE_belljar");
    let mut script = Command::new("python3");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ask.py")).arg(belljar).arg(&tool).arg(&several).arg(&keeps);
    // The engine's compiled code is kept from one test run to the next.
    let output = script.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR")).output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
