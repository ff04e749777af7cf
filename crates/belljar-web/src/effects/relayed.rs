//! HTTP by way of the page's own server, which judges each request again: the script that started the run hands the messages over.

use std::rc::Rc;

use belljar_core::abi::Failure;
use belljar_core::relay::Carry;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::listener::Listener;

#[wasm_bindgen]
extern "C" {
    /// What came of a message, as `relay.ts` makes it.
    type Carried;
    #[wasm_bindgen(method, getter)]
    fn body(this: &Carried) -> Option<js_sys::ArrayBuffer>;
    #[wasm_bindgen(method, getter)]
    fn problem(this: &Carried) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn text(this: &Carried) -> Option<String>;
}

/// The relay of a page.
pub(crate) struct Relay(pub(crate) Rc<Listener>);

impl Carry for Relay {
    async fn carry(&self, message: &[u8], most: u64) -> Result<Vec<u8>, Failure> {
        let carried = self.0.relay(Uint8Array::from(message), most as f64).await;
        let carried: Carried = match carried {
            Ok(carried) => carried.unchecked_into(),
            Err(_) => return Err(failure("network", "")),
        };
        match (carried.problem(), carried.body()) {
            (None, Some(body)) => Ok(Uint8Array::new(&body).to_vec()),
            (problem, _) => Err(failure(&problem.unwrap_or_default(), &carried.text().unwrap_or_default())),
        }
    }
}

/// What a tool is told.
fn failure(problem: &str, text: &str) -> Failure {
    Failure::Other(match problem {
        "refused" => format!("the page's server does not relay the request: {text}"),
        "large" => "the page's server answered with more than it was asked for".into(),
        "ended" => "the run has ended".into(),
        _ => format!("the page's server, which is to relay the request, gives no answer ({text}): is it running?"),
    })
}
