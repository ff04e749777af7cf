//! Money by day, with real processes on one ledger.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A server that counts what it is asked for, and answers all but `/never`.
struct Server {
    address: String,
    asked: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = format!("http://{}", listener.local_addr()?);
        let asked = Arc::<AtomicUsize>::default();
        let counted = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counted = counted.clone();
                std::thread::spawn(move || answer(stream, &counted));
            }
        });
        Ok(Server { address, asked })
    }
}

fn answer(stream: TcpStream, counted: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    reader.take(length).read_to_end(&mut Vec::new()).ok()?;
    counted.fetch_add(1, Ordering::SeqCst);
    if first.contains("/never") {
        std::thread::sleep(Duration::from_secs(600));
    }
    let mut stream = stream;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\nyes").ok()
}

const TOOL: &str = r#"export default async ({ url, times }) => {
    for (let at = 0; at < times; at++) await (await fetch(url, { method: "POST", body: "x" })).text();
    return times;
};"#;

fn prepare(folder: &Path, server: &Server, spend: &str) -> Result<()> {
    fs::write(folder.join("tool.js"), TOOL)?;
    let address = &server.address;
    let policy = format!(
        "version = 1\n[http]\nallow = [\"POST {address}/**\"]\nask = [\"GET {address}/**\"]\n[spend]\n{spend}\n\
         [[spend.price]]\nmatch = \"* {address}/**\"\nper-call = \"0.1 USD\"\n"
    );
    Ok(fs::write(folder.join("policy.toml"), policy)?)
}

fn belljar(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_belljar"));
    command.current_dir(folder).args(arguments).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    // A test that forgets to say where the ledger is must not write to the user's.
    command.env("XDG_STATE_HOME", folder.join("state")).stdin(Stdio::null());
    command
}

fn run(folder: &Path, server: &Server, path: &str, times: u32) -> Command {
    let input = format!("{{\"url\":\"{}{path}\",\"times\":{times}}}", server.address);
    belljar(folder, &["run", "tool.js", "--policy", "policy.toml", "--input", &input])
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

fn shown(folder: &Path) -> Result<serde_json::Value> {
    let output = belljar(folder, &["spend", "show", "--format", "json"]).output()?;
    assert!(output.status.success(), "{}", text(&output));
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[test]
fn processes_at_once_do_not_overspend_the_day() -> Result<()> {
    let (folder, server) = (tempfile::tempdir()?, Server::start()?);
    prepare(folder.path(), &server, "limit = \"0.2 USD\"\nper-day = \"0.5 USD\"")?;
    // Once, so that the engine is compiled.
    let first = run(folder.path(), &server, "/", 1).output()?;
    assert_eq!(first.status.code(), Some(0), "{}", text(&first));
    let processes: Vec<Child> = (0..6)
        .map(|_| run(folder.path(), &server, "/", 2).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn())
        .collect::<std::io::Result<_>>()?;
    let ended: Vec<Output> = processes.into_iter().map(Child::wait_with_output).collect::<std::io::Result<_>>()?;
    assert_eq!(server.asked.load(Ordering::SeqCst), 5, "{}", ended.iter().map(text).collect::<String>());
    let returned = ended.iter().filter(|output| output.status.code() == Some(0)).count();
    assert!(returned <= 2 && ended.iter().all(|output| matches!(output.status.code(), Some(0 | 6))));
    let day = &shown(folder.path())?[0];
    assert_eq!(
        (&day["spent"], &day["account"], &day["held"]),
        (&500_000_000.into(), &"default".into(), &serde_json::json!([]))
    );
    // An edited tool of another name, and another file, does not begin anew.
    fs::write(folder.path().join("tool.js"), format!("// Another one.\n{TOOL}"))?;
    let last = run(folder.path(), &server, "/", 1).output()?;
    assert_eq!(last.status.code(), Some(6), "{}", text(&last));
    assert!(text(&last).contains("per-day: nothing is left of 0.5 USD of the account \"default\""), "{}", text(&last));
    Ok(())
}

#[test]
fn what_a_killed_run_drew_stays_held_until_its_log_settles_it() -> Result<()> {
    let (folder, server) = (tempfile::tempdir()?, Server::start()?);
    prepare(folder.path(), &server, "limit = \"0.3 USD\"\nper-day = \"0.5 USD\"")?;
    let mut child = run(folder.path(), &server, "/never", 1)
        .args(["--log", "log.jsonl"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    while server.asked.load(Ordering::SeqCst) == 0 {
        assert!(child.try_wait()?.is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(20));
    }
    let held = shown(folder.path())?[0]["held"].clone();
    let hold = held[0]["hold"].as_str().ok_or("nothing is held")?.to_owned();
    assert_eq!(held[0]["amount"], 300_000_000);
    let settle =
        |arguments: &[&str]| belljar(folder.path(), &[&["spend", "settle", &hold], arguments].concat()).output();
    let early = settle(&["--log", "log.jsonl"])?;
    assert_eq!(early.status.code(), Some(2), "{}", text(&early));
    assert!(text(&early).contains("has not ended"), "{}", text(&early));
    child.kill()?;
    child.wait()?;
    // Of the 0.5 there are 0.2.
    let other = run(folder.path(), &server, "/", 3).output()?;
    assert_eq!(other.status.code(), Some(6), "{}", text(&other));
    assert_eq!(server.asked.load(Ordering::SeqCst), 3);
    let lines = belljar(folder.path(), &["spend", "show"]).output()?;
    assert!(text(&lines).contains("0.2 USD spent, 0.3 USD held") && text(&lines).contains(&hold), "{}", text(&lines));

    assert!(text(&settle(&["--as", "0.1EUR"])?).contains("in USD"));
    let settled = settle(&["--log", "log.jsonl"])?;
    assert_eq!(text(&settled), "0.1 USD spent of the 0.3 USD that it held\n");
    let again = settle(&["--as", "0.1USD"])?;
    assert_eq!(again.status.code(), Some(2), "{}", text(&again));
    let day = &shown(folder.path())?[0];
    assert_eq!((&day["spent"], &day["held"]), (&300_000_000.into(), &serde_json::json!([])));
    Ok(())
}

#[test]
fn a_suspended_run_goes_on_with_what_it_drew() -> Result<()> {
    let (folder, server) = (tempfile::tempdir()?, Server::start()?);
    prepare(folder.path(), &server, "limit = \"0.3 USD\"\nper-day = \"0.3 USD\"")?;
    let tool = TOOL.replace("return times", "return await (await fetch(url)).text()");
    fs::write(folder.path().join("tool.js"), tool)?;
    let begun = run(folder.path(), &server, "/", 1).args(["--suspend", "run.tar"]).output()?;
    assert_eq!(begun.status.code(), Some(75), "{}", text(&begun));
    fs::copy(folder.path().join("run.tar"), folder.path().join("copy.tar"))?;
    // It holds all of it.
    let other = run(folder.path(), &server, "/", 1).output()?;
    assert_eq!(other.status.code(), Some(6), "{}", text(&other));
    let resume =
        |file| belljar(folder.path(), &["resume", file, "--policy", "policy.toml", "--answer", "once"]).output();
    let ended = resume("run.tar")?;
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended));
    let day = &shown(folder.path())?[0];
    assert_eq!((&day["spent"], &day["held"]), (&200_000_000.into(), &serde_json::json!([])));
    // What was settled is not spent once more.
    let twice = resume("copy.tar")?;
    assert_ne!(twice.status.code(), Some(0));
    assert!(text(&twice).contains("nothing is held under"), "{}", text(&twice));
    assert_eq!(server.asked.load(Ordering::SeqCst), 2);
    Ok(())
}

#[test]
fn what_a_suspended_run_asks_about_was_not_sent_and_is_not_unsure() -> Result<()> {
    let (folder, server) = (tempfile::tempdir()?, Server::start()?);
    prepare(folder.path(), &server, "limit = \"0.3 USD\"")?;
    let ask = "const asked = fetch(url);";
    for (what, tool, code, spent) in [
        // At its first question, and after a request that was paid for.
        ("first", format!("{ask} return (await asked).status;"), 75, 0),
        (
            "second",
            format!("await fetch(url, {{ method: \"POST\" }}); {ask} return (await asked).status;"),
            75,
            100_000_000,
        ),
    ] {
        let file = format!("{what}.js");
        fs::write(folder.path().join(&file), format!("export default async ({{ url }}) => {{ {tool} }};"))?;
        let (input, tar) = (format!("{{\"url\":\"{}/\"}}", server.address), format!("{what}.tar"));
        let run = ["run", &file, "--policy", "policy.toml", "--suspend", &tar, "--input", &input];
        let output = belljar(folder.path(), &run).output()?;
        assert_eq!(output.status.code(), Some(code), "{what}: {}", text(&output));
        assert!(!text(&output).contains("is not sure"), "{what}: {}", text(&output));
        let run = [&run[..], &["--format", "json"]].concat();
        fs::remove_file(folder.path().join(&tar)).ok();
        let output = belljar(folder.path(), &run).output()?;
        let report: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(
            (&report["usage"]["spent"], report["usage"].get("possiblySpent")),
            (&spent.into(), None),
            "{what}: {report}"
        );
    }
    Ok(())
}
