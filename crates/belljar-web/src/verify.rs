//! Checking a log in a page, a piece at a time.

use belljar_core::{Broken, RunPath, Verifier, hex, limits};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Checks a log that comes in pieces: every line, the chain of hashes, beginning and end.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct LogVerifier {
    verifier: Verifier,
    line: Vec<u8>,
    broken: Option<Broken>,
}

/// A log that holds, or the first entry that does not.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified {
    entries: u64,
    head: String,
    ended: bool,
    torn: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<Place>,
}

#[derive(Serialize)]
struct Place {
    /// The called run that it is of, if it is of one.
    #[serde(skip_serializing_if = "String::is_empty")]
    run: String,
    entry: u64,
    reason: String,
}

#[wasm_bindgen]
impl LogVerifier {
    /// A log of which nothing has come yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> LogVerifier {
        Self::default()
    }

    /// The next bytes of the log; false once an entry does not hold.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        while self.broken.is_none()
            && let Some(end) = rest.iter().position(|byte| *byte == b'\n')
        {
            let (line, behind) = rest.split_at(end);
            rest = behind.get(1..).unwrap_or_default();
            self.line.extend_from_slice(line);
            self.broken = self.verifier.line(&self.line).err();
            self.line.clear();
        }
        if self.broken.is_none() {
            self.line.extend_from_slice(rest);
            if self.line.len() > limits::LOG_LINE {
                let reason = format!("it is longer than {} bytes, which no entry is", limits::LOG_LINE);
                self.broken = Some(Broken { run: RunPath::default(), entry: self.verifier.entries(), reason });
            }
        }
        self.broken.is_none()
    }

    /// The log ends here: entries, head, whether there is an end entry, bytes of a torn line; and what does not hold.
    pub fn finish(self) -> Result<JsValue, JsError> {
        let LogVerifier { verifier, line, broken } = self;
        let (entries, torn) = (verifier.entries(), line.len());
        let found = match broken {
            Some(broken) => Err(broken),
            None => verifier.finish(torn, None),
        };
        let verified = match found {
            Ok(s) => Verified { entries: s.entries, head: hex(&s.head), ended: s.ended, torn, broken: None },
            Err(Broken { run, entry, reason }) => {
                let broken = Some(Place { run: run.to_string(), entry, reason });
                Verified { entries, head: String::new(), ended: false, torn, broken }
            }
        };
        Ok(verified.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
    }
}
