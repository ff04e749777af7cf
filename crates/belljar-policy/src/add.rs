//! Adding rules to a policy.

use crate::answer::Beside;
use crate::assurance::Assurance;
use crate::http::HttpRule;
use crate::policy::Policy;
use crate::rule::{Effect, Rule, RuleError};
use crate::subject::{Files, Subject};
use crate::text::basic;

impl Policy {
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

    /// Adds a rule that a file says in a table. One that says no more than a text does is that text.
    pub(crate) fn add_table(&mut self, effect: Effect, http: HttpRule, beside: Beside) {
        let short = http.to_string();
        let text = format!("[http] {} \"{short}\"{}{beside}", effect.name(), http.conditions);
        let mut lines = vec![format!("{} = {}", effect.name(), basic(&short))];
        let mut headers = http.conditions.headers.clone();
        if let Some(name) = beside.idempotency_key.as_deref() {
            // It follows from the key.
            headers.named.remove(name);
        }
        for (key, fields) in [("query", &http.conditions.query), ("headers", &headers)] {
            lines.extend((!fields.is_empty()).then(|| format!("{key} = {}", fields.written())));
        }
        for (key, text) in [("reason", &beside.reason), ("instead", &beside.instead)] {
            lines.extend(text.as_ref().map(|text| format!("{key} = {}", basic(text))));
        }
        lines.extend(beside.idempotency_key.as_ref().map(|name| format!("idempotency-key = {}", basic(name))));
        lines.extend((beside.least > Assurance::default()).then(|| format!("least = {}", basic(beside.least.name()))));
        lines.extend(beside.answer.as_ref().map(|answer| format!("answer = {}", answer.written())));
        let written = lines.join("\n");
        let rule = Rule { effect, section: "http".to_owned(), written, text, subject: Subject::Http(http), beside };
        self.rules.push(if rule.is_table() { rule } else { Rule { written: short, ..rule } });
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

    pub(crate) fn push(&mut self, section: &str, effect: Effect, written: &str, subject: Subject) {
        let text = format!("[{section}] {} \"{written}\"", effect.name());
        let beside = Beside::default();
        self.rules.push(Rule {
            effect,
            section: section.to_owned(),
            written: written.to_owned(),
            text,
            subject,
            beside,
        });
    }
}
