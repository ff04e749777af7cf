//! Reading Wassette's `policy.yaml`, strictly.
//!
//! The format is that of <https://github.com/microsoft/policy-mcp>, with the `resources.limits` that Wassette adds.
//! Whatever can be said in Belljar's terms becomes the rule that a `policy.toml` would have; whatever cannot is an
//! error that names the key. Nothing is ignored, and nothing is granted that the file does not grant:
//!
//! - A host is granted by `https` on its usual port, with any method and path. `http` and other ports have to be
//!   written: `http://localhost:8080`.
//! - `fs://data/**` and `fs://data` are the directory `data`, from where the policy's relative directories start;
//!   `fs:///srv/data` is one from the root. The tool sees it under the path that the policy writes, as `/data` and
//!   `/srv/data`.
//! - A refusal of a place holds for all below it, one of a host for all its schemes and ports.
//!
//! Of YAML only what such files need is read: one document of mappings, lists and scalars, without anchors, aliases
//! and tags, so that a small file is a small value.

use std::borrow::Cow;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use crate::file::{PolicyError, SIZE};
use crate::glob::Glob;
use crate::guest_path::GuestPath;
use crate::limits::MOST_MEMORY;
use crate::near::hint;
use crate::policy::Policy;
use crate::rule::Effect;

impl Policy {
    /// Reads a `policy.yaml` of Wassette's. What it says becomes rules of a `policy.toml`; what cannot be said in them is
    /// an error that names the key.
    ///
    /// ```
    /// use belljar_policy::Policy;
    ///
    /// let yaml = "version: '1.0'\npermissions:\n  network:\n    allow:\n    - host: api.example.com\n";
    /// let mut same = Policy::deny_all();
    /// same.add(belljar_policy::Effect::Allow, "http * https://api.example.com/**")?;
    /// assert_eq!(Policy::parse_wassette(yaml)?, same);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong with the file or cannot be said, with line and column.
    pub fn parse_wassette(yaml: &str) -> Result<Self, PolicyError> {
        parse(yaml)
    }
}

/// Levels of mappings and lists: such a file has six.
const DEPTH: usize = 16;

/// A problem at a place of the file.
struct Problem(Place, String);
type Parsed<T = ()> = Result<T, Problem>;

/// Line and column, from 1.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place(usize, usize);

impl From<Marker> for Place {
    fn from(marker: Marker) -> Self {
        Place(marker.line(), marker.col() + 1)
    }
}

struct Value<'a> {
    at: Place,
    node: Node<'a>,
}

enum Node<'a> {
    /// A scalar, and whether it stands without quotes, so that it may be something else than a text.
    Scalar(Cow<'a, str>, bool),
    List(Vec<Value<'a>>),
    Mapping(Vec<Entry<'a>>),
}

struct Entry<'a> {
    at: Place,
    key: Cow<'a, str>,
    value: Value<'a>,
}

fn parse(text: &str) -> Result<Policy, PolicyError> {
    let at = |Problem(Place(line, column), message): Problem| {
        // What is missing at the end is missing in the last line.
        let last = text.lines().count().max(1);
        let source = text.lines().nth(line.min(last).saturating_sub(1)).unwrap_or_default();
        let column = if line > last { source.chars().count() + 1 } else { column };
        let source_line = source.chars().filter(|c| !c.is_control()).collect();
        PolicyError { line: line.min(last), column, message, source_line }
    };
    if text.len() > SIZE {
        return Err(at(Problem(Place(1, 1), format!("a policy has at most {SIZE} bytes, not {}", text.len()))));
    }
    if text.starts_with('\u{feff}') {
        return Err(at(Problem(Place(1, 1), "the file starts with a byte order mark; save it as plain UTF-8".into())));
    }
    Reader(Parser::new_from_str(text)).document().and_then(|root| policy(&root)).map_err(at)
}

/// Events to values.
struct Reader<'a>(Parser<'a, saphyr_parser::StrInput<'a>>);

impl<'a> Reader<'a> {
    fn next(&mut self) -> Parsed<(Event<'a>, Span)> {
        match self.0.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(Problem((*error.marker()).into(), format!("not valid YAML: {}", error.info()))),
            None => Err(Problem(Place(1, 1), "not valid YAML: it ends too early".into())),
        }
    }

    /// The one document.
    fn document(mut self) -> Parsed<Value<'a>> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => {
                    let missing = || Problem(Place(1, 1), "the file is empty; write: version: \"1.0\"".into());
                    return root.ok_or_else(missing);
                }
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(Problem(
                        span.start.into(),
                        "a policy is one document; a second one starts here".into(),
                    ));
                }
                Event::DocumentStart(_) => {
                    let (event, span) = self.next()?;
                    root = Some(self.value(event, span, DEPTH)?);
                }
                _ => {}
            }
        }
    }

    fn value(&mut self, event: Event<'a>, span: Span, depth: usize) -> Parsed<Value<'a>> {
        let at = Place::from(span.start);
        let refuse = |what: &str| Err(Problem(at, format!("{what} cannot stand in a policy: write the value itself")));
        let node = match event {
            Event::Alias(_) => return refuse("an alias"),
            Event::Scalar(_, _, 1.., _) | Event::SequenceStart(1.., _) | Event::MappingStart(1.., _) => {
                return refuse("an anchor");
            }
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                return refuse("a tag");
            }
            Event::Scalar(text, style, ..) => Node::Scalar(text, style == ScalarStyle::Plain),
            Event::SequenceStart(..) | Event::MappingStart(..) if depth == 0 => {
                return Err(Problem(at, format!("it is nested more than {DEPTH} levels deep")));
            }
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break Node::List(list),
                        (event, span) => list.push(self.value(event, span, depth - 1)?),
                    }
                }
            }
            Event::MappingStart(..) => {
                let mut entries: Vec<Entry<'a>> = Vec::new();
                loop {
                    let (event, span) = self.next()?;
                    if event == Event::MappingEnd {
                        break Node::Mapping(entries);
                    }
                    let Value { at, node: Node::Scalar(key, _) } = self.value(event, span, depth - 1)? else {
                        return Err(Problem(span.start.into(), "a key is a text".into()));
                    };
                    if entries.iter().any(|entry| entry.key == key) {
                        return Err(Problem(at, format!("the key {key:?} is here twice")));
                    }
                    let (event, span) = self.next()?;
                    entries.push(Entry { at, key, value: self.value(event, span, depth - 1)? });
                }
            }
            _ => return Err(Problem(at, "not valid YAML: a value is missing".into())),
        };
        Ok(Value { at, node })
    }
}

impl<'a> Value<'a> {
    /// Whether it says nothing: what YAML calls null, or an empty mapping or list.
    fn is_nothing(&self) -> bool {
        match &self.node {
            Node::Scalar(text, plain) => *plain && matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL"),
            Node::List(list) => list.is_empty(),
            Node::Mapping(entries) => entries.is_empty(),
        }
    }

    fn wrong<T>(&self, expected: &str) -> Parsed<T> {
        let found = match &self.node {
            _ if self.is_nothing() => "nothing",
            Node::Scalar(..) if self.text().is_some() => "a text",
            Node::Scalar(..) => "a number or a boolean",
            Node::List(_) => "a list",
            Node::Mapping(_) => "a mapping",
        };
        Err(Problem(self.at, format!("{expected} belongs here, not {found}")))
    }

    /// A text: quoted, or what YAML takes for nothing else.
    fn text(&self) -> Option<&str> {
        let Node::Scalar(text, plain) = &self.node else { return None };
        let number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
            && (text.parse::<f64>().is_ok() || text.starts_with("0x") || text.starts_with("0o"));
        let boolean = matches!(text.as_ref(), "true" | "True" | "TRUE" | "false" | "False" | "FALSE");
        let special =
            matches!(text.trim_start_matches(['-', '+']), ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN");
        (!plain || !(number || boolean || special || self.is_nothing())).then_some(text)
    }

    fn string(&self, what: &str) -> Parsed<&str> {
        self.text().map_or_else(|| self.wrong(what), Ok)
    }

    /// The entries of a mapping, all of them known.
    fn mapping(&self, what: &str, keys: &[&str]) -> Parsed<&[Entry<'a>]> {
        let Node::Mapping(entries) = &self.node else { return self.wrong(what) };
        match entries.iter().find(|entry| !keys.contains(&entry.key.as_ref())) {
            Some(Entry { at, key, .. }) => Err(Problem(*at, hint(key, keys))),
            None => Ok(entries),
        }
    }

    /// [`Value::mapping`], or nothing at all.
    fn section(&self, what: &str, keys: &[&str]) -> Parsed<&[Entry<'a>]> {
        if self.is_nothing() { Ok(&[]) } else { self.mapping(what, keys) }
    }

    /// A list, or nothing at all.
    fn list(&self) -> Parsed<&[Value<'a>]> {
        match &self.node {
            Node::List(list) => Ok(list),
            _ if self.is_nothing() => Ok(&[]),
            _ => self.wrong("a list"),
        }
    }
}

fn find<'v, 'a>(entries: &'v [Entry<'a>], key: &str) -> Option<&'v Value<'a>> {
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
}

fn policy(root: &Value<'_>) -> Parsed<Policy> {
    let entries = root.mapping("a mapping with version and permissions", &["version", "description", "permissions"])?;
    let missing = |key, form| Problem(root.at, format!("the key {key:?} is missing; write: {form}"));
    let version = find(entries, "version").ok_or_else(|| missing("version", "version: \"1.0\""))?;
    let number = version.string("a text such as \"1.0\"")?;
    if !number.strip_prefix("1.").is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit())) {
        return Err(Problem(version.at, format!("version {number:?} is not known; versions \"1.…\" are")));
    }
    if let Some(description) = find(entries, "description") {
        description.string("a text")?;
    }
    let permissions = find(entries, "permissions").ok_or_else(|| missing("permissions", "permissions: {}"))?;
    let keys = ["storage", "network", "environment", "runtime", "resources", "ipc"];
    let mut policy = Policy::deny_all();
    for Entry { at, key, value } in permissions.section("a mapping", &keys)? {
        match key.as_ref() {
            "storage" => storage(&mut policy, value)?,
            "network" => network(&mut policy, value)?,
            "environment" => environment(value)?,
            "resources" => resources(&mut policy, value)?,
            "ipc" => {
                for Entry { value, .. } in value.section("a mapping", &["allow", "deny"])? {
                    if let Some(first) = value.list()?.first() {
                        let message = "\"ipc\" cannot be said here: a tool has no pipes and sockets; leave it out";
                        return Err(Problem(first.at, message.into()));
                    }
                }
            }
            _ => {
                let inside = value.section("a mapping", &["docker", "hyperlight", "wasm"])?;
                if inside.iter().any(|entry| !entry.value.is_nothing()) {
                    let message = "\"runtime\" cannot be said here: it configures other sandboxes; leave it out";
                    return Err(Problem(*at, message.into()));
                }
            }
        }
    }
    Ok(policy)
}

/// `allow` and `deny` of a section, each with its effect.
fn lists<'v, 'a>(section: &'v Value<'a>) -> Parsed<Vec<(Effect, &'v Value<'a>)>> {
    let mut all = Vec::new();
    for Entry { key, value, .. } in section.section("a mapping with allow and deny", &["allow", "deny"])? {
        let effect = if key == "allow" { Effect::Allow } else { Effect::Deny };
        all.extend(value.list()?.iter().map(|item| (effect, item)));
    }
    Ok(all)
}

fn storage(policy: &mut Policy, section: &Value<'_>) -> Parsed {
    let items = lists(section)?;
    let mut allowed = Vec::new();
    let mut denied = Vec::new();
    for (effect, item) in items {
        let entries =
            item.mapping("a place such as { uri: \"fs://data/**\", access: [\"read\"] }", &["uri", "access"])?;
        let missing = |key: &str| Problem(item.at, format!("a place needs the key {key:?}"));
        let uri = find(entries, "uri").ok_or_else(|| missing("uri"))?;
        let text = uri.string("a text such as \"fs://data/**\"")?;
        let verb = access(find(entries, "access").ok_or_else(|| missing("access"))?)?;
        let at = |message: String| Problem(uri.at, format!("the place {text:?} cannot be said here: {message}"));
        let place = Uri::parse(text).map_err(at)?;
        let rule = match effect {
            Effect::Allow => place.directory().map(|(host, guest)| format!("{verb} {host} as {guest}")),
            _ => place.everything_below().map(|pattern| format!("{verb} {pattern}")),
        };
        policy.add_to("files", effect, &rule.map_err(at)?).map_err(at)?;
        if effect == Effect::Allow { &mut allowed } else { &mut denied }.push((uri.at, place.absolute));
    }
    // Rules about the tool's view cannot tell that a path from the root lies in a directory that is not from there.
    match denied.iter().find(|(_, absolute)| allowed.iter().any(|(_, other)| other != absolute)) {
        Some((at, _)) => {
            let message = "one place is refused from the root (\"fs:///…\") and another allowed that is not, or the \
                           other way round: write all of them in one way";
            Err(Problem(*at, message.into()))
        }
        None => Ok(()),
    }
}

/// The verb of a rule.
fn access(value: &Value<'_>) -> Parsed<&'static str> {
    let (mut read, mut write) = (false, false);
    for item in value.list()? {
        let flag = match item.string("\"read\" or \"write\"")? {
            "read" => &mut read,
            "write" => &mut write,
            other => {
                return Err(Problem(item.at, format!("{other:?} is not known here; there are \"read\" and \"write\"")));
            }
        };
        if std::mem::replace(flag, true) {
            return Err(Problem(item.at, "it is here twice".into()));
        }
    }
    match (read, write) {
        (true, true) => Ok("*"),
        (true, false) => Ok("read"),
        (false, true) => Ok("write"),
        (false, false) => Err(Problem(value.at, "at least one of \"read\" and \"write\" belongs here".into())),
    }
}

/// A place of the file system.
struct Uri {
    /// Whether it starts at the root.
    absolute: bool,
    /// Its names, the last of which may be `**`.
    names: Vec<String>,
}

impl Uri {
    fn parse(text: &str) -> Result<Self, String> {
        let path = text.strip_prefix("fs://").ok_or("it starts with \"fs://\"")?;
        if path.is_empty() {
            return Err("it names nothing; write \"fs://**\" for the whole directory that the run starts in".into());
        }
        if path.contains(['$', '~']) {
            return Err("nothing is filled in: write the path itself".into());
        }
        if path.contains(" as ") || path != path.trim() {
            return Err("it has a space at its end, or \" as \" in it".into());
        }
        // Refuses `..`, backslashes, control characters and what is too long.
        let whole = GuestPath::parse(&format!("/{path}")).map_err(|error| error.to_string())?;
        let names: Vec<String> = whole.segments().map(str::to_owned).collect();
        Glob::parse(&names.join("/"))?;
        Ok(Uri { absolute: path.starts_with('/'), names })
    }

    /// The host's directory and where the tool sees it.
    fn directory(&self) -> Result<(String, String), String> {
        let names = self.names.strip_suffix(&["**".to_owned()]).unwrap_or(&self.names);
        if names.iter().any(|name| name.contains('*')) {
            return Err("a directory is allowed with all that is in it: \"*\" can only end it, as \"/**\"".into());
        }
        let guest = format!("/{}", names.join("/"));
        let host = match guest.strip_prefix('/') {
            _ if self.absolute => guest.clone(),
            Some("") | None => ".".to_owned(),
            Some(relative) => relative.to_owned(),
        };
        Ok((host, guest))
    }

    /// A pattern for the place and all below it, as the tool sees it.
    fn everything_below(&self) -> Result<String, String> {
        let mut names = self.names.clone();
        if names.last().is_none_or(|name| name != "**") {
            names.push("**".to_owned());
        }
        Ok(format!("/{}", names.join("/")))
    }
}

fn network(policy: &mut Policy, section: &Value<'_>) -> Parsed {
    for (effect, item) in lists(section)? {
        let entries = item.mapping("a host such as { host: \"api.example.com\" }", &["host", "cidr", "defaults"])?;
        let [Entry { at, key, value }] = entries else {
            return Err(Problem(item.at, "exactly one of \"host\", \"cidr\" and \"defaults\" belongs here".into()));
        };
        let refuse = |why: &str| Err(Problem(*at, format!("{key:?} cannot be said here: {why}")));
        match (key.as_ref(), effect) {
            ("cidr", Effect::Allow) => return refuse("addresses are not granted by the range; name the hosts"),
            ("cidr", _) => {
                return refuse(
                    "what nothing allows is refused anyway, and private addresses are unless a rule names them; \
                     leave it out",
                );
            }
            ("defaults", _) => return refuse("which hosts it means changes; name those that the tool needs"),
            _ => {}
        }
        let host = value.string("a text such as \"api.example.com\"")?;
        let at = |message: String| Problem(value.at, format!("the host {host:?} cannot be said here: {message}"));
        let (scheme, authority) = match host.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest.strip_suffix('/').unwrap_or(rest)),
            None => (None, host),
        };
        if authority == "*" {
            return Err(at(match effect {
                Effect::Allow => "every host there is cannot be granted; name those that the tool needs".into(),
                _ => "what nothing allows is refused anyway; leave it out".into(),
            }));
        }
        if effect == Effect::Allow {
            if authority.is_empty() || authority.contains('/') {
                return Err(at("it is a host, with a port if need be, and without a path".into()));
            }
            let rule = format!("* {}://{authority}/**", scheme.unwrap_or("https"));
            policy.add_to("http", effect, &rule).map_err(at)?;
        } else {
            policy.deny_host(host).map_err(at)?;
        }
    }
    Ok(())
}

fn environment(section: &Value<'_>) -> Parsed {
    for Entry { value, .. } in section.section("a mapping with allow", &["allow"])? {
        if let Some(item) = value.list()?.first() {
            let entries = item.mapping("a variable such as { key: \"HOME\" }", &["key"])?;
            let key =
                find(entries, "key").ok_or_else(|| Problem(item.at, "a variable needs the key \"key\"".into()))?;
            let name = key.string("a text")?;
            let message = format!(
                "the variable {name:?} cannot be granted: a tool has no environment. What it must know is in its \
                 input"
            );
            return Err(Problem(key.at, message));
        }
    }
    Ok(())
}

fn resources(policy: &mut Policy, section: &Value<'_>) -> Parsed {
    let mut memory = None;
    let unknown = |at: Place, key: &str| -> Parsed {
        let message = format!(
            "{key:?} cannot be said here: a run is limited in steps and time, not in shares of a machine; leave it out, \
             and give --fuel and --time"
        );
        Err(Problem(at, message))
    };
    let mut set = |at: Place, bytes: u64| match memory.replace(bytes) {
        Some(_) => Err(Problem(at, "the memory is limited twice".into())),
        None if bytes > MOST_MEMORY => Err(Problem(at, format!("at most {MOST_MEMORY} bytes can be granted"))),
        None => Ok(()),
    };
    for Entry { at, key, value } in section.section("a mapping", &["limits", "cpu", "memory", "io"])? {
        match key.as_ref() {
            "memory" => set(value.at, megabytes(value)?)?,
            "limits" => {
                for Entry { at, key, value } in value.section("a mapping", &["cpu", "memory"])? {
                    if key == "memory" {
                        set(value.at, quantity(value)?)?;
                    } else {
                        unknown(*at, key)?;
                    }
                }
            }
            _ => unknown(*at, key)?,
        }
    }
    if let Some(memory) = memory {
        policy.limits.memory = memory;
    }
    Ok(())
}

/// `resources.memory`: a whole number of megabytes.
fn megabytes(value: &Value<'_>) -> Parsed<u64> {
    let number = match &value.node {
        Node::Scalar(text, true) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse::<u64>().ok(),
        _ => None,
    };
    number
        .and_then(|number| number.checked_mul(1_000_000))
        .map_or_else(|| value.wrong("a whole number of megabytes"), Ok)
}

/// `resources.limits.memory`: a quantity as Kubernetes writes it, with its unit.
fn quantity(value: &Value<'_>) -> Parsed<u64> {
    const EXAMPLE: &str = "an amount with its unit such as \"512Mi\"";
    const UNITS: [(&str, u64); 6] =
        [("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000)];
    let text = value.string(EXAMPLE)?;
    let amount = UNITS.iter().find_map(|(unit, scale)| {
        let digits = text.strip_suffix(unit)?;
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if plain { digits.parse::<u64>().ok()?.checked_mul(*scale) } else { None }
    });
    amount.ok_or_else(|| Problem(value.at, format!("{text:?} is not {EXAMPLE}")))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::action::FileAction;
    use crate::query::Query;

    fn yaml(permissions: &str) -> String {
        format!("version: \"1.0\"\ndescription: \"A test\"\npermissions:\n{permissions}")
    }

    fn read(permissions: &str) -> Policy {
        parse(&yaml(permissions)).unwrap_or_else(|error| panic!("{error}"))
    }

    fn refused(text: &str) -> (usize, usize, String) {
        let error = parse(text).expect_err(text);
        (error.line, error.column, error.message)
    }

    fn http(policy: &Policy, url: &str) -> Effect {
        policy.decide(&Query::Http { method: "POST", url: &Url::parse(url).unwrap(), headers: &[] }).effect
    }

    fn file(policy: &Policy, action: FileAction, path: &str) -> Effect {
        policy.decide(&Query::Files { action, path: &GuestPath::parse(path).unwrap() }).effect
    }

    #[test]
    fn hosts_are_granted_by_https_unless_written_otherwise() {
        let policy = read(
            r#"
  network:
    allow:
      - host: api.example.com
      - host: "*.example.org"
      - host: "https://rss.example.net/"
      - host: "http://127.0.0.1:8080"
      - host: "files.example.com:8443"
    deny:
      - host: "private.example.org"
      - host: "http://127.0.0.1/"
"#,
        );
        for (url, expected) in [
            ("https://api.example.com/v1/x?y=z", Effect::Allow),
            ("http://api.example.com/v1/x", Effect::Deny),
            ("https://api.example.com:8443/", Effect::Deny),
            ("https://sub.api.example.com/", Effect::Deny),
            ("https://www.example.org/", Effect::Allow),
            ("https://example.org/", Effect::Deny),
            ("https://private.example.org/", Effect::Deny),
            ("https://rss.example.net/feed", Effect::Allow),
            ("https://files.example.com:8443/a", Effect::Allow),
            ("https://files.example.com/a", Effect::Deny),
            // Refused, since a refusal without a port is for all ports.
            ("http://127.0.0.1:8080/", Effect::Deny),
        ] {
            assert_eq!(http(&policy, url), expected, "{url}");
        }
        let mut policy = read("  network: { deny: [{ host: private.example.org }] }");
        policy.add(Effect::Allow, "http * http://private.example.org:81/**").unwrap();
        assert_eq!(http(&policy, "http://private.example.org:81/"), Effect::Deny, "any scheme, any port");
    }

    #[test]
    fn places_are_directories_under_the_path_that_is_written() {
        let policy = read(
            r#"
  storage:
    allow:
      - uri: "fs://srv/agent/**"
        access: ["read", "write"]
      - { uri: fs://config, access: [read] }
    deny:
      - uri: "fs://srv/agent/keys"
        access: ["read"]
      - uri: "fs://srv/**/*.pem"
        access: ["write", "read"]
"#,
        );
        let mounts: Vec<_> = policy.mounts().iter().map(|m| (m.host.as_str(), m.guest.as_str())).collect();
        assert_eq!(mounts, [("srv/agent", "/srv/agent"), ("config", "/config")]);
        for (action, path, expected) in [
            (FileAction::Read, "/srv/agent/a/b", Effect::Allow),
            (FileAction::Write, "/srv/agent/a/b", Effect::Allow),
            (FileAction::Read, "/srv/other", Effect::Deny),
            (FileAction::Read, "/config/app.json", Effect::Allow),
            (FileAction::Write, "/config/app.json", Effect::Deny),
            (FileAction::Read, "/srv/agent/keys", Effect::Deny),
            (FileAction::Read, "/srv/agent/keys/a/b", Effect::Deny),
            (FileAction::Read, "/srv/agent/KEYS/a", Effect::Deny),
            (FileAction::Write, "/srv/agent/keys/a", Effect::Allow),
            (FileAction::Write, "/srv/agent/x/y.pem", Effect::Deny),
        ] {
            assert_eq!(file(&policy, action, path), expected, "{action:?} {path}");
        }
        let policy = read(
            "  storage: { allow: [{ uri: 'fs:///srv//data/', access: [read] }, { uri: 'fs://**', access: [write] }] }",
        );
        let mounts: Vec<_> = policy.mounts().iter().map(|m| (m.host.as_str(), m.guest.as_str())).collect();
        assert_eq!(mounts, [("/srv/data", "/srv/data"), (".", "/")]);
        assert_eq!(file(&policy, FileAction::Write, "/srv/data/x"), Effect::Deny, "the inner directory counts");
    }

    #[test]
    fn memory_is_the_limit_that_there_is() {
        for (resources, bytes) in [
            ("{ limits: { memory: 512Mi } }", 512 << 20),
            ("{ limits: { memory: \"2G\" } }", 2_000_000_000),
            ("{ memory: 128 }", 128_000_000),
            ("{ limits: }", 64 << 20),
        ] {
            assert_eq!(read(&format!("  resources: {resources}")).limits.memory, bytes, "{resources}");
        }
    }

    #[test]
    fn what_grants_nothing_is_read() {
        for text in [
            "version: \"1.0\"\npermissions: {}",
            "version: '1.1' # a later minor version\ndescription: nothing\npermissions:\n",
            "---\nversion: \"1.0\"\npermissions: { runtime: { hyperlight: }, ipc: { allow: [] }, environment: { allow: }, network: { deny: [] } }\n...\n",
        ] {
            assert_eq!(parse(text).unwrap_or_else(|error| panic!("{error}")), Policy::deny_all(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let cases: &[(&str, (usize, usize), &str)] = &[
            ("", (1, 1), "version"),
            ("permissions: {}", (1, 1), "version"),
            ("version: 1.0\npermissions: {}", (1, 10), "a text such as \"1.0\""),
            ("version: \"2.0\"\npermissions: {}", (1, 10), "\"2.0\" is not known"),
            ("version: \"1.\"\npermissions: {}", (1, 10), "not known"),
            ("version: \"1.0\"", (1, 1), "permissions"),
            ("version: \"1.0\"\npermisions: {}", (2, 1), "did you mean \"permissions\""),
            ("version: \"1.0\"\nversion: \"1.0\"", (2, 1), "twice"),
            ("version: \"1.0\"\npermissions: []\n", (2, 14), ""),
            ("version: \"1.0\"\npermissions: [1]\n", (2, 14), "a mapping belongs here"),
            ("version: \"1.0\"\n---\nversion: \"1.0\"", (2, 1), "second"),
            ("- version", (1, 1), "mapping"),
            ("version: [", (1, 11), "not valid YAML"),
            ("{a: b", (1, 6), "not valid YAML"),
            ("version: \"1.0\"\npermissions:\n\tnetwork:\n", (3, 2), "not valid YAML"),
        ];
        for (text, place, words) in cases {
            if words.is_empty() {
                assert!(parse(text).is_ok(), "an empty list says nothing");
                continue;
            }
            let (line, column, message) = refused(text);
            assert!(message.contains(words), "{text:?}: {message}");
            assert_eq!((line, column), *place, "{text:?}: {message}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_an_error_that_names_it() {
        for (permissions, words) in [
            ("  network: { allow: [{ host: \"*\" }] }", "every host"),
            ("  network: { deny: [{ host: \"*\" }] }", "leave it out"),
            ("  network: { allow: [{ host: \"exam*ple.com\" }] }", "whole leftmost label"),
            ("  network: { allow: [{ host: \"*.com\" }] }", "two labels"),
            ("  network: { allow: [{ host: \"example.com/path\" }] }", "without a path"),
            ("  network: { allow: [{ host: \"ftp://example.com\" }] }", "https://"),
            ("  network: { allow: [{ host: \"user@example.com\" }] }", "'@'"),
            ("  network: { allow: [{ host: \"a b\" }] }", "' '"),
            ("  network: { allow: [{ host: \"\" }] }", "host"),
            ("  network: { allow: [{ host: 10 }] }", "not a number"),
            ("  network: { allow: [{ host: yes, cidr: x }] }", "exactly one"),
            ("  network: { allow: [{ cidr: 10.0.0.0/8 }] }", "\"cidr\""),
            ("  network: { deny: [{ cidr: 0.0.0.0/0 }] }", "\"cidr\""),
            ("  network: { allow: [{ defaults: true }] }", "\"defaults\""),
            ("  network: { ask: [] }", "\"ask\""),
            ("  network: [{ host: x.com }]", "a mapping"),
            ("  network: { allow: { host: x.com } }", "a list"),
            ("  storage: { allow: [{ uri: \"/data\", access: [read] }] }", "fs://"),
            ("  storage: { allow: [{ uri: \"fs://\", access: [read] }] }", "names nothing"),
            ("  storage: { allow: [{ uri: \"fs://a/../b\", access: [read] }] }", "\"..\""),
            ("  storage: { allow: [{ uri: \"fs://a/*\", access: [read] }] }", "\"/**\""),
            ("  storage: { allow: [{ uri: \"fs://a/*/b/**\", access: [read] }] }", "\"/**\""),
            ("  storage: { allow: [{ uri: \"fs://a/**/b\", access: [read] }] }", "\"/**\""),
            ("  storage: { allow: [{ uri: \"fs://$(pwd)/x\", access: [read] }] }", "filled in"),
            ("  storage: { allow: [{ uri: \"fs://~/x\", access: [read] }] }", "filled in"),
            ("  storage: { allow: [{ uri: \"fs:///x as /y\", access: [read] }] }", "\" as \""),
            ("  storage: { allow: [{ uri: \"fs://a/[b]\", access: [read] }] }", "'['"),
            ("  storage: { deny: [{ uri: \"fs://a/b**\", access: [read] }] }", "stands alone"),
            ("  storage: { allow: [{ uri: \"fs://a\", access: [] }] }", "at least one"),
            ("  storage: { allow: [{ uri: \"fs://a\", access: read }] }", "a list"),
            ("  storage: { allow: [{ uri: \"fs://a\", access: [read, read] }] }", "twice"),
            ("  storage: { allow: [{ uri: \"fs://a\", access: [execute] }] }", "\"execute\""),
            ("  storage: { allow: [{ uri: \"fs://a\" }] }", "\"access\""),
            ("  storage: { allow: [{ access: [read] }] }", "\"uri\""),
            ("  storage: { allow: [{ uri: fs://a, access: [read] }, { uri: 'fs:///a', access: [read] }] }", "already"),
            (
                "  storage: { allow: [{ uri: fs://a, access: [read] }], deny: [{ uri: 'fs:///home/me/a/b', access: [read] }] }",
                "in one way",
            ),
            ("  environment: { allow: [{ key: API_KEY }] }", "\"API_KEY\""),
            ("  environment: { deny: [] }", "\"deny\""),
            ("  resources: { cpu: 50.0 }", "\"cpu\""),
            ("  resources: { io: 100 }", "\"io\""),
            ("  resources: { limits: { cpu: 500m } }", "\"cpu\""),
            ("  resources: { limits: { memory: 512 } }", "with its unit"),
            ("  resources: { limits: { memory: 512MB } }", "with its unit"),
            ("  resources: { limits: { memory: 1.5Gi } }", "with its unit"),
            ("  resources: { limits: { memory: 8Gi } }", "at most"),
            ("  resources: { limits: { memory: 99999999999999999999Gi } }", "with its unit"),
            ("  resources: { memory: -1 }", "megabytes"),
            ("  resources: { memory: \"64\" }", "megabytes"),
            ("  resources: { memory: 64, limits: { memory: 64Mi } }", "twice"),
            ("  runtime: { docker: { security: { privileged: true } } }", "\"runtime\""),
            ("  ipc: { allow: [{ uri: \"pipe://x\" }] }", "\"ipc\""),
            ("  network: &a { allow: [] }", "an anchor"),
            ("  network: { allow: [&a x] }", "an anchor"),
            ("  network: { allow: !!seq [] }", "a tag"),
            ("  network: { allow: [{ <<: x }] }", "\"<<\""),
            ("  ? [a]\n  : b", "a key is a text"),
        ] {
            let (line, _, message) = refused(&yaml(permissions));
            assert!(message.contains(words), "{permissions}: {message}");
            assert_eq!(line, if permissions.starts_with("  ?") { line } else { 4 }, "{permissions}: {message}");
        }
    }

    #[test]
    fn what_is_made_to_be_large_stays_small() {
        let mut bomb = "a0: &a0 [x, x]\n".to_owned();
        for i in 1..60 {
            bomb.push_str(&format!("a{i}: &a{i} [*a{0}, *a{0}]\n", i - 1));
        }
        assert!(refused(&bomb).2.contains("an anchor"));
        assert!(refused("version: *a").2.contains("not valid YAML"));
        for deep in ["[".repeat(100_000), "{a: ".repeat(50_000), "- ".repeat(100_000), "? ".repeat(100_000)] {
            let (_, _, message) = refused(&deep);
            assert!(message.contains("levels") || message.contains("not valid YAML"), "{message}");
        }
        assert!(refused(&" ".repeat(SIZE + 1)).2.contains("bytes"));
        assert!(refused("\u{feff}version: x").2.contains("byte order mark"));
    }

    #[test]
    fn a_damaged_file_is_an_error_and_not_a_panic() {
        let good = yaml(
            "  network: { allow: [{ host: \"*.example.org\" }] }\n  storage:\n    allow:\n    - uri: fs://a\n      access: [read]\n",
        );
        assert!(parse(&good).is_ok());
        for at in 0..good.len() {
            for with in [
                "", "\n", "\t", ":", "-", "[", "}", "&a", "*a", "!", "|", ">", "'", "\"", "\\", "%", "#", "\u{2028}",
                "\0", "é",
            ] {
                let _ = parse(&format!("{}{with}{}", &good[..at], &good[at + 1..]));
                let _ = parse(&format!("{}{with}", &good[..at]));
            }
        }
    }
}
