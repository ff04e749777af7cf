//! A tool's own questions to a person.

use belljar_abi::HumanRequest;

use crate::limits::{ANSWER, CHOICE, CHOICES, QUESTION};

/// What stands in the log in place of a rule.
pub(super) const RULE: &str = "a question of the tool goes to a person";

/// Whether a question can be shown to a person.
pub(crate) fn fits(request: &HumanRequest) -> Result<(), String> {
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
