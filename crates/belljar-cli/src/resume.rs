//! `belljar resume`, and putting runs away.

use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use belljar::{Answer, Asker, Belljar, Keep, KvStore, LogFile, Question, Recorder, Recording, RunOptions, Suspender};

use crate::arguments::{Resume, Word};
use crate::ask::{self, Later, Terminal};
use crate::run::{self, Keeping};
use crate::show::{one_line, visible};
use crate::{Failure, replay};

pub(crate) fn resume(arguments: Resume) -> Result<u8, Failure> {
    let path = &arguments.file;
    let bytes =
        std::fs::read(path).map_err(|e| Failure::usage(format!("cannot read the run {}: {e}", path.display())))?;
    let recording = Recording::parse(&bytes).map_err(Failure::usage)?;
    let tell = Arc::new(|what: &str| eprintln!("belljar: {what} …"));
    let jar = Belljar::builder().on_progress(tell).build().map_err(Failure::fault)?;
    let who = || "the person at the command line".to_owned();
    let given = match (arguments.answer, arguments.say) {
        (Some(Word::Once), _) => Some(Answer::Once { who: who() }),
        (Some(Word::Rule), _) => Some(Answer::Rule { who: who() }),
        (Some(Word::No), _) => Some(Answer::No { who: who() }),
        (None, Some(text)) => Some(Answer::Said { who: who(), text }),
        (None, None) => None,
    };
    let there = ask::is_there();
    if given.is_none() && !there {
        return Err(Failure::usage(
            "there is no terminal to ask on: give the answer with --answer once|rule|no, or with --say TEXT",
        ));
    }
    let mut options = RunOptions { on_console: Some(run::console()), ..RunOptions::default() };
    options.asker = Arc::new(First { given: Mutex::new(given), there });
    if let Some(dir) = &arguments.places.kv {
        options.kv = KvStore::in_dir(dir);
    }
    if let Some(path) = &arguments.log {
        options.log = Box::new(LogFile::create(path).map_err(Failure::usage)?);
    }
    let recorder = Recorder::again(&recording);
    let mut keeping = Keeping::default();
    keeping.record(recorder.clone(), arguments.log.as_deref(), arguments.record.as_deref(), &mut options)?;
    options.suspender = Some(suspender(&recorder, path, !there)?);
    let report = jar.resume_interruptible(recording, options).map_err(replay::failure)?;
    run::finish(&report, arguments.format, &arguments.places, keeping, Some(path))
}

/// Answers the first question with what was given, and asks the others on the terminal.
struct First {
    given: Mutex<Option<Answer>>,
    there: bool,
}

impl Asker for First {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        if let Some(answer) = self.given.lock().unwrap_or_else(PoisonError::into_inner).take() {
            match question.takes(&answer) {
                Ok(()) => return Box::pin(std::future::ready(answer)),
                Err(why) => eprintln!(
                    "belljar: this is no answer to \"{}\": {}",
                    one_line(&question.request, 200),
                    visible(&why)
                ),
            }
        }
        if self.there { Terminal.ask(question) } else { Later.ask(question) }
    }
}

/// Keeps a run in a file while it waits; `away` if it then ends. The file is written beside it and renamed, so that there
/// is always a whole one or none.
pub(crate) fn suspender(recorder: &Recorder, path: &Path, away: bool) -> Result<Suspender, Failure> {
    let path = path.to_owned();
    let keep = move |recording: Option<&[u8]>| match recording {
        Some(bytes) => {
            write(&path, bytes).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
            Ok(if away { Keep::Away } else { Keep::Waiting })
        }
        None => match std::fs::remove_file(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(format!("cannot remove {}: {e}", path.display())),
            _ => Ok(Keep::Waiting),
        },
    };
    Ok(Suspender::new(recorder.clone(), Arc::new(keep)))
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut beside = PathBuf::from(path).into_os_string();
    beside.push(format!(".{}", std::process::id()));
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}
