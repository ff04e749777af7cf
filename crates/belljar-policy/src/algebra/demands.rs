//! Which parameters and header fields a request can have, as far as rules tell them apart.
//!
//! A path decides which rules are left; then the names that these look at are gone through one by one. For each there are
//! few choices that differ: it is absent, it is there once with a value for each set of patterns that some value matches,
//! or it is there twice with one of these. More values than that show nothing new: a refusal needs one value that matches,
//! and all other rules fail of two as of more. A parameter that no rule names is one more choice. What is kept is the set
//! of conditions that hold so far, once each, and without those of rules that no longer matter beside stronger ones.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use super::search::{Exhausted, Said, Work};
use crate::answer::SyntheticAnswer;
use crate::given::Given;
use crate::glob::flat::Flat;
use crate::glob::walk::{Letter, Positions};
use crate::header::{is_blank, is_in_value};
use crate::http::conditions::{Conditions, Demand, Fields};
use crate::rule::{Effect, Strength};

/// A rule that looks at more than a path, or gives an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Special<'a> {
    /// The policy that it is of: the first is the one that may cover the others.
    pub(crate) layer: usize,
    pub(crate) effect: Strength,
    pub(crate) conditions: &'a Conditions,
    pub(crate) answer: Option<&'a Arc<SyntheticAnswer>>,
}

/// What stands in a request besides its method, origin and path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
}

/// Where a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Query,
    Headers,
}

/// Values, each with the patterns that it matches.
type Values = Rc<Vec<(Vec<bool>, String)>>;

/// Values by where they stand and the patterns that tell them apart, found once each.
#[derive(Debug, Default)]
pub(crate) struct Known(BTreeMap<(Side, Vec<String>), Values>);

/// Which conditions hold, a bit each.
type Held = Vec<bool>;

/// How often a name is there, and with which value.
#[derive(Clone, Debug)]
struct Choice {
    times: usize,
    value: String,
    /// Whether each of the conditions holds of it.
    held: Held,
}

/// The search for a request with a path of a kind.
#[derive(Debug)]
pub(crate) struct Demands<'a, 'k> {
    specials: &'a [Special<'a>],
    known: &'k mut Known,
    /// What was found of paths that the same rules match.
    done: BTreeMap<Said, Option<Carried>>,
}

impl<'a, 'k> Demands<'a, 'k> {
    pub(crate) fn new(specials: &'a [Special<'a>], known: &'k mut Known) -> Self {
        Demands { specials, known, done: BTreeMap::new() }
    }

    /// What a request carries of which the first policy gives less than the others, if there is such a one.
    pub(crate) fn differ(&mut self, said: Said, work: &mut Work) -> Result<Option<Carried>, Exhausted> {
        work.take(1 + said.more.len())?;
        if let Some(found) = self.done.get(&said) {
            return Ok(found.clone());
        }
        let found = self.search(&said, work)?;
        self.done.insert(said, found.clone());
        Ok(found)
    }

    fn search(&mut self, said: &Said, work: &mut Work) -> Result<Option<Carried>, Exhausted> {
        // Rules with the same conditions hold together.
        let (mut conditions, mut rules) = (Vec::<&Conditions>::new(), Vec::new());
        for special in said.more.iter().filter_map(|&number| self.specials.get(number)) {
            work.take(1 + conditions.len())?;
            let known = conditions.iter().position(|known| *known == special.conditions);
            rules.push((*special, known.unwrap_or(conditions.len())));
            if known.is_none() {
                conditions.push(special.conditions);
            }
        }
        let names: Vec<(Side, Option<String>)> = names(&conditions).into_iter().collect();
        let looks = |conditions: &Conditions, (side, name): &(Side, Option<String>)| {
            let fields = side.of(conditions);
            fields.closed || name.as_ref().is_some_and(|name| fields.named.contains_key(name))
        };
        work.take(names.len().saturating_mul(conditions.len()))?;
        let done = conditions.iter().map(|conditions| names.iter().rposition(|name| looks(conditions, name)));
        let judge = Judge { said, rules, done: done.map(|last| last.map_or(0, |last| last + 1)).collect() };
        // With what is carried for each, so that what is found has as little as may be.
        let mut reached = BTreeMap::from([(vec![true; conditions.len()], Carried::default())]);
        for (at, (side, name)) in names.into_iter().enumerate() {
            let choices = self.choices(side, name.as_deref(), &conditions, work)?;
            let name = name.unwrap_or_else(|| unnamed(&conditions));
            let mut next: BTreeMap<Held, Carried> = BTreeMap::new();
            for (held, carried) in &reached {
                for choice in &choices {
                    work.take(1 + held.len() + judge.rules.len().saturating_mul(said.effects.len()))?;
                    let held: Held = held.iter().zip(&choice.held).map(|(one, other)| *one && *other).collect();
                    let Some(held) = judge.settled(held, at + 1) else { continue };
                    next.entry(held).or_insert_with(|| carried.with(side, &name, choice));
                }
            }
            reached = next;
        }
        let differ = reached.into_iter().filter(|(held, _)| judge.differ(held)).map(|(_, carried)| carried);
        Ok(differ.min_by_key(|carried| carried.query.len() + carried.headers.len()))
    }

    /// The choices for a name, or for one that no rule names, that differ in which conditions hold.
    fn choices(
        &mut self,
        side: Side,
        name: Option<&str>,
        conditions: &[&Conditions],
        work: &mut Work,
    ) -> Result<Vec<Choice>, Exhausted> {
        let demands: Vec<(Demand<'_>, bool)> = conditions
            .iter()
            .map(|conditions| {
                let fields = side.of(conditions);
                let closed = if fields.closed { Demand::Absent } else { Demand::Free };
                (name.map_or(closed, |name| fields.demand(name)), conditions.any)
            })
            .collect();
        let patterns: BTreeMap<String, &Flat> = demands
            .iter()
            .filter_map(|(demand, _)| match demand {
                Demand::Like(pattern) => Some((pattern.to_string(), *pattern)),
                _ => None,
            })
            .collect();
        let place = |demand: &Demand<'_>| match demand {
            Demand::Like(pattern) => patterns.keys().position(|known| *known == pattern.to_string()),
            _ => None,
        };
        let places: Vec<Option<usize>> = demands.iter().map(|(demand, _)| place(demand)).collect();
        let values = self.known.values(side, &patterns, work)?;
        let mut choices: BTreeMap<Held, Choice> = BTreeMap::new();
        let absent = (0, &(Vec::new(), String::new()));
        for (times, (matched, value)) in std::iter::once(absent)
            .chain(values.iter().map(|value| (1, value)))
            .chain(values.iter().map(|value| (2, value)))
        {
            work.take(1 + demands.len())?;
            let holds = |((demand, any), place): (&(Demand<'_>, bool), &Option<usize>)| match demand {
                Demand::Free => true,
                Demand::Absent => times == 0,
                Demand::Like(_) => {
                    let matches = place.and_then(|at| matched.get(at)).copied().unwrap_or_default();
                    matches && (times == 1 || times == 2 && *any)
                }
            };
            let held: Held = demands.iter().zip(&places).map(holds).collect();
            choices.entry(held.clone()).or_insert_with(|| Choice { times, value: value.clone(), held });
        }
        let mut choices: Vec<Choice> = choices.into_values().collect();
        choices.sort_by_key(|choice| choice.times);
        Ok(choices)
    }
}

/// Rules of all policies that match a path, each with the number of its conditions.
struct Judge<'a> {
    said: &'a Said,
    rules: Vec<(Special<'a>, usize)>,
    /// For each of the conditions, after how many names it is known whether they hold.
    done: Vec<usize>,
}

impl<'a> Judge<'a> {
    /// What a policy gives of a request of which some conditions hold.
    fn given(&self, layer: usize, held: &Held) -> Given<'a> {
        let plain = self.said.effects.get(layer).copied().flatten();
        let own = self
            .rules
            .iter()
            .filter(|(special, at)| special.layer == layer && held.get(*at).copied().unwrap_or_default());
        let strongest = own.clone().map(|(special, _)| special.effect).max().max(plain);
        let Some(effect) = strongest.filter(|effect| *effect != Strength::DENY) else { return Given::NOTHING };
        let same = |special: &Special<'_>| special.effect.effect == effect.effect;
        let answers = own.filter(|(special, _)| same(special)).filter_map(|(special, _)| special.answer);
        // As [`crate::Policy::decide`] does it: an answer is stricter than sending, and two are none.
        let given = |answer| Given { strength: effect, answer };
        answers.fold(given(None), |all, answer| all.meet(given(Some(answer))))
    }

    /// Whether the first policy gives less than the others.
    fn differ(&self, held: &Held) -> bool {
        let layers = 1..self.said.effects.len();
        let Some(narrow) = layers.map(|layer| self.given(layer, held)).reduce(Given::meet) else { return false };
        !self.given(0, held).covers(narrow)
    }

    /// Leaves out what can no longer matter after so many names, so that fewer sets differ. Nothing if the others refuse.
    fn settled(&self, mut held: Held, names: usize) -> Option<Held> {
        let is_held = |held: &Held, at: usize| held.get(at).copied().unwrap_or_default();
        let mut matters = vec![false; held.len()];
        for (layer, plain) in self.said.effects.iter().enumerate() {
            let own = self.rules.iter().filter(|(special, at)| special.layer == layer && is_held(&held, *at));
            let is_done = |at: usize| self.done.get(at).is_some_and(|done| *done <= names);
            let sure = own.clone().filter(|(_, at)| is_done(*at)).map(|(special, _)| special.effect).max().max(*plain);
            let may_grant = sure.into_iter().chain(own.clone().map(|(special, _)| special.effect));
            if layer > 0
                && (sure == Some(Strength::DENY) || may_grant.min().is_none_or(|effect| effect == Strength::DENY))
            {
                return None;
            }
            // One rule shows what is sure; beside it only stronger ones matter, and answers.
            let mut shown = sure.is_none() || *plain == sure;
            for (special, at) in own {
                let (effect, rank) = (special.effect, Some(special.effect));
                let answers = special.answer.is_some() && effect.effect != Effect::Deny;
                let is_same = sure.is_some_and(|sure| sure.effect == effect.effect);
                let shows = !shown && rank == sure && is_done(*at);
                shown |= shows;
                if let Some(matters) = matters.get_mut(*at) {
                    *matters |= rank > sure || is_same && answers || shows;
                }
            }
        }
        held.iter_mut().zip(matters).for_each(|(held, matters)| *held &= matters);
        Some(held)
    }
}

impl Carried {
    fn with(&self, side: Side, name: &str, choice: &Choice) -> Self {
        let mut carried = self.clone();
        let fields = match side {
            Side::Query => &mut carried.query,
            Side::Headers => &mut carried.headers,
        };
        fields.extend(std::iter::repeat_n((name.to_owned(), choice.value.clone()), choice.times));
        carried
    }
}

impl Side {
    fn of(self, conditions: &Conditions) -> &Fields {
        match self {
            Side::Query => &conditions.query,
            Side::Headers => &conditions.headers,
        }
    }

    /// Whether a value may have a character.
    fn has(self, c: char) -> bool {
        self == Side::Query || is_in_value(c)
    }

    /// Whether a character does not stand at the ends of a value.
    fn is_inner(self, c: char) -> bool {
        self == Side::Headers && is_blank(c)
    }
}

/// The names that conditions look at; none for a parameter that they do not name, where that matters.
fn names(conditions: &[&Conditions]) -> BTreeSet<(Side, Option<String>)> {
    let mut names = BTreeSet::new();
    for side in [Side::Query, Side::Headers] {
        for fields in conditions.iter().map(|conditions| side.of(conditions)) {
            names.extend(fields.named.keys().map(|name| (side, Some(name.clone()))));
            names.extend(fields.closed.then_some((side, None)));
        }
    }
    names
}

/// A parameter that no condition names.
fn unnamed(conditions: &[&Conditions]) -> String {
    let is_named = |name: &String| conditions.iter().any(|conditions| conditions.query.named.contains_key(name));
    let numbered = (1..).map(|number| format!("x{number}"));
    std::iter::once("x".to_owned()).chain(numbered).find(|name| !is_named(name)).unwrap_or_default()
}

impl Known {
    /// The shortest value for each set of patterns that some value matches, and no other.
    fn values(&mut self, side: Side, patterns: &BTreeMap<String, &Flat>, work: &mut Work) -> Result<Values, Exhausted> {
        let key = (side, patterns.keys().cloned().collect::<Vec<_>>());
        work.take(1 + key.1.iter().map(String::len).sum::<usize>())?;
        if let Some(values) = self.0.get(&key) {
            return Ok(values.clone());
        }
        let patterns: Vec<&Flat> = patterns.values().copied().collect();
        let values = Rc::new(values(side, &patterns, work)?);
        self.0.insert(key, values.clone());
        Ok(values)
    }
}

/// What stands before a place in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Before {
    Nothing,
    /// A character that does not stand at an end.
    Inner,
    Other,
}

/// All patterns read the same value at once, as in [`super::search`].
fn values(side: Side, patterns: &[&Flat], work: &mut Work) -> Result<Vec<(Vec<bool>, String)>, Exhausted> {
    let walks: Vec<_> = patterns.iter().map(|pattern| pattern.walk()).collect();
    work.take(walks.iter().map(|walk| walk.len()).sum())?;
    let named: BTreeSet<char> = patterns.iter().flat_map(|pattern| pattern.items().flatten()).collect();
    // The plainest that no pattern names. Where they name all that there are, there is no other.
    let last = if side == Side::Query { char::MAX } else { '\u{ff}' };
    let others = ('a'..='z').chain('0'..='9').chain('!'..=last).chain([' ', '\t']);
    let other = others.filter(|c| side.has(*c)).find(|c| !named.contains(c));
    let mut found: BTreeMap<Vec<bool>, String> = BTreeMap::new();
    // Where patterns are, and what stands before it.
    let start: (Vec<Positions>, Before) = (walks.iter().map(|walk| walk.start()).collect(), Before::Nothing);
    let mut seen = BTreeSet::from([start.clone()]);
    let mut trail: Vec<(usize, Option<char>)> = vec![(0, None)];
    let mut waiting = VecDeque::from([(start, 0)]);
    while let Some(((positions, before), at)) = waiting.pop_front() {
        work.take(1 + positions.iter().map(|positions| 1 + positions.len()).sum::<usize>())?;
        if before != Before::Inner {
            let matched = walks.iter().zip(&positions).map(|(walk, positions)| walk.accepts(positions)).collect();
            if let std::collections::btree_map::Entry::Vacant(entry) = found.entry(matched) {
                let value = value(&trail, at);
                work.take(value.len())?;
                entry.insert(value);
            }
        }
        let expected = walks.iter().zip(&positions).flat_map(|(walk, positions)| walk.expected(positions));
        let letters: BTreeSet<char> = expected.filter(|c| side.has(*c)).chain(other).collect();
        for c in letters.into_iter().filter(|c| before != Before::Nothing || !side.is_inner(*c)) {
            work.take(1 + positions.iter().map(|positions| 1 + positions.len()).sum::<usize>())?;
            let read = walks.iter().zip(&positions).map(|(walk, positions)| walk.read(positions, Letter::Char(c)));
            let next = (read.collect(), if side.is_inner(c) { Before::Inner } else { Before::Other });
            if seen.insert(next.clone()) {
                waiting.push_back((next, trail.len()));
                trail.push((at, Some(c)));
            }
        }
    }
    Ok(found.into_iter().collect())
}

fn value(trail: &[(usize, Option<char>)], mut at: usize) -> String {
    let mut value = Vec::new();
    while let Some((before, Some(c))) = trail.get(at) {
        value.push(*c);
        at = *before;
    }
    value.into_iter().rev().collect()
}
