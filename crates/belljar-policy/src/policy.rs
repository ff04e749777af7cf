//! The policy, and the one decision that both hosts ask for.

use std::time::Duration;

use crate::http::HttpRule;
use crate::limits::Limits;
use crate::rule::{Effect, Rule, RuleError};
use crate::section::files::{Files, Mount};
use crate::section::kv::{self, KvAction};
use crate::section::{Query, Subject};
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

/// A secret that the host adds to requests on their way out; its value is never in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Where the host finds it.
    pub name: String,
    /// The header's name and value, with `{}` where the secret stands.
    pub header: String,
    /// The origin that gets it.
    pub origin: String,
}

/// The price of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// The HTTP rule that it is for.
    pub rule: String,
    /// For each request, in billionths.
    pub per_call: u64,
    /// For each unit that the answer names, in billionths, and the JSON Pointer to the number of units.
    pub per_unit: Option<(String, u64)>,
    /// ISO 4217 code.
    pub currency: String,
}

/// What a policy says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What happens.
    pub effect: Effect,
    /// The rule that decided, or why none did.
    pub rule: String,
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
            secrets: Vec::new(),
            prices: Vec::new(),
            rules: Vec::new(),
            mounts: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The policies that decide: itself, or those that it is the meet of.
    pub(crate) fn layers(&self) -> &[Policy] {
        if self.parts.is_empty() { std::slice::from_ref(self) } else { &self.parts }
    }

    /// Adds a rule as the command line takes it: the capability, then the rule.
    ///
    /// # Errors
    ///
    /// A rule that is not understood, a folder at a path that is another folder already, and a rule that allows or asks
    /// for a policy that [is met](Policy::is_met): that takes refusals only, so that it stays within its parts.
    pub fn add(&mut self, effect: Effect, rule: &str) -> Result<(), RuleError> {
        let error = |reason: String| RuleError { rule: rule.to_owned(), reason };
        let (section, text) = rule
            .trim()
            .split_once(' ')
            .ok_or_else(|| error("write the capability, then the rule: \"kv notes/**\"".into()))?;
        match self.parts.first_mut() {
            // A refusal by one part is a refusal.
            Some(part) if effect == Effect::Deny => part.add_to(section, effect, text).map_err(error),
            Some(_) => Err(error("a policy that is the meet of several takes refusals only".into())),
            None => self.add_to(section, effect, text).map_err(error),
        }
    }

    pub(crate) fn add_to(&mut self, section: &str, effect: Effect, text: &str) -> Result<(), String> {
        let subject = Subject::parse(section, effect, text)?;
        if let Subject::Files(Files::Mount(_, host, guest)) = &subject {
            self.mount(host, guest)?;
        }
        let written = subject.text();
        self.push(section, effect, &written, subject);
        Ok(())
    }

    /// Refuses a host: every method and path, every port unless it names an unusual one, every scheme unless it names
    /// one. A refusal must not leave a way around, which is why this is not a rule of `[http]`.
    pub(crate) fn deny_host(&mut self, host: &str) -> Result<(), String> {
        let (scheme, authority) = match host.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest.strip_suffix('/').unwrap_or(rest)),
            None => (None, host),
        };
        if authority.is_empty() || authority.contains('/') {
            return Err("it is a host, with a port if need be, and without a path".into());
        }
        let rule = HttpRule::parse(&format!("* {}://{authority}/**", scheme.unwrap_or("https")))?;
        self.push("network", Effect::Deny, host, Subject::Http(rule.widened(scheme.is_none())));
        Ok(())
    }

    fn push(&mut self, section: &str, effect: Effect, written: &str, subject: Subject) {
        let text = format!("[{section}] {} \"{written}\"", effect.name());
        self.rules.push(Rule { effect, section: section.to_owned(), written: written.to_owned(), text, subject });
    }

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
