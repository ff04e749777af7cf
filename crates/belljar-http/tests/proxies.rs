//! What the surroundings say of proxies leads no request anywhere.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests, helpers included")]

mod common;

use std::process::Command;

use common::Server;

/// The variables by which programs are told of proxies.
const PROXIES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

#[tokio::test]
async fn a_proxy_of_the_environment_is_not_asked() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    if let Ok(url) = std::env::var("BELLJAR_TEST_URL") {
        // The second process, with the variables set.
        assert!(std::env::var(PROXIES[0]).is_ok());
        let reply = common::send(common::hop(&url)).await.unwrap();
        assert_eq!(reply.body, b"ok");
        return;
    }
    let (server, proxy) = (Server::answering(answer).await, Server::answering(answer).await);
    let mut second = Command::new(std::env::current_exe().unwrap());
    second.args(["--exact", "a_proxy_of_the_environment_is_not_asked"]).env("BELLJAR_TEST_URL", server.url("/"));
    for name in PROXIES {
        second.env(name, proxy.url("/"));
    }
    second.env_remove("NO_PROXY").env_remove("no_proxy");
    let ran = tokio::task::spawn_blocking(move || second.output()).await.unwrap().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    assert_eq!((server.connections(), proxy.connections()), (1, 0));
}
