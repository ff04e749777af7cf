//! `belljar run`

use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use belljar::log::{SigningKey, read_key};
use belljar::policy::{parse_bytes, parse_count, parse_duration, parse_money, show_bytes, show_money};
use belljar::{
    ConsoleSink, Effect, Level, LogFile, MemoryLog, Outcome, Policy, Recorder, Report, RunOptions, Suspender, Terms,
    check_folders, wire,
};
use serde_json::value::RawValue;

use crate::arguments::{Format, Grants, Places, Run};
use crate::artifacts::Folder;
use crate::ask::{self, Terminal};
use crate::grant::quoted;
use crate::log::beside;
use crate::resume::Shelf;
use crate::show::{json_for_output, one_line, say, tell, visible};
use crate::{Failure, inspect, private, rehearse, resume, secrets};

pub(crate) fn run(arguments: Run) -> Result<u8, Failure> {
    let (log, record, suspend) = (arguments.log.as_deref(), arguments.record.as_deref(), arguments.suspend.as_deref());
    if arguments.sign.is_some() && log.or(record).or(suspend).is_none() {
        let why =
            "--sign signs a log, a recording or a run that is suspended: keep one with --log, --record or --suspend";
        return Err(Failure::usage(why));
    }
    let read =
        [Some(arguments.tool.path.as_path()), arguments.grants.policy.as_deref(), arguments.input_file.as_deref()];
    let own = resume::apart(log, record, arguments.sign.as_deref(), suspend, &read)?;
    let shelf = suspend.map(Shelf::new).transpose()?;
    let mut keeping = Keeping::signing(arguments.sign.as_deref())?;
    let policy = policy(&arguments.grants)?;
    for finding in policy.findings() {
        tell!("belljar: warning: {}", visible(&finding.to_string()));
    }
    check_folders(&policy, Path::new("")).map_err(Failure::usage)?;
    let input = input(arguments.input.as_deref(), arguments.input_file.as_deref())?;
    let (jar, tool) = inspect::load(&arguments.tool)?;
    // Before the log is made: an input that does not fit leaves no trace.
    tool.accept_input(&input).map_err(|error| Failure::usage(format!("{error}{}", other_input(&arguments))))?;
    let folder = folder(&arguments.places, tool.identity(), &arguments.tool.path, own)?;
    let secrets = secrets::find(&policy, &arguments.places.secrets)?;
    let input_of_tool = tool.accept_input(&input).map_err(Failure::usage)?;
    let plan = rehearse::approved(&arguments, &policy, &tool, &input_of_tool)?;
    let terms = Arc::new(Terms::from(policy).with_plan(plan.clone()));
    let mut options = RunOptions { terms, secrets, ..RunOptions::default() };
    if shelf.is_some() && arguments.places.kv.is_none() && options.terms.policy().grants_keys() {
        let why =
            "--suspend: the policy grants keys, which would be lost when the run is suspended; keep them with --kv DIR";
        return Err(Failure::usage(why));
    }
    options.asker = Arc::new(Terminal);
    if shelf.as_ref().is_some_and(|shelf| shelf.away) {
        options.asker = Arc::new(ask::Later);
    }
    options.on_console = Some(console());
    arguments.places.give(&mut options)?;
    if let Some(path) = log {
        let log = if arguments.log_sync { LogFile::create_forced(path) } else { LogFile::create(path) };
        options.log = Box::new(log.map_err(Failure::usage)?);
        keeping.log(path)?;
    }
    if record.is_some() || shelf.is_some() {
        let recorder = belljar::recorder(&tool, &input, options.terms.policy()).map_err(Failure::usage)?;
        let recorder = recorder.under(plan.as_deref());
        keeping.record(recorder.clone(), record, &mut options)?;
        let suspender = |shelf| Suspender::new(recorder, Arc::new(shelf), keeping.key.clone());
        options.suspender = shelf.map(suspender);
    }
    let currency = currency(options.terms.policy());
    let report = jar.run_interruptible(&tool, &input, options).map_err(Failure::usage)?;
    let again = suspend.map(|file| Again { file, grants: &arguments.grants });
    finish(&report, arguments.format, &arguments.places, folder.as_ref(), keeping, again, currency.as_deref())
}

/// How a run that is suspended is resumed.
pub(crate) struct Again<'a> {
    pub(crate) file: &'a Path,
    pub(crate) grants: &'a Grants,
}

/// Where artifacts go, if they are kept; `own` is what this command reads or writes.
pub(crate) fn folder(
    places: &Places,
    identity: belljar::Identity,
    tool: &Path,
    own: Vec<PathBuf>,
) -> Result<Option<Folder>, Failure> {
    let Some(path) = &places.artifacts else { return Ok(None) };
    Folder::new(path, places.overwrite, identity, tool, own, places.kv.as_deref()).map(Some)
}

/// Shows and saves what came of a run, and returns its exit code.
pub(crate) fn finish(
    report: &Report,
    format: Format,
    places: &Places,
    folder: Option<&Folder>,
    keeping: Keeping,
    suspended: Option<Again<'_>>,
    currency: Option<&str>,
) -> Result<u8, Failure> {
    show(report, format, currency)?;
    if let (Outcome::Suspended, Some(Again { file, grants })) = (report.outcome, &suspended) {
        let mut words = vec![file.to_string_lossy().into_owned()];
        words.extend(places.kv.iter().flat_map(|dir| ["--kv".to_owned(), dir.to_string_lossy().into_owned()]));
        words.extend(places.tools.iter().flat_map(|dir| ["--tools".to_owned(), dir.to_string_lossy().into_owned()]));
        let ledger = places.ledger.ledger.iter();
        words.extend(ledger.flat_map(|dir| ["--ledger".to_owned(), dir.to_string_lossy().into_owned()]));
        words.extend(places.secrets.iter().flat_map(|secret| ["--secret".to_owned(), secret.clone()]));
        words.extend(grants.words());
        let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
        tell!("belljar: resume it with: belljar resume {}", visible(&words.join(" ")));
        keeping.leave()?;
    } else {
        keeping.write(report)?;
        save_artifacts(folder, report)?;
        if let Some(path) = suspended.map(|again| again.file).filter(|path| path.exists()) {
            tell!(
                "belljar: it still waits in {}; remove that file to give it up",
                visible(&path.display().to_string())
            );
        }
    }
    Ok(report.outcome.exit_code())
}

/// Bytes of an input from a file or standard input (64 MiB): what a tool with all the memory that there is can take in.
const INPUT: u64 = 64 << 20;

/// What is written when a run has ended. The files are made before it begins: a place that cannot be written is known at
/// once, and nothing older is taken for it.
#[derive(Default)]
pub(crate) struct Keeping {
    pub(crate) key: Option<Arc<SigningKey>>,
    signature: Option<NewFile>,
    recorder: Option<Recorder>,
    recording: Option<NewFile>,
}

impl Keeping {
    /// What is kept is signed with the key of this file, if there is one.
    pub(crate) fn signing(key: Option<&Path>) -> Result<Self, Failure> {
        let key = key.map(read_key).transpose().map_err(Failure::usage)?.map(Arc::new);
        Ok(Keeping { key, ..Keeping::default() })
    }

    /// The log goes to this file.
    pub(crate) fn log(&mut self, path: &Path) -> Result<(), Failure> {
        if self.key.is_some() {
            self.signature = Some(NewFile::create_beside("the signature", &beside(path))?);
        }
        Ok(())
    }

    /// Has the run's log followed, and the recording written to a file if there is one.
    pub(crate) fn record(
        &mut self,
        recorder: Recorder,
        recording: Option<&Path>,
        options: &mut RunOptions,
    ) -> Result<(), Failure> {
        if let Some(path) = recording {
            self.recording = Some(NewFile::create("the recording", path)?);
        }
        options.log = recorder.log(std::mem::replace(&mut options.log, Box::new(MemoryLog::default())));
        self.recorder = Some(recorder);
        Ok(())
    }

    /// The run has not ended: what would be written at its end is not left behind empty.
    fn leave(self) -> Result<(), Failure> {
        if let Some(file) = self.signature {
            file.remove()?;
        }
        if let Some(file) = self.recording {
            let path = file.path.display().to_string();
            file.remove()?;
            tell!(
                "belljar: no recording was written, because the run has not ended: resume it with --record {} as well",
                visible(&quoted(&path))
            );
        }
        Ok(())
    }

    fn write(self, report: &Report) -> Result<(), Failure> {
        // A log without entries has no head.
        if report.log_entries == 0 {
            return Ok(());
        }
        let signed = self.key.map(|key| key.sign(report.log_head, report.log_entries));
        if let (Some(file), Some(signed)) = (self.signature, &signed) {
            file.write(signed.to_text().as_bytes())?;
        }
        if let (Some(recorder), Some(file)) = (self.recorder, self.recording) {
            let recording = match &signed {
                Some(signed) => recorder.finish_signed(signed),
                None => recorder.finish(),
            };
            file.write(&recording.map_err(Failure::fault)?)?;
        }
        Ok(())
    }
}

/// A file that is opened before the run, so that a place that cannot be written is known at once.
struct NewFile {
    what: &'static str,
    path: PathBuf,
    file: File,
}

impl NewFile {
    fn create(what: &'static str, path: &Path) -> Result<Self, Failure> {
        Self::of(what, path, private::create(path))
    }

    /// At a name that is derived from another one.
    fn create_beside(what: &'static str, path: &Path) -> Result<Self, Failure> {
        Self::of(what, path, private::create_beside(path))
    }

    fn of(what: &'static str, path: &Path, file: std::io::Result<File>) -> Result<Self, Failure> {
        let file = file.map_err(|e| Failure::usage(format!("cannot write {what} {}: {e}", path.display())))?;
        Ok(NewFile { what, path: path.to_owned(), file })
    }

    /// Takes it away again: it is as it was made.
    fn remove(self) -> Result<(), Failure> {
        std::fs::remove_file(&self.path)
            .map_err(|e| Failure::fault(format!("cannot remove {} {}: {e}", self.what, self.path.display())))
    }

    fn write(mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.file.write_all(bytes);
        written.map_err(|e| Failure::fault(format!("cannot write {} {}: {e}", self.what, self.path.display())))
    }
}

/// The currency of a policy, if it bounds money.
pub(crate) fn currency(policy: &Policy) -> Option<String> {
    policy.limits.spend.as_ref().map(|(_, currency)| currency.clone())
}

/// Shows a report: its output on standard output, everything else on standard error. The currency is that of its money.
pub(crate) fn show(report: &Report, format: Format, currency: Option<&str>) -> Result<(), Failure> {
    match format {
        Format::Text => {
            if let Some(output) = &report.output {
                print(output)?;
            }
            explain(report, currency);
            Ok(())
        }
        Format::Json => print(&as_json(report)?),
    }
}

/// Shows console lines as they come.
pub(crate) fn console() -> ConsoleSink {
    Arc::new(|level: Level, text: &str| {
        let mark = if level == Level::Log { String::new() } else { format!("{}: ", level.name()) };
        tell!("{mark}{}", visible(text));
    })
}

pub(crate) fn policy(arguments: &Grants) -> Result<Policy, Failure> {
    let mut policy = match &arguments.policy {
        None => Policy::deny_all(),
        Some(path) => inspect::read_policy(path)?,
    };
    let rules = [(Effect::Allow, &arguments.allow), (Effect::Ask, &arguments.ask), (Effect::Deny, &arguments.deny)];
    for (effect, rules) in rules {
        for rule in rules {
            policy.add(effect, rule).map_err(Failure::usage)?;
        }
    }
    policy.check().map_err(Failure::usage)?;
    if let Some(finding) = policy.unsupported(&belljar::SUPPORTED).first() {
        return Err(Failure::usage(finding));
    }
    let limits = &mut policy.limits;
    if let Some(text) = &arguments.memory {
        limits.memory = parse_bytes(text).map_err(|e| Failure::usage(format!("--memory: {e}")))?;
        if limits.memory > belljar::policy::limits::MOST_MEMORY {
            return Err(Failure::usage("--memory: at most 4 GiB can be granted"));
        }
    }
    if let Some(text) = &arguments.time {
        let time = parse_duration(text).map_err(|e| Failure::usage(format!("--time: {e}")))?;
        if time > belljar::policy::limits::MOST_TIME {
            return Err(Failure::usage("--time: at most a day can be granted"));
        }
        limits.set_time(time);
    }
    if let Some(text) = &arguments.fuel {
        limits.fuel = parse_count(text).map_err(|e| Failure::usage(format!("--fuel: {e}")))?;
    }
    if let Some(text) = &arguments.spend {
        let (amount, currency) = parse_money(text).map_err(|e| Failure::usage(format!("--spend: {e}")))?;
        if amount > belljar::policy::limits::MOST_MONEY {
            return Err(Failure::usage("--spend: at most a million can be granted"));
        }
        if let Some(price) = policy.prices.iter().find(|price| price.currency != currency) {
            let why = format!("--spend: the policy's prices are in {}, and nothing here changes money", price.currency);
            return Err(Failure::usage(why));
        }
        if let (Some((_, other)), Some(_)) = (&limits.spend, &limits.per_day)
            && *other != currency
        {
            let why = format!("--spend: the policy's money for a day is in {other}, and nothing here changes money");
            return Err(Failure::usage(why));
        }
        limits.spend = Some((amount, currency));
    }
    Ok(policy)
}

pub(crate) fn input(text: Option<&str>, file: Option<&Path>) -> Result<String, Failure> {
    if let Some(text) = text {
        return Ok(text.to_owned());
    }
    if let Some(path) = file {
        let fail = |e: String| Failure::usage(format!("cannot read the input {}: {e}", path.display()));
        // What standard input is often called.
        if path.as_os_str() == "-" {
            return read_input(std::io::stdin()).map_err(fail);
        }
        return File::open(path).map_err(|e| e.to_string()).and_then(read_input).map_err(fail);
    }
    if std::io::stdin().is_terminal() {
        return Ok("{}".into());
    }
    let text = read_input(std::io::stdin()).map_err(|e| Failure::usage(format!("cannot read the input: {e}")))?;
    Ok(if text.trim().is_empty() { "{}".into() } else { text })
}

/// Reads an input, of which at most [`INPUT`] bytes are taken.
fn read_input(from: impl Read) -> Result<String, String> {
    let mut bytes = Vec::new();
    from.take(INPUT + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > INPUT {
        return Err(format!(
            "it has more than {}; give the tool the file itself, with --allow 'files read FILE as /input'",
            show_bytes(INPUT)
        ));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("it is UTF-16; save it as UTF-8 (in PowerShell: Out-File -Encoding utf8)".into());
    }
    String::from_utf8(bytes).map_err(|e| format!("it is not UTF-8 (at byte {})", e.utf8_error().valid_up_to()))
}

/// How else an input can be given, where what was given is none.
fn other_input(arguments: &Run) -> String {
    let Some(text) = &arguments.input else { return String::new() };
    let name = text.strip_prefix('@').unwrap_or(text);
    let file = text == "-" || text.starts_with('@') || name.ends_with(".json") || Path::new(name).is_file();
    if file && !name.contains('\n') && name.len() < 1024 {
        let name = if text == "-" { "-" } else { name };
        return format!("\nto read it from a file, write: --input-file {name}");
    }
    String::new()
}

/// Writes JSON text as a line to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    say!("{}", json_for_output(text))
}

fn explain(report: &Report, currency: Option<&str>) {
    if !report.message.is_empty() {
        let code = if report.code.is_empty() { String::new() } else { format!(" ({})", one_line(&report.code, 80)) };
        tell!("belljar: {}{code}: {}", report.outcome.name(), visible(&report.message));
    }
    if !report.stack.is_empty() {
        tell!("{}", visible(&report.stack));
    }
    // Of several, the last one is what ended it.
    if report.outcome == Outcome::Denied
        && let Some(grant) = report.refusals.iter().rev().find_map(|refusal| refusal.grant.as_deref())
    {
        tell!("belljar: to allow it: --allow '{}'", visible(grant));
    }
    if let Some(possibly) = report.usage.possibly_spent {
        tell!(
            "belljar: {} of what it spent is not sure: requests failed after they were sent, or were not waited for",
            show_money(possibly, currency.unwrap_or_default()).trim_end()
        );
    }
    for edited in &report.edited {
        let (request, performed) = (one_line(&edited.request, 200), one_line(&edited.performed, 200));
        let parts: Vec<&str> = edited.parts.iter().map(|part| part.word()).collect();
        tell!("belljar: a person changed {} of {} {request} → {performed}", parts.join(", "), edited.capability);
    }
    if report.questions > 1 {
        tell!("belljar: {} questions were asked", report.questions);
    }
    if report.usage.console_dropped > 0 {
        tell!("belljar: {} console lines were dropped (limits.log)", report.usage.console_dropped);
    }
}

/// A report as `--format json` shows it, on one line.
fn as_json(report: &Report) -> Result<String, Failure> {
    // As the tool wrote it: to read it here could change a number. Line breaks of JSON stand between values only.
    let line = |text: &String| RawValue::from_string(text.replace(['\n', '\r'], " "));
    let output = report.output.as_ref().map(line).transpose().map_err(Failure::fault)?;
    serde_json::to_string(&wire::Report::new(report, output)).map_err(Failure::fault)
}

fn save_artifacts(folder: Option<&Folder>, report: &Report) -> Result<(), Failure> {
    if let Some(folder) = folder {
        return folder.save(&report.artifacts);
    }
    for artifact in &report.artifacts {
        tell!(
            "artifact {} ({}, {} bytes) is not kept; save it with --artifacts DIR",
            one_line(&artifact.name, 120),
            one_line(&artifact.media_type, 80),
            artifact.bytes.len()
        );
    }
    Ok(())
}
