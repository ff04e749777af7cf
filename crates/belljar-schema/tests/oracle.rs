//! Schemas and values, compared with the crate `jsonschema`.
//!
//! Verdicts are equal but for these differences, which are intended and which the generator stays clear of:
//!
//! - `format` is never checked; jsonschema checks it in drafts 4, 6 and 7.
//! - Spellings of other drafts are read in every draft: `items` with an array, `additionalItems`, `dependencies`,
//!   `exclusiveMinimum: true`. jsonschema refuses or ignores them where the draft does.
//! - `1.0` is an integer in draft 4, too; `contains` marks items as evaluated in 2019-09, too.
//! - `$dynamicRef`, `$recursiveRef`, an `$id` below the whole, references to the drafts' own schemas, and unknown
//!   dialects are refused; so are schemas that apply themselves to the same value again.
//! - `multipleOf` counts in decimals at every size; jsonschema divides binary fractions where it cannot.
//! - Patterns are ECMAScript's; jsonschema translates them to Rust's, which differ in `[]`, `\A`, `(?i)` and others.
//! - A check that takes too much makes the value unfit.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod common;

use belljar_schema::Schema;
use common::{Random, pairs, seed};
use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value, json};

const NAMES: [&str; 5] = ["a", "b", "c", "ab", "x/~"];
const PATTERNS: [&str; 8] = ["^a", "b$", "^[a-c]+$", "a|x", "^\\w*$", "^(?!b)", "\\d", "^.{1,2}$"];

/// jsonschema with the options that Belljar used it with.
fn theirs(schema: &Value) -> Result<Validator, String> {
    let patterns = PatternOptions::fancy_regex().backtrack_limit(1_000_000).size_limit(1 << 20);
    jsonschema::options().with_pattern_options(patterns).build(schema).map_err(|e| e.to_string())
}

fn number(random: &mut Random) -> Value {
    let numbers =
        ["0", "1", "2", "3", "-1", "1.0", "2.0", "0.5", "1.5", "-0.0", "10", "0.1", "0.3", "1e2", "4503599627370497"];
    let text = *random.pick(&numbers);
    serde_json::from_str(text).unwrap()
}

fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 6 } else { 12 }) {
        0 => Value::Null,
        1 => json!(random.chance(50)),
        2 | 3 => number(random),
        4 | 5 => json!(*random.pick(&["", "a", "b", "ab", "abc", "x", "1", "é", "😀", "a1"])),
        6..=8 => (0..random.below(5)).map(|_| value(random, depth - 1)).collect(),
        _ => {
            let mut map = Map::new();
            for _ in 0..random.below(5) {
                map.insert((*random.pick(&NAMES)).to_owned(), value(random, depth - 1));
            }
            Value::Object(map)
        }
    }
}

struct Maker<'a> {
    random: &'a mut Random,
    old: bool,
}

impl Maker<'_> {
    fn list(&mut self, depth: usize) -> Value {
        (0..1 + self.random.below(3)).map(|_| self.schema(depth)).collect()
    }

    fn named(&mut self, names: &[&str], depth: usize) -> Value {
        let mut map = Map::new();
        for _ in 0..1 + self.random.below(3) {
            let name = (*self.random.pick(names)).to_owned();
            map.insert(name, self.schema(depth));
        }
        Value::Object(map)
    }

    fn names(&mut self) -> Value {
        let mut names: Vec<&str> = (0..self.random.below(3)).map(|_| *self.random.pick(&NAMES)).collect();
        names.sort_unstable();
        names.dedup();
        json!(names)
    }

    fn dependent_names(&mut self) -> Value {
        let name = *self.random.pick(&NAMES);
        json!({ name: self.names() })
    }

    fn schema(&mut self, depth: usize) -> Value {
        if self.random.chance(8) {
            return json!(self.random.chance(70));
        }
        let mut map = Map::new();
        for _ in 0..self.random.below(4) + usize::from(depth > 2) {
            self.keyword(&mut map, depth);
        }
        Value::Object(map)
    }

    fn keyword(&mut self, map: &mut Map<String, Value>, depth: usize) {
        let types = ["array", "boolean", "integer", "null", "number", "object", "string", "object", "array"];
        let mut put = |keyword: &str, value: Value| _ = map.insert(keyword.to_owned(), value);
        let simple = 20;
        match self.random.below(if depth == 0 { simple } else { 44 }) {
            0 => put("type", json!(*self.random.pick(&types))),
            1 => {
                let mut some: Vec<&str> = (0..3).map(|_| *self.random.pick(&types)).collect();
                some.sort_unstable();
                some.dedup();
                put("type", json!(some));
            }
            2 => put("enum", (0..1 + self.random.below(4)).map(|_| value(self.random, 1)).collect()),
            3 => put("const", value(self.random, 1)),
            4 => put("minimum", number(self.random)),
            5 => put("maximum", number(self.random)),
            6 => put("exclusiveMinimum", number(self.random)),
            7 => put("exclusiveMaximum", number(self.random)),
            8 => {
                let divisor = *self.random.pick(&["1", "2", "0.1", "0.5", "3", "1.0", "0.01", "1.5"]);
                put("multipleOf", serde_json::from_str(divisor).unwrap());
            }
            9 => put("minLength", json!(self.random.below(3))),
            10 => put("maxLength", json!(self.random.below(3))),
            11 => put("pattern", json!(*self.random.pick(&PATTERNS))),
            12 => put("minItems", json!(self.random.below(4))),
            13 => put("maxItems", json!(self.random.below(4))),
            14 => put("uniqueItems", json!(self.random.chance(85))),
            15 => put("minProperties", json!(self.random.below(3))),
            16 => put("maxProperties", json!(self.random.below(4))),
            17 => put("required", self.names()),
            18 if !self.old => put("dependentRequired", self.dependent_names()),
            18 => put("dependencies", self.dependent_names()),
            19 => put("title", json!("annotates")),
            20 | 21 => put("properties", self.named(&NAMES, depth - 1)),
            22 => put("patternProperties", self.named(&PATTERNS, depth - 1)),
            23 => put("additionalProperties", self.schema(depth - 1)),
            24 => put("propertyNames", self.schema(depth - 1)),
            25 if self.old => put("items", self.list(depth - 1)),
            26 if self.old => put("additionalItems", self.schema(depth - 1)),
            27 if self.old => put("dependencies", self.named(&NAMES, depth - 1)),
            25 => put("prefixItems", self.list(depth - 1)),
            26 | 27 => put("items", self.schema(depth - 1)),
            28 => {
                put("contains", self.schema(depth - 1));
                if !self.old && self.random.chance(50) {
                    put("minContains", json!(self.random.below(3)));
                }
                if !self.old && self.random.chance(50) {
                    put("maxContains", json!(self.random.below(3)));
                }
            }
            29 if !self.old => put("dependentSchemas", self.named(&NAMES, depth - 1)),
            30 | 31 => put("allOf", self.list(depth - 1)),
            32 | 33 => put("anyOf", self.list(depth - 1)),
            34 | 35 => put("oneOf", self.list(depth - 1)),
            36 => put("not", self.schema(depth - 1)),
            37 | 38 => {
                put("if", self.schema(depth - 1));
                if self.random.chance(70) {
                    put("then", self.schema(depth - 1));
                }
                if self.random.chance(70) {
                    put("else", self.schema(depth - 1));
                }
            }
            39 if !self.old => put("unevaluatedProperties", self.schema(depth - 1)),
            40 if !self.old => put("unevaluatedItems", self.schema(depth - 1)),
            41 if !self.old => put("unevaluatedProperties", json!(false)),
            42 if !self.old => put("unevaluatedItems", json!(false)),
            // Definitions have no references among themselves at the same value.
            _ => put(
                "$ref",
                json!(format!("#/{}/d{}", if self.old { "definitions" } else { "$defs" }, self.random.below(3))),
            ),
        }
    }
}

/// A whole schema whose definitions refer to themselves below `properties` and `items` only.
fn whole(random: &mut Random) -> Value {
    let old = random.chance(25);
    let mut maker = Maker { random, old };
    let Value::Object(mut map) = maker.schema(3) else { return json!(true) };
    let mut definitions = Map::new();
    for i in 0..3 {
        let Value::Object(mut definition) = maker.schema(0) else { continue };
        if maker.random.chance(40) {
            let next = *maker.random.pick(&["#/$defs/d0", "#/$defs/d%31", "#", "#/$defs/d2"]);
            let next = if old { next.replace("$defs", "definitions") } else { next.to_owned() };
            let keyword = if maker.random.chance(50) { "items" } else { "additionalProperties" };
            definition.insert(keyword.to_owned(), json!({ "$ref": next }));
        }
        definitions.insert(format!("d{i}"), Value::Object(definition));
    }
    for i in 0..3 {
        definitions.entry(format!("d{i}")).or_insert(json!(true));
    }
    map.insert(if old { "definitions" } else { "$defs" }.to_owned(), Value::Object(definitions));
    if old {
        map.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    }
    Value::Object(map)
}

#[test]
fn generated_schemas_judge_as_jsonschema_does() {
    let mut random = Random(seed());
    let (mut tried, mut fitting) = (0, 0);
    while tried < pairs() {
        let text = whole(&mut random);
        let theirs = theirs(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        let ours = Schema::compile(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        for _ in 0..6 {
            let value = value(&mut random, 3);
            let found = ours.check(&value);
            assert_eq!(found.is_ok(), theirs.is_valid(&value), "{text}\non {value}\n{found:?}\nseed {}", seed());
            if let Err(violations) = found {
                for violation in violations {
                    assert!(value.pointer(&violation.path).is_some() && !violation.message.is_empty(), "{violation:?}");
                }
            } else {
                fitting += 1;
            }
            tried += 1;
        }
    }
    assert!(fitting > tried / 10 && fitting < tried * 9 / 10, "{fitting} of {tried} fit");
}

#[test]
fn misshapen_schemas_are_refused_as_jsonschema_does() {
    let mut random = Random(seed());
    let keywords = [
        "type",
        "enum",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
        "prefixItems",
        "items",
        "contains",
        "minContains",
        "maxContains",
        "properties",
        "patternProperties",
        "additionalProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
        "required",
        "dependentRequired",
        "dependentSchemas",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "unevaluatedProperties",
        "unevaluatedItems",
        "$defs",
        "definitions",
        "$ref",
        "$anchor",
        "$comment",
        "title",
        "description",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "format",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "default",
        "const",
        "unknown",
    ];
    let shapes = [
        json!(null),
        json!(true),
        json!(1),
        json!(2.0),
        json!(-1),
        json!(0.5),
        json!(0),
        json!("a"),
        json!("string"),
        json!([]),
        json!(["a"]),
        json!(["a", "a"]),
        json!(["string", "null"]),
        json!(["string", "string"]),
        json!([1]),
        json!([{}]),
        json!([true, { "type": "nil" }]),
        json!({}),
        json!({ "a": {} }),
        json!({ "a": 1 }),
        json!({ "a": ["b"] }),
        json!({ "a": ["b", "b"] }),
        json!({ "type": 1 }),
        json!({ "a": { "minLength": "x" } }),
        json!({ "(": {} }),
        json!([[]]),
    ];
    for keyword in keywords {
        for shape in &shapes {
            let wrapped = random.chance(50);
            let mut schema = json!({ keyword: shape });
            if wrapped {
                schema = json!({ "properties": { "p": schema } });
            }
            let ours = Schema::compile(&schema).map(|_| ()).map_err(|e| e.to_string());
            // Spellings of other drafts; a reference `#/` to nowhere; see above.
            let superset = (keyword == "items" && shape.is_array()) || (keyword == "$ref" && shape.is_string());
            if superset {
                continue;
            }
            assert_eq!(ours.is_ok(), theirs(&schema).is_ok(), "{schema}: {ours:?} {:?}", theirs(&schema).err());
            if let Err(message) = ours {
                assert!(message.contains(&format!("/{keyword}")), "{schema}: {message}");
            }
        }
    }
}

#[test]
fn ten_thousand_items_and_a_wide_object() {
    let schema = json!({ "items": { "$ref": "#/$defs/row" }, "uniqueItems": true, "$defs": { "row": {
        "type": "object", "properties": { "id": { "type": "integer" }, "tag": { "enum": ["a", "b"] } }, "required": ["id"],
        "unevaluatedProperties": false } } });
    let rows: Vec<Value> = (0..10_000).map(|i| json!({ "id": i, "tag": if i % 2 == 0 { "a" } else { "b" } })).collect();
    assert_eq!(Schema::compile(&schema).unwrap().check(&json!(rows)), Ok(()));
    assert!(theirs(&schema).unwrap().is_valid(&json!(rows)));
}
