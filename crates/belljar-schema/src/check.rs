//! Checks a value against a compiled schema.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::Violation;
use crate::equal::{equal, unique};
use crate::limits::{CHECK_DEPTH, CHECK_STEPS, PATTERN_STEPS, REPORTED, STEPS_A_BYTE, VALUE_DEPTH};
use crate::message::{cut, list, plural, quote, quote_name};
use crate::node::{Bound, Contains, Id, Items, Measure, Members, Node, Rule, Types};
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

    pub(crate) fn rules(&self, id: Id) -> &'a [Rule] {
        self.nodes.get(id).map_or(&[], |node| &node.rules)
    }

    /// Whether a value fits a node, without reporting why not.
    pub(crate) fn fits(&mut self, id: Id, value: &Value) -> bool {
        self.node(id, value, &Place::Root, false)
    }

    /// Whether a value fits a node. Reports all violations if asked to, else stops at the first.
    pub(crate) fn node(&mut self, id: Id, value: &Value, place: &Place, report: bool) -> bool {
        if self.depth >= CHECK_DEPTH {
            self.stopped.get_or_insert(TOO_DEEP);
            return false;
        }
        if !self.spend(1) {
            return false;
        }
        self.depth += 1;
        let mut fits = true;
        for rule in self.rules(id) {
            if !self.rule(id, rule, value, place, report) {
                fits = false;
                if !report || self.stopped.is_some() || self.found.len() >= REPORTED {
                    break;
                }
            }
        }
        self.depth -= 1;
        fits
    }

    fn rule(&mut self, id: Id, rule: &'a Rule, value: &Value, place: &Place, report: bool) -> bool {
        if !self.spend(1) {
            return false;
        }
        match rule {
            Rule::Items(rule) => return self.items(rule, value, place, report),
            Rule::Members(rule) => return self.members(rule, value, place, report),
            Rule::DependentSchemas(pairs) => {
                let Value::Object(map) = value else { return true };
                return self.all(
                    pairs.iter().filter(|(name, _)| map.contains_key(name)).map(|(_, id)| id),
                    value,
                    place,
                    report,
                );
            }
            Rule::All(ids) => return self.all(ids.iter(), value, place, report),
            Rule::Ref(id) => return self.node(*id, value, place, report),
            Rule::If(rule) => {
                let branch = if self.fits(rule.test, value) { rule.then } else { rule.otherwise };
                return branch.is_none_or(|id| self.node(id, value, place, report));
            }
            Rule::UnevaluatedItems(schema) => return self.unevaluated_items(id, *schema, value, place, report),
            Rule::UnevaluatedProperties(schema) => {
                return self.unevaluated_properties(id, *schema, value, place, report);
            }
            _ => {}
        }
        if self.simple(rule, value) {
            return true;
        }
        if report && self.stopped.is_none() {
            self.report(place, explain(rule, value));
        }
        false
    }

    /// Rules that report one violation, of the value itself.
    fn simple(&mut self, rule: &'a Rule, value: &Value) -> bool {
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
            (Rule::Contains(rule), Value::Array(items)) => self.contains(rule, items),
            (Rule::PropertyNames(id), Value::Object(map)) => map
                .keys()
                .all(|name| self.spend(name.len() as u64 / 16) && self.fits(*id, &Value::String(name.clone()))),
            (Rule::Required(names), Value::Object(map)) => {
                self.spend(names.len() as u64) && names.iter().all(|name| map.contains_key(name))
            }
            (Rule::DependentRequired(pairs), Value::Object(map)) => pairs.iter().all(|(name, names)| {
                self.spend(1)
                    && (!map.contains_key(name)
                        || (self.spend(names.len() as u64) && names.iter().all(|name| map.contains_key(name))))
            }),
            (Rule::Any(ids), value) => ids.iter().any(|id| self.fits(*id, value)),
            (Rule::One(ids), value) => ids.iter().filter(|id| self.fits(**id, value)).take(2).count() == 1,
            (Rule::Not(id), value) => !self.fits(*id, value),
            _ => true,
        }
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
    pub(crate) fn matches(&mut self, pattern: &Pattern, text: &str) -> bool {
        let length = text.len() as u64;
        if !self.spend(1 + length) {
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

    fn contains(&mut self, rule: &Contains, items: &[Value]) -> bool {
        // As many as decide it.
        let enough = rule.most.map_or(rule.least, |most| most.saturating_add(1).max(rule.least));
        let enough = usize::try_from(enough).unwrap_or(usize::MAX);
        let count = items.iter().filter(|item| self.fits(rule.schema, item)).take(enough).count() as u64;
        count >= rule.least && rule.most.is_none_or(|most| count <= most)
    }

    fn all<'i>(&mut self, ids: impl Iterator<Item = &'i Id>, value: &Value, place: &Place, report: bool) -> bool {
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

    fn members(&mut self, rule: &Members, value: &Value, place: &Place, report: bool) -> bool {
        let Value::Object(map) = value else { return true };
        let never = rule.rest.is_some_and(|id| self.is_never(id));
        let mut unexpected = Vec::new();
        let mut fits = true;
        for (name, member) in map {
            let place = Place::Member(place, name);
            let mut known = false;
            if let Some(id) = rule.named(name) {
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

    pub(crate) fn report(&mut self, place: &Place, message: String) {
        if self.found.len() < REPORTED {
            self.found.push(Violation { path: place.pointer(), message });
        }
    }

    pub(crate) fn report_unexpected(&mut self, what: &str, names: &[&str], place: &Place) {
        let were = plural(names.len() as u64, " was unexpected)", " were unexpected)");
        self.report(place, [what, " are not allowed (", &list(names.iter().copied()), were].concat());
    }
}

/// Why a value does not fulfil a rule.
fn explain(rule: &Rule, value: &Value) -> String {
    let sized = |comparison: &str, measure: &Measure, limit: &u64| {
        let comparison = match (measure, comparison) {
            (Measure::Characters, "more") => " is longer than ",
            (Measure::Characters, _) => " is shorter than ",
            (_, "more") => " has more than ",
            _ => " has less than ",
        };
        let (one, many) = match measure {
            Measure::Characters => (" character", " characters"),
            Measure::Items => (" item", " items"),
            Measure::Properties => (" property", " properties"),
        };
        [&quote(value), comparison, &limit.to_string(), plural(*limit, one, many)].concat()
    };
    let and = |reason: &str| quote(value) + reason;
    match rule {
        Rule::Never => ["False schema does not allow ", &quote(value)].concat(),
        Rule::Type(types) => and(&not_of(*types)),
        Rule::Enum(choices) => and(" is not one of ") + &alternatives(choices.values()),
        Rule::Const(wanted) => quote(wanted) + " was expected",
        Rule::Bound(bound, limit) => {
            let reason = match bound {
                Bound::Minimum => " is less than the minimum of ",
                Bound::Maximum => " is greater than the maximum of ",
                Bound::ExclusiveMinimum => " is less than or equal to the minimum of ",
                Bound::ExclusiveMaximum => " is greater than or equal to the maximum of ",
            };
            and(reason) + &limit.to_string()
        }
        Rule::MultipleOf(divisor) => and(" is not a multiple of ") + &divisor.to_string(),
        Rule::Least(measure, limit) => sized("less", measure, limit),
        Rule::Most(measure, limit) => sized("more", measure, limit),
        Rule::Pattern(pattern) => and(" does not match \"") + &cut(pattern.text().to_owned()) + "\"",
        Rule::Unique => and(" has non-unique elements"),
        Rule::Contains(Contains { least: 1, most: None, .. }) => {
            ["None of ", &quote(value), " are valid under the given schema"].concat()
        }
        Rule::Contains(Contains { least, most, .. }) => {
            let most = most.map(|most| " and at most ".to_owned() + &most.to_string()).unwrap_or_default();
            and(" must contain at least ") + &least.to_string() + &most + " items that fit the schema under 'contains'"
        }
        Rule::PropertyNames(_) => and(" has a property whose name does not fit the schema under 'propertyNames'"),
        Rule::Required(names) => missing(names, value),
        Rule::DependentRequired(pairs) => pairs
            .iter()
            .filter(|(name, _)| value.get(name).is_some())
            .find(|(_, names)| names.iter().any(|name| value.get(name).is_none()))
            .map(|(name, names)| missing(names, value) + " beside " + &quote_name(name))
            .unwrap_or_default(),
        Rule::Any(_) => and(" is not valid under any of the schemas listed in the 'anyOf' keyword"),
        Rule::One(_) => and(" is not valid under exactly one of the schemas listed in the 'oneOf' keyword"),
        Rule::Not(_) => and(" is not allowed: it is valid under the schema under 'not'"),
        _ => and(" does not fit the schema"),
    }
}

fn not_of(types: Types) -> String {
    let names: Vec<&str> = types.names().collect();
    let kind = plural(names.len() as u64, " is not of type \"", " is not of types \"");
    [kind, &names.join("\", \""), "\""].concat()
}

fn missing(names: &[String], value: &Value) -> String {
    let missing: Vec<&str> = names.iter().map(String::as_str).filter(|name| value.get(name).is_none()).collect();
    match missing.as_slice() {
        [name] => quote_name(name) + " is a required property",
        names => list(names.iter().copied()) + " are required properties",
    }
}

/// The first of some values, and how many more there are.
fn alternatives(values: &[Value]) -> String {
    const SHOWN: usize = 8;
    let mut text = String::new();
    for (i, value) in values.iter().enumerate() {
        if i == SHOWN && values.len() > SHOWN + 1 {
            text += " or ";
            text += &(values.len() - i).to_string();
            return text + " others";
        }
        text += match i {
            0 => "",
            _ if i + 1 == values.len() => " or ",
            _ => ", ",
        };
        text += &quote(value);
    }
    text
}

/// Members of an object by their place.
pub(crate) fn numbered(map: &Map<String, Value>) -> impl Iterator<Item = (usize, &String, &Value)> {
    map.iter().enumerate().map(|(i, (name, member))| (i, name, member))
}
