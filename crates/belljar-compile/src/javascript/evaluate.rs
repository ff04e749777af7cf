//! The value of an expression that is written out as data, without running anything.

use std::cell::Cell;
use std::collections::HashMap;

use oxc_ast::ast::{ArrayExpressionElement, Expression, ObjectPropertyKind, PropertyKey, PropertyKind};
use oxc_span::{GetSpan, Span};
use serde_json::{Map, Number, Value};

use super::limits::MANIFEST_BYTES;

/// Constants of the module's top level by name, and how many bytes may still be made of them.
pub(super) struct Constants<'a, 'b> {
    pub(super) values: HashMap<&'b str, &'b Expression<'a>>,
    left: Cell<usize>,
}

impl Constants<'_, '_> {
    pub(super) fn new() -> Self {
        Constants { values: HashMap::new(), left: Cell::new(MANIFEST_BYTES) }
    }

    /// Whether the bytes of values ran out: each constant can hold another one twice.
    pub(super) fn is_too_large(&self) -> bool {
        self.left.get() == 0
    }

    fn pay(&self, bytes: usize) -> Option<()> {
        self.left.set(self.left.get().saturating_sub(bytes));
        (self.left.get() > 0).then_some(())
    }
}

/// The value, or the place of what is not written out.
pub(super) fn evaluate<'a, 'b>(
    expression: &'b Expression<'a>,
    constants: &Constants<'a, 'b>,
    depth: u32,
) -> Result<Value, Span> {
    let span = expression.span();
    if depth > 64 || constants.pay(8).is_none() {
        return Err(span);
    }
    let text = |text: String| constants.pay(text.len()).map(|()| Value::String(text)).ok_or(span);
    let inner = |expression: &'b Expression<'a>| evaluate(expression, constants, depth + 1);
    match expression {
        Expression::NullLiteral(_) => Ok(Value::Null),
        Expression::BooleanLiteral(literal) => Ok(Value::Bool(literal.value)),
        Expression::StringLiteral(literal) => text(literal.value.to_string()),
        Expression::NumericLiteral(literal) => number(literal.value).ok_or(span),
        Expression::TemplateLiteral(template) if template.expressions.is_empty() => {
            let parts = template.quasis.iter().map(|part| part.value.cooked.as_ref().map_or("", |text| text.as_str()));
            text(parts.collect())
        }
        Expression::UnaryExpression(unary) if unary.operator.as_str() == "-" => match inner(&unary.argument)? {
            Value::Number(value) => value.as_f64().and_then(|value| number(-value)).ok_or(span),
            _ => Err(span),
        },
        Expression::BinaryExpression(sum) if sum.operator.as_str() == "+" => {
            match (inner(&sum.left)?, inner(&sum.right)?) {
                (Value::String(left), Value::String(right)) => text(left + &right),
                _ => Err(span),
            }
        }
        Expression::ParenthesizedExpression(of) => inner(&of.expression),
        Expression::TSAsExpression(of) => inner(&of.expression),
        Expression::TSSatisfiesExpression(of) => inner(&of.expression),
        Expression::TSNonNullExpression(of) => inner(&of.expression),
        Expression::Identifier(name) => match constants.values.get(name.name.as_str()) {
            Some(value) => inner(value),
            None => Err(span),
        },
        Expression::ArrayExpression(array) => {
            let mut values = Vec::new();
            for element in &array.elements {
                match element {
                    ArrayExpressionElement::SpreadElement(of) => match inner(&of.argument)? {
                        Value::Array(more) => values.extend(more),
                        _ => return Err(of.span),
                    },
                    ArrayExpressionElement::Elision(hole) => return Err(hole.span),
                    element => values.push(inner(element.as_expression().ok_or(span)?)?),
                }
            }
            Ok(Value::Array(values))
        }
        Expression::ObjectExpression(object) => {
            let mut values = Map::new();
            for property in &object.properties {
                match property {
                    ObjectPropertyKind::SpreadProperty(of) => match inner(&of.argument)? {
                        Value::Object(more) => values.extend(more),
                        _ => return Err(of.span),
                    },
                    ObjectPropertyKind::ObjectProperty(property) => {
                        if property.kind != PropertyKind::Init || property.method {
                            return Err(property.span);
                        }
                        let key = key(&property.key).filter(|_| !property.computed).ok_or(property.span)?;
                        constants.pay(key.len()).ok_or(property.span)?;
                        values.insert(key, inner(&property.value)?);
                    }
                }
            }
            Ok(Value::Object(values))
        }
        _ => Err(span),
    }
}

/// The name of a property that is written out.
pub(super) fn key(key: &PropertyKey<'_>) -> Option<String> {
    match key {
        PropertyKey::StaticIdentifier(name) => Some(name.name.to_string()),
        PropertyKey::StringLiteral(text) => Some(text.value.to_string()),
        PropertyKey::NumericLiteral(number) => Some(number.value.to_string()),
        _ => None,
    }
}

/// Whole numbers as such: a schema's `minItems` is no 2.0.
pub(super) fn number(value: f64) -> Option<Value> {
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        return Some(Value::Number(Number::from(value as i64)));
    }
    Number::from_f64(value).map(Value::Number)
}
