//! Asking on the terminal.

use std::future::Future;
use std::io::{BufRead, IsTerminal, Write};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use belljar::{Answer, Asker, HumanRequest, Question, Scope, hex};

use crate::show::{one_line, visible};

/// Characters of a request that are shown; a longer one is refused, because nobody reads it.
const MOST: usize = 10_000;

/// Lines, and characters of a line, of what a request carries that are shown.
const LINES: usize = 20;
const LINE: usize = 400;

/// The person at the terminal, if there is one.
pub(crate) struct Terminal;

impl Asker for Terminal {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        let (send, receive) = std::sync::mpsc::channel();
        // A thread, because reading a line cannot be interrupted; the run may end first.
        std::thread::spawn(move || send.send(answer(&question)));
        Box::pin(async move {
            loop {
                match receive.try_recv() {
                    Ok(answer) => return answer,
                    Err(std::sync::mpsc::TryRecvError::Empty) => {
                        belljar::sleep(std::time::Duration::from_millis(20)).await
                    }
                    Err(_) => return Answer::Nobody { why: "the question could not be asked".into() },
                }
            }
        })
    }
}

/// Nobody is asked in this process: the run is suspended instead.
pub(crate) struct Later;

impl Asker for Later {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        // What is asked is said, so that it can be answered later.
        let _ = match &question.human {
            Some(human) => show_human(&question, human),
            None => show(&question),
        };
        Box::pin(std::future::pending())
    }
}

/// Whether there is a terminal to ask on.
pub(crate) fn is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Drops what was typed before the question was there: it is no answer to it.
fn forget_typed() {
    #[cfg(unix)]
    let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
}

/// Whether the person at the terminal says yes to what stands above. `prompt` says which letters to type.
pub(crate) fn confirm(prompt: &str) -> bool {
    let _alone = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
    forget_typed();
    let _ = write!(std::io::stderr(), "{prompt}");
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.is_ok() && matches!(line.trim(), "y" | "yes")
}

/// One question at a time: an answer is to what stands above it.
static ASKING: Mutex<()> = Mutex::new(());

fn answer(question: &Question) -> Answer {
    let _alone = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
    let nobody = |why: &str| Answer::Nobody { why: why.into() };
    if !is_there() {
        return nobody("standard input and error are not a terminal");
    }
    let fields = question.headers.iter().map(|field| shown(&field.name).len() + shown(&field.value).len());
    if shown(&question.request).chars().count() + fields.sum::<usize>() > MOST {
        return nobody("the request is too long to be read by a person");
    }
    forget_typed();
    if let Some(human) = &question.human {
        let choices: usize = human.choices.iter().map(|choice| visible(choice).chars().count()).sum();
        if visible(&human.question).chars().count() + choices > MOST {
            return nobody("the question is too long to be read by a person");
        }
        return say(question, human);
    }
    // Never locked while somebody thinks: a run that is cancelled meanwhile has something to say, too.
    let _ = show(question);
    let _ = write!(
        std::io::stderr(),
        "Allow it? y = once, a = always in this run, n = no, x = no to all of it; why can follow n or x: "
    );
    loop {
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => return nobody("the terminal was closed"),
            Ok(_) => {}
        }
        let problem = match read(&line) {
            Some(answer) => match question.takes(&answer) {
                Ok(()) => return answer,
                Err(why) => format!("{}. ", visible(&why)),
            },
            None => String::new(),
        };
        let _ = write!(std::io::stderr(), "{problem}Please answer y, a, n or x: ");
    }
}

/// What a line answers, if it is an answer: a letter or a word, and behind a no perhaps the reason.
fn read(line: &str) -> Option<Answer> {
    let who = "the person at the terminal".to_owned();
    let line = line.trim();
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let why = || Some(rest.strip_prefix("because ").unwrap_or(rest).trim().to_owned()).filter(|why| !why.is_empty());
    match (word, rest) {
        ("y" | "yes", "") => Some(Answer::Once { who }),
        ("a" | "always", "") => Some(Answer::Rule { who, expires: None }),
        ("n" | "no", _) => Some(Answer::No { who, scope: Scope::Request, why: why() }),
        ("x" | "never", _) => Some(Answer::No { who, scope: Scope::Rule, why: why() }),
        _ => None,
    }
}

/// A line for each text, with what it is in front.
fn each(what: &str, texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| format!("  {what:<10}  {text}\n")).collect()
}

/// Shows what a tool asks for.
fn show(question: &Question) -> std::io::Result<()> {
    writeln!(
        std::io::stderr(),
        "\nA tool asks for something.\n  tool        {} (its own word)\n  identity    {}\n  capability  {}\n  \
         request     {}\n{}  carries     {}\n{}{}  rule        {}",
        one_line(&question.tool, 80),
        hex(&question.identity),
        question.capability.name(),
        shown(&question.request),
        each("header", question.headers.iter().map(|field| format!("{}: {}", shown(&field.name), shown(&field.value)))),
        carried(question),
        each("secret", question.secrets.iter().map(|name| shown(name))),
        each("costs", question.cost.iter().map(|cost| format!("up to {cost}"))),
        shown(&question.rule),
    )
}

/// A text on one line, whole.
fn shown(text: &str) -> String {
    one_line(text, usize::MAX)
}

/// What a request carries: how much, and how it begins if it is text.
fn carried(question: &Question) -> String {
    let size = question.payload;
    if size == 0 {
        return "nothing".into();
    }
    let begins = &question.beginning;
    let text = match std::str::from_utf8(begins) {
        Ok(text) => text,
        // A character may stand across the end of what is shown.
        Err(error) if error.error_len().is_none() && (begins.len() as u64) < size => {
            begins.get(..error.valid_up_to()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
        }
        Err(_) => return format!("{size} bytes that are no text"),
    };
    let lines: Vec<String> = text.lines().take(LINES).map(|line| one_line(line, LINE)).collect();
    let whole = begins.len() as u64 == size && text.lines().count() <= LINES;
    let rest = if whole { "" } else { "\n              (this is the beginning of it)" };
    format!("{size} bytes:\n            | {}{rest}", lines.join("\n            | "))
}

/// Shows what a tool asks a person.
fn show_human(question: &Question, human: &HumanRequest) -> std::io::Result<()> {
    let mut err = std::io::stderr();
    writeln!(
        err,
        "\nA tool asks you something. The words are the tool's.\n  tool      {} (its own word)\n  identity  {}\n  asks      {}",
        one_line(&question.tool, 80),
        hex(&question.identity),
        visible(&human.question).replace('\n', "\n            "),
    )?;
    for (number, choice) in (1..).zip(&human.choices) {
        writeln!(err, "  {number:>8}  {}", shown(choice))?;
    }
    Ok(())
}

/// Has the person answer the tool's own question.
fn say(question: &Question, human: &HumanRequest) -> Answer {
    let _ = show_human(question, human);
    let how = if human.choices.is_empty() { "Your answer, in a line" } else { "The number of your answer" };
    let _ = write!(std::io::stderr(), "{how}; Ctrl-D answers nothing: ");
    loop {
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => return Answer::Nobody { why: "the terminal was closed".into() },
            Ok(_) => {}
        }
        let line = line.trim_end_matches(['\r', '\n']);
        let chosen = line.trim().parse::<usize>().ok().and_then(|number| human.choices.get(number.checked_sub(1)?));
        let text = chosen.map_or(line, String::as_str);
        match question.accepts(text) {
            Ok(()) => return Answer::Said { who: "the person at the terminal".into(), text: text.to_owned() },
            Err(why) => {
                let _ = write!(std::io::stderr(), "{}. {how}: ", visible(&why));
            }
        }
    }
}
