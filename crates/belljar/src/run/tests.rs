//! What is in a guest's memory at the end of its run.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use super::*;

/// Of high entropy, and the same whatever encodes it for a URL.
const SECRET: &str = "q7Zx9KpLw2mVt4RbHs8YdNg3fJc6Uk5A";

thread_local! {
    /// The memory of the last guest of this thread.
    static MEMORY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a guest's memory as it is.
pub(super) fn look(memory: &[u8]) {
    MEMORY.with_borrow_mut(|kept| memory.clone_into(kept));
}

/// A server that sends back all that it was sent.
fn echo() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Ok(reader) = stream.try_clone() else { return };
            let lines = BufReader::new(reader).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let head = lines.collect::<Vec<_>>().join("\n");
            let head = format!("{head}\nopen-canary {}", head.contains(SECRET));
            let length = head.len();
            let _gone = write!(
                stream,
                "HTTP/1.1 200 OK\r\nx-echo: {SECRET}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{head}"
            );
        }
    });
    Ok(address)
}

#[test]
fn a_secret_is_not_in_the_guests_memory() {
    let base = echo().unwrap();
    let jar = Belljar::builder().no_cache().build().unwrap();
    let code = "export default async (url) => (await fetch(url)).text().then((text) => text.slice(-16))";
    let tool = jar.load("tool.js", code.as_bytes()).unwrap();
    let policy = format!(
        "version = 1\n[http]\nallow = ['GET {base}/**']\n\
         [[secret]]\nname = 'token'\nfor = '{base}'\nin = 'header authorization: Bearer {{}}'\n\
         [[secret]]\nname = 'key'\nfor = '{base}'\nin = 'query key'\n"
    );
    let mut secrets = Secrets::default();
    secrets.insert("token", SECRET.to_owned()).unwrap();
    secrets.insert("key", SECRET.to_owned()).unwrap();
    let options = RunOptions { secrets, ..RunOptions::with_policy(Policy::parse(&policy).unwrap()) };
    let report = jar.run_blocking(&tool, &format!("\"{base}/x\""), options).unwrap();
    // The server got it, and its answer is in the memory, without it.
    assert_eq!(report.output.as_deref(), Some("\"open-canary true\""), "{}", report.message);
    let has = |text: &str| MEMORY.with_borrow(|memory| memory.windows(text.len()).any(|part| part == text.as_bytes()));
    assert!(has("open-canary") && has("[secret"));
    for part in [SECRET, &SECRET[..16], &SECRET[16..]] {
        assert!(!has(part), "{part}");
    }
}
