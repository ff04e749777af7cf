//! Rules for HTTP: methods and a URL pattern, read by the WHATWG URL standard.

use url::{Host, Url};

use crate::address::is_forbidden_address;
use crate::glob::Glob;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HttpRule {
    /// Upper case; empty for any.
    methods: Vec<String>,
    /// Any if there is none.
    scheme: Option<String>,
    host: HostPattern,
    /// Any if there is none.
    port: Option<u16>,
    path: Glob,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostPattern {
    Exact(Host<String>),
    /// Everything below this domain, not the domain itself.
    Below(String),
}

impl HttpRule {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (methods, pattern) =
            text.split_once(' ').ok_or("write methods, then a URL pattern: \"GET https://api.github.com/repos/**\"")?;
        let methods = match methods {
            "*" => Vec::new(),
            list => list.split(',').map(str::to_owned).collect(),
        };
        if let Some(bad) = methods.iter().find(|m| m.is_empty() || !m.bytes().all(|b| b.is_ascii_uppercase())) {
            return Err(format!("{bad:?} is not a method; write them in capitals, separated by commas, or \"*\""));
        }
        let pattern = pattern.trim();
        let (scheme, rest) = pattern
            .split_once("://")
            .filter(|(scheme, _)| matches!(*scheme, "https" | "http"))
            .ok_or("the URL pattern starts with \"https://\" or \"http://\"")?;
        if let Some(c) =
            rest.chars().find(|c| matches!(c, '?' | '#' | '@' | '\\') || c.is_whitespace() || c.is_control())
        {
            return Err(format!("{c:?} cannot stand in a URL pattern: it has a scheme, a host, a port and a path"));
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, "**"));
        let (host, below) = match authority.strip_prefix("*.") {
            Some(domain) => (domain, true),
            None => (authority, false),
        };
        if host.contains('*') {
            return Err("\"*\" in a host stands only for its whole leftmost label: \"*.example.com\"".into());
        }
        if !host.is_ascii() {
            return Err(format!(
                "the host {host:?} is not in ASCII: write the form that DNS has, which begins with \"xn--\""
            ));
        }
        let parsed = Url::parse(&format!("{scheme}://{host}/")).map_err(|e| format!("the host is not valid: {e}"))?;
        let port = parsed.port_or_known_default().ok_or("the scheme has no port")?;
        let exact = parsed.host().ok_or("there is no host")?.to_owned();
        let host = match (below, exact) {
            (false, host) => HostPattern::Exact(undotted(host)),
            (true, Host::Domain(domain)) if domain.trim_end_matches('.').contains('.') => {
                HostPattern::Below(domain.trim_end_matches('.').to_owned())
            }
            (true, _) => return Err("\"*.\" stands before a domain of at least two labels".into()),
        };
        Ok(HttpRule { methods, scheme: Some(scheme.to_owned()), host, port: Some(port), path: Glob::parse(path)? })
    }

    /// The same for every port unless the rule names an unusual one, and if need be for every scheme: for refusals, which
    /// must not leave a way around.
    pub(crate) fn widened(self, every_scheme: bool) -> Self {
        let port = self.port.filter(|port| !matches!(port, 80 | 443));
        HttpRule { scheme: self.scheme.filter(|_| !every_scheme), port, ..self }
    }

    pub(crate) fn matches(&self, method: &str, url: &Url) -> bool {
        let Some(host) = url.host() else { return false };
        let host = undotted(host.to_owned());
        let same = match (&self.host, &host) {
            (HostPattern::Exact(own), host) => own == host,
            (HostPattern::Below(domain), Host::Domain(host)) => {
                host.strip_suffix(domain.as_str()).is_some_and(|label| label.len() > 1 && label.ends_with('.'))
            }
            _ => false,
        };
        same && self.scheme.as_ref().is_none_or(|scheme| url.scheme() == scheme)
            && (self.port.is_none() || url.port_or_known_default() == self.port)
            && (self.methods.is_empty() || self.methods.iter().any(|m| m == method))
            && self.path.matches(url.path().strip_prefix('/').unwrap_or_default())
    }

    /// Whether the rule names this very host, as a literal address or as localhost, and port.
    pub(crate) fn names(&self, url: &Url) -> bool {
        let own = url.host().map(|h| undotted(h.to_owned()));
        matches!(&self.host, HostPattern::Exact(host) if Some(host) == own.as_ref())
            && self.port.is_some()
            && url.port_or_known_default() == self.port
    }
}

/// A trailing dot names the same host.
fn undotted(host: Host<String>) -> Host<String> {
    match host {
        Host::Domain(domain) => Host::Domain(domain.trim_end_matches('.').to_owned()),
        address => address,
    }
}

/// Whether a URL can be asked for at all, whatever the rules say.
pub(crate) fn sound(url: &Url) -> Result<(), &'static str> {
    if !matches!(url.scheme(), "https" | "http") {
        return Err("only http and https are requested");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL with a user name or password in it is refused");
    }
    if url.path().to_ascii_lowercase().contains("%2f") || url.path().to_ascii_lowercase().contains("%5c") {
        return Err("a path with an encoded slash is refused: servers read it in different ways");
    }
    Ok(())
}

/// Whether a URL's host is private as it stands, before any name is resolved.
pub(crate) fn private(url: &Url) -> bool {
    match url.host().map(|h| undotted(h.to_owned())) {
        Some(Host::Ipv4(address)) => is_forbidden_address(address.into()),
        Some(Host::Ipv6(address)) => is_forbidden_address(address.into()),
        Some(Host::Domain(name)) => {
            name == "localhost"
                || name.ends_with(".localhost")
                || name.ends_with(".internal")
                || name.ends_with(".local")
        }
        None => true,
    }
}
