//! Whom a run tells of itself: the script that started it.

use std::rc::Rc;

use belljar_core::{LogError, LogSink, Question, Recorder, Stop, Ticket, wire};
use js_sys::{Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::call::{Call, Finding};

/// Bytes of what a request carries that a person is shown (1 MiB): more is not read, and would be copied for each question.
const CONTENT: usize = 1 << 20;

#[wasm_bindgen]
extern "C" {
    /// What a run tells the script of.
    pub type Listener;
    /// Bytes for the cell.
    #[wasm_bindgen(method)]
    pub(crate) fn send(this: &Listener, bytes: Uint8Array);
    /// Performs a request: its method, its URL, names and values of its header fields in turn, its body, and bytes of the
    /// answer's body at most.
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn request(
        this: &Listener,
        method: &str,
        url: &str,
        headers: Array,
        body: Option<Uint8Array>,
        most: f64,
    ) -> Result<JsValue, JsValue>;
    /// Hands a message to the relay; bytes of its answer at most.
    #[wasm_bindgen(method, catch)]
    pub(crate) async fn relay(this: &Listener, message: Uint8Array, most: f64) -> Result<JsValue, JsValue>;
    /// A line of the log, without its newline.
    #[wasm_bindgen(method)]
    fn log(this: &Listener, line: &str);
    /// A person is asked.
    #[wasm_bindgen(method)]
    fn question(this: &Listener, question: JsValue);
    /// Another tool is called: begins its run.
    #[wasm_bindgen(method)]
    pub(crate) fn call(this: &Listener, call: Call);
    /// A person is to be asked about a call: finds the tool.
    #[wasm_bindgen(method)]
    pub(crate) fn find(this: &Listener, finding: Finding);
    /// The answer to a question is not taken.
    #[wasm_bindgen(method)]
    pub(crate) fn rejected(this: &Listener, ticket: Ticket, why: &str);
    /// What was used so far: fuel, pages.
    #[wasm_bindgen(method)]
    pub(crate) fn usage(this: &Listener, fuel: f64, pages: u32);
    /// The run ended; `itself` says whether the guest did, so that its cell is idle.
    #[wasm_bindgen(method)]
    pub(crate) fn done(this: &Listener, report: JsValue, itself: bool);
}

/// Lines go to the script, which keeps them.
struct Lines(Rc<Listener>);

// SAFETY: a page's WebAssembly has one thread, and nothing here is sent to a worker: a worker's module has a memory of
// its own.
#[expect(unsafe_code, reason = "the core asks for a sink that may move between threads; here there is only one")]
unsafe impl Send for Lines {}

impl LogSink for Lines {
    fn append(&mut self, line: &str) -> Result<(), LogError> {
        self.0.log(line.trim_end_matches('\n'));
        Ok(())
    }
}

/// Where the lines of the log go.
pub(crate) fn sink(listener: &Rc<Listener>, recorder: Option<&Recorder>) -> Box<dyn LogSink> {
    let lines = Box::new(Lines(listener.clone()));
    match recorder {
        Some(recorder) => recorder.log(lines),
        None => lines,
    }
}

/// A question as a value of JavaScript.
pub(crate) fn shown(question: &Question) -> Result<JsValue, Stop> {
    let shown = wire::Question::from(question).serialize(&serde_wasm_bindgen::Serializer::json_compatible());
    shown.map_err(|error| Stop::Host(error.to_string()))
}

/// Shows a question, with what its request carries.
pub(crate) fn show(listener: &Listener, question: &Question, content: Option<&[u8]>) -> Result<(), Stop> {
    let shown = shown(question)?;
    if let Some(bytes) = content {
        let bytes = Uint8Array::from(bytes.get(..CONTENT).unwrap_or(bytes));
        // Without it the person still sees how much it is.
        let _ = js_sys::Reflect::set(&shown, &"content".into(), &bytes);
    }
    listener.question(shown);
    Ok(())
}
