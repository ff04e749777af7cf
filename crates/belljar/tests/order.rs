//! The order of what requests come to: that of the requests, on one capability, however long each takes.

use std::sync::Arc;

use belljar::{Belljar, Effect, KvStore, MemoryLog, Policy, RunOptions, Terms};
use serde_json::Value;

/// Requests under way at once, and each result followed by another request.
const TOOL: &str = r#"export default async () => {
    const waves = [];
    for (let i = 0; i < 6; i++) {
        waves.push(belljar.kv.set(`a${i}`, "x").then(() => belljar.kv.set(`b${i}`, "x")).then(() => belljar.kv.get(`a${i}`)));
        waves.push(belljar.files.write(`/d/${i}`, "x".repeat((6 - i) * 20000)).then(() => belljar.files.readText(`/d/${i}`)));
        // Written and read at once: what is read is what was written.
        belljar.files.write(`/d/r${i}`, String(i));
        waves.push(belljar.files.readText(`/d/r${i}`).then((text) => { if (text !== String(i)) throw new Error(text); }));
    }
    await Promise.all(waves);
    return "done";
};"#;

#[test]
fn results_come_in_the_order_of_their_requests() {
    let jar = Belljar::builder().cache_dir(env!("CARGO_TARGET_TMPDIR")).build().unwrap();
    let tool = jar.load("tool.js", TOOL.as_bytes()).unwrap();
    let mut policy = Policy::deny_all();
    policy.add(Effect::Allow, "kv **").unwrap();
    policy.add(Effect::Allow, "files write . as /d").unwrap();
    policy.add(Effect::Allow, "files read . as /d").unwrap();
    let terms = Arc::new(Terms::from(policy));
    for _ in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let base = tempfile::tempdir().unwrap();
        let log = MemoryLog::default();
        let options = RunOptions {
            terms: terms.clone(),
            kv: KvStore::in_dir(folder.path()),
            base: base.path().to_owned(),
            log: Box::new(log.clone()),
            ..RunOptions::default()
        };
        let report = jar.run_blocking(&tool, "null", options).unwrap();
        assert_eq!(report.output.as_deref(), Some("\"done\""), "{}", report.message);
        let entries: Vec<Value> = log.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for capability in ["kv", "files"] {
            let of = |ticket: &Value| {
                entries.iter().any(|entry| entry["capability"] == capability && entry["ticket"] == *ticket)
            };
            let results: Vec<u64> = entries
                .iter()
                .filter(|entry| entry["kind"] == "result" && of(&entry["ticket"]))
                .map(|entry| entry["ticket"].as_u64().unwrap())
                .collect();
            assert!(results.len() >= 18 && results.is_sorted(), "{capability}: {results:?}");
        }
    }
}
