//! Questions that are open, and their answers.

use std::sync::Arc;

use belljar_abi::{Denial, Failure, HumanResponse, Moment, Response, Ticket};
use belljar_policy::{Assurance, Decision};

use super::state::{Acting, Run, State, Verdict};
use crate::capability::{Ask, Judge, Judged};
use crate::clock::format_moment;
use crate::contract::sha256;
use crate::entry::{At, Entry};
use crate::limits;
use crate::outcome::Stop;
use crate::question::{Answer, NotTaken, Question, QuestionId, Scope};
use crate::standing::because;

impl Run {
    /// The bytes that a request carries whose question is open, for the person who is asked.
    pub fn payload(&self, ticket: Ticket) -> Option<&[u8]> {
        match self.tickets.get((ticket as usize).checked_sub(1)?)? {
            State::Asked(asked) => asked.request.payload(),
            _ => None,
        }
    }

    /// A question that is open.
    pub fn question(&self, id: &QuestionId) -> Option<&Question> {
        match self.tickets.get((id.ticket as usize).checked_sub(1)?)? {
            State::Asked(asked) if asked.question.id == *id => Some(&asked.question),
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

    /// A changed request was not taken: the question, to be put again with the reason. It is the same question.
    pub(crate) fn again(&mut self, id: &QuestionId, why: &NotTaken) -> Option<Question> {
        let at = (id.ticket as usize).checked_sub(1)?;
        match self.tickets.get_mut(at) {
            Some(State::Asked(asked)) if asked.question.id == *id => {
                asked.tries += 1;
                Some(Question { problem: Some(why.to_string()), ..asked.question.clone() })
            }
            _ => None,
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
            _ => {}
        }
        let Some(State::Asked(asked)) = open else { return Err(NotTaken::NotOpen(ticket)) };
        if let Some(expires) = asked.question.expires.filter(|expires| *expires <= now) {
            return Err(NotTaken::Late(expires));
        }
        match answer {
            Answer::Edited { edit, who } => {
                if asked.tries >= limits::EDITS {
                    return Err(NotTaken::TooMany);
                }
                self.changed(asked, edit)?.0.approver(&asked.question).takes(who)
            }
            Answer::Rule { expires: Some(_), .. } if self.at_once.clock.is_frozen() => Err(NotTaken::NoClock),
            Answer::Rule { expires: Some(expires), .. } if *expires <= now => Err(NotTaken::Expired(*expires)),
            answer => asked.question.approves(answer),
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

    /// Whether a person said yes to everything under a rule.
    pub(super) fn is_approved(&self, decision: &Decision) -> bool {
        let least = self.terms.policy().least.max(decision.least);
        self.standing.is_approved(&decision.rule, least, self.at_once.clock.now())
    }

    pub(super) fn answered(&mut self, ticket: Ticket, answer: Answer, now: Moment) -> Result<Verdict, Stop> {
        let empty = self.empty();
        let slot = self.slot(ticket)?;
        let asked = match std::mem::replace(slot, State::Taken) {
            State::Asked(asked) => *asked,
            other => {
                *slot = other;
                return Err(Stop::Host(format!("question {ticket} is not open")));
            }
        };
        let question = &asked.question;
        let mut changed = match &answer {
            Answer::Edited { edit, .. } => match self.changed(&asked, edit) {
                Ok(changed) => Some(changed),
                Err(why) if self.is_replay() => return Err(self.log.diverge(&format!("({why})")).into()),
                Err(why) => return Err(Stop::Host(why.to_string())),
            },
            _ => None,
        };
        // A recorded yes that this policy takes from nobody like that is not what happened.
        let taken = match (&changed, &answer) {
            (Some((changed, _)), Answer::Edited { who, .. }) => changed.approver(question).takes(who),
            (_, answer) => question.approves(answer),
        };
        match taken {
            Err(why) if self.is_replay() => return Err(self.log.diverge(&format!("({why})")).into()),
            Err(why) => return Err(Stop::Host(why.to_string())),
            Ok(()) => {}
        }
        // What is no answer to the question is none. What is recorded was checked then: what was said is not in the log.
        let takes = if changed.is_some() { Ok(()) } else { question.takes(&answer) };
        let answer = match (takes, answer) {
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
            Answer::Edited { who, .. } => ("edited", None, Some(who), None),
            Answer::Rule { who, .. } => ("yes", Some("rule"), Some(who), None),
            Answer::No { who, scope, why } => {
                let word = if who.assurance == Assurance::Client { "declined" } else { "no" };
                (word, (*scope == Scope::Rule).then_some("rule"), Some(who), why.as_ref())
            }
            Answer::Expired => ("expired", None, None, None),
            Answer::Nobody { why } => ("nobody", None, None, Some(why)),
        };
        let expires = match &answer {
            Answer::Rule { expires, .. } => expires.map(At),
            _ => None,
        };
        let edited = changed.as_ref().map(|(changed, _)| changed);
        let carried = edited.and_then(|changed| changed.request.payload());
        let names = |names: Option<&Vec<String>>| names.into_iter().flatten().map(|name| name.clone().into()).collect();
        self.log.entry(&Entry::Answer {
            answer: word.into(),
            assurance: who.filter(|who| who.assurance < Assurance::Inbox).map(|who| who.assurance.name().into()),
            at: At(now),
            bytes: carried.map(|carried| carried.len() as u64),
            cost: edited.and_then(|changed| changed.cost),
            digest: question.id.digest,
            edited: edited.map(|changed| changed.content),
            empty: (empty > 0).then_some(empty),
            expires,
            idempotency_keys: names(edited.map(|changed| &changed.keys)),
            identity: who.and_then(|who| who.identity.as_deref()).map(Into::into),
            rule: edited.map(|changed| changed.rule.as_str().into()),
            scope: scope.map(Into::into),
            secrets: names(edited.map(|changed| &changed.secrets)),
            sha256: carried.map(sha256),
            ticket,
            what: edited.map(|changed| changed.what.as_str().into()),
            who: who.map(|who| who.name.as_str().into()),
            why: why.map(|why| why.as_str().into()),
        })?;
        self.standing.answered(&question.rule, &answer);
        let refusal = match answer {
            Answer::Said { text, .. } => {
                self.finish(ticket, Ok(Response::Human(HumanResponse { answer: text })))?;
                return Ok(Verdict::Settled);
            }
            Answer::Once { .. } | Answer::Rule { .. } | Answer::Edited { .. } => None,
            Answer::No { who, why, .. } => {
                let said = if who.assurance == Assurance::Client { "declined" } else { "answered no" };
                Some(because(format!("{}: {} {said}", question.rule, who.name), why.as_deref()))
            }
            Answer::Expired => Some(match question.expires {
                Some(moment) => format!("{}: nobody answered before {}", question.rule, format_moment(moment)),
                None => format!("{}: nobody answered in time", question.rule),
            }),
            Answer::Nobody { why } => Some(format!("{}: nobody was there to ask ({why})", question.rule)),
        };
        if let Some(rule) = refusal {
            let denial =
                Denial { capability: question.capability.name().into(), request: question.request.clone(), rule };
            self.refuse(&denial, None);
            self.finish(ticket, Err(Failure::Denied(denial)))?;
            return Ok(Verdict::Settled);
        }
        let (request, rule) = match changed.take() {
            None => (asked.request, asked.question.rule),
            Some((mut changed, ledger)) => {
                self.exchange(&asked, &mut changed, ledger)?;
                (Arc::new(changed.request), changed.rule)
            }
        };
        *self.slot(ticket)? = State::Acting(Acting::new(Some(rule), &request, asked.hops));
        match request.judge(ticket, &self.terms) {
            Ok(Judged::ByRules(_, Some(mut act))) => {
                self.bound(ticket, &mut act);
                self.permitted(ticket, &request, act)
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
