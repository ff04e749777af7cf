//! Two policies whose rules are compared, capability by capability.

use std::collections::BTreeSet;

use super::coverage::{Gap, Undecided};
use super::names::Names;
use super::search::{Exhausted, Found, Search, Work};
use crate::glob::Glob;
use crate::policy::{Mount, Policy};
use crate::query::Example;
use crate::rule::{Effect, Rule};
use crate::subject::Subject;

/// What a part of a comparison comes to: a gap, or none.
pub(crate) type Compared = Result<Option<Gap>, Undecided>;

impl From<Exhausted> for Undecided {
    fn from(_: Exhausted) -> Self {
        Undecided::Work
    }
}

/// Two policies, and the part of the first that is compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair<'a> {
    pub(crate) wide: &'a Policy,
    pub(crate) layer: &'a Policy,
    pub(crate) narrow: &'a Policy,
}

/// Of the parts of comparing that would read the same rules, the first only.
#[derive(Default)]
pub(crate) struct Done(BTreeSet<Vec<bool>>);

impl<'a> Pair<'a> {
    /// The part of the wide policy, then those of the narrow one.
    pub(crate) fn policies(self) -> impl Iterator<Item = &'a Policy> {
        std::iter::once(self.layer).chain(self.narrow.layers())
    }

    /// What a request shows, if it shows anything.
    pub(crate) fn gap(self, request: Example) -> Option<Gap> {
        let (own, other) = request.query(|query| (self.wide.decide(query), self.narrow.decide(query)));
        if !own.given().covers(other.given()) {
            return Some(Gap::Request { request: Box::new(request), own: Box::new(own), other: Box::new(other) });
        }
        match &request {
            Example::Files { path, .. } if other.effect != Effect::Deny => {
                let (own, other) = (self.wide.resolve(path), self.narrow.resolve(path));
                let mount = |found: Option<(&Mount, String)>| found.map(|(mount, _)| mount.clone());
                (own != other).then(|| Gap::Folder { path: path.clone(), own: mount(own), other: mount(other) })
            }
            _ => None,
        }
    }

    /// Steps that deciding on a request takes: for each rule about a folder all folders are looked at.
    pub(crate) fn cost(self) -> usize {
        let of = |policy: &Policy| policy.rules.len().saturating_mul(1 + policy.mounts.len());
        self.wide.layers().iter().chain(self.narrow.layers()).fold(0, |cost, policy| cost.saturating_add(of(policy)))
    }

    /// Whether other rules are about it than about what was compared before.
    pub(crate) fn is_new(self, done: &mut Done, about: impl Fn(&Rule) -> bool) -> bool {
        done.0.insert(self.policies().flat_map(|policy| &policy.rules).map(about).collect())
    }

    /// Compares rules by their patterns alone: those that `pattern` finds in them. What is found is the name of a request.
    pub(crate) fn names(
        self,
        capability: &'static str,
        names: Names,
        pattern: impl Fn(&Subject) -> Option<&Glob>,
        request: impl Fn(&str) -> Option<Example>,
        work: &mut Work,
    ) -> Compared {
        let mut search = Search::new(names);
        for policy in self.policies() {
            search.add_layer();
            for rule in &policy.rules {
                if let Some(glob) = pattern(&rule.subject) {
                    search.exact(rule.strength(), glob, work)?;
                }
            }
        }
        answer(search.find(work, self.cost(), |name| request(name).and_then(|request| self.gap(request)))?, capability)
    }
}

/// What a search found, as what that part of a comparison comes to.
pub(crate) fn answer(found: Found<Gap>, capability: &'static str) -> Compared {
    match found {
        Found::Nothing => Ok(None),
        Found::Real(gap) => Ok(Some(gap)),
        Found::Unsure => Err(Undecided::Names { capability }),
    }
}
