//! How policies are compared, and what two of them allow together.

mod conflict;
mod coverage;
mod names;
mod rules;
mod search;
mod terms;

pub use conflict::Conflict;
pub use coverage::{Coverage, Example, Gap, Undecided};

use crate::policy::{Mount, Policy};
use crate::rule::Rule;
use search::Work;

impl Policy {
    /// Whether this policy gives at least what another one does: for each request its effect is as mild or milder (allow
    /// before ask before deny), each path that the other one does not refuse is in the same folder of the host, and the
    /// other one's limits, clock, random source, secrets and prices are within its own.
    ///
    /// [`Coverage::Full`] and [`Coverage::Gap`] are exact: a gap holds a request that shows it. Patterns can be written
    /// for which an exact answer takes exponential work, and some rules for files hold for what no name says, so there is
    /// [`Coverage::Undecided`], which says why. A caller that needs a yes takes it for a no. A policy covers itself and
    /// every [meet](Policy::meet) that it is part of, whatever its size.
    ///
    /// The work is bounded by a fixed number of steps (4 million, some hundred milliseconds), besides one pass over the
    /// rules for each part of a meet.
    ///
    /// ```
    /// use belljar_policy::{Coverage, Effect, Policy};
    ///
    /// let (mut caller, mut tool) = (Policy::deny_all(), Policy::deny_all());
    /// caller.add(Effect::Allow, "kv notes/**")?;
    /// tool.add(Effect::Allow, "kv read notes/*/a")?;
    /// assert!(caller.covers(&tool).is_full());
    /// caller.add(Effect::Deny, "kv get notes/old/**")?;
    /// let Coverage::Gap(gap) = caller.covers(&tool) else { return Err("no gap".into()) };
    /// assert_eq!(
    ///     gap.to_string(),
    ///     "\"kv get notes/old/a\": denied ([kv] deny \"get notes/old/**\"), and the other policy says allow \
    ///      ([kv] allow \"read notes/*/a\")"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn covers(&self, other: &Policy) -> Coverage {
        self.covers_within(other, &mut Work::new())
    }

    fn covers_within(&self, other: &Policy, work: &mut Work) -> Coverage {
        match terms::gap(self, other) {
            Some(gap) => Coverage::Gap(gap),
            None => rules::coverage(self, other, work),
        }
    }

    /// The policy that gives what both give: a request is refused if either refuses it, and asked about if either asks.
    /// Limits are the smaller ones, secrets those of both, clock and random source the less telling ones.
    ///
    /// Rules cannot say every such policy, so it keeps the rules of both, and all are asked. A path is refused where they
    /// see different folders, and a list of keys is judged by what both allow of its keys. The result takes refusals only
    /// ([`Policy::add`]) and cannot be written as a file ([`Policy::to_toml`]), unless both have the same rules. Both
    /// policies [cover](Policy::covers) it.
    ///
    /// # Errors
    ///
    /// Settings that are no amounts and contradict each other: two folders at one path, two seeds, two moments, two
    /// currencies, two lists of prices. None of them is dropped in favour of the other.
    ///
    /// ```
    /// use belljar_policy::{Effect, KvAction, Policy, Query};
    ///
    /// let (mut caller, mut tool) = (Policy::deny_all(), Policy::deny_all());
    /// caller.add(Effect::Allow, "kv notes/**")?;
    /// tool.add(Effect::Ask, "kv write **")?;
    /// let both = caller.meet(&tool)?;
    /// let effect = |action, key| both.decide(&Query::Kv { action, key }).effect;
    /// assert_eq!(effect(KvAction::Set, "notes/a"), Effect::Ask);
    /// assert_eq!(effect(KvAction::Get, "notes/a"), Effect::Deny);
    /// assert_eq!(effect(KvAction::Set, "a"), Effect::Deny);
    /// assert!(caller.covers(&both).is_full() && tool.covers(&both).is_full());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn meet(&self, other: &Policy) -> Result<Policy, Conflict> {
        let mut met = terms::meet(self, other)?;
        let mut parts: Vec<Policy> = Vec::new();
        for layer in self.layers().iter().chain(other.layers()) {
            if parts.iter().any(|part| same_rules(part, layer)) {
                continue;
            }
            for part in &parts {
                agree(part, layer)?;
            }
            let (rules, mounts) = (layer.rules.clone(), layer.mounts.clone());
            parts.push(Policy { rules, mounts, ..Policy::deny_all() });
        }
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
        Ok(met)
    }

    /// Whether the policy is the [meet](Policy::meet) of several whose rules differ.
    pub fn is_met(&self) -> bool {
        !self.parts.is_empty()
    }
}

/// Whether no path is one folder of the host in one policy and another in the other: within one policy that is an error,
/// too ([`Policy::add`]).
fn agree(one: &Policy, other: &Policy) -> Result<(), Conflict> {
    for mount in &one.mounts {
        if let Some(found) = other.mounts.iter().find(|found| found.guest == mount.guest && found.host != mount.host) {
            let (path, one, other) = (mount.guest.clone(), mount.host.clone(), found.host.clone());
            return Err(Conflict::Folder { path, one, other });
        }
    }
    Ok(())
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
