//! Requests over the network, and calls of other tools.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use belljar::policy::Url;
use belljar::{Policy, RunOptions, Terms, Toolbox};
use belljar_http::{Bounds, Client, Hop, Options};

use crate::measure::{compare, time};
use crate::{Bench, Failed};

/// What the server answers: about what an API does.
const BODY: &str = r#"{"id":1,"title":"a thing","labels":["one","two"],"open":true}"#;

/// A server on this machine that answers each request on a connection of its own, after a while.
fn server(wait: Duration) -> Result<u16, Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            std::thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0; 1024];
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut byte) {
                        Ok(read @ 1..) => head.extend(byte.iter().take(read)),
                        _ => return,
                    }
                }
                std::thread::sleep(wait);
                let length = BODY.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{BODY}"
                );
            });
        }
    });
    Ok(port)
}

impl Bench {
    /// A request to a server on this machine: by the client alone, and judged, performed and logged; and many side by side.
    pub(crate) fn web(&self) -> Result<(), Failed> {
        /// Requests of one call, one after the other; and side by side.
        const COUNT: u32 = 50;
        const TOGETHER: u32 = 20;
        let (port, slow) = (server(Duration::ZERO)?, server(Duration::from_millis(200))?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = Client::new(Options::default())?;
        let url = Url::parse(&format!("http://127.0.0.1:{port}/things/1"))?;
        let bare = || {
            for _ in 0..COUNT {
                let hop = Hop {
                    method: "GET".into(),
                    url: url.clone(),
                    headers: Vec::new(),
                    body: None,
                    named: true,
                    bounds: Bounds::default(),
                };
                assert!(runtime.block_on(client.send(hop)).is_ok_and(|reply| reply.body == BODY.as_bytes()));
            }
        };
        let options = |port: u16| -> Result<RunOptions, Failed> {
            let policy = format!(
                "version = 1\n[http]\nallow = [\"GET http://127.0.0.1:{port}/**\"]\n[limits]\nhttp-requests = 100000\ncalls = \
                 100000\nhttp-bytes = \"64 MiB\"\ntime = \"1 h\"\n"
            );
            Ok(RunOptions { terms: Arc::new(Terms::from(Policy::parse(&policy)?)), ..RunOptions::default() })
        };
        let after = format!(
            "export default async () => {{ let n = 0; for (let i = 0; i < {COUNT}; i++) n += (await (await \
             fetch('http://127.0.0.1:{port}/things/1')).json()).id; return n; }}"
        );
        let tool = self.jar.load("after.js", after.as_bytes())?;
        let terms = options(port)?.terms;
        let belljar = || {
            let options = RunOptions { terms: terms.clone(), ..RunOptions::default() };
            self.call_with(&runtime, &tool, "{}", &COUNT.to_string(), options);
        };
        let rows = compare(
            &mut [
                ("the connector alone", Box::new(bare)),
                ("Belljar: a tool's `fetch` and `json`, judged, sent, logged", Box::new(belljar)),
            ],
            Duration::from_millis(400),
        );
        println!("| a request to a server on this machine | a request | ratio |\n| --- | ---: | ---: |");
        for row in rows {
            println!("| {} | {} | {:.2} |", row.name, time(row.seconds / f64::from(COUNT)), row.ratio);
        }
        let together = |count: u32| {
            format!(
                "export default async () => (await Promise.all(Array.from({{ length: {count} }}, () => \
                 fetch('http://127.0.0.1:{slow}/things/1')))).length"
            )
        };
        let (one, many) = (together(1), together(TOGETHER));
        let (one, many) = (self.jar.load("one.js", one.as_bytes())?, self.jar.load("many.js", many.as_bytes())?);
        let terms = options(slow)?.terms;
        let of = |tool, expected: u32| {
            let (terms, runtime) = (terms.clone(), &runtime);
            move || {
                let options = RunOptions { terms: terms.clone(), ..RunOptions::default() };
                self.call_with(runtime, tool, "{}", &expected.to_string(), options);
            }
        };
        let many_name = format!("{TOGETHER}, side by side");
        let rows = compare(
            &mut [("one", Box::new(of(&one, 1))), (&many_name, Box::new(of(&many, TOGETHER)))],
            Duration::from_millis(400),
        );
        println!("\n| requests to a server that takes 200 ms | a call | ratio |\n| --- | ---: | ---: |");
        crate::print(&rows);
        Ok(())
    }

    /// What it costs to call a tool from a tool.
    pub(crate) fn called(&self) -> Result<(), Failed> {
        const COUNT: u32 = 100;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let double = self.jar.load("double.js", b"export default (n) => 2 * n")?;
        let mut tools = Toolbox::default();
        tools.add("double", double.clone(), Policy::deny_all())?;
        let tools = Arc::new(tools);
        let caller = format!(
            "export default async () => {{ let n = 0; for (let i = 0; i < {COUNT}; i++) n = await \
             belljar.tools.call('double', 1); return n; }}"
        );
        let caller = self.jar.load("caller.js", caller.as_bytes())?;
        let policy = Policy::parse("version = 1\n[tools]\nallow = [\"double\"]\n[limits]\ntime = \"1 h\"\n")?;
        let terms = Arc::new(Terms::from(policy));
        let alone = || {
            for _ in 0..COUNT {
                self.call_with(&runtime, &double, "1", "2", RunOptions::default());
            }
        };
        let called = || {
            let options = RunOptions { terms: terms.clone(), tools: tools.clone(), ..RunOptions::default() };
            self.call_with(&runtime, &caller, "{}", "2", options);
        };
        let rows = compare(
            &mut [("run by the program", Box::new(alone)), ("called by a tool", Box::new(called))],
            Duration::from_millis(400),
        );
        println!("| a small tool in JavaScript | a run | ratio |\n| --- | ---: | ---: |");
        for row in rows {
            println!("| {} | {} | {:.2} |", row.name, time(row.seconds / f64::from(COUNT)), row.ratio);
        }
        Ok(())
    }
}
