//! Questions that are open, and their answers.

use belljar_abi::{Denial, Failure, HumanResponse, Moment, Ticket};

use super::judge::permit;
use super::{Run, State};
use crate::entry::{At, Entry};
use crate::outcome::Stop;
use crate::permit::Act;
use crate::question::{Answer, NotTaken, QuestionId};
use crate::request::Response;

impl Run {
    /// The bytes that a request carries whose question is open, for the person who is asked.
    pub fn payload(&self, ticket: Ticket) -> Option<&[u8]> {
        match self.tickets.get((ticket as usize).checked_sub(1)?)? {
            State::Asked(asked) => asked.0.payload(),
            _ => None,
        }
    }

    /// Hands in the answer to a question. Returns the act if it may now be performed; the inner error says why the answer is
    /// not taken, and nothing has changed then.
    ///
    /// # Errors
    ///
    /// What ends the run.
    pub fn answer(
        &mut self,
        id: &QuestionId,
        answer: Answer,
        now: Moment,
    ) -> Result<Result<Option<Act>, NotTaken>, Stop> {
        if self.is_replay() {
            return Err(Stop::Host("a replay takes its answers from the recording".into()));
        }
        let ticket = id.ticket;
        let open = (ticket as usize).checked_sub(1).and_then(|at| self.tickets.get(at));
        match open {
            _ if id.run != self.id => return Ok(Err(NotTaken::OtherRun)),
            Some(State::Asked(asked)) if asked.1.id != *id => return Ok(Err(NotTaken::OtherQuestion(ticket))),
            Some(State::Asked(_)) => {}
            _ => return Ok(Err(NotTaken::NotOpen(ticket))),
        }
        self.answered(ticket, answer, now).map(Ok)
    }

    pub(super) fn answered(&mut self, ticket: Ticket, answer: Answer, now: Moment) -> Result<Option<Act>, Stop> {
        let empty = self.empty();
        let slot = self.slot(ticket)?;
        let (request, question) = match std::mem::replace(slot, State::Acting(None)) {
            State::Asked(asked) => *asked,
            other => {
                *slot = other;
                return Err(Stop::Host(format!("question {ticket} is not open")));
            }
        };
        // What is no answer to the question is none. What is recorded was checked then: what was said is not in the log.
        let answer = match question.takes(&answer) {
            Err(why) if self.recording.is_none() => Answer::Nobody { why },
            _ => answer,
        };
        let (word, scope, who) = match &answer {
            Answer::Said { who, .. } => ("said", "once", who),
            Answer::Once { who } => ("yes", "once", who),
            Answer::Rule { who } => ("yes", "rule", who),
            Answer::No { who } => ("no", "once", who),
            Answer::Nobody { why } => ("nobody", "once", why),
        };
        self.log.entry(&Entry::Answer {
            answer: word.into(),
            at: At(now),
            by: who.as_str().into(),
            digest: question.id.digest,
            empty: (empty > 0).then_some(empty),
            scope: scope.into(),
            ticket,
        })?;
        let refusal = match answer {
            Answer::Said { text, .. } => {
                self.finish(ticket, Ok(Response::Human(HumanResponse { answer: text })))?;
                return Ok(None);
            }
            Answer::Once { .. } => None,
            Answer::Rule { .. } => {
                self.approved.insert(question.rule.clone());
                None
            }
            Answer::No { who } => Some(format!("{}: {who} answered no", question.rule)),
            Answer::Nobody { why } => Some(format!("{}: nobody was there to ask ({why})", question.rule)),
        };
        if let Some(rule) = refusal {
            let denial = Denial { capability: question.capability.name().into(), request: question.request, rule };
            self.refuse(&denial, None);
            self.finish(ticket, Err(Failure::Denied(denial)))?;
            return Ok(None);
        }
        *self.slot(ticket)? = State::Acting(Some(question.rule));
        match self.judge(&request) {
            Ok((_, Some(act))) => Ok(Some(permit(ticket, act))),
            _ => Err(Stop::Host("an approved request is no longer valid".into())),
        }
    }

    /// Whether a person's answer is awaited; that time does not count as the tool's.
    pub fn awaits_person(&self) -> bool {
        self.tickets.iter().any(|state| matches!(state, State::Asked(_)))
    }
}
