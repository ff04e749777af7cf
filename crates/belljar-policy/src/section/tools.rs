//! Rules for calls of other tools.

use super::kind::{About, Kind};
use crate::algebra::names::Names as AllNames;
use crate::algebra::pair::{Compared, Pair};
use crate::algebra::search::Work;
use crate::glob::Glob;
use crate::policy::Policy;
use crate::query::{Example, Query};
use crate::rule::Effect;
use crate::subject::{Names, Subject};
use crate::text::escape;
use crate::words::Words;

pub(super) const KIND: Kind = Kind {
    name: "tools",
    parse,
    bar: |_, _| None,
    request,
    suggest: |_, query| request(query),
    missing: |by| (!by.tools).then_some("tools do not call other tools yet"),
    compare,
};

pub(crate) const WORDS: Words = Words {
    section: "tools",
    words: &[("call", 1)],
    habits: &[("run", "call"), ("use", "call"), ("invoke", "call"), ("execute", "call")],
    example: "call word-count",
};

/// Whether the name of a tool may have a character.
pub(crate) fn is_plain(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.')
}

/// Whether a tool can be called by a name.
pub fn is_tool_name(name: &str) -> bool {
    (1..=crate::limits::TOOL_NAME).contains(&name.len()) && name.chars().all(is_plain)
}

fn parse(_: Effect, text: &str) -> Result<Subject, String> {
    let (_, pattern) = WORDS.split(text)?;
    let glob = Glob::parse(pattern)?;
    if glob.samples().count() != 1 || glob.samples().flatten().any(|name| !name.chars().all(is_plain)) {
        return Err("a tool's name has lower-case letters, digits, hyphens, dots and underscores only".into());
    }
    Ok(Subject::Tools(Names(glob)))
}

impl About for Names {
    fn text(&self) -> String {
        self.0.to_string()
    }

    fn matches(&self, _: &Policy, _: Effect, query: &Query<'_>) -> bool {
        matches!(query, Query::Tool { name } if self.0.matches(name))
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.meets(&other.0)
    }
}

fn request(query: &Query<'_>) -> Option<String> {
    match query {
        Query::Tool { name } => Some(format!("tools call {}", escape(name))),
        _ => None,
    }
}

fn compare(pair: Pair<'_>, work: &mut Work) -> Compared {
    let request = |name: &str| Some(Example::Tool { name: name.to_owned() });
    pair.names(KIND.name, AllNames::Plain(is_plain), pattern, request, work)
}

/// The pattern of a rule about tools.
fn pattern(subject: &Subject) -> Option<&Glob> {
    match subject {
        Subject::Tools(Names(glob)) => Some(glob),
        _ => None,
    }
}
