//! What only shows with public addresses and a resolver that lies. No connection leaves this machine: what would be dialled
//! is noted, and leads to a server here.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use belljar_policy::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::dial::{Dial, Dialing};
use crate::target::{Guard, own_addresses};
use crate::{
    Addresses, Bounds, Cause, Client, Hop, MAX_ADDRESSES, MAX_TRIES, Options, Phase, Refused, Reply, RequestFault,
    Resolve, SendError,
};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Answers one list after the other, then nothing ever.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<io::Result<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    fn of(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|list| Ok(list.iter().map(|text| ip(text)).collect())).collect();
        Arc::new(Script { answers: Mutex::new(answers), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Resolve for Script {
    fn resolve<'a>(&'a self, name: &'a str) -> Addresses<'a> {
        self.asked.lock().unwrap().push(name.to_owned());
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(async move {
            match answer {
                Some(answer) => answer,
                None => pending().await,
            }
        })
    }
}

/// Connects to a server of this machine whatever the address is.
struct Pretend {
    server: SocketAddr,
    dialled: Arc<Mutex<Vec<SocketAddr>>>,
    how: How,
}

#[derive(Clone, Copy)]
enum How {
    Connects,
    /// As if something on the way sent all connections to one address.
    LeadsTo(SocketAddr),
    /// The first so many are refused.
    RefusesFirst(usize),
    /// The first so many never answer.
    SilentFirst(usize),
}

impl Dial for Pretend {
    fn dial(&self, address: SocketAddr) -> Dialing<'_> {
        let before = {
            let mut dialled = self.dialled.lock().unwrap();
            dialled.push(address);
            dialled.len() - 1
        };
        Box::pin(async move {
            match self.how {
                How::RefusesFirst(count) if before < count => return Err(io::ErrorKind::ConnectionRefused.into()),
                How::SilentFirst(count) if before < count => pending().await,
                _ => {}
            }
            let peer = if let How::LeadsTo(other) = self.how { other } else { address };
            Ok((TcpStream::connect(self.server).await?, peer))
        })
    }
}

struct Bench {
    client: Client,
    dialled: Arc<Mutex<Vec<SocketAddr>>>,
    connections: Arc<AtomicUsize>,
    resolver: Arc<Script>,
}

impl Bench {
    async fn new(resolver: Arc<Script>, how: How) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            }
        });
        let dialled = Arc::new(Mutex::new(Vec::new()));
        let dial = Pretend { server, dialled: Arc::clone(&dialled), how };
        let options = Options { resolver: Arc::clone(&resolver) as _, own_ports: vec![7357], ..Options::default() };
        Bench { client: Client::with(options, Box::new(dial)).unwrap(), dialled, connections, resolver }
    }

    async fn get(&self, url: &str, named: bool) -> Result<Reply, SendError> {
        let bounds = Bounds { connect: Duration::from_millis(200), ..Bounds::default() };
        let url = Url::parse(url).unwrap();
        self.client.send(Hop { method: "GET".into(), url, headers: vec![], body: None, named, bounds }).await
    }

    fn dialled(&self) -> Vec<String> {
        self.dialled.lock().unwrap().iter().map(ToString::to_string).collect()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_that_answer_is_used() {
    let bench = Bench::new(Script::of(&[&["1.1.1.1"], &["127.0.0.1"]]), How::Connects).await;
    let reply = bench.get("http://Rebind.Example./x", false).await.unwrap();
    assert_eq!(reply.body, b"ok");
    assert_eq!(bench.resolver.asked(), ["rebind.example"]);
    assert_eq!(bench.dialled(), ["1.1.1.1:80"]);
    // The second answer is the next hop's, and refused there.
    let error = bench.get("http://rebind.example/x", false).await.unwrap_err();
    assert_eq!(error.cause, Cause::Address { address: ip("127.0.0.1"), why: Refused::Special });
    assert!(!error.sent);
    assert_eq!((bench.resolver.asked().len(), bench.connections()), (2, 1));
}

#[tokio::test]
async fn one_forbidden_address_refuses_all() {
    for (answer, bad) in [
        (["1.1.1.1", "10.0.0.1"], "10.0.0.1"),
        (["10.0.0.1", "1.1.1.1"], "10.0.0.1"),
        (["2606:4700::1111", "127.0.0.1"], "127.0.0.1"),
        (["1.1.1.1", "::ffff:127.0.0.1"], "::ffff:127.0.0.1"),
        (["1.1.1.1", "64:ff9b::a9fe:a9fe"], "64:ff9b::a9fe:a9fe"),
        (["1.1.1.1", "::"], "::"),
    ] {
        // That a rule names the name does not make its addresses named.
        for named in [false, true] {
            let bench = Bench::new(Script::of(&[&answer]), How::Connects).await;
            let error = bench.get("https://mixed.example/", named).await.unwrap_err();
            assert_eq!(error.cause, Cause::Address { address: ip(bad), why: Refused::Special }, "{answer:?}");
            assert!(!error.sent && bench.dialled().is_empty() && bench.connections() == 0);
        }
    }
}

#[tokio::test]
async fn a_look_up_that_comes_to_nothing_is_an_error() {
    let bench = Bench::new(Script::of(&[&[]]), How::Connects).await;
    assert_eq!(bench.get("http://none.example/", false).await.unwrap_err().cause, Cause::NoAddress);
    // It has no answer for a second time.
    let late = Cause::Time(Phase::Resolve, Duration::from_millis(200));
    assert_eq!(bench.get("http://none.example/", false).await.unwrap_err().cause, late);

    let failing = Arc::new(Script::default());
    failing.answers.lock().unwrap().push_back(Err(io::Error::other("no such name\u{1b}[2J")));
    let bench = Bench::new(failing, How::Connects).await;
    let cause = bench.get("http://none.example/", false).await.unwrap_err().cause;
    assert_eq!(cause, Cause::Resolve("no such name\\u{1b}[2J".into()));

    let many: Vec<String> = (0..=MAX_ADDRESSES).map(|n| format!("1.1.1.{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let bench = Bench::new(Script::of(&[&many]), How::Connects).await;
    let cause = bench.get("http://many.example/", false).await.unwrap_err().cause;
    assert_eq!(cause, Cause::ManyAddresses(MAX_ADDRESSES + 1));
    assert!(bench.dialled().is_empty());
}

#[tokio::test]
async fn the_next_address_is_tried_and_the_families_take_turns() {
    let answer: &[&str] = &["2606:4700::1", "2606:4700::2", "2606:4700::1", "1.1.1.1", "::ffff:1.1.1.1", "1.1.1.2"];
    for how in [How::RefusesFirst(3), How::SilentFirst(3)] {
        let bench = Bench::new(Script::of(&[answer]), how).await;
        bench.get("http://several.example:81/", false).await.unwrap();
        let order = ["[2606:4700::1]:81", "1.1.1.1:81", "[2606:4700::2]:81", "1.1.1.2:81"];
        assert_eq!(bench.dialled(), order);
    }
    let six: &[&str] = &["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5", "1.1.1.6"];
    let bench = Bench::new(Script::of(&[six]), How::RefusesFirst(9)).await;
    let error = bench.get("http://several.example/", false).await.unwrap_err();
    let address = "1.1.1.4:80".parse().unwrap();
    assert_eq!(error.cause, Cause::Connect { address, error: io::ErrorKind::ConnectionRefused });
    assert_eq!(bench.dialled().len(), MAX_TRIES);
    let bench = Bench::new(Script::of(&[six]), How::SilentFirst(9)).await;
    let error = bench.get("http://several.example/", false).await.unwrap_err();
    assert_eq!(error.cause, Cause::Time(Phase::Connect, Duration::from_millis(200)));
    assert!(!error.sent);
}

#[tokio::test]
async fn a_connection_that_leads_elsewhere_is_not_used() {
    let found: SocketAddr = "127.0.0.1:80".parse().unwrap();
    let bench = Bench::new(Script::of(&[&["1.1.1.1", "1.1.1.2"]]), How::LeadsTo(found)).await;
    let error = bench.get("http://led.example/", false).await.unwrap_err();
    assert_eq!(error.cause, Cause::Peer { chosen: "1.1.1.1:80".parse().unwrap(), found });
    assert!(!error.sent);
    assert_eq!(bench.dialled().len(), 1);
}

#[tokio::test]
async fn localhost_is_this_machine_and_nobody_is_asked() {
    for host in ["localhost", "LOCALHOST.", "a.localhost", "a.b.localhost."] {
        let bench = Bench::new(Script::of(&[&["1.1.1.1"]]), How::Connects).await;
        let error = bench.get(&format!("http://{host}/"), false).await.unwrap_err();
        assert!(matches!(error.cause, Cause::Local(_)), "{host}: {error:?}");
        assert_eq!(bench.connections(), 0);
        bench.get(&format!("http://{host}:8080/"), true).await.unwrap();
        assert_eq!(bench.dialled(), ["127.0.0.1:8080"]);
        assert!(bench.resolver.asked().is_empty());
    }
    // These are other names.
    for host in ["notlocalhost", "localhost.example"] {
        let bench = Bench::new(Script::of(&[&["1.1.1.1"]]), How::Connects).await;
        bench.get(&format!("http://{host}/"), false).await.unwrap();
        assert_eq!(bench.resolver.asked(), [host]);
    }
}

#[tokio::test]
async fn a_literal_is_reached_if_it_is_public_or_named() {
    for (host, dialled) in
        [("1.1.1.1", "1.1.1.1:80"), ("[2606:4700::1]", "[2606:4700::1]:80"), ("0x1010101", "1.1.1.1:80")]
    {
        let bench = Bench::new(Script::of(&[]), How::Connects).await;
        bench.get(&format!("http://{host}/"), false).await.unwrap();
        assert_eq!(bench.dialled(), [dialled]);
    }
    for (host, dialled) in
        [("10.1.2.3", "10.1.2.3:80"), ("[::ffff:10.1.2.3]", "10.1.2.3:80"), ("[fd00::1]", "[fd00::1]:80")]
    {
        let bench = Bench::new(Script::of(&[]), How::Connects).await;
        let error = bench.get(&format!("http://{host}/"), false).await.unwrap_err();
        assert!(matches!(error.cause, Cause::Address { why: Refused::Special, .. }), "{host}");
        bench.get(&format!("http://{host}/"), true).await.unwrap();
        assert_eq!(bench.dialled(), [dialled]);
    }
    // A system connects to itself instead.
    for host in ["0.0.0.0", "[::]", "[::ffff:0.0.0.0]"] {
        let bench = Bench::new(Script::of(&[]), How::Connects).await;
        let error = bench.get(&format!("http://{host}/"), true).await.unwrap_err();
        assert!(matches!(error.cause, Cause::Address { why: Refused::Special, .. }), "{host}");
    }
}

#[tokio::test]
async fn the_programs_own_server_is_never_reached() {
    for host in ["127.0.0.1", "127.9.9.9", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"] {
        let bench = Bench::new(Script::of(&[]), How::Connects).await;
        let error = bench.get(&format!("http://{host}:7357/"), true).await.unwrap_err();
        assert!(matches!(error.cause, Cause::Address { why: Refused::OwnServer, .. }), "{host}: {error:?}");
        assert!(bench.dialled().is_empty());
    }
    // The same port of another machine is another server's.
    let bench = Bench::new(Script::of(&[]), How::Connects).await;
    bench.get("http://10.1.2.3:7357/", true).await.unwrap();
}

#[test]
fn addresses_of_this_machine_are_refused_whichever_way_they_are_written() {
    let own = [ip("8.8.4.4"), ip("2606:4700::7")];
    let guard = Guard { own: &own, own_ports: &[7357] };
    for text in ["8.8.4.4", "::ffff:8.8.4.4", "64:ff9b::808:404", "2002:808:404::1", "2606:4700::7"] {
        let why = |port, named| match guard.choose(&[ip("1.1.1.1"), ip(text)], port, named) {
            Err(Cause::Address { address, why }) if address == ip(text) => Some(why),
            _ => None,
        };
        assert_eq!(why(80, false), Some(Refused::Own), "{text}");
        assert_eq!(why(80, true), None, "{text}");
        assert_eq!(why(7357, true), Some(Refused::OwnServer), "{text}");
    }
    assert!(guard.choose(&[ip("8.8.8.8")], 80, false).is_ok());
    assert!(own_addresses().unwrap().contains(&ip("127.0.0.1")));
}

#[tokio::test]
async fn what_cannot_be_requested_is_refused_before_anybody_is_asked() {
    for (url, fault) in [
        ("ftp://a.example/", RequestFault::Scheme),
        ("file:///etc/passwd", RequestFault::Scheme),
        ("data:,x", RequestFault::Scheme),
        ("ws://a.example/", RequestFault::Scheme),
        ("http://user@a.example/", RequestFault::UserInfo),
        ("http://:secret@a.example/", RequestFault::UserInfo),
        ("http://a.example:0/", RequestFault::Port),
        (&format!("http://a.example/{}", "x".repeat(crate::MAX_TARGET)), RequestFault::Target),
    ] {
        let bench = Bench::new(Script::of(&[]), How::Connects).await;
        assert_eq!(bench.get(url, true).await.unwrap_err().cause, Cause::Request(fault));
        assert!(bench.resolver.asked().is_empty());
    }
    for method in ["", "CONNECT", "TRACE", "TRACK", "G T", "GET\r\n", "GET / HTTP/1.1\r\nx:", "É", &"X".repeat(33)] {
        let mut hop = hop("http://a.example/");
        hop.method = method.to_owned();
        assert_eq!(crate::exchange::request(&mut hop).unwrap_err(), Cause::Request(RequestFault::Method), "{method}");
    }
}

fn hop(url: &str) -> Hop {
    let url = Url::parse(url).unwrap();
    Hop { method: "GET".into(), url, headers: vec![], body: None, named: false, bounds: Bounds::default() }
}

#[test]
fn path_and_query_are_sent_as_the_url_has_them() {
    for c in (0..=127).map(char::from).chain(['é', '✓', '\u{feff}']) {
        for text in
            [format!("/a{c}b"), format!("/?a{c}b"), format!("/{c}"), format!("//{c}/..//"), format!("/%{c}0?%{c}")]
        {
            let url = Url::parse("https://a.example/").unwrap().join(&format!("https://b.example{text}")).unwrap();
            let request = crate::exchange::request(&mut hop(url.as_str())).unwrap();
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            assert_eq!(request.uri().to_string(), format!("{}{query}", url.path()), "{text:?}");
            assert!(request.uri().to_string().bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
        }
    }
}

#[test]
fn the_host_header_is_the_urls() {
    for (url, host) in [
        ("http://A.example:80/", "a.example"),
        ("https://a.example:443/", "a.example"),
        ("https://a.example:80/", "a.example:80"),
        ("http://a.example./", "a.example."),
        ("http://0x7f.1:8080/", "127.0.0.1:8080"),
        ("http://[::FFFF:1.2.3.4]/", "[::ffff:102:304]"),
        ("http://XN--bcher-kva.example/", "xn--bcher-kva.example"),
    ] {
        assert_eq!(crate::exchange::request(&mut hop(url)).unwrap().headers()["host"], host);
    }
}

#[test]
fn nothing_prints_values_paths_or_bodies() {
    let mut hop = hop("http://a.example/hidden?hidden#hidden");
    hop.headers = vec![("authorization".into(), "hidden".into())];
    hop.body = Some(b"hidden".to_vec());
    let reply = Reply {
        status: 200,
        headers: vec![("set-cookie".into(), "hidden".into())],
        body: b"hidden".to_vec(),
        encoded: 6,
        received_header_bytes: 60,
        peer: "1.1.1.1:80".parse().unwrap(),
    };
    let text = format!("{hop:?} {hop:#?} {reply:?} {reply:#?}");
    assert!(text.contains("authorization") && text.contains("set-cookie") && !text.contains("hidden"), "{text}");
    assert!(!text.contains("104"), "bytes as numbers: {text}");
}
