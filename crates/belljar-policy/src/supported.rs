//! What a policy says that a host does not do: it is refused, because a person would rely on it.

use crate::finding::Finding;
use crate::limits::Limits;
use crate::policy::Policy;
use crate::rule::Effect;

pub(crate) const SPEND: &str = "this host counts no money, so that [spend] would bound nothing; remove it";
pub(crate) const SECRET: &str =
    "no request leaves this host with a secret, so that [[secret]] would do nothing; remove it";
pub(crate) const HTTP_REQUESTS: &str =
    "no request leaves this host, so that \"http-requests\" would bound nothing; remove it";
pub(crate) const HTTP_BYTES: &str =
    "no request leaves this host, so that \"http-bytes\" would bound nothing; remove it";

/// What a host does that not every host does. Keys, files, the clock, the random source and the other limits are
/// everywhere, and so are refusals: what a host does not do it refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Supported {
    /// It performs HTTP requests, and counts them and the bytes of their bodies.
    pub http: bool,
    /// It answers HTTP requests as rules say, and sends nothing then.
    pub answers: bool,
    /// It adds secrets to HTTP requests.
    pub secrets: bool,
    /// It counts money.
    pub spend: bool,
    /// Its tools call other tools.
    pub tools: bool,
}

impl Policy {
    /// What the policy says that a host does not do, in the order in which a file says it. A host runs nothing under a
    /// policy of which it does not do all; the text of each finding says what it is, where it stands and how to mend it.
    ///
    /// ```
    /// use belljar_policy::{Effect, Policy, Supported};
    ///
    /// let mut policy = Policy::deny_all();
    /// policy.add(Effect::Deny, "http * https://evil.example/**")?;
    /// assert!(policy.unsupported(&Supported::default()).is_empty());
    /// policy.add(Effect::Allow, "http GET https://example.com/**")?;
    /// assert_eq!(policy.unsupported(&Supported::default()).len(), 1);
    /// assert!(policy.unsupported(&Supported { http: true, ..Supported::default() }).is_empty());
    /// # Ok::<(), belljar_policy::RuleError>(())
    /// ```
    pub fn unsupported(&self, by: &Supported) -> Vec<Finding> {
        let mut findings = Vec::new();
        for rule in self.layers().iter().flat_map(|layer| &layer.rules) {
            let why = match rule.effect {
                Effect::Allow => "so it would allow nothing",
                Effect::Ask => "so there would be nothing to ask about",
                Effect::Deny => continue,
            };
            if let Some(what) = (rule.subject.kind().missing)(by) {
                findings.push(Finding { rule: rule.text.clone(), message: format!("{what}, {why}; remove the rule") });
            } else if rule.beside.answer.is_some() && !by.answers {
                let message = "requests are not answered by rules yet, so it would be sent; remove the rule".to_owned();
                findings.push(Finding { rule: rule.text.clone(), message });
            }
        }
        let (limits, usual) = (&self.limits, Limits::default());
        for (key, found, why) in [
            ("[[secret]]", !by.secrets && !self.secrets.is_empty(), SECRET),
            ("[limits] http-requests", !by.http && limits.http_requests != usual.http_requests, HTTP_REQUESTS),
            ("[limits] http-bytes", !by.http && limits.http_bytes != usual.http_bytes, HTTP_BYTES),
            ("[spend]", !by.spend && (limits.spend.is_some() || !self.prices.is_empty()), SPEND),
        ] {
            if found {
                findings.push(Finding { rule: key.to_owned(), message: why.to_owned() });
            }
        }
        findings
    }
}
