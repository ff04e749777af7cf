//! What is on the wire, byte by byte, and what becomes of what comes back.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests, helpers included")]

mod common;

use belljar_http::{Cause, Coding, EncodingFault, Hop, ProtocolFault, Reply};
use common::{Server, cause, hop, reply, response, send};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const AGENT: &str = concat!("user-agent: belljar/", env!("CARGO_PKG_VERSION"), "\r\n");

async fn sent(hop: impl FnOnce(Hop) -> Hop) -> Vec<u8> {
    let mut server = Server::answering(OK).await;
    let reply = send(hop(common::hop(&server.url("/a/b?c=d%20e&f#g")))).await.unwrap();
    assert_eq!((reply.body.as_slice(), reply.peer), (&b"ok"[..], server.address));
    assert_eq!(server.connections(), 1);
    let request = server.request().await;
    let host = format!("host: {}\r\n", server.address);
    let at = request.windows(host.len()).position(|part| part == host.as_bytes()).unwrap();
    [&request[..at], b"HOST", &request[at + host.len()..]].concat()
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

#[tokio::test]
async fn a_request_is_what_was_given_and_nothing_else() {
    let line = "GET /a/b?c=d%20e&f HTTP/1.1\r\nHOST";
    let ours = "accept-encoding: gzip, br\r\nconnection: close\r\n";
    assert_eq!(text(&sent(|hop| hop).await), format!("{line}{AGENT}{ours}\r\n"));

    let headers = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let given = headers(&[
        ("X-One", "1"),
        ("User-Agent", "mine"),
        ("b", " é\t, "),
        ("x-one", ""),
        ("authorization", "Bearer t"),
    ]);
    assert_eq!(
        text(&sent(|hop| Hop { headers: given, ..hop }).await),
        format!("{line}x-one: 1\r\nx-one: \r\nuser-agent: mine\r\nb:  é\t, \r\nauthorization: Bearer t\r\n{ours}\r\n")
    );

    let ranged = headers(&[("range", "bytes=0-9")]);
    assert_eq!(
        text(&sent(|hop| Hop { headers: ranged, ..hop }).await),
        format!("{line}range: bytes=0-9\r\n{AGENT}accept-encoding: identity\r\nconnection: close\r\n\r\n")
    );
}

#[tokio::test]
async fn a_body_has_a_length_and_follows_the_head() {
    let ours = format!("HOST{AGENT}accept-encoding: gzip, br\r\nconnection: close\r\n");
    let body = b"a\0\r\n\r\nGET / HTTP/1.1\r\n\r\n\xff".to_vec();
    for (method, body, length) in [
        ("POST", Some(body.clone()), "content-length: 25\r\n"),
        ("POST", Some(vec![]), "content-length: 0\r\n"),
        ("POST", None, "content-length: 0\r\n"),
        ("PUT", None, "content-length: 0\r\n"),
        ("PATCH", None, "content-length: 0\r\n"),
        ("DELETE", None, ""),
        ("QUERY", None, ""),
        ("delete", Some(body.clone()), "content-length: 25\r\n"),
        ("GET", Some(body), "content-length: 25\r\n"),
    ] {
        let after = text(body.as_deref().unwrap_or_default());
        let request = sent(|hop| Hop { method: method.into(), body, ..hop }).await;
        assert_eq!(text(&request), format!("{method} /a/b?c=d%20e&f HTTP/1.1\r\n{ours}{length}\r\n{after}"));
    }
}

#[tokio::test]
async fn a_large_body_arrives_whole() {
    let body: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let request = sent(|hop| Hop { method: "POST".into(), body: Some(body.clone()), ..hop }).await;
    assert!(request.ends_with(&[b"\r\n\r\n", body.as_slice()].concat()));
}

#[tokio::test]
async fn headers_come_in_order_and_as_latin_1() {
    let head = "HTTP/1.1 201 Made Here\r\nSet-Cookie: a=1\r\nX-Byte: \u{1}".replace('\u{1}', "");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(
        b"\xe9\xff\t \xc3\xa9  \r\nset-cookie: b=2\r\nempty:\r\nConnection: x-byte\r\nKeep-Alive: 1\r\n",
    );
    bytes.extend_from_slice(b"Upgrade: h2c\r\nContent-Encoding: identity\r\nContent-Length: 2\r\n\r\nok");
    let length = bytes.len() - 2;
    let reply = reply(&bytes).await.unwrap();
    assert_eq!(reply.status, 201);
    let headers: Vec<_> = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-byte", "éÿ\t Ã©"), ("empty", "")];
    assert_eq!(headers, expected);
    // As written with single spaces: two are trimmed, and one is missing.
    assert_eq!((reply.encoded, reply.received_header_bytes), (2, length as u64 - 1));
}

#[tokio::test]
async fn a_redirect_is_a_response() {
    for status in [301, 302, 303, 307, 308] {
        let server = Server::answering(format!(
            "HTTP/1.1 {status} Over There\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
        ));
        let server = server.await;
        let reply = send(hop(&server.url("/"))).await.unwrap();
        assert_eq!((reply.status, server.connections()), (status, 1));
        assert_eq!(reply.headers, [("location".to_owned(), "http://127.0.0.1:1/".to_owned())]);
    }
}

#[tokio::test]
async fn nothing_is_tried_again() {
    for bytes in ["", "HTTP/1.1 ", "HTTP/1.1 408 Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"] {
        let server = Server::answering(bytes).await;
        let result = send(hop(&server.url("/"))).await;
        assert_eq!(result.is_ok(), bytes.contains("408"), "{result:?}");
        assert_eq!(server.connections(), 1);
    }
    // Closed without a word, without reading the request.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        drop(listener.accept().await);
        tokio::time::timeout(std::time::Duration::from_millis(300), listener.accept()).await.is_err()
    });
    assert!(matches!(cause(send(hop(&url)).await), Cause::Protocol(_)));
    assert!(server.await.unwrap(), "there was a second connection");
}

#[tokio::test]
async fn some_responses_have_no_body() {
    for (method, status) in [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")] {
        let head = "content-length: 1000\r\ncontent-encoding: gzip\r\n";
        let server = Server::answering(format!("HTTP/1.1 {status}\r\n{head}\r\nnot a body")).await;
        let reply = send(Hop { method: method.into(), ..hop(&server.url("/")) }).await.unwrap();
        assert!(reply.body.is_empty());
        assert_eq!(reply.headers.len(), 2, "they say what another request would bring");
    }
    let reply = reply("HTTP/1.1 200 OK\r\ncontent-encoding: gzip, br\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    assert_eq!((reply.body.len(), reply.headers.len()), (0, 0));
}

#[tokio::test]
async fn a_body_may_end_in_three_ways() {
    let length = response("", b"hello");
    let chunked: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2;a=b\r\nhe\r\n0003\r\nllo\r\n0\r\nx: y\r\n\r\n";
    let closed: &[u8] = b"HTTP/1.1 200 OK\r\n\r\nhello";
    let old: &[u8] = b"HTTP/1.0 200 OK\r\n\r\nhello";
    for bytes in [&length, chunked, closed, old] {
        let reply = reply(bytes).await.unwrap();
        assert_eq!((reply.body.as_slice(), reply.encoded), (&b"hello"[..], 5));
        assert!(reply.headers.is_empty());
    }
}

#[tokio::test]
async fn informational_responses_are_skipped_and_counted() {
    let early = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 199 \r\n\r\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n";
    let reply = reply(format!("{early}{head}ok")).await.unwrap();
    assert_eq!((reply.status, reply.body.as_slice(), reply.headers.len()), (200, &b"ok"[..], 0));
    assert_eq!(reply.received_header_bytes as usize, early.len() + head.len());
}

#[tokio::test]
async fn another_protocol_is_refused() {
    let upgrade = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n\x01\x02";
    assert_eq!(cause(reply(upgrade).await), Cause::Protocol(ProtocolFault::Upgrade));
    for bytes in [
        "hello\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/0.9 200 OK\r\n\r\n",
        "SSH-2.0-x\r\n",
        "\0\0\0\0\0\0\0\0",
        "HTTP/1.1 99 x\r\n\r\n",
    ] {
        let cause = cause(reply(bytes).await);
        assert!(matches!(cause, Cause::Protocol(ProtocolFault::Malformed(_))), "{bytes:?}: {cause:?}");
    }
}

#[tokio::test]
async fn a_body_that_ends_too_early_is_an_error() {
    for bytes in [
        "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx: y\r\n",
    ] {
        assert_eq!(cause(reply(bytes).await), Cause::Protocol(ProtocolFault::Truncated), "{bytes:?}");
    }
    for bytes in ["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n", "HTTP/1.1 200 O", "HTTP/1.1 100 Continue\r\n\r\n"] {
        assert_eq!(cause(reply(bytes).await), Cause::Protocol(ProtocolFault::Closed), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_frame_that_can_be_read_in_two_ways_is_refused() {
    let chunked = "5\r\nhello\r\n0\r\n\r\n";
    for (head, fault) in [
        ("transfer-encoding: chunked\r\ncontent-length: 5\r\n", Some(ProtocolFault::TwoLengths)),
        ("content-length: 15\r\ntransfer-encoding: chunked\r\n", Some(ProtocolFault::TwoLengths)),
        ("transfer-encoding: gzip, chunked\r\n", Some(ProtocolFault::TransferCoding)),
        ("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", Some(ProtocolFault::TransferCoding)),
        ("transfer-encoding: identity\r\n", Some(ProtocolFault::TransferCoding)),
        ("transfer-encoding: chunked, identity\r\n", Some(ProtocolFault::TransferCoding)),
        ("transfer-encoding:\r\n", Some(ProtocolFault::TransferCoding)),
        ("content-length: 5\r\ncontent-length: 6\r\n", None),
        ("content-length: 5, 6\r\n", None),
        ("content-length: -5\r\n", None),
        ("content-length: +5\r\n", None),
        ("content-length: 0x5\r\n", None),
        ("content-length: 18446744073709551616\r\n", None),
        ("content-length: 99999999999999999999\r\n", None),
    ] {
        let cause = cause(reply(format!("HTTP/1.1 200 OK\r\n{head}\r\n{chunked}")).await);
        match fault {
            Some(fault) => assert_eq!(cause, Cause::Protocol(fault), "{head:?}"),
            None => assert!(matches!(cause, Cause::Protocol(ProtocolFault::Malformed(_))), "{head:?}: {cause:?}"),
        }
    }
    let old = format!("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunked}");
    assert!(matches!(cause(reply(old).await), Cause::Protocol(_)));
    for chunk in
        ["g\r\n", "-1\r\nx", "ffffffffffffffffff\r\n", "5 5\r\nhello\r\n", "5\r\nhelloworld\r\n", "0x5\r\nhello\r\n"]
    {
        let bytes = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunk}0\r\n\r\n");
        let cause = cause(reply(bytes).await);
        assert!(matches!(cause, Cause::Protocol(_)), "{chunk:?}: {cause:?}");
    }
}

#[tokio::test]
async fn a_response_cannot_be_split() {
    for line in [
        "a: b\rinjected: c",
        "a: b\0c",
        "a: b\r\n folded",
        "a b: c",
        "a : b",
        ": b",
        "a",
        "a\0: b",
        "é: b",
        "a: b\x7f",
        "a: \x1b[2J",
    ] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{line}\r\ncontent-length: 0\r\n\r\n");
        let cause = cause(reply(bytes).await);
        assert!(matches!(cause, Cause::Protocol(ProtocolFault::Malformed(_))), "{line:?}: {cause:?}");
        assert!(!cause.to_string().contains("injected"));
    }
    // What comes after a response is nobody's.
    let two = format!("{OK}HTTP/1.1 500 Injected\r\ncontent-length: 6\r\n\r\nsecond");
    let Reply { status, body, .. } = reply(two).await.unwrap();
    assert_eq!((status, body), (200, b"ok".to_vec()));
}

#[tokio::test]
async fn other_content_codings_are_refused() {
    for (head, fault) in [
        ("content-encoding: gzip, br\r\n", EncodingFault::Several),
        ("content-encoding: gzip\r\ncontent-encoding: gzip\r\n", EncodingFault::Several),
        ("content-encoding: identity, gzip\r\n", EncodingFault::Several),
        ("content-encoding: zstd\r\n", EncodingFault::Unknown("zstd".into())),
        ("content-encoding: deflate\r\n", EncodingFault::Unknown("deflate".into())),
        ("content-encoding: gzip;q=1\r\n", EncodingFault::Unknown("gzip;q=1".into())),
        ("content-encoding: gzip\r\n", EncodingFault::Broken(Coding::Gzip)),
        ("content-encoding: br\r\n", EncodingFault::Broken(Coding::Brotli)),
    ] {
        assert_eq!(cause(reply(response(head, b"hello")).await), Cause::Encoding(fault), "{head:?}");
    }
    for head in ["content-encoding: identity\r\n", "content-encoding:\r\n", "content-encoding: , Identity ,\r\n"] {
        assert_eq!(reply(response(head, b"hello")).await.unwrap().body, b"hello");
    }
}

#[tokio::test]
async fn an_early_answer_to_a_large_request_is_read() {
    // The server reads the head alone.
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = server.accept().await.unwrap();
        let _ = stream.read(&mut [0; 100]).await;
        let _ = stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno").await;
        std::future::pending::<()>().await;
    });
    let hop = Hop { method: "POST".into(), body: Some(vec![0; 50_000_000]), ..hop(&url) };
    let reply = send(hop).await.unwrap();
    assert_eq!((reply.status, reply.body), (413, b"no".to_vec()));
}
