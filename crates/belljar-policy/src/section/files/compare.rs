//! Comparing policies by their rules for files.

use super::folders::Place;
use super::parse::WORDS;
use crate::action::FileAction;
use crate::algebra::coverage::Undecided;
use crate::algebra::names::Names;
use crate::algebra::pair::{Compared, Done, Pair, answer};
use crate::algebra::search::{Search, Work};
use crate::glob::Reach;
use crate::guest_path::GuestPath;
use crate::query::Example;
use crate::rule::{Effect, Rule};
use crate::subject::{Files, Subject};

const ACTIONS: [FileAction; 6] = [
    FileAction::Read,
    FileAction::List,
    FileAction::Stat,
    FileAction::Write,
    FileAction::Remove,
    FileAction::MakeDirectory,
];

pub(super) fn compare(pair: Pair<'_>, work: &mut Work) -> Compared {
    let (mut done, cost) = (Done::default(), pair.cost());
    for action in ACTIONS {
        let about = |rule: &Rule| is_about(rule, action);
        if !pair.is_new(&mut done, about) {
            continue;
        }
        let request = |path: String| Some(Example::Files { action, path: GuestPath::parse(&path).ok()? });
        // The one path without a name in it.
        work.take(cost)?;
        if let Some(gap) = request("/".to_owned()).and_then(|root| pair.gap(root)) {
            return Ok(Some(gap));
        }
        let mut search = Search::new(Names::Paths);
        for policy in pair.policies() {
            search.add_layer();
            for mount in policy.mounts() {
                work.take(policy.rules.len())?;
                let names = |rule: &&Rule| matches!(&rule.subject, Subject::Files(Files::Mount(_, _, guest)) if *guest == mount.guest);
                let rules = policy.rules.iter().filter(|rule| about(rule)).filter(names);
                search.folder(mount, rules.map(Rule::strength).collect(), work)?;
            }
            for rule in policy.rules.iter().filter(|rule| about(rule)) {
                match &rule.subject {
                    Subject::Files(Files::Paths(_, paths)) if rule.effect == Effect::Allow => {
                        search.exact(rule.strength(), &paths.glob, work)?;
                    }
                    Subject::Files(Files::Paths(_, paths)) => search.folded(rule.strength(), &paths.covering, work)?,
                    _ => {}
                }
            }
        }
        let found =
            search.find(work, cost, |name| request(format!("/{name}")).and_then(|request| pair.gap(request)))?;
        if let Some(gap) = answer(found, WORDS.section)? {
            return Ok(Some(gap));
        }
    }
    Ok(None)
}

/// Whether what the wide policy refuses or asks about by place is such a place of the narrow one's, too.
pub(crate) fn compare_places(pair: Pair<'_>, work: &mut Work) -> Compared {
    for action in ACTIONS {
        let grants = |rule: &Rule| rule.effect != Effect::Deny && is_about(rule, action);
        if !pair.narrow.layers().iter().all(|layer| layer.rules.iter().any(grants)) {
            continue;
        }
        for than in [Effect::Allow, Effect::Ask] {
            work.take(pair.cost())?;
            let (own, patterns) = pair.layer.places(action, than);
            let (others, other_patterns) = pair.narrow.places(action, than);
            work.take(own.len().saturating_mul(1 + others.len()))?;
            let holds = |place: &&Place<'_>| others.iter().any(|other| other.contains(place));
            if let Some(place) = own.iter().find(|place| !holds(place)) {
                return Err(Undecided::Place { rule: place.rule.to_owned() });
            }
            if patterns && !other_patterns {
                let wide = |rule: &&Rule| match &rule.subject {
                    Subject::Files(Files::Paths(_, paths)) => rule.effect > than && paths.glob.fixed().1 == Reach::Some,
                    _ => false,
                };
                let rule = pair.layer.rules.iter().find(wide).map(|rule| rule.text.clone()).unwrap_or_default();
                return Err(Undecided::Place { rule });
            }
        }
    }
    Ok(None)
}

fn is_about(rule: &Rule, action: FileAction) -> bool {
    matches!(&rule.subject, Subject::Files(files) if files.is_about(action))
}
