//! A compiled schema: nodes in a list, which name one another by number.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use crate::equal::Choices;
use crate::pattern::Pattern;

/// A node's number.
pub(crate) type Id = usize;

/// One schema: what a value must fulfil.
#[derive(Default)]
pub(crate) struct Node {
    pub(crate) rules: Vec<Rule>,
}

/// What a keyword, or several that belong together, demand.
pub(crate) enum Rule {
    /// The schema `false`.
    Never,
    Type(Types),
    Enum(Choices),
    Const(Value),
    Bound(Bound, Number),
    MultipleOf(Number),
    Least(Measure, u64),
    Most(Measure, u64),
    Pattern(Pattern),
    Unique,
    Items(Items),
    Contains(Contains),
    Members(Members),
    PropertyNames(Id),
    Required(Vec<String>),
    DependentRequired(Vec<(String, Vec<String>)>),
    DependentSchemas(Vec<(String, Id)>),
    All(Vec<Id>),
    Any(Vec<Id>),
    One(Vec<Id>),
    Not(Id),
    If(If),
    Ref(Id),
    UnevaluatedItems(Id),
    UnevaluatedProperties(Id),
}

/// Which numbers a bound admits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Characters,
    Items,
    Properties,
}

/// `prefixItems` and `items`, or `items` and `additionalItems`.
pub(crate) struct Items {
    pub(crate) first: Vec<Id>,
    pub(crate) rest: Option<Id>,
}

/// `contains` with its counts.
pub(crate) struct Contains {
    pub(crate) schema: Id,
    pub(crate) least: u64,
    pub(crate) most: Option<u64>,
}

/// `properties`, `patternProperties` and `additionalProperties`.
pub(crate) struct Members {
    pub(crate) named: BTreeMap<String, Id>,
    pub(crate) matching: Vec<(Pattern, Id)>,
    pub(crate) rest: Option<Id>,
}

/// `if`, `then` and `else`.
pub(crate) struct If {
    pub(crate) test: Id,
    pub(crate) then: Option<Id>,
    pub(crate) otherwise: Option<Id>,
}

/// The types' names, each in the place of its bit in [`Types`].
pub(crate) const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// A set of types.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Types(pub(crate) u8);

impl Types {
    /// Adds the type of this name; returns whether there is one that was not in the set.
    pub(crate) fn add(&mut self, name: &str) -> Option<bool> {
        let bit = 1 << TYPES.iter().position(|other| *other == name)?;
        let new = self.0 & bit == 0;
        self.0 |= bit;
        Some(new)
    }

    pub(crate) fn hold(self, value: &Value) -> bool {
        let of = match value {
            Value::Array(_) => 1,
            Value::Bool(_) => 1 << 1,
            Value::Number(n) if self.0 & (1 << 2) != 0 && crate::number::is_integer(n) => 1 << 2,
            Value::Null => 1 << 3,
            Value::Number(_) => 1 << 4,
            Value::Object(_) => 1 << 5,
            Value::String(_) => 1 << 6,
        };
        self.0 & of != 0
    }

    /// Their names.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        TYPES.into_iter().enumerate().filter(move |(i, _)| self.0 & (1 << i) != 0).map(|(_, name)| name)
    }
}

impl Rule {
    /// Calls with each schema that the rule applies to the very value that the node is applied to.
    pub(crate) fn in_place(&self, mut each: impl FnMut(Id)) {
        match self {
            Rule::All(ids) | Rule::Any(ids) | Rule::One(ids) => ids.iter().copied().for_each(each),
            Rule::DependentSchemas(pairs) => pairs.iter().for_each(|(_, id)| each(*id)),
            Rule::Not(id) | Rule::Ref(id) => each(*id),
            Rule::If(branches) => {
                [Some(branches.test), branches.then, branches.otherwise].into_iter().flatten().for_each(each);
            }
            _ => {}
        }
    }
}
