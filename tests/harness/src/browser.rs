//! The browser's host: a page in Chromium that holds the npm package of `web/`, driven by `tests/browser/host.mjs`.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use belljar::Toolbox;

use crate::host::{Host, Made, Observed, Trial};
use crate::server::Server;

/// Chromium, in a process of its own.
pub struct Browser {
    child: Mutex<Child>,
    input: Mutex<Option<ChildStdin>>,
    waiting: Arc<Mutex<Waiting>>,
    builder: Arc<Server>,
    /// Whether guests that wait are run again instead of suspended.
    replay: bool,
}

#[derive(Default)]
struct Waiting {
    next: u64,
    answers: HashMap<u64, mpsc::Sender<Seen>>,
}

/// A line of the driver.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Seen {
    id: Option<u64>,
    exit: u8,
    output: Option<String>,
    message: String,
    code: String,
    stack: String,
    log: Vec<String>,
    artifacts: BTreeMap<String, String>,
    files: Option<BTreeMap<String, String>>,
    fuel: Option<u64>,
    recording: Option<String>,
    identity: String,
    standalone: String,
    problems: Vec<String>,
}

impl Browser {
    /// Starts Chromium. Tools in Rust are built by `builder`: cargo does not run in a page.
    pub fn new(builder: Arc<Server>, replay: bool) -> Result<Self, String> {
        let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/../browser/host.mjs");
        let mut child = Command::new("node")
            .arg(driver)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("node does not start: {error}"))?;
        let output = child.stdout.take().ok_or("node has no standard output")?;
        let input = child.stdin.take();
        let mut lines = BufReader::new(output).lines();
        match lines.next() {
            Some(Ok(line)) if line.contains("ready") => {}
            _ => return Err("Chromium does not start; what it said stands above".into()),
        }
        let waiting = Arc::<Mutex<Waiting>>::default();
        let answers = Arc::clone(&waiting);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let Ok(seen) = serde_json::from_str::<Seen>(&line) else { continue };
                let Some(id) = seen.id else { continue };
                let sender = answers.lock().unwrap_or_else(PoisonError::into_inner).answers.remove(&id);
                if let Some(sender) = sender {
                    // Nobody listens any more once the run has hung.
                    let _ = sender.send(seen);
                }
            }
            // Whoever still waits is told that there will be no answer.
            answers.lock().unwrap_or_else(PoisonError::into_inner).answers.clear();
        });
        Ok(Browser { child: Mutex::new(child), input: Mutex::new(input), waiting, builder, replay })
    }

    fn ask(&self, mut trial: Value) -> Result<Seen, String> {
        let (sender, receiver) = mpsc::channel();
        let id = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.next += 1;
            let id = waiting.next;
            waiting.answers.insert(id, sender);
            id
        };
        if let Some(object) = trial.as_object_mut() {
            object.insert("id".into(), id.into());
        }
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        let input = input.as_mut().ok_or("the driver is gone")?;
        writeln!(input, "{trial}").map_err(|error| format!("the driver does not listen: {error}"))?;
        receiver.recv().map_err(|_| "the browser ended".to_owned())
    }

    fn trial(&self, trial: &Trial) -> Result<Observed, String> {
        let file = trial.tool.display().to_string();
        let (tool, component) = match self.builder.component(&trial.tool) {
            None => (fs::read(&trial.tool).map_err(|error| format!("{file}: {error}"))?, false),
            Some(Ok(component)) => (component, true),
            Some(Err(observed)) => return Ok(observed),
        };
        let mut tools = BTreeMap::new();
        if let Some(folder) = &trial.tools {
            let toolbox = Toolbox::of_folder(folder).map_err(|error| error.to_string())?;
            for name in toolbox.names() {
                let Some(file) = toolbox.file(name) else { continue };
                let (bytes, component) = match self.builder.component(file) {
                    None => (fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?, false),
                    Some(Ok(component)) => (component, true),
                    Some(Err(observed)) => return Ok(observed),
                };
                let beside = folder.join(format!("{name}.policy.toml"));
                let policy = fs::read_to_string(beside).unwrap_or_else(|_| "version = 1".into());
                let tool = json!({
                    "file": file.file_name().unwrap_or_default().to_string_lossy(),
                    "tool": STANDARD.encode(bytes),
                    "component": component,
                    "policy": policy,
                });
                tools.insert(name.to_owned(), tool);
            }
        }
        let mut files = BTreeMap::new();
        collect(&trial.files, "", &mut files).map_err(|error| format!("{}: {error}", trial.files.display()))?;
        let seen = self.ask(json!({
            "file": file,
            "tool": STANDARD.encode(tool),
            "component": component,
            "input": STANDARD.encode(&trial.input),
            "policy": trial.policy,
            "answers": trial.answers,
            "secrets": trial.secrets,
            "tools": tools,
            "files": files,
            "state": trial.state.display().to_string(),
            "replay": self.replay,
        }))?;
        if let Some(problem) = seen.problems.first() {
            return Err(format!("the page reported an error: {problem}"));
        }
        if let Some(after) = &seen.files {
            write_back(&trial.files, &files, after)?;
        }
        observed(seen)
    }
}

fn observed(seen: Seen) -> Result<Observed, String> {
    let bytes = |what: &str, text: &str| STANDARD.decode(text).map_err(|error| format!("{what}: {error}"));
    let artifact = |(name, text): (String, String)| {
        let content = bytes(&name, &text)?;
        Ok::<_, String>((name, content))
    };
    Ok(Observed {
        exit: seen.exit,
        output: seen.output,
        message: seen.message,
        code: seen.code,
        stack: seen.stack,
        log: seen.log,
        artifacts: seen.artifacts.into_iter().map(artifact).collect::<Result<_, _>>()?,
        fuel: seen.fuel,
        recording: seen.recording.map(|text| bytes("the recording", &text)).transpose()?,
    })
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Without input the driver closes the browser and ends.
        self.input.lock().unwrap_or_else(PoisonError::into_inner).take();
        let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).wait();
    }
}

impl Host for Browser {
    fn name(&self) -> &'static str {
        "browser"
    }

    fn label(&self) -> &'static str {
        if self.replay { "browser, running again" } else { "browser" }
    }

    fn runs_again(&self) -> bool {
        self.replay
    }

    fn make(&self, tool: &Path) -> Result<Made, String> {
        let file = tool.display().to_string();
        let bytes = fs::read(tool).map_err(|error| format!("{file}: {error}"))?;
        let seen = self.ask(json!({ "make": true, "file": file, "tool": STANDARD.encode(bytes) }))?;
        if seen.exit == 0 {
            Ok(Made { identity: seen.identity, standalone: seen.standalone })
        } else {
            Err(seen.message)
        }
    }

    fn replay(&self, recording: &[u8]) -> Result<Observed, String> {
        let seen = self.ask(json!({ "recording": STANDARD.encode(recording), "replay": self.replay }))?;
        match seen.problems.first() {
            Some(problem) => Err(format!("the page reported an error: {problem}")),
            // A run that was replayed has a log.
            None if seen.log.is_empty() => Err(seen.message),
            None => observed(seen),
        }
    }

    fn run(&self, trial: &Trial) -> Observed {
        self.trial(trial).unwrap_or_else(|message| Observed { exit: 1, message, ..Observed::default() })
    }
}

/// All files below a folder as base64, and its directories as nothing. Links and pipes are what no page has.
fn collect(folder: &Path, path: &str, files: &mut BTreeMap<String, Option<String>>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if path.is_empty() { name } else { format!("{path}/{name}") };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            files.insert(path.clone(), None);
            collect(&entry.path(), &path, files)?;
        } else if kind.is_file() {
            files.insert(path, Some(STANDARD.encode(fs::read(entry.path())?)));
        }
    }
    Ok(())
}

/// Makes the folder's files those that the page's folder holds after the run.
fn write_back(
    folder: &Path,
    before: &BTreeMap<String, Option<String>>,
    after: &BTreeMap<String, String>,
) -> Result<(), String> {
    let fail = |path: &str, error: &dyn std::fmt::Display| format!("{path}: {error}");
    for (path, text) in after {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(|error| fail(path, &error))?;
        }
        let bytes = STANDARD.decode(text).map_err(|error| fail(path, &error))?;
        fs::write(file, bytes).map_err(|error| fail(path, &error))?;
    }
    for (path, _) in before.iter().filter(|(path, content)| content.is_some() && !after.contains_key(*path)) {
        fs::remove_file(folder.join(path)).map_err(|error| fail(path, &error))?;
    }
    Ok(())
}
