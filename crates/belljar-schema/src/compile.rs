//! From a schema's text to its nodes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::SchemaError;
use crate::dialect::{self, Dialect};
use crate::limits::{PLACES, SCHEMA_DEPTH, SCHEMA_PROGRAMS};
use crate::node::{Id, Node, Rule};
use crate::pattern::Pattern;
use crate::place::{self, push_token};
use crate::reference::{self, Reference};

/// A schema being compiled.
pub(crate) struct Compiler<'a> {
    root: &'a Value,
    nodes: Vec<Node>,
    /// Nodes by where their schemas stand.
    known: BTreeMap<String, Id>,
    anchors: BTreeMap<String, Id>,
    pending: Vec<Pending>,
    /// Where the schema stands that is being compiled.
    pub(crate) at: String,
    pub(crate) dialect: Dialect,
    id: Option<&'a str>,
    /// Instructions that its patterns may still take.
    instructions: usize,
    /// Bytes that its places may still take.
    places: usize,
}

/// A reference that is not followed yet.
struct Pending {
    node: Id,
    rule: usize,
    to: Reference,
    at: String,
}

/// Compiles a schema. The first node is the whole.
pub(crate) fn compile(root: &Value) -> Result<Vec<Node>, SchemaError> {
    if place::is_deeper(root, SCHEMA_DEPTH) {
        return Err(SchemaError(format!("the schema nests more than {SCHEMA_DEPTH} levels deep")));
    }
    let dialect = match root.get("$schema") {
        Some(named) => dialect::named(named).map_err(|e| located("/$schema", &e))?,
        None => Dialect::Current,
    };
    let id = root.get(dialect.id()).and_then(Value::as_str).map(|id| id.trim_end_matches('#'));
    let mut compiler = Compiler {
        root,
        nodes: Vec::new(),
        known: BTreeMap::new(),
        anchors: BTreeMap::new(),
        pending: Vec::new(),
        at: String::new(),
        dialect,
        id,
        instructions: SCHEMA_PROGRAMS,
        places: PLACES,
    };
    compiler.schema(root)?;
    compiler.follow()?;
    if let Some(id) = reference::cycle(&compiler.nodes) {
        let at = compiler.known.iter().find(|(_, other)| **other == id).map(|(at, _)| at.as_str());
        let message = "this schema refers back to itself for the same value; a reference back must stand below \
                       properties, items or another keyword that goes into the value";
        return Err(located(at.unwrap_or_default(), message));
    }
    Ok(compiler.nodes)
}

/// An error at a place in the schema.
fn located(at: &str, message: &str) -> SchemaError {
    let at = if at.is_empty() { "the schema" } else { at };
    SchemaError(format!("{at}: {message}"))
}

impl<'a> Compiler<'a> {
    /// An error at a keyword of the schema at hand.
    pub(crate) fn wrong(&self, keyword: &str, message: &str) -> SchemaError {
        let mut at = self.at.clone();
        push_token(&mut at, keyword);
        located(&at, message)
    }

    /// Compiles the schema that stands where the compiler is.
    fn schema(&mut self, schema: &'a Value) -> Result<Id, SchemaError> {
        if let Some(id) = self.known.get(&self.at) {
            return Ok(*id);
        }
        self.places = self
            .places
            .checked_sub(self.at.len())
            .ok_or_else(|| located("", "the names of its properties are too long for how deep they nest"))?;
        let id = self.nodes.len();
        self.nodes.push(Node::default());
        self.known.insert(self.at.clone(), id);
        let rules = match schema {
            Value::Bool(true) => Vec::new(),
            Value::Bool(false) => vec![Rule::Never],
            Value::Object(map) => self.object(map, id)?,
            _ => return Err(located(&self.at, "a schema is an object, true or false")),
        };
        if let Some(node) = self.nodes.get_mut(id) {
            node.rules = rules;
        }
        Ok(id)
    }

    fn object(&mut self, map: &'a Map<String, Value>, id: Id) -> Result<Vec<Rule>, SchemaError> {
        self.annotations(map)?;
        self.identity(map, id)?;
        let mut rules = Vec::new();
        if let Some(to) = map.get("$ref") {
            let Some(text) = to.as_str() else { return Err(self.wrong("$ref", "a reference is a string")) };
            let to = Reference::parse(text, self.id).map_err(|e| self.wrong("$ref", &e))?;
            let at = {
                let mut at = self.at.clone();
                push_token(&mut at, "$ref");
                at
            };
            self.pending.push(Pending { node: id, rule: rules.len(), to, at });
            rules.push(Rule::Ref(0));
        }
        self.nullable(map)?;
        let alone = self.dialect.refers_alone() && !rules.is_empty();
        for keyword in ["$defs", "definitions"] {
            self.named_schemas(map, keyword)?;
        }
        if !alone {
            self.assertions(map, &mut rules)?;
            self.applicators(map, &mut rules)?;
        }
        Ok(rules)
    }

    /// OpenAPI's `nullable`: honoured beside `type`, which is where it has a meaning; refused where it has none.
    fn nullable(&self, map: &Map<String, Value>) -> Result<(), SchemaError> {
        let wrong = |message: &str| Err(self.wrong("nullable", message));
        match map.get("nullable") {
            None | Some(Value::Bool(false)) => Ok(()),
            Some(Value::Bool(true)) => {
                let admits_null = match (map.get("enum").and_then(Value::as_array), map.get("const")) {
                    (Some(values), _) => values.contains(&Value::Null),
                    (_, Some(value)) => value.is_null(),
                    _ => true,
                };
                if !map.contains_key("type") {
                    wrong("beside no `type` it says nothing; write `anyOf` with `{ \"type\": \"null\" }`")
                } else if !admits_null {
                    wrong("the `enum` or `const` beside it has no null; add null to it")
                } else {
                    Ok(())
                }
            }
            Some(_) => wrong("true or false is expected"),
        }
    }

    /// What a schema is called, and what is refused.
    fn identity(&mut self, map: &'a Map<String, Value>, id: Id) -> Result<(), SchemaError> {
        for keyword in ["$dynamicRef", "$recursiveRef"] {
            if map.contains_key(keyword) {
                return Err(self.wrong(keyword, "this is not supported; write $ref"));
            }
        }
        if let Some(named) = map.get("$schema") {
            dialect::named(named).map_err(|e| self.wrong("$schema", &e))?;
        }
        let keyword = self.dialect.id();
        match map.get(keyword) {
            None => {}
            Some(Value::String(_)) if self.at.is_empty() => {}
            Some(Value::String(_)) => {
                return Err(self.wrong(
                    keyword,
                    &format!("only the whole schema may have an {keyword}; a tool's schema must be complete in itself"),
                ));
            }
            Some(_) => return Err(self.wrong(keyword, &format!("an {keyword} is a string"))),
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            let Some(value) = map.get(keyword) else { continue };
            let Some(name) = value.as_str().filter(|name| reference::is_anchor(name)) else {
                return Err(self.wrong(keyword, "an anchor is a letter or _, then letters, digits, -, _ and ."));
            };
            if self.anchors.insert(name.to_owned(), id).is_some_and(|other| other != id) {
                return Err(self.wrong(keyword, "another schema has this anchor"));
            }
        }
        Ok(())
    }

    /// Compiles the schema under a keyword.
    pub(crate) fn under(&mut self, keyword: &str, schema: &'a Value) -> Result<Id, SchemaError> {
        let length = self.at.len();
        push_token(&mut self.at, keyword);
        let id = self.schema(schema)?;
        self.at.truncate(length);
        Ok(id)
    }

    /// Compiles the schema at a keyword of `map`, if it is there.
    pub(crate) fn optional(&mut self, map: &'a Map<String, Value>, keyword: &str) -> Result<Option<Id>, SchemaError> {
        map.get(keyword).map(|schema| self.under(keyword, schema)).transpose()
    }

    /// Compiles a list of schemas.
    pub(crate) fn list(&mut self, keyword: &str, value: &'a Value) -> Result<Vec<Id>, SchemaError> {
        let Some(schemas) = value.as_array().filter(|schemas| !schemas.is_empty()) else {
            return Err(self.wrong(keyword, "an array of at least one schema is expected"));
        };
        let length = self.at.len();
        push_token(&mut self.at, keyword);
        let mut ids = Vec::with_capacity(schemas.len());
        for (i, schema) in schemas.iter().enumerate() {
            ids.push(self.under(&i.to_string(), schema)?);
        }
        self.at.truncate(length);
        Ok(ids)
    }

    /// Compiles an object's schemas.
    pub(crate) fn named_schemas(
        &mut self,
        map: &'a Map<String, Value>,
        keyword: &str,
    ) -> Result<Vec<(&'a str, Id)>, SchemaError> {
        let Some(value) = map.get(keyword) else { return Ok(Vec::new()) };
        let Some(schemas) = value.as_object() else {
            return Err(self.wrong(keyword, "an object of schemas is expected"));
        };
        let length = self.at.len();
        push_token(&mut self.at, keyword);
        let mut found = Vec::with_capacity(schemas.len());
        for (name, schema) in schemas {
            found.push((name.as_str(), self.under(name, schema)?));
        }
        self.at.truncate(length);
        Ok(found)
    }

    /// Compiles a pattern, which `keyword` holds or whose name it is.
    pub(crate) fn pattern(&mut self, keyword: &str, text: &str) -> Result<Pattern, SchemaError> {
        let pattern =
            Pattern::compile(text).map_err(|e| self.wrong(keyword, &format!("the pattern is not usable: {e}")))?;
        self.instructions = self
            .instructions
            .checked_sub(pattern.size())
            .ok_or_else(|| self.wrong(keyword, "the schema's patterns are too large together"))?;
        Ok(pattern)
    }

    /// Follows all references, and those in what they lead to.
    fn follow(&mut self) -> Result<(), SchemaError> {
        let mut anchors = Vec::new();
        while let Some(next) = self.pending.pop() {
            let Reference::Pointer(pointer) = &next.to else {
                anchors.push(next);
                continue;
            };
            let Some(schema) = self.root.pointer(pointer) else {
                return Err(located(&next.at, &format!("there is nothing at #{pointer}")));
            };
            self.at.clone_from(pointer);
            let id = self.schema(schema)?;
            self.set(&next, id);
        }
        for next in anchors {
            let Reference::Anchor(name) = &next.to else { continue };
            let Some(id) = self.anchors.get(name).copied() else {
                return Err(located(&next.at, &format!("no schema has the anchor \"{name}\"")));
            };
            self.set(&next, id);
        }
        Ok(())
    }

    fn set(&mut self, pending: &Pending, to: Id) {
        if let Some(Rule::Ref(id)) = self.nodes.get_mut(pending.node).and_then(|node| node.rules.get_mut(pending.rule))
        {
            *id = to;
        }
    }
}
