//! The published JSON Schema and the parser say the same about a policy's shape.

use belljar_policy::{Policy, SCHEMA};

#[test]
fn the_schema_and_the_parser_agree() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for (text, good) in [
        ("version = 1", true),
        ("version = 2", false),
        ("", false),
        ("version = 1\n[kv]\nallow = [\"read notes/**\", \"notes/today\"]\nask = [\"**\"]\ndeny = [\"write x\"]", true),
        ("version = 1\n[kv]\nallow = \"notes/**\"", false),
        ("version = 1\n[kv]\nallows = []", false),
        ("version = 1\n[kw]\nallow = []", false),
        ("version = 1\n[files]\nallow = [\"read ./data as /data\"]", true),
        ("version = 1\n[http]\nallow = [\"GET https://api.github.com/repos/**\"]", true),
        // Understood, and refused while no host can enforce them.
        (
            "version = 1\n[[http.secret]]\nname = \"t\"\nheader = \"authorization: Bearer {}\"\nfor = \"https://e.org\"",
            false,
        ),
        ("version = 1\n[tools]\nallow = [\"word-count\"]", true),
        ("version = 1\n[clock]\nprecision = \"1 ms\"", true),
        ("version = 1\n[clock]\nfrozen = \"2026-01-01T00:00:00Z\"", true),
        ("version = 1\n[clock]\nfrozen = \"2026-01-01T00:00:00Z\"\nprecision = \"1 ms\"", false),
        ("version = 1\n[random]\nseed = 7", true),
        ("version = 1\n[random]\nseed = \"7\"", false),
        ("version = 1\n[random]\nseed = -7", false),
        ("version = 1\n[limits]\nfuel = \"2 G\"\nmemory = \"64 MiB\"\ntime = \"10 s\"\noutput = \"1 MiB\"", true),
        ("version = 1\n[limits]\nlog = \"256 KiB\"\nartifacts = 1000\ncalls = 1000", true),
        ("version = 1\n[limits]\nhttp-requests = 50", false),
        ("version = 1\n[limits]\nhttp-bytes = \"1.5 MiB\"", false),
        ("version = 1\n[limits]\ntime = \"2 min\"", true),
        ("version = 1\n[limits]\nmemory = \"64 megabytes\"", false),
        ("version = 1\n[limits]\ntime = 10", false),
        ("version = 1\n[limits]\nheat = 10", false),
        ("version = 1\n[limits]\ncalls = -1", false),
        ("version = 1\n[spend]\nlimit = \"0.25 USD\"", false),
        ("version = 1\n[[spend.price]]\nmatch = \"POST https://e.org/**\"\nper-call = \"0.002 USD\"", false),
    ] {
        let parsed = Policy::parse(text);
        assert_eq!(parsed.is_ok(), good, "the parser on {text:?}: {parsed:?}");
        let value: toml::Table = text.parse().unwrap();
        let value = serde_json::to_value(value).unwrap();
        assert_eq!(schema.is_valid(&value), good, "the schema on {text:?}");
    }
}
