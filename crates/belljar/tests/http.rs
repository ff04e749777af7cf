//! HTTP requests of a tool, over real connections on this machine.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by them")]

use std::future::Future;
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use belljar::{
    Addresses, Answer, Asker, Belljar, Grant, HttpOptions, MemoryLog, Outcome, Policy, Question, Recording, Report,
    Resolve, RunOptions, log::verify,
};

/// A server on a port of its own: answers by path, and keeps what it was asked.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: impl Fn(&str, u16) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = String::new();
                let mut byte = [0];
                while !request.ends_with("\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count > 0) {
                    request.push(byte[0] as char);
                }
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                kept.lock().unwrap().push(request);
                let _ = stream.write_all(answer(&path, port).as_bytes());
            }
        });
        Server { port, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().filter_map(|text| text.lines().next().map(str::to_owned)).collect()
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")
}

struct Says(bool, Mutex<Vec<String>>);

impl Asker for Says {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        self.1.lock().unwrap().push(question.request);
        let who = belljar::Answerer::inbox("a test");
        let answer =
            if self.0 { Answer::Once { who } } else { Answer::No { who, scope: belljar::Scope::Request, why: None } };
        Box::pin(std::future::ready(answer))
    }
}

const FETCH: &str = "export default async (url) => {
  const response = await fetch(url, { headers: { 'x-a': '1' } });
  return { status: response.status, url: response.url, redirected: response.redirected, body: await response.json() };
};";

struct Ran {
    report: Report,
    log: String,
    recording: Vec<u8>,
    questions: Vec<String>,
}

fn run(jar: &Belljar, source: &str, input: &str, rules: &str, yes: bool) -> Ran {
    let tool = jar.load("fetch.js", source.as_bytes()).unwrap();
    let policy = Policy::parse(&format!("version = 1\n{rules}\n")).unwrap();
    let recorder = belljar::recorder(&tool, input, &policy).unwrap();
    let log = MemoryLog::default();
    let asker = Arc::new(Says(yes, Mutex::default()));
    let options = RunOptions {
        log: recorder.log(Box::new(log.clone())),
        asker: asker.clone(),
        ..RunOptions::with_policy(policy)
    };
    let report = jar.run_blocking(&tool, input, options).unwrap();
    let questions = asker.1.lock().unwrap().clone();
    Ran { report, log: log.text(), recording: recorder.finish().unwrap(), questions }
}

fn jar() -> Belljar {
    Belljar::builder().cache_dir(env!("CARGO_TARGET_TMPDIR")).build().unwrap()
}

#[test]
fn a_request_is_performed_logged_and_repeated_without_a_server() {
    let server = Server::start(|path, _| if path == "/start" { to("/end?n=1#part") } else { ok(r#"{"n":7}"#) });
    let (jar, port) = (jar(), server.port);
    let rules = format!("[http]\nallow = ['GET http://127.0.0.1:{port}/**']");
    let ran = run(&jar, FETCH, &format!("\"http://127.0.0.1:{port}/start\""), &rules, false);
    let expected =
        format!(r#"{{"status":200,"url":"http://127.0.0.1:{port}/end?n=1","redirected":true,"body":{{"n":7}}}}"#);
    assert_eq!(ran.report.output.as_deref(), Some(expected.as_str()), "{}", ran.report.message);
    assert_eq!(server.asked(), ["GET /start HTTP/1.1", "GET /end?n=1 HTTP/1.1"]);
    assert_eq!(ran.report.usage.http_requests, Some(2));
    assert!(verify(ran.log.as_bytes()).unwrap().ended && ran.log.contains(r#""kind":"redirect""#));
    let again = jar.replay_recording(Recording::parse(&ran.recording).unwrap(), Grant::AsRecorded, None).unwrap();
    assert_eq!((again.log.as_str(), again.report.divergence), (ran.log.as_str(), None));
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn what_no_rule_names_gets_no_connection() {
    let canary = Server::start(|_, _| ok("1"));
    let port = canary.port;
    let first = Server::start(move |_, _| to(&format!("http://127.0.0.1:{port}/secret")));
    let jar = jar();
    let rules = format!(
        "[http]\nallow = ['GET http://127.0.0.1:{}/**', 'GET http://*.example.com/**', 'GET https://*.example.com/**']",
        first.port
    );
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://0x7f.1:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://0.0.0.0:{port}/"),
        format!("http://127.0.0.1.:{port}/"),
        format!("http://user@127.0.0.1:{}/", first.port),
        format!("http://127.0.0.1:{}/", first.port),
    ] {
        let ran = run(&jar, FETCH, &format!("{url:?}"), &rules, true);
        assert_eq!(ran.report.outcome, Outcome::Denied, "{url}: {}", ran.report.message);
    }
    assert!(canary.asked().is_empty());
    assert_eq!(first.asked().len(), 1);
}

#[test]
fn a_person_is_asked_about_each_hop_that_a_rule_asks_about() {
    let server = Server::start(|path, _| if path == "/start" { to("/asked") } else { ok("2") });
    let (jar, port) = (jar(), server.port);
    let rules =
        format!("[http]\nallow = ['GET http://127.0.0.1:{port}/start']\nask = ['GET http://127.0.0.1:{port}/asked']");
    let input = format!("\"http://127.0.0.1:{port}/start\"");
    let no = run(&jar, FETCH, &input, &rules, false);
    assert_eq!((no.report.outcome, server.asked().len()), (Outcome::Denied, 1));
    let yes = run(&jar, FETCH, &input, &rules, true);
    assert_eq!((yes.report.outcome, server.asked().len()), (Outcome::Returned, 3));
    assert_eq!(yes.questions, [format!("GET http://127.0.0.1:{port}/asked")]);
    for ran in [no, yes] {
        let again = jar.replay_recording(Recording::parse(&ran.recording).unwrap(), Grant::AsRecorded, None).unwrap();
        assert_eq!((again.log, again.report.divergence), (ran.log, None));
    }
}

#[test]
fn a_tool_says_what_becomes_of_redirects_and_a_body_goes_nowhere_else() {
    let other = Server::start(|_, _| ok("3"));
    let port = other.port;
    let server = Server::start(move |path, _| match path {
        "/far" => format!(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:{port}/\r\ncontent-length: 0\r\n\r\n"
        ),
        _ => to("/end"),
    });
    let rules = format!("[http]\nallow = ['* http://127.0.0.1:{}/**', '* http://127.0.0.1:{port}/**']", server.port);
    let jar = jar();
    let base = format!("\"http://127.0.0.1:{}\"", server.port);
    let manual =
        "export default async (base) => (await fetch(base + '/x', { redirect: 'manual' })).headers.get('location');";
    assert_eq!(run(&jar, manual, &base, &rules, false).report.output.as_deref(), Some("\"/end\""));
    let error = "export default (base) => fetch(base + '/x', { redirect: 'error' });";
    let ran = run(&jar, error, &base, &rules, false);
    assert!(ran.report.message.contains("says to fail"), "{}", ran.report.message);
    let far = "export default (base) => fetch(base + '/far', { method: 'POST', body: 'secret' });";
    let ran = run(&jar, far, &base, &rules, false);
    assert!(ran.report.message.contains("another origin"), "{}", ran.report.message);
    assert!(other.asked().is_empty());
}

#[test]
fn fetches_that_run_side_by_side_take_as_long_as_the_slowest() {
    // Each waits for the other: one after the other they would never end.
    let meeting = Arc::new(std::sync::Barrier::new(2));
    let server = |meeting: Arc<std::sync::Barrier>| {
        Server::start(move |_, _| {
            meeting.wait();
            ok("4")
        })
    };
    let (one, two) = (server(meeting.clone()), server(meeting));
    let rules =
        format!("[http]\nallow = ['GET http://127.0.0.1:{}/**', 'GET http://127.0.0.1:{}/**']", one.port, two.port);
    let source =
        "export default async (urls) => (await Promise.all(urls.map((url) => fetch(url)))).map((r) => r.status);";
    let input = format!("[\"http://127.0.0.1:{}/\",\"http://127.0.0.1:{}/\"]", one.port, two.port);
    let ran = run(&jar(), source, &input, &rules, false);
    assert_eq!(ran.report.output.as_deref(), Some("[200,200]"), "{}", ran.report.message);
}

/// Answers with each of these in turn, the last one again and again, and keeps what it was asked.
struct Names {
    answers: Vec<Vec<IpAddr>>,
    asked: Mutex<Vec<String>>,
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> Addresses<'a> {
        let mut asked = self.asked.lock().unwrap();
        let answer = self.answers.get(asked.len()).or(self.answers.last()).cloned();
        asked.push(name.to_owned());
        Box::pin(std::future::ready(Ok(answer.unwrap_or_default())))
    }
}

/// Runs a tool whose names are looked up here; returns what it came to, and the names that were looked up.
fn look_up(answers: &[&[&str]], url: &str, rules: &str) -> (Ran, Vec<String>) {
    let parse = |text: &&str| text.parse().unwrap();
    let answers = answers.iter().map(|answer| answer.iter().map(parse).collect()).collect();
    let names = Arc::new(Names { answers, asked: Mutex::default() });
    let http = HttpOptions { resolver: names.clone(), ..HttpOptions::default() };
    let jar = Belljar::builder().cache_dir(env!("CARGO_TARGET_TMPDIR")).http(http).build().unwrap();
    let ran = run(&jar, FETCH, &format!("{url:?}"), rules, true);
    let asked = names.asked.lock().unwrap().clone();
    (ran, asked)
}

#[test]
fn a_name_that_leads_to_a_private_address_gets_no_connection() {
    let canary = Server::start(|_, _| ok("1"));
    let (port, url) = (canary.port, format!("http://name.example.com:{}/", canary.port));
    let rules = format!("[http]\nallow = ['GET http://name.example.com:{port}/**']");
    // A public address beside a private one does not help, wherever it stands. The last one answers with a public address when
    // it is asked first, and with this machine's when it is asked again.
    let none: [&[&[&str]]; 7] = [
        &[&["127.0.0.1"]],
        &[&["::1"]],
        &[&["::ffff:127.0.0.1"]],
        &[&["10.0.0.7"]],
        &[&["203.0.113.9", "127.0.0.1"]],
        &[&["127.0.0.1", "203.0.113.9"]],
        &[&["0.0.0.0"], &["127.0.0.1"]],
    ];
    for answers in none {
        let (ran, asked) = look_up(answers, &url, &rules);
        assert_eq!(ran.report.outcome, Outcome::Denied, "{answers:?}: {}", ran.report.message);
        assert_eq!(asked, ["name.example.com"], "{answers:?}: it is looked up once");
    }
    assert!(canary.asked().is_empty());
}

#[test]
fn what_is_refused_is_not_looked_up() {
    let server = Server::start(|_, _| to("http://told.evil.example.net/"));
    let port = server.port;
    let rules = format!(
        "[http]\nallow = ['GET http://127.0.0.1:{port}/', 'GET https://*.example.com/v1/**']\n\
         deny = ['* https://secret.example.com/**']"
    );
    for url in [
        "https://told.evil.example.net/".to_owned(),
        "https://told.secret.example.org/".to_owned(),
        "https://secret.example.com/v1/x".to_owned(),
        "https://told.example.com/v2/x".to_owned(),
        "https://told.example.com:8443/v1/x".to_owned(),
        "http://told.example.com/v1/x".to_owned(),
        // Its answer leads there.
        format!("http://127.0.0.1:{port}/"),
    ] {
        let (ran, asked) = look_up(&[&["203.0.113.9"]], &url, &rules);
        assert_eq!(ran.report.outcome, Outcome::Denied, "{url}: {}", ran.report.message);
        assert_eq!(asked, Vec::<String>::new(), "{url}");
    }
    // A name that is allowed is looked up, so the names above would have been.
    let (_, asked) = look_up(&[&["127.0.0.1"]], "https://a.example.com/v1/x", &rules);
    assert_eq!(asked, ["a.example.com"]);
}

#[test]
fn a_port_of_the_program_itself_is_not_reached_under_any_rule() {
    let own = Server::start(|_, _| ok("1"));
    let port = own.port;
    let http = HttpOptions { own_ports: vec![port], ..HttpOptions::default() };
    let jar = Belljar::builder().cache_dir(env!("CARGO_TARGET_TMPDIR")).http(http).build().unwrap();
    let rules = format!("[http]\nallow = ['* http://127.0.0.1:{port}/**', '* http://localhost:{port}/**']");
    for host in ["127.0.0.1", "localhost"] {
        let ran = run(&jar, FETCH, &format!("\"http://{host}:{port}/\""), &rules, true);
        assert_eq!(ran.report.outcome, Outcome::Denied, "{}", ran.report.message);
    }
    assert!(own.asked().is_empty());
}
