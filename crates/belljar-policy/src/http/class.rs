//! The requests that rules tell apart before they look at a path: one of each kind.

use url::Host;

use super::{HostPattern, HttpRule, private_host};
use crate::glob::Glob;

/// Requests that rules treat alike but for their paths.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    host: Host<String>,
    scheme: &'static str,
    /// One that no rule names if there is none.
    port: Option<u16>,
    /// One that no rule names if there is none.
    method: Option<String>,
}

impl Class {
    /// Whether its host is refused unless a rule names it.
    pub(crate) fn is_private(&self) -> bool {
        private_host(&self.host)
    }
}

impl HttpRule {
    /// The pattern for paths.
    pub(crate) fn path(&self) -> &Glob {
        &self.path
    }

    /// Whether the rule is about such requests, if their path matches.
    pub(crate) fn is_about(&self, class: &Class) -> bool {
        self.host.matches(&class.host)
            && self.scheme.as_ref().is_none_or(|scheme| scheme == class.scheme)
            && (self.port.is_none() || self.port == class.port)
            && (self.methods.is_empty() || class.method.as_ref().is_some_and(|method| self.methods.contains(method)))
    }

    /// [`HttpRule::names`] for all of a class.
    pub(crate) fn names_all(&self, class: &Class) -> bool {
        matches!(&self.host, HostPattern::Exact(host) if *host == class.host)
            && self.port.is_some()
            && self.port == class.port
    }
}

/// The classes of all requests that one of the rules may be about.
pub(crate) fn classes<'a>(rules: &'a [&'a HttpRule]) -> impl Iterator<Item = Class> + 'a {
    hosts(rules).into_iter().flat_map(move |host| {
        let about: Vec<&HttpRule> = rules.iter().copied().filter(|rule| rule.host.matches(&host)).collect();
        let ports = with_another(about.iter().filter_map(|rule| rule.port).collect());
        let methods = with_another(about.iter().flat_map(|rule| rule.methods.iter().cloned()).collect());
        ports.into_iter().flat_map(move |port| {
            let (host, methods) = (host.clone(), methods.clone());
            methods.into_iter().flat_map(move |method| {
                let (host, method) = (host.clone(), method.clone());
                ["https", "http"].map(|scheme| Class { host: host.clone(), scheme, port, method: method.clone() })
            })
        })
    })
}

/// Each value once, and none of them.
fn with_another<T: Ord>(mut values: Vec<T>) -> Vec<Option<T>> {
    values.sort_unstable();
    values.dedup();
    values.into_iter().map(Some).chain([None]).collect()
}

/// The hosts that rules name, and for each domain one below it that no rule names.
fn hosts(rules: &[&HttpRule]) -> Vec<Host<String>> {
    let domain = |rule: &HttpRule| match &rule.host {
        HostPattern::Exact(Host::Domain(name)) | HostPattern::Below(name) => name.len(),
        HostPattern::Exact(_) => 0,
    };
    // Longer than every name in them, so that it is no part of one.
    let label = "x".repeat(rules.iter().map(|rule| domain(rule)).max().unwrap_or(0) + 1);
    let mut hosts: Vec<Host<String>> = rules
        .iter()
        .map(|rule| match &rule.host {
            HostPattern::Exact(host) => host.clone(),
            HostPattern::Below(name) => Host::Domain(format!("{label}.{name}")),
        })
        .collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}
