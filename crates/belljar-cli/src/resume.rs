//! `belljar resume`, and suspending runs.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use belljar::{
    Answer, Answerer, Asker, Belljar, Edit, Increment, Keep, LogFile, Question, Recorder, RunOptions, RunPath, Scope,
    Suspender, Ticket, check_folders, sync_folder, wire,
};

use crate::arguments::{Resume, Word};
use crate::ask::{self, Later, Terminal};
use crate::log::beside;
use crate::run::{self, Keeping};
use crate::show::{one_line, tell, visible};
use crate::{Failure, grant, private, question, replay, secrets};

pub(crate) fn resume(arguments: Resume) -> Result<u8, Failure> {
    let (log, record) = (arguments.log.as_deref(), arguments.record.as_deref());
    let own =
        apart(log, record, arguments.sign.as_deref(), Some(&arguments.file), &[arguments.grants.policy.as_deref()])?;
    // The file itself, not a link to it: it is what must be gone when the run goes on.
    let path = &place(&arguments.file);
    // Taken before the file is read: whoever has it may remove it.
    let hold = Hold::take(path)?;
    let recording = replay::read(path)?;
    replay::check(&recording, arguments.signed_by.as_ref(), "suspend")?;
    let (signer, confirmed) = (arguments.signed_by.as_ref(), arguments.as_recorded);
    let granted = grant::to_go_on(path, &recording, &arguments.grants, signer, confirmed)?;
    if recording.signed().is_some() && arguments.sign.is_none() {
        tell!(
            "belljar: it is signed; if it is suspended again, it will not be, unless you sign it with --sign KEYFILE"
        );
    }
    let mut keeping = Keeping::signing(arguments.sign.as_deref())?;
    let tell = Arc::new(|what: &str| tell!("belljar: {what} …"));
    let jar = Belljar::builder().on_progress(tell).build().map_err(Failure::fault)?;
    // Before a log is made: what cannot be resumed leaves no trace.
    let suspended = jar.open_suspended(recording, granted.grant()).map_err(replay::failure)?;
    check_folders(suspended.policy(), Path::new("")).map_err(Failure::usage)?;
    if arguments.places.kv.is_none() && suspended.policy().grants_keys() {
        return Err(Failure::usage(
            "its policy grants keys: say where they are with --kv DIR, as when it was suspended",
        ));
    }
    let who = || Answerer::command("the person at the command line");
    let why = arguments.because;
    if why.is_some() && !matches!(arguments.answer, Some(Word::No | Word::Never)) {
        return Err(Failure::usage("--because says why the answer is no: give it with --answer no or --answer never"));
    }
    let edited = arguments.edited.as_deref().map(changed).transpose()?;
    let given = match (arguments.answer, arguments.say) {
        (Some(Word::Once), _) => Some(Answer::Once { who: who() }),
        (Some(Word::Rule), _) => Some(Answer::Rule { who: who(), expires: None }),
        (Some(Word::No), _) => Some(Answer::No { who: who(), scope: Scope::Request, why }),
        (Some(Word::Never), _) => Some(Answer::No { who: who(), scope: Scope::Rule, why }),
        (None, Some(text)) => Some(Answer::Said { who: who(), text }),
        (None, None) => edited.map(|edit| Answer::Edited { who: who(), edit }),
    };
    let there = ask::is_there();
    if given.is_none() && !there {
        return Err(Failure::usage(
            "there is no terminal to ask on: give the answer with --answer once|rule|no|never, with --say TEXT, or with --edited FILE",
        ));
    }
    let folder = run::folder(&arguments.places, suspended.tool().identity(), &arguments.file, own)?;
    let secrets = secrets::find(suspended.policy(), &arguments.places.secrets)?;
    let mut options = RunOptions { on_console: Some(run::console()), secrets, ..RunOptions::default() };
    options.asker = Arc::new(First { given: Mutex::new(given), there, open: suspended.recording().open_questions() });
    arguments.places.give(&mut options)?;
    if let Some(path) = &arguments.log {
        options.log = Box::new(LogFile::create(path).map_err(Failure::usage)?);
        keeping.log(path)?;
    }
    let recorder = Recorder::again(suspended.recording());
    keeping.record(recorder.clone(), arguments.record.as_deref(), &mut options)?;
    let shelf = Shelf { path: path.clone(), away: !there, _hold: hold };
    options.suspender = Some(Suspender::new(recorder, Arc::new(shelf), keeping.key.clone()));
    let currency = run::currency(suspended.policy());
    let report = jar.resume_interruptible(suspended, options).map_err(replay::failure)?;
    let again = run::Again { file: &arguments.file, grants: &arguments.grants };
    run::finish(
        &report,
        arguments.format,
        &arguments.places,
        folder.as_ref(),
        keeping,
        Some(again),
        currency.as_deref(),
    )
}

/// The changed request that a file has.
fn changed(path: &Path) -> Result<Edit, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::usage(format!("cannot read {}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    let changed: wire::Changed = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    Ok(changed.edit())
}

/// The log, the recording, the key, the run that waits, what goes with them and what is `read` must be files of their own.
/// Returns where they all are.
pub(crate) fn apart(
    log: Option<&Path>,
    record: Option<&Path>,
    key: Option<&Path>,
    waiting: Option<&Path>,
    read: &[Option<&Path>],
) -> Result<Vec<PathBuf>, Failure> {
    let signature = log.filter(|_| key.is_some()).map(beside);
    let lock = waiting.map(|path| lock_of(&place(path)));
    let own = [log, signature.as_deref(), record, key, waiting, lock.as_deref()];
    let paths: Vec<PathBuf> = own.iter().chain(read).flatten().map(|path| place(path)).collect();
    let written = own.iter().flatten().count();
    for (at, path) in paths.iter().enumerate() {
        if paths.iter().take(at.min(written)).any(|other| same(other, path)) {
            let why = format!("{} is named for two things that are kept in a file each", path.display());
            return Err(Failure::usage(why));
        }
    }
    Ok(paths)
}

/// Whether two places are one file, under whatever names. A pipe or a device can serve twice.
fn same(one: &Path, other: &Path) -> bool {
    let (Ok(first), Ok(second)) = (std::fs::metadata(one), std::fs::metadata(other)) else { return one == other };
    first.is_file() && second.is_file() && (one == other || is_one(&first, &second))
}

#[cfg(unix)]
fn is_one(first: &std::fs::Metadata, second: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (first.dev(), first.ino()) == (second.dev(), second.ino())
}

#[cfg(not(unix))]
fn is_one(_: &std::fs::Metadata, _: &std::fs::Metadata) -> bool {
    false
}

/// Where a file is, or will be.
fn place(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = std::fs::canonicalize(path).ok();
    let made = || std::fs::canonicalize(folder).ok().zip(path.file_name()).map(|(folder, name)| folder.join(name));
    real.or_else(made).unwrap_or_else(|| path.to_owned())
}

/// Answers the first question with what was given, and asks the others on the terminal.
struct First {
    given: Mutex<Option<Answer>>,
    there: bool,
    /// The questions that were open when the run was suspended: what was given is an answer to one of these.
    open: BTreeSet<(RunPath, Ticket)>,
}

impl Asker for First {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        let known = self.open.contains(&(question.path.clone(), question.id.ticket));
        let given = known.then(|| self.given.lock().unwrap_or_else(PoisonError::into_inner).take()).flatten();
        if let Some(answer) = given {
            match question.takes(&answer) {
                Ok(()) => {
                    if let Answer::Edited { edit, .. } = &answer {
                        question::show_approved(&question, edit);
                    }
                    return Box::pin(std::future::ready(answer));
                }
                Err(why) => {
                    tell!("belljar: this is no answer to \"{}\": {}", one_line(&question.request, 200), visible(&why))
                }
            }
        }
        if self.there { Terminal.ask(question) } else { Later.ask(question) }
    }
}

/// A file that holds a run while it waits. It is written beside it and renamed, so that there is always a whole one or
/// none.
pub(crate) struct Shelf {
    path: PathBuf,
    /// The run then ends.
    pub(crate) away: bool,
    _hold: Hold,
}

impl Shelf {
    /// A new one, for a run that begins.
    pub(crate) fn new(path: &Path) -> Result<Self, Failure> {
        let path = place(path);
        // Whoever has it may be about to suspend a run in it.
        let hold = Hold::take(&path)?;
        if path.exists() {
            let why =
                format!("{} is there already: a run may wait in it; name another file, or remove it", path.display());
            return Err(Failure::usage(why));
        }
        Ok(Shelf { path, away: !ask::is_there(), _hold: hold })
    }
}

impl belljar::Shelf for Shelf {
    fn keep(&self, new: &Increment<'_>) -> Result<Keep, String> {
        // One file, which can be handed on: it is written whole.
        let recording = new.whole().map_err(|e| e.to_string())?;
        write(&self.path, &recording).map_err(|e| format!("cannot write {}: {e}", self.path.display()))?;
        Ok(self.leave())
    }

    fn leave(&self) -> Keep {
        if self.away { Keep::Away } else { Keep::Waiting }
    }

    fn forget(&self) -> Result<(), String> {
        // If it is not there, somebody else has it, and would do everything once more.
        let removed = std::fs::remove_file(&self.path).and_then(|()| sync_folder(&self.path));
        removed.map_err(|e| format!("cannot remove {}: {e}", self.path.display()))
    }
}

/// The lock that goes with a run that is suspended.
fn lock_of(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    PathBuf::from(beside)
}

/// The right to a run that is suspended, which one process has at a time: a lock on a file beside it.
struct Hold {
    path: PathBuf,
    _file: File,
}

impl Hold {
    /// Takes it.
    fn take(path: &Path) -> Result<Self, Failure> {
        let lock = lock_of(path);
        let failed = |e: std::io::Error| Failure::usage(format!("cannot hold {}: {e}", lock.display()));
        let taken = || Failure::usage(format!("another process has {}: it waits for an answer there", path.display()));
        for _ in 0..16 {
            let file = private::open_beside(&lock).map_err(failed)?;
            // Where there are no locks, none is held.
            if let Err(TryLockError::WouldBlock) = file.try_lock() {
                return Err(taken());
            }
            // Whoever had it may have removed it between the two: this is then a lock on nothing.
            if is_at(&file, &lock) {
                return if file.metadata().is_ok_and(|found| found.len() == 0) {
                    Ok(Hold { path: lock, _file: file })
                } else {
                    let why = format!("{} is there, and no lock of Belljar's: name another file", lock.display());
                    Err(Failure::usage(why))
                };
            }
        }
        Err(taken())
    }
}

/// Whether the file is the one of this path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let of = |found: std::io::Result<std::fs::Metadata>| found.ok().map(|found| (found.dev(), found.ino()));
    of(file.metadata()) == of(std::fs::metadata(path))
}

/// Whether the file is the one of this path: taken for granted, because it cannot be asked here.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

impl Drop for Hold {
    fn drop(&mut self) {
        // Left behind, it says nothing.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut beside = PathBuf::from(path).into_os_string();
    beside.push(format!(".{}", std::process::id()));
    let mut file = private::create_new(Path::new(&beside))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    sync_folder(path)
}
