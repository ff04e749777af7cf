//! The page over real connections.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::path::Path;

use belljar_server::{Page, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn page(folder: &Path) {
    std::fs::write(folder.join("index.html"), "<!doctype html>").unwrap();
    std::fs::write(folder.join("module.wasm"), "\0asm").unwrap();
    std::fs::write(folder.join("headers.json"), r#"{"content-security-policy":"default-src 'none'"}"#).unwrap();
}

/// Sends requests to a server of that folder, one after the other; the whole answers.
async fn answers(folder: &Path, requests: &[&str]) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, Page::open(folder).unwrap(), None, async move {
        stopped.await.unwrap();
    }));
    let mut answers = Vec::new();
    for request in requests {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("{request}\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answers.push(answer);
    }
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    answers
}

#[tokio::test]
async fn files_come_with_their_type_and_the_pages_headers() {
    let folder = tempfile::tempdir().unwrap();
    page(folder.path());
    let requests = ["GET / HTTP/1.1\r\nHost: localhost:1", "GET /module.wasm HTTP/1.1\r\nHost: 127.0.0.1"];
    let [html, wasm] = answers(folder.path(), &requests).await.try_into().unwrap();
    assert!(html.starts_with("HTTP/1.1 200") && html.contains("content-type: text/html"), "{html}");
    assert!(wasm.starts_with("HTTP/1.1 200") && wasm.contains("content-type: application/wasm"), "{wasm}");
    for answer in [html, wasm] {
        assert!(answer.contains("content-security-policy: default-src 'none'"), "{answer}");
        assert!(answer.contains("x-content-type-options: nosniff"), "{answer}");
    }
}

#[tokio::test]
async fn a_file_has_headers_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    page(folder.path());
    let headers = r#"{"x-a":"1","x-b":"2","/module.wasm":{"x-a":null,"x-b":"3","x-content-type-options":null}}"#;
    std::fs::write(folder.path().join("headers.json"), headers).unwrap();
    let requests = ["/", "/module.wasm", "/module%2ewasm", "//module.wasm", "/./module.wasm"]
        .map(|path| format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1"));
    let answers = answers(folder.path(), &requests.each_ref().map(String::as_str)).await;
    for (at, answer) in answers.iter().enumerate() {
        // Another spelling of its path gets the general ones.
        let is_single = at == 1;
        if !is_single && answer.starts_with("HTTP/1.1 404") {
            continue;
        }
        assert_eq!(answer.contains("x-a: 1"), !is_single, "{answer}");
        assert!(answer.contains(if is_single { "x-b: 3" } else { "x-b: 2" }), "{answer}");
        assert!(answer.contains("x-content-type-options: nosniff"), "{answer}");
    }
    for wrong in
        [r#"{"module.wasm":{}}"#, r#"{"/a":"x"}"#, r#"{"/a":{"b c":"x"}}"#, r#"{"/a":{"b":1}}"#, r#"{"a":null}"#]
    {
        std::fs::write(folder.path().join("headers.json"), wrong).unwrap();
        assert!(Page::open(folder.path()).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn what_is_no_request_for_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("page");
    std::fs::create_dir(&inside).unwrap();
    page(&inside);
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    std::fs::create_dir(inside.join("belljar")).unwrap();
    let cases = [
        ("GET /nothing HTTP/1.1\r\nHost: localhost", "404"),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0", "405"),
        ("GET /../secret HTTP/1.1\r\nHost: localhost", "404"),
        ("GET /%2e%2e/secret HTTP/1.1\r\nHost: localhost", "404"),
        ("GET / HTTP/1.1\r\nHost: rebound.example", "403"),
        ("GET / HTTP/1.1\r\nHost: localhost:x@evil.test", "403"),
        ("GET / HTTP/1.1\r\nHost: [::1]evil.test", "403"),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.test", "400"),
        ("GET / HTTP/1.1\r\nHost: evil.test\r\nHost: localhost", "400"),
        ("GET / HTTP/1.1\r\nX: y", "400"),
        ("GET http://evil.test/ HTTP/1.1\r\nHost: localhost", "403"),
        ("GET //belljar HTTP/1.1\r\nHost: localhost", "404"),
        ("GET /%2Fbelljar HTTP/1.1\r\nHost: localhost", "404"),
        ("GET /\\belljar HTTP/1.1\r\nHost: localhost", "404"),
        ("GET /%09/belljar HTTP/1.1\r\nHost: localhost", "404"),
        ("GET ///evil.test/%2e%2e HTTP/1.1\r\nHost: localhost", "404"),
    ];
    let seen = answers(&inside, &cases.map(|(request, _)| request)).await;
    for ((request, status), answer) in cases.iter().zip(seen) {
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {answer}");
        assert!(!answer.contains("secret"), "{request}: {answer}");
    }
}

/// A redirect leads to a path of this host.
#[tokio::test]
async fn a_redirect_stays_here() {
    let folder = tempfile::tempdir().unwrap();
    page(folder.path());
    std::fs::create_dir(folder.path().join("belljar")).unwrap();
    let [answer] = answers(folder.path(), &["GET /belljar HTTP/1.1\r\nHost: localhost"]).await.try_into().unwrap();
    assert!(answer.contains("location: /belljar/\r\n"), "{answer}");
}

/// A file that was compressed beforehand is sent so to who takes it, and whole to who does not.
#[tokio::test]
async fn compressed_files_are_sent_compressed() {
    let folder = tempfile::tempdir().unwrap();
    page(folder.path());
    std::fs::write(folder.path().join("index.html.gz"), "packed").unwrap();
    let requests =
        ["GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip", "GET /index.html HTTP/1.1\r\nHost: localhost"];
    let [packed, plain] = answers(folder.path(), &requests).await.try_into().unwrap();
    assert!(packed.contains("content-encoding: gzip") && packed.ends_with("packed"), "{packed}");
    assert!(packed.contains("vary: accept-encoding") && packed.contains("content-type: text/html"), "{packed}");
    assert!(!plain.contains("content-encoding") && plain.ends_with("<!doctype html>"), "{plain}");
}

#[test]
fn a_folder_without_a_page_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Page::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("index.html") && error.contains("cargo xtask site"), "{error}");
    std::fs::write(folder.path().join("index.html"), "").unwrap();
    std::fs::write(folder.path().join("headers.json"), "{\"a b\":\"c\"}").unwrap();
    let error = Page::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("a b"), "{error}");
}
