//! What of a policy another one does not give, rule by rule.

use crate::algebra::Coverage;
use crate::policy::Policy;
use crate::rule::Effect;

impl Policy {
    /// What this policy gives and another one does not: for each rule that allows or asks, and for the settings, what shows it. The
    /// texts are the rules', and empty for the settings and for a policy that [is met](Policy::is_met), which is compared whole.
    /// What is not known counts as given.
    ///
    /// ```
    /// use belljar_policy::{Effect, Policy};
    ///
    /// let (mut old, mut new) = (Policy::deny_all(), Policy::deny_all());
    /// old.add(Effect::Allow, "kv read notes/**")?;
    /// new.add(Effect::Allow, "kv read notes/*")?;
    /// new.add(Effect::Allow, "http GET https://a.example/**")?;
    /// let beyond = new.beyond(&old);
    /// assert_eq!(beyond.len(), 1);
    /// assert_eq!(beyond[0].0, "[http] allow \"GET https://a.example/**\"");
    /// # Ok::<(), belljar_policy::RuleError>(())
    /// ```
    pub fn beyond(&self, other: &Policy) -> Vec<(String, Coverage)> {
        if self.is_met() {
            let whole = other.covers(self);
            return if whole.is_full() { Vec::new() } else { vec![(String::new(), whole)] };
        }
        let mut beyond = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.effect != Effect::Deny) {
            // With what restricts it, and under the other one's settings.
            let stricter = self.rules.iter().filter(|one| one.effect > rule.effect || *one == rule);
            let alone =
                Policy { rules: stricter.cloned().collect(), mounts: self.mounts.clone(), ..other.terms_alone() };
            let coverage = other.covers(&alone);
            if !coverage.is_full() {
                beyond.push((rule.text.clone(), coverage));
            }
        }
        let settings = other.terms_alone().covers(&self.terms_alone());
        if !settings.is_full() {
            beyond.push((String::new(), settings));
        }
        beyond
    }

    /// The settings without any rule.
    pub(crate) fn terms_alone(&self) -> Policy {
        Policy {
            limits: self.limits.clone(),
            clock: self.clock.clone(),
            random_seed: self.random_seed,
            question_time: self.question_time,
            least: self.least,
            four_eyes: self.four_eyes,
            secrets: self.secrets.clone(),
            prices: self.prices.clone(),
            ..Policy::deny_all()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Policy {
        Policy::parse(&format!("version = 1\n{text}")).unwrap()
    }

    fn said(one: &str, other: &str) -> Vec<String> {
        let beyond = of(one).beyond(&of(other));
        beyond
            .into_iter()
            .map(|(rule, coverage)| match coverage {
                Coverage::Gap(gap) => format!("{rule}: {gap}"),
                other => format!("{rule}: {other:?}"),
            })
            .collect()
    }

    #[test]
    fn each_rule_that_gives_more_is_told_with_a_request_that_shows_it() {
        let (one, other) = (
            "[kv]\nallow = ['read a/**', 'read b']\nask = ['write a/**']\ndeny = ['read a/x']\n[limits]\ncalls = 7",
            "[kv]\nallow = ['read a/**']\ndeny = ['read a/x', 'read a/y']\n[limits]\ncalls = 6",
        );
        let found = said(one, other);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[0].starts_with("[kv] allow \"read a/**\": \"kv get a/y\": denied"), "{found:?}");
        assert!(found[1].starts_with("[kv] allow \"read b\": "), "{found:?}");
        assert!(found[2].starts_with("[kv] ask \"write a/**\": "), "{found:?}");
        assert_eq!(found[3], ": limits.calls: 6, and in the other policy 7");
        assert_eq!(said(other, one), Vec::<String>::new());
        assert_eq!(said(one, one), Vec::<String>::new());
    }

    /// Nothing is beyond if and only if the other one covers it.
    #[test]
    fn it_agrees_with_covers() {
        for (one, other) in [
            ("", "[kv]\nallow = ['**']"),
            ("[kv]\nallow = ['**']", ""),
            ("[kv]\nallow = ['**']\ndeny = ['a']", "[kv]\nallow = ['**']\ndeny = ['a']"),
            ("[kv]\nallow = ['**']\ndeny = ['a']", "[kv]\nask = ['**']"),
            ("[kv]\nask = ['**']", "[kv]\nallow = ['**']"),
            ("[files]\nallow = ['read ./d as /d']", "[files]\nallow = ['read ./d as /d', 'write ./d as /d']"),
            ("[http]\nallow = ['GET https://*.a.example/**']", "[http]\nallow = ['* https://*.a.example/x/**']"),
        ] {
            let (one, other) = (of(one), of(other));
            assert_eq!(one.beyond(&other).is_empty(), other.covers(&one).is_full());
            assert_eq!(other.beyond(&one).is_empty(), one.covers(&other).is_full());
        }
    }
}
