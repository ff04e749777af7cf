//! The policy: what it holds, and what is to be said of it for people.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::answer::SyntheticAnswer;
use crate::assurance::Assurance;
use crate::guest_path::GuestPath;
use crate::limits::Limits;
use crate::price::Price;
use crate::rule::{Effect, Rule};
use crate::secret::Secret;
use crate::text::escape;
use crate::units::show_bytes;

/// The clock that a tool sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The host's, rounded down.
    Real {
        /// To a multiple of this; 1 ms unless the policy says otherwise.
        precision: Duration,
    },
    /// It starts at a moment and moves only when a wait ends by its time.
    Frozen {
        /// Nanoseconds since 1970-01-01T00:00:00Z.
        moment_ns: u64,
    },
}

/// A directory of the host as the tool sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where the tool sees it.
    pub guest: GuestPath,
    /// Where it is, as the policy writes it.
    pub host: String,
}

/// What a policy says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What happens.
    pub effect: Effect,
    /// The rule that decided, or why none did. What the rule gives as its reason, and what to do instead, stands behind it.
    pub rule: String,
    /// Why the rule is there, in its author's words: one line of visible text. Of rules that deny and ask only.
    pub reason: Option<Arc<str>>,
    /// What to do instead, in the author's words: one line of visible text. Of rules that deny and ask only.
    pub instead: Option<Arc<str>>,
    /// What the request is answered with, if it is performed: then nothing is sent. Of rules that allow and ask only.
    pub answer: Option<Arc<SyntheticAnswer>>,
    /// The header fields, in small letters, in which the host sends a key that names this request and no other one, so that a
    /// server that gets it twice carries it out once. Of rules that allow and ask only.
    pub idempotency_keys: Vec<Arc<str>>,
    /// The weakest answer by which a person approves it, as the rules that ask say; the weakest there is of other rules.
    pub least: Assurance,
    /// The rules that ask, where it takes two: `rule` names both. A yes or no of a person to one of them holds for it.
    pub both: Vec<String>,
}

impl Decision {
    /// What no rule with words of its own, and without an answer, decides.
    pub fn plain(effect: Effect, rule: impl Into<String>) -> Self {
        Decision {
            effect,
            rule: rule.into(),
            reason: None,
            instead: None,
            answer: None,
            idempotency_keys: Vec::new(),
            least: Assurance::default(),
            both: Vec::new(),
        }
    }

    /// The rules that decide together: those of [`Decision::both`], or the one.
    pub fn rules(&self) -> &[String] {
        if self.both.is_empty() { std::slice::from_ref(&self.rule) } else { &self.both }
    }
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Budgets.
    pub limits: Limits,
    /// The clock.
    pub clock: Clock,
    /// The seed of the random source; real randomness without one.
    pub random_seed: Option<u64>,
    /// How long a question to a person stays open; for ever without one.
    pub question_time: Option<Duration>,
    /// The weakest answer by which a person approves anything that is asked about. A rule can ask for a stronger one.
    pub least: Assurance,
    /// Whether whoever started a run cannot approve what it asks for.
    pub four_eyes: bool,
    /// Secrets for HTTP.
    pub secrets: Vec<Secret>,
    /// Prices for HTTP.
    pub prices: Vec<Price>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) mounts: Vec<Mount>,
    /// The policies that this one is the meet of, each without parts and with the usual terms: all are asked, and the
    /// strictest decides. Then there are no rules beside them, and the mounts are those that all of them have. None in a
    /// policy that was read.
    pub(crate) parts: Vec<Policy>,
}

impl Policy {
    /// Grants nothing, with the usual limits.
    pub fn deny_all() -> Self {
        Policy {
            limits: Limits::default(),
            clock: Clock::Real { precision: Duration::from_millis(1) },
            random_seed: None,
            question_time: None,
            least: Assurance::default(),
            four_eyes: false,
            secrets: Vec::new(),
            prices: Vec::new(),
            rules: Vec::new(),
            mounts: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The secrets that a request to this URL carries.
    pub fn secrets_for(&self, url: &Url) -> Vec<Secret> {
        self.secrets.iter().filter(|secret| secret.is_for(url)).cloned().collect()
    }

    /// The policies that decide: itself, or those that it is the meet of.
    pub(crate) fn layers(&self) -> &[Policy] {
        if self.parts.is_empty() { std::slice::from_ref(self) } else { &self.parts }
    }

    /// Whether a tool gets anything by it beyond computing, or may be given it by a person: a rule that allows, or asks.
    pub fn grants_anything(&self) -> bool {
        self.layers().iter().all(|layer| layer.rules.iter().any(|rule| rule.effect != Effect::Deny))
    }

    /// What the policy allows, in sentences for people.
    pub fn describe(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.is_met() {
            lines.push(format!("{} policies decide together, and the strictest holds", self.parts.len()));
        }
        for (at, layer) in self.layers().iter().enumerate() {
            let from = if self.is_met() { format!("policy {}: ", at + 1) } else { String::new() };
            let by_effect = |effect| layer.rules.iter().filter(move |rule| rule.effect == effect);
            let rules = [Effect::Deny, Effect::Ask, Effect::Allow].into_iter().flat_map(by_effect);
            lines.extend(rules.map(|rule| format!("{from}{}", rule.text)));
            if self.is_met() && layer.rules.is_empty() {
                lines.push(format!("{from}no rules"));
            }
        }
        lines.push("everything else is refused".into());
        if self.least > Assurance::default() {
            lines.push(format!("what is asked about is approved by an answer of level {} at least", self.least.name()));
        }
        if self.four_eyes {
            lines.push("whoever started a run cannot approve what it asks for".into());
        }
        lines.extend(self.secrets.iter().map(|secret| {
            format!(
                "requests to {} carry the secret {} ({})",
                secret.origin,
                secret.name,
                escape(&secret.place.to_string())
            )
        }));
        let l = &self.limits;
        lines.push(format!(
            "limits: fuel {}, memory {}, time {}, output {}, console {}, artifacts {}, {} requests",
            l.fuel,
            show_bytes(l.memory),
            humantime::format_duration(l.time),
            show_bytes(l.output),
            show_bytes(l.log),
            show_bytes(l.artifacts),
            l.calls
        ));
        lines
    }
}
