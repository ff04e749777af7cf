//! The form in which a section is described.

use crate::algebra::pair::{Compared, Pair};
use crate::algebra::search::Work;
use crate::policy::Policy;
use crate::query::Query;
use crate::rule::Effect;
use crate::subject::Subject;
use crate::supported::Supported;

/// What a section is.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The name of the section, and of the capability.
    pub(crate) name: &'static str,
    /// Reads a rule without its section's name: some text with nothing blank around it.
    pub(crate) parse: fn(Effect, &str) -> Result<Subject, String>,
    /// Why a request is refused though rules may allow it.
    pub(crate) bar: fn(&Policy, &Query<'_>) -> Option<String>,
    /// A request of the section in the words of a rule, with the section's name, and with what cannot be seen written by
    /// its number.
    pub(crate) request: fn(&Query<'_>) -> Option<String>,
    /// The rule that would allow a request, with the section's name, if one can be written.
    pub(crate) suggest: fn(&Policy, &Query<'_>) -> Option<String>,
    /// What a host does not do, so that rules which allow or ask come to nothing.
    pub(crate) missing: fn(&Supported) -> Option<&'static str>,
    /// Looks for a request that one policy treats more strictly than another one.
    pub(crate) compare: Compare,
}

/// Compares the rules of two policies.
pub(crate) type Compare = fn(Pair<'_>, &mut Work) -> Compared;

/// What can be said of the subject of every rule.
pub(super) trait About {
    /// The rule in the one form that there is for it, without its section's name.
    fn text(&self) -> String;

    /// Whether a rule of that effect is about a request. The policy is the one that the rule is in.
    fn matches(&self, policy: &Policy, effect: Effect, query: &Query<'_>) -> bool;

    /// Whether there is a request that both are about.
    fn meets(&self, other: &Self) -> bool;
}
