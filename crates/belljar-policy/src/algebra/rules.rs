//! Comparing the rules of policies, capability by capability.

use std::collections::BTreeSet;

use super::coverage::{Coverage, Example, Gap, Undecided};
use super::names::Names;
use super::same_rules;
use super::search::{Exhausted, Found, Search, Work};
use crate::glob::Reach;
use crate::guest_path::GuestPath;
use crate::http::HttpRule;
use crate::http::class::{Class, classes, hosts};
use crate::policy::Policy;
use crate::rule::{Effect, FileAction, KvAction, Rule, Subject};

const FILE_ACTIONS: [FileAction; 6] = [
    FileAction::Read,
    FileAction::List,
    FileAction::Stat,
    FileAction::Write,
    FileAction::Remove,
    FileAction::MakeDirectory,
];

/// What a part of a comparison comes to: a gap, or none.
type Compared = Result<Option<Gap>, Undecided>;

impl From<Exhausted> for Undecided {
    fn from(_: Exhausted) -> Self {
        Undecided::Work
    }
}

/// Whether the rules of one policy give at least what those of another one do.
pub(super) fn coverage(wide: &Policy, narrow: &Policy, work: &mut Work) -> Coverage {
    let mut undecided = None;
    // Where each part of the wide policy covers the other one, they see the same folders, so they do together.
    for layer in wide.layers().iter().filter(|layer| !narrow.layers().iter().any(|own| same_rules(layer, own))) {
        let pair = Pair { wide, layer, narrow };
        for part in [Pair::keys, Pair::tools, Pair::files, Pair::http, Pair::places] {
            match part(&pair, work) {
                Ok(None) => {}
                Ok(Some(gap)) => return Coverage::Gap(gap),
                Err(reason) => undecided = undecided.or(Some(reason)),
            }
        }
    }
    undecided.map_or(Coverage::Full, Coverage::Undecided)
}

/// Two policies, and the part of the first that is compared.
#[derive(Clone, Copy, Debug)]
struct Pair<'a> {
    wide: &'a Policy,
    layer: &'a Policy,
    narrow: &'a Policy,
}

/// Of the parts of comparing that would read the same rules, the first only.
#[derive(Default)]
struct Done(BTreeSet<Vec<bool>>);

impl<'a> Pair<'a> {
    /// The part of the wide policy, then those of the narrow one.
    fn policies(self) -> impl Iterator<Item = &'a Policy> {
        std::iter::once(self.layer).chain(self.narrow.layers())
    }

    /// What a request shows, if it shows anything.
    fn gap(self, request: Example) -> Option<Gap> {
        let query = request.query();
        let (own, other) = (self.wide.decide(&query), self.narrow.decide(&query));
        if own.effect > other.effect {
            return Some(Gap::Request { request, own, other });
        }
        match &request {
            Example::Files { path, .. } if other.effect != Effect::Deny => {
                let (own, other) = (self.wide.resolve(path), self.narrow.resolve(path));
                let mount = |found: Option<(&crate::Mount, String)>| found.map(|(mount, _)| mount.clone());
                (own != other).then(|| Gap::Folder { path: path.clone(), own: mount(own), other: mount(other) })
            }
            _ => None,
        }
    }

    /// Steps that deciding on a request takes: for each rule about a folder all folders are looked at.
    fn cost(self) -> usize {
        let of = |policy: &Policy| policy.rules.len().saturating_mul(1 + policy.mounts.len());
        self.wide.layers().iter().chain(self.narrow.layers()).fold(0, |cost, policy| cost.saturating_add(of(policy)))
    }

    fn is_new(self, done: &mut Done, about: impl Fn(&Rule) -> bool) -> bool {
        done.0.insert(self.policies().flat_map(|policy| &policy.rules).map(about).collect())
    }

    fn keys(&self, work: &mut Work) -> Compared {
        let mut done = Done::default();
        for action in [KvAction::Get, KvAction::List, KvAction::Set, KvAction::Delete] {
            let about = |rule: &Rule| matches!(&rule.subject, Subject::Kv(verbs, _) if verbs.of_key(action));
            if self.is_new(&mut done, about) {
                let request = |key: &str| Some(Example::Kv { action, key: key.to_owned() });
                if let Some(gap) = self.names(Names::Keys, about, request, work)? {
                    return Ok(Some(gap));
                }
            }
        }
        Ok(None)
    }

    fn tools(&self, work: &mut Work) -> Compared {
        let about = |rule: &Rule| matches!(rule.subject, Subject::Tool(_));
        self.names(Names::Tools, about, |name| Some(Example::Tool { name: name.to_owned() }), work)
    }

    /// Compares rules by patterns alone.
    fn names(
        &self,
        names: Names,
        about: impl Fn(&Rule) -> bool,
        request: impl Fn(&str) -> Option<Example>,
        work: &mut Work,
    ) -> Compared {
        let mut search = Search::new(names);
        for policy in self.policies() {
            search.add_layer();
            for rule in policy.rules.iter().filter(|rule| about(rule)) {
                if let Subject::Kv(_, glob) | Subject::Tool(glob) = &rule.subject {
                    search.exact(rule.effect, glob, work)?;
                }
            }
        }
        let capability = if names == Names::Keys { "kv" } else { "tools" };
        answer(search.find(work, self.cost(), |name| request(name).and_then(|request| self.gap(request)))?, capability)
    }

    fn files(&self, work: &mut Work) -> Compared {
        let (mut done, cost) = (Done::default(), self.cost());
        for action in FILE_ACTIONS {
            let about = |rule: &Rule| is_about(rule, action);
            if !self.is_new(&mut done, about) {
                continue;
            }
            let request = |path: String| Some(Example::Files { action, path: GuestPath::parse(&path).ok()? });
            // The one path without a name in it.
            work.take(cost)?;
            if let Some(gap) = request("/".to_owned()).and_then(|root| self.gap(root)) {
                return Ok(Some(gap));
            }
            let mut search = Search::new(Names::Paths);
            for policy in self.policies() {
                search.add_layer();
                for mount in policy.mounts() {
                    work.take(policy.rules.len())?;
                    let names =
                        |rule: &&Rule| matches!(&rule.subject, Subject::Mount(_, _, guest) if *guest == mount.guest);
                    let rules = policy.rules.iter().filter(|rule| about(rule)).filter(names);
                    search.folder(mount, rules.map(|rule| rule.effect).collect(), work)?;
                }
                for rule in policy.rules.iter().filter(|rule| about(rule)) {
                    match &rule.subject {
                        Subject::Files(_, paths) if rule.effect == Effect::Allow => {
                            search.exact(rule.effect, &paths.glob, work)?;
                        }
                        Subject::Files(_, paths) => search.folded(rule.effect, &paths.covering, work)?,
                        _ => {}
                    }
                }
            }
            let found =
                search.find(work, cost, |name| request(format!("/{name}")).and_then(|request| self.gap(request)))?;
            if let Some(gap) = answer(found, "files")? {
                return Ok(Some(gap));
            }
        }
        Ok(None)
    }

    fn http(&self, work: &mut Work) -> Compared {
        let mut all: Vec<(usize, Effect, &HttpRule)> = Vec::new();
        for (at, policy) in self.policies().enumerate() {
            all.extend(web(policy).map(|(effect, rule)| (at, effect, rule)));
        }
        let (mut done, cost) = (BTreeSet::new(), self.cost());
        for host in hosts(&all.iter().map(|(_, _, rule)| *rule).collect::<Vec<_>>()) {
            work.take(all.len())?;
            let own: Vec<_> = all.iter().enumerate().filter(|(_, (_, _, rule))| rule.is_about_host(&host)).collect();
            for class in classes(&host, &own.iter().map(|(_, (_, _, rule))| *rule).collect::<Vec<_>>()) {
                // Whether a rule names an address is looked for among all.
                work.take(1 + own.len() + if class.is_private() { all.len() } else { 0 })?;
                if self.narrow.layers().iter().any(|part| refuses_address(part, &class)) {
                    continue;
                }
                let refuses = refuses_address(self.layer, &class);
                let about: Vec<_> = own.iter().filter(|(_, (_, _, rule))| rule.is_about(&class)).collect();
                if !done.insert((refuses, about.iter().map(|(at, _)| *at).collect::<Vec<_>>())) {
                    continue;
                }
                let mut search = Search::new(Names::Urls);
                for at in 0..=self.narrow.layers().len() {
                    search.add_layer();
                    if at == 0 && refuses {
                        continue;
                    }
                    for (_, (_, effect, rule)) in about.iter().filter(|(_, (layer, _, _))| *layer == at) {
                        search.exact(*effect, rule.path(), work)?;
                    }
                }
                let request = |path: &str| Some(Example::Http { method: class.method().into(), url: class.url(path)? });
                let found = search.find(work, cost, |path| request(path).and_then(|request| self.gap(request)))?;
                if let Some(gap) = answer(found, "http")? {
                    return Ok(Some(gap));
                }
            }
        }
        Ok(None)
    }

    /// Whether what the wide policy refuses or asks about by place is such a place of the narrow one's, too.
    fn places(&self, work: &mut Work) -> Compared {
        for action in FILE_ACTIONS {
            let grants = |rule: &Rule| rule.effect != Effect::Deny && is_about(rule, action);
            if !self.narrow.layers().iter().all(|layer| layer.rules.iter().any(grants)) {
                continue;
            }
            for than in [Effect::Allow, Effect::Ask] {
                work.take(self.cost())?;
                let (own, patterns) = self.layer.places(action, than);
                let (others, other_patterns) = self.narrow.places(action, than);
                work.take(own.len().saturating_mul(1 + others.len()))?;
                let holds = |place: &&crate::Place<'_>| others.iter().any(|other| other.contains(place));
                if let Some(place) = own.iter().find(|place| !holds(place)) {
                    return Err(Undecided::Place { rule: place.rule.to_owned() });
                }
                if patterns && !other_patterns {
                    let wide = |rule: &&Rule| match &rule.subject {
                        Subject::Files(_, paths) => rule.effect > than && paths.glob.fixed().1 == Reach::Some,
                        _ => false,
                    };
                    let rule = self.layer.rules.iter().find(wide).map(|rule| rule.text.clone()).unwrap_or_default();
                    return Err(Undecided::Place { rule });
                }
            }
        }
        Ok(None)
    }
}

fn answer(found: Found<Gap>, capability: &'static str) -> Compared {
    match found {
        Found::Nothing => Ok(None),
        Found::Real(gap) => Ok(Some(gap)),
        Found::Unsure => Err(Undecided::Names { capability }),
    }
}

fn is_about(rule: &Rule, action: FileAction) -> bool {
    match &rule.subject {
        Subject::Mount(verbs, ..) | Subject::Files(verbs, _) => verbs.of_file(action),
        _ => false,
    }
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
