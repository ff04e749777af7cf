//! What `--format json` says is what the tool said.

use std::fs;
use std::process::Command;

/// A tool whose output is this text.
fn says(text: &str) -> String {
    let mut bytes = String::new();
    for byte in text.bytes() {
        bytes.push_str(&format!("\\{byte:02x}"));
    }
    let length = text.len();
    format!(
        r#"(module (memory (export "memory") 1)
             (data (i32.const 16) "\00\00\00\00\40\00\00\00\{length:02x}\00\00\00")
             (data (i32.const 64) "{bytes}")
             (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 256)
             (func (export "run") (param i32 i32) (result i32) i32.const 16))"#
    )
}

/// To read a number here and write it again could change it: then it would be another answer, with exit code 0.
#[test]
fn the_output_is_shown_digit_by_digit_on_one_line() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let said = "{\"big\": 340282366920938463463374607431768211455,\n \"small\": -3682.16773885776460,\r\n\t\"text\": \"a\\nb\"}";
    fs::write(folder.path().join("tool.wat"), says(said))?;
    let run = Command::new(env!("CARGO_BIN_EXE_belljar"))
        .current_dir(folder.path())
        .args(["run", "tool.wat", "--input", "null", "--format", "json"])
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .output()?;
    let shown = String::from_utf8(run.stdout)?;
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let expected = said.replace(['\n', '\r'], " ");
    assert!(shown.contains(&format!("\"output\":{expected},\"message\":\"\"")), "{shown}");
    assert_eq!(shown.lines().count(), 1, "{shown}");
    Ok(())
}

/// `docs/wire.md` has the members. The page's report has the same: `tests/browser/package.test.mjs`.
#[test]
fn the_report_has_the_members_that_the_documentation_names() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let tool = r#"export default async () => {
        await belljar.kv.get("a").catch(() => {});
        belljar.artifact("made.txt", "text/plain", new Uint8Array(3));
        for (;;) ;
    };"#;
    fs::write(folder.path().join("tool.js"), tool)?;
    let run = Command::new(env!("CARGO_BIN_EXE_belljar"))
        .current_dir(folder.path())
        .args(["run", "tool.js", "--input", "null", "--format", "json", "--fuel", "10M"])
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .output()?;
    let report: serde_json::Value = serde_json::from_slice(&run.stdout)?;
    let members: Vec<&str> = report.as_object().ok_or("no object")?.keys().map(String::as_str).collect();
    let all = [
        "outcome",
        "exitCode",
        "message",
        "code",
        "stack",
        "budget",
        "refusals",
        "artifacts",
        "questions",
        "usage",
        "log",
    ];
    assert_eq!(members, all);
    assert_eq!((&report["exitCode"], &report["budget"]), (&6.into(), &"fuel".into()));
    let artifact = serde_json::json!([{"name": "made.txt", "mediaType": "text/plain", "size": 3}]);
    assert_eq!(report["artifacts"], artifact);
    assert_eq!(report["refusals"][0]["grant"], "kv get a");
    assert_eq!(report["usage"]["consoleDropped"], 0);
    assert_eq!(report["log"]["head"].as_str().map(str::len), Some(64));
    Ok(())
}
