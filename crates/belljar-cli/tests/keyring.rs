//! Secrets from the system's keyring: on Linux the kernel's, which needs no desktop.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const VALUE: &str = "m4Qz8Lw1Xc6Vb3Np";

/// A server that says whether it got the secret.
fn server() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Ok(reader) = stream.try_clone() else { return };
            let lines = BufReader::new(reader).lines().map_while(std::result::Result::ok);
            let got = lines.take_while(|line| !line.is_empty()).any(|line| line.ends_with(&format!("Bearer {VALUE}")));
            let answer = if got { "got it" } else { "did not" };
            let length = answer.len();
            let _gone =
                write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}");
        }
    });
    Ok(address)
}

#[test]
fn a_secret_comes_from_the_keyring() -> Result<()> {
    // A name of this test alone, in the keyring of this session.
    let service = format!("belljar-test-{}", std::process::id());
    let entry = keyring::Entry::new(&service, "somebody")?;
    if let Err(why) = entry.set_password(VALUE) {
        eprintln!("SKIPPED: the kernel keeps no keys here, so that the keyring is not tested: {why}");
        return Ok(());
    }
    let (folder, base) = (tempfile::tempdir()?, server()?);
    fs::write(folder.path().join("tool.js"), "export default async (url) => (await fetch(url)).text();")?;
    let policy = format!(
        "version = 1\n[http]\nallow = [\"GET {base}/**\"]\n\
         [[secret]]\nname = \"token\"\nfor = \"{base}\"\nin = \"header authorization: Bearer {{}}\"\n"
    );
    fs::write(folder.path().join("policy.toml"), policy)?;
    let run = |secret: &str| -> Result<Output> {
        let input = format!("\"{base}/\"");
        let arguments = ["run", "tool.js", "--policy", "policy.toml", "--input", &input, "--secret", secret];
        let mut command = Command::new(env!("CARGO_BIN_EXE_belljar"));
        command.current_dir(folder.path()).args(arguments).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
        Ok(command.stdin(Stdio::null()).output()?)
    };
    let found = run(&format!("token=keyring:{service}/somebody"));
    let other = run(&format!("token=keyring:{service}/nobody"));
    let wrong = run("token=keyring:somewhere");
    entry.delete_credential()?;
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let (found, other, wrong) = (found?, other?, wrong?);
    assert_eq!((found.status.code(), found.stdout.as_slice()), (Some(0), &b"\"got it\"\n"[..]), "{}", said(&found));
    assert_eq!(other.status.code(), Some(2));
    assert!(said(&other).contains("no password for \"nobody\"") && !said(&other).contains(VALUE), "{}", said(&other));
    assert!(said(&wrong).contains("write keyring:SERVICE/USER"), "{}", said(&wrong));
    Ok(())
}
