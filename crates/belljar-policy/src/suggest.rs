//! The rule that would allow what was refused.

use crate::guest_path::GuestPath;
use crate::http;
use crate::policy::{Policy, Query};
use crate::rule::{Effect, FileAction};
use crate::text::escape;

impl Policy {
    /// The rule that would allow a request which no rule is about, as it can be pasted: into `--allow '…'`, into the list
    /// `allow` of a `policy.toml` between apostrophes, and into the page. Where a folder of the tool's view is granted
    /// already, and for keys, URLs and tools, it allows this request and none elsewhere; otherwise it names the folder
    /// that the path is in, by a guess at its place on this machine.
    ///
    /// There is none if a rule refuses the request or has a person asked: then that rule is to be changed. There is none
    /// for a policy that [is met](Policy::is_met) either, which takes refusals only; nor for what no rule can allow, such as
    /// an empty key, or only a rule that cannot stand between apostrophes.
    ///
    /// ```
    /// use belljar_policy::{Effect, KvAction, Policy, Query};
    ///
    /// let mut policy = Policy::deny_all();
    /// let query = Query::Kv { action: KvAction::Get, key: "what's new?" };
    /// let rule = policy.suggest(&query).ok_or("none")?;
    /// assert_eq!(rule, "kv get what\\u{27}s new\\?");
    /// policy.add(Effect::Allow, &rule)?;
    /// assert_eq!(policy.decide(&query).effect, Effect::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn suggest(&self, query: &Query<'_>) -> Option<String> {
        if self.is_met() || self.names(query) {
            return None;
        }
        let rule = match query {
            Query::Kv { action, key } => Some(format!("kv {} {}", action.word(), escape(key))),
            Query::Keys { prefix } => Some(format!("kv list {}", beginning(prefix))),
            Query::Files { action, path } if self.resolve(path).is_some() => {
                Some(format!("files {} {}", action.word(), escape(path.as_str())))
            }
            Query::Files { action, path } => folder(*action, path),
            Query::Http { method, url } => http::exact_rule(method, url).map(|rule| format!("http {rule}")),
            Query::Tool { name } => Some(format!("tools call {}", escape(name))),
        }?;
        // A host's name may have an apostrophe in it, which would end the text that a person pastes into a shell.
        if rule.contains('\'') {
            return None;
        }
        // No rule allows the empty key, for one.
        let mut policy = self.clone();
        policy.add(Effect::Allow, &rule).ok()?;
        (policy.decide(query).effect == Effect::Allow).then_some(rule)
    }
}

/// The pattern for all keys that begin so.
///
/// ```
/// assert_eq!(belljar_policy::beginning("notes/"), "notes/**");
/// assert_eq!(belljar_policy::beginning("no"), "no*/**");
/// ```
pub fn beginning(prefix: &str) -> String {
    let star = if prefix.is_empty() || prefix.ends_with('/') { "**" } else { "*/**" };
    format!("{}{star}", escape(prefix))
}

/// The rule for the folder that a path is in.
fn folder(action: FileAction, path: &GuestPath) -> Option<String> {
    let word = if action.only_looks() { "read" } else { "write" };
    let names: Vec<&str> = path.segments().collect();
    let names = match names.as_slice() {
        _ if action == FileAction::List => names.as_slice(),
        [parents @ .., _] if !parents.is_empty() => parents,
        // A name at the root may be the folder that is meant.
        all => all,
    };
    let (host, guest) = match names {
        [] => (".".to_owned(), "/".to_owned()),
        names => (format!("./{}", names.join("/")), format!("/{}", names.join("/"))),
    };
    // The place on this machine is written as it is, so it must be one that can be read.
    (escape(&host) == host).then(|| format!("files {word} {host} as {guest}"))
}
