//! Rules for HTTP requests; what a rule itself says is in [`crate::http`].

use std::collections::BTreeSet;

use super::kind::{About, Kind};
use crate::algebra::names::Names;
use crate::algebra::pair::{Compared, Pair, answer};
use crate::algebra::search::{Search, Work};
use crate::http::class::{Class, classes, hosts};
use crate::http::{self, HttpRule};
use crate::policy::Policy;
use crate::query::{Example, Query};
use crate::rule::Effect;
use crate::subject::Subject;
use crate::text::escape;
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
        matches!(query, Query::Http { method, url } if self.matches(method, url))
    }

    fn meets(&self, other: &Self) -> bool {
        self.meets(other)
    }
}

fn request(query: &Query<'_>) -> Option<String> {
    match query {
        Query::Http { method, url } => Some(format!("http {} {url}", escape(method))),
        _ => None,
    }
}

fn suggest(_: &Policy, query: &Query<'_>) -> Option<String> {
    let Query::Http { method, url } = query else { return None };
    http::exact_rule(method, url).map(|rule| format!("http {rule}"))
}

fn compare(pair: Pair<'_>, work: &mut Work) -> Compared {
    let mut all: Vec<(usize, Effect, &HttpRule)> = Vec::new();
    for (at, policy) in pair.policies().enumerate() {
        all.extend(web(policy).map(|(effect, rule)| (at, effect, rule)));
    }
    let (mut done, cost) = (BTreeSet::new(), pair.cost());
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
            let mut search = Search::new(Names::Urls);
            for at in 0..=pair.narrow.layers().len() {
                search.add_layer();
                if at == 0 && refuses {
                    continue;
                }
                for (_, (_, effect, rule)) in about.iter().filter(|(_, (layer, _, _))| *layer == at) {
                    search.exact(*effect, rule.path(), work)?;
                }
            }
            let request = |path: &str| Some(Example::Http { method: class.method().into(), url: class.url(path)? });
            let found = search.find(work, cost, |path| request(path).and_then(|request| pair.gap(request)))?;
            if let Some(gap) = answer(found, KIND.name)? {
                return Ok(Some(gap));
            }
        }
    }
    Ok(None)
}

/// The rules for HTTP, with their effects.
fn web(policy: &Policy) -> impl Iterator<Item = (Effect, &HttpRule)> {
    policy.rules.iter().filter_map(|rule| match &rule.subject {
        Subject::Http(http) => Some((rule.effect, http)),
        _ => None,
    })
}

/// Whether requests of a class go to a private address that no rule of the policy names.
fn refuses_address(policy: &Policy, class: &Class) -> bool {
    class.is_private() && !web(policy).any(|(effect, rule)| effect != Effect::Deny && rule.names_all(class))
}
