//! Who answers a question, and whether that is enough.

use belljar_policy::Assurance;

use crate::question::NotTaken;

/// Who answers.
///
/// ```
/// use belljar_core::Answerer;
///
/// let who = Answerer::inbox("Ann").known_as("ann@example.com");
/// assert_eq!((who.name.as_str(), who.identity.as_deref()), ("Ann", Some("ann@example.com")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answerer {
    /// A name, for people and the log.
    pub name: String,
    /// How much is known of whoever it is. Whoever asked says it, and never the answer itself.
    pub assurance: Assurance,
    /// Who it is, as an authentication found out; nothing if there was none.
    pub identity: Option<String>,
}

impl Answerer {
    /// A person whom Belljar showed the request, and who answered there.
    pub fn inbox(name: impl Into<String>) -> Self {
        Answerer { name: name.into(), assurance: Assurance::Inbox, identity: None }
    }

    /// Whoever gave a command.
    pub fn command(name: impl Into<String>) -> Self {
        Answerer { assurance: Assurance::Command, ..Self::inbox(name) }
    }

    /// A program that says what its user said.
    pub fn client(name: impl Into<String>) -> Self {
        Answerer { assurance: Assurance::Client, ..Self::inbox(name) }
    }

    /// The same, once it is known who it is.
    #[must_use]
    pub fn known_as(self, identity: impl Into<String>) -> Self {
        Answerer { identity: Some(identity.into()), ..self }
    }
}

/// Whom a question takes a yes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approver {
    /// The weakest answer that is taken.
    pub least: Assurance,
    /// Where the policy wants four eyes: who started the run and so cannot approve what it asks for, if that is known.
    pub not: Option<Option<String>>,
}

impl Approver {
    /// Whom a yes is taken from, in a sentence for the person who is asked; nothing if anybody to whom the request is shown can say it.
    pub fn wants(&self) -> Option<String> {
        let inbox = "Only an answer on a terminal or in a page is a yes";
        let is_inbox = self.least == Assurance::Inbox;
        Some(match &self.not {
            None if is_inbox => format!("{inbox}."),
            None => return None,
            Some(None) => {
                "Nobody can say yes: the policy wants four eyes, and it is not known who started this run.".into()
            }
            Some(Some(starter)) => {
                let inbox = if is_inbox { format!(" {inbox}.") } else { String::new() };
                format!(
                    "The policy wants four eyes: a yes is taken from somebody who is known and is not {starter}.{inbox}"
                )
            }
        })
    }

    /// The weakest answer that is taken whatever the policy says: a program's word for its user lets nothing be changed, no secret and no
    /// money be used, and nothing be sent of what was read.
    pub(crate) fn floor(acts: bool, secrets: &[String], cost: Option<u64>, read: &[String]) -> Assurance {
        let is_harmless = !acts && secrets.is_empty() && cost.unwrap_or(0) == 0 && read.is_empty();
        if is_harmless { Assurance::Client } else { Assurance::Command }
    }

    /// Whether this one can say yes.
    pub(crate) fn takes(&self, who: &Answerer) -> Result<(), NotTaken> {
        if who.assurance < self.least {
            return Err(NotTaken::Weak { given: who.assurance, least: self.least });
        }
        let Some(starter) = &self.not else { return Ok(()) };
        match (starter, &who.identity) {
            (None, _) => Err(NotTaken::FourEyes("it is not known who started this run".into())),
            (_, None) => Err(NotTaken::FourEyes("it is not known who answers".into())),
            (Some(starter), Some(who)) if starter == who => {
                Err(NotTaken::FourEyes(format!("{who} started this run and cannot approve what it asks for")))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_is_taken_from_whom_the_policy_wants() {
        let not = |name: Option<&str>| Some(name.map(str::to_owned));
        let ann = || Answerer::inbox("Ann").known_as("ann");
        for (least, starter, who, refusal) in [
            (Assurance::Client, None, Answerer::client("c"), ""),
            (Assurance::Command, None, Answerer::client("c"), "level command"),
            (Assurance::Inbox, None, Answerer::command("c"), "level inbox"),
            (Assurance::Inbox, None, Answerer::inbox("c"), ""),
            (Assurance::Client, not(None), ann(), "not known who started"),
            (Assurance::Client, not(Some("bob")), Answerer::inbox("Ann"), "not known who answers"),
            (Assurance::Client, not(Some("ann")), ann(), "ann started this run"),
            (Assurance::Client, not(Some("bob")), ann(), ""),
            (Assurance::Inbox, not(Some("bob")), Answerer { assurance: Assurance::Command, ..ann() }, "level inbox"),
        ] {
            let taken = Approver { least, not: starter }.takes(&who);
            let said = taken.err().map(|why| why.to_string()).unwrap_or_default();
            assert!(said.contains(refusal) && said.is_empty() == refusal.is_empty(), "{who:?}: {said}");
        }
    }
}
