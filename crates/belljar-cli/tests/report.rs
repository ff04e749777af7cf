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
