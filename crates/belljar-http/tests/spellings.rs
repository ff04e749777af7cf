//! Every way to write this machine and its neighbours: none leads there.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests, helpers included")]

mod common;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use belljar_http::{Addresses, Bounds, Cause, Client, Hop, Options, Resolve};
use belljar_policy::Url;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

/// Who says of every name that it is this machine.
struct Liar;

impl Resolve for Liar {
    fn resolve<'a>(&'a self, _: &'a str) -> Addresses<'a> {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

/// Counts who comes, on both loopback addresses where this machine has both.
async fn canary() -> (u16, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = first.local_addr().unwrap().port();
    let second = TcpListener::bind(("::1", port)).await.ok();
    for listener in [Some(first), second].into_iter().flatten() {
        let count = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            }
        });
    }
    (port, count)
}

fn spellings() -> Vec<String> {
    let lines = include_str!("spellings.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.replace("\\t", "\t").replace("\\u{ad}", "\u{ad}").replace("\\u{200b}", "\u{200b}")).collect()
}

#[tokio::test]
async fn no_spelling_leads_to_this_machine() {
    let (port, count) = canary().await;
    let client = Client::new(Options { resolver: Arc::new(Liar), ..Options::default() }).unwrap();
    let spellings = spellings();
    assert!(spellings.len() >= 200, "{}", spellings.len());
    let (mut parsed, mut literal) = (0, 0);
    for spelling in &spellings {
        for url in [
            format!("http://{spelling}:{port}/"),
            format!("https://{spelling}:{port}/"),
            format!("http:\\\\{spelling}:{port}\\"),
        ] {
            let Ok(url) = Url::parse(&url) else { continue };
            parsed += 1;
            let hop =
                Hop { method: "GET".into(), url, headers: vec![], body: None, named: false, bounds: Bounds::default() };
            let error = client.send(hop).await.expect_err(spelling);
            assert!(!error.sent, "{spelling}: {error:?}");
            literal += usize::from(matches!(error.cause, Cause::Address { .. }));
            let known =
                matches!(error.cause, Cause::Address { .. } | Cause::Local(_) | Cause::Request(_) | Cause::Tls(_));
            assert!(known, "{spelling}: {error:?}");
        }
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
    assert!(parsed > 600 && literal > 500, "{parsed} {literal}");

    // The canary sings when it is named.
    let mut came = 0;
    for spelling in ["127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "localhost", "a.localhost."] {
        assert!(spelling == "a.localhost." || spellings.iter().any(|one| one == spelling), "{spelling}");
        client.send(common::hop(&format!("http://{spelling}:{port}/"))).await.unwrap();
        came += 1;
        assert_eq!(count.load(Ordering::SeqCst), came);
    }
}

/// The names of the system's hosts file and of its search list are looked up by nobody else.
#[tokio::test]
async fn the_systems_names_lead_nowhere() {
    let (port, count) = canary().await;
    let client = common::client();
    for host in ["ip6-localhost", "ip6-loopback", "localhost.localdomain"] {
        let hop = Hop { named: false, ..common::hop(&format!("http://{host}:{port}/")) };
        let error = client.send(hop).await.unwrap_err();
        let known =
            matches!(error.cause, Cause::Address { .. } | Cause::Resolve(_) | Cause::NoAddress | Cause::Time(..));
        assert!(known && !error.sent, "{host}: {error:?}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}
