//! A tool's own questions to a person.

use std::sync::Arc;

use belljar_abi::{Failure, HumanRequest, HumanResponse, Lift, Lower, Request, Ticket};
use belljar_policy::Policy;

use super::form::{Answered, Ask, Capability, Filter, Judge, Judged, Kind};
use crate::limits::{self, ANSWER, CHOICE, CHOICES, QUESTION};
use crate::terms::Terms;

pub(super) const KIND: Kind = Kind {
    name: "human",
    most: limits::BESIDE,
    text: limits::TEXT,
    lift: |values, memory| Ok(Request::Human(Lift::lift_flat(values, memory)?)),
    failed: |failure| Err::<HumanResponse, _>(failure).plan(),
};

impl Ask for HumanRequest {
    fn capability(&self) -> Capability {
        Capability::Human
    }

    fn describe(&self) -> String {
        format!("ask {}", self.question)
    }

    fn acts(&self) -> bool {
        false
    }
}

impl Judge for HumanRequest {
    fn canonicalize(&mut self) -> Result<(), String> {
        fits(self)
    }

    /// No rule is needed: what is done is that a person is asked.
    fn judge(&self, _: Ticket, _: &Arc<Terms>) -> Result<Judged, Failure> {
        Ok(Judged::ByPerson("a question of the tool goes to a person"))
    }

    fn grant(&self, _: &Policy) -> Option<String> {
        None
    }
}

/// Whether a question can be shown to a person.
fn fits(request: &HumanRequest) -> Result<(), String> {
    let HumanRequest { question, choices } = request;
    if question.trim().is_empty() || question.len() > QUESTION {
        return Err(format!("a question has 1 to {QUESTION} bytes, not {}", question.len()));
    }
    if choices.len() > CHOICES {
        return Err(format!("a question has at most {CHOICES} choices, not {}", choices.len()));
    }
    for (at, choice) in choices.iter().enumerate() {
        if choice.trim().is_empty() || choice.len() > CHOICE || choice.contains(char::is_control) {
            return Err(format!("a choice is a line of 1 to {CHOICE} bytes, not {choice:?}"));
        }
        if choices.iter().take(at).any(|other| other == choice) {
            return Err(format!("the choice {choice:?} is there twice"));
        }
    }
    Ok(())
}

/// Whether a text answers a question.
pub(crate) fn accepts(request: Option<&HumanRequest>, text: &str) -> Result<(), String> {
    let Some(HumanRequest { choices, .. }) = request else {
        return Err("this is answered with yes or no".into());
    };
    if text.len() > ANSWER {
        return Err(format!("an answer has at most {ANSWER} bytes, not {}", text.len()));
    }
    if !choices.is_empty() && !choices.iter().any(|choice| choice == text) {
        return Err(format!("the answer is one of: {}", choices.join(", ")));
    }
    Ok(())
}

impl Answered for HumanResponse {
    fn capability(&self) -> Capability {
        Capability::Human
    }

    fn size(&self) -> u64 {
        self.answer.len() as u64
    }
}

impl Filter for HumanResponse {}
