//! Each limit, passed by a server that means harm, and each as far as it goes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests, helpers included")]

mod common;

use std::time::Duration;

use belljar_http::{Bounds, Cause, Hop, Part, Phase, SendError};
use common::{SOON, Server, cause, hop, reply_within, response, send};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const SHORT: Duration = Duration::from_millis(300);

/// Writes the first bytes, then the others again and again, until nobody listens.
async fn flood(first: &'static str, then: &'static [u8]) -> Server {
    Server::behaving(move |mut stream: TcpStream| async move {
        let more = then.repeat(1 + 4096 / then.len());
        let _ = stream.write_all(first.as_bytes()).await;
        while stream.write_all(&more).await.is_ok() {}
    })
    .await
}

/// The same, slowly.
async fn trickle(first: &'static str, then: &'static [u8]) -> Server {
    Server::behaving(move |mut stream: TcpStream| async move {
        let _ = stream.write_all(first.as_bytes()).await;
        while stream.write_all(then).await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

async fn ends(server: &Server, bounds: Bounds) -> Cause {
    cause(send(Hop { bounds, ..hop(&server.url("/")) }).await)
}

#[tokio::test]
async fn heads_are_bounded_in_bytes_whatever_they_are_made_of() {
    let bounds = Bounds { header_bytes: 20_000, header_count: 4096, ..Bounds::default() };
    for (first, then) in [
        ("", &b"x"[..]),
        ("HTTP/1.1 200 ", b"x"),
        ("HTTP/1.1 200 OK\r\n", b"x"),
        ("HTTP/1.1 200 OK\r\nx: ", b"x"),
        ("HTTP/1.1 200 OK\r\n", b"a-name-of-a-header: and its value\r\n"),
        ("", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
        ("", b"HTTP/1.1 100 \r\n\r\n"),
        ("", b"\r\n"),
    ] {
        let server = flood(first, then).await;
        match ends(&server, bounds.clone()).await {
            Cause::TooLarge(part, limit) => {
                assert_eq!((part, limit), (Part::HeaderBytes, 20_000), "{first:?} {then:?}")
            }
            // What can be no response is not read any further.
            Cause::Protocol(_) => assert_eq!((first, then), ("", &b"x"[..])),
            cause => panic!("{first:?} {then:?}: {cause:?}"),
        }
    }
}

#[tokio::test]
async fn a_head_may_have_exactly_as_many_bytes_as_allowed() {
    let early = "HTTP/1.1 100 Continue\r\n\r\n";
    for size in [9_000, 30_000] {
        let start = format!("{early}HTTP/1.1 200 OK\r\ncontent-length: 3\r\nx: ");
        let bytes = format!("{start}{}\r\n\r\nabc", "y".repeat(size - start.len() - 4));
        let bounds = |header_bytes| Bounds { header_bytes, ..Bounds::default() };
        let reply = reply_within(&bytes, bounds(size as u64)).await.unwrap();
        assert_eq!((reply.body.as_slice(), reply.received_header_bytes), (&b"abc"[..], size as u64));
        let less = size as u64 - 1;
        assert_eq!(cause(reply_within(&bytes, bounds(less)).await), Cause::TooLarge(Part::HeaderBytes, less));
    }
}

#[tokio::test]
async fn headers_are_bounded_in_number() {
    let bytes = |count: usize| response(&"x: y\r\n".repeat(count - 1), b"ok");
    for most in [1, 100, 101, 4096] {
        let bounds = Bounds { header_count: most, ..Bounds::default() };
        let reply = reply_within(bytes(most), bounds.clone()).await.unwrap();
        assert_eq!(reply.headers.len(), most - 1);
        let cause = cause(reply_within(bytes(most + 1), bounds).await);
        assert_eq!(cause, Cause::TooLarge(Part::HeaderCount, most as u64));
    }
    let bounds = Bounds { header_count: usize::MAX, header_bytes: u64::MAX, ..Bounds::default() };
    let cause = cause(reply_within(bytes(40_000), bounds).await);
    assert_eq!(cause, Cause::TooLarge(Part::HeaderCount, belljar_http::MAX_RESPONSE_HEADERS as u64));
}

#[tokio::test]
async fn a_body_is_bounded_before_and_after_it_is_decoded() {
    let body = vec![b'x'; 10_000];
    let chunked = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2710\r\n", &*body, b"\r\n0\r\n\r\n"].concat();
    let closed = [b"HTTP/1.1 200 OK\r\n\r\n", &*body].concat();
    for bytes in [response("", &body), chunked, closed] {
        let bounds = |encoded_bytes, decoded_bytes| Bounds { encoded_bytes, decoded_bytes, ..Bounds::default() };
        assert_eq!(reply_within(&bytes, bounds(10_000, 10_000)).await.unwrap().body, body);
        let encoded = cause(reply_within(&bytes, bounds(9_999, 10_000)).await);
        assert_eq!(encoded, Cause::TooLarge(Part::Encoded, 9_999));
        let decoded = cause(reply_within(&bytes, bounds(10_000, 9_999)).await);
        assert_eq!(decoded, Cause::TooLarge(Part::Decoded, 9_999));
        assert_eq!(cause(reply_within(&bytes, bounds(0, 0)).await), Cause::TooLarge(Part::Encoded, 0));
    }
    let nothing = Bounds { encoded_bytes: 0, decoded_bytes: 0, ..Bounds::default() };
    assert!(reply_within(response("", b""), nothing).await.unwrap().body.is_empty());
}

#[tokio::test]
async fn a_body_without_end_is_ended() {
    let length = "HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let closed = "HTTP/1.1 200 OK\r\n\r\n";
    let bounds = Bounds { encoded_bytes: 100_000, ..Bounds::default() };
    for (first, then) in [(length, &b"x"[..]), (chunked, b"1\r\nx\r\n"), (chunked, b"ff\r\n"), (closed, b"x")] {
        let server = flood(first, then).await;
        let cause = ends(&server, bounds.clone()).await;
        let framed = then == b"ff\r\n" && matches!(cause, Cause::Protocol(_));
        assert!(cause == Cause::TooLarge(Part::Encoded, 100_000) || framed, "{first:?} {then:?}: {cause:?}");
    }
}

#[tokio::test]
async fn a_frame_without_contents_is_ended() {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    const LAST: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n";
    const EXTENDED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;a=";
    let bounds = Bounds { encoded_bytes: 10_000, ..Bounds::default() };
    for (first, then) in [
        (CHUNKED, &b"0"[..]),
        (CHUNKED, b"1;an-extension=that-is-long\r\nx\r\n"),
        (EXTENDED, b"x"),
        (LAST, b"x"),
        (LAST, b"a: b\r\n"),
        (LAST, b"x: y\r\n"),
    ] {
        let server = flood(first, then).await;
        let cause = ends(&server, bounds.clone()).await;
        let known = matches!(cause, Cause::TooLarge(Part::Framing | Part::Encoded, 10_000) | Cause::Protocol(_));
        assert!(known, "{first:?} {then:?}: {cause:?}");
    }
    // One that is nothing but digits is not ended by the parser.
    let server = flood(CHUNKED, b"0").await;
    assert_eq!(ends(&server, bounds).await, Cause::TooLarge(Part::Framing, 10_000));
}

#[tokio::test]
async fn chunks_of_one_byte_fit() {
    let count = 50_000;
    let chunks = "1\r\nx\r\n".repeat(count);
    let bytes = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
    let bounds = Bounds { encoded_bytes: count as u64, ..Bounds::default() };
    assert_eq!(reply_within(bytes, bounds).await.unwrap().body.len(), count);
}

/// The limit that a server's slowness passes.
async fn late(server: &Server, scheme: &str, bounds: Bounds) -> SendError {
    let url = server.url("/").replace("http", scheme);
    send(Hop { bounds, ..hop(&url) }).await.unwrap_err()
}

#[tokio::test]
async fn time_is_bounded_in_each_phase_and_as_a_whole() {
    let headers = Bounds { headers: SHORT, ..Bounds::default() };
    let body = Bounds { body: SHORT, ..Bounds::default() };
    let whole = Bounds { whole: SHORT, ..Bounds::default() };
    let connect = Bounds { connect: SHORT, ..Bounds::default() };
    let length = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let silent = || {
        Server::behaving(|stream: TcpStream| async move {
            sleep(SOON).await;
            drop(stream);
        })
    };
    let mut cases =
        vec![(silent().await, headers.clone(), Phase::Headers), (silent().await, whole.clone(), Phase::Whole)];
    for (first, then) in [("HTTP/1.1 200 OK\r\nx: ", &b"y"[..]), ("", b"HTTP/1.1 100 Continue\r\n\r\n")] {
        cases.push((trickle(first, then).await, headers.clone(), Phase::Headers));
        cases.push((trickle(first, then).await, whole.clone(), Phase::Whole));
    }
    for (first, then) in [(length, &b"y"[..]), (chunked, b"1\r\ny\r\n"), (chunked, b"0")] {
        cases.push((trickle(first, then).await, body.clone(), Phase::Body));
        cases.push((trickle(first, then).await, whole.clone(), Phase::Whole));
    }
    for (number, (server, bounds, phase)) in cases.into_iter().enumerate() {
        let error = late(&server, "http", bounds).await;
        assert_eq!((error.cause, error.sent), (Cause::Time(phase, SHORT), true), "case {number}");
    }
    // Who waits for TLS is told nothing.
    for (bounds, phase) in [(connect, Phase::Tls), (whole, Phase::Whole)] {
        let error = late(&silent().await, "https", bounds).await;
        assert_eq!((error.cause, error.sent), (Cause::Time(phase, SHORT), false));
    }
}

#[tokio::test]
async fn a_server_that_does_not_read_is_not_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let held = listener.accept().await;
        sleep(SOON).await;
        drop(held);
    });
    let bounds = Bounds { headers: SHORT, ..Bounds::default() };
    let hop = Hop { method: "POST".into(), body: Some(vec![0; 50_000_000]), bounds, ..hop(&url) };
    assert_eq!(cause(send(hop).await), Cause::Time(Phase::Headers, SHORT));
}

#[tokio::test]
async fn a_dropped_hop_closes_its_connection() {
    let endings =
        ["", "HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", "HTTP/1.1 100 Continue\r\n\r\n"];
    for scheme in ["http", "https"] {
        for start in endings {
            let (report, mut reported) = tokio::sync::mpsc::unbounded_channel();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("{scheme}://{}/", listener.local_addr().unwrap());
            tokio::spawn(async move {
                use tokio::io::AsyncReadExt;
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 4096]).await;
                if scheme == "http" {
                    let _ = stream.write_all(start.as_bytes()).await;
                }
                report.send("started").unwrap();
                // It ends, or is reset.
                while matches!(stream.read(&mut [0; 4096]).await, Ok(got) if got > 0) {}
                report.send("closed").unwrap();
            });
            {
                let client = common::client();
                let mut sending = Box::pin(client.send(hop(&url)));
                tokio::select! {
                    result = &mut sending => panic!("{result:?}"),
                    started = reported.recv() => assert_eq!(started, Some("started")),
                }
                let few = timeout(Duration::from_millis(50), &mut sending).await;
                assert!(few.is_err(), "{few:?}");
                assert!(reported.try_recv().is_err(), "it was closed before");
            }
            assert_eq!(timeout(SOON, reported.recv()).await.unwrap(), Some("closed"));
        }
    }
}

#[test]
fn messages_name_the_limit() {
    for (part, text) in [
        (Part::HeaderBytes, "the response's status lines and headers have more than 7 bytes"),
        (Part::HeaderCount, "the response has more than 7 headers"),
        (Part::Encoded, "the response's body has more than 7 bytes as it is sent"),
        (Part::Decoded, "the response's body decodes to more than 7 bytes"),
    ] {
        assert_eq!(Cause::TooLarge(part, 7).to_string(), text);
    }
    let late = Cause::Time(Phase::Headers, Duration::from_millis(1500));
    assert_eq!(late.to_string(), "waiting for the response's headers took longer than 1.5s");
}

#[tokio::test]
async fn nobody_listening_is_an_error_of_connecting() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = send(hop(&format!("http://{address}/"))).await.unwrap_err();
    assert_eq!(error.cause, Cause::Connect { address, error: std::io::ErrorKind::ConnectionRefused });
    assert!(!error.sent);
    assert_eq!(error.to_string(), format!("{address} took no connection: connection refused"));
}
