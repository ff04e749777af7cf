//! HTTP: requests leave from a frame of their own, the courier, which the script that started the run drives.

use std::rc::Rc;

use belljar_core::abi::{Failure, Header, HttpResponse};
use belljar_core::effects::Http;
use belljar_core::{Ask as _, HttpAct};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::listener::Listener;

#[wasm_bindgen]
extern "C" {
    /// What came of a request, as `courier.ts` checked it.
    type Came;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Came) -> Option<u16>;
    #[wasm_bindgen(method, getter)]
    fn headers(this: &Came) -> Option<Vec<String>>;
    #[wasm_bindgen(method, getter)]
    fn body(this: &Came) -> Option<js_sys::ArrayBuffer>;
    #[wasm_bindgen(method, getter)]
    fn problem(this: &Came) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn text(this: &Came) -> Option<String>;
}

/// The courier of a page.
pub(crate) struct Courier(pub(crate) Rc<Listener>);

impl Http for Courier {
    async fn send(&self, act: HttpAct, most: u64) -> Result<HttpResponse, Failure> {
        let what = act.request.describe();
        let headers = Array::new();
        for header in &act.request.headers {
            headers.push(&header.name.as_str().into());
            headers.push(&header.value.as_str().into());
        }
        let body = act.request.body.as_deref().map(Uint8Array::from);
        let came = self.0.request(&act.request.method, act.url.as_str(), headers, body, most as f64).await;
        let came: Came = match came {
            Ok(came) => came.unchecked_into(),
            Err(_) => return Err(failure("courier", "", &what, most)),
        };
        if let Some(problem) = came.problem() {
            return Err(failure(&problem, &came.text().unwrap_or_default(), &what, most));
        }
        let (Some(status), Some(headers), Some(body)) = (came.status(), came.headers(), came.body()) else {
            return Err(failure("courier", "it answered with what is no answer", &what, most));
        };
        let headers = headers.chunks_exact(2).filter_map(|pair| match pair {
            [name, value] => Some(Header { name: name.clone(), value: value.clone() }),
            _ => None,
        });
        let headers = headers.collect();
        Ok(HttpResponse { status, url: String::new(), headers, body: Uint8Array::new(&body).to_vec() })
    }
}

/// What is not bound by what a browser lets a page do.
const WAYS: &str = "This does not bind requests that go through the page's own server (`belljar serve --relay`, then \
                    \"Send requests through this server\" in the page), nor `belljar run`";

/// What a tool is told. A browser keeps to itself why it hands out no answer, so all that it can be is said.
fn failure(problem: &str, text: &str, what: &str, most: u64) -> Failure {
    match problem {
        "large" => Failure::TooLarge(format!("{what}: the body of the response has more than {most} bytes")),
        "time" => Failure::TimedOut(format!("{what}: it took longer than a minute")),
        "request" => Failure::Invalid(format!("{what}: {text}")),
        "redirect" => Failure::Other(format!(
            "{what}: the server redirects, and a browser does not tell a page where to, so that the policy cannot judge it: \
             ask for the URL where it ends. {WAYS}"
        )),
        "ended" => Failure::Other(format!("{what}: the run has ended")),
        "network" => Failure::Other(format!(
            "{what}: the browser handed out no answer. The server cannot be reached, or it does not let other pages read its \
             answers (CORS: it would have to answer with Access-Control-Allow-Origin). {WAYS}"
        )),
        _ => Failure::Other(format!("{what}: what performs requests in this page is not there: {text}")),
    }
}
