//! What somebody writes around wasmtime who wants to know what was called: a policy, and a log that shows tampering.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use sha2::{Digest, Sha256};
use wasmtime::{Error, Result};

/// A policy of so many rules, of which the last one matches.
const RULES: u32 = 20;

/// A policy and a log, shared by all calls of a tool.
pub struct Guard {
    allow: Vec<(String, String)>,
    log: Mutex<Log>,
}

struct Log {
    text: String,
    head: [u8; 32],
    next: u64,
}

impl Guard {
    /// A log in memory that is empty.
    pub fn new() -> Self {
        let others = (0..RULES).map(|n| (format!("capability-{n}"), format!("https://host-{n}.example/")));
        let allow = others.chain([("tool.run".to_owned(), String::new())]).collect();
        Guard { allow, log: Mutex::new(Log { text: String::new(), head: [0; 32], next: 0 }) }
    }

    /// Looks a call up in the policy, and writes it into the log before it returns.
    pub fn record(&self, what: &str, argument: &str) -> Result<()> {
        let allowed = self.allow.iter().any(|(capability, of)| capability == "tool.run" && argument.starts_with(of));
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros());
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let line = json!({
            "allowed": allowed,
            "at": at as u64,
            "capability": "tool.run",
            "n": log.next,
            "prev": belljar::hex(&log.head),
            "sha256": belljar::hex(&Sha256::digest(argument)),
            "what": what,
        })
        .to_string();
        log.head = Sha256::digest(&line).into();
        log.next += 1;
        // As much as a long measurement would keep is not what is measured.
        if log.text.len() > 1 << 20 {
            log.text.clear();
        }
        log.text.push_str(&line);
        log.text.push('\n');
        if allowed { Ok(()) } else { Err(Error::msg("the policy refuses it")) }
    }
}
