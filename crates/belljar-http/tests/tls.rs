//! Whom a client trusts. The authority, its certificates and the servers are made here.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests, helpers included")]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use belljar_http::{Cause, Client, ClientError, Hop, Options, ProtocolFault, Reply, SendError, TlsFault};
use common::{SOON, hop};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, SupportedProtocolVersion, version};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Its own certificate, if servers have to show it.
    shown: Option<CertificateDer<'static>>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Authority { issuer, shown: None }
    }

    /// One that this one has signed, with or without the right to sign.
    fn below(&self, is_ca: IsCa) -> Self {
        let (mut params, key) = self.issue(&["middle.example"]);
        params.is_ca = is_ca;
        params.distinguished_name.push(DnType::CommonName, "middle");
        let issuer = CertifiedIssuer::signed_by(params, key, &self.issuer).unwrap();
        let shown = Some(issuer.der().clone());
        Authority { issuer, shown }
    }

    fn pem(&self) -> Vec<u8> {
        self.issuer.pem().into_bytes()
    }

    fn issue(&self, names: &[&str]) -> (CertificateParams, KeyPair) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        (CertificateParams::new(names).unwrap(), KeyPair::generate().unwrap())
    }

    async fn serve(&self, names: &[&str]) -> Server {
        let (params, key) = self.issue(names);
        self.serve_as(params, &key, rustls::ALL_VERSIONS, true).await
    }

    async fn serve_as(
        &self,
        params: CertificateParams,
        key: &KeyPair,
        versions: &[&'static SupportedProtocolVersion],
        closes: bool,
    ) -> Server {
        let certificate = params.signed_by(key, &self.issuer).unwrap().der().clone();
        let chain = std::iter::once(certificate).chain(self.shown.clone()).collect();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        let mut config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Server::new(TlsAcceptor::from(Arc::new(config)), closes).await
    }
}

/// What a server saw of a connection.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    name: Option<String>,
    protocol: Option<Vec<u8>>,
    request: Vec<u8>,
}

struct Server {
    address: SocketAddr,
    handshakes: Arc<AtomicUsize>,
    seen: mpsc::UnboundedReceiver<Seen>,
}

impl Server {
    async fn new(acceptor: TlsAcceptor, closes: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let handshakes = Arc::new(AtomicUsize::new(0));
        let (sender, seen) = mpsc::unbounded_channel();
        let counter = Arc::clone(&handshakes);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                counter.fetch_add(1, Ordering::SeqCst);
                let request = common::read_request(&mut stream).await;
                let (_, session) = stream.get_ref();
                let protocol = session.alpn_protocol().map(<[u8]>::to_vec);
                let _ = sender.send(Seen { name: session.server_name().map(str::to_owned), protocol, request });
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhello").await;
                let _ = stream.flush().await;
                if closes {
                    let _ = stream.shutdown().await;
                }
            }
        });
        Server { address, handshakes, seen }
    }

    async fn ask(&self, client: &Client, host: &str) -> Result<Reply, SendError> {
        let url = format!("https://{host}:{}/", self.address.port());
        let hop = Hop { headers: vec![("authorization".into(), "hidden".into())], ..hop(&url) };
        timeout(SOON, client.send(hop)).await.expect("a hop ends by its own limits")
    }

    async fn seen(&mut self) -> Seen {
        timeout(SOON, self.seen.recv()).await.unwrap().unwrap()
    }
}

fn trusting(roots: Vec<Vec<u8>>) -> Client {
    Client::new(Options { extra_roots: roots, ..Options::default() }).unwrap()
}

/// The fault of a handshake, after which nothing of the request was sent.
fn refused(server: &Server, result: Result<Reply, SendError>) -> TlsFault {
    let error = result.expect_err("there is a reply");
    assert!(!error.sent, "{error:?}");
    assert_eq!(server.handshakes.load(Ordering::SeqCst), 0, "the server got as far as a request");
    match error.cause {
        Cause::Tls(fault) => fault,
        other => TlsFault::Other(format!("no fault of TLS: {other:?}")),
    }
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_for_the_host_is_accepted() {
    let authority = Authority::new("root");
    let other = Authority::new("other");
    // Several in one file, and several files.
    let both = [other.pem(), authority.pem()].concat();
    for client in [trusting(vec![both]), trusting(vec![other.pem(), authority.pem()])] {
        let mut server = authority.serve(&["localhost", "*.sub.localhost", "127.0.0.1"]).await;
        for (host, name) in [
            ("localhost", Some("localhost")),
            ("LOCALHOST.", Some("localhost")),
            ("a.sub.localhost", Some("a.sub.localhost")),
            ("127.0.0.1", None),
        ] {
            let reply = server.ask(&client, host).await.unwrap();
            assert_eq!(reply.body, b"hello");
            let seen = server.seen().await;
            assert_eq!((seen.name.as_deref(), seen.protocol.as_deref()), (name, Some(&b"http/1.1"[..])));
            assert!(seen.request.starts_with(b"GET / HTTP/1.1\r\n"));
        }
    }
    // Both versions that are safe.
    for version in [&version::TLS12, &version::TLS13] {
        let (params, key) = authority.issue(&["localhost"]);
        let server = authority.serve_as(params, &key, &[version], true).await;
        assert_eq!(server.ask(&trusting(vec![authority.pem()]), "localhost").await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn an_unknown_authority_is_refused() {
    let authority = Authority::new("root");
    let server = authority.serve(&["localhost"]).await;
    // The third has the name of the one that signed.
    let others = [vec![], vec![Authority::new("other").pem()], vec![Authority::new("root").pem()]];
    for client in others.map(trusting) {
        assert_eq!(refused(&server, server.ask(&client, "localhost").await), TlsFault::Authority);
    }
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let authority = Authority::new("root");
    let client = trusting(vec![authority.pem()]);
    for names in [&["other.example"][..], &["*.localhost"], &["127.0.0.2"], &["localhost.example"]] {
        let server = authority.serve(names).await;
        for host in ["localhost", "127.0.0.1"] {
            assert_eq!(refused(&server, server.ask(&client, host).await), TlsFault::Name, "{names:?}");
        }
    }
    // A name that reads like an address is not that address.
    let server = authority.serve(&["localhost"]).await;
    assert_eq!(refused(&server, server.ask(&client, "127.0.0.1").await), TlsFault::Name);
}

#[tokio::test]
async fn a_certificate_of_another_time_is_refused() {
    let authority = Authority::new("root");
    let client = trusting(vec![authority.pem()]);
    for (from, until) in [(2001, 2002), (4000, 4001)] {
        let (mut params, key) = authority.issue(&["localhost"]);
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let server = authority.serve_as(params, &key, rustls::ALL_VERSIONS, true).await;
        assert_eq!(refused(&server, server.ask(&client, "localhost").await), TlsFault::Expired);
    }
}

#[tokio::test]
async fn who_was_signed_for_does_not_sign_for_others() {
    let authority = Authority::new("root");
    let client = trusting(vec![authority.pem()]);
    let server = authority.below(IsCa::Ca(BasicConstraints::Unconstrained)).serve(&["localhost"]).await;
    assert_eq!(server.ask(&client, "localhost").await.unwrap().status, 200);
    for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa] {
        let server = authority.below(is_ca).serve(&["localhost"]).await;
        let fault = refused(&server, server.ask(&client, "localhost").await);
        assert!(matches!(fault, TlsFault::Authority | TlsFault::Other(_)), "{fault:?}");
    }
}

#[tokio::test]
async fn an_end_without_notice_is_no_end() {
    let authority = Authority::new("root");
    let (params, key) = authority.issue(&["localhost"]);
    let server = authority.serve_as(params, &key, rustls::ALL_VERSIONS, false).await;
    let error = server.ask(&trusting(vec![authority.pem()]), "localhost").await.unwrap_err();
    assert_eq!(error, SendError { cause: Cause::Protocol(ProtocolFault::Truncated), sent: true });
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closing = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    let talking = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let talks = format!("https://{}/", talking.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = talking.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    for url in [closing, talks] {
        let error = common::send(hop(&url)).await.unwrap_err();
        assert!(matches!(error.cause, Cause::Tls(_)) && !error.sent, "{error:?}");
    }
}

#[test]
fn bad_certificates_are_named() {
    let made = |web_roots, extra_roots| {
        Client::new(Options { web_roots, extra_roots, ..Options::default() }).map(|_| ()).unwrap_err()
    };
    let good = Authority::new("root").pem();
    assert_eq!(made(false, vec![]), ClientError::NoRoots);
    assert_eq!(made(true, vec![good.clone(), vec![]]), ClientError::NoCertificates(1));
    assert_eq!(made(true, vec![b"not PEM".to_vec()]), ClientError::NoCertificates(0));
    let key = KeyPair::generate().unwrap().serialize_pem().into_bytes();
    assert_eq!(made(true, vec![good.clone(), good.clone(), key]), ClientError::NoCertificates(2));
    let text = String::from_utf8(good.clone()).unwrap();
    for bad in [text.replacen("MI", "!!", 1), text.replace("-----END", "-----"), text.replacen("MI", "AA", 1)] {
        assert!(matches!(made(true, vec![good.clone(), bad.into_bytes()]), ClientError::Certificates(1, _)));
    }
    assert!(Client::new(Options { web_roots: false, extra_roots: vec![good], ..Options::default() }).is_ok());
}
