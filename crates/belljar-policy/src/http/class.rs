//! The requests that rules tell apart before they look at a path: one of each kind.

use std::collections::BTreeSet;

use url::{Host, Url};

use super::{HostPattern, HttpRule, METHODS, private_host};
use crate::glob::Glob;

/// Requests that rules treat alike but for their paths.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    host: Host<String>,
    scheme: &'static str,
    port: u16,
    method: String,
}

impl Class {
    /// Whether its host is refused unless a rule names it.
    pub(crate) fn is_private(&self) -> bool {
        private_host(&self.host)
    }

    /// The method.
    pub(crate) fn method(&self) -> &str {
        &self.method
    }

    /// The URL with a path, which is given without its first `/`.
    pub(crate) fn url(&self, path: &str) -> Option<Url> {
        let mut url = Url::parse(&format!("{}://{}:{}/", self.scheme, self.host, self.port)).ok()?;
        url.set_path(&format!("/{path}"));
        Some(url)
    }
}

impl HttpRule {
    /// The pattern for paths.
    pub(crate) fn path(&self) -> &Glob {
        &self.path
    }

    /// Whether the rule is about requests to a host, if all else matches.
    pub(crate) fn is_about_host(&self, host: &Host<String>) -> bool {
        self.host.matches(host)
    }

    /// Whether the rule is about such requests, if their path matches.
    pub(crate) fn is_about(&self, class: &Class) -> bool {
        self.host.matches(&class.host)
            && self.scheme.as_ref().is_none_or(|scheme| scheme == class.scheme)
            && self.port.is_none_or(|port| port == class.port)
            && (self.methods.is_empty() || self.methods.contains(&class.method))
    }

    /// [`HttpRule::names`] for all of a class.
    pub(crate) fn names_all(&self, class: &Class) -> bool {
        matches!(&self.host, HostPattern::Exact(host) if *host == class.host) && self.port == Some(class.port)
    }
}

/// The classes of all requests to a host that one of the rules may be about: for each port and method that is named, and
/// for one that is not.
pub(crate) fn classes<'a>(host: &'a Host<String>, rules: &[&HttpRule]) -> impl Iterator<Item = Class> + 'a {
    let ports: BTreeSet<u16> = rules.iter().filter_map(|rule| rule.port).collect();
    let methods: BTreeSet<String> = rules.iter().flat_map(|rule| rule.methods.iter().cloned()).collect();
    let port = [443, 80].into_iter().chain(1..=u16::MAX).find(|port| !ports.contains(port));
    let known = METHODS.into_iter().find(|method| !methods.contains(*method));
    // No rule can name it.
    let method = known.unwrap_or("OTHER").to_owned();
    let methods: Vec<String> = methods.into_iter().chain([method]).collect();
    ports.into_iter().chain(port).flat_map(move |port| {
        methods.clone().into_iter().flat_map(move |method| {
            ["https", "http"].map(|scheme| Class { host: host.clone(), scheme, port, method: method.clone() })
        })
    })
}

/// The hosts that rules name, and for each domain one below it that no rule names.
pub(crate) fn hosts(rules: &[&HttpRule]) -> BTreeSet<Host<String>> {
    let exact: BTreeSet<&Host<String>> = rules
        .iter()
        .filter_map(|rule| match &rule.host {
            HostPattern::Exact(host) => Some(host),
            HostPattern::Below(_) => None,
        })
        .collect();
    // Once each, so that each host is met as a candidate once.
    let domains: BTreeSet<&String> = rules
        .iter()
        .filter_map(|rule| match &rule.host {
            HostPattern::Exact(_) => None,
            HostPattern::Below(domain) => Some(domain),
        })
        .collect();
    let below = domains.into_iter().filter_map(|domain| {
        let host = |label: String| Host::Domain(format!("{label}.{domain}"));
        // A number is missing among as many as there are hosts, and one more.
        let numbered = (0..=exact.len()).map(|number| host(format!("x{number}")));
        std::iter::once(host("x".to_owned())).chain(numbered).find(|host| !exact.contains(host))
    });
    below.chain(exact.iter().map(|host| (*host).clone())).collect()
}
