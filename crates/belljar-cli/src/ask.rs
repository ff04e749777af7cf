//! Asking on the terminal.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{BufRead, IsTerminal, Write};
use std::pin::Pin;
use std::sync::mpsc::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use belljar::policy::parse_duration;
use belljar::{Answer, Answerer, Asker, HumanRequest, Question, Scope};

use crate::show::visible;
use crate::{edit, question};

/// Characters of a request that are shown; a longer one is refused, because nobody reads it.
pub(crate) const MOST: usize = 10_000;

/// Questions that are shown together, at most.
const TOGETHER: usize = 20;

/// How long a question waits for others: what a tool asks for at once is shown together.
const GATHER: Duration = Duration::from_millis(50);

/// Who answers.
fn who() -> Answerer {
    Answerer::inbox("the person at the terminal")
}

/// A question that has not been shown yet.
struct Waiting {
    question: Question,
    answer: Sender<Answer>,
    /// The person wants to answer it by itself.
    alone: bool,
}

/// Those that wait, in the order in which they came.
static WAITING: Mutex<VecDeque<Waiting>> = Mutex::new(VecDeque::new());

/// The person at the terminal, if there is one.
pub(crate) struct Terminal;

impl Asker for Terminal {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        let (send, receive) = std::sync::mpsc::channel();
        waiting().push_back(Waiting { question, answer: send, alone: false });
        // A thread, because reading a line cannot be interrupted; the run may end first.
        std::thread::spawn(serve);
        Box::pin(async move {
            loop {
                match receive.try_recv() {
                    Ok(answer) => return answer,
                    Err(std::sync::mpsc::TryRecvError::Empty) => belljar::sleep(Duration::from_millis(20)).await,
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
            Some(human) => question::show_human(&question, human),
            None => question::show(&question),
        };
        Box::pin(std::future::pending())
    }
}

/// Whether there is a terminal to ask on.
pub(crate) fn is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Drops what was typed before the question was there: it is no answer to it.
pub(crate) fn forget_typed() {
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

fn waiting() -> MutexGuard<'static, VecDeque<Waiting>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks what waits, until nothing does.
fn serve() {
    std::thread::sleep(GATHER);
    let _alone = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let group = next();
        match group.as_slice() {
            [] => return,
            [one] => give(one, answer(&one.question)),
            _ => together(group),
        }
    }
}

/// The first question, and those under the same rule that can be shown with it.
fn next() -> Vec<Waiting> {
    let mut waiting = waiting();
    let Some(first) = waiting.pop_front() else { return Vec::new() };
    let (mut room, mut group) = (MOST.saturating_sub(question::length(&first.question)), vec![first]);
    let mut at = 0;
    while let (Some(next), Some(first)) = (waiting.get(at), group.first()) {
        let length = question::length(&next.question);
        let fits = !next.alone && length <= room && group.len() < TOGETHER;
        if first.alone || first.question.human.is_some() || !is_under(next, &first.question) || !fits {
            at += 1;
            continue;
        }
        room -= length;
        group.extend(waiting.remove(at));
    }
    group
}

/// Whether a question is under the same rule of the same run.
fn is_under(waiting: &Waiting, other: &Question) -> bool {
    waiting.question.id.run == other.id.run && waiting.question.rule == other.rule
}

/// Hands an answer in. After a no to everything under a rule, what waits under it is refused, too: none of it is asked.
fn give(to: &Waiting, answer: Answer) {
    if let Answer::No { scope: Scope::Rule, why, who } = &answer {
        let mut waiting = waiting();
        let (under, others) = waiting.drain(..).partition::<VecDeque<_>, _>(|open| is_under(open, &to.question));
        *waiting = others;
        for open in under {
            let no = Answer::No { who: who.clone(), scope: Scope::Request, why: why.clone() };
            // Nobody listens any more if the run has ended.
            let _ = open.answer.send(no);
        }
    }
    let _ = to.answer.send(answer);
}

/// Has the person answer several questions under one rule.
fn together(mut group: Vec<Waiting>) {
    if !is_there() {
        return group.iter().for_each(|one| give(one, nobody("standard input and error are not a terminal")));
    }
    forget_typed();
    let questions: Vec<&Question> = group.iter().map(|one| &one.question).collect();
    bell();
    let _ = question::show_group(&questions);
    let count = group.len();
    let prompt = format!(
        "Allow these {count}? y = each of them once, a = always in this run (a 10m = for 10 minutes), n = no to each, \
         x = no to all of it, s = one by one; why can follow n or x: "
    );
    let Some(first) = questions.first() else { return };
    match choose(first, &prompt, "y, a, n, x or s") {
        Chosen::Apart | Chosen::Edit => {
            group.iter_mut().for_each(|one| one.alone = true);
            let mut waiting = waiting();
            group.into_iter().rev().for_each(|one| waiting.push_front(one));
        }
        Chosen::Answer(answer) => {
            // What is to the rule is said once, with the first; each of the others has its own answer.
            let other = match answer.clone() {
                Answer::Rule { who, .. } => Answer::Once { who },
                Answer::No { who, why, .. } => Answer::No { who, scope: Scope::Request, why },
                answer => answer,
            };
            let answers = std::iter::once(answer).chain(std::iter::repeat(other));
            group.iter().zip(answers).for_each(|(one, answer)| give(one, answer));
        }
    }
}

fn nobody(why: &str) -> Answer {
    Answer::Nobody { why: why.into() }
}

/// Calls somebody who looks elsewhere.
fn bell() {
    let _ = write!(std::io::stderr(), "\x07");
}

fn answer(question: &Question) -> Answer {
    if !is_there() {
        return nobody("standard input and error are not a terminal");
    }
    if question::length(question) > MOST {
        return nobody("the request is too long to be read by a person");
    }
    forget_typed();
    if let Some(human) = &question.human {
        let choices: usize = human.choices.iter().map(|choice| visible(choice).chars().count()).sum();
        if visible(&human.question).chars().count() + choices > MOST {
            return nobody("the question is too long to be read by a person");
        }
        bell();
        return say(question, human);
    }
    bell();
    // Never locked while somebody thinks: a run that is cancelled meanwhile has something to say, too.
    let _ = question::show(question);
    let is_editable = !question.editable().is_empty();
    let (edit, words) = if is_editable { ("e = change it first, ", "y, a, e, n or x") } else { ("", "y, a, n or x") };
    let prompt = format!(
        "Allow it? y = once, a = always in this run (a 10m = for 10 minutes), {edit}n = no, x = no to all of it; \
         why can follow n or x: "
    );
    loop {
        match choose(question, &prompt, words) {
            Chosen::Answer(answer) => return answer,
            Chosen::Edit => {
                if let Some(answer) = edit::edit(question, &who()) {
                    return answer;
                }
            }
            Chosen::Apart => return nobody("the question was not answered"),
        }
    }
}

/// What a person says at a prompt.
enum Chosen {
    Answer(Answer),
    /// The questions are to be put one by one.
    Apart,
    /// The request is to be changed.
    Edit,
}

/// Reads lines until one is an answer; `words` are those that can be.
fn choose(question: &Question, prompt: &str, words: &str) -> Chosen {
    let _ = write!(std::io::stderr(), "{prompt}");
    loop {
        let line = match line(question) {
            Ok(line) => line,
            Err(why) => return Chosen::Answer(nobody(why)),
        };
        if words.ends_with('s') && line.trim() == "s" {
            return Chosen::Apart;
        }
        if words.contains(", e,") && line.trim() == "e" {
            return Chosen::Edit;
        }
        let answer = read(&line, question.is_timed);
        let problem = match answer.and_then(|answer| question.takes(&answer).map(|()| answer)) {
            Ok(answer) => return Chosen::Answer(answer),
            Err(why) if why.is_empty() => String::new(),
            Err(why) => format!("{}. ", visible(&why)),
        };
        let _ = write!(std::io::stderr(), "{problem}Please answer {words}: ");
    }
}

/// The line that a person types; else why nobody answers: the terminal was closed or the question was withdrawn meanwhile.
fn line(question: &Question) -> Result<String, &'static str> {
    while !is_typed() {
        if let Some(expires) = question.expires.filter(|expires| *expires <= belljar::wall()) {
            let until = belljar::format_moment(expires);
            let _ = writeln!(
                std::io::stderr(),
                "\nThis question was open until {until}, and is withdrawn: nothing was allowed."
            );
            return Err("the question was withdrawn");
        }
    }
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => Err("the terminal was closed"),
        Ok(_) => Ok(line),
    }
}

/// Whether a line was typed, or none will be; looks for it for a moment.
#[cfg(unix)]
fn is_typed() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdin = std::io::stdin();
    let moment = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&moment)) != Ok(0)
}

/// Where that cannot be found out, reading waits.
#[cfg(not(unix))]
fn is_typed() -> bool {
    true
}

/// What a line answers: a letter or a word, and behind it perhaps how long a yes holds, or why it is no. The error says what is
/// wrong with that, and nothing if the line is no answer at all.
fn read(line: &str, is_timed: bool) -> Result<Answer, String> {
    let (who, line) = (who(), line.trim());
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let why = || Some(rest.strip_prefix("because ").unwrap_or(rest).trim().to_owned()).filter(|why| !why.is_empty());
    match (word, rest) {
        ("y" | "yes", "") => Ok(Answer::Once { who }),
        ("a" | "always", "") => Ok(Answer::Rule { who, expires: None }),
        ("a" | "always", _) if !is_timed => Err("the clock of this run is frozen, so that no answer can end".into()),
        ("a" | "always", time) => {
            let time = parse_duration(time).map_err(|error| error.to_string())?;
            let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            Ok(Answer::Rule { who, expires: Some(belljar::wall().saturating_add(time)) })
        }
        ("n" | "no", _) => Ok(Answer::No { who, scope: Scope::Request, why: why() }),
        ("x" | "never", _) => Ok(Answer::No { who, scope: Scope::Rule, why: why() }),
        _ => Err(String::new()),
    }
}

/// Has the person answer the tool's own question.
fn say(question: &Question, human: &HumanRequest) -> Answer {
    let _ = question::show_human(question, human);
    let how = if human.choices.is_empty() { "Your answer, in a line" } else { "The number of your answer" };
    let _ = write!(std::io::stderr(), "{how}; Ctrl-D answers nothing: ");
    loop {
        let line = match line(question) {
            Ok(line) => line,
            Err(why) => return nobody(why),
        };
        let line = line.trim_end_matches(['\r', '\n']);
        let chosen = line.trim().parse::<usize>().ok().and_then(|number| human.choices.get(number.checked_sub(1)?));
        let text = chosen.map_or(line, String::as_str);
        match question.accepts(text) {
            Ok(()) => return Answer::Said { who: who(), text: text.to_owned() },
            Err(why) => {
                let _ = write!(std::io::stderr(), "{}. {how}: ", visible(&why));
            }
        }
    }
}
