//! Rules for HTTP: methods and a URL pattern, read by the WHATWG URL standard.

use url::{Host, Url};

use crate::address::is_forbidden_address;
use crate::glob::Glob;
use crate::near::distance;
use crate::text::escape;

pub(crate) mod class;
pub(crate) mod conditions;

use conditions::Conditions;

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
    /// What a text does not say, and a table does.
    pub(crate) conditions: Conditions,
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
        for method in &methods {
            if !METHODS.contains(&method.as_str()) {
                let capitals = method.to_uppercase();
                let near = METHODS.iter().min_by_key(|known| distance(known, &capitals));
                let near = near.filter(|known| distance(known, &capitals) <= 2).unwrap_or(&"GET");
                return Err(format!(
                    "{method:?} is not a method; write {:?}: methods stand in capitals, separated by commas, or \"*\"",
                    format!("http {} {}", list_of(&methods, method, near), pattern.trim())
                ));
            }
        }
        let mut methods = methods;
        methods.sort_unstable();
        methods.dedup();
        let pattern = pattern.trim();
        let (scheme, rest) = pattern
            .split_once("://")
            .filter(|(scheme, _)| matches!(*scheme, "https" | "http"))
            .ok_or("the URL pattern starts with \"https://\" or \"http://\"")?;
        if let Some(c) = rest.chars().find(|c| matches!(c, '?' | '#' | '@') || c.is_whitespace() || c.is_control()) {
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
        let path = Glob::parse(path)?;
        possible(&path)?;
        let (scheme, port) = (Some(scheme.to_owned()), Some(port));
        Ok(HttpRule { methods, scheme, host, port, path, conditions: Conditions::default() })
    }

    /// Whether there is a request that both match.
    pub(crate) fn meets(&self, other: &HttpRule) -> bool {
        let some = |one: bool, other: bool, same: bool| one || other || same;
        let hosts = match (&self.host, &other.host) {
            (HostPattern::Exact(one), HostPattern::Exact(other)) => one == other,
            (HostPattern::Below(domain), HostPattern::Exact(Host::Domain(host)))
            | (HostPattern::Exact(Host::Domain(host)), HostPattern::Below(domain)) => {
                host.strip_suffix(domain.as_str()).is_some_and(|label| label.len() > 1 && label.ends_with('.'))
            }
            (HostPattern::Below(one), HostPattern::Below(other)) => {
                one == other || one.ends_with(&format!(".{other}")) || other.ends_with(&format!(".{one}"))
            }
            _ => false,
        };
        hosts
            && some(self.scheme.is_none(), other.scheme.is_none(), self.scheme == other.scheme)
            && some(self.port.is_none(), other.port.is_none(), self.port == other.port)
            && some(
                self.methods.is_empty(),
                other.methods.is_empty(),
                self.methods.iter().any(|method| other.methods.contains(method)),
            )
            && self.path.meets(&other.path)
            && self.conditions.meet(&other.conditions)
    }

    /// The rule for paths that begin with one more slash, which many servers take for the same; none if it is about all paths.
    pub(crate) fn slashed(&self) -> Option<Self> {
        let path = self.path.to_string();
        if path == "**" {
            return None;
        }
        Some(HttpRule { path: Glob::parse(&format!("/{path}")).ok()?, ..self.clone() })
    }

    /// The same for every port unless the rule names an unusual one, and if need be for every scheme: for refusals, which
    /// must not leave a way around.
    pub(crate) fn widened(self, every_scheme: bool) -> Self {
        let port = self.port.filter(|port| !matches!(port, 80 | 443));
        HttpRule { scheme: self.scheme.filter(|_| !every_scheme), port, ..self }
    }

    /// Whether it is about a request.
    pub(crate) fn matches(&self, method: &str, url: &Url, headers: &[(&str, &str)]) -> bool {
        self.is_about_target(method, url) && self.conditions.hold(url, headers)
    }

    /// Whether it is about a request if its conditions hold.
    pub(crate) fn is_about_target(&self, method: &str, url: &Url) -> bool {
        let Some(host) = url.host() else { return false };
        self.host.matches(&undotted(host.to_owned()))
            && self.scheme.as_ref().is_none_or(|scheme| url.scheme() == scheme)
            && (self.port.is_none() || url.port_or_known_default() == self.port)
            && (self.methods.is_empty() || self.methods.iter().any(|m| m == method))
            && self.path.matches(url.path().strip_prefix('/').unwrap_or_default())
    }

    /// Whether it is about a request if its conditions on header fields hold.
    pub(crate) fn is_about_parameters(&self, method: &str, url: &Url) -> bool {
        self.is_about_target(method, url) && self.conditions.hold_of_parameters(url)
    }

    /// Whether the rule names this very host, as a literal address or as localhost, and port.
    pub(crate) fn names(&self, url: &Url) -> bool {
        let own = url.host().map(|h| undotted(h.to_owned()));
        matches!(&self.host, HostPattern::Exact(host) if Some(host) == own.as_ref())
            && self.port.is_some()
            && url.port_or_known_default() == self.port
    }
}

impl HostPattern {
    fn matches(&self, host: &Host<String>) -> bool {
        match (self, host) {
            (HostPattern::Exact(own), host) => own == host,
            (HostPattern::Below(domain), Host::Domain(host)) => {
                host.strip_suffix(domain.as_str()).is_some_and(|label| label.len() > 1 && label.ends_with('.'))
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for HttpRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let methods = if self.methods.is_empty() { "*".to_owned() } else { self.methods.join(",") };
        let scheme = self.scheme.as_deref().unwrap_or("*");
        write!(f, "{methods} {scheme}://")?;
        match &self.host {
            HostPattern::Exact(host) => write!(f, "{host}")?,
            HostPattern::Below(domain) => write!(f, "*.{domain}")?,
        }
        let usual = match scheme {
            "https" => Some(443),
            "http" => Some(80),
            _ => None,
        };
        if let Some(port) = self.port
            && Some(port) != usual
        {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", self.path)
    }
}

/// Methods that rules can name: those of the HTTP standards, of WebDAV, and what caches take.
pub(super) const METHODS: [&str; 25] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "QUERY",
    "PURGE",
    "LINK",
    "UNLINK",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "SEARCH",
    "ACL",
    "MKCALENDAR",
    "REBIND",
];

/// The methods with one of them replaced.
fn list_of(methods: &[String], bad: &str, right: &str) -> String {
    let methods: Vec<&str> = methods.iter().map(|method| if method == bad { right } else { method }).collect();
    methods.join(",")
}

/// Whether a URL can have a path that matches: URLs are compared as the standard writes them.
fn possible(path: &Glob) -> Result<(), String> {
    for name in path.samples().flatten() {
        let Ok(mut url) = Url::parse("https://host.example/") else { continue };
        url.set_path(&format!("/{name}/"));
        let real = url.path().trim_matches('/').to_owned();
        // A last empty name is that of "/a/".
        if real != name {
            return Err(format!("no URL has {name:?} in its path: there it is {real:?}"));
        }
        let small = name.to_ascii_lowercase();
        if small.contains("%2f") || small.contains("%5c") {
            return Err("a path with an encoded slash is refused whatever the rules say".into());
        }
    }
    Ok(())
}

/// The rule's text that matches exactly one method, origin and path, whatever the query.
pub(crate) fn exact_rule(method: &str, url: &Url) -> Option<String> {
    sound(url).ok()?;
    let host = undotted(url.host()?.to_owned());
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = escape(url.path().strip_prefix('/')?);
    let text = format!("{method} {}://{host}{port}/{path}", url.scheme());
    HttpRule::parse(&text).is_ok_and(|rule| rule.is_about_target(method, url)).then_some(text)
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
    url.path().split('%').skip(1).try_for_each(|behind| {
        let digits = behind.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).map_or(Ok(()), needs_encoding)
    })
}

/// Whether a character of a path can be percent-encoded without being another one's equal: then two paths would be one for a
/// server and two for the rules.
pub(crate) fn needs_encoding(byte: u8) -> Result<(), &'static str> {
    match byte {
        b'/' | b'\\' => Err("a path with an encoded slash is refused: servers read it in different ways"),
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => Err(
            "a path with an encoded letter, digit or one of -._~ is refused: servers take it for the plain one, so write that",
        ),
        _ => Ok(()),
    }
}

/// Whether a URL's host is private as it stands, before any name is resolved.
pub(crate) fn private(url: &Url) -> bool {
    url.host().is_none_or(|host| private_host(&undotted(host.to_owned())))
}

/// The same for a host without dots at its end.
fn private_host(host: &Host<String>) -> bool {
    match host {
        Host::Ipv4(address) => is_forbidden_address((*address).into()),
        Host::Ipv6(address) => is_forbidden_address((*address).into()),
        Host::Domain(name) => {
            name == "localhost"
                || name.ends_with(".localhost")
                || name.ends_with(".internal")
                || name.ends_with(".local")
        }
    }
}
