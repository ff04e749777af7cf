//! What a request is given, so that it can be compared.

use crate::answer::SyntheticAnswer;
use crate::policy::Decision;
use crate::rule::Effect;

/// What a policy gives of a request: whether it may be performed, and how.
///
/// Sending a request is more than answering it from the policy, and two answers are neither more nor less than each other. A
/// refusal is less than all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Given<'a> {
    pub(crate) effect: Effect,
    /// Nothing is sent if there is one. None in a refusal.
    pub(crate) answer: Option<&'a SyntheticAnswer>,
}

impl<'a> Given<'a> {
    /// A refusal.
    pub(crate) const NOTHING: Given<'static> = Given { effect: Effect::Deny, answer: None };

    /// What both give.
    pub(crate) fn meet(self, other: Given<'a>) -> Given<'a> {
        let effect = self.effect.max(other.effect);
        match (self.answer, other.answer) {
            _ if effect == Effect::Deny => Given::NOTHING,
            (Some(one), Some(other)) if one != other => Given::NOTHING,
            (one, other) => Given { effect, answer: one.or(other) },
        }
    }

    /// Whether it is at least as much.
    pub(crate) fn covers(self, other: Given<'_>) -> bool {
        other.effect == Effect::Deny
            || self.effect <= other.effect && (self.answer.is_none() || self.answer == other.answer)
    }
}

impl Decision {
    pub(crate) fn given(&self) -> Given<'_> {
        match self.effect {
            Effect::Deny => Given::NOTHING,
            effect => Given { effect, answer: self.answer.as_deref() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Over all there are with two answers: the meet is the most that both cover.
    #[test]
    fn what_both_give_is_the_most_that_both_cover() {
        let [a, b] = ["a", "b"].map(|body| SyntheticAnswer { status: 200, headers: Vec::new(), body: body.to_owned() });
        let answers = [None, Some(&a), Some(&b)];
        let granted = [Effect::Allow, Effect::Ask].map(|effect| answers.map(|answer| Given { effect, answer }));
        let all: Vec<Given<'_>> = granted.into_iter().flatten().chain([Given::NOTHING]).collect();
        assert!(
            Given { effect: Effect::Allow, answer: None }.covers(Given { effect: Effect::Allow, answer: Some(&a) })
        );
        assert!(!Given { effect: Effect::Allow, answer: Some(&a) }.covers(Given { effect: Effect::Ask, answer: None }));
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
