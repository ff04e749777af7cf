//! `unevaluatedItems` and `unevaluatedProperties`: what no other keyword has looked at.
//!
//! Which parts of a value were looked at is found out when it is asked for, by going through the rules once more:
//! only schemas that have one of the two keywords pay for them.

use serde_json::Value;

use crate::check::{Check, numbered};
use crate::node::{Id, Rule};
use crate::place::Place;

impl<'a> Check<'a> {
    pub(crate) fn unevaluated_items(&mut self, id: Id, schema: Id, value: &Value, place: &Place, report: bool) -> bool {
        let Value::Array(items) = value else { return true };
        let mut seen = vec![false; items.len()];
        self.look(id, value, &mut seen, false);
        let never = self.is_never(schema);
        let mut fits = true;
        for (i, item) in items.iter().enumerate().filter(|(i, _)| seen.get(*i) == Some(&false)) {
            if never {
                if report {
                    let number = i.to_string();
                    self.report_unexpected("Unevaluated items", &[&number], place);
                }
                return false;
            }
            fits &= self.node(schema, item, &Place::Item(place, i), report);
            if !fits && self.enough(report) {
                break;
            }
        }
        fits
    }

    pub(crate) fn unevaluated_properties(
        &mut self,
        id: Id,
        schema: Id,
        value: &Value,
        place: &Place,
        report: bool,
    ) -> bool {
        let Value::Object(map) = value else { return true };
        let mut seen = vec![false; map.len()];
        self.look(id, value, &mut seen, false);
        let never = self.is_never(schema);
        let mut unexpected = Vec::new();
        let mut fits = true;
        for (_, name, member) in numbered(map).filter(|(i, ..)| seen.get(*i) == Some(&false)) {
            if never {
                unexpected.push(name.as_str());
                fits = false;
            } else {
                fits &= self.node(schema, member, &Place::Member(place, name), report);
            }
            if !fits && self.enough(report) {
                break;
            }
        }
        if report && !unexpected.is_empty() {
            self.report_unexpected("Unevaluated properties", &unexpected, place);
        }
        fits
    }

    /// Marks the parts of a value that the rules of a node look at. `whole`: the node's own `unevaluated…` is one of
    /// them, because another node asks. The value is known to fit the node, or does not fit at all.
    fn look(&mut self, id: Id, value: &Value, seen: &mut [bool], whole: bool) {
        if !self.spend(1 + seen.len() as u64 / 16) || seen.iter().all(|seen| *seen) || !self.enter() {
            return;
        }
        for rule in self.rules(id) {
            match (rule, value) {
                (Rule::Items(items), Value::Array(_)) => {
                    let count = if items.rest.is_some() { seen.len() } else { items.first.len() };
                    seen.iter_mut().take(count).for_each(|seen| *seen = true);
                }
                (Rule::Contains(contains), Value::Array(items)) => {
                    for (item, seen) in items.iter().zip(seen.iter_mut()) {
                        *seen = *seen || self.fits(contains.schema, item);
                    }
                }
                (Rule::Members(members), Value::Object(map)) => {
                    for ((_, name, _), seen) in numbered(map).zip(seen.iter_mut()) {
                        *seen = *seen
                            || !self.spend(1 + name.len() as u64 / 16)
                            || members.rest.is_some()
                            || members.named.contains_key(name)
                            || members.matching.iter().any(|(pattern, _)| self.matches(pattern, name));
                    }
                }
                (Rule::UnevaluatedItems(_), Value::Array(_)) | (Rule::UnevaluatedProperties(_), Value::Object(_))
                    if whole =>
                {
                    seen.fill(true);
                }
                (Rule::Ref(id), _) => self.look(*id, value, seen, true),
                (Rule::All(ids), _) => ids.iter().for_each(|id| self.look(*id, value, seen, true)),
                (Rule::Any(ids) | Rule::One(ids), _) => {
                    for id in ids {
                        if self.fits(*id, value) {
                            self.look(*id, value, seen, true);
                        }
                    }
                }
                (Rule::If(rule), _) => {
                    let fits = self.fits(rule.test, value);
                    if fits {
                        self.look(rule.test, value, seen, true);
                    }
                    if let Some(id) = if fits { rule.then } else { rule.otherwise } {
                        self.look(id, value, seen, true);
                    }
                }
                (Rule::DependentSchemas(pairs), Value::Object(map)) => {
                    for (_, id) in pairs.iter().filter(|(name, _)| map.contains_key(name)) {
                        self.look(*id, value, seen, true);
                    }
                }
                _ => {}
            }
        }
        self.leave();
    }
}
