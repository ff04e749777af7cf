//! Keywords, messages and bounds, as tables.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests, helpers included")]

use std::time::Instant;

use belljar_schema::{Schema, Violation};
use serde_json::{Value, json};

fn judge(schema: &Value, value: &Value) -> Result<(), Vec<Violation>> {
    Schema::compile(schema).unwrap_or_else(|e| panic!("{schema}: {e}")).check(value)
}

/// Nested arrays.
fn nest(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| Value::Array(vec![inner]))
}

#[test]
fn violations_say_where() {
    let schema = Schema::compile(&json!({
        "type": "object",
        "properties": { "items": { "type": "array", "items": { "type": "integer" } } },
        "required": ["text"],
    }))
    .unwrap();
    assert_eq!(schema.check(&json!({ "text": 1, "items": [1, 2] })), Ok(()));
    let violations = schema.check(&json!({ "items": [1, "two"] })).unwrap_err();
    assert!(violations.iter().any(|v| v.path == "/items/1"), "{violations:?}");
    assert!(violations.iter().any(|v| v.path.is_empty() && v.message.contains("text")), "{violations:?}");
    let many = schema.check(&json!({ "items": vec!["x"; 100] })).unwrap_err();
    assert_eq!(many.len(), 8);
}

#[test]
fn messages_are_in_plain_words() {
    for (schema, value, path, message) in [
        (json!({ "type": "integer" }), json!("two"), "", r#""two" is not of type "integer""#),
        (json!({ "type": ["string", "null"] }), json!(1), "", r#"1 is not of types "null", "string""#),
        (json!({ "required": ["text"] }), json!({}), "", r#""text" is a required property"#),
        (json!({ "required": ["a", "b"] }), json!({}), "", "'a', 'b' are required properties"),
        (json!({ "minimum": 3 }), json!(2), "", "2 is less than the minimum of 3"),
        (
            json!({ "minimum": 3, "exclusiveMinimum": true }),
            json!(3),
            "",
            "3 is less than or equal to the minimum of 3",
        ),
        (json!({ "maxLength": 1 }), json!("é😀"), "", "\"é😀\" is longer than 1 character"),
        (json!({ "minItems": 2 }), json!([1]), "", "[1] has less than 2 items"),
        (json!({ "maxProperties": 0 }), json!({ "a": 1 }), "", r#"{"a":1} has more than 0 properties"#),
        (json!({ "enum": [1, "b"] }), json!("a"), "", r#""a" is not one of 1 or "b""#),
        (json!({ "const": 1 }), json!(2), "", "1 was expected"),
        (json!({ "pattern": "^a" }), json!("b"), "", r#""b" does not match "^a""#),
        (json!({ "items": { "multipleOf": 0.1 } }), json!([0.3, 0.35]), "/1", "0.35 is not a multiple of 0.1"),
        (
            json!({ "properties": { "a~/b": { "additionalProperties": false } } }),
            json!({ "a~/b": { "x": 1, "y": 2 } }),
            "/a~0~1b",
            "Additional properties are not allowed ('x', 'y' were unexpected)",
        ),
        (
            json!({ "unevaluatedProperties": false }),
            json!({ "x": 1 }),
            "",
            "Unevaluated properties are not allowed ('x' was unexpected)",
        ),
        (
            json!({ "dependentRequired": { "a": ["b"] } }),
            json!({ "a": 1 }),
            "",
            r#""b" is a required property beside "a""#,
        ),
        (json!({ "uniqueItems": true }), json!([1, 1.0]), "", "[1,1.0] has non-unique elements"),
        (json!({ "not": {} }), json!(1), "", "1 is not allowed: it is valid under the schema under 'not'"),
        (json!(false), json!(1), "", "False schema does not allow 1"),
    ] {
        let expected = Violation { path: path.into(), message: message.into() };
        assert_eq!(judge(&schema, &value), Err(vec![expected]), "{schema}");
    }
    let long = judge(&json!({ "type": "integer" }), &json!("é".repeat(1_000_000))).unwrap_err();
    assert!(long[0].message.len() < 350 && long[0].message.ends_with("… is not of type \"integer\""), "{long:?}");
}

#[test]
fn nothing_outside_a_schema_is_looked_at() {
    for elsewhere in ["https://example.com/schema.json", "file:///etc/passwd", "other.json", "other.json#/a", "//h/p"] {
        let error = Schema::compile(&json!({ "properties": { "a": { "$ref": elsewhere } } })).unwrap_err().to_string();
        assert!(error.starts_with("/properties/a/$ref: it refers to"), "{error}");
        assert!(error.contains("complete in itself"), "{error}");
    }
}

#[test]
fn references_lead_within_the_schema() {
    for (to, extra) in [
        ("#/$defs/n", json!({})),
        ("#/$defs/%6e", json!({})),
        ("#/$defs/with~0tilde~1and%25", json!({})),
        ("#number", json!({})),
        ("https://example.org/s#/$defs/n", json!({ "$id": "https://example.org/s" })),
        ("https://example.org/s#number", json!({ "$id": "https://example.org/s#" })),
        ("#/unknown/place/0", json!({ "unknown": { "place": [{ "$ref": "#/$defs/n" }] } })),
    ] {
        let mut schema = json!({
            "$defs": { "n": { "type": "integer", "$anchor": "number" }, "with~tilde/and%": { "type": "integer" } },
            "properties": { "p": { "$ref": to } },
        });
        schema.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        assert_eq!(judge(&schema, &json!({ "p": 1 })), Ok(()), "{to}");
        assert_eq!(judge(&schema, &json!({ "p": "x" })).unwrap_err()[0].path, "/p", "{to}");
    }
    let tree = json!({ "type": "object", "properties": { "left": { "$ref": "#" }, "v": { "type": "integer" } } });
    assert_eq!(judge(&tree, &json!({ "left": { "left": { "v": 1 } } })), Ok(()));
    assert_eq!(judge(&tree, &json!({ "left": { "left": { "v": "" } } })).unwrap_err()[0].path, "/left/left/v");
}

#[test]
fn unusable_schemas_are_refused_with_a_place() {
    for (schema, part) in [
        (json!({ "type": "strnig" }), "/type: \"strnig\" is no type; array, boolean"),
        (json!({ "properties": { "a": { "items": { "minimum": "1" } } } }), "/properties/a/items/minimum: a number"),
        (json!({ "pattern": "(" }), "/pattern: the pattern is not usable: at character 2"),
        (json!({ "$schema": "http://example.org/dialect" }), "/$schema"),
        (json!({ "$schema": 1 }), "/$schema"),
        (json!({ "$ref": "#/nowhere" }), "/$ref: there is nothing at #/nowhere"),
        (json!({ "$ref": "#nowhere" }), "/$ref: no schema has the anchor"),
        (json!({ "$ref": "#/%zz" }), "/$ref"),
        (json!({ "$ref": "#/title", "title": "x" }), "/title: a schema is"),
        (json!({ "$dynamicRef": "#a" }), "/$dynamicRef"),
        (json!({ "items": { "$recursiveRef": "#" } }), "/items/$recursiveRef"),
        (json!({ "items": { "$id": "x" } }), "/items/$id"),
        (json!({ "$schema": "http://json-schema.org/draft-04/schema#", "items": { "id": "x" } }), "/items/id: only"),
        (json!({ "$schema": "http://json-schema.org/draft-04/schema#", "id": 1 }), "/id: an id is a string"),
        // Draft 6 and later know no `id`, and draft 4 no `$id`.
        (
            json!({ "id": "http://e.org/s", "$ref": "http://e.org/s#/$defs/n", "$defs": { "n": {} } }),
            "complete in itself",
        ),
        (
            json!({ "$schema": "http://json-schema.org/draft-04/schema#", "$id": "http://e.org/s",
            "$ref": "http://e.org/s#/definitions/n", "definitions": { "n": {} } }),
            "complete in itself",
        ),
        (json!({ "$defs": { "a": { "$anchor": "x" }, "b": { "$anchor": "x" } } }), "/$defs/b/$anchor"),
        (json!({ "$ref": "#" }), "the schema: this schema refers back"),
        (json!({ "items": { "anyOf": [{ "$ref": "#/items" }] } }), "/items"),
        (json!({ "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "not": { "$ref": "#/$defs/a" } } } }), "refers back"),
        (json!({ "allOf": [{ "if": { "$ref": "#" } }] }), "refers back"),
        (json!({ "exclusiveMinimum": true }), "/exclusiveMinimum"),
        (json!({ "prefixItems": [{}], "items": [{}] }), "/items"),
        (json!({ "properties": { "p": { "type": "string", "required": true } } }), "/properties/p/required"),
        (json!({ "a": nest(200) }), "128 levels"),
        (json!([]), "the schema: a schema is an object"),
    ] {
        let error = Schema::compile(&schema).unwrap_err().to_string();
        assert!(error.contains(part), "{error}\nbut not: {part}");
    }
}

#[test]
fn other_drafts_spellings_are_read() {
    let draft = |n: u8| format!("http://json-schema.org/draft-0{n}/schema#");
    for (schema, fits, not) in [
        (json!({ "items": [{ "type": "string" }], "additionalItems": false }), json!(["a"]), json!(["a", 1])),
        (json!({ "items": [{ "type": "string" }] }), json!(["a", 1]), json!([1])),
        (json!({ "items": [], "additionalItems": { "type": "null" } }), json!([null]), json!([1])),
        (json!({ "items": { "type": "null" }, "additionalItems": false }), json!([null]), json!([1])),
        (json!({ "maximum": 3, "exclusiveMaximum": true }), json!(2.5), json!(3)),
        (json!({ "maximum": 3, "exclusiveMaximum": false }), json!(3), json!(3.5)),
        (
            json!({ "dependencies": { "a": ["b"], "c": { "required": ["d"] } } }),
            json!({ "a": 1, "b": 1 }),
            json!({ "c": 1 }),
        ),
        (json!({ "definitions": { "n": { "type": "null" } }, "$ref": "#/definitions/n" }), json!(null), json!(1)),
        (
            json!({ "$schema": draft(4), "id": "http://e.org/s", "$ref": "http://e.org/s#/definitions/n",
            "definitions": { "n": { "type": "null" } } }),
            json!(null),
            json!(1),
        ),
        (
            json!({ "$schema": draft(7), "definitions": { "n": { "type": "null" } }, "$ref": "#/definitions/n", "type": "string" }),
            json!(null),
            json!("a"),
        ),
        (
            json!({ "definitions": { "n": { "minimum": 2 } }, "$ref": "#/definitions/n", "maximum": 3 }),
            json!(2),
            json!(4),
        ),
        (
            json!({ "format": "date", "contentEncoding": "base64", "frobnicate": { "type": 7 }, "type": "string" }),
            json!("!"),
            json!(1),
        ),
        (
            json!({ "properties": { "id": { "type": "string" }, "$ref": { "type": "string" } } }),
            json!({ "id": "x" }),
            json!({ "$ref": 1 }),
        ),
        (json!({ "minLength": 2.0 }), json!("ab"), json!("a")),
        (json!({ "type": "integer" }), json!(1.0), json!(1.5)),
    ] {
        assert_eq!(judge(&schema, &fits), Ok(()), "{schema}");
        assert!(judge(&schema, &not).is_err(), "{schema}");
    }
}

/// Judges within a second.
fn soon(schema: &Value, value: &Value) -> Result<(), String> {
    let begun = Instant::now();
    let found = judge(schema, value).map_err(|violations| violations.last().unwrap().message.clone());
    assert!(begun.elapsed().as_millis() < 1000, "{:?}", begun.elapsed());
    found
}

#[test]
fn branching_without_end_ends() {
    // Each level tries the one below twice.
    let mut definitions = json!({ "d0": { "type": "string" } });
    for i in 1..60 {
        let below = json!({ "$ref": format!("#/$defs/d{}", i - 1) });
        definitions[format!("d{i}")] = json!({ "anyOf": [{ "allOf": [&below] }, { "oneOf": [&below] }] });
    }
    let schema = json!({ "$defs": definitions, "not": { "$ref": "#/$defs/d59" } });
    // Beneath a `not`, giving up must not count as fitting.
    assert!(soon(&schema, &json!(1)).unwrap_err().contains("too branched"));
    let mut unevaluated = json!({ "type": "string" });
    for _ in 0..40 {
        unevaluated = json!({ "anyOf": [unevaluated, true], "unevaluatedProperties": false });
    }
    let _ = soon(&unevaluated, &json!({ "a": 1 }));
}

#[test]
fn large_values_are_checked_or_given_up() {
    let distinct: Vec<Value> = (0..100_000).map(|i| json!({ "n": i })).collect();
    let unique = json!({ "uniqueItems": true });
    assert_eq!(soon(&unique, &json!(distinct)), Ok(()));
    let mut twice = distinct.clone();
    twice.push(json!({ "n": 5.0 }));
    assert!(soon(&unique, &json!(twice)).unwrap_err().contains("non-unique"));
    let names: Vec<String> = (0..10_000).map(|i| format!("country {i}")).collect();
    assert_eq!(soon(&json!({ "items": { "enum": names } }), &json!(names)), Ok(()));
    let rows: Vec<Value> = (0..200_000).map(|i| json!({ "id": i, "name": "x", "tags": ["a"] })).collect();
    let table = json!({ "type": "array", "items": { "type": "object", "required": ["id"], "additionalProperties": false,
        "properties": { "id": { "type": "integer", "minimum": 0 }, "name": { "type": "string" }, "tags": { "items": { "type": "string" } } } } });
    assert_eq!(soon(&table, &json!(rows)), Ok(()));
    // A match that ends at once still clears its memory.
    for wide in ["z(?:(?:a?){1000}){5}b", "z(?:(?:(a?)){300}){5}\\1"] {
        let texts = vec!["a".repeat(500); 20_000];
        let _ = soon(&json!({ "items": { "pattern": wide } }), &json!(texts));
    }
    let many = json!({ "items": { "pattern": "(a+)+\\1$" } });
    assert!(soon(&many, &json!(vec!["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"; 1000])).unwrap_err().contains("too long"));
}

#[test]
fn deep_values_and_schemas_overflow_no_stack() {
    let list = json!({ "anyOf": [{ "type": "integer" }, { "allOf": [{ "items": { "$ref": "#" } }] }] });
    assert_eq!(soon(&list, &nest(128)), Ok(()));
    assert!(soon(&list, &nest(129)).unwrap_err().contains("128 levels"));
    assert!(soon(&json!({}), &nest(2_000)).unwrap_err().contains("128 levels"));
    let deep = (0..60).fold(json!({ "type": "integer" }), |inner, _| json!({ "properties": { "a": inner } }));
    assert_eq!(soon(&deep, &json!({ "a": 1 })), Ok(()));
    // A chain of references is no cycle, but it can be too long. Half of what a page has for a stack is enough.
    let links: [fn(Value) -> Value; 9] = [
        |to| to,
        |to| json!({ "allOf": [to] }),
        |to| json!({ "anyOf": [to] }),
        |to| json!({ "oneOf": [to] }),
        |to| json!({ "not": to }),
        |to| json!({ "if": to }),
        |to| json!({ "dependentSchemas": { "a": to } }),
        |to| json!({ "anyOf": [true, to], "unevaluatedProperties": false }),
        |to| json!({ "allOf": [true, to], "unevaluatedProperties": false }),
    ];
    for link in links {
        let mut definitions = json!({ "d0": { "type": "string" } });
        for i in 1..5000 {
            definitions[format!("d{i}")] = link(json!({ "$ref": format!("#/$defs/d{}", i - 1) }));
        }
        let chain = json!({ "$defs": definitions, "$ref": "#/$defs/d4999" });
        let small = std::thread::Builder::new().stack_size(1 << 19);
        let checked = small.spawn(move || soon(&chain, &json!({ "a": 1 })));
        assert!(checked.unwrap().join().unwrap().unwrap_err().contains("too deeply"));
    }
}

#[test]
fn defaults_are_filled_in_at_every_level() {
    let schema = Schema::compile(&json!({
        "type": "object",
        "properties": {
            "top": { "type": "integer", "default": 5 },
            "style": { "default": {}, "properties": { "bold": { "default": false } } },
            "rows": { "items": { "properties": { "n": { "default": 0 } } } },
        },
    }))
    .unwrap();
    let mut value = json!({ "rows": [{}, { "n": 2 }] });
    assert_eq!(schema.fill_defaults(&mut value), Ok(true));
    assert_eq!(value, json!({ "rows": [{ "n": 0 }, { "n": 2 }], "top": 5, "style": { "bold": false } }));
    assert_eq!(schema.fill_defaults(&mut value), Ok(false));
    assert_eq!(schema.fill_defaults(&mut json!([1])), Ok(false));
}

#[test]
fn defaults_are_counted_before_they_are_put_in() {
    let hundred = json!(vec![json!({}); 100]);
    let inner = json!({ "properties": { "c": { "default": hundred } } });
    let middle = json!({ "properties": { "b": { "default": hundred, "items": inner } } });
    let schema = json!({ "properties": { "a": { "default": hundred, "items": middle } } });
    let started = Instant::now();
    let violation = Schema::compile(&schema).unwrap().fill_defaults(&mut json!({})).unwrap_err();
    assert!(violation.message.contains("1048576 bytes"), "{violation:?}");
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn names_are_paid_for_by_their_length() {
    let many: Vec<Value> = (0..50_000).map(|_| json!({})).collect();
    let started = Instant::now();
    let violations = judge(&json!({ "items": { "required": ["x".repeat(60_000)] } }), &json!(many)).unwrap_err();
    assert!(violations.iter().any(|v| v.message.contains("required")), "{violations:?}");
    let part = json!({ "properties": { "a": true } });
    let wide = json!({ "allOf": vec![part; 2_000] });
    let members: serde_json::Map<String, Value> = (0..100_000).map(|i| (i.to_string(), json!(i))).collect();
    let violations = judge(&wide, &Value::Object(members)).unwrap_err();
    assert!(violations.iter().any(|v| v.message.contains("too large")), "{violations:?}");
    assert!(started.elapsed().as_secs() < 20);
}

#[test]
fn nullable_is_honoured_or_refused() {
    let schema = json!({ "type": "string", "nullable": true });
    assert_eq!(judge(&schema, &json!(null)), Ok(()));
    assert!(judge(&schema, &json!(1)).is_err());
    assert!(judge(&json!({ "type": "string", "nullable": false }), &json!(null)).is_err());
    for (schema, said) in [
        (json!({ "nullable": true }), "anyOf"),
        (json!({ "type": "string", "enum": ["a"], "nullable": true }), "add null"),
        (json!({ "type": "string", "nullable": "yes" }), "true or false"),
    ] {
        assert!(Schema::compile(&schema).unwrap_err().to_string().contains(said), "{schema}");
    }
}
