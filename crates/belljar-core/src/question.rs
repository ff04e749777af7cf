//! What a person is asked, and the answer.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use belljar_abi::{Header, HumanRequest, Moment, Ticket};
use belljar_policy::{Assurance, Policy};
use thiserror::Error;

use crate::answerer::{Answerer, Approver};
use crate::capability::{self, Ask, Capability};
use crate::contract::{Contract, hex, parse_hex, sha256};
use crate::edit::{Edit, Part};
use crate::run::edit::Editor;
use crate::run_path::RunPath;

#[cfg(doc)]
use crate::limits;

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
#[derive(Clone, Debug, PartialEq, Eq, Error)]
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
    /// The run repeats what was recorded, with the answers that were given then.
    #[error("the run repeats what was recorded, with the answers that were given then")]
    Repeats,
    /// The answer was to hold until a moment that has passed.
    #[error("the answer was to hold until {} and came later", crate::clock::format_moment(*.0))]
    Expired(Moment),
    /// It came after the moment at which the question was withdrawn.
    #[error("the question was open until {} and is withdrawn", crate::clock::format_moment(*.0))]
    Late(Moment),
    /// It would hold until a moment, and the run's clock stands still.
    #[error(
        "the clock of this run is frozen, so that no answer can hold until a moment: answer for this request alone"
    )]
    NoClock,
    /// The changed request cannot be approved, because the policy refuses it, a budget has no room for it, or it is not one. The
    /// question is put again.
    #[error("the changed request is not taken: {0}")]
    Changed(String),
    /// Whoever answered is not known well enough.
    #[error(
        "it takes an answer of level {} at least, and this one is of level {}: {}",
        .least.name(), .given.name(), wanted(*.least)
    )]
    Weak {
        /// That of the answer.
        given: Assurance,
        /// The weakest that would be taken.
        least: Assurance,
    },
    /// A program that speaks for its user said yes to a whole rule.
    #[error("what a program says for its user approves one request, and never a whole rule")]
    OneByOne,
    /// Whoever started the run cannot approve what it asks for.
    #[error("the policy wants four eyes ([ask] four-eyes), and {0}")]
    FourEyes(String),
    /// So many changed requests were not taken that no further one is.
    #[error("{} changed requests were not taken, and no further one is", crate::limits::EDITS)]
    TooMany,
}

impl NotTaken {
    /// What is answered in its place where whoever answered is not asked again: nobody's answer, if the question is open
    /// still, so that the run does not wait for ever.
    pub fn instead(&self) -> Option<Answer> {
        let is_open = matches!(
            self,
            NotTaken::Expired(_)
                | NotTaken::NoClock
                | NotTaken::TooMany
                | NotTaken::Weak { .. }
                | NotTaken::OneByOne
                | NotTaken::FourEyes(_)
        );
        is_open.then(|| Answer::Nobody { why: self.to_string() })
    }
}

/// Where an answer of a level is given.
fn wanted(least: Assurance) -> &'static str {
    match least {
        Assurance::Client => "any is one",
        Assurance::Command => "give it with a command, on a terminal or in a page",
        Assurance::Inbox => "give it on a terminal or in a page, where the request is shown",
    }
}

/// A tool that would be called, and the policy that is its own: what an approval of the call is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalledTool {
    /// The tool's identity.
    pub identity: [u8; 32],
    /// [`belljar_policy::Policy::digest`] of its own policy; it runs under what that and its caller's policy both allow.
    pub policy: [u8; 32],
}

impl CalledTool {
    /// A tool and its own policy.
    pub fn new(contract: &Contract, policy: &Policy) -> Self {
        CalledTool { identity: contract.identity, policy: policy.digest() }
    }
}

/// What a person is asked before a request is performed.
#[derive(Clone, Debug)]
pub struct Question {
    /// Which question it is; an answer names it.
    pub id: QuestionId,
    /// The tool's name: the tool's own claim.
    pub tool: String,
    /// The tool's identity.
    pub identity: [u8; 32],
    /// Which run of its tree asks.
    pub path: RunPath,
    /// The names of the tools that called it, the first one first: their own claims.
    pub callers: Vec<String>,
    /// The capability.
    pub capability: Capability,
    /// The tool that would be called, if the request is a call.
    pub calls: Option<CalledTool>,
    /// What is asked, whole, in the words of a rule. Guest text: show it escaped, and all of it.
    pub request: String,
    /// The header fields that it carries. Guest text, too.
    pub headers: Vec<Header>,
    /// The names of the secrets that the host puts into it.
    pub secrets: Vec<String>,
    /// The most that it can cost, if money is bounded.
    pub cost: Option<String>,
    /// Bytes that the request carries besides; [`Run::payload`] has them.
    pub payload: u64,
    /// The first of them, at most [`limits::BEGINNING`].
    pub beginning: Vec<u8>,
    /// What is lost for good if it is performed, in a sentence; nothing if it changes nothing that cannot be changed back.
    /// It follows from the capability and the method, never from what the tool says.
    pub irreversible: Option<&'static str>,
    /// What the run and those above and below it have read before, of which something may be in this request, in words such as
    /// "files" and "answers of a.example". Nothing if it sends nothing to a server. Of a long list no more is told.
    pub read: Vec<String>,
    /// The rule that asks, and all that a yes or a no to a rule is to.
    pub rule: String,
    /// The narrowest rule about this request, with its capability in front, for a person who wants to save it. Nothing saves it but the
    /// person. What it leaves open says [`Question::left_open`].
    pub exact: Option<String>,
    /// When it is withdrawn if nobody answers, by the host's clock; never if there is none.
    pub expires: Option<Moment>,
    /// Whom a yes is taken from.
    pub approver: Approver,
    /// Whether a yes to the rule can hold until a moment. It cannot where the run's clock stands still.
    pub is_timed: bool,
    /// What the tool itself asks a person, if that is what it is about: it is answered with [`Answer::Said`].
    pub human: Option<HumanRequest>,
    /// Why a changed request was not taken, if this is why the question is put again.
    pub problem: Option<String>,
    /// By what changed requests are judged; nothing if it can only be answered.
    pub(crate) editor: Option<Arc<Editor>>,
}

/// What they ask; by what changes are judged follows from that.
impl PartialEq for Question {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
            && (&self.request, &self.headers, &self.problem) == (&other.request, &other.headers, &other.problem)
    }
}

impl Eq for Question {}

impl Question {
    /// Whether a text answers the tool's own question; the error is for the person.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn accepts(&self, text: &str) -> Result<(), String> {
        capability::accepts(self.human.as_ref(), text)
    }

    /// What [`Question::exact`] leaves open: with it, requests that differ from this one in that are allowed, too.
    pub fn left_open(&self) -> Option<&'static str> {
        match self.capability {
            Capability::Http => Some("parameters, header fields and content"),
            Capability::Tools => Some("input"),
            _ if self.payload > 0 => Some("content"),
            _ => None,
        }
    }

    /// What of the request can be changed before it is approved.
    pub fn editable(&self) -> &'static [Part] {
        self.editor.as_ref().map_or(&[], |editor| editor.request().editable())
    }

    /// The request as it was asked for, to be changed; nothing if it can only be answered.
    pub fn to_edit(&self) -> Option<Edit> {
        let editor = self.editor.as_ref()?;
        Some(Edit { headers: self.headers.clone(), ..Edit::of(editor.request()) })
    }

    /// What this question would say of a changed request: its secrets, its cost and its rule are those of that. It is judged by
    /// what there was when the question was put; the answer is judged again.
    ///
    /// # Errors
    ///
    /// [`NotTaken::Changed`], if the changed request cannot be approved.
    pub fn edited(&self, edit: &Edit) -> Result<Question, NotTaken> {
        match &self.editor {
            Some(editor) => editor.question(self, edit),
            None => Err(NotTaken::Changed("it cannot be changed, only answered".into())),
        }
    }

    /// Whether a yes comes from one who can give it; what is no yes does.
    pub(crate) fn approves(&self, answer: &Answer) -> Result<(), NotTaken> {
        match answer {
            Answer::Rule { who, .. } if who.assurance == Assurance::Client => Err(NotTaken::OneByOne),
            Answer::Once { who } | Answer::Rule { who, .. } => self.approver.takes(who),
            // What it comes to is judged, and that can want more.
            Answer::Edited { who, edit } => self.edited(edit)?.approver.takes(who),
            // It answers what the tool wants to know, and allows nothing.
            Answer::Said { who, .. } => Approver { not: None, ..self.approver.clone() }.takes(who),
            Answer::No { .. } | Answer::Expired | Answer::Nobody { .. } => Ok(()),
        }
    }

    /// Whether an answer is one to this question; the error is for whoever gave it.
    ///
    /// # Errors
    ///
    /// What would be one.
    pub fn takes(&self, answer: &Answer) -> Result<(), String> {
        self.approves(answer).map_err(|why| why.to_string())?;
        match (answer, &self.human) {
            (Answer::Said { text, .. }, _) => self.accepts(text),
            (Answer::No { why: Some(why), .. }, _) => {
                belljar_policy::check_words(why).map_err(|problem| format!("the reason is not taken: {problem}"))
            }
            (Answer::Edited { edit, .. }, _) => self.edited(edit).map(drop).map_err(|why| why.to_string()),
            (Answer::Once { .. } | Answer::Rule { .. }, Some(_)) => {
                Err("the tool asks something of its own, which is answered with a text".into())
            }
            _ => Ok(()),
        }
    }
}

/// How much an answer is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "kebab-case"))]
pub enum Scope {
    /// This request.
    Request,
    /// Everything under the same rule in this run.
    Rule,
}

/// A person's answer, or that there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes, this once.
    Once {
        /// Who answered.
        who: Answerer,
    },
    /// Yes, for everything under the same rule in this run.
    Rule {
        /// Who answered.
        who: Answerer,
        /// Until this moment of the run's clock; to the end of the run if there is none. The run's clock moves when the tool
        /// waits, so that a replay sees the same.
        expires: Option<Moment>,
    },
    /// Yes, this once, to the request as the person changed it.
    Edited {
        /// Who answered.
        who: Answerer,
        /// What is approved in the place of what was asked.
        edit: Edit,
    },
    /// What a person says to the tool's own question.
    Said {
        /// Who answered.
        who: Answerer,
        /// The answer.
        text: String,
    },
    /// No.
    No {
        /// Who answered.
        who: Answerer,
        /// To how much. After [`Scope::Rule`] nothing under the same rule is asked about: it is refused at once.
        scope: Scope,
        /// Why, in a line for the tool and whoever called it: [`belljar_policy::check_words`] says what one is.
        why: Option<String>,
    },
    /// Nobody answered until the question was withdrawn; that is a refusal, but not a "no". The core answers so, and no host does.
    Expired,
    /// Nobody could be asked; that is a refusal, but not a "no".
    Nobody {
        /// Why, for example "standard input is not a terminal".
        why: String,
    },
}

impl Answer {
    /// Who answered, if somebody did.
    pub fn who(&self) -> Option<&Answerer> {
        match self {
            Answer::Once { who }
            | Answer::Rule { who, .. }
            | Answer::Edited { who, .. }
            | Answer::Said { who, .. }
            | Answer::No { who, .. } => Some(who),
            Answer::Expired | Answer::Nobody { .. } => None,
        }
    }
}

/// The digest to which the answer to a question is bound: SHA-256 of three lines, each with a newline, which are
/// `belljar question, version 1`, the hash of the log's entry before the question's, and that of the whole request, in
/// hexadecimal. The entry's hash is the question's own `prev`: it vouches for the tool, the policy, the rule, the ticket and
/// everything before. Of a call of another tool there are two lines more: the identity of that tool, and the digest of its own
/// policy.
pub fn question_digest(prev: &[u8; 32], content: &[u8; 32], calls: Option<&CalledTool>) -> [u8; 32] {
    let mut text = format!("belljar question, version 1\n{}\n{}\n", hex(prev), hex(content));
    if let Some(CalledTool { identity, policy }) = calls {
        text += &format!("{}\n{}\n", hex(identity), hex(policy));
    }
    sha256(text.as_bytes())
}
