//! How policies are compared, and what two of them allow together.

mod rules;
mod search;
mod terms;

use crate::policy::{Mount, Policy};
use crate::rule::Rule;

impl Policy {
    /// Whether this policy gives at least what another one does: for each request its effect is as mild or milder (allow
    /// before ask before deny), each path that the other one does not refuse is in the same folder of the host, and its
    /// limits, clock, random source, secrets and prices are within this one's.
    ///
    /// `true` is always right. `false` is also said where the answer takes more than a bounded amount of work, and in the
    /// cases that `docs/policy.md` lists. A policy covers itself and every [meet](Policy::meet) that it is part of, whatever
    /// their size.
    ///
    /// ```
    /// use belljar_policy::{Effect, Policy};
    ///
    /// let (mut caller, mut tool) = (Policy::deny_all(), Policy::deny_all());
    /// caller.add(Effect::Allow, "kv notes/**")?;
    /// tool.add(Effect::Allow, "kv read notes/*/a")?;
    /// assert!(caller.covers(&tool));
    /// assert!(!tool.covers(&caller));
    /// caller.add(Effect::Deny, "kv get notes/old/**")?;
    /// assert!(!caller.covers(&tool));
    /// # Ok::<(), belljar_policy::RuleError>(())
    /// ```
    pub fn covers(&self, other: &Policy) -> bool {
        terms::covers(self, other) && rules::covers(self, other)
    }

    /// The policy that gives what both give: a request is refused if either refuses it, and asked about if either asks.
    /// Limits are the smaller ones, clock and random source the less telling ones, secrets those of both.
    ///
    /// Rules cannot say every such policy, so it keeps the rules of both, and all are asked. A path is refused where they see
    /// different folders, and a list of keys is judged by what both allow of it. The result takes refusals only
    /// ([`Policy::add`]) and cannot be written as a file ([`Policy::to_toml`]), unless both have the same rules. Both
    /// policies [cover](Policy::covers) it.
    ///
    /// ```
    /// use belljar_policy::{Effect, KvAction, Policy, Query};
    ///
    /// let (mut caller, mut tool) = (Policy::deny_all(), Policy::deny_all());
    /// caller.add(Effect::Allow, "kv notes/**")?;
    /// tool.add(Effect::Ask, "kv write **")?;
    /// let both = caller.meet(&tool);
    /// let effect = |action, key| both.decide(&Query::Kv { action, key }).effect;
    /// assert_eq!(effect(KvAction::Set, "notes/a"), Effect::Ask);
    /// assert_eq!(effect(KvAction::Get, "notes/a"), Effect::Deny);
    /// assert_eq!(effect(KvAction::Set, "a"), Effect::Deny);
    /// assert!(caller.covers(&both) && tool.covers(&both));
    /// # Ok::<(), belljar_policy::RuleError>(())
    /// ```
    #[must_use]
    pub fn meet(&self, other: &Policy) -> Policy {
        let mut parts: Vec<Policy> = Vec::new();
        for layer in self.layers().iter().chain(other.layers()) {
            if !parts.iter().any(|part| same_rules(part, layer)) {
                let (rules, mounts) = (layer.rules.clone(), layer.mounts.clone());
                parts.push(Policy { rules, mounts, ..Policy::deny_all() });
            }
        }
        let mut met = terms::meet(self, other);
        match parts.as_mut_slice() {
            [only] => {
                met.rules = std::mem::take(&mut only.rules);
                met.mounts = std::mem::take(&mut only.mounts);
            }
            _ => {
                met.mounts = common(&parts);
                met.parts = parts;
            }
        }
        met
    }

    /// Whether the policy is the [meet](Policy::meet) of several whose rules differ.
    pub fn is_met(&self) -> bool {
        !self.parts.is_empty()
    }
}

/// The folders that all policies have at the same path.
fn common(policies: &[Policy]) -> Vec<Mount> {
    let Some((first, others)) = policies.split_first() else { return Vec::new() };
    let shared = |mount: &&Mount| others.iter().all(|other| other.mounts.contains(mount));
    first.mounts.iter().filter(shared).cloned().collect()
}

/// Whether two policies without parts have the same rules, in whatever order; folders are named by rules.
fn same_rules(one: &Policy, other: &Policy) -> bool {
    let texts = |policy: &Policy| {
        let mut texts: Vec<String> = policy.rules.iter().map(|rule: &Rule| rule.text.clone()).collect();
        texts.sort_unstable();
        texts.dedup();
        texts
    };
    one.rules == other.rules || texts(one) == texts(other)
}
