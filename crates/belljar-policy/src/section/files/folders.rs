//! The folders of the host that a policy names, and where a tool sees them.

use crate::action::FileAction;
use crate::glob::Reach;
use crate::guest_path::GuestPath;
use crate::policy::{Mount, Policy};
use crate::rule::Effect;
use crate::subject::{Files, Subject};

/// A place of the host that a rule names, and all below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// A directory as the policy writes it.
    pub host: &'a str,
    /// The path below it, `/`-separated; empty for itself.
    pub relative: String,
    /// The rule.
    pub rule: &'a str,
}

impl Place<'_> {
    /// Whether another place is this one or below it.
    pub(crate) fn contains(&self, other: &Place<'_>) -> bool {
        let rest = other.relative.strip_prefix(self.relative.as_str());
        let below = |rest: &str| rest.is_empty() || self.relative.is_empty() || rest.starts_with('/');
        self.host == other.host && rest.is_some_and(below)
    }
}

impl Policy {
    /// Notes a directory that a rule names.
    pub(crate) fn mount(&mut self, host: &str, guest: &GuestPath) -> Result<(), String> {
        match self.mounts.iter().find(|mount| mount.guest == *guest) {
            Some(mount) if mount.host == host => {}
            Some(mount) => return Err(format!("{guest} is already the directory {}", mount.host)),
            None => self.mounts.push(Mount { guest: guest.clone(), host: host.to_owned() }),
        }
        Ok(())
    }

    /// The directories that the policy names.
    pub fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// The directories and files of the host that rules allow or ask about.
    pub fn granted(&self) -> impl Iterator<Item = &Mount> {
        let grants = |mount: &Mount| {
            self.layers().iter().all(|layer| {
                layer.rules.iter().any(|rule| {
                    rule.effect != Effect::Deny
                        && matches!(&rule.subject, Subject::Files(Files::Mount(_, _, guest)) if *guest == mount.guest)
                })
            })
        };
        self.mounts.iter().filter(move |mount| grants(mount))
    }

    /// Whether files may be changed by it, or a person may allow that: a rule that allows or asks is about more than looking at them.
    pub fn changes_files(&self) -> bool {
        let changes = |files: &Files| {
            [FileAction::Write, FileAction::Remove, FileAction::MakeDirectory]
                .into_iter()
                .any(|action| files.is_about(action))
        };
        self.layers().iter().all(|layer| {
            layer.rules.iter().any(|rule| {
                rule.effect != Effect::Deny && matches!(&rule.subject, Subject::Files(files) if changes(files))
            })
        })
    }

    /// The directory that a path is in, the one with the longest name, and the path below it. Where the parts of a policy
    /// that [is met](Policy::is_met) disagree there is none.
    pub fn resolve(&self, path: &GuestPath) -> Option<(&Mount, String)> {
        if let Some((first, others)) = self.parts.split_first() {
            let found = first.resolve(path);
            return if others.iter().all(|other| other.resolve(path) == found) { found } else { None };
        }
        let inside = self.mounts.iter().filter_map(|m| Some((m, path.below(&m.guest)?.to_owned())));
        inside.max_by_key(|(m, _)| m.guest.as_str().len())
    }

    /// Places that rules name which are stronger than `than` and about `action`: where a host has opened one of them, the
    /// rule holds, whatever the name was that led there. The flag says whether there are such rules beyond these places,
    /// because patterns are in them.
    pub fn places(&self, action: FileAction, than: Effect) -> (Vec<Place<'_>>, bool) {
        let (mut places, mut patterns) = (Vec::new(), false);
        for part in &self.parts {
            let (more, wide) = part.places(action, than);
            places.extend(more);
            patterns |= wide;
        }
        for rule in self.rules.iter().filter(|rule| rule.effect > than) {
            let (host, relative) = match &rule.subject {
                Subject::Files(files) if !files.is_about(action) => continue,
                Subject::Files(Files::Mount(_, host, _)) => (host.as_str(), String::new()),
                Subject::Files(Files::Paths(_, paths)) => {
                    let (names, reach) = paths.glob.fixed();
                    patterns |= reach == Reach::Some;
                    let path = GuestPath::parse(&format!("/{}", names.join("/")));
                    match path.ok().as_ref().and_then(|path| self.resolve(path)) {
                        Some((mount, relative)) if reach != Reach::Some => (mount.host.as_str(), relative),
                        _ => continue,
                    }
                }
                _ => continue,
            };
            places.push(Place { host, relative, rule: &rule.text });
        }
        (places, patterns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_changes_files_if_a_rule_lets_it() {
        let read = "read ./d as /d";
        for (allow, ask, deny, changes) in [
            ("", "", "", false),
            (read, "", "", false),
            ("stat,list ./d as /d", read, "", false),
            ("write ./d as /d", "", "", true),
            ("remove ./d as /d", "", "", true),
            ("make-directory ./d as /d", "", "", true),
            ("* ./d as /d", "", "", true),
            ("./d as /d", "", "", true),
            (read, "write /d/out", "", true),
            (read, "", "write /d/out", false),
            // A refusal is not looked at together with what it refuses.
            ("write ./d as /d", "", "write /d/**", true),
        ] {
            let mut policy = Policy::deny_all();
            for (effect, rule) in [(Effect::Allow, allow), (Effect::Ask, ask), (Effect::Deny, deny)] {
                if !rule.is_empty() {
                    policy.add(effect, &format!("files {rule}")).unwrap();
                }
            }
            assert_eq!(policy.changes_files(), changes, "allow {allow:?}, ask {ask:?}, deny {deny:?}");
        }
        let of = |rule: &str| {
            let mut policy = Policy::deny_all();
            policy.add(Effect::Allow, rule).unwrap();
            policy
        };
        let (writes, reads) = (of("files write ./d as /d"), of("files read ./d as /d"));
        for (one, other, changes) in [(&writes, &writes, true), (&writes, &reads, false), (&reads, &reads, false)] {
            assert_eq!(one.meet(other).unwrap().changes_files(), changes);
        }
    }
}
