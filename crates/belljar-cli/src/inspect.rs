//! `belljar build`, `belljar inspect`, `belljar policy check`, `belljar policy schema`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use belljar::policy::{Coverage, parse_bytes, parse_duration};
use belljar::{Belljar, Identity, LoadError, Policy, Tool};
use serde_json::json;

use crate::arguments::{Format, ToolPath};
use crate::replay::{Left, recording_or_log};
use crate::run::print;
use crate::show::{one_line, say, tell, visible};
use crate::{Failure, private, wishes};

/// Loads a tool, telling on standard error what takes long.
pub(crate) fn load(tool: &ToolPath) -> Result<(Belljar, Tool), Failure> {
    let tell = Arc::new(|what: &str| tell!("belljar: {what} …"));
    let mut builder = Belljar::builder().on_progress(tell);
    if tool.trust_build {
        builder = builder.trust_builds();
    }
    if let Some(text) = &tool.compile_time {
        let time = parse_duration(text).map_err(|why| Failure::usage(format!("--compile-time: {why}")))?;
        builder = builder.compile_time(time);
    }
    if let Some(text) = &tool.compile_memory {
        let bytes = parse_bytes(text).map_err(|why| Failure::usage(format!("--compile-memory: {why}")))?;
        builder = builder.compile_memory(bytes);
    }
    let jar = builder.build().map_err(Failure::fault)?;
    let loaded = jar.load_path(&tool.path).map_err(|error| {
        let hint = if matches!(error, LoadError::Unreadable { .. }) { nearest(&tool.path) } else { String::new() };
        Failure { code: error.exit_code(), message: format!("{error}{hint}") }
    })?;
    for warning in loaded.warnings() {
        tell!("belljar: note: {}", visible(&warning.to_string()));
    }
    Ok((jar, loaded))
}

/// Names a file beside the missing one whose name is alike.
fn nearest(path: &Path) -> String {
    let Some(wanted) = path.file_name().map(|n| n.to_string_lossy().to_lowercase()) else { return String::new() };
    let dir = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names =
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    let stem = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    let found = names.filter(|name| stem(name) == stem(&wanted) || name.to_lowercase() == wanted).min();
    found.map(|name| format!("; did you mean {}?", dir.join(name).display())).unwrap_or_default()
}

pub(crate) fn build(
    source: &ToolPath,
    output: Option<PathBuf>,
    standalone: bool,
    prepared: bool,
) -> Result<u8, Failure> {
    let (jar, tool) = load(source)?;
    let failed = |error: LoadError| Failure { code: error.exit_code(), message: error.to_string() };
    let component = if standalone {
        jar.standalone(&tool).map_err(failed)?
    } else if let Some(component) = tool.component() {
        component.to_vec()
    } else {
        // The program runs in the engine that Belljar carries: what identifies it is its source.
        if output.is_some() {
            let why = "a tool in JavaScript or Python runs in Belljar's own engine, so there is no file to write: leave `-o` away, or \
                       put tool and engine into one component with --standalone";
            return Err(Failure::usage(why));
        }
        if prepared {
            return Err(Failure::usage(
                "a tool in JavaScript or Python is prepared together with its engine: add --standalone",
            ));
        }
        say!("{}  {}", tool.identity(), source.path.display())?;
        return Ok(0);
    };
    let ending = if prepared { "prepared.wasm" } else { "wasm" };
    let output = output.unwrap_or_else(|| PathBuf::from(format!("{}.{ending}", tool.manifest().name)));
    let file = if prepared { &jar.prepare_for_page(&tool).map_err(failed)? } else { &component };
    private::create_own(&output)
        .and_then(|mut made| made.write_all(file))
        .map_err(|e| Failure::fault(format!("cannot write {}: {e}", output.display())))?;
    say!("{}  {}", Identity::of(&component), output.display())?;
    Ok(0)
}

/// Bytes of what the author made: the component, or the program's code.
fn size(tool: &Tool) -> usize {
    tool.component().map_or_else(|| tool.program().map_or(0, |program| program.code.len()), <[u8]>::len)
}

pub(crate) fn inspect(source: &ToolPath, against: Option<&Path>, format: Format) -> Result<u8, Failure> {
    // Before the tool is loaded, which takes long.
    let policy = against.map(read_policy).transpose()?;
    let (_, tool) = load(source)?;
    let manifest = tool.manifest();
    let imports: Vec<String> = tool.imports().iter().map(|(i, f)| format!("{i}.{f}")).collect();
    if format == Format::Json {
        let mut report = json!({
            "name": manifest.name, "description": manifest.description, "identity": tool.identity().to_string(),
            "bytes": size(&tool), "imports": imports, "wants": manifest.wants,
            "input": manifest.input, "output": manifest.output,
            "notes": tool.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        if let Some(wasi) = tool.wasi() {
            report["wasi"] = json!(wasi);
        }
        if let Some(policy) = &policy {
            report["against"] = wishes::report(policy, &manifest.wants);
        }
        say!("{report:#}")?;
        return Ok(0);
    }
    say!("name         {}", manifest.name)?;
    say!("description  {}", one_line(&manifest.description, 400))?;
    say!("identity     {}", tool.identity())?;
    say!("size         {} bytes", size(&tool))?;
    if let Some(wasi) = tool.wasi() {
        say!("made for     WASI preview 1, a command that imports {}", visible(&wasi.join(", ")))?;
    }
    let list = |items: &[String]| if items.is_empty() { "nothing".to_owned() } else { items.join(", ") };
    say!("can ask for  {}", list(&imports))?;
    say!("asks for     {}", visible(&list(&manifest.wants)))?;
    for (label, schema) in [("input", &manifest.input), ("output", &manifest.output)] {
        match schema {
            Some(schema) => say!("{label:<12} {}", visible(&schema.to_string()))?,
            None => say!("{label:<12} anything")?,
        }
    }
    if let (Some(policy), Some(path)) = (&policy, against) {
        say!("against      {}", visible(&path.display().to_string()))?;
        wishes::show(policy, &manifest.wants)?;
    }
    Ok(0)
}

pub(crate) fn read_policy(path: &Path) -> Result<Policy, Failure> {
    let failed =
        |why: &dyn std::fmt::Display| Failure::usage(format!("cannot read the policy {}: {why}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| failed(&error))?;
    let text = String::from_utf8(bytes).map_err(|_| failed(&"it is not UTF-8, and a policy is a text in TOML"))?;
    // Wassette's format, by the name that it has there.
    let wassette = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let parse = if wassette { Policy::parse_wassette } else { Policy::parse };
    // What some editors and shells put before UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    parse(text).map_err(|e| Failure::usage(format!("{}: {e}", path.display())))
}

pub(crate) fn policy(path: &Path) -> Result<u8, Failure> {
    let policy = read_policy(path)?;
    for line in policy.describe() {
        say!("{}", visible(&line))?;
    }
    for finding in policy.findings() {
        tell!("belljar: warning: {}", visible(&finding.to_string()));
    }
    for finding in policy.unsupported(&belljar::SUPPORTED) {
        tell!("belljar: warning: no tool runs under it: {}", visible(&finding.to_string()));
    }
    for note in policy.notes() {
        tell!("belljar: note: {}", visible(&note.to_string()));
    }
    // The run may start elsewhere.
    if let Err(error) = belljar::check_folders(&policy, Path::new("")) {
        tell!("belljar: warning: from this folder, {}", visible(&error.to_string()));
    }
    Ok(0)
}

/// What the new policy gives beyond the old one, and the other way round.
pub(crate) fn policy_diff(old: &Path, new: &Path) -> Result<u8, Failure> {
    let (before, after) = (read_policy(old)?, read_policy(new)?);
    let (more, less) = (after.beyond(&before), before.beyond(&after));
    for (word, beyond) in [("more", &more), ("less", &less)] {
        for (rule, coverage) in beyond {
            let why = match coverage {
                Coverage::Gap(gap) => gap.to_string(),
                Coverage::Undecided(why) => format!("not known: {why}"),
                Coverage::Full => continue,
            };
            let rule = if rule.is_empty() { String::new() } else { format!("{rule}: ") };
            say!("{word}: {}{}", visible(&rule), visible(&why))?;
        }
    }
    if more.is_empty() && less.is_empty() {
        say!("the same: neither gives what the other does not")?;
    }
    Ok(0)
}

/// The smallest policy that allows what logs show, or recordings.
pub(crate) fn policy_learn(paths: &[PathBuf]) -> Result<u8, Failure> {
    let read = |path: &PathBuf| {
        let log = match recording_or_log(path)? {
            Left::Recording(recording) => recording.parts().log.clone(),
            Left::Log(log) => log,
        };
        Ok::<_, Failure>((path.display().to_string(), log))
    };
    let logs = paths.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let learned = belljar::log::learn(&logs).map_err(Failure::usage)?;
    print(learned.trim_end())?;
    Ok(0)
}

pub(crate) fn policy_schema() -> Result<u8, Failure> {
    print(belljar::policy::SCHEMA.trim_end())?;
    Ok(0)
}
