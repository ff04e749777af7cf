//! Servers that write bytes by hand, and hops to them.

#![allow(dead_code, reason = "each test program uses some of it")]

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use belljar_http::{Bounds, Cause, Client, Hop, Options, Reply, SendError};
use belljar_policy::Url;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Within this, whatever does not hang has happened.
pub const SOON: Duration = Duration::from_secs(60);

/// A server that does the same on each connection.
pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: mpsc::UnboundedReceiver<Vec<u8>>,
}

impl Server {
    /// Reads a request, writes these bytes, and closes.
    pub async fn answering(bytes: impl AsRef<[u8]>) -> Self {
        let bytes: Arc<[u8]> = bytes.as_ref().into();
        Self::behaving(move |mut stream: TcpStream| {
            let bytes = Arc::clone(&bytes);
            async move {
                let _ = stream.write_all(&bytes).await;
                // What comes after is taken, too: closing before would reset the connection.
                let _ = stream.shutdown().await;
                let _ = timeout(SOON, stream.read_to_end(&mut Vec::new())).await;
            }
        })
        .await
    }

    /// Reads a request and does something.
    pub async fn behaving<F, D>(behave: F) -> Self
    where
        F: Fn(TcpStream) -> D + Send + Sync + 'static,
        D: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let (sender, requests) = mpsc::unbounded_channel();
        let behave = Arc::new(behave);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                let (behave, sender) = (Arc::clone(&behave), sender.clone());
                tokio::spawn(async move {
                    let request = read_request(&mut stream).await;
                    let _ = sender.send(request);
                    behave(stream).await;
                });
            }
        });
        Server { address, connections, requests }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub async fn request(&mut self) -> Vec<u8> {
        timeout(SOON, self.requests.recv()).await.unwrap().unwrap()
    }
}

/// A head, and as much of a body as it says.
pub async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut request = Vec::new();
    loop {
        if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
            let length = head.split("\r\ncontent-length: ").nth(1).and_then(|rest| rest.lines().next());
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if request.len() >= end + 4 + length {
                return request;
            }
        }
        let mut part = [0; 8192];
        match stream.read(&mut part).await {
            Ok(got) if got > 0 => request.extend_from_slice(&part[..got]),
            _ => return request,
        }
    }
}

pub fn hop(url: &str) -> Hop {
    let url = Url::parse(url).unwrap();
    Hop { method: "GET".into(), url, headers: vec![], body: None, named: true, bounds: Bounds::default() }
}

pub fn client() -> Client {
    Client::new(Options::default()).unwrap()
}

pub async fn send(hop: Hop) -> Result<Reply, SendError> {
    timeout(SOON, client().send(hop)).await.expect("a hop ends by its own limits")
}

/// What a server's bytes come to.
pub async fn reply(bytes: impl AsRef<[u8]>) -> Result<Reply, SendError> {
    reply_within(bytes, Bounds::default()).await
}

pub async fn reply_within(bytes: impl AsRef<[u8]>, bounds: Bounds) -> Result<Reply, SendError> {
    let server = Server::answering(bytes).await;
    send(Hop { bounds, ..hop(&server.url("/")) }).await
}

/// The cause of an error after the request was sent.
pub fn cause(result: Result<Reply, SendError>) -> Cause {
    let error = result.expect_err("there is a reply");
    assert!(error.sent, "{error:?}");
    error.cause
}

/// A response with a head and a body, and its length.
pub fn response(head: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 200 OK\r\n{head}content-length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
