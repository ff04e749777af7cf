//! The relay over real connections, by messages that are put together by hand: as a page sends them, and as whoever attacks it would.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests, helpers included")]

mod relayed;

use std::time::Duration;

use belljar_core::abi::{Failure, Header, HttpRequest};
use belljar_policy::Policy;
use belljar_server::{Relay, Token};
use relayed::{Canary, Server, TOKEN, head, message, refusal, request};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn a_hop_is_sent_as_it_was_judged_and_a_redirect_is_handed_back() {
    let canary = Canary::start().await;
    let server = Server::start(&canary.rules()).await;
    let response = server.ask(&message(&head(&canary.rules()), &request("GET", &canary.url("/a?b=c")))).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (200, &b"sung"[..]));
    assert!(response.headers.iter().any(|field| field.name == "x-canary"));
    let asked = canary.asked();
    assert!(asked[0].starts_with("GET /a?b=c HTTP/1.1\r\n") && asked[0].contains("x-a: 1"), "{asked:?}");
    for field in ["belljar-token", "origin:", "sec-fetch", "forwarded"] {
        assert!(!asked[0].to_ascii_lowercase().contains(field), "{field}: {asked:?}");
    }
    // The page judges where it leads to, and asks again: nothing is followed here.
    let moved = server.ask(&message(&head(&canary.rules()), &request("GET", &canary.url("/moved")))).await.unwrap();
    assert_eq!(moved.status, 302);
    assert!(moved.headers.iter().any(|field| field.name == "location" && field.value == "/there"));
    assert_eq!(canary.asked().len(), 2);
}

#[tokio::test]
async fn the_strictest_policy_decides() {
    let canary = Canary::start().await;
    let rules =
        |effect: &str, rule: &str| format!("version = 1\n[http]\n{effect} = ['{rule} http://{}/**']\n", canary.address);
    let (all, get, ask) = (canary.rules(), rules("allow", "GET"), rules("ask", "*"));
    let nothing = "version = 1\n".to_owned();
    let answers =
        format!("version = 1\n[[http.rule]]\nallow = '* http://{}/**'\nanswer = {{ status = 200 }}\n", canary.address);
    let post = request("POST", &canary.url("/a"));
    for (ceiling, page, why) in [
        (&nothing, &all, ", by the policy of the server"),
        (&get, &all, ", by the policy of the server"),
        (&all, &get, ", by the page's policy"),
        (&ask, &all, "nobody is there to be asked"),
        (&ask, &ask, "nobody is there to be asked"),
        (&answers, &all, "it gives the answer itself"),
        (&all, &answers, "by the page's policy"),
    ] {
        let server = Server::start(ceiling).await;
        let rule = refusal(server.ask(&message(&head(page), &post)).await);
        assert!(rule.contains(why), "{ceiling} {page}: {rule}");
    }
    assert!(canary.asked().is_empty(), "{:?}", canary.asked());
    // What the page asks about was asked.
    let server = Server::start(&all).await;
    assert_eq!(server.ask(&message(&head(&ask), &post)).await.unwrap().status, 200);
    // All policies of a called tool decide.
    let mut both = head(&all);
    both["policies"] = json!([all, get]);
    assert!(refusal(server.ask(&message(&both, &post)).await).contains("by the page's policy"));
    both["policies"] = json!([]);
    assert!(matches!(server.ask(&message(&both, &post)).await, Err(Failure::Invalid(_))));
    assert_eq!(canary.asked().len(), 1);
}

#[tokio::test]
async fn private_addresses_and_the_relay_itself_are_not_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    let ceiling = format!(
        "version = 1\n[http]\nallow = ['* http://{own}/**', '* http://localhost:{}/**', '* https://*.example.com/**']\n",
        own.port()
    );
    let server = Server::at(listener, &ceiling);
    for (url, why) in [
        (format!("http://{own}/relay"), "listens there itself"),
        (format!("http://localhost:{}/relay", own.port()), "listens there itself"),
        ("http://169.254.169.254/".into(), "by the page's policy"),
        ("http://10.0.0.1/".into(), "by the page's policy"),
    ] {
        let rule = refusal(server.ask(&message(&head(&ceiling), &request("GET", &url))).await);
        assert!(rule.contains(why), "{url}: {rule}");
    }
    // A name that leads there, by rules of both that allow the name and do not name the address.
    let canary = Canary::start().await;
    let port = canary.address.port();
    let names = format!("version = 1\n[http]\nallow = ['* http://*.x.localhost:{port}/**']\n");
    let wide = Server::start(&names).await;
    let url = format!("http://a.x.localhost:{port}/");
    refusal(wide.ask(&message(&head(&names), &request("GET", &url))).await);
    assert!(canary.asked().is_empty());
    // What the page alone names is refused by the ceiling.
    let page = "version = 1\n[http]\nallow = ['* http://10.0.0.1/**']\n";
    let rule = refusal(server.ask(&message(&head(page), &request("GET", "http://10.0.0.1/"))).await);
    assert!(rule.contains("by the policy of the server"), "{rule}");
}

#[tokio::test]
async fn who_is_not_the_page_is_refused_before_anything_is_read() {
    let canary = Canary::start().await;
    let server = Server::start(&canary.rules()).await;
    let message = message(&head(&canary.rules()), &request("GET", &canary.url("/")));
    let own = server.fields();
    let with = |name: &'static str, value: &str| -> Vec<(&str, String)> {
        own.iter().map(|(field, own)| (*field, if *field == name { value.to_owned() } else { own.clone() })).collect()
    };
    let without =
        |name: &str| -> Vec<(&str, String)> { own.iter().filter(|(field, _)| *field != name).cloned().collect() };
    let twice = |name: &'static str, value: &str| [own.clone(), vec![(name, value.to_owned())]].concat();
    let host = server.address.to_string();
    let rebound = [
        ("Host", format!("rebound.example:{}", server.address.port())),
        ("Origin", format!("http://rebound.example:{}", server.address.port())),
    ];
    let rebound = [rebound.to_vec(), own[2..].to_vec()].concat();
    for (fields, status) in [
        (with("Origin", "http://evil.test"), 403),
        (with("Origin", "null"), 403),
        (without("Origin"), 403),
        (twice("Origin", "http://evil.test"), 403),
        (with("Sec-Fetch-Site", "cross-site"), 403),
        (with("Sec-Fetch-Site", "same-site"), 403),
        (with("Sec-Fetch-Site", "none"), 403),
        (without("Sec-Fetch-Site"), 403),
        (with("Host", "evil.test"), 403),
        (twice("Host", &host), 400),
        (rebound, 403),
        (with("Belljar-Token", "0123456789abcdef0123456789abcdee"), 401),
        (with("Belljar-Token", ""), 401),
        (without("Belljar-Token"), 401),
        (twice("Belljar-Token", TOKEN), 401),
        (with("Content-Type", "text/plain"), 415),
        (without("Content-Type"), 415),
    ] {
        let (seen, text) = server.post(&fields, &message).await;
        assert_eq!(seen, status, "{fields:?}: {}", String::from_utf8_lossy(&text));
        assert!(!String::from_utf8_lossy(&text).contains(TOKEN));
    }
    assert!(canary.asked().is_empty());
    assert_eq!(server.post(&own, &message).await.0, 200);
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let canary = Canary::start().await;
    let server = Server::start(&canary.rules()).await;
    let rules = canary.rules();
    let get = request("GET", &canary.url("/"));
    let sound = message(&head(&rules), &get);
    for at in 0..sound.len() {
        assert!(matches!(server_judges(&rules, &sound[..at]), Err(Failure::Invalid(_))), "cut at {at}");
    }
    let changed = |key: &str, value: Value| {
        let mut head = head(&rules);
        head[key] = value;
        message(&head, &get)
    };
    for (what, bytes) in [
        ("another version", changed("version", json!(2))),
        ("an unknown member", changed("more", json!(true))),
        ("no policy", changed("policies", json!([]))),
        ("a policy that is none", changed("policies", json!(["version = 2"]))),
        ("many policies", changed("policies", json!(vec![rules.as_str(); 100]))),
        ("a key that no policy sends", changed("keys", json!([["x-key", "1"]]))),
        ("a small letter", message(&head(&rules), &request("get", &canary.url("/")))),
        ("a fragment", message(&head(&rules), &request("GET", &canary.url("/#a")))),
        (
            "a field of the connection",
            message(
                &head(&rules),
                &HttpRequest {
                    headers: vec![Header { name: "host".into(), value: "evil.test".into() }],
                    ..get.clone()
                },
            ),
        ),
        ("a large head", [u32::MAX.to_le_bytes().as_slice(), &sound[4..]].concat()),
    ] {
        assert!(matches!(server.ask(&bytes).await, Err(Failure::Invalid(_))), "{what}");
    }
    assert!(canary.asked().is_empty());
}

fn server_judges(ceiling: &str, message: &[u8]) -> Result<(), Failure> {
    let ceiling = belljar_core::relay::ceiling(Policy::parse(ceiling).unwrap()).unwrap();
    belljar_core::relay::judge(message, &ceiling).map(drop)
}

/// What the page adds beside the request is judged by the ceiling as a part of it.
#[tokio::test]
async fn secrets_and_keys_are_no_way_around_the_ceiling() {
    let canary = Canary::start().await;
    let value = "canary-of-a-secret";
    let ceiling = format!(
        "{}[[http.rule]]\ndeny = '* http://{}/**'\nheaders = {{ x-debug = '*' }}\n",
        canary.rules(),
        canary.address
    );
    let server = Server::start(&ceiling).await;
    let carrying = |place: &str, origin: &str| {
        let mut head = head(&canary.rules());
        head["secrets"] = json!([{ "name": "token", "for": origin, "in": place, "value": value }]);
        message(&head, &request("GET", &canary.url("/echo")))
    };
    let origin = canary.url("");
    // It is sent, and taken out of the answer.
    let response = server.ask(&carrying("header authorization: Bearer {}", &origin)).await.unwrap();
    let text = String::from_utf8(response.body).unwrap();
    assert!(text.contains("authorization: Bearer [secret token]") && !text.contains(value), "{text}");
    assert!(canary.asked()[0].contains(&format!("authorization: Bearer {value}")));
    let rule = refusal(server.ask(&carrying("header x-debug: {}", &origin)).await);
    assert!(rule.contains("x-debug") && !rule.contains(value), "{rule}");
    let elsewhere = server.ask(&carrying("header authorization: {}", "https://b.example")).await;
    assert!(matches!(elsewhere, Err(Failure::Invalid(_))), "{elsewhere:?}");
    // A key that the page's policy sends, in a field that the ceiling refuses.
    let keyed =
        format!("version = 1\n[[http.rule]]\nallow = '* http://{}/**'\nidempotency-key = 'x-debug'\n", canary.address);
    let mut head = head(&keyed);
    head["keys"] = json!([["x-debug", "1"]]);
    let rule = refusal(server.ask(&message(&head, &request("POST", &canary.url("/")))).await);
    assert!(rule.contains("x-debug"), "{rule}");
    assert_eq!(canary.asked().len(), 1);
    // What the ceiling demands and the page does not do.
    let demands = format!("{}[[secret]]\nname = 'own'\nfor = '{origin}'\nin = 'header x-own: {{}}'\n", canary.rules());
    let server = Server::start(&demands).await;
    let rule = refusal(server.ask(&carrying("header authorization: {}", &origin)).await);
    assert!(rule.contains("carries the secret own"), "{rule}");
    let server = Server::start(&keyed).await;
    let rule = refusal(server.ask(&message(&self::head(&canary.rules()), &request("POST", &canary.url("/")))).await);
    assert!(rule.contains("sends a key in x-debug"), "{rule}");
    assert_eq!(canary.asked().len(), 1);
}

#[tokio::test]
async fn sizes_and_times_are_the_smaller_of_both_policies() {
    let canary = Canary::start().await;
    let small = format!("{}[limits]\nhttp-bytes = 1000\n", canary.rules());
    let server = Server::start(&small).await;
    let large = message(&head(&canary.rules()), &request("GET", &canary.url("/large")));
    let answer = server.ask(&large).await;
    assert!(matches!(&answer, Err(Failure::Other(text)) if text.contains("more than 1000 bytes")), "{answer:?}");
    let asked = canary.asked().len();
    let body = HttpRequest { body: Some(vec![0; 1001]), ..request("POST", &canary.url("/")) };
    assert!(refusal(server.ask(&message(&head(&canary.rules()), &body)).await).contains("http-bytes is 1000"));
    assert_eq!(canary.asked().len(), asked);
    // The page's own bound is the page's to tell.
    let server = Server::start(&canary.rules()).await;
    let mut narrow = head(&canary.rules());
    narrow["most"] = json!(10);
    let answer = server.ask(&message(&narrow, &request("GET", &canary.url("/large")))).await;
    assert!(matches!(answer, Err(Failure::TooLarge(_))), "{answer:?}");
    // Time, of the page and of the ceiling.
    let brief = format!("{}[limits]\ntime = '50 ms'\n", canary.rules());
    let mut hurried = head(&canary.rules());
    hurried["timeMs"] = json!(50);
    for (server, head) in [(&server, hurried), (&Server::start(&brief).await, head(&canary.rules()))] {
        let answer = server.ask(&message(&head, &request("GET", &canary.url("/wait")))).await;
        assert!(matches!(answer, Err(Failure::TimedOut(_))), "{answer:?}");
    }
    // A message that is too large is refused by its length, before it comes.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let fields: String = server.fields().iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("POST /relay HTTP/1.1\r\n{fields}Content-Length: 99999999\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn too_many_at_once_are_refused_and_who_is_gone_is_not_served() {
    let mut canary = Canary::start().await;
    let server = Server::start(&canary.rules()).await;
    let wait = message(&head(&canary.rules()), &request("GET", &canary.url("/wait")));
    let mut open = Vec::new();
    for _ in 0..16 {
        open.push(server.open(&server.fields(), &wait).await);
    }
    canary.waiting.wait_for(|waiting| *waiting == 16).await.unwrap();
    let (status, text) = server.post(&server.fields(), &wait).await;
    assert_eq!((status, text.as_slice()), (503, &b"The relay has too many requests at once.\n"[..]));
    // Whoever asked goes away: the request ends, and there is room again.
    drop(open);
    let ended = canary.waiting.wait_for(|waiting| *waiting == 0);
    tokio::time::timeout(Duration::from_secs(10), ended).await.unwrap().unwrap();
    let sing = message(&head(&canary.rules()), &request("GET", &canary.url("/")));
    assert_eq!(server.ask(&sing).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_minute_has_so_many_requests() {
    let canary = Canary::start().await;
    let server = Server::start(&canary.rules()).await;
    let denied = message(&head("version = 1\n"), &request("GET", &canary.url("/")));
    for _ in 0..600 {
        assert_eq!(server.post(&server.fields(), &denied).await.0, 200);
    }
    assert_eq!(server.post(&server.fields(), &denied).await.0, 429);
}

#[tokio::test]
async fn the_page_is_told_of_it_and_nobody_else() {
    let server = Server::start("version = 1\n[http]\nallow = ['GET https://a.example/**']\n").await;
    let get = async |fields: &str| {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = format!("GET /relay HTTP/1.1\r\nHost: {}\r\n{fields}Connection: close\r\n\r\n", server.address);
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let own = format!("Sec-Fetch-Site: same-origin\r\nBelljar-Token: {TOKEN}\r\n");
    let told = get(&own).await;
    assert!(told.starts_with("HTTP/1.1 200") && told.contains("GET https://a.example/**"), "{told}");
    assert!(told.contains("cache-control: no-store") && told.contains("cross-origin-resource-policy: same-origin"));
    assert!(!told.contains("access-control") && !told.contains(TOKEN), "{told}");
    for (fields, status) in [
        (String::new(), "403"),
        ("Sec-Fetch-Site: same-origin\r\n".into(), "401"),
        (format!("{own}Origin: null\r\n"), "403"),
        (own.replace("same-origin", "cross-site"), "403"),
    ] {
        let answer = get(&fields).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{fields}: {answer}");
    }
}

#[test]
fn a_relay_counts_no_money() {
    let policy = Policy::parse("version = 1\n[spend]\nlimit = '1 USD'\n").unwrap();
    let error = Relay::new(policy, Token::new(TOKEN).unwrap()).unwrap_err().to_string();
    assert!(error.contains("[spend]"), "{error}");
}
