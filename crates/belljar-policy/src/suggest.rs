//! The rule that would allow what was refused.

use crate::policy::Policy;
use crate::query::Query;
use crate::rule::Effect;

impl Policy {
    /// The rule that would allow a request which no rule is about, as it can be pasted: into `--allow '…'`, into the list
    /// `allow` of a `policy.toml` between apostrophes, and into the page. Where a folder of the tool's view is granted
    /// already, and for keys, URLs and tools, it allows this request and none elsewhere; otherwise it names the folder
    /// that the path is in, by a guess at its place on this machine.
    ///
    /// There is none if a rule refuses the request or has a person asked, or is about its method and URL under conditions
    /// that do not hold: then that rule is to be changed. There is none
    /// for a policy that [is met](Policy::is_met) either, which takes refusals only; nor for what no rule can allow, such as
    /// an empty key, or only a rule that cannot stand between apostrophes.
    ///
    /// ```
    /// use belljar_policy::{Effect, KvAction, Policy, Query};
    ///
    /// let mut policy = Policy::deny_all();
    /// let query = Query::Kv { action: KvAction::Get, key: "what's new?" };
    /// let rule = policy.suggest(&query).ok_or("none")?;
    /// assert_eq!(rule, "kv get what\\u{27}s new\\?");
    /// policy.add(Effect::Allow, &rule)?;
    /// assert_eq!(policy.decide(&query).effect, Effect::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn suggest(&self, query: &Query<'_>) -> Option<String> {
        if let Query::Replace { action, key } = query {
            return self.suggest_replace(*action, key);
        }
        if self.is_met() || self.names(query) {
            return None;
        }
        let rule = (query.kind().suggest)(self, query)?;
        // A host's name may have an apostrophe in it, which would end the text that a person pastes into a shell.
        if rule.contains('\'') {
            return None;
        }
        // No rule allows the empty key, for one.
        let mut policy = self.clone();
        policy.add(Effect::Allow, &rule).ok()?;
        (policy.decide(query).effect == Effect::Allow).then_some(rule)
    }

    /// The narrowest rule about this request, as [`Policy::suggest`] writes it, whatever rules there are: for a
    /// person who is asked about the request and wants to save no more than that. Where a rule refuses or has a person
    /// asked, that one holds beside it.
    ///
    /// ```
    /// use belljar_policy::{Effect, KvAction, Policy, Query};
    ///
    /// let mut policy = Policy::deny_all();
    /// policy.add(Effect::Ask, "kv write **")?;
    /// let query = Query::Kv { action: KvAction::Set, key: "notes/a" };
    /// assert_eq!(policy.suggest(&query), None);
    /// assert_eq!(policy.exact(&query).as_deref(), Some("kv set notes/a"));
    /// # Ok::<(), belljar_policy::RuleError>(())
    /// ```
    pub fn exact(&self, query: &Query<'_>) -> Option<String> {
        let is_exact = match query {
            Query::Files { path, .. } => self.resolve(path).is_some(),
            _ => true,
        };
        if self.is_met() || !is_exact {
            return None;
        }
        let rule = (query.kind().suggest)(self, query).filter(|rule| !rule.contains('\''))?;
        self.clone().add(Effect::Allow, &rule).is_ok().then_some(rule)
    }
}
