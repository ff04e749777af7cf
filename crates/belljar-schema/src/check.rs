//! Checks a value against a compiled schema.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::Violation;
use crate::equal::{equal, unique};
use crate::explain::explain;
use crate::limits::{CHECK_DEPTH, CHECK_STEPS, PATTERN_STEPS, REPORTED, STEPS_A_BYTE, VALUE_DEPTH};
use crate::message::{list, plural};
use crate::node::{Bound, Contains, Id, If, Items, Measure, Members, Node, Rule};
use crate::number;
use crate::pattern::Pattern;
use crate::place::{Place, is_deeper};

/// Checks a value against the first of `nodes`. Returns the violations.
pub(crate) fn check(nodes: &[Node], value: &Value) -> Vec<Violation> {
    let whole = |message: String| Violation { path: String::new(), message };
    if is_deeper(value, VALUE_DEPTH) {
        return vec![whole(format!("the value nests more than {VALUE_DEPTH} levels deep"))];
    }
    let mut check =
        Check { nodes, steps: CHECK_STEPS, pattern_steps: PATTERN_STEPS, depth: 0, stopped: None, found: Vec::new() };
    let fits = check.node(0, value, &Place::Root, true);
    let mut found = check.found;
    found.truncate(REPORTED);
    if let Some(reason) = check.stopped {
        found.truncate(REPORTED - 1);
        found.push(whole(reason.to_owned()));
    } else if !fits && found.is_empty() {
        found.push(whole("the value does not fit the schema".to_owned()));
    }
    found
}

/// A check under way.
pub(crate) struct Check<'a> {
    nodes: &'a [Node],
    steps: u64,
    pattern_steps: u64,
    depth: usize,
    /// Why the check was given up. What is found afterwards counts for nothing.
    stopped: Option<&'static str>,
    found: Vec<Violation>,
}

const TOO_MUCH: &str = "the value is too large or the schema too branched to be checked";
const TOO_DEEP: &str = "the schema's references nest too deeply for this value to be checked";
const STRAY: &str = "a text takes too long to be matched with a pattern of the schema";

impl<'a> Check<'a> {
    /// Pays for work; what cannot be paid stops the check.
    pub(crate) fn spend(&mut self, steps: u64) -> bool {
        match self.steps.checked_sub(steps) {
            Some(rest) if self.stopped.is_none() => {
                self.steps = rest;
                true
            }
            _ => {
                self.stopped.get_or_insert(TOO_MUCH);
                false
            }
        }
    }

    /// Goes one schema deeper; too deep stops the check.
    pub(crate) fn enter(&mut self) -> bool {
        if self.depth >= CHECK_DEPTH {
            self.stopped.get_or_insert(TOO_DEEP);
            return false;
        }
        self.depth += 1;
        true
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(crate) fn rules(&self, id: Id) -> &'a [Rule] {
        self.nodes.get(id).map_or(&[], |node| &node.rules)
    }

    /// Whether a value fits a node, without reporting why not.
    pub(crate) fn fits(&mut self, id: Id, value: &Value) -> bool {
        self.node(id, value, &Place::Root, false)
    }

    /// Whether a value fits a node. Reports all violations if asked to, else stops at the first.
    ///
    /// This calls itself through [`Check::rule`] and what that calls; they are kept apart and small, because their
    /// frames together, times [`CHECK_DEPTH`], must fit into the stack that a page has.
    #[inline(never)]
    pub(crate) fn node(&mut self, id: Id, value: &Value, place: &Place, report: bool) -> bool {
        if !self.spend(1) || !self.enter() {
            return false;
        }
        let mut fits = true;
        for rule in self.rules(id) {
            if !self.rule(id, rule, value, place, report) {
                fits = false;
                if !report || self.stopped.is_some() || self.found.len() >= REPORTED {
                    break;
                }
            }
        }
        self.leave();
        fits
    }

    #[inline(never)]
    fn rule(&mut self, id: Id, rule: &'a Rule, value: &Value, place: &Place, report: bool) -> bool {
        if !self.spend(1) {
            return false;
        }
        let fits = match rule {
            Rule::Items(rule) => return self.items(rule, value, place, report),
            Rule::Members(rule) => return self.members(rule, value, place, report),
            Rule::DependentSchemas(pairs) => return self.dependents(pairs, value, place, report),
            Rule::All(ids) => return self.all(ids, value, place, report),
            Rule::Ref(id) => return self.node(*id, value, place, report),
            Rule::If(rule) => return self.branch(rule, value, place, report),
            Rule::UnevaluatedItems(schema) => return self.unevaluated_items(id, *schema, value, place, report),
            Rule::UnevaluatedProperties(schema) => {
                return self.unevaluated_properties(id, *schema, value, place, report);
            }
            Rule::Contains(rule) => self.contains(rule, value),
            Rule::PropertyNames(id) => self.property_names(*id, value),
            Rule::Any(ids) => self.count_fitting(ids, value, 1) == 1,
            Rule::One(ids) => self.count_fitting(ids, value, 2) == 1,
            Rule::Not(id) => !self.fits(*id, value),
            _ => self.assertion(rule, value),
        };
        if !fits && report && self.stopped.is_none() {
            self.report(place, rule, value);
        }
        fits
    }

    /// Rules that apply no other schema.
    #[inline(never)]
    fn assertion(&mut self, rule: &Rule, value: &Value) -> bool {
        match (rule, value) {
            (Rule::Never, _) => false,
            (Rule::Type(types), value) => types.hold(value),
            (Rule::Enum(choices), value) => self.counted(|cost| choices.contain(value, cost)),
            (Rule::Const(wanted), value) => self.counted(|cost| equal(wanted, value, cost)),
            (Rule::Bound(bound, limit), Value::Number(n)) => match (bound, number::compare(n, limit)) {
                (Bound::Minimum, order) => order != Ordering::Less,
                (Bound::Maximum, order) => order != Ordering::Greater,
                (Bound::ExclusiveMinimum, order) => order == Ordering::Greater,
                (Bound::ExclusiveMaximum, order) => order == Ordering::Less,
            },
            (Rule::MultipleOf(divisor), Value::Number(n)) => self.spend(8) && number::is_multiple(n, divisor),
            (Rule::Least(measure, limit), value) => self.measure(*measure, value).is_none_or(|size| size >= *limit),
            (Rule::Most(measure, limit), value) => self.measure(*measure, value).is_none_or(|size| size <= *limit),
            (Rule::Pattern(pattern), Value::String(text)) => self.matches(pattern, text),
            (Rule::Unique, Value::Array(items)) => {
                let most = self.steps;
                self.counted(|cost| unique(items, cost, most) == Some(true))
            }
            (Rule::Required(names), Value::Object(map)) => self.has_all(map, names),
            (Rule::DependentRequired(pairs), Value::Object(map)) => pairs.iter().all(|(name, names)| {
                self.spend(1 + name.len() as u64 / 16) && (!map.contains_key(name) || self.has_all(map, names))
            }),
            _ => true,
        }
    }

    fn has_all(&mut self, map: &Map<String, Value>, names: &[String]) -> bool {
        self.spend(lengths(names)) && names.iter().all(|name| map.contains_key(name))
    }

    /// Does something whose cost comes out of it.
    fn counted(&mut self, work: impl FnOnce(&mut u64) -> bool) -> bool {
        let mut cost = 0;
        let done = work(&mut cost);
        self.spend(cost) && done
    }

    fn measure(&mut self, measure: Measure, value: &Value) -> Option<u64> {
        Some(match (measure, value) {
            (Measure::Characters, Value::String(text)) => {
                self.spend(text.len() as u64 / 16);
                text.chars().count() as u64
            }
            (Measure::Items, Value::Array(items)) => items.len() as u64,
            (Measure::Properties, Value::Object(map)) => map.len() as u64,
            _ => return None,
        })
    }

    /// Whether a text matches; when that takes too long the check is given up.
    #[inline(never)]
    pub(crate) fn matches(&mut self, pattern: &Pattern, text: &str) -> bool {
        let length = text.len() as u64;
        if !self.spend(1 + length + pattern.preparation(text.len())) {
            return false;
        }
        let free = length.saturating_mul(STEPS_A_BYTE);
        let mut steps = self.pattern_steps.saturating_add(free);
        let found = pattern.matches(text, &mut steps);
        self.pattern_steps = self.pattern_steps.min(steps);
        found.unwrap_or_else(|| {
            self.stopped.get_or_insert(STRAY);
            false
        })
    }

    #[inline(never)]
    fn contains(&mut self, rule: &Contains, value: &Value) -> bool {
        let Value::Array(items) = value else { return true };
        // As many as decide it.
        let enough = rule.most.map_or(rule.least, |most| most.saturating_add(1).max(rule.least));
        let mut count = 0;
        for item in items {
            if count >= enough {
                break;
            }
            count += u64::from(self.fits(rule.schema, item));
        }
        count >= rule.least && rule.most.is_none_or(|most| count <= most)
    }

    #[inline(never)]
    fn property_names(&mut self, id: Id, value: &Value) -> bool {
        let Value::Object(map) = value else { return true };
        for name in map.keys() {
            if !self.spend(name.len() as u64 / 16) || !self.fits(id, &Value::String(name.clone())) {
                return false;
            }
        }
        true
    }

    /// How many of some schemas a value fits, not counting beyond `most`.
    #[inline(never)]
    fn count_fitting(&mut self, ids: &[Id], value: &Value, most: usize) -> usize {
        let mut count = 0;
        for id in ids {
            if count == most {
                break;
            }
            count += usize::from(self.fits(*id, value));
        }
        count
    }

    #[inline(never)]
    fn branch(&mut self, rule: &If, value: &Value, place: &Place, report: bool) -> bool {
        match if self.fits(rule.test, value) { rule.then } else { rule.otherwise } {
            Some(id) => self.node(id, value, place, report),
            None => true,
        }
    }

    #[inline(never)]
    fn dependents(&mut self, pairs: &[(String, Id)], value: &Value, place: &Place, report: bool) -> bool {
        let Value::Object(map) = value else { return true };
        let mut fits = true;
        for (name, id) in pairs {
            if map.contains_key(name) {
                fits &= self.node(*id, value, place, report);
            }
            if !self.spend(1 + name.len() as u64 / 16) || (!fits && self.enough(report)) {
                break;
            }
        }
        fits
    }

    #[inline(never)]
    fn all(&mut self, ids: &[Id], value: &Value, place: &Place, report: bool) -> bool {
        let mut fits = true;
        for id in ids {
            fits &= self.node(*id, value, place, report);
            if !fits && self.enough(report) {
                break;
            }
        }
        fits
    }

    /// Whether nothing more is to be found out once something does not fit.
    pub(crate) fn enough(&self, report: bool) -> bool {
        !report || self.stopped.is_some() || self.found.len() >= REPORTED
    }

    #[inline(never)]
    fn items(&mut self, rule: &Items, value: &Value, place: &Place, report: bool) -> bool {
        let Value::Array(items) = value else { return true };
        let mut fits = true;
        for (i, item) in items.iter().enumerate() {
            let Some(id) = rule.first.get(i).copied().or(rule.rest) else { break };
            fits &= self.node(id, item, &Place::Item(place, i), report);
            if !fits && self.enough(report) {
                break;
            }
        }
        fits
    }

    #[inline(never)]
    fn members(&mut self, rule: &Members, value: &Value, place: &Place, report: bool) -> bool {
        let Value::Object(map) = value else { return true };
        let never = rule.rest.is_some_and(|id| self.is_never(id));
        let mut unexpected = Vec::new();
        let mut fits = true;
        for (name, member) in map {
            if !self.spend(1 + name.len() as u64 / 16) {
                return false;
            }
            let place = Place::Member(place, name);
            let mut known = false;
            if let Some(id) = rule.named.get(name).copied() {
                known = true;
                fits &= self.node(id, member, &place, report);
            }
            for (pattern, id) in &rule.matching {
                if self.matches(pattern, name) {
                    known = true;
                    fits &= self.node(*id, member, &place, report);
                }
            }
            if let Some(id) = rule.rest.filter(|_| !known) {
                if never {
                    unexpected.push(name.as_str());
                    fits = false;
                } else {
                    fits &= self.node(id, member, &place, report);
                }
            }
            if !fits && self.enough(report) {
                break;
            }
        }
        if report && !unexpected.is_empty() {
            self.report_unexpected("Additional properties", &unexpected, place);
        }
        fits
    }

    /// Whether a node is the schema `false`.
    pub(crate) fn is_never(&self, id: Id) -> bool {
        matches!(self.rules(id), [Rule::Never])
    }

    #[cold]
    #[inline(never)]
    fn report(&mut self, place: &Place, rule: &Rule, value: &Value) {
        self.add(place, explain(rule, value));
    }

    fn add(&mut self, place: &Place, message: String) {
        if self.found.len() < REPORTED {
            self.found.push(Violation { path: place.pointer(), message });
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn report_unexpected(&mut self, what: &str, names: &[&str], place: &Place) {
        let were = plural(names.len() as u64, " was unexpected)", " were unexpected)");
        self.add(place, [what, " are not allowed (", &list(names.iter().copied()), were].concat());
    }
}

/// What it costs to look some names up.
fn lengths(names: &[String]) -> u64 {
    names.iter().map(|name| 1 + name.len() as u64 / 16).sum()
}

/// Members of an object by their place.
pub(crate) fn numbered(map: &Map<String, Value>) -> impl Iterator<Item = (usize, &String, &Value)> {
    map.iter().enumerate().map(|(i, (name, member))| (i, name, member))
}
