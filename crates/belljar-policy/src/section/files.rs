//! Rules for files.

mod compare;
mod folders;
mod parse;

use super::kind::{About, Kind};
use crate::action::FileAction;
use crate::glob::Glob;
use crate::guest_path::GuestPath;
use crate::policy::Policy;
use crate::query::Query;
use crate::rule::Effect;
use crate::subject::Files;
use crate::text::{escape, fold};
use crate::words::Verbs;
use parse::parse;

pub(crate) use compare::compare_places;
pub use folders::Place;
pub(crate) use parse::WORDS;

pub(super) const KIND: Kind =
    Kind { name: "files", parse, bar: |_, _| None, request, suggest, missing: |_| None, compare: compare::compare };

impl Files {
    fn is_about(&self, action: FileAction) -> bool {
        let (Files::Mount(verbs, ..) | Files::Paths(verbs, _)) = self;
        verbs.covers(action.bit())
    }

    /// What it is about them, and all names that it holds for.
    fn covering(&self) -> (Verbs, Glob) {
        match self {
            Files::Mount(verbs, _, guest) => (*verbs, inside(guest).folded()),
            Files::Paths(verbs, paths) => (*verbs, paths.covering.clone()),
        }
    }
}

/// A pattern for all that is in a folder, and the folder itself.
pub(crate) fn inside(guest: &GuestPath) -> Glob {
    let names = escape(guest.as_str().trim_matches('/'));
    let text = if names.is_empty() { "**".to_owned() } else { format!("{names}/**") };
    // A path is shorter than what a pattern may have; if not, it is taken to be everywhere.
    Glob::parse(&text).unwrap_or_else(|_| Glob::everything())
}

impl About for Files {
    fn text(&self) -> String {
        match self {
            Files::Mount(verbs, host, guest) => WORDS.join_mount(*verbs, host, &escape(guest.as_str())),
            Files::Paths(verbs, paths) => WORDS.join(*verbs, &format!("/{}", paths.glob)),
        }
    }

    fn matches(&self, policy: &Policy, effect: Effect, query: &Query<'_>) -> bool {
        let Query::Files { action, path } = query else { return false };
        self.is_about(*action)
            && match self {
                Files::Mount(_, _, guest) => {
                    // The innermost directory alone counts, except that a refusal covers what is inside, and that refusals
                    // and questions hold for names that some file system takes for the directory's.
                    let inner = || policy.resolve(path).is_some_and(|(mount, _)| mount.guest == *guest);
                    let outer = || match (effect, path.below(guest).is_some()) {
                        (Effect::Allow, _) | (Effect::Ask, true) => false,
                        (Effect::Deny, true) => true,
                        (_, false) => below_folded(path, guest),
                    };
                    inner() || outer()
                }
                Files::Paths(_, paths) => {
                    let path = path.as_str().trim_start_matches('/');
                    match effect {
                        Effect::Allow => paths.glob.matches(path),
                        _ => paths.covering.matches_folded(path),
                    }
                }
            }
    }

    fn meets(&self, other: &Self) -> bool {
        let ((a, one), (b, other)) = (self.covering(), other.covering());
        a.meets(b) && one.meets(&other)
    }
}

/// Whether a path is a directory's or below it for some file system.
fn below_folded(path: &GuestPath, directory: &GuestPath) -> bool {
    let mut names = path.segments();
    directory.segments().all(|segment| names.next().is_some_and(|name| fold(name) == fold(segment)))
}

fn request(query: &Query<'_>) -> Option<String> {
    match query {
        Query::Files { action, path } => Some(format!("files {} {}", action.word(), escape(path.as_str()))),
        _ => None,
    }
}

fn suggest(policy: &Policy, query: &Query<'_>) -> Option<String> {
    match query {
        Query::Files { path, .. } if policy.resolve(path).is_some() => request(query),
        Query::Files { action, path } => folder(*action, path),
        _ => None,
    }
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
