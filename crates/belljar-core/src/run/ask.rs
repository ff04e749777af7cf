//! Questions that are open, and their answers.

use belljar_abi::{Denial, Failure, HumanResponse, Moment, Request, Response, Ticket};
use belljar_policy::Decision;

use super::state::{Acting, Asked, Run, State, Verdict};
use crate::capability::{Ask, Judge, Judged};
use crate::clock::format_moment;
use crate::entry::{At, Entry};
use crate::outcome::Stop;
use crate::question::{Answer, NotTaken, QuestionId, Scope};
use crate::standing::because;

impl Run {
    /// The bytes that a request carries whose question is open, for the person who is asked.
    pub fn payload(&self, ticket: Ticket) -> Option<&[u8]> {
        match self.tickets.get((ticket as usize).checked_sub(1)?)? {
            State::Asked(asked) => asked.request.payload(),
            _ => None,
        }
    }

    /// Hands in the answer to a question. Returns what it leads to; the inner error says why the answer is
    /// not taken, and nothing has changed then.
    ///
    /// # Errors
    ///
    /// What ends the run.
    pub(crate) fn answer(
        &mut self,
        id: &QuestionId,
        answer: Answer,
        now: Moment,
    ) -> Result<Result<Verdict, NotTaken>, Stop> {
        match self.takes(id, &answer, now) {
            Ok(()) => self.answered(id.ticket, answer, now).map(Ok),
            Err(why) => Ok(Err(why)),
        }
    }

    /// Whether an answer is one to an open question of this run, and holds.
    ///
    /// # Errors
    ///
    /// Why not.
    pub(crate) fn takes(&self, id: &QuestionId, answer: &Answer, now: Moment) -> Result<(), NotTaken> {
        let ticket = id.ticket;
        let open = (ticket as usize).checked_sub(1).and_then(|at| self.tickets.get(at));
        match open {
            _ if id.run != self.id => return Err(NotTaken::OtherRun),
            _ if self.is_replay() => return Err(NotTaken::Repeats),
            Some(State::Asked(asked)) if asked.question.id != *id => return Err(NotTaken::OtherQuestion(ticket)),
            Some(State::Asked(_)) => {}
            _ => return Err(NotTaken::NotOpen(ticket)),
        }
        if let Some(State::Asked(asked)) = open
            && let Some(expires) = asked.question.expires.filter(|expires| *expires <= now)
        {
            return Err(NotTaken::Late(expires));
        }
        match answer {
            Answer::Rule { expires: Some(_), .. } if self.at_once.clock.is_frozen() => Err(NotTaken::NoClock),
            Answer::Rule { expires: Some(expires), .. } if *expires <= now => Err(NotTaken::Expired(*expires)),
            _ => Ok(()),
        }
    }

    /// The latest moment of the host's clock that the log has. A question's own moment follows from it, in a replay as well.
    pub(super) fn known_moment(&self) -> Moment {
        let clock = &self.at_once.clock;
        if clock.is_frozen() { self.heard } else { self.heard.max(clock.now()) }
    }

    /// When the first open question is withdrawn.
    pub(crate) fn first_to_expire(&self) -> Option<Moment> {
        if self.asked == 0 || self.terms.policy().question_time.is_none() {
            return None;
        }
        self.tickets.iter().filter_map(expires).min()
    }

    /// Withdraws the questions whose moment has come.
    ///
    /// # Errors
    ///
    /// What ends the run.
    pub(crate) fn expire(&mut self, now: Moment) -> Result<(), Stop> {
        if self.is_replay() {
            return Ok(());
        }
        while self.first_to_expire().is_some_and(|first| first <= now) {
            let open = (1..).zip(&self.tickets).find(|(_, state)| expires(state).is_some_and(|moment| moment <= now));
            let Some((ticket, _)) = open else { return Ok(()) };
            // A refusal leads to nothing that is done.
            drop(self.answered(ticket, Answer::Expired, now)?);
        }
        Ok(())
    }

    /// Whether a person said yes to everything under the rules that decide together, and that still holds.
    pub(super) fn approves(&self, decision: &Decision) -> bool {
        self.standing.approves(decision, self.at_once.clock.now())
    }

    /// Whether a person said yes to everything under a rule.
    pub(super) fn is_approved(&self, rule: &str) -> bool {
        self.standing.is_approved(rule, self.at_once.clock.now())
    }

    pub(super) fn answered(&mut self, ticket: Ticket, answer: Answer, now: Moment) -> Result<Verdict, Stop> {
        let empty = self.empty();
        let slot = self.slot(ticket)?;
        let Asked { request, question, hops } = match std::mem::replace(slot, State::Taken) {
            State::Asked(asked) => *asked,
            other => {
                *slot = other;
                return Err(Stop::Host(format!("question {ticket} is not open")));
            }
        };
        // What is no answer to the question is none. What is recorded was checked then: what was said is not in the log.
        let answer = match (question.takes(&answer), answer) {
            (Ok(()), answer) => answer,
            (Err(_), answer) if self.recording.is_some() => answer,
            // A no is one whatever its reason is.
            (Err(_), Answer::No { who, scope, .. }) => Answer::No { who, scope, why: None },
            (Err(why), _) => Answer::Nobody { why },
        };
        self.asked -= 1;
        self.heard = self.heard.max(now);
        let (word, scope, who, why) = match &answer {
            Answer::Said { who, .. } => ("said", None, Some(who), None),
            Answer::Once { who } => ("yes", Some("request"), Some(who), None),
            Answer::Rule { who, .. } => ("yes", Some("rule"), Some(who), None),
            Answer::No { who, scope, why } => {
                ("no", (*scope == Scope::Rule).then_some("rule"), Some(who), why.as_ref())
            }
            Answer::Expired => ("expired", None, None, None),
            Answer::Nobody { why } => ("nobody", None, None, Some(why)),
        };
        let expires = match &answer {
            Answer::Rule { expires, .. } => expires.map(At),
            _ => None,
        };
        self.log.entry(&Entry::Answer {
            answer: word.into(),
            at: At(now),
            digest: question.id.digest,
            empty: (empty > 0).then_some(empty),
            expires,
            scope: scope.map(Into::into),
            ticket,
            who: who.map(|who| who.as_str().into()),
            why: why.map(|why| why.as_str().into()),
        })?;
        self.standing.answered(&question.rule, &answer);
        let refusal = match answer {
            Answer::Said { text, .. } => {
                self.finish(ticket, Ok(Response::Human(HumanResponse { answer: text })))?;
                return Ok(Verdict::Settled);
            }
            Answer::Once { .. } | Answer::Rule { .. } => None,
            Answer::No { who, why, .. } => {
                Some(because(format!("{}: {who} answered no", question.rule), why.as_deref()))
            }
            Answer::Expired => Some(match question.expires {
                Some(moment) => format!("{}: nobody answered before {}", question.rule, format_moment(moment)),
                None => format!("{}: nobody answered in time", question.rule),
            }),
            Answer::Nobody { why } => Some(format!("{}: nobody was there to ask ({why})", question.rule)),
        };
        if let Some(rule) = refusal {
            let denial = Denial { capability: question.capability.name().into(), request: question.request, rule };
            self.refuse(&denial, None);
            self.finish(ticket, Err(Failure::Denied(denial)))?;
            return Ok(Verdict::Settled);
        }
        if let Request::Tools(request) = &request {
            self.calls(ticket, request)?;
        }
        *self.slot(ticket)? = State::Acting(Acting::new(Some(question.rule), &request, hops));
        match request.judge(ticket, &self.terms) {
            Ok(Judged::ByRules(_, Some(mut act))) => {
                self.bound(ticket, &mut act);
                // In a replay nothing is performed: the result is recorded.
                if self.is_replay() { Ok(Verdict::Settled) } else { self.acted(act) }
            }
            _ => Err(Stop::Host("an approved request is no longer valid".into())),
        }
    }

    /// Whether a person's answer is awaited; that time does not count as the tool's.
    pub(crate) fn awaits_person(&self) -> bool {
        self.asked > 0
    }
}

/// When a question is withdrawn, if it is one that is open.
fn expires(state: &State) -> Option<Moment> {
    match state {
        State::Asked(asked) => asked.question.expires,
        _ => None,
    }
}
