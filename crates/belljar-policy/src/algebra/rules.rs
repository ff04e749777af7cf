//! Comparing the rules of policies, capability by capability.

use std::collections::BTreeSet;

use super::same_rules;
use super::search::{Exhausted, Names, Search, Work};
use crate::guest_path::GuestPath;
use crate::http::HttpRule;
use crate::http::class::{Class, classes};
use crate::policy::{Policy, Query};
use crate::rule::{Effect, FileAction, KvAction, Rule, Subject};

/// Whether the rules of one policy give at least what those of another one do.
pub(super) fn covers(wide: &Policy, narrow: &Policy) -> bool {
    let mut work = Work::new();
    // Where each part of the wide policy covers the other one, they see the same folders, so they do together.
    wide.layers().iter().all(|layer| {
        narrow.layers().iter().any(|own| same_rules(layer, own))
            || layer_covers(layer, narrow, &mut work).is_ok_and(|covers| covers)
    })
}

fn layer_covers(wide: &Policy, narrow: &Policy, work: &mut Work) -> Result<bool, Exhausted> {
    Ok(keys(wide, narrow, work)? && tools(wide, narrow, work)? && files(wide, narrow, work)? && http(wide, narrow, work)?)
}

/// Of the parts of comparing that would read the same rules, the first only.
#[derive(Default)]
struct Done(BTreeSet<Vec<bool>>);

impl Done {
    fn is_new(&mut self, policies: [&[Policy]; 2], about: impl Fn(&Rule) -> bool) -> bool {
        let rules = policies.into_iter().flatten().flat_map(|policy| &policy.rules);
        self.0.insert(rules.map(about).collect())
    }
}

fn keys(wide: &Policy, narrow: &Policy, work: &mut Work) -> Result<bool, Exhausted> {
    let mut done = Done::default();
    for action in [KvAction::Get, KvAction::List, KvAction::Set, KvAction::Delete] {
        let about = |rule: &Rule| matches!(&rule.subject, Subject::Kv(verbs, _) if verbs.of_key(action));
        if done.is_new([wide.layers(), narrow.layers()], about) && !names(wide, narrow, about, work)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn tools(wide: &Policy, narrow: &Policy, work: &mut Work) -> Result<bool, Exhausted> {
    names(wide, narrow, |rule| matches!(rule.subject, Subject::Tool(_)), work)
}

/// Compares rules by patterns alone.
fn names(
    wide: &Policy,
    narrow: &Policy,
    about: impl Fn(&Rule) -> bool,
    work: &mut Work,
) -> Result<bool, Exhausted> {
    let mut search = Search::new(Names::Any);
    for policy in [wide].into_iter().chain(narrow.layers()) {
        search.add_layer();
        for rule in policy.rules.iter().filter(|rule| about(rule)) {
            if let Subject::Kv(_, glob) | Subject::Tool(glob) = &rule.subject {
                search.exact(rule.effect, glob);
            }
        }
    }
    search.covers(work)
}

fn files(wide: &Policy, narrow: &Policy, work: &mut Work) -> Result<bool, Exhausted> {
    const ACTIONS: [FileAction; 6] = [
        FileAction::Read,
        FileAction::List,
        FileAction::Stat,
        FileAction::Write,
        FileAction::Remove,
        FileAction::MakeDirectory,
    ];
    let mut done = Done::default();
    for action in ACTIONS {
        let about = |rule: &Rule| match &rule.subject {
            Subject::Mount(verbs, ..) | Subject::Files(verbs, _) => verbs.of_file(action),
            _ => false,
        };
        if !done.is_new([wide.layers(), narrow.layers()], about) {
            continue;
        }
        // The one path without a name in it.
        if let Ok(root) = GuestPath::parse("/") {
            let query = Query::Files { action, path: &root };
            let asked = narrow.decide(&query).effect;
            if asked != Effect::Deny
                && (wide.decide(&query).effect > asked || wide.resolve(&root) != narrow.resolve(&root))
            {
                return Ok(false);
            }
        }
        let mut search = Search::new(Names::Paths);
        for policy in [wide].into_iter().chain(narrow.layers()) {
            search.add_layer();
            for mount in policy.mounts() {
                let names = |rule: &&Rule| matches!(&rule.subject, Subject::Mount(_, _, guest) if *guest == mount.guest);
                let rules = policy.rules.iter().filter(|rule| about(rule)).filter(names);
                search.folder(mount, rules.map(|rule| rule.effect).collect());
            }
            for rule in policy.rules.iter().filter(|rule| about(rule)) {
                match &rule.subject {
                    Subject::Files(_, paths) if rule.effect == Effect::Allow => search.exact(rule.effect, &paths.glob),
                    Subject::Files(_, paths) => search.folded(rule.effect, &paths.covering),
                    _ => {}
                }
            }
        }
        if !search.covers(work)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn http(wide: &Policy, narrow: &Policy, work: &mut Work) -> Result<bool, Exhausted> {
    let all: Vec<&HttpRule> =
        [wide].into_iter().chain(narrow.layers()).flat_map(|policy| web(policy).map(|(_, rule)| rule)).collect();
    let mut done = BTreeSet::new();
    for class in classes(&all) {
        work.take(all.len())?;
        if narrow.layers().iter().any(|part| refuses_address(part, &class)) {
            continue;
        }
        let refuses = refuses_address(wide, &class);
        let about: Vec<bool> = all.iter().map(|rule| rule.is_about(&class)).chain([refuses]).collect();
        if !done.insert(about) {
            continue;
        }
        let mut search = Search::new(Names::Any);
        for (at, policy) in [wide].into_iter().chain(narrow.layers()).enumerate() {
            search.add_layer();
            if at == 0 && refuses {
                continue;
            }
            for (effect, rule) in web(policy).filter(|(_, rule)| rule.is_about(&class)) {
                search.exact(effect, rule.path());
            }
        }
        if !search.covers(work)? {
            return Ok(false);
        }
    }
    Ok(true)
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
