//! Rules for HTTP requests; what a rule itself says is in [`crate::http`].

use std::collections::BTreeSet;

use super::kind::{About, Kind};
use crate::algebra::demands::{Carried, Demands, Known, Special};
use crate::algebra::names::Names;
use crate::algebra::pair::{Compared, Pair, answer};
use crate::algebra::search::{Search, Work};
use crate::http::class::{Class, classes, hosts};
use crate::http::{self, HttpRule};
use crate::policy::Policy;
use crate::query::{Example, Query};
use crate::rule::{Effect, Rule};
use crate::subject::Subject;
use crate::text::{escape, quoted};
use url::Url;

pub(super) const KIND: Kind = Kind {
    name: "http",
    parse: |_, text| HttpRule::parse(text).map(Subject::Http),
    bar,
    request,
    suggest,
    missing: |by| (!by.http).then_some("HTTP requests are not performed yet"),
    compare,
};

/// What cannot be told apart, and private addresses that no rule names.
fn bar(policy: &Policy, query: &Query<'_>) -> Option<String> {
    let Query::Http { url, .. } = query else { return None };
    if let Err(reason) = http::sound(url) {
        return Some(reason.to_owned());
    }
    (http::private(url) && !is_named(policy, url))
        .then(|| "private and local addresses are refused unless a rule names the address and port".to_owned())
}

/// Whether a rule that grants names this very host and port.
fn is_named(policy: &Policy, url: &Url) -> bool {
    web(policy).any(|(effect, rule)| effect != Effect::Deny && rule.names(url))
}

impl Policy {
    /// Whether it has rules that grant HTTP requests, or ask about them.
    pub fn grants_http(&self) -> bool {
        self.layers().iter().all(|layer| web(layer).any(|(effect, _)| effect != Effect::Deny))
    }

    /// Whether a URL's host is private as it stands, and rules name that very host and port all the same: then, and only
    /// then, a connection to a private address is meant.
    ///
    /// ```
    /// use belljar_policy::{Effect, Policy, Url};
    ///
    /// let mut policy = Policy::deny_all();
    /// policy.add(Effect::Allow, "http GET http://127.0.0.1:8080/**")?;
    /// policy.add(Effect::Allow, "http GET https://example.com/**")?;
    /// assert!(policy.names_private(&Url::parse("http://127.0.0.1:8080/a")?));
    /// assert!(!policy.names_private(&Url::parse("http://127.0.0.1:8081/a")?));
    /// assert!(!policy.names_private(&Url::parse("https://example.com/a")?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn names_private(&self, url: &Url) -> bool {
        http::private(url) && self.layers().iter().all(|layer| is_named(layer, url))
    }
}

impl About for HttpRule {
    fn text(&self) -> String {
        self.to_string()
    }

    fn matches(&self, _: &Policy, _: Effect, query: &Query<'_>) -> bool {
        matches!(query, Query::Http { method, url, headers } if self.matches(method, url, headers))
    }

    fn meets(&self, other: &Self) -> bool {
        self.meets(other)
    }
}

fn request(query: &Query<'_>) -> Option<String> {
    match query {
        Query::Http { method, url, headers } => {
            let mut text = format!("http {} {url}", escape(method));
            if !headers.is_empty() {
                let fields: Vec<String> =
                    headers.iter().map(|(name, value)| format!("{} = {}", quoted(name), quoted(value))).collect();
                text.push_str(&format!(" headers {{{}}}", fields.join(", ")));
            }
            Some(text)
        }
        _ => None,
    }
}

/// Nothing where a rule has conditions that do not hold of the request: what is suggested has none, and would undo them.
fn suggest(policy: &Policy, query: &Query<'_>) -> Option<String> {
    let Query::Http { method, url, .. } = query else { return None };
    if web(policy).any(|(_, rule)| !rule.conditions.is_empty() && rule.is_about_target(method, url)) {
        return None;
    }
    http::exact_rule(method, url).map(|rule| format!("http {rule}"))
}

fn compare(pair: Pair<'_>, work: &mut Work) -> Compared {
    let mut all: Vec<(usize, &Rule, &HttpRule)> = Vec::new();
    for (at, policy) in pair.policies().enumerate() {
        all.extend(rules(policy).map(|(rule, http)| (at, rule, http)));
    }
    let (mut done, mut known, cost) = (BTreeSet::new(), Known::default(), pair.cost());
    for host in hosts(&all.iter().map(|(_, _, rule)| *rule).collect::<Vec<_>>()) {
        work.take(all.len())?;
        let own: Vec<_> = all.iter().enumerate().filter(|(_, (_, _, rule))| rule.is_about_host(&host)).collect();
        for class in classes(&host, &own.iter().map(|(_, (_, _, rule))| *rule).collect::<Vec<_>>()) {
            // Whether a rule names an address is looked for among all.
            work.take(1 + own.len() + if class.is_private() { all.len() } else { 0 })?;
            if pair.narrow.layers().iter().any(|part| refuses_address(part, &class)) {
                continue;
            }
            let refuses = refuses_address(pair.layer, &class);
            let about: Vec<_> = own.iter().filter(|(_, (_, _, rule))| rule.is_about(&class)).collect();
            if !done.insert((refuses, about.iter().map(|(at, _)| *at).collect::<Vec<_>>())) {
                continue;
            }
            let (mut search, mut specials) = (Search::new(Names::Urls), Vec::new());
            for at in 0..=pair.narrow.layers().len() {
                search.add_layer();
                if at == 0 && refuses {
                    continue;
                }
                for (_, (layer, rule, http)) in about.iter().filter(|(_, (layer, _, _))| *layer == at) {
                    let (effect, conditions) = (rule.strength(), &http.conditions);
                    let answer = rule.beside.answer.as_ref();
                    if conditions.is_empty() && answer.is_none() {
                        search.exact(effect, http.path(), work)?;
                    } else {
                        search.more((effect, specials.len(), answer.is_some()), http.path(), work)?;
                        specials.push(Special { layer: *layer, effect, conditions, answer });
                    }
                }
            }
            let request = |path: &str, carried: Carried| {
                let mut url = class.url(path)?;
                if !carried.query.is_empty() {
                    url.query_pairs_mut().extend_pairs(carried.query);
                }
                Some(Example::Http { method: class.method().into(), url, headers: carried.headers })
            };
            let real = |path: &str, carried| request(path, carried).and_then(|request| pair.gap(request));
            let found = if specials.is_empty() {
                search.find(work, cost, |path| real(path, Carried::default()))?
            } else {
                let mut demands = Demands::new(&specials, &mut known);
                search.find_with(work, cost, |said, work| demands.differ(said, work), real)?
            };
            if let Some(gap) = answer(found, KIND.name)? {
                return Ok(Some(gap));
            }
        }
    }
    Ok(None)
}

/// The rules for HTTP.
fn rules(policy: &Policy) -> impl Iterator<Item = (&Rule, &HttpRule)> {
    policy.rules.iter().filter_map(|rule| match &rule.subject {
        Subject::Http(http) => Some((rule, http)),
        _ => None,
    })
}

/// The same with their effects.
fn web(policy: &Policy) -> impl Iterator<Item = (Effect, &HttpRule)> {
    rules(policy).map(|(rule, http)| (rule.effect, http))
}

/// Whether requests of a class go to a private address that no rule of the policy names.
fn refuses_address(policy: &Policy, class: &Class) -> bool {
    class.is_private() && !web(policy).any(|(effect, rule)| effect != Effect::Deny && rule.names_all(class))
}
