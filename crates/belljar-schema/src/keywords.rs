//! The keywords: what each may hold, and the rule that it becomes.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use crate::SchemaError;
use crate::compile::Compiler;
use crate::equal::{Choices, unique};
use crate::node::{Bound, Contains, If, Items, Measure, Members, Rule, Types};
use crate::number;

impl<'a> Compiler<'a> {
    /// Checks the shape of keywords that have no part in a check.
    pub(crate) fn annotations(&self, map: &Map<String, Value>) -> Result<(), SchemaError> {
        for (keyword, value) in map {
            let (fits, expected) = match keyword.as_str() {
                "title" | "description" | "$comment" | "format" | "contentEncoding" | "contentMediaType" => {
                    (value.is_string(), "a string is expected")
                }
                "examples" => (value.is_array(), "an array of values is expected"),
                "deprecated" | "readOnly" | "writeOnly" => (value.is_boolean(), "true or false is expected"),
                _ => continue,
            };
            if !fits {
                return Err(self.wrong(keyword, expected));
            }
        }
        Ok(())
    }

    /// The keywords that say something about the value itself.
    pub(crate) fn assertions(&mut self, map: &'a Map<String, Value>, rules: &mut Vec<Rule>) -> Result<(), SchemaError> {
        for (keyword, value) in map {
            let rule = match keyword.as_str() {
                "type" => {
                    let mut types = self.types(value)?;
                    if map.get("nullable") == Some(&Value::Bool(true)) {
                        types.add("null");
                    }
                    Rule::Type(types)
                }
                "enum" => match value.as_array() {
                    Some(values) => Rule::Enum(Choices::new(values)),
                    None => return Err(self.wrong(keyword, "an array of values is expected")),
                },
                "const" => Rule::Const(value.clone()),
                "minimum" => Rule::Bound(self.bound(map, Bound::Minimum)?, self.number(keyword, value)?),
                "maximum" => Rule::Bound(self.bound(map, Bound::Maximum)?, self.number(keyword, value)?),
                "exclusiveMinimum" | "exclusiveMaximum" if value.is_boolean() => {
                    // Draft 4: a flag of the bound beside it.
                    let inclusive = if keyword == "exclusiveMinimum" { "minimum" } else { "maximum" };
                    if !map.contains_key(inclusive) {
                        return Err(self.wrong(keyword, "a number is expected"));
                    }
                    continue;
                }
                "exclusiveMinimum" => Rule::Bound(Bound::ExclusiveMinimum, self.number(keyword, value)?),
                "exclusiveMaximum" => Rule::Bound(Bound::ExclusiveMaximum, self.number(keyword, value)?),
                "multipleOf" => {
                    let number = self.number(keyword, value)?;
                    if number.as_f64().is_none_or(|n| n <= 0.0) {
                        return Err(self.wrong(keyword, "a number above 0 is expected"));
                    }
                    Rule::MultipleOf(number)
                }
                "minLength" => Rule::Least(Measure::Characters, self.count(keyword, value)?),
                "maxLength" => Rule::Most(Measure::Characters, self.count(keyword, value)?),
                "minItems" => Rule::Least(Measure::Items, self.count(keyword, value)?),
                "maxItems" => Rule::Most(Measure::Items, self.count(keyword, value)?),
                "minProperties" => Rule::Least(Measure::Properties, self.count(keyword, value)?),
                "maxProperties" => Rule::Most(Measure::Properties, self.count(keyword, value)?),
                "pattern" => match value.as_str() {
                    Some(text) => Rule::Pattern(self.pattern(keyword, text)?),
                    None => return Err(self.wrong(keyword, "a regular expression is expected")),
                },
                "uniqueItems" => match value {
                    Value::Bool(true) => Rule::Unique,
                    Value::Bool(false) => continue,
                    _ => return Err(self.wrong(keyword, "true or false is expected")),
                },
                "required" => Rule::Required(self.names(keyword, value)?),
                _ => continue,
            };
            rules.push(rule);
        }
        Ok(())
    }

    /// The keywords that apply other schemas. Those for what no other has looked at come last.
    pub(crate) fn applicators(
        &mut self,
        map: &'a Map<String, Value>,
        rules: &mut Vec<Rule>,
    ) -> Result<(), SchemaError> {
        self.items(map, rules)?;
        self.members(map, rules)?;
        self.dependencies(map, rules)?;
        for (keyword, rule) in [("allOf", Rule::All as fn(_) -> _), ("anyOf", Rule::Any), ("oneOf", Rule::One)] {
            if let Some(value) = map.get(keyword) {
                rules.push(rule(self.list(keyword, value)?));
            }
        }
        if let Some(id) = self.optional(map, "not")? {
            rules.push(Rule::Not(id));
        }
        let (then, otherwise) = (self.optional(map, "then")?, self.optional(map, "else")?);
        if let Some(test) = self.optional(map, "if")? {
            rules.push(Rule::If(If { test, then, otherwise }));
        }
        if let Some(id) = self.optional(map, "unevaluatedItems")? {
            rules.push(Rule::UnevaluatedItems(id));
        }
        if let Some(id) = self.optional(map, "unevaluatedProperties")? {
            rules.push(Rule::UnevaluatedProperties(id));
        }
        self.optional(map, "contentSchema")?;
        Ok(())
    }

    fn items(&mut self, map: &'a Map<String, Value>, rules: &mut Vec<Rule>) -> Result<(), SchemaError> {
        let mut first = Vec::new();
        if let Some(value) = map.get("prefixItems") {
            first = self.list("prefixItems", value)?;
        }
        // An array, as up to 2019-09; the rest are additional.
        let additional = self.optional(map, "additionalItems")?;
        let rest = match map.get("items") {
            Some(Value::Array(_)) if !first.is_empty() => {
                return Err(self.wrong("items", "beside prefixItems one schema is expected"));
            }
            Some(Value::Array(schemas)) if schemas.is_empty() => additional,
            Some(value @ Value::Array(_)) => {
                first = self.list("items", value)?;
                additional
            }
            Some(schema) => Some(self.under("items", schema)?),
            None => None,
        };
        if !first.is_empty() || rest.is_some() {
            rules.push(Rule::Items(Items { first, rest }));
        }
        let least = map.get("minContains").map(|value| self.count("minContains", value)).transpose()?;
        let most = map.get("maxContains").map(|value| self.count("maxContains", value)).transpose()?;
        if let Some(schema) = self.optional(map, "contains")? {
            rules.push(Rule::Contains(Contains { schema, least: least.unwrap_or(1), most }));
        }
        Ok(())
    }

    fn members(&mut self, map: &'a Map<String, Value>, rules: &mut Vec<Rule>) -> Result<(), SchemaError> {
        let mut named = BTreeMap::new();
        for (name, id) in self.named_schemas(map, "properties")? {
            named.insert(name.to_owned(), id);
        }
        let mut matching = Vec::new();
        for (text, id) in self.named_schemas(map, "patternProperties")? {
            matching.push((self.pattern("patternProperties", text)?, id));
        }
        let rest = self.optional(map, "additionalProperties")?;
        if !named.is_empty() || !matching.is_empty() || rest.is_some() {
            rules.push(Rule::Members(Members { named, matching, rest }));
        }
        if let Some(id) = self.optional(map, "propertyNames")? {
            rules.push(Rule::PropertyNames(id));
        }
        Ok(())
    }

    fn dependencies(&mut self, map: &'a Map<String, Value>, rules: &mut Vec<Rule>) -> Result<(), SchemaError> {
        let mut required = Vec::new();
        let mut schemas: Vec<(String, usize)> =
            self.named_schemas(map, "dependentSchemas")?.into_iter().map(|(name, id)| (name.to_owned(), id)).collect();
        for keyword in ["dependentRequired", "dependencies"] {
            let Some(value) = map.get(keyword) else { continue };
            let Some(entries) = value.as_object() else { return Err(self.wrong(keyword, "an object is expected")) };
            for (name, value) in entries {
                if keyword == "dependencies" && !value.is_array() {
                    let length = self.at.len();
                    crate::place::push_token(&mut self.at, keyword);
                    schemas.push((name.clone(), self.under(name, value)?));
                    self.at.truncate(length);
                } else {
                    required.push((name.clone(), self.names(keyword, value)?));
                }
            }
        }
        if !required.is_empty() {
            rules.push(Rule::DependentRequired(required));
        }
        if !schemas.is_empty() {
            rules.push(Rule::DependentSchemas(schemas));
        }
        Ok(())
    }

    fn types(&self, value: &Value) -> Result<Types, SchemaError> {
        let mut types = Types::default();
        let mut add = |value: &Value| {
            match value.as_str().and_then(|name| types.add(name)) {
            Some(true) => Ok(()),
            Some(false) => Err(self.wrong("type", "it names a type twice")),
            None => Err(self.wrong(
                "type",
                &format!(
                    "{} is no type; array, boolean, integer, null, number, object, string or an array of these is expected",
                    crate::message::quote(value)
                ),
            )),
        }
        };
        match value {
            Value::Array(names) if !names.is_empty() => names.iter().try_for_each(&mut add)?,
            value => add(value)?,
        }
        Ok(types)
    }

    /// Whether a bound excludes its limit, as draft 4 says it.
    fn bound(&self, map: &Map<String, Value>, bound: Bound) -> Result<Bound, SchemaError> {
        let (flag, exclusive) = match bound {
            Bound::Minimum => ("exclusiveMinimum", Bound::ExclusiveMinimum),
            _ => ("exclusiveMaximum", Bound::ExclusiveMaximum),
        };
        Ok(if map.get(flag) == Some(&Value::Bool(true)) { exclusive } else { bound })
    }

    fn number(&self, keyword: &str, value: &Value) -> Result<Number, SchemaError> {
        match value {
            Value::Number(number) => Ok(number.clone()),
            _ => Err(self.wrong(keyword, "a number is expected")),
        }
    }

    fn count(&self, keyword: &str, value: &Value) -> Result<u64, SchemaError> {
        let whole = value.as_number().filter(|n| number::is_integer(n) && n.as_f64().is_some_and(|n| n >= 0.0));
        match whole {
            // What is beyond 64 bits is beyond every value's size, too.
            Some(n) => Ok(number::integer(n).and_then(|n| u64::try_from(n).ok()).unwrap_or(u64::MAX)),
            None => Err(self.wrong(keyword, "a whole number of at least 0 is expected")),
        }
    }

    fn names(&self, keyword: &str, value: &Value) -> Result<Vec<String>, SchemaError> {
        let names: Option<Vec<String>> = value
            .as_array()
            .filter(|names| unique(names, &mut 0, u64::MAX) == Some(true))
            .and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
        names.ok_or_else(|| self.wrong(keyword, "an array of different property names is expected"))
    }
}
