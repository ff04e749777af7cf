//! Asking on the terminal.

use std::future::Future;
use std::io::{BufRead, IsTerminal, Write};
use std::pin::Pin;

use belljar::{Answer, Asker, Question, hex};

use crate::show::one_line;

/// Characters of a request that are shown; a longer one is refused, because nobody reads it.
const MOST: usize = 10_000;

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

/// Drops what was typed before the question was there: it is no answer to it.
fn forget_typed() {
    #[cfg(unix)]
    let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
}

fn answer(question: &Question) -> Answer {
    let nobody = |why: &str| Answer::Nobody { why: why.into() };
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return nobody("standard input and error are not a terminal");
    }
    if question.request.chars().count() > MOST {
        return nobody("the request is too long to be read by a person");
    }
    forget_typed();
    // Never locked while somebody thinks: a run that is cancelled meanwhile has something to say, too.
    let _ = write!(
        std::io::stderr(),
        "\nA tool asks for something.\n  tool        {} (its own word)\n  identity    {}\n  capability  {}\n  \
         request     {}\n  carries     {} bytes\n  rule        {}\nAllow it? y = once, a = always in this run, n = no: ",
        one_line(&question.tool, 80),
        hex(&question.identity),
        question.capability.name(),
        one_line(&question.request, 400),
        question.payload,
        one_line(&question.rule, 200),
    );
    let who = || "the person at the terminal".to_owned();
    loop {
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => return nobody("the terminal was closed"),
            Ok(_) => {}
        }
        match line.trim() {
            "y" | "yes" => return Answer::Once { who: who() },
            "a" | "always" => return Answer::Rule { who: who() },
            "n" | "no" => return Answer::No { who: who() },
            _ => {
                let _ = write!(std::io::stderr(), "Please answer y, a or n: ");
            }
        }
    }
}
