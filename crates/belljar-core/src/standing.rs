//! What a person said to everything under a rule: it stands for the rest of the run.

use std::collections::BTreeMap;

use belljar_abi::Moment;
use belljar_policy::{Assurance, Decision};

use crate::entry::Entry;
use crate::question::{Answer, Scope};

/// The answers that stand, by the rule that asked. A later answer takes the place of an earlier one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing(BTreeMap<String, Word>);

#[derive(Clone, Debug)]
enum Word {
    /// Yes, by an answer of that level; until a moment of the run's clock, if there is one.
    Yes(Option<Moment>, Assurance),
    /// No; with the person's reason.
    No(Option<String>),
}

impl Standing {
    /// Takes in an answer to a question of that rule.
    pub(crate) fn answered(&mut self, rule: &str, answer: &Answer) {
        let word = match answer {
            Answer::Rule { expires, who } => Word::Yes(*expires, who.assurance),
            Answer::No { scope: Scope::Rule, why, .. } => Word::No(why.clone()),
            _ => return,
        };
        self.0.insert(rule.to_owned(), word);
    }

    /// Takes in the entry of an answer to a question of that rule.
    pub(crate) fn entered(&mut self, rule: &str, entry: &Entry<'_>) {
        let Entry::Answer { answer, scope, expires, why, assurance, .. } = entry else { return };
        let assurance = assurance.as_deref().map_or(Some(Assurance::Inbox), Assurance::of).unwrap_or_default();
        let word = match (&**answer, scope.as_deref()) {
            ("yes", Some("rule")) => Word::Yes(expires.map(|at| at.0), assurance),
            ("no" | "declined", Some("rule")) => Word::No(why.as_deref().map(str::to_owned)),
            _ => return,
        };
        self.0.insert(rule.to_owned(), word);
    }

    /// Whether a person said yes to everything under the rule, by an answer of that level at least, and that holds at this moment of
    /// the run's clock.
    pub(crate) fn is_approved(&self, rule: &str, least: Assurance, now: Moment) -> bool {
        match self.0.get(rule) {
            Some(Word::Yes(expires, given)) => *given >= least && expires.is_none_or(|expires| now < expires),
            _ => false,
        }
    }

    /// Why everything under the rule is refused, in the place of a rule, if a person said no to all of it.
    pub(crate) fn refusal(&self, rule: &str) -> Option<String> {
        match self.0.get(rule) {
            Some(Word::No(why)) => Some(because(format!("{rule}: the person said no to all of it"), why.as_deref())),
            _ => None,
        }
    }

    /// [`Standing::is_approved`] for all rules that decide together.
    pub(crate) fn approves(&self, decision: &Decision, least: Assurance, now: Moment) -> bool {
        let is_approved = |rule: &String| self.is_approved(rule, least, now);
        is_approved(&decision.rule) || decision.rules().iter().all(is_approved)
    }

    /// [`Standing::refusal`] for one of the rules that decide together.
    pub(crate) fn refuses(&self, decision: &Decision) -> Option<String> {
        std::iter::once(&decision.rule).chain(decision.rules()).find_map(|rule| self.refusal(rule))
    }

    /// The rules to which a person said yes, and until which moment of the run's clock that holds.
    pub(crate) fn approved(&self) -> impl Iterator<Item = (&str, Option<Moment>)> {
        self.0.iter().filter_map(|(rule, word)| match word {
            Word::Yes(expires, _) => Some((rule.as_str(), *expires)),
            Word::No(_) => None,
        })
    }

    /// The rules to which a person said no.
    pub(crate) fn refused(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|(rule, word)| matches!(word, Word::No(_)).then_some(rule.as_str()))
    }
}

/// A refusal with the person's reason.
pub(crate) fn because(refusal: String, why: Option<&str>) -> String {
    match why {
        Some(why) => format!("{refusal}, because: {why}"),
        None => refusal,
    }
}
