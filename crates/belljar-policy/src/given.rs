//! What a request is given, so that it can be compared.

use crate::answer::SyntheticAnswer;
use crate::policy::Decision;
use crate::rule::{Effect, Strength};

/// What a policy gives of a request: whether it may be performed, and how.
///
/// Sending a request is more than answering it from the policy, and two answers are neither more nor less than each other. A
/// refusal is less than all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Given<'a> {
    pub(crate) strength: Strength,
    /// Nothing is sent if there is one. None in a refusal.
    pub(crate) answer: Option<&'a SyntheticAnswer>,
}

impl<'a> Given<'a> {
    /// A refusal.
    pub(crate) const NOTHING: Given<'static> = Given { strength: Strength::DENY, answer: None };

    /// What both give.
    pub(crate) fn meet(self, other: Given<'a>) -> Given<'a> {
        let strength = self.strength.max(other.strength);
        match (self.answer, other.answer) {
            _ if strength == Strength::DENY => Given::NOTHING,
            (Some(one), Some(other)) if one != other => Given::NOTHING,
            (one, other) => Given { strength, answer: one.or(other) },
        }
    }

    /// Whether it is at least as much.
    pub(crate) fn covers(self, other: Given<'_>) -> bool {
        other.strength == Strength::DENY
            || self.strength <= other.strength && (self.answer.is_none() || self.answer == other.answer)
    }
}

impl Decision {
    pub(crate) fn given(&self) -> Given<'_> {
        match self.effect {
            Effect::Deny => Given::NOTHING,
            effect => Given { strength: Strength { effect, least: self.least }, answer: self.answer.as_deref() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assurance::Assurance;

    /// Over all there are with two answers: the meet is the most that both cover.
    #[test]
    fn what_both_give_is_the_most_that_both_cover() {
        let [a, b] = ["a", "b"].map(|body| SyntheticAnswer { status: 200, headers: Vec::new(), body: body.to_owned() });
        let answers = [None, Some(&a), Some(&b)];
        let given = |effect, least, answer| Given { strength: Strength { effect, least }, answer };
        let strengths =
            std::iter::once((Effect::Allow, Assurance::Client)).chain(Assurance::ALL.map(|least| (Effect::Ask, least)));
        let granted = strengths.map(|(effect, least)| answers.map(|answer| given(effect, least, answer)));
        let all: Vec<Given<'_>> = granted.flatten().chain([Given::NOTHING]).collect();
        let sent = given(Effect::Allow, Assurance::Client, None);
        assert!(sent.covers(given(Effect::Allow, Assurance::Client, Some(&a))));
        assert!(!given(Effect::Allow, Assurance::Client, Some(&a)).covers(given(Effect::Ask, Assurance::Client, None)));
        assert!(sent.covers(given(Effect::Ask, Assurance::Inbox, None)));
        let by_client = given(Effect::Ask, Assurance::Client, None);
        assert!(!given(Effect::Ask, Assurance::Inbox, None).covers(by_client));
        for one in &all {
            for other in &all {
                assert_eq!(one.covers(*other) && other.covers(*one), one == other);
                let both = one.meet(*other);
                assert!(one.covers(both) && other.covers(both), "{one:?} {other:?}");
                for third in &all {
                    assert_eq!(one.covers(*third) && other.covers(*third), both.covers(*third), "{one:?} {other:?}");
                }
            }
        }
    }
}
