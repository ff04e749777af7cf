//! What a violation says.

use serde_json::Value;

use crate::message::{cut, list, plural, quote, quote_name};
use crate::node::{Bound, Contains, Measure, Rule, Types};

/// Why a value does not fulfil a rule.
pub(crate) fn explain(rule: &Rule, value: &Value) -> String {
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
