//! What a person is asked, and the answer.

use std::fmt;
use std::str::FromStr;

use belljar_abi::{HumanRequest, Ticket};
use thiserror::Error;

use crate::contract::{hex, parse_hex};
use crate::request::Capability;
use crate::run::human;

#[cfg(doc)]
use crate::{Run, limits};

/// Which run. It is the hash of the second entry of its log, the seed, and so follows from everything that the run began with,
/// its randomness included: a replay and a resumed run have the id of the run that was recorded.
///
/// Its text is that hash in lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunId(pub(crate) [u8; 32]);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for RunId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_hex(text).map(RunId).ok_or("a run's id is 64 lower-case hexadecimal digits")
    }
}

/// Which question of which run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuestionId {
    /// The run.
    pub run: RunId,
    /// The request's ticket.
    pub ticket: Ticket,
    /// Binds the answer to exactly this request at this point of the run: [`crate::question_digest`].
    pub digest: [u8; 32],
}

/// Why an answer is not taken. It changes nothing: a question that was open still is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotTaken {
    /// It is to a question of another run.
    #[error("the answer is to a question of another run")]
    OtherRun,
    /// It is to another request than the one with this ticket.
    #[error("the answer is to another question than the one that is open as {0}")]
    OtherQuestion(Ticket),
    /// It was answered already, or never asked.
    #[error("question {0} is not open")]
    NotOpen(Ticket),
}

/// What a person is asked before a request is performed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Which question it is; an answer names it.
    pub id: QuestionId,
    /// The tool's name: the tool's own claim.
    pub tool: String,
    /// The tool's identity.
    pub identity: [u8; 32],
    /// The capability.
    pub capability: Capability,
    /// What is asked, whole, in the words of a rule. Guest text: show it escaped, and all of it.
    pub request: String,
    /// Bytes that the request carries besides; [`Run::payload`] has them.
    pub payload: u64,
    /// The first of them, at most [`limits::BEGINNING`].
    pub beginning: Vec<u8>,
    /// The rule that asks.
    pub rule: String,
    /// What the tool itself asks a person, if that is what it is about: it is answered with [`Answer::Said`].
    pub human: Option<HumanRequest>,
}

impl Question {
    /// Whether a text answers the tool's own question; the error is for the person.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn accepts(&self, text: &str) -> Result<(), String> {
        human::accepts(self.human.as_ref(), text)
    }

    /// Whether an answer is one to this question; the error is for whoever gave it.
    ///
    /// # Errors
    ///
    /// What would be one.
    pub fn takes(&self, answer: &Answer) -> Result<(), String> {
        match (answer, &self.human) {
            (Answer::Said { text, .. }, _) => self.accepts(text),
            (Answer::Once { .. } | Answer::Rule { .. }, Some(_)) => {
                Err("the tool asks something of its own, which is answered with a text".into())
            }
            _ => Ok(()),
        }
    }
}

/// A person's answer, or that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes, this once.
    Once {
        /// Who answered.
        who: String,
    },
    /// Yes, for everything under the same rule in this run.
    Rule {
        /// Who answered.
        who: String,
    },
    /// What a person says to the tool's own question.
    Said {
        /// Who answered.
        who: String,
        /// The answer.
        text: String,
    },
    /// No.
    No {
        /// Who answered.
        who: String,
    },
    /// Nobody could be asked; that is a refusal, but not a "no".
    Nobody {
        /// Why, for example "standard input is not a terminal".
        why: String,
    },
}
