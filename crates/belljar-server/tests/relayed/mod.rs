//! A server with a relay, a server that is asked by it, and messages.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use belljar_core::abi::cell::{pack, unpack};
use belljar_core::abi::{Denial, Failure, Header, HttpRedirect, HttpRequest, HttpResponse, Request, Response};
use belljar_policy::Policy;
use belljar_server::{Page, Relay, Token, serve};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A server that keeps what it was asked: `/wait` is never answered, `/large` with 4,000 bytes, `/moved` with a redirect.
pub struct Canary {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    /// Connections to `/wait`: how many are open.
    pub waiting: watch::Receiver<usize>,
}

impl Canary {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (open, waiting) = watch::channel(0_usize);
        let (kept, open) = (asked.clone(), Arc::new(open));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, kept.clone(), open.clone()));
            }
        });
        Canary { address, asked, waiting }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The lines of what it was asked.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub fn rules(&self) -> String {
        format!("version = 1\n[http]\nallow = ['* http://{}/**']\n", self.address)
    }
}

async fn answer(mut stream: TcpStream, asked: Arc<Mutex<Vec<String>>>, open: Arc<watch::Sender<usize>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await.unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    asked.lock().unwrap().push(head.clone());
    let path = head.split(' ').nth(1).unwrap().to_owned();
    if path == "/wait" {
        open.send_modify(|open| *open += 1);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        open.send_modify(|open| *open -= 1);
        return;
    }
    let (status, field, body) = match path.as_str() {
        "/moved" => ("302 Found", "location: /there\r\n", String::new()),
        "/large" => ("200 OK", "", "x".repeat(4_000)),
        "/echo" => ("200 OK", "", head),
        _ => ("200 OK", "x-canary: yes\r\n", "sung".to_owned()),
    };
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\n{field}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    let _ = stream.write_all(text.as_bytes()).await;
}

/// A server with a relay under a policy.
pub struct Server {
    pub address: SocketAddr,
    _folder: tempfile::TempDir,
    _stop: oneshot::Sender<()>,
    _served: JoinHandle<std::io::Result<()>>,
}

impl Server {
    pub async fn start(ceiling: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::at(listener, ceiling)
    }

    pub fn at(listener: TcpListener, ceiling: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
        std::fs::write(folder.path().join("headers.json"), "{}").unwrap();
        let address = listener.local_addr().unwrap();
        let relay = Relay::new(Policy::parse(ceiling).unwrap(), Token::new(TOKEN).unwrap()).unwrap();
        let (stop, stopped) = oneshot::channel();
        let page = Page::open(folder.path()).unwrap();
        let served = tokio::spawn(serve(listener, page, Some(relay), async move { drop(stopped.await) }));
        Server { address, _folder: folder, _stop: stop, _served: served }
    }

    /// The fields that the page's browser sends.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("Host", self.address.to_string()),
            ("Origin", format!("http://{}", self.address)),
            ("Sec-Fetch-Site", "same-origin".into()),
            ("Belljar-Token", TOKEN.into()),
            ("Content-Type", "application/octet-stream".into()),
        ]
    }

    pub async fn open(&self, fields: &[(&str, String)], message: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("POST /relay HTTP/1.1\r\n{fields}Content-Length: {}\r\n\r\n", message.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(message).await.unwrap();
        stream
    }

    /// The status and the body.
    pub async fn post(&self, fields: &[(&str, String)], message: &[u8]) -> (u16, Vec<u8>) {
        let mut fields = fields.to_vec();
        fields.push(("Connection", "close".into()));
        let mut stream = self.open(&fields, message).await;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let status = String::from_utf8_lossy(&answer[9..12]).parse().unwrap();
        (status, answer[end + 4..].to_vec())
    }

    /// What a page gets.
    pub async fn ask(&self, message: &[u8]) -> Result<HttpResponse, Failure> {
        let (status, body) = self.post(&self.fields(), message).await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        match unpack::<Result<Response, Failure>>(&body).unwrap() {
            Ok(Response::Http(response)) => Ok(response),
            Ok(other) => panic!("{other:?}"),
            Err(failure) => Err(failure),
        }
    }
}

pub fn request(method: &str, url: &str) -> HttpRequest {
    let headers = vec![Header { name: "x-a".into(), value: "1".into() }];
    HttpRequest { method: method.into(), url: url.into(), headers, body: None, redirect: HttpRedirect::Follow }
}

pub fn head(policy: &str) -> Value {
    json!({ "version": 1, "policies": [policy], "most": 8_000_000, "timeMs": 60_000, "keys": [], "secrets": [] })
}

pub fn message(head: &Value, request: &HttpRequest) -> Vec<u8> {
    let head = head.to_string();
    let mut bytes = u32::try_from(head.len()).unwrap().to_le_bytes().to_vec();
    bytes.extend_from_slice(head.as_bytes());
    bytes.extend(pack(&Request::Http(request.clone())).unwrap());
    bytes
}

pub fn refusal(answer: Result<HttpResponse, Failure>) -> String {
    match answer {
        Err(Failure::Denied(Denial { rule, .. })) => rule,
        other => panic!("{other:?}"),
    }
}
