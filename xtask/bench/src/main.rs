//! `cargo xtask bench`: what Belljar costs, against bare wasmtime with the same component, in one run.
//!
//! Absolute times are this machine's; the ratios are what to look at. Every answer is compared with the first one.

mod bare;
mod guard;
mod measure;
mod web;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bare::{Bare, Bound};
use belljar::{Belljar, InputError, KvStore, LogFile, LogSink, MemoryLog, Policy, Report, RunOptions, Terms, Tool};
use measure::{Peer, Row, compare, median, resident, time};
use tokio::runtime::Runtime;

type Failed = Box<dyn std::error::Error>;

/// Instances at once, at most.
const SLOTS: u32 = 1_000;

/// The input of the small job: about a kilobyte.
fn small_input() -> String {
    let numbers: Vec<String> = (0..60).map(|n| format!("{n}.5")).collect();
    format!(r#"{{"text":"{}","numbers":[{}]}}"#, "to be or not to be ".repeat(35), numbers.join(","))
}

/// Grants everything that the guests ask for, and budgets that do not matter.
const POLICY: &str = r#"
version = 1
[kv]
allow = ["read **", "write **"]
[limits]
fuel = "1000 G"
memory = "256 MiB"
time = "1 h"
calls = 1000000
"#;

struct Bench {
    jar: Belljar,
    /// One without a pool.
    plain: Belljar,
    /// The core module of `peer`.
    peer: PathBuf,
    terms: Arc<Terms>,
    guests: PathBuf,
}

fn main() -> ExitCode {
    belljar::compile_server();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("belljar-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failed> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let [Some(program), Some(peer)] = [arguments.next(), arguments.next()] else {
        return Err("give the paths of the program belljar and of the peer's module".into());
    };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let jar = Belljar::builder().no_cache().pool(SLOTS).build_dir(here.join("../../target/rust")).build()?;
    let plain = Belljar::builder().no_cache().build()?;
    let bench =
        Bench { jar, plain, peer, terms: Arc::new(Terms::from(Policy::parse(POLICY)?)), guests: here.join("guests") };
    type Section<'a> = (&'a str, Box<dyn Fn() -> Result<(), Failed> + 'a>);
    let sections: [Section<'_>; 11] = [
        ("A call in a fresh instance", Box::new(|| bench.calls())),
        ("Against what one would write instead", Box::new(|| bench.instead())),
        ("Metering", Box::new(|| bench.metering())),
        ("A request", Box::new(|| bench.requests())),
        ("A request over the network", Box::new(|| bench.web())),
        ("A call of another tool", Box::new(|| bench.called())),
        ("A log in a file", Box::new(|| bench.log())),
        ("JavaScript", Box::new(|| bench.javascript())),
        ("Two threads", Box::new(|| bench.threads())),
        ("Memory of a waiting run", Box::new(|| bench.memory())),
        ("The whole process", Box::new(|| process(&program))),
    ];
    let wanted = std::env::args().nth(3);
    for (name, measure) in sections {
        if wanted.as_ref().is_none_or(|wanted| name == wanted) {
            println!("## {name}\n");
            measure()?;
            println!();
        }
    }
    Ok(())
}

fn heading(of: &str) {
    println!("| {of} | a call | ratio |\n| --- | ---: | ---: |");
}

fn print(rows: &[Row]) {
    for row in rows {
        println!("| {} | {} | {:.2} |", row.name, time(row.seconds), row.ratio);
    }
}

fn runtime() -> Result<Runtime, Failed> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_time().build()?)
}

impl Bench {
    fn guest(&self, name: &str) -> Result<(Tool, Vec<u8>), Failed> {
        let tool = self.jar.load_path(&self.guests.join(name))?;
        if let Some(component) = tool.component() {
            let component = component.to_vec();
            return Ok((tool, component));
        }
        // A program and its engine, as one component that any host runs.
        let component = self.jar.standalone(&tool)?;
        Ok((self.jar.load("standalone.wasm", &component)?, component))
    }

    /// One call as an embedder makes it. A wrong answer ends the program: nothing unchecked is measured.
    fn call(&self, runtime: &Runtime, tool: &Tool, input: &str, expected: &str) {
        self.call_with(runtime, tool, input, expected, self.options());
    }

    fn options(&self) -> RunOptions {
        RunOptions { terms: self.terms.clone(), ..RunOptions::default() }
    }

    fn call_with(&self, runtime: &Runtime, tool: &Tool, input: &str, expected: &str, options: RunOptions) {
        check(runtime.block_on(self.jar.run(tool, input, options)), expected);
    }

    fn calls(&self) -> Result<(), Failed> {
        let (tool, component) = self.guest("words.rs")?;
        let input = small_input();
        let bare = Bare::new(&component, Bound::None, SLOTS)?;
        let guarded = Bare::new(&component, Bound::FuelAndEpochs, SLOTS)?;
        let expected = bare.call(&input)?;
        let runtime = runtime()?;
        heading("a tool in Rust, 1 KB of input");
        print(&compare(
            &mut [
                peer("wasmtime alone: component, `InstancePre`, tuned pool", || bare.call(&input), &expected),
                peer("the same with fuel and epochs", || guarded.call(&input), &expected),
                (
                    "Belljar: policy, schemas, meter, deadline, log",
                    Box::new(|| self.call(&runtime, &tool, &input, &expected)),
                ),
            ],
            Duration::from_millis(200),
        ));
        Ok(())
    }

    /// The small job as it would be built for each peer, in a fresh instance for each call.
    fn instead(&self) -> Result<(), Failed> {
        let core = std::fs::read(&self.peer)?;
        let (same, unpooled) = (self.jar.load("peer.wasm", &core)?, self.plain.load("peer.wasm", &core)?);
        let component = same.component().ok_or("the peer is a component")?.to_vec();
        let (sdk, _) = self.guest("words.rs")?;
        let input = small_input();
        let bare = Bare::new(&component, Bound::None, SLOTS)?;
        let guarded = Bare::guarded(&component, SLOTS)?;
        let expected = bare.call(&input)?;
        let runtime = runtime()?;
        heading("the small job, 1 KB of input");
        print(&compare(
            &mut [
                peer("wasmtime, component, tuned pool", || bare.call(&input), &expected),
                peer("the same, guarded", || guarded.call(&input), &expected),
                ("Belljar, same component", Box::new(|| self.call(&runtime, &same, &input, &expected))),
                ("Belljar, SDK", Box::new(|| self.call(&runtime, &sdk, &input, &expected))),
                (
                    "Belljar, same component, no pool",
                    Box::new(|| check(runtime.block_on(self.plain.run(&unpooled, &input, self.options())), &expected)),
                ),
            ],
            Duration::from_millis(200),
        ));
        println!("\n| the small job, 2 threads | calls a second | ratio |\n| --- | ---: | ---: |");
        let answer = |output: wasmtime::Result<String>| assert_eq!(output.ok().as_ref(), Some(&expected));
        print_rates(&[
            ("wasmtime, component, tuned pool", &|_| answer(bare.call(&input))),
            ("the same, guarded", &|_| answer(guarded.call(&input))),
            ("Belljar, same component", &|runtime| self.call(runtime, &same, &input, &expected)),
            ("Belljar, SDK", &|runtime| self.call(runtime, &sdk, &input, &expected)),
        ]);
        Ok(())
    }

    fn metering(&self) -> Result<(), Failed> {
        for (file, what, input) in [
            ("loops.rs", "loops: a sieve", "2000000"),
            ("calls.rs", "calls: Fibonacci", "31"),
            ("json.rs", "parsing 1 MB of JSON", "4"),
            ("traffic.rs", "memory traffic", "12"),
            ("json.js", "the JavaScript engine on JSON", "6"),
            ("job.rs", "a Rust job: words, counts, a report", "6000"),
        ] {
            let (tool, component) = self.guest(file)?;
            let bounds = [Bound::None, Bound::Fuel, Bound::FuelAndEpochs];
            let [plain, fuel, both] = bounds.map(|bound| Bare::new(&component, bound, 16));
            let (plain, fuel, both) = (plain?, fuel?, both?);
            let expected = plain.call(input)?;
            let runtime = runtime()?;
            heading(what);
            print(&compare(
                &mut [
                    peer("wasmtime without limits", || plain.call(input), &expected),
                    peer("wasmtime with fuel", || fuel.call(input), &expected),
                    peer("wasmtime with fuel and epochs", || both.call(input), &expected),
                    ("Belljar, deadline included", Box::new(|| self.call(&runtime, &tool, input, &expected))),
                ],
                Duration::from_millis(150),
            ));
            println!();
        }
        Ok(())
    }

    fn requests(&self) -> Result<(), Failed> {
        /// Requests of one call.
        const COUNT: u32 = 2_000;
        let (tool, component) = self.guest("requests.rs")?;
        let input = COUNT.to_string();
        let bare = Bare::new(&component, Bound::None, 16)?;
        let expected = bare.call(&input)?;
        let runtime = runtime()?;
        let kv = KvStore::in_memory();
        let setter =
            self.jar.load("set.js", b"export default async () => { await belljar.kv.set('key', 'value'); }")?;
        let options = || RunOptions { kv: kv.clone(), kv_namespace: Some("bench".into()), ..self.options() };
        runtime.block_on(self.jar.run(&setter, "{}", options()))?;
        let belljar = || self.call_with(&runtime, &tool, &input, &expected, options());
        let rows = compare(
            &mut [
                peer("wasmtime: three host calls that do nothing", || bare.call(&input), &expected),
                ("Belljar: judged, looked up, logged", Box::new(belljar)),
            ],
            Duration::from_millis(300),
        );
        println!("| a key is read ({COUNT} times in a call) | a request |\n| --- | ---: |");
        for row in rows {
            println!("| {} | {} |", row.name, time(row.seconds / f64::from(COUNT)));
        }
        Ok(())
    }

    /// What it costs to keep the log: in memory, handed to the system, forced to the disk; and to check it.
    fn log(&self) -> Result<(), Failed> {
        /// Requests of one call, of one whose log is forced to the disk, and of the log that is checked.
        const COUNT: u32 = 2_000;
        const FORCED: u32 = 20;
        const CHECKED: u32 = 50_000;
        let (tool, _) = self.guest("requests.rs")?;
        let runtime = runtime()?;
        // On the disk of the target folder: the one for temporary files may be memory.
        let folder = tempfile::tempdir_in(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"))?;
        let path = folder.path().join("log");
        let call = |count: u32, log: Box<dyn LogSink>| {
            let options = RunOptions { log, ..self.options() };
            self.call_with(&runtime, &tool, &count.to_string(), "0", options);
        };
        let on_disk = |count: u32, log: Result<LogFile, belljar::Error>| {
            assert!(log.is_ok(), "the log's file can be made");
            log.into_iter().for_each(|log| call(count, Box::new(log)));
        };
        let memory = || -> Box<dyn LogSink> { Box::new(MemoryLog::default()) };
        let turn = Duration::from_millis(300);
        let rows = compare(
            &mut [
                ("in memory", Box::new(|| call(COUNT, memory()))),
                ("in a file", Box::new(|| on_disk(COUNT, LogFile::create(&path)))),
            ],
            turn,
        );
        let slow = compare(
            &mut [
                ("in memory", Box::new(|| call(FORCED, memory()))),
                ("in a file, forced to the disk", Box::new(|| on_disk(FORCED, LogFile::create_forced(&path)))),
            ],
            turn,
        );
        println!("| a key is read, two entries, the log | a request |\n| --- | ---: |");
        let rows = rows.iter().map(|row| (row, COUNT)).chain(slow.iter().skip(1).map(|row| (row, FORCED)));
        for (row, count) in rows {
            println!("| {} | {} |", row.name, time(row.seconds / f64::from(count)));
        }
        println!();

        let log = MemoryLog::default();
        call(CHECKED, Box::new(log.clone()));
        let text = log.text();
        let entries = belljar::log::verify(text.as_bytes())?.entries;
        let rows = compare(
            &mut [("", Box::new(|| assert!(belljar::log::verify(text.as_bytes()).is_ok_and(|log| log.ended))))],
            turn,
        );
        println!("| checking a log | |\n| --- | ---: |");
        for row in rows {
            let bytes = text.len() as f64;
            println!("| its {entries} entries, {:.1} MB | {:.0} MB/s |", bytes / 1e6, bytes / 1e6 / row.seconds);
            println!("| an entry | {} |", time(row.seconds / entries as f64));
        }
        Ok(())
    }

    fn javascript(&self) -> Result<(), Failed> {
        let source = b"/** Counts words and adds numbers. */
interface Input { text: string; numbers: number[] }
export default function run({ text, numbers }: Input): { words: number; sum: number } {
  return { words: text.trim().split(/\\s+/).length, sum: numbers.reduce((a, b) => a + b, 0) };
}";
        let input = small_input();
        let tool = self.jar.load("words.ts", source)?;
        let runtime = runtime()?;
        let report = runtime.block_on(self.jar.run(&tool, &input, RunOptions::default()))?;
        let expected = report.output.ok_or(report.message)?;
        heading("a tool in TypeScript, 1 KB of input");
        print(&compare(
            &mut [
                ("Belljar: a fresh instance of the engine", Box::new(|| self.call(&runtime, &tool, &input, &expected))),
                (
                    "Belljar: from source text to the answer",
                    Box::new(|| {
                        let tool = self.jar.load("words.ts", source);
                        assert!(tool.is_ok(), "it compiled before");
                        tool.iter().for_each(|tool| self.call(&runtime, tool, &input, &expected));
                    }),
                ),
            ],
            Duration::from_millis(300),
        ));
        Ok(())
    }

    fn threads(&self) -> Result<(), Failed> {
        let (tool, component) = self.guest("words.rs")?;
        let input = small_input();
        let bare = Bare::new(&component, Bound::None, SLOTS)?;
        let expected = bare.call(&input)?;
        println!("| 2 threads, the tool in Rust | calls a second | ratio |\n| --- | ---: | ---: |");
        print_rates(&[
            ("wasmtime alone", &|_| assert_eq!(bare.call(&input).ok().as_ref(), Some(&expected))),
            ("Belljar", &|runtime| self.call(runtime, &tool, &input, &expected)),
        ]);
        Ok(())
    }

    fn memory(&self) -> Result<(), Failed> {
        /// Runs at once.
        const RUNS: usize = 200;
        println!("| {RUNS} runs that wait | a run |\n| --- | ---: |");
        let script = self
            .jar
            .load("waits.js", b"export default (ms) => new Promise((done) => setTimeout(() => done(ms), ms))")?;
        for (name, tool) in [("in Rust", self.guest("waits.rs")?.0), ("in JavaScript", script)] {
            let runtime = runtime()?;
            let before = resident();
            let during = runtime.block_on(async {
                let run = || self.jar.run(&tool, "700", self.options());
                let local = tokio::task::LocalSet::new();
                local
                    .run_until(async {
                        let mut runs: Vec<_> = (0..RUNS).map(|_| Box::pin(run())).collect();
                        // Each is polled up to its wait, then the memory is read, then all of them end.
                        for run in &mut runs {
                            let _ = tokio::time::timeout(Duration::ZERO, run).await;
                        }
                        let during = resident();
                        for run in runs {
                            let _ = run.await;
                        }
                        during
                    })
                    .await
            });
            match (before, during) {
                (Some(before), Some(during)) => {
                    println!("| {name} | {:.0} KiB |", during.saturating_sub(before) as f64 / 1024.0 / RUNS as f64);
                }
                _ => println!("| {name} | not known on this system |"),
            }
        }
        Ok(())
    }
}

/// What is measured on two threads: a name, and one call.
type Rated<'a> = (&'a str, &'a (dyn Fn(&Runtime) + Sync));

/// Calls of two threads in turns of a second, with a runtime each.
fn print_rates(peers: &[Rated<'_>]) {
    let per_second = |call: &(dyn Fn(&Runtime) + Sync)| {
        let began = Instant::now();
        let most = Duration::from_secs(1);
        let calls: u32 = std::thread::scope(|scope| {
            let work = || {
                let Ok(runtime) = runtime() else { return 0 };
                let mut calls = 0;
                while began.elapsed() < most {
                    call(&runtime);
                    calls += 1;
                }
                calls
            };
            let threads = [scope.spawn(work), scope.spawn(work)];
            threads.into_iter().map(|thread| thread.join().unwrap_or(0)).sum()
        });
        f64::from(calls) / began.elapsed().as_secs_f64()
    };
    let mut figures = vec![Vec::new(); peers.len()];
    for _ in 0..5 {
        for ((_, call), figures) in peers.iter().zip(&mut figures) {
            figures.push(per_second(call));
        }
    }
    let base = figures.first().cloned().unwrap_or_default();
    for ((name, _), figures) in peers.iter().zip(figures) {
        let ratios = figures.iter().zip(&base).map(|(rate, base)| rate / base).collect();
        println!("| {name} | {:.0} | {:.2} |", median(figures), median(ratios));
    }
}

/// A wrong answer ends the program: nothing unchecked is measured.
fn check(report: Result<Report, InputError>, expected: &str) {
    let output = report.map(|report| report.output.unwrap_or(report.message));
    assert_eq!(output.as_deref().ok(), Some(expected), "Belljar's answer");
}

fn peer<'a>(name: &'a str, call: impl Fn() -> wasmtime::Result<String> + 'a, expected: &'a str) -> Peer<'a> {
    (name, Box::new(move || assert_eq!(call().ok().as_deref(), Some(expected), "wasmtime's answer")))
}

/// `belljar run` on a TypeScript file, as a person does it.
fn process(program: &Path) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let tool = folder.path().join("hello.ts");
    std::fs::write(&tool, "export default ({ name }: { name: string }) => `Hello, ${name}!`;\n")?;
    let once = || -> Result<f64, Failed> {
        let began = Instant::now();
        let mut command = Command::new(program);
        command.arg("run").arg(&tool).args(["--input", r#"{"name":"you"}"#]);
        let output = command.env("XDG_CACHE_HOME", folder.path().join("cache")).output()?;
        assert_eq!(output.stdout, b"\"Hello, you!\"\n", "the program's answer");
        Ok(began.elapsed().as_secs_f64())
    };
    let first = once()?;
    let others: Vec<f64> = (0..20).map(|_| once()).collect::<Result<_, _>>()?;
    println!("| `belljar run hello.ts` | |\n| --- | ---: |");
    println!("| the very first on a machine | {} |\n| every other | {} |", time(first), time(median(others)));
    Ok(())
}
