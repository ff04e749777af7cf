//! JSON Schemas from TypeScript's types, as far as they say what JSON can hold.

use std::collections::HashMap;

use oxc_ast::ast::{TSLiteral, TSSignature, TSType, TSTypeName};
use serde_json::{Map, Value, json};

use super::evaluate;

/// A type that the module names.
#[derive(Clone, Copy)]
pub(super) enum Named<'a, 'b> {
    Alias(&'b TSType<'a>),
    Members(&'b [TSSignature<'a>]),
}

/// The module's types by name.
pub(super) type Types<'a, 'b> = HashMap<&'b str, Named<'a, 'b>>;

/// Describes types; what it does not know is any value.
pub(super) struct Schemas<'a, 'b> {
    pub(super) types: Types<'a, 'b>,
    /// The text of the doc comment that ends right before a place.
    pub(super) comment: &'b dyn Fn(u32) -> Option<String>,
}

impl<'a, 'b> Schemas<'a, 'b> {
    /// The schema of a type; nothing if it says nothing.
    pub(super) fn schema(&self, ty: &'b TSType<'a>) -> Option<Value> {
        Some(self.of(ty, 0)).filter(|schema| schema.as_object().is_some_and(|o| !o.is_empty()))
    }

    fn of(&self, ty: &'b TSType<'a>, depth: u32) -> Value {
        if depth > 32 {
            return json!({});
        }
        match ty {
            TSType::TSStringKeyword(_) => json!({ "type": "string" }),
            TSType::TSNumberKeyword(_) => json!({ "type": "number" }),
            TSType::TSBooleanKeyword(_) => json!({ "type": "boolean" }),
            TSType::TSNullKeyword(_) | TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_) => {
                json!({ "type": "null" })
            }
            TSType::TSObjectKeyword(_) => json!({ "type": ["object", "array"] }),
            TSType::TSParenthesizedType(of) => self.of(&of.type_annotation, depth + 1),
            TSType::TSArrayType(of) => json!({ "type": "array", "items": self.of(&of.element_type, depth + 1) }),
            TSType::TSTypeOperatorType(of) if of.operator.to_str() == "readonly" => {
                self.of(&of.type_annotation, depth + 1)
            }
            TSType::TSLiteralType(of) => literal(&of.literal).map_or(json!({}), |value| json!({ "const": value })),
            TSType::TSTypeLiteral(of) => self.members(&of.members, depth),
            TSType::TSUnionType(of) => self.union(of.types.iter().map(|ty| self.of(ty, depth + 1)).collect()),
            TSType::TSTypeReference(of) => {
                let TSTypeName::IdentifierReference(name) = &of.type_name else { return json!({}) };
                let argument = |i: usize| of.type_arguments.as_ref().and_then(|all| all.params.get(i));
                let inner = |i: usize| argument(i).map_or(json!({}), |ty| self.of(ty, depth + 1));
                match (name.name.as_str(), self.types.get(name.name.as_str())) {
                    (_, Some(Named::Alias(ty))) => self.of(ty, depth + 1),
                    (_, Some(Named::Members(members))) => self.members(members, depth + 1),
                    ("Array" | "ReadonlyArray", None) => json!({ "type": "array", "items": inner(0) }),
                    ("Promise" | "Readonly" | "Required", None) => inner(0),
                    ("Record", None) => json!({ "type": "object", "additionalProperties": inner(1) }),
                    ("Partial", None) => {
                        let mut schema = inner(0);
                        if let Some(schema) = schema.as_object_mut() {
                            schema.shift_remove("required");
                        }
                        schema
                    }
                    _ => json!({}),
                }
            }
            _ => json!({}),
        }
    }

    fn union(&self, parts: Vec<Value>) -> Value {
        if parts.iter().any(|part| part.as_object().is_none_or(Map::is_empty)) {
            return json!({});
        }
        let constants: Option<Vec<Value>> = parts.iter().map(|part| part.get("const").cloned()).collect();
        match constants {
            Some(constants) => json!({ "enum": constants }),
            None => json!({ "anyOf": parts }),
        }
    }

    fn members(&self, members: &'b [TSSignature<'a>], depth: u32) -> Value {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        for member in members {
            match member {
                TSSignature::TSPropertySignature(property) => {
                    let Some(name) = evaluate::key(&property.key).filter(|_| !property.computed) else { continue };
                    let mut of = match &property.type_annotation {
                        Some(annotation) => self.of(&annotation.type_annotation, depth + 1),
                        None => json!({}),
                    };
                    if let (Some(of), Some(comment)) = (of.as_object_mut(), (self.comment)(property.span.start)) {
                        of.insert("description".into(), comment.into());
                    }
                    if !property.optional {
                        required.push(Value::String(name.clone()));
                    }
                    properties.insert(name, of);
                }
                TSSignature::TSIndexSignature(index) => {
                    let of = self.of(&index.type_annotation.type_annotation, depth + 1);
                    schema.insert("additionalProperties".into(), of);
                }
                _ => {}
            }
        }
        if !properties.is_empty() {
            schema.insert("properties".into(), properties.into());
        }
        if !required.is_empty() {
            schema.insert("required".into(), required.into());
        }
        schema.into()
    }
}

fn literal(literal: &TSLiteral<'_>) -> Option<Value> {
    match literal {
        TSLiteral::BooleanLiteral(value) => Some(Value::Bool(value.value)),
        TSLiteral::NumericLiteral(value) => evaluate::number(value.value),
        TSLiteral::StringLiteral(value) => Some(Value::String(value.value.to_string())),
        _ => None,
    }
}
