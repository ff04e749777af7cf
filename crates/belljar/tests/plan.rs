//! A tool is rehearsed, a person approves the plan, and the run does exactly that: what differs in a byte is asked about again.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use belljar::log::Entry;
use belljar::{Answers, Belljar, KvStore, MemoryLog, Outcome, Plan, Policy, RunOptions, Secrets, Terms, Tool, Toolbox};

const POLICY: &str = "version = 1
[kv]\nallow = ['read **']\nask = ['write **']
[tools]\nask = ['keep']
";

fn tool(jar: &Belljar, last: &str) -> Tool {
    let source = format!(
        "export default async function run({{ text }}) {{
           const before = await belljar.kv.get('a');
           await belljar.kv.set('a', text);
           await belljar.tools.call('keep', {{ text }});
           {last}
           return [before, await belljar.kv.get('a')];
         }}"
    );
    jar.load("tool.ts", source.as_bytes()).unwrap()
}

struct Stand {
    jar: Belljar,
    kv: KvStore,
    tools: Arc<Toolbox>,
}

const KEEP: &str = "export default async ({ text }) => { await belljar.kv.set('kept', text); return 1; }";
const KEEP_POLICY: &str = "version = 1\n[kv]\nallow = ['**']\n";

impl Stand {
    fn new() -> Self {
        let jar = Belljar::builder().no_cache().build().unwrap();
        let mut stand = Stand { jar, kv: KvStore::in_memory(), tools: Arc::default() };
        stand.set(Some((KEEP, KEEP_POLICY)));
        stand
    }

    /// What is called `keep`.
    fn set(&mut self, keep: Option<(&str, &str)>) {
        let mut tools = Toolbox::default();
        if let Some((source, policy)) = keep {
            let tool = self.jar.load("keep.js", source.as_bytes()).unwrap();
            tools.add("keep", tool, Policy::parse(policy).unwrap()).unwrap();
        }
        self.tools = Arc::new(tools);
    }

    fn options(&self, plan: Option<Plan>) -> RunOptions {
        let policy = Policy::parse(POLICY).unwrap();
        let terms = Arc::new(Terms::from(policy).with_plan(plan.map(Arc::new)));
        RunOptions { terms, kv: self.kv.clone(), tools: self.tools.clone(), ..RunOptions::default() }
    }

    /// How a run under a plan ends, what it returns, and the verdicts that its log has, run by run.
    fn run(&self, tool: &Tool, input: &str, plan: Option<Plan>) -> (Outcome, Option<String>, Vec<String>) {
        let log = MemoryLog::default();
        let options = RunOptions { log: Box::new(log.clone()), ..self.options(plan) };
        let report = self.jar.run_blocking(tool, input, options).unwrap();
        assert!(belljar::log::verify(log.text().as_bytes()).unwrap().ended);
        let verdicts = log.text();
        let verdicts = verdicts.lines().filter_map(|line| match Entry::read(&serde_json::from_str(line).ok()?)? {
            Entry::Request { verdict, what, .. } => Some(format!("{verdict} {what}")),
            _ => None,
        });
        (report.outcome, report.output, verdicts.collect())
    }
}

#[test]
fn what_was_rehearsed_is_done_without_a_question_and_nothing_else() {
    let stand = Stand::new();
    let tool = tool(&stand.jar, "");
    let input = r#"{"text":"x"}"#;
    let rehearsed = stand.jar.rehearse_blocking(&tool, input, stand.options(None), Answers::default()).unwrap();
    let (report, plan) = rehearsed;
    // It sees what it wrote, and nothing was written.
    assert_eq!(report.output.as_deref(), Some(r#"[null,"x"]"#), "{}", report.message);
    let asked = |plan: &Plan| {
        let line = |p: &belljar::Planned| format!("{}{} {}", p.run, if p.is_asked { "?" } else { "" }, p.what);
        plan.requests.iter().map(line).collect::<Vec<_>>()
    };
    let expected = [" get a", "? set a", "? call keep", " get a", "3? set kept"];
    assert_eq!(asked(&plan), expected);
    assert_eq!(Plan::parse(&plan.to_text()).as_ref(), Ok(&plan));

    // Without the plan nobody is there to be asked.
    assert_eq!(stand.run(&tool, input, None).0, Outcome::Denied);

    let (outcome, output, verdicts) = stand.run(&tool, input, Some(plan.clone()));
    assert_eq!((outcome, output.as_deref()), (Outcome::Returned, Some(r#"[null,"x"]"#)), "{verdicts:?}");
    assert_eq!(verdicts, ["allow get a", "allow set a", "allow call keep", "allow set kept", "allow get a"]);

    // One byte more, and it is asked about; nobody is there.
    let (outcome, _, verdicts) = stand.run(&tool, r#"{"text":"xy"}"#, Some(plan));
    assert_eq!(
        (outcome, verdicts.as_slice()),
        (Outcome::Denied, ["allow get a".into(), "ask set a".into()].as_slice())
    );
}

#[test]
fn behind_the_first_deviation_nothing_is_approved() {
    let stand = Stand::new();
    let first = tool(&stand.jar, "await belljar.kv.set('b', text);");
    let input = r#"{"text":"x"}"#;
    let (_, plan) = stand.jar.rehearse_blocking(&first, input, stand.options(None), Answers::default()).unwrap();
    // The same requests, with one more before the last: a plan is a sequence and no set.
    let second = tool(&stand.jar, "await belljar.kv.get('c'); await belljar.kv.set('b', text);");
    let (outcome, _, verdicts) = stand.run(&second, input, Some(plan));
    assert_eq!(outcome, Outcome::Denied);
    assert_eq!(verdicts.last().map(String::as_str), Some("ask set b"), "{verdicts:?}");
}

#[test]
fn a_call_of_another_program_or_under_another_policy_is_not_what_was_approved() {
    let mut stand = Stand::new();
    let other = KEEP.replace("return 1", "return 2");
    let wider = format!("{KEEP_POLICY}[tools]\nallow = ['**']\n");
    let kinds = [None, Some((KEEP, KEEP_POLICY)), Some((&*other, KEEP_POLICY)), Some((KEEP, &*wider))];
    let tool = tool(&stand.jar, "");
    let input = r#"{"text":"x"}"#;
    for rehearsed in kinds {
        stand.set(rehearsed);
        let source = stand.jar.rehearse_blocking(&tool, input, stand.options(None), Answers::default());
        let (_, plan) = source.unwrap();
        for now in kinds {
            stand.set(now);
            let (outcome, ..) = stand.run(&tool, input, Some(plan.clone()));
            let is_same = rehearsed == now && now.is_some();
            assert_eq!(outcome == Outcome::Returned, is_same, "rehearsed {rehearsed:?}, now {now:?}: {outcome:?}");
        }
    }
}

#[test]
fn a_plan_shows_what_is_sent_and_does_not_approve_what_it_shows_otherwise() {
    const POLICY: &str = "version = 1
[kv]\nask = ['write **']
[http]\nask = ['POST https://a.test/**']
[[secret]]\nname = 'key'\nfor = 'https://a.test'\nin = 'header authorization: Bearer {}'
";
    let stand = Stand::new();
    let source = "export default async () => {
      await belljar.kv.set('a', 'the value\\n2. kv set b');
      try {
        await fetch('https://a.test/x', { method: 'POST', headers: { 'x-note': 'hello' }, body: 'the body' });
      } catch {}
    }";
    let tool = stand.jar.load("tool.js", source.as_bytes()).unwrap();
    let options = |plan: Option<Plan>| {
        let terms = Terms::from(Policy::parse(POLICY).unwrap()).with_plan(plan.map(Arc::new));
        let mut secrets = Secrets::default();
        secrets.insert("key", "k3y-of-the-test".into()).unwrap();
        RunOptions { terms: Arc::new(terms), secrets, ..stand.options(None) }
    };
    let (report, plan) = stand.jar.rehearse_blocking(&tool, "{}", options(None), Answers::default()).unwrap();
    assert_eq!(report.outcome, Outcome::Returned, "{}", report.message);
    assert!(!plan.to_text().contains("k3y-of-the-test"));
    let lines = plan.describe();
    for line in [
        "     carries   21 bytes:",
        "             | the value",
        "             | 2. kv set b",
        "2. http POST https://a.test/x, would be asked about",
        "     header    x-note: hello",
        "     secret    key",
        "     carries   8 bytes:",
        "             | the body",
    ] {
        assert!(lines.iter().any(|shown| shown == line), "{line}: {lines:#?}");
    }
    assert_eq!(Plan::parse(&plan.to_text()).as_ref(), Ok(&plan));

    // The first write is approved by what was shown of it, and by nothing else with the same digest.
    let changed = |change: fn(&mut belljar::Planned)| {
        let mut plan = plan.clone();
        change(&mut plan.requests[0]);
        plan
    };
    for (plan, is_approved) in [
        (plan.clone(), true),
        (changed(|request| request.carries.as_mut().unwrap().text = Some("another".into())), false),
        (changed(|request| request.carries = None), false),
        (changed(|request| request.what = "set b".into()), false),
        (changed(|request| request.secrets.push("key".into())), false),
    ] {
        let log = MemoryLog::default();
        let options = RunOptions { log: Box::new(log.clone()), ..options(Some(plan)) };
        stand.jar.run_blocking(&tool, "{}", options).unwrap();
        assert_eq!(log.text().contains(r#""verdict":"allow","what":"set a""#), is_approved, "{}", log.text());
    }
}
