//! What the embedding program gave to a run panics: the run ends with it, and no other run notices.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by them")]

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;

use belljar::{
    Addresses, Answer, Asker, Belljar, HttpOptions, KvStore, LogError, LogSink, Outcome, Policy, Question, Resolve,
    RunOptions,
};

struct Panics;

impl Asker for Panics {
    fn ask(&self, _: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        panic!("as the test wants")
    }
}

impl LogSink for Panics {
    fn append(&mut self, line: &str) -> Result<(), LogError> {
        assert!(!line.contains(r#""kind":"request""#), "as the test wants");
        Ok(())
    }
}

impl Resolve for Panics {
    fn resolve<'a>(&'a self, _: &'a str) -> Addresses<'a> {
        panic!("as the test wants")
    }
}

#[test]
fn a_panic_of_the_host_ends_one_run_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let http = HttpOptions { resolver: Arc::new(Panics), ..HttpOptions::default() };
    let jar = Belljar::builder().cache_dir(env!("CARGO_TARGET_TMPDIR")).http(http).build().unwrap();
    let rules =
        "version = 1\n[kv]\nallow = [\"**\"]\nask = [\"set asked\"]\n[http]\nallow = [\"GET https://a.example.com\"]\n";
    let policy = Policy::parse(rules).unwrap();
    let kv = KvStore::in_dir(folder.path());
    let plain = || RunOptions { kv: kv.clone(), ..RunOptions::with_policy(policy.clone()) };
    let source = r#"export default async (what) => {
        console.log("a line");
        await belljar.kv.set("before", what);
        if (what === "ask") await belljar.kv.set("asked", what);
        if (what === "fetch") await fetch("https://a.example.com/");
        return belljar.kv.get("before");
    }"#;
    let tool = jar.load("tool.js", source.as_bytes()).unwrap();
    let console: belljar::ConsoleSink = Arc::new(|_, _| panic!("as the test wants"));
    let conditions: [(&str, &dyn Fn() -> RunOptions); 4] = [
        ("ask", &|| RunOptions { asker: Arc::new(Panics), ..plain() }),
        ("fetch", &plain),
        ("log", &|| RunOptions { log: Box::new(Panics), ..plain() }),
        ("console", &|| RunOptions { on_console: Some(console.clone()), ..plain() }),
    ];
    for (what, options) in conditions {
        let input = format!("{what:?}");
        let ran = catch_unwind(AssertUnwindSafe(|| jar.run_blocking(&tool, &input, options())));
        // It is the caller's panic, or a report that says so; never an output.
        assert!(!ran.is_ok_and(|ran| ran.unwrap().outcome == Outcome::Returned), "{what}");
        let after = jar.run_blocking(&tool, "\"after\"", plain()).unwrap();
        assert_eq!(after.output.as_deref(), Some("\"after\""), "{what}: {}", after.message);
    }
}
