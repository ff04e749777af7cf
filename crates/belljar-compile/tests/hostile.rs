//! Generated hostile sources and schemas, compiled in a child process with 1 GiB of address space.
//!
//! `BELLJAR_HOSTILE=5000` makes more of them than the usual 300; `BELLJAR_SEED=N` others.

#![cfg(target_os = "linux")]

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use belljar_admit::schema::Schema;
use belljar_compile::{Source, compile};
use serde_json::{Value, json};

/// One source may take this long, on a machine that is busy with other things.
const TIME: Duration = Duration::from_secs(20);

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Constants, types or enums of which each holds the one before twice.
fn doubling(random: &mut Random) -> String {
    let count = 10 + random.below(60);
    let (first, next) = match random.below(8) {
        0 => ("enum E0 { a = \"xxxxxxxx\" }", "enum E$n { a = E$p.a + E$p.a }"),
        1 => ("enum E0 { a = \"xxxxxxxx\" }", "enum E$n { a = `${E$p.a}${E$p[\"a\"]}${E$p.a}` }"),
        2 => ("const c0 = { a: 1 };", "const c$n = { a: c$p, b: c$p };"),
        3 => ("type T0 = { a: 1 } | { b: 2 };", "type T$n = (T$p & { p$n: 1 }) | (T$p & { q$n: 2 });"),
        4 => ("type T0 = \"a\" | \"b\";", "type T$n = `${T$p}${T$p}`;"),
        5 => ("type T0 = { a: string };", "type T$n = { l: T$p; r: T$p; [k: string]: unknown };"),
        6 => ("type T0 = [1];", "type T$n = [...T$p, ...T$p];"),
        _ => ("type T0<X> = { x: X; y?: T0<[X, X]> };", "type T$n<X> = T$p<{ l: T$p<X>; r: T$p<X[]> }>;"),
    };
    let mut source = first.to_owned();
    for n in 1..count {
        source += "\n";
        source += &next.replace("$n", &n.to_string()).replace("$p", &(n - 1).to_string());
    }
    let last = count - 1;
    let argument = if first.contains("<X>") { "<string>" } else { "" };
    let ty = if first.starts_with("type") { format!("T{last}{argument}") } else { "unknown".into() };
    let tool =
        if first.starts_with("const") { format!("export const tool = {{ input: c{last} }};") } else { String::new() };
    format!("{source}\n{tool}\nexport default (x: {ty}) => 1;\n")
}

/// One thing inside of the other, up to the length of a source.
fn nested(random: &mut Random) -> String {
    let (open, middle, close) = match random.below(22) {
        0 => ("!", "1", ""),
        1 => ("- ", "1", ""),
        2 => ("(", "1", ")"),
        3 => ("[", "1", "]"),
        4 => ("a=>", "1", ""),
        5 => ("a+", "1", ""),
        6 => ("a?1:", "1", ""),
        7 => ("a.b().", "c", ""),
        8 => ("typeof ", "1", ""),
        9 => ("`${", "1", "}`"),
        10 => ("{a:", "1", "}"),
        11 => ("a=", "1", ""),
        12 => ("await ", "1", ""),
        13 => ("<T>", "1", ""),
        14 => ("a**", "1", ""),
        15 => ("new ", "a", ""),
        16 => ("a??", "1", ""),
        17 => ("f(", "1", ")"),
        18 => ("a[", "1", "]"),
        19 => ("function(){return ", "1", "}"),
        20 => ("class extends ", "a", "{}"),
        _ => ("", "1", "!"),
    };
    let depth = [10, 300, 999, 5_000, 20_000, 100_000][random.below(6) as usize];
    let depth = depth.min(500_000 / (open.len() + close.len()));
    let expression = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
    match random.below(4) {
        0 => format!("export default async () => ({expression});"),
        1 => format!("enum E {{ a = {expression} }}\nexport default () => 1;"),
        2 => format!("export const tool = {{ input: {expression} }};\nexport default () => 1;"),
        _ => {
            let of = random.pick(&["keyof ", "readonly ", "A extends B ? C : ", "(", "[", "{ a: ", "X<"]);
            let end = match of {
                "(" => ")",
                "[" => "]",
                "{ a: " => "}",
                "X<" => ">",
                _ => "",
            };
            let depth = depth.min(500_000 / (of.len() + end.len()));
            format!("export default (x: {}string{}) => 1;", of.repeat(depth), end.repeat(depth))
        }
    }
}

/// Statements out of pieces that make a parser, a binder and a transformer work.
fn soup(random: &mut Random) -> String {
    let pieces = [
        "namespace N { export let x = 1; export function f() { x++; } }",
        "namespace N { export const y = x + 1; f(); }",
        "enum E { A, B = A << 1 }",
        "enum E { C = E.A | 4, D = `${C}` }",
        "class C { accessor a = 1; static { } }",
        "type T = keyof typeof E;",
        "interface I extends I2 { t: T; i?: I }",
        "interface I2 { [k: string]: unknown }",
        "declare module \"m\" { export const z: I; }",
        "import type { Q } from \"q\";",
        "if (1) { } else",
        "label:",
        "const k = { ...k };",
        "export { k };",
        "abstract class A<T extends A<T>> { abstract x: T; }",
        "function over(x: I): T;",
        "for (;;) {",
        "}",
        "\u{2028}",
        "`${",
        "/re/g;",
        "x! / 2;",
        "@dec",
        "<div>",
        "export import Z = N.f;",
        "using u = f();",
        "type R<X> = X extends R<infer Y> ? R<Y[]> : R<X[]>;",
    ];
    let mut source = String::new();
    for _ in 0..random.below(400) {
        source += random.pick(&pieces);
        source += random.pick(&["\n", " ", ";"]);
    }
    source + "\nexport default (x: I & { r: R<string>; t: T }) => 1;\n"
}

/// A schema that has a check do much, and a value for it.
fn schema(random: &mut Random) -> (Value, Value) {
    let many = 100 + random.below(2_000) as usize;
    let list = Value::Array((0..many).map(|i| json!({ "k": i / 2, "a": "x".repeat(i % 7) })).collect());
    match random.below(7) {
        0 => {
            let defs: serde_json::Map<String, Value> = (0..100)
                .map(|i| {
                    let next = json!({ "$ref": format!("#/$defs/d{}", i + 1) });
                    (format!("d{i}"), json!({ "allOf": [next.clone(), next] }))
                })
                .chain([("d100".to_owned(), json!({}))])
                .collect();
            (json!({ "$ref": "#/$defs/d0", "$defs": defs }), json!(1))
        }
        1 => (json!({ "items": { "required": vec!["x".repeat(30_000)] } }), list),
        2 => (json!({ "uniqueItems": true }), list),
        3 => {
            let parts: Vec<Value> = (0..many).map(|_| json!({ "properties": { "a": true } })).collect();
            let value = (0..many * 20).map(|i| (i.to_string(), json!(i))).collect::<serde_json::Map<_, _>>();
            (json!({ "allOf": parts }), value.into())
        }
        4 => (json!({ "pattern": "^(a|aa|(a+)+)*$" }), json!("a".repeat(many * 20) + "b")),
        5 => {
            let mut items = json!({});
            for _ in 0..8 {
                items =
                    json!({ "items": { "properties": { "b": { "default": vec![json!({}); many], "items": items } } } });
            }
            (json!({ "properties": { "a": { "default": vec![json!({}); many], "items": items["items"] } } }), json!({}))
        }
        _ => {
            (json!({ "enum": (0..many).map(|i| json!([i])).collect::<Vec<_>>(), "unevaluatedProperties": false }), list)
        }
    }
}

/// Compiles one thing after the other; what is under way is told, for whoever reads how it died.
fn child(seed: u64, count: u64) {
    let mut slowest = (Duration::ZERO, String::new());
    for number in 0..count {
        let mut random = Random(seed.wrapping_add(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        random.below(2);
        let kind = random.below(4);
        println!("seed {} kind {kind}", seed + number);
        let started = Instant::now();
        if kind == 3 {
            let (schema, mut value) = schema(&mut random);
            if let Ok(schema) = Schema::compile(&schema) {
                let _ = schema.fill_defaults(&mut value);
                let _ = schema.check(&value);
            }
        } else {
            let source = match kind {
                0 => doubling(&mut random),
                1 => nested(&mut random),
                _ => soup(&mut random),
            };
            if let Err(error) = compile(&Source { file: "tool.ts", bytes: source.as_bytes() }) {
                assert!(!error.to_string().contains("broke on this source"), "a panic");
            }
        }
        if started.elapsed() > slowest.0 {
            slowest.0 = started.elapsed();
            slowest.1.clear();
            let _ = write!(slowest.1, "seed {} kind {kind}", seed + number);
        }
    }
    assert!(slowest.0 < TIME, "{} took {:?}", slowest.1, slowest.0);
    println!("done; the slowest, {}, took {:?}", slowest.1, slowest.0);
}

#[test]
fn hostile_sources_stay_within_a_gigabyte() {
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (seed, count) = (number("BELLJAR_SEED", 1), number("BELLJAR_HOSTILE", 300));
    if std::env::var_os("BELLJAR_HOSTILE_CHILD").is_some() {
        return child(seed, count);
    }
    let this = std::env::current_exe().unwrap();
    let output = Command::new("sh")
        .args(["-c", "ulimit -v 1048576; exec \"$0\" --exact hostile_sources_stay_within_a_gigabyte --nocapture"])
        .arg(this)
        .env("BELLJAR_HOSTILE_CHILD", "1")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let last: Vec<&str> = out.lines().rev().take(5).collect();
    assert!(output.status.success() && out.contains("done;"), "{last:?}\n{err}");
    if err.contains("panicked") {
        panic!("{err}");
    }
}
