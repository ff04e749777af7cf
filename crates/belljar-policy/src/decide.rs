//! The one decision that both hosts ask for.

use crate::action::KvAction;
use crate::policy::{Decision, Policy};
use crate::query::Query;
use crate::rule::{Effect, Rule};
use crate::section::kv;

impl Policy {
    /// What happens with a request: the strongest effect of all rules that match, deny over ask over allow. The parts of a
    /// policy that [is met](Policy::is_met) decide each for itself, and the strongest of their effects holds; a path that
    /// they find in different directories is refused.
    pub fn decide(&self, query: &Query<'_>) -> Decision {
        if let Query::Keys { prefix } = query {
            return self.decide_list(prefix);
        }
        if let Some((first, others)) = self.parts.split_first() {
            return decide_all(first, others, query);
        }
        if let Some(rule) = (query.kind().bar)(self, query) {
            return Decision { effect: Effect::Deny, rule };
        }
        let matching = self.rules.iter().filter(|rule| rule.subject.matches(self, rule.effect, query));
        // The first of the strongest, so that the text does not depend on more than it must.
        let strongest = matching.fold(None::<&Rule>, |best, rule| match best {
            Some(best) if best.effect >= rule.effect => Some(best),
            _ => Some(rule),
        });
        match strongest {
            Some(rule) => Decision { effect: rule.effect, rule: rule.text.clone() },
            None => Decision { effect: Effect::Deny, rule: format!("no rule in [{}] allows it", query.kind().name) },
        }
    }

    /// Whether a rule is about a request, whatever it says of it.
    pub(crate) fn names(&self, query: &Query<'_>) -> bool {
        if let Query::Keys { prefix } = query {
            return self.names(&Query::Kv { action: KvAction::List, key: &kv::some_key(prefix) });
        }
        let about = |layer: &Policy| layer.rules.iter().any(|rule| rule.subject.matches(layer, rule.effect, query));
        self.layers().iter().any(about)
    }
}

/// The decision of the strictest of several policies that all decide.
fn decide_all(first: &Policy, others: &[Policy], query: &Query<'_>) -> Decision {
    let mut strictest = first.decide(query);
    for other in others {
        let decision = other.decide(query);
        if decision.effect > strictest.effect {
            strictest = decision;
        }
    }
    if let Query::Files { path, .. } = query
        && strictest.effect != Effect::Deny
        && others.iter().any(|other| other.resolve(path) != first.resolve(path))
    {
        let rule = "the policies that decide together see different folders there".to_owned();
        return Decision { effect: Effect::Deny, rule };
    }
    strictest
}
