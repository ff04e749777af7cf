//! Schemas of evaluated types.

use std::collections::{HashMap, HashSet};

use oxc_span::SPAN;
use serde_json::{Map, Value, json};

use super::super::limits::SCHEMA_BYTES;
use super::{Object, Schemas, Ty};

/// Parts of a named type up to which it is written out wherever it is used.
const SMALL: usize = 8;

#[derive(Default)]
struct Uses {
    count: HashMap<usize, usize>,
    size: HashMap<usize, usize>,
    recursive: HashSet<usize>,
    open: HashSet<usize>,
}

struct Writer {
    uses: Uses,
    /// The definitions' names; the whole has none.
    names: HashMap<usize, Option<String>>,
    defs: Map<String, Value>,
    bytes: usize,
}

impl Schemas<'_, '_> {
    pub(super) fn write(&self, ty: &Ty) -> Value {
        let mut uses = Uses::default();
        self.count(ty, &mut uses);
        let mut writer = Writer { uses, names: HashMap::new(), defs: Map::new(), bytes: 0 };
        let mut schema = if let Ty::Ref(id) = ty {
            writer.names.insert(*id, None);
            self.of(&self.resolve(ty), &mut writer)
        } else {
            self.of(ty, &mut writer)
        };
        if !writer.defs.is_empty()
            && let Some(schema) = schema.as_object_mut()
        {
            schema.insert("$defs".into(), writer.defs.into());
        }
        schema
    }

    /// Counts how often named types are used, and which contain themselves. Returns the size.
    fn count(&self, ty: &Ty, uses: &mut Uses) -> usize {
        if !self.step(SPAN) {
            return 1;
        }
        self.depth.set(self.depth.get() + 1);
        let size = match ty {
            Ty::Ref(id) => {
                *uses.count.entry(*id).or_default() += 1;
                if uses.open.contains(id) {
                    uses.recursive.insert(*id);
                    1
                } else if let Some(size) = uses.size.get(id) {
                    *size
                } else {
                    uses.open.insert(*id);
                    let size = self.count(&self.resolve(ty), uses);
                    uses.open.remove(id);
                    uses.size.insert(*id, size);
                    size
                }
            }
            Ty::Array(of) => self.count_all(std::iter::once(&**of), uses),
            Ty::Tuple(tuple) => {
                let first = tuple.first.iter().map(|(ty, _)| ty);
                self.count_all(first.chain(&tuple.rest).chain(&tuple.last), uses)
            }
            Ty::Object(object) => {
                let members = object.members.iter().map(|member| &member.ty);
                self.count_all(members.chain(&object.index), uses)
            }
            Ty::Union(types) | Ty::All(types) => self.count_all(types.iter(), uses),
            _ => 1,
        };
        self.depth.set(self.depth.get() - 1);
        size
    }

    /// The size of a type with these in it. Types that double one another are larger than any number, on a page sooner than
    /// elsewhere, and must not come out as small.
    fn count_all<'t>(&self, types: impl Iterator<Item = &'t Ty>, uses: &mut Uses) -> usize {
        types.fold(1, |size: usize, ty| size.saturating_add(self.count(ty, uses)))
    }

    fn of(&self, ty: &Ty, writer: &mut Writer) -> Value {
        writer.bytes += 16;
        if writer.bytes > SCHEMA_BYTES && !self.is_stopped() {
            *self.stopped.borrow_mut() = Some((
                SPAN,
                format!(
                    "the schema made of the types has more than {SCHEMA_BYTES} bytes; write a shorter one in `tool`"
                ),
            ));
        }
        if self.is_stopped() || !self.step(SPAN) {
            return json!({});
        }
        self.depth.set(self.depth.get() + 1);
        let schema = self.of_some(ty, writer);
        self.depth.set(self.depth.get() - 1);
        schema
    }

    fn of_some(&self, ty: &Ty, writer: &mut Writer) -> Value {
        match ty {
            Ty::Any | Ty::Foreign(_) | Ty::Function(_) => json!({}),
            Ty::Never => json!({ "not": {} }),
            Ty::Undefined | Ty::Null => json!({ "type": "null" }),
            Ty::String => json!({ "type": "string" }),
            Ty::Number => json!({ "type": "number" }),
            Ty::Boolean => json!({ "type": "boolean" }),
            Ty::AnyObject => json!({ "type": ["object", "array"] }),
            Ty::NonNull => json!({ "type": ["array", "boolean", "number", "object", "string"] }),
            Ty::Literal(value) => {
                writer.bytes += value.as_str().map_or(0, str::len);
                json!({ "const": value })
            }
            Ty::Template(pattern) => {
                writer.bytes += pattern.len();
                json!({ "type": "string", "pattern": &**pattern })
            }
            Ty::Array(of) => {
                let items = self.of(of, writer);
                json!({ "type": "array", "items": items })
            }
            Ty::Tuple(_) => self.of_tuple(ty, writer),
            Ty::Object(object) => self.of_object(object, writer),
            Ty::Union(_) => self.of_union(ty, writer),
            Ty::All(types) => {
                let parts: Vec<Value> = types.iter().map(|ty| self.of(ty, writer)).collect();
                json!({ "allOf": parts })
            }
            Ty::Ref(id) => {
                let recursive = writer.uses.recursive.contains(id);
                let count = writer.uses.count.get(id).copied().unwrap_or(0);
                let size = writer.uses.size.get(id).copied().unwrap_or(0);
                let resolved = self.resolve(ty);
                if !recursive && (count < 2 || size <= SMALL) {
                    return self.of(&resolved, writer);
                }
                let name = match writer.names.get(id) {
                    Some(name) => name.clone(),
                    None => {
                        let name = self.definition_name(*id, writer);
                        writer.names.insert(*id, Some(name.clone()));
                        writer.defs.insert(name.clone(), Value::Null);
                        let schema = self.of(&resolved, writer);
                        writer.bytes += name.len() * 2;
                        writer.defs.insert(name.clone(), schema);
                        Some(name)
                    }
                };
                match name {
                    Some(name) => json!({ "$ref": format!("#/$defs/{name}") }),
                    None => json!({ "$ref": "#" }),
                }
            }
        }
    }

    fn definition_name(&self, id: usize, writer: &Writer) -> String {
        let definitions = self.definitions.borrow();
        let name = definitions.get(id).map_or("Type", |definition| &definition.name);
        let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
        let mut name = plain.clone();
        let mut number = 1;
        while writer.defs.contains_key(&name) {
            number += 1;
            name = format!("{plain}{number}");
        }
        name
    }

    fn of_tuple(&self, ty: &Ty, writer: &mut Writer) -> Value {
        let Ty::Tuple(tuple) = ty else { return json!({}) };
        let least = tuple.first.iter().filter(|(_, optional)| !optional).count() + tuple.last.len();
        let mut schema = json!({ "type": "array" });
        let Some(map) = schema.as_object_mut() else { return schema };
        if tuple.first.is_empty() && tuple.last.is_empty() && tuple.rest.is_none() {
            map.insert("maxItems".into(), 0.into());
            return schema;
        }
        let first: Vec<Value> = tuple.first.iter().map(|(ty, _)| self.of_element(ty, writer)).collect();
        if !first.is_empty() {
            map.insert("prefixItems".into(), first.into());
        }
        match (&tuple.rest, tuple.last.is_empty()) {
            (None, _) => {
                map.insert("maxItems".into(), tuple.first.len().into());
            }
            (Some(rest), true) => {
                let rest = self.of_element(rest, writer);
                if rest.as_object().is_some_and(|rest| !rest.is_empty()) {
                    map.insert("items".into(), rest);
                }
            }
            // A schema cannot count from the end: each of the rest is one of both.
            (Some(rest), false) => {
                let either = self.union(std::iter::once(rest.clone()).chain(tuple.last.iter().cloned()).collect());
                let either = self.of_element(&either, writer);
                if either.as_object().is_some_and(|either| !either.is_empty()) {
                    map.insert("items".into(), either);
                }
            }
        }
        if least > 0 {
            map.insert("minItems".into(), least.into());
        }
        schema
    }

    /// JSON has null where a list has undefined.
    fn of_element(&self, ty: &Ty, writer: &mut Writer) -> Value {
        self.of(ty, writer)
    }

    fn of_object(&self, object: &Object, writer: &mut Writer) -> Value {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        let mut schema = Map::new();
        schema.insert("type".into(), "object".into());
        for member in &object.members {
            writer.bytes += member.name.len() + 8;
            // What is a function is no part of the data.
            if matches!(self.resolve(&member.ty), Ty::Function(_)) {
                continue;
            }
            let (ty, undefined) = self.without_undefined(&member.ty);
            let mut of = if ty == Ty::Never { Value::Bool(false) } else { self.of(&ty, writer) };
            if let (Some(of), Some(comment)) = (of.as_object_mut(), &member.comment) {
                writer.bytes += comment.len() + 16;
                of.insert("description".into(), (**comment).into());
            }
            if !member.optional && !undefined {
                required.push(Value::String((*member.name).to_owned()));
                writer.bytes += member.name.len() + 4;
            }
            properties.insert((*member.name).to_owned(), of);
        }
        if let Some(index) = &object.index {
            let (index, _) = self.without_undefined(index);
            let of = self.of(&index, writer);
            schema.insert("additionalProperties".into(), of);
        }
        if !properties.is_empty() {
            schema.insert("properties".into(), properties.into());
        }
        if !required.is_empty() {
            schema.insert("required".into(), required.into());
        }
        schema.into()
    }

    fn of_union(&self, ty: &Ty, writer: &mut Writer) -> Value {
        let mut parts = Vec::new();
        let mut seen = HashSet::new();
        if !self.flatten(ty, &mut parts, &mut seen) {
            return json!({});
        }
        let truth = |value: bool| Ty::Literal(Value::Bool(value));
        if parts.contains(&truth(true)) && parts.contains(&truth(false)) {
            parts.retain(|part| *part != truth(false));
            parts.iter_mut().filter(|part| **part == truth(true)).for_each(|part| *part = Ty::Boolean);
        }
        // JSON has null for undefined where something must stand.
        if parts.contains(&Ty::Null) {
            parts.retain(|part| *part != Ty::Undefined);
        }
        if let [one] = parts.as_slice() {
            return self.of(one, writer);
        }
        if parts.is_empty() {
            return json!({ "not": {} });
        }
        let constants: Option<Vec<Value>> = parts
            .iter()
            .map(|part| match part {
                Ty::Literal(value) => Some(value.clone()),
                Ty::Null if parts.len() > 1 && parts.iter().any(|part| matches!(part, Ty::Literal(_))) => {
                    Some(Value::Null)
                }
                _ => None,
            })
            .collect();
        if let Some(constants) = constants {
            writer.bytes +=
                constants.iter().map(|value| value.as_str().map_or(8, |text| text.len() + 4)).sum::<usize>();
            return json!({ "enum": constants });
        }
        let mut schemas: Vec<Value> = Vec::with_capacity(parts.len());
        for part in &parts {
            let schema = self.of(part, writer);
            if schema.as_object().is_some_and(Map::is_empty) {
                return json!({});
            }
            if !self.steps(schemas.len(), SPAN) {
                return json!({});
            }
            if !schemas.contains(&schema) {
                schemas.push(schema);
            }
        }
        match schemas.as_mut_slice() {
            [one] => one.take(),
            _ => json!({ "anyOf": schemas }),
        }
    }

    /// The alternatives of a type, with those of named types that are unions themselves. Whether they say something.
    fn flatten(&self, ty: &Ty, parts: &mut Vec<Ty>, seen: &mut HashSet<usize>) -> bool {
        if !self.steps(parts.len() / 8, SPAN) {
            return false;
        }
        if let Ty::Ref(id) = ty
            && !seen.insert(*id)
        {
            return true;
        }
        match self.resolve(ty) {
            Ty::Any => false,
            Ty::Never => true,
            Ty::Union(types) => types.iter().all(|ty| self.flatten(ty, parts, seen)),
            plain @ (Ty::Literal(_) | Ty::Null | Ty::Undefined | Ty::String | Ty::Number | Ty::Boolean) => {
                if !parts.contains(&plain) {
                    parts.push(plain);
                }
                true
            }
            _ => {
                if !parts.contains(ty) {
                    parts.push(ty.clone());
                }
                true
            }
        }
    }
}
