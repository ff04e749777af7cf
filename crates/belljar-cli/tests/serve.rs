//! What `belljar serve` refuses before it listens.
#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The arguments after `serve --page page`, and what is said.
const REFUSED: [(&str, &str); 8] = [
    ("--relay", "--policy"),
    ("--policy policy.toml", "--relay"),
    ("--relay-token token", "--relay"),
    ("--relay --policy nowhere.toml", "nowhere.toml"),
    ("--relay --policy wrong.toml", "wrong.toml"),
    ("--relay --policy policy.toml --relay-token nowhere", "cannot read the token nowhere"),
    ("--relay --policy policy.toml --relay-token short", "short: "),
    ("--relay --policy policy.toml --listen 0.0.0.0:0", "give it a token of yours with --relay-token"),
];

/// Files in the folder that it is started in.
const FILES: [(&str, &str); 6] = [
    ("page/index.html", "<!doctype html>"),
    ("page/headers.json", "{}"),
    ("policy.toml", "version = 1\n[http]\nallow = ['GET https://example.com/**']\n"),
    ("wrong.toml", "version = 1\n[http]\nalow = ['GET https://example.com/**']\n"),
    ("token", "0123456789abcdef0123456789abcdef"),
    ("short", "1234"),
];

#[test]
fn a_relay_that_cannot_be_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("page")).unwrap();
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let problems: Vec<String> = REFUSED.iter().filter_map(|case| refused(folder.path(), *case)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What is wrong with how the program ended, if anything.
fn refused(folder: &Path, (arguments, words): (&str, &str)) -> Option<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_belljar"));
    command.args(["serve", "--page", "page"]).args(arguments.split_whitespace()).current_dir(folder);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // One that serves after all would go on for ever.
    let until = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() && Instant::now() < until {
        thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let good = output.status.code() == Some(2) && said.contains(words);
    (!good).then(|| format!("serve {arguments}: {:?}, {said}", output.status.code()))
}
