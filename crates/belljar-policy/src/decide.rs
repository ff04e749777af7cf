//! The one decision that both hosts ask for.

use crate::action::KvAction;
use crate::answer::Beside;
use crate::policy::{Decision, Policy};
use crate::query::Query;
use crate::rule::{Effect, Rule};
use crate::section::kv;
use crate::subject::Subject;
use url::Url;

impl Policy {
    /// What happens with a request: the strongest effect of all rules that match, deny over ask over allow. Of rules with
    /// this effect one that answers the request wins over those that let it be sent, and a request that they answer in
    /// different ways is refused.
    ///
    /// The parts of a policy that [is met](Policy::is_met) decide each for itself, and the strongest of their effects holds;
    /// if one answers, nothing is sent. A path that they find in different directories is refused, and so is a request that
    /// they answer in different ways.
    pub fn decide(&self, query: &Query<'_>) -> Decision {
        if let Query::Keys { prefix } = query {
            return self.decide_list(prefix);
        }
        if let Query::Replace { action, key } = query {
            return self.decide_replace(*action, key);
        }
        if let Some((first, others)) = self.parts.split_first() {
            return decide_all(first, others, query);
        }
        if let Some(rule) = (query.kind().bar)(self, query) {
            return Decision::plain(Effect::Deny, rule);
        }
        let matching = self.rules.iter().filter(|rule| rule.subject.matches(self, rule.effect, query));
        strongest_of(matching, query)
    }

    /// What happens with an HTTP request of which the header fields are not known, as in a log; nothing if that depends on them.
    /// Of several rules that allow it, one that does not look at them is named.
    ///
    /// ```
    /// use belljar_policy::{Effect, Policy, Url};
    ///
    /// let policy = Policy::parse(r#"
    /// version = 1
    /// [http]
    /// allow = ["GET https://a.example/**"]
    /// [[http.rule]]
    /// deny = "* https://a.example/admin"
    /// headers = { x-debug = "*" }
    /// "#)?;
    /// let said = |url: &str| policy.decide_target("GET", &Url::parse(url).unwrap()).map(|decision| decision.effect);
    /// assert_eq!(said("https://a.example/"), Some(Effect::Allow));
    /// assert_eq!(said("https://a.example/admin"), None);
    /// assert_eq!(said("https://b.example/"), Some(Effect::Deny));
    /// # Ok::<(), belljar_policy::PolicyError>(())
    /// ```
    pub fn decide_target(&self, method: &str, url: &Url) -> Option<Decision> {
        let query = Query::Http { method, url, headers: &[] };
        if !self.parts.is_empty() {
            let said: Vec<_> = self.parts.iter().map(|part| part.decide_target(method, url)).collect();
            let refused = said.iter().flatten().find(|decision| decision.effect == Effect::Deny);
            return match refused {
                Some(refused) => Some(refused.clone()),
                None => said.into_iter().collect::<Option<Vec<_>>>()?.into_iter().reduce(stricter),
            };
        }
        if let Some(rule) = (query.kind().bar)(self, &query) {
            return Some(Decision::plain(Effect::Deny, rule));
        }
        let about =
            |rule: &&Rule| matches!(&rule.subject, Subject::Http(http) if http.is_about_parameters(method, url));
        let looks_at_headers =
            |rule: &&Rule| matches!(&rule.subject, Subject::Http(http) if !http.conditions.headers.is_empty());
        let (open, sure): (Vec<&Rule>, Vec<&Rule>) = self.rules.iter().filter(about).partition(looks_at_headers);
        let effect = sure.iter().map(|rule| rule.effect).max();
        // Where one that does not look at them answers, another one without an answer changes nothing.
        let answers = sure.iter().any(|rule| Some(rule.effect) == effect && rule.beside.answer.is_some());
        let least = sure.iter().filter(|rule| Some(rule.effect) == effect).map(|rule| rule.beside.least).max();
        let least = least.unwrap_or_default();
        let decides = |rule: &&Rule| match effect {
            None => true,
            Some(Effect::Deny) => false,
            Some(effect) if rule.effect == effect => {
                rule.beside.answer.is_some() || effect == Effect::Ask && (!answers || rule.beside.least > least)
            }
            Some(effect) => rule.effect > effect,
        };
        if open.iter().any(decides) { None } else { Some(strongest_of(sure.into_iter(), &query)) }
    }

    /// Whether a rule is about a request, whatever it says of it.
    pub(crate) fn names(&self, query: &Query<'_>) -> bool {
        if let Query::Keys { prefix } = query {
            return self.names(&Query::Kv { action: KvAction::List, key: &kv::some_key(prefix) });
        }
        if let Query::Replace { action, key } = query {
            return [KvAction::Get, *action].into_iter().any(|action| self.names(&Query::Kv { action, key }));
        }
        let about = |layer: &Policy| layer.rules.iter().any(|rule| rule.subject.matches(layer, rule.effect, query));
        self.layers().iter().any(about)
    }
}

/// What rules that match come to together.
fn strongest_of<'a>(matching: impl Iterator<Item = &'a Rule>, query: &Query<'_>) -> Decision {
    let mut strongest: Vec<&Rule> = Vec::new();
    for rule in matching {
        if strongest.first().is_some_and(|best| best.effect < rule.effect) {
            strongest.clear();
        }
        if strongest.first().is_none_or(|best| best.effect == rule.effect) {
            strongest.push(rule);
        }
    }
    // An answer is stricter than sending. Otherwise a table has more to say than a text, and of several the first is
    // named, so that the text does not depend on more than it must.
    let answers = |rule: &&&Rule| rule.beside.answer.is_some();
    let least = strongest.iter().map(|rule| rule.beside.least).max().unwrap_or_default();
    let found = strongest.iter().find(answers);
    let found = found.or_else(|| strongest.iter().find(|rule| rule.is_table())).or(strongest.first());
    let Some(rule) = found else {
        return Decision::plain(Effect::Deny, format!("no rule in [{}] allows it", query.kind().name));
    };
    match strongest.iter().filter(answers).find(|other| other.beside.answer != rule.beside.answer) {
        Some(other) => Decision::plain(Effect::Deny, contradiction(&rule.text, &other.text)),
        None => {
            let keys = strongest.iter().filter_map(|rule| rule.beside.idempotency_key.clone());
            let mut keys: Vec<_> = if rule.beside.answer.is_some() { Vec::new() } else { keys.collect() };
            keys.sort_unstable();
            keys.dedup();
            Decision { idempotency_keys: keys, least, ..rule.decision() }
        }
    }
}

impl Rule {
    fn decision(&self) -> Decision {
        let Beside { reason, instead, answer, .. } = self.beside.clone();
        let (effect, rule) = (self.effect, self.text.clone());
        Decision { reason, instead, answer, ..Decision::plain(effect, rule) }
    }
}

/// Why two different answers are none.
fn contradiction(one: &str, other: &str) -> String {
    format!("{one} and {other} answer it in different ways")
}

/// The decision of the strictest of several policies that all decide.
fn decide_all(first: &Policy, others: &[Policy], query: &Query<'_>) -> Decision {
    let strictest = others.iter().fold(first.decide(query), |found, other| stricter(found, other.decide(query)));
    if let Query::Files { path, .. } = query
        && strictest.effect != Effect::Deny
        && others.iter().any(|other| other.resolve(path) != first.resolve(path))
    {
        return Decision::plain(Effect::Deny, "the policies that decide together see different folders there");
    }
    strictest
}

/// What two decisions come to together, in the words of the stricter one.
fn stricter(one: Decision, other: Decision) -> Decision {
    if one.effect == Effect::Deny {
        return one;
    }
    let least = one.least.max(other.least);
    let decided = match (&one.answer, &other.answer) {
        _ if other.effect == Effect::Deny => return other,
        (Some(a), Some(b)) if a != b => Decision::plain(Effect::Deny, contradiction(&one.rule, &other.rule)),
        (None, None) | (Some(_), Some(_)) => {
            // Each of them wants its own.
            let mut keys = [one.idempotency_keys.as_slice(), &other.idempotency_keys].concat();
            keys.sort_unstable();
            keys.dedup();
            let stricter = if other.effect > one.effect { other } else { one };
            Decision { idempotency_keys: keys, ..stricter }
        }
        (Some(_), None) => answered(other, one),
        (None, Some(_)) => answered(one, other),
    };
    if decided.effect == Effect::Ask { Decision { least, ..decided } } else { decided }
}

/// A decision to send, and one to answer: nothing is sent.
fn answered(sent: Decision, answered: Decision) -> Decision {
    if sent.effect <= answered.effect {
        return answered;
    }
    let rule = format!("{}, and {}", sent.rule, answered.rule);
    Decision { rule, answer: answered.answer, idempotency_keys: Vec::new(), ..sent }
}
