//! A secret's value is looked for in every byte that comes of runs: outputs, logs, recordings, what is suspended, artifacts, keys.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Of high entropy, with characters that percent-encoding and JSON write otherwise.
const SECRET: &str = "q7Zx/9Kp+\"w2\\Lm%Vt&4Rb=Hs~8Yd Ng3";

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..=three.len() {
            text.push(char::from(DIGITS[(number >> (18 - 6 * at) & 63) as usize]));
        }
    }
    text
}

/// What a value looks like in what was encoded, wherever it stands there.
fn forms(value: &str) -> Vec<String> {
    let bytes = value.as_bytes();
    let percent = |plain: &[u8], lower: bool| -> String {
        let one = |byte: &u8| match byte {
            byte if byte.is_ascii_alphanumeric() || plain.contains(byte) => char::from(*byte).to_string(),
            byte if lower => format!("%{byte:02x}"),
            byte => format!("%{byte:02X}"),
        };
        bytes.iter().map(one).collect()
    };
    let (component, form) = (percent(b"-_.!~*'()", false), percent(b"-_.*", false));
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut forms = vec![
        value.to_owned(),
        form.replace("%20", "+"),
        percent(b"-_.!~*'()", true),
        component,
        form,
        json.trim_matches('"').to_owned(),
        hexadecimal(bytes),
        hexadecimal(bytes).to_uppercase(),
    ];
    for before in 0..3 {
        // The digits that hold bits of neighbours are left out.
        let all = base64(&[&vec![0; before], bytes].concat());
        let first = (before * 8).div_ceil(6);
        let last = (before + bytes.len()) * 8 / 6;
        let inner = all[first..last].to_owned();
        forms.push(inner.replace('+', "-").replace('/', "_"));
        forms.push(inner);
    }
    forms
}

/// A server that sends back what it was sent, in every form, and keeps it.
fn echo() -> Result<(String, Arc<Mutex<Vec<String>>>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let kept = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let kept = kept.clone();
            std::thread::spawn(move || answer(stream, &kept));
        }
    });
    Ok((address, seen))
}

fn answer(mut stream: TcpStream, kept: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        head.push_str(&line);
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body).ok()?;
    let whole = format!("{head}\n{}", String::from_utf8_lossy(&body));
    kept.lock().ok()?.push(whole.clone());
    if head.contains("/cut") {
        // With the value in what came before the end.
        stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n{whole}").as_bytes()).ok()?;
        return None;
    }
    let bytes = whole.as_bytes();
    let encoded: Vec<String> = (0..3).map(|before| base64(&[&b"xyz"[..before], bytes].concat())).collect();
    let json = serde_json::to_string(&whole).ok()?;
    let answer = [whole.clone(), encoded.join("\n"), hexadecimal(bytes), json, forms(SECRET).join("\n")].join("\n");
    let value = SECRET.replace('\\', "");
    let head =
        format!("HTTP/1.1 200 OK\r\nx-plain: {SECRET}\r\nx-other: {value}\r\ncontent-length: {}\r\n", answer.len());
    stream.write_all(format!("{head}connection: close\r\n\r\n{answer}").as_bytes()).ok()
}

const TOOL: &str = r#"export default async ({ base, how }) => {
    const response = await fetch(`${base}/echo`, { method: "POST", body: JSON.stringify({ canary: "open-canary", key: "" }),
        headers: { "content-type": "application/json" } });
    const text = await response.text();
    const all = text + JSON.stringify([...response.headers]) + response.url;
    console.log("open-canary " + all);
    await belljar.kv.set("notes/all", new TextEncoder().encode("open-canary " + all));
    belljar.artifact("all.txt", "text/plain", new TextEncoder().encode("open-canary " + all));
    if (how === "fails") throw new ToolError("open-canary", all);
    if (how === "breaks") throw new Error("open-canary " + all);
    if (how === "traps") { const grow = [all]; for (;;) grow.push(grow.join("")); }
    if (how === "cut") await (await fetch(`${base}/cut`)).text();
    if (how === "waits") await belljar.kv.get("asked/" + all.length);
    return all;
};"#;

struct Trial {
    folder: tempfile::TempDir,
    base: String,
    outputs: Vec<(String, Vec<u8>)>,
}

impl Trial {
    fn belljar(&mut self, what: &str, arguments: &[&str]) -> Result<Output> {
        let output = Command::new(env!("CARGO_BIN_EXE_belljar"))
            .current_dir(self.folder.path())
            .args(arguments)
            .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("BELLJAR_SECRET_TOKEN", SECRET)
            .env("BELLJAR_SECRET_KEY", SECRET)
            .env("BELLJAR_SECRET_FIELD", SECRET)
            .stdin(Stdio::null())
            .output()?;
        self.outputs.push((format!("{what}: standard output"), output.stdout.clone()));
        self.outputs.push((format!("{what}: standard error"), output.stderr.clone()));
        Ok(output)
    }

    fn run(&mut self, how: &str, more: &[&str]) -> Result<Option<i32>> {
        let input = serde_json::json!({ "base": self.base, "how": how }).to_string();
        let (log, record) = (format!("{how}.jsonl"), format!("{how}.belljar"));
        let mut arguments = vec!["run", "tool.js", "--policy", "policy.toml", "--kv", "keys", "--input", &input];
        arguments.extend(["--log", &log, "--record", &record, "--artifacts", how]);
        arguments.extend(more);
        Ok(self.belljar(how, &arguments)?.status.code())
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { files(&path, found)? } else { found.push(path) }
    }
    Ok(())
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_secret_is_in_nothing_that_comes_of_a_run() -> Result<()> {
    let (base, seen) = echo()?;
    let mut trial = Trial { folder: tempfile::tempdir()?, base: base.clone(), outputs: Vec::new() };
    let folder = trial.folder.path().to_owned();
    fs::write(folder.join("tool.js"), TOOL)?;
    let policy = format!(
        "version = 1\n[http]\nallow = [\"* {base}/**\"]\n[kv]\nallow = [\"notes/**\"]\nask = [\"asked/**\"]\n\
         [limits]\nmemory = \"64 MiB\"\n[spend]\nper-day = \"1 USD\"\n[[spend.price]]\nmatch = \"* {base}/**\"\nper-call = \"0 USD\"\n\
         [[secret]]\nname = \"token\"\nfor = \"{base}\"\nin = \"header authorization: Bearer {{}}\"\n\
         [[secret]]\nname = \"key\"\nfor = \"{base}\"\nin = \"query key\"\n"
    );
    fs::write(folder.join("policy.toml"), policy)?;
    assert_eq!(trial.run("returns", &[])?, Some(0));
    assert_eq!(trial.run("json", &["--format", "json"])?, Some(0));
    assert_eq!(trial.run("fails", &[])?, Some(3));
    assert_eq!(trial.run("breaks", &["--format", "json"])?, Some(4));
    assert!(matches!(trial.run("traps", &[])?, Some(4 | 6)));
    assert_eq!(trial.run("cut", &["--format", "json"])?, Some(4));
    assert_eq!(trial.run("waits", &["--suspend", "waits.tar"])?, Some(75));
    let copy = fs::copy(folder.join("waits.tar"), folder.join("copy.tar"))?;
    assert!(copy > 0);
    let resume = [
        "resume",
        "waits.tar",
        "--policy",
        "policy.toml",
        "--kv",
        "keys",
        "--answer",
        "once",
        "--log",
        "resumed.jsonl",
    ];
    assert_eq!(trial.belljar("resumed", &resume)?.status.code(), Some(0));
    assert_eq!(trial.belljar("replay", &["replay", "returns.belljar"])?.status.code(), Some(0));
    trial.belljar("shown", &["log", "show", "returns.jsonl"])?;
    trial.belljar("spend", &["spend", "show"])?;

    let forms = forms(SECRET);
    // The server has seen it: what is looked for can be found.
    let sent = seen.lock().map_err(|_| "the server broke")?.join("\n");
    assert!(sent.contains(SECRET) && forms.iter().any(|form| form.contains('%') && sent.contains(form)), "{sent}");

    let mut paths = Vec::new();
    files(&folder, &mut paths)?;
    let mut all = trial.outputs;
    for path in paths {
        all.push((path.display().to_string(), fs::read(&path)?));
    }
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    for part in ["kv.sqlite", "spend.sqlite", "returns.jsonl", "traps.jsonl", "cut.belljar", "copy.tar", "all.txt"] {
        assert!(names.iter().any(|name| name.contains(part)), "{part} is not among {names:?}");
    }
    // What the tool put there itself is there, so that what is searched is what was written.
    for part in ["returns.jsonl", "returns.belljar", "kv.sqlite", "copy.tar", "all.txt", "returns: standard output"] {
        let open = all.iter().any(|(name, bytes)| name.contains(part) && contains(bytes, "open-canary"));
        assert!(open, "the open canary is not in {part}");
    }
    for (name, bytes) in &all {
        for form in &forms {
            assert!(!contains(bytes, form), "{name} has the secret as {form}");
        }
    }
    Ok(())
}
